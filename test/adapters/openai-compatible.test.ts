import { inspect } from "node:util";
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
  majorityVote,
  run,
  sampleN,
  stack,
  stream,
  type Message,
  type Model,
  type ModelRequest,
  type MullEvent,
} from "mull";
import { openaiCompatible, type OpenaiCompatibleOptions } from "mull/adapters/openai-compatible";
import {
  chunk,
  completion,
  events,
  sendEvents,
  sendJson,
  serving,
  startStream,
  usage,
  usageChunk,
  type Script,
} from "./openai-server.js";

const say =
  (...choices: readonly unknown[]): Script =>
  (_, response) => {
    sendJson(response, completion(choices));
  };

/** A model whose one response has these bytes, without any server. */
function fixed(bytes: Uint8Array | string, type = "text/event-stream", cuts: readonly number[] = []): Model {
  const whole = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const edges = [0, ...cuts, whole.length];
  const body = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start(controller) {
        for (let i = 1; i < edges.length; i++) controller.enqueue(whole.slice(edges[i - 1], edges[i]));
        controller.close();
      },
    });
  return openaiCompatible({
    baseURL: "http://localhost/v1",
    model: "m",
    fetch: () => Promise.resolve(new Response(body(), { headers: { "content-type": type } })),
  });
}

async function collect(events: AsyncIterable<MullEvent>): Promise<Record<"text" | "reasoning" | "toolInput", string>> {
  const all = { text: "", reasoning: "", toolInput: "" };
  for await (const event of events) {
    if (event.type !== "delta") continue;
    all.text += event.text ?? "";
    all.reasoning += event.reasoning ?? "";
    all.toolInput += event.toolInput ?? "";
  }
  return all;
}

const weather = {
  name: "weather",
  description: "The weather of a town.",
  inputSchema: { type: "object", properties: { town: { type: "string" } }, required: ["town"] },
} as const;

const user = (content: string): Message => ({ role: "user", content });

