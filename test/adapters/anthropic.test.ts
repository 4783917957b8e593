import { createHash } from "node:crypto";
import Anthropic from "@anthropic-ai/sdk";
import { fc, test as prop } from "@fast-check/vitest";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
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
  tool,
  toolLoop,
  type Effort,
  type FilePart,
  type JsonValue,
  type Message,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
} from "mull";
import {
  fromAnthropic,
  type AnthropicBody,
  type AnthropicClient,
  type FromAnthropicOptions,
} from "mull/adapters/anthropic";
import { modelLaws } from "mull/testing";
import * as z from "zod";
import { sendJson, stageOf, withServer, type Handler, type Received } from "./stage.js";
import { envelope, eventsOf, play, sendError, sendMessage, startStream, wired, type Json } from "./wires/anthropic.js";

/** The real client, at a server of the test's. */
function clientAt(url: string): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: "test-key", logLevel: "off" });
}

const user = (content: string): Message => ({ role: "user", content });
const hi: ModelRequest = { messages: [user("Hi")] };
const say = (text: string): Json => ({ type: "text", text, citations: null });

interface Asked {
  readonly response: ModelResponse;
  readonly body: any;
  readonly events: readonly MullEvent[];
  /** What was left out, by capability. */
  readonly lost: readonly (string | undefined)[];
}

/** Asks the real client once, at a server that answers with these blocks. */
function ask(
  model: string,
  request: ModelRequest,
  options: FromAnthropicOptions & {
    readonly blocks?: readonly Json[];
    readonly rest?: Json;
    readonly listens?: boolean;
  } = {},
): Promise<Asked> {
  const { blocks = [say("ok")], rest, listens = false, ...others } = options;
  const handler: Handler = (received, response) => sendMessage(received, response, blocks, rest);
  return withServer(handler, async ({ url, received }) => {
    const events: MullEvent[] = [];
    const before = structuredClone(request);
    const response = await run(
      fromAnthropic(clientAt(url), model, others),
      request,
      listens ? { onEvent: (event) => events.push(event) } : {},
    );
    expect(request).toEqual(before);
    const lost = (response.warnings ?? []).map(({ capability }) => capability);
    return { response, body: received[0]!.json, events, lost };
  });
}

/** What a request becomes, without any server. */
async function bodyOf(model: string, request: ModelRequest, options?: FromAnthropicOptions): Promise<any> {
  let sent: AnthropicBody | undefined;
  const client: AnthropicClient = {
    messages: {
      create: async (body) => {
        sent = body;
        return { ...envelope(body.model), content: [say("ok")] };
      },
    },
  };
  await run(fromAnthropic(client, model, { maxOutputTokens: 4_096, ...options }), request);
  return sent;
}

/** Says as many words as the output cap allows, up to 40. What is marked for the cache was never seen before. */
const chatter: Handler = (received, response) => {
  const words = Math.min(40, received.json.max_tokens);
  const text = Array.from({ length: words }, (_, i) => `word${i}`).join(" ");
  const cached = received.body.includes('"cache_control"');
  sendMessage(received, response, [say(text)], {
    stop_reason: words < 40 ? "max_tokens" : "end_turn",
    usage: {
      input_tokens: cached ? 1 : 25,
      cache_creation_input_tokens: cached ? 24 : 0,
      cache_read_input_tokens: 0,
      output_tokens: words,
    },
  });
};

const skip = { "log-probabilities arrive with their alternatives, streamed or not": "the API has none" };

describe.each<[string, FromAnthropicOptions]>([
  ["claude-opus-5-5", {}],
  ["claude-opus-4-6", { maxOutputTokens: 4_096, cache: "5m", price: { inputUsd: 5, outputUsd: 25 } }],
  ["claude-3-5-haiku-latest", {}],
])("the laws, for %s", (model, options) => {
  let url = "";
  let received: readonly Received[] = [];
  let close = (): void => undefined;
  let over: Promise<unknown>;
  beforeAll(async () => {
    await new Promise<void>((up) => {
      over = withServer(chatter, (server) => {
        ({ url, received } = server);
        up();
        return new Promise<void>((resolve) => (close = resolve));
      });
    });
  });
  afterAll(async () => {
    close();
    await over;
  });
  const make = (at: string): Model => fromAnthropic(clientAt(at), model, options);
  const laws = modelLaws(() => make(url), { requests: () => received.length, stage: stageOf(play, make), skip });
  test.each(laws)("$name", ({ check }) => check());
});

describe("the client", () => {
  test("that of the SDK fits, and so does its beta", () => {
    const client = clientAt("http://127.0.0.1:1");
    expectTypeOf(client).toExtend<AnthropicClient>();
    expectTypeOf(client.beta).toExtend<AnthropicClient>();
    expect(fromAnthropic(client, "claude-opus-5-5").id).toBe("anthropic:claude-opus-5-5");
  });

  test("its beta sends what only a beta takes", () =>
    withServer(
      (request, response) => sendMessage(request, response, [say("ok")]),
      async ({ url, received }) => {
        const model = fromAnthropic(clientAt(url).beta, "claude-opus-5-5", { maxOutputTokens: 99 });
        const providerOptions = { anthropic: { betas: ["some-beta"], context_management: { edits: [] } } };
        await run(model, { ...hi, providerOptions });
        expect(received[0]).toMatchObject({
          path: expect.stringMatching(/^\/v1\/messages/),
          headers: { "anthropic-beta": "some-beta" },
          json: { context_management: { edits: [] } },
        });
        expect(received[0]!.json).not.toHaveProperty("betas");
      },
    ));

  const wrong: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["a client of something else", () => fromAnthropic({ chat: {} } as never, "m"), /client with `messages.create`/],
    ["no client", () => fromAnthropic(undefined as never, "m"), /client with `messages.create`/],
    ["an empty id", () => fromAnthropic(clientAt("http://x"), " "), /modelId must be/],
    ["an unknown option", () => fromAnthropic(clientAt("http://x"), "m", { cach: "5m" } as never), /one of thinking/],
    [
      "another time",
      () => fromAnthropic(clientAt("http://x"), "m", { cache: "2h" as never }),
      /cache must be 5m or 1h/,
    ],
    ["no cap", () => fromAnthropic(clientAt("http://x"), "m", { maxOutputTokens: 0 }), /maxOutputTokens must be/],
    ["no thinking", () => fromAnthropic(clientAt("http://x"), "m", { thinking: true as never }), /thinking must be/],
    [
      "a small budget",
      () => fromAnthropic(clientAt("http://x"), "m", { thinking: { type: "enabled", budgetTokens: 99 } }),
      /thinking.budgetTokens must be an integer of at least 1024/,
    ],
    [
      "another form",
      () => fromAnthropic(clientAt("http://x"), "m", { thinking: { type: "on" as never } }),
      /thinking.type must be adaptive or enabled or disabled/,
    ],
  ];
  test.each(wrong)("%s is refused when the model is made", (_, make, message) => {
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(message);
  });
});

