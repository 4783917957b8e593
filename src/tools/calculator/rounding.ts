/**
 * @module
 * Rounding of quantities. Of a number that is not exact, what its reliable digits say is rounded: the square of √3 is 3, not almost 3.
 */
import { bitsOf, divide, multiply, negate, quantity, reliableDigits, subtract, type Quantity } from "./quantity.js";

/** Whole numbers of fewer bits lie within the reliable digits. */
const reliableBits = 48;

/** The largest whole number that is not above it. */
export function floor(a: Quantity): Quantity {
  const { n, d } = a.exact ? a : toDigits(a, reliableDigits);
  const whole = n < 0n ? (n - d + 1n) / d : n / d;
  return quantity(whole, 1n, a.exact || bitsOf(whole) <= reliableBits);
}

/** The smallest whole number that is not below it. */
export function ceiling(a: Quantity): Quantity {
  return negate(floor(negate(a)));
}

/** Rounded to so many digits after the point, before it if `places` is negative; halves away from 0. */
export function round(a: Quantity, places: number = 0): Quantity {
  const up = 10n ** BigInt(Math.max(places, 0));
  const down = 10n ** BigInt(Math.max(-places, 0));
  const size = a.n < 0n ? -a.n : a.n;
  const whole = floor({ n: 2n * size * up + a.d * down, d: 2n * a.d * down, exact: a.exact });
  return quantity((a.n < 0n ? -down : down) * whole.n, up, whole.exact);
}

/** Rounded to so many significant digits; the result is exact. */
export function toDigits(a: Quantity, digits: number): Quantity {
  return a.n === 0n ? a : round({ ...a, exact: true }, digits - 1 - magnitude(a));
}

/** What is left of `a` when the whole multiples of `b` are taken out: 0, or of the sign of `b`. */
export function remainder(a: Quantity, b: Quantity): Quantity {
  if (b.n === 0n || !a.exact || !b.exact) return subtract(a, multiply(b, floor(divide(a, b))));
  const [n, d] = [a.n * b.d, b.n * a.d];
  const left = n % d;
  return quantity(left !== 0n && left < 0n !== d < 0n ? left + d : left, a.d * b.d);
}

/** The exponent of the highest power of ten that is not above |a|; `a` is not 0. */
export function magnitude({ n, d }: Quantity): number {
  const size = n < 0n ? -n : n;
  const reaches = (k: number): boolean => (k < 0 ? size * 10n ** BigInt(-k) >= d : size >= d * 10n ** BigInt(k));
  let k = Math.floor((bitsOf(size) - bitsOf(d) - 1) * Math.log10(2));
  while (reaches(k + 1)) k++;
  return k;
}
