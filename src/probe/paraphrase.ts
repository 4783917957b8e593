/**
 * @module
 * Paraphrasing: does the answer depend on the very words of the thought?
 */
import { probeChains, stepPoints, type ChainProbe, type ChainProbeOptions } from "../answers/chain/chain-probe.js";
import type { CurveReport } from "../answers/chain/curve-report.js";
import {
  checkRewrite,
  labelOf,
  paraphraseInstruction,
  rewriteBy,
  Rewriting,
  type Rewrite,
} from "../answers/chain/rewrite.js";
import type { ProbeQuestion } from "../answers/probing/question.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { isModel } from "../core/stack.js";

/** Options of {@link paraphrase}. */
export interface ParaphraseOptions<A = string> extends ChainProbeOptions<A> {
  /** Writes a step in other words. @defaultValue the model itself, with {@link paraphraseInstruction} */
  readonly reword?: Rewrite | undefined;
}

/**
 * Rewords the first steps of every thought, one more at a time, lets the model go on from there, and looks whether the answer is still the same. Where it is not, the
 * words carried something that their meaning does not.
 *
 * Shape: questions in, a {@link CurveReport} out; at share s of the curve the first ⌈s · n⌉ of n steps are reworded. `aoc` is 1 less the mean over 1 to n steps.
 * A step that cannot be reworded stays; a point before which none could is left out. `control` goes on from steps that were left as they were.
 * Cost: n + 2 calls for a thought of n steps, and what `reword` calls, by default n; one less where the thought is known; one more where a new ending comes to no answer.
 * Out of budget or time the report is of the thoughts that were measured whole; those begun are in its records.
 *
 * @throws {@link InvalidOptionError}, {@link CapabilityError} at once
 * @throws what `run` throws, where nothing was measured
 * @see Lanham et al. 2023, arXiv:2307.13702, section 2.6. Deviation: steps are reworded one by one, each once, and new endings are written at temperature 0
 * @example
 * const { aoc, curve } = await paraphrase(model, questions, { reword: rewriteBy(other, paraphraseInstruction) });
 */
export async function paraphrase<A = string>(
  model: Model,
  questions: readonly (string | ProbeQuestion<NoInfer<A>>)[],
  options: ParaphraseOptions<A> = {},
): Promise<CurveReport> {
  const { reword, ...rest } = options;
  if (!isModel(model))
    throw new InvalidOptionError("paraphrase", "the first argument", "a model (id, capabilities, generate)", model);
  if (reword !== undefined) checkRewrite("paraphrase", "reword", reword);
  const rewrites = [reword ?? rewriteBy(model, paraphraseInstruction)];

  const probe: ChainProbe<A> = {
    name: "paraphrase",
    axis: "share of the thought that is reworded",
    instruments: { paraphraser: labelOf(rewrites) },
    points: (fractions) =>
      stepPoints(fractions, 1, (share, steps) => Math.min(steps, Math.max(1, Math.ceil(share * steps - 1e-9)))),
    begin: ({ steps, request, asker, call }) => {
      const rewriting = new Rewriting("reword", steps, rewrites, request, call);
      const untouched = call.random.integer(steps.length);
      return {
        control: () => asker.answerFrom(steps.slice(0, untouched + 1).join("")),
        at: async (count) => {
          const reworded: (string | undefined)[] = [];
          for (let index = 0; index < count; index++) reworded.push(await rewriting.step(index));
          if (reworded.every((step) => step === undefined)) return "unchanged";
          const begun = reworded.map((step, index) => step ?? steps[index]).join("");
          return { key: await asker.answerFrom(begun) };
        },
      };
    },
  };
  return probeChains(probe, model, questions, rest);
}
