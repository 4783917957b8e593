/**
 * @module
 * `run`: what it refuses, when, with which words; deadlines; listeners.
 */
import { getEventListeners } from "node:events";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import {
  Budget,
  BudgetExceededError,
  Events,
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
  majorityVote,
  run,
  sampleN,
  source,
  stack,
  wrap,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type Reply,
  type RunOptions,
  type Usage,
} from "mull";
import { scripted, virtualClock } from "mull/testing";

const user = (content: string): ModelRequest => ({ messages: [{ role: "user", content }] });

/** What a promise rejects with. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`expected an error, got ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );

describe("bad input is refused before anything is called", () => {
  const noPrompt = "run: the prompt must be a text that is not empty, got";
  const noRequest = "run: the prompt must be a text, or a request with messages, got";
  const noWords = "run: messages must be messages of which one is not empty, got";
  const noMessage = "run: a message must be an object with a role (system, user, assistant, tool) and content, got";
  const options = "signal, budget, seed, onEvent, events, clock";

  test.each<[what: string, prompt: unknown, options: unknown, message: string]>([
    ["an empty prompt", "", {}, `${noPrompt} an empty string`],
    ["nothing but spaces", " \n\t ", {}, `${noPrompt} " \\n\\t "`],
    ["no prompt", undefined, {}, `${noRequest} undefined`],
    ["null", null, {}, `${noRequest} null`],
    ["a number", 5, {}, `${noRequest} 5`],
    ["a list of messages", [{ role: "user", content: "hi" }], {}, `${noRequest} an array`],
    ["a request without messages", {}, {}, `${noRequest} an object`],
    ["no messages", { messages: [] }, {}, `${noWords} an empty array`],
    ["an empty message", user(""), {}, `${noWords} an array`],
    ["messages of spaces", user("  \n "), {}, `${noWords} an array`],
    ["a message without parts", { messages: [{ role: "user", content: [] }] }, {}, `${noWords} an array`],
    [
      "an empty part",
      { messages: [{ role: "user", content: [{ type: "text", text: " " }] }] },
      {},
      `${noWords} an array`,
    ],
    ["a message that is none", { messages: [null] }, {}, `${noMessage} null`],
    ["an unknown role", { messages: [{ role: "bot", content: "hi" }] }, {}, `${noMessage} an object`],
    ["a message without content", { messages: [{ role: "user" }] }, {}, `${noMessage} an object`],
    [
      "a negative temperature",
      { ...user("hi"), temperature: -1 },
      {},
      "run: temperature must be a number of at least 0, got -1",
    ],
    [
      "a temperature that is no number",
      { ...user("hi"), temperature: "hot" },
      {},
      'run: temperature must be a number of at least 0, got "hot"',
    ],
    ["a topP above 1", { ...user("hi"), topP: 1.1 }, {}, "run: topP must be a number from 0 to 1, got 1.1"],
    [
      "an output cap of 0",
      { ...user("hi"), maxOutputTokens: 0 },
      {},
      "run: maxOutputTokens must be an integer of at least 1, got 0",
    ],
    [
      "an output cap of NaN",
      { ...user("hi"), maxOutputTokens: NaN },
      {},
      "run: maxOutputTokens must be an integer of at least 1, got NaN",
    ],
    ["an unknown option", "hi", { temperature: 1 }, `run: an option must be one of ${options}, got "temperature"`],
    ["options that are none", "hi", null, "run: options must be an object, got null"],
    ["a budget of 0", "hi", { budget: { tokens: 0 } }, "budget: tokens must be an integer of at least 1, got 0"],
    ["a budget of NaN", "hi", { budget: { usd: NaN } }, "budget: usd must be a number of at least 0, got NaN"],
    ["a negative budget", "hi", { budget: { calls: -3 } }, "budget: calls must be an integer of at least 1, got -3"],
    ["a deadline of 0", "hi", { budget: { ms: 0 } }, "budget: ms must be a number above 0, got 0"],
    [
      "an unknown figure",
      "hi",
      { budget: { dollars: 1 } },
      'budget: an option must be one of calls, tokens, outputTokens, usd, ms, got "dollars"',
    ],
    ["a budget that is a number", "hi", { budget: 500 }, "budget: options must be an object, got 500"],
    ["a budget that is null", "hi", { budget: null }, "budget: options must be an object, got null"],
    [
      "a seed of 1.5",
      "hi",
      { seed: 1.5 },
      "run: seed must be an integer from -9007199254740991 to 9007199254740991, got 1.5",
    ],
    [
      "a seed of NaN",
      "hi",
      { seed: NaN },
      "run: seed must be an integer from -9007199254740991 to 9007199254740991, got NaN",
    ],
    [
      "a seed that is text",
      "hi",
      { seed: "1" },
      'run: seed must be an integer from -9007199254740991 to 9007199254740991, got "1"',
    ],
    [
      "a controller for a signal",
      "hi",
      { signal: new AbortController() },
      "run: signal must be an AbortSignal, got an object",
    ],
  ])("%s", async (_, prompt, given, message) => {
    const model = scripted(["never"]);
    const error = await errorOf(run(model, prompt as string, given as RunOptions));
    expect((error as Error).message).toBe(message);
    expect(InvalidOptionError.is(error)).toBe(true);
    expect(model.calls).toBe(0);
  });

  test.each<[what: string, model: unknown, got: string]>([
    ["nothing", undefined, "undefined"],
    ["a text", "gpt", '"gpt"'],
    ["a function", () => {}, "a function"],
    ["a model without an id", { generate: () => {} }, "an object"],
    ["a layer", majorityVote(), "a function"],
  ])("%s is no model", async (_, model, got) => {
    const error = await errorOf(run(model as Model, "hi"));
    expect((error as Error).message).toBe(
      `run: the first argument must be a model (id, capabilities, generate), got ${got}`,
    );
    expect(InvalidOptionError.is(error)).toBe(true);
  });

  test("a request of files or tool results alone is not empty", async () => {
    for (const message of [
      { role: "user", content: [{ type: "file", mediaType: "image/png", data: "AAAA" }] },
      { role: "tool", content: [{ type: "tool-result", id: "1", name: "t", output: "" }] },
    ] as const) {
      await expect(run(scripted(["fine"]), { messages: [message] })).resolves.toMatchObject({ text: "fine" });
    }
  });

  test("a signal that is aborted: its reason, and nothing is called", async () => {
    for (const reason of [new Error("left"), "text", null, { own: "object" }, new BudgetExceededError("ms", "mine")]) {
      const model = scripted(["never"]);
      const signal = AbortSignal.abort(reason);
      const heard: MullEvent[] = [];
      expect(await errorOf(run(model, "hi", { signal, onEvent: (event) => heard.push(event) }))).toBe(reason);
      expect([model.calls, heard, getEventListeners(signal, "abort")]).toEqual([0, [], []]);
    }
  });

  test("what is wrong is said even so", async () => {
    const error = await errorOf(run(scripted(["never"]), "", { signal: AbortSignal.abort() }));
    expect(InvalidOptionError.is(error)).toBe(true);
  });
});

describe("a reply that is none", () => {
  const nothing = "model returned no text:";
  test.each<[what: string, reply: unknown, message: string]>([
    ["undefined", undefined, "model gave no reply: expected an object with text, got undefined"],
    ["null", null, "model gave no reply: expected an object with text, got null"],
    ["a number", 5, "model gave no reply: expected an object with text, got number"],
    ["a text", "Four.", "model gave no reply: expected an object with text, got string"],
    ["an object without text", {}, `${nothing} expected a string, got undefined`],
    ["text that is null", { text: null }, `${nothing} expected a string, got object`],
    ["text that is a number", { text: 4 }, `${nothing} expected a string, got number`],
    ["an empty text", { text: "" }, `${nothing} it gave an empty one, without tool calls`],
    [
      "an empty text and no tool calls",
      { text: "", toolCalls: [] },
      `${nothing} it gave an empty one, without tool calls`,
    ],
    [
      "all thought, no answer",
      { text: "", reasoning: "hm", finishReason: "length" },
      `${nothing} its output cap was used up before the answer began`,
    ],
    ["a filtered answer", { text: "", finishReason: "content-filter" }, `${nothing} its content filter stopped it`],
    ["no completion", [], "model gave 0 of 1 completions"],
  ])("%s", async (_, reply, message) => {
    const model = source("model", {}, async () => reply as Reply);
    for (const budget of [undefined, { tokens: 10_000 }]) {
      const error = await errorOf(run(model, "hi", { budget }));
      expect((error as Error).message).toBe(message);
      expect(MalformedResponseError.is(error) && error.usage?.failed?.calls).toBe(1);
    }
  });

  test.each<[what: string, reply: Reply, request: Partial<ModelRequest>]>([
    ["tool calls without words", { text: "", toolCalls: [{ type: "tool-call", id: "1", name: "t", input: {} }] }, {}],
    ["nothing to add to a prefill", { text: "" }, { prefill: "Four." }],
    ["spaces", { text: " " }, {}],
  ])("but %s is one", async (_, reply, request) => {
    await expect(
      run(
        source("model", {}, async () => reply),
        { ...user("hi"), ...request },
      ),
    ).resolves.toMatchObject({ text: reply.text });
  });
});

describe("the response", () => {
  test("is what the outermost layer gives, with the usage of the whole run and every unknown field", async () => {
    const model = scripted([{ text: "Four.", reasoning: "two and two", extra: "kept" } as Reply], { repeat: true });
    const twice = wrap("twice", model, async (request, call) => {
      await model.generate(request, call);
      return model.generate(request, call);
    });
    expect(await run(twice, "two and two?")).toEqual({
      text: "Four.",
      reasoning: "two and two",
      extra: "kept",
      finishReason: "stop",
      usage: { calls: 2, inputTokens: 6, cachedInputTokens: 0, outputTokens: 8, reasoningTokens: 6, usd: undefined },
    });
  });

  test("a prompt becomes a user message; a request is passed on as it is, and never touched", async () => {
    const model = scripted(["x"], { repeat: true });
    await run(model, "hi");
    const request = Object.freeze({ ...user("hi"), temperature: 0.5 });
    await run(model, request);
    expect(model.requests).toEqual([user("hi"), { ...user("hi"), temperature: 0.5 }]);
    expect(model.requests[1]).toBe(request);
  });

  test("the seed is passed on when it was chosen, to models that take one", async () => {
    const say: Model = source("m", {}, async ({ seed }) => ({ text: `seed ${seed}` }));
    const denies: Model = source("m", { seed: false }, async ({ seed }) => ({ text: `seed ${seed}` }));
    const one = await run(say, "hi", { seed: 1 });
    expect(one.text).toMatch(/^seed \d+$/);
    expect((await run(say, "hi", { seed: 1 })).text).toBe(one.text);
    expect((await run(say, "hi", { seed: 2 })).text).not.toBe(one.text);
    expect((await run(say, "hi")).text).toBe("seed undefined");
    expect((await run(say, { ...user("hi"), seed: 5 }, { seed: 1 })).text).toBe("seed 5");
    expect((await run(denies, "hi", { seed: 1 })).text).toBe("seed undefined");
  });

  test("its type is that of the model", () => {
    const model: Model = scripted(["x"], { repeat: true });
    expectTypeOf(run(model, "hi")).resolves.toEqualTypeOf<ModelResponse>();
    expectTypeOf(run(stack(model, sampleN(2)), "hi")).resolves.toHaveProperty("samples");
    // @ts-expect-error -- an option that does not exist
    void run(model, "hi", { temperature: 1 }).catch(() => {});
    expectTypeOf<Usage["outputTokens"]>().toEqualTypeOf<number | undefined>();
  });
});

describe("errors", () => {
  test("every error of mull carries what was spent; others leave as they came", async () => {
    const own = new Error("mine");
    const refused = new ProviderError("refused", { status: 400 });
    for (const [error, usage] of [
      [refused, expect.objectContaining({ calls: 1, outputTokens: 1, failed: expect.objectContaining({ calls: 1 }) })],
      [own, undefined],
    ] as const) {
      const model = scripted(["one", error]);
      const twice = wrap("twice", model, async (request, call) => {
        await model.generate(request, call);
        return model.generate(request, call);
      });
      const thrown = await errorOf(run(twice, "hi"));
      expect(thrown).toBe(error);
      expect((thrown as { usage?: unknown }).usage).toEqual(usage);
    }
  });

  test("a layer made by hand may throw at once", async () => {
    const broken: Model = {
      id: "broken",
      capabilities: {},
      generate: () => {
        throw new Error("at once");
      },
    };
    const { signal } = new AbortController();
    await expect(run(broken, "hi", { signal })).rejects.toThrow("at once");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("a run that was not given up leaves the signal of its calls alone", async () => {
    let inner: AbortSignal | undefined;
    const model = source("m", {}, (_, call) => {
      inner = call.signal;
      return Promise.resolve({ text: "so" });
    });
    await run(model, "hi", { signal: new AbortController().signal });
    expect(inner?.aborted).toBe(false);
  });

  test("an abort wins over what happens at the same time", async () => {
    for (const settle of ["resolve", "reject"] as const) {
      const controller = new AbortController();
      const reason = new Error("left");
      const model = wrap("m", scripted(["x"]), async (_, call) => {
        controller.abort(reason);
        if (settle === "reject") throw new Error("another");
        return { text: "too late", finishReason: "stop", usage: call.usage };
      });
      expect(await errorOf(run(model, "hi", { signal: controller.signal }))).toBe(reason);
    }
  });

  test("a model that does not listen is not waited for", async () => {
    const deaf: Model = { id: "deaf", capabilities: {}, generate: () => new Promise(() => {}) };
    const controller = new AbortController();
    const reason = new Error("left");
    const clock = virtualClock();
    const left = errorOf(run(deaf, "hi", { signal: controller.signal, clock }));
    controller.abort(reason);
    expect(await left).toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    const late = errorOf(run(deaf, "hi", { budget: { ms: 7 }, clock }));
    await clock.advance(7);
    expect(await late).toMatchObject({ limit: "ms", message: "the time of 7 ms is over" });
    expect(clock.pending).toBe(0);
  });
});

describe("the deadline", () => {
  test("ends a run that has nothing with an error that carries usage, on the clock, and leaves no timer", async () => {
    const clock = virtualClock();
    const model = scripted(["too slow"], { latencyMs: 1000 });
    const error = await clock.until(errorOf(run(model, "hi", { clock, budget: { ms: 250 } })));
    expect(error).toMatchObject({
      code: "budget-exceeded",
      limit: "ms",
      message: "the time of 250 ms is over",
      usage: { calls: 0, outputTokens: 0, cancelled: { calls: 1, outputTokens: undefined } },
    });
    expect(BudgetExceededError.is(error)).toBe(true);
    expect([clock.now(), clock.pending]).toEqual([250, 0]);
  });

  test("leaves a strategy what it has", async () => {
    const clock = virtualClock();
    const model = scripted(["a", "b", "c"], { latencyMs: (index) => [10, 20, 1000][index] ?? 0 });
    const response = await clock.until(run(stack(model, sampleN(3)), "hi", { clock, budget: { ms: 100 } }));
    expect(response.samples.map(({ text }) => text)).toEqual(["a", "b"]);
    expect(response).toMatchObject({ text: "a", stopped: "deadline", usage: { calls: 2, cancelled: { calls: 1 } } });
    expect([clock.now(), clock.pending]).toEqual([100, 0]);
  });

  test("met in time, nothing of it is left", async () => {
    const clock = virtualClock();
    await clock.until(run(scripted(["x"], { latencyMs: 10 }), "hi", { clock, budget: { ms: 1000 } }));
    expect([clock.now(), clock.pending]).toEqual([10, 0]);
  });

  test.each([Infinity, undefined])("%s is none", async (ms) => {
    const clock = virtualClock();
    const setTimeout = vi.spyOn(clock, "setTimeout");
    await run(scripted(["x"]), "hi", { clock, budget: { ms } });
    expect(setTimeout).not.toHaveBeenCalled();
  });

  test("of a budget that is shared begins anew with each run", async () => {
    const clock = virtualClock();
    const budget = new Budget({ ms: 50 });
    const model = scripted(["x"], { repeat: true, latencyMs: 40 });
    for (let i = 0; i < 3; i++) await clock.until(run(model, "hi", { clock, budget }));
    expect(clock.now()).toBe(120);
  });
});

describe("listeners", () => {
  const asked = (options: RunOptions): Promise<ModelResponse> => run(scripted(["one two"]), "hi", options);

  test("hear every event, in order", async () => {
    const events = new Events();
    const heard: string[] = [];
    for (const type of ["start", "delta", "end"] as const)
      events.on(type, (event) => heard.push(`emitter ${event.type}`));
    await asked({ events, onEvent: ({ type }) => heard.push(type) });
    expect(heard).toEqual(["start", "delta", "delta", "end"].flatMap((type) => [type, `emitter ${type}`]));
  });

  test("one that throws stops neither the run nor the others, and is told of in a warning", async () => {
    const events = new Events();
    const heard: string[] = [];
    events.on("end", ({ type }) => heard.push(type));
    events.on("end", () => {
      throw new Error("the emitter's own");
    });
    const response = await asked({
      events,
      onEvent: ({ type }) => {
        if (type === "delta") throw new Error("oops");
      },
    });
    expect(response.text).toBe("one two");
    expect(response.warnings).toEqual([{ code: "listener", message: "a listener threw 3 times, first: Error: oops" }]);
    expect(heard).toEqual(["end"]);
  });

  test("its warning comes after those that are there", async () => {
    const model = source("m", { temperature: false }, async () => ({ text: "x" }));
    const onEvent = (): never => {
      throw new Error("oops");
    };
    const { warnings } = await run(model, { ...user("hi"), temperature: 1 }, { onEvent });
    expect(warnings?.map(({ code }) => code)).toEqual(["downgrade", "listener"]);
  });

  test("an error is an error, even so", async () => {
    const onEvent = (): never => {
      throw new Error("oops");
    };
    await expect(run(scripted([new Error("the model's")]), "hi", { onEvent })).rejects.toThrow("the model's");
  });
});

test("a second run behaves like the first", async () => {
  const solver = stack(scripted(["a", "b", "a"], { repeat: true }), sampleN(3), majorityVote());
  expect(await run(solver, "hi", { seed: 1 })).toEqual(await run(solver, "hi", { seed: 1 }));
});
