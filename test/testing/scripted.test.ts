/**
 * @module
 * The scripted model.
 */
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
  run,
  sampleN,
  source,
  stack,
  type DeltaEvent,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type Usage,
} from "mull";
import { scripted, virtualClock, type ScriptedLine, type ScriptedOptions } from "mull/testing";

const ask = (content: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: "user", content }],
  ...more,
});

describe("what it says", () => {
  test("line after line, whoever asks", async () => {
    const broken = new ProviderError("overloaded", { status: 503 });
    const model = scripted([
      "one",
      { text: "two", finishReason: "length" },
      broken,
      (request) => `${request.messages.length}`,
    ]);
    expect(await run(model, "q")).toMatchObject({ text: "one", finishReason: "stop" });
    expect(await run(stack(model), "q")).toMatchObject({ text: "two", finishReason: "length" });
    await expect(run(model, "q")).rejects.toBe(broken);
    expect(await run(model, "q")).toMatchObject({ text: "1" });
    expect(model.calls).toBe(4);
  });

  test("in order of arrival, when several ask at once", async () => {
    const clock = virtualClock();
    const model = scripted(["one", "two", "three"], { latencyMs: (index) => 30 - 10 * index });
    const { samples } = await clock.until(run(stack(model, sampleN(3)), "q", { clock }));
    expect(samples.map(({ text }) => text)).toEqual(["one", "two", "three"]);
    expect(clock.now()).toBe(30);
  });

  test("what a function decides, of request, call and position, now or later", async () => {
    const model = scripted((request, call, index) =>
      index === 0 ? `${request.temperature ?? 0}` : Promise.resolve({ text: call.path.join("/") }),
    );
    expect(await run(model, ask("q", { temperature: 0.5 }))).toMatchObject({ text: "0.5" });
    expect(await run(model, "q")).toMatchObject({ text: "scripted" });
  });

  test("errors that a function gives or throws", async () => {
    const [given, thrown] = [new Error("given"), new Error("thrown")];
    const model = scripted([
      () => given,
      () => {
        throw thrown;
      },
    ]);
    await expect(run(model, "q")).rejects.toBe(given);
    await expect(run(model, "q")).rejects.toBe(thrown);
  });

  test("from the beginning again, with `repeat`", async () => {
    const model = scripted(["one", "two"], { repeat: true });
    const { samples } = await run(stack(model, sampleN(5)), "q");
    expect(samples.map(({ text }) => text)).toEqual(["one", "two", "one", "two", "one"]);
  });

  test("nothing more, when the script is over", async () => {
    const model = scripted(["one", "two"]);
    const { samples, failures, stopped } = await run(stack(model, sampleN(5, { concurrency: 1 })), "q");
    expect([samples.length, failures.length, stopped, model.calls]).toEqual([2, 1, "failure", 3]);
    const error = failures[0]?.error;
    expect(error).toMatchObject({ message: "the script has 2 replies, and reply 3 was asked for", retryable: false });
    await expect(run(scripted(["one"], { repeat: true }), "q")).resolves.toMatchObject({ text: "one" });
  });

  test("an empty text is malformed, as everywhere", async () => {
    await expect(run(scripted([""]), "q")).rejects.toSatisfy((error) => MalformedResponseError.is(error));
  });

  test("several lines for one request, with native n", async () => {
    const model = scripted(["one two", "three", "four five six"], { capabilities: { n: true } });
    const { samples, usage } = await run(stack(model, sampleN(3)), "how many?");
    expect(samples.map(({ text }) => text)).toEqual(["one two", "three", "four five six"]);
    expect(model.calls).toBe(1);
    expect(usage).toMatchObject({ calls: 1, inputTokens: 2, outputTokens: 6 });
  });

  test("a request with native n fails as a whole, after its time", async () => {
    const clock = virtualClock();
    const model = scripted(["one", new Error("two"), "three"], {
      capabilities: { n: true },
      latencyMs: (index) => 10 * index,
    });
    const outcome = run(stack(model, sampleN(3)), "q", { clock });
    await expect(clock.until(outcome)).rejects.toThrow("two");
    expect([clock.now(), clock.pending]).toEqual([20, 0]);
  });
});

