/**
 * @module
 * The value of a state: how surely a line of thought that is not at its end can still come to the right answer.
 */
import { judgeRequest } from "../answers/judging/judging.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Scorer } from "../core/feedback.js";
import type { Model } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { sample } from "../core/sample.js";
import { checkJudge, checkText } from "./judgement.js";

/** Options of {@link stateValue}. */
export interface StateValueOptions {
  /** Evaluations of each line: whole, at least 1. @defaultValue 3 */
  readonly samples?: number | undefined;
  /** Their sampling temperature, at least 0. @defaultValue the provider's */
  readonly temperature?: number | undefined;
  /** What the judge is asked to do, before it is asked for one of the words. @defaultValue {@link stateValueInstruction} */
  readonly instruction?: string | undefined;
  /** What each word is worth: finite, at least one word. @defaultValue {@link stateValues} */
  readonly values?: Readonly<Record<string, number>> | undefined;
}

/**
 * A scorer for lines of thought that are not at their end: a judge says whether the right answer can still be reached, in one of a few words.
 *
 * Shape: a model, or a whole stack, in; a {@link Scorer} out. The score is the sum of what the words of all evaluations are worth; what cannot be read is worth nothing.
 * Cost: `samples` calls of the judge for each line, counted as `usage.judging`; fewer where the budget ends.
 *
 * @throws {@link InvalidOptionError} for what is no model, and for options out of bounds
 * @throws the first failure, where no evaluation succeeds
 * @see Yao et al. 2023, arXiv:2305.10601, section 3 (state evaluator: value), and the authors' code: three evaluations, sure 20, likely 1, impossible 0.001, summed
 * @example
 * const solver = stack(model, treeSearch({ answer: number(), scorer: stateValue(model) }));
 */
export function stateValue(model: Model, options: StateValueOptions = {}): Scorer {
  checkJudge("stateValue", model);
  checkOptions("stateValue", options, ["samples", "temperature", "instruction", "values"]);
  const { samples = 3, temperature, instruction = stateValueInstruction, values = stateValues } = options;
  checkInteger("stateValue", "samples", samples, 1);
  if (temperature !== undefined) checkNumber("stateValue", "temperature", temperature, 0);
  checkText("stateValue", "instruction", instruction);
  const worth = checkValues(values);
  const task = `${instruction} End with one of these words, alone on the last line: ${[...worth.keys()].join(", ")}.`;

  return async ({ text }, { request, call }) => {
    const work = `# Work so far\n${request.prefill ?? ""}${text}`;
    const asked = { ...judgeRequest(request, work, task), ...(temperature !== undefined && { temperature }) };
    let sum = 0;
    for await (const said of sample(model, asked, call, { n: samples })) sum += wordIn(said.text, worth);
    return sum;
  };
}

/** The default instruction of {@link stateValue}. */
export const stateValueInstruction: string =
  "Judge whether the work above can still lead to the right answer. Look ahead a few steps if that helps; one wrong step makes it impossible.";

/** What the words of {@link stateValue} are worth by default. */
export const stateValues: Readonly<Record<string, number>> = { sure: 20, likely: 1, impossible: 0.001 };

/** What the last of the words in a text is worth; nothing, where there is none. */
function wordIn(text: string, worth: ReadonlyMap<string, number>): number {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_-]+/gu) ?? [];
  return worth.get(words.findLast((word) => worth.has(word)) ?? "") ?? 0;
}

function checkValues(values: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const entries = Object(values) === values ? Object.entries(values) : [];
  const bound = "an object of at least one word and its finite worth";
  if (entries.length === 0) throw new InvalidOptionError("stateValue", "values", bound, values);
  for (const [word, value] of entries) {
    if (!/^[\p{L}\p{N}_-]+$/u.test(word))
      throw new InvalidOptionError("stateValue", "a word of values", "one word", word);
    if (!Number.isFinite(value)) throw new InvalidOptionError("stateValue", `values.${word}`, "a finite number", value);
  }
  return new Map(entries.map(([word, value]) => [word.toLowerCase(), value]));
}
