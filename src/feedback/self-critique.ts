/**
 * @module
 * Feedback from the model itself. There is evidence against it.
 */
import { bottomOf } from "../core/bottom-of.js";
import type { Feedback } from "../core/feedback.js";
import type { Model } from "../core/model.js";
import { judge, type JudgeOptions } from "./judge.js";

/**
 * Feedback in which the model that wrote the answer judges it, without any news from outside.
 *
 * On reasoning tasks this lowers accuracy (Huang et al. 2023): prefer {@link tests}, {@link conformsTo}, a tool, or another
 * model. It is here as the control to measure those against, and for matters of taste, where it helps (Madaan et al. 2023).
 *
 * Shape: {@link Feedback} out. The model at the bottom of the stack is asked, past the layers around it.
 * Cost: one call for each response, counted as `usage.judging`.
 *
 * @throws {@link InvalidOptionError} as {@link judge} does
 * @see Huang et al. 2023, arXiv:2310.01798 (accuracy falls on every benchmark tested); Madaan et al. 2023, arXiv:2303.17651 (gains on preference tasks)
 * @example
 * const solver = stack(model, chainOfThought(), reviseLoop({ feedback: selfCritique() }));
 */
export function selfCritique(options: JudgeOptions = {}): Feedback {
  judge(bottomless, options); // its options are wrong now, or never
  return (response, context) => judge(bottomOf(context.model), options)(response, context);
}

const bottomless: Model = { id: "none", capabilities: {}, generate: () => Promise.reject(new Error("never called")) };
