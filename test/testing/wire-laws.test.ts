/**
 * @module
 * The laws of the wire: each holds for a right model of a provider, and is broken by wrong ones. The provider is played in the same process.
 */
import { describe, expect, test } from "vitest";
import {
  MalformedResponseError,
  ProviderError,
  race,
  source,
  type Capabilities,
  type Model,
  type ModelRequest,
  type Reply,
  type SourceCall,
} from "mull";
import { modelLaws, scripted, type Scene, type SceneReply, type SceneUsage, type Stage } from "mull/testing";

/** The parts of an adapter, any of which may be wrong. */
interface Adapter {
  readonly capabilities: Capabilities;
  /** What is sent. */
  body(request: ModelRequest, call: SourceCall): string;
  /** What is told of a completion while it comes. */
  tell(reply: SceneReply, call: SourceCall, choice: number): void;
  /** What is read of the completions. */
  read(replies: readonly SceneReply[], usage: SceneUsage, call: SourceCall): readonly Reply[];
  /** What becomes of an error of the provider's. */
  refuse(scene: Extract<Scene, { readonly kind: "refuse" }>, request: ModelRequest): unknown;
  /** What becomes of a response that is none. */
  broken(scene: Exclude<Scene, { readonly kind: "reply" | "refuse" | "hang" }>): Reply;
  /** How many requests are made before one is believed. */
  readonly attempts: number;
  /** Does the connection go down with the call? */
  readonly hangsUp: boolean;
}

function finishOf({ finishReason, toolCalls }: SceneReply): NonNullable<Reply["finishReason"]> {
  return finishReason ?? (toolCalls === undefined ? "stop" : "tool-calls");
}

function replyOf(reply: SceneReply): Reply {
  const { text, reasoning, toolCalls, logprobs } = reply;
  return {
    text,
    ...(reasoning !== undefined && { reasoning }),
    ...(toolCalls && { toolCalls: toolCalls.map((call) => ({ type: "tool-call", ...call })) }),
    ...(logprobs && { logprobs }),
    finishReason: finishOf(reply),
  };
}

