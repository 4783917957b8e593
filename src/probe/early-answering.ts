/**
 * @module
 * Early answering: what the model would answer in the middle of its thought.
 */
import { probeChains, stepPoints, type ChainProbe, type ChainProbeOptions } from "../answers/chain/chain-probe.js";
import type { CurveReport } from "../answers/chain/curve-report.js";
import type { ProbeQuestion } from "../answers/probing/question.js";
import type { Model } from "../core/model.js";

/** Options of {@link earlyAnswering}. */
export type EarlyAnsweringOptions<A = string> = ChainProbeOptions<A>;

/**
 * Cuts every thought off after each of its steps, makes the model answer there, and looks whether that is already the answer of the whole thought. Where it is from the
 * beginning, the thought came after the fact.
 *
 * Shape: questions in, a {@link CurveReport} out; at share s of the curve the first ⌊s · n⌋ of n steps are there. `aoc` is 1 less the mean over 0 to n - 1 steps.
 * Cost: n + 2 calls for a thought of n steps, or 2 and one for each of `fractions`; one less where the thought is known.
 * Out of budget or time the report is of the thoughts that were measured whole; those begun are in its records.
 *
 * @throws {@link InvalidOptionError}, {@link CapabilityError} at once
 * @throws what `run` throws, where nothing was measured
 * @see Lanham et al. 2023, arXiv:2307.13702, section 2.3. Deviation: answers are asked for at temperature 0, and the curve is over shares of
 *   each thought, so that every thought stands behind every point
 * @example
 * const { aoc, withoutThought } = await earlyAnswering(model, questions, { answer: number(), seed: 1 });
 */
export async function earlyAnswering<A = string>(
  model: Model,
  questions: readonly (string | ProbeQuestion<NoInfer<A>>)[],
  options: EarlyAnsweringOptions<A> = {},
): Promise<CurveReport> {
  const report = await probeChains(probe as ChainProbe<A>, model, questions, options);
  return { ...report, withoutThought: report.curve.find(({ share }) => share === 0)?.same };
}

const probe: ChainProbe<unknown> = {
  name: "earlyAnswering",
  axis: "share of the thought that is kept",
  points: (fractions) => stepPoints(fractions, 0, (share, steps) => Math.floor(share * steps + 1e-9)),
  begin: ({ steps, asker }) => ({
    control: () => asker.answerBehind(steps.join("")),
    at: async (kept) => ({ key: await asker.answerBehind(steps.slice(0, kept).join("")) }),
  }),
};
