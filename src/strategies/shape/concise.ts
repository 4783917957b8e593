/**
 * @module
 * Concise thinking: the model thinks in drafts of a few words each.
 */
import type { Answer } from "../../answers/answer.js";
import { reasoning, type Exemplar, type Reasoned } from "../../answers/reasoning.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelResponse } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";

/** Options of {@link concise}. */
export interface ConciseOptions<A = string> {
  /** How the answer is asked for, read and compared. @defaultValue the words behind the last `Answer:`, else all; `text()` reads more forms */
  readonly answer?: Answer<A> | undefined;
  /** The most words of one step: whole, at least 1. Not together with `instruction`. @defaultValue 5 */
  readonly wordsPerStep?: number | undefined;
  /** Asks for the drafts, in front of what the answer asks for. @defaultValue {@link draftInstruction} with `wordsPerStep` */
  readonly instruction?: string | undefined;
  /** Worked examples whose thoughts are such drafts; without them some models lose much. @defaultValue none */
  readonly exemplars?: readonly Exemplar[] | undefined;
  /** Ask once more, for the answer alone, when it cannot be read. @defaultValue `true` */
  readonly askAgain?: boolean | undefined;
}

/**
 * Asks the model to think step by step in drafts of a few words each, and reads the answer: a chain of thought at a fraction of its tokens.
 *
 * Shape: one response in, the same with `answer`, `key` and `thought` out, as of `chainOfThought`, whose place in a stack it takes. The
 * instruction is added to the end of the last user message.
 * Cost: 1 call; 2 where the answer could not be read from the first. If the second fails or the budget ends, the first is returned.
 * The limit is asked for, not enforced: nothing is cut. A response that calls tools is passed on as it is, without an answer.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @see Xu et al. 2025, arXiv:2502.18600, section 3 (chain of draft). Deviation: zero-shot unless exemplars are given, and the answer is asked
 *   for as `answer` says instead of behind `####`, which is read, too.
 * @example
 * const solver = stack(model, concise({
 *   answer: number(),
 *   exemplars: [{ question: "A box holds 3 rows of 4 eggs; 2 break. How many are whole?", thought: "3 * 4 = 12; 12 - 2 = 10", answer: "10" }],
 * }));
 */
export function concise<A = string>(
  options: ConciseOptions<A> = {},
): <R extends ModelResponse>(next: Model<R>) => Model<Reasoned<A, R>> {
  checkOptions("concise", options, ["answer", "wordsPerStep", "instruction", "exemplars", "askAgain"]);
  const { wordsPerStep = 5, instruction = draftInstruction(wordsPerStep), ...rest } = options;
  checkInteger("concise", "wordsPerStep", wordsPerStep, 1);
  if (options.wordsPerStep !== undefined && options.instruction !== undefined) {
    throw new InvalidOptionError("concise", "wordsPerStep", "absent where there is an instruction", wordsPerStep);
  }
  return reasoning("concise", { ...rest, instruction });
}

/** The default instruction: asks for steps of at most so many words. */
export function draftInstruction(wordsPerStep: number): string {
  const words = wordsPerStep === 1 ? "1 word" : `${wordsPerStep} words`;
  return `Think step by step before you answer, but write only a minimum draft of each step, of ${words} at most.`;
}
