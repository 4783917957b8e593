/**
 * @module
 * Stacks as chat models and runnables of LangChain.
 */
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { Runnable, RunnableLambda } from "@langchain/core/runnables";
import { tool } from "@langchain/core/tools";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  BudgetExceededError,
  InvalidOptionError,
  ProviderError,
  chainOfThought,
  majorityVote,
  number,
  sampleN,
  source,
  stack,
  textOf,
  type Model,
} from "mull";
import { fromLangChain, toChatModel, toRunnable, type RunnablePrompt } from "mull/adapters/langchain";
import { modelLaws, scripted } from "mull/testing";
import * as z from "zod";

const lines = ["Two and two. Answer: 4", "No. Answer: 5", "Sure. Answer: 4"];
const voting = (model: Model) => stack(model, chainOfThought({ answer: number() }), sampleN(3), majorityVote());
const hanging = () => {
  const seen: { signal?: AbortSignal } = {};
  const model = source("m", {}, (_, call) => {
    seen.signal = call.signal;
    call.delta({ text: "It" });
    return new Promise(() => undefined);
  });
  return { seen, model };
};

describe("toChatModel", () => {
  test("invoke: the vote's answer, its usage, and what mull knows beside", async () => {
    const model = scripted(lines, { price: { inputUsd: 1, outputUsd: 2 } });
    const message = await toChatModel(voting(model)).invoke("What is 2 + 2?");
    expect(message.content).toBe(lines[0]);
    expect(message.usage_metadata).toEqual({
      input_tokens: expect.any(Number),
      output_tokens: 11,
      total_tokens: expect.any(Number),
      input_token_details: { cache_read: 0 },
      output_token_details: { reasoning: 0 },
    });
    expect(message.response_metadata).toMatchObject({
      finish_reason: "stop",
      model_name: "majorityVote(sampleN(chainOfThought(scripted)))",
      mull: {
        answer: 4,
        stopped: "done",
        votes: [
          ["4", 2],
          ["5", 1],
        ],
        usage: { calls: 3, usd: expect.any(Number) },
      },
    });
    expect(JSON.parse(JSON.stringify(message.response_metadata))).toEqual(message.response_metadata);
  });

  test("what is not known of usage is left out", async () => {
    const message = await toChatModel(source("m", {}, () => Promise.resolve({ text: "four" }))).invoke("q");
    expect(message.usage_metadata).toBeUndefined();
  });

  test("stream: thoughts apart from the answer, before it; the chunks join to the message", async () => {
    let whole: AIMessageChunk | undefined;
    const order: string[] = [];
    for await (const chunk of await toChatModel(voting(scripted(lines))).stream("What is 2 + 2?")) {
      if (chunk.content !== "") order.push("text");
      else if (chunk.additional_kwargs.reasoning_content !== undefined) order.push("reasoning");
      whole = whole === undefined ? chunk : whole.concat(chunk);
    }
    expect(order.filter((type, i) => type !== order[i - 1])).toEqual(["reasoning", "text"]);
    expect(whole?.content).toBe(lines[0]);
    expect(whole?.additional_kwargs.reasoning_content).toBe(lines.join("\n\n"));
    expect(whole?.usage_metadata).toMatchObject({ output_tokens: 11 });
    expect(whole?.response_metadata).toMatchObject({ finish_reason: "stop", mull: { answer: 4 } });
  });

  test("stream: an answer that is written alone comes word by word; with `whole` in one piece", async () => {
    for (const [whole, pieces] of [
      [false, 4],
      [true, 1],
    ] as const) {
      const told: unknown[] = [];
      for await (const { content } of await toChatModel(scripted(["It is four indeed."]), { whole }).stream("q")) {
        if (content !== "") told.push(content);
      }
      expect(told).toHaveLength(pieces);
      expect(told.join("")).toBe("It is four indeed.");
    }
  });

  test("tokens are told to callbacks", async () => {
    const tokens: string[] = [];
    const callbacks = [
      {
        handleLLMNewToken: (token: string) => {
          tokens.push(token);
        },
      },
    ];
    for await (const _ of await toChatModel(scripted(["It is four."])).stream("q", { callbacks }))
      expect(_).toBeDefined();
    expect(tokens.join("")).toBe("It is four.");
  });

  test("tools reach the model at the bottom; its calls can be answered", async () => {
    const weather = tool(({ town }) => `snow in ${town}`, {
      name: "weather",
      description: "The weather of a town.",
      schema: z.object({ town: z.string() }),
    });
    const toolCalls = [{ type: "tool-call" as const, id: "c1", name: "weather", input: { town: "Uppsala" } }];
    for (const how of ["invoke", "stream"] as const) {
      const model = scripted([{ text: "", toolCalls }, "It snows."]);
      const bound = toChatModel(model).bindTools([weather], { tool_choice: "any" });
      const question = new HumanMessage("The weather in Uppsala?");
      let said: AIMessageChunk | undefined;
      if (how === "invoke") said = await bound.invoke([question]);
      else
        for await (const chunk of await bound.stream([question]))
          said = said === undefined ? chunk : said.concat(chunk);
      expect(said?.tool_calls).toEqual([{ type: "tool_call", id: "c1", name: "weather", args: { town: "Uppsala" } }]);
      const result = (await weather.invoke(said!.tool_calls![0] as never)) as unknown as ToolMessage;
      expect((await bound.invoke([question, said!, result])).content).toBe("It snows.");
      expect(model.requests[0]).toMatchObject({
        toolChoice: "required",
        tools: [
          {
            name: "weather",
            description: "The weather of a town.",
            inputSchema: { type: "object", properties: { town: { type: "string" } } },
          },
        ],
      });
      expect(model.requests[1]?.messages.slice(1)).toEqual([
        { role: "assistant", content: toolCalls },
        { role: "tool", content: [{ type: "tool-result", id: "c1", name: "weather", output: "snow in Uppsala" }] },
      ]);
    }
  });

  test.each([
    ["auto", "auto"],
    ["none", "none"],
    ["required", "required"],
    ["look", { name: "look" }],
    [{ type: "function", function: { name: "look" } }, { name: "look" }],
    [{ type: "tool", name: "look" }, { name: "look" }],
  ])("tool choice %j", async (tool_choice, expected) => {
    const model = scripted(["ok"]);
    const look = {
      type: "function",
      function: { name: "look", description: "Looks.", parameters: { type: "object" } },
    };
    await toChatModel(model).bindTools([look], { tool_choice }).invoke("q");
    expect(model.requests[0]?.toolChoice).toEqual(expected);
  });

  test("withStructuredOutput works through a tool", async () => {
    const toolCalls = [{ type: "tool-call" as const, id: "c1", name: "extract", input: { legs: 24 } }];
    const model = toChatModel(scripted([{ text: "", toolCalls }]));
    expect(await model.withStructuredOutput(z.object({ legs: z.number() })).invoke("q")).toEqual({ legs: 24 });
  });

  test.each(["invoke", "stream"] as const)(
    "%s: signatures come back to the model unchanged, shown thoughts do not",
    async (how) => {
      const content = [
        { type: "reasoning", text: "I must look.", providerMetadata: { maker: { signature: "s1" } } },
        { type: "text", text: "Blue." },
      ] as const;
      const model = scripted([
        { text: "Blue.", reasoning: "I must look.", content },
        { text: "Blue.", reasoning: "Another thought." },
        "ok",
      ]);
      const chat = toChatModel(stack(model, sampleN(2)));
      let said: AIMessageChunk | undefined;
      if (how === "invoke") said = await chat.invoke("q");
      else for await (const chunk of await chat.stream("q")) said = said === undefined ? chunk : said.concat(chunk);
      await toChatModel(model).invoke([new HumanMessage("q"), said!, new HumanMessage("more")]);
      expect(model.requests[2]?.messages[1]).toEqual({ role: "assistant", content });
    },
  );

  test("messages of every kind, with files in every form", async () => {
    const model = scripted(["ok"]);
    const file = (mediaType: string, data: string, rest = {}) => ({ type: "file", mediaType, data, ...rest });
    await toChatModel(model).invoke([
      new SystemMessage("Be brief."),
      new HumanMessage({
        content: [
          { type: "text", text: "See" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AQ==" } },
          { type: "image_url", image_url: "https://a.example/b.png" },
          { type: "image", mimeType: "image/png", data: "AQ==" },
          { type: "image", source_type: "base64", mime_type: "image/png", data: "AQ==" },
          { type: "input_audio", input_audio: { data: "AQ==", format: "wav" } },
          { type: "file", file: { file_data: "data:application/pdf;base64,AQ==", filename: "a.pdf" } },
          {
            type: "file",
            source_type: "base64",
            mime_type: "application/pdf",
            data: "AQ==",
            metadata: { filename: "a.pdf" },
          },
        ] as never,
      }),
      new AIMessage({
        content: [
          { type: "reasoning", reasoning: "Hm." },
          { type: "text", text: "I see." },
        ],
        tool_calls: [{ id: "c1", name: "look", args: { at: 1 } }],
      }),
      new ToolMessage({ tool_call_id: "c1", content: "no", status: "error" }),
      new ToolMessage({
        tool_call_id: "c1",
        content: [
          { type: "text", text: "see" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AQ==" } },
          { type: "hologram" },
          { type: "file", mimeType: "application/pdf", data: "AQ==" },
        ] as never,
      }),
      new ToolMessage({
        tool_call_id: "c1",
        content: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      }),
      new AIMessage({ content: "", additional_kwargs: { reasoning_content: "Hm." } }),
      new AIMessage({ content: "Four.", additional_kwargs: { reasoning_content: "shown", mull: {} } }),
    ]);
    expect(model.requests[0]?.messages).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "See" },
          file("image/png", "data:image/png;base64,AQ=="),
          file("image/*", "https://a.example/b.png"),
          file("image/png", "AQ=="),
          file("image/png", "AQ=="),
          file("audio/wav", "AQ=="),
          file("application/pdf", "data:application/pdf;base64,AQ==", { filename: "a.pdf" }),
          file("application/pdf", "AQ==", { filename: "a.pdf" }),
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "Hm." },
          { type: "text", text: "I see." },
          { type: "tool-call", id: "c1", name: "look", input: { at: 1 } },
        ],
      },
      { role: "tool", content: [{ type: "tool-result", id: "c1", name: "look", output: "no", isError: true }] },
      {
        role: "tool",
        content: [
          {
            type: "tool-result",
            id: "c1",
            name: "look",
            output: "see\n[image/png]\n[application/pdf]",
            files: [file("image/png", "data:image/png;base64,AQ=="), file("application/pdf", "AQ==")],
          },
        ],
      },
      { role: "tool", content: [{ type: "tool-result", id: "c1", name: "look", output: "ab" }] },
      { role: "assistant", content: [{ type: "reasoning", text: "Hm." }] },
      { role: "assistant", content: "Four." },
    ]);
    const odd = new HumanMessage({ content: [{ type: "hologram" }] as never });
    await expect(toChatModel(model).invoke([odd])).rejects.toBeInstanceOf(InvalidOptionError);
  });

  test("settings, limits and seeds of a call", async () => {
    const model = scripted(["one", "two", "three"], { capabilities: { seed: true } });
    const chat = toChatModel(stack(model, sampleN(2)), { budget: { calls: 1 } });
    await chat.invoke("q", { request: { temperature: 0.5, effort: "high" }, stop: ["END"], seed: 7 });
    expect(model.requests[0]).toMatchObject({
      temperature: 0.5,
      effort: "high",
      stop: ["END"],
      seed: expect.any(Number),
    });
    expect(model.calls).toBe(1);
    await chat.invoke("q", { budget: { calls: 2 } });
    expect(model.calls).toBe(3);
    await expect(chat.invoke("q", { budget: { tokens: 1 } })).rejects.toBeInstanceOf(BudgetExceededError);
  });

  test("a failure leaves as it came, after one try", async () => {
    const failure = new ProviderError("overloaded", { status: 503 });
    const model = scripted([failure, "four"]);
    await expect(toChatModel(model).invoke("q")).rejects.toBe(failure);
    expect(model.calls).toBe(1);
    expect(
      (
        await toChatModel(scripted([failure, "four"]))
          .withRetry({ stopAfterAttempt: 2 })
          .invoke("q")
      ).content,
    ).toBe("four");
  });

  test("an abort of the config's signal reaches the model, in a stream, too", async () => {
    const reason = new DOMException("enough", "AbortError");
    const first = hanging();
    const controller = new AbortController();
    const asked = toChatModel(first.model).invoke("q", { signal: controller.signal });
    await new Promise(setImmediate);
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    expect(first.seen.signal?.aborted).toBe(true);

    const second = hanging();
    for await (const chunk of await toChatModel(second.model).stream("q")) {
      expect(chunk.content).toBe("It");
      break;
    }
    await new Promise(setImmediate);
    expect(second.seen.signal?.aborted).toBe(true);
  });

  test("in a chain", async () => {
    const prompt = ChatPromptTemplate.fromMessages([
      ["system", "Be brief."],
      ["human", "What is {sum}?"],
    ]);
    const model = scripted(["four", "four"]);
    const chain = prompt.pipe(toChatModel(model)).pipe(new StringOutputParser());
    expect(await chain.invoke({ sum: "2 + 2" })).toBe("four");
    expect(model.requests[0]?.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "What is 2 + 2?" },
    ]);
    let streamed = "";
    for await (const piece of await chain.stream({ sum: "2 + 2" })) streamed += piece;
    expect(streamed).toBe("four");
  });
});

