/**
 * @module
 * pass@k: how often at least one of k samples is right.
 */
import { checkInteger } from "../core/options.js";

/**
 * Estimates, without bias, the probability that at least one of `k` samples is right, from `n` samples of which `c` were:
 * 1 - C(n - c, k) / C(n, k). Exact to rounding for any n, also where the probability is tiny.
 *
 * @param n - samples drawn, whole, at least 1
 * @param c - right ones among them, whole, from 0 to `n`
 * @param k - whole, from 1 to `n`
 * @throws {@link InvalidOptionError} for a number out of bounds
 * @see Chen et al. 2021, arXiv:2107.03374, section 2.1; Brown et al. 2024 (Large Language Monkeys), arXiv:2407.21787
 * @example
 * passAtK(100, 5, 10); // 0.416: of 100 samples 5 were right, so 10 of them hold a right one 4 times in 10
 */
export function passAtK(n: number, c: number, k: number): number {
  checkInteger("passAtK", "n", n, 1);
  checkInteger("passAtK", "c", c, 0, n);
  checkInteger("passAtK", "k", k, 1, n);
  if (n - c < k) return 1;
  // C(n - c, k) / C(n, k) is the same with c and k exchanged: the shorter product of factors 1 - more / (n - i) is taken.
  const [less, more] = c < k ? [c, k] : [k, c];
  let log = 0;
  for (let i = 0; i < less; i++) log += Math.log1p(-more / (n - i));
  return -Math.expm1(log) + 0;
}
