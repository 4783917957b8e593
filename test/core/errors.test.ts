/**
 * @module
 * Errors: classes, fields, guards that hold across two copies of the package.
 */
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import * as mull from "mull";
import {
  BudgetExceededError,
  CallTimeoutError,
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  MullError,
  NoAnswerError,
  ProviderError,
  TapeMissError,
  ToolError,
} from "mull";

const cause = new Error("underneath");
const all = [
  {
    Class: InvalidOptionError,
    error: new InvalidOptionError("sampleN", "n", "an integer of at least 1", 0),
    code: "invalid-option",
    fields: { where: "sampleN", option: "n", value: 0 },
  },
  {
    Class: CapabilityError,
    error: new CapabilityError("tools", "m", "no tools"),
    code: "capability",
    fields: { capability: "tools", model: "m" },
  },
  {
    Class: ProviderError,
    error: new ProviderError("down", { status: 503, requestId: "r1", retryAfterMs: 200, cause }),
    code: "provider",
    fields: { status: 503, retryable: true, retryAfterMs: 200, requestId: "r1", cause },
  },
  {
    Class: MalformedResponseError,
    error: new MalformedResponseError("no text", { cause }),
    code: "malformed-response",
    fields: { cause },
  },
  { Class: NoAnswerError, error: new NoAnswerError("nothing", { cause }), code: "no-answer", fields: { cause } },
  {
    Class: BudgetExceededError,
    error: new BudgetExceededError("usd", "gone"),
    code: "budget-exceeded",
    fields: { limit: "usd" },
  },
  { Class: CallTimeoutError, error: new CallTimeoutError(500), code: "call-timeout", fields: { ms: 500 } },
  { Class: TapeMissError, error: new TapeMissError("the tape is empty"), code: "tape-miss", fields: {} },
  {
    Class: ToolError,
    error: new ToolError("look", "the tool look failed", { cause }),
    code: "tool",
    fields: { tool: "look", cause },
  },
];

describe("every class", () => {
  test("is in this table", () => {
    const classes = Object.values(mull).filter(
      (value) => typeof value === "function" && value.prototype instanceof MullError,
    );
    expect(new Set(classes)).toEqual(new Set(all.map(({ Class }) => Class)));
  });

  test.each(all)("$code: name, fields and guards", ({ Class, error, code, fields }) => {
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(MullError);
    expect(error.name).toBe(Class.name);
    expect(error.code).toBe(code);
    expect(error).toMatchObject(fields);
    expect(MullError.is(error)).toBe(true);
    for (const other of all) expect(other.Class.is(error)).toBe(other.Class === Class);
    expect(error.usage).toBeUndefined();
  });

  test("the guards hold across two copies of the package; instanceof does not", async () => {
    vi.resetModules();
    const copy = await import("../../src/core/errors.js");
    expect(copy.MullError).not.toBe(MullError);
    const theirs = new copy.BudgetExceededError("calls", "gone");
    expect(theirs).not.toBeInstanceOf(MullError);
    expect([MullError.is(theirs), BudgetExceededError.is(theirs), ProviderError.is(theirs)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(copy.ToolError.is(new ToolError("t", "failed"))).toBe(true);
  });

  test.each([
    undefined,
    null,
    5,
    "budget-exceeded",
    {},
    new Error("no"),
    { code: "provider" },
    { name: "ProviderError" },
  ])("%o is none of them", (value) => {
    expect(MullError.is(value)).toBe(false);
    for (const { Class } of all) expect(Class.is(value)).toBe(false);
  });

  test("the guards narrow", () => {
    const look = (error: unknown): unknown => {
      if (ProviderError.is(error)) expectTypeOf(error).toEqualTypeOf<ProviderError>();
      if (BudgetExceededError.is(error)) expectTypeOf(error.limit).toEqualTypeOf<string>();
      return error;
    };
    expect(look(5)).toBe(5);
  });
});

describe("which provider errors may be retried", () => {
  test.each<[options: ConstructorParameters<typeof ProviderError>[1], retryable: boolean]>([
    [undefined, true],
    [{}, true],
    [{ status: 400 }, false],
    [{ status: 401 }, false],
    [{ status: 403 }, false],
    [{ status: 404 }, false],
    [{ status: 408 }, true],
    [{ status: 409 }, true],
    [{ status: 422 }, false],
    [{ status: 425 }, true],
    [{ status: 429 }, true],
    [{ status: 499 }, false],
    [{ status: 500 }, true],
    [{ status: 529 }, true],
    [{ status: 500, retryable: false }, false],
    [{ status: 400, retryable: true }, true],
  ])("%j: %s", (options, retryable) => {
    expect(new ProviderError("x", options).retryable).toBe(retryable);
  });
});

describe("what is shown of a wrong value", () => {
  test.each<[value: unknown, shown: string]>([
    [0, "0"],
    [NaN, "NaN"],
    [-Infinity, "-Infinity"],
    [10n, "10"],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    ["", "an empty string"],
    ["text", '"text"'],
    ["x".repeat(50), `"${"x".repeat(40)}"`],
    [Symbol("s"), "Symbol(s)"],
    [() => 5, "a function"],
    [Map, "a function"],
    [[], "an empty array"],
    [["secret"], "an array"],
    [{ apiKey: "secret" }, "an object"],
    [new Map(), "an object"],
  ])("%o: %s", (value, shown) => {
    expect(new InvalidOptionError("where", "what", "a bound", value).message).toBe(
      `where: what must be a bound, got ${shown}`,
    );
  });
});

test("a timeout says how long", () => {
  expect(new CallTimeoutError(500).message).toBe("the call took longer than 500 ms");
  expect(new CallTimeoutError(500, "own words").message).toBe("own words");
});
