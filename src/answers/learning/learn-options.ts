/**
 * @module
 * What all ways of learning from questions are told, checked once.
 */
import { addToPrompt } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Feedback } from "../../core/feedback.js";
import type { Model, ModelRequest } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import type { RunOptions } from "../../core/run.js";
import type { TrainingExample } from "../../core/trainer.js";
import type { Answer } from "../answer.js";
import { checkAnswer, stepByStep } from "../reasoning.js";
import type { AttemptPlan } from "./attempts.js";
import { checkQuestions, type LearnQuestion } from "./question.js";
import { checkModel, checkRounds, type RoundsOptions } from "./rounds.js";

/** Options of what learns from questions. */
export interface LearnOptions<A> extends RoundsOptions {
  /** How the answer is asked for, read and compared. */
  readonly answer: Answer<A>;
  /** Asks for the thought, in front of what the answer asks for; `""` for nothing. It stands in the examples, too. @defaultValue think step by step */
  readonly instruction?: string | undefined;
  /** Thoughts of each question: whole, at least 1. */
  readonly samples?: number | undefined;
  /** Sampling temperature, at least 0, for questions that name none. @defaultValue the provider's */
  readonly temperature?: number | undefined;
  /** Says whether a response is right: tests, a verifier. @defaultValue its answer is that of the question */
  readonly check?: Feedback | undefined;
  /** Questions at a time: whole, at least 1. @defaultValue 4 */
  readonly concurrency?: number | undefined;
}

/** An example that was gathered from a question. */
export interface GatheredExample extends TrainingExample {
  /** Which question it belongs to, from 0. */
  readonly question: number;
}

/** One question, ready to be asked. */
export interface Asked {
  readonly index: number;
  /** As it was given. */
  readonly question: ModelRequest;
  /** With what asks for thought and answer. */
  readonly asked: ModelRequest;
  /** The right answer, and its key; `undefined` where it is not known. */
  readonly right: unknown;
  readonly key: string | undefined;
}

/** The options, with their defaults. */
export interface LearnPlan extends AttemptPlan {
  readonly questions: readonly Asked[];
  readonly concurrency: number;
  /** Adds to a request what asks for thought and answer. */
  readonly ask: (request: ModelRequest) => ModelRequest;
  readonly run: RunOptions;
}

/** Names of the options that all have. */
const known = [
  "answer",
  "instruction",
  "samples",
  "temperature",
  "check",
  "concurrency",
  "trainer",
  "rounds",
  "budget",
  "signal",
  "seed",
  "onEvent",
  "events",
  "clock",
];

/**
 * Checks what all have in common.
 *
 * @param own - names of the options that only this one has
 * @param needsCheck - must it be possible to tell right from wrong?
 * @throws {@link InvalidOptionError}
 */
export function planLearning<A>(
  where: string,
  model: Model,
  questions: readonly LearnQuestion<A>[],
  options: LearnOptions<A>,
  { own, samples: usual, needsCheck = true }: { own: readonly string[]; samples: number; needsCheck?: boolean },
): LearnPlan {
  checkOptions(where, options, [...known, ...own]);
  checkModel(where, model);
  const requests = checkQuestions(where, questions);
  const { answer, instruction = stepByStep, samples = usual, temperature, check, concurrency = 4 } = options;
  checkAnswer(where, answer);
  if (typeof instruction !== "string") throw new InvalidOptionError(where, "instruction", "a text", instruction);
  checkInteger(where, "samples", samples, 1);
  if (temperature !== undefined) checkNumber(where, "temperature", temperature, 0);
  if (check !== undefined && typeof check !== "function")
    throw new InvalidOptionError(where, "check", "a function that says whether a response is right", check);
  if (concurrency !== Infinity) checkInteger(where, "concurrency", concurrency, 1);
  checkRounds(where, options);

  const words = [instruction, answer.instruction].filter((part) => part !== "").join(" ");
  const ask = (request: ModelRequest): ModelRequest => {
    const warm = temperature === undefined || request.temperature !== undefined ? request : { ...request, temperature };
    return addToPrompt(warm, words);
  };
  const all = requests.map((question, index): Asked => {
    const right = questions[index]?.answer;
    const bound = needsCheck && check === undefined ? "given, where there is no check" : "what `answer` reads";
    const key = right === undefined ? undefined : keyOfRight(answer, right);
    if (key === undefined && (right !== undefined || (needsCheck && check === undefined)))
      throw new InvalidOptionError(where, `questions[${index}].answer`, bound, right);
    return { index, question, asked: ask(question), right, key };
  });
  const { budget, signal, seed, onEvent, events, clock } = options;
  const run: RunOptions = { budget, signal, seed, onEvent, events, clock };
  return { answer, samples, check, concurrency, questions: all, ask, run };
}

/** The key of an answer that a user gave; `undefined` for what is none of this kind. */
function keyOfRight(answer: Answer<unknown>, right: unknown): string | undefined {
  try {
    return answer.key(right);
  } catch {
    return undefined;
  }
}
