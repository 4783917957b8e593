/**
 * @module
 * Which hidden thoughts are kept: those that raise the likelihood of what follows.
 */
import { logprobOf } from "../../../core/likelihood.js";
import type { ModelResponse } from "../../../core/model.js";

/** Likelihood of one chunk, per token: the geometric mean of the probabilities of its tokens, from 0 to 1. `undefined` where it is not known. */
export function likelihoodPerToken(response: ModelResponse | undefined): number | undefined {
  const sum = response && logprobOf(response);
  return sum === undefined ? undefined : Math.exp(sum / (response?.logprobs?.length ?? 1));
}

/**
 * How much each thought raises the mean likelihood of what follows the thoughts, over having no thought.
 *
 * @param rows - for every way to go on, the likelihoods of the chunks that were written behind the thoughts; the first way is that without one
 * @returns for every thought; `undefined` where a likelihood is missing
 */
export function raises(rows: readonly (readonly (number | undefined)[])[]): readonly (number | undefined)[] {
  const [without, ...others] = rows.map(mean);
  return others.map((value) => (value === undefined || without === undefined ? undefined : value - without));
}

/** Which of them raise it at all, and as much as they do on average. Rounding does not count. */
export function helpful(raised: readonly (number | undefined)[]): readonly boolean[] {
  const average = mean(raised.filter((raise) => raise !== undefined)) ?? 0;
  return raised.map((raise) => raise !== undefined && raise > tolerance && raise >= average - tolerance);
}

const tolerance = 1e-12;

function mean(values: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    sum += value;
  }
  return values.length === 0 ? undefined : sum / values.length;
}
