/**
 * @module
 * The handler without a network: a request in, a response out.
 */
import { getEventListeners } from "node:events";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  Budget,
  InvalidOptionError,
  ProviderError,
  chainOfThought,
  majorityVote,
  number,
  sampleN,
  source,
  stack,
  type Model,
  type MullEvent,
  type Reply,
} from "mull";
import { openaiHandler } from "mull/serve";
import { scripted, virtualClock } from "mull/testing";
import { serve, answering, ask, chatRequest, hello, patient, streamOf, turn } from "./ask.js";

const usage = { inputTokens: 10, cachedInputTokens: 4, outputTokens: 6, reasoningTokens: 2, usd: 0.5 };
const full: Reply = {
  text: "24 legs",
  reasoning: "3 times 8",
  finishReason: "length",
  logprobs: [
    {
      token: "24",
      logprob: -0.25,
      top: [
        { token: "24", logprob: -0.25 },
        { token: "22", logprob: -Infinity },
      ],
    },
  ],
  usage,
};

describe("a completion", () => {
  test("has what the response has", async () => {
    const response = await ask(serve(answering(() => full)));
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    const id = response.headers.get("x-request-id");
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(await response.json()).toEqual({
      id: `chatcmpl-${id}`,
      object: "chat.completion",
      created: expect.toSatisfy((at: number) => Math.abs(at - Date.now() / 1000) < 60 && Number.isInteger(at)),
      model: "m",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "24 legs", reasoning_content: "3 times 8", refusal: null },
          logprobs: {
            content: [
              {
                token: "24",
                logprob: -0.25,
                bytes: null,
                top_logprobs: [
                  { token: "24", logprob: -0.25, bytes: null },
                  { token: "22", logprob: -9999, bytes: null },
                ],
              },
            ],
            refusal: null,
          },
          finish_reason: "length",
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 6,
        total_tokens: 16,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
      mull: { usage: { calls: 1, ...usage } },
    });
  });

  test("streamed, has the same in chunks", async () => {
    const model = answering((_, call) => {
      call.delta({ reasoning: "3 times 8" });
      for (const text of ["24", " legs"]) call.delta({ text });
      return full;
    });
    const response = await ask(serve(model), { stream: true, stream_options: { include_usage: true } });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    const { chunks, done, comments } = await streamOf(response);
    const whole: any = await (await ask(serve(answering(() => full)))).json();
    const [choice] = whole.choices;
    const deltas = chunks.map(({ choices }) => choices[0]?.delta);
    expect(deltas).toEqual([
      { role: "assistant", content: "" },
      { reasoning_content: "3 times 8" },
      { content: "24" },
      { content: " legs" },
      {},
      undefined,
    ]);
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({
        id: chunks[0].id,
        object: "chat.completion.chunk",
        created: expect.any(Number),
        model: "m",
      });
    }
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([
      null,
      null,
      null,
      null,
      "length",
      undefined,
    ]);
    expect(chunks.at(-2).choices[0].logprobs).toEqual(choice.logprobs);
    expect(chunks.map((chunk) => chunk.usage)).toEqual([null, null, null, null, null, whole.usage]);
    expect(chunks.map((chunk) => chunk.mull)).toEqual([...Array(5).fill(undefined), whole.mull]);
    expect([done, comments]).toEqual([true, []]);
  });

  test("streamed without asking for usage, every chunk has a choice, and the last one the details", async () => {
    const { chunks } = await streamOf(await ask(serve(answering(() => full)), { stream: true }));
    expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true);
    expect(chunks.some((chunk) => "usage" in chunk)).toBe(false);
    expect(chunks.at(-1).mull).toEqual({ usage: { calls: 1, ...usage } });
  });

  test("thoughts that the model did not stream come in one piece, before the words", async () => {
    const { chunks } = await streamOf(await ask(serve(answering(() => full)), { stream: true }));
    expect(chunks.map(({ choices }) => choices[0].delta)).toEqual([
      { role: "assistant", content: "" },
      { reasoning_content: "3 times 8" },
      { content: "24 legs" },
      {},
    ]);
  });

  test("calls tools, streamed or not", async () => {
    const toolCalls = [
      { type: "tool-call", id: "a", name: "look", input: { at: "sky" } },
      { type: "tool-call", id: "b", name: "ask", input: "not json" },
      { type: "tool-call", id: "c", name: "wait", input: undefined },
    ] as const;
    const handler = serve(answering(() => ({ text: "", toolCalls })));
    const wire = [
      { id: "a", type: "function", function: { name: "look", arguments: '{"at":"sky"}' } },
      { id: "b", type: "function", function: { name: "ask", arguments: "not json" } },
      { id: "c", type: "function", function: { name: "wait", arguments: "{}" } },
    ];
    const { choices }: any = await (await ask(handler)).json();
    expect(choices[0].message).toEqual({ role: "assistant", content: null, refusal: null, tool_calls: wire });
    expect(choices[0].finish_reason).toBe("tool_calls");
    const { chunks } = await streamOf(await ask(handler, { stream: true }));
    expect(chunks.flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? [])).toEqual(
      wire.map((call, index) => ({ index, ...call })),
    );
    expect(chunks.at(-1).choices[0].finish_reason).toBe("tool_calls");
  });

  test.each([
    ["stop", "stop"],
    ["length", "length"],
    ["content-filter", "content_filter"],
    ["other", "stop"],
  ] as const)("ends with %s as %s", async (finishReason, wire) => {
    const { choices }: any = await (await ask(serve(answering(() => ({ text: "so", finishReason }))))).json();
    expect(choices[0].finish_reason).toBe(wire);
  });

  test.each([
    ["nothing", {}, undefined],
    ["half", { inputTokens: 3 }, undefined],
    ["no details", { inputTokens: 3, outputTokens: 4 }, { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }],
  ])("of which %s is known of the usage says nothing that is not known", async (_, known, wire) => {
    const handler = serve(answering(() => ({ text: "so", usage: known })));
    const body: any = await (await ask(handler)).json();
    expect(body.usage).toEqual(wire);
    expect(body.mull.usage).toEqual({ calls: 1, ...known });
    const { chunks } = await streamOf(await ask(handler, { stream: true, stream_options: { include_usage: true } }));
    expect(chunks.at(-1).usage).toEqual(wire ?? null);
  });
});

