/**
 * @module
 * `fromOpenAI` over Chat Completions, and what both interfaces have in common. The laws are in `openai-laws.test.ts`, Responses in `openai-responses.test.ts`.
 */
import { inspect } from "node:util";
import OpenAI, { type AzureOpenAI } from "openai";
import type OpenAI7 from "openai-7";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
  chainOfThought,
  number,
  run,
  sampleN,
  stack,
  stream,
  type Model,
  type ModelRequest,
  type MullEvent,
} from "mull";
import { fromOpenAI, type FromOpenAIOptions, type OpenAIClient } from "mull/adapters/openai";
import { sendJson, withServer, type Handler, type LoopbackServer } from "./stage.js";
import { playChat, startEvents } from "./wires/chat-completions.js";

const apiKey = "sk-proj-abcdefghijklmnop";

/** A server and a real client of it. */
function served<T>(
  handler: Handler,
  act: (server: LoopbackServer & { readonly client: OpenAI }) => Promise<T>,
): Promise<T> {
  return withServer(handler, ({ url, received }) =>
    act({ url, received, client: new OpenAI({ baseURL: `${url}/v1`, apiKey, logLevel: "off" }) }),
  );
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const completion = (...texts: readonly string[]): object => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  model: "gpt-x-2026",
  system_fingerprint: "fp_1",
  service_tier: "default",
  choices: texts.map((content, index) => ({ index, message: { role: "assistant", content }, finish_reason: "stop" })),
  usage,
});
const say =
  (...texts: readonly string[]): Handler =>
  (_, response) =>
    sendJson(response, completion(...texts));

const weather = {
  name: "weather",
  description: "The weather of a town.",
  inputSchema: { type: "object", properties: { town: { type: "string" } }, required: ["town"] },
} as const;
const hi = [{ role: "user", content: "Hi" }] as const;

