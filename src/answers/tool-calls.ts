/**
 * @module
 * Tool calls as an answer: two responses that call the same tools, with the same arguments, say the same.
 */
import type { ToolCallPart } from "../core/message.js";
import type { ModelResponse } from "../core/model.js";

/**
 * The key of what a response calls, by which samples vote on which calls to make: names and arguments. The order of the calls, their ids, and the order of
 * names in the arguments do not count; how often a call is made does. `undefined` for a response that calls nothing. Arguments count as the model wrote them:
 * one that says a default is another than one that does not.
 *
 * @example
 * toolCallsKey(response); // 'add({"a":1,"b":2}); weather({"city":"Rome"})'
 */
export function toolCallsKey({ toolCalls = [] }: Pick<ModelResponse, "toolCalls">): string | undefined {
  if (toolCalls.length === 0) return undefined;
  return toolCalls.map(written).sort().join("; ");
}

/** What a response says, for somebody who reads it: its text, and what it calls. */
export function wordsAndCalls({ text, toolCalls = [] }: Pick<ModelResponse, "text" | "toolCalls">): string {
  if (toolCalls.length === 0) return text;
  const calls = toolCalls.map((call) => `calls ${written(call)}`).join("\n");
  return text.trim() === "" ? calls : `${text}\n${calls}`;
}

/** Objects with their names in order. Arguments are JSON, so this is enough, and lighter than what requests are compared by. */
function sorted(_: string, value: unknown): unknown {
  const isObject = Object(value) === value && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value as object).sort()) : value;
}

function written({ name, input }: ToolCallPart): string {
  try {
    return `${name}(${JSON.stringify(input ?? {}, sorted)})`;
  } catch {
    return `${name}(${String(input)})`; // not what a provider gives
  }
}
