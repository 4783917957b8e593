import { fc, test } from "@fast-check/vitest";
import {
  InvalidOptionError,
  majorityVote,
  never,
  outline,
  ProviderError,
  rateLimit,
  retry,
  run,
  sampleN,
  source,
  stack,
  timeout,
  fallback,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type RateLimitOptions,
  type Sampled,
  type WaitEvent,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type ScriptedReply, type VirtualClock } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";

describe("laws", () => {
  const shared = rateLimit({ requestsPerMinute: 100, tokensPerMinute: 1_000_000, concurrency: 100 });
  const layers: Record<string, (model: Model) => Model> = {
    "with room, shared by all of them": (model) => stack(model, shared, sampleN(3), majorityVote({ stop: never })),
    alone: (model) => rateLimit({ requestsPerMinute: 2 })(model),
    "two at a time": (model) => stack(model, rateLimit({ concurrency: 2 }), sampleN(5), majorityVote()),
    "three a minute": (model) => stack(model, rateLimit({ requestsPerMinute: 3 }), sampleN(7)),
    "and tries again": (model) => stack(model, rateLimit({ concurrency: 1 }), retry(), sampleN(3)),
  };
  const skip: Record<string, Record<string, string>> = {
    "three a minute": { "a second use behaves like the first": "the minute outlives a call" },
    alone: { "a second use behaves like the first": "the minute outlives a call" },
    "two at a time": { "a second use behaves like the first": "two uses at once share the places" },
    "and tries again": { "a second use behaves like the first": "two uses at once share the place" },
  };
  describe.each(Object.entries(layers))("%s", (name, layer) => {
    for (const law of middlewareLaws(layer, { skip: skip[name] })) test(law.name, law.check);
  });
});

const ask = (content: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: "user", content }],
  ...more,
});
const busy = (retryAfterMs?: number): ProviderError => new ProviderError("busy", { status: 429, retryAfterMs });

/** A model that keeps when it was asked, and takes `latencyMs`. */
function timed(reply: (index: number) => ScriptedReply = () => "yes", latencyMs: number = 0, n: boolean = false) {
  const starts: number[] = [];
  const model = scripted(
    (_, { clock }, index) => {
      starts.push(clock.now());
      return reply(index);
    },
    { latencyMs, capabilities: { n } },
  );
  return { model, starts };
}

/** All of them at once; what came of each. */
async function together(clock: VirtualClock, solver: Model, count: number, request: ModelRequest = ask("q")) {
  const runs = Array.from({ length: count }, () =>
    run(solver, request, { clock }).then(
      ({ text }) => text,
      (error: unknown) => error,
    ),
  );
  return clock.until(Promise.all(runs));
}

