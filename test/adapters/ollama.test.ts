import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ollama, { Ollama } from "ollama";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import {
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
  run,
  stack,
  tool,
  toolLoop,
  type Effort,
  type Message,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
} from "mull";
import { modelLaws } from "mull/testing";
import { fromOllama, type FromOllamaOptions, type OllamaClient } from "mull/adapters/ollama";
import { z } from "zod";
import { sendJson, stageOf, withServer, type Handler, type LoopbackServer, type Received } from "./stage.js";
import { line, play } from "./wires/ollama.js";

// The package prints what it cannot read.
beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

const make = (url: string, modelId = "qwen3:8b", options: FromOllamaOptions = {}): Model =>
  fromOllama(new Ollama({ host: url }), modelId, options);

describe("laws", () => {
  let server: LoopbackServer;
  let close = (): void => undefined;
  let over: Promise<void>;
  beforeAll(
    () =>
      new Promise<void>((up) => {
        over = withServer(
          (request, response) => play(longAnswer(request), request, response),
          (started) =>
            new Promise<void>((down) => {
              server = started;
              close = down;
              up();
            }),
        );
      }),
  );
  afterAll(() => {
    close();
    return over;
  });
  const laws = modelLaws(() => make(server.url), {
    requests: () => server.received.length,
    stage: stageOf(play, (url) => make(url)),
  });
  for (const { name, check } of laws) test(name, check);
});

/** Thirty words, or as many as the cap allows: a word is a token here. */
function longAnswer({ json }: Received): Parameters<typeof play>[0] {
  const { num_predict: cap = Infinity } = json.options ?? {};
  const words = Array.from({ length: 30 }, (__, i) => `word${i}`);
  const text = words.slice(0, cap).join(" ");
  const outputTokens = Math.min(cap, words.length);
  return {
    kind: "reply",
    replies: [{ text, finishReason: cap < words.length ? "length" : "stop" }],
    usage: { inputTokens: 20, cachedInputTokens: 0, outputTokens, reasoningTokens: 0 },
  };
}

/** A model in front of a server. */
async function asking<T>(
  handler: Handler,
  act: (model: Model, server: LoopbackServer) => Promise<T>,
  modelId?: string,
  options?: FromOllamaOptions,
): Promise<T> {
  return withServer(handler, (server) => act(make(server.url, modelId, options), server));
}

/** Streams these messages, and ends. */
const saying =
  (messages: readonly object[], end: object = { done_reason: "stop", prompt_eval_count: 10, eval_count: 5 }): Handler =>
  (request, response) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    for (const message of messages) response.write(line(request, message));
    response.end(line(request, { content: "" }, { done: true, ...end }));
  };

const ok = saying([{ content: "ok" }]);
const listening = { onEvent: () => undefined };
const user = (content: string): Message => ({ role: "user", content });
const asked = (request: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [user("Hi")], ...request });

async function sent(request: ModelRequest, modelId?: string): Promise<any> {
  return asking(
    ok,
    async (model, { received }) => {
      await run(model, request);
      return received[0]!.json;
    },
    modelId,
  );
}

async function failure(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => expect.fail("expected an error"),
    (error: unknown) => error,
  );
}

const weather = {
  name: "weather",
  description: "The weather of a town.",
  inputSchema: { type: "object", properties: { town: { type: "string" } }, required: ["town"] },
} as const;

