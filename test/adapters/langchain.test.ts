/**
 * @module
 * Chat models of LangChain as models: the laws through a real `ChatOpenAI`, in both of OpenAI's interfaces, then the mapping, field by field.
 */
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import {
  Budget,
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
  chainOfThought,
  majorityVote,
  number,
  run,
  sampleN,
  stack,
  tool,
  toolLoop,
  type Message,
  type Model,
  type ModelRequest,
} from "mull";
import { fromLangChain, type FromLangChainOptions, type LangChainChatModel } from "mull/adapters/langchain";
import { modelLaws } from "mull/testing";
import * as z from "zod";
import { sendJson, stageOf, withServer, type LoopbackServer, type Play } from "./stage.js";
import { playChat, sceneFor } from "./wires/chat-completions.js";
import { playResponses } from "./wires/responses.js";

const chatModel = (url: string, fields = {}) =>
  new ChatOpenAI({
    model: "some-model",
    apiKey: "test-key-123456",
    configuration: { baseURL: `${url}/v1` },
    ...fields,
  });

describe.each<[string, Play, object, FromLangChainOptions]>([
  ["chat completions", playChat, {}, {}],
  [
    "responses",
    playResponses,
    { useResponsesApi: true },
    { callOptions: { include: ["message.output_text.logprobs"] } },
  ],
])("ChatOpenAI keeps the laws, with %s", (_, play, fields, options) => {
  let server: LoopbackServer;
  let close: () => void;
  let over: Promise<unknown>;
  beforeAll(
    () =>
      new Promise<void>((ready) => {
        over = withServer(
          (request, response) => play(sceneFor(request), request, response),
          (up) => {
            server = up;
            ready();
            return new Promise<void>((resolve) => (close = resolve));
          },
        );
      }),
  );
  afterAll(async () => {
    close();
    await over;
  });

  const laws = modelLaws(() => fromLangChain(chatModel(server.url, fields), options), {
    requests: () => server.received.length,
    stage: stageOf(play, (url) => fromLangChain(chatModel(url, fields), options)),
  });
  test.each(laws.map((law) => [law.name, law] as const))("%s", (_, { check }) => check());
});

const user = (content: string): Message => ({ role: "user", content });
const look = { name: "look", description: "Looks.", inputSchema: { type: "object", properties: {} } };
const said = (message: object = { content: "ok" }, rest: object = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  model: "some-model-1",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }],
  usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
  ...rest,
});

