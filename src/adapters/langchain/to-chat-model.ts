/**
 * @module
 * A stack as a chat model of LangChain.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelResponse } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";
import type { RunOptions } from "../../core/run.js";
import { isModel } from "../../core/stack.js";
import { MullChatModel } from "./mull-chat-model.js";

/** Options of {@link toChatModel}: those of a run hold for every call; limits of a budget are counted anew in each. */
export interface ToChatModelOptions extends Omit<RunOptions, "signal"> {
  /** A stream tells the answer in one piece, when it is sure. @defaultValue `false`: as it is written */
  readonly whole?: boolean | undefined;
}

/**
 * Makes a chat model of LangChain of any model: chains and agents run on a stack.
 *
 * Shape: messages in, a message out. Tools that are bound reach the model at the bottom; its calls come back as `tool_calls`. A stream tells the
 * thoughts in `additional_kwargs.reasoning_content` and the answer as content; `response_metadata.mull` has the answer, its confidence, the votes and
 * what was spent. Call options: {@link MullChatCallOptions}.
 * Cost: one run of the model per call.
 * The chat model tries nothing again, and an abort of `config.signal` reaches the models beneath. `withStructuredOutput` works through a tool.
 *
 * @throws `InvalidOptionError` for what is no model, or an unknown option
 * @example
 * const chain = prompt.pipe(toChatModel(solver, { budget: { tokens: 20_000 } })).pipe(new StringOutputParser());
 */
export function toChatModel<Out extends ModelResponse>(
  model: Model<Out>,
  options: ToChatModelOptions = {},
): MullChatModel {
  checkOptions("toChatModel", options, ["budget", "seed", "onEvent", "events", "clock", "whole"]);
  if (!isModel(model)) {
    throw new InvalidOptionError("toChatModel", "model", "a model (id, capabilities, generate)", model);
  }
  return new MullChatModel(model, options);
}