describe("a request", () => {
  test("every setting has its field; what has none is told", async () => {
    const weather = { name: "weather", description: "Of a town.", inputSchema: { type: "object" } } as const;
    const { body, lost, events } = await ask(
      "claude-sonnet-4-5@20250929",
      {
        messages: [{ role: "system", content: "Be brief." }, user("Hi")],
        tools: [weather],
        toolChoice: { name: "weather" },
        temperature: 0.7,
        topK: 40,
        stop: ["END", "\n\n"],
        maxOutputTokens: 99,
        seed: 7,
        logprobs: 2,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        providerOptions: { anthropic: { service_tier: "standard_only", top_k: 5 }, other: { x: 1 } },
      },
      { listens: true },
    );
    expect(body).toEqual({
      model: "claude-sonnet-4-5@20250929",
      max_tokens: 99,
      system: [{ type: "text", text: "Be brief." }],
      messages: [{ role: "user", content: "Hi" }],
      tools: [{ name: "weather", description: "Of a town.", input_schema: { type: "object" } }],
      tool_choice: { type: "tool", name: "weather" },
      temperature: 0.7,
      top_k: 5,
      stop_sequences: ["END"],
      service_tier: "standard_only",
      stream: true,
    });
    expect(lost.toSorted()).toEqual(["frequencyPenalty", "logprobs", "presencePenalty", "seed", "stop"]);
    const told = events.filter(({ type }) => type === "downgrade");
    expect(told).toHaveLength(lost.length);
  });

  test.each([
    ["claude-opus-5-5", 128_000, true],
    ["claude-haiku-4-5-20251001", 64_000, true],
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", 32_000, true],
    ["claude-3-5-haiku-latest", 8_192, undefined],
    ["claude-3-haiku-20240307", 4_096, undefined],
    ["claude-novel-9", 32_000, true],
    ["glm-9", 8_192, undefined],
  ])("without an output cap %s gets %i, and long answers are streamed", async (model, max_tokens, stream) => {
    const { body, response } = await ask(model, hi);
    expect(body.max_tokens).toBe(max_tokens);
    expect(body.stream).toBe(stream);
    expect(response.text).toBe("ok");
  });

  test("the option is the cap where a request has none", async () => {
    expect((await ask("claude-opus-5-5", hi, { maxOutputTokens: 500 })).body).toMatchObject({ max_tokens: 500 });
    const asked = await ask("claude-opus-5-5", { ...hi, maxOutputTokens: 600 }, { maxOutputTokens: 500 });
    expect(asked.body).toMatchObject({ max_tokens: 600 });
  });

  test("a field that the adapter sets is not for providerOptions", async () => {
    const request = { ...hi, providerOptions: { anthropic: { max_tokens: 5 } } };
    await expect(ask("claude-opus-5-5", request)).rejects.toThrow(
      /free of model, messages, system, stream, max_tokens/,
    );
  });

  test("tools of the user's own, and more of output_config, are added", async () => {
    const search = { type: "web_search_20260318", name: "web_search" };
    const body = await bodyOf("claude-opus-5-5", {
      ...hi,
      effort: "low",
      tools: [{ name: "a", description: "A.", inputSchema: { type: "object" } }],
      providerOptions: { anthropic: { tools: [search], output_config: { task_budget: { type: "tokens", total: 9 } } } },
    });
    expect(body.tools.map(({ name }: { name: string }) => name)).toEqual(["a", "web_search"]);
    expect(body.output_config).toEqual({ effort: "low", task_budget: { type: "tokens", total: 9 } });
  });

  test.each<[string, ModelRequest["toolChoice"], Json | undefined, readonly string[]]>([
    ["claude-opus-5", undefined, undefined, []],
    ["claude-opus-5", "auto", undefined, []],
    ["claude-opus-5", "none", { type: "none" }, []],
    ["claude-opus-5", "required", { type: "any" }, []],
    ["claude-opus-5", { name: "a" }, { type: "tool", name: "a" }, []],
    ["claude-haiku-5-5", "required", { type: "any" }, []],
    ["claude-opus-5-5", "required", undefined, ["toolChoice"]],
    ["claude-sonnet-5-5", { name: "a" }, undefined, ["toolChoice"]],
    ["claude-fable-5-1", "none", { type: "none" }, []],
  ])("%s with toolChoice %j", async (model, toolChoice, expected, left) => {
    const tools = [{ name: "a", description: "A.", inputSchema: { type: "object" } }];
    const { body, lost } = await ask(model, { ...hi, tools, toolChoice });
    expect(body.tool_choice).toEqual(expected);
    expect(lost).toEqual(left);
  });
});

describe("sampling", () => {
  test.each<[string, Partial<ModelRequest>, Json, readonly string[]]>([
    ["claude-opus-4-7", { temperature: 0.5, topP: 0.9, topK: 4 }, {}, ["temperature", "temperature", "temperature"]],
    ["claude-sonnet-5", { temperature: 0.5 }, {}, ["temperature"]],
    ["claude-opus-4-6", { temperature: 0.5 }, { temperature: 0.5 }, []],
    ["claude-opus-4-6", { temperature: 1.5 }, { temperature: 1 }, ["temperature"]],
    ["claude-opus-4-6", { temperature: 0.5, topP: 0.9 }, { temperature: 0.5 }, ["temperature"]],
    ["claude-3-5-haiku-latest", { temperature: 0.5, topP: 0.9 }, { temperature: 0.5, top_p: 0.9 }, []],
    ["claude-opus-4-6", { effort: "high", temperature: 1, topP: 0.97 }, { top_p: 0.97 }, []],
    [
      "claude-sonnet-4-5@20250929",
      { effort: "high", temperature: 0, topP: 0.9, topK: 4 },
      {},
      ["temperature", "temperature", "temperature"],
    ],
    ["claude-opus-4-6", { effort: "none", temperature: 0.5 }, { temperature: 0.5 }, []],
  ])("%s with %j", async (model, settings, expected, left) => {
    const { body, lost } = await ask(model, { ...hi, ...settings });
    const { temperature, top_p, top_k } = body;
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(expected);
    expect(lost).toEqual(left);
  });

  test("a capability that the user knows better is believed", async () => {
    const { body } = await ask("claude-opus-4-7", { ...hi, temperature: 0.5 }, { capabilities: { temperature: true } });
    expect(body.temperature).toBe(0.5);
  });
});

