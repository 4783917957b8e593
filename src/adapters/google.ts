/**
 * @module
 * Gemini, by Google's own SDK: the Gemini API and Vertex AI.
 */
import type { Capabilities } from "../core/capabilities.js";
import type { Model, ModelRequest } from "../core/model.js";
import { checkOptions } from "../core/options.js";
import { source, type Price, type Reply, type SourceCall } from "../core/source.js";
import { bodyOf } from "./google/body.js";
import type { GoogleClient, GoogleRequest } from "./google/client.js";
import { googleFailure } from "./google/failure.js";
import { profileOf, type Profile } from "./google/profile.js";
import { Gathering } from "./google/replies.js";
import { checkClient } from "./wire/check-client.js";
import { checkModelName, checkModelOptions } from "./wire/model-options.js";
import { ownSignal } from "./wire/own-signal.js";

export type { GoogleClient, GoogleRequest };

/** Options of {@link fromGoogle}. */
export interface FromGoogleOptions {
  /** What the model can do, over what is known of it by its id. */
  readonly capabilities?: Capabilities | undefined;
  /** Needed for budgets in `usd`. */
  readonly price?: Price | undefined;
  /** Tokens of a request. @defaultValue the estimate of {@link source} */
  readonly countTokens?: ((request: ModelRequest) => number) | undefined;
}

/**
 * Makes a model of a client of Google's SDK, `@google/genai`.
 *
 * Shape: a request in, `models.generateContent` or, where somebody listens, `generateContentStream`; text, thoughts, tool calls, files,
 * log-probabilities and usage out. Its id is `google:` and the model's.
 * Cost: one request per call; equal calls that start together are one, of up to 8 candidates, with models up to Gemini 2.5.
 * Whatever Google signs keeps its signature in `content` (`providerMetadata.google`) and takes it back to Google with the next turn. A prompt that
 * is blocked is an error that no retry mends; an answer that is blocked ends with `'content-filter'`. Never retries, calls no
 * function and continues nothing by itself. `providerOptions.google` of a request is merged into its `config`.
 *
 * @param client - `new GoogleGenAI(…)` of `@google/genai`, version 2 or 3
 * @param modelId - the model's name there, such as `gemini-3.8-flash`
 * @throws `InvalidOptionError` when the model is made
 * @throws `ProviderError` for a refusal (with `status`), a blocked prompt, a failure on the way, or no connection
 * @throws `MalformedResponseError` for a response without any candidate, or a stream that ends too early
 * @example
 * const model = fromGoogle(new GoogleGenAI({ apiKey }), "gemini-3.8-flash");
 */
export function fromGoogle(client: GoogleClient, modelId: string, options: FromGoogleOptions = {}): Model {
  checkClient(where, client, ["models.generateContent", "models.generateContentStream"], "new GoogleGenAI()");
  checkModelName(where, "modelId", modelId);
  checkOptions(where, options, ["capabilities", "price", "countTokens"]);
  checkModelOptions(where, options);
  const { price, countTokens } = options;
  const profile = profileOf(modelId, client.vertexai === true);
  // The wire has no field for latent thinking: whoever claims it would have it ignored.
  const capabilities: Capabilities = { n: false, ...profile.capabilities, ...options.capabilities, latent: false };
  const asked: Asked = { id: `google:${modelId}`, model: modelId, client, profile };
  return source(asked.id, capabilities, (request, call) => ask(asked, request, call), { price, countTokens });
}

const where = "fromGoogle";

interface Asked {
  readonly id: string;
  readonly model: string;
  readonly client: GoogleClient;
  readonly profile: Profile;
}

async function ask(asked: Asked, request: ModelRequest, call: SourceCall): Promise<readonly Reply[]> {
  const { id, client } = asked;
  return ownSignal(call, async (signal) => {
    const body = bodyOf(request, asked, call, signal);
    const gathering = new Gathering(id, call);
    let begun = false;
    try {
      if (call.streaming) {
        const stream = await client.models.generateContentStream(body.request);
        begun = true;
        for await (const piece of stream) {
          if (call.scope.aborted) throw call.scope.reason;
          gathering.add(piece);
        }
      } else gathering.add(await client.models.generateContent(body.request));
    } catch (error) {
      throw googleFailure(id, error, request, call, begun);
    }
    return gathering.replies(body.warnings);
  });
}