describe("details", () => {
  const votes = () => scripted(["Answer: 4", "Answer: 5", "Answer: 4"], { repeat: true, usage: () => usage });
  const solver = () => stack(votes(), chainOfThought({ answer: number() }), sampleN(3), majorityVote());

  test("tell confidence, votes and what the run cost", async () => {
    const { mull }: any = await (await ask(serve(solver()))).json();
    expect(mull).toMatchObject({
      stopped: "done",
      key: "4",
      votes: [
        ["4", 2],
        ["5", 1],
      ],
      usage: { calls: 3, inputTokens: 30 },
    });
    expect(mull.confidence).toBeGreaterThan(0.5);
  });

  test("are left out where they are not wanted", async () => {
    const handler = serve(solver(), { details: false });
    expect(await (await ask(handler)).json()).not.toHaveProperty("mull");
    expect(JSON.stringify((await streamOf(await ask(handler, { stream: true, n: 2 }))).chunks)).not.toContain("mull");
  });

  test("tell what was ignored and what the model lacks, but not what a listener of the server threw", async () => {
    const model = source("m", { temperature: false }, () => Promise.resolve({ text: "so" }));
    const onEvent = () => {
      throw new Error("internal");
    };
    const handler = serve(model, { onEvent });
    const body: any = await (
      await ask(handler, { temperature: 1, logit_bias: { 1: 2 }, user: "u", metadata: {}, verbosity: null })
    ).json();
    expect(body.mull.warnings).toEqual([
      { code: "ignored", message: "fields that nothing was done with: logit_bias" },
      { code: "downgrade", capability: "temperature", message: expect.any(String) },
    ]);
  });
});

