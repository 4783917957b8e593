/**
 * @module
 * A response as the AI SDK has it.
 */
import { textOf, type FilePart, type ToolCallPart } from "../../core/message.js";
import type { ModelResponse, Warning } from "../../core/model.js";
import type { Usage } from "../../core/usage.js";
import type {
  AiSdkContent,
  AiSdkFile,
  AiSdkFinishReason,
  AiSdkMetadata,
  AiSdkSource,
  AiSdkToolCall,
  AiSdkUsage,
  AiSdkWarning,
} from "./language-model.js";
import { unmasked } from "./mask.js";

/** The parts of a response, in their order; without those whose words a layer replaced. */
export function contentOf(response: ModelResponse): AiSdkContent[] {
  const { text, reasoning, toolCalls = [], content } = response;
  const kept = content !== undefined && textOf({ role: "assistant", content }) === text ? content : undefined;
  if (kept === undefined) {
    return [
      ...(reasoning === undefined ? [] : [{ type: "reasoning", text: reasoning } as const]),
      ...(text === "" ? [] : [{ type: "text", text } as const]),
      ...(content ?? []).filter((part) => part.type === "file").flatMap(fileContent),
      ...toolCalls.map(callContent),
    ];
  }
  const ids = new Set(toolCalls.map(({ id }) => id));
  return kept.flatMap((part): AiSdkContent[] => {
    switch (part.type) {
      case "text":
      case "reasoning": {
        const { metadata, type } = unmasked(part.providerMetadata);
        return type === undefined ? [{ type: part.type, text: part.text, ...given(metadata) }] : [];
      }
      case "file":
        return fileContent(part);
      case "tool-call":
        return ids.has(part.id) ? [callContent(part)] : [];
    }
  });
}

/** A call; its arguments as JSON text. */
export function callContent(part: ToolCallPart): AiSdkToolCall {
  const input = typeof part.input === "string" ? part.input : JSON.stringify(part.input ?? {});
  return { type: "tool-call", toolCallId: part.id, toolName: part.name, input, ...given(part.providerMetadata) };
}

/** A file, or, where it is only an address, a source. Thoughts that are pictures have no place before V4. */
export function fileContent(part: FilePart): (AiSdkFile | AiSdkSource)[] {
  const { data, mediaType, filename: title } = part;
  const { metadata, type } = unmasked(part.providerMetadata);
  if (type !== undefined) return [];
  if (!(data instanceof URL)) return [{ type: "file", mediaType, data, ...given(metadata) }];
  const { href } = data;
  return [
    {
      type: "source",
      sourceType: "url",
      id: href,
      url: href,
      ...(title !== undefined && { title }),
      ...given(metadata),
    },
  ];
}

function given(metadata: object | undefined): { providerMetadata?: AiSdkMetadata } {
  return metadata === undefined ? {} : { providerMetadata: metadata as AiSdkMetadata };
}

/** Why the model stopped. Why a strategy did stands in the metadata. */
export function finishReasonOf({ finishReason }: ModelResponse): AiSdkFinishReason {
  return { unified: finishReason, raw: finishReason };
}

/** What the run spent; of it, what is not known stays `undefined`. */
export function usageFor(usage: Usage | undefined): AiSdkUsage {
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage ?? {};
  return {
    inputTokens: {
      total: inputTokens,
      noCache: minus(inputTokens, cachedInputTokens),
      cacheRead: cachedInputTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: outputTokens, text: minus(outputTokens, reasoningTokens), reasoning: reasoningTokens },
  };
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

/** What a response warns of. */
export function warningsFor(warnings: readonly Warning[] = []): AiSdkWarning[] {
  return warnings.map(({ code, message, capability }) =>
    code === "downgrade" && capability !== undefined
      ? { type: "unsupported", feature: capability, details: message }
      : { type: "other", message },
  );
}
