/**
 * @module
 * Searching step by step: what beams and particles have in common.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { Scorer } from "../../core/feedback.js";
import type { Model, ModelResponse, Sampler } from "../../core/model.js";
import { checkInteger, checkNumber } from "../../core/options.js";
import type { SearchOrder } from "../../core/search/search.js";
import type { Answer } from "../answer.js";
import { isMarked, lastLine } from "../marker.js";
import { checkAnswer, stepByStep } from "../reasoning.js";
import type { ScoreStoppingRule } from "../stopping/score-stopping.js";
import { checkSplitter, type StepSplitter } from "./first-step.js";
import type { ScoreAggregation, Searched } from "./line.js";
import { lineSearch } from "./line-search.js";
import { nextStep } from "./next-step.js";

/** Options of the strategies that search step by step. */
export interface StepSearchOptions<A, R extends ModelResponse = ModelResponse> {
  /** How the answer is asked for, read and compared. */
  readonly answer: Answer<A>;
  /** Says how good a line is that has got so far, and how good an answer; it sees the whole line. Higher is better. */
  readonly scorer: Scorer<R>;
  /** What a step is: `'line'`, `'paragraph'`, or a function of yours. @defaultValue `'line'` */
  readonly split?: StepSplitter | undefined;
  /** The most tokens of a step: whole, at least 1; a longer one is cut, and goes on in the next step. @defaultValue 256 */
  readonly stepTokens?: number | undefined;
  /** The most steps of a line: whole, at least 1. @defaultValue 40 */
  readonly maxSteps?: number | undefined;
  /** Is a line at its end? Asked with the whole line and its last step. @defaultValue where an answer is marked: `Answer: …` */
  readonly done?: ((text: string, step: string) => boolean) | undefined;
  /** What makes two lines the same, of which one is scored. @defaultValue the text */
  readonly key?: ((text: string) => string) | undefined;
  /** Asks for the thought, in front of what the answer asks for. @defaultValue think step by step */
  readonly instruction?: string | undefined;
  /** Sampling temperature, at least 0, for requests that name none. @defaultValue the provider's */
  readonly temperature?: number | undefined;
  /** How many steps are written at a time: whole, at least 1. @defaultValue all of a round */
  readonly concurrency?: number | undefined;
}

/** Their names. */
export const stepSearchOptions: readonly string[] = [
  ...["answer", "scorer", "split", "stepTokens", "maxSteps", "done", "key", "instruction", "temperature"],
  "concurrency",
];

/** What a strategy adds to them. */
export interface StepSearch {
  readonly order: SearchOrder;
  readonly stop?: ScoreStoppingRule | undefined;
  readonly aggregate?: ScoreAggregation | undefined;
}

/**
 * The layer called `where` that searches step by step.
 *
 * @throws {@link InvalidOptionError} at once
 */
export function stepSearch<A, R extends ModelResponse>(
  where: string,
  options: StepSearchOptions<A, R>,
  { order, stop, aggregate }: StepSearch,
): (next: Model<R>) => Sampler<Searched<A, R>> {
  const { answer, scorer, split = "line", stepTokens = 256, maxSteps = 40, done = marked, key = itself } = options;
  const { instruction = stepByStep, temperature, concurrency } = options;
  checkAnswer(where, answer);
  if (typeof scorer !== "function") {
    const bound = "a function that says how good a line is; judge(…) and verifier(…) make one";
    throw new InvalidOptionError(where, "scorer", bound, scorer);
  }
  checkSplitter(where, split);
  checkInteger(where, "stepTokens", stepTokens, 1);
  checkInteger(where, "maxSteps", maxSteps, 1);
  if (typeof done !== "function")
    throw new InvalidOptionError(where, "done", "a function of a line and its last step", done);
  if (typeof key !== "function") throw new InvalidOptionError(where, "key", "a function of a line", key);
  if (typeof instruction !== "string") throw new InvalidOptionError(where, "instruction", "a text", instruction);
  if (temperature !== undefined) checkNumber(where, "temperature", temperature, 0);
  if (concurrency !== undefined && concurrency !== Infinity) checkInteger(where, "concurrency", concurrency, 1);

  const expand = nextStep({ split, stepTokens });
  return (next) =>
    lineSearch<A, R>(next, {
      name: where,
      detail: order.name,
      answer,
      instruction,
      scorer,
      order,
      expand,
      done,
      keyOf: key,
      maxSteps,
      maxTrials: Infinity,
      concurrency,
      stop,
      temperature,
      aggregate,
      // By prefill a step may be asked for once more, behind an empty line.
      callsPerTrial: next.capabilities.prefill === true && typeof split !== "function" ? 2 : 1,
      stepTokens,
    });
}

/** The last line, too: its mark may have been cut in two. */
function marked(text: string, step: string): boolean {
  return isMarked(step) || isMarked(lastLine(text));
}

function itself(text: string): string {
  return text;
}
