/**
 * @module
 * Requests that are shared: equal ones of one tick become one with `n`.
 */
import { describe, expect, test } from "vitest";
import {
  Budget,
  MalformedResponseError,
  ProviderError,
  majorityVote,
  open,
  run,
  sampleN,
  source,
  stack,
  wrap,
  type Call,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type OpenCall,
  type Reply,
  type SourceCall,
  type SourceOptions,
} from "mull";
import { virtualClock, type VirtualClock } from "mull/testing";

interface Sent {
  readonly request: ModelRequest;
  readonly call: SourceCall;
}

const user = (content: string): ModelRequest => ({ messages: [{ role: "user", content }] });
const errorOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

/** A provider that takes 10 ms, reads 7 tokens, and writes 3 in each completion. */
function provider(
  n: boolean | number,
  options: SourceOptions & { readonly fail?: Error } = {},
): { readonly model: Model; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const model = source(
    "m",
    { n },
    async (request, call) => {
      sent.push({ request, call });
      await new Promise<void>((resolve) => call.clock.setTimeout(resolve, 10));
      if (options.fail) throw options.fail;
      return Array.from({ length: call.n }, (_, i): Reply => {
        call.delta({ text: `word ${i}` }, i);
        return { text: `completion ${i}`, usage: { inputTokens: i === 0 ? 7 : 0, outputTokens: 3 } };
      });
    },
    { countTokens: () => 7, ...options },
  );
  return { model, sent };
}

/** Asks the same model several times within one run, each in a part of its own. */
async function asking(
  model: Model,
  ask: (parts: readonly OpenCall[], clock: VirtualClock) => readonly Promise<ModelResponse>[],
  options: { readonly budget?: Budget; readonly onEvent?: (event: MullEvent) => void; readonly seed?: number } = {},
): Promise<{ readonly results: readonly unknown[]; readonly call: Call; readonly clock: VirtualClock }> {
  const clock = virtualClock();
  let results: readonly unknown[] = [];
  let top: Call | undefined;
  const layer = wrap("layer", model, async (_, call) => {
    top = call;
    const parts = ["a", "b", "c", "d"].map((name) => open(call, name));
    results = await Promise.all(ask(parts, clock).map(errorOf));
    for (const part of parts) part.close();
    return { text: "done", finishReason: "stop", usage: call.usage };
  });
  await clock.until(run(layer, "hi", { clock, ...options }));
  return { results, call: top!, clock };
}

const texts = (results: readonly unknown[]): unknown =>
  results.map((result) => (result as ModelResponse).text ?? result);

