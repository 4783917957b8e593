/**
 * @module
 * Difficulty by asking: a model says how hard a question is.
 */
import type { Difficulty } from "../answers/difficulty.js";
import { judgeRequest } from "../answers/judging/judging.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { checkOptions } from "../core/options.js";
import { isModel } from "../core/stack.js";

/** Options of {@link promptDifficulty}. */
export interface PromptDifficultyOptions {
  /** What the model is asked, before the form of the reply. @defaultValue {@link difficultyInstruction} */
  readonly instruction?: string | undefined;
}

/**
 * How hard a question is, by asking a model, which need not be the one that will answer it.
 *
 * Shape: a model, or a whole stack, in; a {@link Difficulty} out. A reply without a number from 0 to 10 counts as 0.5.
 * Cost: one call of the model, counted as `usage.judging`.
 *
 * @throws {@link InvalidOptionError} at once, for what is no model, and for an instruction that is no text
 * @throws at a call, what the model throws
 * @see Wang et al. 2024, arXiv:2408.13457 (DSC: a model ranks the questions of a batch by difficulty). Deviation: each question alone, on a scale.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), budgetAllocator({ difficulty: promptDifficulty(model) }));
 */
export function promptDifficulty(model: Model, options: PromptDifficultyOptions = {}): Difficulty {
  if (!isModel(model)) {
    const bound = "a model (id, capabilities, generate)";
    throw new InvalidOptionError("promptDifficulty", "the first argument", bound, model);
  }
  checkOptions("promptDifficulty", options, ["instruction"]);
  const { instruction = difficultyInstruction } = options;
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError("promptDifficulty", "instruction", "a text that is not empty", instruction);
  return async (request, call) => {
    const { text } = await model.generate(judgeRequest(request, unanswered, `${instruction} ${form}`), call);
    return read(text);
  };
}

/** The default instruction of {@link promptDifficulty}. */
export const difficultyInstruction =
  "Do not answer the question. Say how likely a mistake is when you do answer it: think of how many steps it takes, and how easily each of them goes wrong.";
const unanswered = "It has not been answered yet.";
const form = 'End with "Difficulty: " and a whole number from 0 (nobody gets it wrong) to 10 (nearly everybody does).';
const line = /\bdifficulty[*_"']*\s*:[*_"'\s]*(\d+(?:\.\d+)?)(?:\s*\/\s*(\d+))?/gi;
const unknown = 0.5;

/** From 0 to 1; the middle where none can be read, or one on another scale. */
function read(text: string): number {
  const [, points, scale = "10"] = [...text.matchAll(line)].at(-1) ?? [];
  const value = Number(points) / Number(scale);
  return value >= 0 && value <= 1 ? value : unknown;
}
