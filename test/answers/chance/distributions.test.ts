import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  expectedGain,
  fitTruncatedNormal,
  normalTail,
  studentBelow,
  studentDensity,
  truncatedTail,
  type TruncatedNormal,
} from "../../../src/answers/chance/distributions.js";

/** The integral of `f`, by the midpoint rule. */
function integral(f: (x: number) => number, from: number, to: number, steps = 20_000): number {
  const width = (to - from) / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += f(from + (i + 0.5) * width);
  return sum * width;
}

describe("normal", () => {
  test.each([
    [0, 0.5],
    [1, 0.158655253931],
    [1.959963984540054, 0.025],
    [-1.959963984540054, 0.975],
    [5, 2.866515719e-7],
    [Infinity, 0],
    [-Infinity, 1],
  ])("P(X > %d) = %d", (z, tail) => {
    expect(normalTail(z)).toBeCloseTo(tail, 7);
    if (tail > 0) expect(normalTail(z) / tail).toBeCloseTo(1, 6);
  });
});

describe("truncated normal", () => {
  const density = ({ mean, deviation }: TruncatedNormal) => {
    return (x: number): number => Math.exp(-(((x - mean) / deviation) ** 2) / 2);
  };

  test.each<[mean: number, deviation: number, low: number, high: number]>([
    [0.5, 0.1, 0, 1],
    [0.5, 0.3, 0, 1],
    [0.9, 0.2, 0, 1],
    [1.2, 0.3, 0, 1],
    [-0.3, 0.4, 0, 1],
    [20, 30, -10, 40],
  ])("mean %d, deviation %d, in %d to %d: found again from its mean and variance", (mean, deviation, low, high) => {
    const known: TruncatedNormal = { mean, deviation, low, high };
    const f = density(known);
    const mass = integral(f, low, high);
    const first = integral((x) => x * f(x), low, high) / mass;
    const variance = integral((x) => (x - first) ** 2 * f(x), low, high) / mass;
    const fitted = fitTruncatedNormal(first, variance, low, high);
    expect((fitted.mean - mean) / (high - low)).toBeCloseTo(0, 2);
    expect(fitted.deviation / deviation).toBeCloseTo(1, 2);
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const x = low + share * (high - low);
      const tail = integral(f, x, high) / mass;
      expect(truncatedTail(known, x)).toBeCloseTo(tail, 6);
      expect(truncatedTail(fitted, x)).toBeCloseTo(tail, 4);
    }
    expect([truncatedTail(known, low), truncatedTail(known, high)]).toEqual([1, 0]);
    expect([truncatedTail(known, low - 1), truncatedTail(known, high + 1)]).toEqual([1, 0]);
  });

  test("what heaps up at both bounds is taken for even", () => {
    const fitted = fitTruncatedNormal(0.5, 0.25, 0, 1);
    for (const x of [0.1, 0.5, 0.9]) expect(truncatedTail(fitted, x)).toBeCloseTo(1 - x, 3);
  });

  test.prop([fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 20 })])(
    "whatever the values, tails are chances, and fall",
    (values) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      fc.pre(variance > 1e-12);
      const fitted = fitTruncatedNormal(mean, variance, 0, 1);
      const tails = [0, 0.25, 0.5, 0.75, 1].map((x) => truncatedTail(fitted, x));
      expect(tails.every((tail) => tail >= 0 && tail <= 1)).toBe(true);
      expect([...tails].sort((a, b) => b - a)).toEqual(tails);
    },
  );
});

describe("Student's t", () => {
  test.each([
    // Tables of 95 and 97.5 %.
    [6.313752, 1, 0.95],
    [2.919986, 2, 0.95],
    [2.353363, 3, 0.95],
    [2.776445, 4, 0.975],
    [2.570582, 5, 0.975],
    [2.228139, 10, 0.975],
    [-2.228139, 10, 0.025],
    [0, 7, 0.5],
  ])("P(T ≤ %d) with %d degrees of freedom = %d", (t, freedom, chance) => {
    expect(studentBelow(t, freedom)).toBeCloseTo(chance, 6);
  });

  test.each([1, 2, 3, 4, 7, 30])("with %d degrees of freedom, chances are what the density adds up to", (freedom) => {
    const between = integral((t) => studentDensity(t, freedom), -1.5, 2);
    expect(studentBelow(2, freedom) - studentBelow(-1.5, freedom)).toBeCloseTo(between, 7);
  });
});

describe("expected gain", () => {
  test.each<[best: number, mean: number, scale: number, freedom: number]>([
    [0.9, 0.5, 0.2, 3],
    [0.5, 0.5, 0.1, 4],
    [0.2, 0.5, 0.1, 5],
    [1, 0.2, 0.1, 9],
    [-2, -5, 3, 2],
  ])("above %d, for mean %d, scale %d, %d degrees of freedom", (best, mean, scale, freedom) => {
    // The tail of the integral, where the density falls like a power, is reckoned by u = 1 / (x - best + scale).
    const f = (x: number): number => ((x - best) * studentDensity((x - mean) / scale, freedom)) / scale;
    const expected = integral((u) => f(best + 1 / u - scale) / (u * u), 0, 1 / scale, 200_000);
    expect(expectedGain(best, mean, scale, freedom) / expected).toBeCloseTo(1, 4);
  });

  test("of what cannot be exceeded there is none", () => {
    expect(expectedGain(Infinity, 0.5, 0.1, 4)).toBe(0);
  });
});
