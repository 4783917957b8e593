import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  InvalidOptionError,
  MalformedResponseError,
  tokenConfidence,
  type TokenConfidenceOptions,
  type Weight,
} from "mull";
import { sampleOf, withLogprobs } from "../tokens.js";

describe("measures", () => {
  const values = [4, 4, 1, 1, 4, 2, 2, 4];
  // Means of 2 in a row: 4 2.5 1 2.5 3 2 3.
  test.each<[of: TokenConfidenceOptions["of"], window: number, expected: number]>([
    ["lowest", 2, 1],
    ["lowest", 3, 2],
    ["lowest", 1, 1],
    ["lowest", 8, 22 / 8],
    ["lowest", 99, 22 / 8],
    [undefined, 2, 1],
    ["bottom", 2, 1],
    ["tail", 2, 3],
    ["tail", 3, 8 / 3],
    ["tail", 99, 22 / 8],
    ["mean", 2, 22 / 8],
  ])("%s of groups of %i: %f", (of, window, expected) => {
    expect(tokenConfidence({ of, window, k: 2 })(sampleOf(values))).toBeCloseTo(expected, 12);
  });

  test("the bottom is a tenth of the groups, rounded down, but one at least", () => {
    const rising = Array.from({ length: 29 }, (_, i) => i + 1).toReversed();
    expect(tokenConfidence({ of: "bottom", window: 1, k: 2 })(sampleOf(rising))).toBeCloseTo(1.5, 12);
    expect(tokenConfidence({ of: "bottom", window: 1, k: 2 })(sampleOf([...rising, 30]))).toBeCloseTo(2, 12);
  });

  prop.prop([fc.array(fc.double({ min: 0.1, max: 30, noNaN: true }), { minLength: 1, maxLength: 60 }), fc.nat(70)])(
    "sliding means are what means of slices are",
    (confidences, size) => {
      const window = Math.min(size + 1, confidences.length);
      const means = Array.from({ length: confidences.length - window + 1 }, (_, i) => {
        return confidences.slice(i, i + window).reduce((a, b) => a + b) / window;
      });
      const sample = sampleOf(confidences);
      const of = (measure: TokenConfidenceOptions["of"]) =>
        tokenConfidence({ of: measure, window: size + 1, k: 2 })(sample);
      expect(of("lowest")).toBeCloseTo(Math.min(...means), 9);
      expect(of("tail")).toBeCloseTo(means.at(-1)!, 9);
      expect(of("lowest")).toBeLessThanOrEqual(of("bottom") + 1e-9);
      expect(of("bottom")).toBeLessThanOrEqual(Math.max(...means) + 1e-9);
    },
  );
});

describe("one token", () => {
  const one = (logprob: number, ...top: number[]) =>
    withLogprobs([{ token: "a", logprob, top: top.map((value, i) => ({ token: `t${i}`, logprob: value })) }]);

  test.each([
    ["the k likeliest", one(-3, -1, -2, -9), 2, 1.5],
    ["fewer than k", one(-3, -1, -2), 20, 1.5],
    [
      "none of a token with one alternative",
      withLogprobs([...one(-3, -9).logprobs!, ...one(-3, -1, -2).logprobs!]),
      5,
      1.5,
    ],
    ["nothing is less likely than e^-100", one(-3, 0, -9999), 2, 50],
    ["not even minus infinity", one(0, 0, -Infinity), 2, 50],
  ])("%s", (_, sample, k, expected) => {
    expect(tokenConfidence({ k })(sample)).toBe(expected);
  });
});

test.each([
  undefined,
  [],
  [{ token: "a", logprob: -1 }],
  [{ token: "a", logprob: -1, top: [{ token: "a", logprob: -1 }] }],
])("a sample with %j for log-probabilities is no unsure one", (logprobs) => {
  expect(() => tokenConfidence()(withLogprobs(logprobs))).toThrow(MalformedResponseError);
});

test("what a vote learns of it", () => {
  expect(tokenConfidence().logprobs).toBe(20);
  expect(tokenConfidence({ k: 5 }).logprobs).toBe(5);
  expect(tokenConfidence().max).toBeUndefined();
  expectTypeOf(tokenConfidence()).toEqualTypeOf<Weight>();
});

test.each<[options: unknown, message: string]>([
  [null, "options must be an object, got null"],
  [{ windows: 3 }, 'an option must be one of of, window, k, got "windows"'],
  [{ of: "least" }, "of must be 'lowest', 'bottom', 'tail' or 'mean', got \"least\""],
  [{ of: "toString" }, "of must be 'lowest', 'bottom', 'tail' or 'mean', got \"toString\""],
  [{ window: 0 }, "window must be an integer of at least 1, got 0"],
  [{ window: 1.5 }, "window must be an integer of at least 1, got 1.5"],
  // One alone is the surer the less likely it is.
  [{ k: 1 }, "k must be an integer of at least 2, got 1"],
])("wrong options: %j", (options, message) => {
  const build = () => tokenConfidence(options as TokenConfidenceOptions);
  expect(build).toThrow(InvalidOptionError);
  expect(build).toThrow(`tokenConfidence: ${message}`);
});
