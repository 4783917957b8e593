/**
 * @module
 * Reading requests: what comes on the wire is what the model is asked.
 */
import { describe, expect, test } from "vitest";
import { test as property, fc } from "@fast-check/vitest";
import { blockRecurrent, latentSteps, run, sleep, source, stack, type Message, type ModelRequest } from "mull";
import { openaiCompatible } from "mull/adapters/openai-compatible";
import { openaiHandler } from "mull/serve";
import { modelLaws, scripted } from "mull/testing";
import { ask, hello } from "./ask.js";

/** What the model is asked for a body with these fields. */
async function asked(fields: object): Promise<ModelRequest> {
  const model = scripted(["hi"]);
  const response = await ask(openaiHandler({ models: { m: model } }), fields);
  if (response.status !== 200) throw new Error(await response.text());
  return model.requests[0]!;
}

const png = "iVBORw0KGgo=";
const tool = {
  type: "function",
  function: { name: "look", description: "Looks.", parameters: { type: "object" }, strict: true },
};
const look = { name: "look", description: "Looks.", inputSchema: { type: "object" } };

describe("a message", () => {
  const call = { id: "1", type: "function", function: { name: "look", arguments: '{"at":1}' } };
  const user = { role: "user", content: "hi" };
  const file = (mediaType: string, data: unknown, filename?: string) => ({
    type: "file",
    mediaType,
    data,
    ...(filename !== undefined && { filename }),
  });
  const cases: [string, object[], object[]][] = [
    [
      "of the system",
      [{ role: "system", content: "Be brief." }, user],
      [{ role: "system", content: "Be brief." }, user],
    ],
    [
      "of the developer, in parts",
      [
        {
          role: "developer",
          content: [
            { type: "text", text: "Be " },
            { type: "text", text: "brief." },
          ],
        },
        user,
      ],
      [{ role: "system", content: "Be brief." }, user],
    ],
    ["with a name", [{ ...user, name: "Ann" }], [user]],
    [
      "with a picture that came along, and one to fetch",
      [
        {
          role: "user",
          content: [
            { type: "text", text: "These?" },
            { type: "image_url", image_url: { url: `data:image/PNG;base64,${png}`, detail: "low" } },
            { type: "image_url", image_url: { url: "https://example.org/a/b.JPG?x=1" } },
            { type: "image_url", image_url: { url: "http://example.org/picture" } },
          ],
        },
      ],
      [
        {
          role: "user",
          content: [
            { type: "text", text: "These?" },
            file("image/png", png),
            file("image/jpeg", new URL("https://example.org/a/b.JPG?x=1")),
            file("image/*", new URL("http://example.org/picture")),
          ],
        },
      ],
    ],
    [
      "with sounds and documents",
      [
        {
          role: "user",
          content: [
            { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
            { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
            { type: "file", file: { file_data: "data:application/pdf;name=a;base64,AAAA", filename: "a.pdf" } },
            { type: "file", file: { file_data: "AAAA", filename: "b.PDF", file_id: null } },
            { type: "file", file: { file_data: "AAAA" } },
          ],
        },
      ],
      [
        {
          role: "user",
          content: [
            file("audio/wav", "AAAA"),
            file("audio/mpeg", "AAAA"),
            file("application/pdf", "AAAA", "a.pdf"),
            file("application/pdf", "AAAA", "b.PDF"),
            file("application/octet-stream", "AAAA"),
          ],
        },
      ],
    ],
    [
      "of the assistant: words, in parts, refused",
      [
        user,
        { role: "assistant", content: "ho" },
        {
          role: "assistant",
          content: [
            { type: "text", text: "a" },
            { type: "refusal", refusal: "b" },
          ],
        },
      ],
      [user, { role: "assistant", content: "ho" }, { role: "assistant", content: "ab" }],
    ],
    [
      "of the assistant: thoughts and tools, whose results follow",
      [
        user,
        {
          role: "assistant",
          content: null,
          reasoning_content: "hm",
          tool_calls: [call, { ...call, id: "2", function: { name: "ask", arguments: "no" } }],
        },
        { role: "tool", tool_call_id: "2", content: [{ type: "text", text: "yes" }] },
        { role: "tool", tool_call_id: "1", content: "blue" },
        { role: "assistant", content: "It is.", reasoning: "sure", tool_calls: [] },
      ],
      [
        user,
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "hm" },
            { type: "tool-call", id: "1", name: "look", input: { at: 1 } },
            { type: "tool-call", id: "2", name: "ask", input: "no" },
          ],
        },
        {
          role: "tool",
          content: [
            { type: "tool-result", id: "2", name: "ask", output: "yes" },
            { type: "tool-result", id: "1", name: "look", output: "blue" },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "sure" },
            { type: "text", text: "It is." },
          ],
        },
      ],
    ],
  ];
  test.each(cases)("%s", async (_, messages, expected) => {
    expect((await asked({ messages })).messages).toEqual(expected);
  });
});