describe("what it keeps", () => {
  test("requests as they were sent", async () => {
    const model = scripted(["one", "two", "three"], { repeat: true });
    const request = ask("q");
    await run(model, request);
    await run(model, request, { seed: 1, budget: { outputTokens: 50 } });
    expect(model.requests[0]).toBe(request);
    expect(model.requests[1]).toMatchObject({ maxOutputTokens: 50, seed: expect.any(Number) });
  });

  test("it is a model", () => {
    expectTypeOf(scripted(["one"])).toExtend<Model>();
    expect(scripted(["one"])).toMatchObject({ id: "scripted", capabilities: {} });
    expect(scripted(["one"], { id: "mine", capabilities: { tools: false } })).toMatchObject({
      id: "mine",
      capabilities: { tools: false },
    });
  });
});

describe("what it spends", () => {
  const usage = async (
    script: readonly ScriptedLine[],
    options?: ScriptedOptions,
    prompt: ModelRequest = ask("How many legs?"),
  ): Promise<Usage> => (await run(scripted(script, options), prompt)).usage;

  test.each<[what: string, request: ModelRequest, tokens: number]>([
    ["words", ask("How many legs do\nthree spiders have?"), 7],
    ["words of all messages", { messages: [{ role: "system", content: "Be brief." }, ...ask("Well?").messages] }, 3],
    ["words of text parts", { messages: [{ role: "user", content: [{ type: "text", text: "one two" }] }] }, 2],
    ["words of the prefill", ask("one", { prefill: "Let me think" }), 4],
    [
      "a file, by its JSON",
      { messages: [{ role: "user", content: [{ type: "file", mediaType: "image/png", data: "aGk=" }] }] },
      1,
    ],
    ["a tool, by its JSON", ask("one", { tools: [{ name: "add", description: "adds two", inputSchema: {} }] }), 3],
    ["a schema, by its JSON", ask("one", { schema: { jsonSchema: { title: "a b" } } }), 3],
  ])("input: %s", async (_, request, tokens) => {
    expect(await usage(["yes"], {}, request)).toMatchObject({ calls: 1, inputTokens: tokens, outputTokens: 1 });
  });

  test("output: words of text, reasoning and tool calls", async () => {
    const reply = {
      text: "one two",
      reasoning: "a b c",
      toolCalls: [{ type: "tool-call", id: "1", name: "add", input: "1 2" }],
    } as const;
    expect(await usage([reply])).toMatchObject({ outputTokens: 7, reasoningTokens: 3 });
  });

  test("what the reply says, or a function, or nobody knows", async () => {
    expect(await usage([{ text: "one", usage: { outputTokens: 500 } }])).toMatchObject({
      outputTokens: 500,
      inputTokens: undefined,
    });
    const options = { usage: () => ({ inputTokens: 7, outputTokens: 8 }), price: { inputUsd: 1, outputUsd: 2 } };
    expect(await usage(["one"], options)).toMatchObject({ inputTokens: 7, outputTokens: 8, usd: 23e-6 });
    expect(await usage(["one"], { usage: () => undefined })).toMatchObject({
      calls: 1,
      inputTokens: undefined,
      outputTokens: undefined,
    });
  });

  test("no more than its output cap", async () => {
    const said = (line: ScriptedLine, cap: number): Promise<ModelResponse> =>
      run(scripted([line]), ask("q", { maxOutputTokens: cap }));
    expect(await said("one  two\nthree four", 3)).toMatchObject({
      text: "one  two\nthree",
      finishReason: "length",
      usage: { outputTokens: 3 },
    });
    expect(await said("one two", 2)).toMatchObject({ text: "one two", finishReason: "stop" });
    expect(await said({ text: "one two", reasoning: "a b" }, 3)).toMatchObject({
      text: "one",
      reasoning: "a b",
      usage: { outputTokens: 3 },
    });
    await expect(said({ text: "one two", reasoning: "a b" }, 1)).rejects.toThrow(
      "its output cap was used up before the answer began",
    );
    expect(await said({ text: "one two", usage: { outputTokens: 2 } }, 1)).toMatchObject({ text: "one two" });
  });

  test("what it reserves is what it spends", async () => {
    const words = "a ".repeat(60).trim(); // more than a third of its bytes
    const request = ask(words, { maxOutputTokens: 2 });
    expect(await run(scripted(["one two three"]), request, { budget: { tokens: 62 } })).toMatchObject({
      text: "one two",
    });
    await expect(run(scripted(["one"]), request, { budget: { tokens: 61 } })).rejects.toThrow("the next call needs 62");
  });
});

