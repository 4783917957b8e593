/**
 * @module
 * Stopping rules: when enough samples agree. Plain functions of a tally, asked after every sample.
 */
import { checkInteger, checkNumber } from "../../core/options.js";
import { InvalidOptionError } from "../../core/errors.js";
import { leadProbability } from "../chance/beta.js";
import type { TallyView } from "../tally.js";

/** Is it enough? Asked after every sample, in index order. */
export type StoppingRule = (tally: TallyView) => boolean;

/**
 * Stops when the samples still to come cannot change the winner. Costs no accuracy, ever; saves up to half of the samples.
 * Without a bound on weights it stops only at the last.
 */
export const decided: StoppingRule = ({ first, second, remaining, maxWeight, firstWinsTies }) => {
  if (remaining === 0) return true;
  if (first === 0) return false;
  const most = second + remaining * maxWeight;
  // Fractions added one by one may come out higher than that, by the rounding of every sum.
  const exact = Number.isInteger(second) && Number.isInteger(maxWeight);
  const bound = exact ? most : most * (1 + (remaining + 1) * Number.EPSILON);
  return firstWinsTies ? first >= bound : first > bound;
};

/** Never stops: all samples are drawn. */
export const never: StoppingRule = () => false;

/**
 * Stops when the lead is sure enough: P(X > 1/2) ≥ `threshold` for X ~ Beta(a + 1, b + 1), with a votes for the first answer and b for
 * the second, weights rounded to whole votes. At 0.95: 4:0, 6:1, 8:2, 9:3, 11:4, …
 *
 * @param threshold - from 0.5 to 1. @defaultValue 0.95
 * @throws {@link InvalidOptionError} for a threshold out of bounds
 * @see Aggarwal et al. 2023, Adaptive-Consistency, arXiv:2305.11860, section 3 (Beta rule), in closed form. It costs little accuracy
 *   on easy questions and more on hard ones: with two answers, 1.1 points at p = 0.7 and 2.2 at p = 0.6 of a cap of 40.
 */
export function beta(threshold: number = 0.95): StoppingRule {
  checkNumber("beta", "threshold", threshold, 0.5, 1);
  return ({ first, second, remaining }) =>
    remaining === 0 || (first > 0 && leadProbability(Math.round(first), Math.round(second)) >= threshold);
}

/**
 * Stops at the first window of `size` samples that all agree; windows follow each other without overlap.
 *
 * @param size - at least 2. @defaultValue 5
 * @throws {@link InvalidOptionError} for a size out of bounds
 * @see Li et al. 2024, Early-Stopping Self-Consistency, arXiv:2401.10480
 */
export function window(size: number = 5): StoppingRule {
  checkInteger("window", "size", size, 2);
  return ({ keys, remaining }) => {
    if (remaining === 0) return true;
    if (keys.length === 0 || keys.length % size !== 0) return false;
    const last = keys.at(-1);
    return last !== undefined && keys.slice(-size).every((key) => key === last);
  };
}

/**
 * Stops when the first answer leads the second by `k` votes. With two answers of which one has probability p, it is elected with
 * probability 1 / (1 + ((1 - p) / p)^k).
 *
 * @param k - above 0; whole without weights. @defaultValue 3
 * @throws {@link InvalidOptionError} for a lead out of bounds
 * @see Meyerson et al. 2025, MAKER, arXiv:2511.09030 (first to ahead by k)
 */
export function aheadBy(k: number = 3): StoppingRule {
  if (!(checkNumber("aheadBy", "k", k, 0) > 0)) throw new InvalidOptionError("aheadBy", "k", "a number above 0", k);
  return ({ first, second, remaining }) => remaining === 0 || first - second >= k;
}

/**
 * Stops when the leading answer has this share of all votes, after `least` votes.
 *
 * @param share - above 0.5, to 1. @defaultValue 0.95
 * @param least - whole, at least 1. @defaultValue 4
 * @throws {@link InvalidOptionError} for numbers out of bounds
 * @see Fu et al. 2025, DeepConf, arXiv:2508.15260, section 3.3 (consensus of weights that ends the sampling)
 */
export function consensus(share: number = 0.95, least: number = 4): StoppingRule {
  if (!(checkNumber("consensus", "share", share, 0.5, 1) > 0.5))
    throw new InvalidOptionError("consensus", "share", "a number above 0.5, to 1", share);
  checkInteger("consensus", "least", least, 1);
  return ({ first, total, cast, remaining }) => remaining === 0 || (cast >= least && first >= share * total);
}
