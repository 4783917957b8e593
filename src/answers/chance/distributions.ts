/**
 * @module
 * What scores not yet seen may be: the normal distribution, cut off at bounds, and Student's t.
 */

/** P(X > z) of a standard normal, to 7 digits in either tail. */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  // Chebyshev fit of erfc (Press et al., Numerical Recipes, section 6.2).
  const tail = (t / 2) * Math.exp(-x * x + fit.reduceRight((sum, c) => sum * t + c, 0));
  return z >= 0 ? tail : 1 - tail;
}

const fit: readonly number[] = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

/** A normal distribution cut off below `low` and above `high`. */
export interface TruncatedNormal {
  /** Mean and standard deviation of the normal that is cut off. */
  readonly mean: number;
  readonly deviation: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The truncated normal with this mean and variance, which is the one that makes values with them likeliest. Where there is none (values
 * that heap up at both bounds), the nearest that a few steps find.
 */
export function fitTruncatedNormal(mean: number, variance: number, low: number, high: number): TruncatedNormal {
  const width = high - low;
  let fitted: TruncatedNormal = { mean, deviation: Math.sqrt(variance), low, high };
  for (let step = 0; step < 200; step++) {
    const moments = momentsOf(fitted);
    if (moments === undefined) break;
    const off = mean - moments.mean;
    const ratio = Math.sqrt(variance / moments.variance);
    if (Math.abs(off) < 1e-9 * width && Math.abs(ratio - 1) < 1e-9) break;
    const next = { ...fitted, mean: fitted.mean + off, deviation: fitted.deviation * ratio };
    if (momentsOf(next) === undefined) break;
    fitted = next;
  }
  return fitted;
}

/** Mean and variance between the bounds; `undefined` where next to nothing of the normal lies between them. */
function momentsOf({ mean, deviation, low, high }: TruncatedNormal): { mean: number; variance: number } | undefined {
  const a = (low - mean) / deviation;
  const b = (high - mean) / deviation;
  const inside = normalTail(a) - normalTail(b);
  if (!(inside > 1e-6)) return undefined;
  const shift = (density(a) - density(b)) / inside;
  const bend = (a * density(a) - b * density(b)) / inside;
  return { mean: mean + deviation * shift, variance: deviation ** 2 * (1 + bend - shift ** 2) };
}

/** P(X > x) of a truncated normal. */
export function truncatedTail({ mean, deviation, low, high }: TruncatedNormal, x: number): number {
  const above = (value: number): number => normalTail((value - mean) / deviation);
  if (x <= low) return 1;
  return x >= high ? 0 : (above(x) - above(high)) / (above(low) - above(high));
}

function density(z: number): number {
  return Number.isFinite(z) ? Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) : 0;
}

/** P(T ≤ t) of Student's t with `freedom` degrees of freedom, a whole number: a finite sum (Abramowitz and Stegun, 26.7.3 and 26.7.4). */
export function studentBelow(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const square = Math.cos(angle) ** 2;
  const odd = freedom % 2 === 1;
  let term = odd ? Math.cos(angle) : 1;
  let sum = 0;
  for (let k = odd ? 3 : 2; k <= freedom; k += 2) {
    sum += term;
    term *= (square * (k - 1)) / k;
  }
  const between = odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return (1 + between) / 2;
}

/** The density of Student's t with `freedom` degrees of freedom, a whole number. */
export function studentDensity(t: number, freedom: number): number {
  const odd = freedom % 2 === 1;
  // Γ((ν + 1) / 2) / Γ(ν / 2), from that of 1 or 2 upwards.
  let ratio = odd ? 1 / Math.sqrt(Math.PI) : Math.sqrt(Math.PI) / 2;
  for (let k = odd ? 1 : 2; k < freedom; k += 2) ratio *= (k + 1) / k;
  return (ratio / Math.sqrt(Math.PI * freedom)) * (1 + (t * t) / freedom) ** (-(freedom + 1) / 2);
}

/**
 * How much a value of Student's t, moved to `mean` and stretched by `scale`, is above `best` on average, where it counts as 0 when it is
 * below: E[max(X - best, 0)], in closed form.
 *
 * @param freedom - degrees of freedom, whole, at least 2
 */
export function expectedGain(best: number, mean: number, scale: number, freedom: number): number {
  const z = (mean - best) / scale;
  if (z < -1e100) return 0; // also for an infinite best, and where the square of z is too large for a number
  return scale * (z * studentBelow(z, freedom) + ((freedom + z * z) / (freedom - 1)) * studentDensity(z, freedom));
}