describe("a request", () => {
  const sent = (
    request: Partial<ModelRequest>,
    fields: object = {},
    options: FromLangChainOptions = {},
  ): Promise<any> =>
    withServer(
      (_, response) => sendJson(response, said()),
      async ({ url, received }) => {
        await run(fromLangChain(chatModel(url, fields), options), { messages: [user("Hi")], ...request });
        return received[0]?.json;
      },
    );

  test("every setting has its field, in the place of the chat model's own", async () => {
    expect(await sent({})).toEqual({ model: "some-model", stream: false, messages: [{ role: "user", content: "Hi" }] });
    const request: ModelRequest = {
      messages: [{ role: "system", content: "Be brief." }, user("Hi")],
      temperature: 0.7,
      topP: 0.9,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stop: ["END"],
      maxOutputTokens: 99,
      seed: 7,
      logprobs: 3,
      tools: [look],
      toolChoice: "required",
      providerOptions: { langchain: { verbosity: "low" }, other: { a: 1 } },
    };
    const before = structuredClone(request);
    const own = { temperature: 0.1, maxTokens: 5, user: "me" };
    expect(await sent(request, own, { callOptions: { verbosity: "high", service_tier: "flex" } })).toEqual({
      model: "some-model",
      stream: false,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" },
      ],
      temperature: 0.7,
      top_p: 0.9,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
      stop: ["END"],
      max_tokens: 99,
      seed: 7,
      logprobs: true,
      top_logprobs: 3,
      tools: [{ type: "function", function: { name: "look", description: "Looks.", parameters: look.inputSchema } }],
      tool_choice: "required",
      user: "me",
      verbosity: "low",
      service_tier: "flex",
    });
    expect(request).toEqual(before);
  });

  test.each([
    [{ name: "look" }, { type: "function", function: { name: "look" } }],
    ["none", "none"],
    ["auto", "auto"],
  ] as const)("tool choice %j", async (toolChoice, expected) => {
    expect((await sent({ toolChoice, tools: [look] })).tool_choice).toEqual(expected);
  });

  test("effort, by the model's own words, or by those of the user", async () => {
    const fields = { model: "o4-mini" };
    expect(await sent({ effort: "low" }, fields)).toMatchObject({ reasoning_effort: "low" });
    const effort = (level: string) => ({ reasoning: { effort: level === "low" ? "minimal" : "high" } });
    expect(await sent({ effort: "low" }, fields, { effort })).toMatchObject({ reasoning_effort: "minimal" });
  });

  test("a format; an answer that is none, or was cut, is an answer still", () =>
    withServer(
      (request, response) => {
        const usage = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 };
        return playChat(
          { kind: "reply", replies: [{ text: '{"a":', finishReason: "length" }], usage },
          request,
          response,
        );
      },
      async ({ url, received }) => {
        const schema = { name: "it", jsonSchema: { type: "object", properties: {}, additionalProperties: false } };
        const response = await run(fromLangChain(chatModel(url)), { messages: [user("Hi")], schema, tools: [look] });
        expect(response).toMatchObject({ text: '{"a":', finishReason: "length", usage: { outputTokens: 1 } });
        expect(received[0]?.json).toMatchObject({
          response_format: {
            type: "json_schema",
            json_schema: { name: "it", strict: true, schema: schema.jsonSchema },
          },
        });
        expect(received[0]?.json.tools[0].function).not.toHaveProperty("strict");
      },
    ));

  test("files, calls and results", async () => {
    const { messages } = await sent({
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "See" },
            { type: "file", mediaType: "image/png", data: new Uint8Array([1]) },
            { type: "file", mediaType: "image/png", data: new URL("https://a.example/b.png") },
            { type: "file", mediaType: "audio/wav", data: "AQ==" },
            { type: "file", mediaType: "application/pdf", data: "AQ==", filename: "a.pdf" },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "text", text: "I look." },
            { type: "tool-call", id: "c1", name: "look", input: { at: 1 } },
            { type: "tool-call", id: "c2", name: "look", input: {} },
          ],
        },
        {
          role: "tool",
          content: [
            { type: "tool-result", id: "c1", name: "look", output: { sky: "blue" } },
            { type: "tool-result", id: "c2", name: "look", output: "no", isError: true },
          ],
        },
      ],
    });
    expect(messages).toMatchObject([
      {
        content: [
          { type: "text", text: "See" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AQ==" } },
          { type: "image_url", image_url: { url: "https://a.example/b.png" } },
          { type: "input_audio", input_audio: { data: "AQ==", format: "wav" } },
          { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AQ==" } },
        ],
      },
      {
        role: "assistant",
        tool_calls: [{ id: "c1", function: { name: "look", arguments: '{"at":1}' } }, { id: "c2" }],
      },
      { role: "tool", tool_call_id: "c1", content: '{"sky":"blue"}' },
      { role: "tool", tool_call_id: "c2", content: "no" },
    ]);
  });

  test("the chat model itself is not touched; one bound to call options keeps them", () =>
    withServer(
      (_, response) => sendJson(response, said()),
      async ({ url, received }) => {
        const chat = chatModel(url, { temperature: 0.1 });
        const before = { ...chat };
        const bound = chat.withConfig({ stop: ["A"], user: "me" } as object);
        const request: ModelRequest = { messages: [user("Hi")], temperature: 0.9, maxOutputTokens: 5, tools: [look] };
        await run(fromLangChain(chat), request);
        await run(fromLangChain(bound), { ...request, tools: [] });
        expect({ ...chat }).toEqual(before);
        expect(chat.temperature).toBe(0.1);
        expect(received[1]?.json).toMatchObject({ temperature: 0.9, max_tokens: 5, stop: ["A"] });
      },
    ));

  test("one that streams by itself tells the true usage when nobody listens, and one that tries again does not", () =>
    withServer(
      (_, response) => sendJson(response, said()),
      async ({ url }) => {
        const { usage } = await run(fromLangChain(chatModel(url, { streaming: true })), "Hi");
        expect(usage).toMatchObject({ inputTokens: 5, outputTokens: 3 });
        const persistent = Object.assign(new Fake([{ content: "ok" }]), { maxRetries: 6 });
        await run(fromLangChain(persistent), "Hi");
        expect(persistent.settings).toMatchObject([{ maxRetries: 0 }]);
      },
    ));

  test("a chat model inside another, by LangChain's own binding", () =>
    withServer(
      (_, response) => sendJson(response, said(), 429),
      async ({ url, received }) => {
        const piped = chatModel(url).pipe((message: BaseMessage) => message);
        const failing = run(fromLangChain(piped as never), { messages: [user("Hi")], maxOutputTokens: 5 });
        await expect(failing).rejects.toMatchObject({ status: 429 });
        expect(received.map(({ json }) => json.max_tokens)).toEqual([5]);
      },
    ));
});

