/**
 * @module
 * What is served, asked by programs that know nothing of mull: OpenAI's own client, the AI SDK, LangChain, curl.
 */
import { execFile, spawn, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI } from "@langchain/openai";
import * as ai6 from "ai";
import * as ai7 from "ai7";
import OpenAI from "openai";
import OpenAI7 from "openai-7";
import { createOpenAICompatible as createOpenAICompatible4 } from "openai-compatible-v4";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ProviderError, chainOfThought, majorityVote, number, sampleN, source, stack, textOf, type Model } from "mull";
import { openaiHandler, type OpenaiHandlerOptions } from "mull/serve";
import { scripted } from "mull/testing";
import { parse, patient, until } from "./ask.js";
import { hosting, type Host } from "./host.js";

const usage = { inputTokens: 20, cachedInputTokens: 5, outputTokens: 10, reasoningTokens: 4 };

/** Thinks, then says its words one by one. */
const talker: Model = source("talker", {}, (_, call) => {
  call.delta({ reasoning: "Eight each. " });
  call.delta({ reasoning: "Three of them." });
  for (const text of ["24", " legs", " 🕷"]) call.delta({ text });
  const logprobs = [{ token: "24", logprob: -0.5 }];
  return Promise.resolve({ text: "24 legs 🕷", reasoning: "Eight each. Three of them.", usage, logprobs });
});

/** Calls the first tool it is given; with its result, answers. */
const asker: Model = source("asker", {}, ({ messages, tools = [] }) => {
  const last = messages.at(-1);
  if (last?.role === "tool") {
    const [result] = last.content;
    return Promise.resolve({ text: `${result?.name} said ${String(result?.output)}`, usage });
  }
  const toolCalls = [{ type: "tool-call" as const, id: "call-1", name: tools[0]!.name, input: { place: "Rome" } }];
  return Promise.resolve({ text: "", toolCalls, usage });
});

const solver = (): Model =>
  stack(
    scripted(["Answer: 24", "Answer: 22", "Answer: 24"], { repeat: true, usage: () => usage }),
    chainOfThought({ answer: number() }),
    sampleN(3),
    majorityVote(),
  );

/** Busy as often as it is told, then answers. */
function busy(times: number): Model {
  return source("busy", {}, () =>
    times-- > 0
      ? Promise.reject(new ProviderError("slow down", { status: 429, retryAfterMs: 20 }))
      : Promise.resolve({ text: "at last", usage }),
  );
}

const broken: Model = source("broken", {}, (_, call) => {
  call.delta({ text: "so " });
  return Promise.reject(new ProviderError("secret", { status: 503 }));
});

function served<T>(act: (host: Host) => Promise<T>, options: Partial<OpenaiHandlerOptions> = {}): Promise<T> {
  const models = { talker, asker, solver: solver(), busy: busy(2), broken, ...options.models };
  return hosting(openaiHandler({ apiKey: "sk-good", ...options, models }), act);
}

const messages = [
  { role: "developer" as const, content: "Be brief." },
  { role: "user" as const, content: "How many legs do three spiders have?" },
];
const weather = {
  type: "function" as const,
  function: {
    name: "weather",
    description: "Tells it.",
    parameters: { type: "object", properties: { place: { type: "string" } } },
  },
};

