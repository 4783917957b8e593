/**
 * @module
 * Messages as the items of a request's input.
 */
import { CapabilityError } from "../../core/errors.js";
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";
import type { AssistantMessage, FilePart, Message, PartMetadata, ToolResultPart } from "../../core/message.js";
import { fileUrl } from "../wire/file-url.js";
import { refuseFiles } from "../chat-completions/messages.js";
import { filesWith, isPicture, isWithinReach } from "../wire/tool-files.js";
import { jsonText, resultText } from "../wire/tool-text.js";

/**
 * The items for a message: one for each thing that the model did, or that a tool gave, else one.
 *
 * @throws {@link CapabilityError} for a sound, and for a file in an assistant's message
 */
export function inputItems(message: Message, id: string): readonly Fields[] {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }];
    case "user": {
      const { content } = message;
      if (typeof content === "string") return [{ role: "user", content }];
      const parts = content.map((part) =>
        part.type === "text" ? { type: "input_text", text: part.text } : filePart(part, id),
      );
      return [{ role: "user", content: parts }];
    }
    case "assistant":
      return assistantItems(message, id);
    case "tool":
      return message.content.map((result) => ({
        type: "function_call_output",
        call_id: result.id,
        output: outputOf(result, id),
      }));
  }
}

/** Words alone as a text: not every endpoint takes a list. */
function outputOf(result: ToolResultPart, id: string): string | readonly Fields[] {
  const text = resultText(result);
  const files = filesWith(result, readsFile).map((file) => filePart(file, id));
  if (files.length === 0) return text;
  return text === "" ? files : [{ type: "input_text", text }, ...files];
}

/** Is it one that the interface takes in the result of a tool? */
export function readsFile(file: FilePart): boolean {
  return (isPicture(file) || documents.test(file.mediaType)) && isWithinReach(file);
}

/** PDF, text and code, and what office programs write. */
const documents =
  /^text\/|^application\/(pdf|json|xml|yaml|javascript|rtf|msword|vnd\.(ms-excel|ms-powerpoint|oasis\.opendocument\.text|openxmlformats-officedocument\..+))$/;

function assistantItems(message: AssistantMessage, id: string): readonly Fields[] {
  refuseFiles(message, id);
  const { content } = message;
  if (typeof content === "string") return [{ role: "assistant", content }];
  const thought = content.some((part) => part.type === "reasoning" && itemOf(part.providerMetadata) !== undefined);
  return content.flatMap((part): readonly Fields[] => {
    // Ids tie the items of a turn together. Without its thought, an item with an id would be half of a pair.
    const { id: known, phase } = fieldsOf(part.providerMetadata?.openai) ?? {};
    const itemId = thought ? wordsOf(known) : undefined;
    switch (part.type) {
      case "text":
        return part.text === "" ? [] : [messageItem(part.text, itemId, wordsOf(phase))];
      case "reasoning":
        return itemOf(part.providerMetadata) ?? [];
      case "tool-call":
        return [
          {
            type: "function_call",
            ...(itemId !== undefined && { id: itemId }),
            call_id: part.id,
            name: part.name,
            arguments: jsonText(part.input ?? {}),
          },
        ];
      case "file":
        return [];
    }
  });
}

function messageItem(text: string, id: string | undefined, phase: string | undefined): Fields {
  const spoken = phase === undefined ? {} : { phase };
  if (id === undefined) return { role: "assistant", content: text, ...spoken };
  const content = [{ type: "output_text", text, annotations: [] }];
  return { type: "message", id, role: "assistant", status: "completed", content, ...spoken };
}

/** The item that a part was made of, where it can be sent back as it is: a thought that was not encrypted lies nowhere. */
function itemOf(metadata: PartMetadata | undefined): readonly Fields[] | undefined {
  const item = fieldsOf(metadata?.openai);
  if (item === undefined || wordsOf(item.type) === undefined) return undefined;
  return item.type === "reasoning" && wordsOf(item.encrypted_content) === undefined ? undefined : [item];
}

function filePart(part: FilePart, id: string): Fields {
  const { mediaType, filename } = part;
  if (mediaType.startsWith("image/")) return { type: "input_image", image_url: fileUrl(part), detail: "auto" };
  if (mediaType.startsWith("audio/")) {
    throw new CapabilityError("audio", id, `${id} takes no sounds by its interface 'responses'; 'chat' does`);
  }
  const named = filename === undefined ? {} : { filename };
  const url = fileUrl(part);
  if (!/^data:/i.test(url)) return { type: "input_file", file_url: url };
  // Bytes need a name.
  return { type: "input_file", filename: "file", ...named, file_data: url };
}
