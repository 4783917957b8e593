import { fc, test } from "@fast-check/vitest";
import {
  boolean,
  chainOfThought,
  choice,
  json,
  majorityVote,
  math,
  number,
  outline,
  program,
  programInstruction,
  ProviderError,
  repairInstruction,
  run,
  sampleN,
  stack,
  text,
  textOf,
  ToolError,
  type Answer,
  type JsonValue,
  type Model,
  type ModelRequest,
  type Programmed,
  type ProgramError,
  type ProgramOptions,
  type ProgramResult,
  type Reasoned,
  type Voted,
} from "mull";
import {
  middlewareLaws,
  scripted,
  scriptedSandbox,
  virtualClock,
  type MiddlewareLawsOptions,
  type SandboxScript,
  type ScriptedReply,
} from "mull/testing";
import { quickjs } from "mull/tools/quickjs";
import { afterAll, describe, expect, expectTypeOf, vi } from "vitest";
import * as z from "zod";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const broke = new ToolError("quickjs", "the sandbox broke");
const programFailed = { code: "program-failed", message: "no program came to an answer" };
const repairFailed = {
  code: "repair-failed",
  message: "mending the program, or running the mended one, failed: the one that came furthest is returned",
};

const good = (value: JsonValue, output = ""): ProgramResult => ({ ok: true, value, output });
const bad = (name: string, message: string, more: Partial<ProgramError> = {}, output = ""): ProgramResult => ({
  ok: false,
  error: { kind: "error", name, message, ...more },
  output,
});
const block = (body: string): string => `Well:\n\`\`\`javascript\n${body}\n\`\`\``;

/**
 * Programs of one line: `give 3` comes to 3, `fail TypeError` fails, `ask f 3` comes to what `f(3)` gives, `forever` never ends. Several, with `;` between
 * them, come to the last, or to what failed first.
 */
const tinyLanguage: SandboxScript = async (source, { functions = {} }) => {
  let value: JsonValue = null;
  for (const step of source.split("\n")[0]!.split("; ")) {
    const [verb, what = "", argument] = step.split(" ");
    if (verb === "give") value = JSON.parse(what) as JsonValue;
    else if (verb === "fail") return bad(what, "no good", { line: 1 });
    else if (verb === "break") return broke;
    else if (verb === "forever") return new Promise<never>(() => undefined);
    else {
      const work = functions[what];
      if (work === undefined) return bad("ReferenceError", `${what} is not defined`);
      try {
        value = (await work(...(argument === undefined ? [] : [JSON.parse(argument) as JsonValue]))) as JsonValue;
      } catch (error) {
        return bad((error as Error).name, (error as Error).message);
      }
    }
  }
  return good(value);
};
const sandboxOf = (script: SandboxScript = tinyLanguage) => scriptedSandbox(script);
/** A call of `f` as it must stand in a program, so that it is seen that it calls it. */
const ask = (name: string, argument = ""): string => block(`ask ${name} ${argument}\n// ${name}()`);

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["programs", (model) => stack(model, program({ sandbox: sandboxOf(), answer: number() }))],
  ["simulated", (model) => stack(model, program({ sandbox: sandboxOf(), simulate: true, maxSimulated: 2 }))],
  [
    "without repairs, beneath a vote",
    (model) => stack(model, program({ sandbox: sandboxOf(), repairs: 0 }), sampleN(3), majorityVote()),
  ],
])("laws, %s", (_, layer, options) => {
  const replies = [block("give 3"), block("give 4"), block("fail TypeError"), "No program.", ask("f", "1"), "3"];
  for (const { name, check } of middlewareLaws(layer, { replies, ...options })) test(name, check);
});

