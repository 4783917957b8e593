/**
 * @module
 * Least to most: simpler questions first, each with the answers of those before.
 */
import type { Call } from "../../../core/call.js";
import { callsTools } from "../../../core/conversation.js";
import { textOf } from "../../../core/message.js";
import type { ModelRequest, ModelResponse, Warning } from "../../../core/model.js";
import { listIn } from "../../../answers/list.js";
import { aside, problemOf, type Helpers, type Prepare, type Problem, type Subanswer } from "./preparation.js";

/** Asks the planner for simpler questions, and the solver for the answers of at most `most` of them, one after the other. 1 + `most` calls at most. */
export function leastToMost(instruction: string, most: number): Prepare {
  const words = `${instruction} ${form(most)}`;
  return async (request, call, helpers) => {
    let said: ModelResponse;
    try {
      said = await helpers.planner.generate(aside(request, words), call.child("plan", { thought: true }));
    } catch (error) {
      return { words: "", problem: problemOf(error, call, planFailed) };
    }
    const questions = questionsIn(said, request);
    if (questions === undefined) return { words: "", problem: { warning: unreadable } };
    if (questions.length === 0) return { words: "" };
    const plan = questions.map((question, index) => `${index + 1}. ${question}`).join("\n");
    const { subanswers, problem } = await answerAll(request, questions.slice(0, most), call, helpers);
    const left = questions.length - most;
    return {
      plan,
      subanswers,
      words: subanswers.length === 0 ? "" : `${notes(subanswers)}\n\n${answerItself}`,
      problem: problem ?? (left > 0 ? { warning: tooMany(left) } : undefined),
    };
  };
}

/** Asks for the simpler questions. */
export const subquestionsInstruction: string =
  "Do not answer this question yet. Break it down: which simpler questions have to be answered first, from the simplest on, " +
  "so that each can be answered with the answers of those before?";

/** What was found out so far, to be read. */
export function notes(subanswers: readonly Subanswer[]): string {
  const pairs = subanswers.map(({ question, response }) => `Q: ${question}\nA: ${response.text.trim()}`);
  return `Simpler questions were answered first:\n\n${pairs.join("\n\n")}`;
}

const answerOnly = "Do not answer the whole question yet. Answer only this one:";
const answerItself = "Now answer the whole question, with the help of these answers.";

function form(most: number): string {
  const count = most === 1 ? "1 question" : `${most} questions`;
  return `Write ${count} at most, as a numbered list and nothing else, without the whole question itself; or "none" if it is simple.`;
}

/** `[]`: it is simple; `undefined`: cannot be read. The whole question is none of them, and what was cut is none. */
function questionsIn({ text, finishReason }: ModelResponse, request: ModelRequest): readonly string[] | undefined {
  if (/^[\s"'*_`]*none[\s"'*_`.!]*$/i.test(text)) return [];
  const found = finishReason === "length" ? listIn(text).slice(0, -1) : listIn(text);
  if (found.length === 0) return undefined;
  const last = request.messages.findLast(({ role }) => role === "user");
  const whole = last === undefined ? "" : bare(textOf(last));
  return found.filter((question) => bare(question) !== whole);
}

function bare(words: string): string {
  return words.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}

/** In order, each with the answers so far; until one fails. */
async function answerAll(
  request: ModelRequest,
  questions: readonly string[],
  call: Call,
  { solver, expect }: Helpers,
): Promise<{ readonly subanswers: readonly Subanswer[]; readonly problem?: Problem }> {
  const subanswers: Subanswer[] = [];
  for (const question of questions) {
    const before = subanswers.length === 0 ? "" : `${notes(subanswers)}\n\n`;
    const asked = aside(request, `${before}${answerOnly} ${question}`);
    try {
      const response = await solver.generate(asked, call.child("subquestion", { thought: true }));
      if (callsTools(response)) return { subanswers, problem: { warning: subquestionFailed } };
      subanswers.push({ question, response });
      // The next one may be as long as the longest.
      const [longest = response] = subanswers.map((one) => one.response).sort((a, b) => b.text.length - a.text.length);
      expect(notes([...subanswers, { question, response: longest }]));
    } catch (error) {
      return { subanswers, problem: problemOf(error, call, subquestionFailed) };
    }
  }
  return { subanswers };
}

function tooMany(left: number): Warning {
  const message = `the question was broken down into more questions than wanted: the last ${left} were not asked`;
  return { code: "plan-cut", message };
}

const unreadable = {
  code: "plan-unreadable",
  message: "no list of simpler questions could be read: the question was asked directly",
};
const planFailed = { code: "plan-failed", message: "breaking the question down failed: it was asked directly" };
const subquestionFailed = {
  code: "subquestion-failed",
  message: "a simpler question failed: the whole question was asked with the answers before it",
};
