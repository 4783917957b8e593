/**
 * @module
 * How one server's chat completions differ from another's.
 */
import type { Effort, ModelRequest } from "../../core/model.js";

/**
 * How a server is told to continue a started answer.
 *
 * - `'continue_final_message'`: vLLM and SGLang, with `add_generation_prompt: false`
 * - `'prefix'`: Mistral and DeepSeek, with `prefix: true` in the assistant's message
 * - `'last-message'`: llama.cpp, where it is enough that the assistant's message comes last
 */
export type PrefillStyle = "continue_final_message" | "prefix" | "last-message";

/**
 * Where a server wants the model's earlier reasoning back: in a field of the assistant's message, or (`'content'`, Mistral) as a part of type
 * `thinking` among its content.
 */
export type ReasoningField = "reasoning_content" | "reasoning" | "content";

/**
 * Where the effort goes.
 *
 * - `'reasoning_effort'`: the field of that name
 * - `'reasoning'`: OpenRouter's object of that name
 * - `'chat_template_kwargs'`: the field, and thinking on or off for the chat template
 * - `'thinking'`: DeepSeek's object of that name, and the field
 */
export type EffortStyle = "reasoning_effort" | "reasoning" | "chat_template_kwargs" | "thinking";

/** What is particular to a server, or to a model there. */
export interface Dialect {
  /** Name in `providerOptions` and `providerMetadata`. */
  readonly provider: string;
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  readonly seedField: "seed" | "random_seed";
  readonly nField: "n" | "n_cmpl";
  /** `undefined`: it continues none. */
  readonly prefill: PrefillStyle | undefined;
  /** Does a started answer rule thinking out? */
  readonly prefillStopsThinking: boolean;
  /** Does the answer repeat what was started? */
  readonly echoesPrefill: boolean;
  /** `undefined`: it is not sent back. */
  readonly reasoningField: ReasoningField | undefined;
  readonly effort: EffortStyle;
  /** The efforts it knows; `undefined`: all are passed on. */
  readonly efforts: readonly Effort[] | undefined;
  /** Settings of a request that it has no field for. */
  readonly lacks: readonly (keyof ModelRequest)[];
  /** Must a stream be asked for its usage? Some refuse to be asked, and tell it anyway. */
  readonly asksForUsage: boolean;
  /** Is `usage.cost` what the request cost, in US dollars? */
  readonly tellsCost: boolean;
}

/** A server of which nothing is known. It gets what OpenAI would get, and vLLM's way of a started answer. */
export const plainDialect: Dialect = {
  provider: "openaiCompatible",
  maxTokensField: "max_tokens",
  seedField: "seed",
  nField: "n",
  prefill: "continue_final_message",
  prefillStopsThinking: false,
  echoesPrefill: false,
  reasoningField: undefined,
  effort: "reasoning_effort",
  efforts: undefined,
  lacks: [],
  asksForUsage: true,
  tellsCost: false,
};