describe("a setting", () => {
  test.each<[object, Partial<ModelRequest>]>([
    [{}, {}],
    [
      { temperature: 0.5, top_p: 0.9, top_k: 40 },
      { temperature: 0.5, topP: 0.9, topK: 40 },
    ],
    [{ temperature: null, stop: null, tools: null, top_k: -1, n: null, stream: null, seed: null }, {}],
    [
      { presence_penalty: -2, frequency_penalty: 2 },
      { presencePenalty: -2, frequencyPenalty: 2 },
    ],
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ max_tokens: 5, max_completion_tokens: 7 }, { maxOutputTokens: 7 }],
    [{ stop: "." }, { stop: ["."] }],
    [{ stop: [".", "!"] }, { stop: [".", "!"] }],
    [{ stop: [] }, {}],
    [{ logprobs: true }, { logprobs: 0 }],
    [{ logprobs: true, top_logprobs: 3 }, { logprobs: 3 }],
    [{ logprobs: false, top_logprobs: 0 }, {}],
    [{ reasoning_effort: "high" }, { effort: "high" }],
    [{ response_format: { type: "text" } }, {}],
    [{ response_format: { type: "json_object" } }, { schema: { jsonSchema: { type: "object" } } }],
    [
      {
        response_format: {
          type: "json_schema",
          json_schema: { name: "legs", schema: { type: "number" }, strict: true },
        },
      },
      { schema: { name: "legs", jsonSchema: { type: "number" } } },
    ],
    [{ tools: [tool] }, { tools: [look] }],
    [
      { tools: [tool], tool_choice: "required" },
      { tools: [look], toolChoice: "required" },
    ],
    [
      { tools: [tool], tool_choice: { type: "function", function: { name: "look" } } },
      { tools: [look], toolChoice: { name: "look" } },
    ],
    [{ tools: [], tool_choice: "auto" }, {}],
    [
      { tools: [{ type: "function", function: { name: "now" } }] },
      { tools: [{ name: "now", description: "", inputSchema: { type: "object", properties: {} } }] },
    ],
    [{ modalities: ["text"], latent: { steps: 4 } }, { latent: { steps: 4 } }],
    [
      { latent: { steps: 8, halt: 0.01, pauseTokens: 0, state: "s1:AA==" } },
      { latent: { steps: 8, halt: 0.01, pauseTokens: 0, state: "s1:AA==" } },
    ],
    [{ latent: { steps: null, halt: 2 } }, { latent: { halt: 2 } }],
    [{ user: "u", metadata: { a: "b" }, store: true, unheard: 1 }, {}],
  ])("%j", async (fields, expected) => {
    expect(await asked(fields)).toEqual({ messages: hello.messages, ...expected });
  });

  test("a started answer is continued", async () => {
    const messages = [...hello.messages, { role: "assistant", content: "24" }];
    const request = await asked({ messages, continue_final_message: true, add_generation_prompt: false });
    expect(request).toEqual({ messages: hello.messages, prefill: "24" });
  });
});

