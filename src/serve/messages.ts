/**
 * @module
 * Messages on the wire, as ours.
 */
import { inputOf, type Fields } from "../core/fields.js";
import {
  textOf,
  type AssistantMessage,
  type Message,
  type ToolCallPart,
  type ToolResultPart,
} from "../core/message.js";
import { userContent, wordsOfContent } from "./parts.js";
import { list, object, oneOf, optional, text, words, wrong } from "./readers.js";

/**
 * Reads the messages of a request. `developer` is `system`; results of tools that follow each other become one message, and each is given the name
 * of the tool that was called.
 *
 * @throws `HttpError` for what is no message, for a result that answers no call, and where all that is said is nothing
 */
export function messagesOf(value: unknown, param: string): Message[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong(param, "an array of at least one message");
  const messages: Message[] = [];
  /** Names of the tools that were called, by the id of the call. */
  const called = new Map<string, string>();
  value.forEach((item, index) => {
    const at = `${param}[${index}]`;
    const fields = object(item, at);
    const role = oneOf(["system", "developer", "user", "assistant", "tool"])(fields.role, `${at}.role`);
    switch (role) {
      case "system":
      case "developer":
        messages.push({ role: "system", content: wordsOfContent(fields.content, `${at}.content`) });
        break;
      case "user":
        messages.push({ role: "user", content: userContent(fields.content, `${at}.content`) });
        break;
      case "assistant":
        messages.push(assistantOf(fields, at, called));
        break;
      case "tool": {
        const result = resultOf(fields, at, called);
        const last = messages.at(-1);
        if (last?.role === "tool") messages[messages.length - 1] = { role: "tool", content: [...last.content, result] };
        else messages.push({ role: "tool", content: [result] });
        break;
      }
    }
  });
  if (messages.every((message) => textOf(message).trim() === "" && !hasOtherParts(message))) {
    throw wrong(param, "messages of which one is not empty");
  }
  return messages;
}

function assistantOf(fields: Fields, at: string, called: Map<string, string>): AssistantMessage {
  const said = optional(fields, "content", wordsOfContent, `${at}.`) ?? "";
  const thought =
    optional(fields, "reasoning_content", text, `${at}.`) ?? optional(fields, "reasoning", text, `${at}.`);
  const calls = optional(fields, "tool_calls", list(callOf), `${at}.`) ?? [];
  for (const { id, name } of calls) called.set(id, name);
  if (calls.length === 0 && (thought ?? "") === "") {
    if (fields.content === undefined || fields.content === null)
      throw wrong(`${at}.content`, "a string, unless there are tool_calls");
    return { role: "assistant", content: said };
  }
  return {
    role: "assistant",
    content: [
      ...(thought === undefined || thought === "" ? [] : [{ type: "reasoning" as const, text: thought }]),
      ...(said === "" ? [] : [{ type: "text" as const, text: said }]),
      ...calls,
    ],
  };
}

function callOf(value: unknown, at: string): ToolCallPart {
  const call = object(value, at);
  oneOf(["function"])(call.type ?? "function", `${at}.type`);
  const asked = object(call.function, `${at}.function`);
  return {
    type: "tool-call",
    id: words(call.id, `${at}.id`),
    name: words(asked.name, `${at}.function.name`),
    input: inputOf(text(asked.arguments ?? "", `${at}.function.arguments`)),
  };
}

function resultOf(fields: Fields, at: string, called: ReadonlyMap<string, string>): ToolResultPart {
  const id = words(fields.tool_call_id, `${at}.tool_call_id`);
  const name = called.get(id);
  if (name === undefined) throw wrong(`${at}.tool_call_id`, "the id of a tool call that an assistant made before");
  return { type: "tool-result", id, name, output: wordsOfContent(fields.content, `${at}.content`) };
}

function hasOtherParts({ content }: Message): boolean {
  return typeof content !== "string" && content.some(({ type }) => type !== "text");
}