describe("a completion", () => {
  test("text, finish reason, usage and metadata come back; nothing is sent that was not asked for", () =>
    serving(say("Four."), async ({ model, received }) => {
      const response = await run(model(), "What is two and two?");
      expect(response).toMatchObject({
        text: "Four.",
        finishReason: "stop",
        usage: { calls: 1, inputTokens: 10, outputTokens: 5, cachedInputTokens: undefined, reasoningTokens: undefined },
        providerMetadata: { openaiCompatible: { id: "chatcmpl-1", model: "test-model-2026" } },
      });
      expect(received).toHaveLength(1);
      expect(received[0]!.path).toBe("/v1/chat/completions");
      expect(received[0]!.headers.authorization).toBeUndefined();
      expect(received[0]!.body).toEqual({
        model: "test-model",
        messages: [{ role: "user", content: "What is two and two?" }],
      });
    }));

  test("every setting has its field", () =>
    serving(say("ok"), async ({ model, received }) => {
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
        effort: "high",
        prefill: "The answer",
        latent: { steps: 4 },
        tools: [weather],
        toolChoice: { name: "weather" },
        schema: { name: "my answer!", jsonSchema: { type: "object", properties: { a: { type: "number" } } } },
        providerOptions: { openaiCompatible: { repetition_penalty: 1.1, guided: "own" }, other: { x: 1 } },
      };
      const before = structuredClone(request);
      await run(
        model({
          capabilities: { prefill: true, latent: true },
          apiKey: "test-key-123456",
          headers: { "X-Team": "mull" },
          extraBody: { chat_template_kwargs: { enable_thinking: false }, guided: "extra", temperature: 0 },
        }),
        request,
      );
      expect(request).toEqual(before);
      expect(received[0]!.headers).toMatchObject({ authorization: "Bearer test-key-123456", "x-team": "mull" });
      expect(received[0]!.body).toEqual({
        model: "test-model",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Hi" },
          { role: "assistant", content: "The answer" },
        ],
        temperature: 0.7,
        top_p: 0.9,
        top_k: 40,
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        stop: ["END"],
        max_tokens: 99,
        seed: 7,
        logprobs: true,
        top_logprobs: 3,
        reasoning_effort: "high",
        latent: { steps: 4 },
        continue_final_message: true,
        add_generation_prompt: false,
        tools: [
          {
            type: "function",
            function: { name: "weather", description: "The weather of a town.", parameters: weather.inputSchema },
          },
        ],
        tool_choice: { type: "function", function: { name: "weather" } },
        response_format: {
          type: "json_schema",
          json_schema: {
            name: "my_answer_",
            schema: { type: "object", properties: { a: { type: "number" } } },
          },
        },
        chat_template_kwargs: { enable_thinking: false },
        guided: "own",
        repetition_penalty: 1.1,
      });
    }));

  test("the output cap can go by its newer name, and the seed of a run is sent", () =>
    serving(say("ok"), async ({ model, received }) => {
      await run(
        model({ maxTokensField: "max_completion_tokens" }),
        { messages: [user("Hi")], maxOutputTokens: 9 },
        { seed: 3 },
      );
      expect(received[0]!.body).toMatchObject({ max_completion_tokens: 9, seed: expect.any(Number) });
      expect(received[0]!.body).not.toHaveProperty("max_tokens");
    }));

  test.each([
    [
      "all fields required, no others",
      { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false },
      true,
    ],
    [
      "an optional field",
      { type: "object", properties: { a: {}, b: {} }, required: ["a"], additionalProperties: false },
      undefined,
    ],
    ["other fields", { type: "object", properties: { a: {} }, required: ["a"] }, undefined],
    [
      "a loose object inside",
      {
        type: "object",
        properties: { a: { type: "array", items: { type: "object", properties: {} } } },
        required: ["a"],
        additionalProperties: false,
      },
      undefined,
    ],
  ])("a schema with %s", (_, jsonSchema, strict) =>
    serving(say('{"a":"b"}'), async ({ model, received }) => {
      await run(model(), { messages: [user("Hi")], schema: { jsonSchema } });
      expect(received[0]!.body.response_format.json_schema).toEqual({
        name: "answer",
        schema: jsonSchema,
        ...(strict && { strict }),
      });
    }),
  );

  test.each([
    [
      "parts of text",
      {
        content: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      },
      { text: "ab" },
    ],
    ["a thought in reasoning_content", { content: "4", reasoning_content: "2+2" }, { text: "4", reasoning: "2+2" }],
    ["a thought in reasoning", { content: "4", reasoning: "2+2" }, { text: "4", reasoning: "2+2" }],
    [
      "the same thought in both",
      { content: "4", reasoning: "2+2", reasoning_content: "2+2" },
      { text: "4", reasoning: "2+2" },
    ],
    [
      "a thought among the parts",
      {
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "2+2" }] },
          { type: "text", text: "4" },
        ],
      },
      { text: "4", reasoning: "2+2" },
    ],
  ])("content: %s", (_, message, expected) =>
    serving(say({ message }), async ({ model }) => {
      expect(await run(model(), "Hi")).toMatchObject(expected);
    }),
  );

  test.each([
    ["stop", "stop"],
    ["length", "length"],
    ["content_filter", "content-filter"],
    ["tool_calls", "tool-calls"],
    ["function_call", "tool-calls"],
    ["eos_token", "other"],
    [null, "stop"],
  ])("finish_reason %s is %s", (finish_reason, expected) =>
    serving(say({ message: { content: "x" }, finish_reason }), async ({ model }) => {
      expect((await run(model(), "Hi")).finishReason).toBe(expected);
    }),
  );

  test.each<[what: string, choice: object, top: object, latent: unknown]>([
    ["in the message", { latent: { steps: 4, state: "s" } }, {}, { steps: 4, state: "s" }],
    ["beside the choices", {}, { latent: { steps: 4 } }, { steps: 4 }],
    ["in both: that of the message", { latent: { steps: 2 } }, { latent: { steps: 4 } }, { steps: 2 }],
    ["with more than that", { latent: { state: "s", depth: 3 } }, {}, { state: "s" }],
    ["that is none", { latent: { steps: -1, state: "" } }, { latent: [4] }, undefined],
    ["null", { latent: null }, { latent: null }, undefined],
  ])("latent thinking is told %s", (_, choice, top, latent) => {
    const head = { id: "1", object: "chat.completion", model: "m", ...top };
    const whole = { ...head, choices: [{ index: 0, message: { content: "x", ...choice }, finish_reason: "stop" }] };
    const streamed = [
      { ...head, choices: [{ index: 0, delta: { content: "x" } }] },
      { ...head, choices: [{ index: 0, delta: choice, finish_reason: "stop" }] },
      { id: "1", object: "chat.completion.chunk", choices: [] },
    ];
    return serving(
      ({ body }, response) => {
        if (body.stream) sendEvents(response, streamed);
        else sendJson(response, whole);
      },
      async ({ model }) => {
        const plain = await run(model(), "Hi");
        expect([plain.latent, "latent" in plain]).toEqual([latent, latent !== undefined]);
        expect((await run(model(), "Hi", { onEvent: () => undefined })).latent).toEqual(latent);
      },
    );
  });

  test("log-probabilities come with their alternatives, best first", () =>
    serving(
      say({
        message: { content: "Yes" },
        logprobs: {
          content: [
            {
              token: "Yes",
              logprob: -0.2,
              bytes: [89],
              top_logprobs: [
                { token: "No", logprob: -1.7 },
                { token: "Yes", logprob: -0.2 },
              ],
            },
            { token: "!", logprob: null, top_logprobs: [] },
          ],
        },
      }),
      async ({ model, received }) => {
        const { logprobs } = await run(model(), { messages: [user("Hi")], logprobs: 0 });
        expect(logprobs).toEqual([
          {
            token: "Yes",
            logprob: -0.2,
            top: [
              { token: "Yes", logprob: -0.2 },
              { token: "No", logprob: -1.7 },
            ],
          },
          { token: "!", logprob: -Infinity },
        ]);
        expect(received[0]!.body).toMatchObject({ logprobs: true });
        expect(received[0]!.body).not.toHaveProperty("top_logprobs");
      },
    ));

  test.each([
    [
      undefined,
      {
        inputTokens: undefined,
        outputTokens: undefined,
        cachedInputTokens: undefined,
        reasoningTokens: undefined,
        usd: undefined,
      },
    ],
    [{ prompt_tokens: 8 }, { inputTokens: 8, outputTokens: undefined, usd: undefined }],
    [
      usage(1000, 200, {
        prompt_tokens_details: { cached_tokens: 400 },
        completion_tokens_details: { reasoning_tokens: 150 },
      }),
      {
        inputTokens: 1000,
        cachedInputTokens: 400,
        outputTokens: 200,
        reasoningTokens: 150,
        usd: (600 + 400 * 0.5 + 200 * 4) / 1e6,
      },
    ],
    [usage(0, 0), { inputTokens: 0, outputTokens: 0, cachedInputTokens: undefined, usd: 0 }],
  ])("usage %j", (sent, expected) =>
    serving(
      (_, response) => sendJson(response, completion(["x"], { usage: sent })),
      async ({ model }) => {
        const price = { inputUsd: 1, cachedInputUsd: 0.5, outputUsd: 4 };
        expect((await run(model({ price }), "Hi")).usage).toMatchObject({ calls: 1, ...expected });
      },
    ),
  );
});

