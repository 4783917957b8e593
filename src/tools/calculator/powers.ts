/**
 * @module
 * Powers, roots and factorials of quantities.
 */
import { fromFloat, toFloat } from "./floats.js";
import { divide, limited, multiply, one, quantity, subtract, tooLarge, zero, type Quantity } from "./quantity.js";
import { floor } from "./rounding.js";

/** To any power. The whole part of it is exact where the base is. */
export function raise(base: Quantity, exponent: Quantity): Quantity {
  const whole = floor(exponent);
  if (whole.n > BigInt(Number.MAX_SAFE_INTEGER) || whole.n < BigInt(Number.MIN_SAFE_INTEGER)) {
    throw new Error("exponent of more than 15 digits");
  }
  const rest = subtract(exponent, whole);
  if (rest.n === 0n) return power(base, Number(whole.n));
  if (base.n < 0n) throw new Error("negative number to a power that is not whole");
  if (base.n === 0n && whole.n >= 0n) return zero;
  return multiply(power(base, Number(whole.n)), fromFloat(toFloat(base) ** toFloat(rest)));
}

/** To the power of a whole number. */
export function power(base: Quantity, exponent: number): Quantity {
  if (exponent < 0) return power(divide(one, base), -exponent);
  let result = one;
  let square = base;
  // Powers of a fraction in lowest terms are in lowest terms, too.
  for (let left = exponent; left > 0;) {
    if (left % 2 === 1) result = limited(result.n * square.n, result.d * square.d, result.exact && square.exact);
    left = Math.floor(left / 2);
    if (left > 0) square = limited(square.n * square.n, square.d * square.d, square.exact);
  }
  return result;
}

/** The roots of fractions of squares are exact, all others good to more than 60 digits. */
export function squareRoot(a: Quantity): Quantity {
  if (a.n < 0n) throw new Error("square root of a negative number");
  const [n, d] = [wholeRoot(a.n), wholeRoot(a.d)];
  if (n * n === a.n && d * d === a.d) return quantity(n, d, a.exact);
  // √(n/d) = √(n·d) / d, with 256 more bits under the root's result.
  return quantity(wholeRoot((a.n * a.d) << 512n), a.d << 256n, false);
}

/** Of whole numbers that are not negative. */
export function factorial(a: Quantity): Quantity {
  if (!a.exact || a.d !== 1n || a.n < 0n) throw new Error("factorial of what is not a whole number of at least 0");
  if (a.n > 450n) throw tooLarge();
  let product = 1n;
  for (let factor = 2n; factor <= a.n; factor++) product *= factor;
  return quantity(product);
}

/** The largest whole number whose square is not above `n` (Newton's method, from above). */
function wholeRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
