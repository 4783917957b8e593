/**
 * @module
 * Sums over x, x + 1, x + 2, …: one by one where there are few, by Stirling's series where there are many.
 */

/** ln x + ln(x + 1) + …, `count` of them: the logarithm of Γ(x + count) / Γ(x). */
export function logRising(x: number, count: number): number {
  const direct = directly(x, count);
  let sum = 0;
  for (let i = 0; i < direct; i++) sum += Math.log(x + i);
  return direct === count ? sum : sum + logGamma(x + count) - logGamma(x + direct);
}

/** 1 / x + 1 / (x + 1) + …, `count` of them. */
export function reciprocals(x: number, count: number): number {
  const direct = directly(x, count);
  let sum = 0;
  for (let i = 0; i < direct; i++) sum += 1 / (x + i);
  return direct === count ? sum : sum + digamma(x + count) - digamma(x + direct);
}

/** How many are added one by one: all of a few, else those below 20, where the series are not exact yet. */
function directly(x: number, count: number): number {
  return count <= 40 ? count : Math.min(count, Math.max(0, Math.ceil(20 - x)));
}

/** But for a constant. */
function logGamma(x: number): number {
  const inverse = 1 / x;
  return (x - 0.5) * Math.log(x) - x + (inverse * (1 - (inverse * inverse) / 30)) / 12;
}

function digamma(x: number): number {
  const square = 1 / (x * x);
  return Math.log(x) - 0.5 / x - (square * (1 - square / 10)) / 12;
}