describe("behaviour", () => {
  type Expected = readonly [value: JsonValue | undefined, stopped: string, calls: number, warnings?: object[]];

  test.each<[what: string, replies: ScriptedReply[], options: Partial<ProgramOptions>, Expected]>([
    ["right at once", [block("give 3")], {}, [3, "done", 1]],
    ["mended", [block("fail TypeError"), block("give 3")], {}, [3, "done", 2]],
    ["mended twice", [block("fail A"), block("fail B"), block("give 3")], {}, [3, "done", 3]],
    [
      "no repair is left",
      [block("fail A"), block("fail B"), block("fail C")],
      {},
      [undefined, "limit", 3, [programFailed]],
    ],
    ["one repair", [block("fail A"), block("fail B")], { repairs: 1 }, [undefined, "limit", 2, [programFailed]]],
    ["none", [block("fail A")], { repairs: 0 }, [undefined, "limit", 1, [programFailed]]],
    [
      "the same program fails twice",
      [block("fail A"), block("fail A")],
      {},
      [undefined, "no-improvement", 2, [programFailed]],
    ],
    [
      "as one before it did",
      [block("fail A"), block("fail B"), block("fail A")],
      { repairs: 9 },
      [undefined, "no-improvement", 3, [programFailed]],
    ],
    ["without a program it is asked for again", ["It is 3.", block("give 3")], {}, [3, "done", 2]],
    ["words twice are no program twice", ["It is 3.", "It is 3.", block("give 3")], {}, [3, "done", 3]],
    ["nothing is returned: that is no answer", [block("give null"), block("give 3")], {}, [3, "done", 2]],
    ["false and 0 are answers", [block("give false")], {}, [false, "done", 1]],
    ["a repair is lost", [block("fail A"), busy], {}, [undefined, "failure", 2, [repairFailed, programFailed]]],
    [
      "the sandbox breaks in a repair",
      [block("fail A"), block("break")],
      {},
      [undefined, "failure", 2, [repairFailed, programFailed]],
    ],
  ])("%s", async (_, replies, options, [value, stopped, calls, warnings]) => {
    const model = scripted(replies);
    const response = await run(stack(model, program({ sandbox: sandboxOf(), ...options })), "q");
    expect({
      answer: response.answer,
      stopped: response.stopped,
      warnings: response.warnings,
      calls: model.calls,
    }).toEqual({ answer: value, stopped, warnings, calls });
    expect(response.key).toBe(value === undefined ? undefined : JSON.stringify(value));
    expect(response.usage.calls + (response.usage.failed?.calls ?? 0)).toBe(calls);
  });

  test("the response has the program, its value, what it printed, and all attempts", async () => {
    const results = [bad("TypeError", "no"), good(24, "8\n")];
    const model = scripted([
      "I do not know.",
      { text: block("x = 1"), extra: 1 } as ScriptedReply,
      { text: block("x = 2"), extra: 2, reasoning: "hm" } as ScriptedReply,
    ]);
    const response = await run(stack(model, program({ sandbox: scriptedSandbox(results) })), "q");
    expect(response).toMatchObject({
      text: block("x = 2"),
      thought: "hm",
      extra: 2,
      program: "x = 2",
      value: 24,
      output: "8\n",
      attempts: [
        { program: undefined, result: undefined, simulated: [] },
        { program: "x = 1", result: results[0], simulated: [] },
        { program: "x = 2", result: results[1], simulated: [] },
      ],
    });
  });

  test.each<[what: string, replies: string[], program: string | undefined]>([
    ["one that ran, but came to nothing that can be read", [block('give "x"'), block("fail A"), "?"], 'give "x"'],
    ["the later of two that ran", [block('give "x"'), block('give "y"'), block("fail A")], 'give "y"'],
    ["the later of two that failed", [block("fail A"), block("fail B"), "?"], "fail B"],
    ["words where there is nothing else", ["?", "??", "???"], undefined],
  ])("what came furthest is returned: %s", async (_, replies, source) => {
    const solver = stack(scripted(replies), program({ sandbox: sandboxOf(), answer: number() }));
    const response = await run(solver, "q");
    expect(response).toMatchObject({ stopped: "limit", warnings: [programFailed], answer: undefined, program: source });
    expect(response.text).toBe(source === undefined ? "???" : block(source));
    expect(response.value).toBe(source?.startsWith("give") === true ? JSON.parse(source.slice(5)) : undefined);
    expect(response.attempts).toHaveLength(3);
  });

  test.each<[string, ScriptedReply]>([
    ["at once", { text: block("give 1"), toolCalls: [{ type: "tool-call", id: "1", name: "weather", input: {} }] }],
    ["or says so", { text: block("give 1"), finishReason: "tool-calls" }],
  ])("a response that calls tools is passed on: %s", async (_, reply) => {
    const sandbox = sandboxOf();
    const first = await run(stack(scripted([reply]), program({ sandbox })), "q");
    expect(first).toMatchObject({ ...(reply as object), finishReason: "tool-calls", answer: undefined, attempts: [] });
    expect(first.warnings).toBeUndefined();
    expect(sandbox.runs).toHaveLength(0);
    const later = await run(stack(scripted([block("fail A"), reply]), program({ sandbox })), "q");
    expect(later).toMatchObject({ ...(reply as object), stopped: "done", attempts: [{ program: "fail A" }] });
  });

  test("a sandbox that breaks is no failure of the model: its error is thrown as it is", async () => {
    await expect(run(stack(scripted([block("break")]), program({ sandbox: sandboxOf() })), "q")).rejects.toBe(broke);
  });

  test("a first reply that fails fails", async () => {
    await expect(run(stack(scripted([busy]), program({ sandbox: sandboxOf() })), "q")).rejects.toBe(busy);
  });
});

