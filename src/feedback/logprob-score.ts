/**
 * @module
 * A score from log-probabilities: how likely the model's words were to itself.
 */
import { firstLine, lastLine, readMarked } from "../answers/marker.js";
import { CapabilityError, InvalidOptionError } from "../core/errors.js";
import type { Feedback, FeedbackContext, Scorer } from "../core/feedback.js";
import type { ModelResponse, TokenLogprob } from "../core/model.js";
import { checkNumber, checkOptions } from "../core/options.js";

/** Options of {@link logprobScore}. */
export interface LogprobScoreOptions {
  /** The mean over the tokens, or the least likely of them. @defaultValue `'mean'` */
  readonly of?: "mean" | "min" | undefined;
  /** Looks at the tokens of the answer alone: behind its last mark, else in the last line. @defaultValue `false` */
  readonly answerOnly?: boolean | undefined;
  /** The least score that is good enough, from 0 to 1. @defaultValue 0.9 */
  readonly passing?: number | undefined;
}

/**
 * Scores a response by how likely its words were to the model that wrote them: e to the power of the mean, or of the least, of their log-probabilities.
 *
 * Shape: {@link Feedback}, and a {@link Scorer} that has `bestOf` ask for log-probabilities; elsewhere the request must. Short of them there is
 * `agreement()`, or a judge. In a `reviseLoop` it is no news from outside.
 * Cost: no calls.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @throws {@link CapabilityError} at a call, for a response without log-probabilities; `bestOf` throws it when it is stacked over a model that has none
 * @see Wang et al. 2022, arXiv:2203.11171, table 1 (weighing a vote by the mean log-probability does no better than not weighing it); Wang and Zhou 2024,
 *   arXiv:2402.10200 (`answerOnly`: the answer is surer where a thought led to it; an answer that only repeats the last step is always sure)
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(8), bestOf({ scorer: logprobScore() }));
 */
export function logprobScore(options: LogprobScoreOptions = {}): Feedback & Scorer {
  checkOptions("logprobScore", options, ["of", "answerOnly", "passing"]);
  const { of = "mean", answerOnly = false, passing = 0.9 } = options;
  if (!["mean", "min"].includes(of)) throw new InvalidOptionError("logprobScore", "of", "'mean' or 'min'", of);
  if (typeof answerOnly !== "boolean")
    throw new InvalidOptionError("logprobScore", "answerOnly", "true or false", answerOnly);
  checkNumber("logprobScore", "passing", passing, 0, 1);

  const assess: Feedback = ({ logprobs = [] }: ModelResponse, { model }: FeedbackContext) => {
    if (logprobs.length === 0) {
      const message = `logprobScore: ${model.id} gave no log-probabilities; agreement() and verifier(…) need none`;
      throw new CapabilityError("logprobs", model.id, message);
    }
    const values = (answerOnly ? ofAnswer(logprobs) : logprobs).map(({ logprob }) => logprob);
    const value =
      of === "min" ? Math.min(...values) : values.reduce((sum, logprob) => sum + logprob, 0) / values.length;
    const score = Math.min(1, Math.exp(value));
    return { ok: score >= passing, score };
  };
  return Object.assign(assess, { logprobs: 0 });
}

/** The tokens of the answer; all of them where it has none. */
function ofAnswer(tokens: readonly TokenLogprob[]): readonly TokenLogprob[] {
  const text = tokens.map(({ token }) => token).join("");
  const [start, end] = answerIn(text);
  let at = 0;
  const found = tokens.filter(({ token }) => {
    const from = at;
    at += token.length;
    return from < end && at > start;
  });
  return found.length === 0 ? tokens : found;
}

/** Where the answer stands in a text. */
function answerIn(text: string): readonly [start: number, end: number] {
  const behind = readMarked(text, (words) => words)?.value;
  const line = (behind === undefined ? "" : firstLine(behind)) || lastLine(text).trim();
  const start = text.indexOf(line, behind === undefined ? 0 : Math.max(0, text.lastIndexOf(behind)));
  return start < 0 ? [0, text.length] : [start, start + line.length];
}