describe("toRunnable", () => {
  test("invoke gives the response, with its type", async () => {
    const solver = toRunnable(voting(scripted(lines)));
    const response = await solver.invoke("What is 2 + 2?");
    expectTypeOf(response.answer).toEqualTypeOf<number | undefined>();
    expect(response.answer).toBe(4);
    expect(response.votes.map(({ key, count }) => [key, count])).toEqual([
      ["4", 2],
      ["5", 1],
    ]);
  });

  test.each<[string, RunnablePrompt]>([
    ["a text", "q"],
    ["a message", new HumanMessage("q")],
    ["messages", [["human", "q"]]],
    ["a prompt value", { toChatMessages: () => [new HumanMessage("q")], toString: () => "q" } as never],
    ["a state of messages", { messages: [new HumanMessage("q")] } as never],
    ["a request", { messages: [{ role: "user", content: "q" }], temperature: 0 }],
  ])("takes %s", async (_, input) => {
    const model = scripted(["ok"]);
    await toRunnable(model).invoke(input);
    expect(model.requests[0]).toMatchObject({ messages: [{ role: "user", content: "q" }] });
  });

  test.each([[5], [{}], [""]])("does not take %j", async (input) => {
    await expect(toRunnable(scripted(["ok"])).invoke(input as never)).rejects.toBeInstanceOf(InvalidOptionError);
  });

  test("batch: several questions, each in its own run, so many at a time", async () => {
    let running = 0;
    let most = 0;
    const model = source("m", {}, async ({ messages }) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return { text: `to ${textOf(messages[0]!)}`, usage: { inputTokens: 1, outputTokens: 2 } };
    });
    const answers = await toRunnable(model, { budget: { calls: 1 } }).batch(["a", "b", "c"], { maxConcurrency: 2 });
    expect(answers.map(({ text, usage }) => [text, usage.calls])).toEqual([
      ["to a", 1],
      ["to b", 1],
      ["to c", 1],
    ]);
    expect(most).toBe(2);
    const failing = toRunnable(scripted([new ProviderError("no", { status: 500 }), "two"]));
    const results = await failing.batch(["a", "b"], {}, { returnExceptions: true });
    expect(results).toEqual([expect.any(ProviderError), expect.objectContaining({ text: "two" })]);
  });

  test("stream: pieces, which join to the response, also in a chain", async () => {
    const pieces: { text: string; reasoning?: string }[] = [];
    for await (const piece of await toRunnable(voting(scripted(lines))).stream("q")) pieces.push(piece);
    expect(pieces.map(({ text }) => text).join("")).toBe(lines[0]);
    expect(pieces.map(({ reasoning = "" }) => reasoning).join("")).toBe(lines.join("\n\n"));
    expect(pieces.at(-1)).toMatchObject({ text: "", answer: 4, usage: { calls: 3 } });

    const chain = toRunnable(voting(scripted([...lines, ...lines]))).pipe(
      RunnableLambda.from(({ text, answer }: { text: string; answer?: unknown }) => [text, answer]),
    );
    const streamed: unknown[] = [];
    for await (const piece of await chain.stream("q")) streamed.push(piece);
    expect(streamed).toEqual([[lines[0], 4]]);
    expect(await chain.invoke("q")).toEqual([lines[0], 4]);
  });

  test("an abort of the config's signal reaches the model, and so does leaving the stream", async () => {
    const first = hanging();
    const controller = new AbortController();
    const asked = toRunnable(first.model).invoke("q", { signal: controller.signal });
    await new Promise(setImmediate);
    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow();
    expect(first.seen.signal?.aborted).toBe(true);

    const second = hanging();
    for await (const piece of await toRunnable(second.model).stream("q")) {
      expect(piece.text).toBe("It");
      break;
    }
    await new Promise(setImmediate);
    expect(second.seen.signal?.aborted).toBe(true);
  });

  test("a seed and limits hold for every run", async () => {
    const model = scripted(["a", "b"], { capabilities: { seed: true } });
    const runnable = toRunnable(model, { seed: 3, budget: { calls: 1 } });
    await runnable.invoke("q");
    await runnable.invoke("q");
    expect(model.requests[0]?.seed).toBe(model.requests[1]?.seed);
  });
});

describe("out and in again: the laws hold", () => {
  const laws = modelLaws(
    () => {
      const bottom = source("m", { seed: false, temperature: true }, async (request, call) => {
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
      return fromLangChain(toChatModel(bottom));
    },
    { skip: { "the output cap is obeyed": "settings go to this chat model as call options, not as fields" } },
  );
  test.each(laws.map((law) => [law.name, law] as const))("%s", (_, { check }) => check());
});

test.each([
  ["model", () => toChatModel({} as never)],
  ["an option", () => toChatModel(scripted(["x"]), { signal: 1 } as never)],
  ["model", () => toRunnable(undefined as never)],
  ["an option", () => toRunnable(scripted(["x"]), { modelId: "x" } as never)],
])("bad %s", (option, make) => {
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(expect.objectContaining({ option }));
});

test("types: a chat model, and a runnable", () => {
  expect(toChatModel(scripted(["x"]))).toBeInstanceOf(BaseChatModel);
  expect(toRunnable(scripted(["x"]))).toBeInstanceOf(Runnable);
  const chat: BaseChatModel = toChatModel(scripted(["x"]));
  expect(chat._llmType()).toBe("mull");
});
