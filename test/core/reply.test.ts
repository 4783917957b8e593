/**
 * @module
 * Reading replies: how several to one request add up. Single ones stand in source.test.ts and run.test.ts.
 */
import { describe, expect, test } from "vitest";
import type { Reply, Spend } from "mull";
import { moveInput, spendOf, total, unknownSpend } from "../../src/core/reply.js";

const spend = (fields: Partial<Spend>): Spend => ({ ...unknownSpend(0), ...fields });

describe("total", () => {
  test.each<[what: string, spends: readonly Spend[], sum: Spend]>([
    [
      "one is itself",
      [spend({ calls: 1, inputTokens: 5, cachedInputTokens: 2 })],
      spend({ calls: 1, inputTokens: 5, cachedInputTokens: 2 }),
    ],
    [
      "one request, the output of each",
      [
        spend({ calls: 1, inputTokens: 7, outputTokens: 3, usd: 1 }),
        spend({ inputTokens: 0, outputTokens: 4, usd: 2 }),
      ],
      spend({ calls: 1, inputTokens: 7, outputTokens: 7, usd: 3 }),
    ],
    [
      "what one does not know, nobody knows",
      [spend({ inputTokens: 7, outputTokens: 3 }), spend({ inputTokens: 0 })],
      spend({ calls: 1, inputTokens: 7 }),
    ],
  ])("%s", (_, spends, sum) => {
    expect(total(spends)).toEqual(sum);
  });
});

describe("moveInput", () => {
  const replies: readonly Reply[] = [
    { text: "a", usage: { inputTokens: 7, cachedInputTokens: 2, outputTokens: 1 } },
    { text: "b", usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 2 } },
    { text: "c", usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 3 } },
  ];

  test("what was read is counted by another, and the sum stays", () => {
    const moved = moveInput(replies, 2);
    expect(moved.map(({ text, usage }) => [text, usage])).toEqual([
      ["a", { inputTokens: 0, cachedInputTokens: 0, outputTokens: 1 }],
      ["b", { inputTokens: 0, cachedInputTokens: 0, outputTokens: 2 }],
      ["c", { inputTokens: 7, cachedInputTokens: 2, outputTokens: 3 }],
    ]);
    const sum = (all: readonly Reply[]): Spend =>
      total(all.map((reply, i) => spendOf(reply, i === 0 ? 1 : 0, undefined)));
    expect(sum(moved)).toEqual(sum(replies));
    expect(replies[0]?.usage?.inputTokens).toBe(7);
  });

  test("what is not known stays unknown", () => {
    const [first, second] = moveInput([{ text: "a" }, { text: "b", usage: { inputTokens: 0 } }], 1);
    expect([first?.usage?.inputTokens, second?.usage?.inputTokens]).toEqual([undefined, undefined]);
  });
});
