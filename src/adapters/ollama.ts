/**
 * @module
 * Models on your own machine: Ollama, by its own package.
 */
import type { Capabilities } from "../core/capabilities.js";
import { MalformedResponseError } from "../core/errors.js";
import type { Model, ModelRequest } from "../core/model.js";
import { checkOptions } from "../core/options.js";
import { source, type Price, type Reply, type SourceCall } from "../core/source.js";
import { bodyOf } from "./ollama/body.js";
import type { OllamaClient, OllamaRequest } from "./ollama/client.js";
import { Draft } from "./ollama/draft.js";
import { begin, forget } from "./ollama/exchange.js";
import { ollamaFailure } from "./ollama/failure.js";
import { profileOf, type Profile } from "./ollama/profile.js";
import { checkClient } from "./wire/check-client.js";
import { checkModelName, checkModelOptions } from "./wire/model-options.js";
import { ownSignal } from "./wire/own-signal.js";

export type { OllamaClient, OllamaRequest };

/** Options of {@link fromOllama}. */
export interface FromOllamaOptions {
  /** What the model can do, over what is known of it by its name. */
  readonly capabilities?: Capabilities | undefined;
  /** Needed for budgets in `usd`. */
  readonly price?: Price | undefined;
  /** Tokens of a request. @defaultValue the estimate of {@link source} */
  readonly countTokens?: ((request: ModelRequest) => number) | undefined;
}

/**
 * Makes a model of a client of the `ollama` package.
 *
 * Shape: a request in, `chat` with `stream: true`, whether anybody listens or not: only a stream can be given up. Text, thought, tool calls,
 * log-probabilities and usage out. Its id is `ollama:` and the model's.
 * Cost: one request per call.
 * A call that is given up, even while the model is still being loaded, closes its own connection and no other's: `client.abort()`, which ends
 * all streams, is never called. A `prefill` goes as the last message, which Ollama continues. `providerOptions.ollama` of a request is merged
 * into it; `options: { num_ctx }` there is how much the model reads at all.
 *
 * @param client - `new Ollama(…)` of `ollama`, or its default export
 * @param modelId - the model's name there, with its tag: `qwen3:8b`
 * @throws `InvalidOptionError` when the model is made
 * @throws `ProviderError` for a refusal (with `status`), a failure on the way, or no connection
 * @throws `MalformedResponseError` for a stream that ends too early
 * @example
 * const model = fromOllama(new Ollama(), "qwen3:8b");
 */
export function fromOllama(client: OllamaClient, modelId: string, options: FromOllamaOptions = {}): Model {
  checkClient(where, client, ["chat"], "new Ollama()");
  checkModelName(where, "modelId", modelId);
  checkOptions(where, options, ["capabilities", "price", "countTokens"]);
  checkModelOptions(where, options);
  const { price, countTokens } = options;
  const profile = profileOf(modelId);
  // The wire has no field for latent thinking: whoever claims it would have it ignored.
  const capabilities: Capabilities = { n: false, ...profile.capabilities, ...options.capabilities, latent: false };
  const asked: Asked = { id: `ollama:${modelId}`, model: modelId, client, profile };
  return source(asked.id, capabilities, (request, call) => ask(asked, request, call), { price, countTokens });
}

const where = "fromOllama";

interface Asked {
  readonly id: string;
  readonly model: string;
  readonly client: OllamaClient;
  readonly profile: Profile;
}

async function ask(asked: Asked, request: ModelRequest, call: SourceCall): Promise<Reply> {
  const { id, client } = asked;
  const { body, warnings } = bodyOf(request, asked);
  return ownSignal(call, async (signal) => {
    const draft = new Draft(call);
    let stream: AsyncIterable<unknown> | undefined;
    let headers: Headers | undefined;
    try {
      stream = await begin(client, body, signal, (heard) => (headers = heard));
      for await (const line of stream) {
        if (call.scope.aborted) throw call.scope.reason;
        draft.add(line);
      }
    } catch (error) {
      throw ollamaFailure(asked, error, request, call, stream !== undefined, headers);
    } finally {
      forget(client, stream);
    }
    if (!draft.over) throw new MalformedResponseError(`${id} ended its stream before the answer was finished`);
    return draft.reply(warnings);
  });
}