describe("files of a tool's result", () => {
  const file = (mediaType: string, data: Uint8Array | string) => ({ type: "file", mediaType, data }) as const;
  const files = [
    file("image/png", new Uint8Array([1])),
    file("image/*", "https://a.example/b"),
    file("application/pdf", "AQ=="),
    file("image/svg+xml", "AQ=="),
    file("image/png", "gs://a/b"),
  ];
  const pictures = ["data:image/png;base64,AQ==", "https://a.example/b"].map((url) => ({
    type: "image_url",
    image_url: { url },
  }));
  const seen = [{ type: "text", text: "seen" }, ...pictures];
  const svg = "application/pdf, image/svg+xml, image/png";

  test.each([
    ["anthropic", "seen", seen, svg],
    ["anthropic", "", pictures, svg],
    ["anthropic", { n: 1 }, [{ type: "text", text: '{"n":1}' }, ...pictures], svg],
    ["openai", "seen", "seen", "image/png, image/*, application/pdf, image/svg+xml"],
    ["odd", "seen", "seen", "image/png, image/*, application/pdf, image/svg+xml"],
  ])("%s, %j", async (type, output, content, told) => {
    for (const options of [{}, { onEvent: () => undefined }]) {
      const fake = new Fake([{ content: "ok", response_metadata: { finish_reason: "stop" } }], type);
      const results = [{ type: "tool-result", id: "1", name: "look", output, isError: true, files }] as const;
      const messages: readonly Message[] = [user("Hi"), { role: "tool", content: results }];
      const { warnings } = await run(fromLangChain(fake), { messages }, options);
      expect(fake.asked[0]!.at(-1)).toMatchObject({ tool_call_id: "1", name: "look", status: "error", content });
      expect(warnings).toMatchObject([
        { code: "downgrade", capability: "files", message: expect.stringContaining(`reads no ${told} in`) },
      ]);
    }
  });
});

/** A chat model that answers with these chunks, and remembers what it was asked. */
class Fake extends BaseChatModel {
  temperature?: number;
  maxTokens?: number;
  readonly asked: BaseMessage[][] = [];
  readonly settings: object[] = [];
  constructor(
    readonly chunks: readonly object[],
    readonly type = "fake",
  ) {
    super({});
    this.temperature = 1;
    this.maxTokens = 100;
  }
  _llmType() {
    return this.type;
  }
  async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    this.asked.push(messages);
    const { temperature, maxTokens, maxRetries } = this as {
      temperature?: number;
      maxTokens?: number;
      maxRetries?: number;
    };
    this.settings.push({ temperature, maxTokens, ...(maxRetries !== undefined && { maxRetries }) });
    const [first, ...rest] = this.chunks.map((fields) => new AIMessageChunk(fields as never));
    const { content, tool_calls, additional_kwargs, response_metadata, usage_metadata } = rest.reduce(
      (whole, chunk) => whole.concat(chunk),
      first!,
    );
    const message = new AIMessage({
      content,
      tool_calls,
      additional_kwargs,
      response_metadata,
      usage_metadata,
    } as never);
    return { generations: [{ text: "", message }] };
  }
  override async *_streamResponseChunks(messages: BaseMessage[]) {
    this.asked.push(messages);
    for (const fields of this.chunks) {
      yield new ChatGenerationChunk({ text: "", message: new AIMessageChunk(fields) });
    }
  }
}

