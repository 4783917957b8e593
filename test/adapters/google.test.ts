import { getEventListeners } from "node:events";
import { GoogleGenAI } from "@google/genai";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import {
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
  run,
  sampleN,
  stack,
  tool,
  toolLoop,
  wrap,
  type Effort,
  type Message,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
} from "mull";
import { modelLaws } from "mull/testing";
import { fromGoogle, type FromGoogleOptions, type GoogleClient } from "mull/adapters/google";
import { z } from "zod";
import { sendJson, stageOf, withServer, type Handler, type LoopbackServer, type Received } from "./stage.js";
import { play, signature } from "./wires/google.js";

const key = "AIza-test-key-0123456789";

function geminiApi(url: string): GoogleGenAI {
  return new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
}

function vertex(url: string): GoogleGenAI {
  return new GoogleGenAI({ apiKey: key, vertexai: true, httpOptions: { baseUrl: url } });
}

const noLogprobs = { "log-probabilities arrive with their alternatives, streamed or not": "the model gives none" };

describe.each<[string, (url: string) => GoogleGenAI, string, FromGoogleOptions, Readonly<Record<string, string>>]>([
  ["the Gemini API, the second generation", geminiApi, "gemini-2.5-flash", { capabilities: { logprobs: true } }, {}],
  ["the Gemini API, the third", geminiApi, "gemini-3.8-flash", {}, noLogprobs],
  ["Vertex AI", vertex, "gemini-2.5-pro", { price: { inputUsd: 1, outputUsd: 2 } }, {}],
])("laws, with %s", (_, connect, modelId, options, skip) => {
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
  const make = (url: string): Model => fromGoogle(connect(url), modelId, options);
  const laws = modelLaws(() => make(server.url), {
    requests: () => server.received.length,
    stage: stageOf(play, make),
    skip,
  });
  for (const { name, check } of laws) test(name, check);
});

/** Thirty words, or as many as the cap allows: a word is a token here. */
function longAnswer({ json }: Received): Parameters<typeof play>[0] {
  const { maxOutputTokens: cap = Infinity, candidateCount: n = 1 } = json.generationConfig ?? {};
  const words = Array.from({ length: 30 }, (__, i) => `word${i}`);
  const text = words.slice(0, cap).join(" ");
  const one = { text, finishReason: cap < words.length ? ("length" as const) : ("stop" as const) };
  const usage = { cachedInputTokens: 0, reasoningTokens: 0 };
  return {
    kind: "reply",
    replies: Array.from({ length: n }, () => one),
    usage: { ...usage, inputTokens: 20, outputTokens: n * Math.min(cap, words.length) },
  };
}

/** A model in front of a server. */
async function asking<T>(
  handler: Handler,
  act: (model: Model, server: LoopbackServer) => Promise<T>,
  modelId = "gemini-2.5-flash",
  options: FromGoogleOptions = {},
): Promise<T> {
  return withServer(handler, (server) => act(fromGoogle(geminiApi(server.url), modelId, options), server));
}

const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };

/** Answers with one candidate of these parts, in one piece, streamed or not. */
const saying =
  (parts: readonly object[], rest: object = {}, end: object = {}): Handler =>
  (request, response, index) => {
    const candidates = [{ content: { role: "model", parts }, finishReason: "STOP", ...rest }];
    const whole = { candidates, usageMetadata, modelVersion: "gemini-x-001", responseId: "r-1", ...end };
    if (request.path.includes(":stream")) return streaming([whole])(request, response, index);
    sendJson(response, whole);
  };

/** Streams these pieces. */
const streaming =
  (pieces: readonly object[]): Handler =>
  (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(pieces.map((piece) => `data: ${JSON.stringify(piece)}\n\n`).join(""));
  };

const ok = saying([{ text: "ok" }]);
const listening = { onEvent: () => undefined };
const user = (content: string): Message => ({ role: "user", content });
const asked = (request: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [user("Hi")], ...request });

