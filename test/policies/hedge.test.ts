import { fc, test } from "@fast-check/vitest";
import {
  Budget,
  BudgetExceededError,
  hedge,
  InvalidOptionError,
  majorityVote,
  outline,
  ProviderError,
  retry,
  run,
  sampleN,
  stack,
  timeout,
  cache,
  type HedgeOptions,
  type Middleware,
  type Model,
  type ModelResponse,
  type MullEvent,
  type Reply,
  type RunOptions,
  type Sampled,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type VirtualClock } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";

describe("laws", () => {
  const second = "a second use behaves like the first";
  const timing = "the same seed and replies give the same result and order of events, whatever the timing";
  describe("before it hedges", () => {
    // A percentile is not known yet, or the time is never reached.
    for (const { name, check } of middlewareLaws((model) => hedge()(model), {
      skip: { [second]: "it learns how long calls take" },
    }))
      test(name, check);
  });
  const layers: Record<string, (model: Model) => Model> = {
    "after 15 ms": hedge({ afterMs: 15 }),
    "at once": hedge({ afterMs: 0 }),
    "beneath retry and a vote": (model) => stack(model, hedge({ afterMs: 20 }), retry(), sampleN(3), majorityVote()),
    "above a vote": (model) => stack(model, sampleN(3), majorityVote(), hedge({ afterMs: 20 })),
    twice: (model) => stack(model, hedge({ afterMs: 20 }), hedge({ afterMs: 10 })),
    "above a timeout": (model) => stack(model, timeout(60), hedge({ afterMs: 20 }), retry({ attempts: 20, baseMs: 0 })),
  };
  describe.each(Object.entries(layers))("%s", (name, layer) => {
    const skip: Record<string, string> = { [timing]: "time decides who answers" };
    if (name === "above a timeout") skip["a failure beneath is handled, or comes through"] = "it may be a timeout";
    for (const law of middlewareLaws(layer, { skip })) test(law.name, law.check);
  });
});

type Line = readonly [ms: number, says: string | Error];

/** A model that takes so long, and says so much, the one call after the other; after that it takes no time. */
function slow(lines: readonly Line[], n: boolean = false) {
  return scripted((_, __, index) => lines[index]?.[1] ?? `reply ${index}`, {
    latencyMs: (index) => lines[index]?.[0] ?? 0,
    capabilities: { n },
  });
}

const down = new ProviderError("down", { status: 503 });
const busy = new ProviderError("busy", { status: 429 });

async function endOf(clock: VirtualClock, done: Promise<ModelResponse>): Promise<string> {
  return clock.until(done).then(
    ({ text }) => text,
    (error: unknown) => (error as Error).message,
  );
}

