/**
 * @module
 * What `openaiCompatible` knows of servers: what is sent to each, and how each is read.
 */
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  CapabilityError,
  InvalidOptionError,
  majorityVote,
  run,
  sampleN,
  stack,
  stream,
  type Message,
  type Model,
  type ModelRequest,
} from "mull";
import {
  openaiCompatible,
  type OpenaiCompatibleOptions,
  type OpenaiCompatibleServer,
} from "mull/adapters/openai-compatible";
import { turnOf } from "../../src/core/conversation.js";
import { chunk, completion, sendEvents, sendJson, serving, usage, type Script } from "./openai-server.js";

const hi = [{ role: "user", content: "Hi" }] as const;
const say =
  (...choices: readonly unknown[]): Script =>
  (_, response) =>
    sendJson(response, completion(choices));

/** What is sent for a request, without model and messages where they are the usual ones. */
function sent(
  request: Partial<ModelRequest>,
  options: Partial<OpenaiCompatibleOptions>,
): Promise<{ readonly body: any; readonly warned: readonly (string | undefined)[] }> {
  return serving(say("ok"), async ({ model, received }) => {
    const { warnings = [] } = await run(model(options), { messages: hi, ...request });
    const { model: _, messages, ...body } = received[0]!.body;
    const usual = JSON.stringify(messages) === JSON.stringify(hi);
    return { body: usual ? body : { messages, ...body }, warned: warnings.map(({ capability }) => capability) };
  });
}

const started = (more: object = {}): object => ({
  messages: [...hi, { role: "assistant", content: "The answer is", ...more }],
});
const continued = { continue_final_message: true, add_generation_prompt: false };
const off = { enable_thinking: false, thinking: false };
const on = { enable_thinking: true, thinking: true };

type Row = [OpenaiCompatibleServer, Partial<ModelRequest>, object, (readonly string[])?];

describe("settings", () => {
  test.each<Row>([
    ["openai", { maxOutputTokens: 9, seed: 1, topK: 5 }, { max_completion_tokens: 9, seed: 1 }, ["topK"]],
    ["vllm", { maxOutputTokens: 9, seed: 1, topK: 5 }, { max_tokens: 9, seed: 1, top_k: 5 }],
    ["sglang", { maxOutputTokens: 9, topK: 5, logprobs: 1 }, { max_tokens: 9, top_k: 5, logprobs: true, top_logprobs: 1 }], // prettier-ignore
    ["llama.cpp", { maxOutputTokens: 9, seed: 1, topK: 5 }, { max_tokens: 9, seed: 1, top_k: 5 }],
    ["lmstudio", { topK: 5, logprobs: 1 }, { top_k: 5 }, ["logprobs"]],
    ["ollama", { topK: 5, seed: 1 }, { seed: 1 }, ["topK"]],
    ["openrouter", { topK: 5, seed: 1, logprobs: 0 }, { top_k: 5, seed: 1, logprobs: true }],
    ["deepseek", { topK: 5, seed: 1, schema: { jsonSchema: {} } }, {}, ["topK", "seed", "schema"]],
    ["mistral", { topK: 5, seed: 1, maxOutputTokens: 9, logprobs: 1 }, { random_seed: 1, max_tokens: 9 }, ["topK", "logprobs"]], // prettier-ignore
    ["groq", { topK: 5, maxOutputTokens: 9, logprobs: 1 }, { max_completion_tokens: 9 }, ["topK", "logprobs"]],
  ])("%s: %j becomes %j", async (server, request, body, warned = []) => {
    const got = await sent(request, { server });
    expect(got.body).toEqual(body);
    expect([...got.warned].sort()).toEqual([...warned].sort());
  });
});

