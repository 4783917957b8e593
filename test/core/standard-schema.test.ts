/**
 * @module
 * Schemas of any library.
 */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { InvalidOptionError, type StandardIssue, type StandardSchema } from "mull";
import { jsonSchemaOf, showIssues } from "../../src/core/standard-schema.js";

/** A schema of a library of our own. */
function schema(standard: Partial<StandardSchema["~standard"]>): StandardSchema {
  return { "~standard": { version: 1, vendor: "own", validate: (value) => ({ value }), ...standard } };
}

describe("jsonSchemaOf", () => {
  test("what goes in and what comes out, without the dialect", () => {
    const made = z.object({
      n: z.number().default(5),
      s: z
        .string()
        .transform((s) => s.length)
        .pipe(z.number()),
    });
    expect(jsonSchemaOf("tool", "input", made, "input")).toEqual({
      type: "object",
      properties: { n: { type: "number", default: 5 }, s: { type: "string" } },
      required: ["s"],
    });
    expect(jsonSchemaOf("json", "schema", made, "output")).toMatchObject({
      properties: { n: { type: "number" }, s: { type: "number" } },
      required: ["n", "s"],
    });
  });

  test("any library will do", () => {
    const asked: unknown[] = [];
    const convert = (options: { readonly target: string }): Record<string, unknown> => {
      asked.push(options);
      return { $schema: "of 2020", type: "string" };
    };
    expect(jsonSchemaOf("x", "y", schema({ jsonSchema: { input: convert, output: convert } }), "input")).toEqual({
      type: "string",
    });
    expect(asked).toEqual([{ target: "draft-2020-12" }]);
  });

  const cannot = (): never => {
    throw new Error("no dates");
  };
  test.each<[what: string, value: unknown, message: string]>([
    ["nothing", undefined, "json: schema must be a Standard Schema (zod, valibot, arktype, …), got undefined"],
    ["null", null, "json: schema must be a Standard Schema (zod, valibot, arktype, …), got null"],
    [
      "a JSON Schema",
      { type: "object" },
      "json: schema must be a Standard Schema (zod, valibot, arktype, …), got an object",
    ],
    [
      "a schema that does not validate",
      { "~standard": {} },
      "json: schema must be a Standard Schema (zod, valibot, arktype, …), got an object",
    ],
    [
      "a library that has no JSON Schema",
      schema({}),
      "json: schema must be a schema that can become JSON Schema (zod from 4.2 on, arktype, valibot's toStandardJsonSchema); own's has no ~standard.jsonSchema, got an object",
    ],
    [
      "a schema that has none",
      schema({ jsonSchema: { input: cannot, output: cannot } }),
      "json: schema must be a schema that can become JSON Schema (no dates), got an object",
    ],
  ])("%s", (_, value, message) => {
    let error: unknown;
    try {
      jsonSchemaOf("json", "schema", value as StandardSchema, "output");
    } catch (thrown) {
      error = thrown;
    }
    expect((error as Error).message).toBe(message);
    expect(InvalidOptionError.is(error)).toBe(true);
  });
});

describe("showIssues", () => {
  test.each<[issues: readonly StandardIssue[], text: string]>([
    [[{ message: "required" }], "required"],
    [[{ message: "required", path: [] }], "required"],
    [[{ message: "required", path: ["a", 0, { key: "b" }] }], "a.0.b: required"],
    [[{ message: "too small", path: ["n"] }, { message: "odd" }], "n: too small; odd"],
    [[{ message: "m", path: [Symbol("s")] }], "Symbol(s): m"],
    [[], ""],
  ])("%#: %s", (issues, text) => {
    expect(showIssues(issues)).toBe(text);
  });
});
