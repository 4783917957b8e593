/**
 * @module
 * OpenAI's models, through its own SDK: Chat Completions, or Responses.
 */
import type { Capabilities } from "../core/capabilities.js";
import type { Model, ModelRequest } from "../core/model.js";
import { source, type Price } from "../core/source.js";
import { openaiModel } from "./chat-completions/openai-models.js";
import { askChat, chatDialect } from "./openai/chat.js";
import { checkOpenAI } from "./openai/check.js";
import type { OpenAIClient } from "./openai/client.js";
import { askResponses } from "./openai/responses.js";

export type { OpenAIClient, OpenAIEndpoint, OpenAIRequestOptions } from "./openai/client.js";

/** Options of {@link fromOpenAI}. */
export interface FromOpenAIOptions {
  /** `'chat'` has `n` and a seed, `'responses'` the thoughts of models that think. @defaultValue `'chat'` */
  readonly api?: "chat" | "responses" | undefined;
  /** What the model can do, over what is known of its id. @defaultValue what is known */
  readonly capabilities?: Capabilities | undefined;
  /** Needed for budgets in `usd`. */
  readonly price?: Price | undefined;
  /** Tokens of a request. @defaultValue the estimate of {@link source} */
  readonly countTokens?: ((request: ModelRequest) => number) | undefined;
}

/**
 * Makes a model of a client of the `openai` package.
 *
 * Shape: a request in, one call of `client.chat.completions.create` or `client.responses.create`; text, thoughts, tool calls, log-probabilities
 * and usage out. Streams only where somebody listens. Its id is `openai:` and the model's.
 * Cost: one request per call; with `'chat'`, equal calls that start together are one with `n`, up to 128.
 * The client's retries are turned off for these requests: that is for `retry`. Its `timeout` holds. Settings that the model or the interface does not
 * have are left out, with a warning. Nothing is stored at OpenAI by `'responses'`: thoughts come encrypted, and go back with the turn they belong to.
 * `providerOptions.openai` of a request is merged into its body.
 *
 * @throws `InvalidOptionError` when the model is made
 * @throws `ProviderError` for a refusal (with `status`), a failure on the way (without), or no connection
 * @throws `MalformedResponseError` for a response that is none, or a stream that ends too early
 * @example
 * const model = fromOpenAI(new OpenAI(), "gpt-5-mini", { api: "responses" });
 */
export function fromOpenAI(client: OpenAIClient, modelId: string, options: FromOpenAIOptions = {}): Model {
  checkOpenAI(client, modelId, options);
  const { api = "chat", price, countTokens } = options;
  const id = `openai:${modelId}`;
  const known = openaiModel(modelId);
  const capabilities: Capabilities = {
    ...(api === "chat" ? { n: 128 } : { n: false, seed: false }),
    prefill: false,
    latent: false,
    ...known.capabilities,
    ...(known.thinks !== undefined && { reasoning: api === "responses" && known.thinks ? "summary" : "none" }),
    ...options.capabilities,
    // Responses have no field for latent thinking: whoever claims it would have it ignored.
    ...(api === "responses" && { latent: false }),
  };
  const sourceOptions = { price, countTokens };
  if (api === "chat") {
    const speaker = { id, model: modelId, dialect: chatDialect(known) };
    return source(id, capabilities, (request, call) => askChat(client, speaker, request, call), sourceOptions);
  }
  const thinks = capabilities.reasoning === undefined ? known.thinks : capabilities.reasoning !== "none";
  const speaker = { id, model: modelId, thinks, efforts: known.efforts, lacks: known.lacks };
  return source(id, capabilities, (request, call) => askResponses(client, speaker, request, call), sourceOptions);
}
