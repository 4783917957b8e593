/**
 * @module
 * Budgets one step at a time; that no limit is ever exceeded is a property of its own.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  Budget,
  BudgetExceededError,
  InvalidOptionError,
  Scope,
  run,
  sampleN,
  source,
  stack,
  type Amount,
  type BudgetLimits,
  type Need,
  type Reservation,
} from "mull";
import { scripted, virtualClock } from "mull/testing";

const none: Amount = { calls: 0, tokens: 0, outputTokens: 0, usd: 0 };

/** A call that reads 10 tokens and writes at most 100, for a dollar each thousand. */
const need = (inputTokens = 10, outputTokens = 100): Need => ({
  inputTokens,
  outputTokens,
  price: (input, output) => (input + output) / 1000,
});

/** A reservation that has to be granted at once. */
function reserve(budget: Budget, wanted: Need = need()): Reservation {
  const granted = budget.reserve(wanted, new Scope());
  if (!("settle" in granted)) throw new Error("has to wait");
  return granted;
}

/** A reservation that has to wait; `done` is what it got, or its error. */
function waiting(
  budget: Budget,
  wanted: Need = need(),
  scope = new Scope(),
): { done: Reservation | Error | undefined } {
  const granted = budget.reserve(wanted, scope);
  if ("settle" in granted) throw new Error("does not have to wait");
  const wait: { done: Reservation | Error | undefined } = { done: undefined };
  granted.then(
    (reservation) => (wait.done = reservation),
    (error: unknown) => (wait.done = error as Error),
  );
  return wait;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("limits", () => {
  test.each<[what: unknown, message: string]>([
    [{ tokens: 0 }, "budget: tokens must be an integer of at least 1, got 0"],
    [{ tokens: -5 }, "budget: tokens must be an integer of at least 1, got -5"],
    [{ tokens: NaN }, "budget: tokens must be an integer of at least 1, got NaN"],
    [{ tokens: 1.5 }, "budget: tokens must be an integer of at least 1, got 1.5"],
    [{ tokens: "100" }, 'budget: tokens must be an integer of at least 1, got "100"'],
    [{ tokens: null }, "budget: tokens must be an integer of at least 1, got null"],
    [{ calls: 0 }, "budget: calls must be an integer of at least 1, got 0"],
    [{ calls: 2.5 }, "budget: calls must be an integer of at least 1, got 2.5"],
    [{ outputTokens: -Infinity }, "budget: outputTokens must be an integer of at least 1, got -Infinity"],
    [{ usd: 0 }, "budget: usd must be a number above 0, got 0"],
    [{ usd: -0.1 }, "budget: usd must be a number of at least 0, got -0.1"],
    [{ usd: NaN }, "budget: usd must be a number of at least 0, got NaN"],
    [{ ms: 0 }, "budget: ms must be a number above 0, got 0"],
    [{ ms: -1 }, "budget: ms must be a number of at least 0, got -1"],
    [{ ms: "1s" }, 'budget: ms must be a number of at least 0, got "1s"'],
    [{ token: 5 }, 'budget: an option must be one of calls, tokens, outputTokens, usd, ms, got "token"'],
    [0, "budget: options must be an object, got 0"],
    [NaN, "budget: options must be an object, got NaN"],
    [null, "budget: options must be an object, got null"],
    [[], "budget: options must be an object, got an empty array"],
  ])("%o is refused", (limits, message) => {
    let error: unknown;
    try {
      new Budget(limits as BudgetLimits);
    } catch (thrown) {
      error = thrown;
    }
    expect(InvalidOptionError.is(error)).toBe(true);
    expect((error as Error).message).toBe(message);
  });

  test("the same holds for a child, and an error names where, which and what", () => {
    const budget = new Budget({ tokens: 100 });
    expect(() => budget.child({ tokens: 0 })).toThrow(
      expect.objectContaining({ code: "invalid-option", where: "budget", option: "tokens", value: 0 }),
    );
    expect(() => budget.child({ ms: 5 } as BudgetLimits)).not.toThrow();
  });

  test.each<[limits: BudgetLimits, unlimited: boolean]>([
    [{}, true],
    [{ ms: 5 }, true],
    [{ calls: undefined, tokens: Infinity, usd: Infinity }, true],
    [{ calls: 1 }, false],
    [{ usd: 0.001 }, false],
  ])("%o: unlimited is %s", (limits, unlimited) => {
    const budget = new Budget(limits);
    expect(budget.unlimited).toBe(unlimited);
    expect(budget.child({}).unlimited).toBe(unlimited);
    expect(budget.child({ calls: 3 }).unlimited).toBe(false);
  });

  test("what is limited around is limited inside, and not the other way round", () => {
    const outer = new Budget({ tokens: 100 });
    const inner = outer.child({ usd: 1 });
    expect(["tokens", "usd", "calls"].map((name) => inner.limitsFigure(name as keyof Amount))).toEqual([
      true,
      true,
      false,
    ]);
    expect(outer.limitsFigure("usd")).toBe(false);
  });

  test("what is not limited has Infinity left", () => {
    expect(new Budget({ tokens: 100 }).left).toEqual({
      calls: Infinity,
      tokens: 100,
      outputTokens: Infinity,
      usd: Infinity,
    });
  });
});

describe("reserve, then settle", () => {
  test("the worst case is reserved, and the truth settled", () => {
    const budget = new Budget({ calls: 5, tokens: 1000, outputTokens: 500, usd: 1 });
    const reservation = reserve(budget);
    expect(reservation.outputTokens).toBe(100);
    expect(budget.reserved).toEqual({ calls: 1, tokens: 110, outputTokens: 100, usd: 0.11 });
    expect(budget.left).toEqual({ calls: 4, tokens: 890, outputTokens: 400, usd: 0.89 });
    expect(budget.spent).toEqual(none);
    reservation.settle({ calls: 1, inputTokens: 8, outputTokens: 20, usd: 0.03 });
    expect(budget.reserved).toEqual(none);
    expect(budget.spent).toEqual({ calls: 1, tokens: 28, outputTokens: 20, usd: 0.03 });
    expect(budget.left).toEqual({ calls: 4, tokens: 972, outputTokens: 480, usd: 0.97 });
  });

  test.each<[spent: Parameters<Reservation["settle"]>[0], booked: Amount]>([
    [{ calls: 1 }, { calls: 1, tokens: 110, outputTokens: 100, usd: 0.11 }],
    [
      { calls: 1, outputTokens: 7 },
      { calls: 1, tokens: 17, outputTokens: 7, usd: 0.11 },
    ],
    [
      { calls: 1, inputTokens: 3 },
      { calls: 1, tokens: 103, outputTokens: 100, usd: 0.11 },
    ],
    [
      { calls: 1, usd: 0.01 },
      { calls: 1, tokens: 110, outputTokens: 100, usd: 0.01 },
    ],
    [{ calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 }, none],
  ])("settled with %o: what is not known counts as reserved", (spent, booked) => {
    const budget = new Budget({ tokens: 1000 });
    reserve(budget).settle(spent);
    expect(budget.spent).toEqual(booked);
  });

  test("a second settlement changes nothing", () => {
    const budget = new Budget({ tokens: 1000 });
    const reservation = reserve(budget);
    reservation.settle({ calls: 1, inputTokens: 1, outputTokens: 1 });
    reservation.settle({ calls: 1, inputTokens: 500, outputTokens: 500 });
    expect(budget.spent).toEqual({ calls: 1, tokens: 2, outputTokens: 1, usd: 0.11 });
    expect(budget.left.tokens).toBe(998);
  });

  test.each<[limits: BudgetLimits, wanted: Need, cap: number]>([
    [{ tokens: 60 }, need(10, 100), 50],
    [{ tokens: 26 }, need(10, 100), 16],
    [{ outputTokens: 40 }, need(10, 100), 40],
    [{ tokens: 60, outputTokens: 20 }, need(10, 100), 20],
    [{ usd: 0.05 }, need(10, 100), 40],
    [{ usd: 0.0505 }, need(10, 100), 40],
    [{ tokens: 13 }, need(10, 3), 3],
    [{ calls: 1 }, need(10, 100), 100],
  ])("the cap is lowered to what is left: %o", (limits, wanted, cap) => {
    const budget = new Budget(limits);
    const reservation = reserve(budget, wanted);
    expect(reservation.outputTokens).toBe(cap);
    reservation.settle({ calls: 1 });
    for (const [name, limit] of Object.entries(limits)) {
      expect(budget.spent[name as keyof Amount]).toBeLessThanOrEqual(limit as number);
    }
  });

  test.each<[limits: BudgetLimits, wanted: Need, limit: string, message: string]>([
    [{ tokens: 25 }, need(10, 100), "tokens", "the budget of 25 tokens has 25 left, the next call needs 26"],
    [{ tokens: 9 }, need(10, 1), "tokens", "the budget of 9 tokens has 9 left, the next call needs 11"],
    [
      { outputTokens: 15 },
      need(10, 100),
      "outputTokens",
      "the budget of 15 outputTokens has 15 left, the next call needs 16",
    ],
    [{ usd: 0.02 }, need(10, 100), "usd", "the budget of 0.02 usd has 0.02 left, the next call needs 0.026"],
  ])("nothing useful left, nothing in flight: %o", async (limits, wanted, limit, message) => {
    const error: unknown = await Promise.resolve()
      .then(() => new Budget(limits).reserve(wanted, new Scope()))
      .catch((thrown: unknown) => thrown);
    expect(BudgetExceededError.is(error)).toBe(true);
    expect(error).toMatchObject({ limit, message });
  });

  test("calls that were spent are gone", () => {
    const budget = new Budget({ calls: 1 });
    reserve(budget).settle({ calls: 1 });
    expect(() => reserve(budget)).toThrow("the budget of 1 calls has 0 left, the next call needs 1");
  });
});

describe("waiting", () => {
  test("what does not fit waits, and goes on when a call gives back", async () => {
    const budget = new Budget({ tokens: 200 });
    const first = reserve(budget);
    const second = waiting(budget);
    await settled();
    expect(second.done).toBeUndefined();
    first.settle({ calls: 1, inputTokens: 10, outputTokens: 20 });
    await settled();
    expect(second.done).toMatchObject({ outputTokens: 100 });
    expect(budget.reserved.tokens).toBe(110);
  });

  test("while calls are in flight no thought is cut short: the cap is lowered only when nothing can come back", async () => {
    const budget = new Budget({ tokens: 300 });
    const first = reserve(budget);
    const second = reserve(budget);
    const third = waiting(budget);
    first.settle({ calls: 1 }); // gives nothing back
    await settled();
    expect(third.done).toBeUndefined();
    second.settle({ calls: 1 });
    await settled();
    expect(third.done).toMatchObject({ outputTokens: 70 });
  });

  test("when nothing useful came back, it fails", async () => {
    const budget = new Budget({ tokens: 120 });
    const first = reserve(budget);
    const second = waiting(budget);
    first.settle({ calls: 1 });
    await settled();
    expect(second.done).toMatchObject({
      code: "budget-exceeded",
      limit: "tokens",
      message: expect.stringContaining("of 120 tokens has 10 left"),
    });
    expect(budget.reserved).toEqual(none);
  });

  test("in order; a smaller one may go before a larger one that still waits", async () => {
    const budget = new Budget({ tokens: 300 });
    const flying = [reserve(budget, need(10, 140)), reserve(budget, need(10, 130))];
    const large = waiting(budget, need(10, 200));
    const small = waiting(budget, need(10, 40));
    flying[0]?.settle({ calls: 1, inputTokens: 10, outputTokens: 80 });
    await settled();
    expect([large.done, small.done]).toEqual([undefined, expect.objectContaining({ outputTokens: 40 })]);
    flying[1]?.settle({ calls: 1, inputTokens: 0, outputTokens: 0 });
    (small.done as Reservation).settle({ calls: 1, inputTokens: 0, outputTokens: 0 });
    await settled();
    expect(large.done).toMatchObject({ outputTokens: 200 });
  });

  test("an abort ends the waiting with its reason, and frees the place", async () => {
    const budget = new Budget({ calls: 1 });
    const first = reserve(budget);
    const scope = new Scope();
    const reason = new Error("given up");
    const second = waiting(budget, need(), scope);
    const third = waiting(budget);
    scope.abort(reason);
    await settled();
    expect(second.done).toBe(reason);
    first.settle({ calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 });
    await settled();
    expect(third.done).toMatchObject({ outputTokens: 100 });
    expect(budget.reserved.calls).toBe(1);
  });

  test("one who was served no longer hears of an abort", async () => {
    const budget = new Budget({ calls: 1 });
    const first = reserve(budget);
    const scope = new Scope();
    const second = waiting(budget, need(), scope);
    first.settle({ calls: 0 });
    scope.abort(new Error("too late"));
    await settled();
    expect(second.done).toMatchObject({ outputTokens: 100 });
  });

  test("a child waits for its brothers, and its parent's calls", async () => {
    const parent = new Budget({ tokens: 200 });
    const brother = reserve(parent.child({ calls: 5 }));
    const waits = waiting(parent.child({ tokens: 150 }));
    brother.settle({ calls: 1, inputTokens: 0, outputTokens: 0 });
    await settled();
    expect(waits.done).toMatchObject({ outputTokens: 100 });
  });

  test("a child whose own limit is spent does not wait for calls that cannot give it back", () => {
    const parent = new Budget({ tokens: 1000 });
    const child = parent.child({ tokens: 130 });
    reserve(child).settle({ calls: 1 });
    reserve(parent); // in flight
    expect(() => reserve(child)).toThrow("the budget of 130 tokens has 20 left, the next call needs 26");
  });

  test("a tight budget lowers the concurrency before it ends the sampling", async () => {
    const clock = virtualClock();
    let inFlight = 0;
    let most = 0;
    const model = source(
      "model",
      {},
      async (_, call) => {
        most = Math.max(most, ++inFlight);
        await new Promise<void>((resolve) => call.clock.setTimeout(resolve, 10));
        inFlight--;
        return { text: "x", usage: { inputTokens: 10, outputTokens: 20 } };
      },
      { countTokens: () => 10 },
    );
    const solver = stack(model, sampleN(16));
    const request = { messages: [{ role: "user" as const, content: "question" }], maxOutputTokens: 100 };
    const response = await clock.until(run(solver, request, { clock, budget: { tokens: 570 } }));
    // 5 × 110 fit at first; each gives 80 back, and the others follow: 16 × 30 are 480, and 110 fit until the end.
    expect(response.samples).toHaveLength(16);
    expect(response.stopped).toBe("done");
    expect(response.usage).toMatchObject({ calls: 16, inputTokens: 160, outputTokens: 320 });
    expect(most).toBe(5);
    expect(response.samples.some(({ finishReason }) => finishReason !== "stop")).toBe(false);
  });
});

describe("children", () => {
  test("what a child spends, its parent spends; never more than either has", () => {
    const parent = new Budget({ tokens: 500 });
    const child = parent.child({ tokens: 200 });
    const grandchild = child.child({ calls: 1 });
    const reservation = reserve(grandchild);
    for (const budget of [parent, child, grandchild]) expect(budget.reserved.tokens).toBe(110);
    reservation.settle({ calls: 1, inputTokens: 10, outputTokens: 50 });
    for (const budget of [parent, child, grandchild]) expect(budget.spent.tokens).toBe(60);
    expect([parent.left.tokens, child.left.tokens, grandchild.left.tokens]).toEqual([440, 140, 140]);
    expect(grandchild.left.calls).toBe(0);
    expect(child.left.calls).toBe(Infinity);
  });

  test("a child may promise more than its parent has, and does not get it", () => {
    const parent = new Budget({ tokens: 60 });
    const child = parent.child({ tokens: 1_000_000 });
    expect(child.left.tokens).toBe(60);
    expect(reserve(child).outputTokens).toBe(50);
  });

  test("within: itself and what is inside, not what is outside or beside", () => {
    const budget = new Budget({ tokens: 60 });
    const [one, two] = [budget.child({}), budget.child({})];
    expect([
      budget.within(budget),
      one.within(budget),
      one.child({}).within(budget),
      one.hold({}).budget.within(budget),
    ]).toEqual([true, true, true, true]);
    expect([budget.within(one), one.within(two), new Budget().within(budget)]).toEqual([false, false, false]);
  });

  test("children of a budget without limits do not wait for each other", () => {
    const budget = new Budget();
    const one = budget.child({ calls: 1 });
    reserve(one);
    waiting(one);
    expect(reserve(budget.child({ calls: 1 })).outputTokens).toBe(100);
  });
});

describe("hold", () => {
  test("keeps a share back from everybody but its own budget", async () => {
    const budget = new Budget({ calls: 2, tokens: 200 });
    const hold = budget.hold({ calls: 1, tokens: 110 });
    expect(budget.left).toMatchObject({ calls: 1, tokens: 90 });
    expect(hold.budget.left).toMatchObject({ calls: 2, tokens: 200 });
    const first = reserve(budget);
    expect(first.outputTokens).toBe(80);
    first.settle({ calls: 1 });
    expect(() => reserve(budget)).toThrow(BudgetExceededError);
    const last = reserve(hold.budget);
    expect(last.outputTokens).toBe(100);
    last.settle({ calls: 1, inputTokens: 10, outputTokens: 5 });
    hold.release();
    expect(budget.spent).toMatchObject({ calls: 2, tokens: 105 });
    expect(budget.left).toMatchObject({ calls: 0, tokens: 95 });
    expect(budget.reserved).toEqual(none);
  });

  test("takes no more than is left, and twice released is once released", () => {
    const budget = new Budget({ tokens: 200 });
    const other = reserve(budget, need(10, 90));
    const hold = budget.hold({ tokens: 1000 });
    expect(budget.left.tokens).toBe(0);
    other.settle({ calls: 1, inputTokens: 0, outputTokens: 0 });
    expect(budget.left.tokens).toBe(100);
    hold.release();
    hold.release();
    expect(budget.left.tokens).toBe(200);
  });

  test("resize: another amount instead, up to what is left", () => {
    const budget = new Budget({ tokens: 200, calls: 10 });
    const hold = budget.hold({ tokens: 50, calls: 1 });
    hold.resize({ tokens: 120 });
    expect(budget.left).toMatchObject({ tokens: 80, calls: 10 });
    hold.resize({ tokens: 500 });
    expect(budget.left.tokens).toBe(0);
    hold.resize({ tokens: -5 });
    expect(budget.left.tokens).toBe(200);
    expect(hold.budget.left.tokens).toBe(200);
  });

  test("release wakes those who wait", async () => {
    const budget = new Budget({ tokens: 230 });
    const hold = budget.hold({ tokens: 110 });
    reserve(budget);
    const waits = waiting(budget);
    hold.release();
    await settled();
    expect(waits.done).toMatchObject({ outputTokens: 100 });
  });

  test("holds nest: a share of a share", () => {
    const budget = new Budget({ tokens: 300 });
    const outer = budget.hold({ tokens: 200 });
    const inner = outer.budget.hold({ tokens: 150 });
    expect([budget.left.tokens, outer.budget.left.tokens, inner.budget.left.tokens]).toEqual([100, 150, 300]);
    const last = reserve(inner.budget);
    last.settle({ calls: 1 });
    inner.release();
    outer.release();
    expect(budget.left.tokens).toBe(190);
    expect(budget.spent.tokens).toBe(110);
  });

  test("on a budget without limits nothing is kept back, and everything is left", () => {
    const budget = new Budget();
    const hold = budget.hold({ tokens: 100, calls: 1 });
    expect(hold.budget.left).toEqual({ calls: Infinity, tokens: Infinity, outputTokens: Infinity, usd: Infinity });
    reserve(hold.budget).settle({ calls: 1 });
    hold.release();
    expect(budget.left.calls).toBe(Infinity);
  });

  prop.prop([
    fc.integer({ min: 200, max: 2000 }),
    fc.array(fc.tuple(fc.constantFrom("hold", "resize", "release", "reserve", "settle"), fc.nat(9), fc.nat(500)), {
      maxLength: 60,
    }),
  ])("whatever is held, resized, used and released: spent + reserved + held + left is the limit", (limit, steps) => {
    const budget = new Budget({ tokens: limit });
    const holds: ReturnType<Budget["hold"]>[] = [];
    const flying: Reservation[] = [];
    for (const [step, which, amount] of steps) {
      const hold = holds[which % Math.max(1, holds.length)];
      const from = which % 2 === 0 || hold === undefined ? budget : hold.budget;
      if (step === "hold") holds.push(from.hold({ tokens: amount }));
      else if (step === "resize") hold?.resize({ tokens: amount });
      else if (step === "release") hold?.release();
      else if (step === "settle") {
        const [landed] = flying.splice(which % Math.max(1, flying.length), 1);
        landed?.settle({ calls: 1, inputTokens: 1, outputTokens: Math.min(landed.outputTokens, amount % 17) });
      } else if (from.left.tokens >= amount + 17) flying.push(reserve(from, need(1, amount)));
      const { _held: held } = budget as unknown as { _held: Amount };
      expect(held.tokens).toBeGreaterThanOrEqual(0);
      expect(budget.spent.tokens + budget.reserved.tokens + held.tokens + budget.left.tokens).toBe(limit);
    }
    for (const reservation of flying) reservation.settle({ calls: 1 });
    for (const hold of holds.reverse()) hold.release();
    expect(budget.left.tokens + budget.spent.tokens).toBe(limit);
    expect(budget.reserved).toEqual(none);
  });
});

describe("what is learned of a model", () => {
  test("is shared by the tree, and not with other trees", () => {
    const budget = new Budget({ tokens: 100 });
    const habit = budget.child({ calls: 1 }).habit("m");
    expect(habit).toEqual({ inputRatio: 1, outputTokens: 0 });
    habit.inputRatio = 2;
    expect(budget.habit("m")).toBe(habit);
    expect(budget.habit("other").inputRatio).toBe(1);
    expect(new Budget({ tokens: 100 }).habit("m").inputRatio).toBe(1);
  });

  test("a model that reads more than was estimated is believed from then on", async () => {
    const budget = new Budget({ tokens: 100_000 });
    const model = source("m", {}, async () => ({ text: "x", usage: { inputTokens: 90, outputTokens: 5 } }), {
      countTokens: () => 30,
    });
    await run(model, "question", { budget });
    expect(budget.habit("m").inputRatio).toBe(3);
    await run(model, "question", { budget });
    expect(budget.habit("m").inputRatio).toBe(3);
  });

  test("a run without a budget leaves nothing for the next one", async () => {
    const caps: unknown[] = [];
    const model = source("m", {}, async ({ maxOutputTokens }) => {
      caps.push(maxOutputTokens);
      return { text: "x", usage: { inputTokens: 500, outputTokens: 3 } };
    });
    for (let i = 0; i < 2; i++) {
      const solver = stack(model, (next) => ({
        ...next,
        generate: (request, call) => next.generate(request, call.child("inner", { budget: { tokens: 5000 } })),
      }));
      await run(solver, "question");
    }
    expect(caps).toHaveLength(2);
    expect(caps[1]).toBe(caps[0]);
  });
});

describe("one budget for several runs", () => {
  test("each takes from what the others left", async () => {
    const budget = new Budget({ calls: 3 });
    const model = scripted(["x"], { repeat: true });
    await run(model, "one", { budget });
    await run(model, "two", { budget });
    await run(model, "three", { budget });
    await expect(run(model, "four", { budget })).rejects.toThrow(
      "the budget of 3 calls has 0 left, the next call needs 1",
    );
    expect(model.calls).toBe(3);
    expect(budget.spent).toMatchObject({ calls: 3, outputTokens: 3 });
  });

  test("they wait for each other", async () => {
    const clock = virtualClock();
    const budget = new Budget({ tokens: 300 });
    const model = scripted(["two words"], { repeat: true, latencyMs: 10 });
    const request = { messages: [{ role: "user" as const, content: "question" }], maxOutputTokens: 200 };
    const began: number[] = [];
    const runs = [1, 2, 3].map(() =>
      run(model, request, { clock, budget, onEvent: ({ type }) => type === "delta" && began.push(clock.now()) }),
    );
    await clock.until(Promise.all(runs));
    expect(clock.now()).toBe(30);
    expect(budget.spent).toMatchObject({ calls: 3, tokens: 9, outputTokens: 6 });
  });
});