describe("messages", () => {
  const sent = (messages: readonly Message[], options: Partial<OpenaiCompatibleOptions> = {}): Promise<unknown> =>
    serving(say("ok"), async ({ model, received }) => {
      await run(model(options), { messages });
      return received[0]!.body.messages;
    });

  test("files go as images, sounds or documents", async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
    const base64 = Buffer.from(bytes).toString("base64");
    const [message] = (await sent([
      {
        role: "user",
        content: [
          { type: "text", text: "Look:" },
          { type: "file", mediaType: "image/png", data: bytes },
          { type: "file", mediaType: "image/png", data: "aGk=" },
          { type: "file", mediaType: "image/png", data: new URL("https://example.com/a.png") },
          { type: "file", mediaType: "audio/mpeg", data: "aGk=" },
          { type: "file", mediaType: "application/pdf", data: "aGk=", filename: "a.pdf" },
        ],
      },
    ])) as { content: unknown[] }[];
    expect(message!.content).toEqual([
      { type: "text", text: "Look:" },
      { type: "image_url", image_url: { url: `data:image/png;base64,${base64}` } },
      { type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } },
      { type: "image_url", image_url: { url: "https://example.com/a.png" } },
      { type: "input_audio", input_audio: { data: "aGk=", format: "mp3" } },
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,aGk=" } },
    ]);
  });

  const talk: readonly Message[] = [
    {
      role: "user",
      content: [
        { type: "text", text: "Weather " },
        { type: "text", text: "in Bonn?" },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "reasoning", text: "I should look." },
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
    { role: "assistant", content: "Nine degrees." },
    user("Thanks"),
  ];

  test("tool calls and results are told apart by their ids; reasoning is left out", async () => {
    expect(await sent(talk)).toEqual([
      { role: "user", content: "Weather in Bonn?" },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "a", type: "function", function: { name: "weather", arguments: '{"town":"Bonn"}' } },
          { id: "b", type: "function", function: { name: "weather", arguments: "{broken" } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: '{"degrees":9}' },
      { role: "tool", tool_call_id: "b", content: "Error: no such town" },
      { role: "assistant", content: "Nine degrees." },
      { role: "user", content: "Thanks" },
    ]);
  });

  test("reasoning is sent back where the endpoint wants it", async () => {
    const messages = (await sent(talk, { reasoningField: "reasoning_content" })) as unknown[];
    expect(messages[1]).toMatchObject({ reasoning_content: "I should look." });
    expect(messages[4]).not.toHaveProperty("reasoning_content");
  });

  test("of a tool's result with files only the words go, which is told", () =>
    serving(say("ok"), async ({ model, received }) => {
      const files = [{ type: "file", mediaType: "image/png", data: "aGk=" }] as const;
      const content = [{ type: "tool-result", id: "a", name: "look", output: "[image/png]", files }] as const;
      const { warnings } = await run(model(), { messages: [user("Hi"), { role: "tool", content }] });
      expect(received[0]!.body.messages.at(-1)).toEqual({ role: "tool", tool_call_id: "a", content: "[image/png]" });
      expect(warnings).toMatchObject([{ code: "downgrade", capability: "files" }]);
    }));

  test("a file in what the assistant said is refused before anything is sent", () =>
    serving(say("ok"), async ({ model, received }) => {
      const file = { type: "file", mediaType: "image/png", data: "aGk=" } as const;
      await expect(run(model(), { messages: [{ role: "assistant", content: [file] }, user("Hi")] })).rejects.toThrow(
        CapabilityError,
      );
      expect(received).toHaveLength(0);
    }));
});

describe("tools", () => {
  test("call, result, final answer", () =>
    serving(
      (_, response, index) =>
        sendJson(
          response,
          completion([
            index === 0
              ? {
                  message: {
                    content: null,
                    tool_calls: [
                      { id: "a", type: "function", function: { name: "weather", arguments: '{"town":"Bonn"}' } },
                      { type: "function", function: { name: "weather", arguments: "{broken" } },
                      { id: "", type: "function", function: { name: "weather", arguments: "" } },
                    ],
                  },
                  finish_reason: "stop",
                }
              : "Nine degrees.",
          ]),
        ),
      async ({ model, received }) => {
        const request: ModelRequest = { messages: [user("Weather in Bonn?")], tools: [weather], toolChoice: "auto" };
        const asked = await run(model(), request, { seed: 1 });
        expect(asked).toMatchObject({ text: "", finishReason: "tool-calls" });
        expect(asked.toolCalls).toEqual([
          { type: "tool-call", id: "a", name: "weather", input: { town: "Bonn" } },
          { type: "tool-call", id: expect.stringMatching(/^call_\w+$/), name: "weather", input: "{broken" },
          { type: "tool-call", id: expect.stringMatching(/^call_\w+$/), name: "weather", input: {} },
        ]);
        expect(new Set(asked.toolCalls!.map(({ id }) => id)).size).toBe(3);
        const results = asked.toolCalls!.map(({ id, name }) => ({ type: "tool-result", id, name, output: 9 }) as const);
        const final = await run(model(), {
          ...request,
          messages: [
            ...request.messages,
            { role: "assistant", content: asked.toolCalls! },
            { role: "tool", content: results },
          ],
        });
        expect(final.text).toBe("Nine degrees.");
        expect(received[1]!.body.tool_choice).toBe("auto");
        expect(received[1]!.body.messages.slice(2)).toEqual(
          results.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "9" })),
        );
      },
    ));
});

