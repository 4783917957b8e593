/**
 * @module
 * Any endpoint that speaks OpenAI's chat completions, on plain `fetch`: OpenAI, vLLM, llama.cpp, Ollama, OpenRouter and many others.
 */
import type { Capabilities } from "../core/capabilities.js";
import { MalformedResponseError, MullError } from "../core/errors.js";
import type { JsonValue } from "../core/message.js";
import type { Model, ModelRequest } from "../core/model.js";
import { source, type Price, type Reply, type SourceCall } from "../core/source.js";
import { assemble } from "./chat-completions/assemble.js";
import { bodyOf } from "./chat-completions/body.js";
import { repliesOf } from "./chat-completions/completion.js";
import { endpointOf, type Endpoint } from "./openai-compatible/endpoint.js";
import { complaint, refusal } from "./openai-compatible/failure.js";
import { lost } from "./wire/failure.js";
import { fieldsOf, type Fields } from "../core/fields.js";

/** Options of {@link openaiCompatible}. */
export interface OpenaiCompatibleOptions {
  /** Where the endpoint is, up to `/chat/completions`: `https://api.openai.com/v1`. Its query, if any, is kept. */
  readonly baseURL: string | URL;
  /** The model's name there. */
  readonly model: string;
  /** Sent as `Authorization: Bearer …`. @defaultValue none */
  readonly apiKey?: string | undefined;
  /** Sent with every request. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * What the model can do, over the defaults.
   * @defaultValue `{ n: false, prefill: false, latent: false }`, with `n: 128` at `api.openai.com`
   */
  readonly capabilities?: Capabilities | undefined;
  /** Needed for budgets in `usd`. */
  readonly price?: Price | undefined;
  /** Tokens of a request. @defaultValue the estimate of {@link source} */
  readonly countTokens?: ((request: ModelRequest) => number) | undefined;
  /** Added to every body; what a request says wins over it. @defaultValue none */
  readonly extraBody?: Readonly<Record<string, JsonValue>> | undefined;
  /** The field of the output cap. OpenAI's reasoning models take only `'max_completion_tokens'`. @defaultValue `'max_tokens'` */
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens" | undefined;
  /** The field in which earlier reasoning is sent back, for models that want it. @defaultValue it is not sent back */
  readonly reasoningField?: "reasoning_content" | "reasoning" | undefined;
  /** Used instead of the global `fetch`. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/**
 * Makes a model of an endpoint that speaks OpenAI's chat completions.
 *
 * Shape: a request in, `POST {baseURL}/chat/completions`; text, reasoning, tool calls, log-probabilities and usage out. Streams only
 * where somebody listens. Its id is `openai-compatible:` and the model's name.
 * Cost: one request per call; equal calls that start together are one where `capabilities.n` is set.
 * Never retries and knows no timeout: that is for the policies. What the endpoint does not tell of usage stays `undefined`.
 * `providerOptions.openaiCompatible` of a request is merged into its body.
 *
 * @throws `InvalidOptionError` when the model is made
 * @throws `ProviderError` for a refusal (with `status`), a failure on the way (without), or no connection
 * @throws `MalformedResponseError` for a response that is no completion, or a stream that ends too early
 * @example
 * const model = openaiCompatible({ baseURL: "http://localhost:8000/v1", model: "qwen3-8b", capabilities: { n: true, prefill: true } });
 */
export function openaiCompatible(options: OpenaiCompatibleOptions): Model {
  const endpoint = endpointOf(options);
  const { price, countTokens } = options;
  const capabilities: Capabilities = {
    n: endpoint.url.hostname === "api.openai.com" ? 128 : false,
    prefill: false,
    latent: false,
    ...options.capabilities,
  };
  return source(endpoint.id, capabilities, (request, call) => ask(endpoint, request, call), { price, countTokens });
}

async function ask(endpoint: Endpoint, request: ModelRequest, call: SourceCall): Promise<readonly Reply[]> {
  const { id, url, headers } = endpoint;
  const body = bodyOf(request, endpoint, call);
  const send = endpoint.fetch ?? fetch;
  const secrets = { keys: endpoint.keys, request };
  const response = await overNetwork(call, id, "could not be reached", () =>
    send(url.href, { method: "POST", headers, body, signal: call.signal }),
  );
  const completion = await overNetwork(call, id, "lost the connection before its answer was whole", async () => {
    if (!response.ok) throw await refusal(endpoint, response, secrets);
    return read(response, id, call);
  });
  const failure = complaint(id, completion, response.headers, secrets);
  if (failure !== undefined) throw failure;
  return repliesOf(completion, id, call);
}

/** Does a part of the exchange. What fails in it and is none of our errors is the network's fault, or an abort. */
async function overNetwork<T>(call: SourceCall, id: string, what: string, part: () => Promise<T>): Promise<T> {
  try {
    return await part();
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    throw MullError.is(error) ? error : lost(id, what, error);
  }
}

async function read(response: Response, id: string, call: SourceCall): Promise<Fields> {
  const type = response.headers.get("content-type") ?? "";
  // Who asked for a stream may get a whole completion, and the other way round; and not everybody names what they send.
  const streams = type.includes("event-stream") || (call.streaming && !/json|html/.test(type));
  if (streams && response.body !== null) return assemble(response.body, id, call);
  const text = await response.text();
  let completion: Fields | undefined;
  try {
    completion = fieldsOf(JSON.parse(text));
  } catch {
    // Its own error would quote the body.
  }
  if (completion !== undefined) return completion;
  throw new MalformedResponseError(
    `${id} returned no JSON object (content type ${type === "" ? "unknown" : type.slice(0, 60)})`,
  );
}