describe.each([
  ["not streaming", {}],
  ["streaming", { onEvent: () => undefined }],
] as const)("a reply, %s", (_, options) => {
  const reply = (model: LangChainChatModel) => run(fromLangChain(model), "Hi", options);

  test.each([
    [{ finish_reason: "stop" }, "stop"],
    [{ finish_reason: "length" }, "length"],
    [{ finish_reason: "tool_calls" }, "tool-calls"],
    [{ finish_reason: "content_filter" }, "content-filter"],
    [{ stop_reason: "end_turn" }, "stop"],
    [{ stop_reason: "max_tokens" }, "length"],
    [{ stop_reason: "refusal" }, "content-filter"],
    [{ finishReason: "MAX_TOKENS" }, "length"],
    [{ finishReason: "SAFETY" }, "content-filter"],
    [{ done_reason: "stop" }, "stop"],
    [{ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length"],
    [{ status: "completed" }, "stop"],
    [{ finish_reason: "tired" }, "other"],
    [{}, "stop"],
  ])("%j is the finish reason %s", async (response_metadata, expected) => {
    expect((await reply(new Fake([{ content: "ok", response_metadata }]))).finishReason).toBe(expected);
    const additional_kwargs = response_metadata;
    expect((await reply(new Fake([{ content: "ok", additional_kwargs }]))).finishReason).toBe(expected);
  });

  test("usage, as far as it is told", async () => {
    const told = {
      input_tokens: 12,
      output_tokens: 7,
      total_tokens: 19,
      input_token_details: { cache_read: 10 },
      output_token_details: { reasoning: 3 },
    };
    expect((await reply(new Fake([{ content: "ok", usage_metadata: told }]))).usage).toEqual({
      calls: 1,
      inputTokens: 12,
      cachedInputTokens: 10,
      outputTokens: 7,
      reasoningTokens: 3,
      usd: undefined,
    });
    expect((await reply(new Fake([{ content: "ok" }]))).usage).toMatchObject({ inputTokens: undefined });
  });

  test.each([
    [
      "Anthropic's",
      [
        { content: [{ type: "thinking", thinking: "Hm.", index: 0 }] },
        { content: [{ type: "thinking", signature: "s", index: 0 }] },
      ],
    ],
    ["LangChain's", [{ content: [{ type: "reasoning", reasoning: "Hm.", index: 0 }] }]],
    [
      "Bedrock's",
      [{ content: [{ type: "reasoning_content", reasoningText: { text: "Hm.", signature: "s" }, index: 0 }] }],
    ],
    ["DeepSeek's", [{ content: "", additional_kwargs: { reasoning_content: "Hm." } }]],
    [
      "OpenAI's",
      [
        {
          content: "",
          additional_kwargs: { reasoning: { summary: [{ type: "summary_text", text: "Hm.", index: 0 }] } },
        },
      ],
    ],
  ])("a thought in %s form", async (_, chunks) => {
    const text = Array.isArray(chunks[0]?.content) ? [{ type: "text", text: "Four.", index: 1 }] : "Four.";
    expect(await reply(new Fake([...chunks, { content: text }]))).toMatchObject({ text: "Four.", reasoning: "Hm." });
  });

  test("a message that is more than text comes back as it was", async () => {
    const content = [
      { type: "thinking", thinking: "I must look.", signature: "s1", index: 0 },
      { type: "redacted_thinking", data: "s2", index: 1 },
      { type: "text", text: "Let me look.", index: 2 },
      { type: "tool_use", id: "c1", name: "look", input: '{"at":1}', index: 3 },
    ];
    const call = { type: "tool_call_chunk", id: "c1", name: "look", args: '{"at":1}', index: 3 };
    const fake = new Fake([{ content, tool_call_chunks: [call], additional_kwargs: { stop_reason: "tool_use" } }]);
    const bound = Object.assign(fake, { bindTools: () => fake });
    const looking = tool({
      name: "look",
      description: "Looks.",
      input: z.object({ at: z.number() }),
      execute: () => "blue",
    });
    const solver = stack(fromLangChain(bound), toolLoop({ tools: [looking], maxSteps: 1 }));
    await run(solver, "Hi", options);
    const [, turn, result] = fake.asked[1] as any[];
    expect(turn).toBeInstanceOf(AIMessage);
    expect(turn.content).toEqual(content);
    expect(turn.tool_calls).toEqual([{ type: "tool_call", id: "c1", name: "look", args: { at: 1 } }]);
    expect(turn.additional_kwargs).toEqual({ stop_reason: "tool_use" });
    expect(result).toMatchObject({ tool_call_id: "c1", content: "blue", status: "success" });
  });

  test("words that somebody changed since are sent instead", async () => {
    const fake = new Fake([
      {
        content: [
          { type: "thinking", thinking: "Hm.", index: 0 },
          { type: "text", text: "Four.", index: 1 },
        ],
      },
    ]);
    const { content = [] } = await reply(fake);
    const changed = content.map((part) => (part.type === "text" ? { ...part, text: "Five." } : part));
    await run(fromLangChain(fake), { messages: [user("Hi"), { role: "assistant", content: changed }, user("More")] });
    expect(fake.asked[1]?.[1]?.content).toBe("Five.");
  });

  test("arguments that are no JSON stay text", async () => {
    const call = { type: "tool_call_chunk", id: "c1", name: "look", args: "{oops", index: 0 };
    const message =
      "onEvent" in options ? { tool_call_chunks: [call] } : { tool_call_chunks: [call], additional_kwargs: {} };
    const { toolCalls } = await run(
      fromLangChain(
        Object.assign(new Fake([{ content: "", ...message }]), {
          _generate: async () => ({
            generations: [
              {
                text: "",
                message: new AIMessage({
                  content: "",
                  invalid_tool_calls: [
                    { type: "invalid_tool_call", id: "c1", name: "look", args: "{oops", error: "no" },
                  ],
                }),
              },
            ],
          }),
        }),
      ),
      "Hi",
      options,
    );
    expect(toolCalls).toEqual([{ type: "tool-call", id: "c1", name: "look", input: "{oops" }]);
  });
});

test("settings are laid over the fields of a class of anybody's; what has no field is a downgrade", async () => {
  const fake = new Fake([{ content: "ok" }]);
  const { warnings } = await run(fromLangChain(fake), {
    messages: [user("Hi")],
    temperature: 0.2,
    maxOutputTokens: 9,
    topK: 5,
    logprobs: 2,
    effort: "low",
    schema: { jsonSchema: { type: "object" } },
  });
  expect(fake.settings).toEqual([{ temperature: 0.2, maxTokens: 9 }]);
  expect([fake.temperature, fake.maxTokens]).toEqual([1, 100]);
  expect(warnings?.map(({ code, capability }) => `${code} ${capability}`).sort()).toEqual([
    "downgrade effort",
    "downgrade logprobs",
    "downgrade schema",
    "downgrade topK",
  ]);
  const tools = run(fromLangChain(fake), { messages: [user("Hi")], tools: [look] });
  await expect(tools).rejects.toBeInstanceOf(CapabilityError);
});

test("LangChain's own chat models for tests", async () => {
  const fake = new FakeListChatModel({ responses: ["one", "two"] });
  const model = fromLangChain(fake);
  expect(model.capabilities).toMatchObject({ temperature: false, logprobs: false });
  // There is no field for it, whoever claims it.
  expect(fromLangChain(fake, { capabilities: { latent: ["steps"] } }).capabilities.latent).toBe(false);
  expect((await run(model, "Hi")).text).toBe("one");
  let streamed = "";
  await run(model, "Hi", { onEvent: (event) => event.type === "delta" && (streamed += event.text ?? "") });
  expect(streamed).toMatch(/one|two/);
});

describe("failures", () => {
  const failure = (model: LangChainChatModel): Promise<any> =>
    run(fromLangChain(model), "Hi").then(
      () => {
        throw new Error("expected a failure");
      },
      (error: unknown) => error,
    );
  const throwing = (error: unknown) => Object.assign(new Fake([]), { _generate: () => Promise.reject(error as Error) });

  test.each([
    ["not streaming", {}],
    ["streaming", { onEvent: () => undefined }],
  ] as const)("a vote that is decided hangs up on what still runs, %s", (_, options) => {
    const usage = { inputTokens: 9, cachedInputTokens: 0, outputTokens: 3, reasoningTokens: 0 };
    return withServer(
      (request, response, index) =>
        index < 3
          ? playChat({ kind: "reply", replies: [{ text: "Two and two. Answer: 4" }], usage }, request, response)
          : playChat({ kind: "hang", text: "No." }, request, response),
      async ({ url, received }) => {
        const model = fromLangChain(chatModel(url));
        const solver = stack(
          model,
          chainOfThought({ answer: number() }),
          sampleN(6, { concurrency: 3 }),
          majorityVote(),
        );
        const budget = new Budget({ calls: 6, tokens: 5_000 });
        const { answer, usage, samples } = await run(solver, "What is 2 + 2?", { ...options, budget });
        expect([answer, samples.length, usage.calls]).toEqual([4, 3, 3]);
        expect(usage.cancelled?.calls).toBeGreaterThan(0);
        for (const { closed } of received.slice(3)) expect(await closed).toBe(false);
        expect(budget.reserved).toMatchObject({ calls: 0, tokens: 0 });
      },
    );
  });

  test("a refusal says what the provider said, without advice", () =>
    withServer(
      (_, response) => sendJson(response, { error: { message: "who are you?" } }, 401),
      async ({ url, received }) => {
        const error = await failure(chatModel(url));
        expect(error).toBeInstanceOf(ProviderError);
        expect(error).toMatchObject({
          status: 401,
          retryable: false,
          message: "openai:some-model answered 401: who are you?",
        });
        expect(received).toHaveLength(1);
      },
    ));

  test("a context that is too long is final", () =>
    withServer(
      (_, response) => sendJson(response, { error: { message: "too long: context_length_exceeded" } }, 400),
      async ({ url }) => {
        expect(await failure(chatModel(url))).toMatchObject({ code: "provider", status: 400, retryable: false });
      },
    ));

  test("what LangChain marks as final is", async () => {
    const marked = Object.assign(new Error("used up\n\nTroubleshooting URL: x"), {
      [Symbol.for("langchain.errors.retryable")]: false,
    });
    expect(await failure(throwing(marked))).toMatchObject({ message: "fake failed: used up", retryable: false });
    expect(await failure(throwing(new Error("reset")))).toMatchObject({ code: "provider", retryable: true });
  });

  test("a stream that does not say why it ended was cut, where the model always says it", async () => {
    for (const [type, fits] of [
      ["anthropic", false],
      ["fake", true],
    ] as const) {
      const asked = run(fromLangChain(new Fake([{ content: "They" }], type)), "Hi", { onEvent: () => undefined });
      if (fits) expect((await asked).text).toBe("They");
      else await expect(asked).rejects.toBeInstanceOf(MalformedResponseError);
    }
  });

  test("a class with fields that are private in the language's sense cannot be seen through", async () => {
    class Private extends Fake {
      #secret = "x";
      override _generate() {
        return Promise.reject(new Error(this.#secret));
      }
    }
    const error = await failure(new Private([]));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toContain("without private #fields");
  });
});

test.each([
  ["chatModel", undefined, {}],
  ["chatModel", { invoke: () => 1 }, {}],
  ["an option", new Fake([]), { maxRetries: 0 }],
  ["price", new Fake([]), { price: 3 }],
  ["callOptions", new Fake([]), { callOptions: 3 }],
  ["schema", new Fake([]), { schema: {} }],
  ["effort", new Fake([]), { effort: "high" }],
])("bad %s", (option, model, options) => {
  expect(() => fromLangChain(model as never, options as never)).toThrow(InvalidOptionError);
  expect(() => fromLangChain(model as never, options as never)).toThrow(expect.objectContaining({ option }));
});

test("types: chat models, and what they are bound to, are taken", () => {
  expectTypeOf<ChatOpenAI>().toExtend<LangChainChatModel>();
  expectTypeOf<BaseChatModel>().toExtend<LangChainChatModel>();
  expectTypeOf(fromLangChain).returns.toEqualTypeOf<Model>();
  expect(fromLangChain(chatModel("http://localhost")).id).toBe("openai:some-model");
});
