/**
 * @module
 * A prompt of the AI SDK as messages.
 */
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
import type { IncomingFile, IncomingMessage, IncomingPart } from "./incoming-call.js";
import { toolResultOf } from "./tool-output.js";

type Part = TextPart | ReasoningPart | FilePart | ToolCallPart;

/** Reads the messages. `warn` hears what of them cannot be said in ours. */
export function messagesOf(prompt: readonly IncomingMessage[], warn: (feature: string) => void): Message[] {
  return prompt.flatMap((message): Message[] => {
    const { role, providerOptions: options } = message;
    switch (role) {
      case "system":
        if (options !== undefined) warn("provider options of a system message");
        return [{ role, content: message.content }];
      case "user": {
        const parts = message.content.flatMap((part): (TextPart | FilePart)[] => {
          if (part.type === "file") return [fileOf(part)];
          return part.type === "text" ? [{ type: part.type, text: part.text, ...metadataOf(part) }] : [];
        });
        return [{ role, content: plain(withOptions(parts, options)) }];
      }
      case "assistant": {
        const content = plain(withOptions(assistantParts(message.content, warn), options));
        return content.length === 0 ? [] : [{ role, content }];
      }
      case "tool": {
        if (options !== undefined) warn("provider options of a tool message");
        const content = message.content.flatMap((part): ToolResultPart[] => {
          // Whether a call was allowed has had its effect by now.
          if (part.type !== "tool-result") return [];
          const { lossy = false, ...output } = toolResultOf(part.output);
          if (lossy) warn("parts of a tool's result that are no text and no file");
          return [{ type: "tool-result", id: part.toolCallId, name: part.toolName, ...output }];
        });
        return content.length === 0 ? [] : [{ role, content }];
      }
    }
  });
}

function assistantParts(content: readonly IncomingPart[], warn: (feature: string) => void): readonly Part[] {
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
        if (part.providerOptions?.mull?.thought === true) return [];
        return [{ type: "reasoning", text: part.text, ...metadataOf(part) }];
      case "file":
        return [fileOf(part)];
      case "tool-call": {
        const { toolCallId: id, toolName: name, input, providerExecuted = false } = part;
        if (!providerExecuted) return [{ type: "tool-call", id, name, input, ...metadataOf(part) }];
        warn("tools that the provider ran");
        return [];
      }
      // Of a tool that the provider ran.
      default:
        return [];
    }
  });
}

function fileOf(part: IncomingFile): FilePart {
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
