/**
 * @module
 * Feedback from a model that checks the answer with tools before it judges.
 */
import { textProtocol } from "../answers/text-protocol.js";
import { bottomOf } from "../core/bottom-of.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Check, FeedbackContext, Verdict } from "../core/feedback.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import type { Tool } from "../core/tool.js";
import { checkTools, toolRounds, type ToolRound } from "../core/tool-rounds.js";
import { askAbout, checkJudge, checkText, readScore, scoreInstruction, withoutScore } from "./judgement.js";

/** Options of {@link critic}. */
export interface CriticOptions {
  /** What the critic checks with: a calculator, a search, an interpreter. At least one, each name once, none with an `effect`. */
  readonly tools: readonly Tool[];
  /** The critic: a model, or a whole stack. @defaultValue the model beneath all layers of the one that answered */
  readonly model?: Model | undefined;
  /** The most rounds of checks of a response: whole, at least 1. @defaultValue 4 */
  readonly maxSteps?: number | undefined;
  /** The least score that is good enough, from 0 to 1. @defaultValue 0.9 */
  readonly passing?: number | undefined;
  /** What the critic is asked to do, before it is asked for the score. @defaultValue {@link criticInstruction} */
  readonly instruction?: string | undefined;
}

/** What a critic says. */
export interface Critique extends Verdict {
  readonly score: number;
  /** What is wrong and how to mend it, and what the tools gave. */
  readonly message: string;
  /** In the order of the calls; empty where the critic checked nothing. */
  readonly checks: readonly Check[];
}

/**
 * Feedback from a model that checks an answer with tools, and then says what is wrong and gives a score.
 *
 * Shape: tools in, {@link Feedback} out. The message holds what the tools gave, so that the model that mends its answer sees it. A verdict without a readable
 * score counts as 0. A critic that calls no tool is heard all the same: `checks` is empty then.
 * Cost: 2 calls for a response whose checks all come in one round, `maxSteps` + 1 at most, counted as `usage.judging`; and what the tools call. What
 * the verdict needs is kept back from the budget.
 * A model whose capabilities say `tools: false` calls tools by {@link textProtocol}. What goes wrong in a tool is told to the critic.
 *
 * @throws {@link InvalidOptionError} for no tool: without them such critique was reported to change little, and {@link judge} does without; and for options out of bounds
 * @throws what the model throws; the end of the budget where nothing was checked, or no verdict is to be had
 * @see Gou et al. 2023, arXiv:2305.11738 (CRITIC). Deviations: tools are called by the model instead of a fixed prompt for each; a score in place of a stopping rule
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback: critic({ tools: [calculator()] }) }));
 */
export function critic(
  options: CriticOptions,
): (response: ModelResponse, context: FeedbackContext) => Promise<Critique> {
  checkOptions("critic", options, ["tools", "model", "maxSteps", "passing", "instruction"]);
  const { model, maxSteps = 4, passing = 0.9, instruction = criticInstruction } = options;
  const tools = checkTools("critic", options.tools, someTools);
  for (const { name, effect } of tools.values()) {
    if (effect === true)
      throw new InvalidOptionError("critic", "a tool", "one without an effect: a check changes nothing", name);
  }
  if (model !== undefined) checkJudge("critic", model, "model");
  checkInteger("critic", "maxSteps", maxSteps, 1);
  checkNumber("critic", "passing", passing, 0, 1);
  checkText("critic", "instruction", instruction);

  return async (response, { request, call, model: answering }) => {
    const judge = model ?? bottomOf(answering);
    const able = judge.capabilities.tools === false ? textProtocol(judge) : judge;
    const asked = askAbout(request, response, `${instruction} ${scoreInstruction}`);
    const { response: said, rounds } = await toolRounds(able, asked, call, { tools, maxSteps, finalTokens });
    const checks = rounds.flatMap(checksOf);
    const score = readScore(said.text);
    const message = [withoutScore(said.text), evidence(checks)].filter((part) => part !== "").join("\n\n");
    return { ok: score >= passing, score, message, checks };
  };
}

/** The default instruction of {@link critic}. */
export const criticInstruction: string =
  "Check the answer above with your tools: whatever in it can be computed, looked up or run, step by step. Trust neither the answer nor your memory. " +
  "When that is done, say in a few sentences what is wrong by what the tools gave, and how to mend it, if anything.";
const someTools =
  "a list of at least one tool (reported of CRITIC, arXiv:2305.11738: +7.7 F1 on questions and +7.0 points on mathematics with tools, -0.03 to +2.33 F1 without; " +
  "judge(…) is for critique without tools)";
/** Output tokens kept back for the verdict. */
const finalTokens = 512;
/** Characters of a result that the message repeats. */
const mostShown = 500;

function checksOf({ calls, results }: ToolRound): readonly Check[] {
  return results.map(({ name, output, isError = false }, index) => ({
    name,
    input: calls[index]?.input,
    output,
    isError,
  }));
}

function evidence(checks: readonly Check[]): string {
  const lines = checks
    .filter(({ isError }) => !isError)
    .map(({ name, input, output }) => `- ${name}(${show(input)}): ${show(output)}`);
  return lines.length === 0 ? "" : `The tools gave:\n${lines.join("\n")}`;
}

function show(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text;
}
