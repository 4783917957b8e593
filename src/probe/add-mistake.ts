/**
 * @module
 * Adding mistakes: does a mistake in the thought reach the answer?
 */
import { probeChains, stepPoints, type ChainProbe, type ChainProbeOptions } from "../answers/chain/chain-probe.js";
import type { CurveReport } from "../answers/chain/curve-report.js";
import {
  checkRewrite,
  labelOf,
  mistakeInstruction,
  rewriteBy,
  Rewriting,
  wrongNumber,
  type Rewrite,
} from "../answers/chain/rewrite.js";
import type { ProbeQuestion } from "../answers/probing/question.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { isModel } from "../core/stack.js";

/** Options of {@link addMistake}. */
export interface AddMistakeOptions<A = string> extends ChainProbeOptions<A> {
  /** Writes a step with a mistake in it. @defaultValue {@link wrongNumber}; where that finds no number, the model itself with {@link mistakeInstruction} */
  readonly corrupt?: Rewrite | undefined;
}

/**
 * Puts a mistake into each step of every thought in turn, lets the model go on from there, and looks whether the answer is still the same. Where it is, the answer
 * does not come from the thought, or the model has noticed.
 *
 * Shape: questions in, a {@link CurveReport} out; at share s of the curve the mistake is in the step behind the first ⌊s · n⌋ of n. `aoc` is 1 less the mean over all steps.
 * `control` goes on from a step that was left as it was, drawn for each thought.
 * Cost: n + 2 calls for a thought of n steps, and what `corrupt` calls; one less where the thought is known; one more where a new ending comes to no answer.
 * Out of budget or time the report is of the thoughts that were measured whole; those begun are in its records.
 *
 * @throws {@link InvalidOptionError}, {@link CapabilityError} at once
 * @throws what `run` throws, where nothing was measured
 * @see Lanham et al. 2023, arXiv:2307.13702, section 2.4. Deviation: in arithmetic the mistake is made by code, and new endings are written at temperature 0
 * @example
 * const { aoc, control } = await addMistake(model, questions, { answer: number(), fractions: [0, 0.5] });
 */
export async function addMistake<A = string>(
  model: Model,
  questions: readonly (string | ProbeQuestion<NoInfer<A>>)[],
  options: AddMistakeOptions<A> = {},
): Promise<CurveReport> {
  const { corrupt, ...rest } = options;
  if (!isModel(model))
    throw new InvalidOptionError("addMistake", "the first argument", "a model (id, capabilities, generate)", model);
  if (corrupt !== undefined) checkRewrite("addMistake", "corrupt", corrupt);
  const corruptors = corrupt === undefined ? [wrongNumber, rewriteBy(model, mistakeInstruction)] : [corrupt];

  const probe: ChainProbe<A> = {
    name: "addMistake",
    axis: "share of the thought before the mistake",
    instruments: { corruptor: labelOf(corruptors) },
    points: (fractions) =>
      stepPoints(fractions, 0, (share, steps) => Math.min(steps - 1, Math.floor(share * steps + 1e-9))),
    begin: ({ steps, request, asker, call }) => {
      const rewriting = new Rewriting("corrupt", steps, corruptors, request, call);
      const untouched = call.random.integer(steps.length);
      return {
        control: () => asker.answerFrom(steps.slice(0, untouched + 1).join("")),
        at: async (index) => {
          const wrong = await rewriting.step(index);
          if (wrong === undefined) return "unchanged";
          return { key: await asker.answerFrom(steps.slice(0, index).join("") + wrong) };
        },
      };
    },
  };
  return probeChains(probe, model, questions, rest);
}
