/**
 * @module
 * Questions with options, for hints at one of them.
 */
import type { Answer } from "../../answers/answer.js";
import { choice } from "../../answers/choice.js";
import type { ProbePlan } from "../../answers/probing/options.js";
import type { AskedQuestion } from "../../answers/probing/question.js";
import { addToPrompt } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { ModelRequest } from "../../core/model.js";

/** A question with its options by key. */
export interface Item<A> {
  readonly request: ModelRequest;
  readonly answer: Answer<A>;
  readonly keys: readonly string[];
  /** As they are written in a hint. */
  readonly words: ReadonlyMap<string, string>;
  readonly right: string | undefined;
}

/**
 * A question with its options by key.
 *
 * @throws {@link InvalidOptionError} for one without options to choose from
 */
export function itemOf<A>(
  { request, options, answer: right }: AskedQuestion<A>,
  index: number,
  given: Answer<A> | undefined,
): Item<A> {
  const at = `hint: questions[${index}]`;
  if (options === undefined || options.length < 2)
    throw new InvalidOptionError(at, "options", "a list of at least two answers", options);
  const texts = options.every((option) => typeof option === "string");
  if (given === undefined && !texts)
    throw new InvalidOptionError(at, "options", "texts, where no answer says how others are read", options);
  const answer = given ?? (choice(options as readonly unknown[] as readonly string[]) as Answer<unknown> as Answer<A>);
  const words = new Map(options.map((option) => [answer.key(option), wordsOf(option, answer)]));
  if (words.size < options.length)
    throw new InvalidOptionError(at, "options", "answers that differ from each other", options);
  const key = right === undefined ? undefined : answer.key(right);
  if (key !== undefined && !words.has(key)) throw new InvalidOptionError(at, "answer", "one of the options", right);
  return { request, answer, keys: [...words.keys()], words, right: key };
}

function wordsOf<A>(option: A, answer: Answer<A>): string {
  return typeof option === "string" || typeof option === "number" ? String(option) : answer.key(option);
}

/** An option as it is written in a hint. */
export function written<A>({ words }: Item<A>, key: string): string {
  return words.get(key) ?? key;
}

/** The question, with what asks for a thought and an answer. */
export function asking<A>(request: ModelRequest, answer: Answer<A>, { instruction }: ProbePlan<A>): ModelRequest {
  return addToPrompt(request, [instruction, answer.instruction].filter((part) => part !== "").join(" "));
}
