import { fc, test as prop } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { InvalidOptionError, MalformedResponseError, selfCertainty, type SelfCertaintyOptions } from "mull";
import { withLogprobs } from "../tokens.js";

/** A sample of tokens drawn from these distributions, of which the `k` likeliest are told. */
function drawn(distributions: readonly (readonly number[])[], k: number = Infinity) {
  return withLogprobs(
    distributions.map((chances) => {
      const top = chances
        .map((p, i) => ({ token: `t${i}`, logprob: Math.log(p) }))
        .sort((a, b) => b.logprob - a.logprob);
      return { ...top[0]!, top: top.slice(0, k) };
    }),
  );
}

const distribution = fc
  .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
  .map((parts) => parts.map((part) => part / parts.reduce((a, b) => a + b)));

prop.prop([fc.array(distribution, { minLength: 1, maxLength: 8 })])(
  "over a whole vocabulary it is -1/(nV) Σ log(V p)",
  (distributions) => {
    const published = -distributions.flat().reduce((sum, p) => sum + Math.log(4 * p), 0) / (4 * distributions.length);
    expect(selfCertainty({ k: 4 })(drawn(distributions))).toBeCloseTo(published, 9);
  },
);

prop.prop([distribution])("over some of it, that of those alone, scaled to add up to 1", (chances) => {
  const best = chances.toSorted((a, b) => b - a).slice(0, 3);
  const scaled = best.map((p) => p / best.reduce((a, b) => a + b));
  const expected = -scaled.reduce((sum, p) => sum + Math.log(3 * p), 0) / 3;
  expect(selfCertainty({ k: 3 })(drawn([chances]))).toBeCloseTo(expected, 9);
  expect(selfCertainty({ k: 20 })(drawn([chances], 3))).toBeCloseTo(expected, 9);
});

test("a blind guess is worth 0, never less", () => {
  const flat = [1 / 3, 1 / 3, 1 / 3];
  expect(selfCertainty({ k: 3 })(drawn([flat, flat, flat]))).toBeGreaterThanOrEqual(0);
  expect(selfCertainty({ k: 3 })(drawn([flat]))).toBeCloseTo(0, 12);
});

test("without log-probabilities there is none", () => {
  expect(() => selfCertainty()(withLogprobs(undefined))).toThrow(MalformedResponseError);
  expect(() => selfCertainty()(drawn([[1]]))).toThrow(MalformedResponseError);
  const { logprobs } = drawn([[0.7, 0.3]]);
  const more = withLogprobs([...logprobs!, { token: "b", logprob: -9 }]);
  expect(selfCertainty()(more)).toBe(selfCertainty()(drawn([[0.7, 0.3]])));
  expect(selfCertainty().logprobs).toBe(20);
  expect(selfCertainty({ k: 3 }).logprobs).toBe(3);
});

test.each<[options: unknown, message: string]>([
  [[], "options must be an object, got an empty array"],
  [{ n: 3 }, 'an option must be one of k, got "n"'],
  [{ k: 1 }, "k must be an integer of at least 2, got 1"],
])("wrong options: %j", (options, message) => {
  const build = () => selfCertainty(options as SelfCertaintyOptions);
  expect(build).toThrow(InvalidOptionError);
  expect(build).toThrow(`selfCertainty: ${message}`);
});
