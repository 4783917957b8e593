/**
 * @module
 * A language model of the AI SDK as a model.
 */
import type { Capabilities } from "../../core/capabilities.js";
import { InvalidOptionError } from "../../core/errors.js";
import { fieldsOf } from "../../core/fields.js";
import type { Effort, Model, ModelRequest } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";
import { source, type Reply, type SourceCall } from "../../core/source.js";
import { checkModelName, checkModelOptions, type ModelOptions } from "../wire/model-options.js";
import { ownSignal } from "../wire/own-signal.js";
import { unreadFiles, type Reads } from "../wire/tool-files.js";
import { callOptions } from "./call-options.js";
import { aiSdkFailure } from "./failure.js";
import type { ProviderOptions } from "./provider-options.js";
import { logprobsOptions, readerOf } from "./providers.js";
import { readStream } from "./read-stream.js";
import { replyOf } from "./reply.js";
import { versions, type AiSdkModel } from "./specification.js";

/** Options of {@link fromAiSdk}. */
export interface FromAiSdkOptions extends ModelOptions {
  /**
   * What the model can do, over the defaults.
   * @defaultValue `{ n: false, prefill: false }`, and `latent: false` always; no `logprobs`, but for OpenAI, Azure and xAI; no `effort` before V4 without the
   * option of this name
   */
  readonly capabilities?: Capabilities | undefined;
  /** Go with every request; those of the request win. @defaultValue none */
  readonly providerOptions?: ProviderOptions | undefined;
  /**
   * How the provider is told how hard to think: returns provider options.
   * @defaultValue the setting `reasoning` of V4; older specifications have none
   */
  readonly effort?: ((effort: Effort) => ProviderOptions) | undefined;
}

/** What stays the same from request to request. */
export interface Connection {
  readonly id: string;
  readonly model: AiSdkModel;
  readonly version: string;
  readonly providerOptions: ProviderOptions | undefined;
  readonly effort: ((effort: Effort) => ProviderOptions) | undefined;
  readonly logprobs: ((alternatives: number) => ProviderOptions) | undefined;
  /** Which files go with results of tools. */
  readonly reads: Reads;
}

const where = "fromAiSdk";

/**
 * Makes a model of a language model of the AI SDK, of whatever provider. Specifications V2 (`ai` 5), V3 (`ai` 6) and V4 (`ai` 7).
 *
 * Shape: a request in, `doGenerate` or, where somebody listens, `doStream`; text, reasoning, tool calls, files and usage out. Its id is the
 * provider's name and the model's.
 * Cost: one request per call.
 * Nothing is retried: that is for the policies. What a provider warns that it left out is a `downgrade` event and stands in `warnings`. Metadata of
 * parts, such as the signature of a thought, come back to the provider unchanged. A stream that ends without saying why was cut.
 *
 * @throws `InvalidOptionError` when the model is made: for what is no language model, or an unknown option
 * @throws `ProviderError` for a refusal (with `status`), a failure on the way (without), or no connection
 * @throws `MalformedResponseError` for an answer that cannot be read, or a stream that was cut
 * @example
 * const model = fromAiSdk(openai("gpt-5"), { price: { inputUsd: 1.25, outputUsd: 10 } });
 */
export function fromAiSdk(languageModel: AiSdkModel, options: FromAiSdkOptions = {}): Model {
  checkOptions(where, options, ["capabilities", "price", "countTokens", "providerOptions", "effort"]);
  const connection = connectionOf(languageModel, options);
  const { version, effort, logprobs } = connection;
  const capabilities: Capabilities = {
    n: false,
    prefill: false,
    ...(logprobs === undefined && { logprobs: false }),
    ...(version !== "v4" && effort === undefined && { effort: false }),
    ...options.capabilities,
    // There is no field for latent thinking: whoever claims it would have it ignored.
    latent: false,
  };
  const { price, countTokens } = options;
  return source(connection.id, capabilities, (request, call) => ask(connection, request, call), { price, countTokens });
}

async function ask(connection: Connection, request: ModelRequest, call: SourceCall): Promise<Reply> {
  const { id, model } = connection;
  try {
    const result = await ownSignal(call, async (signal) => {
      const settings = callOptions(request, connection, signal);
      if (!call.streaming) return model.doGenerate(settings);
      return readStream((await model.doStream(settings)).stream, id, call);
    });
    const reply = replyOf(result, id, model.provider, call);
    const unread = unreadFiles(request.messages, id, connection.reads);
    return unread.length === 0 ? reply : { ...reply, warnings: [...unread, ...(reply.warnings ?? [])] };
  } catch (error) {
    throw aiSdkFailure(id, error, request, call);
  }
}

function connectionOf(model: AiSdkModel, options: FromAiSdkOptions): Connection {
  if (typeof model === "string") {
    throw new InvalidOptionError(where, "languageModel", "a model, as a provider makes them: openai(…)", model);
  }
  for (const method of ["doGenerate", "doStream"] as const) {
    if (typeof (model as Partial<AiSdkModel> | null | undefined)?.[method] !== "function") {
      throw new InvalidOptionError(where, "languageModel", `a language model of the AI SDK, with ${method}`, model);
    }
  }
  const { specificationVersion: version, provider, modelId } = model;
  if (!versions.includes(version)) {
    const bound = `a model of specification ${versions.join(", ")}`;
    throw new InvalidOptionError(where, "languageModel", bound, version);
  }
  checkModelName(where, "modelId", modelId);
  checkModelOptions(where, options);
  const { providerOptions, effort } = options;
  if (providerOptions !== undefined && fieldsOf(providerOptions) === undefined) {
    throw new InvalidOptionError(where, "providerOptions", "an object", providerOptions);
  }
  if (effort !== undefined && typeof effort !== "function") {
    throw new InvalidOptionError(where, "effort", "a function of an effort", effort);
  }
  return {
    id: `${provider}:${modelId}`,
    model,
    version,
    providerOptions,
    effort,
    logprobs: logprobsOptions(provider),
    reads: readerOf(model),
  };
}