describe("thinking", () => {
  const summarized = { type: "adaptive", display: "summarized" };
  const budget = (budget_tokens: number): Json => ({ type: "enabled", budget_tokens });
  test.each<[string, Effort | undefined, Json | undefined, string | undefined, readonly string[]]>([
    ["claude-opus-5-5", undefined, summarized, undefined, []],
    ["claude-opus-5-5", "max", summarized, "max", []],
    ["claude-opus-5-5", "minimal", summarized, "low", ["effort"]],
    ["claude-opus-5-5", "none", summarized, "low", ["effort"]],
    ["claude-fable-5-2", "none", summarized, "low", ["effort"]],
    ["claude-mythos-5", "high", summarized, "high", []],
    ["claude-mythos-preview", "xhigh", summarized, "high", ["effort"]],
    ["claude-sonnet-5-5", "none", { type: "between_tools" }, undefined, []],
    ["claude-haiku-5-5", "none", { type: "disabled" }, undefined, []],
    ["claude-opus-5", "none", { type: "disabled" }, undefined, []],
    ["claude-sonnet-5", "xhigh", summarized, "xhigh", []],
    ["claude-opus-4-8", undefined, undefined, undefined, []],
    ["claude-opus-4-7", "medium", summarized, "medium", []],
    ["claude-opus-4-7", "none", undefined, undefined, []],
    ["claude-sonnet-4-6", "xhigh", { type: "adaptive" }, "high", ["effort"]],
    ["claude-opus-4-6", "max", { type: "adaptive" }, "max", []],
    ["claude-opus-4-5-20251101", "max", budget(32_768), "high", ["effort"]],
    ["claude-sonnet-4-5@20250929", undefined, undefined, undefined, []],
    ["claude-sonnet-4-5@20250929", "minimal", budget(1_024), undefined, []],
    ["anthropic/claude-haiku-4.5", "high", budget(16_384), undefined, []],
    ["claude-opus-4-20250514", "max", budget(24_000), undefined, []],
    ["claude-3-7-sonnet-latest", "medium", budget(8_192), undefined, []],
    ["claude-3-5-haiku-latest", "high", undefined, undefined, ["effort"]],
    ["claude-novel-9", undefined, undefined, undefined, []],
    ["claude-novel-9", "high", summarized, "high", []],
    ["kimi-k9", "low", budget(2_048), undefined, []],
  ])("%s with effort %s", async (model, effort, thinking, level, left) => {
    const { body, lost } = await ask(model, { ...hi, effort });
    expect(body.thinking).toEqual(thinking);
    expect(body.output_config?.effort).toBe(level);
    expect(lost).toEqual(left);
  });

  test.each<[string, FromAnthropicOptions["thinking"], Partial<ModelRequest>, Json | undefined, readonly string[]]>([
    ["claude-opus-4-8", { type: "adaptive" }, {}, summarized, []],
    [
      "claude-opus-5-5",
      { type: "disabled", display: "omitted" },
      {},
      { type: "adaptive", display: "omitted" },
      ["effort"],
    ],
    ["claude-opus-4-8", { type: "adaptive", display: "omitted" }, {}, { type: "adaptive", display: "omitted" }, []],
    ["claude-sonnet-5", { type: "disabled" }, {}, { type: "disabled" }, []],
    ["claude-sonnet-5", { type: "disabled" }, { effort: "low" }, summarized, []],
    ["claude-sonnet-4-5@20250929", { type: "enabled", budgetTokens: 4_000 }, {}, budget(4_000), []],
    ["claude-sonnet-4-5@20250929", { type: "enabled" }, {}, budget(8_192), []],
    [
      "claude-sonnet-4-5@20250929",
      { type: "enabled", budgetTokens: 9_000 },
      { maxOutputTokens: 2_000 },
      budget(1_500),
      [],
    ],
    ["claude-sonnet-4-5@20250929", { type: "enabled" }, { maxOutputTokens: 1_000 }, undefined, ["effort"]],
    ["anthropic.claude-opus-4-6", { type: "enabled" }, { effort: "low" }, budget(2_048), []],
    ["glm-9", { type: "adaptive" }, { effort: "low" }, { type: "adaptive" }, []],
  ])("%s with the option %j and %j", async (model, thinking, request, expected, left) => {
    const { body, lost } = await ask(model, { ...hi, ...request }, { thinking });
    expect(body.thinking).toEqual(expected);
    expect(lost).toEqual(left);
  });

  const tools = [{ name: "a", description: "A.", inputSchema: { type: "object" } }];
  test.each<[string, Partial<ModelRequest>]>([
    ["a call that it must make", { tools, toolChoice: "required" }],
    ["an answer that was started", { prefill: "It is" }],
    [
      "a turn that began without a thought",
      {
        messages: [
          user("Hi"),
          { role: "assistant", content: [{ type: "tool-call", id: "t1", name: "a", input: {} }] },
          { role: "tool", content: [{ type: "tool-result", id: "t1", name: "a", output: 1 }] },
        ],
        tools,
      },
    ],
  ])("a model that is given a number of tokens does not think in %s, and that is told", async (_, request) => {
    const { body, lost } = await ask("claude-sonnet-4-5@20250929", { ...hi, effort: "high", ...request });
    expect(body).not.toHaveProperty("thinking");
    expect(lost).toEqual(["effort"]);
  });

  test("a model that decides for itself thinks before a call that it must make", async () => {
    const { body, lost } = await ask("claude-opus-4-6", { ...hi, effort: "high", tools, toolChoice: "required" });
    expect(body).toMatchObject({ thinking: { type: "adaptive" }, tool_choice: { type: "any" } });
    expect(lost).toEqual([]);
  });
});

