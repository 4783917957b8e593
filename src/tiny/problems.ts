/**
 * @module
 * Word problems for the embedded model, drawn as its training drew them (`training/data.py`), but none that it was trained on.
 */
import { InvalidOptionError } from "../core/errors.js";
import { checkInteger, checkOptions } from "../core/options.js";
import { hashText, Random } from "../core/random.js";
import { largestNumber, names, things } from "./vocabulary.js";

/** How hard a problem is: 2 or 3 steps, 4 or 5, 6 to 8; with larger numbers, too. */
export type Grade = "easy" | "medium" | "hard";

/** A word problem, and its solution. */
export interface Problem {
  /** `Tom has 12 apples. Tom buys 5 more. How many apples does Tom have?` */
  readonly question: string;
  readonly answer: number;
  /** The right steps, as the model would write them: `12 + 5 = 17`. */
  readonly steps: readonly string[];
  readonly grade: Grade;
}

/** Options of {@link problems}. */
export interface ProblemsOptions {
  /** An integer. The same seed gives the same problems; a larger `count` only adds to them. */
  readonly seed: number;
  /** How many: whole, at least 1. */
  readonly count: number;
  /** How hard they are. @defaultValue easy, medium and hard in turn */
  readonly grade?: Grade | undefined;
}

/**
 * Word problems that the embedded model has never seen.
 *
 * Shape: the chain of numbers and operations decides, by its hash, whether a problem may be trained on: one in twenty may not, and only
 * those are given. No call of any model.
 *
 * @throws `InvalidOptionError`
 * @example
 * const [problem] = problems({ seed: 1, count: 1, grade: "easy" });
 * const { text } = await run(await tiny(), `${problem.question} Think step by step.`);
 */
export function problems(options: ProblemsOptions): Problem[] {
  checkOptions("problems", options, ["seed", "count", "grade"]);
  const { seed, count, grade } = options;
  checkInteger("problems", "seed", seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  checkInteger("problems", "count", count, 1);
  if (grade !== undefined && !grades.includes(grade)) {
    throw new InvalidOptionError("problems", "grade", `one of ${grades.join(", ")}`, grade);
  }
  const random = new Random(hashText(0, String(seed)), hashText(1, String(seed)));
  return Array.from({ length: count }, (_, i) => unseen(random, grade ?? (grades[i % grades.length] as Grade)));
}

type Operation = "+" | "-" | "*" | "/";
type Range = readonly [least: number, most: number];

/** One step: operation and operand. */
type Step = readonly [Operation, number];

interface Difficulty {
  readonly steps: Range;
  readonly start: Range;
  readonly operand: Readonly<Record<Operation, Range>>;
  /** No value on the way is larger. */
  readonly largest: number;
}

const difficulties: Readonly<Record<Grade, Difficulty>> = {
  easy: difficulty([2, 3], [3, 20], [2, 12], [2, 3], [2, 4], 60),
  medium: difficulty([4, 5], [5, 50], [2, 25], [2, 4], [2, 6], 150),
  hard: difficulty([6, 8], [10, 90], [3, 45], [2, 6], [2, 9], largestNumber),
};
const grades = Object.keys(difficulties) as Grade[];

function difficulty(
  steps: Range,
  start: Range,
  addend: Range,
  factor: Range,
  divisor: Range,
  largest: number,
): Difficulty {
  return { steps, start, operand: { "+": addend, "-": addend, "*": factor, "/": divisor }, largest };
}

function unseen(random: Random, grade: Grade): Problem {
  for (;;) {
    const drawn = draw(random, difficulties[grade]);
    if (drawn !== undefined && heldOut(drawn.start, drawn.steps)) return write(random, grade, drawn.start, drawn.steps);
  }
}

/** A chain whose operands are distinct and whose values are whole, from 2 to the largest; `undefined` where it got stuck. */
function draw(random: Random, of: Difficulty): { readonly start: number; readonly steps: readonly Step[] } | undefined {
  const length = within(random, of.steps);
  const start = within(random, of.start);
  const used = new Set([start]);
  const steps: Step[] = [];
  let value = start;
  for (let attempt = 0; attempt < 60; attempt++) {
    const kind = random.next();
    const operation = kind < 0.35 ? "+" : kind < 0.67 ? "-" : kind < 0.85 ? "*" : "/";
    const operand = within(random, of.operand[operation]);
    const next = apply(operation, value, operand);
    if (used.has(operand) || !Number.isInteger(next) || next < 2 || next > of.largest) continue;
    steps.push([operation, operand]);
    used.add(operand);
    value = next;
    if (steps.length === length) return { start, steps };
  }
  return undefined;
}

/** Is a chain one of those that the trainer leaves out? */
function heldOut(start: number, steps: readonly Step[]): boolean {
  return fnv1a(`${start}${steps.map(([operation, operand]) => `${operation}${operand}`).join("")}`) % 20 === 0;
}

/** 32-bit FNV-1a hash of ASCII text; the trainer has the same. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function write(random: Random, grade: Grade, start: number, steps: readonly Step[]): Problem {
  const [who, friend] = random.shuffle(names) as [string, string];
  const what = pick(random, things);
  const story = [`${who} has ${start} ${what}.`];
  const lines: string[] = [];
  let value = start;
  for (const [operation, operand] of steps) {
    story.push(tell(random, operation, operand, who, friend));
    const next = apply(operation, value, operand);
    lines.push(`${value} ${operation} ${operand} = ${next}`);
    value = next;
  }
  const question = `${story.join(" ")} How many ${what} does ${who} have?`;
  return { question, answer: value, steps: lines, grade };
}

function tell(random: Random, operation: Operation, n: number, who: string, friend: string): string {
  switch (operation) {
    case "+":
      return pick(random, [`${who} buys ${n} more.`, `${friend} gives ${who} ${n} more.`]);
    case "-":
      return pick(random, [`${who} loses ${n}.`, `${who} sells ${n}.`]);
    case "*":
      return `Now ${who} has ${n} times as many.`;
    case "/":
      return `${who} keeps one of ${n} equal piles.`;
  }
}

function apply(operation: Operation, a: number, b: number): number {
  return operation === "+" ? a + b : operation === "-" ? a - b : operation === "*" ? a * b : a / b;
}

function within(random: Random, [least, most]: Range): number {
  return least + random.integer(most - least + 1);
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)] as T;
}
