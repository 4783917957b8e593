/**
 * @module
 * Questions to learn from.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { ModelRequest } from "../../core/model.js";
import { checkRequest } from "../../core/run.js";

/** A question, and its right answer where that is known; other fields do not matter. */
export interface LearnQuestion<A = unknown> {
  /** A prompt, or a whole request. */
  readonly question: string | ModelRequest;
  /** What the answer should be, as it would be read. */
  readonly answer?: A | undefined;
}

/** @returns their requests @throws {@link InvalidOptionError} for no questions, and for what is none */
export function checkQuestions(where: string, questions: readonly LearnQuestion[]): readonly ModelRequest[] {
  if (!Array.isArray(questions) || questions.length === 0)
    throw new InvalidOptionError(where, "questions", "a list of at least one question", questions);
  return questions.map((item: Partial<LearnQuestion> | null, index) =>
    checkRequest(item?.question as string, `${where}: questions[${index}]`),
  );
}

/** An answer in words, as behind `Answer:`; what is no text as JSON. */
export function answerWords(answer: unknown): string {
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}