describe("when it is heard", () => {
  const deltas = async (model: Model, latency = 0): Promise<(readonly [number, DeltaEvent])[]> => {
    const clock = virtualClock();
    const events: (readonly [number, MullEvent])[] = [];
    await clock.until(run(model, "q", { clock, onEvent: (event) => events.push([clock.now(), event]) }));
    expect(clock.now()).toBe(latency);
    return events.filter((entry): entry is [number, DeltaEvent] => entry[1].type === "delta");
  };

  test("it streams word by word, evenly over its time", async () => {
    const told = await deltas(
      scripted([{ text: "one  two\nthree. ", reasoning: "Hm, well." }], { latencyMs: 100 }),
      100,
    );
    expect(told.map(([at]) => at)).toEqual([20, 40, 60, 80, 100]);
    expect(told.map(([, { text, reasoning }]) => text ?? reasoning)).toEqual([
      "Hm,",
      " well.",
      "one",
      "  two",
      "\nthree. ",
    ]);
    expect(told.map(([, { output }]) => output)).toEqual([false, false, true, true, true]);
  });

  test.each(["", " ", " one", "one ", "\n\n one\t two \n"])("the words of %j join to it", async (text) => {
    const told = await deltas(
      scripted([{ text, toolCalls: [{ type: "tool-call", id: "1", name: "add", input: {} }] }]),
    );
    expect(told.map(([, delta]) => delta.text).join("")).toBe(text);
  });

  test("every completion of native n has its own words", async () => {
    const model = scripted(["a b", "c"], { capabilities: { n: true } });
    const told: string[] = [];
    const onEvent = (event: MullEvent): unknown =>
      event.type === "delta" && told.push(`${event.path[1]!} ${event.text!}`);
    await run(stack(model, sampleN(2)), "q", { onEvent });
    expect(told).toEqual(["#0 a", "#0  b", "#1 c"]);
  });
});

describe("when it is given up", () => {
  test.each([0, 35, 99])("at %i ms it says no more", async (at) => {
    const clock = virtualClock();
    const controller = new AbortController();
    const model = scripted(["a b c d e f g h i j"], { latencyMs: 100 });
    let words = 0;
    const onEvent = (event: MullEvent): unknown => event.type === "delta" && words++;
    const outcome = run(model, "q", { clock, signal: controller.signal, onEvent }).catch((error: unknown) => error);
    await clock.advance(at);
    controller.abort("enough");
    await clock.advance(0);
    expect(clock.pending).toBe(0);
    expect(await outcome).toBe("enough");
    expect(words).toBe(Math.floor(at / 10));
  });

  test("functions hear of it", async () => {
    const controller = new AbortController();
    const heard: unknown[] = [];
    const model = scripted((_, { signal }) => {
      return new Promise<string>(() => signal.addEventListener("abort", () => heard.push(signal.reason)));
    });
    const outcome = run(model, "q", { signal: controller.signal });
    controller.abort("enough");
    await expect(outcome).rejects.toBe("enough");
    expect(heard).toEqual(["enough"]);
  });
});

test.each<[what: string, make: () => unknown]>([
  ["an empty script", () => scripted([])],
  ["no script", () => scripted("one" as never)],
  ["an unknown option", () => scripted(["one"], { latency: 1 } as never)],
])("%s is refused", (_, make) => {
  expect(make).toThrow(InvalidOptionError);
});

test("it is a source like any other", async () => {
  const model = scripted(["one"], { capabilities: { tools: false } });
  const request = ask("q", { tools: [{ name: "add", description: "adds", inputSchema: {} }] });
  await expect(run(model, request)).rejects.toThrow("does not support tools");
  await expect(
    run(
      source("same", { tools: false }, async () => ({ text: "" })),
      request,
    ),
  ).rejects.toThrow();
});