describe("behaviour", () => {
  // "q" is estimated at 9 tokens; a reply of 91 tokens makes 100.
  const hundred = ask("q", { maxOutputTokens: 91 });
  test.each<
    [what: string, options: RateLimitOptions, count: number, latencyMs: number, request: ModelRequest, starts: number[]]
  >([
    ["no limit", {}, 4, 10, hundred, [0, 0, 0, 0]],
    ["enough requests", { requestsPerMinute: 4 }, 4, 10, hundred, [0, 0, 0, 0]],
    ["too many requests", { requestsPerMinute: 2 }, 5, 10, hundred, [0, 0, 60_000, 60_000, 120_000]],
    ["two at once", { concurrency: 2 }, 5, 10, hundred, [0, 0, 10, 10, 20]],
    ["one at once", { concurrency: 1 }, 3, 10, hundred, [0, 10, 20]],
    ["tokens: what is not used is given back", { tokensPerMinute: 200 }, 4, 10, hundred, [0, 0, 10, 20]],
    [
      "larger than a whole minute: alone, one a minute unless it took less",
      { tokensPerMinute: 50 },
      3,
      10,
      hundred,
      [0, 60_000, 120_000],
    ],
    ["all of them", { requestsPerMinute: 3, concurrency: 2 }, 5, 10, hundred, [0, 0, 10, 60_000, 60_000]],
  ])("%s", async (_, options, count, latencyMs, request, starts) => {
    const clock = virtualClock();
    const seen = timed(() => "one", latencyMs);
    const solver = stack(seen.model, rateLimit(options));
    await together(clock, solver, count, request);
    expect([seen.starts, seen.model.calls, clock.pending]).toEqual([starts, count, 0]);
  });

  test("tokens that were not known before count as soon as they are", async () => {
    const clock = virtualClock();
    const used: ScriptedReply = { text: "x", usage: { inputTokens: 900, outputTokens: 100 } };
    const { model, starts } = timed(() => used, 10);
    const solver = stack(model, rateLimit({ tokensPerMinute: 1_000 }));
    const request = ask("q", { maxOutputTokens: 91 });
    await clock.until(run(solver, request, { clock }));
    await clock.until(run(solver, request, { clock }));
    // The second minute: the first call counted 1,000, so the second had to wait for it to leave.
    expect(starts).toEqual([0, 60_000]);
  });

  test("without an output cap it reckons with what the model usually writes, and learns it", async () => {
    const clock = virtualClock();
    const { model, starts } = timed(() => ({ text: "x", usage: { inputTokens: 5, outputTokens: 40 } }), 10);
    const solver = stack(model, rateLimit({ tokensPerMinute: 1_100 }));
    await together(clock, solver, 2); // 9 + 1,024 each: one after the other
    expect(starts).toEqual([0, 10]);
    await clock.advance(60_000);
    starts.length = 0;
    await together(clock, solver, 30); // 9 + 40 each: 22 fit, and each gives 4 back
    expect(starts.filter((at) => at === starts[0])).toHaveLength(22);
    expect(starts[29]! - starts[0]!).toBe(60_000);
    expect(starts.filter((at) => at - starts[0]! < 60_000)).toHaveLength(23 + 1);
  });

  test("what a provider refuses, and what was never sent, is given back", async () => {
    const clock = virtualClock();
    const { model, starts } = timed((index) => (index === 0 ? new ProviderError("no", { status: 400 }) : "one"), 10);
    const solver = stack(model, rateLimit({ tokensPerMinute: 1_040 }));
    // Each may take 9 + 1,024; the first takes none, so the second need not wait a minute.
    await together(clock, solver, 2);
    expect(starts).toEqual([0, 10]);
    const limited = rateLimit({ requestsPerMinute: 1 });
    const silent: Model = { id: "silent", capabilities: {}, generate: () => Promise.reject(new Error("not sent")) };
    const free = timed();
    await together(clock, limited(silent), 3);
    await together(clock, limited(free.model), 1);
    expect(free.starts).toEqual([clock.now()]);
  });

  test("one value is shared by all models it is applied to; another value is another limit", async () => {
    const clock = virtualClock();
    const [one, two, three] = [timed(), timed(), timed()];
    const limit = rateLimit({ requestsPerMinute: 1 });
    const runs = [limit(one.model), limit(two.model), rateLimit({ requestsPerMinute: 1 })(three.model)];
    await clock.until(Promise.all(runs.map((model) => run(model, "q", { clock }))));
    expect([one.starts, two.starts, three.starts]).toEqual([[0], [60_000], [0]]);
  });

  test("samples of one tick are still one request with native n, and count as one", async () => {
    const clock = virtualClock();
    const { model, starts } = timed(() => "yes", 10, true);
    const solver = stack(model, rateLimit({ requestsPerMinute: 20 }), retry(), timeout(70_000), sampleN(16));
    for (const calls of [1, 2, 3, 4, 5]) {
      await clock.until(run(solver, "q", { clock }));
      expect(model.calls).toBe(calls);
    }
    // 16, then 1 + 16, …, 4 + 16: never more than 20.
    expect(new Set(starts)).toEqual(new Set([0, 10, 20, 30, 40]));
  });

  test("samples that fit only in part become requests of those who may begin together", async () => {
    const clock = virtualClock();
    const { model, starts } = timed(() => "yes", 10, true);
    const solver = stack(model, rateLimit({ requestsPerMinute: 10 }), sampleN(16));
    const { samples, usage } = await clock.until(run(solver, "q", { clock }));
    expect([samples.length, usage.calls, model.calls]).toEqual([16, 2, 2]);
    expect(starts).toEqual([...Array<number>(10).fill(0), ...Array<number>(6).fill(10)]);
  });

  test("the outline shows it and adds nothing", () => {
    const [first = ""] = outline(stack(timed().model, rateLimit({ requestsPerMinute: 5, concurrency: 2 }))).split("\n");
    expect(first).toMatch(/^rateLimit \(5 requests\/min, 2 at once\) +≤ 1 call, ≤ 1,524 tokens$/);
    expect(outline(stack(timed().model, rateLimit())).split("\n")[0]).toMatch(/^rateLimit +≤ 1 call/);
    expect(outline(stack(timed().model, rateLimit({ tokensPerMinute: 9 })))).toContain("(9 tokens/min)");
  });

  test("nobody overtakes: a large request at the head holds small ones back", async () => {
    const clock = virtualClock();
    const order: string[] = [];
    const model = scripted(
      ({ messages }) => {
        order.push(messages[0]!.content as string);
        return { text: "x", usage: undefined };
      },
      { usage: () => undefined },
    );
    const solver = stack(model, rateLimit({ tokensPerMinute: 100 }));
    const asked = [
      ["a", 50],
      ["large", 80],
      ["b", 10],
      ["c", 10],
    ] as const;
    const runs = asked.map(([name, cap]) => run(solver, ask(name, { maxOutputTokens: cap }), { clock }));
    await clock.until(Promise.all(runs));
    expect(order).toEqual(["a", "large", "b", "c"]);
  });
});

