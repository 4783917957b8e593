/**
 * @module
 * Step back: the principle behind a question, before the question.
 */
import { aside, problemOf, type Prepare } from "./preparation.js";

/** Asks the planner for the principle. One call. */
export function stepBack(instruction: string): Prepare {
  return async (request, call, { planner }) => {
    try {
      const asked = aside(request, instruction);
      const { text } = await planner.generate(asked, call.child("plan", { thought: true }));
      const plan = text.trim();
      if (plan === "") return { words: "", problem: { warning: nothing } };
      return {
        plan,
        words: `This is behind the question:\n\n${plan}\n\nNow answer the question, with the help of this.`,
      };
    } catch (error) {
      return { words: "", problem: problemOf(error, call, failed) };
    }
  };
}

/** Asks for the principle. */
export const principleInstruction: string =
  "Do not answer this question yet. Take a step back: which principle, concept, law or fact in general is behind it? " +
  "State it, with all of it that is needed here, and nothing else.";
const nothing = { code: "plan-unreadable", message: "no principle was stated: the question was asked directly" };
const failed = { code: "plan-failed", message: "asking for the principle failed: the question was asked directly" };
