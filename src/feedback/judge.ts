/**
 * @module
 * Feedback from a model: a judge that reads question and answer.
 */
import { InvalidOptionError } from "../core/errors.js";
import type { Feedback, FeedbackContext, Verdict } from "../core/feedback.js";
import { textOf, type Message } from "../core/message.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkNumber, checkOptions } from "../core/options.js";
import { isModel } from "../core/stack.js";

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
 * Shape: a model, or a whole stack, in; {@link Feedback} out. A judgement without a readable score counts as 0.
 * Cost: one call of the judge for each response, counted as `usage.judging`.
 *
 * @throws {@link InvalidOptionError} for what is no model, and for a `passing` out of bounds
 * @see Zheng et al. 2023, arXiv:2306.05685 (models as judges, and their biases); a judge's precision, not the number of drafts, is the limit
 * @example
 * const solver = stack(model, chainOfThought(), reviseLoop({ feedback: judge(model) }));
 */
export function judge(model: Model, options: JudgeOptions = {}): Feedback {
  if (!isModel(model))
    throw new InvalidOptionError("judge", "the first argument", "a model (id, capabilities, generate)", model);
  checkOptions("judge", options, ["instruction", "passing"]);
  const { instruction = judgeInstruction, passing = 0.9 } = options;
  if (typeof instruction !== "string" || instruction.trim() === "") {
    throw new InvalidOptionError("judge", "instruction", "a text that is not empty", instruction);
  }
  checkNumber("judge", "passing", passing, 0, 1);

  return async (response: ModelResponse, { request, call }: FeedbackContext): Promise<Verdict> => {
    const question = `${conversation(request.messages)}\n\n# Answer\n${response.text}`;
    const content = `${question}\n\n# Task\n${instruction} ${scoreInstruction}`;
    const { text } = await model.generate({ messages: [{ role: "user", content }] }, call);
    const score = scoreOf(text);
    return { ok: score >= passing, score, message: text.replace(scoreLine, "").trim() };
  };
}

/** The default instruction of {@link judge}. */
export const judgeInstruction =
  "Judge the answer above. Check every step of it, and say in a few sentences what is wrong and how to mend it, if anything.";
const scoreInstruction = 'End with "Score: " and a whole number from 0 (wrong) to 10 (right in every part).';
const scoreLine = /\**score\**\s*:\s*\**\s*(\d+(?:\.\d+)?)(?:\s*\/\s*(\d+))?\**\.?/gi;

/** From 0 to 1; 0 where none can be read, and for one on another scale than its own. */
function scoreOf(text: string): number {
  const [, points, scale = 10] = [...text.matchAll(scoreLine)].at(-1) ?? [];
  const score = Number(points) / Number(scale);
  return score <= 1 ? score : 0;
}

/** The question as text: of a single user message the words alone. */
function conversation(messages: readonly Message[]): string {
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) return `# Question\n${textOf(only)}`;
  const turns = messages.map((message) => {
    if (message.role !== "tool") return `${message.role}: ${textOf(message)}`;
    return `tool: ${message.content.map(({ output }) => (typeof output === "string" ? output : JSON.stringify(output))).join("\n")}`;
  });
  return `# Conversation\n${turns.join("\n\n")}`;
}
