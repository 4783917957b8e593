/**
 * @module
 * A prompt of the AI SDK as messages.
 */
import type { LanguageModelV3Message, LanguageModelV3Prompt } from "@ai-sdk/provider";
import { fieldsOf } from "../../core/fields.js";
import type {
  FilePart,
  Message,
  PartMetadata,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "../../core/message.js";
import { carriedTurn } from "../wire/carried-turn.js";
import { toolResultOf } from "./tool-output.js";

type Part = TextPart | ReasoningPart | FilePart | ToolCallPart;
type Assistant = Extract<LanguageModelV3Message, { role: "assistant" }>;

/** Reads the messages. `warn` hears what of them cannot be said in ours. */
export function messagesOf(prompt: LanguageModelV3Prompt, warn: (feature: string) => void): Message[] {
  return prompt.flatMap((message): Message[] => {
    const { role, providerOptions } = message;
    switch (role) {
      case "system":
        if (providerOptions !== undefined) warn("provider options of a system message");
        return [{ role, content: message.content }];
      case "user": {
        const parts = message.content.map((part) =>
          part.type === "text" ? { type: part.type, text: part.text, ...metadataOf(part) } : fileOf(part),
        );
        return [{ role, content: plain(withOptions(parts, providerOptions)) }];
      }
      case "assistant": {
        const content = plain(withOptions(assistantParts(message, warn), providerOptions));
        return content.length === 0 ? [] : [{ role, content }];
      }
      case "tool": {
        if (providerOptions !== undefined) warn("provider options of a tool message");
        const content = message.content.flatMap((part): ToolResultPart[] => {
          // Whether a call was allowed has had its effect by now.
          if (part.type !== "tool-result") return [];
          const { lossy = false, ...output } = toolResultOf(part.output);
          if (lossy) warn("files in the result of a tool");
          return [{ type: "tool-result", id: part.toolCallId, name: part.toolName, ...output }];
        });
        return content.length === 0 ? [] : [{ role, content }];
      }
    }
  });
}

function assistantParts(message: Assistant, warn: (feature: string) => void): readonly Part[] {
  const { content } = message;
  const turn = content.map(({ providerOptions }) => providerOptions?.mull?.turn).find((found) => found !== undefined);
  const own = carriedTurn(
    turn,
    content.map((part) => (part.type === "text" ? part.text : "")).join(""),
    content.filter((part) => part.type === "tool-call").map(({ toolCallId }) => toolCallId),
  );
  if (own !== undefined) return own;
  return content.flatMap((part): Part[] => {
    switch (part.type) {
      case "text":
        return [{ type: "text", text: part.text, ...metadataOf(part) }];
      case "reasoning":
        // Thoughts of a stack that were shown as they came are nobody's turn.
        if (fieldsOf(part.providerOptions?.mull)?.thought === true) return [];
        return [{ type: "reasoning", text: part.text, ...metadataOf(part) }];
      case "file":
        return [fileOf(part)];
      case "tool-call":
        if (part.providerExecuted === true) {
          warn("tools that the provider ran");
          return [];
        }
        return [
          { type: "tool-call", id: part.toolCallId, name: part.toolName, input: part.input, ...metadataOf(part) },
        ];
      case "tool-result":
        return [];
    }
  });
}

function fileOf(part: Extract<Assistant["content"][number], { type: "file" }>): FilePart {
  const { mediaType, data, filename } = part;
  return { type: "file", mediaType, data, ...(filename !== undefined && { filename }), ...metadataOf(part) };
}

function metadataOf({ providerOptions }: { readonly providerOptions?: object }): { providerMetadata?: PartMetadata } {
  return providerOptions === undefined ? {} : { providerMetadata: providerOptions as PartMetadata };
}

/** Options of a message are those of its last part. */
function withOptions<P extends Part>(parts: readonly P[], options: object | undefined): readonly P[] {
  const last = parts.at(-1);
  if (options === undefined || last === undefined) return parts;
  const all = { ...(options as PartMetadata), ...last.providerMetadata };
  return parts.with(-1, { ...last, providerMetadata: all });
}

/** Text alone as a text. */
function plain<P extends Part>(parts: readonly P[]): string | readonly P[] {
  const [only] = parts;
  return parts.length === 1 && only?.type === "text" && only.providerMetadata === undefined ? only.text : parts;
}
