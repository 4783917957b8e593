/**
 * @module
 * Any endpoint that speaks OpenAI's chat completions, on plain `fetch`: OpenAI, vLLM, llama.cpp, Ollama, OpenRouter and many others.
 */
import type { Capabilities } from "../core/capabilities.js";
import { MalformedResponseError, MullError } from "../core/errors.js";
import { fieldsOf, type Fields } from "../core/fields.js";
import type { JsonValue } from "../core/message.js";
import type { Model, ModelRequest } from "../core/model.js";
import { source, type Price, type Reply, type SourceCall } from "../core/source.js";
import { assemble } from "./chat-completions/assemble.js";
import { bodyOf } from "./chat-completions/body.js";
import { repliesOf } from "./chat-completions/completion.js";
import type { PrefillStyle, ReasoningField } from "./chat-completions/dialect.js";
import { chunksOf } from "./openai-compatible/chunks.js";
import { endpointOf, type Endpoint } from "./openai-compatible/endpoint.js";
import { complaint, refusal } from "./openai-compatible/failure.js";
import type { OpenaiCompatibleServer } from "./openai-compatible/servers.js";
import { lost } from "./wire/failure.js";
import { ownSignal } from "./wire/own-signal.js";

export type { PrefillStyle, ReasoningField } from "./chat-completions/dialect.js";
export type { OpenaiCompatibleServer } from "./openai-compatible/servers.js";

/** Options of {@link openaiCompatible}. */
export interface OpenaiCompatibleOptions {
  /** Where the endpoint is, up to `/chat/completions`: `https://api.openai.com/v1`. Its query, if any, is kept. */
  readonly baseURL: string | URL;
  /** The model's name there. */
  readonly model: string;
  /**
   * Whose server it is: what it can do, and its own ways of saying things. Every other option wins over it.
   * @defaultValue nothing is known of it
   */
  readonly server?: OpenaiCompatibleServer | undefined;
  /** Sent as `Authorization: Bearer …`. @defaultValue none */
  readonly apiKey?: string | undefined;
  /** Sent with every request. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * What the model can do, over what is known of the server.
   * @defaultValue without `server`: `{ n: false, prefill: false, latent: false }`, with `n: 128` at `api.openai.com`
   */
  readonly capabilities?: Capabilities | undefined;
  /** Needed for budgets in `usd`. */
  readonly price?: Price | undefined;
  /** Tokens of a request. @defaultValue the estimate of {@link source} */
  readonly countTokens?: ((request: ModelRequest) => number) | undefined;
  /** Added to every body; what a request says wins over it. @defaultValue none */
  readonly extraBody?: Readonly<Record<string, JsonValue>> | undefined;
  /** The field of the output cap. OpenAI's reasoning models take only `'max_completion_tokens'`. @defaultValue the server's, or `'max_tokens'` */
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens" | undefined;
  /** Where earlier reasoning is sent back, for models that want it. @defaultValue where the server wants it; without `server` it is not sent back */
  readonly reasoningField?: ReasoningField | undefined;
  /** How a started answer (`prefill`) is continued, where `capabilities.prefill` says that it is. @defaultValue the server's way; without `server` vLLM's */
  readonly prefillStyle?: PrefillStyle | undefined;
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
 * `providerOptions.openaiCompatible` of a request is merged into its body. Settings that the server is known not to have are left out,
 * with a warning.
 *
 * @throws `InvalidOptionError` when the model is made
 * @throws `ProviderError` for a refusal (with `status`), a failure on the way (without), or no connection
 * @throws `MalformedResponseError` for a response that is no completion, or a stream that ends too early
 * @example
 * const model = openaiCompatible({ baseURL: "http://localhost:8000/v1", model: "qwen3-8b", server: "vllm" });
 */
export function openaiCompatible(options: OpenaiCompatibleOptions): Model {
  const endpoint = endpointOf(options);
  const { price, countTokens } = options;
  return source(endpoint.id, endpoint.capabilities, (request, call) => ask(endpoint, request, call), {
    price,
    countTokens,
  });
}

async function ask(endpoint: Endpoint, request: ModelRequest, call: SourceCall): Promise<readonly Reply[]> {
  const { id, url, headers, dialect } = endpoint;
  const { body, warnings } = bodyOf(request, endpoint, call);
  const send = endpoint.fetch ?? fetch;
  const secrets = { keys: endpoint.keys, request };
  return ownSignal(call, async (signal) => {
    const response = await overNetwork(call, id, "could not be reached", () =>
      send(url.href, { method: "POST", headers, body: JSON.stringify(body), signal }),
    );
    const echo = dialect.echoesPrefill ? request.prefill : undefined;
    const completion = await overNetwork(call, id, "lost the connection before its answer was whole", async () => {
      if (!response.ok) throw await refusal(endpoint, response, secrets);
      return read(response, id, call, echo);
    });
    const failure = complaint(id, completion, response.headers, secrets);
    if (failure !== undefined) throw failure;
    return repliesOf(completion, { id, dialect, request, warnings }, call);
  });
}

/** Does a part of the exchange. What fails in it and is none of our errors is the network's fault, or an abort. */
async function overNetwork<T>(call: SourceCall, id: string, what: string, part: () => Promise<T>): Promise<T> {
  try {
    return await part();
  } catch (error) {
    if (call.scope.aborted) throw call.scope.reason;
    throw MullError.is(error) ? error : lost(id, what, error);
  }
}

async function read(response: Response, id: string, call: SourceCall, echo: string | undefined): Promise<Fields> {
  const type = response.headers.get("content-type") ?? "";
  // Who asked for a stream may get a whole completion, and the other way round; and not everybody names what they send.
  const streams = type.includes("event-stream") || (call.streaming && !/json|html/.test(type));
  if (streams && response.body !== null) return assemble(chunksOf(response.body, id), id, call, echo);
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
