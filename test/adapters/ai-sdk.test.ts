/**
 * @module
 * Language models of the AI SDK as models: the laws through a real provider of each specification, then the mapping, field by field.
 */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV2, LanguageModelV3, LanguageModelV4 } from "@ai-sdk/provider";
import type { LanguageModel } from "ai";
import { createOpenAICompatible as createV2 } from "openai-compatible-v2";
import { createOpenAICompatible as createV4 } from "openai-compatible-v4";
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
  type MullEvent,
} from "mull";
import { fromAiSdk, type AiSdkModel, type AiSdkPart, type FromAiSdkOptions } from "mull/adapters/ai-sdk";
import { modelLaws } from "mull/testing";
import * as z from "zod";
import { stageOf, withServer, type LoopbackServer } from "./stage.js";
import { playChat, sceneFor } from "./wires/chat-completions.js";

const settings = (url: string) => ({
  name: "someone",
  baseURL: `${url}/v1`,
  apiKey: "test-key-123456",
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const specifications: Readonly<Record<string, (url: string) => AiSdkModel>> = {
  V2: (url) => createV2(settings(url))("some-model"),
  V3: (url) => createOpenAICompatible(settings(url))("some-model"),
  V4: (url) => createV4(settings(url))("some-model"),
};

describe.each(Object.entries(specifications))("%s keeps the laws", (_, make) => {
  let server: LoopbackServer;
  let close: () => void;
  let over: Promise<unknown>;
  beforeAll(
    () =>
      new Promise<void>((ready) => {
        over = withServer(
          (request, response) => playChat(sceneFor(request), request, response),
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

  const laws = modelLaws(() => fromAiSdk(make(server.url)), {
    requests: () => server.received.length,
    stage: stageOf(playChat, (url) => fromAiSdk(make(url))),
    skip: {
      "log-probabilities arrive with their alternatives, streamed or not": "this provider does not give them back",
    },
  });
  test.each(laws.map((law) => [law.name, law] as const))("%s", (_, { check }) => check());
});

const user = (content: string): Message => ({ role: "user", content });
const usage = {
  inputTokens: { total: 12, noCache: 2, cacheRead: 10, cacheWrite: 0 },
  outputTokens: { total: 7, text: 4, reasoning: 3 },
};
const stop = { unified: "stop", raw: "stop" };

/** A model that answers with these parts, whatever is asked, and remembers what that was. */
function answering(
  result: { readonly content: readonly (AiSdkPart & Record<string, unknown>)[] } & Record<string, unknown>,
  about: Partial<AiSdkModel> = {},
): AiSdkModel & { readonly asked: any[] } {
  const asked: any[] = [];
  const whole = { finishReason: stop, usage, warnings: [], ...result };
  return {
    specificationVersion: "v3",
    provider: "maker.chat",
    modelId: "some-model",
    asked,
    doGenerate: (options) => {
      asked.push(options);
      return Promise.resolve(whole);
    },
    doStream: (options) => {
      asked.push(options);
      const { warnings, finishReason, providerMetadata } = whole as Record<string, unknown>;
      return Promise.resolve({
        stream: streamOf([
          { type: "stream-start", warnings },
          { type: "response-metadata", id: "id-1", modelId: "some-model-1" },
          ...whole.content.flatMap(piecesOf),
          { type: "finish", finishReason, usage: whole.usage, providerMetadata },
        ]),
      });
    },
    ...about,
  };
}

function streamOf(parts: readonly object[]): ReadableStream<AiSdkPart> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part as AiSdkPart);
      controller.close();
    },
  });
}

/** A part as it streams: metadata come last, as signatures do. */
function piecesOf(part: AiSdkPart & Record<string, unknown>, index: number): readonly object[] {
  const { type, text, providerMetadata } = part;
  if (type !== "text" && type !== "reasoning") return [part];
  const id = String(index);
  const words = String(text).split(/(?<= )/);
  return [
    { type: `${type}-start`, id },
    ...words.map((delta) => ({ type: `${type}-delta`, id, delta })),
    { type: `${type}-end`, id, ...(providerMetadata !== undefined && { providerMetadata }) },
  ];
}

const ask = (model: AiSdkModel, request: Partial<ModelRequest> = {}, options: FromAiSdkOptions = {}) =>
  run(fromAiSdk(model, options), { messages: [user("Hi")], ...request });
const both = [
  ["not streaming", {}],
  ["streaming", { onEvent: () => undefined }],
] as const;

describe("a request", () => {
  test("every setting has its field; nothing is sent that was not asked for", async () => {
    const model = answering({ content: [{ type: "text", text: "ok" }] });
    await ask(model);
    expect(Object.keys(model.asked[0]).sort()).toEqual(["abortSignal", "prompt"]);
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
      tools: [{ name: "weather", description: "The weather.", inputSchema: { type: "object" } }],
      toolChoice: { name: "weather" },
      schema: { name: "answer", jsonSchema: { type: "object" } },
      prefill: "The",
      providerOptions: { maker: { mode: "odd" }, other: { a: 1 } },
    };
    const before = structuredClone(request);
    await ask(model, request, {
      capabilities: { prefill: true },
      providerOptions: { maker: { mode: "even", tier: "low" } },
    });
    expect(request).toEqual(before);
    expect(model.asked[1]).toEqual({
      abortSignal: expect.any(AbortSignal),
      prompt: [
        { role: "system", content: "Be brief." },
        { role: "user", content: [{ type: "text", text: "Hi" }] },
        { role: "assistant", content: [{ type: "text", text: "The" }] },
      ],
      temperature: 0.7,
      topP: 0.9,
      topK: 40,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stopSequences: ["END"],
      maxOutputTokens: 99,
      seed: 7,
      tools: [{ type: "function", name: "weather", description: "The weather.", inputSchema: { type: "object" } }],
      toolChoice: { type: "tool", toolName: "weather" },
      responseFormat: { type: "json", name: "answer", schema: { type: "object" } },
      providerOptions: { maker: { mode: "odd", tier: "low" }, other: { a: 1 } },
    });
  });

  test.each([
    ["auto", { type: "auto" }],
    ["none", { type: "none" }],
    ["required", { type: "required" }],
  ] as const)("tool choice %s", async (toolChoice, expected) => {
    const model = answering({ content: [{ type: "text", text: "ok" }] });
    await ask(model, { toolChoice, tools: [{ name: "a", description: "", inputSchema: { type: "object" } }] });
    expect(model.asked[0].toolChoice).toEqual(expected);
  });

  test("effort is a setting of V4, an option of the user before, and one or the other, never both", async () => {
    const v3 = answering({ content: [{ type: "text", text: "ok" }] });
    const v4 = answering({ content: [{ type: "text", text: "ok" }] }, { specificationVersion: "v4" });
    const effort = (level: string) => ({ maker: { thinking: level } });
    const { warnings } = await ask(v3, { effort: "high" });
    expect(warnings).toEqual([expect.objectContaining({ code: "downgrade", capability: "effort" })]);
    await ask(v3, { effort: "high" }, { effort });
    await ask(v4, { effort: "max" });
    await ask(v4, { effort: "max" }, { effort });
    expect([...v3.asked, ...v4.asked].map(({ reasoning, providerOptions }) => [reasoning, providerOptions])).toEqual([
      [undefined, undefined],
      [undefined, { maker: { thinking: "high" } }],
      ["max", undefined],
      [undefined, { maker: { thinking: "max" } }],
    ]);
  });

  test.each([
    ["openai.responses", 3, { openai: { logprobs: 3 } }],
    ["openai.chat", 0, { openai: { logprobs: true } }],
    ["azure.chat", 2, { azure: { logprobs: 2 }, openai: { logprobs: 2 } }],
    ["xai.chat", 5, { xai: { logprobs: true, topLogprobs: 5 } }],
    ["openai-compatible.chat", 5, undefined],
    ["maker.chat", 5, undefined],
  ])("log-probabilities of %s", async (provider, logprobs, providerOptions) => {
    const model = answering({ content: [{ type: "text", text: "ok" }] }, { provider });
    const { warnings = [] } = await ask(model, { logprobs });
    expect(model.asked[0].providerOptions).toEqual(providerOptions);
    expect(warnings.map(({ capability }) => capability)).toEqual(providerOptions === undefined ? ["logprobs"] : []);
  });

  test.each([
    ["v2", (data: unknown) => data],
    ["v3", (data: unknown) => data],
    ["v4", (data: unknown) => (data instanceof URL ? { type: "url", url: data } : { type: "data", data })],
  ])("files in %s", async (specificationVersion, tagged) => {
    const model = answering({ content: [{ type: "text", text: "ok" }] }, { specificationVersion });
    const bytes = new Uint8Array([1, 2, 3]);
    const file = (data: Uint8Array | string | URL) => ({ type: "file", mediaType: "image/png", data }) as const;
    const url = new URL("https://a.example/b.png");
    const content = [
      file(bytes),
      file("AQID"),
      file("data:image/png;base64,AQID"),
      file(url.href),
      file(url),
      { ...file(bytes), filename: "a.png", providerMetadata: { maker: { detail: "low" } } },
    ];
    await ask(model, { messages: [{ role: "user", content }] });
    const { content: sent } = model.asked[0].prompt[0];
    expect(sent.map(({ data }: { data: unknown }) => data)).toEqual(
      [bytes, "AQID", "AQID", url, url, bytes].map(tagged),
    );
    expect(sent.at(-1)).toMatchObject({ filename: "a.png", providerOptions: { maker: { detail: "low" } } });
  });

  test("results of tools in their shapes", async () => {
    const model = answering({ content: [{ type: "text", text: "ok" }] });
    const results = [
      { output: "snow" },
      { output: { sky: "snow" } },
      { output: undefined },
      { output: "no such town", isError: true },
      { output: { code: 5 }, isError: true },
    ].map((result, i) => ({ type: "tool-result" as const, id: String(i), name: "weather", ...result }));
    await ask(model, { messages: [user("Hi"), { role: "tool", content: results }] });
    expect(model.asked[0].prompt[1].content.map(({ output }: { output: unknown }) => output)).toEqual([
      { type: "text", value: "snow" },
      { type: "json", value: { sky: "snow" } },
      { type: "json", value: null },
      { type: "error-text", value: "no such town" },
      { type: "error-json", value: { code: 5 } },
    ]);
  });
});