/** What reaches the server for a request. */
async function sent(request: ModelRequest, modelId?: string, options?: FromGoogleOptions): Promise<any> {
  return asking(
    ok,
    async (model, { received }) => {
      await run(model, request);
      return received[0]!.json;
    },
    modelId,
    options,
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
  const client = geminiApi("http://localhost");

  test.each<[string, () => unknown, string]>([
    ["no client", () => fromGoogle(undefined as never, "m"), "models.generateContent`, such as new GoogleGenAI()"],
    ["another client", () => fromGoogle({ chat: () => 1 } as never, "m"), "models.generateContent`"],
    [
      "half a client",
      () => fromGoogle({ models: { generateContent: () => 1 } } as never, "m"),
      "models.generateContentStream`",
    ],
    ["no model", () => fromGoogle(client, ""), "modelId must be the name of a model"],
    ["an unknown option", () => fromGoogle(client, "m", { capability: {} } as never), '"capability"'],
    ["an unknown capability", () => fromGoogle(client, "m", { capabilities: { N: 3 } as never }), '"N"'],
    ["a price below 0", () => fromGoogle(client, "m", { price: { inputUsd: -1, outputUsd: 1 } }), "price.inputUsd"],
    ["no function", () => fromGoogle(client, "m", { countTokens: 3 as never }), "countTokens must be a function"],
  ])("%s is refused", (_, make, words) => {
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(words);
  });

  test("the client of the SDK fits, and the id says whose model it is", () => {
    expectTypeOf(client).toExtend<GoogleClient>();
    expectTypeOf(fromGoogle(client, "gemini-3.8-flash")).toEqualTypeOf<Model>();
    expect(fromGoogle(client, "gemini-3.8-flash").id).toBe("google:gemini-3.8-flash");
  });

  test.each<[string, boolean, object]>([
    ["gemini-2.0-flash", false, { n: 8, effort: false, reasoning: "none" }],
    ["gemini-2.5-flash", false, { n: 8, logprobs: false, effort: true, reasoning: "summary" }],
    ["gemini-2.5-flash", true, { n: 8, logprobs: true, effort: true, reasoning: "summary" }],
    ["models/gemini-2.5-pro", false, { n: 8, logprobs: false, effort: true, reasoning: "summary" }],
    ["gemini-2.5-flash-image", false, { n: false, logprobs: false }],
    ["gemini-3-flash-preview", false, { n: false, logprobs: false, effort: true, reasoning: "summary" }],
    ["gemini-3.1-pro-preview", true, { n: false, logprobs: false, effort: true, reasoning: "summary" }],
    [
      "gemini-3.8-flash",
      false,
      { n: false, logprobs: false, prefill: false, temperature: false, effort: true, reasoning: "summary" },
    ],
    [
      "gemini-9-ultra",
      false,
      { n: false, logprobs: false, prefill: false, temperature: false, effort: true, reasoning: "summary" },
    ],
    ["gemma-4-31b-it", false, { n: false }],
  ])("capabilities of %s (Vertex AI: %s)", (modelId, onVertex, capabilities) => {
    const connect = onVertex ? vertex : geminiApi;
    expect(fromGoogle(connect("http://localhost"), modelId).capabilities).toEqual({ latent: false, ...capabilities });
    // There is no field for it, whoever claims it.
    const claimed = fromGoogle(connect("http://localhost"), modelId, { capabilities: { latent: ["steps"] } });
    expect(claimed.capabilities.latent).toBe(false);
  });

  test("the user knows better", () => {
    const model = fromGoogle(client, "gemini-3.8-flash", { capabilities: { n: 4, temperature: true } });
    expect(model.capabilities).toMatchObject({ n: 4, temperature: true, prefill: false });
  });
});

