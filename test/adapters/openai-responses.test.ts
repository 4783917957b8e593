/**
 * @module
 * `fromOpenAI` over Responses.
 */
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
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
  type AssistantMessage,
  type FilePart,
  type Message,
  type Model,
  type ModelRequest,
  type MullEvent,
} from "mull";
import { fromOpenAI, type FromOpenAIOptions } from "mull/adapters/openai";
import * as z from "zod";
import { sendJson, withServer, type Handler, type LoopbackServer } from "./stage.js";
import { startEvents } from "./wires/chat-completions.js";
import { playResponses } from "./wires/responses.js";

interface Served extends LoopbackServer {
  model(id?: string, options?: FromOpenAIOptions): Model;
}

/** A server, and models through a real client of it. */
function served<T>(handler: Handler, act: (server: Served) => Promise<T>): Promise<T> {
  return withServer(handler, ({ url, received }) => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "test-key-123456", logLevel: "off" });
    const model = (id = "gpt-x", options: FromOpenAIOptions = {}): Model =>
      fromOpenAI(client, id, { api: "responses", ...options });
    return act({ url, received, model });
  });
}

const usage = {
  input_tokens: 120,
  input_tokens_details: { cached_tokens: 100 },
  output_tokens: 37,
  output_tokens_details: { reasoning_tokens: 11 },
  total_tokens: 157,
};
const message = (text: string, more: object = {}): object => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
  ...more,
});
const thought = {
  id: "rs_1",
  type: "reasoning",
  summary: [
    { type: "summary_text", text: "I look it up." },
    { type: "summary_text", text: "In Bonn." },
  ],
  encrypted_content: "gAAAAABo",
};
const call = (n: number, town: string): object => ({
  id: `fc_${n}`,
  type: "function_call",
  status: "completed",
  call_id: `call_${n}`,
  name: "weather",
  arguments: JSON.stringify({ town }),
});
const response = (output: readonly unknown[], more: object = {}): object => ({
  id: "resp_1",
  object: "response",
  model: "gpt-x-2026",
  service_tier: "default",
  status: "completed",
  incomplete_details: null,
  error: null,
  output,
  usage,
  ...more,
});
const say =
  (...output: readonly unknown[]): Handler =>
  (_, reply) =>
    sendJson(reply, response(output));