describe("files of a tool's result", () => {
  const file = (mediaType: string, data: Uint8Array | string | URL, more: object = {}) =>
    ({ type: "file", mediaType, data, ...more }) as const;
  const files = [
    file("image/png", new Uint8Array([1, 2, 3])),
    file("application/pdf", "AQID", { filename: "a.pdf", providerMetadata: { maker: { a: 1 } } }),
    file("image/*", new URL("https://a.example/b")),
    file("application/pdf", "https://a.example/c.pdf"),
    file("audio/wav", "AQID"),
    file("image/png", "gs://a/b"),
  ];
  const output = async (about: Partial<AiSdkModel>, result: object = {}) => {
    const model = answering({ content: [{ type: "text", text: "ok" }] }, about);
    const content = [{ type: "tool-result", id: "1", name: "look", output: "seen", files, ...result }] as const;
    const { warnings = [] } = await ask(model, { messages: [user("Hi"), { role: "tool", content }] });
    return { sent: model.asked[0].prompt[1].content[0].output, warnings };
  };

  const text = { type: "text", text: "seen" };
  const about = { filename: "a.pdf", providerOptions: { maker: { a: 1 } } };
  test.each([
    [
      "v2",
      [
        { type: "media", mediaType: "image/png", data: "AQID" },
        { type: "media", mediaType: "application/pdf", data: "AQID" },
      ],
    ],
    [
      "v3",
      [
        { type: "image-data", mediaType: "image/png", data: "AQID" },
        { type: "file-data", mediaType: "application/pdf", data: "AQID", ...about },
        { type: "image-url", mediaType: "image/*", url: "https://a.example/b" },
        { type: "file-url", mediaType: "application/pdf", url: "https://a.example/c.pdf" },
      ],
    ],
    [
      "v4",
      [
        { type: "file", mediaType: "image/png", data: { type: "data", data: new Uint8Array([1, 2, 3]) } },
        { type: "file", mediaType: "application/pdf", data: { type: "data", data: "AQID" }, ...about },
        { type: "file", mediaType: "image/*", data: { type: "url", url: new URL("https://a.example/b") } },
        { type: "file", mediaType: "application/pdf", data: { type: "url", url: new URL("https://a.example/c.pdf") } },
      ],
    ],
  ])("in %s", async (specificationVersion, parts) => {
    const provider = "anthropic.messages";
    const { sent, warnings } = await output({ specificationVersion, provider });
    expect(sent).toEqual({ type: "content", value: [text, ...parts] });
    expect(warnings).toMatchObject([
      { code: "downgrade", capability: "files", message: expect.stringContaining("audio/wav") },
    ]);
    // No list has a mark for a tool that failed.
    const failed = await output({ specificationVersion, provider }, { output: { at: 5 }, isError: true });
    expect(failed.sent).toEqual({ type: "content", value: [{ type: "text", text: 'Error: {"at":5}' }, ...parts] });
    expect((await output({ specificationVersion, provider }, { output: "" })).sent.value).toEqual(parts);
  });

  test.each([
    ["anthropic.messages", "claude-x", 4],
    ["vertex.anthropic.messages", "claude-x", 4],
    ["openai.responses", "gpt-x", 4],
    ["azure.responses", "gpt-x", 4],
    ["google.generative-ai", "gemini-3.8-flash", 3],
    ["google.vertex.chat", "gemini-3.8-flash", 3],
    ["mull", "m", 6],
    ["google.generative-ai", "gemini-2.5-pro", 0],
    ["google.chat", "gemini-3.8-flash", 0],
    ["openai.chat", "gpt-x", 0],
    ["anthropic.chat", "claude-x", 0],
    ["openai-compatible.chat", "m", 0],
    ["maker.chat", "m", 0],
  ])("%s, %s: %i go", async (provider, modelId, count) => {
    const { sent, warnings } = await output({ provider, modelId });
    if (count === 0) expect(sent).toEqual({ type: "text", value: "seen" });
    else expect(sent.value).toHaveLength(count + 1);
    expect(warnings.map(({ capability }) => capability)).toEqual(count === files.length ? [] : ["files"]);
  });

  test("where none goes, the result is as it would be without", async () => {
    const { sent } = await output({ provider: "openai.chat" }, { output: { code: 5 }, isError: true });
    expect(sent).toEqual({ type: "error-json", value: { code: 5 } });
  });

  test("the warnings of the provider stay", async () => {
    const warnings = [{ type: "other", message: "odd" }];
    const model = answering({ content: [{ type: "text", text: "ok" }], warnings });
    const content = [{ type: "tool-result", id: "1", name: "look", output: "seen", files }] as const;
    const told = await ask(model, { messages: [user("Hi"), { role: "tool", content }] });
    expect(told.warnings?.map(({ code }) => code)).toEqual(["downgrade", "provider"]);
  });
});