describe("what becomes one request", () => {
  test.each<[capability: boolean | number, n: number, requests: readonly number[]]>([
    [true, 5, [5]],
    [true, 1, [1]],
    [8, 5, [5]],
    [4, 10, [4, 4, 2]],
    [3, 3, [3]],
    [1, 3, [1, 1, 1]],
    [false, 3, [1, 1, 1]],
  ])("n = %s, %i samples: requests of %j", async (capability, n, requests) => {
    const clock = virtualClock();
    const { model, sent } = provider(capability);
    const response = await clock.until(run(stack(model, sampleN(n)), "hi", { clock }));
    expect(sent.map(({ call }) => call.n)).toEqual(requests);
    expect(clock.now()).toBe(10);
    expect(response.samples).toHaveLength(n);
    expect(response.samples.map(({ text }) => text)).toEqual(
      requests.flatMap((size) => Array.from({ length: size }, (_, i) => `completion ${i}`)),
    );
    expect(response.usage).toMatchObject({
      calls: requests.length,
      inputTokens: 7 * requests.length,
      outputTokens: 3 * n,
    });
  });

  const same = user("same");
  test.each<[what: string, a: ModelRequest, b: ModelRequest, requests: number]>([
    ["the same object", same, same, 1],
    [
      "equal in every field",
      { ...user("x"), stop: ["a"], schema: { jsonSchema: { type: "object" } } },
      { ...user("x"), stop: ["a"], schema: { jsonSchema: { type: "object" } } },
      1,
    ],
    ["another prompt", user("x"), user("y"), 2],
    ["another temperature", { ...same, temperature: 0 }, { ...same, temperature: 1 }, 2],
    ["another cap", { ...same, maxOutputTokens: 5 }, same, 2],
    ["another seed", { ...same, seed: 1 }, { ...same, seed: 2 }, 2],
    ["the same seed", { ...same, seed: 1 }, { ...same, seed: 1 }, 1],
    [
      "other tools",
      { ...same, tools: [{ name: "a", description: "", inputSchema: {} }] },
      { ...same, tools: [{ name: "b", description: "", inputSchema: {} }] },
      2,
    ],
  ])("%s", async (_, a, b, requests) => {
    const { model, sent } = provider(true);
    await asking(model, ([one, two]) => [model.generate(a, one!.call), model.generate(b, two!.call)]);
    expect(sent).toHaveLength(requests);
  });

  test("different ones beside each other, each with its equals", async () => {
    const { model, sent } = provider(true);
    const { results } = await asking(model, (parts) =>
      ["x", "y", "x", "y"].map((word, i) => model.generate(user(word), parts[i]!.call)),
    );
    expect(sent.map(({ request, call }) => [request.messages[0]!.content, call.n])).toEqual([
      ["x", 2],
      ["y", 2],
    ]);
    expect(texts(results)).toEqual(["completion 0", "completion 0", "completion 1", "completion 1"]);
  });

  test("not what starts in another tick", async () => {
    const { model, sent } = provider(true);
    await asking(model, (parts, clock) => [
      model.generate(user("x"), parts[0]!.call),
      new Promise<void>((resolve) => clock.setTimeout(resolve, 1)).then(() =>
        model.generate(user("x"), parts[1]!.call),
      ),
    ]);
    expect(sent.map(({ call }) => call.n)).toEqual([1, 1]);
  });

  test("not what belongs to another run, or to another budget", async () => {
    const clock = virtualClock();
    const { model, sent } = provider(true);
    await clock.until(Promise.all([run(model, "x", { clock }), run(model, "x", { clock })]));
    await asking(model, (parts) =>
      parts.slice(0, 2).map(({ call }, i) => model.generate(user("x"), call.child("c", { budget: { calls: i + 1 } }))),
    );
    expect(sent.map(({ call }) => call.n)).toEqual([1, 1, 1, 1]);
  });
});

describe("giving up", () => {
  test("one of several: the request goes on for the others", async () => {
    const { model, sent } = provider(true);
    const { results, call } = await asking(model, (parts, clock) => {
      clock.setTimeout(() => parts[0]!.abort("enough"), 5);
      return parts.map((part) => model.generate(user("x"), part.call));
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]!.call.signal.aborted).toBe(false);
    expect(texts(results)).toEqual(["enough", "completion 1", "completion 2", "completion 3"]);
    // Whose the request was is in the books once; what was written for nobody is not known.
    expect(call.usage).toMatchObject({
      calls: 1,
      inputTokens: 7,
      outputTokens: 9,
      cancelled: { calls: 0, outputTokens: undefined },
    });
  });

  test("all of them: the request is aborted, once, with the reason of the last", async () => {
    const budget = new Budget({ tokens: 5000 });
    const { model, sent } = provider(true);
    const { results, call } = await asking(
      model,
      (parts, clock) => {
        parts.forEach((part, i) => clock.setTimeout(() => part.abort(`enough ${i}`), 9 - i));
        return parts.map((part) => model.generate({ ...user("x"), maxOutputTokens: 50 }, part.call));
      },
      { budget },
    );
    expect(texts(results)).toEqual(["enough 0", "enough 1", "enough 2", "enough 3"]);
    expect([sent[0]!.call.signal.aborted, sent[0]!.call.signal.reason]).toEqual([true, "enough 0"]);
    expect(call.usage).toMatchObject({ calls: 0, cancelled: { calls: 1 } });
    expect(budget.spent).toMatchObject({ calls: 1, tokens: 207 });
  });

  test("all of them before it was sent: nothing is sent, and nothing spent", async () => {
    const budget = new Budget({ tokens: 5000 });
    const { model, sent } = provider(true);
    const { results, call } = await asking(
      model,
      (parts) => {
        const asked = parts.map((part) => model.generate(user("x"), part.call));
        for (const part of parts) part.abort("at once");
        return asked;
      },
      { budget },
    );
    expect(texts(results)).toEqual(["at once", "at once", "at once", "at once"]);
    expect([sent, call.usage.cancelled, budget.spent.calls, budget.reserved.calls]).toEqual([[], undefined, 0, 0]);
  });

  test("a vote that is decided gives up the rest, and the provider hears of it", async () => {
    const clock = virtualClock();
    const signals: AbortSignal[] = [];
    const model = source("m", { n: 2 }, async (_, call) => {
      signals.push(call.signal);
      await new Promise<void>((resolve) => call.clock.setTimeout(resolve, 10 * signals.length));
      return [{ text: "same" }, { text: "same" }];
    });
    await clock.until(run(stack(model, sampleN(6), majorityVote({ stop: ({ seen }) => seen === 2 })), "hi", { clock }));
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, true]);
  });
});