describe("what is run", () => {
  test.each<[what: string, source: string, ran: string]>([
    ["solution is called", "function solution() { return 3; }", "function solution() { return 3; }\n;solution()"],
    ["an arrow function, too", "const solution = () => 3;", "const solution = () => 3;\n;solution()"],
    ["one that waits", "let solution = async () => 3", "let solution = async () => 3\n;solution()"],
    ["one without parentheses", "solution = _ => 3", "solution = _ => 3\n;solution()"],
    ["an old one", "var solution=function () { return 3 }", "var solution=function () { return 3 }\n;solution()"],
    [
      "a variable of its name is not it",
      "const solution = (3 + 5) * 3;\nsolution",
      "const solution = (3 + 5) * 3;\nsolution",
    ],
    ["nor is one that is called so", "const solution = solve(3);\nsolution", "const solution = solve(3);\nsolution"],
    ["a program without it is run as it is", "3 * 8", "3 * 8"],
    ["its name alone is not it", "// the solution\n3 * 8", "// the solution\n3 * 8"],
  ])("%s", async (_, source, ran) => {
    const sandbox = scriptedSandbox([good(3)]);
    await run(stack(scripted([block(source)]), program({ sandbox })), "q");
    expect(sandbox.runs.map((each) => each.program)).toEqual([ran]);
  });

  test("in Python, too, in a block of Python", async () => {
    const sandbox = scriptedSandbox([good(3)], { language: "python" });
    const source = "def solution():\n    return 3";
    const reply = `\`\`\`js\n1\n\`\`\`\n\`\`\`python\n${source}\n\`\`\`\n\`\`\`\n3\n\`\`\``;
    const { answer } = await run(stack(scripted([reply]), program({ sandbox })), "q");
    expect(answer).toBe(3);
    expect(sandbox.runs.map((each) => each.program)).toEqual([`${source}\nsolution()`]);
  });

  test("with variables, a time limit and the signal of the call", async () => {
    const sandbox = scriptedSandbox([good(3)]);
    const globals = { table: [[1, 2]] };
    await run(stack(scripted([block("x")]), program({ sandbox, globals, timeoutMs: 50 })), "q");
    expect(sandbox.runs[0]?.options).toMatchObject({ globals, timeoutMs: 50, signal: expect.any(AbortSignal) });
  });

  test("a prefill is a part of the program", async () => {
    const sandbox = scriptedSandbox([good(3)]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], prefill: "```javascript\n1 +" };
    await run(stack(scripted([" 2\n```"]), program({ sandbox })), frozen(request));
    expect(sandbox.runs[0]?.program).toBe("1 + 2");
  });
});

describe("answers", () => {
  const A = json(z.object({ town: z.string(), size: z.number() }));
  test.each<[what: string, answer: Answer<unknown> | undefined, value: JsonValue, read: unknown, key?: string]>([
    ["the value itself", undefined, { b: [0.1 + 0.2], a: 1 }, { b: [0.1 + 0.2], a: 1 }, '{"a":1,"b":[0.3]}'],
    ["a number", number(), 24, 24, "24"],
    ["a small one", number(), -0.5, -0.5, "-0.5"],
    ["with an exponent", number(), 1e21, 1e21, "1e+21"],
    ["with noise", number(), 0.1 + 0.2, 0.1 + 0.2, "0.3"],
    ["in words", number(), "24 apples", 24, "24"],
    ["no number", number(), "many", undefined],
    ["a list is none", number(), [1, 2], undefined],
    ["a truth", boolean(), true, true, "true"],
    ["in words", boolean(), "no", false, "false"],
    ["a choice", choice(["Paris", "Rome"]), "Rome", "Rome", "Rome"],
    ["one of numbers", choice(["1", "2"]), 2, "2", "2"],
    ["none of the choices", choice(["Paris", "Rome"]), "Bonn", undefined],
    ["words", text(), "It is so.", "It is so.", "it is so"],
    ["a formula", math(), "1/2", "1/2"],
    ["what fits a schema", A, { town: "Rome", size: 3 }, { town: "Rome", size: 3 }, '{"size":3,"town":"Rome"}'],
    ["as text", A, '{"town":"Rome","size":3}', { town: "Rome", size: 3 }],
    ["what does not", A, { town: "Rome" }, undefined],
    ["a text of a schema", json(z.string()), "Rome", "Rome"],
    ["nothing", number(), null, undefined],
  ])("%s", async (_, answer, value, read, key) => {
    const solver = stack(
      scripted([block("x")]),
      program({ sandbox: scriptedSandbox([good(value)]), answer, repairs: 0 }),
    );
    const response = await run(solver, "q");
    expect(response.answer).toEqual(read);
    expect(response.value).toEqual(value);
    if (key !== undefined) expect(response.key).toBe(key);
    if (read === undefined) expect(response.key).toBeUndefined();
  });

  test("programs vote by what they come to", async () => {
    const model = scripted(["give 7", "give 6", "give 3; give 6", "fail A", "give 5"].map(block));
    const solver = stack(
      model,
      program({ sandbox: sandboxOf(), answer: number(), repairs: 0 }),
      sampleN(5),
      majorityVote(),
    );
    const response = await run(solver, "q");
    expect(response).toMatchObject({ answer: 6, program: "give 6" });
    expect(response.votes.map(({ key, count }) => [key, count])).toEqual([
      ["6", 2],
      ["7", 1],
      ["5", 1],
    ]);
  });

  test.prop([fc.jsonValue()])("whatever comes out is the answer, but for null", async (value) => {
    const given = JSON.parse(JSON.stringify(value)) as JsonValue;
    const solver = stack(scripted([block("x")]), program({ sandbox: scriptedSandbox([good(given)]), repairs: 0 }));
    expect((await run(solver, "q")).answer).toEqual(given ?? undefined);
  });
});

