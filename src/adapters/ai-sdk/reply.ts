/**
 * @module
 * An answer in the AI SDK's parts, as a reply.
 */
import { fieldsOf, inputOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { FilePart, JsonValue, PartMetadata, ReasoningPart, TextPart, ToolCallPart } from "../../core/message.js";
import type { FinishReason } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import { dataOf } from "./data.js";
import { logprobsOf } from "./logprobs.js";
import { masked } from "./mask.js";
import type { AiSdkResult } from "./specification.js";
import { usageOf } from "./usage.js";
import { warningsOf } from "./warnings.js";

type Part = TextPart | ReasoningPart | FilePart | ToolCallPart;

/**
 * Reads an answer.
 *
 * `content` keeps the parts where their order or their metadata matters. Tools that the provider ran itself are not called again: their calls and
 * results stand in `providerMetadata.aiSdk`, with the sources.
 */
export function replyOf(result: AiSdkResult, id: string, provider: string, call: SourceCall): Reply {
  const given = listOf(result.content);
  const parts = given.map((part) => partOf(part, call)).filter((part) => part !== undefined);
  const join = (type: "text" | "reasoning"): string =>
    parts.map((part) => (part.type === type ? (part as TextPart).text : "")).join("");
  const structured = wordsOf((result as { structuredOutputText?: unknown }).structuredOutputText);
  const text = structured ?? join("text");
  const reasoning = join("reasoning");
  const toolCalls = parts.filter((part) => part.type === "tool-call");
  const finishReason = finishOf(result.finishReason, toolCalls.length > 0);
  const metadata = fieldsOf(result.providerMetadata);
  const logprobs = logprobsOf(metadata);
  const warnings = warningsOf(result.warnings, id);
  const providerMetadata = metadataOf(metadata, result, given);
  return {
    text,
    ...(reasoning !== "" && { reasoning }),
    ...(structured === undefined && !isPlain(parts) && { content: parts }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(finishReason !== undefined && { finishReason }),
    ...(logprobs !== undefined && { logprobs }),
    ...(warnings.length > 0 && { warnings }),
    ...(providerMetadata !== undefined && { providerMetadata }),
    usage: usageOf(result.usage, provider),
  };
}

/** Why it ended, as the provider says, in any of the versions; `undefined` where it does not say. */
export function endOf(finishReason: unknown): string | undefined {
  if (typeof finishReason === "string") return finishReason === "unknown" ? undefined : finishReason;
  const { unified, raw } = fieldsOf(finishReason) ?? {};
  return unified === "other" && raw === undefined ? undefined : wordsOf(unified);
}

function finishOf(given: unknown, calls: boolean): FinishReason | undefined {
  const reason = endOf(given);
  switch (reason) {
    case undefined:
      return undefined;
    case "stop":
      return calls ? "tool-calls" : "stop";
    case "length":
    case "content-filter":
    case "tool-calls":
      return reason;
    default:
      return "other";
  }
}

function partOf(part: Fields, call: SourceCall): Part | undefined {
  const own = fieldsOf(part.providerMetadata);
  const metadata = own !== undefined && { providerMetadata: own as PartMetadata };
  switch (part.type) {
    case "text":
    case "reasoning":
      return { type: part.type, text: typeof part.text === "string" ? part.text : "", ...metadata };
    case "custom":
      return { type: "text", text: "", providerMetadata: masked(own, "custom", part.kind) };
    case "file":
    case "reasoning-file": {
      const data = dataOf(part.data);
      if (data === undefined) return undefined;
      const mediaType = wordsOf(part.mediaType) ?? "application/octet-stream";
      const file = { type: "file", mediaType, data } as const;
      return part.type === "file" ? { ...file, ...metadata } : { ...file, providerMetadata: masked(own, part.type) };
    }
    case "tool-call":
      if (part.providerExecuted === true) return undefined;
      return {
        type: "tool-call",
        id: wordsOf(part.toolCallId) ?? `call_${call.random.bits().toString(36)}`,
        name: wordsOf(part.toolName) ?? "",
        input: typeof part.input === "string" ? inputOf(part.input) : (part.input ?? {}),
        ...metadata,
      };
    default:
      return undefined;
  }
}

/** Do `text`, `reasoning` and `toolCalls` say it all? At most one thought, then at most one text, then calls, without metadata. */
function isPlain(parts: readonly Part[]): boolean {
  const order = ["reasoning", "text", "tool-call"];
  return parts.every((part, i) => {
    if (part.providerMetadata !== undefined || part.type === "file") return false;
    const before = parts[i - 1];
    if (before === undefined) return true;
    const step = order.indexOf(part.type) - order.indexOf(before.type);
    return step > 0 || (step === 0 && part.type === "tool-call");
  });
}

/** What the provider adds, and, under `aiSdk`, the answer's id, model, sources and what tools of the provider did. */
function metadataOf(
  given: Fields | undefined,
  result: AiSdkResult,
  parts: readonly Fields[],
): Reply["providerMetadata"] | undefined {
  const own = Object.entries(given ?? {}).flatMap(([name, value]) => {
    const { logprobs: _, ...fields } = fieldsOf(value) ?? {};
    return Object.keys(fields).length > 0 ? [[name, fields as JsonValue] as const] : [];
  });
  const { id, modelId } = fieldsOf(result.response) ?? {};
  const sources = parts.filter(({ type }) => type === "source");
  const executed = parts.filter(
    ({ type, providerExecuted }) => type === "tool-result" || (type === "tool-call" && providerExecuted === true),
  );
  const aiSdk = {
    ...(wordsOf(id) !== undefined && { id }),
    ...(wordsOf(modelId) !== undefined && { model: modelId }),
    ...(sources.length > 0 && { sources }),
    ...(executed.length > 0 && { executed }),
  };
  if (Object.keys(aiSdk).length > 0) own.push(["aiSdk", aiSdk as JsonValue]);
  return own.length > 0 ? Object.fromEntries(own) : undefined;
}
