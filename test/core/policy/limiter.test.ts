/**
 * @module
 * Who may begin now, and who waits: against what the limits allow, moment by moment.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { Scope, type Clock } from "mull";
import { virtualClock, type VirtualClock } from "mull/testing";
import { Limiter, type LimiterLimits, type Slot } from "../../../src/core/policy/limiter.js";

const none: LimiterLimits = { requests: Infinity, tokens: Infinity, concurrency: Infinity, cooldownMs: 1_000 };

/** A clock for the limiter alone, that is told off for more than one timer, or for one that waits for nothing. */
function strict(inner: VirtualClock): Clock {
  const timers = new Set<unknown>();
  return {
    now: () => inner.now(),
    setTimeout: (callback, ms) => {
      expect(ms).toBeGreaterThan(0);
      const timer = inner.setTimeout(() => {
        timers.delete(timer);
        callback();
      }, ms);
      timers.add(timer);
      expect(timers.size).toBe(1);
      return timer;
    },
    clearTimeout: (timer) => {
      timers.delete(timer);
      inner.clearTimeout(timer);
    },
  };
}

interface Planned {
  readonly at: number;
  readonly tokens: number;
  /** Tokens that it really takes, a request among them or not. */
  readonly used: number;
  readonly requests: number;
  readonly ms: number;
  /** Given up so long after it came, if it did not begin before. */
  readonly leaves: number | undefined;
  /** Refused at its end. */
  readonly refused: { readonly retryAfterMs: number | undefined } | undefined;
}

interface Seen extends Planned {
  readonly index: number;
  began?: number;
  left?: number;
  ended?: number;
}

const planned: fc.Arbitrary<Planned> = fc
  .record({
    at: fc.oneof(fc.nat(100), fc.nat(150_000)),
    tokens: fc.integer({ min: 1, max: 60 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    requests: fc.constantFrom(0, 1, 1, 1),
    ms: fc.oneof(fc.nat(50), fc.nat(90_000)),
    leaves: fc.option(fc.nat(70_000), { nil: undefined, freq: 3 }),
    refused: fc.option(fc.record({ retryAfterMs: fc.option(fc.nat(20_000), { nil: undefined }) }), {
      nil: undefined,
      freq: 6,
    }),
  })
  .map(({ share, ...rest }) => ({ ...rest, used: Math.floor(share * rest.tokens) }));

const limits = fc.record({
  requests: fc.constantFrom(1, 2, 3, 5, Infinity),
  tokens: fc.constantFrom(60, 80, 150, Infinity),
  concurrency: fc.constantFrom(1, 2, 4, Infinity),
  cooldownMs: fc.constant(1_000),
});

/** Lets all of them come, and says what became of them, in the order in which they came. */
async function play(
  plan: readonly Planned[],
  limit: LimiterLimits,
): Promise<{ calls: Seen[]; cools: [number, number][] }> {
  const clock = virtualClock();
  const limiter = new Limiter(strict(clock), limit);
  const calls = plan
    .map((one) => ({ ...one }))
    .sort((a, b) => a.at - b.at)
    .map((one, index): Seen => ({ ...one, index }));
  const cools: [number, number][] = [];
  /** As the limiter must reckon it: calls that were in flight when somebody was refused are one wave with it. */
  const waves = { number: 0, inRow: 0 };
  const ends = calls.map(async (call) => {
    await wait(clock, call.at);
    const scope = new Scope();
    const leaving = call.leaves === undefined ? undefined : clock.setTimeout(() => scope.abort("left"), call.leaves);
    let slot: Slot;
    try {
      const entered = limiter.enter(scope, call.tokens);
      slot = entered instanceof Promise ? await entered : entered;
    } catch (error) {
      expect(error).toBe("left");
      call.left = clock.now();
      return;
    } finally {
      clock.clearTimeout(leaving);
    }
    call.began = clock.now();
    const wave = waves.number;
    await wait(clock, call.ms);
    call.ended = clock.now();
    if (call.refused === undefined) {
      if (wave === waves.number) waves.inRow = 0;
      slot.succeed();
    } else {
      const { retryAfterMs } = call.refused;
      const own = Math.min(1_000 * 2 ** waves.inRow, 60_000);
      if (wave === waves.number) {
        waves.number++;
        waves.inRow++;
        cools.push([clock.now(), clock.now() + (retryAfterMs ?? own)]);
      } else if (retryAfterMs !== undefined) cools.push([clock.now(), clock.now() + retryAfterMs]);
      slot.refuse(retryAfterMs);
    }
    slot.leave(call.requests, call.used);
  });
  await clock.until(Promise.all(ends));
  expect(clock.pending).toBe(0);
  return { calls, cools };
}

function wait(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, ms));
}

