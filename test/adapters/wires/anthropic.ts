/**
 * @module
 * Scenes in the format of Anthropic's Messages API.
 */
import type { ServerResponse } from "node:http";
import type { FinishReason } from "mull";
import type { Scene, SceneReply, SceneUsage } from "mull/testing";
import { breakOff, piecesOf, sendJson, type Play, type Received } from "../stage.js";

/** A block of a message, or an event of a stream. */
export type Json = Readonly<Record<string, unknown>>;

/** Plays one scene. */
export const play: Play = (scene, request, response) => {
  switch (scene.kind) {
    case "reply":
      sendMessage(request, response, blocksOf(scene.replies[0]!, request), {
        stop_reason: stopOf(scene.replies[0]!, request),
        usage: usageOf(scene.usage),
      });
      return;
    case "refuse":
      sendError(response, scene);
      return;
    case "garbage":
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html>It works!</html>");
      return;
    case "empty":
      sendMessage(request, response, []);
      return;
    case "cut":
    case "truncate":
    case "hang":
      playUnfinished(scene, request, response);
  }
};

/** Answers with a message of these blocks, streamed or not, as asked. */
export function sendMessage(
  { json }: Received,
  response: ServerResponse,
  content: readonly Json[],
  rest: Json = {},
): void {
  const message = { ...envelope(json.model), content, ...rest };
  if (json.stream === true) {
    startStream(response);
    response.end(eventsOf(message).map(wired).join(""));
  } else sendJson(response, message, 200, { "request-id": "req-ok" });
}

/** Begins an event stream. */
export function startStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "request-id": "req-ok" });
  response.flushHeaders();
}

/** An event as it stands on the wire. */
export function wired(event: Json): string {
  return `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The events that a message is streamed as. */
export function eventsOf(message: Json): readonly Json[] {
  const { content, stop_reason, stop_sequence, stop_details, usage } = message as Record<string, any>;
  const begun = { input_tokens: usage.input_tokens, ...cacheOf(usage), output_tokens: 1 };
  return [
    { type: "message_start", message: { ...message, content: [], stop_reason: null, usage: begun } },
    { type: "ping" },
    ...content.flatMap((block: Record<string, unknown>, index: number) => blockEvents(block, index)),
    {
      type: "message_delta",
      delta: { stop_reason, stop_sequence, stop_details },
      usage: { output_tokens: usage.output_tokens, output_tokens_details: usage.output_tokens_details ?? null },
    },
    { type: "message_stop" },
  ];
}

function cacheOf({ cache_read_input_tokens, cache_creation_input_tokens, cache_creation }: Json): Json {
  return { cache_read_input_tokens, cache_creation_input_tokens, cache_creation };
}

function blockEvents(block: Record<string, any>, index: number): readonly Json[] {
  const delta = (fields: Json): Json => ({ type: "content_block_delta", index, delta: fields });
  const [start, deltas]: [Json, readonly Json[]] = (() => {
    switch (block.type) {
      case "text":
        return [{ ...block, text: "" }, piecesOf(block.text).map((text) => delta({ type: "text_delta", text }))];
      case "thinking":
        return [
          { ...block, thinking: "", signature: "" },
          [
            ...piecesOf(block.thinking).map((thinking) => delta({ type: "thinking_delta", thinking })),
            delta({ type: "signature_delta", signature: block.signature }),
          ],
        ];
      case "tool_use":
      case "server_tool_use": {
        const json = JSON.stringify(block.input);
        const pieces = json === "{}" ? [""] : ["", ...(json.match(/.{1,7}/gs) ?? [])];
        return [
          { ...block, input: {} },
          pieces.map((partial_json) => delta({ type: "input_json_delta", partial_json })),
        ];
      }
      default:
        return [block, []];
    }
  })();
  return [
    { type: "content_block_start", index, content_block: start },
    ...deltas,
    { type: "content_block_stop", index },
  ];
}

/** The fields around the content of a message. */
export function envelope(model: unknown): Json {
  return {
    id: "msg_01",
    type: "message",
    role: "assistant",
    model,
    container: null,
    stop_reason: "end_turn",
    stop_sequence: null,
    stop_details: null,
    usage: { input_tokens: 10, output_tokens: 5 },
  };
}

/** The usage of a scene; what was not read from the cache was read anew. */
function usageOf({ inputTokens, cachedInputTokens, outputTokens, reasoningTokens }: SceneUsage): Json {
  return {
    input_tokens: inputTokens - cachedInputTokens,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation_input_tokens: 0,
    cache_creation: null,
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: reasoningTokens },
    service_tier: "standard",
  };
}

/** Who is made to call a tool has no words: the answer is what the tool is given. */
function blocksOf({ text, reasoning, toolCalls = [] }: SceneReply, { json }: Received): readonly Json[] {
  const calls = toolCalls.map((call) => ({ type: "tool_use", ...call, caller: { type: "direct" } }));
  const thoughts =
    reasoning === undefined
      ? []
      : [{ type: "thinking", thinking: reasoning, signature: `signed(${reasoning.length})` }];
  if (json.tool_choice?.type === "tool" && calls.length === 0) {
    return [{ type: "tool_use", id: "toolu_1", name: json.tool_choice.name, input: JSON.parse(text) }];
  }
  return [...thoughts, ...(text === "" ? [] : [{ type: "text", text, citations: null }]), ...calls];
}

function stopOf({ toolCalls = [], finishReason }: SceneReply, { json }: Received): string {
  const forced = json.tool_choice?.type === "tool";
  return stops[finishReason ?? (forced || toolCalls.length > 0 ? "tool-calls" : "stop")];
}

const stops: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "refusal",
  other: "pause_turn",
};

const kinds: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  429: "rate_limit_error",
  500: "api_error",
  529: "overloaded_error",
};

/** Answers with an error. */
export function sendError(
  response: ServerResponse,
  scene: Pick<Extract<Scene, { kind: "refuse" }>, "status" | "message" | "requestId" | "retryAfterSeconds">,
): void {
  const { status, message, requestId, retryAfterSeconds } = scene;
  sendJson(
    response,
    { type: "error", error: { type: kinds[status] ?? "api_error", message }, request_id: requestId },
    status,
    {
      "request-id": requestId,
      ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
    },
  );
}

function playUnfinished(
  { kind, text }: Extract<Scene, { kind: "cut" | "truncate" | "hang" }>,
  { json }: Received,
  response: ServerResponse,
): void {
  const events = eventsOf({ ...envelope(json.model), content: [{ type: "text", text }] });
  const begun = events
    .slice(
      0,
      events.findIndex(({ type }) => type === "content_block_stop"),
    )
    .map(wired);
  if (json.stream === true) {
    startStream(response);
    if (kind === "cut") breakOff(response, begun.join(""));
    else if (kind === "truncate") response.end(begun.join(""));
    else response.write(begun.join(""));
    return;
  }
  if (kind === "hang") return;
  response.writeHead(200, { "content-type": "application/json" });
  const half = JSON.stringify({ ...envelope(json.model), content: [{ type: "text", text }] }).slice(0, 150);
  if (kind === "cut") breakOff(response, half);
  else response.end(half);
}