describe("what the model sees", () => {
  const seen = async (
    replies: ScriptedReply[],
    results: readonly ProgramResult[],
    options: Partial<ProgramOptions> = {},
    request: ModelRequest | string = "q",
  ): Promise<readonly ModelRequest[]> => {
    const model = scripted(replies);
    await run(stack(model, program({ sandbox: scriptedSandbox(results), ...options })), frozen(request));
    return model.requests;
  };
  const last = (request: ModelRequest | undefined): string => textOf(request!.messages.at(-1)!);

  test("the question, and what is asked for", async () => {
    const request: ModelRequest = {
      messages: [
        { role: "system", content: "s" },
        { role: "user", content: "q" },
      ],
      temperature: 0.3,
    };
    const [first] = await seen([block("x")], [good(1)], {}, request);
    const alone = "The program runs in JavaScript, alone: it reads no input, no files and no network.";
    const fence = "End with the whole program in one block fenced as ```javascript.";
    expect(first).toEqual({
      ...request,
      messages: [request.messages[0], { role: "user", content: `q\n\n${programInstruction} ${alone} ${fence}` }],
    });
  });

  test.each<[what: string, options: Partial<ProgramOptions<any>>, shown: RegExp]>([
    ["words of your own", { instruction: "Compute it." }, /^q\n\nCompute it\. The program runs/],
    ["what a number is", { answer: number() }, /solution\(\) returns the number\. The/],
    ["what to choose from", { answer: choice(["a", "b"]) }, /solution\(\) returns exactly one of: .*a.*b/],
    [
      "the schema",
      { answer: json(z.object({ n: z.number() })) },
      /solution\(\) returns what fits this JSON Schema: \{.*"n".*\}\. The/,
    ],
    ["variables", { globals: { rows: [], of: 1 } }, /It finds these variables: rows, of\./],
    ["functions", { functions: { search: () => 1 } }, /It may call these functions: search\./],
    ["that it may leave functions undefined", { simulate: true }, /call a function without defining it/],
  ])("%s", async (_, options, shown) => {
    const [first] = await seen([block("x")], [good(true)], { ...options, repairs: 0 });
    expect(last(first)).toMatch(shown);
  });

  test.each<[what: string, result: ProgramResult, said: string]>([
    ["an error", bad("TypeError", "x is undefined"), "The program failed: TypeError: x is undefined."],
    [
      "with its line",
      bad("TypeError", "bad", { line: 2 }),
      "The program failed: TypeError: bad (line 2: return x.y;).",
    ],
    ["a line that it does not have", bad("TypeError", "bad", { line: 9 }), "The program failed: TypeError: bad."],
    ["without words", bad("Oops", ""), "The program failed: Oops."],
    [
      "syntax",
      bad("SyntaxError", "unexpected", { kind: "syntax", line: 1 }),
      "The program failed: SyntaxError: unexpected (line 1: const solution = () => {).",
    ],
    ["time", bad("InternalError", "interrupted", { kind: "timeout" }), "The program failed: it ran too long."],
    ["memory", bad("InternalError", "oom", { kind: "memory" }), "The program failed: it took too much memory."],
    [
      "output",
      bad("Error", "much", { kind: "output" }, "aaa\n"),
      "The program failed: it printed too much.\nIt had printed:\naaa",
    ],
    [
      "a value that is none",
      bad("TypeError", "a function", { kind: "value" }),
      "The program failed: TypeError: a function.",
    ],
    ["nothing", good(null), "The program ran, but returned nothing, which is no answer to the question."],
    [
      "what cannot be read",
      good("many", "hm\n"),
      'The program ran, but returned "many", which is no answer to the question.\nIt had printed:\nhm',
    ],
    ["long words are cut", bad("Error", "x".repeat(999)), `The program failed: Error: ${"x".repeat(293)}….`],
  ])("what went wrong: %s", async (_, result, said) => {
    const source = "const solution = () => {\n  return x.y;\n}";
    const [first, second] = await seen([block(source), block("y")], [result, good(1)], { answer: number() });
    expect(second?.messages).toEqual([
      ...first!.messages,
      { role: "assistant", content: block(source) },
      { role: "user", content: `${said}\n\n${repairInstruction}` },
    ]);
  });

  test.each<[reply: ScriptedReply, said: string]>([
    ["It is 3.", "There is no program in your answer. Write one, in one block between fences."],
    [
      { text: "```javascript\nlet x", finishReason: "length" },
      "Your answer was cut before the program was complete. Write one that is shorter, in one block between fences.",
    ],
  ])("no program: %j", async (reply, said) => {
    const [, second] = await seen([reply, block("y")], [good(1)]);
    expect(last(second)).toBe(said);
  });

  test("of several that failed, only the last", async () => {
    const requests = await seen([block("a"), block("b"), block("c")], [bad("A", ""), bad("B", ""), good(1)]);
    expect(requests.map(({ messages }) => messages.length)).toEqual([1, 3, 3]);
    expect(last(requests[2])).toContain("failed: B.");
    expect(textOf(requests[2]!.messages[1]!)).toBe(block("b"));
  });
});

