/**
 * @module
 * A message as the wire has it, read as a reply.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { JsonValue, PartMetadata, ReasoningPart, TextPart, ToolCallPart } from "../../core/message.js";
import type { FinishReason } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import { answerText, type AnswerTool } from "./answer-tool.js";
import type { Settings } from "./settings.js";
import { usageOf } from "./usage.js";

type Part = TextPart | ReasoningPart | ToolCallPart;

/**
 * Reads a whole message. Thoughts, and blocks that we have no part for, go into `content` with all that the API wants back.
 *
 * @throws {@link MalformedResponseError} for what is no message
 */
export function replyOf(message: Fields, settings: Settings, answer: AnswerTool | undefined, call: SourceCall): Reply {
  if (!Array.isArray(message.content)) throw new MalformedResponseError(`${settings.id} returned no message`);
  const blocks = listOf(message.content);
  const given = answer && blocks.find(({ type, name }) => type === "tool_use" && name === answer.name);
  const parts = blocks.flatMap((block): readonly Part[] => {
    if (given === undefined || answer === undefined) return [partOf(block, call)];
    if (block === given) return [{ type: "text", text: answerText(jsonOf(block), answer) }];
    // Words beside the answer are not the answer.
    return block.type === "text" ? [] : [partOf(block, call)];
  });

  const toolCalls = parts.filter((part) => part.type === "tool-call");
  const reasoning = joined(parts, "reasoning");
  const finishReason = finishOf(message.stop_reason, toolCalls.length > 0);
  const told = metadataOf(message);
  return {
    text: joined(parts, "text"),
    ...(reasoning !== "" && { reasoning }),
    ...(isOrdered(parts) && { content: parts }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(finishReason !== undefined && { finishReason }),
    ...(told !== undefined && { providerMetadata: { anthropic: told } }),
    usage: usageOf(fieldsOf(message.usage), settings),
  };
}

function partOf(block: Fields, call: SourceCall): Part {
  switch (block.type) {
    case "text": {
      const citations = listOf(block.citations);
      return { type: "text", text: wordsOf(block.text) ?? "", ...(citations.length > 0 && metadata({ citations })) };
    }
    case "thinking":
      return {
        type: "reasoning",
        text: wordsOf(block.thinking) ?? "",
        // Even without a signature: what came from here goes back.
        ...metadata(typeof block.signature === "string" ? { signature: block.signature } : {}),
      };
    case "redacted_thinking":
      return { type: "reasoning", text: "", ...metadata({ redactedData: block.data }) };
    case "tool_use": {
      const caller = fieldsOf(block.caller);
      const more = {
        ...(caller !== undefined && caller.type !== "direct" && { caller }),
        ...(wordsOf(block.toolset_name) !== undefined && { toolsetName: block.toolset_name }),
      };
      return {
        type: "tool-call",
        id: wordsOf(block.id) ?? `toolu_${call.random.bits().toString(36)}`,
        name: wordsOf(block.name) ?? "",
        input: block.input ?? {},
        ...(Object.keys(more).length > 0 && metadata(more)),
      };
    }
    default:
      return { type: "text", text: "", ...metadata({ block }) };
  }
}

/** What came as JSON is JSON. */
function metadata(told: Fields): { readonly providerMetadata: PartMetadata } {
  return { providerMetadata: { anthropic: told as JsonValue } };
}

function joined(parts: readonly Part[], type: "text" | "reasoning"): string {
  return parts.map((part) => (part.type === type ? part.text : "")).join("");
}

/** The input of a tool as the model wrote it. */
function jsonOf({ input }: Fields): string {
  return typeof input === "string" ? input : JSON.stringify(input ?? {});
}

/** Do the parts say more than their text and their calls would? */
function isOrdered(parts: readonly Part[]): boolean {
  const firstCall = parts.findIndex(({ type }) => type === "tool-call");
  const lastText = parts.findLastIndex(({ type }) => type === "text");
  return parts.some((part) => part.providerMetadata !== undefined) || (firstCall >= 0 && lastText > firstCall);
}

function finishOf(reason: unknown, calls: boolean): FinishReason | undefined {
  switch (reason) {
    case undefined:
    case null:
      return undefined;
    case "end_turn":
    case "stop_sequence":
      return "stop";
    case "tool_use":
      return calls ? "tool-calls" : "stop";
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "refusal":
      return "content-filter";
    default:
      return "other";
  }
}

/** What the provider adds. */
function metadataOf(message: Fields): JsonValue | undefined {
  const usage = fieldsOf(message.usage) ?? {};
  const told: Record<string, unknown> = {
    id: wordsOf(message.id),
    model: wordsOf(message.model),
    stopReason: wordsOf(message.stop_reason),
    stopSequence: wordsOf(message.stop_sequence),
    stopDetails: fieldsOf(message.stop_details),
    container: fieldsOf(message.container),
    cacheCreationInputTokens: usage.cache_creation_input_tokens ?? undefined,
    serviceTier: wordsOf(usage.service_tier),
  };
  const entries = Object.entries(told).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as JsonValue);
}
