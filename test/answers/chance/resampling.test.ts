import { fc, test } from "@fast-check/vitest";
import { Random } from "mull";
import { describe, expect } from "vitest";
import { effectiveNumber, fromLogs, resample } from "../../../src/answers/chance/resampling.js";

const weightsOf = fc
  .array(fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e3, noNaN: true })), { minLength: 1, maxLength: 30 })
  .filter((weights) => weights.some((weight) => weight > 0));

function countsOf(drawn: readonly number[], length: number): readonly number[] {
  const counts = Array<number>(length).fill(0);
  for (const index of drawn) counts[index]!++;
  return counts;
}

describe("resample", () => {
  test.prop([weightsOf, fc.integer({ min: 1, max: 100 }), fc.integer()])(
    "systematic: each comes up as often as its share says, but for less than one",
    (weights, n, seed) => {
      const drawn = resample("systematic", new Random(seed), weights, n);
      expect(drawn).toHaveLength(n);
      expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
      const sum = weights.reduce((a, b) => a + b, 0);
      for (const [index, count] of countsOf(drawn, weights.length).entries()) {
        const exact = (n * (weights[index] as number)) / sum;
        expect(count).toBeGreaterThanOrEqual(Math.floor(exact - 1e-9));
        expect(count).toBeLessThanOrEqual(Math.ceil(exact + 1e-9));
      }
    },
  );

  test.each(["systematic", "multinomial"] as const)("%s is unbiased", (kind) => {
    const weights = [1, 0, 2.5, 0.3, 7, 0.2];
    const [n, runs] = [7, 20_000];
    const random = new Random(5);
    const counts = countsOf(
      Array.from({ length: runs }, () => resample(kind, random, weights, n)).flat(),
      weights.length,
    );
    for (const [index, weight] of weights.entries()) {
      const mean = (n * weight) / 11;
      // The variance of a multinomial count is the larger one.
      const error = Math.sqrt((mean * (1 - weight / 11)) / runs);
      expect(Math.abs((counts[index] as number) / runs - mean)).toBeLessThanOrEqual(4.5 * error);
    }
  });

  test("multinomial draws vary as a binomial does, systematic ones hardly", () => {
    const variance = (kind: "systematic" | "multinomial"): number => {
      const random = new Random(6);
      const counts = Array.from({ length: 5_000 }, () => countsOf(resample(kind, random, [1, 3], 16), 2)[0] as number);
      return counts.reduce((sum, count) => sum + (count - 4) ** 2, 0) / counts.length;
    };
    expect(variance("multinomial")).toBeCloseTo(16 * 0.25 * 0.75, 0);
    expect(variance("systematic")).toBe(0);
  });
});

test.each([
  [[1, 1, 1, 1], 4],
  [[5, 0, 0], 1],
  [[2, 2, 0], 2],
  [[1, 3], Math.exp(-0.25 * Math.log(0.25) - 0.75 * Math.log(0.75))],
])("effective number of %j", (weights, expected) => {
  expect(effectiveNumber(weights)).toBeCloseTo(expected, 12);
});

test.each([
  [
    [Math.log(2), Math.log(8), -Infinity],
    [0.25, 1, 0],
  ],
  [
    [1e4, 1e4 - 1],
    [1, Math.exp(-1)],
  ],
  [
    [-Infinity, -Infinity],
    [1, 1],
  ],
])("weights from logarithms %j", (logs, expected) => {
  fromLogs(logs).forEach((weight, index) => expect(weight).toBeCloseTo(expected[index] as number, 12));
});
