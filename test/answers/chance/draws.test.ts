/**
 * @module
 * Draws: their means and variances are those of the distribution, within five standard errors.
 */
import { Random } from "mull";
import { describe, expect, test } from "vitest";
import { drawBeta, drawGamma, drawIndex, drawNormal } from "../../../src/answers/chance/draws.js";

const count = 40_000;

function moments(draw: (random: Random) => number): { readonly mean: number; readonly variance: number } {
  const random = new Random(1, 2);
  const drawn = Array.from({ length: count }, () => draw(random));
  const mean = drawn.reduce((sum, x) => sum + x, 0) / count;
  return { mean, variance: drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1) };
}

describe.each<[what: string, draw: (random: Random) => number, mean: number, variance: number, kurtosis: number]>([
  ["normal", drawNormal, 0, 1, 3],
  ["gamma(0.5)", (random) => drawGamma(random, 0.5), 0.5, 0.5, 3 + 6 / 0.5],
  ["gamma(1)", (random) => drawGamma(random, 1), 1, 1, 9],
  ["gamma(7.5)", (random) => drawGamma(random, 7.5), 7.5, 7.5, 3 + 6 / 7.5],
  ["beta(0.5, 0.5)", (random) => drawBeta(random, 0.5, 0.5), 0.5, 1 / 8, 1.5],
  ["beta(2, 6)", (random) => drawBeta(random, 2, 6), 0.25, 12 / (64 * 9), 3.1],
])("%s", (_, draw, mean, variance, kurtosis) => {
  const drawn = moments(draw);
  test("has the mean", () => {
    expect(Math.abs(drawn.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / count));
  });
  test("has the variance", () => {
    expect(Math.abs(drawn.variance - variance)).toBeLessThan(5 * variance * Math.sqrt((kurtosis - 1) / count));
  });
});

test("an index comes up in proportion to its weight", () => {
  const random = new Random(3, 4);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) counts[drawIndex(random, [1, 0, 5, 2])]!++;
  expect(counts[1]).toBe(0);
  for (const [index, share] of [1 / 8, 0, 5 / 8, 2 / 8].entries()) {
    expect(Math.abs((counts[index] as number) / count - share)).toBeLessThanOrEqual(
      5 * Math.sqrt((share * (1 - share)) / count),
    );
  }
});
