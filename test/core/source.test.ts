/**
 * @module
 * Sources: what a provider's function is given, and what becomes of its reply. Requests that are shared stand in flight.test.ts.
 */
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  Budget,
  CapabilityError,
  ProviderError,
  open,
  run,
  source,
  stream,
  wrap,
  type Model,
  type ModelRequest,
  type MullEvent,
  type Reply,
  type SourceCall,
  type SourceOptions,
} from "mull";
import { virtualClock } from "mull/testing";

const user = (content: string): ModelRequest => ({ messages: [{ role: "user", content }] });
const usage = { inputTokens: 10, outputTokens: 5 };
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A model that tells what it was asked. */
function recording(
  reply: Partial<Reply> = {},
  options: SourceOptions = {},
): { readonly model: Model; readonly requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  const model = source(
    "m",
    {},
    async (request) => {
      requests.push(request);
      return { text: "x", ...reply };
    },
    options,
  );
  return { model, requests };
}

describe("the call it gets", () => {
  test("has everything of a call but children", async () => {
    const clock = virtualClock();
    const budget = new Budget({ calls: 3 });
    let seen: SourceCall | undefined;
    const model = source("m", {}, async (_, call) => {
      seen = call;
      return { text: "x" };
    });
    const thinks = wrap("thinks", model, (request, call) =>
      model.generate(request, call.child("t", { thought: true })),
    );
    await run(thinks, "hi", { clock, budget });
    expect(seen).toMatchObject({
      n: 1,
      path: ["thinks", "t", "m"],
      budget,
      clock,
      thought: true,
      listening: false,
      streaming: false,
    });
    expect(seen?.signal).toBeInstanceOf(AbortSignal);
    expect(seen?.usage.calls).toBe(1);
    expect("child" in seen!).toBe(false);
    expectTypeOf<SourceCall>().not.toHaveProperty("child");
  });

  test("streams only for those who listen", async () => {
    const model = source("m", {}, async (_, call) => {
      call.delta({ text: "a" });
      call.delta({ reasoning: "b" });
      call.delta({ toolInput: "c" });
      call.delta({ text: "nobody's" }, 1);
      return { text: String(call.streaming) };
    });
    expect((await run(model, "hi")).text).toBe("false");
    const events: MullEvent[] = [];
    expect((await run(model, "hi", { onEvent: (event) => events.push(event) })).text).toBe("true");
    expect(events.filter(({ type }) => type === "delta")).toEqual([
      { type: "delta", path: ["m"], text: "a", output: true },
      { type: "delta", path: ["m"], reasoning: "b", output: false },
      { type: "delta", path: ["m"], toolInput: "c", output: false },
    ]);
  });

  test("its signal is aborted with the call, and the caller does not wait for it", async () => {
    const clock = virtualClock();
    const signals: AbortSignal[] = [];
    const model = source("m", {}, async (_, { signal }) => {
      signals.push(signal);
      return new Promise<Reply>(() => {});
    });
    const part = wrap("part", model, async (request, call) => {
      const inner = open(call, "", { ms: 5, reason: () => "enough" });
      try {
        return await model.generate(request, inner.call);
      } finally {
        inner.close();
      }
    });
    expect(await clock.until(errorOf(run(part, "hi", { clock })))).toBe("enough");
    expect(signals.map(({ aborted, reason }) => [aborted, reason])).toEqual([[true, "enough"]]);
  });

  test("words that come after the call is over are nobody's", async () => {
    const clock = virtualClock();
    const model = source("m", {}, async (_, call) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 50));
      call.delta({ text: "late" });
      return { text: "late" };
    });
    const events: string[] = [];
    const running = stream(model, "hi", { clock, budget: { ms: 10 }, onEvent: ({ type }) => events.push(type) });
    await clock.until(errorOf(running.response));
    await clock.runAll();
    expect(events).toEqual(["start", "error"]);
  });
});