describe("a refusal", () => {
  test("is thrown, and makes everybody wait as long as the provider says, once for all", async () => {
    const clock = virtualClock();
    const { model, starts } = timed((index) => (index < 3 ? busy(5_000) : "yes"), 10);
    const solver = stack(model, rateLimit({ concurrency: 3 }));
    const ends = await together(clock, solver, 6);
    expect(ends.map((end) => (ProviderError.is(end) ? end.status : end))).toEqual([429, 429, 429, "yes", "yes", "yes"]);
    expect(starts).toEqual([0, 0, 0, 5_010, 5_010, 5_010]);
  });

  test("beneath retry everybody is served in the end, in order, without storming back", async () => {
    const clock = virtualClock();
    const { model, starts } = timed((index) => (index < 4 ? busy(5_000) : "yes"), 10);
    const solver = stack(model, rateLimit({ concurrency: 2 }), retry());
    const ends = await together(clock, solver, 6);
    expect(ends).toEqual(Array(6).fill("yes"));
    expect(starts.slice(0, 4)).toEqual([0, 0, 5_010, 5_010]);
    for (const at of starts.slice(4)) expect(at).toBeGreaterThanOrEqual(10_020);
  });

  test.each<[what: string, error: Error, pauseMs: number]>([
    ["429 without a time", busy(), 700],
    ["429 with a time", busy(3_000), 3_000],
    ["503 with a time", new ProviderError("down", { status: 503, retryAfterMs: 2_000 }), 2_000],
    ["503 without a time is none", new ProviderError("down", { status: 503 }), 0],
    ["no connection is none", new ProviderError("lost"), 0],
    ["a time that is none", busy(NaN), 700],
    ["a time in the past", busy(-5), 700],
    ["something else is none", new TypeError("bug"), 0],
  ])("%s", async (_, error, pauseMs) => {
    const clock = virtualClock();
    const { model, starts } = timed((index) => (index === 0 ? error : "yes"));
    const solver = stack(model, rateLimit({ cooldownMs: 700 }));
    await together(clock, solver, 1);
    await together(clock, solver, 1);
    expect(starts).toEqual([0, pauseMs]);
  });

  test("the pause doubles with every refusal in a row, up to a minute, and begins anew after a success", async () => {
    const clock = virtualClock();
    const { model, starts } = timed((index) => (index === 9 || index === 11 ? "yes" : busy()));
    const solver = stack(model, rateLimit({ cooldownMs: 1_000 }));
    for (let i = 0; i < 13; i++) await together(clock, solver, 1);
    const pauses = starts.slice(1).map((at, i) => at - starts[i]!);
    expect(pauses).toEqual([1e3, 2e3, 4e3, 8e3, 16e3, 32e3, 60e3, 60e3, 60e3, 0, 1e3, 0]);
  });

  test("calls that were in flight together are refused together, and count once", async () => {
    const clock = virtualClock();
    const { model, starts } = timed((index) => (index < 8 ? busy() : "yes"), 10);
    await together(clock, stack(model, rateLimit({ concurrency: 8 })), 9);
    expect(starts[8]).toBe(1_010);
  });

  test("an abort that looks like one is none", async () => {
    const clock = virtualClock();
    const { model, starts } = timed(() => "yes", 100);
    const solver = stack(model, rateLimit());
    const controller = new AbortController();
    const left = run(solver, "q", { clock, signal: controller.signal });
    left.catch(() => {});
    await clock.advance(10);
    controller.abort(busy(5_000));
    await expect(left).rejects.toMatchObject({ status: 429 });
    await together(clock, solver, 1);
    expect(starts).toEqual([0, 10]);
  });

  test("a fallback above it acts at once", async () => {
    const clock = virtualClock();
    const { model } = timed(() => busy(3_600_000));
    const solver = stack(model, rateLimit(), fallback([scripted(["spare"])]));
    expect((await clock.until(run(solver, "q", { clock }))).text).toBe("spare");
    expect(clock.now()).toBe(0);
  });
});

