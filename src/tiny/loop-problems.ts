/**
 * @module
 * Problems for the looped model: keeping track of a digit, drawn as its training drew them (`training/loop/data.py`).
 */
import { checkInteger, checkOptions } from "../core/options.js";
import { hashText, Random } from "../core/random.js";
import { operations } from "./loop-vocabulary.js";

/** A program of operations on a digit, and where it ends. */
export interface LoopProblem {
  /** `Start at 7, then +3 *9 -4. What is the last digit?` */
  readonly question: string;
  /** From 0 to 9. */
  readonly answer: number;
  /** The right steps, as the model would write them: `+3 0`, `*9 0`, `-4 6`. */
  readonly steps: readonly string[];
}

/** Options of {@link loopProblems}. */
export interface LoopProblemsOptions {
  /** An integer. The same seed gives the same problems; a larger `count` only adds to them. */
  readonly seed: number;
  /** How many: whole, at least 1. */
  readonly count: number;
  /** How many operations each has: whole, from 1 to 64. */
  readonly operations: number;
}

/**
 * Problems for {@link tinyLoop}: a start digit, and operations modulo 10 that are drawn evenly from `+1` to `+9`, `-1` to `-9`, `*3`, `*7` and `*9`.
 *
 * Shape: questions with their answers. No call of any model. None is held out, for there are 10 · 21^n programs of n operations: from six on, training
 * can have met hardly any of them.
 *
 * @throws `InvalidOptionError`
 * @example
 * const [problem] = loopProblems({ seed: 1, count: 1, operations: 4 });
 * const { text } = await run(await tinyLoop(), problem.question);
 */
export function loopProblems(options: LoopProblemsOptions): LoopProblem[] {
  checkOptions("loopProblems", options, ["seed", "count", "operations"]);
  const { seed, count, operations: length } = options;
  checkInteger("loopProblems", "seed", seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  checkInteger("loopProblems", "count", count, 1);
  checkInteger("loopProblems", "operations", length, 1, 64);
  const random = new Random(hashText(2, String(seed)), hashText(3, String(seed)));
  return Array.from({ length: count }, () => draw(random, length));
}

function draw(random: Random, length: number): LoopProblem {
  const start = random.integer(10);
  const drawn = Array.from({ length }, () => operations[random.integer(operations.length)] as string);
  let answer = start;
  const steps = drawn.map((operation) => `${operation} ${(answer = apply(operation, answer))}`);
  return { question: `Start at ${start}, then ${drawn.join(" ")}. What is the last digit?`, answer, steps };
}

function apply(operation: string, digit: number): number {
  const operand = Number(operation.slice(1));
  const sign = operation.charAt(0);
  return (sign === "*" ? digit * operand : sign === "+" ? digit + operand : digit + 10 - operand) % 10;
}
