/**
 * @module
 * Difficulty: how hard a question is, estimated before much is spent on it.
 */
import type { Call } from "../core/call.js";
import type { ModelRequest } from "../core/model.js";
import { checkInteger, checkOptions } from "../core/options.js";
import type { TallyView } from "./tally.js";

/**
 * Draws samples of the model beneath, so many with those it drew before, and shows how they vote. They are none of the judging: they vote on the answer, and levels
 * need not buy them again.
 */
export type DifficultyProbe = (samples: number) => Promise<TallyView>;

/** Says how hard a question is, from 0 to 1. It may ask models with `call`, what they spend being counted as judging; or look at samples. */
export interface Difficulty {
  (request: ModelRequest, call: Call, probe: DifficultyProbe): number | Promise<number>;
  /** The most samples it draws by `probe`, for the outline. @defaultValue 0 */
  readonly samples?: number | undefined;
}

/** Options of {@link probeDifficulty}. */
export interface ProbeDifficultyOptions {
  /** How many: whole, at least 2. @defaultValue 4 */
  readonly samples?: number | undefined;
}

/**
 * How hard a question is by how much a few samples disagree: 0 where all agree, 1 where none gives an answer. What it draws is not lost: it votes with all else.
 *
 * Cost: `samples` calls of the model beneath, of which the level that is chosen is spared as many.
 *
 * @throws {@link InvalidOptionError} at once
 * @see Wang et al. 2022, arXiv:2203.11171, section 3.5 (agreement goes with accuracy). Against: a model that is always wrong in the same way finds a question easy.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), budgetAllocator({ difficulty: probeDifficulty({ samples: 4 }) }));
 */
export function probeDifficulty(options: ProbeDifficultyOptions = {}): Difficulty {
  checkOptions("probeDifficulty", options, ["samples"]);
  const { samples = 4 } = options;
  checkInteger("probeDifficulty", "samples", samples, 2);
  const estimate: Difficulty = async (_request, _call, probe) => {
    const { first, total, cast, seen } = await probe(samples);
    // The share of those that vote for the leader among all that were seen: who cannot be read agrees with nobody.
    return total === 0 ? 1 : 1 - (first / total) * (cast / seen);
  };
  return Object.assign(estimate, { samples });
}