describe("several completions", () => {
  const texts = Array.from({ length: 16 }, (_, i) => "x".repeat(i + 1));

  test("16 equal calls are one request where the endpoint has n; its usage is dealt out exactly", () =>
    serving(
      (_, response) =>
        sendJson(
          response,
          completion(texts, {
            usage: usage(100, 333, {
              prompt_tokens_details: { cached_tokens: 64 },
              completion_tokens_details: { reasoning_tokens: 300 },
            }),
          }),
        ),
      async ({ model, received }) => {
        const response = await run(stack(model({ capabilities: { n: true } }), sampleN(16)), "Hi");
        expect(received).toHaveLength(1);
        expect(received[0]!.body.n).toBe(16);
        expect(response.samples.map(({ text }) => text)).toEqual(texts);
        expect(response.usage).toMatchObject({
          calls: 1,
          inputTokens: 100,
          cachedInputTokens: 64,
          outputTokens: 333,
          reasoningTokens: 300,
        });
        const outputs = response.samples.map((sample) => sample.usage.outputTokens!);
        expect(outputs[15]!).toBeGreaterThan(outputs[0]!);
        response.samples.forEach(({ usage: { outputTokens, reasoningTokens } }) =>
          expect(reasoningTokens).toBeLessThanOrEqual(outputTokens!),
        );
      },
    ));

  test("they stay 16 requests where nobody knows", () =>
    serving(say("Four."), async ({ model, received }) => {
      const { usage } = await run(stack(model(), sampleN(16), majorityVote()), "Hi");
      expect(received.length).toBeLessThanOrEqual(16);
      expect(received.every(({ body }) => body.n === undefined)).toBe(true);
      expect(usage.calls).toBeLessThanOrEqual(16);
    }));

  test("completions come in the order of their index; too few are an error of those that are missing", () =>
    serving(
      (_, response) => {
        const two = [
          { index: 1, message: { content: "b" } },
          { index: 0, message: { content: "a" } },
        ];
        sendJson(response, completion(two));
      },
      async ({ model }) => {
        const { samples, failures } = await run(stack(model({ capabilities: { n: true } }), sampleN(3)), "Hi");
        expect(samples.map(({ text }) => text)).toEqual(["a", "b"]);
        expect(failures).toEqual([{ index: 2, error: expect.any(MalformedResponseError) }]);
      },
    ));

  test("api.openai.com has n, others not unless told", () => {
    const of = (baseURL: string, rest: Partial<OpenaiCompatibleOptions> = {}) =>
      openaiCompatible({ baseURL, model: "m", ...rest }).capabilities;
    expect(of("https://api.openai.com/v1")).toEqual({ n: 128, prefill: false, latent: false });
    expect(of("http://localhost:11434/v1").n).toBe(false);
    expect(of("http://localhost:8000/v1", { capabilities: { n: true, prefill: true } })).toMatchObject({
      n: true,
      prefill: true,
    });
  });

  prop.prop([fc.nat(5000), fc.nat(5000), fc.array(fc.string(), { minLength: 1, maxLength: 12 })])(
    "the shares of a usage sum up to it",
    async (input, output, words) => {
      const bytes = JSON.stringify(
        completion(
          words.map((text) => `.${text}`),
          { usage: usage(input, output, { completion_tokens_details: { reasoning_tokens: Math.floor(output / 2) } }) },
        ),
      );
      const model = openaiCompatible({
        baseURL: "http://localhost/v1",
        model: "m",
        capabilities: { n: true },
        fetch: () => Promise.resolve(new Response(bytes, { headers: { "content-type": "application/json" } })),
      });
      const response = await run(stack(model, sampleN(words.length)), "Hi");
      expect(response.usage).toMatchObject({
        calls: 1,
        inputTokens: input,
        outputTokens: output,
        reasoningTokens: Math.floor(output / 2),
      });
    },
  );
});

const story = [
  chunk({ role: "assistant", content: "" }),
  chunk({ reasoning_content: "Two and " }),
  chunk({ reasoning_content: "two: " }),
  chunk({ content: "Fo" }, null, 0, { logprobs: { content: [{ token: "Fo", logprob: -0.5, top_logprobs: [] }] } }),
  chunk({ content: "ur – 四 🎉" }, null, 0, {
    logprobs: { content: [{ token: "ur", logprob: -0.1, top_logprobs: [] }] },
  }),
  chunk({}, "stop"),
  usageChunk(10, 5),
];

