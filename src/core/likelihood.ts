/**
 * @module
 * Likelihood: how probable a model finds a text that is given, instead of written by it.
 */
import { InvalidOptionError, MalformedResponseError } from "./errors.js";
import type { Model, ModelRequest, ModelResponse, TokenLogprob } from "./model.js";
import { checkRequest, run, type RunOptions } from "./run.js";
import type { Usage } from "./usage.js";

/** How probable a text is. */
export interface Likelihood {
  /** Natural logarithm of the probability of the whole text: the sum over its tokens. */
  readonly logprob: number;
  /** The tokens, in order. */
  readonly tokens: readonly TokenLogprob[];
  readonly usage: Usage;
}

/**
 * Asks how likely a text is as the beginning of a model's answer to a prompt, behind `prefill` where the request has one.
 *
 * Cost: one call, in which nothing is written: the text is counted as input. Needs a model with `capabilities.score`, such as `tiny()` of `mull/tiny`.
 * Layers that shape the request, such as `chainOfThought`, pass the question on; below those that ask more than once it costs as many calls.
 *
 * @throws {@link CapabilityError} for a model that cannot score
 * @throws {@link InvalidOptionError} for an empty text
 * @throws {@link MalformedResponseError} where no log-probabilities came, or one that is no number
 * @throws what {@link run} throws
 * @example
 * const { logprob } = await score(model, "Tom has 12 apples. Tom buys 5 more. How many apples does Tom have?", "Answer: 17");
 */
export async function score(
  model: Model,
  prompt: string | ModelRequest,
  text: string,
  options: RunOptions = {},
): Promise<Likelihood> {
  if (typeof text !== "string" || text.trim() === "") {
    throw new InvalidOptionError("score", "text", "a text that is not empty", text);
  }
  const response = await run(model, scoring(checkRequest(prompt, "score"), text), options);
  const { logprobs: tokens = [], usage } = response;
  const logprob = logprobOf(response);
  if (tokens.length === 0)
    throw new MalformedResponseError(`${model.id} gave no log-probabilities of the text it was to score`);
  if (logprob === undefined) throw new MalformedResponseError(`${model.id} gave a log-probability that is no number`);
  return { logprob, tokens, usage };
}

/** A request that is scored instead of answered. */
export function scoring(request: ModelRequest, text: string): ModelRequest {
  return { ...request, score: text };
}

/** Sum of the log-probabilities that a model gave for a text; `undefined` where it gave none, or one that is no number. */
export function logprobOf({ logprobs = [] }: ModelResponse): number | undefined {
  // An empty sum would say that the text is certain.
  const sum = logprobs.length === 0 ? NaN : logprobs.reduce((total, { logprob }) => total + logprob, 0);
  return Number.isNaN(sum) ? undefined : sum;
}