describe("the turns of a conversation", () => {
  const png = "iVBORw0KGgo=";
  test("follow each other by turns; results come first, in their order, and blank texts not at all", async () => {
    const body = await bodyOf("claude-opus-4-6", {
      messages: [
        { role: "system", content: "One." },
        user("Weather?"),
        user("In Bonn."),
        {
          role: "assistant",
          content: [
            { type: "text", text: "" },
            { type: "reasoning", text: "of another provider" },
            { type: "text", text: "I look." },
            { type: "tool-call", id: "call:1", name: "weather", input: { town: "Bonn" } },
            { type: "tool-call", id: "b", name: "weather", input: "{broken" },
          ],
        },
        user("Quick!"),
        {
          role: "tool",
          content: [
            { type: "tool-result", id: "call:1", name: "weather", output: { degrees: 9 } },
            { type: "tool-result", id: "b", name: "weather", output: "no such town", isError: true },
          ],
        },
        { role: "assistant", content: " " },
        { role: "system", content: "Two." },
        user("Well?"),
      ],
    });
    expect(body.system).toEqual([
      { type: "text", text: "One." },
      { type: "text", text: "Two." },
    ]);
    expect(body.messages).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "Weather?" },
          { type: "text", text: "In Bonn." },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "text", text: "I look." },
          { type: "tool_use", id: "call_1", name: "weather", input: { town: "Bonn" } },
          { type: "tool_use", id: "b", name: "weather", input: { input: "{broken" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "call_1", content: '{"degrees":9}' },
          { type: "tool_result", tool_use_id: "b", content: "no such town", is_error: true },
          { type: "text", text: "Quick!" },
          { type: "text", text: "Well?" },
        ],
      },
    ]);
  });

  const role = fc.constantFrom<Message["role"]>("system", "user", "assistant", "tool");
  const messages = fc.array(fc.tuple(role, fc.constantFrom("", " \n", "a", "b c ")), { minLength: 1, maxLength: 12 });
  prop.prop([messages])("alternate and are never empty, whatever the messages", async (drawn) => {
    const all = drawn.map(([role, text], i): Message => {
      if (role === "tool") return { role, content: [{ type: "tool-result", id: `${i}`, name: "t", output: text }] };
      return role === "assistant" ? { role, content: [{ type: "text", text }] } : { role, content: text };
    });
    const { messages, system = [] } = await bodyOf("claude-3-5-haiku-latest", { messages: [user("first"), ...all] });
    const roles = messages.map((turn: { role: string }) => turn.role);
    expect(roles.every((one: string, i: number) => one !== roles[i - 1])).toBe(true);
    const texts = [...system, ...messages.flatMap(({ content }: any) => content)];
    expect(
      texts.filter((one: any) => (one.text ?? one.content ?? one).trim?.() === "" && one.type !== "tool_result"),
    ).toEqual([]);
  });

  test("files go as pictures and documents", async () => {
    const body = await bodyOf("claude-opus-5-5", {
      messages: [
        {
          role: "user",
          content: [
            { type: "file", mediaType: "image/png", data: Buffer.from(png, "base64") },
            { type: "file", mediaType: "image/png", data: `data:image/png;base64,${png}` },
            { type: "file", mediaType: "image/png", data: new URL("https://example.com/a.png") },
            { type: "file", mediaType: "application/pdf", data: "aGk=", filename: "a.pdf" },
            { type: "file", mediaType: "application/pdf", data: "https://example.com/a.pdf" },
            {
              type: "file",
              mediaType: "text/markdown",
              data: new TextEncoder().encode("# Über uns"),
              providerMetadata: {
                anthropic: { title: "Us", citations: { enabled: true }, cacheControl: { type: "ephemeral" } },
              },
            },
            { type: "file", mediaType: "application/json", data: "e30=" },
          ],
        },
      ],
    });
    expect(body.messages[0].content).toEqual([
      { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
      { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
      { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
      { type: "document", title: "a.pdf", source: { type: "base64", media_type: "application/pdf", data: "aGk=" } },
      { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } },
      {
        type: "document",
        title: "Us",
        citations: { enabled: true },
        cache_control: { type: "ephemeral" },
        source: { type: "text", media_type: "text/plain", data: "# Über uns" },
      },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "{}" } },
    ]);
  });

  test("files of a tool's result go with it, but for those that the API would refuse, which are told", async () => {
    const bytes = Uint8Array.from(Buffer.from(png, "base64"));
    const file = (mediaType: string, data: Uint8Array | string, filename?: string): FilePart => ({
      type: "file",
      mediaType,
      data,
      ...(filename !== undefined && { filename }),
    });
    const result = (id: string, output: unknown, files: readonly FilePart[], more: object = {}) =>
      ({ type: "tool-result", id, name: "look", output, files, ...more }) as const;
    const results = [
      result("a", "[image/png]", [file("image/png", bytes), file("image/*", "https://a.example/b")]),
      result("b", { pages: 2 }, [
        file("application/pdf", "aGk=", "a.pdf"),
        file("text/csv", new TextEncoder().encode("a,b")),
      ]),
      result("c", "no such page", [file("image/webp", png)], { isError: true }),
      result("d", "nothing", [], { isError: true }),
      result("e", "", [file("image/gif", png)]),
      result("f", "five files", [
        file("audio/wav", png),
        file("image/svg+xml", png),
        file("image/*", png),
        file("text/plain", "https://a.example/c"),
        file("image/png", "gs://bucket/a.png"),
      ]),
      result("g", "no", [file("audio/wav", png)], { isError: true }),
    ];
    const { response, body } = await ask("claude-opus-5-5", {
      messages: [user("q"), { role: "tool", content: results }],
    });
    const picture = (media_type: string) => ({ type: "image", source: { type: "base64", media_type, data: png } });
    const block = (tool_use_id: string, content: unknown, more: object = {}) => ({
      type: "tool_result",
      tool_use_id,
      content,
      ...more,
    });
    expect(body.messages.at(-1).content).toEqual([
      block("a", [
        { type: "text", text: "[image/png]" },
        picture("image/png"),
        { type: "image", source: { type: "url", url: "https://a.example/b" } },
      ]),
      block("b", [
        { type: "text", text: '{"pages":2}' },
        { type: "document", source: { type: "base64", media_type: "application/pdf", data: "aGk=" }, title: "a.pdf" },
        { type: "document", source: { type: "text", media_type: "text/plain", data: "a,b" } },
      ]),
      block("c", [{ type: "text", text: "Error: no such page" }, picture("image/webp")]),
      block("d", "nothing", { is_error: true }),
      block("e", [picture("image/gif")]),
      block("f", "five files"),
      block("g", "no", { is_error: true }),
      { type: "text", text: "q" },
    ]);
    expect(response.warnings).toEqual([
      {
        code: "downgrade",
        capability: "files",
        message:
          "anthropic:claude-opus-5-5 reads no audio/wav, image/svg+xml, image/*, text/plain, image/png in results of tools: only the words of the result were sent",
      },
    ]);
  });

  test.each<[string, Message]>([
    ["a sound", { role: "user", content: [{ type: "file", mediaType: "audio/wav", data: "aGk=" }] }],
    [
      "a text that is elsewhere",
      { role: "user", content: [{ type: "file", mediaType: "text/plain", data: "https://a.b/c" }] },
    ],
    [
      "a file of the assistant's",
      { role: "assistant", content: [{ type: "file", mediaType: "image/png", data: png }] },
    ],
  ])("%s is refused", async (_, message) => {
    await expect(bodyOf("claude-opus-5-5", { messages: [message] })).rejects.toThrow(CapabilityError);
  });

  test("a prefill is the last turn, without the space at its end", async () => {
    const { body } = await ask("claude-sonnet-4-5@20250929", { ...hi, prefill: "It is " }, { blocks: [say(" four.")] });
    expect(body.messages.at(-1)).toEqual({ role: "assistant", content: "It is" });
  });

  test.each(["claude-opus-4-6", "claude-sonnet-5", "claude-novel-9"])("%s takes no prefill", async (model) => {
    await expect(ask(model, { ...hi, prefill: "It is" })).rejects.toThrow(CapabilityError);
  });
});