describe("made", () => {
  test.each<[string, () => unknown, string]>([
    [
      "no client",
      () => fromOllama(undefined as never, "m"),
      "client must be a client with `chat`, such as new Ollama()",
    ],
    ["another client", () => fromOllama({ messages: {} } as never, "m"), "client with `chat`"],
    ["no model", () => fromOllama(ollama, " "), "modelId must be the name of a model"],
    ["an unknown option", () => fromOllama(ollama, "m", { think: true } as never), '"think"'],
    ["an unknown capability", () => fromOllama(ollama, "m", { capabilities: { N: 3 } as never }), '"N"'],
  ])("%s is refused", (_, act, words) => {
    expect(act).toThrow(InvalidOptionError);
    expect(act).toThrow(words);
  });

  test("the client of the package fits, and the id says whose model it is", () => {
    expectTypeOf(ollama).toExtend<OllamaClient>();
    expectTypeOf<Ollama>().toExtend<OllamaClient>();
    expect(fromOllama(ollama, "qwen3:8b").id).toBe("ollama:qwen3:8b");
  });

  const local = { prefill: true, seed: true, schema: true };
  test.each<[string, object]>([
    ["qwen3:8b", { ...local, effort: true, reasoning: "raw" }],
    ["someone/deepseek-r1:70b", { ...local, effort: true, reasoning: "raw" }],
    ["gpt-oss:20b", { prefill: true, seed: true, effort: true, reasoning: "raw" }],
    ["gpt-oss:120b-cloud", { effort: true, reasoning: "raw" }],
    ["deepseek-v4-flash:cloud", { effort: true, reasoning: "raw" }],
    ["llama3.3:70b", { ...local, effort: false, reasoning: "none" }],
    ["qwen3-coder:30b", { ...local, effort: false, reasoning: "none" }],
    ["gemma3:4b", { ...local, effort: false, reasoning: "none", tools: false }],
    ["gemma4:31b", { ...local, effort: true, reasoning: "raw" }],
    ["my-own", local],
  ])("capabilities of %s", (modelId, capabilities) => {
    expect(fromOllama(ollama, modelId).capabilities).toEqual({ n: false, latent: false, ...capabilities });
    // There is no field for it, whoever claims it.
    const claimed = fromOllama(ollama, modelId, { capabilities: { latent: ["steps"] } });
    expect(claimed.capabilities.latent).toBe(false);
  });
});

describe("a request", () => {
  test("nothing is sent that was not asked for", async () => {
    expect(await sent(asked())).toEqual({
      model: "qwen3:8b",
      messages: [{ role: "user", content: "Hi" }],
      stream: true,
    });
  });

  test("every setting has its field", async () => {
    const request: ModelRequest = {
      messages: [{ role: "system", content: "Be brief." }, user("Hi")],
      temperature: 0.7,
      topP: 0.9,
      topK: 40,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stop: ["END"],
      maxOutputTokens: 99,
      seed: 7,
      logprobs: 3,
      prefill: "The answer",
      effort: "high",
      tools: [weather],
      toolChoice: "auto",
      schema: { jsonSchema: { type: "object", properties: {} } },
      providerOptions: { ollama: { keep_alive: "5m", options: { num_ctx: 32_768, top_k: 3 } }, other: { x: 1 } },
    };
    const before = structuredClone(request);
    expect(await sent(request)).toEqual({
      model: "qwen3:8b",
      stream: true,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" },
        { role: "assistant", content: "The answer" },
      ],
      think: true,
      format: { type: "object", properties: {} },
      tools: [
        {
          type: "function",
          function: { name: "weather", description: "The weather of a town.", parameters: weather.inputSchema },
        },
      ],
      logprobs: true,
      top_logprobs: 3,
      keep_alive: "5m",
      options: {
        temperature: 0.7,
        top_p: 0.9,
        top_k: 3,
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        stop: ["END"],
        num_predict: 99,
        seed: 7,
        num_ctx: 32_768,
      },
    });
    expect(request).toEqual(before);
  });

  test.each<[string, Effort, boolean | string | undefined, string | undefined]>([
    ["qwen3:8b", "none", false, undefined],
    ["qwen3:8b", "low", true, "has no effort 'low': thinking was turned on"],
    ["qwen3:8b", "high", true, undefined],
    ["qwen3:8b", "max", true, undefined],
    ["gpt-oss:20b", "none", "low", "has no effort 'none': 'low' was sent instead"],
    ["gpt-oss:20b", "medium", "medium", undefined],
    ["gpt-oss:20b", "max", "high", "has no effort 'max'"],
    ["qwen3.8:27b", "none", false, undefined],
    ["qwen3.8:27b", "max", "max", undefined],
    ["llama3.3", "high", undefined, "does not support effort"],
    ["my-own", "high", true, undefined],
  ])("%s with effort %s", (modelId, effort, think, told) =>
    asking(
      ok,
      async (model, { received }) => {
        const { warnings = [] } = await run(model, asked({ effort }));
        expect(received[0]!.json.think).toBe(think);
        expect(warnings.map(({ message }) => message).join()).toContain(told ?? "");
        expect(warnings).toHaveLength(told === undefined ? 0 : 1);
      },
      modelId,
    ),
  );

  test.each([
    ["auto", ["weather", "time"], 0],
    ["none", undefined, 0],
    ["required", ["weather", "time"], 1],
    [{ name: "time" }, ["time"], 1],
  ] as const)("toolChoice %j", (toolChoice, names, warned) =>
    asking(ok, async (model, { received }) => {
      const events: MullEvent[] = [];
      const tools = [weather, { ...weather, name: "time" }];
      const options = { onEvent: (event: MullEvent) => events.push(event) };
      const { warnings = [] } = await run(model, asked({ tools, toolChoice }), options);
      expect(received[0]!.json.tools?.map((one: any) => one.function.name)).toEqual(names);
      expect(warnings).toHaveLength(warned);
      expect(events.filter(({ type }) => type === "downgrade")).toHaveLength(warned);
    }),
  );

  test.each([
    ["stream", { stream: false }],
    ["messages", { messages: [] }],
    ["num_predict", { options: { num_predict: -1 } }],
  ])("providerOptions may not hold %s", (name, own) =>
    asking(ok, async (model, { received }) => {
      const error = await failure(run(model, asked({ providerOptions: { ollama: own } })));
      expect(InvalidOptionError.is(error) && error.message).toContain(name);
      expect(received).toHaveLength(0);
    }),
  );
});

