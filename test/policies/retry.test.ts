import { fc, test } from "@fast-check/vitest";
import {
  BudgetExceededError,
  CallTimeoutError,
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  NoAnswerError,
  outline,
  ProviderError,
  retry,
  run,
  sampleN,
  stack,
  type Model,
  type ModelResponse,
  type MullEvent,
  type RetryEvent,
  type RetryOptions,
  type Sampled,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";

const busy = new ProviderError("busy", { status: 503 });
const refused = new ProviderError("refused", { status: 401 });
const malformed = new MalformedResponseError("no text");
const late = new CallTimeoutError(100);
const none = new NoAnswerError("none");
const bug = new TypeError("bug");

/** Runs a script under `retry` on a clock of its own, and keeps what it told. */
function trial(script: readonly ScriptedReply[], options?: RetryOptions, seed = 1) {
  const clock = virtualClock();
  const model = scripted(script);
  const events: MullEvent[] = [];
  const done = run(stack(model, retry(options)), "?", { clock, seed, onEvent: (event) => events.push(event) });
  done.catch(() => {});
  const retries = (): RetryEvent[] => events.filter((event) => event.type === "retry");
  return { clock, model, events, retries, done };
}

describe("laws", () => {
  for (const { name, check } of middlewareLaws(retry())) test(name, check);
});

describe("behaviour", () => {
  test.each<[what: string, script: ScriptedReply[], options: RetryOptions, end: string | Error, calls: number]>([
    ["an answer at once", ["yes"], {}, "yes", 1],
    ["one failure", [busy, "yes"], {}, "yes", 2],
    ["two failures", [busy, busy, "yes"], {}, "yes", 3],
    ["as many failures as attempts: the last error, as it came", [busy, malformed, late], {}, late, 3],
    ["more attempts", [busy, busy, busy, busy, "yes"], { attempts: 5 }, "yes", 5],
    ["one attempt", [busy, "yes"], { attempts: 1 }, busy, 1],
    ["no waiting", [busy, busy, "yes"], { baseMs: 0 }, "yes", 3],
    ["an answer that is none", [malformed, "yes"], {}, "yes", 2],
    ["a timeout", [late, "yes"], {}, "yes", 2],
    ["a refusal that no waiting helps", [refused, "yes"], {}, refused, 1],
    [
      "a refusal the provider calls passing",
      [new ProviderError("x", { status: 400, retryable: true }), "yes"],
      {},
      "yes",
      2,
    ],
    ["no connection", [new ProviderError("lost"), "yes"], {}, "yes", 2],
    ["an error of somebody else", [bug, "yes"], {}, bug, 1],
    ["a strategy without an answer", [none, "yes"], {}, none, 1],
    ["retryIf: also what is not retried by itself", [refused, "yes"], { retryIf: () => true }, "yes", 2],
    ["retryIf: not what is retried by itself", [busy, "yes"], { retryIf: () => false }, busy, 1],
  ])("%s", async (_, script, options, end, calls) => {
    const { clock, model, done } = trial(script, options);
    if (typeof end === "string") expect((await clock.until(done)).text).toBe(end);
    else await expect(clock.until(done)).rejects.toBe(end);
    expect(model.calls).toBe(calls);
    expect(clock.pending).toBe(0);
  });

  test.each([
    new BudgetExceededError("calls", "spent"),
    new InvalidOptionError("tool", "name", "short", "x"),
    new CapabilityError("tools", "m", "no tools"),
  ])("$code is never tried again, whatever retryIf says", async (error) => {
    const { clock, model, done } = trial([error, "yes"], { retryIf: () => true });
    await expect(clock.until(done)).rejects.toBe(error);
    expect(model.calls).toBe(1);
  });

  test("failed attempts are in usage.failed, and only the good one in usage", async () => {
    const { clock, done } = trial([busy, busy, "one two three"]);
    const { usage } = await clock.until(done);
    expect(usage).toMatchObject({ calls: 1, outputTokens: 3, failed: { calls: 2 } });
  });

  test("a budget of calls counts every attempt, and is not waited for", async () => {
    const clock = virtualClock();
    const model = scripted([busy, busy, "yes"]);
    const done = run(stack(model, retry()), "?", { clock, budget: { calls: 2 } });
    await expect(clock.until(done)).rejects.toSatisfy(BudgetExceededError.is);
    expect(model.calls).toBe(2);
  });

  test("above a sampler it asks for all samples again", async () => {
    const clock = virtualClock();
    const model = scripted([busy, busy, "a", "b"]);
    const { samples, usage } = await clock.until(run(stack(model, sampleN(2), retry()), "?", { clock }));
    expect(samples.map(({ text }) => text)).toEqual(["a", "b"]);
    expect(usage).toMatchObject({ calls: 2, failed: { calls: 2 } });
  });

  test("the outline multiplies", () => {
    const [first = ""] = outline(stack(scripted(["x"]), retry({ attempts: 4 }))).split("\n");
    expect(first).toMatch(/^retry \(attempts = 4\) +≤ 4 calls, ≤ 6,096 tokens$/);
  });
});

describe("waiting", () => {
  test.prop([fc.integer(), fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 5_000 })])(
    "the k-th wait is between 0 and baseMs · 2^(k-1), at most maxMs, and takes exactly what its event says",
    async (seed, baseMs, maxMs) => {
      const { clock, retries, done } = trial([busy, busy, busy, busy, "yes"], { attempts: 5, baseMs, maxMs }, seed);
      await clock.until(done);
      const waits = retries().map(({ delayMs }) => delayMs);
      expect(waits).toHaveLength(4);
      waits.forEach((wait, k) => {
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(maxMs, baseMs * 2 ** k));
      });
      expect(clock.now()).toBe(waits.reduce((a, b) => a + b, 0));
    },
  );

  test("waits are spread evenly, not bunched (full jitter)", async () => {
    const waits: number[] = [];
    for (let seed = 0; seed < 400; seed++) {
      const { clock, retries, done } = trial([busy, "yes"], { baseMs: 1_000 }, seed);
      await clock.until(done);
      waits.push(retries()[0]!.delayMs);
    }
    const quarters = [0, 1, 2, 3].map((q) => waits.filter((wait) => Math.floor(wait / 250) === q).length);
    for (const count of quarters) expect(count).toBeGreaterThan(70); // 100 expected, 3.5 standard deviations
  });

  test("the same seed waits the same, another one does not; samples of one run differ", async () => {
    const waits = async (seed: number): Promise<number[]> => {
      const { clock, retries, done } = trial([busy, busy, "yes"], {}, seed);
      await clock.until(done);
      return retries().map(({ delayMs }) => delayMs);
    };
    expect(await waits(17)).toEqual(await waits(17));
    expect(await waits(17)).not.toEqual(await waits(18));

    const clock = virtualClock();
    const delays = new Set<number>();
    const model = scripted([...Array<Error>(8).fill(busy), ...Array<string>(8).fill("yes")]);
    const onEvent = (event: MullEvent): unknown => event.type === "retry" && delays.add(event.delayMs);
    await clock.until(run(stack(model, retry(), sampleN(8)), "?", { clock, seed: 1, onEvent }));
    expect(delays.size).toBeGreaterThan(4);
  });

  test.prop([fc.integer(), fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 10_000 })])(
    "retry-after is the least, maxMs the most; asked for more, it does not wait at all",
    async (seed, retryAfterMs, maxMs) => {
      const asked = new ProviderError("slow down", { status: 429, retryAfterMs });
      const { clock, model, retries, done } = trial([asked, "yes"], { maxMs }, seed);
      if (retryAfterMs > maxMs) {
        await expect(clock.until(done)).rejects.toBe(asked);
        expect([model.calls, clock.now(), retries()]).toEqual([1, 0, []]);
      } else {
        await clock.until(done);
        expect(clock.now()).toBeGreaterThanOrEqual(retryAfterMs);
        expect(clock.now()).toBeLessThanOrEqual(Math.min(maxMs, retryAfterMs + 500));
      }
    },
  );

  test("many attempts do not overflow", async () => {
    const script = [...Array<Error>(1_099).fill(busy), "yes"];
    const { clock, retries, done } = trial(script, { attempts: 1_100, baseMs: 1, maxMs: 10 });
    expect((await clock.until(done)).text).toBe("yes");
    expect(retries().every(({ delayMs }) => delayMs >= 0 && delayMs <= 10)).toBe(true);
    const unwaiting = trial(script, { attempts: 1_100, baseMs: 0 });
    await unwaiting.clock.until(unwaiting.done);
    expect(unwaiting.clock.now()).toBe(0);
  });
});