describe("functions that nobody defines", () => {
  const simulated = async (replies: ScriptedReply[], options: Partial<ProgramOptions> = {}) => {
    const model = scripted(replies);
    const sandbox = sandboxOf();
    const response = await run(stack(model, program({ sandbox, simulate: true, ...options })), "q");
    return { response, model, sandbox };
  };

  test.each<[what: string, said: string, value: JsonValue]>([
    ["JSON", "true", true],
    ["in a block", '```json\n["a"]\n```', ["a"]],
    ["in prose", 'It returns {"a": 1}.', { a: 1 }],
    ["words on one line", "sour cherries", "sour cherries"],
  ])("the model answers for them: %s", async (_, said, value) => {
    const { response, model, sandbox } = await simulated([ask("is_fruit", '"apple"'), said]);
    expect(response).toMatchObject({ answer: value, attempts: [{ simulated: ["is_fruit"], result: { ok: true } }] });
    expect(model.calls).toBe(2);
    expect(sandbox.runs).toHaveLength(2);
    const [first, second] = model.requests;
    expect(second?.messages.slice(0, 2)).toEqual([...first!.messages, { role: "assistant", content: response.text }]);
    expect(textOf(second!.messages[2]!)).toMatch(/What does\n\nis_fruit\("apple"\)\n\nreturn\?/);
  });

  test("the same name with the same arguments is asked for once, also by a mended program", async () => {
    const twice = block("ask f 1; ask f 1; ask f 2; fail A\n// f()");
    const { response, model } = await simulated([twice, "10", "20", ask("f", "2")]);
    expect(response).toMatchObject({ answer: 20, stopped: "done" });
    expect(model.calls).toBe(4);
  });

  test("several, found one after the other", async () => {
    const { response, sandbox } = await simulated([block("ask f 1; ask g 1\n// f(), g()"), "1", "2"]);
    expect(response).toMatchObject({ answer: 2, attempts: [{ simulated: ["f", "g"] }] });
    expect(sandbox.runs).toHaveLength(3);
  });

  test("no more than so many", async () => {
    const { response, model } = await simulated([block("ask f 1; ask f 2\n// f()"), "1", block("give 3")], {
      maxSimulated: 1,
    });
    expect(response.answer).toBe(3);
    expect(model.calls).toBe(3);
    expect(textOf(model.requests[2]!.messages.at(-1)!)).toContain(
      "RangeError: f: no more than 1 calls of functions that are not defined",
    );
  });

  test("what the model says cannot be read: the program fails", async () => {
    const { response, model } = await simulated([ask("f", "1"), "I am\nnot sure.", block("give 3")]);
    expect(response.answer).toBe(3);
    expect(textOf(model.requests[2]!.messages.at(-1)!)).toContain("f: what it returns could not be simulated");
  });

  test.each<[what: string, result: ProgramResult, source: string]>([
    ["a variable", bad("ReferenceError", "f is not defined"), "f + 1"],
    ["another error", bad("TypeError", "f is not defined"), "f()"],
    ["a method", bad("ReferenceError", "f is not defined"), "x.f()"],
    ["the function that the program is", bad("ReferenceError", "solution is not defined"), "solution ()"],
    ["a failure that is none of the program", bad("ReferenceError", "lexical declaration"), "f()"],
  ])("are not simulated: %s", async (_, result, source) => {
    const model = scripted([block(source), block("y")]);
    const sandbox = scriptedSandbox([result, good(1)]);
    await run(stack(model, program({ sandbox, simulate: true })), "q");
    expect(sandbox.runs).toHaveLength(2);
    expect(textOf(model.requests[1]!.messages.at(-1)!)).toContain("The program failed");
  });

  test.each([
    ["f is not defined", "f(1)", "f"],
    ["'f' is not defined", "f (1)", "f"],
    ["name 'f' is not defined", "f(1)", "f"],
    ["name 'is_fruit' is not defined. Did you mean: 'fruit'?", "filter(is_fruit, xs)", "is_fruit"],
    ["$f is not defined", "xs.map($f)", "$f"],
  ])("what %s names is simulated in %s", async (message, source, name) => {
    const results = [bad(message.startsWith("name") ? "NameError" : "ReferenceError", message), good(1)];
    const sandbox = scriptedSandbox(results);
    const { attempts } = await run(stack(scripted([block(source)]), program({ sandbox, simulate: true })), "q");
    expect(attempts).toMatchObject([{ simulated: [name] }]);
    expect(Object.keys(sandbox.runs[1]?.options.functions ?? {})).toEqual([name]);
  });

  test("without `simulate` it is an error like any other", async () => {
    const model = scripted([ask("f", "1"), block("give 3")]);
    const response = await run(stack(model, program({ sandbox: sandboxOf() })), "q");
    expect(response.attempts).toMatchObject([{ result: { ok: false }, simulated: [] }, { result: { ok: true } }]);
  });

  test("tools of the request are not called for it", async () => {
    const model = scripted([ask("f", "1"), "2"]);
    const tools = [{ name: "t", description: "", inputSchema: {} }];
    await run(stack(model, program({ sandbox: sandboxOf(), simulate: true })), {
      messages: [{ role: "user", content: "q" }],
      tools,
    });
    expect(model.requests.map(({ toolChoice }) => toolChoice)).toEqual([undefined, "none"]);
  });

  test("a simulation that fails in the first program fails; in a later one the best so far is returned", async () => {
    await expect(simulated([ask("f", "1"), busy])).rejects.toBe(busy);
    const { response } = await simulated([block("fail A"), ask("f", "1"), busy]);
    expect(response).toMatchObject({ stopped: "failure", warnings: [repairFailed, programFailed] });
    expect(response.attempts).toHaveLength(2);
  });
});

