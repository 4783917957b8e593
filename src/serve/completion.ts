/**
 * @module
 * Responses as the wire has them: the choices, what they cost, and what else is known of them.
 */
import type { ToolCallPart } from "../core/message.js";
import type { FinishReason, ModelResponse, TokenLogprob, Warning } from "../core/model.js";
import { addUsage, noUsage, type Usage } from "../core/usage.js";
import { detailsOf } from "./details.js";

/** What all choices, and all chunks, of one completion have in common. */
export interface Head {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** The completion of these responses: one choice of each. `details`: tell what the format has no place for, in `mull`. */
export function completionOf(
  head: Head,
  responses: readonly ModelResponse[],
  details: boolean,
  notes: readonly Warning[],
): object {
  const { id, ...rest } = head;
  const usage = usageOf(responses);
  return {
    id,
    object: "chat.completion",
    ...rest,
    choices: responses.map((response, index) => ({
      index,
      message: messageOf(response),
      logprobs: logprobsOf(response.logprobs),
      finish_reason: finishOf(response.finishReason),
      ...(details && responses.length > 1 && { mull: detailsOf(response, notes) }),
    })),
    ...(usage !== undefined && { usage }),
    ...(details && { mull: wholeDetails(responses, notes) }),
  };
}

/** What is known beside the words: of the first choice, and of the cost of all. */
export function wholeDetails(responses: readonly ModelResponse[], notes: readonly Warning[]): object {
  const [first] = responses;
  return { ...(first && detailsOf(first, notes)), usage: spent(responses) };
}

/**
 * What was spent, in the fields of the wire. It is told whole or not at all: clients read a missing figure as 0, and a missing `usage` as
 * unknown. The details are told where they are known.
 */
export function usageOf(responses: readonly ModelResponse[]): object | undefined {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = spent(responses);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedInputTokens !== undefined && { prompt_tokens_details: { cached_tokens: cachedInputTokens } }),
    ...(reasoningTokens !== undefined && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

function spent(responses: readonly ModelResponse[]): Usage {
  return responses.reduce((sum, { usage }) => addUsage(sum, usage), noUsage);
}

function messageOf({ text, reasoning = "", toolCalls = [], latent }: ModelResponse): object {
  return {
    role: "assistant",
    content: text === "" && toolCalls.length > 0 ? null : text,
    ...(reasoning !== "" && { reasoning_content: reasoning }),
    refusal: null,
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(toolCallOf) }),
    ...(latent !== undefined && { latent }),
  };
}

/** A tool call, with its arguments as the text that the wire wants. */
export function toolCallOf({ id, name, input }: ToolCallPart): object {
  const text = typeof input === "string" ? input : JSON.stringify(input ?? {});
  return { id, type: "function", function: { name, arguments: text } };
}

/** Log-probabilities; `null` where there are none. */
export function logprobsOf(logprobs: readonly TokenLogprob[] | undefined): object | null {
  if (logprobs === undefined) return null;
  const content = logprobs.map(({ top = [], ...own }) => ({ ...entryOf(own), top_logprobs: top.map(entryOf) }));
  return { content, refusal: null };
}

/** JSON has no minus infinity: OpenAI writes -9999. The bytes of a token are not known. */
function entryOf({ token, logprob }: Pick<TokenLogprob, "token" | "logprob">): object {
  return { token, logprob: Math.max(logprob, -9999), bytes: null };
}

/** Why the model stopped, in the words of the wire, which has none for "something else". */
export function finishOf(reason: FinishReason): string {
  switch (reason) {
    case "tool-calls":
      return "tool_calls";
    case "content-filter":
      return "content_filter";
    case "length":
      return "length";
    case "stop":
    case "other":
      return "stop";
  }
}