describe("a request", () => {
  test("nothing is sent that was not asked for, but for thoughts", async () => {
    expect(await sent(asked(), "gemini-2.0-flash")).toEqual({
      contents: [{ role: "user", parts: [{ text: "Hi" }] }],
      generationConfig: {},
    });
    expect((await sent(asked())).generationConfig).toEqual({ thinkingConfig: { includeThoughts: true } });
  });

  test("every setting has its field", async () => {
    const request: ModelRequest = {
      messages: [{ role: "system", content: "Be brief." }, user("Hi"), { role: "system", content: "Be kind." }],
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
      tools: [weather],
      toolChoice: { name: "weather" },
      providerOptions: {
        google: {
          safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
          tools: [{ googleSearch: {} }],
          topK: 3,
        },
        other: { x: 1 },
      },
    };
    const before = structuredClone(request);
    expect(await sent(request, "gemini-2.0-flash")).toEqual({
      systemInstruction: { parts: [{ text: "Be brief." }, { text: "Be kind." }] },
      contents: [
        { role: "user", parts: [{ text: "Hi" }] },
        { role: "model", parts: [{ text: "The answer" }] },
      ],
      tools: [
        {
          functionDeclarations: [
            {
              name: "weather",
              description: "The weather of a town.",
              parametersJsonSchema: weather.inputSchema,
            },
          ],
        },
        { googleSearch: {} },
      ],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["weather"] } },
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
      generationConfig: {
        temperature: 0.7,
        topP: 0.9,
        topK: 3,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        stopSequences: ["END"],
        maxOutputTokens: 99,
        seed: 7,
        responseLogprobs: true,
        logprobs: 3,
      },
    });
    expect(request).toEqual(before);
  });

  test.each([
    ["auto", { mode: "AUTO" }],
    ["none", { mode: "NONE" }],
    ["required", { mode: "ANY" }],
    [undefined, undefined],
  ] as const)("toolChoice %s", async (toolChoice, expected) => {
    const { toolConfig } = await sent(asked({ tools: [weather], toolChoice }));
    expect(toolConfig?.functionCallingConfig).toEqual(expected);
    expect(await sent(asked({ toolChoice }))).not.toHaveProperty("toolConfig");
  });

  test("a schema goes as JSON Schema; with tools only to models that take both", async () => {
    const jsonSchema = { type: "object", properties: { a: { type: "number" } } };
    const format = { responseMimeType: "application/json", responseJsonSchema: jsonSchema };
    expect((await sent(asked({ schema: { jsonSchema } }))).generationConfig).toMatchObject(format);
    const both = asked({ schema: { jsonSchema }, tools: [weather] });
    expect((await sent(both, "gemini-3.8-flash")).generationConfig).toMatchObject(format);
    await asking(ok, async (model, { received }) => {
      const { warnings } = await run(model, both);
      expect(warnings).toMatchObject([{ code: "downgrade", capability: "schema" }]);
      expect(received[0]!.json.generationConfig).not.toHaveProperty("responseJsonSchema");
    });
  });

  test("penalties that a model refuses are left out, and told", () =>
    asking(ok, async (model, { received }) => {
      const events: MullEvent[] = [];
      const request = asked({ presencePenalty: 0.5, frequencyPenalty: 0.5 });
      const { warnings } = await run(model, request, { onEvent: (event) => events.push(event) });
      const names = ["presencePenalty", "frequencyPenalty"];
      expect(warnings?.map(({ capability }) => capability)).toEqual(names);
      const told = events.filter((event) => event.type === "downgrade");
      expect(told.map(({ capability }) => capability)).toEqual(names);
      expect(received[0]!.json.generationConfig).toEqual({ thinkingConfig: { includeThoughts: true } });
    }));

  test("what capabilities deny is left out, or refused, before anything is sent", () =>
    asking(
      ok,
      async (model, { received }) => {
        const { warnings } = await run(model, asked({ temperature: 0.2, topK: 3, logprobs: 1 }));
        expect(warnings?.map(({ capability }) => capability)).toEqual(["temperature", "temperature", "logprobs"]);
        expect(received[0]!.json.generationConfig).toEqual({ thinkingConfig: { includeThoughts: true } });
        expect(CapabilityError.is(await failure(run(model, asked({ prefill: "The" }))))).toBe(true);
        expect(received).toHaveLength(1);
      },
      "gemini-3.8-flash",
    ));

  test.each(["candidateCount", "maxOutputTokens", "abortSignal", "automaticContinuation"])(
    "providerOptions may not hold %s",
    (name) =>
      asking(ok, async (model, { received }) => {
        const error = await failure(run(model, asked({ providerOptions: { google: { [name]: 2 } } })));
        expect(InvalidOptionError.is(error) && error.message).toContain(name);
        expect(received).toHaveLength(0);
      }),
  );

  test("instructions alone are no conversation", () =>
    asking(ok, async (model, { received }) => {
      const error = await failure(run(model, { messages: [{ role: "system", content: "Be brief." }] }));
      expect(InvalidOptionError.is(error)).toBe(true);
      expect(received).toHaveLength(0);
    }));

  test.each<[string, Effort, number | undefined, object | undefined, string | undefined]>([
    ["gemini-2.5-flash", "none", undefined, { thinkingBudget: 0 }, undefined],
    ["gemini-2.5-flash", "low", undefined, { includeThoughts: true, thinkingBudget: 1024 }, undefined],
    ["gemini-2.5-flash", "max", undefined, { includeThoughts: true, thinkingBudget: 24576 }, undefined],
    ["gemini-2.5-flash", "high", 1000, { includeThoughts: true, thinkingBudget: 750 }, undefined],
    ["gemini-2.5-flash-lite", "minimal", undefined, { includeThoughts: true, thinkingBudget: 512 }, undefined],
    ["gemini-2.5-flash-lite", "high", 100, { thinkingBudget: 0 }, "thinking was turned off"],
    ["gemini-2.5-pro", "none", undefined, { includeThoughts: true, thinkingBudget: 128 }, "cannot stop thinking"],
    ["gemini-2.5-pro", "xhigh", undefined, { includeThoughts: true, thinkingBudget: 32768 }, undefined],
    ["gemini-2.5-pro", "high", 16, { includeThoughts: true, thinkingBudget: 128 }, undefined],
    [
      "gemini-3-pro-preview",
      "medium",
      undefined,
      { includeThoughts: true, thinkingLevel: "LOW" },
      "no effort 'medium'",
    ],
    ["gemini-3-flash-preview", "minimal", undefined, { includeThoughts: true, thinkingLevel: "MINIMAL" }, undefined],
    ["gemini-3.1-pro-preview", "medium", undefined, { includeThoughts: true, thinkingLevel: "MEDIUM" }, undefined],
    ["gemini-3.6-flash", "none", undefined, { includeThoughts: true, thinkingLevel: "MINIMAL" }, "no effort 'none'"],
    ["gemini-3.8-flash", "minimal", undefined, { includeThoughts: true, thinkingLevel: "LOW" }, "no effort 'minimal'"],
    ["gemini-3.8-flash", "max", undefined, { includeThoughts: true, thinkingLevel: "HIGH" }, "no effort 'max'"],
    ["gemini-2.0-flash", "high", undefined, undefined, "does not support effort"],
    ["gemma-4-31b-it", "high", undefined, { thinkingLevel: "HIGH" }, undefined],
  ])("%s with effort %s and a cap of %s", (modelId, effort, maxOutputTokens, expected, told) =>
    asking(
      ok,
      async (model, { received }) => {
        const { warnings = [] } = await run(model, asked({ effort, maxOutputTokens }));
        expect(received[0]!.json.generationConfig.thinkingConfig).toEqual(expected);
        expect(warnings.map(({ message }) => message).join()).toContain(told ?? "");
        expect(warnings).toHaveLength(told === undefined ? 0 : 1);
      },
      modelId,
    ),
  );
});