describe("messages", () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
  const base64 = Buffer.from(bytes).toString("base64");
  const shown = (data: Uint8Array | string | URL, mediaType = "image/png"): Message => ({
    role: "user",
    content: [
      { type: "text", text: "Look." },
      { type: "file", mediaType, data },
    ],
  });

  test.each<[string, Uint8Array | string | URL]>([
    ["bytes", bytes],
    ["base64", base64],
    ["a data URL", `data:image/png;base64,${base64}`],
    ["a data URL as URL", new URL(`data:image/png;base64,${base64}`)],
  ])("a picture as %s goes as base64", async (_, data) => {
    const { messages } = await sent({ messages: [shown(data)] });
    expect(messages).toEqual([{ role: "user", content: "Look.", images: [base64] }]);
  });

  test.each<[string, Message]>([
    ["a picture on the web", shown(new URL("https://example.com/a.png"))],
    ["a document", shown("aGk=", "application/pdf")],
    [
      "a picture of the assistant's",
      { role: "assistant", content: [{ type: "file", mediaType: "image/png", data: bytes }] },
    ],
  ])("%s is refused before anything is sent", (_, message) =>
    asking(ok, async (model, { received }) => {
      const error = await failure(run(model, { messages: [message] }));
      expect(CapabilityError.is(error) && error.capability).toBe("files");
      expect(received).toHaveLength(0);
    }),
  );

  test("what looks like the path of a file is never read", () => {
    const folder = mkdtempSync(join(tmpdir(), "mull"));
    // All of it could be base64 as well.
    const path = join(folder, "a".repeat(4 - ((folder.length + 1) % 4) + 4));
    writeFileSync(path, "the secret of the house");
    return asking(ok, async (model, { received }) => {
      for (const data of [path, `${path}.png`]) await run(model, { messages: [shown(data)] }).catch(() => undefined);
      for (const { body } of received)
        expect(body).not.toContain(Buffer.from("the secret").toString("base64").slice(0, 12));
    }).finally(() => rmSync(folder, { recursive: true }));
  });

  test("of a tool's result with files only the words go, which is told", () =>
    asking(ok, async (model, { received }) => {
      const files = [{ type: "file", mediaType: "image/png", data: bytes }] as const;
      const content = [{ type: "tool-result", id: "a", name: "look", output: "[image/png]", files }] as const;
      const { warnings } = await run(model, { messages: [user("Hi"), { role: "tool", content }] });
      expect(received[0]!.json.messages.at(-1)).toEqual({
        role: "tool",
        tool_name: "look",
        tool_call_id: "a",
        content: "[image/png]",
      });
      expect(warnings).toMatchObject([{ code: "downgrade", capability: "files" }]);
    }));

  test("thoughts, calls and results go back with names and ids", async () => {
    const { messages } = await sent({
      messages: [
        user("Weather?"),
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "I should " },
            { type: "reasoning", text: "look." },
            { type: "text", text: "Let me see." },
            { type: "tool-call", id: "a", name: "weather", input: { town: "Bonn" } },
            { type: "tool-call", id: "b", name: "weather", input: "{broken" },
          ],
        },
        {
          role: "tool",
          content: [
            { type: "tool-result", id: "a", name: "weather", output: { degrees: 9 } },
            { type: "tool-result", id: "b", name: "weather", output: "no such town", isError: true },
          ],
        },
        { role: "assistant", content: "Nine." },
        user("Thanks"),
      ],
    });
    expect(messages).toEqual([
      { role: "user", content: "Weather?" },
      {
        role: "assistant",
        content: "Let me see.",
        thinking: "I should look.",
        tool_calls: [
          { id: "a", function: { name: "weather", arguments: { town: "Bonn" } } },
          { id: "b", function: { name: "weather", arguments: { input: "{broken" } } },
        ],
      },
      { role: "tool", tool_name: "weather", tool_call_id: "a", content: '{"degrees":9}' },
      { role: "tool", tool_name: "weather", tool_call_id: "b", content: "Error: no such town" },
      { role: "assistant", content: "Nine." },
      { role: "user", content: "Thanks" },
    ]);
  });
});

