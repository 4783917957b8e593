/**
 * @module
 * Chat completions on the wire, as a server plays them.
 */
import type { ServerResponse } from "node:http";
import type { Scene, SceneReply, SceneUsage } from "mull/testing";
import { breakOff, piecesOf, sendJson, type Play, type Received } from "../stage.js";

type ReplyScene = Extract<Scene, { readonly kind: "reply" }>;

/** Plays a scene as OpenAI does. */
export const playChat: Play = async (scene, { json, closed }, response) => {
  const streams = json.stream === true;
  switch (scene.kind) {
    case "reply": {
      const replies = scene.replies.slice(0, json.n ?? json.n_cmpl ?? 1);
      if (!streams) {
        sendJson(response, completionOf(replies, scene.usage));
        return;
      }
      startEvents(response);
      response.end(eventsOf([...chunksOf(replies), usageChunk(scene.usage)]));
      return;
    }
    case "refuse":
      sendRefusal(scene, response);
      return;
    case "cut":
    case "truncate": {
      const begun = streams
        ? eventOf(chunkOf({ content: scene.text }))
        : JSON.stringify(completionOf([{ text: scene.text }], noUsage)).slice(0, 80);
      response.writeHead(200, { "content-type": streams ? "text/event-stream" : "application/json" });
      if (scene.kind === "cut") breakOff(response, begun);
      else response.end(begun);
      return;
    }
    case "hang":
      if (streams) {
        startEvents(response);
        response.write(eventOf(chunkOf({ content: scene.text })));
      }
      await closed;
      return;
    case "garbage":
      response.writeHead(200, { "content-type": streams ? "text/event-stream" : "application/json" });
      response.end(streams ? "data: The secret answer\n\n" : "<html>The secret answer</html>");
      return;
    case "empty":
      if (!streams) sendJson(response, completionOf([], noUsage));
      else {
        startEvents(response);
        response.end(eventsOf([usageChunk(noUsage)]));
      }
  }
};

/** What a server says to a request that it does not take. */
export function sendRefusal(scene: Extract<Scene, { readonly kind: "refuse" }>, response: ServerResponse): void {
  const { status, message, retryAfterSeconds, requestId } = scene;
  sendJson(response, { error: { message, type: "some_error", param: null, code: null } }, status, {
    "x-request-id": requestId,
    ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
  });
}

/** Begins an event stream. */
export function startEvents(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
}

/** A scene that answers any request in words that depend on nothing but the request, and obeys its output cap. One token is one word. */
export function sceneFor({ json }: Received): ReplyScene {
  const words = "Spiders have eight legs each and three times eight is twenty-four so the answer must be 24 legs".split(
    " ",
  );
  const cap: number = json.max_completion_tokens ?? json.max_tokens ?? json.max_output_tokens ?? words.length;
  const said = words.slice(0, cap);
  const n: number = json.n ?? 1;
  const finishReason = said.length < words.length ? "length" : "stop";
  return {
    kind: "reply",
    replies: Array.from({ length: n }, () => ({ text: said.join(" "), finishReason })),
    usage: { inputTokens: 12, cachedInputTokens: 0, outputTokens: n * said.length, reasoningTokens: 0 },
  };
}

const noUsage: SceneUsage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 };
const head = { id: "chatcmpl-1", created: 1, model: "some-model-2026" };

function completionOf(replies: readonly SceneReply[], usage: SceneUsage): object {
  return {
    ...head,
    object: "chat.completion",
    choices: replies.map((reply, index) => ({
      index,
      message: {
        role: "assistant",
        content: reply.text === "" ? null : reply.text,
        refusal: null,
        ...(reply.reasoning !== undefined && { reasoning_content: reply.reasoning }),
        ...(reply.toolCalls && { tool_calls: reply.toolCalls.map((call) => toolCall(call)) }),
      },
      logprobs: logprobsOf(reply.logprobs),
      finish_reason: finishOf(reply),
    })),
    usage: usageOf(usage),
  };
}

function toolCall({ id, name, input }: NonNullable<SceneReply["toolCalls"]>[number]): object {
  return { id, type: "function", function: { name, arguments: JSON.stringify(input) } };
}

function logprobsOf(logprobs: SceneReply["logprobs"]): object | null {
  if (logprobs === undefined) return null;
  return {
    content: logprobs.map(({ token, logprob, top = [] }) => ({ token, logprob, bytes: null, top_logprobs: top })),
    refusal: null,
  };
}

function finishOf({ finishReason, toolCalls }: SceneReply): string {
  return (finishReason ?? (toolCalls === undefined ? "stop" : "tool_calls")).replace("-", "_");
}

function usageOf({ inputTokens, cachedInputTokens, outputTokens, reasoningTokens }: SceneUsage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}

function chunkOf(delta: object, rest: object = {}): object {
  return {
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...rest }],
    usage: null,
  };
}

function usageChunk(usage: SceneUsage): object {
  return { ...head, object: "chat.completion.chunk", choices: [], usage: usageOf(usage) };
}

/** Every reply word by word; several at once, one word of each in turn. */
function chunksOf(replies: readonly SceneReply[]): readonly object[] {
  const queues = replies.map((reply, index) => piecesOfReply(reply, index));
  const longest = Math.max(...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, i) => queues.flatMap((queue) => queue[i] ?? [])).flat();
}

function piecesOfReply(reply: SceneReply, index: number): readonly object[] {
  const { text, reasoning = "", toolCalls = [], logprobs } = reply;
  const tokens = logprobs?.map(({ token }) => token) ?? piecesOf(text);
  return [
    chunkOf({ role: "assistant", content: "" }, { index }),
    ...piecesOf(reasoning).map((piece) => chunkOf({ reasoning_content: piece }, { index })),
    ...tokens.map((content, i) =>
      chunkOf({ content }, { index, logprobs: logprobsOf(logprobs && [logprobs[i] as never]) }),
    ),
    ...toolCalls.flatMap((call, i) => {
      const whole = JSON.stringify(call.input);
      const middle = Math.floor(whole.length / 2);
      const begin = { index: i, id: call.id, type: "function", function: { name: call.name, arguments: "" } };
      return [
        begin,
        ...[whole.slice(0, middle), whole.slice(middle)].map((piece) => ({ index: i, function: { arguments: piece } })),
      ].map((part) => chunkOf({ tool_calls: [part] }, { index }));
    }),
    chunkOf({}, { index, finish_reason: finishOf(reply) }),
  ];
}

function eventOf(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

function eventsOf(chunks: readonly object[]): string {
  return `${chunks.map(eventOf).join("")}data: [DONE]\n\n`;
}