describe("streaming", () => {
  test("deltas are told as they come, and the response is whole", () =>
    serving(
      (_, response) => sendEvents(response, story),
      async ({ model, received }) => {
        const events = stream(model(), "Hi");
        expect(await collect(events)).toEqual({ text: "Four – 四 🎉", reasoning: "Two and two: ", toolInput: "" });
        expect(await events.response).toMatchObject({
          text: "Four – 四 🎉",
          reasoning: "Two and two: ",
          finishReason: "stop",
          logprobs: [
            { token: "Fo", logprob: -0.5 },
            { token: "ur", logprob: -0.1 },
          ],
          usage: { calls: 1, inputTokens: 10, outputTokens: 5 },
          providerMetadata: { openaiCompatible: { id: "chatcmpl-1" } },
        });
        expect(received[0]!.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
      },
    ));

  test("log-probabilities are told with their words", () =>
    serving(
      (_, response) => sendEvents(response, story),
      async ({ model }) => {
        const told: unknown[] = [];
        await run(model(), "Hi", {
          onEvent: (event) => {
            if (event.type === "delta" && event.logprobs !== undefined) told.push([event.text, event.logprobs]);
          },
        });
        expect(told).toEqual([
          ["Fo", [{ token: "Fo", logprob: -0.5 }]],
          ["ur – 四 🎉", [{ token: "ur", logprob: -0.1 }]],
        ]);
      },
    ));

  test("a delta is told before the stream goes on", () => {
    let goOn: () => void;
    const told = new Promise<void>((resolve) => (goOn = resolve));
    return serving(
      async (_, response) => {
        startStream(response);
        response.write(`data: ${JSON.stringify(chunk({ content: "first" }))}\n\n`);
        await told;
        response.end(events([chunk({ content: ", second" }, "stop")]));
      },
      async ({ model }) => {
        const texts: string[] = [];
        for await (const event of stream(model(), "Hi")) {
          if (event.type !== "delta") continue;
          texts.push(event.text!);
          expect(event).toMatchObject({ path: ["openai-compatible:test-model"], output: true });
          goOn();
        }
        expect(texts).toEqual(["first", ", second"]);
      },
    );
  });

  test("nobody listens: nothing is streamed", () =>
    serving(say("Four."), async ({ model, received }) => {
      await run(model(), "Hi");
      expect(received[0]!.body).not.toHaveProperty("stream");
    }));

  test("completions that come interleaved are told apart", () =>
    serving(
      (_, response) =>
        sendEvents(response, [
          chunk({ content: "a" }, null, 1),
          chunk({ content: "1" }, null, 0),
          chunk({ content: "stray" }, null, 7),
          {
            ...chunk({ content: "2" }),
            choices: [
              { index: 1, delta: { content: "b" } },
              { index: 0, delta: { content: "2" } },
            ],
          },
          chunk({}, "length", 0),
          chunk({ content: "c" }, "stop", 1),
          usageChunk(10, 30),
        ]),
      async ({ model, received }) => {
        const byPath = new Map<string, string>();
        const onEvent = (event: MullEvent): void => {
          if (event.type !== "delta") return;
          const path = event.path.join("/");
          byPath.set(path, (byPath.get(path) ?? "") + (event.text ?? ""));
        };
        const response = await run(stack(model({ capabilities: { n: true } }), sampleN(2)), "Hi", { onEvent });
        expect(received).toHaveLength(1);
        expect(response.samples.map(({ text, finishReason }) => [text, finishReason])).toEqual([
          ["12", "length"],
          ["abc", "stop"],
        ]);
        expect([...byPath]).toEqual([
          ["sampleN/#0/openai-compatible:test-model", "12"],
          ["sampleN/#1/openai-compatible:test-model", "abc"],
        ]);
        expect(response.usage).toMatchObject({ calls: 1, inputTokens: 10, outputTokens: 30 });
      },
    ));

  const call = (
    index: number | undefined,
    id: string | undefined,
    name: string | undefined,
    input: unknown,
  ): object => ({
    ...(index !== undefined && { index }),
    ...(id !== undefined && { id, type: "function" }),
    function: { ...(name !== undefined && { name }), ...(input !== undefined && { arguments: input }) },
  });
  const both = [
    { type: "tool-call", id: "a", name: "f", input: { x: 1 } },
    { type: "tool-call", id: "b", name: "g", input: { y: 2 } },
  ];
  test.each([
    [
      "by index",
      [
        [call(0, "a", "f", "")],
        [call(0, undefined, undefined, '{"x"')],
        [call(1, "b", "g", '{"y"')],
        [call(0, undefined, undefined, ":1}"), call(1, undefined, undefined, ":2}")],
      ],
      both,
    ],
    [
      "with id and name repeated",
      [[call(0, "a", "f", '{"x"')], [call(0, "a", "f", ":1}")], [call(1, "b", "g", '{"y":2}')]],
      both,
    ],
    [
      "with another id in every piece",
      [[call(0, "a", "f", '{"x"')], [call(0, "z", undefined, ":1}")], [call(1, "b", "g", '{"y":2}')]],
      both,
    ],
    ["all of index 0", [[call(0, "a", "f", '{"x":1}')], [call(0, "b", "g", '{"y":2}')]], both],
    [
      "without index",
      [
        [call(undefined, "a", "f", '{"x":1}')],
        [call(undefined, "b", "g", '{"y":'), call(undefined, undefined, undefined, "2}")],
      ],
      both,
    ],
    ["with arguments that are no text", [[call(0, "a", "f", { x: 1 })], [call(1, "b", "g", { y: 2 })]], both],
  ])("tool calls come in pieces: %s", (_, pieces, expected) =>
    serving(
      (_, response) =>
        sendEvents(response, [...pieces.map((tool_calls) => chunk({ tool_calls })), chunk({}, "tool_calls")]),
      async ({ model }) => {
        const events = stream(model(), { messages: [user("Hi")], tools: [weather] });
        const { toolInput } = await collect(events);
        expect([...toolInput].sort().join("")).toBe([...'{"x":1}{"y":2}'].sort().join(""));
        expect(await events.response).toMatchObject({ text: "", finishReason: "tool-calls", toolCalls: expected });
      },
    ),
  );

  test.each([
    ["CRLF", events(story, "\r\n")],
    ["CR", events(story, "\r")],
    [
      "comments, other fields, no space",
      `: hi\n\nretry: 10\nid: 1\nevent: message\n${events(story).replaceAll("data: ", "data:")}`,
    ],
    ["a byte order mark", `\uFEFF${events(story)}`],
    ["data over several lines", events(story).replace('data: {"id"', 'data: {\ndata: "id"')],
    ["no [DONE]", events(story).replace("data: [DONE]\n\n", "")],
    ["no end of the last line", events(story).replace("data: [DONE]\n\n", "").trimEnd()],
    ["something after [DONE]", `${events(story)}data: nonsense\n\n`],
  ])("the form of the stream: %s", async (_, text) => {
    const events = stream(fixed(text), "Hi");
    expect((await collect(events)).text).toBe("Four – 四 🎉");
    expect(await events.response).toMatchObject({ text: "Four – 四 🎉", usage: { inputTokens: 10 } });
  });

  const whole = new TextEncoder().encode(`: hi\r\n\r\n${events(story, "\r\n")}`);

  test("the bytes may be cut anywhere", async () => {
    const expected = await run(fixed(whole), "Hi", { onEvent: () => {} });
    for (let cut = 1; cut < whole.length; cut++) {
      expect(await run(fixed(whole, "text/event-stream", [cut]), "Hi", { onEvent: () => {} })).toEqual(expected);
    }
  });

  prop.prop([
    fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 60 }),
    fc.constantFrom("\n", "\r\n", "\r"),
  ])("and anywhere at once, whatever the line ends", async (cuts, lineEnd) => {
    const bytes = new TextEncoder().encode(events(story, lineEnd));
    const inside = cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b);
    const deltas = await collect(stream(fixed(bytes, "text/event-stream", inside), "Hi"));
    expect(deltas).toEqual({ text: "Four – 四 🎉", reasoning: "Two and two: ", toolInput: "" });
  });

  test.each([
    [
      "a completion where a stream was asked for",
      true,
      JSON.stringify(completion(["Four."])),
      "application/json; charset=utf-8",
    ],
    ["a stream that is called text", true, events([chunk({ content: "Four." }, "stop")]), "text/plain"],
    ["a stream that is called nothing", true, events([chunk({ content: "Four." }, "stop")]), ""],
    [
      "a stream where a completion was asked for",
      false,
      events([chunk({ content: "Four." }, "stop")]),
      "text/event-stream",
    ],
    ["a completion that is called nothing", false, JSON.stringify(completion(["Four."])), ""],
  ])("content type: %s", async (_, listening, bytes, type) => {
    expect((await run(fixed(bytes, type), "Hi", listening ? { onEvent: () => {} } : {})).text).toBe("Four.");
  });
});

