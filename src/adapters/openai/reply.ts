/**
 * @module
 * A response as the wire has it, read as a reply.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { countOf, fieldsOf, inputOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { JsonValue, PartMetadata, ReasoningPart, TextPart, ToolCallPart } from "../../core/message.js";
import type { FinishReason, ModelRequest, Warning } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import { logprobOf } from "../chat-completions/logprobs.js";
import { failed } from "../wire/failure.js";

/** What a response answers. */
export interface Question {
  readonly id: string;
  readonly request: ModelRequest;
  /** What there is to say about the request. */
  readonly warnings: readonly Warning[];
}

/**
 * Reads a response. `content` has its items in order, with what OpenAI wants back with them, where it thought or said in which phase it spoke.
 *
 * @throws {@link ProviderError} for a response that failed
 * @throws {@link MalformedResponseError} for one without output, or that is not finished
 */
export function replyOf(response: Fields, { id, request, warnings }: Question, call: SourceCall): Reply {
  const { status, error, output } = response;
  if (status === "failed" || status === "cancelled" || fieldsOf(error) !== undefined) {
    const { message, code } = fieldsOf(error) ?? {};
    const requestId = wordsOf(response._request_id);
    throw failed(id, { message: wordsOf(message), code }, { keys: [], request }, { requestId });
  }
  if (!Array.isArray(output)) throw new MalformedResponseError(`${id} returned a response without output`);
  if (status === "in_progress" || status === "queued") {
    throw new MalformedResponseError(`${id} returned a response that is not finished (${status})`);
  }
  const parts = listOf(output).flatMap((item) => partsOf(item, call));
  const messages = listOf(output).filter(({ type }) => type === "message");
  const text = messages.map(spokenText).filter(isSomething).join(betweenItems);
  const reasoning = parts
    .map((part) => (part.type === "reasoning" ? part.text : ""))
    .filter(isSomething)
    .join(betweenItems);
  const toolCalls = parts.filter((part) => part.type === "tool-call");
  const logprobs = messages.flatMap(contentOf).flatMap((part) => listOf(part.logprobs).map(logprobOf));
  const refused = text === "" && messages.flatMap(contentOf).some(({ type }) => type === "refusal");
  const finishReason = refused ? "content-filter" : finishOf(response, toolCalls.length > 0);
  const ordered = parts.some((part) => part.type === "reasoning" || phaseOf(part.providerMetadata) !== undefined);
  const metadata = metadataOf(response);
  return {
    text,
    ...(reasoning !== "" && { reasoning }),
    ...(ordered && { content: parts }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(logprobs.length > 0 && { logprobs }),
    ...(warnings.length > 0 && { warnings }),
    ...(metadata !== undefined && { providerMetadata: { openai: metadata } }),
    finishReason,
    usage: usageOf(response),
  };
}

/** What stands between the words of two items. */
export const betweenItems = "\n\n";

/** The summary of a thought; of models that show it, the thought itself. */
function thoughtText(item: Fields): string {
  const pieces = [...contentOf(item), ...listOf(item.summary)].map((part) => wordsOf(part.text) ?? "");
  return pieces.filter(isSomething).join(betweenItems);
}

function partsOf(item: Fields, call: SourceCall): readonly (TextPart | ReasoningPart | ToolCallPart)[] {
  const named = wordsOf(item.id) === undefined ? {} : { id: item.id as string };
  switch (item.type) {
    case "message": {
      const text = spokenText(item);
      const phase = wordsOf(item.phase) === undefined ? {} : { phase: item.phase as string };
      return text === "" ? [] : [{ type: "text", text, ...metadataWith({ ...named, ...phase }) }];
    }
    case "function_call":
      return [
        {
          type: "tool-call",
          id: wordsOf(item.call_id) ?? `call_${call.random.bits().toString(36)}`,
          name: wordsOf(item.name) ?? "",
          input: inputOf(wordsOf(item.arguments) ?? ""),
          ...metadataWith(named),
        },
      ];
    case "reasoning":
      return [{ type: "reasoning", text: thoughtText(item), ...metadataWith(item) }];
    default:
      // Searches and the like: a part of its thinking, without words.
      return [{ type: "reasoning", text: "", ...metadataWith(item) }];
  }
}

function metadataWith(openai: Fields): { readonly providerMetadata?: PartMetadata } {
  return Object.keys(openai).length === 0 ? {} : { providerMetadata: { openai: openai as JsonValue } };
}

function phaseOf(metadata: PartMetadata | undefined): string | undefined {
  return wordsOf(fieldsOf(metadata?.openai)?.phase);
}

function contentOf(item: Fields): readonly Fields[] {
  return listOf(item.content);
}

function spokenText(item: Fields): string {
  return contentOf(item)
    .map((part) => (part.type === "output_text" ? (wordsOf(part.text) ?? "") : ""))
    .join("");
}

function isSomething(text: string): boolean {
  return text !== "";
}

function finishOf({ status, incomplete_details: details }: Fields, calls: boolean): FinishReason {
  const reason = fieldsOf(details)?.reason;
  if (status === "incomplete" || reason !== undefined) {
    return reason === "max_output_tokens" ? "length" : reason === "content_filter" ? "content-filter" : "other";
  }
  return calls ? "tool-calls" : "stop";
}

function usageOf({ usage }: Fields): Reply["usage"] {
  const fields = fieldsOf(usage);
  if (fields === undefined) return undefined;
  return {
    inputTokens: countOf(fields.input_tokens),
    cachedInputTokens: countOf(fieldsOf(fields.input_tokens_details)?.cached_tokens),
    outputTokens: countOf(fields.output_tokens),
    reasoningTokens: countOf(fieldsOf(fields.output_tokens_details)?.reasoning_tokens),
  };
}

function metadataOf(response: Fields): JsonValue | undefined {
  const told = ["id", "model", "service_tier"].filter((name) => wordsOf(response[name]) !== undefined);
  return told.length === 0 ? undefined : Object.fromEntries(told.map((name) => [name, response[name] as string]));
}
