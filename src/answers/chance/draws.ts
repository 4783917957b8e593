/**
 * @module
 * Draws: random numbers of distributions other than the uniform one.
 */
import type { Random } from "../../core/random.js";

/** A draw of the standard normal distribution (Box and Muller). */
export function drawNormal(random: Random): number {
  // Not 0, whose logarithm is none.
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/**
 * A draw of the gamma distribution with scale 1 (Marsaglia and Tsang 2000).
 *
 * @param shape - above 0
 */
export function drawGamma(random: Random, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.next();
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/**
 * A draw of the beta distribution.
 *
 * @param a - above 0
 * @param b - above 0
 */
export function drawBeta(random: Random, a: number, b: number): number {
  const x = drawGamma(random, a);
  return x / (x + drawGamma(random, b));
}

/**
 * Draws an index in proportion to weights, of which one is above 0.
 *
 * @param weights - at least 0
 */
export function drawIndex(random: Random, weights: readonly number[]): number {
  let rest = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    last = index;
    if ((rest -= weight) < 0) return index;
  }
  return last;
}