describe("the body", () => {
  test("nothing is sent that was not asked for", () =>
    served(say("Four."), async ({ client, received }) => {
      const response = await run(fromOpenAI(client, "gpt-x"), "What is two and two?");
      expect(response).toMatchObject({
        text: "Four.",
        finishReason: "stop",
        usage: { calls: 1, inputTokens: 10, outputTokens: 5, cachedInputTokens: undefined, reasoningTokens: undefined },
        providerMetadata: {
          openai: { id: "chatcmpl-1", model: "gpt-x-2026", system_fingerprint: "fp_1", service_tier: "default" },
        },
      });
      expect(response.content).toBeUndefined();
      expect(response.warnings).toBeUndefined();
      expect(received).toHaveLength(1);
      expect(received[0]).toMatchObject({ method: "POST", path: "/v1/chat/completions" });
      expect(received[0]!.headers.authorization).toBe(`Bearer ${apiKey}`);
      expect(received[0]!.json).toEqual({
        model: "gpt-x",
        messages: [{ role: "user", content: "What is two and two?" }],
      });
    }));

  test("every setting has its field", () =>
    served(say("ok"), async ({ client, received }) => {
      const jsonSchema = {
        type: "object",
        properties: { a: { type: "number" } },
        required: ["a"],
        additionalProperties: false,
      };
      const request: ModelRequest = {
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "Look:" },
              { type: "file", mediaType: "image/png", data: "https://example.com/a.png" },
              { type: "file", mediaType: "audio/wav", data: "aGk=" },
              { type: "file", mediaType: "application/pdf", data: "aGk=", filename: "a.pdf" },
            ],
          },
        ],
        temperature: 0.7,
        topP: 0.9,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        stop: ["END"],
        maxOutputTokens: 99,
        seed: 7,
        logprobs: 3,
        effort: "xhigh",
        tools: [weather],
        toolChoice: { name: "weather" },
        schema: { name: "my answer!", jsonSchema },
        providerOptions: { openai: { verbosity: "low", store: false, seed: 8 }, other: { x: 1 } },
      };
      const before = structuredClone(request);
      await run(fromOpenAI(client, "gpt-x"), request);
      expect(request).toEqual(before);
      expect(received[0]!.json).toEqual({
        model: "gpt-x",
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "Look:" },
              { type: "image_url", image_url: { url: "https://example.com/a.png" } },
              { type: "input_audio", input_audio: { data: "aGk=", format: "wav" } },
              { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,aGk=" } },
            ],
          },
        ],
        temperature: 0.7,
        top_p: 0.9,
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        stop: ["END"],
        max_completion_tokens: 99,
        seed: 8,
        logprobs: true,
        top_logprobs: 3,
        reasoning_effort: "xhigh",
        tools: [
          {
            type: "function",
            function: { name: "weather", description: "The weather of a town.", parameters: weather.inputSchema },
          },
        ],
        tool_choice: { type: "function", function: { name: "weather" } },
        response_format: {
          type: "json_schema",
          json_schema: { name: "my_answer_", schema: jsonSchema, strict: true },
        },
        verbosity: "low",
        store: false,
      });
    }));

  test("16 lines of thought are one request with n: 16", () => {
    const texts = Array.from({ length: 16 }, (_, i) => `I count.\n\nAnswer: ${i}`);
    return served(say(...texts), async ({ client, received }) => {
      const solver = stack(fromOpenAI(client, "gpt-4.1-mini"), chainOfThought({ answer: number() }), sampleN(16));
      const { samples, usage: spent } = await run(solver, "How many legs do three spiders have?");
      expect(received).toHaveLength(1);
      expect(received[0]!.json.n).toBe(16);
      expect(samples.map(({ answer }) => answer)).toEqual(texts.map((_, i) => i));
      expect(spent).toMatchObject({ calls: 1, inputTokens: 10, outputTokens: 5 });
    });
  });

  test("the same, streamed: every word reaches the sample that it belongs to", () =>
    served(
      (request, response) =>
        playChat(
          {
            kind: "reply",
            replies: Array.from({ length: 16 }, (_, i) => ({ text: `I count. Answer: ${i}` })),
            usage: { inputTokens: 10, cachedInputTokens: 0, outputTokens: 80, reasoningTokens: 0 },
          },
          request,
          response,
        ),
      async ({ client, received }) => {
        const words = new Map<string, string>();
        const onEvent = (event: MullEvent): void => {
          if (event.type !== "delta") return;
          const key = event.path.find((step) => step.startsWith("#")) ?? "";
          words.set(key, (words.get(key) ?? "") + (event.text ?? ""));
        };
        const solver = stack(fromOpenAI(client, "gpt-4.1-mini"), chainOfThought({ answer: number() }), sampleN(16));
        const { samples } = await run(solver, "How many legs?", { onEvent });
        expect(received).toHaveLength(1);
        expect(received[0]!.json).toMatchObject({ n: 16, stream: true, stream_options: { include_usage: true } });
        expect(samples.map(({ answer }) => answer)).toEqual(samples.map((_, i) => i));
        expect([...words.values()]).toEqual(samples.map(({ text }) => text));
      },
    ));

  test("a request may not set what the adapter sets", () =>
    served(say("ok"), async ({ client, received }) => {
      for (const field of ["model", "messages", "n", "stream", "max_completion_tokens"]) {
        const request = { messages: hi, providerOptions: { openai: { [field]: 4 } } };
        await expect(run(fromOpenAI(client, "gpt-x"), request)).rejects.toThrow(InvalidOptionError);
      }
      expect(received).toHaveLength(0);
    }));

  test("the budget's cap reaches the server", () =>
    served(say("Four."), async ({ client, received }) => {
      const model = fromOpenAI(client, "gpt-x", { countTokens: () => 10 });
      await run(model, { messages: hi, maxOutputTokens: 5000 }, { budget: { tokens: 110 } });
      expect(received[0]!.json.max_completion_tokens).toBe(100);
    }));

  test("money is counted where a price is given", () =>
    served(say("Four."), async ({ client }) => {
      const model = fromOpenAI(client, "gpt-x", { price: { inputUsd: 1, outputUsd: 4 } });
      expect((await run(model, "Hi", { budget: { usd: 1 } })).usage.usd).toBeCloseTo(30e-6, 12);
    }));
});

