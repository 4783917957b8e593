/**
 * @module
 * Resampling: from weighted ones to as many that all weigh the same.
 */
import type { Random } from "../../core/random.js";
import { drawIndex } from "./draws.js";

/** `'multinomial'`: each is drawn anew; `'systematic'`: one draw for all, so that each comes up as often as its share says, but for less than one. */
export type Resampling = "systematic" | "multinomial";

/**
 * Draws `n` indices, each in proportion to its weight. Both ways are unbiased; the systematic one varies less.
 *
 * @param weights - at least 0, at least one above
 * @see Douc, Cappé and Moulines 2005, arXiv:cs/0507025 (comparison of resampling schemes)
 */
export function resample(kind: Resampling, random: Random, weights: readonly number[], n: number): readonly number[] {
  if (kind === "multinomial") return Array.from({ length: n }, () => drawIndex(random, weights));
  const sum = weights.reduce((a, b) => a + b, 0);
  const drawn: number[] = [];
  let mark = random.next();
  let reached = 0;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    last = index;
    for (reached += (weight / sum) * n; mark < reached && drawn.length < n; mark++) drawn.push(index);
  }
  // What rounding took from the end.
  while (drawn.length < n) drawn.push(last);
  return drawn;
}

/** How many as good as count, of so many weights: e to the power of their entropy. All alike it is their number, with one above all others 1. */
export function effectiveNumber(weights: readonly number[]): number {
  const sum = weights.reduce((a, b) => a + b, 0);
  return Math.exp(
    weights.reduce((entropy, weight) => entropy - (weight > 0 ? (weight / sum) * Math.log(weight / sum) : 0), 0),
  );
}

/** Weights in proportion to e^`log`, the largest 1; where all are -Infinity, all 1. */
export function fromLogs(logs: readonly number[]): readonly number[] {
  const most = Math.max(...logs);
  return most === -Infinity ? logs.map(() => 1) : logs.map((log) => Math.exp(log - most));
}