describe("functions of the host", () => {
  test("are called with what the program gives, and what they gave is kept for programs that are run again", async () => {
    let calls = 0;
    const draw = vi.fn((n: JsonValue) => 10 * Number(n) + ++calls);
    const replies = [
      block("ask draw 1; ask draw 1; ask draw 2; fail A"),
      block("ask draw 1; ask draw 1; ask draw 1; fail B"),
      block("ask draw 1"),
    ];
    const response = await run(stack(scripted(replies), program({ sandbox: sandboxOf(), functions: { draw } })), "q");
    // The second use of 1 is another call, the third a new one; the mended program's first is the first again.
    expect(draw.mock.calls).toEqual([[1], [1], [2], [1]]);
    expect(response.answer).toBe(11);
  });

  test("what they throw is the program's to deal with, and is not kept", async () => {
    const search = vi.fn(() => "found");
    search.mockImplementationOnce(() => {
      throw new TypeError("no such page");
    });
    const model = scripted([block("ask search"), block("ask search; ask search")]);
    const response = await run(stack(model, program({ sandbox: sandboxOf(), functions: { search } })), "q");
    expect(textOf(model.requests[1]!.messages.at(-1)!)).toContain("TypeError: no such page");
    expect(response.answer).toBe("found");
    expect(search).toHaveBeenCalledTimes(3);
  });

  test("each call of the layer begins anew", async () => {
    const draw = vi.fn(() => 1);
    const solver = stack(
      scripted([block("ask draw")], { repeat: true }),
      program({ sandbox: sandboxOf(), functions: { draw } }),
    );
    await run(solver, "q");
    await run(solver, "q");
    expect(draw).toHaveBeenCalledTimes(2);
  });
});

