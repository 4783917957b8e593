import { fc, test } from "@fast-check/vitest";
import {
  InvalidOptionError,
  run,
  source,
  tool,
  wrap,
  type Call,
  type JsonSchema,
  type StandardSchema,
  type Tool,
} from "mull";
import { scripted } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import * as z from "zod";
import { callTools } from "../../src/core/call-tools.js";

const weather = tool({
  name: "weather",
  description: "The weather of a city.",
  input: z.object({ city: z.string().describe("Its name"), days: z.coerce.number().int().min(1).default(1) }),
  execute: ({ city, days }) => `${city}: ${days} days of sun`,
});

/** Lets a model call tools once, inside a run, and gives what came of it. */
async function results(tools: readonly Tool[], name: string, input: unknown) {
  const byName = new Map(tools.map((one) => [one.name, one]));
  let given: readonly object[] = [];
  const model = wrap("test", scripted(["done"]), async (request, call) => {
    given = await callTools(byName, [{ type: "tool-call", id: "1", name, input }], "report", call);
    return scripted(["done"]).generate(request, call);
  });
  await run(model, "?");
  return given;
}

/** A schema of no library, for what zod does not do. */
function schemaOf(
  validate: StandardSchema["~standard"]["validate"],
  json: JsonSchema = { type: "object" },
): StandardSchema {
  return {
    "~standard": { version: 1, vendor: "own", validate, jsonSchema: { input: () => json, output: () => json } },
  };
}

describe("what the model sees", () => {
  test("name, description, and the JSON Schema of what goes in: defaults are optional", () => {
    expect(weather).toMatchObject({
      name: "weather",
      description: "The weather of a city.",
      inputSchema: {
        type: "object",
        properties: { city: { type: "string", description: "Its name" }, days: { default: 1 } },
        required: ["city"],
      },
    });
    expect(weather.inputSchema).not.toHaveProperty("$schema");
  });

  test.each<[what: string, input: StandardSchema, json: object]>([
    ["no arguments", z.object({}), { type: "object" }],
    ["a record", z.record(z.string(), z.number()), { type: "object" }],
    ["a strict object", z.strictObject({ a: z.string() }), { additionalProperties: false }],
    [
      "a transform: what goes in",
      z.object({ a: z.string().transform(Number) }),
      { properties: { a: { type: "string" } } },
    ],
  ])("%s", (_, input, json) => {
    expect(tool({ name: "t", description: "d", input, execute: () => "" }).inputSchema).toMatchObject(json);
  });
});

describe("behaviour", () => {
  test.each<[what: string, input: unknown, result: object]>([
    ["arguments that fit", { city: "Rome", days: 2 }, { output: "Rome: 2 days of sun" }],
    ["a default", { city: "Rome" }, { output: "Rome: 1 days of sun" }],
    ["what the schema makes of them", { city: "Rome", days: "3" }, { output: "Rome: 3 days of sun" }],
    ["what it does not know", { city: "Rome", when: "now" }, { output: "Rome: 1 days of sun" }],
    ["a missing argument", {}, { isError: true, output: expect.stringMatching(/do not fit: city: /) }],
    [
      "an argument out of bounds",
      { city: "Rome", days: 0 },
      { isError: true, output: expect.stringMatching(/: days: /) },
    ],
    ["what is no object", '{"city":', { isError: true, output: expect.stringMatching(/do not fit: .*object/) }],
  ])("%s", async (_, input, result) => {
    expect(await results([weather], "weather", input)).toEqual([
      { type: "tool-result", id: "1", name: "weather", ...result },
    ]);
  });

  test("execute gets the call: its signal, and models that count in the run", async () => {
    const inner = source("inner", {}, async () => ({ text: "inner says", usage: { inputTokens: 1, outputTokens: 2 } }));
    let seen: Call | undefined;
    const ask = tool({
      name: "ask",
      description: "Asks another model.",
      input: z.object({}),
      execute: async (_, call) => {
        seen = call;
        return (await inner.generate({ messages: [{ role: "user", content: "?" }] }, call)).text;
      },
    });
    expect(await results([ask], "ask", {})).toMatchObject([{ output: "inner says" }]);
    expect(seen?.path).toEqual(["test", "ask"]);
    expect(seen?.usage).toMatchObject({ calls: 1, outputTokens: 2 });
    expect(seen?.signal).toBeInstanceOf(AbortSignal);
  });

  test("what execute throws, at once or later, is its own", async () => {
    const make = (execute: () => unknown): Tool => tool({ name: "t", description: "d", input: z.object({}), execute });
    const bad = () => {
      throw new Error("broken");
    };
    expect(await results([make(bad)], "t", {})).toMatchObject([{ output: "broken", isError: true }]);
    expect(await results([make(async () => bad())], "t", {})).toMatchObject([{ output: "broken", isError: true }]);
  });
});

test("limits and effect are kept, and nothing else is added", () => {
  const base = { name: "t", description: "d", input: z.object({}), execute: () => "" };
  expect(Object.keys(tool(base))).toEqual(["name", "description", "inputSchema", "parse", "execute"]);
  for (const limits of [
    { effect: true, timeoutMs: 5, retries: 0, maxResult: 10 },
    { effect: false, timeoutMs: Infinity, retries: 2, maxResult: Infinity },
  ]) {
    expect(tool({ ...base, ...limits })).toMatchObject(limits);
  }
});