describe("cancellation", () => {
  test("whoever waits leaves at once, the next one moves up, and no timer is left", async () => {
    const clock = virtualClock();
    const { model, starts } = timed(() => "yes", 10);
    const solver = stack(model, rateLimit({ requestsPerMinute: 1 }));
    const controller = new AbortController();
    const reason = { why: "left" };
    const first = run(solver, "q", { clock });
    const second = run(solver, "q", { clock, signal: controller.signal });
    second.catch(() => {});
    const third = run(solver, "q", { clock });
    await clock.advance(20);
    expect(clock.pending).toBe(1); // one timer for all who wait
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    expect(clock.now()).toBe(20);
    await clock.until(Promise.all([first, third]));
    expect([starts, clock.pending]).toEqual([[0, 60_000], 0]);
  });

  test("when all have left there is no timer", async () => {
    const clock = virtualClock();
    const solver = stack(timed().model, rateLimit({ requestsPerMinute: 1 }));
    const controller = new AbortController();
    await clock.until(run(solver, "q", { clock }));
    const waiting = Array.from({ length: 5 }, () => run(solver, "q", { clock, signal: controller.signal }));
    const ends = Promise.allSettled(waiting);
    await clock.advance(5);
    expect(clock.pending).toBe(1);
    controller.abort("left");
    await ends;
    expect(clock.pending).toBe(0);
  });

  test("the head that leaves makes room for a smaller one at once", async () => {
    const clock = virtualClock();
    const { model, starts } = timed(() => "yes", 1_000);
    const solver = stack(model, rateLimit({ tokensPerMinute: 100 }));
    const controller = new AbortController();
    const first = run(solver, ask("a", { maxOutputTokens: 50 }), { clock });
    const large = run(solver, ask("b", { maxOutputTokens: 80 }), { clock, signal: controller.signal });
    large.catch(() => {});
    const small = run(solver, ask("c", { maxOutputTokens: 5 }), { clock });
    await clock.advance(100);
    controller.abort("left");
    await clock.until(Promise.all([first, small]));
    expect(starts).toEqual([0, 100]);
  });

  test("waiting is within the budget's time", async () => {
    const clock = virtualClock();
    const { model } = timed();
    const solver = stack(model, rateLimit({ requestsPerMinute: 1 }), sampleN(3));
    const { samples, stopped } = await clock.until(run(solver, "q", { clock, budget: { ms: 1_000 } }));
    expect([samples.length, stopped, clock.now(), clock.pending]).toEqual([1, "deadline", 1_000, 0]);
  });

  test("a vote that is decided takes those who still wait out of the queue", async () => {
    const clock = virtualClock();
    const { model } = timed(() => "Answer: 1", 10);
    const solver = stack(model, rateLimit({ concurrency: 2 }), sampleN(16), majorityVote());
    const { votes } = await clock.until(run(solver, "q", { clock }));
    expect([votes[0]?.count, model.calls, clock.pending]).toEqual([8, 10, 0]);
  });

  test("a call that is given up while it is in flight frees its place", async () => {
    const clock = virtualClock();
    const { model, starts } = timed(() => "yes", 500);
    const solver = stack(model, rateLimit({ concurrency: 1 }), timeout(100));
    await together(clock, solver, 1);
    await together(clock, solver, 1);
    expect(starts).toEqual([0, 100]);
  });
});