describe("effort", () => {
  test.each<Row>([
    ["openai", { effort: "high" }, { reasoning_effort: "high" }],
    ["vllm", { effort: "high" }, { reasoning_effort: "high", chat_template_kwargs: on }],
    ["vllm", { effort: "none" }, { reasoning_effort: "none", chat_template_kwargs: off }],
    ["sglang", { effort: "none" }, { reasoning_effort: "none", chat_template_kwargs: off }],
    ["llama.cpp", { effort: "none" }, { reasoning_effort: "none", chat_template_kwargs: off }],
    ["ollama", { effort: "xhigh" }, { reasoning_effort: "high" }, ["effort"]],
    ["ollama", { effort: "none" }, { reasoning_effort: "none" }],
    ["openrouter", { effort: "xhigh" }, { reasoning: { effort: "xhigh" } }],
    ["openrouter", { effort: "max" }, { reasoning: { effort: "xhigh" } }, ["effort"]],
    ["deepseek", { effort: "none" }, { thinking: { type: "disabled" } }],
    ["deepseek", { effort: "low" }, { thinking: { type: "enabled" }, reasoning_effort: "low" }],
    ["mistral", { effort: "low" }, { reasoning_effort: "high" }, ["effort"]],
    ["mistral", { effort: "none" }, { reasoning_effort: "none" }],
    ["groq", { effort: "low" }, { reasoning_effort: "low" }],
  ])("%s: %j becomes %j", async (server, request, body, warned = []) => {
    expect(await sent(request, { server })).toEqual({ body, warned });
  });

  test("what a model has decides, where it is known", async () => {
    expect(await sent({ effort: "max" }, { server: "groq", model: "openai/gpt-oss-20b" })).toEqual({
      body: { reasoning_effort: "high" },
      warned: ["effort"],
    });
    expect(await sent({ effort: "none", temperature: 1 }, { server: "openai", model: "o3" })).toEqual({
      body: { reasoning_effort: "low" },
      warned: ["effort", "temperature"],
    });
  });

  test("what the template is told is joined from all sides; the request wins", async () => {
    const options: Partial<OpenaiCompatibleOptions> = {
      server: "vllm",
      extraBody: { chat_template_kwargs: { enable_thinking: true, custom: 1 } },
    };
    expect((await sent({}, options)).body).toEqual({ chat_template_kwargs: { enable_thinking: true, custom: 1 } });
    expect((await sent({ effort: "none" }, options)).body.chat_template_kwargs).toEqual({ ...off, custom: 1 });
    const providerOptions = { openaiCompatible: { chat_template_kwargs: { thinking: true } } };
    expect((await sent({ effort: "none", providerOptions }, options)).body.chat_template_kwargs).toEqual({
      enable_thinking: false,
      thinking: true,
      custom: 1,
    });
  });
});