describe("a format", () => {
  const jsonSchema = {
    type: "object",
    properties: { n: { type: "integer", minimum: 3, description: "How many." } },
    required: ["n"],
    additionalProperties: false,
  };
  const schema = { name: "legs!", jsonSchema };

  test("goes as a schema, its limits as words", async () => {
    const { body, lost } = await ask("claude-opus-5-5", { ...hi, schema, effort: "low" });
    expect(body.output_config).toEqual({
      effort: "low",
      format: {
        type: "json_schema",
        schema: {
          type: "object",
          properties: { n: { type: "integer", description: "How many. (minimum: 3)" } },
          required: ["n"],
          additionalProperties: false,
        },
      },
    });
    expect(lost).toEqual([]);
  });

  test("any schema of zod becomes one that the API takes", async () => {
    const deep = z.object({
      kind: z.enum(["a", "b"]),
      size: z.number().int().min(1).optional(),
      tags: z.array(z.string().max(9)).min(2),
      when: z.iso.date().nullable(),
      either: z.discriminatedUnion("t", [z.object({ t: z.literal(1) }), z.object({ t: z.literal(2) })]),
    });
    const jsonSchema = z.toJSONSchema(deep) as Record<string, JsonValue>;
    const { output_config } = await bodyOf("claude-opus-5-5", { ...hi, schema: { jsonSchema } });
    const known = new Set(
      "type properties required additionalProperties items anyOf allOf enum const description format minItems".split(
        " ",
      ),
    );
    const keywords = (node: any): string[] => {
      if (Array.isArray(node)) return node.flatMap(keywords);
      if (typeof node !== "object" || node === null) return [];
      return Object.entries(node).flatMap(([key, value]) => {
        if (key === "properties") return Object.values(value as object).flatMap(keywords);
        return [key, ...(["enum", "const", "required"].includes(key) ? [] : keywords(value))];
      });
    };
    expect(keywords(output_config.format.schema).filter((key) => !known.has(key))).toEqual([]);
    expect(output_config.format.schema.properties.tags).toMatchObject({ description: "(minItems: 2)" });
  });

  for (const listens of [false, true]) {
    test(`goes as a tool to older models, and its input is the text${listens ? ", as it comes" : ""}`, async () => {
      const { body, response, events } = await ask(
        "claude-sonnet-4-20250514",
        { ...hi, schema, maxOutputTokens: 999 },
        {
          blocks: [say("Here it is:"), { type: "tool_use", id: "t", name: "legs_", input: { n: 24 } }],
          rest: { stop_reason: "tool_use" },
          listens,
        },
      );
      expect(body.tools).toEqual([{ name: "legs_", description: expect.any(String), input_schema: jsonSchema }]);
      expect(body.tool_choice).toEqual({ type: "tool", name: "legs_", disable_parallel_tool_use: true });
      expect(response).toMatchObject({ text: '{"n":24}', finishReason: "stop" });
      expect(response).not.toHaveProperty("toolCalls");
      const words = events.map((event) => (event.type === "delta" ? (event.text ?? "") : "")).join("");
      expect(words).toBe(listens ? '{"n":24}' : "");
    });
  }

  test("beside other tools, the model calls one or answers", async () => {
    const tools = [{ name: "answer", description: "A.", inputSchema: { type: "object" } }];
    const calls = [{ type: "tool_use", id: "t", name: "answer", input: {} }];
    const request = { ...hi, tools, schema: { jsonSchema } };
    const { body, response } = await ask("claude-3-5-haiku-latest", request, { blocks: calls });
    expect(body.tools.map(({ name }: { name: string }) => name)).toEqual(["answer", "answer_"]);
    expect(body.tool_choice).toEqual({ type: "any" });
    expect(response.toolCalls).toMatchObject([{ name: "answer" }]);
    const last = await ask("claude-3-5-haiku-latest", { ...request, toolChoice: "none" });
    expect(last.body.tool_choice).toMatchObject({ type: "tool", name: "answer_" });
    const must = await ask("claude-3-5-haiku-latest", { ...request, toolChoice: "required" });
    expect(must.body.tools).toHaveLength(1);
  });

  for (const listens of [false, true]) {
    test(`a list goes in an object, and comes out of it${listens ? ", at the end" : ""}`, async () => {
      const list = { type: "array", items: { type: "number" } };
      const { body, response, events } = await ask(
        "claude-3-5-haiku-latest",
        { ...hi, schema: { jsonSchema: list } },
        { blocks: [{ type: "tool_use", id: "t", name: "answer", input: { answer: [1, 2] } }], listens },
      );
      expect(body.tools[0].input_schema).toEqual({
        type: "object",
        properties: { answer: list },
        required: ["answer"],
      });
      expect(response.text).toBe("[1,2]");
      expect(events.filter(({ type }) => type === "delta")).toEqual([]);
    });
  }

  test("that leaves something open goes as a tool, or, where none can be forced, not at all", async () => {
    const open = { jsonSchema: { type: "object", additionalProperties: { type: "number" } } };
    const any = { jsonSchema: { ...jsonSchema, properties: { n: { description: "Anything." } } } };
    for (const schema of [open, any]) {
      const { body } = await ask("claude-opus-5", { ...hi, schema });
      expect(body.tool_choice).toMatchObject({ name: "answer" });
    }
    const { body, lost } = await ask("claude-opus-5-5", { ...hi, schema: open });
    expect(body).not.toHaveProperty("tools");
    expect(lost).toEqual(["schema"]);
  });

  test("an answer that was started has none", async () => {
    const { body, lost } = await ask("claude-sonnet-4-5@20250929", { ...hi, schema, prefill: "{" });
    expect(body).not.toHaveProperty("output_config");
    expect(lost).toEqual(["schema"]);
  });
});