/** The error of a run that must fail. */
async function failure(promise: Promise<unknown>): Promise<ProviderError & MalformedResponseError> {
  return promise.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => error as never,
  );
}

describe("failures", () => {
  const openAiError = (message: string, code: string | null = null) => ({
    error: { message, type: "x", param: null, code },
  });
  const date = "Tue, 24 Nov 2026 03:00:00 GMT";
  test.each([
    [
      400,
      openAiError("bad"),
      {},
      { retryable: false, retryAfterMs: undefined, message: "openai-compatible:test-model answered 400: bad" },
    ],
    [401, openAiError("no key"), { "x-request-id": "req_1" }, { retryable: false, requestId: "req_1" }],
    [403, { detail: "forbidden" }, {}, { retryable: false, message: expect.stringContaining("forbidden") }],
    [
      404,
      { error: "model 'x' not found" },
      {},
      {
        retryable: false,
        message: expect.stringMatching(/answered 404 at http:\S+\/v1\/chat\/completions: model 'x' not found/),
      },
    ],
    [408, {}, {}, { retryable: true, message: "openai-compatible:test-model answered 408" }],
    [429, openAiError("slow down"), { "retry-after": "2" }, { retryable: true, retryAfterMs: 2000 }],
    [429, openAiError("slow down"), { "retry-after": "7", "retry-after-ms": "150" }, { retryAfterMs: 150 }],
    [429, openAiError("slow down"), { date, "retry-after": "Tue, 24 Nov 2026 03:00:05 GMT" }, { retryAfterMs: 5000 }],
    [429, openAiError("slow down"), { date, "retry-after": "Tue, 24 Nov 2026 02:00:00 GMT" }, { retryAfterMs: 0 }],
    [429, openAiError("slow down"), { "retry-after": "soon" }, { retryAfterMs: undefined }],
    [429, openAiError("pay first", "insufficient_quota"), {}, { retryable: false }],
    [429, openAiError("no"), { "x-should-retry": "false" }, { retryable: false }],
    [500, openAiError("oops"), {}, { retryable: true }],
    [503, openAiError("down"), { "retry-after": "0.5" }, { retryable: true, retryAfterMs: 500 }],
  ])("%i %j %j", (status, body, headers, expected) =>
    serving(
      (_, response) => sendJson(response, body, status, headers),
      async ({ model }) => {
        const error = await failure(run(model(), "Hi", { budget: { tokens: 10_000 } }));
        expect(error).toBeInstanceOf(ProviderError);
        expect(error).toMatchObject({ status, ...expected });
        expect(error.usage).toMatchObject({ calls: 0, failed: { calls: 1 } });
      },
    ),
  );

  test("a page of HTML is not shown", () =>
    serving(
      (_, response) => {
        response.writeHead(502, { "content-type": "text/html" }).end("<html><body>Bad gateway</body></html>");
      },
      async ({ model }) => {
        expect(await failure(run(model(), "Hi"))).toMatchObject({
          status: 502,
          retryable: true,
          message: "openai-compatible:test-model answered 502",
        });
      },
    ));

  test.each([
    ["malformed JSON", '{"choices": [', "application/json", /no JSON object \(content type application\/json\)/],
    ["a page of HTML", "<html>The secret answer</html>", "text/html", /no JSON object \(content type text\/html\)/],
    ["a list", "[]", "application/json", /no JSON object/],
    ["no choices", JSON.stringify(completion([])), "application/json", /without choices/],
    ["no choices at all", "{}", "application/json", /without choices/],
    ["no text", JSON.stringify(completion([{ message: { content: null } }])), "application/json", /no text/],
    [
      "a refusal",
      JSON.stringify(completion([{ message: { content: null, refusal: "I cannot." } }])),
      "application/json",
      /content filter/,
    ],
    ["an empty stream", "", "text/event-stream", /without any chunk/],
    ["a stream that is nothing but its end", "data: [DONE]\n\n", "text/event-stream", /without any chunk/],
    ["a stream without choices", events([usageChunk(1, 1)]), "text/event-stream", /without choices/],
    [
      "a stream that ends too early",
      events([chunk({ content: "Fo" })]).replace("data: [DONE]\n\n", ""),
      "text/event-stream",
      /ended its stream before/,
    ],
    [
      "a stream that ends inside a chunk",
      events([chunk({ content: "secret" }), chunk({ content: "secret" })]).slice(0, -40),
      "text/event-stream",
      /not a JSON object/,
    ],
    ["a chunk that is a list", "data: []\n\n", "text/event-stream", /not a JSON object/],
  ])("%s is malformed", async (_, bytes, type, message) => {
    const error = await failure(run(fixed(bytes, type), "Hi"));
    expect(error).toBeInstanceOf(MalformedResponseError);
    expect(error.message).toMatch(message);
    expect(inspect(error)).not.toContain("secret");
  });

  test("a stream that says [DONE] without a finish reason is whole", async () => {
    expect(await run(fixed(events([chunk({ content: "Four." })])), "Hi")).toMatchObject({
      text: "Four.",
      finishReason: "stop",
    });
  });

  test.each([
    [
      "in a stream, of the server",
      [chunk({ content: "Fo" }), { error: { message: "overloaded", type: "server_error" } }],
      true,
    ],
    ["in a stream, with a number", [{ error: { message: "too long", type: "BadRequestError", code: 400 } }], false],
    ["in a stream, of an older kind", [{ object: "error", message: "too long", code: 400 }], false],
    ["in a stream, of the request", [{ error: { message: "too long", code: "context_length_exceeded" } }], false],
    ["in a stream, as text", [{ error: "overloaded" }], true],
  ])("an error %s", async (_, chunks, retryable) => {
    const error = await failure(run(fixed(events(chunks)), "Hi"));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      retryable,
      status: undefined,
      message: expect.stringMatching(/failed: (overloaded|too long)$/),
    });
  });

  test("an error with status 200", async () => {
    const error = await failure(
      run(fixed('{"error":{"message":"upstream is down","code":502}}', "application/json"), "Hi"),
    );
    expect(error).toMatchObject({
      code: "provider",
      retryable: true,
      message: "openai-compatible:m failed: upstream is down",
    });
  });

  test("nobody answers", async () => {
    const url = await serving(say("x"), async (server) => server.url);
    const error = await failure(run(openaiCompatible({ baseURL: url, model: "m" }), "Hi"));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      status: undefined,
      retryable: true,
      message: expect.stringContaining("could not be reached (ECONNREFUSED)"),
    });
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test.each([
    ["a stream", { onEvent: () => {} }],
    ["a completion", {}],
  ])("the connection breaks in the middle of %s", (_, options) =>
    serving(
      (_, response) => {
        response.writeHead(200, { "content-type": "onEvent" in options ? "text/event-stream" : "application/json" });
        response.write("onEvent" in options ? `data: ${JSON.stringify(chunk({ content: "Fo" }))}\n\n` : '{"id":', () =>
          response.destroy(),
        );
      },
      async ({ model }) => {
        const error = await failure(run(model(), "Hi", options));
        expect(error).toBeInstanceOf(ProviderError);
        expect(error).toMatchObject({
          status: undefined,
          retryable: true,
          message: expect.stringContaining("lost the connection"),
        });
        expect(error.cause).toBeInstanceOf(Error);
      },
    ),
  );
});