describe("n", () => {
  const drawing = answering((_, call) => ({ text: String(call.random.bits()), usage }));

  test("gives as many choices, by index, each of a seed of its own, and the usage of all", async () => {
    const handler = serve(drawing);
    const draw = async (fields: object): Promise<string[]> => {
      const { choices, usage: sum }: any = await (await ask(handler, fields)).json();
      expect(choices.map(({ index }: any) => index)).toEqual([...choices.keys()]);
      expect(sum.total_tokens).toBe(16 * choices.length);
      return choices.map(({ message }: any) => message.content);
    };
    const three = await draw({ n: 3, seed: 7 });
    expect(new Set(three).size).toBe(3);
    expect(await draw({ n: 3, seed: 7 })).toEqual(three);
    expect(await draw({ n: 1, seed: 7 })).toEqual(three.slice(0, 1));
    expect(await draw({ n: 3, seed: 8 })).not.toContain(three[1]);
    expect(await draw({ n: 3 })).not.toEqual(await draw({ n: 3 }));
  });

  test("streams them at once, each whole by itself", async () => {
    const model = answering(async (_, call) => {
      for (const text of ["a", "b", "c"]) {
        call.delta({ text });
        await turn();
      }
      return { text: "abc", usage };
    });
    const fields = { n: 3, stream: true, stream_options: { include_usage: true } };
    const { chunks, done } = await streamOf(await ask(serve(model), fields));
    for (const index of [0, 1, 2]) {
      const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
      expect(own.map(({ delta }) => delta.content ?? "").join("")).toBe("abc");
      expect(own[0].delta.role).toBe("assistant");
      expect(own.at(-1)).toMatchObject({ finish_reason: "stop", mull: {} });
    }
    const order = chunks.map(({ choices }) => choices[0]?.index);
    expect(order.slice(0, 9)).not.toEqual([...order.slice(0, 9)].sort());
    expect([chunks.at(-1).usage.total_tokens, done]).toEqual([48, true]);
  });

  test("one that fails gives the others up", async () => {
    const failing = patient();
    const down = answering(() => Promise.reject(new ProviderError("down", { status: 503 })));
    let asked = 0;
    const model: Model = {
      id: "m",
      capabilities: {},
      generate: (request, call) => (asked++ === 1 ? down : failing.model).generate(request, call),
    };
    const response = await ask(serve(model), { n: 3 });
    expect([response.status, failing.running(), failing.reasons.length]).toEqual([502, 0, 2]);
  });

  test("more than the server allows is refused", async () => {
    const response = await ask(serve(drawing, { maxN: 2 }), { n: 3 });
    expect([response.status, (await response.json()).error.param]).toEqual([400, "n"]);
  });
});

describe("models", () => {
  const handler = openaiHandler({ models: { m: scripted(["hi"]), "org/big one": scripted(["hi"]) } });
  const get = async (path: string, method = "GET"): Promise<[number, any, string | null]> => {
    const response = await handler(new Request(`http://served.test${path}`, { method }));
    return [response.status, await response.json(), response.headers.get("allow")];
  };
  const entry = (id: string) => ({ id, object: "model", created: expect.any(Number), owned_by: "mull" });
  const list = { object: "list", data: [entry("m"), entry("org/big one")] };

  test.each([
    ["/v1/models", 200, list],
    ["/v1/models/", 200, list],
    ["/llm/v1/models?x=1", 200, list],
    ["/v1/models/m", 200, entry("m")],
    ["/v1/models/org%2Fbig%20one", 200, entry("org/big one")],
    ["/deep/llm/v1/models/org/big%20one", 200, entry("org/big one")],
  ])("%s", async (path, status, body) => {
    expect(await get(path)).toEqual([status, body, null]);
  });

  test.each([
    ["GET", "/v1/models/other", 404, "model_not_found", null],
    ["GET", "/v1/models/__proto__", 404, "model_not_found", null],
    ["GET", "/v1/models/%E0%A4%A", 404, "unknown_url", null],
    ["GET", "/v1/embeddings", 404, "unknown_url", null],
    ["GET", "/", 404, "unknown_url", null],
    ["POST", "/v1/models", 405, "method_not_allowed", "GET"],
    ["DELETE", "/v1/models/m", 405, "method_not_allowed", "GET"],
    ["GET", "/v1/chat/completions", 405, "method_not_allowed", "POST"],
    ["OPTIONS", "/v1/chat/completions", 405, "method_not_allowed", "POST"],
  ])("%s %s is refused with %i", async (method, path, status, code, allow) => {
    const [got, body, allowed] = await get(path, method);
    expect([got, allowed]).toEqual([status, allow]);
    expect(body).toEqual({
      error: {
        message: expect.any(String),
        type: "invalid_request_error",
        param: code === "model_not_found" ? "model" : null,
        code,
      },
    });
  });

  test("a chat may be mounted anywhere", async () => {
    const request = chatRequest(hello);
    const mounted = new Request("http://served.test/llm/v1/chat/completions/?key=1", request);
    expect((await serve(scripted(["hi"]))(mounted)).status).toBe(200);
  });
});