describe("cancellation", () => {
  test("an abort while it waits rejects with the reason at once, and leaves no timer", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const model = scripted([new ProviderError("busy", { status: 429, retryAfterMs: 1_000 }), "yes"]);
    const done = run(stack(model, retry()), "?", { clock, signal: controller.signal });
    done.catch(() => {});
    await clock.advance(500);
    expect([model.calls, clock.pending]).toEqual([1, 1]);
    const reason = { why: "left" };
    controller.abort(reason);
    await expect(done).rejects.toBe(reason);
    expect([model.calls, clock.pending, clock.now()]).toEqual([1, 0, 500]);
  });

  test("an abort while the model writes is not taken for a failure", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const model = scripted(["yes"], { latencyMs: 1_000 });
    const done = run(stack(model, retry({ retryIf: () => true })), "?", { clock, signal: controller.signal });
    done.catch(() => {});
    await clock.advance(500);
    controller.abort("left");
    await expect(done).rejects.toBe("left");
    await clock.runAll();
    expect(model.calls).toBe(1);
  });

  test("the end of the budget's time ends the wait", async () => {
    const clock = virtualClock();
    const model = scripted([new ProviderError("busy", { status: 429, retryAfterMs: 1_000 }), "yes"]);
    const done = run(stack(model, retry()), "?", { clock, budget: { ms: 300 } });
    await expect(clock.until(done)).rejects.toMatchObject({ code: "budget-exceeded", limit: "ms" });
    expect([model.calls, clock.pending, clock.now()]).toEqual([1, 0, 300]);
  });
});