describe("a reply", () => {
  test.each<[string, string, boolean]>([
    ["end_turn", "stop", false],
    ["stop_sequence", "stop", false],
    ["max_tokens", "length", false],
    ["model_context_window_exceeded", "length", false],
    ["tool_use", "tool-calls", true],
    ["refusal", "content-filter", false],
    ["pause_turn", "other", false],
    ["novel_reason", "other", false],
  ])("stop_reason %s is %s", async (stop_reason, expected, calls) => {
    const blocks = [say("x"), ...(calls ? [{ type: "tool_use", id: "t", name: "a", input: {} }] : [])];
    for (const listens of [false, true]) {
      const stop_details = stop_reason === "refusal" ? { type: "refusal", category: "cyber", explanation: null } : null;
      const rest = { stop_reason, stop_sequence: stop_reason === "stop_sequence" ? "END" : null, stop_details };
      const { response } = await ask("claude-opus-5-5", { ...hi, maxOutputTokens: 99 }, { blocks, rest, listens });
      expect(response.finishReason).toBe(expected);
      expect(response.providerMetadata).toMatchObject({
        anthropic: {
          id: "msg_01",
          model: "claude-opus-5-5",
          stopReason: stop_reason,
          ...(stop_details && { stopDetails: stop_details }),
        },
      });
    }
  });

  test("cached input is input; what is written to the cache is dearer", async () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 20 },
    };
    const price = { inputUsd: 4, cachedInputUsd: 0.2, outputUsd: 20 };
    for (const listens of [false, true]) {
      const request = { ...hi, maxOutputTokens: 99 };
      const { response } = await ask("claude-opus-5-5", request, { rest: { usage }, price, listens });
      expect(response.usage).toMatchObject({
        inputTokens: 1_310,
        cachedInputTokens: 1_000,
        outputTokens: 50,
        reasoningTokens: 20,
      });
      expect(response.usage.usd).toBeCloseTo(((10 + 125 + 400) * 4 + 1_000 * 0.2 + 50 * 20) / 1e6, 12);
      expect(response.providerMetadata).toMatchObject({ anthropic: { cacheCreationInputTokens: 300 } });
    }
  });

  test("a budget counts on a prompt that is written to the cache", () =>
    withServer(chatter, async ({ url }) => {
      const options = { cache: "5m", price: { inputUsd: 5, outputUsd: 25 }, countTokens: () => 25 } as const;
      const limit = 0.00114; // enough for all 40 words, if the prompt cost what it costs without a cache
      const model = fromAnthropic(clientAt(url), "claude-opus-4-6", options);
      const { usage } = await run(model, { ...hi, maxOutputTokens: 40 }, { budget: { usd: limit } });
      expect(usage.outputTokens).toBe(39);
      expect(usage.usd).toBeLessThanOrEqual(limit);
    }));

  test("what is not told stays unknown", async () => {
    const { response } = await ask("claude-3-5-haiku-latest", hi, {
      rest: { usage: undefined },
      price: { inputUsd: 1, outputUsd: 1 },
    });
    expect(response.usage).toMatchObject({ inputTokens: undefined, outputTokens: undefined, usd: undefined });
    const some = await ask("claude-3-5-haiku-latest", hi, { rest: { usage: { output_tokens: 3 } } });
    expect(some.response.usage).toMatchObject({
      inputTokens: undefined,
      cachedInputTokens: undefined,
      outputTokens: 3,
    });
  });

  test("words after a call stay after it", async () => {
    const blocks = [say("I look."), { type: "tool_use", id: "t", name: "a", input: { n: 1 } }, say("Wait.")];
    const { response } = await ask("claude-3-5-haiku-latest", hi, { blocks, rest: { stop_reason: "tool_use" } });
    const call = { type: "tool-call", id: "t", name: "a", input: { n: 1 } };
    expect(response.content).toEqual([{ type: "text", text: "I look." }, call, { type: "text", text: "Wait." }]);
    const plain = await ask("claude-3-5-haiku-latest", hi, { blocks: blocks.slice(0, 2) });
    expect(plain.response).not.toHaveProperty("content");
  });

  test("arguments that were cut off stay text", async () => {
    const events = eventsOf({
      ...envelope("m"),
      content: [{ type: "tool_use", id: "t", name: "a", input: { town: "Bonn" } }],
      stop_reason: "max_tokens",
    }).filter((event: any) => !String(event.delta?.partial_json ?? "").includes("}"));
    await withServer(
      (_, response) => {
        startStream(response);
        response.end(events.map(wired).join(""));
      },
      async ({ url }) => {
        const { toolCalls } = await run(fromAnthropic(clientAt(url), "claude-opus-5-5"), hi);
        expect(toolCalls).toMatchObject([{ name: "a", input: expect.stringMatching(/^\{"town/) }]);
      },
    );
  });

  test("blocks that there is no part for go back as they came, so that a paused turn goes on", async () => {
    const blocks: Json[] = [
      say("I search."),
      { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "legs" }, caller: { type: "direct" } },
      {
        type: "web_search_tool_result",
        tool_use_id: "s1",
        content: [{ type: "web_search_result", url: "https://a.b" }],
      },
      { ...say("Eight."), citations: [{ type: "web_search_result_location", url: "https://a.b", cited_text: "8" }] },
    ];
    for (const listens of [false, true]) {
      const rest = { stop_reason: "pause_turn" };
      const { response } = await ask("claude-opus-5-5", { ...hi, maxOutputTokens: 99 }, { blocks, rest, listens });
      expect(response).toMatchObject({ text: "I search.Eight.", finishReason: "other" });
      const next = await bodyOf("claude-opus-5-5", {
        messages: [user("Hi"), { role: "assistant", content: response.content ?? [] }, user("Go on")],
      });
      expect(next.messages[1].content).toEqual([{ type: "text", text: "I search." }, ...blocks.slice(1)]);
    }
  });
});

describe("thoughts", () => {
  const hash = (...parts: readonly unknown[]): string =>
    createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);

  /** Without marks, and with words as the blocks they stand for. */
  const plain = ({ system, tools, messages }: any): any =>
    JSON.parse(
      JSON.stringify({
        system,
        tools,
        messages: messages.map(({ role, content }: any) => ({
          role,
          content: typeof content === "string" ? [{ type: "text", text: content }] : content,
        })),
      }),
      (key, value) => (key === "cache_control" ? undefined : value),
    );

  /**
   * A server that thinks before, between and after two rounds of tools. It signs every thought over all that came before it, and refuses a
   * thought that was changed, moved or left out, and one before which anything else has changed.
   */
  const signing = (omits: boolean): Handler => {
    const given = new Map<string, readonly Json[]>();
    return (received, response) => {
      const { system, tools, messages } = plain(received.json);
      const refuse = (message: string): void => sendError(response, { status: 400, message, requestId: "req-1" });
      for (const [i, { content }] of messages.entries()) {
        const before = { system, tools, messages: messages.slice(0, i) };
        for (const block of content) {
          if (block.type === "thinking" && block.signature !== hash(before, omits ? "" : block.thinking)) {
            return refuse("Invalid `signature` in `thinking` block");
          }
          if (block.type === "redacted_thinking" && block.data !== hash(before, "redacted")) return refuse("bad data");
          if (block.type !== "tool_use") continue;
          const thoughts = (blocks: readonly Json[]): string =>
            JSON.stringify(blocks.filter(({ type }) => String(type).endsWith("thinking")));
          if (thoughts(given.get(block.id) ?? []) !== thoughts(content)) return refuse("blocks cannot be modified");
        }
      }
      const before = { system, tools, messages };
      const round = messages.filter(({ role }: any) => role === "assistant").length;
      const thought = (text: string): Json => {
        const thinking = omits ? "" : text;
        return { type: "thinking", thinking, signature: hash(before, thinking) };
      };
      const call = (n: number): Json => ({ type: "tool_use", id: `toolu_${round}_${n}`, name: "look", input: { n } });
      const blocks: readonly Json[] =
        round === 0
          ? [thought("First,\nI look.  "), call(1), call(2)]
          : round === 1
            ? [
                { type: "redacted_thinking", data: hash(before, "redacted") },
                thought("Hm — “so”."),
                say("One more."),
                call(3),
              ]
            : [thought("Done."), say("Eight.")];
      for (const { id } of blocks) if (typeof id === "string") given.set(id, blocks);
      sendMessage(received, response, blocks, { stop_reason: round < 2 ? "tool_use" : "end_turn" });
    };
  };

  const look = tool({
    name: "look",
    description: "Looks.",
    input: z.object({ n: z.number() }),
    execute: ({ n }) => ({ seen: n }),
  });

  for (const listens of [false, true]) {
    for (const omits of [false, true]) {
      test(`go through a tool loop unchanged${listens ? ", streamed" : ""}${omits ? ", with their text omitted" : ""}`, () =>
        withServer(signing(omits), async ({ url, received }) => {
          const model = fromAnthropic(clientAt(url), "claude-opus-4-6", { maxOutputTokens: 9_000, cache: "5m" });
          const request: ModelRequest = {
            messages: [{ role: "system", content: "Look first." }, user("Legs?")],
            effort: "high",
          };
          const options = listens ? { onEvent: () => undefined } : {};
          const first = await run(stack(model, toolLoop({ tools: [look] })), request, options);
          expect(first).toMatchObject({ text: "Eight.", stopped: "done" });
          expect(first.steps.map(({ calls }) => calls.length)).toEqual([2, 1]);
          expect(received).toHaveLength(3);
          const blocks = received[2]!.json.messages.flatMap(({ content }: any) => content);
          expect(blocks.map(({ type }: any) => type).filter((type: any) => type !== undefined)).toEqual([
            "thinking",
            "tool_use",
            "tool_use",
            "tool_result",
            "tool_result",
            "redacted_thinking",
            "thinking",
            "text",
            "tool_use",
            "tool_result",
          ]);
        }));
    }
  }

  test("that were changed or left out are refused by the server of these tests", () =>
    withServer(signing(false), async ({ url }) => {
      const model = fromAnthropic(clientAt(url), "claude-opus-4-6", { maxOutputTokens: 9_000 });
      const tools = [{ name: "look", description: "Looks.", inputSchema: look.inputSchema }];
      const asked = { messages: [user("Legs?")], tools, effort: "high" } as const;
      const { content = [] } = await run(model, asked);
      const results = [1, 2].map(
        (n) => ({ type: "tool-result", id: `toolu_0_${n}`, name: "look", output: n }) as const,
      );
      const answered = (parts: typeof content): Promise<ModelResponse> =>
        run(model, {
          ...asked,
          messages: [...asked.messages, { role: "assistant", content: parts }, { role: "tool", content: results }],
        });
      const edited = content.map((part) => (part.type === "reasoning" ? { ...part, text: `${part.text}!` } : part));
      await expect(answered(edited)).rejects.toMatchObject({ status: 400 });
      await expect(answered(content.slice(1))).rejects.toMatchObject({ status: 400 });
      expect((await answered(content)).text).toBe("One more.");
    }));

  test("are told as reasoning, and stand in content with what the API wants back", async () => {
    const blocks: Json[] = [
      { type: "thinking", thinking: "Eight each.", signature: "sig-1" },
      { type: "redacted_thinking", data: "hidden" },
      { type: "thinking", thinking: "", signature: "sig-2" },
      say("24"),
    ];
    for (const listens of [false, true]) {
      const { response, events } = await ask("claude-opus-5-5", { ...hi, maxOutputTokens: 99 }, { blocks, listens });
      expect(response).toMatchObject({ text: "24", reasoning: "Eight each." });
      expect(response.content).toEqual([
        { type: "reasoning", text: "Eight each.", providerMetadata: { anthropic: { signature: "sig-1" } } },
        { type: "reasoning", text: "", providerMetadata: { anthropic: { redactedData: "hidden" } } },
        { type: "reasoning", text: "", providerMetadata: { anthropic: { signature: "sig-2" } } },
        { type: "text", text: "24" },
      ]);
      const told = events.map((event) => (event.type === "delta" ? (event.reasoning ?? "") : "")).join("");
      expect(told).toBe(listens ? "Eight each." : "");
    }
  });
});

describe("the prompt cache", () => {
  const mark = { type: "ephemeral" };
  const tools = [
    { name: "a", description: "A.", inputSchema: { type: "object" } },
    { name: "b", description: "B.", inputSchema: { type: "object" } },
  ];
  const marksIn = ({ tools = [], system = [], messages }: any): string[] =>
    [
      ...tools.map((block: any, i: number) => block.cache_control && `tool ${i}`),
      ...system.map((block: any, i: number) => block.cache_control && `system ${i}`),
      ...messages.flatMap(({ content }: any, i: number) =>
        typeof content === "string"
          ? []
          : content.map((block: any, k: number) => block.cache_control && `turn ${i}.${k}`),
      ),
    ].filter(Boolean);
  const own = { anthropic: { cacheControl: mark } };
  const text = (words: string, providerMetadata?: typeof own): any => ({
    type: "text",
    text: words,
    ...(providerMetadata && { providerMetadata }),
  });
  const talk: readonly Message[] = [
    { role: "system", content: "S." },
    user("1"),
    { role: "assistant", content: "2" },
    { role: "user", content: [text("3"), text("4")] },
  ];

  test.each<[string, ModelRequest, readonly string[]]>([
    ["one question", hi, ["turn 0.0"]],
    ["a system message", { messages: talk.slice(0, 2) }, ["system 0", "turn 0.0"]],
    ["tools, without a system message", { ...hi, tools }, ["tool 1", "turn 0.0"]],
    ["a conversation with all", { messages: talk, tools }, ["system 0", "turn 0.0", "turn 2.0", "turn 2.1"]],
    [
      "marks of the user's own",
      { messages: [...talk.slice(0, 3), { role: "user", content: [text("3", own), text("4")] }], tools },
      ["system 0", "turn 0.0", "turn 2.0", "turn 2.1"],
    ],
    [
      "all marks taken",
      { messages: [{ role: "user", content: "abcd".split("").map((word) => text(word, own)) }, ...talk], tools },
      ["turn 0.0", "turn 0.1", "turn 0.2", "turn 0.3"],
    ],
    ["the user's own on the last", { messages: [{ role: "user", content: [text("3", own)] }] }, ["turn 0.0"]],
  ])("%s is marked where other requests share it", async (_, request, expected) => {
    const body = await bodyOf("claude-opus-5-5", request, { cache: "5m" });
    expect(marksIn(body)).toEqual(expected);
  });

  test("no mark is set without the option, and with it one of its time", async () => {
    expect(marksIn(await bodyOf("claude-opus-5-5", { messages: talk, tools }))).toEqual([]);
    const { messages } = await bodyOf("claude-opus-5-5", hi, { cache: "1h" });
    expect(messages[0].content[0].cache_control).toEqual({ type: "ephemeral", ttl: "1h" });
    const prefilled = await bodyOf("claude-3-5-haiku-latest", { ...hi, prefill: "I" }, { cache: "5m" });
    expect(marksIn(prefilled)).toEqual(["turn 0.0"]);
  });

  /** Keeps prompts as the provider does: up to each mark, found again from a mark at most 20 blocks further on. A block is a token. */
  const remembering = (): ((json: any) => Json) => {
    const kept = new Set<string>();
    return ({ tools = [], system = [], messages }) => {
      const all = [
        ...tools,
        ...system,
        ...messages.flatMap(({ role, content }: any) =>
          (typeof content === "string" ? [{ type: "text", text: content }] : content).map((block: any) => ({
            role,
            ...block,
          })),
        ),
      ];
      let prefix = "";
      const prefixes = all.map(({ cache_control, ...block }) => (prefix += JSON.stringify(block)));
      const marks = [...all.keys()].filter((i) => all[i].cache_control !== undefined);
      const found = marks.flatMap((at) =>
        Array.from({ length: 20 }, (_, back) => at - back).filter((i) => i >= 0 && kept.has(prefixes[i]!)),
      );
      const read = Math.max(0, ...found.map((i) => i + 1));
      const last = (marks.at(-1) ?? -1) + 1;
      for (const at of marks) kept.add(prefixes[at]!);
      return {
        input_tokens: all.length - Math.max(read, last),
        cache_read_input_tokens: read,
        cache_creation_input_tokens: Math.max(0, last - read),
        output_tokens: 1,
      };
    };
  };

  test("sixteen samples are sixteen requests, the first alone; all others read its whole prompt", async () => {
    const usageOf = remembering();
    const open = new Set<number>();
    let together = 0;
    const handler: Handler = async (received, response, index) => {
      open.add(index);
      if (open.has(0)) expect(open.size).toBe(1);
      // Whoever is sent at the same time arrives before the first of them is answered.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      together = Math.max(together, open.size);
      open.delete(index);
      sendMessage(received, response, [say("24")], { usage: usageOf(received.json) });
    };
    await withServer(handler, async ({ url, received }) => {
      const model = fromAnthropic(clientAt(url), "claude-opus-5-5", { cache: "5m" });
      const request: ModelRequest = { messages: [{ role: "system", content: "Think." }, user("Legs?")], tools };
      const { samples, usage } = await run(stack(model, sampleN(16, { warm: true, variants: false })), request);
      expect(received).toHaveLength(16);
      expect(together).toBeGreaterThan(1);
      expect(new Set(received.map(({ body }) => body)).size).toBe(1);
      expect(received[0]!.body).toContain('"cache_control"');
      expect(samples.map((sample) => sample.usage.cachedInputTokens)).toEqual([0, ...Array<number>(15).fill(4)]);
      expect(usage).toMatchObject({ calls: 16, inputTokens: 64, cachedInputTokens: 60 });
    });
  });

  test("samples whose prompts end in hints of their own read all before them", async () => {
    const usageOf = remembering();
    const handler: Handler = (received, response) =>
      sendMessage(received, response, [say("24")], { usage: usageOf(received.json) });
    await withServer(handler, async ({ url, received }) => {
      const model = fromAnthropic(clientAt(url), "claude-opus-5-5", { cache: "5m" });
      const asked = stack(model, chainOfThought({ answer: number() }), sampleN(4, { warm: true }));
      const { samples } = await run(asked, {
        messages: [{ role: "user", content: [text("A long text."), text("Legs?")] }],
      });
      expect(new Set(received.map(({ body }) => body)).size).toBe(4);
      expect(samples.map((sample) => sample.usage.cachedInputTokens)).toEqual([0, 2, 2, 2]);
    });
  });

  test("every step of a tool loop reads all that the step before has sent, however much came since", async () => {
    const usageOf = remembering();
    const sizes: Json[] = [];
    const handler: Handler = (received, response, index) => {
      const calls = Array.from({ length: 12 }, (_, n) => ({
        type: "tool_use",
        id: `t${index}_${n}`,
        name: "look",
        input: {},
      }));
      sizes.push(usageOf(received.json));
      const done = index === 3;
      sendMessage(received, response, done ? [say("24")] : calls, { stop_reason: done ? "end_turn" : "tool_use" });
    };
    const look = tool({ name: "look", description: "Looks.", input: z.object({}), execute: () => "seen" });
    await withServer(handler, async ({ url }) => {
      const model = fromAnthropic(clientAt(url), "claude-opus-5-5", { cache: "5m" });
      await run(stack(model, toolLoop({ tools: [look] })), { messages: talk });
    });
    const total = ({ output_tokens: _, ...input }: Json): number =>
      Object.values(input).reduce<number>((sum, tokens) => sum + Number(tokens), 0);
    expect(sizes.map(total)).toEqual([6, 30, 54, 78]);
    expect(sizes.slice(1).map((size) => size.cache_read_input_tokens)).toEqual(sizes.slice(0, -1).map(total));
  });
});

describe("failures", () => {
  const model = (url: string, id: string = "claude-3-5-haiku-latest"): Model => fromAnthropic(clientAt(url), id);
  const failure = (error: unknown): Promise<unknown> => Promise.resolve(error);

  test("an overloaded provider says when to come back, and which request it was", () =>
    withServer(
      (_, response) =>
        sendError(response, { status: 529, message: "Overloaded", requestId: "req-9", retryAfterSeconds: 2 }),
      async ({ url, received }) => {
        for (const options of [{}, { onEvent: () => undefined }]) {
          const error = await run(model(url), hi, options).catch(failure);
          expect(ProviderError.is(error)).toBe(true);
          expect(error).toMatchObject({ status: 529, retryable: true, retryAfterMs: 2_000, requestId: "req-9" });
          expect((error as Error).message).toBe("anthropic:claude-3-5-haiku-latest answered 529: Overloaded");
        }
        expect(received).toHaveLength(2);
      },
    ));

  test.each([
    ["overloaded_error", true],
    ["api_error", true],
    ["rate_limit_error", true],
    ["invalid_request_error", false],
    ["authentication_error", false],
    ["request_too_large", false],
  ])("an error event %s in a stream ends it; retryable: %s", (type, retryable) =>
    withServer(
      (_, response) => {
        startStream(response);
        const begun = eventsOf({ ...envelope("m"), content: [say("They have")] }).slice(0, 4);
        response.end([...begun, { type: "error", error: { type, message: "Sorry" } }].map(wired).join(""));
      },
      async ({ url }) => {
        const error = await run(model(url), hi, { onEvent: () => undefined }).catch(failure);
        expect(ProviderError.is(error)).toBe(true);
        expect(error).toMatchObject({ status: undefined, retryable, requestId: "req-ok" });
        expect((error as Error).message).toContain("failed: Sorry");
      },
    ),
  );

  test.each([
    ["before its last event", (all: readonly Json[]) => all.slice(0, -1)],
    ["before its reason to stop", (all: readonly Json[]) => all.slice(0, -2)],
    ["before its first block", (all: readonly Json[]) => all.slice(0, 1)],
    ["before it began", () => []],
  ])("a stream that ends %s is cut", (_, cut) =>
    withServer(
      (_, response) => {
        startStream(response);
        response.end(
          cut(eventsOf({ ...envelope("m"), content: [say("They have")] }))
            .map(wired)
            .join(""),
        );
      },
      async ({ url }) => {
        const error = await run(model(url), hi, { onEvent: () => undefined }).catch(failure);
        expect(MalformedResponseError.is(error)).toBe(true);
      },
    ),
  );

  test("what is no message is malformed", () =>
    withServer(
      (_, response) => sendJson(response, { type: "completion", completion: "24" }),
      async ({ url }) => {
        const error = await run(model(url), hi).catch(failure);
        expect(MalformedResponseError.is(error)).toBe(true);
      },
    ));

  test("a client without a key is not asked again", async () => {
    const client = new Anthropic({
      baseURL: "http://127.0.0.1:1",
      apiKey: null,
      authToken: null,
      config: null,
    });
    const error = await run(fromAnthropic(client, "claude-opus-5-5"), hi).catch(failure);
    expect(ProviderError.is(error)).toBe(true);
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining("no key") });
  });

  test("a server that is not there may come back", async () => {
    const error = await run(model("http://127.0.0.1:1"), hi).catch(failure);
    expect(ProviderError.is(error)).toBe(true);
    expect(error).toMatchObject({ status: undefined, retryable: true });
  });

  test("the time limit of the client holds without a stream, too", () =>
    withServer(
      () => undefined,
      async ({ url }) => {
        const client = new Anthropic({ baseURL: url, apiKey: "test-key", logLevel: "off", timeout: 20 });
        const error = await run(fromAnthropic(client, "claude-3-5-haiku-latest"), hi).catch(failure);
        expect(ProviderError.is(error)).toBe(true);
        expect(error).toMatchObject({ retryable: true });
      },
    ));
});