describe("behaviour", () => {
  test.each<[what: string, lines: Line[], options: RunOptions, end: string, calls: number, ms: number]>([
    ["quick enough: one call", [[99, "first"]], {}, "first", 1, 99],
    [
      "too slow, and the second is quicker",
      [
        [500, "first"],
        [50, "second"],
      ],
      {},
      "second",
      2,
      150,
    ],
    [
      "too slow, but the first is still quicker",
      [
        [120, "first"],
        [50, "second"],
      ],
      {},
      "first",
      2,
      120,
    ],
    [
      "both in the same moment: the first",
      [
        [150, "first"],
        [50, "second"],
      ],
      {},
      "first",
      2,
      150,
    ],
    [
      "the first fails before there is a second: its error, at once",
      [
        [50, down],
        [0, "second"],
      ],
      {},
      "down",
      1,
      50,
    ],
    [
      "the first fails, the second is waited for",
      [
        [120, down],
        [500, "second"],
      ],
      {},
      "second",
      2,
      600,
    ],
    [
      "the second fails, the first is waited for",
      [
        [500, "first"],
        [50, down],
      ],
      {},
      "first",
      2,
      500,
    ],
    [
      "both fail: the error of the first",
      [
        [500, down],
        [50, busy],
      ],
      {},
      "down",
      2,
      500,
    ],
    [
      "both fail, the first one earlier",
      [
        [120, down],
        [50, busy],
      ],
      {},
      "down",
      2,
      150,
    ],
    [
      "no call left for a second",
      [
        [500, "first"],
        [50, "second"],
      ],
      { budget: { calls: 1 } },
      "first",
      1,
      500,
    ],
    [
      "no tokens left for a second",
      [
        [500, "first"],
        [50, "second"],
      ],
      { budget: { tokens: 2_000 } },
      "first",
      1,
      500,
    ],
    [
      "just enough tokens",
      [
        [500, "first"],
        [50, "second"],
      ],
      { budget: { tokens: 2_050 } },
      "second",
      2,
      150,
    ],
    [
      "the time of the budget ends both",
      [
        [500, "first"],
        [500, "second"],
      ],
      { budget: { ms: 200 } },
      "the time of 200 ms is over",
      2,
      200,
    ],
  ])("%s", async (_, lines, options, end, calls, ms) => {
    const clock = virtualClock();
    const model = slow(lines);
    const solver = stack(model, hedge({ afterMs: 100 }));
    expect(await endOf(clock, run(solver, "?", { clock, ...options }))).toBe(end);
    expect([model.calls, clock.now(), clock.pending]).toEqual([calls, ms, 0]);
  });

  test("the loser is in usage.cancelled, what failed in usage.failed, and both count against the budget", async () => {
    const clock = virtualClock();
    const budget = new Budget({ calls: 10 });
    const model = slow([
      [500, "first"],
      [50, "the second one"],
    ]);
    const solver = stack(model, hedge({ afterMs: 100 }));
    const { usage } = await clock.until(run(solver, "?", { clock, budget }));
    expect(usage).toMatchObject({ calls: 1, outputTokens: 3, cancelled: { calls: 1 } });
    expect([budget.spent.calls, budget.reserved.calls]).toEqual([2, 0]);
    const failing = slow([
      [120, down],
      [50, "second"],
    ]);
    const after = await clock.until(run(stack(failing, hedge({ afterMs: 100 })), "?", { clock }));
    expect(after.usage).toMatchObject({ calls: 1, failed: { calls: 1 } });
  });

  test("a second call never waits for the budget, so it holds nobody up", async () => {
    const clock = virtualClock();
    const model = scripted(["slow", "quick", "third"], {
      latencyMs: (index) => [500, 150, 10][index]!,
    });
    const request = { messages: [{ role: "user", content: "?" }], maxOutputTokens: 50 } as const;
    // Two fit at a time. At 100 ms nothing is left: no second call is made, and none stands in the way of the third sample at 150 ms.
    const solver = stack(model, hedge({ afterMs: 100 }), sampleN(3));
    const { samples, usage } = await clock.until(run(solver, request, { clock, budget: { outputTokens: 102 } }));
    expect(samples.map(({ text }) => text)).toEqual(["slow", "quick", "third"]);
    expect([model.calls, usage.cancelled, clock.now()]).toEqual([3, undefined, 500]);
  });

  test("no answer is cut short for it: it is made only where all that it may write fits", async () => {
    const clock = virtualClock();
    const words = "word ".repeat(60).trim();
    const model = slow([
      [500, words],
      [10, words],
    ]);
    const request = { messages: [{ role: "user", content: "?" }], maxOutputTokens: 80 } as const;
    const solver = stack(model, hedge({ afterMs: 100 }));
    const { text, warnings } = await clock.until(run(solver, request, { clock, budget: { outputTokens: 120 } }));
    expect([text, warnings, model.calls]).toEqual([words, undefined, 1]);
  });

  test("beneath a sampler every sample has its own; an early decision gives up both calls", async () => {
    const clock = virtualClock();
    const lines: Line[] = [
      [10, "Answer: 1"],
      [10, "Answer: 1"],
      [5_000, "Answer: 1"],
      [5_000, "Answer: 1"],
      [5_000, "Answer: 1"],
      [20, "Answer: 1"],
      [5_000, "Answer: 1"],
      [5_000, "Answer: 1"],
    ];
    const model = slow(lines);
    const solver = stack(model, hedge({ afterMs: 100 }), sampleN(5), majorityVote());
    const { votes, usage } = await clock.until(run(solver, "?", { clock }));
    expect([votes[0]?.count, clock.now(), clock.pending]).toEqual([3, 120, 0]);
    expect([usage.calls, usage.cancelled?.calls, model.calls]).toEqual([3, 5, 8]);
  });

  test("samples that share a request with native n share the second one, too", async () => {
    const clock = virtualClock();
    const lines = Array.from({ length: 16 }, (): Line => [500, "first"]);
    const model = slow(lines, true);
    const solver = stack(model, hedge({ afterMs: 100 }), sampleN(16));
    const { samples, usage } = await clock.until(run(solver, "?", { clock }));
    expect(samples).toHaveLength(16);
    expect([model.calls, usage.calls, usage.cancelled?.calls, clock.now()]).toEqual([2, 1, 1, 100]);
  });

  test("first and second call never become one request, not even in one tick", async () => {
    const clock = virtualClock();
    const model = slow(
      [
        [500, "first"],
        [50, "second"],
      ],
      true,
    );
    expect((await clock.until(run(stack(model, hedge({ afterMs: 0 })), "?", { clock }))).text).toBe("second");
    expect([model.calls, clock.now()]).toEqual([2, 50]);
  });

  test("the outline doubles", () => {
    const lines = outline(stack(slow([]), hedge(), hedge({ afterMs: 50 }), hedge({ percentile: 0.999 }))).split("\n");
    expect(lines[0]).toMatch(/^hedge \(p99\.9\) +≤ 8 calls, ≤ 12,192 tokens$/);
    expect(lines[1]).toMatch(/hedge \(after 50 ms\) +≤ 4 calls/);
    expect(lines[2]).toMatch(/hedge \(p95\) +≤ 2 calls, ≤ 3,048 tokens$/);
  });

  test("a model that listens to nothing does not keep it", async () => {
    const clock = virtualClock();
    let calls = 0;
    const deaf: Model = {
      id: "deaf",
      capabilities: {},
      generate: (_, call) =>
        new Promise((resolve, reject) => {
          if (calls++ > 0) resolve({ text: "second", finishReason: "stop", usage: call.usage });
          else call.clock.setTimeout(() => reject(new Error("much later")), 5_000);
        }),
    };
    expect((await clock.until(run(stack(deaf, hedge({ afterMs: 100 })), "?", { clock }))).text).toBe("second");
    expect(clock.now()).toBe(100);
    await clock.runAll(); // no unhandled rejection
  });
});

