/**
 * @module
 * Messages as Google has them: contents of two roles, and instructions apart.
 */
import { InvalidOptionError } from "../../core/errors.js";
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";
import type {
  AssistantMessage,
  FilePart,
  Message,
  PartMetadata,
  ToolCallPart,
  ToolResultPart,
} from "../../core/message.js";
import { addressOf, fileData } from "../wire/file-data.js";
import { filesWith, type Reads } from "../wire/tool-files.js";
import type { Profile } from "./profile.js";

/** One turn on the wire. */
export interface Content {
  readonly role: "user" | "model";
  readonly parts: readonly Fields[];
}

/** A conversation on the wire. */
export interface Contents {
  readonly contents: readonly Content[];
  /** The words of all system messages. */
  readonly systemInstruction: { readonly parts: readonly Fields[] } | undefined;
}

/** What Google's documentation gives for calls that its model did not make itself: it takes them unsigned. */
const foreignSignature = "skip_thought_signature_validator";

/**
 * Writes a conversation. What was kept of a part in `providerMetadata.google` goes back with it, unchanged.
 *
 * @param signs - must tool calls be signed?
 * @param reads - which files go with results of tools
 * @throws {@link InvalidOptionError} for one of instructions alone, which the API does not take
 */
export function contentsOf(
  messages: readonly Message[],
  prefill: string | undefined,
  signs: boolean,
  reads: Reads,
  id: string,
): Contents {
  const contents: Content[] = [];
  const system: Fields[] = [];
  let results: ToolResultPart[] = [];
  let calls: readonly ToolCallPart[] = [];
  const add = (role: Content["role"], parts: readonly Fields[]): void => {
    // The results of one turn's calls must stand in one content, however many messages they came in.
    if (results.length > 0) contents.push({ role: "user", parts: resultParts(results, calls, reads) });
    results = [];
    if (parts.length > 0) contents.push({ role, parts });
  };
  for (const message of messages) {
    switch (message.role) {
      case "system":
        if (message.content !== "") system.push({ text: message.content });
        break;
      case "user":
        add("user", userParts(message.content));
        break;
      case "assistant":
        add("model", modelParts(message, signs));
        calls = callsOf(message);
        break;
      case "tool":
        results.push(...message.content);
    }
  }
  add("model", prefill === undefined ? [] : [{ text: prefill }]);
  if (contents.length === 0) {
    throw new InvalidOptionError(id, "messages", "at least one with words that is not a system message", messages);
  }
  return { contents, systemInstruction: system.length > 0 ? { parts: system } : undefined };
}

function userParts(content: Extract<Message, { role: "user" }>["content"]): readonly Fields[] {
  if (typeof content === "string") return content === "" ? [] : [{ text: content }];
  return content.flatMap((part) => {
    if (part.type === "file") return [filePart(part)];
    return part.text === "" ? [] : [{ text: part.text, ...kept(part.providerMetadata) }];
  });
}

function modelParts({ content }: AssistantMessage, signs: boolean): readonly Fields[] {
  if (typeof content === "string") return content === "" ? [] : [{ text: content }];
  const first = content.find(({ type }) => type === "tool-call");
  return content.flatMap((part) => {
    const { part: unspoken, ...own } = kept(part.providerMetadata);
    const whole = fieldsOf(unspoken);
    switch (part.type) {
      case "file":
        return [filePart(part)];
      case "tool-call":
        return [callPart(part, own, signs && part === first)];
      case "reasoning":
        // The model reads nothing from a thought that is not signed.
        return wordsOf(own.thoughtSignature) === undefined ? [] : [{ text: part.text, thought: true, ...own }];
      case "text":
        // A part that has no words: it is here only to be given back.
        if (whole !== undefined) return [whole];
        return part.text === "" && Object.keys(own).length === 0 ? [] : [{ text: part.text, ...own }];
    }
  });
}

function callPart({ name, input }: ToolCallPart, { id, ...own }: Fields, mustSign: boolean): Fields {
  const args = fieldsOf(input) ?? { input };
  return {
    functionCall: { ...(id !== undefined && { id }), name, args },
    ...(mustSign && own.thoughtSignature === undefined && { thoughtSignature: foreignSignature }),
    ...own,
  };
}

/** In the order of the calls: those without an id on the wire are told apart by nothing else. */
function resultParts(
  results: readonly ToolResultPart[],
  calls: readonly ToolCallPart[],
  reads: Reads,
): readonly Fields[] {
  const place = ({ id }: ToolResultPart): number => {
    const index = calls.findIndex((call) => call.id === id);
    return index < 0 ? calls.length : index;
  };
  return results
    .toSorted((a, b) => place(a) - place(b))
    .map((result) => {
      const { id } = kept(calls[place(result)]?.providerMetadata);
      const output = result.output ?? null;
      const parts = filesWith(result, reads).map(dataPart);
      return {
        functionResponse: {
          ...(id !== undefined && { id }),
          name: result.name,
          response: result.isError === true ? { error: output } : { output },
          ...(parts.length > 0 && { parts }),
        },
      };
    });
}

/** Which files a model of this profile reads in results of tools. */
export function readerOf({ toolFiles }: Profile): Reads {
  return (file) => {
    if (toolFiles === "none" || !/^(image\/(png|jpeg|webp)|application\/pdf|text\/plain)$/.test(file.mediaType))
      return false;
    return toolFiles === "all" || addressOf(file) === undefined;
  };
}

function filePart(part: FilePart): Fields {
  return { ...dataPart(part), ...kept(part.providerMetadata) };
}

function dataPart(part: FilePart): Fields {
  const data = fileData(part);
  const { mediaType: mimeType } = part;
  return "url" in data
    ? { fileData: { fileUri: data.url, mimeType } }
    : { inlineData: { data: data.base64, mimeType } };
}

function callsOf({ content }: AssistantMessage): readonly ToolCallPart[] {
  return typeof content === "string" ? [] : content.filter((part) => part.type === "tool-call");
}

function kept(metadata: PartMetadata | undefined): Fields {
  return fieldsOf(metadata?.google) ?? {};
}