/** What the limits see at a moment, when all that happens in it has happened. `without`: before that call began. */
function at(moment: number, { calls, cools }: { calls: Seen[]; cools: [number, number][] }, without?: Seen) {
  const begun = calls.filter((call) => call !== without && call.began !== undefined && call.began <= moment);
  const inWindow = begun.filter((call) => call.began! > moment - 60_000);
  const over = (call: Seen): boolean => call.ended !== undefined && call.ended <= moment;
  return {
    running: begun.filter((call) => !over(call)).length,
    requests: inWindow.reduce((sum, call) => sum + (over(call) ? call.requests : 1), 0),
    tokens: inWindow.reduce((sum, call) => sum + (over(call) ? call.used : call.tokens), 0),
    // What begins in the moment of a refusal began before it.
    cooling: cools.some(([from, to]) => (without === undefined ? from < moment : from <= moment) && moment < to),
  };
}

describe("law", () => {
  test.prop([fc.array(planned, { minLength: 1, maxLength: 14 }), limits], { numRuns: 300 })(
    "in no window begins more than is allowed, in order, no earlier and no later than it may",
    async (plan, limit) => {
      const played = await play(plan, limit);
      const { calls } = played;
      for (const call of calls) {
        expect(call.began === undefined).toBe(call.left !== undefined);
        // Whoever leaves leaves at once.
        if (call.left !== undefined) expect(call.left).toBe(call.at + call.leaves!);
        if (call.began === undefined) continue;
        // At every start the limits hold, for the window that ends there; so they hold for every window.
        const now = at(call.began, played);
        expect(now.requests).toBeLessThanOrEqual(limit.requests);
        expect(now.tokens).toBeLessThanOrEqual(limit.tokens);
        expect(now.running).toBeLessThanOrEqual(limit.concurrency);
        expect(now.cooling).toBe(false);
      }
      // First come, first served.
      const begun = calls.filter((call) => call.began !== undefined);
      for (let i = 1; i < begun.length; i++) expect(begun[i]!.began).toBeGreaterThanOrEqual(begun[i - 1]!.began!);
      // Nobody waits without a reason: whenever something changed before its start, it did not fit yet.
      const changes = [
        ...calls.flatMap(({ at: came, began = 0, ended = 0, left = 0 }) => [came, began, ended, left, began + 60_000]),
        ...played.cools.map(([, to]) => to),
      ];
      for (const call of begun) {
        const before = calls.filter((other) => other.index < call.index);
        const since = Math.max(call.at, ...before.map((other) => other.began ?? other.left!));
        for (const moment of changes.filter((change) => change >= since && change < call.began!)) {
          const now = at(moment, played, call);
          const fits =
            !now.cooling &&
            now.running < limit.concurrency &&
            now.requests + 1 <= limit.requests &&
            now.tokens + call.tokens <= limit.tokens;
          expect(fits).toBe(false);
        }
      }
    },
  );

  test.prop([fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 })])(
    "what is larger than a minute waits for an empty one, and goes alone",
    async (sizes) => {
      const { calls } = await play(
        sizes.map((tokens, i) => ({
          at: i,
          tokens,
          used: tokens,
          requests: 1,
          ms: 0,
          leaves: undefined,
          refused: undefined,
        })),
        { ...none, tokens: 100 },
      );
      for (const call of calls) {
        const others = calls.filter(
          ({ began, index }) => index !== call.index && Math.abs(began! - call.began!) < 60_000,
        );
        if (call.tokens >= 100) expect(others).toEqual([]);
        expect(others.filter(({ began }) => began! <= call.began!).reduce((sum, o) => sum + o.tokens, 0)).toBeLessThan(
          call.tokens >= 100 ? 1 : 101 - call.tokens,
        );
      }
    },
  );
});

test("a timer that comes late is not waited for, and nobody overtakes", async () => {
  let now = 0;
  let ring: (() => void) | undefined;
  const clock: Clock = {
    now: () => now,
    setTimeout: (callback) => (ring = callback),
    clearTimeout: () => (ring = undefined),
  };
  const limiter = new Limiter(clock, { ...none, requests: 2 });
  for (let i = 0; i < 2; i++) (limiter.enter(new Scope(), 1) as Slot).leave(1, 1);
  const order: string[] = [];
  const enter = async (name: string): Promise<void> => {
    await limiter.enter(new Scope(), 1);
    order.push(name);
  };
  const waiting = enter("waiting");
  expect(ring).toBeDefined();
  now = 60_500; // and the timer did not ring
  await Promise.all([waiting, enter("new")]);
  expect(order).toEqual(["waiting", "new"]);
  expect(ring).toBeUndefined();
});

test("a timer that comes early is set again", async () => {
  const inner = virtualClock();
  const clock: Clock = { ...inner, setTimeout: (go, ms) => inner.setTimeout(go, ms > 1 ? ms - 1 : ms) };
  const limiter = new Limiter(clock, { ...none, requests: 1 });
  void limiter.enter(new Scope(), 1);
  const next = limiter.enter(new Scope(), 1) as Promise<Slot>;
  expect((await inner.until(next)).held).toBe("requests");
  expect([inner.now(), inner.pending]).toEqual([60_000, 0]);
});
