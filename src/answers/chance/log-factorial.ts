/**
 * @module
 * Logarithms of factorials.
 */

const known: number[] = [0, 0];

/** ln(n!) for whole n of at least 0. Keeps what it has reckoned. */
export function logFactorial(n: number): number {
  for (let i = known.length; i <= n; i++) known.push((known[i - 1] as number) + Math.log(i));
  return known[n] as number;
}