describe("the reply", () => {
  test.each<[reply: Partial<Reply>, finishReason: string]>([
    [{}, "stop"],
    [{ finishReason: "length" }, "length"],
    [{ toolCalls: [] }, "stop"],
    [{ toolCalls: [{ type: "tool-call", id: "1", name: "t", input: {} }] }, "tool-calls"],
    [{ toolCalls: [{ type: "tool-call", id: "1", name: "t", input: {} }], finishReason: "stop" }, "stop"],
  ])("%j: it ended because of %s", async (reply, finishReason) => {
    expect((await run(recording(reply).model, "hi")).finishReason).toBe(finishReason);
  });

  test("its fields are kept, known or not; warnings come first", async () => {
    const warnings = [{ code: "own", message: "the provider's" }];
    const reply = {
      reasoning: "hm",
      logprobs: [{ token: "x", logprob: -1 }],
      providerMetadata: { m: { id: 1 } },
      extra: [1],
      warnings,
    };
    const model = source("m", { seed: false }, async () => ({ text: "x", ...reply }));
    expect(await run(model, { ...user("hi"), seed: 5 })).toEqual({
      text: "x",
      ...reply,
      warnings: [
        ...warnings,
        { code: "downgrade", message: "m does not support seed: seed was left out", capability: "seed" },
      ],
      finishReason: "stop",
      usage: {
        calls: 1,
        inputTokens: undefined,
        cachedInputTokens: undefined,
        outputTokens: undefined,
        reasoningTokens: undefined,
        usd: undefined,
      },
    });
  });

  test("what the provider's function throws leaves as it is, thrown at once or later", async () => {
    const error = new Error("of the provider");
    const fail = (): never => {
      throw error;
    };
    for (const generate of [fail, async () => fail()])
      expect(await errorOf(run(source("m", {}, generate), "hi"))).toBe(error);
  });
});

describe("usage", () => {
  const price = { inputUsd: 1, cachedInputUsd: 0.25, outputUsd: 4 };
  const unknown = {
    calls: 1,
    inputTokens: undefined,
    cachedInputTokens: undefined,
    outputTokens: undefined,
    reasoningTokens: undefined,
    usd: undefined,
  };

  test.each<[said: Reply["usage"], options: SourceOptions, counted: object]>([
    [undefined, {}, unknown],
    [usage, {}, { ...unknown, ...usage }],
    [{ outputTokens: 5 }, { price }, { ...unknown, outputTokens: 5 }],
    [
      { ...usage, cachedInputTokens: 4, reasoningTokens: 2 },
      {},
      { ...unknown, ...usage, cachedInputTokens: 4, reasoningTokens: 2 },
    ],
    [usage, { price }, { ...unknown, ...usage, usd: (10 * 1 + 5 * 4) / 1e6 }],
    [
      { ...usage, cachedInputTokens: 8 },
      { price },
      { ...unknown, ...usage, cachedInputTokens: 8, usd: (2 * 1 + 8 * 0.25 + 5 * 4) / 1e6 },
    ],
    [
      { ...usage, cachedInputTokens: 8 },
      { price: { inputUsd: 1, outputUsd: 4 } },
      { ...unknown, ...usage, cachedInputTokens: 8, usd: 30 / 1e6 },
    ],
    [{ ...usage, usd: 0.5 }, { price }, { ...unknown, ...usage, usd: 0.5 }],
    [{ inputTokens: NaN, outputTokens: -3, usd: Infinity }, {}, unknown],
    [{ inputTokens: "10" as never, outputTokens: 0 }, {}, { ...unknown, outputTokens: 0 }],
  ])("%j, %j", async (said, options, counted) => {
    expect((await run(recording({ usage: said }, options).model, "hi")).usage).toEqual(counted);
  });

  test("of a failed call nothing is known, and it is told apart", async () => {
    const error = new ProviderError("overloaded", { status: 503 });
    const model = source("m", {}, async () => {
      throw error;
    });
    await errorOf(run(model, "hi"));
    expect(error.usage).toEqual({ ...zero, failed: unknown });
  });

  test("of a reply that is none, what it says counts as failed", async () => {
    const { model } = recording({ text: "", usage });
    expect(await errorOf(run(model, "hi"))).toMatchObject({ usage: { ...zero, failed: { calls: 1, ...usage } } });
  });

  const zero = { calls: 0, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0, usd: 0 };
});

