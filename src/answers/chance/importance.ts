/**
 * @module
 * Importance: what samples that weigh differently are worth together.
 */

/** The effective sample size of weights, (Σw)² / Σw² (Kish): their number where all are alike, 1 where one is above all others, 0 where none is above 0. */
export function effectiveSamples(weights: readonly number[]): number {
  let [sum, squares] = [0, 0];
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}

/** A mean, and how far off it may be. */
export interface LogMean {
  /** Natural logarithm of the mean; -Infinity where it is 0. */
  readonly value: number;
  /** Standard error of `value` (delta method), for values drawn independently; `undefined` for fewer than two, or a mean of 0. */
  readonly error: number | undefined;
}

/** The logarithm of the mean of e^`log`, however small those are. */
export function logMeanExp(logs: readonly number[]): LogMean {
  const n = logs.length;
  const most = Math.max(-Infinity, ...logs);
  if (n === 0 || most === -Infinity) return { value: -Infinity, error: undefined };
  const parts = logs.map((log) => Math.exp(log - most));
  const mean = parts.reduce((a, b) => a + b, 0) / n;
  const squares = parts.reduce((sum, part) => sum + (part - mean) ** 2, 0);
  const error = n < 2 ? undefined : Math.sqrt(squares / (n - 1) / n) / mean;
  return { value: most + Math.log(mean), error };
}
