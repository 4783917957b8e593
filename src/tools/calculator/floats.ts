/**
 * @module
 * Quantities as floating-point numbers, and back, for functions that have no exact values.
 */
import { bitsOf, quantity, tooLarge, zero, type Quantity } from "./quantity.js";

/** The nearest floating-point number, or almost. Throws when it is too large for one. */
export function toFloat({ n, d }: Quantity): number {
  if (n === 0n) return 0;
  // 64 bits are enough to fill a double.
  const shift = bitsOf(n) - bitsOf(d) - 64;
  const scaled = shift > 0 ? n / (d << BigInt(shift)) : (n << BigInt(-shift)) / d;
  const float = Number(scaled) * 2 ** shift;
  if (!Number.isFinite(float)) throw tooLarge();
  return float;
}

/** Exactly this floating-point number, as a quantity that is not exact. */
export function fromFloat(float: number): Quantity {
  if (!Number.isFinite(float)) throw tooLarge();
  if (float === 0) return zero;
  let [n, places] = [float, 0];
  while (!Number.isInteger(n)) {
    n *= 2;
    places++;
  }
  return quantity(BigInt(n), 1n << BigInt(places), false);
}
