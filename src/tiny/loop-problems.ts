/**
 * @module
 * Problems for the looped model: keeping track of a digit, and doing the same to each digit of a row, drawn as its training drew them
 * (`training/loop/data.py`).
 */
import { checkInteger, checkOptions } from "../core/options.js";
import { hashText, Random } from "../core/random.js";
import { operations, rowLength } from "./loop-vocabulary.js";

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

/** An operation that is done to each digit of a row, and how many results are small. */
export interface RowProblem {
  /** `Each of 5 0 7 2 8 9, then *3. How many last digits are below 5?` */
  readonly question: string;
  /** From 0 to 6. */
  readonly answer: number;
}

/** Options of {@link rowProblems}. */
export type RowProblemsOptions = Pick<LoopProblemsOptions, "seed" | "count">;

/**
 * Problems for {@link tinyLoop} that pause tokens help with: six look-ups that can be done side by side, but not before the operation is known, and that is the last
 * thing read.
 *
 * Shape: questions with their answers; digits and operation are drawn evenly. No call of any model. None is held out: there are 21 million, and training meets hardly
 * 64,000.
 *
 * @throws `InvalidOptionError`
 * @see Goyal et al. 2023, arXiv:2310.02226 (pause tokens); Pfau et al. 2024, arXiv:2404.15758 (what they can compute side by side, once it is taught)
 * @example
 * const [problem] = rowProblems({ seed: 1, count: 1 });
 * const { text } = await run(stack(await tinyLoop(), pauseTokens(6)), problem.question);
 */
export function rowProblems(options: RowProblemsOptions): RowProblem[] {
  checkOptions("rowProblems", options, ["seed", "count"]);
  const { seed, count } = options;
  checkInteger("rowProblems", "seed", seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  checkInteger("rowProblems", "count", count, 1);
  const random = new Random(hashText(4, String(seed)), hashText(5, String(seed)));
  return Array.from({ length: count }, () => {
    const digits = Array.from({ length: rowLength }, () => random.integer(10));
    const operation = operations[random.integer(operations.length)] as string;
    const question = `Each of ${digits.join(" ")}, then ${operation}. How many last digits are below 5?`;
    return { question, answer: digits.filter((digit) => apply(operation, digit) < 5).length };
  });
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
