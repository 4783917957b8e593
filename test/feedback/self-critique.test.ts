import {
  chainOfThought,
  majorityVote,
  number,
  tests,
  reviseLoop,
  run,
  sampleN,
  selfCritique,
  stack,
  type Feedback,
  type JudgeOptions,
} from "mull";
import { scripted, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { assess } from "./assess.js";

describe("behaviour", () => {
  test("the model that wrote judges", async () => {
    const model = scripted(["24", "Wrong. Score: 2"]);
    const { verdict, usage } = await assess(selfCritique(), model);
    expect(verdict).toEqual({ ok: false, score: 0.2, message: "Wrong." });
    expect(usage).toMatchObject({ calls: 2, judging: { calls: 1 } });
  });

  test("it is asked past the layers around it: one call, not three", async () => {
    const model = scripted(["Answer: 1", "Answer: 2", "Answer: 1", "Fine. Score: 10"]);
    const solver = stack(model, chainOfThought({ answer: number() }), sampleN(3, { concurrency: 1 }), majorityVote());
    const { stopped, usage } = await run(stack(solver, reviseLoop({ feedback: selfCritique() })), "How many?");
    expect(stopped).toBe("ok");
    expect([usage.calls, usage.judging?.calls, model.calls]).toEqual([4, 1, 4]);
  });

  test("as a judge it sees question and answer, and nothing else", async () => {
    const model = scripted(["Answer: 24", "Score: 10"]);
    const options = { instruction: "Is it right?" };
    await run(
      stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback: selfCritique(options) })),
      "How many?",
    );
    expect(model.requests[1]?.messages).toMatchObject([
      {
        role: "user",
        content: expect.stringMatching(/^# Question\nHow many\?\n\n# Answer\nAnswer: 24\n\n# Task\nIs it right\? End/),
      },
    ]);
  });

  test.each([
    [0.5, true],
    [0.7, false],
  ])("passing %f", async (passing, ok) => {
    expect((await assess(selfCritique({ passing }), scripted(["24", "Score: 6"]))).verdict.ok).toBe(ok);
  });
});

test("cancellation", async () => {
  const model = scripted(["24", "Score: 10"], { latencyMs: 100 });
  const clock = virtualClock();
  const controller = new AbortController();
  const solver = stack(model, reviseLoop({ feedback: selfCritique() }));
  const done = run(solver, "q", { clock, signal: controller.signal });
  done.catch(() => undefined);
  await clock.advance(150);
  controller.abort("left");
  await expect(done).rejects.toBe("left");
  expect([model.calls, clock.pending]).toEqual([2, 0]);
});

test("types", () => {
  expectTypeOf(selfCritique()).toEqualTypeOf<Feedback>();
  expectTypeOf(tests({ a: () => true })).toEqualTypeOf<ReturnType<typeof selfCritique>>();
});

test.each<[options: unknown, message: string]>([
  [null, "options must be an object, got null"],
  [{ model: 1 }, 'an option must be one of instruction, passing, got "model"'],
  [{ instruction: "" }, "instruction must be a text that is not empty, got an empty string"],
  [{ passing: 2 }, "passing must be a number from 0 to 1, got 2"],
])("wrong options: %j", (options, message) => {
  expect(() => selfCritique(options as JudgeOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `judge: ${message}` }),
  );
});
