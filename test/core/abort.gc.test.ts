/**
 * @module
 * What is left of many runs, given up or not, that share one signal and one budget: nothing.
 */
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  Budget,
  budgetAllocator,
  chainOfThought,
  majorityVote,
  open,
  race,
  reviseLoop,
  run,
  sampleN,
  sleep,
  source,
  stack,
  stream,
  toolLoop,
  wrap,
  type Model,
  type ModelRequest,
  type MullEvent,
  type Reply,
  type RunOptions,
  type Tool,
} from "mull";
import { virtualClock, type VirtualClock } from "mull/testing";
import { number } from "../../src/answers/number.js";

/** Everything that belongs to one run, and must not outlive it. */
let tracked: WeakRef<object>[] = [];

function track<T>(value: T): T {
  if (typeof value === "object" && value !== null) tracked.push(new WeakRef(value));
  return value;
}

/** Collects garbage until nothing more goes; gives how many are left. */
async function left(): Promise<number> {
  let alive = tracked.length;
  for (let round = 0, same = 0; alive > 0 && same < 5 && round < 50; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc!();
    const now = tracked.filter((ref) => ref.deref() !== undefined).length;
    same = now === alive ? same + 1 : 0;
    alive = now;
  }
  return alive;
}

// These models live as long as the program does.
const provider = (n: boolean): Model =>
  source(
    "provider",
    { n },
    async (request, call) => {
      track(request);
      track(call);
      track(call.signal);
      call.delta({ text: "so" });
      const ms = 10 + call.random.integer(10);
      // Some listen, others reply all the same.
      if (call.random.next() < 0.5) await sleep(call, ms);
      else await new Promise<void>((resolve) => call.clock.setTimeout(resolve, ms));
      if (call.random.next() < 0.1) throw track(new Error("unreachable"));
      const reply = (i: number): Reply =>
        request.tools !== undefined && request.toolChoice !== "none" && call.random.next() < 0.5
          ? { text: "", toolCalls: [{ type: "tool-call", id: "1", name: "look", input: {} }] }
          : { text: `Answer: ${call.random.integer(2)}`, usage: { inputTokens: i === 0 ? 20 : 0, outputTokens: 30 } };
      return Array.from({ length: call.n }, (_, i) => track(reply(i)));
    },
    { price: { inputUsd: 1, outputUsd: 1 } },
  );
const plain = provider(false);
const native = provider(true);

const look: Tool = {
  name: "look",
  description: "Looks.",
  inputSchema: { type: "object" },
  parse: (value) => ({ value }),
  execute: async (_, call) => {
    track(call);
    await sleep(call, 2);
    return track({ seen: 1 });
  },
};

/** Gives each call up after 12 ms. */
const impatient = (next: Model): Model =>
  wrap("impatient", next, async (request, call) => {
    const inner = open(call, "", { ms: 12 });
    try {
      return await race(inner.call, () => next.generate(request, track(inner.call)));
    } finally {
      inner.close();
    }
  });

const solvers: readonly Model[] = [
  plain,
  stack(plain, sampleN(6, { concurrency: 3 })),
  stack(native, sampleN(8), majorityVote()),
  stack(plain, impatient, sampleN(4)),
  stack(native, impatient, sampleN(4), majorityVote()),
  stack(plain, chainOfThought({ answer: number() }), sampleN(3), majorityVote()),
  stack(
    plain,
    reviseLoop({
      feedback: async (_, { call }) => {
        await sleep(track(call), 3);
        return track({ ok: false, message: "again" });
      },
    }),
  ),
  stack(plain, toolLoop({ tools: [look] }), sampleN(2)),
  stack(native, budgetAllocator({ levels: [{ samples: 2 }, { samples: 5 }] })),
];

type Ending = "done" | "deadline" | "stream read" | "stream left";
const endings: readonly Ending[] = ["done", "deadline", "stream read", "stream left"];