describe("out of budget or time", () => {
  const slow: SandboxScript = (source, options, index) =>
    source.startsWith("forever") ? new Promise<never>(() => undefined) : tinyLanguage(source, options, index);

  test.each<
    [what: string, replies: string[], budget: object, source: string | undefined, stopped: string, attempts: number]
  >([
    ["before a repair, calls", [block("fail A")], { calls: 1 }, "fail A", "budget", 1],
    ["in a repair, time", [block("fail A"), block("give 3")], { ms: 150 }, "fail A", "deadline", 1],
    ["in the first program", [block("forever")], { ms: 150 }, "forever", "deadline", 1],
    ["in a mended program", [block("fail A"), block("forever")], { ms: 250 }, "forever", "deadline", 2],
    ["in a simulation", [ask("f", "1"), "1"], { calls: 1 }, "ask f 1\n// f()", "budget", 1],
  ])("%s: what came furthest is returned", async (_, replies, budget, source, stopped, attempts) => {
    const model = scripted(replies, { latencyMs: 100 });
    const solver = stack(model, program({ sandbox: sandboxOf(slow), simulate: true }));
    const { response } = await traced(solver, "q", { budget });
    expect(response).toMatchObject({ program: source, answer: undefined, stopped, warnings: [programFailed] });
    expect(response.attempts).toHaveLength(attempts);
  });

  test("an answer in spite of a simulation that was not paid for is kept", async () => {
    const catching: SandboxScript = async (_, { functions = {} }) => {
      if (functions.f === undefined) return bad("ReferenceError", "f is not defined");
      return good(
        await Promise.resolve(functions.f(1)).then(
          () => 1,
          () => 2,
        ),
      );
    };
    const solver = stack(scripted([block("f()")]), program({ sandbox: sandboxOf(catching), simulate: true }));
    const { response } = await traced(solver, "q", { budget: { calls: 1 } });
    expect(response).toMatchObject({ answer: 2, stopped: "budget" });
    expect(response.warnings).toBeUndefined();
  });

  test("before the first reply there is nothing to return", async () => {
    const clock = virtualClock();
    const solver = stack(scripted([block("give 1")], { latencyMs: 100 }), program({ sandbox: sandboxOf() }));
    const done = clock.until(run(solver, "q", { clock, budget: { ms: 50 } }));
    await expect(done).rejects.toMatchObject({ code: "budget-exceeded", limit: "ms" });
  });
});

describe("cancellation", () => {
  test.each<[what: string, replies: string[], ms: number, calls: number]>([
    ["in the first reply", [block("give 3")], 50, 1],
    ["in a program that never ends", [block("forever")], 150, 1],
    ["in a repair", [block("fail A"), block("give 3")], 150, 2],
    ["in a mended program", [block("fail A"), block("forever")], 250, 2],
    ["in a simulation", [ask("f", "1"), "1"], 150, 2],
    ["in a function of the host that never ends", [block("ask hang")], 150, 1],
  ])("%s", async (_, replies, ms, calls) => {
    const model = scripted(replies, { latencyMs: 100 });
    const functions = { hang: () => new Promise<never>(() => undefined) };
    const solver = stack(model, program({ sandbox: sandboxOf(), simulate: true, functions }));
    expect(await giveUp(solver, ms, () => model.calls)).toBe(calls);
  });

  test("before it begins", async () => {
    const model = scripted([block("give 3")]);
    await giveUpBefore(stack(model, program({ sandbox: sandboxOf() })), () => model.calls);
  });
});

test("trace: drafts and simulations are thoughts, programs are told as tools", async () => {
  const model = scripted([block("fail A"), ask("f", "1"), "true"]);
  const solver = stack(model, program({ sandbox: sandboxOf(), simulate: true }));
  const { trace, events } = await traced(solver);
  expect(trace).toEqual([
    "start program",
    "start program/draft/scripted",
    "end program/draft/scripted",
    "tool program/javascript",
    "start program/draft:2/scripted",
    "end program/draft:2/scripted",
    "tool program/javascript:2",
    "start program/simulate/scripted",
    "end program/simulate/scripted",
    "tool program/javascript:3",
    "end program",
  ]);
  expect(events.filter(({ type }) => type === "tool")).toMatchObject([
    { name: "javascript", input: "fail A", output: { name: "A" }, isError: true },
    { isError: true },
    { input: "ask f 1\n// f()", output: true, isError: false },
  ]);
  const outputs = events.flatMap((event) => (event.type === "delta" ? [event.output] : []));
  expect(new Set(outputs)).toEqual(new Set([false]));
});

describe("in a real sandbox", () => {
  const sandbox = quickjs({ timeoutMs: 2_000 });
  afterAll(() => sandbox.close());

  test.each<[what: string, source: string, value: JsonValue]>([
    ["a function", "function solution() {\n  return 3 * 8;\n}", 24],
    ["that is called already", "const solution = () => 3 * 8;\nconsole.log(solution())", 24],
    ["that waits", "const solution = async () => [3 * 8];", [24]],
    ["an expression", "const legs = 3;\nlegs * 8", 24],
    ["words", "function solution() { return `${3 * 8} legs` }", "24 legs"],
  ])("%s", async (_, source, value) => {
    const solver = stack(scripted([block(source)]), program({ sandbox, repairs: 0 }));
    expect((await run(solver, "q")).answer).toEqual(value);
  });

  test("errors are mended, with their line; what never ends is an error, too", async () => {
    const model = scripted([
      block("function solution() {\n  const x = {};\n  return x.y.z;\n}"),
      block("function solution() {\n  for (;;);\n}"),
      block("function solution() {\n  return 24;\n}"),
    ]);
    const { answer, stopped } = await run(stack(model, program({ sandbox, answer: number() })), "q");
    expect({ answer, stopped }).toEqual({ answer: 24, stopped: "done" });
    expect(model.requests.slice(1).map(({ messages }) => textOf(messages.at(-1)!).split("\n")[0])).toEqual([
      expect.stringMatching(/^The program failed: TypeError: .* \(line 3: return x\.y\.z;\)\.$/),
      "The program failed: it ran too long.",
    ]);
  });

  test("functions of the host, variables, and functions that nobody defines", async () => {
    const source =
      "function solution() {\n  return cart.filter((item) => is_fruit(item)).map(price).reduce((a, b) => a + b);\n}";
    const model = scripted([block(source), "true", "```json\nfalse\n```"]);
    const price = vi.fn(async (item: JsonValue) => (item as string).length);
    const solver = stack(
      model,
      program({ sandbox, simulate: true, functions: { price }, globals: { cart: ["apple", "lamp", "apple"] } }),
    );
    const { answer, attempts, usage } = await run(solver, "q");
    expect(answer).toBe(10);
    expect(attempts).toMatchObject([{ simulated: ["is_fruit"] }]);
    expect(usage.calls).toBe(3);
  });
});