describe("the budget", () => {
  const errors = async (model: Model, budget: Budget): Promise<unknown> => errorOf(run(model, user("hi"), { budget }));

  test.each<
    [what: string, limits: ConstructorParameters<typeof Budget>[0], asked: number | undefined, sent: number | undefined]
  >([
    ["none", {}, undefined, undefined],
    ["none, a cap", {}, 300, 300],
    ["only calls", { calls: 5 }, undefined, undefined],
    ["only time", { ms: 5000 }, undefined, undefined],
    ["ample", { tokens: 1e6 }, 300, 300],
    ["ample, no cap", { tokens: 1e6 }, undefined, 1024],
    ["tight", { tokens: 110 }, 300, 100],
    ["tight in output", { outputTokens: 50 }, 300, 50],
    ["tight in money", { usd: 0.0001 }, 300, 90],
  ])("%s: a cap of %s becomes %s", async (_, limits, asked, sent) => {
    const { model, requests } = recording({}, { countTokens: () => 10, price: { inputUsd: 1, outputUsd: 1 } });
    const request = { ...user("hi"), ...(asked !== undefined && { maxOutputTokens: asked }) };
    await run(model, request, { budget: limits });
    expect(requests[0]?.maxOutputTokens).toBe(sent);
    expect(requests[0]?.messages).toBe(request.messages);
  });

  test("an answer that was cut by what was left says so", async () => {
    const { model } = recording({ finishReason: "length" }, { countTokens: () => 10 });
    const message =
      "the answer was cut at 50 tokens, which is what the budget had reserved for it; maxOutputTokens says how much to reserve";
    expect((await run(model, { ...user("hi"), maxOutputTokens: 80 }, { budget: { tokens: 60 } })).warnings).toEqual([
      { code: "budget-cap", message },
    ]);
    expect(
      (await run(model, { ...user("hi"), maxOutputTokens: 80 }, { budget: { tokens: 600 } })).warnings,
    ).toBeUndefined();
  });

  test("a short first output does not cut the long ones after it, while there is room", async () => {
    const caps: unknown[] = [];
    const model = source("m", {}, async ({ maxOutputTokens }) => {
      caps.push(maxOutputTokens);
      return { text: "x", usage: { inputTokens: 1, outputTokens: 1 } };
    });
    const budget = new Budget({ tokens: 1e6 });
    for (let i = 0; i < 3; i++) await run(model, "hi", { budget });
    expect(caps).toEqual([1024, 1024, 1024]);
  });

  test.each<[what: string, error: () => unknown, tokens: number]>([
    ["refused by the provider: nothing", () => new ProviderError("no", { status: 429 }), 0],
    ["lost on the way: the worst", () => new ProviderError("unreachable"), 110],
    ["broken: the worst", () => new Error("a bug"), 110],
  ])("a call that failed, %s", async (_, error, tokens) => {
    const budget = new Budget({ tokens: 1000 });
    const model = source(
      "m",
      {},
      async () => {
        throw error();
      },
      { countTokens: () => 10 },
    );
    await errorOf(run(model, { ...user("hi"), maxOutputTokens: 100 }, { budget }));
    expect(budget.spent).toMatchObject({ calls: 1, tokens });
    expect(budget.reserved.calls).toBe(0);
  });

  test("in money needs a price", async () => {
    const { model, requests } = recording();
    const error = await errors(model, new Budget({ usd: 1 }));
    expect(error).toMatchObject({
      code: "capability",
      capability: "price",
      model: "m",
      message: "a budget in usd needs to know what m costs: give its adapter a price",
    });
    expect([CapabilityError.is(error), requests]).toEqual([true, []]);
  });

  test.each([NaN, -1, Infinity])("a count of tokens that is none (%s) is refused, not waited for", async (count) => {
    const { model, requests } = recording({}, { countTokens: () => count });
    const error = await errors(model, new Budget({ tokens: 1000 }));
    expect(error).toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining(`m: what countTokens returns must be a number from 0 to`),
    });
    expect(requests).toEqual([]);
  });

  test("usage that is no number counts as the worst", async () => {
    const budget = new Budget({ tokens: 1000 });
    const { model } = recording({ usage: { inputTokens: NaN, outputTokens: -5 } }, { countTokens: () => 10 });
    await run(model, { ...user("hi"), maxOutputTokens: 100 }, { budget });
    expect(budget.spent.tokens).toBe(110);
  });
});
