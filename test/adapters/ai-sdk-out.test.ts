/**
 * @module
 * Stacks as language models of the AI SDK, in its versions 6 and 7.
 */
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { getEventListeners } from "node:events";
import * as ai6 from "ai";
import * as ai7 from "ai7";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BudgetExceededError,
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
  chainOfThought,
  majorityVote,
  never,
  number,
  sampleN,
  source,
  stack,
  type Model,
  type ModelRequest,
} from "mull";
import { fromAiSdk, toAiSdk } from "mull/adapters/ai-sdk";
import { modelLaws, scripted, synthetic } from "mull/testing";
import { problems, tiny } from "mull/tiny";
import * as z from "zod";

const versions: readonly (readonly [string, any])[] = [
  ["ai 6", ai6],
  ["ai 7", ai7],
];

// Warnings are looked at, not printed.
beforeAll(() => {
  (globalThis as any).AI_SDK_LOG_WARNINGS = false;
});
afterAll(() => {
  delete (globalThis as any).AI_SDK_LOG_WARNINGS;
});

const lines = ["Two and two. Answer: 4", "No. Answer: 5", "Sure. Answer: 4"];
const voting = (model: Model) => stack(model, chainOfThought({ answer: number() }), sampleN(3), majorityVote());

describe.each(versions)("%s", (_, ai) => {
  test("generateText: the vote's answer, its usage, and what mull knows beside", async () => {
    const solver = voting(scripted(lines, { price: { inputUsd: 1, outputUsd: 2 } }));
    const result = await ai.generateText({ model: toAiSdk(solver), prompt: "What is 2 + 2?", maxRetries: 0 });
    expect(result.text).toBe(lines[0]);
    expect(result.finishReason).toBe("stop");
    const { inputTokens, outputTokens } = result.usage as Record<string, number>;
    expect(outputTokens).toBe(11);
    expect(result.providerMetadata.mull).toMatchObject({
      answer: 4,
      key: "4",
      stopped: "done",
      confidence: expect.any(Number),
      votes: [
        ["4", 2],
        ["5", 1],
      ],
      usage: { calls: 3, inputTokens, outputTokens, usd: expect.closeTo((inputTokens! + 2 * outputTokens!) / 1e6, 12) },
    });
    expect(JSON.parse(JSON.stringify(result.providerMetadata))).toEqual(result.providerMetadata);
  });

  test("latent thinking is asked for and told, both beside what the AI SDK has", async () => {
    const looped = scripted([{ text: "Answer: 4", latent: { steps: 3, state: "s" } }], {
      capabilities: { latent: true },
    });
    const asked = { steps: 8, halt: 0.1, state: "r" };
    const providerOptions = { mull: { latent: asked } };
    const { providerMetadata } = await ai.generateText({ model: toAiSdk(looped), prompt: "q", providerOptions });
    expect(looped.requests[0]?.latent).toEqual(asked);
    expect(providerMetadata.mull).toMatchObject({ latent: { steps: 3, state: "s" } });
  });

  test("what is not known of usage stays undefined", async () => {
    const model = toAiSdk(source("m", {}, () => Promise.resolve({ text: "four" })));
    const { usage, totalUsage } = await ai.generateText({ model, prompt: "q" });
    expect([usage.inputTokens, usage.outputTokens, totalUsage.inputTokens]).toEqual([undefined, undefined, undefined]);
  });

  test("streamText: thoughts are reasoning, before the text, which joins to the answer", async () => {
    const result = ai.streamText({ model: toAiSdk(voting(scripted(lines))), prompt: "What is 2 + 2?" });
    const parts: any[] = [];
    for await (const part of result.fullStream) parts.push(part);
    const types = parts.map(({ type }) => type);
    expect(types.filter((type, i) => type !== types[i - 1])).toEqual([
      "start",
      "start-step",
      "reasoning-start",
      "reasoning-delta",
      "reasoning-end",
      "text-start",
      "text-delta",
      "text-end",
      "finish-step",
      "finish",
    ]);
    expect(await result.text).toBe(lines[0]);
    expect(await result.reasoningText).toBe(lines.join("\n\n"));
    expect((await result.providerMetadata).mull).toMatchObject({ answer: 4, stopped: "done" });
    expect((await result.usage).outputTokens).toBe(11);
  });

  test("streamText: an answer that is written alone comes word by word; with `whole` in one piece", async () => {
    for (const [whole, pieces] of [
      [false, 4],
      [true, 1],
    ] as const) {
      const model = toAiSdk(scripted(["It is four indeed."]), { whole });
      const told: string[] = [];
      for await (const piece of ai.streamText({ model, prompt: "q" }).textStream) told.push(piece);
      expect(told).toHaveLength(pieces);
      expect(told.join("")).toBe("It is four indeed.");
    }
  });

  test("generateObject: the schema reaches the model at the bottom", async () => {
    const model = scripted([(request: ModelRequest) => (request.schema ? '{"legs":24}' : "no schema")]);
    const { object } = await ai.generateObject({
      model: toAiSdk(model),
      schema: z.object({ legs: z.number() }),
      schemaName: "legs",
      prompt: "q",
    });
    expect(object).toEqual({ legs: 24 });
    expect(model.requests[0]?.schema).toMatchObject({
      name: "legs",
      jsonSchema: { properties: { legs: { type: "number" } } },
    });
  });

  const toolSet = () => ({
    weather: ai.tool({
      description: "The weather of a town.",
      inputSchema: z.object({ town: z.string() }),
      execute: ({ town }: { town: string }) => ({ sky: `snow in ${town}` }),
    }),
  });
  const toolCalls = [{ type: "tool-call" as const, id: "c1", name: "weather", input: { town: "Uppsala" } }];

  test("generateText answers the tool calls of a stack", async () => {
    const model = scripted([{ text: "", toolCalls }, { text: "", toolCalls }, { text: "", toolCalls }, ...lines]);
    const result = await ai.generateText({
      model: toAiSdk(voting(model)),
      tools: toolSet(),
      toolChoice: "auto",
      stopWhen: ai.stepCountIs(3),
      prompt: "What is 2 + 2 in Uppsala?",
    });
    expect(result.text).toBe(lines[0]);
    expect(result.steps).toHaveLength(2);
    expect(result.steps[0].toolCalls).toMatchObject([
      { toolCallId: "c1", toolName: "weather", input: { town: "Uppsala" } },
    ]);
    expect(model.requests[0]?.tools).toMatchObject([{ name: "weather", description: "The weather of a town." }]);
    expect(model.requests[0]?.toolChoice).toBe("auto");
    const conversation = model.requests[3]?.messages.slice(-2);
    expect(conversation).toEqual([
      { role: "assistant", content: toolCalls },
      {
        role: "tool",
        content: [{ type: "tool-result", id: "c1", name: "weather", output: { sky: "snow in Uppsala" } }],
      },
    ]);
  });

  test.each(["generateText", "streamText"])("%s: signatures come back to the model unchanged", async (how) => {
    const content = [
      { type: "reasoning", text: "I must look.", providerMetadata: { maker: { signature: "s1" } } },
      { type: "text", text: "Let me look." },
      { ...toolCalls[0]!, providerMetadata: { maker: { id: "m1" } } },
    ] as const;
    const first = { text: "Let me look.", reasoning: "I must look.", content, toolCalls: [content[2]] };
    const model = scripted([first, "It snows."]);
    const result = ai[how]({
      model: toAiSdk(model),
      tools: toolSet(),
      stopWhen: ai.stepCountIs(3),
      prompt: "q",
    });
    expect(await (await result).text).toBe("It snows.");
    expect(model.requests[1]?.messages[1]).toEqual({ role: "assistant", content });
  });

  test("streamText: shown thoughts are not sent back, the model's own are", async () => {
    const model = scripted([
      { text: "", reasoning: "first thought", toolCalls },
      { text: "", reasoning: "second thought", toolCalls },
      "Answer: 4",
      "Answer: 4",
    ]);
    const solver = stack(model, chainOfThought({ answer: number() }), sampleN(2), majorityVote({ stop: never }));
    const result = ai.streamText({
      model: toAiSdk(solver),
      tools: toolSet(),
      stopWhen: ai.stepCountIs(3),
      prompt: "q",
    });
    await result.consumeStream();
    expect((await result.steps)[0].reasoningText).toBe("first thought\n\nsecond thought");
    expect(model.requests[2]?.messages[1]).toEqual({
      role: "assistant",
      content: [{ type: "reasoning", text: "first thought" }, ...toolCalls],
    });
  });

  test.each(["generateText", "streamText"])(
    "%s tries again what may pass, as the provider says, and nothing else",
    async (how) => {
      const ask = async (error: Error) => {
        const model = scripted([error, "four"]);
        const errors: unknown[] = [];
        try {
          const result = await ai[how]({
            model: toAiSdk(model),
            prompt: "q",
            onError: ({ error }: { error: unknown }) => errors.push(error),
          });
          return [await result.text, model.calls];
        } catch (thrown) {
          return [errors[0] ?? thrown, model.calls];
        }
      };
      const passing = new ProviderError("overloaded", { status: 503, retryAfterMs: 1 });
      expect(await ask(passing)).toEqual(["four", 2]);
      const [refused, calls] = await ask(new ProviderError("no", { status: 400 }));
      expect(calls).toBe(1);
      expect(ai.APICallError.isInstance(refused)).toBe(true);
      expect(refused).toMatchObject({ statusCode: 400, isRetryable: false, message: "no" });
    },
  );

  test("streamText: a failure after the first words is told, and nothing is tried again", async () => {
    let calls = 0;
    const model = source("m", {}, (_, call) => {
      calls++;
      call.delta({ text: "It is" });
      return Promise.reject(new ProviderError("gone", { status: 503 }));
    });
    const errors: any[] = [];
    const result = ai.streamText({
      model: toAiSdk(model),
      prompt: "q",
      onError: ({ error }: { error: unknown }) => errors.push(error),
    });
    await result.consumeStream();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ statusCode: 503, message: "gone" });
    expect(errors[0].cause).toBeInstanceOf(ProviderError);
    expect(calls).toBe(1);
  });

  test("an abort leaves as it came, and reaches the model", async () => {
    let signal: AbortSignal | undefined;
    const model = source("m", {}, (_, call) => {
      signal = call.signal;
      call.delta({ text: "It" });
      return new Promise(() => undefined);
    });
    const reason = new DOMException("enough", "AbortError");
    const controller = new AbortController();
    const asked = ai.generateText({ model: toAiSdk(model), prompt: "q", abortSignal: controller.signal });
    await new Promise(setImmediate);
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    expect(signal?.aborted).toBe(true);

    const second = new AbortController();
    const types: string[] = [];
    const { fullStream } = ai.streamText({ model: toAiSdk(model), prompt: "q", abortSignal: second.signal });
    for await (const { type } of fullStream) {
      types.push(type);
      if (type === "text-delta") second.abort(reason);
    }
    expect(types.at(-1)).toBe("abort");
    expect(signal?.aborted).toBe(true);
  });

  test("files of the user, and of tools, arrive", async () => {
    const model = scripted([{ text: "", toolCalls }, "ok"]);
    const bytes = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
    await ai.generateText({
      model: toAiSdk(model),
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "See" },
            { type: "image", image: bytes, mediaType: "image/png" },
            { type: "file", data: "AQ==", mediaType: "application/pdf", filename: "a.pdf" },
          ],
        },
      ],
      tools: {
        weather: ai.tool({
          inputSchema: z.object({ town: z.string() }),
          execute: () => "snow",
          toModelOutput: () => ({ type: "content", value: [{ type: "text", text: "snow" }] }),
        }),
      },
      stopWhen: ai.stepCountIs(2),
    });
    expect(model.requests[1]?.messages).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "See" },
          { type: "file", mediaType: "image/png", data: bytes },
          { type: "file", mediaType: "application/pdf", data: "AQ==", filename: "a.pdf" },
        ],
      },
      { role: "assistant", content: toolCalls },
      { role: "tool", content: [{ type: "tool-result", id: "c1", name: "weather", output: "snow" }] },
    ]);
  });

  test("the embedded model solves a problem by a vote", async () => {
    const steps = stack(
      await tiny(),
      chainOfThought({ answer: number() }),
      sampleN(9, { temperature: 0.4 }),
      majorityVote(),
    );
    const solver = toAiSdk(steps, { seed: 1 });
    const problem = problems({ count: 1, grade: "easy", seed: 1 })[0]!;
    const { text, providerMetadata } = await ai.generateText({
      model: solver,
      prompt: problem.question,
    });
    expect(text).toContain(`Answer: ${problem.answer}`);
    expect(providerMetadata.mull).toMatchObject({ answer: problem.answer, usage: { usd: 0 } });
  });
});