test("events: every attempt has a path of its own, and between them stands the retry", async () => {
  const { clock, events, done } = trial([busy, malformed, "yes"]);
  await clock.until(done);
  expect(events.filter(({ type }) => type !== "delta").map(({ type, path }) => `${type} ${path.join("/")}`)).toEqual([
    "start retry",
    "start retry/scripted",
    "error retry/scripted",
    "retry retry",
    "start retry/scripted:2",
    "error retry/scripted:2",
    "retry retry",
    "start retry/scripted:3",
    "end retry/scripted:3",
    "end retry",
  ]);
  const retries = events.filter((event) => event.type === "retry");
  expect(retries).toHaveLength(2);
  expect(retries[0]).toMatchObject({ attempt: 1, error: busy });
  expect(retries[1]).toMatchObject({ attempt: 2, error: malformed });
});

test.prop([
  fc.array(fc.constantFrom<ScriptedReply>("yes", busy, refused, malformed), { minLength: 1, maxLength: 8 }),
  fc.integer({ min: 1, max: 8 }),
])(
  "law: it ends at the first reply that is good or hopeless, or when the attempts are over",
  async (script, attempts) => {
    const lines = [...script, ...Array<ScriptedReply>(8).fill(busy)];
    const { clock, model, done } = trial(lines, { attempts });
    const stops = script.findIndex((line) => line === "yes" || line === refused);
    const calls = Math.min(attempts, stops < 0 ? Infinity : stops + 1);
    const last = lines[calls - 1];
    if (last === "yes") expect((await clock.until(done)).text).toBe("yes");
    else await expect(clock.until(done)).rejects.toBe(last);
    expect(model.calls).toBe(calls);
  },
);

test.each<[options: object, message: string]>([
  [{ attempts: 0 }, "retry: attempts must be an integer of at least 1, got 0"],
  [{ attempts: 2.5 }, "retry: attempts must be an integer of at least 1, got 2.5"],
  [{ attempts: Infinity }, "retry: attempts must be an integer of at least 1, got Infinity"],
  [{ baseMs: -1 }, "retry: baseMs must be a number from 0 to 2147483647, got -1"],
  [{ baseMs: NaN }, "retry: baseMs must be a number from 0 to 2147483647, got NaN"],
  [{ maxMs: Infinity }, "retry: maxMs must be a number from 0 to 2147483647, got Infinity"],
  [{ retryIf: true }, "retry: retryIf must be a function of an error, got true"],
  [{ retries: 3 }, 'retry: an option must be one of attempts, baseMs, maxMs, retryIf, got "retries"'],
])("refuses %j when the stack is built", (options, message) => {
  expect(() => retry(options)).toThrow(InvalidOptionError);
  expect(() => retry(options)).toThrow(message);
});

test("types: what goes in comes out", () => {
  interface Own extends ModelResponse {
    readonly mine: number;
  }
  const own = {} as Model<Own>;
  expectTypeOf(retry()(own)).toEqualTypeOf<Model<Own>>();
  expectTypeOf(retry()({} as Model<Sampled>)).toEqualTypeOf<Model<Sampled>>();
  // @ts-expect-error an option that does not exist
  expect(() => retry({ delay: 5 })).toThrow();
});
