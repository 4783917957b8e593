import { fc, test as prop } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { leadProbability } from "../../../src/answers/chance/beta.js";

/** P(Binomial(a + b + 1, 1/2) ≤ a), exactly to the last division. */
function binomial(a: number, b: number): number {
  const n = BigInt(a + b + 1);
  let term = 1n;
  let sum = 0n;
  for (let k = 0n; k <= BigInt(a); k++) {
    sum += term;
    term = (term * (n - k)) / (k + 1n);
  }
  const scale = 10n ** 30n;
  return Number((sum * scale) / 2n ** n) / 1e30;
}

/** The integral of the density of Beta(a + 1, b + 1) from 1/2 to 1, over that from 0 to 1, by Simpson's rule. */
function integral(a: number, b: number): number {
  const steps = 4000;
  const area = (from: number, to: number): number => {
    let sum = 0;
    for (let i = 0; i <= steps; i++) {
      const x = from + ((to - from) * i) / steps;
      sum += (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * x ** a * (1 - x) ** b;
    }
    return (sum * (to - from)) / steps / 3;
  };
  return area(0.5, 1) / (area(0, 0.5) + area(0.5, 1));
}

const votes = fc.nat({ max: 400 });

prop.prop([votes, votes])("is the tail of a binomial distribution", (a, b) => {
  expect(Math.abs(leadProbability(a, b) - binomial(a, b))).toBeLessThan(1e-12);
});

prop.prop([fc.nat({ max: 40 }), fc.nat({ max: 40 })], { numRuns: 30 })("is what the integral says", (a, b) => {
  expect(Math.abs(leadProbability(a, b) - integral(a, b))).toBeLessThan(1e-9);
});

prop.prop([votes, votes])("sees both sides alike, and grows with the lead", (a, b) => {
  expect(leadProbability(a, b) + leadProbability(b, a)).toBeCloseTo(1, 12);
  expect(leadProbability(a + 1, b)).toBeGreaterThanOrEqual(leadProbability(a, b));
  expect(leadProbability(a, b + 1)).toBeLessThanOrEqual(leadProbability(a, b));
});

test.each<[a: number, b: number, probability: number]>([
  [0, 0, 0.5],
  [1, 1, 0.5],
  [1, 0, 0.75],
  [3, 0, 0.9375],
  [4, 0, 0.96875],
  [6, 1, 0.96484],
  [8, 2, 0.96729],
  [9, 3, 0.95386],
])("%d to %d: %d", (a, b, probability) => {
  expect(leadProbability(a, b)).toBeCloseTo(probability, 5);
});

test("holds for very many votes", () => {
  expect(leadProbability(50_500, 50_000)).toBeCloseTo(0.9426, 3);
  expect(leadProbability(100_000, 0)).toBe(1);
  expect(leadProbability(0, 100_000)).toBeLessThan(1e-300);
});