const prompt: LanguageModelV3CallOptions["prompt"] = [{ role: "user", content: [{ type: "text", text: "q" }] }];
const generate = (model: Model, options: Partial<LanguageModelV3CallOptions> = {}) =>
  toAiSdk(model).doGenerate({ prompt, ...options });

describe("a call", () => {
  test("every setting has its field; nothing is asked for that was not given", async () => {
    const model = scripted(["ok"], { repeat: true });
    await generate(model);
    expect(model.requests[0]).toEqual({ messages: [{ role: "user", content: "q" }] });
    const schema = { type: "object", properties: {} } as const;
    const { warnings } = await generate(model, {
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stopSequences: ["END"],
      maxOutputTokens: 99,
      responseFormat: { type: "json", schema, name: "it" },
      tools: [{ type: "function", name: "look", description: "Looks.", inputSchema: schema }],
      toolChoice: { type: "tool", toolName: "look" },
      headers: { "user-agent": "ai" },
      providerOptions: { maker: { a: 1 }, mull: { effort: "high", logprobs: 2, prefill: "So" } },
    });
    expect(warnings).toEqual([]);
    expect(model.requests[1]).toEqual({
      messages: [{ role: "user", content: "q" }],
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stop: ["END"],
      maxOutputTokens: 99,
      schema: { name: "it", jsonSchema: schema },
      tools: [{ name: "look", description: "Looks.", inputSchema: schema }],
      toolChoice: { name: "look" },
      effort: "high",
      logprobs: 2,
      prefill: "So",
      providerOptions: { maker: { a: 1 } },
    });
  });

  test("messages with all their parts", async () => {
    const model = scripted(["ok"]);
    const bytes = new Uint8Array([1, 2]);
    const result = (output: object) => ({ type: "tool-result", toolCallId: "c1", toolName: "look", output }) as never;
    await generate(model, {
      prompt: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          providerOptions: { maker: { cache: true } },
          content: [
            { type: "text", text: "See" },
            { type: "file", mediaType: "image/png", data: bytes, filename: "a.png" },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "Hm.", providerOptions: { maker: { signature: "s" } } },
            { type: "reasoning", text: "shown", providerOptions: { mull: { thought: true } } },
            { type: "text", text: "I see." },
            { type: "tool-call", toolCallId: "c1", toolName: "look", input: { at: 1 } },
          ],
        },
        {
          role: "tool",
          content: [
            result({ type: "text", value: "a" }),
            result({ type: "json", value: { b: 1 } }),
            result({ type: "error-text", value: "c" }),
            result({ type: "error-json", value: 4 }),
            result({ type: "execution-denied" }),
            result({ type: "execution-denied", reason: "no" }),
            result({
              type: "content",
              value: [
                { type: "text", text: "d" },
                { type: "text", text: "e" },
              ],
            }),
            result({
              type: "content",
              value: [
                { type: "text", text: "see" },
                { type: "image-data", mediaType: "image/png", data: "AQ==", providerOptions: { maker: { a: 1 } } },
                { type: "file-data", mediaType: "application/pdf", data: "AQ==", filename: "a.pdf" },
                { type: "image-url", url: "https://a.example/b" },
                { type: "file-url", url: "https://a.example/c" },
                { type: "file-url", url: "https://a.example/c.pdf", mediaType: "application/pdf" },
                { type: "media", mediaType: "audio/wav", data: "AQ==" },
                { type: "file", mediaType: "image/png", data: { type: "data", data: bytes } },
                { type: "file", mediaType: "image/png", data: { type: "url", url: new URL("https://a.example/d") } },
              ],
            }),
          ],
        },
      ],
    });
    const outputs = [
      { output: "a" },
      { output: { b: 1 } },
      { output: "c", isError: true },
      { output: 4, isError: true },
      { output: "The user did not allow this call.", isError: true },
      { output: "no", isError: true },
      { output: "d\ne" },
      {
        output: `see
[image/png]
[application/pdf]
[image/*]
[application/octet-stream]
[application/pdf]
[audio/wav]
[image/png]
[image/png]`,
        files: [
          { type: "file", mediaType: "image/png", data: "AQ==", providerMetadata: { maker: { a: 1 } } },
          { type: "file", mediaType: "application/pdf", data: "AQ==", filename: "a.pdf" },
          { type: "file", mediaType: "image/*", data: new URL("https://a.example/b") },
          { type: "file", mediaType: "application/octet-stream", data: new URL("https://a.example/c") },
          { type: "file", mediaType: "application/pdf", data: new URL("https://a.example/c.pdf") },
          { type: "file", mediaType: "audio/wav", data: "AQ==" },
          { type: "file", mediaType: "image/png", data: bytes },
          { type: "file", mediaType: "image/png", data: new URL("https://a.example/d") },
        ],
      },
    ];
    expect(model.requests[0]?.messages).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "See" },
          {
            type: "file",
            mediaType: "image/png",
            data: bytes,
            filename: "a.png",
            providerMetadata: { maker: { cache: true } },
          },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "Hm.", providerMetadata: { maker: { signature: "s" } } },
          { type: "text", text: "I see." },
          { type: "tool-call", id: "c1", name: "look", input: { at: 1 } },
        ],
      },
      { role: "tool", content: outputs.map((output) => ({ type: "tool-result", id: "c1", name: "look", ...output })) },
    ]);
  });

  test("what cannot be said in a request, and what the model left out, is a warning", async () => {
    const model = scripted(["ok"], { capabilities: { effort: false } });
    const { warnings } = await generate(model, {
      prompt: [
        { role: "system", content: "Be brief.", providerOptions: { maker: { cache: true } } },
        ...prompt,
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "c",
              toolName: "look",
              output: { type: "content", value: [{ type: "image-file-id", fileId: "file-1" }] },
            },
          ],
        },
      ],
      responseFormat: { type: "json" },
      tools: [
        { type: "provider", id: "maker.search", name: "search", args: {} },
        { type: "function", name: "look", inputSchema: {}, strict: true, inputExamples: [{ input: {} }] },
      ],
      includeRawChunks: true,
      providerOptions: { mull: { effort: "low" } },
    });
    expect(warnings.map((warning) => ("feature" in warning ? warning.feature : warning.type)).sort()).toEqual([
      "effort",
      "examples of a tool's input",
      "includeRawChunks",
      "parts of a tool's result that are no text and no file",
      "provider options of a system message",
      "responseFormat",
      "strict tools",
      "the tool search",
    ]);
    expect(model.requests[0]?.tools).toEqual([{ name: "look", description: "", inputSchema: {} }]);
    expect(model.requests[0]?.messages.at(-1)).toMatchObject({ content: [{ output: "[image-file-id]" }] });
  });

  test("a seed is that of the run: samples differ, and come again", async () => {
    const solver = stack(
      synthetic({
        answers: [
          ["4", 0.5],
          ["5", 0.5],
        ],
      }),
      chainOfThought({ answer: number() }),
      sampleN(9),
      majorityVote(),
    );
    const votes = async (options: Partial<LanguageModelV3CallOptions>) =>
      ((await generate(solver, options)).providerMetadata as any).mull.votes;
    const seven = await votes({ seed: 7 });
    expect(seven).toHaveLength(2);
    expect(await votes({ seed: 7 })).toEqual(seven);
    const own = await toAiSdk(solver, { seed: 7 }).doGenerate({ prompt });
    expect((own.providerMetadata as any).mull.votes).toEqual(seven);
  });

  test("limits hold for each call, and for one call others can be given", async () => {
    const model = scripted(["one", "two", "three"]);
    const solver = toAiSdk(stack(model, sampleN(2)), { budget: { calls: 1 } });
    for (const [options, calls] of [
      [{}, 1],
      [{ providerOptions: { mull: { budget: { calls: 2 } } } }, 3],
    ] as const) {
      await solver.doGenerate({ prompt, ...options });
      expect(model.calls).toBe(calls);
    }
  });

  test("what the budget ended before any answer is no failure to try again", async () => {
    const asked = toAiSdk(scripted(["one"]), { budget: { tokens: 1 } }).doGenerate({ prompt });
    await expect(asked).rejects.toBeInstanceOf(BudgetExceededError);
    await expect(generate(scripted(["one"]), { providerOptions: { mull: { budgets: 1 } } })).rejects.toBeInstanceOf(
      InvalidOptionError,
    );
  });

  test("a refusal says when to come back, and who refused", async () => {
    const refusal = new ProviderError("slow down", { status: 429, retryAfterMs: 700, requestId: "r1" });
    const error: any = await generate(scripted([refusal])).then(null, (e: unknown) => e);
    expect(error).toMatchObject({
      statusCode: 429,
      responseHeaders: { "retry-after-ms": "700", "x-request-id": "r1" },
      url: "mull:scripted",
      cause: refusal,
    });
  });

  test("parts whose words a layer replaced are not told", async () => {
    const content = [
      { type: "text", text: "five", providerMetadata: { maker: { id: "m" } } },
      { type: "file", mediaType: "image/png", data: "AQ==" },
    ] as const;
    const { content: parts } = await generate(scripted([{ text: "four", reasoning: "Hm.", content }]));
    expect(parts).toEqual([
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "four" },
      { type: "file", mediaType: "image/png", data: "AQ==" },
    ]);
  });

  test("an answer that cannot be read may be tried again", async () => {
    const error: any = await generate(scripted([new MalformedResponseError("no JSON")])).then(null, (e: unknown) => e);
    expect(ai6.APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ isRetryable: true, message: "no JSON" });
  });
});

