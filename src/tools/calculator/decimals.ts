/**
 * @module
 * Quantities as they are written.
 */
import { quantity, reliableDigits, tooLarge, tooSmall, zero, type Quantity } from "./quantity.js";
import { magnitude, toDigits } from "./rounding.js";

/** An exact fraction is written in full up to so many digits. */
const mostDigits = 30;

/** Reads digits with at most one point and an exponent: `12`, `.5`, `1.5e-3`. */
export function read(text: string): Quantity {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const n = BigInt(whole + fraction);
  if (n === 0n) return zero;
  const shift = Number(exponent) - fraction.length;
  // Before a number is made that would fill the memory.
  if (shift > 2000) throw tooLarge();
  if (shift < -4000) throw tooSmall();
  return shift < 0 ? quantity(n, 10n ** BigInt(-shift)) : quantity(n * 10n ** BigInt(shift));
}

/** Writes whole numbers and short decimals in full, all else rounded to 15 significant digits. */
export function show(a: Quantity): string {
  if (a.n === 0n) return "0";
  if (a.exact && a.d === 1n) return a.n.toString();
  const sign = a.n < 0n ? "-" : "";
  const full = a.exact ? digitsOf(a) : undefined;
  if (full !== undefined && full.length <= mostDigits) return sign + layOut(full, magnitude(a), Infinity);
  const rounded = toDigits(a, reliableDigits);
  return sign + layOut(digitsOf(rounded) ?? "", magnitude(rounded), reliableDigits);
}

/** All significant digits, without zeros at the end; `undefined` where they never end. */
function digitsOf({ n, d }: Quantity): string | undefined {
  let [rest, twos, fives] = [d, 0, 0];
  for (; rest % 2n === 0n; rest /= 2n) twos++;
  for (; rest % 5n === 0n; rest /= 5n) fives++;
  if (rest !== 1n) return undefined;
  const scaled = ((n < 0n ? -n : n) * 10n ** BigInt(Math.max(twos, fives))) / d;
  return scaled.toString().replace(/0+$/, "");
}

/** Puts the point, or an exponent where the number is below 10^-6 or has `most` digits before the point. */
function layOut(digits: string, k: number, most: number): string {
  if (k < -6 || k >= most) {
    const rest = digits.slice(1);
    return `${digits.charAt(0)}${rest === "" ? "" : `.${rest}`}e${k < 0 ? "-" : "+"}${Math.abs(k)}`;
  }
  if (k < 0) return `0.${"0".repeat(-k - 1)}${digits}`;
  const whole = digits.slice(0, k + 1).padEnd(k + 1, "0");
  const fraction = digits.slice(k + 1);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
