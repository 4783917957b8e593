import { fc, test } from "@fast-check/vitest";
import {
  CallTimeoutError,
  InvalidOptionError,
  outline,
  ProviderError,
  retry,
  run,
  sampleN,
  sleep,
  source,
  stack,
  timeout,
  type Middleware,
  type Model,
  type ModelResponse,
  type MullEvent,
  type Sampled,
  type TimeoutOptions,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";

describe("laws", () => {
  for (const { name, check } of middlewareLaws(timeout(60_000))) test(name, check);
});

describe("laws with a limit on the first word", () => {
  for (const { name, check } of middlewareLaws(timeout({ ms: 60_000, firstTokenMs: 50_000 }))) test(name, check);
});

describe.each([15, { firstTokenMs: 15 }])("laws where it strikes: %j", (limits) => {
  const layers: Middleware = (model) => stack(model, timeout(limits), retry({ attempts: 20, baseMs: 0 }));
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

describe("the first word", () => {
  /** Writes so many ms apart, then answers. */
  function writing(...waits: readonly number[]): Model {
    return source("writing", {}, async (_, call) => {
      for (const [i, ms] of waits.entries()) {
        await sleep(call, ms);
        if (i < waits.length - 1) call.delta({ text: `${i} ` });
      }
      return { text: "done" };
    });
  }
  const silent = "no word came within 100 ms";
  const late = "the call took longer than 300 ms";
  test.each<[what: string, model: Model, limits: TimeoutOptions, end: string, ms: number]>([
    ["a word in time, then slow", writing(99, 5_000), { firstTokenMs: 100 }, "done", 5_099],
    ["no word in time", writing(101, 5), { firstTokenMs: 100 }, silent, 100],
    ["a word just too late", writing(100, 5), { firstTokenMs: 100 }, silent, 100],
    ["an answer in time, without any word before", writing(99), { firstTokenMs: 100 }, "done", 99],
    ["an answer without any word before, too late", writing(5_000), { firstTokenMs: 100 }, silent, 100],
    ["both limits: the first word is too late", writing(200, 5), { ms: 300, firstTokenMs: 100 }, silent, 100],
    ["both limits: the whole is too late", writing(50, 5_000), { ms: 300, firstTokenMs: 100 }, late, 300],
    ["both limits: in time", writing(50, 200), { ms: 300, firstTokenMs: 100 }, "done", 250],
    ["the whole alone", writing(200, 500), { ms: 300 }, late, 300],
  ])("%s", async (_, model, limits, end, ms) => {
    for (const onEvent of [undefined, () => {}]) {
      const clock = virtualClock();
      const done = clock.until(run(stack(model, timeout(limits)), "?", { clock, onEvent }));
      const found = await done.then(
        ({ text }) => text,
        (error: unknown) => (error as Error).message,
      );
      expect([found, clock.now(), clock.pending]).toEqual([end, ms, 0]);
    }
  });

  test.each<[what: string, part: { text?: string; reasoning?: string; toolInput?: string }, counts: boolean]>([
    ["text", { text: "a" }, true],
    ["reasoning", { reasoning: "a" }, true],
    ["a tool's input", { toolInput: "{" }, true],
    ["reasoning beside an empty text", { text: "", reasoning: "a" }, true],
    ["an empty text", { text: "" }, false],
  ])("%s is a word: %j %s", async (_, part, counts) => {
    const clock = virtualClock();
    const model = source("m", {}, async (_request, call) => {
      call.delta(part);
      await sleep(call, 500);
      return { text: "done" };
    });
    const done = clock.until(run(stack(model, timeout({ firstTokenMs: 100 })), "?", { clock }));
    if (counts) expect((await done).text).toBe("done");
    else await expect(done).rejects.toMatchObject({ limit: "firstTokenMs", ms: 100 });
  });

  test("the error says which limit, also in its fields", async () => {
    const clock = virtualClock();
    const error = async (limits: TimeoutOptions): Promise<unknown> =>
      clock.until(run(stack(slow(500, 500), timeout(limits)), "?", { clock })).catch((e: unknown) => e);
    expect(await error({ firstTokenMs: 100 })).toMatchObject({ code: "call-timeout", ms: 100, limit: "firstTokenMs" });
    expect(await error({ ms: 100 })).toMatchObject({ code: "call-timeout", ms: 100, limit: "ms" });
  });

  test("the timer is gone with the first word", async () => {
    const clock = virtualClock();
    const done = run(stack(writing(50, 500), timeout({ firstTokenMs: 100 })), "?", { clock });
    await clock.advance(49);
    expect(clock.pending).toBe(2);
    await clock.advance(1);
    expect(clock.pending).toBe(1);
    await clock.until(done);
  });

  test("beneath retry a silent call is asked again; each attempt has its own time", async () => {
    const clock = virtualClock();
    const model = slow(500, 500, 90);
    const solver = stack(model, timeout({ firstTokenMs: 100 }), retry({ baseMs: 0 }));
    const { text, usage } = await clock.until(run(solver, "?", { clock }));
    expect([text, usage.calls, usage.cancelled?.calls, clock.now()]).toEqual(["yes", 1, 2, 290]);
  });

  test("samples beneath which it stands are still one request where the provider has n", async () => {
    const clock = virtualClock();
    const model = scripted(["a", "b", "c", "d"], { capabilities: { n: true }, latencyMs: 50 });
    const solver = stack(model, timeout({ firstTokenMs: 100 }), sampleN(4));
    const { samples } = await clock.until(run(solver, "?", { clock }));
    expect([samples.length, model.calls]).toEqual([4, 1]);
  });

  test("an abort while it is silent ends it at once, and leaves no timer", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const solver = stack(slow(500), timeout({ ms: 400, firstTokenMs: 100 }));
    const done = run(solver, "?", { clock, signal: controller.signal });
    done.catch(() => {});
    await clock.advance(50);
    controller.abort("left");
    await expect(done).rejects.toBe("left");
    expect([clock.now(), clock.pending]).toEqual([50, 0]);
  });

  test.prop([fc.array(fc.constantFrom<ScriptedReply>("a b c", { text: "x", reasoning: "y z" }), { minLength: 1 })])(
    "law: it passes the events on exactly as they come",
    async (script) => {
      const told = async (layer: Middleware): Promise<MullEvent[]> => {
        const clock = virtualClock();
        const events: MullEvent[] = [];
        const solver = stack(scripted(script, { latencyMs: 30 }), layer, sampleN(script.length));
        await clock.until(run(solver, "?", { clock, seed: 1, onEvent: (event) => events.push(event) }));
        return events;
      };
      expect(await told(timeout({ firstTokenMs: 100 }))).toEqual(await told(timeout(100)));
    },
  );

  test("the outline shows it", () => {
    const first = (limits: TimeoutOptions): string => outline(stack(slow(), timeout(limits))).split("\n")[0]!;
    expect(first({ firstTokenMs: 500 })).toMatch(/^timeout \(first token 500 ms\) /);
    expect(first({ ms: 2_000, firstTokenMs: 500 })).toMatch(/^timeout \(2000 ms, first token 500 ms\) /);
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

test.each<[limits: object, message: string]>([
  [{}, "timeout: ms or firstTokenMs must be given, got undefined"],
  [{ ms: undefined }, "timeout: ms or firstTokenMs must be given, got undefined"],
  [{ ms: 0 }, "timeout: ms must be a number from 1 to 2147483647, got 0"],
  [{ ms: 5, firstTokenMs: 0 }, "timeout: firstTokenMs must be a number from 1 to 2147483647, got 0"],
  [{ firstTokenMs: NaN }, "timeout: firstTokenMs must be a number from 1 to 2147483647, got NaN"],
  [{ ms: 5, idleMs: 5 }, 'timeout: an option must be one of ms, firstTokenMs, got "idleMs"'],
])("refuses %j when the stack is built", (limits, message) => {
  expect(() => timeout(limits)).toThrow(InvalidOptionError);
  expect(() => timeout(limits)).toThrow(message);
});

test("types: what goes in comes out", () => {
  interface Own extends ModelResponse {
    readonly mine: number;
  }
  expectTypeOf(timeout(1)({} as Model<Own>)).toEqualTypeOf<Model<Own>>();
  expectTypeOf(timeout(1)({} as Model<Sampled>)).toEqualTypeOf<Model<Sampled>>();
  expectTypeOf(timeout({ firstTokenMs: 1 })({} as Model<Own>)).toEqualTypeOf<Model<Own>>();
  // @ts-expect-error the time is not optional
  expect(() => timeout()).toThrow();
});