async function partsOf(model: LanguageModelV3, options: Partial<LanguageModelV3CallOptions> = {}) {
  const { stream } = await model.doStream({ prompt, ...options });
  const parts: LanguageModelV3StreamPart[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parts;
    parts.push(value);
  }
}

describe("a stream", () => {
  test("begins with warnings and ends with the figures", async () => {
    const parts = await partsOf(toAiSdk(scripted(["four"])), { includeRawChunks: true });
    expect(parts[0]).toEqual({
      type: "stream-start",
      warnings: [{ type: "unsupported", feature: "includeRawChunks" }],
    });
    expect(parts.at(-1)).toMatchObject({
      type: "finish",
      finishReason: { unified: "stop", raw: "stop" },
      usage: { inputTokens: { total: 1, noCache: 1, cacheRead: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } },
    });
  });

  test("who stops reading gives the run up, even while nothing comes", async () => {
    let signal: AbortSignal | undefined;
    const model = source("m", {}, (_, call) => {
      signal = call.signal;
      call.delta({ text: "It" });
      return new Promise(() => undefined);
    });
    const { stream } = await toAiSdk(model).doStream({ prompt });
    const reader = stream.getReader();
    for (let i = 0; i < 4; i++) await reader.read(); // start, metadata, text-start, text-delta
    const waiting = reader.read();
    await reader.cancel(new Error("left"));
    expect(await waiting).toMatchObject({ done: true });
    expect(signal?.aborted).toBe(true);
  });

  test("nobody is asked after an abort", async () => {
    const model = scripted(["four"]);
    const asked = toAiSdk(model).doStream({ prompt, abortSignal: AbortSignal.abort("no") });
    await expect(asked).rejects.toBe("no");
    expect(model.calls).toBe(0);
  });

  test("nothing stays on the caller's signal, however it ends", async () => {
    const controller = new AbortController();
    const options = { prompt, abortSignal: controller.signal };
    const left = () => getEventListeners(controller.signal, "abort").length;
    await toAiSdk(scripted(["four"])).doGenerate(options);
    await partsOf(toAiSdk(scripted(["four"])), options);
    const failing = new ProviderError("no", { status: 400 });
    await expect(toAiSdk(scripted([failing])).doStream(options)).rejects.toThrow("no");
    const broken = source("m", {}, (_, call) => {
      call.delta({ text: "It" });
      return Promise.reject(failing);
    });
    expect((await partsOf(toAiSdk(broken), options)).at(-1)).toMatchObject({ finishReason: { unified: "error" } });
    await (await toAiSdk(scripted(["a b c d e f"])).doStream(options)).stream.cancel();
    expect(left()).toBe(0);
  });

  test("a turn that was changed since is taken as it is", async () => {
    const model = scripted([{ text: "It is four.", reasoning: "Hm." }, "ok", "ok"]);
    const parts = await partsOf(toAiSdk(model));
    const end = parts.find(({ type }) => type === "text-end") as any;
    const turn = async (text: string) => {
      await toAiSdk(model).doGenerate({
        prompt: [
          ...prompt,
          { role: "assistant", content: [{ type: "text", text, providerOptions: end.providerMetadata }] },
          ...prompt,
        ],
      });
      return model.requests.at(-1)?.messages[1]?.content;
    };
    expect(await turn("It is four.")).toEqual([
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "It is four." },
    ]);
    expect(await turn("It is five.")).toMatchObject([{ type: "text", text: "It is five." }]);
  });

  test("files and calls come last", async () => {
    const content = [
      { type: "text", text: "See." },
      { type: "file", mediaType: "image/png", data: "AQ==" },
      { type: "file", mediaType: "image/png", data: new URL("https://a.example/b.png") },
      { type: "tool-call", id: "c1", name: "look", input: "{oops" },
    ] as const;
    const parts = await partsOf(toAiSdk(scripted([{ text: "See.", content, toolCalls: [content[3]] }])));
    expect(parts.slice(2).map(({ type }) => type)).toEqual([
      "text-start",
      "text-delta",
      "text-end",
      "file",
      "source",
      "tool-input-start",
      "tool-input-delta",
      "tool-input-end",
      "tool-call",
      "finish",
    ]);
    expect(parts.at(-2)).toMatchObject({ toolCallId: "c1", toolName: "look", input: "{oops" });
  });
});

