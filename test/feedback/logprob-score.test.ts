import {
  bestOf,
  CapabilityError,
  logprobScore,
  reviseLoop,
  run,
  sampleN,
  stack,
  type Feedback,
  type LogprobScoreOptions,
  type Scorer,
  type TokenLogprob,
} from "mull";
import { scripted } from "mull/testing";
import { tiny } from "mull/tiny";
import { describe, expect, expectTypeOf, test } from "vitest";
import { assess } from "./assess.js";

/** `so 0.5|Answer 1|: 1|  24 0.25`: tokens with their probabilities. */
function tokens(written: string): TokenLogprob[] {
  return written.split("|").map((part) => {
    const at = part.lastIndexOf(" ");
    return { token: part.slice(0, at).replaceAll("⏎", "\n"), logprob: Math.log(Number(part.slice(at + 1))) };
  });
}

async function scored(written: string, options: LogprobScoreOptions = {}) {
  const logprobs = tokens(written);
  const text = logprobs.map(({ token }) => token).join("");
  return (await assess(logprobScore(options), scripted([{ text, logprobs }]))).verdict;
}

describe("how likely the words were", () => {
  test.each<[what: string, written: string, options: LogprobScoreOptions, score: number]>([
    ["one token", "24 0.5", {}, 0.5],
    ["the mean is geometric", "a 0.5| b 0.125", {}, 0.25],
    ["longer is not less likely", "a 0.5| b 0.5| c 0.5| d 0.5", {}, 0.5],
    ["the least likely", "a 0.5| b 0.125| c 1", { of: "min" }, 0.125],
    ["certain", "a 1| b 1", {}, 1],
    ["the answer alone", "Eight 0.1| each. 0.1|⏎ 1|Answer 0.9|: 0.9| 24 0.5", { answerOnly: true }, 0.5],
    ["of two answers the last", "Answer: 0.9| 22 0.2|⏎ 1|Answer: 0.9| 24 0.5", { answerOnly: true }, 0.5],
    ["what stands behind it is none of it", "Answer: 0.9| 24 0.5|⏎ 1|I 0.1| hope. 0.1", { answerOnly: true }, 0.5],
    ["in a box", "So 0.1| \\boxed{ 0.9|24 0.5|} 0.9|. 0.1", { answerOnly: true }, 0.5],
    ["in two tokens", "Answer: 0.9| 2 0.5|4 0.125", { answerOnly: true }, 0.25],
    ["and the least likely of it", "no 0.01| Answer: 0.9| 2 0.5|4 0.125", { answerOnly: true, of: "min" }, 0.125],
    ["a token that begins before it", "Answer 0.1|: 24 0.5", { answerOnly: true }, 0.5],
    ["no mark: the last line", "Eight 0.1| each.⏎ 0.1|It 0.5| is 0.5| 24 0.5", { answerOnly: true }, 0.5],
    ["no mark and one line: all", "It 0.25| is 1", { answerOnly: true }, 0.5],
    ["an empty one: all", "Answer: 0.25| ⏎ 1", { answerOnly: true }, 0.5],
  ])("%s", async (_, written, options, score) => {
    expect((await scored(written, options)).score).toBeCloseTo(score, 10);
  });

  test.each([
    [undefined, "a 0.9", true],
    [undefined, "a 0.89", false],
    [0.5, "a 0.5", true],
  ])("passing %j", async (passing, written, ok) => {
    expect((await scored(written, { passing })).ok).toBe(ok);
  });
});

test("a response without them is an error that says what to do", async () => {
  for (const logprobs of [undefined, []]) {
    const done = assess(logprobScore(), scripted([{ text: "24", ...(logprobs && { logprobs }) }], { id: "mute" }));
    await expect(done).rejects.toThrow(CapabilityError);
    await expect(done).rejects.toThrow(
      "logprobScore: mute gave no log-probabilities; agreement() and verifier(…) need none",
    );
  }
});

test("it has bestOf ask for them", async () => {
  const score = logprobScore();
  expect(score.logprobs).toBe(0);
  const model = scripted([
    { text: "a", logprobs: tokens("a 0.2") },
    { text: "b", logprobs: tokens("b 0.7") },
  ]);
  const { text, usage } = await run(stack(model, sampleN(2), bestOf({ scorer: score })), "q");
  expect([text, usage.calls, usage.judging]).toEqual(["b", 2, undefined]);
  expect(model.requests.map(({ logprobs }) => logprobs)).toEqual([0, 0]);
});

test("the embedded model gives them", async () => {
  const solver = stack(await tiny(), sampleN(4), bestOf({ scorer: logprobScore({ answerOnly: true }) }));
  const { score, scored } = await run(solver, "Tom has 3 apples and buys 5 more. How many apples does Tom have?", {
    seed: 1,
  });
  expect(scored.every((one) => one.score !== undefined && one.score > 0 && one.score <= 1)).toBe(true);
  expect(score).toBe(Math.max(...scored.map((one) => one.score ?? 0)));
});

test("types", () => {
  expectTypeOf(logprobScore()).toExtend<Feedback>();
  expectTypeOf(logprobScore()).toExtend<Scorer>();
  expect(() => reviseLoop({ feedback: logprobScore() })).not.toThrow();
});

test.each<[options: unknown, message: string]>([
  [null, "options must be an object, got null"],
  [{ mean: true }, 'an option must be one of of, answerOnly, passing, got "mean"'],
  [{ of: "max" }, "of must be 'mean' or 'min', got \"max\""],
  [{ answerOnly: 1 }, "answerOnly must be true or false, got 1"],
  [{ passing: 2 }, "passing must be a number from 0 to 1, got 2"],
])("wrong options: %j", (options, message) => {
  expect(() => logprobScore(options as LogprobScoreOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `logprobScore: ${message}` }),
  );
});
