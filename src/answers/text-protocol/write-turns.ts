/**
 * @module
 * Writing a conversation with tools as one without: calls as actions, results as observations.
 */
import {
  textOf,
  type AssistantMessage,
  type Message,
  type ToolMessage,
  type ToolResultPart,
} from "../../core/message.js";
import { writeArguments } from "./arguments.js";

/** The messages without tools in them; those that have none stay as they are. */
export function writeTurns(messages: readonly Message[]): readonly Message[] {
  return messages.map((message) => {
    if (message.role === "tool") return { role: "user", content: observations(message) };
    return message.role === "assistant" ? actions(message) : message;
  });
}

/** Do tools stand in it? */
export function hasTools({ content }: Message): boolean {
  return (
    typeof content !== "string" &&
    (content as readonly { readonly type: string }[]).some(({ type }) => type === "tool-call" || type === "tool-result")
  );
}

/** The standing instructions, with more words; first of all where there are none. */
export function addToSystem(messages: readonly Message[], words: string): readonly Message[] {
  const [first, ...rest] = messages;
  if (first?.role !== "system") return [{ role: "system", content: words }, ...messages];
  return [{ role: "system", content: `${first.content}\n\n${words}` }, ...rest];
}

function actions(message: AssistantMessage): AssistantMessage {
  const { content } = message;
  if (typeof content === "string" || !hasTools(message)) return message;
  const thought = textOf(message).trim();
  const lines = thought === "" ? [] : [`Thought: ${thought}`];
  for (const part of content) {
    if (part.type === "tool-call") lines.push(`Action: ${part.name}\nAction Input: ${writeArguments(part.input)}`);
  }
  const text = lines.join("\n");
  const others = content.filter(({ type }) => type !== "text" && type !== "tool-call");
  return { role: "assistant", content: others.length === 0 ? text : [...others, { type: "text", text }] };
}

/** In the order of the actions. */
function observations({ content }: ToolMessage): string {
  return content.map((part) => `Observation: ${part.isError === true ? "Error: " : ""}${wordsOf(part)}`).join("\n");
}

function wordsOf({ output }: ToolResultPart): string {
  return typeof output === "string" ? output : (JSON.stringify(output) ?? "null");
}