describe("out and in again: the laws hold", () => {
  const laws = modelLaws(() => {
    const bottom = source("m", { seed: false }, async (request, call) => {
      const words = "Eight legs each and three of them make a total of 24 legs so that is the answer".split(" ");
      const said = words.slice(0, request.maxOutputTokens ?? words.length);
      for (const [i, word] of said.entries()) call.delta({ text: (i > 0 ? " " : "") + word });
      await Promise.resolve();
      return {
        text: said.join(" "),
        finishReason: said.length < words.length ? "length" : "stop",
        usage: { inputTokens: 9, cachedInputTokens: 0, outputTokens: said.length, reasoningTokens: 0 },
      };
    });
    return fromAiSdk(toAiSdk(bottom));
  });
  test.each(laws.map((law) => [law.name, law] as const))("%s", (_, { check }) => check());
});

test.each([
  ["model", {}, {}],
  ["model", undefined, {}],
  ["an option", scripted(["x"]), { signal: new AbortController().signal }],
])("bad %s", (option, model, options) => {
  expect(() => toAiSdk(model as never, options as never)).toThrow(InvalidOptionError);
  expect(() => toAiSdk(model as never, options as never)).toThrow(expect.objectContaining({ option }));
});

test("types: a stack is a language model of both versions", () => {
  const model = toAiSdk(scripted(["x"]));
  const third: LanguageModelV3 = model;
  const six: ai6.LanguageModel = model;
  const seven: ai7.LanguageModel = model;
  expect([third, six, seven]).toEqual([model, model, model]);
});
