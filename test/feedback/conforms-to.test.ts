import { fc, test } from "@fast-check/vitest";
import { conformsTo, reviseLoop, run, stack, type Feedback, type StandardSchema, type StandardResult } from "mull";
import { scripted, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import * as z from "zod";
import { giveUp } from "../strategies/trial.js";
import { assess, verdictOn } from "./assess.js";

const order = z.object({ item: z.string(), count: z.number().int().min(1).default(1) });
const orderSchema =
  '{"type":"object","properties":{"item":{"type":"string"},"count":{"default":1,"type":"integer","minimum":1,"maximum":9007199254740991}},"required":["item"]}';

/** A schema of another library: no JSON Schema, and whatever `validate` says. */
function handmade(validate: StandardSchema["~standard"]["validate"]): StandardSchema {
  return { "~standard": { version: 1, vendor: "handmade", validate } };
}

describe("verdicts", () => {
  const misfit = (issues: string): string => `The JSON in your answer does not fit: ${issues}.`;
  const noItem = "item: Invalid input: expected string, received undefined";
  const good = { ok: true, score: 1 };

  test.each<[what: string, text: string, verdict: object]>([
    ["the whole text", '{"item": "tea", "count": 2}', good],
    ["defaults may be left out", '{"item": "tea"}', good],
    ["in a fence", 'Here:\n```json\n{"item": "tea"}\n```\nThat is it.', good],
    ["the last fence", 'No:\n```json\n{"item": 1}\n```\nYes:\n```json\n{"item": "tea"}\n```', good],
    ["in prose", 'I order {"item": "tea"} now.', good],
    ["another in the prose fits", 'First {"item": "tea"}, then {"count": 2}.', good],
    ["it does not fit", '{"count": 2}', { ok: false, score: 1 / 2, message: misfit(noItem) }],
    [
      "the more is wrong, the lower the score",
      '{"count": 0}',
      { ok: false, score: 1 / 3, message: misfit(`${noItem}; count: Too small: expected number to be >=1`) },
    ],
    [
      "what is inside of it was not meant",
      '{"order": {"item": "tea"}}',
      { ok: false, score: 1 / 2, message: misfit(noItem) },
    ],
    [
      "other JSON",
      "[1, 2]",
      { ok: false, score: 1 / 2, message: misfit("Invalid input: expected object, received array") },
    ],
    [
      "no JSON",
      "Tea, please.",
      {
        ok: false,
        score: 0,
        message: `There is no JSON in your answer. Write it as JSON of this JSON Schema: ${orderSchema}`,
      },
    ],
    ["broken JSON", '{"item": "tea"', { ok: false, score: 0, message: expect.stringContaining("There is no JSON") }],
  ])("%s", async (_, text, verdict) => {
    expect(await verdictOn(conformsTo(order), text)).toEqual(verdict);
  });

  test("where several do not fit, the likeliest is complained of", async () => {
    const text = '{"item": 1} or\n```json\n{"item": true}\n```';
    const { message } = await verdictOn(conformsTo(order), text);
    expect(message).toBe(misfit("item: Invalid input: expected string, received boolean"));
  });

  test("a schema may validate asynchronously", async () => {
    const taken = order.refine(async ({ item }) => Promise.resolve(item !== "tea"), "is sold out");
    expect(await verdictOn(conformsTo(taken), '{"item": "tea"}')).toEqual({
      ok: false,
      score: 1 / 2,
      message: misfit("is sold out"),
    });
    expect(await verdictOn(conformsTo(taken), '{"item": "milk"}')).toEqual(good);
  });

  test.each<[what: string, validate: () => StandardResult<unknown> | Promise<StandardResult<unknown>>, issue: string]>([
    [
      "throws",
      () => {
        throw new Error("no connection");
      },
      "could not be checked: no connection",
    ],
    ["rejects", () => Promise.reject(new Error("no connection")), "could not be checked: no connection"],
    ["says nothing", () => ({ issues: [] }), ""],
    [
      "names places",
      () => ({ issues: [{ message: "is odd", path: ["list", 0, { key: "name" }] }] }),
      "list.0.name: is odd",
    ],
  ])("a validator that %s", async (_, validate, issue) => {
    const verdict = await verdictOn(conformsTo(handmade(validate)), "{}");
    expect(verdict).toEqual({ ok: false, score: 1 / 2, message: misfit(issue) });
  });

  test("a schema that cannot become JSON Schema", async () => {
    const feedback = conformsTo(handmade((value) => ({ value })));
    expect(await verdictOn(feedback, "{}")).toEqual(good);
    expect(await verdictOn(feedback, "none")).toEqual({
      ok: false,
      score: 0,
      message: "There is no JSON in your answer.",
    });
  });

  test("no model is called", async () => {
    const { usage } = await assess(conformsTo(order), scripted(["x"]));
    expect(usage.calls).toBe(1);
  });

  test.prop([fc.json({ maxDepth: 3 })])("any JSON that fits anything fits", async (text) => {
    expect(await verdictOn(conformsTo(z.unknown()), text)).toEqual(good);
    expect(await verdictOn(conformsTo(z.never()), text)).toMatchObject({ ok: false, score: 1 / 2 });
  });
});

test("in a loop", async () => {
  const model = scripted(["Tea, please.", '{"count": 0, "item": "tea"}', '{"item": "tea"}']);
  const { stopped, drafts, text } = await run(stack(model, reviseLoop({ feedback: conformsTo(order) })), "q");
  expect([stopped, text]).toEqual(["ok", '{"item": "tea"}']);
  expect(drafts.map(({ verdict }) => verdict.score)).toEqual([0, 1 / 2, 1]);
  expect(model.requests[1]?.messages.at(-1)?.content).toContain(orderSchema);
  expect(model.requests[2]?.messages.at(-1)?.content).toContain("count: Too small");
});

describe("cancellation", () => {
  test("in a validator that never ends", async () => {
    const model = scripted(["{}"], { latencyMs: 100 });
    const feedback = conformsTo(handmade(() => new Promise(() => undefined)));
    expect(await giveUp(stack(model, reviseLoop({ feedback })), 150, () => model.calls)).toBe(1);
  });

  test("the deadline ends it, too", async () => {
    const clock = virtualClock();
    const feedback = conformsTo(handmade(() => new Promise(() => undefined)));
    const solver = stack(scripted(["{}"]), reviseLoop({ feedback }));
    const { stopped, verdict } = await clock.until(run(solver, "q", { clock, budget: { ms: 100 } }));
    expect([stopped, verdict]).toEqual(["deadline", undefined]);
  });
});

test("types", () => {
  expectTypeOf(conformsTo(order)).toEqualTypeOf<Feedback>();
  expectTypeOf(conformsTo(z.string().transform(Number))).toEqualTypeOf<Feedback>();
  // @ts-expect-error -- JSON Schema is no schema that validates
  expect(() => conformsTo({ type: "object" })).toThrow();
});

test.each<[schema: unknown, shown: string]>([
  [undefined, "undefined"],
  [null, "null"],
  [{ type: "object" }, "an object"],
  [{ "~standard": {} }, "an object"],
  ["order", '"order"'],
])("wrong schema: %j", (schema, shown) => {
  expect(() => conformsTo(schema as StandardSchema)).toThrow(
    expect.objectContaining({
      code: "invalid-option",
      message: `conformsTo: schema must be a Standard Schema (zod, valibot, arktype, …), got ${shown}`,
    }),
  );
});