describe("what is wrong is named", () => {
  const user = (...parts: object[]) => ({ messages: [{ role: "user", content: parts }] });
  const after = (...messages: object[]) => ({ messages: [...hello.messages, ...messages] });
  const call = { id: "1", type: "function", function: { name: "look", arguments: "{}" } };
  test.each<[string, object]>([
    ["model", { model: "" }],
    ["model", { model: 5 }],
    ["messages", { messages: [] }],
    ["messages", { messages: "hi" }],
    ["messages", { messages: [{ role: "user", content: " " }] }],
    ["messages[0]", { messages: ["hi"] }],
    ["messages[1].role", after({ role: "function", content: "x" })],
    ["messages[1].content", after({ role: "user" })],
    ["messages[1].content", after({ role: "system", content: null })],
    ["messages[1].content[0].type", after({ role: "system", content: [{ type: "image_url" }] })],
    ["messages[1].content", after({ role: "assistant", content: null })],
    ["messages[0].content[0].type", user({ type: "video" })],
    ["messages[0].content[1].text", user({ type: "text", text: "a" }, { type: "text" })],
    ["messages[0].content[0].image_url", user({ type: "image_url" })],
    ["messages[0].content[0].image_url.url", user({ type: "image_url", image_url: { url: "file:///etc/passwd" } })],
    ["messages[0].content[0].image_url.url", user({ type: "image_url", image_url: { url: "data:image/png,raw" } })],
    ["messages[0].content[0].image_url.url", user({ type: "image_url", image_url: { url: "data:;base64,AAAA" } })],
    [
      "messages[0].content[0].image_url.url",
      user({ type: "image_url", image_url: { url: "data:image/png;base64,?" } }),
    ],
    [
      "messages[0].content[0].input_audio.format",
      user({ type: "input_audio", input_audio: { data: "A", format: "ogg" } }),
    ],
    ["messages[0].content[0].file.file_id", user({ type: "file", file: { file_id: "f" } })],
    ["messages[0].content[0].file.file_data", user({ type: "file", file: {} })],
    ["messages[1].tool_calls[0].id", after({ role: "assistant", tool_calls: [{ ...call, id: "" }] })],
    ["messages[1].tool_calls[0].type", after({ role: "assistant", tool_calls: [{ ...call, type: "custom" }] })],
    ["messages[1].tool_calls[0].function.name", after({ role: "assistant", tool_calls: [{ ...call, function: {} }] })],
    ["messages[1].tool_call_id", after({ role: "tool", tool_call_id: "9", content: "x" })],
    ["messages[2].content", after({ role: "assistant", tool_calls: [call] }, { role: "tool", tool_call_id: "1" })],
    ["temperature", { temperature: "hot" }],
    ["temperature", { temperature: 2.1 }],
    ["top_p", { top_p: -0.1 }],
    ["presence_penalty", { presence_penalty: 3 }],
    ["max_tokens", { max_tokens: 0 }],
    ["max_completion_tokens", { max_completion_tokens: 1.5 }],
    ["stop", { stop: "" }],
    ["stop[1]", { stop: ["a", 5] }],
    ["seed", { seed: 1.5 }],
    ["n", { n: 0 }],
    ["n", { n: 17 }],
    ["stream", { stream: "yes" }],
    ["stream_options", { stream: true, stream_options: true }],
    ["stream_options.include_usage", { stream: true, stream_options: { include_usage: 1 } }],
    ["logprobs", { logprobs: 3 }],
    ["top_logprobs", { logprobs: true, top_logprobs: 21 }],
    ["top_logprobs", { top_logprobs: 2 }],
    ["reasoning_effort", { reasoning_effort: "extreme" }],
    ["response_format.type", { response_format: { type: "xml" } }],
    ["response_format.json_schema.schema", { response_format: { type: "json_schema", json_schema: {} } }],
    ["tools[0].type", { tools: [{ type: "custom" }] }],
    ["tools[0].function.name", { tools: [{ type: "function", function: {} }] }],
    ["tools[0].function.parameters", { tools: [{ type: "function", function: { name: "a", parameters: [] } }] }],
    ["tool_choice", { tool_choice: "required" }],
    ["tool_choice", { tools: [tool], tool_choice: "some" }],
    ["tool_choice.type", { tools: [tool], tool_choice: { type: "allowed_tools" } }],
    ["tool_choice.function.name", { tools: [tool], tool_choice: { type: "function", function: { name: "other" } } }],
    ["latent", { latent: 4 }],
    ["latent.steps", { latent: { steps: 0 } }],
    ["latent.halt", { latent: { halt: 0 } }],
    ["latent.halt", { latent: { halt: "soon" } }],
    ["latent.pauseTokens", { latent: { pauseTokens: 1.5 } }],
    ["latent.state", { latent: { state: "" } }],
    ["latent.loops", { latent: { steps: 2, loops: 2 } }],
    ["functions", { functions: [] }],
    ["modalities", { modalities: ["text", "audio"] }],
    ["continue_final_message", { continue_final_message: true }],
  ])("%s: %j", async (param, fields) => {
    const response = await ask(openaiHandler({ models: { m: scripted(["hi"]) } }), fields);
    const { error }: any = await response.json();
    expect([response.status, error.param, error.type]).toEqual([400, param, "invalid_request_error"]);
    expect(error.message).toMatch(/ must be | tools /);
    expect(error.message).not.toMatch(/Hello|passwd|hot|extreme/);
  });

  test("a body of any form is an answer, never a throw", async () => {
    const handler = openaiHandler({ models: { m: scripted(["hi"], { repeat: true }) } });
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 5 }),
        fc.constantFrom(...Object.keys(everyField)),
        async (value, name) => {
          const response = await ask(handler, { [name]: value });
          expect([200, 400, 404]).toContain(response.status);
        },
      ),
      { numRuns: 500 },
    );
  });
});