describe("limits", () => {
  const talking = () => scripted(["one two three"], { repeat: true });

  test("are fresh for each request, and shared by its choices", async () => {
    const handler = serve(talking(), { budget: { calls: 2 } });
    for (let i = 0; i < 3; i++) expect((await ask(handler, { n: 2 })).status).toBe(200);
    expect((await ask(handler, { n: 3 })).status).toBe(402);
  });

  test("may be the request's own, or shared", async () => {
    const shared = new Budget({ calls: 1 });
    const handler = serve(talking(), {
      budget: (request) => (request.headers.get("authorization") === "Bearer guest" ? shared : undefined),
    });
    const guest = { headers: { authorization: "Bearer guest" } };
    expect([(await ask(handler, {}, guest)).status, (await ask(handler, {}, guest)).status]).toEqual([200, 402]);
    expect((await ask(handler)).status).toBe(200);
  });

  test("that are wrong for a request are the server's mistake", async () => {
    const errors: unknown[] = [];
    const handler = serve(talking(), { budget: () => ({ calls: 0 }), onError: (error) => errors.push(error) });
    expect((await ask(handler)).status).toBe(500);
    expect(errors).toEqual([expect.objectContaining({ cause: expect.toSatisfy(InvalidOptionError.is) })]);
  });

  test("of time are a 504", async () => {
    const clock = virtualClock();
    const handler = serve(scripted(["slow"], { latencyMs: 10_000 }), { clock, budget: { ms: 5_000 } });
    const response = await clock.until(ask(handler));
    expect([response.status, (await response.json()).error.code]).toEqual([504, "timeout"]);
  });
});

test("a server that goes down gives all up, and takes no more", async () => {
  const controller = new AbortController();
  const { model, running, asked } = patient();
  const talking = patient(["so "]);
  const handler = openaiHandler({ models: { m: model, t: talking.model }, signal: controller.signal });
  const stream = await ask(handler, { model: "t", stream: true });
  const there = asked();
  const whole = ask(handler);
  await there;
  controller.abort(new Error("SIGTERM"));
  const response = await whole;
  expect([response.status, (await response.json()).error.code, running()]).toEqual([503, "unavailable", 0]);
  const { chunks, done } = await streamOf(stream);
  expect([chunks.at(-1).error.code, done, talking.running()]).toEqual(["unavailable", false, 0]);
  expect((await ask(handler)).status).toBe(503);
});

test("the signal of a server is listened to only while there are requests", async () => {
  const { signal } = new AbortController();
  const handler = serve(scripted(["hi"], { repeat: true }), { signal });
  const streams = await Promise.all([ask(handler, { stream: true }), ask(handler, { stream: true }), ask(handler)]);
  expect(getEventListeners(signal, "abort").length).toBe(1);
  for (const response of streams) await response.text();
  await turn();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("events of every run are heard, with the request they belong to", async () => {
  const heard: [MullEvent["type"], string | undefined, number][] = [];
  const ids = new Set<string>();
  const handler = serve(scripted(["hi", "ho"]), {
    onEvent: (event, served, choice) => {
      heard.push([event.type, served.model, choice]);
      ids.add(served.id);
    },
  });
  const response = await ask(handler, { n: 2 });
  expect(heard.filter(([type]) => type === "end")).toEqual([
    ["end", "m", 0],
    ["end", "m", 1],
  ]);
  expect([...ids]).toEqual([response.headers.get("x-request-id")]);
});

describe("options", () => {
  const model = scripted(["hi"]);
  test.each<[string, unknown]>([
    ["models", { models: {} }],
    ["models", { models: undefined }],
    ["models", { models: { "": model } }],
    ['models["m"]', { models: { m: {} } }],
    ["an option", { port: 80 }],
    ["apiKey", { apiKey: "" }],
    ["apiKey", { apiKey: [] }],
    ["apiKey", { apiKey: ["good", "with space"] }],
    ["calls", { budget: { calls: 0 } }],
    ["concurrency", { concurrency: 0 }],
    ["maxBodyBytes", { maxBodyBytes: 1.5 }],
    ["maxN", { maxN: 0 }],
    ["keepAliveMs", { keepAliveMs: 0 }],
    ["whole", { whole: 1 }],
    ["onError", { onError: true }],
    ["signal", { signal: {} }],
    ["cors", { cors: "example.org" }],
    ["cors", { cors: ["https://example.org/path"] }],
  ])("%s out of bounds is said at once: %j", (option, wrong) => {
    const make = () => openaiHandler({ models: { m: model }, ...(wrong as object) });
    expect(make).toThrow(expect.objectContaining({ option }));
    if (option === "apiKey") expect(make).not.toThrow(/with space/);
  });

  test("have types", () => {
    expectTypeOf(openaiHandler).returns.toEqualTypeOf<(request: Request) => Promise<Response>>();
    // @ts-expect-error -- models are models
    expect(() => openaiHandler({ models: { m: "gpt" } })).toThrow();
  });
});

test("`whole` streams the answer in one piece", async () => {
  const model = answering((_, call) => {
    for (const text of ["so ", "it ", "is"]) call.delta({ text });
    return { text: "so it is" };
  });
  const { chunks } = await streamOf(await ask(serve(model, { whole: true }), { stream: true }));
  expect(chunks.map(({ choices }) => choices[0].delta.content)).toEqual(["", "so it is", undefined]);
});
