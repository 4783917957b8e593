/**
 * @module
 * Messages as the AI SDK's specification has them.
 */
import { fieldsOf } from "../../core/fields.js";
import type { FilePart, Message, ReasoningPart, TextPart, ToolCallPart } from "../../core/message.js";
import { fileData } from "../wire/file-data.js";
import { unmasked } from "./mask.js";
import { toolOutput } from "./tool-output.js";

/** The messages of a prompt. In V4 the data of files are tagged. */
export function promptOf(messages: readonly Message[], version: string): object[] {
  return messages.map((message) => promptMessage(message, version));
}

function promptMessage(message: Message, version: string): object {
  if (message.role === "system") return { role: "system", content: message.content };
  if (message.role === "tool") {
    const content = message.content.map((result) => ({
      type: "tool-result",
      toolCallId: result.id,
      toolName: result.name,
      output: toolOutput(result),
    }));
    return { role: "tool", content };
  }
  const { role, content } = message;
  if (typeof content === "string") return { role, content: [{ type: "text", text: content }] };
  return { role, content: content.map((part) => promptPart(part, version)) };
}

/** A part; what its provider said of it is given back. */
function promptPart(part: TextPart | ReasoningPart | FilePart | ToolCallPart, version: string): object {
  const { metadata, type, kind } = unmasked(part.providerMetadata);
  const options = metadata !== undefined && { providerOptions: metadata };
  switch (part.type) {
    case "text":
      return kind === undefined ? { type: "text", text: part.text, ...options } : { type: "custom", kind, ...options };
    case "reasoning":
      return { type: "reasoning", text: part.text, ...options };
    case "file": {
      const { mediaType, filename } = part;
      const name = filename !== undefined && { filename };
      return { type: type ?? "file", mediaType, ...name, data: dataFor(part, version), ...options };
    }
    case "tool-call":
      return { type: "tool-call", toolCallId: part.id, toolName: part.name, input: part.input ?? {}, ...options };
  }
}

/** Bytes, or an address. */
function dataFor(part: FilePart, version: string): unknown {
  const found = fileData(part);
  if ("url" in found) return version === "v4" ? { type: "url", url: new URL(found.url) } : new URL(found.url);
  const data = part.data instanceof Uint8Array ? part.data : found.base64;
  return version === "v4" ? { type: "data", data } : data;
}

/** The data of a file that a model made, tagged or not. */
export function dataOf(data: unknown): Uint8Array | string | URL | undefined {
  if (typeof data === "string" || data instanceof Uint8Array || data instanceof URL) return data;
  const tagged = fieldsOf(data);
  return tagged === undefined ? undefined : dataOf(tagged.data ?? tagged.url);
}