describe("a response", () => {
  const answered = (handler: Handler, request: Partial<ModelRequest> = {}): Promise<ModelResponse> =>
    asking(handler, (model) => run(model, asked(request)));

  test("text, thought, finish reason, usage and metadata", async () => {
    const handler = saying([{ content: "", thinking: "Two and two." }, { content: "Fo" }, { content: "ur." }]);
    expect(await answered(handler)).toEqual({
      text: "Four.",
      reasoning: "Two and two.",
      finishReason: "stop",
      usage: {
        calls: 1,
        inputTokens: 10,
        outputTokens: 5,
        cachedInputTokens: undefined,
        reasoningTokens: undefined,
        usd: undefined,
      },
      providerMetadata: { ollama: { model: "qwen3:8b" } },
    });
  });

  test.each([
    ["stop", "stop"],
    ["length", "length"],
    ["unload", "other"],
    [undefined, "stop"],
  ])("done_reason %s is %s", async (done_reason, expected) => {
    expect((await answered(saying([{ content: "x" }], { done_reason }))).finishReason).toBe(expected);
  });

  test("counts that the server does not give are unknown", async () => {
    const { usage } = await answered(saying([{ content: "x" }], { done_reason: "stop", eval_count: 3 }));
    expect(usage).toMatchObject({ inputTokens: undefined, outputTokens: 3 });
  });

  test("calls without an id get one, and a thought that led to calls comes back with them", () =>
    asking(
      (request, response, index) =>
        (index === 0
          ? saying([
              { content: "", thinking: "I should look." },
              { content: "", tool_calls: [{ function: { name: "weather", arguments: { town: "Bonn" } } }] },
              { content: "", tool_calls: [{ function: { name: "weather", arguments: { town: "Ulm" } } }] },
            ])
          : saying([{ content: "Sun." }]))(request, response, index),
      async (model, { received }) => {
        const tools = [
          tool({
            name: "weather",
            description: "The weather of a town.",
            input: z.object({ town: z.string() }),
            execute: ({ town }) => `sun over ${town}`,
          }),
        ];
        const { text, steps } = await run(stack(model, toolLoop({ tools })), "Weather?");
        expect(text).toBe("Sun.");
        const [first, second] = steps[0]!.calls;
        expect(first!.id).toMatch(/^call_/);
        expect(first!.id).not.toBe(second!.id);
        const [, turn, ...results] = received[1]!.json.messages;
        expect(turn).toMatchObject({ thinking: "I should look.", tool_calls: [{ id: first!.id }, { id: second!.id }] });
        expect(results).toEqual([
          { role: "tool", tool_name: "weather", tool_call_id: first!.id, content: "sun over Bonn" },
          { role: "tool", tool_name: "weather", tool_call_id: second!.id, content: "sun over Ulm" },
        ]);
      },
    ));
});

