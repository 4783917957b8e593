/**
 * @module
 * Figures made of two measured ones: their difference, their product, with intervals made of theirs.
 */
import type { Measure } from "./measure.js";

/** A value and its interval, without a number of cases. */
type Figure = Omit<Measure, "n">;

/**
 * The difference of two figures; without a value where one of them has none.
 *
 * @param correlation - of their errors, from -1 to 1
 * @see Zou & Donner 2008, Statistics in Medicine 27(10) (MOVER: the margins of the two, added as variances are)
 */
export function differenceOf(a: Figure, b: Figure, correlation: number = 0): Figure {
  if (a.value === undefined || b.value === undefined)
    return { value: undefined, low: a.low - b.high, high: a.high - b.low };
  const value = a.value - b.value;
  const margin = (x: number, y: number): number => Math.sqrt(Math.max(0, x * x + y * y - 2 * correlation * x * y));
  return {
    value,
    low: value - margin(a.value - a.low, b.high - b.value),
    high: value + margin(a.high - a.value, b.value - b.low),
  };
}

/**
 * The product of two figures that are measured apart and are at least 0; without a value where one of them has none.
 *
 * @see Zou & Donner 2008 (MOVER), with the variance of a product
 */
export function productOf(a: Figure, b: Figure): Figure {
  if (a.value === undefined || b.value === undefined)
    return { value: undefined, low: a.low * b.low, high: a.high * b.high };
  const { value: x } = a;
  const { value: y } = b;
  const margin = (dx: number, dy: number): number => Math.hypot(y * dx, x * dy, dx * dy);
  const value = x * y;
  // Never outside of what both intervals allow.
  return {
    value,
    low: Math.max(a.low * b.low, value - margin(x - a.low, y - b.low)),
    high: Math.min(a.high * b.high, value + margin(a.high - x, b.high - y)),
  };
}