describe("messages", () => {
  const contents = async (messages: readonly Message[], modelId?: string): Promise<any> =>
    (await sent({ messages }, modelId)).contents;

  test("files go with their bytes, or where they are", async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
    const base64 = Buffer.from(bytes).toString("base64");
    const file = (data: Uint8Array | string | URL, mediaType = "image/png"): any => ({ type: "file", mediaType, data });
    const [content] = await contents([
      {
        role: "user",
        content: [
          { type: "text", text: "Look:" },
          file(bytes),
          file("aGk="),
          file("data:image/png;base64,aGk="),
          file(new URL("data:text/plain,hi%21"), "text/plain"),
          file("gs://bucket/a.pdf", "application/pdf"),
          {
            ...file(new URL("https://example.com/a.mp4"), "video/mp4"),
            providerMetadata: { google: { videoMetadata: { fps: 2 } } },
          },
        ],
      },
    ]);
    const inlineData = (data: string, mimeType = "image/png"): object => ({ inlineData: { data, mimeType } });
    expect(content.parts).toEqual([
      { text: "Look:" },
      inlineData(base64),
      inlineData("aGk="),
      inlineData("aGk="),
      inlineData("aGkh", "text/plain"),
      { fileData: { fileUri: "gs://bucket/a.pdf", mimeType: "application/pdf" } },
      {
        fileData: { fileUri: "https://example.com/a.mp4", mimeType: "video/mp4" },
        videoMetadata: { fps: 2 },
      },
    ]);
  });

  const call = (id: string, town: string, google?: object): any => ({
    type: "tool-call",
    id,
    name: "weather",
    input: { town },
    ...(google && { providerMetadata: { google } }),
  });
  const result = (id: string, output: unknown, isError?: true): any => ({
    type: "tool-result",
    id,
    name: "weather",
    output,
    ...(isError && { isError }),
  });

  describe("files of a tool's result", () => {
    const file = (mediaType: string, data: Uint8Array | string): any => ({ type: "file", mediaType, data });
    const files = [
      file("image/png", new Uint8Array([1])),
      file("application/pdf", "AQ=="),
      file("text/plain", "AQ=="),
      file("image/gif", "AQ=="),
      file("image/webp", "gs://bucket/a.webp"),
    ];
    const inline = (mimeType: string) => ({ inlineData: { mimeType, data: "AQ==" } });
    const three = ["image/png", "application/pdf", "text/plain"].map(inline);
    const address = { fileData: { mimeType: "image/webp", fileUri: "gs://bucket/a.webp" } };

    test.each([
      ["gemini-3.8-flash", false, three, "image/gif, image/webp"],
      ["gemini-3-pro-preview", false, three, "image/gif, image/webp"],
      ["gemini-3.8-flash", true, [...three, address], "image/gif"],
      ["gemini-2.5-pro", false, undefined, "image/png, application/pdf, text/plain, image/gif, image/webp"],
      ["gemini-2.5-pro", true, undefined, "image/png, application/pdf, text/plain, image/gif, image/webp"],
      ["gemini-3.1-flash-image", true, undefined, "image/png, application/pdf, text/plain, image/gif, image/webp"],
      ["gemma-4-27b-it", false, undefined, "image/png, application/pdf, text/plain, image/gif, image/webp"],
    ] as const)("%s, Vertex AI: %s", async (modelId, vertexai, parts, told) => {
      const requests: any[] = [];
      const generateContent = (request: object) => {
        requests.push(request);
        return Promise.resolve({ candidates: [{ content: { parts: [{ text: "ok" }] }, finishReason: "STOP" }] });
      };
      const client = { vertexai, models: { generateContent, generateContentStream: generateContent } };
      const messages: readonly Message[] = [user("q"), { role: "tool", content: [{ ...result("a", "seen"), files }] }];
      const { warnings } = await run(fromGoogle(client as never, modelId), { messages });
      expect(requests[0].contents.at(-1).parts).toEqual([
        { functionResponse: { name: "weather", response: { output: "seen" }, ...(parts && { parts }) } },
      ]);
      expect(warnings).toMatchObject([
        { code: "downgrade", capability: "files", message: expect.stringContaining(`reads no ${told} in`) },
      ]);
    });

    test("go through the SDK", async () => {
      const messages: readonly Message[] = [
        user("q"),
        { role: "tool", content: [{ ...result("a", "no", true), files }] },
      ];
      expect((await contents(messages, "gemini-3.8-flash")).at(-1).parts).toEqual([
        { functionResponse: { name: "weather", response: { error: "no" }, parts: three } },
      ]);
    });
  });

  test("results go back in one turn, in the order of their calls, under the id that Google gave", async () => {
    const talk: readonly Message[] = [
      user("Weather?"),
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "I should look." },
          { type: "text", text: "Let me see." },
          call("a", "Bonn", { id: "a", thoughtSignature: "sig" }),
          call("made-up", "Ulm"),
        ],
      },
      { role: "tool", content: [result("made-up", "no such town", true)] },
      { role: "tool", content: [result("a", { degrees: 9 })] },
      { role: "assistant", content: "" },
      user("Thanks"),
    ];
    expect(await contents(talk)).toEqual([
      { role: "user", parts: [{ text: "Weather?" }] },
      {
        role: "model",
        parts: [
          { text: "Let me see." },
          { functionCall: { id: "a", name: "weather", args: { town: "Bonn" } }, thoughtSignature: "sig" },
          { functionCall: { name: "weather", args: { town: "Ulm" } } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { id: "a", name: "weather", response: { output: { degrees: 9 } } } },
          { functionResponse: { name: "weather", response: { error: "no such town" } } },
        ],
      },
      { role: "user", parts: [{ text: "Thanks" }] },
    ]);
  });

  test("calls of another provider's model are marked as such, where Google wants a signature", async () => {
    const talk: readonly Message[] = [
      user("Weather?"),
      { role: "assistant", content: [call("call_1", "Bonn"), call("call_2", "Ulm")] },
      { role: "tool", content: [result("call_1", "sun"), result("call_2", "rain")] },
    ];
    const [, turn] = await contents(talk, "gemini-3.8-flash");
    expect(turn.parts.map((part: any) => part.thoughtSignature)).toEqual([
      "skip_thought_signature_validator",
      undefined,
    ]);
    expect((await contents(talk))[1].parts[0]).not.toHaveProperty("thoughtSignature");
  });

  test("arguments that are no object are wrapped in one", async () => {
    const [, turn] = await contents([
      user("Hi"),
      { role: "assistant", content: [{ type: "tool-call", id: "a", name: "weather", input: "{broken" }] },
    ]);
    expect(turn.parts).toEqual([{ functionCall: { name: "weather", args: { input: "{broken" } } }]);
  });
});

