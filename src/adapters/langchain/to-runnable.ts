/**
 * @module
 * A stack as a runnable of LangChain.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelResponse } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";
import type { RunOptions } from "../../core/run.js";
import { isModel } from "../../core/stack.js";
import { MullRunnable } from "./mull-runnable.js";

/** Options of {@link toRunnable}: those of a run hold for every call; limits of a budget are counted anew in each. */
export interface ToRunnableOptions extends Omit<RunOptions, "signal"> {
  /** A stream tells the answer in one piece, when it is sure. @defaultValue `false`: as it is written */
  readonly whole?: boolean | undefined;
}

/**
 * Makes a runnable of LangChain of any model: to pipe, batch and stream.
 *
 * Shape: a text, messages, a prompt value or a request in; the response out, with all that the stack adds to it. A stream gives pieces that join to
 * the response: `text` is always there, empty beside a thought (`reasoning`), and the last piece has the other fields.
 * Cost: one run of the model per input; `batch` runs them at the same time, `maxConcurrency` of the config at most.
 * An abort of `config.signal` reaches the models beneath. Nothing is tried again.
 *
 * @throws `InvalidOptionError` for what is no model, or an unknown option
 * @example
 * const answers = await toRunnable(solver).batch(questions, { maxConcurrency: 4 });
 */
export function toRunnable<Out extends ModelResponse>(
  model: Model<Out>,
  options: ToRunnableOptions = {},
): MullRunnable<Out> {
  checkOptions("toRunnable", options, ["budget", "seed", "onEvent", "events", "clock", "whole"]);
  if (!isModel(model)) {
    throw new InvalidOptionError("toRunnable", "model", "a model (id, capabilities, generate)", model);
  }
  return new MullRunnable(model, options);
}