describe.each([
  ["6", OpenAI],
  ["7", OpenAI7 as unknown as typeof OpenAI],
])("openai %s", (_, Client) => {
  const client = ({ url }: Host, options: object = {}): OpenAI =>
    new Client({ baseURL: `${url}/v1`, apiKey: "sk-good", maxRetries: 0, ...options });

  test("gets a completion with its usage, its thoughts and log-probabilities", async () => {
    await served(async (host) => {
      const done = await client(host).chat.completions.create({ model: "talker", messages, logprobs: true });
      expect(done.choices[0]?.message).toMatchObject({
        content: "24 legs 🕷",
        reasoning_content: "Eight each. Three of them.",
      });
      expect(done.choices[0]?.logprobs?.content?.[0]).toMatchObject({ token: "24", logprob: -0.5 });
      expect(done.usage).toEqual({
        prompt_tokens: 20,
        completion_tokens: 10,
        total_tokens: 30,
        prompt_tokens_details: { cached_tokens: 5 },
        completion_tokens_details: { reasoning_tokens: 4 },
      });
      expect(done._request_id).toMatch(/^[0-9a-f]{32}$/);
    });
  });

  test("gets a vote, with what mull knows of it", async () => {
    await served(async (host) => {
      const done = await client(host).chat.completions.create({ model: "solver", messages });
      expect(done.choices[0]?.message.content).toBe("Answer: 24");
      expect(done).toMatchObject({
        mull: {
          key: "24",
          votes: [
            ["24", 2],
            ["22", 1],
          ],
          usage: { calls: 3 },
        },
      });
    });
  });

  test("streams words, thoughts and usage", async () => {
    await served(async (host) => {
      const chunks = [];
      const stream = await client(host).chat.completions.create({
        model: "talker",
        messages,
        stream: true,
        stream_options: { include_usage: true },
      });
      for await (const chunk of stream) chunks.push(chunk);
      const deltas = chunks.flatMap(({ choices }) =>
        choices.map(({ delta }) => delta as Record<string, string | undefined>),
      );
      expect(deltas.map(({ content }) => content ?? "").join("")).toBe("24 legs 🕷");
      expect(deltas.map(({ reasoning_content: thought }) => thought ?? "").join("")).toBe("Eight each. Three of them.");
      expect(deltas.length).toBeGreaterThan(5);
      expect(chunks.at(-1)?.usage?.total_tokens).toBe(30);
    });
  });

  test("puts a stream together, tools and all", async () => {
    await served(async (host) => {
      const runner = client(host).chat.completions.stream({ model: "asker", messages, tools: [weather], n: 2 });
      const whole = await runner.finalChatCompletion();
      expect(whole.choices.map(({ finish_reason: reason }) => reason)).toEqual(["tool_calls", "tool_calls"]);
      for (const { message } of whole.choices) {
        expect(message.tool_calls).toMatchObject([
          { id: "call-1", type: "function", function: { name: "weather", arguments: '{"place":"Rome"}' } },
        ]);
      }
    });
  });

  test("runs its tools and goes on", async () => {
    await served(async (host) => {
      const runner = client(host).chat.completions.runTools({
        model: "asker",
        messages,
        tools: [
          {
            type: "function",
            function: {
              ...weather.function,
              function: ({ place }: { place: string }) => `sun over ${place}`,
              parse: JSON.parse,
            },
          },
        ],
      } as never);
      expect(await runner.finalContent()).toBe("weather said sun over Rome");
    });
  });

  test("gets n choices, and one usage", async () => {
    await served(async (host) => {
      const done = await client(host).chat.completions.create({ model: "talker", messages, n: 3 });
      expect(done.choices.map(({ index, message }) => [index, message.content])).toEqual(
        [0, 1, 2].map((i) => [i, "24 legs 🕷"]),
      );
      expect(done.usage?.total_tokens).toBe(90);
    });
  });

  test("lists models", async () => {
    await served(async (host) => {
      const ids = [];
      for await (const { id } of client(host).models.list()) ids.push(id);
      expect(ids).toEqual(["talker", "asker", "solver", "busy", "broken"]);
      expect((await client(host).models.retrieve("solver")).owned_by).toBe("mull");
    });
  });

  test("has its errors", async () => {
    await served(async (host) => {
      const ask = (fields: object, options = {}) =>
        client(host, options).chat.completions.create({ model: "talker", messages, ...fields } as never);
      await expect(ask({ temperature: 9 })).rejects.toMatchObject({
        status: 400,
        param: "temperature",
        code: "invalid_value",
        name: "Error",
      });
      await expect(ask({}, { apiKey: "sk-bad" })).rejects.toBeInstanceOf(Client.AuthenticationError);
      await expect(ask({ model: "other" })).rejects.toBeInstanceOf(Client.NotFoundError);
      await expect(ask({ model: "broken" })).rejects.toMatchObject({ status: 502, code: "provider_failed" });
      await expect(client(host).embeddings.create({ model: "m", input: "x" })).rejects.toMatchObject({ status: 404 });
    });
  });

  test("tries again as long as it is told to", async () => {
    await served(async (host) => {
      const began = performance.now();
      const done = await client(host, { maxRetries: 2 }).chat.completions.create({ model: "busy", messages });
      expect(done.choices[0]?.message.content).toBe("at last");
      // Its own back-off would be half a second and more.
      expect(performance.now() - began).toBeLessThan(1_000);
    });
  });

  test("hears of a failure in mid-stream", async () => {
    await served(async (host) => {
      let text = "";
      const read = async (): Promise<void> => {
        const stream = await client(host).chat.completions.create({ model: "broken", messages, stream: true });
        for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
      };
      await expect(read()).rejects.toMatchObject({ code: "provider_failed", type: "server_error" });
      expect(text).toBe("so ");
    });
  });

  test("that breaks out of its loop, or aborts, gives the run up", async () => {
    const { model, running, reasons } = patient(["so ", "it "]);
    await served(
      async (host) => {
        const stream = await client(host).chat.completions.create({ model: "patient", messages, stream: true });
        for await (const { choices } of stream) if (choices[0]?.delta.content === "it ") break;
        await until(() => reasons.length === 1, "the first abort");
        const controller = new AbortController();
        const asked = client(host).chat.completions.create(
          { model: "patient", messages },
          { signal: controller.signal },
        );
        await until(() => running() === 1, "the second run");
        controller.abort();
        await expect(asked).rejects.toThrow(Client.APIUserAbortError);
        await until(() => reasons.length === 2, "the second abort");
      },
      { models: { patient: model } },
    );
  });
});

