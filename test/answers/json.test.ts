import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { InvalidOptionError, json, type Answer, type StandardSchema } from "mull";

const order = z.object({ item: z.string(), count: z.number().int().default(1) });
const { parse, schema, instruction } = json(order);

describe("what is read", () => {
  test.each<[why: string, text: string, value: unknown]>([
    ["the whole text", '{"item":"tea","count":2}', { item: "tea", count: 2 }],
    ["the whole text, with space around it", '\n {"item":"tea","count":2}\n', { item: "tea", count: 2 }],
    ["a default filled in", '{"item":"tea"}', { item: "tea", count: 1 }],
    ["a block", 'So:\n```json\n{\n  "item": "tea"\n}\n```\nThat is it.', { item: "tea", count: 1 }],
    ["a block without a language", '```\n{"item":"tea"}\n```', { item: "tea", count: 1 }],
    ["the last block", '```json\n{"item":"tea"}\n```\nor\n```json\n{"item":"milk"}\n```', { item: "milk", count: 1 }],
    ["a block that was not closed", 'So:\n```json\n{"item":"tea"}', { item: "tea", count: 1 }],
    ["in prose", 'I think {"item":"tea"} is right.', { item: "tea", count: 1 }],
    ["behind a mark", 'Answer: {"item":"tea"}', { item: "tea", count: 1 }],
    ["in a box", '\\boxed{{"item":"tea"}}', { item: "tea", count: 1 }],
    ["the last in prose", '{"item":"tea"}? No: {"item":"milk"}.', { item: "milk", count: 1 }],
    ["the last that fits", '{"item":"tea"} (see [1], and {"x": 2}).', { item: "tea", count: 1 }],
    [
      "among braces that are no JSON",
      'For {x | x > 1} and [a, b) it is {"item":"tea"} in {it}.',
      { item: "tea", count: 1 },
    ],
    ["with brackets in its texts", 'So {"item":"}{\\"]"}.', { item: '}{"]', count: 1 }],
    ["behind a quote", 'He said "{"item":"tea"}".', { item: "tea", count: 1 }],
    ["behind a brace never closed", 'Take { first,\nthen {"item":"tea"}.', { item: "tea", count: 1 }],
    ["behind a block that does not fit", '```json\n{"x":1}\n```\nThat is, {"item":"tea"}.', { item: "tea", count: 1 }],
    ["without what the schema does not know", '{"item":"tea","x":1}', { item: "tea", count: 1 }],
  ])("%s", (_, text, value) => {
    expect(parse(text)).toEqual(value);
  });

  test.each<[why: string, text: string]>([
    ["nothing", ""],
    ["prose", "I think it is tea."],
    ["JSON that does not fit", '{"item":5}'],
    ["JSON that was cut", '{"item":"tea","count":'],
    ["broken JSON", "{item: 'tea'}"],
    ["JSON within JSON", '{"result":{"item":"tea"}}'],
    ["JSON within a block that does not fit", '```json\n{"result":{"item":"tea"}}\n```'],
    ["another kind", "[1, 2]"],
  ])("%s is none", (_, text) => {
    expect(parse(text)).toBeUndefined();
  });

  test("numbers, texts and lists can be answers, too", () => {
    expect(json(z.number()).parse("42")).toBe(42);
    expect(json(z.number()).parse("So:\n```json\n42\n```")).toBe(42);
    expect(json(z.enum(["pass", "fail"])).parse('"pass"')).toBe("pass");
    expect(json(z.array(z.number())).parse("The primes are [2, 3, 5].")).toEqual([2, 3, 5]);
    expect(json(z.null()).parse("null")).toBeNull();
  });
});

test("the schema stands in the instruction, and apart for models that decode by it", () => {
  expect(schema).toEqual({
    jsonSchema: {
      type: "object",
      properties: {
        item: { type: "string" },
        count: { type: "integer", default: 1, minimum: -(2 ** 53 - 1), maximum: 2 ** 53 - 1 },
      },
      required: ["item", "count"],
      additionalProperties: false,
    },
  });
  expect(instruction).toContain(JSON.stringify(schema?.jsonSchema));
});