describe("events", () => {
  async function waits(options: RateLimitOptions, count: number, latencyMs: number, request = ask("q")) {
    const clock = virtualClock();
    const { model } = timed((index) => (index === 0 && options.cooldownMs ? busy() : "yes"), latencyMs);
    const solver = stack(model, rateLimit(options));
    const events: MullEvent[] = [];
    const runs = Array.from({ length: count }, () =>
      run(solver, request, { clock, onEvent: (event) => events.push(event) }).catch(() => undefined),
    );
    await clock.until(Promise.all(runs));
    return events.filter((event): event is WaitEvent => event.type === "wait");
  }

  test.each<[options: RateLimitOptions, ms: number, reason: WaitEvent["reason"]]>([
    [{ requestsPerMinute: 1 }, 60_000, "requests"],
    [{ tokensPerMinute: 10 }, 60_000, "tokens"],
    [{ concurrency: 1 }, 10, "concurrency"],
  ])("%j: who waited, how long, and what for", async (options, ms, reason) => {
    expect(await waits(options, 2, 10, ask("q", { maxOutputTokens: 1 }))).toEqual([
      { type: "wait", path: ["rateLimit"], ms, reason },
    ]);
  });

  test("after a refusal; and nobody who did not wait", async () => {
    const clock = virtualClock();
    const { model } = timed((index) => (index === 0 ? busy(500) : "yes"));
    const solver = stack(model, rateLimit(), retry({ baseMs: 0 }));
    const events: MullEvent[] = [];
    const other = run(solver, "q", { clock });
    await clock.advance(100);
    await clock.until(Promise.all([other, run(solver, "q", { clock, onEvent: (event) => events.push(event) })]));
    expect(events.map(({ type }) => type)).toEqual(["start", "start", "wait", "start", "delta", "end", "end", "end"]);
    expect(events[2]).toMatchObject({ ms: 400, reason: "cooldown" });
    expect(await waits({ requestsPerMinute: 5 }, 5, 10)).toEqual([]);
  });
});