describe("a started answer", () => {
  const prefill = "The answer is";
  test.each<Row>([
    ["vllm", { prefill }, { ...started(), ...continued }],
    ["sglang", { prefill }, { ...started(), ...continued }],
    ["llama.cpp", { prefill }, { ...started(), reasoning_effort: "none", chat_template_kwargs: off }],
    ["llama.cpp", { prefill, effort: "high" }, { ...started(), reasoning_effort: "none", chat_template_kwargs: off }, ["effort"]], // prettier-ignore
    ["mistral", { prefill }, started({ prefix: true })],
  ])("%s: %j is sent as %j", async (server, request, body, warned = []) => {
    expect(await sent(request, { server })).toEqual({ body, warned });
  });

  test("DeepSeek continues it by its beta interface only", () =>
    serving(say("42"), async ({ model, received, url }) => {
      const beta = { server: "deepseek", baseURL: `${url}/beta` } as const;
      expect(model(beta).capabilities.prefill).toBe(true);
      await run(model(beta), { messages: hi, prefill });
      expect(received[0]!.body).toMatchObject({ ...started({ prefix: true }), thinking: { type: "disabled" } });
      expect(model({ server: "deepseek" }).capabilities.prefill).toBe(false);
      await expect(run(model({ server: "deepseek" }), { messages: hi, prefill })).rejects.toThrow(CapabilityError);
    }));

  test.each(["openai", "lmstudio", "ollama", "openrouter", "deepseek", "groq"] as const)(
    "%s is not known to continue it: nothing is sent, and nobody can claim otherwise without saying how",
    (server) =>
      serving(say("42"), async ({ model, received }) => {
        await expect(run(model({ server }), { messages: hi, prefill })).rejects.toThrow(CapabilityError);
        const capabilities = { prefill: true };
        expect(() => model({ server, capabilities })).toThrow(
          expect.objectContaining({ code: "invalid-option", option: "capabilities.prefill" }),
        );
        // Unknown is no claim, but it does not reach the server either.
        const unknown = model({ server, capabilities: { prefill: undefined } as never });
        await expect(run(unknown, { messages: hi, prefill })).rejects.toThrow(CapabilityError);
        expect(received).toHaveLength(0);
        await run(model({ server, capabilities, prefillStyle: "last-message" }), { messages: hi, prefill });
        expect(received[0]!.body.messages).toEqual([...hi, { role: "assistant", content: prefill }]);
      }),
  );

  test("without a server it is vLLM's way, and only where capabilities say so", async () => {
    expect((await sent({ prefill }, { capabilities: { prefill: true } })).body).toEqual({ ...started(), ...continued });
    expect((await sent({ prefill }, { capabilities: { prefill: true }, prefillStyle: "prefix" })).body).toEqual(
      started({ prefix: true }),
    );
  });

  test.each([
    ["in one piece", ["The answer is 42."]],
    ["in pieces", ["The ", "answer", " is 42", "."]],
    ["word by word, and cut inside", ["The", " answer", " i", "s", " 42."]],
    ["not at all", [" 42."]],
    ["seemingly", ["The a", "im: 42."]],
    ["and says nothing more", ["The answer", " is"]],
  ])("Mistral repeats it %s", async (_, pieces) => {
    const whole = pieces.join("");
    const expected = whole.startsWith(prefill) ? whole.slice(prefill.length) : whole;
    await serving(say(whole), async ({ model }) => {
      expect((await run(model({ server: "mistral" }), { messages: hi, prefill })).text).toBe(expected);
    });
    await serving(
      (_request, response) => sendEvents(response, [...pieces.map((content) => chunk({ content })), chunk({}, "stop")]),
      async ({ model }) => {
        const events = stream(model({ server: "mistral" }), { messages: hi, prefill });
        let told = "";
        for await (const event of events) if (event.type === "delta") told += event.text ?? "";
        expect(told).toBe(expected);
        expect((await events.response).text).toBe(expected);
      },
    );
  });

  test("an answer that is over before the echo is keeps what there was", () =>
    serving(
      (_, response) => sendEvents(response, [chunk({ content: "The ans" }), chunk({}, "length")]),
      async ({ model }) => {
        const events = stream(model({ server: "mistral" }), { messages: hi, prefill });
        let told = "";
        for await (const event of events) if (event.type === "delta") told += event.text ?? "";
        expect(told).toBe("The ans");
        expect((await events.response).text).toBe("The ans");
      },
    ));
});

describe("several completions", () => {
  test.each([
    ["openai", "n"],
    ["vllm", "n"],
    ["sglang", "n"],
    ["mistral", "n"],
  ] as const)("%s gives them in one request, for `%s`", (server, field) =>
    serving(say("42", "42", "41", "42"), async ({ model, received }) => {
      await run(stack(model({ server }), sampleN(4)), "Hi");
      expect(received.map(({ body }) => body[field])).toEqual([4]);
    }),
  );

  test.each(["llama.cpp", "lmstudio", "ollama", "openrouter", "deepseek", "groq"] as const)(
    "%s is asked four times",
    (server) =>
      serving(say("42"), async ({ model, received }) => {
        await run(stack(model({ server }), sampleN(4, { concurrency: 4 }), majorityVote()), "Hi");
        expect(received.length).toBeGreaterThan(1);
        for (const { body } of received) {
          expect(body).not.toHaveProperty("n");
          expect(body).not.toHaveProperty("n_cmpl");
        }
      }),
  );

  test("llama.cpp calls it n_cmpl, for whoever knows how many slots there are", () =>
    serving(say("42", "42", "41", "42"), async ({ model, received }) => {
      await run(stack(model({ server: "llama.cpp", capabilities: { n: 4 } }), sampleN(4)), "Hi");
      expect(received.map(({ body }) => body.n_cmpl)).toEqual([4]);
      expect(received[0]!.body).not.toHaveProperty("n");
    }));
});

