import { fc, test } from "@fast-check/vitest";
import {
  CallTimeoutError,
  InvalidOptionError,
  outline,
  ProviderError,
  retry,
  run,
  sampleN,
  stack,
  timeout,
  type Middleware,
  type Model,
  type ModelResponse,
  type MullEvent,
  type Sampled,
} from "mull";
import { middlewareLaws, scripted, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";

describe("laws", () => {
  for (const { name, check } of middlewareLaws(timeout(60_000))) test(name, check);
});

describe("laws where it strikes", () => {
  const layers: Middleware = (model) => stack(model, timeout(15), retry({ attempts: 20, baseMs: 0 }));
  const skip = {
    "the same seed and replies give the same result and order of events, whatever the timing": "time decides",
    "a failure beneath is handled, or comes through": "the last error may be a timeout",
  };
  for (const { name, check } of middlewareLaws(layers, { skip })) test(name, check);
});

/** Latencies of a model's replies, one after the other. */
function slow(...latencies: number[]) {
  return scripted(() => "yes", { latencyMs: (index) => latencies[index] ?? 0 });
}

describe("behaviour", () => {
  const late = (ms: number) => new CallTimeoutError(ms).message;
  test.each<[what: string, model: ReturnType<typeof slow>, layers: Middleware, end: string, calls: number, ms: number]>(
    [
      ["quick enough", slow(99), timeout(100), "yes", 1, 99],
      ["too slow", slow(101), timeout(100), late(100), 1, 100],
      ["just too slow: done must be before the end", slow(100), timeout(100), late(100), 1, 100],
      [
        "an error in time is that error",
        scripted([new ProviderError("no")], { latencyMs: 50 }),
        timeout(100),
        "no",
        1,
        50,
      ],
      ["beneath retry: each attempt", slow(500, 500, 90), (m) => retry({ baseMs: 0 })(timeout(100)(m)), "yes", 3, 290],
      ["above retry: all attempts", slow(500), (m) => timeout(100)(retry()(m)), late(100), 1, 100],
      ["the inner one strikes first", slow(500), (m) => timeout(200)(timeout(100)(m)), late(100), 1, 100],
      ["the outer one strikes first", slow(500), (m) => timeout(100)(timeout(200)(m)), late(100), 1, 100],
    ],
  )("%s", async (_, model, layers, end, calls, ms) => {
    const clock = virtualClock();
    const done = clock.until(run(layers(model), "?", { clock }));
    const found = await done.then(
      ({ text }) => text,
      (error: unknown) => (error as Error).message,
    );
    expect([found, model.calls, clock.now(), clock.pending]).toEqual([end, calls, ms, 0]);
  });

  test("throws a CallTimeoutError that knows the limit and what was spent", async () => {
    const clock = virtualClock();
    const done = clock.until(run(stack(slow(500), timeout(100)), "?", { clock }));
    const error: unknown = await done.catch((e: unknown) => e);
    expect(CallTimeoutError.is(error)).toBe(true);
    expect(error).toMatchObject({ ms: 100, usage: { calls: 0, cancelled: { calls: 1 } } });
  });

  test("holds for a model that listens to nothing, whatever becomes of it later", async () => {
    const clock = virtualClock();
    const deaf: Model = {
      id: "deaf",
      capabilities: {},
      generate: (_, call) =>
        new Promise((_resolve, reject) => call.clock.setTimeout(() => reject(new Error("much later")), 5_000)),
    };
    await expect(clock.until(run(stack(deaf, timeout(100)), "?", { clock }))).rejects.toBeInstanceOf(CallTimeoutError);
    expect(clock.now()).toBe(100);
    await clock.runAll(); // no unhandled rejection
  });

  test("beneath a sampler only the slow sample is lost", async () => {
    const clock = virtualClock();
    const model = slow(10, 500, 20);
    const { samples, failures } = await clock.until(run(stack(model, timeout(100), sampleN(3)), "?", { clock }));
    expect(samples).toHaveLength(2);
    expect(failures).toEqual([{ index: 1, error: expect.any(CallTimeoutError) }]);
    expect([model.calls, clock.now()]).toEqual([3, 100]);
  });

  test("above a sampler every sample in flight is given up", async () => {
    const clock = virtualClock();
    const done = clock.until(run(stack(slow(10, 500, 500), sampleN(3), timeout(100)), "?", { clock }));
    await expect(done).rejects.toMatchObject({ ms: 100, usage: { calls: 1, cancelled: { calls: 2 } } });
  });

  test("samples beneath which it stands are still one request where the provider has n", async () => {
    const clock = virtualClock();
    const model = scripted(["a", "b", "c", "d"], { capabilities: { n: true } });
    const { samples } = await clock.until(run(stack(model, retry(), timeout(100), sampleN(4)), "?", { clock }));
    expect([samples.length, model.calls]).toEqual([4, 1]);
  });

  test("the outline shows it and adds nothing", () => {
    const [first = ""] = outline(stack(slow(), timeout(2_500))).split("\n");
    expect(first).toMatch(/^timeout \(2500 ms\) +≤ 1 call, ≤ 1,524 tokens$/);
  });
});

describe("cancellation", () => {
  test("the caller's reason comes through, and no timer is left", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const done = run(stack(slow(500), timeout(100)), "?", { clock, signal: controller.signal });
    done.catch(() => {});
    await clock.advance(50);
    controller.abort("left");
    await expect(done).rejects.toBe("left");
    expect(clock.pending).toBe(0);
  });

  test("a budget's time that ends earlier is what the error says", async () => {
    const clock = virtualClock();
    const done = run(stack(slow(500), timeout(100)), "?", { clock, budget: { ms: 50 } });
    await expect(clock.until(done)).rejects.toMatchObject({ code: "budget-exceeded", limit: "ms" });
    expect([clock.now(), clock.pending]).toEqual([50, 0]);
  });
});

