/**
 * @module
 * Longer conversations: what a layer adds to a request. The request itself is never touched.
 */
import { extend } from "./extend.js";
import { textOf, type AssistantMessage, type Message, type ToolCallPart, type UserMessage } from "./message.js";
import type { ModelRequest, ModelResponse } from "./model.js";

/** The request with more words at the end of its last user message; at the very end, so that what is before stays cached. */
export function addToPrompt(request: ModelRequest, words: string): ModelRequest {
  if (words === "") return request;
  const { messages } = request;
  const index = messages.findLastIndex(({ role }) => role === "user");
  const last = messages[index] as UserMessage | undefined;
  if (last === undefined) return { ...request, messages: [...messages, { role: "user", content: words }] };
  const content: UserMessage["content"] =
    typeof last.content === "string" ? `${last.content}\n\n${words}` : [...last.content, { type: "text", text: words }];
  return { ...request, messages: messages.with(index, { role: "user", content }) };
}

/** The request with the model's response and what the user says to it. A `prefill` becomes a part of what the model said. */
export function reply(request: ModelRequest, response: ModelResponse, words: string): ModelRequest {
  const { prefill, ...rest } = request;
  const said = turnOf(response);
  const turn = prefill === undefined ? said : { ...said, content: beginWith(prefill, said.content) };
  return { ...rest, messages: [...request.messages, turn, { role: "user", content: words }] };
}

function beginWith(prefill: string, content: AssistantMessage["content"]): AssistantMessage["content"] {
  if (typeof content === "string") return prefill + content;
  return [{ type: "text", text: prefill }, ...content];
}

/** A response as the model's turn in the conversation. */
export function turnOf({ text, content, toolCalls }: ModelResponse): AssistantMessage {
  if (content !== undefined) return { role: "assistant", content };
  if (toolCalls === undefined || toolCalls.length === 0) return { role: "assistant", content: text };
  const words = text === "" ? [] : [{ type: "text", text } as const];
  return { role: "assistant", content: [...words, ...(toolCalls satisfies readonly ToolCallPart[])] };
}

/** Messages put before the first that is not a system message. */
export function insertAfterSystem(request: ModelRequest, turns: readonly Message[]): ModelRequest {
  if (turns.length === 0) return request;
  const { messages } = request;
  const found = messages.findIndex(({ role }) => role !== "system");
  const index = found < 0 ? messages.length : found;
  return { ...request, messages: [...messages.slice(0, index), ...turns, ...messages.slice(index)] };
}

/** Does the response ask for tools? Providers do not always say so in `finishReason`. */
export function callsTools({ finishReason, toolCalls = [] }: ModelResponse): boolean {
  return finishReason === "tool-calls" || toolCalls.length > 0;
}

/** The response without the calls in it: they were answered, or nobody answers them. */
export function withoutCalls<R extends ModelResponse>(response: R): R {
  const { content, toolCalls = [], finishReason } = response;
  if (toolCalls.length === 0) return response;
  return extend(response, {
    finishReason: finishReason === "tool-calls" ? "other" : finishReason,
    toolCalls: [],
    ...(content !== undefined && { content: content.filter(({ type }) => type !== "tool-call") }),
  });
}

/** A conversation as text, for whoever judges what was answered: of a single message the words alone. */
export function transcript(messages: readonly Message[]): string {
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) return `# Question\n${textOf(only)}`;
  const turns = messages.map((message) => {
    if (message.role !== "tool") return `${message.role}: ${textOf(message)}`;
    return `tool: ${message.content.map(({ output }) => (typeof output === "string" ? output : JSON.stringify(output))).join("\n")}`;
  });
  return `# Conversation\n${turns.join("\n\n")}`;
}
