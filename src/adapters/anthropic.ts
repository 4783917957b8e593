/**
 * @module
 * Anthropic's Messages API, through the client of its SDK.
 */
import type { Capabilities } from "../core/capabilities.js";
import { MalformedResponseError } from "../core/errors.js";
import { fieldsOf, type Fields } from "../core/fields.js";
import type { Model, ModelRequest } from "../core/model.js";
import { source, type Price, type Reply, type SourceCall } from "../core/source.js";
import { assemble } from "./anthropic/assemble.js";
import { orderOf } from "./anthropic/body.js";
import type { AnthropicClient } from "./anthropic/client.js";
import { anthropicFailure } from "./anthropic/failure.js";
import { replyOf } from "./anthropic/message.js";
import { settingsOf, type Settings } from "./anthropic/settings.js";
import type { AnthropicThinking } from "./anthropic/thinking.js";
import { worstPrice } from "./anthropic/usage.js";
import { ownSignal } from "./wire/own-signal.js";

export type { AnthropicBody, AnthropicClient, AnthropicRequestOptions } from "./anthropic/client.js";
export type { AnthropicThinking } from "./anthropic/thinking.js";

/** Options of {@link fromAnthropic}. */
export interface FromAnthropicOptions {
  /** How the model thinks where a request has no `effort`. @defaultValue as the model does by itself */
  readonly thinking?: AnthropicThinking | undefined;
  /** Keeps prompts in the provider's cache for that long after their last use. @defaultValue only what parts ask for by `cacheControl` */
  readonly cache?: "5m" | "1h" | undefined;
  /** Sent where a request has none, as the API must have one: whole, at least 1. @defaultValue the most that the model writes, by its id */
  readonly maxOutputTokens?: number | undefined;
  /** What the model can do, over what is known by its id. */
  readonly capabilities?: Capabilities | undefined;
  /** Needed for budgets in `usd`. What is written to the cache is reckoned at 1.25 (`'5m'`) or 2 (`'1h'`) times `inputUsd`. */
  readonly price?: Price | undefined;
  /** Tokens of a request. @defaultValue the estimate of {@link source} */
  readonly countTokens?: ((request: ModelRequest) => number) | undefined;
}

/**
 * Makes a model of a client of `@anthropic-ai/sdk`.
 *
 * Shape: a request in, `client.messages.create`; text, reasoning, tool calls and usage out. Its id is `anthropic:` and the model's id.
 * Cost: one request per call; there are no several completions of one request.
 * Streams where somebody listens, and where the output cap is above 21,333 tokens, because an SDK refuses to wait that long for one response.
 * Thoughts come back in `content` with their signatures, and go to the API again unchanged. What the model takes is decided by its id, and what
 * it does not is left out with a warning. Never retries: that is for the policies. `providerOptions.anthropic` of a request is merged into its body.
 *
 * @throws `InvalidOptionError` when the model is made; at a call, for `providerOptions` that the adapter sets itself
 * @throws `CapabilityError` for a prefill that the model refuses, or a file that the API does not take
 * @throws `ProviderError` for a refusal (with `status`), an error in a stream or on the way (without), or no connection
 * @throws `MalformedResponseError` for a response that is no message, or a stream that ends too early
 * @see https://platform.claude.com/docs/en/api/messages
 * @example
 * const model = fromAnthropic(new Anthropic(), "claude-opus-5-5", { cache: "5m", price: { inputUsd: 4, outputUsd: 20 } });
 */
export function fromAnthropic(client: AnthropicClient, modelId: string, options: FromAnthropicOptions = {}): Model {
  const settings = settingsOf(client, modelId, options);
  const { id, capabilities, price, cache } = settings;
  return source(id, capabilities, (request, call) => ask(settings, request, call), {
    price: worstPrice(price, cache),
    countTokens: options.countTokens,
  });
}

/** The longest answer, in tokens, that is waited for without streaming: what may be written in ten minutes. */
const longestWait = 21_333;

async function ask(settings: Settings, request: ModelRequest, call: SourceCall): Promise<Reply> {
  const { id, client } = settings;
  const { body, answer, warnings } = orderOf(request, settings);
  const streams = call.streaming || body.max_tokens > longestWait;
  let message: Fields | undefined;
  try {
    message = await ownSignal(call, async (signal) => {
      const given = await client.messages.create(streams ? { ...body, stream: true } : body, {
        signal,
        maxRetries: 0,
        ...(!streams && client.timeout !== undefined && { timeout: client.timeout }),
      });
      return isIterable(given) ? assemble(given, id, answer, call) : fieldsOf(given);
    });
  } catch (error) {
    throw anthropicFailure(id, error, request, call);
  }
  if (message === undefined) throw new MalformedResponseError(`${id} returned no JSON object`);
  const reply = replyOf(message, settings, answer, call);
  return warnings.length === 0 ? reply : { ...reply, warnings };
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
