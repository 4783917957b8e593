import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { effectiveSamples, logMeanExp } from "../../../src/answers/chance/importance.js";

describe("effectiveSamples", () => {
  test.each<[weights: readonly number[], expected: number]>([
    [[], 0],
    [[0, 0], 0],
    [[1, 1, 1, 1], 4],
    [[5, 0, 0], 1],
    [[3, 1], 1.6],
  ])("%j: %f", (weights, expected) => {
    expect(effectiveSamples(weights)).toBeCloseTo(expected, 12);
  });

  test.prop([
    fc.array(fc.double({ min: 0.01, max: 9, noNaN: true }), { minLength: 1 }),
    fc.double({ min: 0.1, max: 9, noNaN: true }),
  ])("is from 1 to their number, whatever the scale", (weights, scale) => {
    const found = effectiveSamples(weights);
    expect(found).toBeGreaterThan(1 - 1e-9);
    expect(found).toBeLessThan(weights.length + 1e-9);
    expect(effectiveSamples(weights.map((w) => w * scale))).toBeCloseTo(found, 8);
  });
});

describe("logMeanExp", () => {
  test("of what is none, or nothing", () => {
    expect(logMeanExp([])).toEqual({ value: -Infinity, error: undefined });
    expect(logMeanExp([-Infinity, -Infinity])).toEqual({ value: -Infinity, error: undefined });
    expect(logMeanExp([-2])).toEqual({ value: -2, error: undefined });
  });

  test("by hand: 1, 0, 0, 1", () => {
    const { value, error } = logMeanExp([0, -Infinity, -Infinity, 0]);
    expect(value).toBeCloseTo(Math.log(0.5), 12);
    // The standard deviation is √(1/3), the error of the mean √(1/3) / 2, relative to a mean of 1/2.
    expect(error).toBeCloseTo(Math.sqrt(1 / 3), 12);
  });

  test.prop([
    fc.array(fc.double({ min: -5, max: 0, noNaN: true }), { minLength: 2, maxLength: 20 }),
    fc.double({ min: -2_000, max: 700, noNaN: true }),
  ])("moves with its logarithms, however small the numbers", (logs, by) => {
    const here = logMeanExp(logs);
    const there = logMeanExp(logs.map((log) => log + by));
    expect(there.value - by).toBeCloseTo(here.value, 8);
    expect(there.error).toBeCloseTo(here.error ?? NaN, 8);
    expect(here.value).toBeCloseTo(Math.log(logs.reduce((sum, log) => sum + Math.exp(log), 0) / logs.length), 9);
  });
});
