/**
 * @module
 * Messages as Ollama has them.
 */
import { CapabilityError, InvalidOptionError } from "../../core/errors.js";
import { fieldsOf, type Fields } from "../../core/fields.js";
import { textOf, type AssistantMessage, type FilePart, type Message } from "../../core/message.js";
import { resultText } from "../wire/tool-text.js";
import { fileData } from "../wire/file-data.js";

/**
 * The messages of the wire for one of ours: as many as there are results for a tool message, else one.
 *
 * @throws {@link CapabilityError} for a file that is no picture, or one that would have to be fetched
 */
export function wireMessages(message: Message, id: string): readonly Fields[] {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }];
    case "user": {
      const { content } = message;
      const files = typeof content === "string" ? [] : content.filter((part) => part.type === "file");
      const images = files.map((file) => imageOf(file, id));
      return [{ role: "user", content: textOf(message), ...(images.length > 0 && { images }) }];
    }
    case "assistant":
      return [assistantMessage(message, id)];
    case "tool":
      // Older servers tell results apart by name and order alone.
      return message.content.map((result) => ({
        role: "tool",
        tool_name: result.name,
        tool_call_id: result.id,
        content: resultText(result),
      }));
  }
}

function assistantMessage(message: AssistantMessage, id: string): Fields {
  const parts = typeof message.content === "string" ? [] : message.content;
  if (parts.some(({ type }) => type === "file")) {
    const text = `${id} cannot take a file in what the assistant said; give it to the user's turn`;
    throw new CapabilityError("files", id, text);
  }
  const thinking = parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
  const calls = parts.filter((part) => part.type === "tool-call");
  return {
    role: "assistant",
    content: textOf(message),
    ...(thinking !== "" && { thinking }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        id: call.id,
        function: { name: call.name, arguments: fieldsOf(call.input) ?? { input: call.input } },
      })),
    }),
  };
}

/** The bytes, never text: on Node the package takes text for the path of a file, where there is one, and reads that. */
function imageOf(part: FilePart, id: string): Uint8Array {
  const { mediaType, data } = part;
  if (!mediaType.startsWith("image/")) {
    throw new CapabilityError("files", id, `${id} takes pictures, not ${mediaType}`);
  }
  if (data instanceof Uint8Array) return data;
  const read = fileData(part);
  if ("url" in read) throw new CapabilityError("files", id, `${id} does not fetch pictures; give it the bytes`);
  try {
    return Uint8Array.from(atob(read.base64), (char) => char.charCodeAt(0));
  } catch {
    throw new InvalidOptionError(id, "the data of a file", "bytes, base64 text or a data URL", "[not shown]");
  }
}