describe("thoughts", () => {
  const call = {
    message: {
      content: null,
      reasoning_content: "I look.",
      tool_calls: [{ id: "a", type: "function", function: { name: "weather", arguments: "{}" } }],
    },
    finish_reason: "tool_calls",
  };
  const weather = { name: "weather", description: "The weather.", inputSchema: { type: "object" } } as const;

  /** The assistant's turn as it is sent back. */
  async function back(
    options: Partial<OpenaiCompatibleOptions>,
    choice: unknown = call,
    streams: boolean = false,
  ): Promise<object> {
    return serving(
      (_, response, index) =>
        Array.isArray(choice) && streams && index === 0
          ? sendEvents(response, choice)
          : sendJson(response, completion([index === 0 ? choice : "ok"])),
      async ({ model, received }) => {
        const request: ModelRequest = { messages: hi, tools: [weather] };
        const first = await run(model(options), request, streams ? { onEvent: () => undefined } : {});
        expect(first.reasoning).toBe("I look.");
        const results: Message = {
          role: "tool",
          content: [{ type: "tool-result", id: "a", name: "weather", output: "sun" }],
        };
        await run(model(options), { ...request, messages: [...hi, turnOf(first), results] });
        return received[1]!.body.messages[1];
      },
    );
  }

  const calls = { tool_calls: call.message.tool_calls };
  test.each([
    ["vllm", { content: null, reasoning: "I look.", ...calls }],
    ["sglang", { content: null, reasoning_content: "I look.", ...calls }],
    ["llama.cpp", { content: null, reasoning_content: "I look.", ...calls }],
    ["ollama", { content: null, reasoning: "I look.", ...calls }],
    ["deepseek", { content: null, reasoning_content: "I look.", ...calls }],
    ["mistral", { content: [{ type: "thinking", thinking: [{ type: "text", text: "I look." }], closed: true }, { type: "text", text: "" }], ...calls }], // prettier-ignore
    ["openai", { content: null, ...calls }],
    ["groq", { content: null, ...calls }],
    ["lmstudio", { content: null, ...calls }],
    ["openrouter", { content: null, ...calls }],
  ] as const)("go back to %s in its own way", async (server, expected) => {
    expect(await back({ server })).toEqual({ role: "assistant", ...expected });
  });

  test("go back where the options say, whoever the server is", async () => {
    expect(await back({ server: "vllm", reasoningField: "reasoning_content" })).toMatchObject({
      reasoning_content: "I look.",
    });
    expect(await back({ reasoningField: "reasoning" })).toMatchObject({ reasoning: "I look." });
    expect(await back({})).toEqual({ role: "assistant", content: null, ...calls });
  });

  const details = [
    { type: "reasoning.text", text: "I look.", signature: "sig", format: "anthropic-claude-v1", index: 0 },
    { type: "reasoning.text", text: "", signature: "gis", format: "anthropic-claude-v1", index: 1 },
    { type: "reasoning.encrypted", data: "gAAAA", format: "anthropic-claude-v1", index: 2 },
  ];

  test("OpenRouter gets its details back as they were", async () => {
    const choice = {
      ...call,
      message: { ...call.message, reasoning: "I look.", reasoning_content: undefined, reasoning_details: details },
    };
    expect(await back({ server: "openrouter" }, choice)).toEqual({
      role: "assistant",
      content: null,
      reasoning_details: details,
      ...calls,
    });
  });

  test("and when they came in pieces", async () => {
    const detail = (more: object, index = 0, type = "reasoning.text"): object =>
      chunk({
        ...("text" in more && { reasoning: more.text }),
        reasoning_details: [{ type, format: "anthropic-claude-v1", index, ...more }],
      });
    const chunks = [
      detail({ text: "I " }),
      detail({ text: "look." }),
      detail({ signature: "sig" }),
      detail({ text: "", signature: "gis" }, 1),
      detail({ data: "gAA" }, 2, "reasoning.encrypted"),
      detail({ data: "AA" }, 2, "reasoning.encrypted"),
      chunk({ tool_calls: [{ index: 0, ...call.message.tool_calls[0] }] }),
      chunk({}, "tool_calls"),
    ];
    expect(await back({ server: "openrouter" }, chunks, true)).toEqual({
      role: "assistant",
      content: null,
      reasoning_details: details,
      ...calls,
    });
  });
});

