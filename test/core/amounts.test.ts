/**
 * @module
 * Amounts: sums, and the largest cap that fits.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { add, figures, largest, nothing } from "../../src/core/amounts.js";

test("amounts are added to, figure by figure, and taken away again", () => {
  const sum = nothing();
  const amount = { calls: 1, tokens: 20, outputTokens: 5, usd: 0.5 };
  add(sum, amount, 1);
  add(sum, amount, 1);
  expect(sum).toEqual({ calls: 2, tokens: 40, outputTokens: 10, usd: 1 });
  add(sum, amount, -1);
  expect(sum).toEqual(amount);
  expect(Object.keys(nothing())).toEqual([...figures]);
  expect(nothing()).not.toBe(nothing());
});

prop.prop([fc.nat(1000), fc.nat(1000), fc.nat(1000)])(
  "the largest that fits is found in a few steps",
  (low, more, room) => {
    const limit = low + room;
    let asked = 0;
    const found = largest(low, low + more, (cap) => {
      asked++;
      return cap <= limit;
    });
    expect(found).toBe(Math.min(low + more, limit));
    expect(asked).toBeLessThanOrEqual(11);
  },
);