describe("failing", () => {
  test("fails for all; the request counts once", async () => {
    const fail = new ProviderError("overloaded", { status: 503 });
    const { model } = provider(true, { fail });
    const { results, call } = await asking(model, (parts) => parts.map((part) => model.generate(user("x"), part.call)));
    expect(results).toEqual([fail, fail, fail, fail]);
    expect(call.usage).toMatchObject({ calls: 0, failed: { calls: 1 } });
  });

  test("after the first caller left, too", async () => {
    const { model } = provider(true, { fail: new Error("broken") });
    const { call } = await asking(model, (parts, clock) => {
      clock.setTimeout(() => parts[0]!.abort("enough"), 5);
      return parts.map((part) => model.generate(user("x"), part.call));
    });
    expect(call.usage).toMatchObject({ calls: 0, failed: { calls: 1 }, cancelled: { calls: 0 } });
  });

  test("a provider that gives fewer completions fails those who go away empty", async () => {
    const model = source("m", { n: true }, async () => [{ text: "one" }, { text: "two" }]);
    const { results, call } = await asking(model, (parts) => parts.map((part) => model.generate(user("x"), part.call)));
    expect(texts(results.slice(0, 2))).toEqual(["one", "two"]);
    for (const error of results.slice(2)) {
      expect(MalformedResponseError.is(error)).toBe(true);
      expect((error as Error).message).toBe("m gave 2 of 4 completions");
    }
    expect(call.usage.calls).toBe(1);
  });

  test("one empty completion fails alone", async () => {
    const model = source("m", { n: true }, async (_, { n }) =>
      Array.from({ length: n }, (_, i) => ({
        text: i === 1 ? "" : "fine",
        usage: { inputTokens: 0, outputTokens: 3 },
      })),
    );
    const { results, call } = await asking(model, (parts) => parts.map((part) => model.generate(user("x"), part.call)));
    expect(results.map((result) => result instanceof Error)).toEqual([false, true, false, false]);
    expect(call.usage).toMatchObject({ calls: 1, outputTokens: 9, failed: { calls: 0, outputTokens: 3 } });
  });

  test("more completions than were asked for are nobody's", async () => {
    const budget = new Budget({ tokens: 5000 });
    const model = source("m", {}, async () => [
      { text: "one", usage: { inputTokens: 1, outputTokens: 2 } },
      { text: "two", usage: { inputTokens: 0, outputTokens: 500 } },
    ]);
    const response = await run(model, "hi", { budget });
    expect(response).toMatchObject({ text: "one", usage: { calls: 1, inputTokens: 1, outputTokens: 2 } });
    expect(budget.spent.tokens).toBe(3);
  });
});

