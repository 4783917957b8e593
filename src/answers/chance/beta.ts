/**
 * @module
 * How sure a lead of a votes over b is.
 */

/**
 * P(X > 1/2) for X ~ Beta(a + 1, b + 1): how likely the first of two answers is the likelier one, after `a` votes for it and `b`
 * against. For whole a and b this is P(Binomial(a + b + 1, 1/2) ≤ a), a finite sum, so no integral is needed.
 *
 * @param a - votes for, a whole number of at least 0
 * @param b - votes against, likewise
 */
export function leadProbability(a: number, b: number): number {
  const n = a + b + 1;
  // The shorter tail is summed: P(≤ a) = 1 - P(≤ b) by symmetry.
  const tail = Math.min(a, b);
  let term = -n * Math.LN2; // log of C(n, k) / 2^n
  let sum = 0;
  for (let k = 0; k <= tail; k++) {
    sum += Math.exp(term);
    term += Math.log((n - k) / (k + 1));
  }
  return a <= b ? sum : 1 - sum;
}