describe("secrets", () => {
  const apiKey = "sk-proj-abcdefghijklmnop";
  const prompt = "My diary says that I buried the gold under the old oak tree.";

  test.each([
    ["the key", `Incorrect API key provided: ${apiKey}. Look it up.`, "Incorrect API key provided: [key]. Look it up."],
    ["a part of the key", "Incorrect API key provided: sk-proj-********mnop.", "Incorrect API key provided: [key]"],
    ["another header", "Unknown token: tok_987654321", "Unknown token: [key]"],
    ["the prompt", `Cannot say this: ${prompt} Sorry.`, "Cannot say this: [prompt] Sorry."],
    ["a piece of the prompt", "Refused: '…buried the gold under the old oak…'", "Refused: '…[prompt]…'"],
    ["what a tool said", "Refused: tool said 0123456789QRSTUV", "Refused: tool said [prompt]"],
    [
      "very much",
      "word ".repeat(100),
      `${"word ".repeat(100).slice(0, 299 - "openai-compatible:test-model answered 400: ".length)}…`,
    ],
  ])("an error does not show %s", (_, message, shown) =>
    serving(
      (_, response) => sendJson(response, { error: { message } }, 400),
      async ({ model }) => {
        const request: ModelRequest = {
          messages: [
            user(prompt),
            { role: "assistant", content: [{ type: "tool-call", id: "a", name: "dig", input: {} }] },
            { role: "tool", content: [{ type: "tool-result", id: "a", name: "dig", output: "0123456789QRSTUV" }] },
          ],
        };
        const error = await failure(run(model({ apiKey, headers: { "x-auth-token": "tok_987654321" } }), request));
        expect(error.message).toBe(`openai-compatible:test-model answered 400: ${shown}`);
        expect(error.message.length).toBeLessThanOrEqual(300);
      },
    ),
  );

  test("a model does not show its key", () => {
    const model = openaiCompatible({ baseURL: "http://localhost/v1", model: "m", apiKey });
    expect(model.id).toBe("openai-compatible:m");
    expect(JSON.stringify(model) + inspect(model, { depth: 9 })).not.toContain(apiKey.slice(0, 8));
  });

  test.each([
    ["apiKey", { apiKey: `${apiKey}\n` }],
    ["headers", { headers: { authorization: `Bearer ${apiKey}\n\nx` } }],
    ["baseURL", { baseURL: `https://me:${apiKey}@localhost/v1` }],
  ])("nor does a wrong option: %s", (option, options) => {
    let error: unknown;
    try {
      openaiCompatible({ baseURL: "http://localhost/v1", model: "m", ...options });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as InvalidOptionError).option).toContain(option);
    expect(inspect(error)).not.toContain(apiKey.slice(0, 8));
  });
});