describe("a response", () => {
  const answered = (handler: Handler, request: Partial<ModelRequest> = {}, modelId?: string): Promise<ModelResponse> =>
    asking(handler, (model) => run(model, asked(request)), modelId);

  test("text, thought, finish reason, usage and metadata", async () => {
    const response = await answered(saying([{ text: "Two and two.", thought: true }, { text: "Fo" }, { text: "ur." }]));
    expect(response).toEqual({
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
      providerMetadata: { google: { id: "r-1", model: "gemini-x-001" } },
    });
  });

  test.each<[string, string, string]>([
    ["STOP", "stop", ""],
    ["MAX_TOKENS", "length", ""],
    ["SAFETY", "content-filter", "SAFETY"],
    ["RECITATION", "content-filter", "RECITATION"],
    ["PROHIBITED_CONTENT", "content-filter", "PROHIBITED_CONTENT"],
    ["SPII", "content-filter", "SPII"],
    ["BLOCKLIST", "content-filter", "BLOCKLIST"],
    ["IMAGE_SAFETY", "content-filter", "IMAGE_SAFETY"],
    ["CONTINUATION", "other", "CONTINUATION"],
    ["MALFORMED_FUNCTION_CALL", "other", "MALFORMED_FUNCTION_CALL"],
    ["SOMETHING_NEW", "other", "SOMETHING_NEW"],
  ])("finishReason %s is %s", async (finishReason, expected, kept) => {
    const response = await answered(saying([{ text: "x" }], { finishReason }));
    expect(response.finishReason).toBe(expected);
    expect((response.providerMetadata?.google as any).finishReason ?? "").toBe(kept);
  });

  test("an answer that the filter stopped before its first word is told as one", async () => {
    const error = await failure(answered(saying([], { finishReason: "SAFETY", content: undefined })));
    expect(MalformedResponseError.is(error)).toBe(true);
    expect(error.message).toContain("its content filter stopped it");
    expect(error.usage.failed).toMatchObject({ calls: 1, inputTokens: 10 });
  });

  test.each([false, true])("a blocked prompt is an error that no retry mends (listening: %s)", async (listens) => {
    const blocked = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 8 } };
    const handler: Handler = (request, response, index) =>
      listens ? streaming([blocked])(request, response, index) : sendJson(response, blocked);
    const error = await asking(handler, (model) => failure(run(model, "Hi", listens ? listening : {})));
    expect(ProviderError.is(error)).toBe(true);
    expect(error.message).toBe(
      "google:gemini-2.5-flash refused the prompt: its content filter gave the reason PROHIBITED_CONTENT",
    );
    expect(error).toMatchObject({ retryable: false, status: undefined });
  });

  test.each<[string, object | undefined, object]>([
    [
      "nothing",
      undefined,
      { inputTokens: undefined, outputTokens: undefined, cachedInputTokens: undefined, usd: undefined },
    ],
    [
      "thoughts and the cache",
      {
        promptTokenCount: 1000,
        cachedContentTokenCount: 400,
        candidatesTokenCount: 50,
        thoughtsTokenCount: 150,
        totalTokenCount: 1200,
      },
      {
        inputTokens: 1000,
        cachedInputTokens: 400,
        outputTokens: 200,
        reasoningTokens: 150,
        usd: (600 + 400 * 0.5 + 200 * 4) / 1e6,
      },
    ],
    [
      "what Google's tools read",
      { promptTokenCount: 10, toolUsePromptTokenCount: 90, candidatesTokenCount: 5, totalTokenCount: 105 },
      { inputTokens: 100, outputTokens: 5, reasoningTokens: undefined },
    ],
    [
      "thoughts that used up the cap",
      { promptTokenCount: 10, thoughtsTokenCount: 16, totalTokenCount: 26 },
      { inputTokens: 10, outputTokens: 16, reasoningTokens: 16 },
    ],
    ["no words at all", { promptTokenCount: 10, totalTokenCount: 10 }, { inputTokens: 10, outputTokens: 0 }],
    ["half of it", { promptTokenCount: 10 }, { inputTokens: 10, outputTokens: undefined, usd: undefined }],
  ])("usage: %s", (_, metadata, expected) =>
    asking(
      saying([{ text: "x" }], {}, { usageMetadata: metadata }),
      async (model) => expect((await run(model, "Hi")).usage).toMatchObject({ calls: 1, ...expected }),
      undefined,
      { price: { inputUsd: 1, cachedInputUsd: 0.5, outputUsd: 4 } },
    ),
  );

  test("log-probabilities come with their alternatives, best first", async () => {
    const logprobsResult = {
      chosenCandidates: [{ token: "Yes", logProbability: -0.2 }, { token: "!" }],
      topCandidates: [
        {
          candidates: [
            { token: "No", logProbability: -1.7 },
            { token: "Yes", logProbability: -0.2 },
          ],
        },
      ],
    };
    const { logprobs } = await answered(saying([{ text: "Yes!" }], { logprobsResult }), {}, "gemini-2.0-flash");
    expect(logprobs).toEqual([
      {
        token: "Yes",
        logprob: -0.2,
        top: [
          { token: "Yes", logprob: -0.2 },
          { token: "No", logprob: -1.7 },
        ],
      },
      { token: "!", logprob: 0 },
    ]);
  });

  test("what Google found on the web stands beside the answer", async () => {
    const groundingMetadata = { webSearchQueries: ["spiders"] };
    const { providerMetadata } = await answered(saying([{ text: "x" }], { groundingMetadata }));
    expect(providerMetadata?.google).toMatchObject({ groundingMetadata });
  });

  const parts = [
    { text: "I should draw.", thought: true, thoughtSignature: "t1" },
    { text: "Here:" },
    { inlineData: { mimeType: "image/png", data: "aGk=" }, thoughtSignature: "p1" },
    { executableCode: { language: "PYTHON", code: "1+1" } },
    { codeExecutionResult: { outcome: "OUTCOME_OK", output: "2" }, thoughtSignature: "c1" },
    { fileData: { fileUri: "https://x/y.mp4", mimeType: "video/mp4" } },
    { functionCall: { id: "f1", name: "weather", args: { town: "Bonn" } }, thoughtSignature: "f1" },
    { functionCall: { name: "weather", args: {} } },
    { text: "", thoughtSignature: "e1" },
  ];

  test.each([false, true])("every part comes back to Google as it came (listening: %s)", (listens) => {
    const split = parts.map((part, i) => ({
      candidates: [{ content: { parts: [part] }, ...(i === parts.length - 1 && { finishReason: "STOP" }) }],
    }));
    const handler: Handler = (request, response, index) =>
      listens && index === 0 ? streaming(split)(request, response, index) : saying(parts)(request, response, index);
    return asking(handler, async (model, { received }) => {
      const response = await run(model, "Draw.", listens ? listening : {});
      expect(response).toMatchObject({ text: "Here:", reasoning: "I should draw.", finishReason: "tool-calls" });
      expect(response.content?.map(({ type }) => type)).toEqual([
        "reasoning",
        "text",
        "file",
        "text",
        "text",
        "file",
        "tool-call",
        "tool-call",
        "text",
      ]);
      expect(response.content?.[2]).toMatchObject({ type: "file", mediaType: "image/png", data: "aGk=" });
      const [first, second] = response.toolCalls!;
      expect(first).toMatchObject({ id: "f1", name: "weather", input: { town: "Bonn" } });
      expect(second!.id).toMatch(/^call_/);
      await run(model, {
        messages: [user("Draw."), { role: "assistant", content: response.content! }, user("Go on.")],
      });
      expect(received[1]!.json.contents[1]).toEqual({ role: "model", parts });
    });
  });

  test("a picture is an answer without any words", async () => {
    const inlineData = { mimeType: "image/png", data: "aGk=" };
    expect(await answered(saying([{ inlineData }]), {}, "gemini-2.5-flash-image")).toMatchObject({
      text: "",
      finishReason: "stop",
      content: [{ type: "file", mediaType: "image/png", data: "aGk=" }],
    });
  });

  test("pieces without a signature are joined; a signature keeps its own part", async () => {
    const pieces = [
      { text: "a" },
      { text: "b" },
      { text: "", thoughtSignature: "s1" },
      { text: "c" },
      { text: "d", thoughtSignature: "s2" },
      { text: "e" },
      { text: "" },
    ];
    const google = (thoughtSignature: string): object => ({ providerMetadata: { google: { thoughtSignature } } });
    expect(await answered(saying(pieces))).toMatchObject({
      text: "abcde",
      content: [
        { type: "text", text: "ab" },
        { type: "text", text: "", ...google("s1") },
        { type: "text", text: "c" },
        { type: "text", text: "d", ...google("s2") },
        { type: "text", text: "e" },
      ],
    });
  });
});

