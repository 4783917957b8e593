/**
 * @module
 * The runnable that a stack becomes.
 */
import { BaseMessage, coerceMessageLikeToMessage, type BaseMessageLike } from "@langchain/core/messages";
import type { BasePromptValueInterface } from "@langchain/core/prompt_values";
import { Runnable, type RunnableConfig } from "@langchain/core/runnables";
import { answerStream } from "../../core/answer-stream.js";
import { InvalidOptionError } from "../../core/errors.js";
import { fieldsOf } from "../../core/fields.js";
import type { Model, ModelRequest, ModelResponse } from "../../core/model.js";
import { run } from "../../core/run.js";
import { messagesOf } from "./from-messages.js";
import type { ToRunnableOptions } from "./to-runnable.js";

/** A prompt in any of the forms that LangChain passes on, or a request. */
export type RunnablePrompt =
  string | BaseMessage | readonly BaseMessageLike[] | BasePromptValueInterface | ModelRequest;

/** A stack as a runnable of LangChain. Made by {@link toRunnable}. */
export class MullRunnable<Out extends ModelResponse> extends Runnable<RunnablePrompt, Out> {
  override lc_namespace: string[] = ["mull"];
  private readonly _stack: Model<Out>;
  private readonly _common: ToRunnableOptions;

  constructor(stack: Model<Out>, common: ToRunnableOptions) {
    super();
    this._stack = stack;
    this._common = common;
    this.name = stack.id;
  }

  static override lc_name(): string {
    return "MullRunnable";
  }

  override invoke(input: RunnablePrompt, options?: Partial<RunnableConfig>): Promise<Out> {
    const { whole: _, ...common } = this._common;
    const ask = (prompt: RunnablePrompt, config?: Partial<RunnableConfig>): Promise<Out> =>
      run(this._stack, requestOf(prompt), { ...common, signal: config?.signal });
    return this._callWithConfig(ask, input, options);
  }

  override async *_streamIterator(input: RunnablePrompt, options?: Partial<RunnableConfig>): AsyncGenerator<Out> {
    yield* this._transformStreamWithConfig(only(input), (inputs, _, config) => this._pieces(inputs, config), options);
  }

  /** Pieces that join to the response: LangChain adds text to text, and takes up new fields. */
  private async *_pieces(
    inputs: AsyncGenerator<RunnablePrompt>,
    config?: Partial<RunnableConfig>,
  ): AsyncGenerator<Out> {
    const input = (await inputs.next()) as IteratorYieldResult<RunnablePrompt>;
    const pieces = answerStream(this._stack, requestOf(input.value), { ...this._common, signal: config?.signal });
    try {
      for (;;) {
        const { done, value } = await pieces.next();
        if (done) {
          const { reasoning: _, ...rest } = value;
          yield { ...rest, text: "" } as unknown as Out;
          return;
        }
        const { type, text } = value;
        yield (type === "text" ? { text } : { text: "", reasoning: text }) as unknown as Out;
      }
    } finally {
      // Who leaves gives the run up.
      await pieces.return(undefined as never);
    }
  }
}

async function* only<T>(value: T): AsyncGenerator<T> {
  yield value;
}

function requestOf(input: RunnablePrompt): ModelRequest {
  if (typeof input === "string") return { messages: [{ role: "user", content: input }] };
  if (BaseMessage.isInstance(input)) return { messages: messagesOf([input]) };
  if (Array.isArray(input)) return { messages: messagesOf(input.map(coerceMessageLikeToMessage)) };
  const { toChatMessages, messages } = fieldsOf(input) ?? {};
  if (typeof toChatMessages === "function") {
    return { messages: messagesOf((input as BasePromptValueInterface).toChatMessages()) };
  }
  if (!Array.isArray(messages)) {
    throw new InvalidOptionError("toRunnable", "the input", "a text, messages, a prompt value or a request", input);
  }
  if (messages.every((message) => BaseMessage.isInstance(message)))
    return { ...(input as object), messages: messagesOf(messages) };
  return input as ModelRequest;
}