test("outline", () => {
  const model = scripted(["x"]);
  const sizes = { inputTokens: 100, outputTokens: 50 };
  const row = (options: Partial<ProgramOptions>) =>
    outline(stack(model, program({ sandbox: sandboxOf(), ...options })), sizes).split("\n")[0];
  expect(row({})).toBe("program (javascript, repairs = 2)  ≤ 3 calls, ≤ 1,300 tokens");
  expect(row({ repairs: 0 })).toBe("program (javascript, repairs = 0)  ≤ 1 call, ≤ 300 tokens");
  expect(row({ repairs: 1, simulate: true, maxSimulated: 2 })).toMatch(
    /^program \(javascript, repairs = 1, maxSimulated = 2\) {2}≤ 4 calls/,
  );
});

test("types", () => {
  const sandbox = sandboxOf();
  const model = scripted(["x"]);
  expectTypeOf(stack(model, program({ sandbox }))).toEqualTypeOf<Model<Programmed>>();
  const solver = stack(model, program({ sandbox, answer: number() }));
  expectTypeOf(solver).toEqualTypeOf<Model<Programmed<number>>>();
  expectTypeOf(solver).toExtend<Model<Reasoned<number>>>();
  const voted = stack(solver, sampleN(3), majorityVote());
  expectTypeOf(voted).toEqualTypeOf<Model<Voted<Programmed<number>>>>();
  expectTypeOf(stack(model, chainOfThought(), program({ sandbox }))).toEqualTypeOf<
    Model<Programmed<JsonValue, Reasoned<string>>>
  >();
  compiles(() => {
    // @ts-expect-error -- there is nowhere to run programs
    program({});
  });
});

describe("wrong options", () => {
  const sandbox = scriptedSandbox([good(1)]);

  test.each<[options: object, message: string]>([
    [
      { retries: 1 },
      'an option must be one of sandbox, answer, repairs, simulate, maxSimulated, functions, globals, timeoutMs, instruction, got "retries"',
    ],
    [{ sandbox: undefined }, "sandbox must be a sandbox, such as quickjs() or python(), got undefined"],
    [{ sandbox: "js" }, 'sandbox must be a sandbox, such as quickjs() or python(), got "js"'],
    [{ sandbox: { run: () => 1 } }, "sandbox must be a sandbox, such as quickjs() or python(), got an object"],
    [{ answer: "number" }, 'answer must be an answer, such as number() or choice([…]), got "number"'],
    [{ repairs: -1 }, "repairs must be an integer of at least 0, got -1"],
    [{ repairs: 1.5 }, "repairs must be an integer of at least 0, got 1.5"],
    [{ simulate: 1 }, "simulate must be true or false, got 1"],
    [{ simulate: true, maxSimulated: 0 }, "maxSimulated must be an integer of at least 1, got 0"],
    [{ maxSimulated: 3 }, "maxSimulated must be left out without simulate, got 3"],
    [{ functions: [] }, "functions must be an object, got an empty array"],
    [{ functions: { f: 1 } }, "functions.f must be a function, got 1"],
    [{ functions: { "a b": () => 1 } }, 'a name in functions must be an identifier other than solution, got "a b"'],
    [
      { functions: { solution: () => 1 } },
      'a name in functions must be an identifier other than solution, got "solution"',
    ],
    [{ globals: null }, "globals must be an object, got null"],
    [{ globals: { "1": 1 } }, 'a name in globals must be an identifier other than solution, got "1"'],
    [{ functions: { f: () => 1 }, globals: { f: 1 } }, 'globals must be of other names than functions, got "f"'],
    [{ timeoutMs: 0 }, "timeoutMs must be a number of at least 1, got 0"],
    [{ instruction: " " }, 'instruction must be a text that is not empty, got " "'],
  ])("%j", (options, message) => {
    expect(() => program({ sandbox, ...options })).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `program: ${message}` }),
    );
  });
});