describe("giving up", () => {
  const stages: readonly [string, Script][] = [
    ["before the headers", () => {}],
    ["before the first chunk", (_, response) => startStream(response)],
    [
      "in the middle",
      (_, response) => {
        startStream(response);
        response.write(`data: ${JSON.stringify(chunk({ content: "Fo" }))}\n\n`);
      },
    ],
    [
      "in the middle of an error",
      (_, response) => void response.writeHead(500, { "content-type": "application/json" }).write('{"error":'),
    ],
  ];
  test.each(stages)("%s: rejects with the reason, and the server sees it", (_, script) => {
    let arrived: () => void;
    const there = new Promise<void>((resolve) => (arrived = resolve));
    return serving(
      (request, response, index) => {
        void script(request, response, index);
        arrived();
      },
      async ({ model, received }) => {
        const controller = new AbortController();
        const reason = new Error("enough");
        const promise = run(model(), "Hi", { signal: controller.signal, onEvent: () => {} });
        await there;
        controller.abort(reason);
        await expect(promise).rejects.toBe(reason);
        expect(await received[0]!.closed).toBe(false);
      },
    );
  });

  test("leaving the stream closes the connection", () =>
    serving(
      (_, response) => {
        startStream(response);
        response.write(`data: ${JSON.stringify(chunk({ content: "Fo" }))}\n\n`);
      },
      async ({ model, received }) => {
        const events = stream(model(), "Hi");
        for await (const event of events) if (event.type === "delta") break;
        await expect(events.response).rejects.toMatchObject({ name: "AbortError" });
        expect(await received[0]!.closed).toBe(false);
      },
    ));

  test("a fetch that does not listen holds nobody up, and its body is given back", async () => {
    const cancelled: unknown[] = [];
    let more!: () => void;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        more = () =>
          controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(chunk({ content: "Fo" }))}\n\n`));
      },
      cancel: (why) => void cancelled.push(why),
    });
    const model = openaiCompatible({
      baseURL: "http://localhost",
      model: "m",
      fetch: () => Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } })),
    });
    const controller = new AbortController();
    const promise = run(model, "Hi", { signal: controller.signal, onEvent: () => {} });
    await new Promise(setImmediate);
    controller.abort(new Error("enough"));
    await expect(promise).rejects.toThrow("enough");
    more();
    await new Promise(setImmediate);
    expect(cancelled).toHaveLength(1);
  });

  test("an aborted call sends nothing", () =>
    serving(say("x"), async ({ model, received }) => {
      await expect(run(model(), "Hi", { signal: AbortSignal.abort("no") })).rejects.toBe("no");
      expect(received).toHaveLength(0);
    }));
});

test("the budget's cap reaches the server", () =>
  serving(say("Four."), async ({ model, received }) => {
    const request: ModelRequest = { messages: [user("Hi")], maxOutputTokens: 5000 };
    await run(model({ countTokens: () => 10 }), request, { budget: { outputTokens: 77 } });
    await run(model({ countTokens: () => 10 }), request, { budget: { tokens: 110 } });
    expect(received.map(({ body }) => body.max_tokens)).toEqual([77, 100]);
  }));

test("the address keeps its path and query; a slash at its end does not matter", () =>
  serving(say("ok"), async ({ url, model, received }) => {
    for (const baseURL of [url, `${url}/`, `${url}/v1//`, `${url}/openai?api-version=1#x`, new URL(`${url}/v1`)]) {
      await run(model({ baseURL }), "Hi");
    }
    expect(received.map(({ path }) => path)).toEqual([
      "/chat/completions",
      "/chat/completions",
      "/v1/chat/completions",
      "/openai/chat/completions?api-version=1",
      "/v1/chat/completions",
    ]);
  }));

test("prefill and latent thinking are refused unless the model has them", () =>
  serving(say("ok"), async ({ model, received }) => {
    await expect(run(model(), { messages: [user("Hi")], prefill: "So" })).rejects.toThrow(CapabilityError);
    await expect(run(model(), { messages: [user("Hi")], latent: { steps: 2 } })).rejects.toThrow(CapabilityError);
    expect(received).toHaveLength(0);
  }));

test.each([
  ["an option", { timeoutMs: 5 }],
  ["baseURL", { baseURL: "localhost" }],
  ["baseURL", { baseURL: "ftp://localhost" }],
  ["baseURL", { baseURL: undefined }],
  ["model", { model: " " }],
  ["model", { model: undefined }],
  ["apiKey", { apiKey: "" }],
  ["apiKey", { apiKey: 5 }],
  ["headers", { headers: [] }],
  ['headers["a b"]', { headers: { "a b": "c" } }],
  ["an option", { capabilities: { N: true } }],
  ["capabilities.latent", { capabilities: { latent: "steps" } }],
  ["capabilities.latent[1]", { capabilities: { latent: ["steps", "step"] } }],
  ["price", { price: 3 }],
  ["price.outputUsd", { price: { inputUsd: 1, outputUsd: -1 } }],
  ["countTokens", { countTokens: 3 }],
  ["extraBody", { extraBody: "x" }],
  ["extraBody", { extraBody: { n: 4 } }],
  ["extraBody", { extraBody: { max_tokens: 4 } }],
  ["maxTokensField", { maxTokensField: "max" }],
  ["reasoningField", { reasoningField: "thought" }],
  ["fetch", { fetch: true }],
])("bad option %s: %j", (option, wrong) => {
  const options = { baseURL: "http://localhost/v1", model: "m", ...wrong } as never;
  expect(() => openaiCompatible(options)).toThrow(InvalidOptionError);
  expect(() => openaiCompatible(options)).toThrow(expect.objectContaining({ option }));
});

test("a request may not set what the adapter sets", () =>
  serving(say("ok"), async ({ model, received }) => {
    const request: ModelRequest = {
      messages: [user("Hi")],
      providerOptions: { openaiCompatible: { max_tokens: 1e6 } },
    };
    await expect(run(model(), request)).rejects.toThrow(InvalidOptionError);
    expect(received).toHaveLength(0);
  }));

test("types", () => {
  expectTypeOf(openaiCompatible).parameter(0).toEqualTypeOf<OpenaiCompatibleOptions>();
  expectTypeOf(openaiCompatible).returns.toEqualTypeOf<Model>();
  // @ts-expect-error -- an endpoint needs a model
  expect(() => openaiCompatible({ baseURL: "http://localhost" })).toThrow(InvalidOptionError);
  // @ts-expect-error -- time is for the policies
  expect(() => openaiCompatible({ baseURL: "http://localhost", model: "m", timeoutMs: 5 })).toThrow(InvalidOptionError);
});