describe("what the model does not have", () => {
  const table: readonly (readonly [string, Partial<ModelRequest>, object, readonly string[]])[] = [
    ["gpt-x", { topK: 5 }, {}, ["topK"]],
    ["o3", { stop: ["END"], presencePenalty: 1, frequencyPenalty: 1 }, {}, ["presencePenalty", "frequencyPenalty", "stop"]], // prettier-ignore
    ["gpt-5", { temperature: 1, topP: 0.5, logprobs: 2 }, {}, ["temperature", "temperature", "logprobs"]],
    ["gpt-5", { effort: "xhigh" }, { reasoning_effort: "high" }, ["effort"]],
    ["gpt-5", { effort: "none" }, { reasoning_effort: "minimal" }, ["effort"]],
    ["gpt-5.1", { effort: "minimal" }, { reasoning_effort: "low" }, ["effort"]],
    ["gpt-5.4", { effort: "none" }, { reasoning_effort: "none" }, []],
    ["gpt-5-pro", { effort: "low" }, { reasoning_effort: "high" }, ["effort"]],
    ["gpt-4.1", { effort: "low", temperature: 1, logprobs: 0 }, { temperature: 1, logprobs: true }, ["effort"]],
    ["gpt-4", { schema: { jsonSchema: {} } }, {}, ["schema"]],
    ["gpt-9", { effort: "max", temperature: 1, stop: [] }, { temperature: 1, reasoning_effort: "max" }, []],
  ];
  test.each(table)("%s: %j is sent as %j", (id, settings, sent, capabilities) =>
    served(say("ok"), async ({ client, received }) => {
      const { warnings = [] } = await run(fromOpenAI(client, id), { messages: hi, ...settings });
      expect(received[0]!.json).toEqual({ model: id, messages: hi, ...sent });
      expect(warnings.map(({ code, capability }) => [code, capability])).toEqual(
        capabilities.map((name) => ["downgrade", name]),
      );
    }),
  );

  test("what was left out is told as an event, too", () =>
    served(
      (request, response) =>
        playChat(
          {
            kind: "reply",
            replies: [{ text: "ok" }],
            usage: { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 },
          },
          request,
          response,
        ),
      async ({ client }) => {
        const told: unknown[] = [];
        const onEvent = (event: MullEvent) => event.type === "downgrade" && told.push(event);
        await run(fromOpenAI(client, "gpt-x"), { messages: hi, topK: 5 }, { onEvent });
        expect(told).toEqual([
          {
            type: "downgrade",
            path: ["openai:gpt-x"],
            capability: "topK",
            message: "openai:gpt-x has no field for topK: it was left out",
          },
        ]);
      },
    ));

  test("what would make another question of it is refused", () =>
    served(say("ok"), async ({ client, received }) => {
      const model = fromOpenAI(client, "gpt-x");
      await expect(run(model, { messages: hi, prefill: "So" })).rejects.toThrow(CapabilityError);
      await expect(run(model, { messages: hi, latent: { steps: 2 } })).rejects.toThrow(CapabilityError);
      // Nor does saying that it can make it so.
      const boast = fromOpenAI(client, "gpt-x", { capabilities: { prefill: true } });
      await expect(run(boast, { messages: hi, prefill: "So" })).rejects.toThrow(CapabilityError);
      expect(received).toHaveLength(0);
    }));
});

describe("capabilities", () => {
  const client: OpenAIClient = { chat: { completions: { create: () => Promise.reject(new Error("not asked")) } } };
  const thinking = { temperature: false, logprobs: false, effort: true, tools: true, schema: true, reasoning: "none" };
  const answering = { temperature: true, logprobs: true, effort: false, tools: true, schema: true, reasoning: "none" };
  test.each([
    ["o1", thinking],
    ["o3-mini", thinking],
    ["o4-mini-2025-04-16", thinking],
    ["gpt-5", thinking],
    ["gpt-5-nano-2025-08-07", thinking],
    ["gpt-5.1-codex-max", thinking],
    ["gpt-5.4-mini", thinking],
    ["gpt-5.6-luna", thinking],
    ["gpt-6-sol", thinking],
    ["gpt-6-terra", thinking],
    ["gpt-5-chat-latest", { temperature: true, effort: false, reasoning: "none" }],
    ["gpt-4o", answering],
    ["gpt-4o-mini-2024-07-18", answering],
    ["ft:gpt-4o-mini-2024-07-18:mull::abc", answering],
    ["gpt-4.1-nano", answering],
    ["gpt-4-turbo", { ...answering, schema: false }],
    ["gpt-3.5-turbo", { ...answering, schema: false }],
    ["some-deployment", {}],
    ["gpt-50", {}],
  ])("%s", (id, expected) => {
    expect(fromOpenAI(client, id).capabilities).toEqual({ n: 128, prefill: false, latent: false, ...expected });
  });

  test("the options win", () => {
    const capabilities = { n: 8, temperature: true, seed: true } as const;
    expect(fromOpenAI(client, "gpt-5.4", { capabilities }).capabilities).toMatchObject({
      ...capabilities,
      logprobs: false,
    });
  });
});