describe("the budget", () => {
  test("is reserved once: the input once, the output of each", async () => {
    const budget = new Budget({ calls: 1, tokens: 407 });
    let reserved: object = {};
    const model = source(
      "m",
      { n: true },
      async ({ maxOutputTokens }, call) => {
        reserved = { ...budget.reserved, cap: maxOutputTokens };
        return Array.from({ length: call.n }, (_, i) => ({
          text: "x",
          usage: { inputTokens: i === 0 ? 7 : 0, outputTokens: 20 },
        }));
      },
      { countTokens: () => 7 },
    );
    const response = await run(stack(model, sampleN(4)), { ...user("hi"), maxOutputTokens: 100 }, { budget });
    expect(reserved).toEqual({ calls: 1, tokens: 407, outputTokens: 400, usd: 0, cap: 100 });
    expect(budget.spent).toEqual({ calls: 1, tokens: 87, outputTokens: 80, usd: 0 });
    expect(response.usage).toMatchObject({ calls: 1, inputTokens: 7, outputTokens: 80 });
  });

  test("too small for all: as many at a time as have room for a whole thought, the others after them", async () => {
    const clock = virtualClock();
    const budget = new Budget({ tokens: 300 });
    const { model, sent } = provider(true);
    const response = await clock.until(
      run(stack(model, sampleN(8)), { ...user("hi"), maxOutputTokens: 100 }, { clock, budget }),
    );
    expect(sent.map(({ request, call }) => [call.n, request.maxOutputTokens])).toEqual([
      [2, 100],
      [2, 100],
      [2, 100],
      [2, 100],
    ]);
    expect(response.samples).toHaveLength(8);
    expect(budget.spent).toMatchObject({ calls: 4, tokens: 4 * 7 + 8 * 3 });
    expect(response.usage).toMatchObject({ calls: 4, inputTokens: 28, outputTokens: 24 });
  });

  test("is never exceeded by completions that write as much as they may", async () => {
    const budget = new Budget({ outputTokens: 50 });
    const model = source("m", { n: true }, async ({ maxOutputTokens = 0 }, { n }) =>
      Array.from({ length: n }, () => ({ text: "x", usage: { inputTokens: 1, outputTokens: maxOutputTokens } })),
    );
    const response = await run(stack(model, sampleN(40)), "hi", { budget });
    expect(budget.spent.outputTokens).toBeLessThanOrEqual(50);
    expect(response.stopped).toBe("budget");
  });

  test("those who wait are given up alone", async () => {
    const budget = new Budget({ tokens: 107 });
    const { model, sent } = provider(true);
    const { results } = await asking(
      model,
      (parts, clock) => {
        clock.setTimeout(() => parts[2]!.abort("enough"), 5);
        return parts.map((part) => model.generate({ ...user("x"), maxOutputTokens: 90 }, part.call));
      },
      { budget },
    );
    expect(texts(results)).toEqual(["completion 0", "completion 0", "enough", "completion 0"]);
    expect(sent.map(({ call }) => call.n)).toEqual([1, 1, 1]);
    expect(budget.spent.calls).toBe(3);
  });
});

describe("seeds and words", () => {
  test("a shared request has one seed, separate ones have their own", async () => {
    const seeds = async (n: boolean | number): Promise<readonly (number | undefined)[]> => {
      const clock = virtualClock();
      const { model, sent } = provider(n);
      await clock.until(run(stack(model, sampleN(4)), "hi", { clock, seed: 1 }));
      return sent.map(({ request }) => request.seed);
    };
    const separate = await seeds(false);
    expect(new Set(separate).size).toBe(4);
    const [first] = separate;
    expect(await seeds(true)).toEqual([first]);
    expect(await seeds(2)).toEqual([first, separate[2]]);
    for (const seed of separate) expect(seed).toBeGreaterThanOrEqual(0);
  });

  test("each hears its own words, and its own start and end", async () => {
    const heard: string[] = [];
    const onEvent = (event: MullEvent): unknown =>
      heard.push(`${event.path.slice(1).join("/")} ${event.type === "delta" ? event.text : event.type}`);
    const { model } = provider(true);
    await asking(model, (parts) => parts.slice(0, 2).map((part) => model.generate(user("x"), part.call)), { onEvent });
    expect(heard).toEqual([
      " start",
      "a/m start",
      "b/m start",
      "a/m word 0",
      "b/m word 1",
      "a/m end",
      "b/m end",
      " end",
    ]);
  });
});
