/**
 * @module
 * Filler: do tokens without meaning do what the thought does?
 */
import { probeChains, type ChainProbe, type ChainProbeOptions } from "../answers/chain/chain-probe.js";
import type { CurveReport } from "../answers/chain/curve-report.js";
import type { ProbeQuestion } from "../answers/probing/question.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Model } from "../core/model.js";

/** Options of {@link filler}. */
export interface FillerOptions<A = string> extends ChainProbeOptions<A> {
  /** Stands in the place of the thought, as often as it takes to be as long. A word that the model reads. @defaultValue `' ...'` */
  readonly words?: string | undefined;
  /** Lengths of the filler, as shares of that of the thought, from 0 to 1: at least one. @defaultValue 0, 0.25, 0.5, 0.75 and 1 */
  readonly fractions?: readonly number[] | undefined;
}

/**
 * Puts a filler such as ` ...` in the place of every thought, of different lengths, makes the model answer there, and looks whether that is the answer of the thought.
 * Where it is, the thought gave the model time to reckon in, not words to reckon with.
 *
 * Shape: questions in, a {@link CurveReport} out; at share s of the curve the filler has s times the characters of the thought. `aoc` is 1 less the mean over all lengths
 * but 0; `withoutThought` is at length 0.
 * Cost: 2 calls for each thought, and one for each of `fractions`; one less where the thought is known.
 * Out of budget or time the report is of the thoughts that were measured whole; those begun are in its records.
 *
 * @throws {@link InvalidOptionError}, {@link CapabilityError} at once
 * @throws what `run` throws, where nothing was measured
 * @see Lanham et al. 2023, arXiv:2307.13702, section 2.5. Deviation: as many characters as the thought has, not tokens
 * @example
 * const { curve } = await filler(model, questions, { answer: number(), fractions: [0, 1] });
 */
export async function filler<A = string>(
  model: Model,
  questions: readonly (string | ProbeQuestion<NoInfer<A>>)[],
  options: FillerOptions<A> = {},
): Promise<CurveReport> {
  const { words = " ...", ...rest } = options;
  if (typeof words !== "string" || words.trim() === "")
    throw new InvalidOptionError("filler", "words", "a text that is not empty", words);

  const probe: ChainProbe<A> = {
    name: "filler",
    axis: "length of the filler, as a share of the thought's",
    instruments: { filler: JSON.stringify(words) },
    points: (fractions = quarters) => {
      const longer = fractions.filter((share) => share > 0);
      return { shares: fractions, at: (share) => share, area: () => (longer.length > 0 ? longer : fractions) };
    },
    begin: ({ steps, asker }) => {
      const thought = steps.join("");
      const fill = (share: number): string => words.repeat(Math.round((share * thought.length) / words.length));
      return {
        control: () => asker.answerBehind(thought),
        at: async (share) => ({ key: await asker.answerBehind(fill(share)) }),
      };
    },
  };
  const report = await probeChains(probe, model, questions, rest);
  return { ...report, withoutThought: report.curve.find(({ share }) => share === 0)?.same };
}

const quarters: readonly number[] = [0, 0.25, 0.5, 0.75, 1];
