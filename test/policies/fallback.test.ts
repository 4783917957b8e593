import { fc, test } from "@fast-check/vitest";
import {
  BudgetExceededError,
  CapabilityError,
  fallback,
  InvalidOptionError,
  MalformedResponseError,
  outline,
  ProviderError,
  retry,
  run,
  sampleN,
  source,
  stack,
  timeout,
  type Answered,
  type FallbackOptions,
  type Model,
  type ModelResponse,
  type MullEvent,
} from "mull";
import { flaky, middlewareLaws, scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";

const busy = new ProviderError("a answered 503", { status: 503 });
const refused = new ProviderError("b answered 401", { status: 401 });
const malformed = new MalformedResponseError("no text");
const bug = new TypeError("the prompt was: secret");

/** Three models, each with one reply, in a line. */
function trial(replies: readonly ScriptedReply[], options?: FallbackOptions) {
  const models = replies.map((reply, i) => scripted([reply], { id: "abcdefgh".charAt(i) }));
  const [first = models[0]!, ...others] = models;
  const events: MullEvent[] = [];
  const done = run(stack(first, fallback(others, options)), "?", { onEvent: (event) => events.push(event) });
  return { models, events, done, calls: () => models.map((model) => model.calls).join("") };
}

describe("laws", () => {
  // The spare model is the model beneath itself, so that it is watched, too.
  for (const { name, check } of middlewareLaws((model) => stack(model, fallback([model])))) test(name, check);
});

describe("behaviour", () => {
  test.each<[what: string, replies: ScriptedReply[], options: FallbackOptions, end: string | Error, calls: string]>([
    ["the first answers", ["a", "b", "c"], {}, "a", "100"],
    ["the second answers", [busy, "b", "c"], {}, "b", "110"],
    ["the third answers", [busy, refused, "c"], {}, "c", "111"],
    ["all fail: the last error, as it came", [busy, malformed, refused], {}, refused, "111"],
    ["a refusal, too, goes on: another provider has another key", [refused, "b"], {}, "b", "11"],
    ["an answer that is none", [malformed, "b"], {}, "b", "11"],
    ["an error of somebody else", [bug, "b"], {}, "b", "11"],
    ["a missing capability", [new CapabilityError("tools", "a", "no tools"), "b"], {}, "b", "11"],
    ["when: only what it says", [refused, "b"], { when: (e) => e !== refused }, refused, "10"],
    ["when: asked after each", [busy, refused, "c"], { when: (e) => e !== refused }, refused, "110"],
  ])("%s", async (_, replies, options, end, calls) => {
    const { done, calls: made } = trial(replies, options);
    if (typeof end === "string") expect((await done).text).toBe(end);
    else await expect(done).rejects.toBe(end);
    expect(made()).toBe(calls);
  });

  test.each([new BudgetExceededError("tokens", "spent"), new InvalidOptionError("tool", "name", "short", "x")])(
    "$code goes to nobody else, whatever `when` says",
    async (error) => {
      const { done, calls } = trial([error, "b"], { when: () => true });
      await expect(done).rejects.toBe(error);
      expect(calls()).toBe("10");
    },
  );

  test("a warning names who answered and what failed, but no foreign message", async () => {
    expect((await trial(["a", "b"]).done).warnings).toBeUndefined();
    const reply = { text: "c", warnings: [{ code: "own", message: "its own" }] };
    expect((await trial([busy, bug, reply]).done).warnings).toEqual([
      { code: "own", message: "its own" },
      { code: "fallback", message: "c answered: a failed (a answered 503); b failed (TypeError)" },
    ]);
  });

  test("failed calls are in usage.failed", async () => {
    const { usage } = await trial([busy, refused, "one two"]).done;
    expect(usage).toMatchObject({ calls: 1, outputTokens: 2, failed: { calls: 2 } });
  });

  test("keeps nothing: every call begins with the first", async () => {
    const a = scripted([busy, "a"], { id: "a" });
    const model = stack(a, fallback([scripted(["b"], { id: "b" })]));
    expect([(await run(model, "?")).text, (await run(model, "?")).text]).toEqual(["b", "a"]);
    expect(a.calls).toBe(2);
  });

  test("beneath retry both are tried before it waits", async () => {
    const clock = virtualClock();
    const a = scripted([busy, busy], { id: "a" });
    const b = scripted([busy, "b"], { id: "b" });
    const { text } = await clock.until(run(stack(a, fallback([b]), retry()), "?", { clock }));
    expect([text, a.calls, b.calls]).toEqual(["b", 2, 2]);
  });

  test("above a timeout a model that hangs is passed over", async () => {
    const clock = virtualClock();
    const a = scripted(["a"], { id: "a", latencyMs: 60_000 });
    const { text } = await clock.until(run(stack(a, timeout(100), fallback([scripted(["b"])])), "?", { clock }));
    expect([text, clock.now(), clock.pending]).toEqual(["b", 100, 0]);
  });

  test("a model of the list may be a whole stack", async () => {
    const clock = virtualClock();
    const b = scripted([busy, "b1", "b2"], { id: "b" });
    const model = stack(scripted([busy]), sampleN(1), fallback([stack(b, retry(), sampleN(2))]));
    const { samples } = await clock.until(run(model, "?", { clock }));
    expect(samples.map(({ text }) => text).sort()).toEqual(["b1", "b2"]);
  });

  test("the budget holds over all models", async () => {
    const a = scripted([busy], { id: "a" });
    const b = scripted(["b"], { id: "b" });
    await expect(run(stack(a, fallback([b])), "?", { budget: { calls: 1 } })).rejects.toSatisfy(BudgetExceededError.is);
    expect([a.calls, b.calls]).toEqual([1, 0]);
  });

  test("capabilities are those of the first; what the next lacks is left out with a warning", async () => {
    const a = source("a", { temperature: true }, async () => Promise.reject(busy));
    const b = scripted(["b"], { id: "b", capabilities: { temperature: false } });
    const model = stack(a, fallback([b]));
    expect(model.capabilities).toBe(a.capabilities);
    const { warnings = [] } = await run(model, { messages: [{ role: "user", content: "?" }], temperature: 1 });
    expect(warnings.map(({ code }) => code)).toEqual(["downgrade", "fallback"]);
    expect(b.requests[0]).not.toHaveProperty("temperature");
  });

  test("the outline shows all models and adds them up", () => {
    const model = stack(scripted(["x"], { id: "a" }), fallback([stack(scripted(["x"], { id: "b" }), retry())]));
    expect(outline(model).replace(/ +≤/g, " ≤")).toBe(
      [
        "fallback ≤ 4 calls, ≤ 6,096 tokens",
        "├─ a ≤ 1 call, ≤ 1,524 tokens",
        "└─ retry (attempts = 3) ≤ 3 calls, ≤ 4,572 tokens",
        "   └─ b ≤ 1 call, ≤ 1,524 tokens",
      ].join("\n"),
    );
  });
});

describe("cancellation", () => {
  test.each([0, 1])("an abort while model %i writes goes to nobody else", async (at) => {
    const clock = virtualClock();
    const controller = new AbortController();
    const models = [0, 1, 2].map((i) => scripted([i < at ? busy : "x"], { id: `m${i}`, latencyMs: 100 }));
    const [first = models[0]!, ...others] = models;
    const model = stack(first, fallback(others, { when: () => true }));
    const done = run(model, "?", { clock, signal: controller.signal });
    done.catch(() => {});
    await clock.advance(100 * at + 50);
    const reason = { why: "left" };
    controller.abort(reason);
    await expect(done).rejects.toBe(reason);
    await clock.runAll();
    expect(models.map(({ calls }) => calls)).toEqual([1, at, 0]);
  });
});

test("events: each model has its path, between them stands the fallback", async () => {
  const { events, done } = trial([busy, refused, "c"]);
  await done;
  expect(events.filter(({ type }) => type !== "delta").map(({ type, path }) => `${type} ${path.join("/")}`)).toEqual([
    "start fallback",
    "start fallback/a",
    "error fallback/a",
    "fallback fallback",
    "start fallback/b",
    "error fallback/b",
    "fallback fallback",
    "start fallback/c",
    "end fallback/c",
    "end fallback",
  ]);
  const steps = events.filter((event) => event.type === "fallback");
  expect(steps.map(({ to, error }) => [to, error])).toEqual([
    ["b", busy],
    ["c", refused],
  ]);
});

test.prop([fc.array(fc.constantFrom<ScriptedReply>("yes", busy, refused, malformed), { minLength: 2, maxLength: 8 })])(
  "law: the first good reply wins, and nobody is asked after it",
  async (replies) => {
    const { models, done } = trial(replies);
    const good = replies.indexOf("yes");
    if (good >= 0) expect((await done).text).toBe("yes");
    else await expect(done).rejects.toBe(replies.at(-1));
    const asked = good < 0 ? replies.length : good + 1;
    expect(models.map(({ calls }) => calls)).toEqual(replies.map((_, i) => (i < asked ? 1 : 0)));
  },
);

test.prop([fc.integer(), fc.double({ min: 0, max: 0.9, noNaN: true })])(
  "law: with a sure model at the end there is always an answer",
  async (seed, probability) => {
    const unsure = flaky(
      scripted(() => "a"),
      { probability },
    );
    const { samples } = await run(stack(unsure, fallback([scripted(() => "b")]), sampleN(10)), "?", { seed });
    expect(samples).toHaveLength(10);
  },
);

test.each<[models: unknown, options: object, message: string]>([
  [[], {}, "fallback: models must be a list of at least one model, got an empty array"],
  [scripted(["x"]), {}, "fallback: models must be a list of at least one model, got an object"],
  [["gpt"], {}, "fallback: models must be a list of at least one model, got an array"],
  [[scripted(["x"])], { when: 1 }, "fallback: when must be a function of an error, got 1"],
  [[scripted(["x"])], { if: 1 }, 'fallback: an option must be one of when, got "if"'],
])("refuses %j %j when the stack is built", (models, options, message) => {
  expect(() => fallback(models as Model[], options)).toThrow(InvalidOptionError);
  expect(() => fallback(models as Model[], options)).toThrow(message);
});

test("later changes of the list change nothing", async () => {
  const models = [scripted(["b"], { id: "b" })];
  const model = stack(scripted([busy]), fallback(models));
  models.pop();
  expect((await run(model, "?")).text).toBe("b");
});

test("types: what any of the models may give", () => {
  interface Own extends ModelResponse {
    readonly mine: number;
  }
  const own = scripted(["x"]) as Model as Model<Own>;
  const plain: Model = scripted(["x"]);
  const answering = plain as Model<Answered<number>>;
  expectTypeOf(fallback([own])(own)).toEqualTypeOf<Model<Own>>();
  expectTypeOf(stack(answering, fallback([answering]))).toEqualTypeOf<Model<Answered<number>>>();
  // A plain model may have answered, and it has no `mine`.
  expectTypeOf(stack(own, fallback([plain]))).toEqualTypeOf<Model<Own | ModelResponse>>();
});