describe.each([
  ["6", ai6, createOpenAICompatible],
  ["7", ai7 as unknown as typeof ai6, createOpenAICompatible4 as unknown as typeof createOpenAICompatible],
])("the AI SDK %s", (_, { generateText, stepCountIs, streamText, tool: aiTool }, createProvider) => {
  const provider = ({ url }: Host, apiKey = "sk-good") =>
    createProvider({ name: "mull", baseURL: `${url}/v1`, apiKey, includeUsage: true });
  const prompt = "How many legs do three spiders have?";

  test("generates text, with thoughts and usage", async () => {
    await served(async (host) => {
      const done = await generateText({
        model: provider(host)("talker"),
        system: "Be brief.",
        prompt,
        seed: 1,
        temperature: 0.5,
      });
      expect([done.text, done.reasoningText, done.finishReason]).toEqual([
        "24 legs 🕷",
        "Eight each. Three of them.",
        "stop",
      ]);
      expect(done.usage).toMatchObject({
        inputTokens: 20,
        outputTokens: 10,
        inputTokenDetails: { cacheReadTokens: 5 },
        outputTokenDetails: { reasoningTokens: 4 },
      });
    });
  });

  test("streams text, with thoughts and usage", async () => {
    await served(async (host) => {
      const result = streamText({ model: provider(host)("talker"), prompt });
      const pieces: string[] = [];
      for await (const piece of result.textStream) pieces.push(piece);
      expect(pieces).toEqual(["24", " legs", " 🕷"]);
      expect(await result.reasoningText).toBe("Eight each. Three of them.");
      expect(await result.usage).toMatchObject({ inputTokens: 20, outputTokens: 10 });
    });
  });

  test("reads unknown usage as unknown", async () => {
    const silent = source("silent", {}, () => Promise.resolve({ text: "so" }));
    await served(
      async (host) => {
        const { usage: whole } = await generateText({ model: provider(host)("silent"), prompt });
        const result = streamText({ model: provider(host)("silent"), prompt });
        await result.consumeStream();
        for (const known of [whole, await result.usage]) {
          expect([known.inputTokens, known.outputTokens, known.totalTokens]).toEqual([undefined, undefined, undefined]);
        }
      },
      { models: { silent } },
    );
  });

  test.each(["generates", "streams"])("%s with tools, in two steps", async (how) => {
    await served(async (host) => {
      const tools = {
        weather: aiTool({
          description: "Tells it.",
          inputSchema: z.object({ place: z.string() }),
          execute: ({ place }) => `sun over ${place}`,
        }),
      };
      const options = { model: provider(host)("asker"), prompt, tools, stopWhen: stepCountIs(3) };
      const text = how === "generates" ? (await generateText(options)).text : await streamText(options).text;
      expect(text).toBe("weather said sun over Rome");
    });
  });

  test("has its errors, and tries again where that can help", async () => {
    await served(async (host) => {
      expect((await generateText({ model: provider(host)("busy"), prompt })).text).toBe("at last");
      const fail = (name: string, key?: string) =>
        generateText({ model: provider(host, key)(name), prompt, maxRetries: 0 });
      await expect(fail("other")).rejects.toMatchObject({ statusCode: 404, isRetryable: false });
      await expect(fail("talker", "sk-bad")).rejects.toMatchObject({ statusCode: 401, isRetryable: false });
      await expect(fail("broken")).rejects.toMatchObject({ statusCode: 502, isRetryable: true });
      const errors: unknown[] = [];
      const result = streamText({
        model: provider(host)("broken"),
        prompt,
        onError: ({ error }) => void errors.push(error),
      });
      await result.consumeStream();
      expect(errors).toEqual([expect.objectContaining({ message: "the model's provider failed" })]);
    });
  });
});