describe("tools", () => {
  const tools = [
    tool({
      name: "weather",
      description: "The weather of a town.",
      input: z.object({ town: z.string() }),
      execute: ({ town }) => `sun over ${town}`,
    }),
  ];
  const usage = { inputTokens: 10, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 4 };
  const scenes = [
    {
      kind: "reply",
      replies: [{ text: "", reasoning: "Look.", toolCalls: [{ id: "", name: "weather", input: { town: "Bonn" } }] }],
      usage,
    },
    { kind: "reply", replies: [{ text: "", toolCalls: [{ id: "", name: "weather", input: { town: "Ulm" } }] }], usage },
    { kind: "reply", replies: [{ text: "Sun." }], usage },
  ] as const;

  test.each([false, true])("toolLoop carries signatures back (listening: %s)", (listens) =>
    asking(
      (request, response, index) => play(scenes[index]!, request, response),
      async (model, { received }) => {
        const { text, steps } = await run(stack(model, toolLoop({ tools })), "Weather?", listens ? listening : {});
        expect(text).toBe("Sun.");
        expect(steps.map(({ results }) => results[0]!.output)).toEqual(["sun over Bonn", "sun over Ulm"]);
        const signed = received[2]!.json.contents.flatMap(({ parts }: any) => parts);
        expect(signed.filter((part: any) => part.functionCall).map((part: any) => part.thoughtSignature)).toEqual([
          signature,
          signature,
        ]);
      },
      "gemini-3.8-flash",
    ),
  );

  test("the wire does refuse a call without its signature", () =>
    asking(
      (request, response) => play(scenes[2], request, response),
      async (model, { received }) => {
        const call = { type: "tool-call", id: "a", name: "weather", input: {} } as const;
        const google = { thoughtSignature: "forged" };
        const content = [{ ...call, providerMetadata: { google } }];
        const error = await failure(run(model, { messages: [user("Hi"), { role: "assistant", content }, user("?")] }));
        expect(error).toMatchObject({ status: 400, retryable: false });
        expect(received).toHaveLength(1);
      },
      "gemini-3.8-flash",
    ));

  test("the SDK calls nothing and continues nothing by itself", () =>
    asking(
      saying([{ text: "Half" }], { finishReason: "CONTINUATION", continuationToken: "more" }),
      async (model, { received }) => {
        for (const options of [{}, listening]) {
          expect(await run(model, asked({ tools: [weather] }), options)).toMatchObject({
            text: "Half",
            finishReason: "other",
          });
        }
        expect(received).toHaveLength(2);
      },
    ));
});