describe("failures", () => {
  test("a refusal keeps its words, status and headers, but not the prompt", () =>
    asking(
      (_, response) =>
        sendJson(response, { error: 'model "qwen3:8b" not found, try pulling it first: A question that is long' }, 404),
      async (model) => {
        const error = await failure(run(model, "A question that is long"));
        expect(error).toMatchObject({ status: 404, retryable: false, retryAfterMs: undefined });
        expect(error.message).toBe(
          'ollama:qwen3:8b answered 404: model "qwen3:8b" not found, try pulling it first: [prompt]',
        );
      },
    ));

  test("so does one that is no JSON", () =>
    asking(
      (_, response) => {
        response.writeHead(502, { "content-type": "text/plain", "retry-after": "2" });
        response.end("bad gateway");
      },
      async (model) => {
        const error = await failure(run(model, "Hi"));
        expect(error).toMatchObject({ status: 502, retryable: true, retryAfterMs: 2000 });
        expect(error.message).toBe("ollama:qwen3:8b answered 502: bad gateway");
      },
    ));

  test("a key in the words of a refusal is not shown", () =>
    withServer(
      (_, response) => sendJson(response, { error: "the key my-secret-key-1 is not known" }, 401),
      async ({ url }) => {
        const client = new Ollama({ host: url, headers: { Authorization: "Bearer my-secret-key-1" } });
        const error = await failure(run(fromOllama(client, "m"), "Hi"));
        expect(error.message).toBe("ollama:m answered 401: the key [key] is not known");
      },
    ));

  test("a line that says what failed is no refusal: what was written is not free", () =>
    asking(
      (request, response) => {
        response.writeHead(200, { "content-type": "application/x-ndjson" });
        response.write(line(request, { content: "Half" }));
        response.end('{"error":"the model runner has unexpectedly stopped"}\n');
      },
      async (model) => {
        const error = await failure(run(model, "Hi"));
        expect(error).toMatchObject({ status: undefined, retryable: true });
        expect(error.message).toBe("ollama:qwen3:8b failed: the model runner has unexpectedly stopped");
      },
    ));

  test("a connection that breaks is no complaint of the server's", () =>
    asking(
      (request, response) => play({ kind: "cut", text: "They have" }, request, response),
      async (model) => {
        const error = await failure(run(model, "Hi"));
        expect(error).toMatchObject({ status: undefined, retryable: true });
        expect(error.message).toContain("lost the connection before its answer was whole");
      },
    ));

  test("nobody is at home", () =>
    withServer(ok, ({ url }) => Promise.resolve(url)).then(async (url) => {
      const error = await failure(run(make(url), "Hi"));
      expect(ProviderError.is(error) && error.message).toContain("ECONNREFUSED");
    }));
});

