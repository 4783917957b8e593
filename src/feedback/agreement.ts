/**
 * @module
 * Feedback by agreement: does the model say the same again?
 */
import { keyOf } from "../answers/answer.js";
import type { Feedback, FeedbackContext, Verdict } from "../core/feedback.js";
import type { ModelResponse } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { sample } from "../core/sample.js";

/** Options of {@link agreement}. */
export interface AgreementOptions {
  /** Fresh samples for each response: whole, at least 1. @defaultValue 5 */
  readonly samples?: number | undefined;
  /** How many of them at a time: whole, at least 1. @defaultValue all */
  readonly concurrency?: number | undefined;
  /** The least share that is good enough, from 0 to 1. @defaultValue 0.6: more than half say the same */
  readonly passing?: number | undefined;
}

/**
 * Feedback in which the model is asked the same again: the score is the share of fresh samples that give the answer of the response.
 *
 * It is how sure the model is of its answer, from its words alone: for models without log-probabilities. What is surely wrong scores high, too; and
 * where several samples are there already, `majorityVote` knows as much for nothing.
 *
 * Shape: {@link Feedback} out. The model is that of the context: in `bestOf` the one that gives a single sample. A response whose answer
 * cannot be read has a score of 0, and nothing is drawn.
 * Cost: `samples` calls of that model for each response, counted as `usage.judging`; fewer where the budget ends.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @throws the first failure, where no sample succeeds
 * @see Wang et al. 2022, arXiv:2203.11171, section 3.5 (agreement goes with accuracy)
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback: agreement() }));
 */
export function agreement(options: AgreementOptions = {}): Feedback {
  checkOptions("agreement", options, ["samples", "concurrency", "passing"]);
  const { samples = 5, concurrency = Infinity, passing = 0.6 } = options;
  checkInteger("agreement", "samples", samples, 1);
  if (concurrency !== Infinity) checkInteger("agreement", "concurrency", concurrency, 1);
  checkNumber("agreement", "passing", passing, 0, 1);

  return async (response: ModelResponse, { request, call, model }: FeedbackContext): Promise<Verdict> => {
    const key = keyOf(response);
    if (key === undefined) return { ok: passing === 0, score: 0, message: noAnswer };
    let same = 0;
    let count = 0;
    for await (const fresh of sample(model, request, call, { n: samples, concurrency })) {
      count++;
      if (keyOf(fresh) === key) same++;
    }
    const score = same / count;
    const ok = score >= passing;
    return {
      ok,
      score,
      message: ok ? undefined : `Asked again, ${count - same} of ${count} times the answer was another one.`,
    };
  };
}

const noAnswer = "No answer can be read from what you wrote.";
