/**
 * @module
 * What all probes can be told.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { Model } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import type { RunOptions } from "../../core/run.js";
import { isModel } from "../../core/stack.js";
import type { Answer } from "../answer.js";
import { Thoughts } from "../chain/thoughts.js";
import { checkAnswer, lastWords, stepByStep } from "../reasoning.js";

/** Options of every probe. The seed draws the order of the questions, too, so that a budget that ends leaves a fair sample of them. */
export interface ProbeOptions<A = string> extends RunOptions {
  /** How the answer is asked for, read and compared. @defaultValue the words behind the last `Answer:`, else all */
  readonly answer?: Answer<A> | undefined;
  /** Asks for the thought, in front of what the answer asks for; `""` for models that think by themselves. @defaultValue {@link stepByStep} */
  readonly instruction?: string | undefined;
  /** Thoughts drawn of each question: whole, at least 1; more than one are only worth their price above temperature 0. @defaultValue 1 */
  readonly samples?: number | undefined;
  /** How many thoughts are probed at a time: whole, at least 1. @defaultValue 4 */
  readonly concurrency?: number | undefined;
  /** How often intervals hold the truth: above 0 and below 1. @defaultValue 0.95 */
  readonly confidence?: number | undefined;
  /** Thoughts of the same model and questions that were drawn before, such as by another probe: they are not drawn again. New ones are added. @defaultValue none */
  readonly thoughts?: Thoughts<A> | undefined;
}

/** The options of a probe, with their defaults, and those of its run. */
export interface ProbePlan<A> {
  readonly answer: Answer<A>;
  readonly instruction: string;
  readonly samples: number;
  readonly concurrency: number;
  readonly confidence: number;
  readonly thoughts: Thoughts<A>;
  readonly run: RunOptions;
}

/**
 * Checks what all probes have in common.
 *
 * @param more - names of the probe's own options
 * @throws {@link InvalidOptionError}
 */
export function planOf<A>(
  where: string,
  model: Model,
  options: ProbeOptions<A>,
  more: readonly string[] = [],
): ProbePlan<A> {
  checkOptions(where, options, [...known, ...more]);
  if (!isModel(model))
    throw new InvalidOptionError(where, "the first argument", "a model (id, capabilities, generate)", model);
  const { answer = lastWords as Answer<unknown> as Answer<A>, instruction = stepByStep, samples = 1 } = options;
  const { concurrency = 4, confidence = 0.95, thoughts = new Thoughts<A>() } = options;
  checkAnswer(where, answer);
  if (typeof instruction !== "string") throw new InvalidOptionError(where, "instruction", "a text", instruction);
  checkInteger(where, "samples", samples, 1);
  if (concurrency !== Infinity) checkInteger(where, "concurrency", concurrency, 1);
  checkNumber(where, "confidence", confidence, 0, 1);
  if (confidence === 0 || confidence === 1)
    throw new InvalidOptionError(where, "confidence", "a number above 0 and below 1", confidence);
  if (!(thoughts instanceof Thoughts))
    throw new InvalidOptionError(where, "thoughts", "thoughts (new Thoughts())", thoughts);
  const { signal, budget, seed, onEvent, events, clock } = options;
  const run = { signal, budget, seed, onEvent, events, clock };
  return { answer, instruction, samples, concurrency, confidence, thoughts, run };
}

const known: readonly string[] = [
  "answer",
  "instruction",
  "samples",
  "concurrency",
  "confidence",
  "thoughts",
  "signal",
  "budget",
  "seed",
  "onEvent",
  "events",
  "clock",
];