describe("an abort", () => {
  const clients: Ollama[] = [];
  afterEach(() => {
    // Nothing that was given up, or failed, stays with the client.
    for (const client of clients.splice(0)) expect((client as any).ongoingStreamedRequests).toEqual([]);
  });
  const watched = (url: string): { readonly client: Ollama; readonly abort: ReturnType<typeof vi.spyOn> } => {
    const client = new Ollama({ host: url });
    clients.push(client);
    return { client, abort: vi.spyOn(client, "abort") };
  };

  /** Keeps the first request waiting: before its headers, or after its first words. Answers the second when released. */
  const keeping = (words: boolean): { readonly handler: Handler; readonly release: () => void } => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const handler: Handler = async (request, response, index) => {
      if (index === 1) {
        await released;
        return ok(request, response, index);
      }
      if (!words) return;
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.write(line(request, { content: "They" }));
    };
    return { handler, release };
  };

  test.each([
    ["after its first words", true, true],
    ["after its first words, heard by nobody", true, false],
    ["while the model is being loaded", false, false],
    ["while the model is being loaded, with a listener", false, true],
  ])("%s ends that call alone, and closes its connection", (_, words, listens) => {
    const { handler, release } = keeping(words);
    return withServer(handler, async ({ url, received }) => {
      const { client, abort } = watched(url);
      const model = fromOllama(client, "qwen3:8b");
      const controller = new AbortController();
      const options = listens ? listening : {};
      const first = failure(run(model, "Hi", { ...options, signal: controller.signal }));
      await expect.poll(() => received.length).toBe(1);
      const second = run(model, "Hi", options);
      await expect.poll(() => received.length).toBe(2);
      const reason = { why: "enough" };
      controller.abort(reason);
      expect(await first).toBe(reason);
      expect(await received[0]!.closed).toBe(false);
      release();
      expect((await second).text).toBe("ok");
      expect(await received[1]!.closed).toBe(true);
      expect(abort).not.toHaveBeenCalled();
    });
  });

  test("by the client's own abort() is not taken for a broken line", () =>
    withServer(keeping(true).handler, async ({ url, received }) => {
      const { client } = watched(url);
      let begun = (): void => undefined;
      const words = new Promise<void>((resolve) => (begun = resolve));
      const onEvent = ({ type }: MullEvent): void => {
        if (type === "delta") begun();
      };
      const asking = failure(run(fromOllama(client, "qwen3:8b"), "Hi", { onEvent }));
      await words;
      client.abort();
      const error = await asking;
      expect(error).toMatchObject({ retryable: false, status: undefined });
      expect(error.message).toContain("its client was told to abort all streams");
      expect(await received[0]!.closed).toBe(false);
    }));

  test("a failure in the middle leaves nothing with the client", () =>
    withServer(
      (request, response) => play({ kind: "truncate", text: "They have" }, request, response),
      async ({ url }) => {
        const error = await failure(run(fromOllama(watched(url).client, "qwen3:8b"), "Hi"));
        expect(MalformedResponseError.is(error)).toBe(true);
      },
    ));

  test("a client that has no `fetch` ends the stream as soon as it has it", async () => {
    let arrive = (_: unknown): void => undefined;
    const ended = vi.fn();
    const client: OllamaClient = { chat: () => new Promise((resolve) => (arrive = resolve as typeof arrive)) };
    const controller = new AbortController();
    const asking = failure(run(fromOllama(client, "m"), "Hi", { signal: controller.signal }));
    controller.abort("enough");
    expect(await asking).toBe("enough");

    arrive({
      abort: ended,
      async *[Symbol.asyncIterator]() {
        throw new DOMException("This operation was aborted", "AbortError");
      },
    });
    await expect.poll(() => ended.mock.calls.length).toBe(1);
  });

  test("the user's own fetch is used, and gets to know of an abort", () =>
    withServer(keeping(true).handler, async ({ url, received }) => {
      const signals: (AbortSignal | null | undefined)[] = [];
      const own: typeof fetch = (input, init) => {
        signals.push(init?.signal);
        return fetch(input, init);
      };
      const client = new Ollama({ host: url, fetch: own, headers: { authorization: "Bearer key" } });
      const controller = new AbortController();
      const asking = failure(run(fromOllama(client, "m"), "Hi", { signal: controller.signal }));
      await expect.poll(() => received.length).toBe(1);
      controller.abort("enough");
      expect(await asking).toBe("enough");
      expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
      expect(received[0]!.headers.authorization).toBe("Bearer key");
    }));
});