const everyField = {
  model: 1,
  messages: 1,
  tools: 1,
  tool_choice: 1,
  response_format: 1,
  temperature: 1,
  stop: 1,
  n: 1,
  seed: 1,
  stream_options: 1,
  logprobs: 1,
  top_logprobs: 1,
  reasoning_effort: 1,
  max_tokens: 1,
  latent: 1,
  functions: 1,
  modalities: 1,
  __proto__: 1,
};

describe("through our own adapter", () => {
  const through = (model: Parameters<typeof openaiHandler>[0]["models"][string]) => {
    const handler = openaiHandler({ models: { m: model } });
    return openaiCompatible({
      baseURL: "http://served.test/v1",
      model: "m",
      reasoningField: "reasoning_content",
      capabilities: { seed: true, prefill: true, logprobs: true, temperature: true, latent: true },
      fetch: (url, init) => handler(new Request(url, { ...init, duplex: "half" } as RequestInit)),
    });
  };

  const word = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== "");
  const message = fc.oneof(
    fc.record({ role: fc.constant("user" as const), content: word }),
    fc.record({ role: fc.constant("assistant" as const), content: word }),
    fc.record({ role: fc.constant("system" as const), content: word }),
    fc
      .tuple(word, word, fc.dictionary(word, fc.integer()))
      .map(([id, name, input]): Message => ({ role: "assistant", content: [{ type: "tool-call", id, name, input }] })),
  );
  const request = fc.record(
    {
      messages: fc.array(message, { minLength: 1, maxLength: 4 }),
      temperature: fc.constantFrom(0, 0.5, 1, 2),
      topP: fc.constantFrom(0.1, 1),
      stop: fc.array(word, { minLength: 1, maxLength: 3 }),
      maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
      presencePenalty: fc.constantFrom(-2, 0, 2),
      logprobs: fc.constantFrom(0, 5),
      prefill: word,
      latent: fc.record(
        {
          steps: fc.integer({ min: 1, max: 64 }),
          halt: fc.constantFrom(1e-9, 0.5),
          pauseTokens: fc.nat(9),
          state: word,
        },
        { requiredKeys: ["steps"] },
      ),
      schema: fc.constant({ name: "answer", jsonSchema: { type: "object" } }),
      tools: fc.constant([look]),
    },
    { requiredKeys: ["messages"] },
  );

  property.prop([request])("a request arrives as it was sent", async (sent) => {
    const model = scripted(["hi"]);
    await run(through(model), sent as ModelRequest);
    expect(model.requests).toEqual([sent]);
  });

  property.prop([
    fc.record(
      {
        text: word,
        reasoning: word,
        finishReason: fc.constantFrom("stop" as const, "length" as const),
        latent: fc.constantFrom({ steps: 3 }, { state: "s" }, { steps: 16, state: "s2:+/=" }),
      },
      { requiredKeys: ["text", "reasoning", "finishReason"] },
    ),
    fc.boolean(),
  ])("a response arrives as it was given, streamed or not", async (reply, streaming) => {
    const usage = { inputTokens: 3, cachedInputTokens: 1, outputTokens: 4, reasoningTokens: 2 };
    const model = scripted([{ ...reply, usage }]);
    const response = await run(through(model), "hi", streaming ? { onEvent: () => undefined } : {});
    expect(response).toMatchObject({ ...reply, usage });
    expect("latent" in response).toBe("latent" in reply);
  });

  test.each([false, true])("loops and state go both ways, streamed: %j", async (streaming) => {
    // Its state is the sum of all numbers that it read; it halts early where it may.
    const looped = scripted(
      ({ messages, latent: { steps = 8, halt, state = "0" } = {} }) => {
        const numbers = JSON.stringify(messages).match(/\d+/g) ?? [];
        const sum = numbers.reduce((a, b) => a + Number(b), Number(state));
        return { text: `Answer: ${sum}`, latent: { steps: halt === undefined ? steps : 2, state: String(sum) } };
      },
      { capabilities: { latent: ["steps", "halt", "state"] } },
    );
    const served = through(looped);
    const solver = stack(served, latentSteps({ steps: 16, halt: 0.1 }), blockRecurrent({ blockTokens: 4 }));
    const { text, latent, blocks } = await run(
      solver,
      "Sold: 30 and 4, 7 and 1. How many?",
      streaming ? { onEvent: () => undefined } : {},
    );
    expect([text, latent]).toEqual(["Answer: 42", { steps: 2, state: "42" }]);
    expect(blocks).toMatchObject({ carried: "state", count: looped.calls });
    expect(looped.calls).toBeGreaterThan(1);
    for (const request of looped.requests) expect(request.latent).toMatchObject({ steps: 16, halt: 0.1 });
    expect(looped.requests.at(-1)?.latent?.state).toMatch(/^\d+$/);
  });

  // Whatever is served keeps the laws of a model on the other side of the wire, too.
  for (const { name, check } of modelLaws(() => through(talker))) test(name, check);
});

/** Says twenty words, one after the other, drawn from the seed of the run. */
const talker = source("talker", { seed: true, logprobs: true }, async ({ maxOutputTokens = Infinity }, call) => {
  const words: string[] = [];
  while (words.length < Math.min(20, maxOutputTokens)) {
    await sleep(call, 1);
    const text = ` ${call.random.integer(100)}`;
    words.push(text);
    call.delta({ text });
  }
  const usage = { inputTokens: 9, cachedInputTokens: 0, outputTokens: words.length, reasoningTokens: 0 };
  return { text: words.join(""), usage, finishReason: words.length < 20 ? "length" : "stop" };
});
