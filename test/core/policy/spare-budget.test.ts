/**
 * @module
 * Reservations for what need not be made.
 */
import { expect, test } from "vitest";
import { Budget, BudgetExceededError, Scope, type Need, type Reservation } from "mull";
import { spareOf } from "../../../src/core/policy/spare-budget.js";

const need = (outputTokens: number, usualTokens?: number): Need => ({
  inputTokens: 10,
  outputTokens,
  usualTokens,
  price: () => 0,
});
const scope = new Scope();
const none = { calls: 0, tokens: 0, outputTokens: 0, usd: 0 };

test("what fits is reserved in the budget around, and settled there", () => {
  const budget = new Budget({ tokens: 100 });
  const reservation = spareOf(budget).reserve(need(90), scope);
  expect([reservation.outputTokens, budget.reserved.tokens]).toEqual([90, 100]);
  reservation.settle({ calls: 1, inputTokens: 10, outputTokens: 5 });
  expect([budget.spent.tokens, budget.reserved.tokens]).toEqual([15, 0]);
});

test("what fits only in part is refused, and leaves nothing behind", async () => {
  const budget = new Budget({ tokens: 100 });
  for (const asked of [need(91), need(91, 20), need(500)]) {
    expect(() => spareOf(budget).reserve(asked, scope)).toThrow(BudgetExceededError);
  }
  await Promise.resolve();
  expect([budget.reserved, budget.spent]).toEqual([none, none]);
});

test("it does not wait for calls in flight, nor pass those that do, and none of them waits for it", async () => {
  const budget = new Budget({ tokens: 100 });
  const first = budget.reserve(need(50), scope) as Reservation;
  const waiting = budget.reserve(need(80), scope) as Promise<Reservation>;
  expect(() => spareOf(budget).reserve(need(80), scope)).toThrow(BudgetExceededError);
  expect(() => spareOf(budget).reserve(need(20), scope)).toThrow(BudgetExceededError);
  expect(() => spareOf(budget).child({ calls: 5 }).reserve(need(20), scope)).toThrow(BudgetExceededError);
  first.settle({ calls: 1, inputTokens: 1, outputTokens: 1 });
  const second = await waiting;
  expect(second.outputTokens).toBe(80);
  expect(budget.reserved).toEqual({ calls: 1, tokens: 90, outputTokens: 80, usd: 0 });
});

test("there is one for each budget, so that equal calls may share a request", () => {
  const [one, two] = [new Budget({ calls: 1 }), new Budget()];
  expect(spareOf(one)).toBe(spareOf(one));
  expect(spareOf(one)).not.toBe(spareOf(two));
  expect([spareOf(one).within(one), spareOf(two).unlimited]).toEqual([true, true]);
});
