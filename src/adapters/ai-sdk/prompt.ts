/**
 * @module
 * Messages as the AI SDK's specification has them.
 */
import type { FilePart, Message, ReasoningPart, TextPart, ToolCallPart } from "../../core/message.js";
import type { Reads } from "../wire/tool-files.js";
import { dataFor } from "./data.js";
import { unmasked } from "./mask.js";
import { toolOutput } from "./tool-output.js";

/**
 * The messages of a prompt. In V4 the data of files are tagged.
 *
 * @param reads - which files go with results of tools
 */
export function promptOf(messages: readonly Message[], version: string, reads: Reads): object[] {
  return messages.map((message) => promptMessage(message, version, reads));
}

function promptMessage(message: Message, version: string, reads: Reads): object {
  if (message.role === "system") return { role: "system", content: message.content };
  if (message.role === "tool") {
    const content = message.content.map((result) => ({
      type: "tool-result",
      toolCallId: result.id,
      toolName: result.name,
      output: toolOutput(result, version, reads),
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
