/**
 * @module
 * From logits to a token.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Random } from "mull";
import { choose, likeliest, logprobsOf, type Sampling } from "../../src/tiny/sampling.js";

const plain: Sampling = { temperature: 1, topP: 1, topK: 100, presencePenalty: 0, frequencyPenalty: 0 };
/** Probabilities 0.5, 0.3, 0.15, 0.05. */
const logits = Float32Array.from([0.15, 0.5, 0.05, 0.3], Math.log);

/** How often each token is chosen in 4,000 draws. */
function shares(sampling: Partial<Sampling>, written: readonly number[] = []): number[] {
  const random = new Random(1);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) counts[choose(logits, { ...plain, ...sampling }, random, written)]!++;
  return counts.map((count) => count / 4000);
}

describe("choose", () => {
  const e = Math.E;
  const penalised = 0.15 + 0.5 / e ** 1.5 + 0.05 + 0.3;
  test.each<readonly [string, Partial<Sampling>, readonly number[], readonly number[]]>([
    ["as the probabilities say", {}, [], [0.15, 0.5, 0.05, 0.3]],
    ["the likeliest at temperature 0", { temperature: 0 }, [], [0, 1, 0, 0]],
    ["more evenly when it is hot", { temperature: 1e6 }, [], [0.25, 0.25, 0.25, 0.25]],
    ["of two with topK 2", { topK: 2 }, [], [0, 0.625, 0, 0.375]],
    ["of those that reach topP", { topP: 0.81 }, [], [0.15 / 0.95, 0.5 / 0.95, 0, 0.3 / 0.95]],
    ["of what topK left with topP", { topK: 2, topP: 0.6 }, [], [0, 1, 0, 0]],
    ["the likeliest with topP 0", { topP: 0 }, [], [0, 1, 0, 0]],
    [
      "less of what was written",
      { presencePenalty: 0.5, frequencyPenalty: 0.5 },
      [1, 1],
      [0.15 / penalised, 0.5 / e ** 1.5 / penalised, 0.05 / penalised, 0.3 / penalised],
    ],
    ["another one when the likeliest was written", { temperature: 0, presencePenalty: 2 }, [1], [0, 0, 0, 1]],
  ])("%s", (_, sampling, written, expected) => {
    const found = shares(sampling, written);
    for (const [i, share] of found.entries()) expect(Math.abs(share - expected[i]!)).toBeLessThan(0.03);
  });
});

prop.prop({ scores: fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 50 }) })(
  "log-probabilities sum to 1, in the order of the logits",
  ({ scores }) => {
    const logprobs = logprobsOf(Float32Array.from(scores));
    expect(logprobs.reduce((sum, logprob) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 9);
    expect(logprobs[likeliest(scores, 1)[0]!]).toBe(Math.max(...logprobs));
  },
);

test("the likeliest come in order, the first of equals first", () => {
  expect(likeliest([1, 3, 2, 3], 3)).toEqual([1, 3, 2]);
  expect(likeliest([1, 3], 5)).toEqual([1, 0]);
  expect(likeliest([1, 3], 0)).toEqual([]);
});
