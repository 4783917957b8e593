/**
 * @module
 * Questions to probe a model with.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { ModelRequest } from "../../core/model.js";
import { checkRequest } from "../../core/run.js";

/** A question that a model is probed with; other fields do not matter. */
export interface ProbeQuestion<A = unknown> {
  /** A prompt, or a request with its own temperature and output cap; it has no `prefill`. */
  readonly question: string | ModelRequest;
  /** The right answer, where it is known: then accuracy is told, too. */
  readonly answer?: A | undefined;
  /** The answers to choose from, for probes that need them. */
  readonly options?: readonly A[] | undefined;
}

/** A question as it is asked. */
export interface AskedQuestion<A> {
  readonly request: ModelRequest;
  readonly answer: A | undefined;
  readonly options: readonly A[] | undefined;
}

/**
 * The questions of a probe.
 *
 * @throws {@link InvalidOptionError} for no questions, and for what is none
 */
export function questionsOf<A>(
  where: string,
  questions: readonly (string | ProbeQuestion<A>)[],
): readonly AskedQuestion<A>[] {
  if (!Array.isArray(questions) || questions.length === 0)
    throw new InvalidOptionError(where, "questions", "a list of at least one question", questions);
  return questions.map((item: string | ProbeQuestion<A> | null, index) => {
    const { question, answer, options } =
      typeof item === "string" ? { question: item, answer: undefined, options: undefined } : (item ?? ({} as never));
    const at = `${where}: questions[${index}]`;
    const request = checkRequest(question, at);
    if (request.prefill !== undefined || request.score !== undefined)
      throw new InvalidOptionError(at, "the request", "one without prefill and score", request);
    if (options !== undefined && !Array.isArray(options))
      throw new InvalidOptionError(at, "options", "a list of answers", options);
    return { request, answer, options };
  });
}