test.prop([
  fc.array(
    fc.record({
      at: fc.nat(100_000),
      words: fc.integer({ min: 1, max: 40 }),
      latencyMs: fc.nat(5_000),
      samples: fc.integer({ min: 1, max: 4 }),
      refused: fc.boolean(),
      leaves: fc.option(fc.nat(120_000), { nil: undefined, freq: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  fc.record({
    requestsPerMinute: fc.constantFrom(undefined, 2, 5),
    tokensPerMinute: fc.constantFrom(undefined, 120, 400),
    concurrency: fc.constantFrom(undefined, 1, 3),
  }),
  fc.boolean(),
])(
  "law: whatever comes, in any minute no more begins than is allowed, and all who stay are served",
  async (arrivals, options, n) => {
    const clock = virtualClock();
    const seen: { readonly at: number; readonly requests: number; used: number }[] = [];
    const refusals = new Map<number, number>();
    let running = 0;
    const model = source("m", { n }, async (request, call) => {
      const arrival = JSON.parse(request.messages[0]!.content as string) as (typeof arrivals)[0];
      const { words, latencyMs, refused } = arrival;
      running += call.n;
      expect(running).toBeLessThanOrEqual(options.concurrency ?? Infinity);
      const one = { at: clock.now(), requests: 1, used: 0 };
      seen.push(one);
      try {
        await new Promise<void>((resolve) => {
          const timer = clock.setTimeout(resolve, latencyMs);
          call.scope.add({ abort: () => (clock.clearTimeout(timer), resolve()) });
        });
      } finally {
        running -= call.n;
      }
      const times = refusals.get(arrival.at) ?? 0;
      refusals.set(arrival.at, times + 1);
      if (refused && times < 3) throw busy(2_000);
      one.used = 10 + words * call.n;
      return Array.from({ length: call.n }, (_, i) => ({
        text: "x",
        usage: { inputTokens: i === 0 ? 10 : 0, outputTokens: words },
      }));
    });
    const solver = stack(model, rateLimit(options), retry({ attempts: 10 }));
    const ends = arrivals.map(async (arrival) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, arrival.at));
      const controller = new AbortController();
      if (arrival.leaves !== undefined) clock.setTimeout(() => controller.abort("left"), arrival.leaves);
      const request = ask(JSON.stringify(arrival), { maxOutputTokens: arrival.words });
      const sampled = stack(solver, sampleN(arrival.samples));
      return run(sampled, request, { clock, signal: controller.signal }).then(
        ({ samples }) => samples.length === arrival.samples,
        (error: unknown) => error === "left",
      );
    });
    expect(await clock.until(Promise.all(ends))).toEqual(arrivals.map(() => true));
    await clock.runAll();
    expect(running).toBe(0);
    for (const { at } of seen) {
      const window = seen.filter((other) => other.at > at - 60_000 && other.at <= at);
      expect(window.length).toBeLessThanOrEqual(options.requestsPerMinute ?? Infinity);
      // All of these requests are smaller than a minute, and none takes more than was reckoned.
      expect(window.reduce((sum, { used }) => sum + used, 0)).toBeLessThanOrEqual(options.tokensPerMinute ?? Infinity);
    }
  },
);

test.each<[options: object, message: string]>([
  [{ requestsPerMinute: 0 }, "rateLimit: requestsPerMinute must be an integer of at least 1, got 0"],
  [{ requestsPerMinute: 1.5 }, "rateLimit: requestsPerMinute must be an integer of at least 1, got 1.5"],
  [{ tokensPerMinute: -1 }, "rateLimit: tokensPerMinute must be an integer of at least 1, got -1"],
  [{ concurrency: Infinity }, "rateLimit: concurrency must be an integer of at least 1, got Infinity"],
  [{ concurrency: "2" }, 'rateLimit: concurrency must be an integer of at least 1, got "2"'],
  [{ cooldownMs: 0 }, "rateLimit: cooldownMs must be a number from 1 to 60000, got 0"],
  [{ cooldownMs: NaN }, "rateLimit: cooldownMs must be a number from 1 to 60000, got NaN"],
  [
    { rpm: 3 },
    'rateLimit: an option must be one of requestsPerMinute, tokensPerMinute, concurrency, cooldownMs, got "rpm"',
  ],
])("refuses %j when the stack is built", (options, message) => {
  expect(() => rateLimit(options)).toThrow(InvalidOptionError);
  expect(() => rateLimit(options)).toThrow(message);
});

test("refuses to stand twice in one stack: it would wait for itself", () => {
  const limit = rateLimit({ concurrency: 1 });
  const { model } = timed();
  expect(() => stack(model, limit, retry(), limit)).toThrow(
    'rateLimit: a model must be one that it does not limit already, got "retry(rateLimit(scripted))"',
  );
  expect(() => stack(model, limit, sampleN(3), majorityVote(), limit)).toThrow(InvalidOptionError);
  expect(() => stack(model, fallback([limit(model)]), limit)).toThrow(InvalidOptionError);
  stack(model, limit, fallback([limit(model)]));
  stack(model, limit, rateLimit());
});

test("types: what goes in comes out", () => {
  interface Own extends ModelResponse {
    readonly mine: number;
  }
  expectTypeOf(rateLimit()({} as Model<Own>)).toEqualTypeOf<Model<Own>>();
  expectTypeOf(rateLimit()({} as Model<Sampled>)).toEqualTypeOf<Model<Sampled>>();
  // @ts-expect-error an option that does not exist
  expect(() => rateLimit({ requestsPerSecond: 5 })).toThrow();
});