test("events: no path of its own beneath it; what was given up says why", async () => {
  const clock = virtualClock();
  const events: MullEvent[] = [];
  const done = run(stack(slow(500), timeout(100)), "?", { clock, onEvent: (event) => events.push(event) });
  const error: unknown = await clock.until(done).catch((e: unknown) => e);
  expect(events.map(({ type, path }) => [type, path])).toEqual([
    ["start", ["timeout"]],
    ["start", ["timeout", "scripted"]],
    ["error", ["timeout", "scripted"]],
    ["error", ["timeout"]],
  ]);
  for (const event of events) if (event.type === "error") expect(event).toMatchObject({ ms: 100, error });
});

test.prop([fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 0, max: 1_000 })])(
  "law: it takes the shorter of both times, and leaves no timer",
  async (ms, latencyMs) => {
    const clock = virtualClock();
    const done = clock.until(run(stack(slow(latencyMs), timeout(ms)), "?", { clock }));
    const ended = await done.then(
      () => "answer",
      () => "timeout",
    );
    expect([ended, clock.now(), clock.pending]).toEqual([
      latencyMs < ms ? "answer" : "timeout",
      Math.min(ms, latencyMs),
      0,
    ]);
  },
);

test.each([0, -5, NaN, Infinity, 2 ** 31, "100"])("refuses %j when the stack is built", (ms) => {
  expect(() => timeout(ms as number)).toThrow(InvalidOptionError);
  expect(() => timeout(ms as number)).toThrow("timeout: ms must be a number from 1 to 2147483647");
});

test("types: what goes in comes out", () => {
  interface Own extends ModelResponse {
    readonly mine: number;
  }
  expectTypeOf(timeout(1)({} as Model<Own>)).toEqualTypeOf<Model<Own>>();
  expectTypeOf(timeout(1)({} as Model<Sampled>)).toEqualTypeOf<Model<Sampled>>();
  // @ts-expect-error the time is not optional
  expect(() => timeout()).toThrow();
});
