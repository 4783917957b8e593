/**
 * @module
 * Quantities: exact fractions for as long as they are short and nothing irrational came in; else known to 15 digits and more.
 */

/** The number `n / d`, in lowest terms where `exact`. */
export interface Quantity {
  readonly n: bigint;
  /** Above 0. */
  readonly d: bigint;
  /** `false`: the true number is only near it. Its first 15 digits are relied on. */
  readonly exact: boolean;
}

/** The digits that are relied on in numbers that are not exact. */
export const reliableDigits = 15;
/** Numbers from 10^-1000 to 10^1000 are allowed. */
const bound = 10n ** 1000n;
const boundBits = 3322;
/** A fraction is rounded when both its numbers have more bits than this, so that no work on it takes long. */
const exactBits = 1024;
/** What rounded fractions keep: 77 digits. */
const keptBits = 256;

/** Makes a quantity of any fraction whose `d` is not 0. Throws when it is too large or too small. */
export function quantity(n: bigint, d: bigint = 1n, exact: boolean = true): Quantity {
  if (n === 0n) return zero;
  if (d < 0n) return quantity(-n, -d, exact);
  if (!exact || d === 1n) return limited(n, d, exact);
  if (n % d === 0n) return limited(n / d, 1n, exact);
  // To shorten what is rounded in any case would take long.
  if (Math.min(bitsOf(n), bitsOf(d)) > 2 * exactBits) return limited(n, d, exact);
  const common = commonDivisor(n < 0n ? -n : n, d);
  return limited(n / common, d / common, exact);
}

export const zero: Quantity = { n: 0n, d: 1n, exact: true };
export const one: Quantity = { n: 1n, d: 1n, exact: true };
const noise: Quantity = { n: 1n, d: 10n ** BigInt(reliableDigits), exact: true };

/** Rounds a fraction that is too long, and refuses a number out of bounds. */
export function limited(n: bigint, d: bigint, exact: boolean): Quantity {
  const top = bitsOf(n);
  const bottom = bitsOf(d);
  if (top - bottom >= boundBits - 1 && (n < 0n ? -n : n) > d * bound) throw tooLarge();
  if (bottom - top >= boundBits - 1 && n !== 0n && (n < 0n ? -n : n) * bound < d) throw tooSmall();
  const shorter = Math.min(top, bottom);
  if (shorter <= (exact ? exactBits : keptBits)) return { n, d, exact };
  const cut = BigInt(shorter - keptBits);
  return { n: n >> cut, d: d >> cut, exact: false };
}

export function tooLarge(): Error {
  return new Error("result above 1e1000");
}

export function tooSmall(): Error {
  return new Error("result below 1e-1000");
}

export function negate({ n, d, exact }: Quantity): Quantity {
  return { n: -n, d, exact };
}

export function absolute(a: Quantity): Quantity {
  return a.n < 0n ? negate(a) : a;
}

export function add(a: Quantity, b: Quantity): Quantity {
  const sum = quantity(a.n * b.d + b.n * a.d, a.d * b.d, a.exact && b.exact);
  if (sum.exact) return sum;
  // Where numbers that are not exact cancel each other out, what is left is noise.
  return compare(absolute(sum), multiply(absolute(a), noise)) < 0 ? zero : sum;
}

export function subtract(a: Quantity, b: Quantity): Quantity {
  return add(a, negate(b));
}

export function multiply(a: Quantity, b: Quantity): Quantity {
  return quantity(a.n * b.n, a.d * b.d, a.exact && b.exact);
}

export function divide(a: Quantity, b: Quantity): Quantity {
  if (b.n === 0n) throw new Error("division by zero");
  return quantity(a.n * b.d, a.d * b.n, a.exact && b.exact);
}

/** Below, at or above 0, as `a` is less than, equal to or more than `b`. */
export function compare(a: Quantity, b: Quantity): number {
  const [left, right] = [a.n * b.d, b.n * a.d];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** How many bits |n| has. */
export function bitsOf(n: bigint): number {
  const hex = (n < 0n ? -n : n).toString(16);
  return hex.length * 4 - Math.clz32(parseInt(hex.charAt(0), 16)) + 28;
}

function commonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