describe("keys", () => {
  test("the order of names does not count, that of lists does", () => {
    const { key } = json(z.unknown());
    expect(key({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
    expect(key([1, 2])).not.toBe(key([2, 1]));
    expect(key(-0)).toBe(key(0));
    expect(key(undefined)).toBe("undefined");
  });

  const value = fc.jsonValue({ maxDepth: 4 });
  const shuffled = (from: unknown): unknown => {
    if (typeof from !== "object" || from === null) return from;
    return Array.isArray(from)
      ? from.map(shuffled)
      : Object.fromEntries(
          Object.entries(from)
            .reverse()
            .map(([k, v]) => [k, shuffled(v)]),
        );
  };
  const any = json(z.unknown());

  prop.prop([value, fc.constantFrom(undefined, 2)])("equal stays equal", (from, indent) => {
    const written = JSON.stringify(shuffled(from), null, indent);
    expect(any.key(any.parse(written))).toBe(any.key(from));
    if (written.includes("```")) return;
    expect(any.key(any.parse(`So [1] {x}:\n\`\`\`json\n${written}\n\`\`\`\nDone {"a": 1}.`))).toBe(any.key(from));
  });

  const object = fc.dictionary(fc.string(), value);
  prop.prop([object, object])("the last in prose", (first, last) => {
    fc.pre(!JSON.stringify([first, last]).includes("```"));
    const wrapped = json(z.object({ it: z.unknown() }));
    const text = `One is ${JSON.stringify({ it: first })}, but I say ${JSON.stringify({ it: last })} (see [1]).`;
    expect(wrapped.key(wrapped.parse(text)!)).toBe(wrapped.key({ it: last }));
  });

  prop.prop([fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:\\ \n1a`')), maxLength: 80 })])(
    "never throws",
    (text) => {
      const found = any.parse(text);
      expect(any.key(found)).toBeTypeOf("string");
    },
  );
});

/** A schema of some other library. */
function standard<A>(
  validate: StandardSchema<unknown, A>["~standard"]["validate"],
  more: object = {},
): StandardSchema<unknown, A> {
  const jsonSchema = { input: () => ({}), output: () => ({ $schema: "x", type: "object" }) };
  return { "~standard": { version: 1, vendor: "other", validate, jsonSchema, ...more } };
}

describe("schemas of other libraries", () => {
  test("are taken", () => {
    const answer = json(standard((value) => ({ value: String(value) })));
    expect(answer.parse("[1]")).toBe("1");
    expect(answer.schema).toEqual({ jsonSchema: { type: "object" } });
  });

  test("one that throws accepts nothing", () => {
    const throws = standard<never>(() => {
      throw new TypeError("no");
    });
    expect(json(throws).parse("{}")).toBeUndefined();
    expect(json(standard(() => undefined as never)).parse("{}")).toBeUndefined();
  });

  test("a value without a key is no answer", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(json(standard(() => ({ value: circle }))).parse("{}")).toBeUndefined();
    const { parse, key } = json(standard(() => ({ value: { n: 5n } })));
    expect(key(parse("{}")!)).toBe('{"n":"5n"}');
  });

  test("one that validates asynchronously is refused, at once or when it shows", async () => {
    expect(() => json(standard(async (value) => ({ value })))).toThrow(/validates synchronously/);
    expect(() => json(standard(() => Promise.reject(new Error("lost"))))).toThrow(InvalidOptionError);
    const late = json(standard((value) => (value === undefined ? { issues: [] } : Promise.reject(new Error("lost")))));
    expect(() => late.parse("{}")).toThrow(InvalidOptionError);
    expect(late.parse("no JSON")).toBeUndefined();
    const refined = json(z.object({ a: z.string() }).refine(async () => true));
    expect(() => refined.parse('{"a":"b"}')).toThrow(InvalidOptionError);
    await new Promise((resolve) => setImmediate(resolve)); // no rejection is left unhandled
  });
});

test.each<[why: string, schema: unknown]>([
  ["nothing", undefined],
  ["JSON Schema", { type: "object" }],
  ["without JSON Schema", standard((value) => ({ value }), { jsonSchema: undefined })],
  ["what has none", z.object({ on: z.date() })],
])("%s is refused", (_, given) => {
  expect(() => json(given as StandardSchema)).toThrow(InvalidOptionError);
});

test("types", () => {
  expectTypeOf(json(order)).toEqualTypeOf<Answer<{ item: string; count: number }>>();
  expectTypeOf(json(z.enum(["pass", "fail"]))).toEqualTypeOf<Answer<"pass" | "fail">>();
  // @ts-expect-error it takes a schema
  expect(() => json({})).toThrow(InvalidOptionError);
});
