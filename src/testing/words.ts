/**
 * @module
 * Words as tokens: the doubles count one token a word, so that tests can reckon usage in the head.
 */
import type { ModelRequest } from "../core/model.js";
import type { Reply } from "../core/source.js";

/** Words of a text. */
export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** Words of a request: those of its messages, prefill, tools and schema. What is not text counts by its JSON. */
export function requestWords({ messages, prefill = "", tools = [], schema }: ModelRequest): number {
  let words = countWords(prefill) + (schema === undefined ? 0 : jsonWords(schema));
  for (const tool of tools) words += jsonWords(tool);
  for (const { content } of messages) {
    if (typeof content === "string") words += countWords(content);
    else for (const part of content) words += "text" in part ? countWords(part.text) : jsonWords(part);
  }
  return words;
}

/** Words of a reply, thoughts and tool calls included. */
export function replyWords({ text, reasoning = "", toolCalls = [] }: Reply): number {
  return toolCalls.reduce((sum, call) => sum + jsonWords(call), countWords(text) + countWords(reasoning));
}

/** A reply as a model gives it that obeys its output cap: cut after so many words, the thought first. */
export function cutReply(reply: Reply, cap: number = Infinity): Reply {
  if (replyWords(reply) <= cap) return reply;
  const { toolCalls: _, ...rest } = reply; // half a tool call is none
  const thought = countWords(reply.reasoning ?? "");
  const cut: Reply = { ...rest, text: firstWords(reply.text, cap - thought), finishReason: "length" };
  return reply.reasoning === undefined ? cut : { ...cut, reasoning: firstWords(reply.reasoning, cap) };
}

function firstWords(text: string, count: number): string {
  return [...text.matchAll(/\s*\S+/g)]
    .slice(0, Math.max(0, count))
    .map(([word]) => word)
    .join("");
}

function jsonWords(value: object): number {
  return countWords(JSON.stringify(value));
}