const events =
  (...all: readonly object[]): Handler =>
  (_, reply) => {
    startEvents(reply);
    reply.end(
      all.map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`).join(""),
    );
  };
const delta = (text: string, output_index = 0): object => ({
  type: "response.output_text.delta",
  item_id: "m",
  output_index,
  content_index: 0,
  delta: text,
});

const hi = [{ role: "user", content: "Hi" }] as const;
const weather = {
  name: "weather",
  description: "The weather of a town.",
  inputSchema: { type: "object", properties: { town: { type: "string" } }, required: ["town"] },
} as const;

describe("the body", () => {
  test("nothing is sent that was not asked for, and nothing is stored", () =>
    served(say(message("Four.")), async ({ model, received }) => {
      const answer = await run(model(), "What is two and two?");
      expect(answer).toMatchObject({
        text: "Four.",
        finishReason: "stop",
        usage: { calls: 1, inputTokens: 120, cachedInputTokens: 100, outputTokens: 37, reasoningTokens: 11 },
        providerMetadata: { openai: { id: "resp_1", model: "gpt-x-2026", service_tier: "default" } },
      });
      expect(answer.content).toBeUndefined();
      expect(answer.reasoning).toBeUndefined();
      expect(received[0]).toMatchObject({ method: "POST", path: "/v1/responses" });
      expect(received[0]!.json).toEqual({
        model: "gpt-x",
        input: [{ role: "user", content: "What is two and two?" }],
        store: false,
      });
    }));

  test("every setting has its field", () =>
    served(say(message("ok")), async ({ model, received }) => {
      const jsonSchema = {
        type: "object",
        properties: { a: { type: "number" } },
        required: ["a"],
        additionalProperties: false,
      };
      await run(model(), {
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "Look:" },
              { type: "file", mediaType: "image/png", data: Uint8Array.of(104, 105) },
              { type: "file", mediaType: "application/pdf", data: "aGk=", filename: "a.pdf" },
              { type: "file", mediaType: "application/pdf", data: Uint8Array.of(104, 105) },
              { type: "file", mediaType: "application/pdf", data: new URL("https://example.com/a.pdf") },
            ],
          },
        ],
        temperature: 0.7,
        topP: 0.9,
        maxOutputTokens: 99,
        logprobs: 3,
        effort: "high",
        tools: [weather],
        toolChoice: { name: "weather" },
        schema: { name: "my answer!", jsonSchema },
        providerOptions: {
          openai: {
            text: { verbosity: "low" },
            include: ["web_search_call.action.sources"],
            reasoning: { summary: "detailed" },
            tools: [{ type: "web_search" }],
            prompt_cache_key: "k",
          },
          other: { x: 1 },
        },
      });
      expect(received[0]!.json).toEqual({
        model: "gpt-x",
        input: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "input_text", text: "Look:" },
              { type: "input_image", image_url: "data:image/png;base64,aGk=", detail: "auto" },
              { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,aGk=" },
              { type: "input_file", filename: "file", file_data: "data:application/pdf;base64,aGk=" },
              { type: "input_file", file_url: "https://example.com/a.pdf" },
            ],
          },
        ],
        store: false,
        max_output_tokens: 99,
        temperature: 0.7,
        top_p: 0.9,
        reasoning: { effort: "high", summary: "detailed" },
        include: ["reasoning.encrypted_content", "message.output_text.logprobs", "web_search_call.action.sources"],
        top_logprobs: 3,
        tools: [
          {
            type: "function",
            name: "weather",
            description: "The weather of a town.",
            parameters: weather.inputSchema,
            strict: false,
          },
          { type: "web_search" },
        ],
        tool_choice: { type: "function", name: "weather" },
        text: {
          format: { type: "json_schema", name: "my_answer_", schema: jsonSchema, strict: true },
          verbosity: "low",
        },
        prompt_cache_key: "k",
      });
    }));

  const thinks = { reasoning: { summary: "auto" }, include: ["reasoning.encrypted_content"] };
  test.each([
    ["gpt-5-mini", {}, {}, thinks],
    ["o3", { effort: "low" }, {}, { ...thinks, reasoning: { effort: "low", summary: "auto" } }],
    ["gpt-4.1", {}, {}, {}],
    ["gpt-x", {}, {}, {}],
    ["gpt-x", { effort: "none" }, {}, { reasoning: { effort: "none" } }],
    ["gpt-x", {}, { capabilities: { reasoning: "summary" } }, thinks],
    ["gpt-5", {}, { capabilities: { reasoning: "none" } }, {}],
  ] as const)("%s, %j, %j: thoughts are asked for as %j", (id, settings, options, sent) =>
    served(say(message("ok")), async ({ model, received }) => {
      await run(model(id, options), { messages: hi, ...settings });
      expect(received[0]!.json).toEqual({ model: id, input: hi, store: false, ...sent });
    }),
  );

  test("settings that the interface does not have are told", () =>
    served(say(message("ok")), async ({ model, received }) => {
      const request: ModelRequest = {
        messages: hi,
        topK: 5, // goes with the temperature, which gpt-5 has not
        presencePenalty: 1,
        frequencyPenalty: 1,
        stop: ["END"],
        seed: 7,
        effort: "xhigh",
      };
      const { warnings = [] } = await run(model("gpt-5"), request);
      expect(received[0]!.json).toMatchObject({ reasoning: { effort: "high" } });
      expect(Object.keys(received[0]!.json)).toEqual(["model", "input", "store", "reasoning", "include"]);
      expect(warnings.map(({ code, capability }) => `${code}: ${capability}`).sort()).toEqual(
        ["temperature", "presencePenalty", "frequencyPenalty", "stop", "seed", "effort"]
          .map((name) => `downgrade: ${name}`)
          .sort(),
      );
    }));

  test("the seed of a run is not sent, and samples are requests of their own", () =>
    served(say(message("ok")), async ({ model, received }) => {
      await run(stack(model(), sampleN(3)), "Hi", { seed: 3 });
      expect(received).toHaveLength(3);
      for (const { json } of received) expect(json).toEqual({ model: "gpt-x", input: hi, store: false });
    }));

  test("what it cannot take is refused before anything is sent", () =>
    served(say(message("ok")), async ({ model, received }) => {
      const sound = { type: "file", mediaType: "audio/wav", data: "aGk=" } as const;
      await expect(run(model(), { messages: [{ role: "user", content: [sound] }] })).rejects.toThrow(CapabilityError);
      await expect(run(model(), { messages: [{ role: "assistant", content: [sound] }, ...hi] })).rejects.toThrow(CapabilityError); // prettier-ignore
      await expect(run(model(), { messages: hi, prefill: "So" })).rejects.toThrow(CapabilityError);
      for (const field of ["model", "input", "stream", "max_output_tokens"]) {
        const request = { messages: hi, providerOptions: { openai: { [field]: 4 } } };
        await expect(run(model(), request)).rejects.toThrow(InvalidOptionError);
      }
      expect(received).toHaveLength(0);
    }));
});

describe("thoughts", () => {
  test("are told apart, and go back unchanged with the turn they belong to", () =>
    served(
      (request, reply, index) =>
        (index === 0 ? say(thought, call(1, "Bonn"), call(2, "Oslo")) : say(message("Nine.")))(request, reply, index),
      async ({ model, received }) => {
        const lookUp = tool({
          name: "weather",
          description: "The weather of a town.",
          input: z.object({ town: z.string() }),
          execute: ({ town }) => `${town}: nine degrees`,
        });
        const { text } = await run(stack(model("gpt-5"), toolLoop({ tools: [lookUp] })), "Warm?");
        expect(text).toBe("Nine.");
        expect(received).toHaveLength(2);
        expect(received[1]!.json.input).toEqual([
          { role: "user", content: "Warm?" },
          thought,
          { type: "function_call", id: "fc_1", call_id: "call_1", name: "weather", arguments: '{"town":"Bonn"}' },
          { type: "function_call", id: "fc_2", call_id: "call_2", name: "weather", arguments: '{"town":"Oslo"}' },
          { type: "function_call_output", call_id: "call_1", output: "Bonn: nine degrees" },
          { type: "function_call_output", call_id: "call_2", output: "Oslo: nine degrees" },
        ]);
      },
    ));

  test("of several parts are parted by blank lines; parts come in order with what OpenAI wants back", () =>
    served(
      say(thought, message("I look.", { phase: "commentary" }), { id: "ws_1", type: "web_search_call", status: "completed" }, message("Nine.", { id: "msg_2", phase: "final_answer" })), // prettier-ignore
      async ({ model, received }) => {
        const first = await run(model("gpt-5"), "Warm?");
        expect(first.reasoning).toBe("I look it up.\n\nIn Bonn.");
        expect(first.text).toBe("I look.\n\nNine.");
        const turn: AssistantMessage = { role: "assistant", content: first.content! };
        await run(model("gpt-5"), { messages: [{ role: "user", content: "Warm?" }, turn, ...hi] });
        expect(received[1]!.json.input.slice(1, 5)).toEqual([
          thought,
          message("I look.", { phase: "commentary" }),
          { id: "ws_1", type: "web_search_call", status: "completed" },
          message("Nine.", { id: "msg_2", phase: "final_answer" }),
        ]);
      },
    ));

  test("or none: the phase in which something was said goes back by itself", () =>
    served(say(message("I look.", { phase: "commentary" })), async ({ model, received }) => {
      const { content = [] } = await run(model("gpt-5"), "Warm?");
      await run(model("gpt-5"), { messages: [...hi, { role: "assistant", content }, ...hi] });
      expect(received[1]!.json.input[1]).toEqual({ role: "assistant", content: "I look.", phase: "commentary" });
    }));

  test("that were not encrypted lie nowhere: they do not go back, and the others lose the ids that tie them to it", () =>
    served(say(message("ok")), async ({ model, received }) => {
      const { encrypted_content: _, ...open } = thought;
      const messages: readonly Message[] = [
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "I look it up.", providerMetadata: { openai: open } },
            { type: "reasoning", text: "Of another provider.", providerMetadata: { anthropic: { signature: "s" } } },
            { type: "text", text: "I look.", providerMetadata: { openai: { id: "msg_1", phase: "commentary" } } },
            { type: "tool-call", id: "call_1", name: "weather", input: "{broken", providerMetadata: { openai: { id: "fc_1" } } }, // prettier-ignore
          ],
        },
        {
          role: "tool",
          content: [{ type: "tool-result", id: "call_1", name: "weather", output: "no town", isError: true }],
        },
        { role: "assistant", content: "I see." },
        ...hi,
      ];
      await run(model("gpt-5"), { messages });
      expect(received[0]!.json.input).toEqual([
        { role: "assistant", content: "I look.", phase: "commentary" },
        { type: "function_call", call_id: "call_1", name: "weather", arguments: "{broken" },
        { type: "function_call_output", call_id: "call_1", output: "Error: no town" },
        { role: "assistant", content: "I see." },
        ...hi,
      ]);
    }));

  test("files of a tool's result go with it, but for those that the interface would refuse, which are told", () =>
    served(say(message("ok")), async ({ model, received }) => {
      const file = (mediaType: string, data: Uint8Array | string | URL, more: object = {}): FilePart => ({
        type: "file",
        mediaType,
        data,
        ...more,
      });
      const result = (id: string, output: unknown, files: readonly FilePart[], more: object = {}) =>
        ({ type: "tool-result", id, name: "look", output, files, ...more }) as const;
      const content = [
        result("a", "[image/png]", [
          file("image/png", new Uint8Array([1])),
          file("application/pdf", "AQ==", { filename: "a.pdf" }),
          file("text/csv", "data:text/csv;base64,AQ=="),
          file("application/pdf", "https://a.example/b.pdf"),
          file("application/pdf", new URL("https://a.example/c.pdf")),
        ]),
        result("b", "no", [file("image/*", new URL("https://a.example/d"))], { isError: true }),
        result("c", "", [file("image/jpeg", "AQ==")]),
        result("d", { n: 1 }, [
          file("audio/wav", "AQ=="),
          file("image/svg+xml", "AQ=="),
          file("image/png", "gs://a/b"),
        ]),
      ];
      const { warnings } = await run(model(), { messages: [...hi, { role: "tool", content }] });
      const output = (call_id: string, given: unknown) => ({ type: "function_call_output", call_id, output: given });
      const picture = (image_url: string) => ({ type: "input_image", image_url, detail: "auto" });
      expect(received[0]!.json.input.slice(1)).toEqual([
        output("a", [
          { type: "input_text", text: "[image/png]" },
          picture("data:image/png;base64,AQ=="),
          { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AQ==" },
          { type: "input_file", filename: "file", file_data: "data:text/csv;base64,AQ==" },
          { type: "input_file", file_url: "https://a.example/b.pdf" },
          { type: "input_file", file_url: "https://a.example/c.pdf" },
        ]),
        output("b", [{ type: "input_text", text: "Error: no" }, picture("https://a.example/d")]),
        output("c", [picture("data:image/jpeg;base64,AQ==")]),
        output("d", '{"n":1}'),
      ]);
      expect(warnings).toMatchObject([
        { code: "downgrade", capability: "files", message: expect.stringContaining("reads no audio/wav, image/svg+xml, image/png in") }, // prettier-ignore
      ]);
    }));

  test("that are shown themselves are read, too", () =>
    served(
      say({ ...thought, summary: [], content: [{ type: "reasoning_text", text: "2+2" }] }, message("4")),
      async ({ model }) => expect((await run(model(), "Hi")).reasoning).toBe("2+2"),
    ));
});

describe("the end", () => {
  test.each([
    ["completed", null, "stop"],
    ["incomplete", "max_output_tokens", "length"],
    ["incomplete", "content_filter", "content-filter"],
    ["incomplete", "something_new", "other"],
    [undefined, null, "stop"],
  ])("status %s, %s: %s", (status, reason, expected) =>
    served(
      (_, reply) =>
        sendJson(reply, response([message("So")], { status, incomplete_details: reason === null ? null : { reason } })),
      async ({ model }) => expect((await run(model(), "Hi")).finishReason).toBe(expected),
    ),
  );

  const refusal = { ...message(""), content: [{ type: "refusal", refusal: "I cannot." }] };
  test.each([
    ["no output", { status: "completed" }, MalformedResponseError, /without output/],
    ["nothing in it", response([]), MalformedResponseError, /empty/],
    ["a refusal in words", response([refusal]), MalformedResponseError, /content filter/],
    ["not finished", response([], { status: "queued" }), MalformedResponseError, /not finished \(queued\)/],
    ["failed", response([], { status: "failed", error: { code: "server_error", message: "oops" } }), ProviderError, /failed: oops/], // prettier-ignore
    ["cancelled", response([], { status: "cancelled" }), ProviderError, /gpt-x failed$/],
  ])("%s", (_, json, type, text) =>
    served(
      (_request, reply) => sendJson(reply, json),
      async ({ model }) => {
        const error: unknown = await run(model(), "Hi").catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(type);
        expect((error as Error).message).toMatch(text);
      },
    ),
  );

  test.each([
    ["server_error", true],
    ["rate_limit_exceeded", true],
    ["vector_store_timeout", true],
    ["invalid_prompt", false],
    ["image_too_large", false],
    ["bio_policy", false],
  ])("a failure with %s: retryable %s", (code, retryable) =>
    served(
      (_, reply) =>
        sendJson(reply, response([], { status: "failed", error: { code, message: "oops" } }), 200, { "x-request-id": "req_1" }), // prettier-ignore
      async ({ model }) =>
        expect(run(model(), "Hi")).rejects.toMatchObject({ retryable, status: undefined, requestId: "req_1" }),
    ),
  );

  test("a call without an id gets one", () =>
    served(say({ type: "function_call", name: "weather", arguments: "{broken" }), async ({ model }) =>
      expect((await run(model(), { messages: hi, tools: [weather] })).toolCalls).toEqual([
        { type: "tool-call", id: expect.stringMatching(/^call_\w+$/), name: "weather", input: "{broken" },
      ]),
    ));
});

describe("streaming", () => {
  test("words of several items are parted as in the text; what the end leaves out was told before", async () => {
    const items = [thought, message("I look."), message("Nine.", { id: "msg_2" })];
    const summary = (text: string, summary_index: number): object => ({
      type: "response.reasoning_summary_text.delta",
      output_index: 0,
      summary_index,
      delta: text,
    });
    const told = { text: "", reasoning: "" };
    const onEvent = (event: MullEvent): void => {
      if (event.type !== "delta") return;
      told.text += event.text ?? "";
      told.reasoning += event.reasoning ?? "";
    };
    await served(
      events(
        summary("I look", 0),
        summary(" it up.", 0),
        summary("", 1),
        summary("In Bonn.", 1),
        delta("I ", 1),
        delta("look.", 1),
        delta("Nine.", 2),
        ...items.map((item, output_index) => ({ type: "response.output_item.done", output_index, item })),
        { type: "response.new_kind_of_event" },
        { type: "response.completed", response: response([]) },
      ),
      async ({ model, received }) => {
        const answer = await run(model("gpt-5"), "Warm?", { onEvent });
        expect(received[0]!.json.stream).toBe(true);
        expect(told).toEqual({ text: "I look.\n\nNine.", reasoning: "I look it up.\n\nIn Bonn." });
        expect(answer).toMatchObject({ ...told, usage: { inputTokens: 120, outputTokens: 37 } });
      },
    );
  });

  test("thoughts that are shown themselves are told, too", () =>
    served(
      events(
        { type: "response.reasoning_text.delta", output_index: 0, content_index: 0, delta: "2+2" },
        delta("4", 1),
        {
          type: "response.completed",
          response: response([
            { type: "reasoning", content: [{ type: "reasoning_text", text: "2+2" }], summary: [] },
            message("4"),
          ]),
        },
      ),
      async ({ model }) => {
        const told: string[] = [];
        const answer = await run(model(), "Hi", {
          onEvent: (event) => event.type === "delta" && told.push(event.reasoning ?? event.text ?? ""),
        });
        expect(told).toEqual(["2+2", "4"]);
        expect(answer.reasoning).toBe("2+2");
      },
    ));

  test.each([
    ["an event", { type: "error", code: "server_error", message: "oops", param: null }, true],
    ["an event of the newer kind", { type: "error", error: { type: "invalid_request_error", message: "oops" } }, false],
    ["the end", { type: "response.failed", response: response([], { status: "failed", error: { code: "invalid_prompt", message: "oops" } }) }, false], // prettier-ignore
  ])("a failure told by %s", (_, event, retryable) =>
    served(events(delta("So"), event), async ({ model }) =>
      expect(run(model(), "Hi", { onEvent: () => undefined })).rejects.toMatchObject({
        code: "provider",
        status: undefined,
        retryable,
        message: "openai:gpt-x failed: oops",
      }),
    ),
  );

  test("an incomplete end is an end", () =>
    served(
      events(delta("So"), {
        type: "response.incomplete",
        response: response([message("So")], {
          status: "incomplete",
          incomplete_details: { reason: "max_output_tokens" },
        }),
      }),
      async ({ model }) =>
        expect(await run(model(), "Hi", { onEvent: () => undefined })).toMatchObject({
          text: "So",
          finishReason: "length",
        }),
    ));

  test("a stream that ends without one is none", () =>
    served(
      events(delta("So"), { type: "response.output_item.done", output_index: 0, item: message("So") }),
      async ({ model }) =>
        expect(run(model(), "Hi", { onEvent: () => undefined })).rejects.toThrow(MalformedResponseError),
    ));
});

test("capabilities: no n, no seed; thoughts as summaries where there are any", () =>
  served(
    (request, reply) => playResponses({ kind: "empty" }, request, reply),
    async ({ model }) => {
      const never = { n: false, seed: false, prefill: false, latent: false };
      expect(model("gpt-x").capabilities).toEqual(never);
      expect(model("o3").capabilities).toMatchObject({ ...never, effort: true, reasoning: "summary" });
      expect(model("gpt-4o").capabilities).toMatchObject({ ...never, temperature: true, reasoning: "none" });
      expect(model("gpt-4o", { capabilities: { temperature: false } }).capabilities.temperature).toBe(false);
      // There is no field for it, whoever claims it.
      expect(model("gpt-x", { capabilities: { latent: ["steps"] } }).capabilities).toEqual(never);
    },
  ));