/** The error of a run that must fail. */
async function failure(promise: Promise<unknown>): Promise<ProviderError> {
  return promise.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => error as never,
  );
}

describe("failures", () => {
  const body = (message: string, code: string | null = null): object => ({
    error: { message, type: "x", param: null, code },
  });
  test.each([
    [400, body("bad"), {}, { retryable: false, message: "openai:gpt-x answered 400: bad" }],
    [401, body(`Incorrect API key provided: ${apiKey}.`), {}, { message: "openai:gpt-x answered 401: Incorrect API key provided: [key]." }], // prettier-ignore
    [429, body("slow down"), { "retry-after": "2", "x-request-id": "req_1" }, { retryable: true, retryAfterMs: 2000, requestId: "req_1" }], // prettier-ignore
    [429, body("pay first", "insufficient_quota"), {}, { retryable: false }],
    [429, body("no"), { "x-should-retry": "false" }, { retryable: false }],
    [400, body("do"), { "x-should-retry": "true" }, { retryable: true }],
    [503, body("down"), { "retry-after-ms": "250" }, { retryable: true, retryAfterMs: 250 }],
  ])("%i %j %j", (status, json, headers, expected) =>
    served(
      (_, response) => sendJson(response, json, status, headers),
      async ({ client, received }) => {
        const error = await failure(run(fromOpenAI(client, "gpt-x"), "Hi"));
        expect(error).toBeInstanceOf(ProviderError);
        expect(error).toMatchObject({ status, ...expected });
        expect(received).toHaveLength(1);
      },
    ),
  );

  test("an error in the middle of a stream has no status, and says whether it helps to try again", () => {
    const table = [
      [{ message: "overloaded", type: "server_error", code: null }, true],
      [{ message: "too long", type: "invalid_request_error", code: "context_length_exceeded" }, false],
    ] as const;
    return Promise.all(
      table.map(([error, retryable]) =>
        served(
          (_, response) => {
            startEvents(response);
            response.end(`data: ${JSON.stringify({ error })}\n\n`);
          },
          async ({ client }) => {
            const thrown = await failure(run(fromOpenAI(client, "gpt-x"), "Hi", { onEvent: () => undefined }));
            expect(thrown).toMatchObject({
              code: "provider",
              status: undefined,
              retryable,
              message: `openai:gpt-x failed: ${error.message}`,
            });
          },
        ),
      ),
    );
  });

  test("an error with status 200", () =>
    served(
      (_, response) => sendJson(response, { error: { message: "upstream is down", code: 502 } }),
      async ({ client }) => {
        const error = await failure(run(fromOpenAI(client, "gpt-x"), "Hi"));
        expect(error).toMatchObject({ retryable: true, message: "openai:gpt-x failed: upstream is down" });
      },
    ));

  test("nobody answers", async () => {
    const client = await served(say("x"), async (server) => server.client);
    const error = await failure(run(fromOpenAI(client, "gpt-x"), "Hi"));
    expect(error).toMatchObject({ code: "provider", status: undefined, retryable: true });
    expect(error.message).toMatch(/could not be reached/);
  });

  test("what is no JSON is not quoted", () =>
    served(
      (request, response) => playChat({ kind: "garbage" }, request, response),
      async ({ client }) => {
        for (const options of [{}, { onEvent: () => undefined }]) {
          const error = await failure(run(fromOpenAI(client, "gpt-x"), "Hi", options));
          expect(error).toBeInstanceOf(MalformedResponseError);
          expect(inspect(error)).not.toContain("secret");
        }
      },
    ));

  test("the client's own timeout is a failure on the way", () =>
    served(
      async (request) => {
        await request.closed;
      },
      async ({ url }) => {
        const client = new OpenAI({ baseURL: url, apiKey, timeout: 30 });
        const error = await failure(run(fromOpenAI(client, "gpt-x"), "Hi"));
        expect(error).toMatchObject({ code: "provider", status: undefined, retryable: true });
      },
    ));

  test("a refusal in words is an answer that the filter stopped", () =>
    served(
      (_, response) =>
        sendJson(response, {
          ...completion(""),
          choices: [{ index: 0, message: { content: null, refusal: "I cannot." }, finish_reason: "stop" }],
        }),
      async ({ client }) => {
        expect((await failure(run(fromOpenAI(client, "gpt-x"), "Hi"))).message).toMatch(/content filter/);
      },
    ));
});

