/**
 * @module
 * What the calculator knows by name.
 */
import { fromFloat, toFloat } from "./floats.js";
import { power, raise, squareRoot } from "./powers.js";
import { absolute, compare, divide, one, quantity, subtract, type Quantity } from "./quantity.js";
import { ceiling, floor, magnitude, round } from "./rounding.js";

/** A function of quantities. */
export interface CalculatorFunction {
  /** How many it takes: from, to. */
  readonly takes: readonly [least: number, most: number];
  readonly apply: (...values: readonly Quantity[]) => Quantity;
}

const scale = 10n ** 50n;
const e = quantity(271828182845904523536028747135266249775724709369996n, scale, false);
const pi = quantity(314159265358979323846264338327950288419716939937511n, scale, false);

export const constants: ReadonlyMap<string, Quantity> = new Map([
  ["pi", pi],
  ["π", pi],
  ["e", e],
]);

export const functions: ReadonlyMap<string, CalculatorFunction> = new Map([
  ["sqrt", of(squareRoot)],
  ["abs", of(absolute)],
  ["floor", of(floor)],
  ["ceil", of(ceiling)],
  ["round", { takes: [1, 2], apply: roundTo }],
  ["min", { takes: [1, Infinity], apply: (...values) => values.reduce((a, b) => (compare(b, a) < 0 ? b : a)) }],
  ["max", { takes: [1, Infinity], apply: (...values) => values.reduce((a, b) => (compare(b, a) > 0 ? b : a)) }],
  ["exp", of((a) => raise(e, a))],
  ["ln", of((a) => fromFloat(logarithm("ln", a)))],
  ["log10", of((a) => fromFloat(logarithm("log10", a) / Math.LN10))],
  ["log2", of((a) => fromFloat(logarithm("log2", a) / Math.LN2))],
  ["sin", of((a) => fromFloat(wave(Math.sin, a)))],
  ["cos", of((a) => fromFloat(wave(Math.cos, a)))],
  ["tan", of(tangent)],
] satisfies [string, CalculatorFunction][]);

function of(apply: (value: Quantity) => Quantity): CalculatorFunction {
  return { takes: [1, 1], apply: (value) => apply(value) };
}

function roundTo(...[value, places = quantity(0n)]: readonly Quantity[]): Quantity {
  if (places.d !== 1n || places.n > 1000n || places.n < -1000n) {
    throw new Error("rounding to places that are no whole number up to 1,000");
  }
  return round(value as Quantity, Number(places.n));
}

/** The natural logarithm. */
function logarithm(name: string, a: Quantity): number {
  if (a.n <= 0n) throw new Error(`${name} of a number that is not above 0`);
  const k = magnitude(a);
  const difference = k === 0 || k === -1 ? toFloat(subtract(a, one)) : 1;
  // Near 1 the difference to it has digits that a float of the whole does not.
  if (Math.abs(difference) < 0.5) return Math.log1p(difference);
  return Math.log(toFloat(divide(a, power(quantity(10n), k)))) + k * Math.LN10;
}

/** Sine or cosine. What is left at a root because pi is not a float is 0. */
function wave(of: (x: number) => number, a: Quantity): number {
  const x = toFloat(a);
  if (Math.abs(x) > 1e9) throw new Error("angle above 1e9");
  const y = of(x);
  return Math.abs(y) < 1e-15 * Math.abs(x) ? 0 : y;
}

function tangent(a: Quantity): Quantity {
  const cosine = wave(Math.cos, a);
  if (cosine === 0) throw new Error("tan of an odd multiple of pi / 2");
  return fromFloat(wave(Math.sin, a) / cosine);
}