/** One run of each kind; all that is its own is tracked. */
async function runOnce(index: number, shared: Pick<RunOptions, "signal" | "budget">): Promise<void> {
  const solver = solvers[index % solvers.length]!;
  const ending = endings[Math.floor(index / solvers.length) % endings.length]!;
  const clock = track(virtualClock());
  const request: ModelRequest = track({
    messages: [{ role: "user", content: `What is ${index}?` }],
    maxOutputTokens: 100,
  });
  const events: MullEvent[] = track([]);
  const onEvent = track((event: MullEvent): unknown => events.push(event));
  const options: RunOptions = { ...shared, clock, seed: index, onEvent };
  if (ending === "deadline") {
    const within = wrap("within", solver, async (asked, call) => {
      const inner = open(call, "", { ms: 15 });
      try {
        return await race(inner.call, () => solver.generate(asked, track(inner.call)));
      } finally {
        inner.close();
      }
    });
    await clock.until(run(within, request, options).then(track, track));
  } else if (ending === "done") {
    await clock.until(run(solver, request, options).then(track, track));
  } else {
    const stream_ = track(stream(solver, request, options));
    const reading = (async () => {
      let count = 0;
      for await (const event of stream_) if (++count > 3 && track(event) && ending === "stream left") break;
    })().catch(track);
    await clock.until(reading);
    await clock.until(stream_.response.then(track, track));
  }
  await clock.runAll(); // those that did not listen
}

function shared(): { readonly controller: AbortController; readonly budget: Budget } {
  return { controller: new AbortController(), budget: new Budget({ calls: 1e6, tokens: 1e8, usd: 1e4 }) };
}

describe("many runs that share a signal and a budget", () => {
  test("retain nothing, one after the other", async () => {
    tracked = [];
    const { controller, budget } = shared();
    const { signal } = controller;
    for (let index = 0; index < 4 * solvers.length * endings.length; index++) {
      await runOnce(index, { signal, budget });
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
    }
    expect(tracked.length).toBeGreaterThan(1000);
    expect(await left()).toBe(0);
    expect(budget.spent.calls).toBeGreaterThan(100);
    expectIdle(budget);
  });

  test("retain nothing, all at the same time, most of them waiting for a tight budget, then given up at once", async () => {
    tracked = [];
    const controller = new AbortController();
    const { signal } = controller;

    const budget = new Budget({ tokens: 3000 });
    await (async () => {
      const clock = track(virtualClock());
      const runs = Array.from({ length: 60 }, (_, index) =>
        hangOn(solvers[index % solvers.length]!, index, clock, { signal, budget }),
      );
      const { _waiting: waiting } = budget as unknown as { readonly _waiting: readonly unknown[] };
      await clock.advance(5);
      expect([getEventListeners(signal, "abort").length, waiting.length > 10]).toEqual([1, true]);
      controller.abort(new Error("left"));
      const reasons = await Promise.all(runs);
      expect(reasons.filter((reason) => reason !== signal.reason)).toEqual([]);
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
      await clock.runAll();
    })();
    expect(tracked.length).toBeGreaterThan(100);
    expect(await left()).toBe(0);
    expectIdle(budget);
  });

  test("what is kept is seen, so that the tests above say something", async () => {
    tracked = [];
    const { controller, budget } = shared();
    const kept: unknown[] = [];
    await runOnce(0, { signal: controller.signal, budget });
    kept.push(tracked.at(-1)?.deref());
    expect(await left()).toBeGreaterThanOrEqual(1);
    expect(kept).toHaveLength(1);
    kept.length = 0;
    expect(await left()).toBe(0);
  });
});

/** A run that is given up while it runs or waits. */
async function hangOn(solver: Model, seed: number, clock: VirtualClock, options: RunOptions): Promise<unknown> {
  const request: ModelRequest = track({
    messages: [{ role: "user", content: `What is ${seed}?` }],
    maxOutputTokens: 100,
  });
  const onEvent = track((): void => {});
  try {
    return track(await run(solver, request, { ...options, clock, seed, onEvent }));
  } catch (error) {
    return error; // the signal's own reason: it is not tracked
  }
}

/** A budget that outlives its runs holds figures, and what was learned of each model; nobody and nothing else. */
function expectIdle(budget: Budget): void {
  const { _waiting, _habits, _inFlight } = budget as unknown as Record<string, unknown>;
  expect(budget.reserved).toEqual({ calls: 0, tokens: 0, outputTokens: 0, usd: 0 });
  expect({ _waiting, _inFlight, habits: [...(_habits as Map<string, unknown>).keys()] }).toEqual({
    _waiting: [],
    _inFlight: 0,
    habits: ["provider"],
  });
  for (const name of ["calls", "tokens", "usd"] as const) {
    const limit = budget.limits[name];
    if (limit !== undefined) expect(budget.left[name] + budget.spent[name]).toBeCloseTo(limit, 6);
  }
}
