/**
 * @module
 * Chain of thought: the model writes its thoughts down before it answers.
 */
import type { Answer } from "../../answers/answer.js";
import { reasoning, stepByStep, type Exemplar, type Reasoned } from "../../answers/reasoning.js";
import type { Model, ModelResponse } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";

/** Options of {@link chainOfThought}. */
export interface ChainOfThoughtOptions<A = string> {
  /** How the answer is asked for, read and compared. @defaultValue the words behind the last `Answer:`, else all; `text()` reads more forms */
  readonly answer?: Answer<A> | undefined;
  /** Asks for the thought, in front of what the answer asks for; `""` for models that think by themselves. @defaultValue {@link stepByStep} */
  readonly instruction?: string | undefined;
  /** Worked examples: few-shot instead of zero-shot. @defaultValue none */
  readonly exemplars?: readonly Exemplar[] | undefined;
  /** Ask once more, for the answer alone, when it cannot be read. @defaultValue `true` */
  readonly askAgain?: boolean | undefined;
}

/**
 * Asks the model to think step by step, and reads the answer.
 *
 * Shape: one response in, the same with `answer`, `key` and `thought` out. The instruction is added to the end of the last user message.
 * Cost: 1 call; 2 where the answer could not be read from the first. The second shows the model what it wrote and asks for the answer
 * alone, in the answer's schema where it has one; its words are added to `text`. If the second fails or the budget ends, the first is returned.
 * A response that calls tools is passed on as it is, without an answer.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @see Kojima et al. 2022, arXiv:2205.11916 (zero-shot, two calls; here the second only where it is needed); Wei et al. 2022, arXiv:2201.11903 (exemplars)
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }));
 * const { answer, thought } = await run(solver, "A train leaves at 9:40 and takes 95 minutes. How many minutes after 11 does it arrive?");
 */
export function chainOfThought<A = string>(
  options: ChainOfThoughtOptions<A> = {},
): <R extends ModelResponse>(next: Model<R>) => Model<Reasoned<A, R>> {
  checkOptions("chainOfThought", options, ["answer", "instruction", "exemplars", "askAgain"]);
  const { instruction = stepByStep } = options;
  return reasoning("chainOfThought", { ...options, instruction });
}