describe("what is usual", () => {
  /** Asks one after the other, and says how many requests each made. */
  async function series(latencies: readonly number[], options: HedgeOptions = {}, layer?: Middleware) {
    const clock = virtualClock();
    const queue = [...latencies];
    const model = scripted(() => "x", { latencyMs: () => queue.shift() ?? 0 });
    const solver = stack(model, layer ?? hedge(options));
    const requests: number[] = [];
    while (queue.length > 0) {
      const before = model.calls;
      await clock.until(run(solver, "?", { clock }));
      requests.push(model.calls - before);
    }
    return requests;
  }
  const twenty = Array.from({ length: 20 }, (_, i) => i + 1);

  test("before 20 calls are known there is no second one", async () => {
    expect(await series([...twenty.slice(0, 19), 5_000, 1])).toEqual(Array(21).fill(1));
  });

  test("then after the 95th percentile, by nearest rank", async () => {
    // The 19th of 20 is 19 ms; and one more, so that a model that always takes the same is not asked twice.
    expect((await series([...twenty, 19.9])).at(-1)).toBe(1);
    expect((await series([...twenty, 20.1, 0])).at(-1)).toBe(2);
  });

  test.each([
    [0.5, 10],
    [0.9, 18],
    [1, 20],
  ])("percentile %f: %i of 1 … 20 ms", async (percentile, ms) => {
    expect((await series([...twenty, ms + 0.9], { percentile })).at(-1)).toBe(1);
    expect((await series([...twenty, ms + 1.1, 0], { percentile })).at(-1)).toBe(2);
  });

  test("the last 200 count: what was slow once is forgotten", async () => {
    const requests = await series([...Array<number>(20).fill(1_000), ...Array<number>(200).fill(1), 2.1, 1]);
    expect(requests.slice(0, -1)).toEqual(Array(220).fill(1));
    expect(requests.at(-1)).toBe(2);
  });

  test("one value learns for all models of an id, and for each id apart", async () => {
    const clock = virtualClock();
    const own = hedge();
    const make = (id: string, latencyMs: number) => scripted(["x"], { id, latencyMs, repeat: true });
    for (let i = 0; i < 20; i++) await clock.until(run(own(make("a", 10)), "?", { clock }));
    const [again, other] = [make("a", 20), make("b", 20)];
    await clock.until(run(own(again), "?", { clock }));
    await clock.until(run(own(other), "?", { clock }));
    expect([again.calls, other.calls]).toEqual([2, 1]);
  });

  test("hits of a cache beneath are no times of the model", async () => {
    const clock = virtualClock();
    const model = scripted(["x"], { latencyMs: 100, repeat: true });
    const solver = stack(model, cache(), hedge());
    await clock.until(run(solver, "warm", { clock }));
    for (let i = 0; i < 40; i++) await clock.until(run(solver, "warm", { clock }));
    await clock.until(run(solver, "cold", { clock }));
    expect(model.calls).toBe(2);
  });

  test("errors are no times either", async () => {
    const clock = virtualClock();
    const model = scripted((_, __, index) => (index < 30 ? down : "x"), {
      latencyMs: (index) => (index < 30 ? 0 : 50),
    });
    const solver = stack(model, hedge());
    for (let i = 0; i < 31; i++) await clock.until(run(solver, "?", { clock })).catch(() => undefined);
    expect(model.calls).toBe(31);
  });

  test("law: it stays at about one call in twenty, however long it learns", async () => {
    const clock = virtualClock();
    const model = scripted(() => "x", { latencyMs: (_, { random }) => -100 * Math.log(1 - random.next()) });
    const solver = stack(model, hedge());
    let hedged = 0;
    const asked = 4_000;
    for (let seed = 0; seed < asked; seed++) {
      const before = model.calls;
      await clock.until(run(solver, "?", { clock, seed }));
      if (model.calls - before === 2) hedged++;
    }
    // Would it count what wins only, it would be more and more: the slow ones would never be known.
    expect(hedged / asked).toBeGreaterThan(0.035);
    expect(hedged / asked).toBeLessThan(0.07);
  });
});