describe("usage", () => {
  const told = (server: OpenaiCompatibleServer | undefined, sentUsage: object): Promise<unknown> =>
    serving(
      (_, response) => sendJson(response, completion(["x"], { usage: sentUsage })),
      async ({ model }) => {
        const price = { inputUsd: 1, outputUsd: 4 };
        return (await run(model({ price, ...(server && { server }) }), "Hi")).usage;
      },
    );
  const known = usage(100, 50, { cost: 0.25 });
  test.each([
    ["openrouter", known, { usd: 0.25 }],
    ["openrouter", { ...known, is_byok: true, cost_details: { upstream_inference_cost: 1 } }, { usd: 1.25 }],
    ["openrouter", { ...known, is_byok: true }, { usd: 300e-6 }],
    ["openrouter", usage(100, 50), { usd: 300e-6 }],
    ["vllm", known, { usd: 300e-6 }],
    [undefined, known, { usd: 300e-6 }],
    ["deepseek", usage(100, 50, { prompt_cache_hit_tokens: 64 }), { cachedInputTokens: 64 }],
  ] as const)("%s: %j", async (server, sentUsage, expected) => {
    expect(await told(server, sentUsage)).toMatchObject({ inputTokens: 100, outputTokens: 50, ...expected });
  });

  test("Mistral is not asked for it in a stream, and tells it all the same; Groq has its own place", async () => {
    for (const [server, last] of [
      ["mistral", { usage: usage(10, 5) }],
      ["groq", { x_groq: { usage: usage(10, 5) }, usage: undefined }],
    ] as const) {
      await serving(
        (_, response) => sendEvents(response, [chunk({ content: "ok" }), { ...chunk({}, "stop"), ...last }]),
        async ({ model, received }) => {
          const { usage: spent } = await run(model({ server }), "Hi", { onEvent: () => undefined });
          expect(spent).toMatchObject({ inputTokens: 10, outputTokens: 5 });
          expect("stream_options" in received[0]!.body).toBe(server === "groq");
        },
      );
    }
  });
});

test("the options win over what is known of the server", async () => {
  const options = { server: "groq", maxTokensField: "max_tokens", capabilities: { logprobs: true } } as const;
  expect(await sent({ maxOutputTokens: 9, logprobs: 0 }, options)).toEqual({
    body: { max_tokens: 9, logprobs: true },
    warned: [],
  });
  const model = openaiCompatible({ baseURL: "http://localhost", model: "m", server: "vllm", capabilities: { n: 8 } });
  expect(model.capabilities).toEqual({
    n: 8,
    prefill: true,
    latent: false,
    logprobs: true,
    seed: true,
    temperature: true,
    schema: true,
  });
});

test.each([
  ["server", { server: "gpt4all" }],
  ["server", { server: 5 }],
  ["prefillStyle", { prefillStyle: "begin" }],
  ["reasoningField", { reasoningField: "thought" }],
])("bad option %s: %j", (option, wrong) => {
  const make = (): Model => openaiCompatible({ baseURL: "http://localhost", model: "m", ...(wrong as object) });
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(expect.objectContaining({ where: "openaiCompatible", option }));
});

test("types", () => {
  expectTypeOf<OpenaiCompatibleOptions["server"]>().toEqualTypeOf<OpenaiCompatibleServer | undefined>();
  // @ts-expect-error -- only servers whose ways are known
  expect(() => openaiCompatible({ baseURL: "http://localhost", model: "m", server: "x" })).toThrow(InvalidOptionError);
});
