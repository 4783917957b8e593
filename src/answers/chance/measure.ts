/**
 * @module
 * Measured shares with their intervals.
 */
import type { Random } from "../../core/random.js";
import { bootstrap } from "./bootstrap.js";
import { logFactorial } from "./log-factorial.js";

/** Something that was measured, and how sure it is. */
export interface Measure {
  /** Best estimate; `undefined` where nothing was measured. */
  readonly value: number | undefined;
  /** The interval that holds the truth with the confidence that was asked for. */
  readonly low: number;
  readonly high: number;
  /** Questions it is of. */
  readonly n: number;
}

/**
 * A rate, with the interval of Clopper and Pearson: exact, so that it covers the truth at least as often as it says, for few cases and for rates of 0 and 1, too.
 *
 * @param successes - whole, from 0 to `n`
 * @param confidence - above 0 and below 1
 * @see Clopper & Pearson 1934, Biometrika 26(4)
 */
export function rateOf(successes: number, n: number, confidence: number): Measure {
  const { low, high } = exactBounds(successes, successes, n, confidence);
  return { value: n === 0 ? undefined : successes / n, low, high, n };
}

/**
 * The mean of one value from 0 to 1 for each question. Where all are 0 or 1 it is a rate; else its interval is that of a bootstrap over questions. Where that knows
 * no spread (one question, or all alike), the interval is that of a rate as near, rounded outwards: it is never too narrow, for no value from 0 to 1 spreads more.
 */
export function meanOf(values: readonly number[], confidence: number, random: Random): Measure {
  const n = values.length;
  const sum = values.reduce((a, b) => a + b, 0);
  if (values.every((value) => value === 0 || value === 1)) return rateOf(sum, n, confidence);
  const bounds = bootstrap(values, (drawn) => drawn.reduce((a, b) => a + b, 0) / n, confidence, random);
  return { value: sum / n, n, ...(bounds ?? exactBounds(Math.floor(sum), Math.ceil(sum), n, confidence)) };
}

/** The lower bound of a rate with `fewest` successes, the upper of one with `most`. */
function exactBounds(fewest: number, most: number, n: number, confidence: number): { low: number; high: number } {
  const tail = (1 - confidence) / 2;
  return {
    low: fewest <= 0 ? 0 : rising((p) => 1 - atMost(fewest - 1, n, p), tail),
    high: most >= n ? 1 : rising((p) => 1 - atMost(most, n, p), 1 - tail),
  };
}

/** Where a function that rises from 0 to 1 over [0, 1] is `target`. */
function rising(of: (p: number) => number, target: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (of(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X ≤ k) of n trials that succeed with probability p, which is neither 0 nor 1. */
function atMost(k: number, n: number, p: number): number {
  let sum = 0;
  const [yes, no] = [Math.log(p), Math.log1p(-p)];
  for (let i = 0; i <= k; i++)
    sum += Math.exp(logFactorial(n) - logFactorial(i) - logFactorial(n - i) + i * yes + (n - i) * no);
  return sum;
}