describe.each(both)("a reply, %s", (_, options) => {
  const reply = (model: AiSdkModel) => run(fromAiSdk(model), { messages: [user("Hi")] }, options);

  test("text, reasoning, usage, finish reason, id and model", async () => {
    const response = { id: "id-1", modelId: "some-model-1" };
    const content = [
      { type: "reasoning", text: "Two and two." },
      { type: "text", text: "It is four." },
    ];
    expect(await reply(answering({ content, response }))).toEqual({
      text: "It is four.",
      reasoning: "Two and two.",
      finishReason: "stop",
      usage: { calls: 1, inputTokens: 12, cachedInputTokens: 10, outputTokens: 7, reasoningTokens: 3, usd: undefined },
      providerMetadata: { aiSdk: { id: "id-1", model: "some-model-1" } },
    });
  });

  test.each([
    ["stop", "stop", "stop"],
    ["length", "max", "length"],
    ["content-filter", "safety", "content-filter"],
    ["error", "odd", "other"],
    ["other", "odd", "other"],
    ["interrupted", "odd", "other"],
  ])("finish reason %s", async (unified, raw, expected) => {
    const content = [{ type: "text", text: "ok" }];
    expect((await reply(answering({ content, finishReason: { unified, raw } }))).finishReason).toBe(expected);
    expect((await reply(answering({ content, finishReason: unified }))).finishReason).toBe(expected);
  });

  test.each([
    ["as it is", "maker.chat", { inputTokens: 12, cachedInputTokens: 10, outputTokens: 7 }, [12, 10, 7, undefined]],
    [
      "with cached tokens beside",
      "anthropic",
      { inputTokens: 2, cachedInputTokens: 10, outputTokens: 7 },
      [12, 10, 7, undefined],
    ],
    [
      "with few cached tokens beside",
      "anthropic.messages",
      { inputTokens: 12, cachedInputTokens: 10, outputTokens: 7 },
      [22, 10, 7, undefined],
    ],
    [
      "with reasoning beside",
      "google.generative-ai",
      { inputTokens: 12, outputTokens: 7, reasoningTokens: 3, totalTokens: 22 },
      [12, undefined, 10, 3],
    ],
    [
      "with reasoning inside",
      "openai.chat",
      { inputTokens: 12, outputTokens: 7, reasoningTokens: 3, totalTokens: 19 },
      [12, undefined, 7, 3],
    ],
    ["unknown", "maker.chat", {}, [undefined, undefined, undefined, undefined]],
  ])("usage of V2 %s", async (_, provider, usage, expected) => {
    const model = answering(
      { content: [{ type: "text", text: "ok" }], usage },
      { provider, specificationVersion: "v2" },
    );
    const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = (await reply(model)).usage;
    expect([inputTokens, cachedInputTokens, outputTokens, reasoningTokens]).toEqual(expected);
  });

  test("parts keep their order and metadata, and go back unchanged", async () => {
    const content = [
      { type: "reasoning", text: "First, ", providerMetadata: { maker: { signature: "s1" } } },
      { type: "reasoning", text: "", providerMetadata: { maker: { redacted: "s2" } } },
      { type: "text", text: "Let me look.", providerMetadata: { maker: { id: "m1" } } },
      {
        type: "tool-call",
        toolCallId: "c1",
        toolName: "look",
        input: '{"at":"sky"}',
        providerMetadata: { maker: { thoughtSignature: "s3" } },
      },
    ];
    let index = 0;
    const first = answering({ content, finishReason: { unified: "tool-calls", raw: "tool_use" } });
    const second = answering({ content: [{ type: "text", text: "Blue." }] });
    const inTurn: AiSdkModel = {
      ...first,
      doGenerate: (given) => (index++ === 0 ? first : second).doGenerate(given),
      doStream: (given) => (index++ === 0 ? first : second).doStream(given),
    };
    const look = tool({
      name: "look",
      description: "Looks.",
      input: z.object({ at: z.string() }),
      execute: () => "blue",
    });
    const solver = stack(fromAiSdk(inTurn), toolLoop({ tools: [look] }));
    const response = await run(solver, { messages: [user("Hi")] }, options);
    expect(response.text).toBe("Blue.");
    expect(second.asked[0].prompt[1]).toEqual({
      role: "assistant",
      content: [
        { type: "reasoning", text: "First, ", providerOptions: { maker: { signature: "s1" } } },
        { type: "reasoning", text: "", providerOptions: { maker: { redacted: "s2" } } },
        { type: "text", text: "Let me look.", providerOptions: { maker: { id: "m1" } } },
        {
          type: "tool-call",
          toolCallId: "c1",
          toolName: "look",
          input: { at: "sky" },
          providerOptions: { maker: { thoughtSignature: "s3" } },
        },
      ],
    });
  });

  test("parts that mull has no type for go back as they were", async () => {
    const content = [
      { type: "custom", kind: "maker.compaction", providerMetadata: { maker: { data: "x" } } },
      { type: "reasoning-file", mediaType: "image/png", data: { type: "data", data: "AQID" } },
      { type: "file", mediaType: "image/png", data: { type: "data", data: "AQID" } },
      { type: "text", text: "A picture." },
    ];
    const model = answering({ content }, { specificationVersion: "v4" });
    const { content: parts = [], text } = await reply(model);
    expect(text).toBe("A picture.");
    await run(fromAiSdk(model), { messages: [user("Hi"), { role: "assistant", content: parts }, user("More")] });
    expect(model.asked[1].prompt[1].content).toEqual([
      { type: "custom", kind: "maker.compaction", providerOptions: { maker: { data: "x" } } },
      { type: "reasoning-file", mediaType: "image/png", data: { type: "data", data: "AQID" } },
      { type: "file", mediaType: "image/png", data: { type: "data", data: "AQID" } },
      { type: "text", text: "A picture." },
    ]);
  });

  test("arguments that are no JSON stay text; tools that the provider ran are not called again", async () => {
    const content = [
      { type: "tool-call", toolCallId: "s1", toolName: "search", input: "{}", providerExecuted: true },
      { type: "tool-result", toolCallId: "s1", toolName: "search", result: { hits: 2 } },
      { type: "source", sourceType: "url", id: "1", url: "https://a.example" },
      { type: "tool-call", toolCallId: "c1", toolName: "look", input: "{oops" },
      { type: "tool-call", toolCallId: "", toolName: "look", input: "" },
    ];
    const { toolCalls, finishReason, providerMetadata } = await reply(answering({ content }));
    expect(toolCalls).toEqual([
      { type: "tool-call", id: "c1", name: "look", input: "{oops" },
      { type: "tool-call", id: expect.stringMatching(/^call_/), name: "look", input: {} },
    ]);
    expect(finishReason).toBe("tool-calls");
    expect(providerMetadata?.aiSdk).toMatchObject({ sources: [content[2]], executed: content.slice(0, 2) });
  });

  test("log-probabilities, in one list or in one for each part", async () => {
    const entry = (token: string, logprob: number) => ({ token, logprob, top_logprobs: [{ token, logprob }] });
    const expected = [
      { token: "24", logprob: -0.25, top: [{ token: "24", logprob: -0.25 }] },
      { token: " legs", logprob: -0.5, top: [{ token: " legs", logprob: -0.5 }] },
    ];
    const content = [{ type: "text", text: "24 legs" }];
    for (const logprobs of [
      [entry("24", -0.25), entry(" legs", -0.5)],
      [[entry("24", -0.25)], [entry(" legs", -0.5)]],
    ]) {
      const response = await reply(answering({ content, providerMetadata: { openai: { logprobs, tier: "x" } } }));
      expect(response.logprobs).toEqual(expected);
      expect(response.providerMetadata).toMatchObject({ openai: { tier: "x" } });
      expect(response.providerMetadata?.openai).not.toHaveProperty("logprobs");
    }
  });

  test("warnings of all versions; what was left out is told as an event, too", async () => {
    const events: MullEvent[] = [];
    const warnings = [
      { type: "unsupported-setting", setting: "topK" },
      { type: "unsupported-tool", tool: { type: "function", name: "weather" }, details: "no" },
      { type: "unsupported", feature: "responseFormat", details: "only with schemas" },
      { type: "compatibility", feature: "system", details: "as a user's turn" },
      { type: "deprecated", setting: "mode", message: "use tier" },
      { type: "other", message: "the moon is full" },
    ];
    const model = fromAiSdk(answering({ content: [{ type: "text", text: "ok" }], warnings }));
    const response = await run(model, "Hi", {
      ...options,
      ...("onEvent" in options && { onEvent: (e) => events.push(e) }),
    });
    expect(response.warnings).toEqual([
      {
        code: "downgrade",
        capability: "topK",
        message: "maker.chat:some-model does not support topK: it was left out",
      },
      {
        code: "downgrade",
        capability: "the tool weather",
        message: "maker.chat:some-model does not support the tool weather: it was left out (no)",
      },
      {
        code: "downgrade",
        capability: "schema",
        message: "maker.chat:some-model does not support responseFormat: it was left out (only with schemas)",
      },
      { code: "provider", message: "maker.chat:some-model: system: as a user's turn" },
      { code: "provider", message: "maker.chat:some-model: mode: use tier" },
      { code: "provider", message: "maker.chat:some-model: the moon is full" },
    ]);
    const downgrades = events.filter(({ type }) => type === "downgrade");
    expect(downgrades).toHaveLength("onEvent" in options ? 3 : 0);
  });
});