test("LangChain answers, streams and calls tools", async () => {
  await served(async ({ url }) => {
    const chat = (model: string): ChatOpenAI =>
      new ChatOpenAI({ model, apiKey: "sk-good", maxRetries: 0, configuration: { baseURL: `${url}/v1` } });
    const done = await chat("talker").invoke("How many legs do three spiders have?");
    expect(done).toMatchObject({ content: "24 legs 🕷", usage_metadata: { total_tokens: 30 } });
    const pieces: unknown[] = [];
    for await (const { content } of await chat("talker").stream("Legs?")) pieces.push(content);
    expect(pieces.filter((piece) => piece !== "")).toEqual(["24", " legs", " 🕷"]);
    const asked = await chat("asker").bindTools([weather]).invoke("Rome?");
    expect(asked.tool_calls).toEqual([{ type: "tool_call", id: "call-1", name: "weather", args: { place: "Rome" } }]);
  });
});

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

describe.skipIf(!hasCurl)(`curl${hasCurl ? "" : " (left out: there is no curl on the PATH)"}`, () => {
  const curl = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)("curl", ["-sS", "--max-time", "15", "--noproxy", "*", ...args])).stdout;
  const json = ["-H", "content-type: application/json", "-H", "authorization: Bearer sk-good"];
  const body = (fields: object): string => JSON.stringify({ messages, ...fields });

  test("asks, streams and lists", async () => {
    await served(async ({ url }) => {
      const chat = `${url}/llm/v1/chat/completions`;
      const whole = JSON.parse(await curl(chat, ...json, "-d", body({ model: "talker" })));
      expect(whole.choices[0].message.content).toBe("24 legs 🕷");
      const { text, done, chunks } = parse(
        await curl("-N", chat, ...json, "-d", body({ model: "talker", stream: true })),
      );
      expect([text, done, chunks.at(-1).choices[0].finish_reason]).toEqual(["24 legs 🕷", true, "stop"]);
      expect(JSON.parse(await curl(`${url}/v1/models`, ...json)).data.length).toBe(5);
    });
  });

  test("is refused", async () => {
    await served(
      async ({ url }) => {
        const chat = `${url}/v1/chat/completions`;
        const status = (...args: string[]) => curl("-o", "/dev/null", "-w", "%{http_code}", ...args);
        expect(await status(chat, "-H", "content-type: application/json", "-d", "{}")).toBe("401");
        expect(await status(chat, ...json, "-d", "{")).toBe("400");
        expect(await status(chat, ...json, "-X", "PUT", "-d", "{}")).toBe("405");
        expect(await status(chat, "-H", "authorization: Bearer sk-good", "-d", "{}")).toBe("415");
        const large = spawn("curl", [
          "-sS",
          "--max-time",
          "15",
          "--noproxy",
          "*",
          "-w",
          "%{http_code}",
          "-o",
          "/dev/null",
          chat,
          ...json,
          "--data-binary",
          "@-",
        ]);
        large.stdin.on("error", () => undefined);
        large.stdin.end("x".repeat(3_000_000));
        let code = "";
        for await (const chunk of large.stdout) code += String(chunk);
        expect(code).toBe("413");
      },
      { maxBodyBytes: 1_000_000 },
    );
  });

  test("that is killed gives the run up", async () => {
    const { model, running, reasons } = patient(["so "]);
    await served(
      async ({ url }) => {
        const child = spawn("curl", [
          "-sSN",
          "--noproxy",
          "*",
          `${url}/v1/chat/completions`,
          ...json,
          "-d",
          body({ model: "patient", stream: true }),
        ]);
        let heard = "";
        for await (const chunk of child.stdout) {
          heard += String(chunk);
          if (heard.includes("so ")) child.kill("SIGKILL");
        }
        await until(() => running() === 0, "the end of the run");
        expect(reasons).toEqual([expect.objectContaining({ message: "the client hung up" })]);
      },
      { models: { patient: model } },
    );
  });
});

test("whoever asks, the model hears what was said", async () => {
  const model = scripted(["hi"], { repeat: true });
  await served(
    async (host) => {
      await new OpenAI({ baseURL: `${host.url}/v1`, apiKey: "sk-good" }).chat.completions.create({
        model: "listener",
        messages,
      });
      expect(model.requests[0]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
      expect(textOf(model.requests[0]!.messages[1]!)).toBe("How many legs do three spiders have?");
    },
    { models: { listener: model } },
  );
});
