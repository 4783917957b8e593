/**
 * @module
 * Usage: sums in which what is unknown stays unknown.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { Spend, Usage } from "mull";
import { addUsage, noUsage } from "../../src/core/usage.js";

const figure = fc.option(fc.nat(1000), { nil: undefined });
const spend: fc.Arbitrary<Spend> = fc.record({
  calls: fc.nat(10),
  inputTokens: figure,
  cachedInputTokens: figure,
  outputTokens: figure,
  reasoningTokens: figure,
  usd: figure,
});
const usage: fc.Arbitrary<Usage> = fc
  .record({ all: spend, judging: fc.option(spend), failed: fc.option(spend), cancelled: fc.option(spend) })
  .map(({ all, judging, failed, cancelled }) => ({
    ...all,
    ...(judging && { judging }),
    ...(failed && { failed }),
    ...(cancelled && { cancelled }),
  }));

const one: Usage = {
  calls: 1,
  inputTokens: 10,
  cachedInputTokens: 2,
  outputTokens: 5,
  reasoningTokens: undefined,
  usd: 0.5,
};
const unknown: Spend = {
  calls: 1,
  inputTokens: undefined,
  cachedInputTokens: undefined,
  outputTokens: undefined,
  reasoningTokens: undefined,
  usd: undefined,
};

describe("addUsage", () => {
  test.each<[what: string, a: Usage, b: Usage, sum: Usage]>([
    [
      "figures add up, unknown stays unknown",
      one,
      one,
      { calls: 2, inputTokens: 20, cachedInputTokens: 4, outputTokens: 10, reasoningTokens: undefined, usd: 1 },
    ],
    ["unknown in one is unknown in the sum", one, unknown, { ...unknown, calls: 2 }],
    ["failed calls stand beside", one, { ...noUsage, failed: unknown }, { ...one, failed: unknown }],
    [
      "so do those given up, and they add up",
      { ...noUsage, cancelled: one },
      { ...noUsage, cancelled: one, failed: one },
      { ...noUsage, cancelled: addUsage(one, one), failed: one },
    ],
    ["judging is told apart", { ...one, judging: one }, one, { ...addUsage(one, one), judging: one }],
  ])("%s", (_, a, b, sum) => {
    expect(addUsage(a, b)).toEqual(sum);
  });

  test("nothing added gives the very same", () => {
    expect(addUsage(noUsage, one)).toBe(one);
    expect(addUsage(one, noUsage)).toBe(one);
    expect(addUsage(noUsage, noUsage)).toBe(noUsage);
    expect(Object.isFrozen(noUsage)).toBe(true);
  });

  test("operands are not changed", () => {
    const a = Object.freeze({ ...one, failed: Object.freeze({ ...unknown }) });
    addUsage(a, a);
    expect(a).toEqual({ ...one, failed: unknown });
  });

  prop.prop([usage, usage, usage])("the order does not matter", (a, b, c) => {
    expect(addUsage(a, b)).toEqual(addUsage(b, a));
    expect(addUsage(addUsage(a, b), c)).toEqual(addUsage(a, addUsage(b, c)));
  });

  prop.prop([usage])("a copy of nothing changes no figure", (a) => {
    expect(addUsage({ ...noUsage }, a)).toEqual(a);
  });
});
