/**
 * @module
 * A chat model of LangChain as a model.
 */
import type { Capabilities } from "../../core/capabilities.js";
import { InvalidOptionError, MalformedResponseError } from "../../core/errors.js";
import { fieldsOf, wordsOf } from "../../core/fields.js";
import type { Effort, Model, ModelRequest, ResponseSchema } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";
import { source, type Reply, type SourceCall } from "../../core/source.js";
import { checkModelOptions, type ModelOptions } from "../wire/model-options.js";
import { ownSignal } from "../wire/own-signal.js";
import { readsNone, unreadFiles } from "../wire/tool-files.js";
import type { CallableChatModel, LangChainChatModel } from "./chat-model.js";
import { dialectOf, type CallOptions, type Dialect } from "./dialects.js";
import { langChainFailure } from "./failure.js";
import { replyOf } from "./read-message.js";
import { readStream } from "./read-stream.js";
import { fieldNames, prepare } from "./settings.js";
import { langChainMessages } from "./to-messages.js";
import { fieldOf, innermost } from "./view.js";

/** Options of {@link fromLangChain}. */
export interface FromLangChainOptions extends ModelOptions {
  /** Go with every call; `providerOptions.langchain` of a request wins. @defaultValue none */
  readonly callOptions?: CallOptions | undefined;
  /** Call options that ask for a format. @defaultValue what OpenAI, Azure, Groq, Anthropic, Google and Ollama take; others have none */
  readonly schema?: ((schema: ResponseSchema) => CallOptions) | undefined;
  /** Call options that say how hard to think. @defaultValue what OpenAI, Azure, Groq and Anthropic take; others have none */
  readonly effort?: ((effort: Effort) => CallOptions) | undefined;
}

interface Connection {
  readonly id: string;
  readonly model: CallableChatModel;
  readonly dialect: Dialect;
  readonly callOptions: CallOptions;
}

const where = "fromLangChain";

/**
 * Makes a model of a chat model of LangChain, whatever provider it speaks to.
 *
 * Shape: a request in, `invoke` or, where somebody listens, `stream`; text, reasoning, tool calls, log-probabilities and usage out. Its id is the type
 * and the name of the chat model. Tools go through its own `bindTools`.
 * Cost: one request per call.
 * Settings of a request take the place of the chat model's own for that call: a view of it is called, and the model is never written to. LangChain
 * tries six times again by itself; the view does not, since that is for the policies. What the chat model has no place for is a `downgrade`.
 * Messages come back to it as it made them, thoughts and signatures with them.
 *
 * @throws `InvalidOptionError` when the model is made: for what is no chat model, or an unknown option
 * @throws `ProviderError` for a refusal (with `status`), a failure on the way (without), or no connection
 * @throws `MalformedResponseError` for no answer, or a stream that was cut
 * @example
 * const model = fromLangChain(new ChatOpenAI({ model: "gpt-5" }), { price: { inputUsd: 1.25, outputUsd: 10 } });
 */
export function fromLangChain(chatModel: LangChainChatModel, options: FromLangChainOptions = {}): Model {
  checkOptions(where, options, ["capabilities", "price", "countTokens", "callOptions", "schema", "effort"]);
  const connection = connectionOf(chatModel, options);
  const { id, model, dialect } = connection;
  const can = (names: readonly string[]): boolean => fieldOf(model, names) !== undefined;
  const capabilities: Capabilities = {
    n: false,
    prefill: false,
    ...(!can(fieldNames.temperature) && { temperature: false }),
    ...(!can(["logprobs"]) && { logprobs: false }),
    ...(typeof model.bindTools !== "function" && { tools: false }),
    ...(dialect.schema === undefined && { schema: false }),
    ...(dialect.effort === undefined && { effort: false }),
    ...options.capabilities,
    // There is no field for latent thinking: whoever claims it would have it ignored.
    latent: false,
  };
  const { price, countTokens } = options;
  return source(id, capabilities, (request, call) => ask(connection, request, call), { price, countTokens });
}

async function ask(
  { id, model, dialect, callOptions }: Connection,
  request: ModelRequest,
  call: SourceCall,
): Promise<Reply> {
  try {
    return await ownSignal(call, async (signal) => {
      const { saysWhy = false, parses = false, reads = readsNone } = dialect;
      const prepared = prepare(model, request, dialect, callOptions, signal);
      const warnings = [...prepared.warnings, ...unreadFiles(request.messages, id, reads)];
      const messages = langChainMessages(
        request.prefill === undefined
          ? request.messages
          : [...request.messages, { role: "assistant", content: request.prefill }],
        reads,
      );
      if (call.streaming || (parses && request.schema !== undefined)) {
        const stream = await prepared.model.stream(messages, prepared.options);
        return readStream(stream, id, saysWhy, warnings, call);
      }
      const message = fieldsOf(await prepared.model.invoke(messages, prepared.options));
      if (message === undefined) throw new MalformedResponseError(`${id} gave no message`);
      return replyOf(message, call, warnings);
    });
  } catch (error) {
    throw langChainFailure(id, error, request, call);
  }
}

function connectionOf(chatModel: LangChainChatModel, options: FromLangChainOptions): Connection {
  for (const method of ["invoke", "stream"] as const) {
    if (typeof (chatModel as Partial<LangChainChatModel> | null | undefined)?.[method] !== "function") {
      throw new InvalidOptionError(where, "chatModel", `a chat model of LangChain, with ${method}`, chatModel);
    }
  }
  checkModelOptions(where, options);
  const { callOptions = {}, schema, effort } = options;
  if (fieldsOf(callOptions) === undefined) throw new InvalidOptionError(where, "callOptions", "an object", callOptions);
  for (const [option, value] of Object.entries({ schema, effort })) {
    if (value !== undefined && typeof value !== "function") {
      throw new InvalidOptionError(where, option, "a function that returns call options", value);
    }
  }
  const inner = innermost(chatModel);
  const type =
    typeof inner._llmType === "function" ? String((inner as { _llmType(): unknown })._llmType()) : "langchain";
  const name = ["model", "modelName", "modelId"]
    .map((field) => wordsOf(inner[field]))
    .find((found) => found !== undefined);
  const known = dialectOf(type);
  return {
    id: name === undefined ? type : `${type}:${name}`,
    model: chatModel as unknown as CallableChatModel,
    dialect: { ...known, ...(schema && { schema }), ...(effort && { effort }) },
    callOptions,
  };
}
