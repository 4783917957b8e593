import { fc, test } from "@fast-check/vitest";
import {
  chainOfThought,
  number,
  tests,
  reviseLoop,
  run,
  stack,
  code,
  program,
  ToolError,
  type Feedback,
  type ProgramResult,
  type Reasoned,
  type ResponseTest,
  type TestCase,
  type TestsOptions,
} from "mull";
import { scripted, scriptedSandbox } from "mull/testing";
import { quickjs } from "mull/tools/quickjs";
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

describe("cases", () => {
  const good = (value: unknown): ProgramResult => ({ ok: true, value: value as null, output: "" });
  const bad = (name: string, message: string, kind: "error" | "timeout" = "error"): ProgramResult => ({
    ok: false,
    error: { kind, name, message },
    output: "",
  });
  const reply = "```javascript\nconst add = (a, b) => a + b;\n```";
  const source = "const add = (a, b) => a + b;";

  test.each<[what: string, test: TestCase, result: ProgramResult, complaint: string | undefined]>([
    ["the value", { call: "add(1, 2)", equals: 3 }, good(3), undefined],
    ["but for noise", { call: "add(0.1, 0.2)", equals: 0.3 }, good(0.1 + 0.2), undefined],
    ["in any order of names", { call: "f()", equals: { a: 1, b: [2] } }, good({ b: [2], a: 1 }), undefined],
    ["nothing", { call: "f()", equals: null }, good(null), undefined],
    ["another value", { call: "add(1, 2)", equals: 3 }, good("3"), 'it (add(1, 2) gave "3" instead of 3)'],
    [
      "a long one",
      { call: "f()", equals: "" },
      good("x".repeat(200)),
      `it (f() gave "${"x".repeat(119)}… instead of "")`,
    ],
    ["an error", { call: "add(1)", equals: 3 }, bad("TypeError", "no b"), "it (add(1): TypeError: no b)"],
    ["no end", { call: "add(1)", equals: 3 }, bad("Error", "interrupted", "timeout"), "it (add(1): it ran too long)"],
    ["a program that ends", { run: "check(add)" }, good(null), undefined],
    ["or comes to true", { run: "add(1, 2) === 3" }, good(true), undefined],
    ["or to anything but false", { run: "add(1, 2)" }, good(0), undefined],
    ["to false", { run: "add(1, 2) === 4" }, good(false), "it (it came to false)"],
    ["or fails", { run: "assert" }, bad("AssertionError", ""), "it (AssertionError)"],
  ])("%s", async (_, test, result, complaint) => {
    const sandbox = scriptedSandbox([result]);
    const verdict = await verdictOn(tests({ it: test }, { sandbox }), reply);
    expect(verdict).toEqual(
      complaint === undefined
        ? { ok: true, score: 1 }
        : { ok: false, score: 0, message: `This is not so yet: ${complaint}.` },
    );
    expect(sandbox.runs.map((each) => each.program)).toEqual([`${source}\n;${"call" in test ? test.call : test.run}`]);
    expect(sandbox.runs[0]?.options.signal).toBeInstanceOf(AbortSignal);
  });

  test("beside functions, each in a run of its own; the score is the share that passes", async () => {
    const sandbox = scriptedSandbox((program) => (program.endsWith("1") ? good(1) : bad("E", "no")), {
      language: "python",
    });
    const feedback = tests(
      {
        one: { call: "1", equals: 1 },
        two: { call: "2", equals: 2 },
        words: ({ text }) => text !== "",
        more: () => false,
      },
      { sandbox },
    );
    const verdict = await verdictOn(feedback, "```py\nx = 1\n```");
    expect(verdict).toEqual({ ok: false, score: 0.5, message: "This is not so yet: two (2: E: no); more." });
    expect(sandbox.runs.map((each) => each.program)).toEqual(["x = 1\n1", "x = 1\n2"]);
  });

  test("without a program all cases fail, and nothing is run", async () => {
    const sandbox = scriptedSandbox([good(1)]);
    const feedback = tests({ one: { call: "1", equals: 1 }, words: () => true }, { sandbox });
    const message = "There is no program in your answer. This is not so yet: one.";
    expect(await verdictOn(feedback, "It is 3.")).toEqual({ ok: false, score: 0.5, message });
    expect(sandbox.runs).toHaveLength(0);
  });

  test.each<[what: string, options: Partial<TestsOptions>, response: object, ran: string]>([
    ["of the layer `program`", {}, { program: "p", answer: "a" }, "p"],
    ["an answer that is a text", {}, { answer: "a" }, "a"],
    ["no other answer", {}, { answer: 3 }, source],
    ["one of your own", { program: ({ text }) => text.slice(0, 3) }, { program: "p" }, "```"],
  ])("which program: %s", async (_, options, response, ran) => {
    const sandbox = scriptedSandbox([good(1)]);
    const feedback = tests({ one: { call: "x", equals: 1 } }, { sandbox, ...options });
    await verdictOn(feedback, { text: reply, ...response });
    expect(sandbox.runs[0]?.program).toBe(`${ran}\n;x`);
  });

  test("a sandbox that breaks is no failure of the program", async () => {
    const broke = new ToolError("quickjs", "broke");
    const feedback = tests({ one: { call: "1", equals: 1 } }, { sandbox: scriptedSandbox([broke]) });
    await expect(verdictOn(feedback, reply)).rejects.toBe(broke);
  });

  test("in a loop", async () => {
    const sandbox = scriptedSandbox([good(4), good(3)]);
    const model = scripted([reply, reply.replace("a + b", "b + a")]);
    const feedback = tests<Reasoned<string>>({ "adds numbers": { call: "add(1, 2)", equals: 3 } }, { sandbox });
    const solver = stack(model, chainOfThought({ answer: code() }), reviseLoop({ feedback }));
    const { stopped, answer } = await run(solver, "q");
    expect({ stopped, answer }).toEqual({ stopped: "ok", answer: source.replace("a + b", "b + a") });
    expect(model.requests[1]?.messages.at(-1)?.content).toContain("adds numbers (add(1, 2) gave 4 instead of 3)");
  });

  test("over the layer `program`", async () => {
    const sandbox = scriptedSandbox([good(1), good(3)]);
    const feedback = tests({ "adds numbers": { call: "add(1, 2)", equals: 3 } }, { sandbox });
    const solver = stack(scripted([reply]), program({ sandbox }), reviseLoop({ feedback }));
    expect(await run(solver, "q")).toMatchObject({ stopped: "ok", answer: 1 });
  });

  test("in a real sandbox: a case that never ends costs the others nothing", async () => {
    const box = quickjs({ timeoutMs: 1_000 });
    const half = "```js\nconst half = (n) => {\n  while (n % 2 !== 0);\n  return n / 2;\n}\n```";
    const feedback = tests(
      {
        even: { call: "half(8)", equals: 4 },
        odd: { call: "half(7)", equals: 3.5 },
        list: { call: "[half(0.4 + 0.2 - 0.6), half(2)]", equals: [0, 1] },
        throws: { run: "if (half(2) !== 1) throw new Error('no')" },
      },
      { sandbox: box },
    );
    const verdict = await verdictOn(feedback, half);
    await box.close();
    expect(verdict).toMatchObject({ ok: false, score: 0.5 });
    expect(verdict.message).toBe(
      "This is not so yet: odd (half(7): it ran too long); list ([half(0.4 + 0.2 - 0.6), half(2)]: it ran too long).",
    );
  });

  const sandbox = scriptedSandbox([good(1)]);
  const wanted =
    "a function of a response, or a case: { call: 'add(1, 2)', equals: 3 } or { run: 'assert add(1, 2) == 3' }";
  test.each<[test: unknown, options: object | undefined, message: string]>([
    [{ call: "f()", equals: 1 }, undefined, 'tests["it"] must be a function where there is no sandbox, got an object'],
    [{ call: "f()" }, { sandbox }, `tests["it"] must be ${wanted}, got an object`],
    [{ call: " ", equals: 1 }, { sandbox }, `tests["it"] must be ${wanted}, got an object`],
    [{ run: "" }, { sandbox }, `tests["it"] must be ${wanted}, got an object`],
    [{ run: "f()", call: "f()", equals: 1 }, { sandbox }, `tests["it"] must be ${wanted}, got an object`],
    [null, { sandbox }, `tests["it"] must be ${wanted}, got null`],
    [() => true, { box: sandbox }, 'an option must be one of sandbox, program, got "box"'],
    [() => true, { sandbox: "js" }, 'sandbox must be a sandbox, such as quickjs() or python(), got "js"'],
    [() => true, { program: "p" }, 'program must be a function of a response, got "p"'],
  ])("wrong options %#", (test, options, message) => {
    expect(() => tests({ it: test as ResponseTest }, options)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `tests: ${message}` }),
    );
  });
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
  const form =
    "a function of a response, or a case: { call: 'add(1, 2)', equals: 3 } or { run: 'assert add(1, 2) == 3' }";

  test.each<[named: unknown, message: string]>([
    [undefined, `${none} undefined`],
    [null, `${none} null`],
    [{}, `${none} an object`],
    [[], `${none} an empty array`],
    ["tests", `${none} "tests"`],
    [() => true, `${none} a function`],
    [{ a: () => true, b: true }, `tests["b"] must be ${form}, got true`],
  ])("%#", (named, message) => {
    expect(() => tests(named as never)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `tests: ${message}` }),
    );
  });
});