describe("giving up", () => {
  test("leaving the stream closes the connection", () =>
    served(
      (request, response) => playChat({ kind: "hang", text: "So" }, request, response),
      async ({ client, received }) => {
        const events = stream(fromOpenAI(client, "gpt-x"), "Hi");
        for await (const event of events) if (event.type === "delta") break;
        await expect(events.response).rejects.toMatchObject({ name: "AbortError" });
        expect(await received[0]!.closed).toBe(false);
      },
    ));

  test.each([
    ["chat", { choices: [{ index: 0, delta: { content: "So" } }] }],
    ["responses", { type: "response.output_text.delta", output_index: 0, delta: "So" }],
  ] as const)(
    "a client that does not listen to the signal holds nobody up, and its stream is closed: %s",
    async (api, piece) => {
      let taken = 0;
      let closed = 0;
      let more = (): void => undefined;
      const pieces = {
        async *[Symbol.asyncIterator]() {
          try {
            for (; taken < 9; taken++) {
              yield piece;
              if (taken === 0) await new Promise<void>((resolve) => (more = resolve));
            }
          } finally {
            closed++;
          }
        },
      };
      const endpoint = { create: () => Promise.resolve(pieces) };
      const client = { chat: { completions: endpoint }, responses: endpoint };
      const controller = new AbortController();
      const told: string[] = [];
      const promise = run(fromOpenAI(client, "gpt-x", { api }), "Hi", {
        signal: controller.signal,
        onEvent: (event) => event.type === "delta" && told.push(event.text ?? ""),
      });
      await new Promise(setImmediate);
      controller.abort("enough");
      await expect(promise).rejects.toBe("enough");
      more();
      await new Promise(setImmediate);
      expect([taken, closed]).toEqual([1, 1]);
      expect(told).toEqual(["So"]);
    },
  );
});

describe("wrong arguments", () => {
  const chat = { chat: { completions: { create: () => Promise.resolve({}) } } };
  test.each([
    ["client", undefined, "gpt-x", {}],
    ["client", {}, "gpt-x", {}],
    ["client", { chat: {} }, "gpt-x", {}],
    ["client", chat, "gpt-x", { api: "responses" }],
    ["modelId", chat, "", {}],
    ["modelId", chat, 5, {}],
    ["api", chat, "gpt-x", { api: "completions" }],
    ["an option", chat, "gpt-x", { maxRetries: 2 }],
    ["an option", chat, "gpt-x", { capabilities: { N: true } }],
    ["capabilities", chat, "gpt-x", { capabilities: true }],
    ["price.outputUsd", chat, "gpt-x", { price: { inputUsd: 1 } }],
    ["countTokens", chat, "gpt-x", { countTokens: 5 }],
  ])("%s: %j %j %j", (option, client, modelId, options) => {
    const make = (): Model => fromOpenAI(client as never, modelId as never, options as never);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(expect.objectContaining({ where: expect.stringMatching(/^fromOpenAI/), option }));
  });

  test("what is missing is named", () => {
    expect(() => fromOpenAI({} as never, "gpt-x")).toThrow("chat.completions.create");
    expect(() => fromOpenAI(chat, "gpt-x", { api: "responses" })).toThrow("responses.create");
  });
});

test("types: clients of both majors fit, and so does Azure's", () => {
  expectTypeOf<OpenAI>().toExtend<OpenAIClient>();
  expectTypeOf<OpenAI7>().toExtend<OpenAIClient>();
  expectTypeOf<AzureOpenAI>().toExtend<OpenAIClient>();
  expectTypeOf(fromOpenAI).returns.toEqualTypeOf<Model>();
  expectTypeOf<FromOpenAIOptions["api"]>().toEqualTypeOf<"chat" | "responses" | undefined>();
  // @ts-expect-error -- a key is no client
  expect(() => fromOpenAI({ apiKey }, "gpt-x")).toThrow(InvalidOptionError);
  // @ts-expect-error -- retries are for the policy
  expect(() => fromOpenAI(new OpenAI({ apiKey }), "gpt-x", { maxRetries: 2 })).toThrow(InvalidOptionError);
});
