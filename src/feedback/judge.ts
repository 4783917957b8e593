/**
 * @module
 * Feedback from a model: a judge that reads question and answer.
 */
import type { Feedback, FeedbackContext, Verdict } from "../core/feedback.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkNumber, checkOptions } from "../core/options.js";
import { askAbout, checkJudge, checkText, readScore, scoreInstruction, withoutScore } from "./judgement.js";

/** Options of {@link judge}. */
export interface JudgeOptions {
  /** What the judge is asked to do, before it is asked for the score. @defaultValue {@link judgeInstruction} */
  readonly instruction?: string | undefined;
  /** The least score that is good enough, from 0 to 1. @defaultValue 0.9 */
  readonly passing?: number | undefined;
}

/**
 * Feedback from a judge model: it reads the question and the answer, says what is wrong, and gives a score.
 *
 * One of four ways to judge by a model. {@link verifier}: is it correct, yes or no, asked once or several times; for answers that are
 * right or wrong. {@link aspects}: several verifiers, each of one aspect. {@link rubric}: several criteria with weights, in one call; for what has no
 * single right answer. This one: a score and what to mend, in one call.
 *
 * Shape: a model, or a whole stack, in; {@link Feedback} out. A judgement without a readable score counts as 0.
 * Cost: one call of the judge for each response, counted as `usage.judging`.
 *
 * @throws {@link InvalidOptionError} for what is no model, and for a `passing` out of bounds
 * @see Zheng et al. 2023, arXiv:2306.05685 (models as judges, and their biases); a judge's precision, not the number of drafts, is the limit
 * @example
 * const solver = stack(model, chainOfThought(), reviseLoop({ feedback: judge(model) }));
 */
export function judge(model: Model, options: JudgeOptions = {}): Feedback {
  checkJudge("judge", model);
  checkOptions("judge", options, ["instruction", "passing"]);
  const { instruction = judgeInstruction, passing = 0.9 } = options;
  checkText("judge", "instruction", instruction);
  checkNumber("judge", "passing", passing, 0, 1);

  return async (response: ModelResponse, { request, call }: FeedbackContext): Promise<Verdict> => {
    const { text } = await model.generate(askAbout(request, response, `${instruction} ${scoreInstruction}`), call);
    const score = readScore(text);
    return { ok: score >= passing, score, message: withoutScore(text) };
  };
}

/** The default instruction of {@link judge}. */
export const judgeInstruction =
  "Judge the answer above. Check every step of it, and say in a few sentences what is wrong and how to mend it, if anything.";
