/**
 * @module
 * Reweighing: what the weights of votes become when they are seen beside each other.
 */
import { InvalidOptionError } from "../../core/errors.js";
import { checkNumber } from "../../core/options.js";

/** New weights for those of all samples that may vote, in index order: as many, each at least 0. */
export type Reweigh = (weights: readonly number[]) => readonly number[];

/**
 * Weights in proportion to exp(weight / `temperature`), the largest 1: only how they differ within one question counts, not how high they are.
 *
 * @param temperature - above 0, in the unit of the weights: the smaller, the more a difference counts
 * @throws {@link InvalidOptionError} for a temperature out of bounds
 * @see Taubenfeld et al. 2025, CISC, arXiv:2502.06233 (softmax within a question). Deviation: scaled to a largest weight of 1 instead of a sum of 1,
 *   which changes no winner.
 */
export function softmax(temperature: number): Reweigh {
  if (!(checkNumber("softmax", "temperature", temperature, 0) > 0) || temperature === Infinity)
    throw new InvalidOptionError("softmax", "temperature", "a finite number above 0", temperature);
  return (weights) => {
    const most = Math.max(...weights);
    return weights.map((weight) => Math.exp((weight - most) / temperature));
  };
}

/**
 * Weights by rank: of n samples the surest gets n^`power`, the next (n - 1)^`power`, the last 1. Equal weights share what their ranks get.
 *
 * @param power - at least 0, finite; 0 is the plain majority. @defaultValue 0.5
 * @throws {@link InvalidOptionError} for a power out of bounds
 * @see Kang et al. 2025, arXiv:2502.18581 (Borda voting by self-certainty)
 */
export function borda(power: number = 0.5): Reweigh {
  if (checkNumber("borda", "power", power, 0) === Infinity)
    throw new InvalidOptionError("borda", "power", "a finite number of at least 0", power);
  return (weights) => {
    const sorted = weights.toSorted((a, b) => b - a);
    return weights.map((weight) => {
      const first = sorted.indexOf(weight);
      const last = sorted.lastIndexOf(weight);
      let sum = 0;
      for (let rank = first; rank <= last; rank++) sum += (weights.length - rank) ** power;
      return sum / (last - first + 1);
    });
  };
}

/**
 * Leaves their weight to the surest `share` of the samples, at least one; the others cast no vote. Of equal weights all stay or none.
 *
 * @param share - above 0, at most 1. DeepConf takes 0.1 and 0.9
 * @throws {@link InvalidOptionError} for a share out of bounds
 * @see Fu et al. 2025, DeepConf, arXiv:2508.15260, section 3 (confidence filtering)
 */
export function top(share: number): Reweigh {
  if (!(checkNumber("top", "share", share, 0, 1) > 0))
    throw new InvalidOptionError("top", "share", "a number above 0", share);
  return (weights) => {
    // 0.07 of 100 is 7, whatever the product is in binary.
    const kept = Math.ceil(share * weights.length * (1 - Number.EPSILON * 4));
    const bar = weights.toSorted((a, b) => b - a)[kept - 1] ?? 0;
    return weights.map((weight) => (weight >= bar ? weight : 0));
  };
}