test.prop([
  fc.array(fc.record({ ms: fc.nat(300), fails: fc.boolean() }), { minLength: 2, maxLength: 2 }),
  fc.integer({ min: 0, max: 200 }),
  fc.option(fc.nat(400), { nil: undefined }),
])("law: the first good answer wins, as early as it can; an abort ends both at once", async (two, afterMs, leaves) => {
  const clock = virtualClock();
  const [first, second] = two as [(typeof two)[0], (typeof two)[0]];
  const model = slow([
    [first.ms, first.fails ? down : "first"],
    [second.ms, second.fails ? busy : "second"],
  ]);
  const controller = new AbortController();
  if (leaves !== undefined) clock.setTimeout(() => controller.abort(new Error("left")), leaves);
  const done = run(stack(model, hedge({ afterMs })), "?", { clock, signal: controller.signal });

  const hedged = first.ms > 0 && first.ms >= afterMs;
  const ends = [
    { at: first.ms, text: "first", fails: first.fails },
    ...(hedged ? [{ at: afterMs + second.ms, text: "second", fails: second.fails }] : []),
  ];
  const good = ends.filter(({ fails }) => !fails).sort((a, b) => a.at - b.at)[0];
  const at = good?.at ?? Math.max(...ends.map((end) => end.at));
  // What takes no time at all is over before any timer.
  const left = leaves !== undefined && leaves <= at && at > 0;
  expect(await endOf(clock, done)).toBe(left ? "left" : (good?.text ?? "down"));
  expect(clock.now()).toBe(left ? leaves : at);
  expect(model.calls).toBe(hedged && !(left && leaves <= afterMs) ? 2 : 1);
  await clock.runAll();
  expect(clock.pending).toBe(0);
});

describe("cancellation", () => {
  test.each([50, 150])("an abort after %i ms ends all of it at once, and leaves no timer", async (ms) => {
    const clock = virtualClock();
    const controller = new AbortController();
    const model = slow([
      [500, "first"],
      [500, "second"],
    ]);
    const done = run(stack(model, hedge({ afterMs: 100 })), "?", { clock, signal: controller.signal });
    done.catch(() => {});
    await clock.advance(ms);
    controller.abort("left");
    await expect(done).rejects.toBe("left");
    expect([clock.pending, model.calls]).toEqual([0, ms < 100 ? 1 : 2]);
  });

  test("one alarm for all samples of a tick; whoever leaves does not take it along", async () => {
    const clock = virtualClock();
    const lines = Array.from({ length: 8 }, (_, i): Line => [i < 4 ? 500 : 10, "x"]);
    const model = slow(lines);
    const solver = stack(model, timeout(80), hedge({ afterMs: 50 }), sampleN(4));
    const done = run(solver, "?", { clock });
    await clock.advance(0);
    expect(clock.pending).toBe(1 + 2 * 4); // the alarm; of each sample its timeout and its reply
    const { samples } = await clock.until(done);
    expect([samples.length, clock.now(), clock.pending]).toEqual([4, 60, 0]);
  });
});