const right: Adapter = {
  capabilities: {},
  body: (request) =>
    JSON.stringify(request, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
    ),
  tell({ text, reasoning, toolCalls = [] }, call, choice) {
    for (const word of reasoning?.split(/(?<= )/) ?? []) call.delta({ reasoning: word }, choice);
    for (const word of text.split(/(?<= )/)) if (word !== "") call.delta({ text: word }, choice);
    for (const { input } of toolCalls) call.delta({ toolInput: JSON.stringify(input) }, choice);
  },
  read: (replies, usage) =>
    replies.map((reply, i) => ({
      ...replyOf(reply),
      usage: i === 0 ? usage : { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
    })),
  refuse: ({ status, message, retryAfterSeconds, requestId }, request) => {
    const said = request.messages.reduce((text, { content }) => text.replace(content as string, "[prompt]"), message);
    return new ProviderError(`refused: ${said}`, {
      status,
      requestId,
      retryAfterMs: retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000,
    });
  },
  broken: ({ kind }) => {
    if (kind === "cut") throw new ProviderError("lost the connection");
    throw new MalformedResponseError(`what came is ${kind}`);
  },
  attempts: 1,
  hangsUp: true,
};

/** A stage without HTTP: the adapter's model, in front of a provider that is only a list of scenes. */
function inProcess(wrong: Partial<Adapter> = {}): Stage {
  const adapter: Adapter = { ...right, ...wrong };
  return async (scenes, act) => {
    const received: { readonly body: string; readonly closed: Promise<unknown> }[] = [];
    const generate = async (request: ModelRequest, call: SourceCall): Promise<readonly Reply[]> => {
      let close = (): void => undefined;
      const closed = new Promise<void>((resolve) => (close = resolve));
      const scene = scenes[Math.min(received.length, scenes.length - 1)] as Scene;
      for (let i = 0; i < adapter.attempts; i++) received.push({ body: adapter.body(request, call), closed });
      if (scene.kind === "refuse") throw adapter.refuse(scene, request);
      if (scene.kind === "hang") {
        if (call.streaming) call.delta({ text: scene.text });
        // `race` rejects when the call is given up, and only then.
        return await race(call, () => new Promise<never>(() => undefined)).finally(() => adapter.hangsUp && close());
      }
      if (scene.kind !== "reply") return [adapter.broken(scene)];
      const replies = scene.replies.slice(0, call.n);
      if (call.streaming) replies.forEach((reply, i) => adapter.tell(reply, call, i));
      return adapter.read(replies, scene.usage, call);
    };
    await act({ model: source("staged", adapter.capabilities, generate), received });
  };
}

const make = (): Model => scripted(["Twenty-four."], { repeat: true });
const plain = new Set(modelLaws(make).map(({ name }) => name));
const wireLaws = (stage: Stage) => modelLaws(make, { stage }).filter(({ name }) => !plain.has(name));

describe.each<[string, Partial<Adapter>]>([
  ["one that is right", {}],
  ["one with n", { capabilities: { n: true } }],
  ["one with n up to 4", { capabilities: { n: 4 } }],
  ["one with n up to 2", { capabilities: { n: 2 } }],
  ["one with n up to 3", { capabilities: { n: 3 } }],
])("%s keeps the law:", (_, adapter) => {
  for (const { name, check } of wireLaws(inProcess(adapter))) test(name, check);
});

test("a provider that does not tell what was cached or thought is right, too", async () => {
  const quiet: Partial<Adapter> = {
    read: (replies, { inputTokens, outputTokens }) =>
      replies.map((reply) => ({ ...replyOf(reply), usage: { inputTokens, outputTokens } })),
  };
  await wireLaws(inProcess(quiet))[0]!.check();
});

/** The right reading, with something else in every reply. */
const reading = (change: (reply: Reply, call: SourceCall, scene: SceneReply) => Reply): Partial<Adapter> => ({
  read: (replies, usage, call) =>
    right.read(replies, usage, call).map((reply, i) => change(reply, call, replies[i] as SceneReply)),
});
const without = (...names: readonly (keyof ModelRequest)[]): Partial<Adapter> => ({
  body: (request, call) =>
    right.body(
      Object.fromEntries(Object.entries(request).filter(([name]) => !(names as string[]).includes(name))) as never,
      call,
    ),
});
const failing = (error: unknown): Partial<Adapter> => ({ refuse: () => error });

/** For every law, adapters that break it, and what is said then. */
const wrong: Record<string, readonly (readonly [what: string, adapter: Partial<Adapter>, message: RegExp])[]> = {
  "text, finish reason and usage arrive whole, streamed or not": [
    [
      "loses the last letter",
      reading((reply) => ({ ...reply, text: reply.text.slice(0, -1) })),
      /expected .* without a listener, got/,
    ],
    [
      "loses it only in a stream",
      reading((reply, { streaming }) => ({ ...reply, text: streaming ? reply.text.slice(0, -1) : reply.text })),
      /expected .* with a listener, got/,
    ],
    [
      "knows one reason only",
      reading((reply) => ({ ...reply, finishReason: "stop" })),
      /expected the finish reason "length" without a listener, got "stop"/,
    ],
    [
      "leaves cached tokens out of the input",
      reading((reply) => ({ ...reply, usage: { ...reply.usage, inputTokens: 20, cachedInputTokens: 20 } })),
      /expected `usage.inputTokens` to be 120 without a listener, got 20/,
    ],
    [
      "does not know what it spent in a stream",
      reading((reply, { streaming }) => ({ ...reply, ...(streaming && { usage: undefined }) })),
      /expected `usage.inputTokens` to be 120 with a listener, got undefined/,
    ],
    [
      "says 0 for what it does not know",
      reading((reply) => ({ ...reply, usage: { ...reply.usage, reasoningTokens: 0 } })),
      /expected `usage.reasoningTokens` to be 11, or undefined where nobody tells, without a listener, got 0/,
    ],
    [
      "tells all at once",
      { tell: ({ text }, call) => call.delta({ text }) },
      /expected the words in several pieces, got 1/,
    ],
    [
      "tells something else",
      {
        tell: ({ text }, call) => {
          call.delta({ text: "So: " });
          call.delta({ text });
        },
      },
      /expected the pieces to join to/,
    ],
    ["asks twice", { attempts: 2 }, /expected one request for each of two calls, the server got 4/],
  ],
  "reasoning arrives apart from the text, streamed or not": [
    [
      "mixes it into the text",
      reading((reply, _, { reasoning = "" }) => ({ ...reply, text: `<think>${reasoning}</think>${reply.text}` })),
      /expected the text .* without a listener, got "<think>/,
    ],
    [
      "loses it",
      reading(({ reasoning: _, ...reply }) => reply),
      /expected the reasoning .* without a listener, got undefined/,
    ],
    [
      "loses it only in a stream",
      reading(({ reasoning, ...reply }, { streaming }) => ({
        ...reply,
        ...(!streaming && { reasoning: reasoning ?? "" }),
      })),
      /expected the reasoning .* with a listener, got undefined/,
    ],
    [
      "does not tell it",
      { tell: ({ text }, call) => call.delta({ text }) },
      /expected the deltas to join to the reasoning .*, got ""/,
    ],
    [
      "tells it last",
      {
        tell: ({ text, reasoning = "" }, call) => {
          call.delta({ text });
          call.delta({ reasoning });
        },
      },
      /expected the reasoning before the text/,
    ],
  ],
  "tool calls arrive parsed, streamed or not, and can be answered": [
    [
      "leaves them text",
      reading(({ toolCalls, ...reply }) => ({ ...reply, ...(toolCalls && { toolCalls: toolCalls.map((call) => ({ ...call, input: JSON.stringify(call.input) })) }) })), // prettier-ignore
      /expected the tool calls .* without a listener, they differ in \[0\]\.input/,
    ],
    [
      "says that it stopped",
      reading((reply) => ({ ...reply, finishReason: "stop" })),
      /expected the finish reason "tool-calls" without a listener, got "stop"/,
    ],
    [
      "gives one id to both",
      reading(({ toolCalls, ...reply }) => ({ ...reply, ...(toolCalls && { toolCalls: toolCalls.map((call) => ({ ...call, id: "call" })) }) })), // prettier-ignore
      /expected an id of its own for each call without a listener, got \["call"\]/,
    ],
    ["does not send them", without("tools"), /expected "weather_of_town" in the request/],
    [
      "does not tell the arguments",
      { tell: () => undefined },
      /expected the arguments as deltas \(`toolInput`\), got ""/,
    ],
    ["does not send what was said", without("messages"), /expected "snow in flakes" in the request with the results/],
  ],
  "a schema reaches the provider, and its answer is the text": [
    ["does not send it", without("schema"), /expected the schema in the request/],
    ["reads the answer", reading((reply) => ({ ...reply, text: "24" })), /expected .* got "24"/],
  ],
  "log-probabilities arrive with their alternatives, streamed or not": [
    ["loses them", reading(({ logprobs: _, ...reply }) => reply), /got undefined/],
    [
      "loses them only in a stream",
      reading(({ logprobs = [], ...reply }, { streaming }) => ({ ...reply, ...(!streaming && { logprobs }) })),
      /got undefined/,
    ],
    [
      "loses the alternatives",
      reading(({ logprobs = [], ...reply }) => ({ ...reply, logprobs: logprobs.map(({ token, logprob }) => ({ token, logprob })) })), // prettier-ignore
      /they differ in \[0\]\.top/,
    ],
    [
      "makes probabilities of them",
      reading(({ logprobs = [], ...reply }) => ({ ...reply, logprobs: logprobs.map((one) => ({ ...one, logprob: Math.exp(one.logprob) })) })), // prettier-ignore
      /they differ in \[0\]\.logprob/,
    ],
  ],
  "four samples are one request where the model has n, else four": [
    ["asks twice for each", { attempts: 2 }, /expected 4 requests, the server got 8/],
    ["asks twice for all", { capabilities: { n: true }, attempts: 2 }, /expected 1 requests, the server got 2/],
    [
      "gives the first to all",
      {
        capabilities: { n: true },
        read: (replies, usage, call) =>
          right.read(
            replies.map(() => replies[0] as SceneReply),
            usage,
            call,
          ),
      },
      /expected the texts \["24","twenty-four","22","two dozen"\], got \["24","24","24","24"\]/,
    ],
    ["loses the others", { capabilities: { n: true }, read: (replies, usage, call) => right.read(replies.slice(0, 1), usage, call) }, /expected the texts .*, got \["24"\]/], // prettier-ignore
    [
      "counts the usage for each",
      { capabilities: { n: true }, read: (replies, usage) => replies.map((reply) => ({ ...replyOf(reply), usage })) },
      /expected 40 output tokens in all, got 160/,
    ],
  ],
  "a picture reaches the provider": [
    [
      "sends bytes as numbers",
      { body: (request) => JSON.stringify(request) },
      /expected the bytes of the picture in the request, as base64/,
    ],
    ["sends none", without("messages"), /expected the bytes of the picture in the request, as base64/],
  ],
  "a refusal is a ProviderError with its status, after one request": [
    ["throws what the SDK threw", failing(new Error("429")), /expected a ProviderError for status 429, got Error: 429/],
    ["forgets the status", failing(new ProviderError("refused")), /expected status 429, got undefined/],
    [
      "thinks that all gets better",
      { refuse: ({ status }) => new ProviderError("refused", { status, retryable: true }) },
      /expected `retryable: false` for status 400/,
    ],
    [
      "repeats the prompt",
      { refuse: ({ status, message }) => new ProviderError(message, { status }) },
      /expected the prompt not to stand in the message/,
    ],
    ["tries again", { attempts: 3 }, /expected one request, the server got 3: retrying is for the retry policy/],
  ],
  "a refusal says how long to wait, and the id of the request": [
    ["throws what the SDK threw", failing(new Error("429")), /expected a ProviderError, got Error: 429/],
    [
      "takes seconds for milliseconds",
      { refuse: ({ status, retryAfterSeconds, requestId }) => new ProviderError("refused", { status, retryAfterMs: retryAfterSeconds, requestId }) }, // prettier-ignore
      /expected `retryAfterMs: 7000`, got 7/,
    ],
    [
      "forgets the id",
      { refuse: ({ status }) => new ProviderError("refused", { status, retryAfterMs: 7000 }) },
      /expected the id of the request, got undefined/,
    ],
  ],
  "a broken reply is an error, never half an answer": [
    [
      "takes half for the whole",
      { broken: () => ({ text: "They have twenty" }) },
      /not streaming, 'cut': expected an error, got the response/,
    ],
    [
      "takes an early end for the end",
      { broken: (scene) => (scene.kind === "truncate" ? { text: scene.text } : right.broken(scene)) },
      /not streaming, 'truncate': expected an error, got the response/,
    ],
    [
      "throws what the SDK threw",
      {
        broken: ({ kind }) => {
          throw new SyntaxError(kind);
        },
      },
      /'cut': expected a MalformedResponseError, or a ProviderError that is retryable, got SyntaxError: cut/,
    ],
    [
      "gives up",
      {
        broken: () => {
          throw new ProviderError("lost", { retryable: false });
        },
      },
      /'cut': expected a MalformedResponseError, or a ProviderError that is retryable, got ProviderError: lost/,
    ],
    ["tries again", { attempts: 3 }, /'cut': expected one request, the server got 3/],
  ],
  "an abort mid-stream rejects with its reason and closes the connection": [
    ["tries again", { attempts: 2 }, /expected one request, the server got 2/],
    ["stays on the line", { hangsUp: false }, /expected the server to see the client leave, the connection stays open/],
  ],
};

test("every law has adapters that break it", () => {
  expect(Object.keys(wrong)).toEqual(wireLaws(inProcess()).map(({ name }) => name));
});

describe.each(Object.entries(wrong))("broken law: %s", (name, mutants) => {
  test.each(mutants)("%s", async (_, adapter, message) => {
    const { check } = wireLaws(inProcess(adapter)).find((law) => law.name === name)!;
    const error: unknown = await check().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(String(error)).toMatch(message);
    expect((error as Error).message.startsWith(`${name}: `)).toBe(true);
  });
});

test("laws of the wire can be left out by name, too", () => {
  const skip = { "log-probabilities arrive with their alternatives, streamed or not": "the format has none" };
  const names = modelLaws(make, { stage: inProcess(), skip }).map(({ name }) => name);
  expect(names).toHaveLength(plain.size + Object.keys(wrong).length - 1);
  expect(() => modelLaws(make, { skip })).toThrow("names of laws");
});
