/**
 * @module
 * LangChain's messages as ours.
 */
import type { BaseMessage } from "@langchain/core/messages";
import { InvalidOptionError } from "../../core/errors.js";
import { fieldsOf, inputOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import {
  textOf,
  type AssistantMessage,
  type FilePart,
  type Message,
  type TextPart,
  type ToolResultPart,
} from "../../core/message.js";
import { carriedTurn } from "../wire/carried-turn.js";
import { wordsIn } from "./read-message.js";

/**
 * Reads the messages of a conversation.
 *
 * @throws {@link InvalidOptionError} for a block that is no text and no file
 */
export function messagesOf(messages: readonly BaseMessage[]): Message[] {
  /** The names of tools by their calls: results need not say them. */
  const names = new Map<string, string>();
  return messages.map((given): Message => {
    const message = given as unknown as Fields;
    switch (given.type) {
      case "ai": {
        const turn = assistantTurn(message);
        for (const part of typeof turn === "string" ? [] : turn) {
          if (part.type === "tool-call") names.set(part.id, part.name);
        }
        return { role: "assistant", content: turn };
      }
      case "tool": {
        const id = wordsOf(message.tool_call_id) ?? "";
        const name = wordsOf(message.name) ?? names.get(id) ?? "";
        const failed = message.status === "error" && { isError: true };
        return { role: "tool", content: [{ type: "tool-result", id, name, ...resultOf(message), ...failed }] };
      }
      case "system":
      case "developer":
        return { role: "system", content: wordsIn(message).text };
      default: {
        const parts = typeof message.content === "string" ? [] : listOf(message.content).map(partOf);
        if (parts.some((part) => part.type === "file")) return { role: "user", content: parts };
        const content =
          typeof message.content === "string" ? message.content : textOf({ role: "user", content: parts });
        return { role: "user", content };
      }
    }
  });
}

function assistantTurn(message: Fields): AssistantMessage["content"] {
  const extra = fieldsOf(message.additional_kwargs);
  const { text, reasoning } = wordsIn(message);
  const calls = [...listOf(message.tool_calls), ...listOf(message.invalid_tool_calls)].map(({ id, name, args }) => ({
    type: "tool-call" as const,
    id: wordsOf(id) ?? "",
    name: wordsOf(name) ?? "",
    input: typeof args === "string" ? inputOf(args) : (args ?? {}),
  }));
  const mull = fieldsOf(extra?.mull);
  const own = carriedTurn(
    mull?.turn,
    text,
    calls.map(({ id }) => id),
  );
  if (own !== undefined) return own;
  // Thoughts of a stack that were shown as they came are nobody's turn.
  const thought = reasoning === "" || mull !== undefined ? [] : [{ type: "reasoning" as const, text: reasoning }];
  if (thought.length === 0 && calls.length === 0) return text;
  return [...thought, ...(text === "" ? [] : [{ type: "text" as const, text }]), ...calls];
}

/** What a tool gave. Beside files its words say where they stood. */
function resultOf(message: Fields): Pick<ToolResultPart, "output" | "files"> {
  const parts = listOf(message.content).flatMap((block) => textIn(block) ?? fileIn(block) ?? []);
  const files = parts.filter((part) => part.type === "file");
  if (files.length === 0) return { output: wordsIn(message).text };
  const words = parts.map((part) => (part.type === "text" ? part.text : `[${part.mediaType}]`));
  return { output: words.join("\n"), files };
}

function partOf(block: Fields): TextPart | FilePart {
  const part = textIn(block) ?? fileIn(block);
  if (part !== undefined) return part;
  const bound = "text, or a file with its data or its address";
  throw new InvalidOptionError("toChatModel", "a content block", bound, block.type);
}

function textIn({ type, text }: Fields): TextPart | undefined {
  return type === "text" || type === "text-plain" ? { type: "text", text: wordsOf(text) ?? "" } : undefined;
}

/** A block of LangChain's, of its older kind (`source_type`), or of OpenAI's. */
function fileIn(block: Fields): FilePart | undefined {
  const { type } = block;
  const picture = fieldsOf(block.image_url);
  const sound = fieldsOf(block.input_audio);
  const file = fieldsOf(block.file);
  const data = [picture?.url, block.image_url, sound?.data, file?.file_data, block.data, block.url].find(
    (found): found is string | Uint8Array => typeof found === "string" || found instanceof Uint8Array,
  );
  if (data === undefined) return undefined;
  const filename = wordsOf(file?.filename) ?? wordsOf(fieldsOf(block.metadata)?.filename);
  const head = typeof data === "string" ? /^data:([^;,]+)/.exec(data)?.[1] : undefined;
  const sure = wordsOf(block.mimeType) ?? wordsOf(block.mime_type) ?? head;
  const kind = type === "image_url" ? "image" : type === "input_audio" ? "audio" : wordsOf(type);
  const guess =
    kind === "file" ? "application/octet-stream" : `${kind ?? "application"}/${wordsOf(sound?.format) ?? "*"}`;
  return { type: "file", mediaType: sure ?? guess, data, ...(filename !== undefined && { filename }) };
}