describe("events", () => {
  async function told(lines: Line[], layers: Middleware = hedge({ afterMs: 100 })) {
    const clock = virtualClock();
    const events: MullEvent[] = [];
    const done = run(layers(slow(lines)), "?", { clock, onEvent: (event) => events.push(event) });
    await clock.until(done).catch(() => undefined);
    return events.map((event) => {
      const what = event.type === "delta" ? event.text!.trim() : event.type;
      return `${what} ${event.path.join("/")}`;
    });
  }

  test("the second wins: words of the first as they came, the event, and only then the words of the second", async () => {
    const events = await told([
      [320, "a b c d"],
      [50, "x y"],
    ]);
    expect(events).toEqual([
      "start hedge",
      "start hedge/scripted",
      "a hedge/scripted",
      "start hedge/scripted:2",
      "error hedge/scripted",
      "hedge hedge",
      "x hedge/scripted:2",
      "y hedge/scripted:2",
      "end hedge/scripted:2",
      "end hedge",
    ]);
  });

  test("the first wins: no word of the second, but that it was, and was given up", async () => {
    const events = await told([
      [240, "a b c d"],
      [400, "x y z w"],
    ]);
    expect(events).toEqual([
      "start hedge",
      "start hedge/scripted",
      "a hedge/scripted",
      "start hedge/scripted:2",
      "b hedge/scripted",
      "c hedge/scripted",
      "d hedge/scripted",
      "end hedge/scripted",
      "error hedge/scripted:2",
      "end hedge",
    ]);
  });

  test("the second fails with words on its way: none of them", async () => {
    const clock = virtualClock();
    const events: MullEvent[] = [];
    const model = scripted(
      [
        { text: "a b" } satisfies Reply,
        (_, call) => {
          call.delta({ text: "wrong" });
          return down;
        },
      ],
      { latencyMs: 200 },
    );
    const done = run(stack(model, hedge({ afterMs: 50 })), "?", { clock, onEvent: (event) => events.push(event) });
    expect((await clock.until(done)).text).toBe("a b");
    const words = events.flatMap((event) => (event.type === "delta" ? [event.text] : []));
    expect(words.join("")).toBe("a b");
    expect(events.filter(({ type }) => type === "hedge")).toEqual([]);
  });

  test("the event says how long the first had been waited for", async () => {
    const clock = virtualClock();
    const events: MullEvent[] = [];
    const model = slow([
      [400, "a"],
      [10, "x"],
    ]);
    await clock.until(run(stack(model, hedge({ afterMs: 100 })), "?", { clock, onEvent: (e) => events.push(e) }));
    expect(events.find(({ type }) => type === "hedge")).toEqual({ type: "hedge", path: ["hedge"], afterMs: 100 });
  });

  test("what is told from deeper beneath keeps its order", async () => {
    const events = await told(
      [
        [400, "a"],
        [10, down],
        [10, "x"],
      ],
      (model) => stack(model, retry({ baseMs: 0 }), hedge({ afterMs: 100 })),
    );
    const since = events.slice(events.indexOf("hedge hedge"));
    expect(since.filter((event) => !event.endsWith("hedge/retry"))).toEqual([
      "hedge hedge",
      "error hedge/retry:2/scripted",
      "retry hedge/retry:2",
      "start hedge/retry:2/scripted:2",
      "x hedge/retry:2/scripted:2",
      "end hedge/retry:2/scripted:2",
      "end hedge/retry:2",
      "end hedge",
    ]);
  });
});

test("a budget that refuses the second call is not what the run fails with", async () => {
  const clock = virtualClock();
  const model = slow([[500, down]]);
  const done = run(stack(model, hedge({ afterMs: 100 })), "?", { clock, budget: { tokens: 1_100 } });
  const error: unknown = await clock.until(done).catch((e: unknown) => e);
  expect([error, BudgetExceededError.is(error), model.calls]).toEqual([down, false, 1]);
});

test.each<[options: object, message: string]>([
  [{ afterMs: -1 }, "hedge: afterMs must be a number from 0 to 2147483647, got -1"],
  [{ afterMs: Infinity }, "hedge: afterMs must be a number from 0 to 2147483647, got Infinity"],
  [{ afterMs: NaN }, "hedge: afterMs must be a number from 0 to 2147483647, got NaN"],
  [{ percentile: 0.4 }, "hedge: percentile must be a number from 0.5 to 1, got 0.4"],
  [{ percentile: 95 }, "hedge: percentile must be a number from 0.5 to 1, got 95"],
  [{ afterMs: 5, percentile: 0.9 }, "hedge: percentile must be absent where there is afterMs, got 0.9"],
  [{ delay: 3 }, 'hedge: an option must be one of afterMs, percentile, got "delay"'],
])("refuses %j when the stack is built", (options, message) => {
  expect(() => hedge(options)).toThrow(InvalidOptionError);
  expect(() => hedge(options)).toThrow(message);
});

test("types: what goes in comes out", () => {
  interface Own extends ModelResponse {
    readonly mine: number;
  }
  expectTypeOf(hedge()({} as Model<Own>)).toEqualTypeOf<Model<Own>>();
  expectTypeOf(hedge()({} as Model<Sampled>)).toEqualTypeOf<Model<Sampled>>();
  // @ts-expect-error an option that does not exist
  expect(() => hedge({ delayMs: 5 })).toThrow();
});