describe("parse never throws", () => {
  test.each<[what: string, validate: () => never | Promise<never>, message: string]>([
    ["a validator that throws", () => thrown(new Error("bad luck")), "could not be checked: bad luck"],
    ["one that rejects", () => Promise.reject(new Error("bad luck")), "could not be checked: bad luck"],
    ["one that throws what is no error", () => thrown("bad luck"), "could not be checked: bad luck"],
  ])("%s", async (_, validate, message) => {
    const { parse } = tool({ name: "t", description: "d", input: schemaOf(validate), execute: () => "" });
    expect(await parse({})).toEqual({ issues: [{ message }] });
  });

  test("an asynchronous validator is waited for", async () => {
    const input = z.object({ id: z.string().refine(async (id) => id === "good", "unknown id") });
    const { parse } = tool({ name: "t", description: "d", input, execute: () => "" });
    expect(await parse({ id: "good" })).toMatchObject({ value: { id: "good" } });
    expect(await parse({ id: "bad" })).toMatchObject({ issues: [{ message: "unknown id", path: ["id"] }] });
  });

  test.prop([fc.anything()])("law: whatever a model writes, it is a value or issues", async (input) => {
    const parsed = await weather.parse(input);
    expect("value" in parsed !== (parsed.issues !== undefined)).toBe(true);
  });
});

describe("refused when it is made", () => {
  const good = { name: "t", description: "d", input: z.object({}), execute: () => "" };
  test.each<[options: object, message: string]>([
    [{ name: "" }, "tool: name must be 1 to 64 letters, digits, _ or -, got an empty string"],
    [{ name: "look up" }, 'tool: name must be 1 to 64 letters, digits, _ or -, got "look up"'],
    [{ name: "wetter_für" }, "tool: name must be 1 to 64 letters"],
    [{ name: "x".repeat(65) }, "tool: name must be 1 to 64 letters"],
    [{ name: "x\n" }, "tool: name must be 1 to 64 letters"],
    [{ name: 5 }, "tool: name must be 1 to 64 letters, digits, _ or -, got 5"],
    [{ description: " " }, "tool: description must be a text that is not empty"],
    [{ description: undefined }, "tool: description must be a text that is not empty, got undefined"],
    [{ input: { type: "object" } }, "tool: input must be a Standard Schema"],
    [{ input: undefined }, "tool: input must be a Standard Schema"],
    [{ input: z.object({ when: z.date() }) }, "tool: input must be a schema that can become JSON Schema"],
    [{ input: z.string() }, 'tool: input must be an object schema at the top, as providers demand, got "string"'],
    [
      { input: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]) },
      "tool: input must be an object schema",
    ],
    [{ execute: "rm -rf" }, 'tool: execute must be a function, got "rm -rf"'],
    [
      { parameters: {} },
      'tool: an option must be one of name, description, input, execute, effect, timeoutMs, retries, maxResult, got "parameters"',
    ],
    [{ effect: "yes" }, 'tool: effect must be true or false, got "yes"'],
    [{ timeoutMs: 0 }, "tool: timeoutMs must be a number of at least 1, got 0"],
    [{ timeoutMs: "5" }, 'tool: timeoutMs must be a number of at least 1, got "5"'],
    [{ retries: -1 }, "tool: retries must be an integer of at least 0, got -1"],
    [{ retries: Infinity }, "tool: retries must be an integer of at least 0, got Infinity"],
    [{ effect: true, retries: 1 }, "tool: retries must be 0 for an effect, which is never tried again, got 1"],
    [{ maxResult: 0 }, "tool: maxResult must be an integer of at least 1, got 0"],
    [{ maxResult: 1.5 }, "tool: maxResult must be an integer of at least 1, got 1.5"],
  ])("%j", (options, message) => {
    const make = (): Tool => tool({ ...good, ...options });
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(message);
  });

  test.prop([fc.stringMatching(/^[a-zA-Z0-9_-]{1,64}$/)])("law: every name that providers take is taken", (name) => {
    expect(tool({ ...good, name }).name).toBe(name);
  });
});

test("types: execute gets what the schema gives", () => {
  const execute = ({ n, s }: { n: number; s?: string | undefined }): string => `${n} ${s ?? ""}`;
  const input = z.object({ n: z.string().transform(Number), s: z.string().optional() });
  expectTypeOf(tool({ name: "t", description: "d", input, execute })).toEqualTypeOf<Tool>();
  tool({
    name: "t",
    description: "d",
    input,
    execute: (given, call) => {
      expectTypeOf(given).toEqualTypeOf<{ n: number; s?: string | undefined }>();
      expectTypeOf(call).toEqualTypeOf<Call>();
    },
  });
  // @ts-expect-error n is a number
  tool({ name: "t", description: "d", input, execute: ({ n }: { n: string }) => n });
  // @ts-expect-error there is no m
  tool({ name: "t", description: "d", input, execute: ({ m }) => m });
});

function thrown(error: unknown): never {
  throw error;
}