describe("several candidates", () => {
  const four = (model: Model): Model => stack(model, sampleN(4));
  const candidate = (index: number, text: string, rest: object = { finishReason: "STOP" }): object => ({
    content: { role: "model", parts: [{ text }] },
    ...(index > 0 && { index }),
    ...rest,
  });

  test("come in the order of their index, with exact shares of the usage", () =>
    asking(
      (_, response) =>
        sendJson(response, {
          candidates: [candidate(2, "ccc"), candidate(0, "a"), candidate(3, "dddd"), candidate(1, "bb")],
          usageMetadata: {
            promptTokenCount: 7,
            candidatesTokenCount: 31,
            thoughtsTokenCount: 13,
            totalTokenCount: 51,
          },
        }),
      async (model, { received }) => {
        const { samples, usage } = (await run(four(model), "Hi")) as any;
        expect(received.map(({ json }) => json.generationConfig.candidateCount)).toEqual([4]);
        expect(samples.map(({ text }: any) => text)).toEqual(["a", "bb", "ccc", "dddd"]);
        const sum = (name: string): number =>
          samples.reduce((all: number, one: any) => all + (one.usage[name] as number), 0);
        expect([sum("calls"), sum("inputTokens"), sum("outputTokens"), sum("reasoningTokens")]).toEqual([1, 7, 44, 13]);
        expect(usage).toMatchObject({ calls: 1, inputTokens: 7, outputTokens: 44, reasoningTokens: 13 });
      },
    ));

  test("take what Google counted for each, where it counted", () =>
    asking(
      (_, response) =>
        sendJson(response, {
          candidates: [
            candidate(0, "a", { finishReason: "STOP", tokenCount: 30 }),
            candidate(1, "a long one", { finishReason: "STOP", tokenCount: 10 }),
          ],
          usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 40, totalTokenCount: 47 },
        }),
      async (model) => {
        const { samples } = (await run(stack(model, sampleN(2)), "Hi")) as any;
        expect(samples.map((one: any) => one.usage.outputTokens)).toEqual([30, 10]);
      },
    ));

  test("stream side by side, each to its own listener", () => {
    const piece = (...candidates: readonly object[]): object => ({ candidates });
    const unfinished = {};
    return asking(
      streaming([
        piece(candidate(0, "A", unfinished), candidate(1, "X", unfinished)),
        piece(candidate(1, "Y", unfinished)),
        piece(candidate(0, "B"), candidate(2, "late", unfinished)),
        piece(candidate(1, "Z"), candidate(3, "last")),
        {
          ...piece(candidate(2, "r")),
          usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 8, totalTokenCount: 11 },
        },
      ]),
      async (model) => {
        const words = new Map<string, string>();
        const onEvent = (event: MullEvent): void => {
          if (event.type !== "delta") return;
          const path = event.path.join("/");
          words.set(path, (words.get(path) ?? "") + (event.text ?? ""));
        };
        const { samples } = (await run(four(model), "Hi", { onEvent })) as any;
        expect(samples.map(({ text }: any) => text)).toEqual(["AB", "XYZ", "later", "last"]);
        expect([...words.values()].sort()).toEqual(["AB", "XYZ", "last", "later"]);
        expect(samples.map((one: any) => one.usage.outputTokens).reduce((a: number, b: number) => a + b)).toBe(8);
      },
    );
  });

  test("one that does not end makes the stream half an answer", () =>
    asking(streaming([{ candidates: [candidate(0, "A"), candidate(1, "X", {})] }]), async (model) => {
      const error = await failure(run(stack(model, sampleN(2)), "Hi", listening));
      expect(MalformedResponseError.is(error)).toBe(true);
    }));

  test("that are missing are missed one by one", () =>
    asking(
      (_, response) => sendJson(response, { candidates: [candidate(0, "A"), candidate(1, "B")], usageMetadata }),
      async (model) => {
        const { samples, failures } = (await run(four(model), "Hi")) as any;
        expect(samples.map(({ text }: any) => text)).toEqual(["A", "B"]);
        expect(failures.map(({ error }: any) => error.message)).toEqual(
          Array.from({ length: 2 }, () => "google:gemini-2.5-flash gave 2 of 4 completions"),
        );
      },
    ));
});