describe("failures", () => {
  const throwing = (error: unknown): AiSdkModel =>
    answering({ content: [] }, { doGenerate: () => Promise.reject(error) });
  const failure = (model: Model, listens = false): Promise<any> =>
    run(model, "Hi", listens ? { onEvent: () => undefined } : {}).then(
      () => {
        throw new Error("expected a failure");
      },
      (error: unknown) => error,
    );
  const apiError = (fields: object) =>
    Object.assign(new Error("it broke"), { name: "AI_APICallError", isRetryable: false, ...fields });

  test.each([
    ["a refusal that may pass", apiError({ statusCode: 529, isRetryable: true }), { status: 529, retryable: true }],
    ["a refusal that the provider calls final", apiError({ statusCode: 500 }), { status: 500, retryable: false }],
    [
      "a limit",
      apiError({
        statusCode: 429,
        isRetryable: true,
        responseHeaders: { "retry-after-ms": "50", "x-request-id": "r" },
      }),
      { status: 429, retryable: true, retryAfterMs: 50, requestId: "r" },
    ],
    [
      "no connection",
      apiError({ isRetryable: true, cause: { code: "ECONNREFUSED" } }),
      { status: undefined, retryable: true },
    ],
    [
      "no key",
      Object.assign(new Error("set it"), { name: "AI_LoadAPIKeyError" }),
      { status: undefined, retryable: false },
    ],
  ])("%s", async (_, error, expected) => {
    const found = await failure(fromAiSdk(throwing(error)));
    expect(found).toBeInstanceOf(ProviderError);
    expect(found).toMatchObject(expected);
  });

  test("what the provider cannot do is a missing capability", async () => {
    const error = Object.assign(new Error("x"), {
      name: "AI_UnsupportedFunctionalityError",
      functionality: "PDF by URL",
    });
    const found = await failure(fromAiSdk(throwing(error)));
    expect(found).toBeInstanceOf(CapabilityError);
    expect(found).toMatchObject({ capability: "PDF by URL", model: "maker.chat:some-model" });
  });

  test("what cannot be read shows none of it", async () => {
    const parse = Object.assign(new Error("secret"), { name: "AI_JSONParseError", text: "secret" });
    for (const error of [parse, apiError({ statusCode: 200, cause: parse })]) {
      const found = await failure(fromAiSdk(throwing(error)));
      expect(found).toBeInstanceOf(MalformedResponseError);
      expect(found.message).toBe("maker.chat:some-model sent what cannot be read");
      expect(found.cause).toBeUndefined();
    }
  });

  const streaming = (parts: readonly object[]): AiSdkModel =>
    answering({ content: [] }, { doStream: () => Promise.resolve({ stream: streamOf(parts) }) });
  const begun = [
    { type: "text-start", id: "1" },
    { type: "text-delta", id: "1", delta: "They have" },
  ];
  test.each([
    ["an error of the server", { message: "overloaded", type: "server_error" }, ProviderError, { retryable: true }],
    [
      "an error of the request",
      { error: { message: "too long", code: "context_length_exceeded" } },
      ProviderError,
      { retryable: false },
    ],
    ["an error with a number", { message: "no", code: 400 }, ProviderError, { retryable: false }],
    ["an error in words", "overloaded", ProviderError, { retryable: true }],
    ["an error that was thrown", apiError({ statusCode: 503, isRetryable: true }), ProviderError, { status: 503 }],
  ])("%s in a stream", async (_, error, type, expected) => {
    const found = await failure(fromAiSdk(streaming([...begun, { type: "error", error }])), true);
    expect(found).toBeInstanceOf(type);
    expect(found).toMatchObject(expected);
  });

  test.each([
    ["without an end", []],
    ["without a reason, in V2", [{ type: "finish", finishReason: "unknown", usage }]],
    ["without a reason, in V3", [{ type: "finish", finishReason: { unified: "other", raw: undefined }, usage }]],
  ])("a stream that ends %s was cut", async (_, end) => {
    expect(await failure(fromAiSdk(streaming([...begun, ...end])), true)).toBeInstanceOf(MalformedResponseError);
  });

  test.each(both)("a vote that is decided hangs up on what still runs, %s", (_, options) => {
    const usage = { inputTokens: 9, cachedInputTokens: 0, outputTokens: 3, reasoningTokens: 0 };
    return withServer(
      (request, response, index) =>
        index < 3
          ? playChat({ kind: "reply", replies: [{ text: "Two and two. Answer: 4" }], usage }, request, response)
          : playChat({ kind: "hang", text: "No." }, request, response),
      async ({ url, received }) => {
        const model = fromAiSdk(specifications.V3!(url));
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

  test("after an abort a stream that does not listen holds nobody up, and is closed", async () => {
    let cancelled = false;
    const stream = new ReadableStream<AiSdkPart>({ cancel: () => void (cancelled = true) });
    const model = fromAiSdk(answering({ content: [] }, { doStream: () => Promise.resolve({ stream }) }));
    const controller = new AbortController();
    const reason = new Error("enough");
    const asked = run(model, "Hi", { signal: controller.signal, onEvent: () => undefined });
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await new Promise(setImmediate);
    expect(cancelled).toBe(true);
  });
});

test.each([
  ["languageModel", "gpt-5", {}],
  ["languageModel", undefined, {}],
  ["languageModel", { ...answering({ content: [] }), doStream: undefined }, {}],
  ["languageModel", answering({ content: [] }, { specificationVersion: "v1" }), {}],
  ["modelId", answering({ content: [] }, { modelId: " " }), {}],
  ["an option", answering({ content: [] }), { timeoutMs: 5 }],
  ["an option", answering({ content: [] }), { capabilities: { N: true } }],
  ["price", answering({ content: [] }), { price: 3 }],
  ["providerOptions", answering({ content: [] }), { providerOptions: "x" }],
  ["effort", answering({ content: [] }), { effort: "high" }],
])("bad %s", (option, model, options) => {
  expect(() => fromAiSdk(model as never, options as never)).toThrow(InvalidOptionError);
  expect(() => fromAiSdk(model as never, options as never)).toThrow(expect.objectContaining({ option }));
});

test("types: models of every specification, and of the real providers, are taken", () => {
  expectTypeOf<LanguageModelV2>().toExtend<AiSdkModel>();
  expectTypeOf<LanguageModelV3>().toExtend<AiSdkModel>();
  expectTypeOf<LanguageModelV4>().toExtend<AiSdkModel>();
  expectTypeOf<Exclude<LanguageModel, string>>().toExtend<AiSdkModel>();
  expectTypeOf(fromAiSdk).returns.toEqualTypeOf<Model>();
});
