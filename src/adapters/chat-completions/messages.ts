/**
 * @module
 * Messages as the wire has them.
 */
import { CapabilityError } from "../../core/errors.js";
import { fieldsOf, listOf } from "../../core/fields.js";
import { textOf, type AssistantMessage, type FilePart, type Message, type ReasoningPart } from "../../core/message.js";
import type { Dialect } from "./dialect.js";
import { fileUrl } from "../wire/file-url.js";
import { jsonText, resultText } from "../wire/tool-text.js";

/** A message on the wire. */
export type WireMessage = Readonly<Record<string, unknown>>;

type Speech = Pick<Dialect, "provider" | "reasoningField">;

/** The messages of the wire for one of ours: as many as there are results for a tool message, else one. */
export function wireMessages(message: Message, id: string, dialect: Speech): readonly WireMessage[] {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }];
    case "user": {
      const { content } = message;
      // Text alone goes as a string: not every endpoint takes a list of parts.
      if (typeof content === "string" || content.every((part) => part.type === "text")) {
        return [{ role: "user", content: textOf(message) }];
      }
      return [
        {
          role: "user",
          content: content.map((part) => (part.type === "text" ? textPart(part.text) : filePart(part))),
        },
      ];
    }
    case "assistant":
      return [assistantMessage(message, id, dialect)];
    case "tool":
      return message.content.map((result) => ({ role: "tool", tool_call_id: result.id, content: resultText(result) }));
  }
}

function assistantMessage(message: AssistantMessage, id: string, dialect: Speech): WireMessage {
  const parts = typeof message.content === "string" ? [] : message.content;
  refuseFiles(message, id);
  const calls = parts.filter((part) => part.type === "tool-call");
  const thoughts = parts.filter((part) => part.type === "reasoning");
  const reasoning = thoughts.map(({ text }) => text).join("");
  const details = thoughts.flatMap((thought) => detailsOf(thought, dialect.provider));
  const { reasoningField } = dialect;
  const text = textOf(message);
  const asPart = reasoningField === "content" && reasoning !== "";
  return {
    role: "assistant",
    content: asPart ? [thinkingPart(reasoning), textPart(text)] : text === "" && calls.length > 0 ? null : text,
    ...(reasoningField !== undefined && !asPart && reasoning !== "" && { [reasoningField]: reasoning }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        id: call.id,
        type: "function",
        function: { name: call.name, arguments: jsonText(call.input ?? {}) },
      })),
    }),
  };
}

/**
 * No interface of OpenAI's kind takes a file in what the assistant said.
 *
 * @throws {@link CapabilityError} for one
 */
export function refuseFiles({ content }: AssistantMessage, id: string): void {
  if (typeof content === "string" || !content.some((part) => part.type === "file")) return;
  const message = `${id} cannot take a file in what the assistant said; give it to the user's turn`;
  throw new CapabilityError("files", id, message);
}

function textPart(text: string): WireMessage {
  return { type: "text", text };
}

function thinkingPart(text: string): WireMessage {
  return { type: "thinking", thinking: [textPart(text)], closed: true };
}

/** What OpenRouter said of a thought: signatures and the like, which it wants back as they are. */
function detailsOf({ providerMetadata }: ReasoningPart, provider: string): readonly WireMessage[] {
  return listOf(fieldsOf(providerMetadata?.[provider])?.reasoning_details);
}

function filePart(part: FilePart): WireMessage {
  const { mediaType, filename } = part;
  if (mediaType.startsWith("image/")) return { type: "image_url", image_url: { url: fileUrl(part) } };
  const sound = sounds[mediaType];
  if (sound !== undefined && !(part.data instanceof URL)) {
    return { type: "input_audio", input_audio: { data: fileUrl(part).replace(/^data:[^,]*,/, ""), format: sound } };
  }
  return { type: "file", file: { ...(filename !== undefined && { filename }), file_data: fileUrl(part) } };
}

const sounds: Readonly<Record<string, string>> = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
};
