import { fc, test } from "@fast-check/vitest";
import {
  chainOfThought,
  number,
  tests,
  reviseLoop,
  run,
  stack,
  type Feedback,
  type Reasoned,
  type ResponseTest,
} from "mull";
import { scripted } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { assess, verdictOn } from "./assess.js";

const broken = (error: unknown) => (): never => {
  throw error;
};

describe("verdicts", () => {
  test.each<[what: string, named: Record<string, ResponseTest>, verdict: object]>([
    ["one that passes", { "is short": ({ text }) => text.length < 9 }, { ok: true, score: 1 }],
    ["one that fails", { "is long": () => false }, { ok: false, score: 0, message: "This is not so yet: is long." }],
    [
      "some fail",
      { a: () => true, b: () => false, c: async () => true, d: async () => false },
      { ok: false, score: 0.5, message: "This is not so yet: b; d." },
    ],
    [
      "errors are failures, with their words",
      {
        parses: ({ text }) => JSON.parse(text) !== undefined,
        "is quiet": () => Promise.reject(new Error("too loud")),
        odd: broken("a text"),
      },
      {
        ok: false,
        score: 0,
        message: expect.stringMatching(
          /^This is not so yet: parses \(.*JSON.*\); is quiet \(too loud\); odd \(a text\)\.$/,
        ),
      },
    ],
    ["what is nearly true is not", { truthy: (() => 1) as never }, { ok: true, score: 1 }],
    [
      "nor is nothing",
      { nothing: (() => undefined) as never },
      { ok: false, score: 0, message: "This is not so yet: nothing." },
    ],
  ])("%s", async (_, named, verdict) => {
    expect(await verdictOn(tests(named), "text: x")).toEqual(verdict);
  });

  test("tests run at the same time, and their names keep their order", async () => {
    const order: string[] = [];
    const slow = (name: string, turns: number) => async () => {
      for (let i = 0; i < turns; i++) await Promise.resolve();
      order.push(name);
      return false;
    };
    const { message } = await verdictOn(tests({ a: slow("a", 30), b: slow("b", 20), c: slow("c", 1) }), "x");
    expect(order).toEqual(["c", "b", "a"]);
    expect(message).toBe("This is not so yet: a; b; c.");
  });

  test("no model is called", async () => {
    const { usage } = await assess(tests({ a: () => false }), scripted(["x"]));
    expect(usage.calls).toBe(1);
  });

  test.prop([fc.array(fc.boolean(), { minLength: 1, maxLength: 20 })])(
    "the score is the share that passes",
    async (results) => {
      const named = Object.fromEntries(results.map((passed, i) => [`test ${i}`, () => passed]));
      const { ok, score } = await verdictOn(tests(named), "x");
      expect(ok).toBe(results.every(Boolean));
      expect(score).toBeCloseTo(results.filter(Boolean).length / results.length, 12);
      expect(score === 1).toBe(ok);
    },
  );
});

test("in a loop", async () => {
  const model = scripted(["Answer: 7.5", "Answer: 250", "Answer: 24"]);
  const feedback = tests<Reasoned<number>>({
    "the answer is a whole number": ({ answer }) => Number.isInteger(answer),
    "the answer is at most 100": ({ answer = 0 }) => answer <= 100,
  });
  const { answer, drafts } = await run(
    stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback })),
    "q",
  );
  expect(answer).toBe(24);
  expect(drafts.map(({ verdict }) => verdict.score)).toEqual([0.5, 0.5, 1]);
  expect(model.requests[1]?.messages.at(-1)?.content).toContain("This is not so yet: the answer is a whole number.");
});

test("types", () => {
  expectTypeOf(tests({ a: ({ text }) => text === "" })).toEqualTypeOf<Feedback>();
  const typed = tests<Reasoned<number>>({ a: ({ answer }) => answer === 1 });
  expectTypeOf(typed).toEqualTypeOf<Feedback<Reasoned<number>>>();
  // @ts-expect-error -- any response has no answer
  tests({ a: ({ answer }) => answer === 1 });
  // @ts-expect-error -- a test says yes or no
  tests({ a: () => "yes" });
});

describe("wrong options", () => {
  const none = "tests must be an object of at least one test, got";

  test.each<[named: unknown, message: string]>([
    [undefined, `${none} undefined`],
    [null, `${none} null`],
    [{}, `${none} an object`],
    [[], `${none} an empty array`],
    ["tests", `${none} "tests"`],
    [() => true, `${none} a function`],
    [{ a: () => true, b: true }, 'tests["b"] must be a function of a response, got true'],
  ])("%#", (named, message) => {
    expect(() => tests(named as never)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `tests: ${message}` }),
    );
  });
});
