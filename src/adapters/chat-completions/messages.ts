/**
 * @module
 * Messages as the wire has them.
 */
import { CapabilityError } from "../../core/errors.js";
import { textOf, type AssistantMessage, type FilePart, type Message, type ToolResultPart } from "../../core/message.js";

/** A message on the wire. */
export type WireMessage = Readonly<Record<string, unknown>>;

/** The field in which an endpoint wants the model's earlier reasoning back. */
export type ReasoningField = "reasoning_content" | "reasoning";

/** The messages of the wire for one of ours: as many as there are results for a tool message, else one. */
export function wireMessages(message: Message, id: string, reasoningField?: ReasoningField): readonly WireMessage[] {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }];
    case "user": {
      const { content } = message;
      // Text alone goes as a string: not every endpoint takes a list of parts.
      if (typeof content === "string" || content.every((part) => part.type === "text")) {
        return [{ role: "user", content: textOf(message) }];
      }
      return [{ role: "user", content: content.map((part) => (part.type === "text" ? part : filePart(part))) }];
    }
    case "assistant":
      return [assistantMessage(message, id, reasoningField)];
    case "tool":
      return message.content.map((result) => ({ role: "tool", tool_call_id: result.id, content: resultText(result) }));
  }
}

function assistantMessage(message: AssistantMessage, id: string, reasoningField?: ReasoningField): WireMessage {
  const parts = typeof message.content === "string" ? [] : message.content;
  if (parts.some((part) => part.type === "file")) {
    throw new CapabilityError(
      "files",
      id,
      `${id} cannot take a file in what the assistant said; give it to the user's turn`,
    );
  }
  const calls = parts.filter((part) => part.type === "tool-call");
  const reasoning = parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
  const text = textOf(message);
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    ...(reasoningField !== undefined && reasoning !== "" && { [reasoningField]: reasoning }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        id: call.id,
        type: "function",
        function: { name: call.name, arguments: json(call.input ?? {}) },
      })),
    }),
  };
}

/** The wire has no mark for a tool that failed, so the words say it. */
function resultText({ output, isError }: ToolResultPart): string {
  const text = json(output ?? null);
  return isError === true && !/^error\b/i.test(text) ? `Error: ${text}` : text;
}

/** Text as it is, anything else as JSON. */
function json(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function filePart(part: FilePart): WireMessage {
  const { mediaType, filename } = part;
  if (mediaType.startsWith("image/")) return { type: "image_url", image_url: { url: urlOf(part) } };
  const sound = sounds[mediaType];
  if (sound !== undefined && !(part.data instanceof URL)) {
    return { type: "input_audio", input_audio: { data: urlOf(part).replace(/^data:[^,]*,/, ""), format: sound } };
  }
  return { type: "file", file: { ...(filename !== undefined && { filename }), file_data: urlOf(part) } };
}

const sounds: Readonly<Record<string, string>> = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
};

/** Where the bytes are to be fetched, or the bytes themselves as a data URL. */
function urlOf({ data, mediaType }: FilePart): string {
  if (data instanceof URL) return data.href;
  if (typeof data === "string") return /^(data|https?):/i.test(data) ? data : `data:${mediaType};base64,${data}`;
  let binary = "";
  // In pieces: a call takes only so many arguments.
  for (let i = 0; i < data.length; i += 0x8000) binary += String.fromCharCode(...data.subarray(i, i + 0x8000));
  return `data:${mediaType};base64,${btoa(binary)}`;
}