describe("failures", () => {
  const refusing =
    (error: object, status = 429): Handler =>
    (_, response) =>
      sendJson(response, { error: { code: status, status: "X", ...error } }, status);
  const retryInfo = (retryDelay: string): object => ({
    message: "Quota exceeded.",
    details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay }],
  });

  test.each<[string, number | undefined]>([
    ["7s", 7000],
    ["34.074824224s", 34_075],
    ["0s", 0],
    ["soon", undefined],
  ])("retryDelay %s is %s ms", (retryDelay, retryAfterMs) =>
    asking(refusing(retryInfo(retryDelay)), async (model) => {
      const error = await failure(run(model, "Hi"));
      expect(error).toMatchObject({ status: 429, retryable: true, retryAfterMs });
      expect(error.message).toBe("google:gemini-2.5-flash answered 429: Quota exceeded.");
    }),
  );

  test("a key in the message is not shown", () =>
    asking(refusing({ message: `Consumer 'api_key:${key}' has been suspended.` }, 403), async (model) => {
      const error = await failure(run(model, "Hi"));
      expect(error.message).toBe("google:gemini-2.5-flash answered 403: Consumer 'api_key:[key]' has been suspended.");
    }));

  test("what is no JSON, and a status of none of ours, are told as well", () =>
    asking(
      (_, response, index) => {
        response.writeHead(index === 0 ? 503 : 302, { "content-type": "text/plain" });
        response.end("upstream is away");
      },
      async (model) => {
        expect(await failure(run(model, "Hi"))).toMatchObject({
          status: 503,
          retryable: true,
          message: "google:gemini-2.5-flash answered 503: upstream is away",
        });
        expect(await failure(run(model, "Hi"))).toMatchObject({ status: undefined, retryable: true });
      },
    ));

  test("a failure in the middle of a stream is no refusal: what was written is not free", () =>
    asking(
      streaming([
        { candidates: [{ content: { parts: [{ text: "Half" }] } }] },
        { error: { code: 503, status: "UNAVAILABLE", message: "The model is overloaded." } },
      ]),
      async (model) => {
        const error = await failure(run(model, "Hi", listening));
        expect(error).toMatchObject({ status: undefined, retryable: true });
        expect(error.message).toBe("google:gemini-2.5-flash failed: The model is overloaded.");
      },
    ));

  test("a piece that cannot be read is not quoted, and the connection is closed", () =>
    asking(
      (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write('data: {"candidates":[{"content":{"parts":[{"text":"secret"}]}}\n\n');
      },
      async (model, { received }) => {
        const error = await failure(run(model, "Hi", listening));
        expect(MalformedResponseError.is(error)).toBe(true);
        expect(error.message).not.toContain("secret");
        expect(await received[0]!.closed).toBe(false);
      },
    ));

  test("the SDK does not try again, even where its client would", () =>
    withServer(refusing({ message: "slow down" }), async ({ url, received }) => {
      const client = new GoogleGenAI({
        apiKey: key,
        httpOptions: { baseUrl: url, retryOptions: { attempts: 3, initialDelay: 0.001 } },
      });
      for (const options of [{}, listening]) {
        expect(await failure(run(fromGoogle(client, "gemini-2.5-flash"), "Hi", options))).toMatchObject({
          status: 429,
        });
      }
      expect(received).toHaveLength(2);
    }));
});

describe("an abort", () => {
  test.each([false, true])("of one call leaves the other alone (listening: %s)", (listens) => {
    let release = (): void => undefined;
    return asking(
      async (request, response, index) => {
        if (index === 1) await new Promise<void>((resolve) => (release = resolve));
        if (index === 0 && request.path.includes(":stream")) {
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write('data: {"candidates":[{"content":{"parts":[{"text":"They"}]}}]}\n\n');
        } else if (index === 1) await saying([{ text: "24" }])(request, response, index);
      },
      async (model, { received }) => {
        const controller = new AbortController();
        const options = listens ? listening : {};
        const first = failure(run(model, "Hi", { ...options, signal: controller.signal }));
        await expect.poll(() => received.length).toBe(1);
        const second = run(model, "Hi", options);
        await expect.poll(() => received.length).toBe(2);
        const reason = new Error("enough");
        controller.abort(reason);
        expect(await first).toBe(reason);
        expect(await received[0]!.closed).toBe(false);
        release();
        expect((await second).text).toBe("24");
      },
    );
  });

  test("nothing of the SDK stays on the signal of a run", () =>
    asking(ok, async (model) => {
      let left = -1;
      const twice = wrap("twice", model, async (request, call) => {
        await model.generate(request, call);
        const response = await model.generate(request, call);
        left = getEventListeners(call.signal, "abort").length;
        return response;
      });
      for (const options of [{}, listening]) {
        await run(twice, "Hi", options);
        expect(left).toBe(0);
      }
    }));
});
