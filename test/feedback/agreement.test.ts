import {
  agreement,
  bestOf,
  chainOfThought,
  number,
  ProviderError,
  reviseLoop,
  run,
  sampleN,
  stack,
  type AgreementOptions,
  type Feedback,
} from "mull";
import { scripted, synthetic, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { assess } from "./assess.js";

const busy = new ProviderError("overloaded", { status: 503 });
const solve = chainOfThought({ answer: number(), askAgain: false });
const replies = (answers: string): ScriptedReply[] =>
  answers.split("").map((answer) => (answer === "!" ? busy : answer === "?" ? "Who knows." : `Answer: ${answer}`));

/** The first is the response, the others are what the model says when it is asked again. */
async function asked(answers: string, options: AgreementOptions = {}) {
  const model = scripted(replies(answers));
  const feedback = agreement({ samples: Math.max(1, answers.length - 1), ...options });
  const { verdict, usage } = await assess(feedback, stack(model, solve), "q");
  return { ...verdict, calls: model.calls, usage };
}

describe("the score is the share that says the same", () => {
  test.each<[answers: string, options: AgreementOptions, score: number, ok: boolean, message: string | undefined]>([
    ["111111", {}, 1, true, undefined],
    ["112131", {}, 0.6, true, undefined],
    ["112132", {}, 0.4, false, "Asked again, 3 of 5 times the answer was another one."],
    ["12222", {}, 0, false, "Asked again, 4 of 4 times the answer was another one."],
    ["12222", { passing: 0 }, 0, true, undefined],
    ["1112", { passing: 0.7 }, 2 / 3, false, "Asked again, 1 of 3 times the answer was another one."],
    ["11??", {}, 1 / 3, false, "Asked again, 2 of 3 times the answer was another one."],
    ["11!1", {}, 1, true, undefined],
  ])("%s", async (answers, options, score, ok, message) => {
    const found = await asked(answers, options);
    expect(found.score).toBeCloseTo(score, 12);
    expect([found.ok, found.message, found.calls]).toEqual([ok, message, answers.length]);
  });

  test("what has no answer has a score of 0, and nothing is asked", async () => {
    const found = await asked("?111");
    expect([found.score, found.ok, found.message, found.calls]).toEqual([
      0,
      false,
      "No answer can be read from what you wrote.",
      1,
    ]);
    expect((await asked("?111", { passing: 0 })).ok).toBe(true);
  });

  test("without an answer the words are compared", async () => {
    const { verdict } = await assess(agreement({ samples: 2 }), scripted(["Paris", " paris", "Rome"]));
    expect(verdict.score).toBe(0.5);
  });

  test("5 samples, all at once; or some at a time", async () => {
    for (const [concurrency, ms] of [
      [undefined, 200],
      [2, 400],
    ] as const) {
      const model = scripted(["a"], { repeat: true, latencyMs: 100 });
      const clock = virtualClock();
      await clock.until(assess(agreement({ concurrency }), model, "q", { clock }));
      expect([model.calls, clock.now()]).toEqual([6, ms]);
    }
  });

  test("all are lost: the first failure", async () => {
    await expect(asked("1!!")).rejects.toBe(busy);
  });
});

test("it counts as judging, and what came before the budget ended counts", async () => {
  const { usage } = await asked("111");
  expect(usage).toMatchObject({ calls: 3, judging: { calls: 2 } });
  const model = scripted(replies("1122"));
  const limited = assess(agreement({ samples: 3, concurrency: 1 }), stack(model, solve), "q", { budget: { calls: 2 } });
  expect((await limited).verdict.score).toBe(1);
});

test("in bestOf it asks the model of one sample, not the sampler", async () => {
  const model = scripted([...replies("12"), ...replies("12"), ...replies("22")]);
  const scorer = agreement({ samples: 2, concurrency: 1 });
  const solver = stack(model, solve, sampleN(2), bestOf({ scorer, concurrency: 1 }));
  const { answer, score, usage } = await run(solver, "q");
  expect([answer, score, usage.calls, usage.judging?.calls]).toEqual([2, 1, 6, 4]);
});

test("it finds the likeliest answer", async () => {
  const model = synthetic({
    answers: [
      ["24", 0.5],
      ["22", 0.3],
      ["26", 0.2],
    ],
  });
  const solver = stack(model, solve, sampleN(6), bestOf({ scorer: agreement({ samples: 60 }) }));
  const { answer, scored } = await run(solver, "q", { seed: 3 });
  expect(answer).toBe(24);
  for (const { sample, score = 0 } of scored)
    expect(Math.abs(score - ({ 24: 0.5, 22: 0.3, 26: 0.2 }[sample.answer ?? 0] ?? 0))).toBeLessThan(0.25);
});

test("it is feedback", async () => {
  const model = scripted(replies("12221222"));
  const solver = stack(model, solve, reviseLoop({ feedback: agreement({ samples: 3 }), rounds: 1 }));
  const { drafts } = await run(solver, "q");
  expect(drafts[0]?.verdict.score).toBe(0);
  expect(JSON.stringify(model.requests[4])).toContain("Asked again, 3 of 3 times the answer was another one.");
});

test("cancellation", async () => {
  const model = scripted(["a"], { repeat: true, latencyMs: 100 });
  const clock = virtualClock();
  const controller = new AbortController();
  const done = assess(agreement(), model, "q", { clock, signal: controller.signal });
  done.catch(() => undefined);
  await clock.advance(150);
  controller.abort("left");
  await expect(done).rejects.toBe("left");
  expect([model.calls, clock.pending]).toEqual([6, 0]);
});

test("types", () => {
  expectTypeOf(agreement()).toEqualTypeOf<Feedback>();
});

test.each<[options: unknown, message: string]>([
  [null, "options must be an object, got null"],
  [{ n: 5 }, 'an option must be one of samples, concurrency, passing, got "n"'],
  [{ samples: 0 }, "samples must be an integer of at least 1, got 0"],
  [{ concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
  [{ passing: "1" }, 'passing must be a number from 0 to 1, got "1"'],
])("wrong options: %j", (options, message) => {
  expect(() => agreement(options as AgreementOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `agreement: ${message}` }),
  );
});
