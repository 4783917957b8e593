/**
 * @module
 * The problems for the embedded model.
 */
import { expect, expectTypeOf, test } from "vitest";
import { InvalidOptionError } from "mull";
import { problems, unknownWords, type Grade, type Problem, type ProblemsOptions } from "mull/tiny";

const many = problems({ seed: 3, count: 300 });

const signs: readonly (readonly [word: string, sign: string, apply: (a: number, b: number) => number])[] = [
  ["more", "+", (a, b) => a + b],
  ["loses", "-", (a, b) => a - b],
  ["sells", "-", (a, b) => a - b],
  ["times", "*", (a, b) => a * b],
  ["piles", "/", (a, b) => a / b],
];

/** Does the arithmetic of a question, from its words alone. */
function solve(question: string): {
  readonly key: string;
  readonly values: readonly number[];
  readonly steps: string[];
} {
  const [first, ...others] = question.split(". ").slice(0, -1);
  const numberIn = (sentence: string): number => Number(/\d+/.exec(sentence)![0]);
  const values = [numberIn(first!)];
  const steps: string[] = [];
  let key = String(values[0]);
  for (const sentence of others) {
    const [, sign, apply] = signs.find(([word]) => sentence.includes(word))!;
    const [a, b] = [values.at(-1)!, numberIn(sentence)];
    values.push(apply(a, b));
    steps.push(`${a} ${sign} ${b} = ${apply(a, b)}`);
    key += `${sign}${b}`;
  }
  return { key, values, steps };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

test("the words, the steps and the answer say the same", () => {
  for (const { question, answer, steps } of many) {
    const solved = solve(question);
    expect(steps).toEqual(solved.steps);
    expect(answer).toBe(solved.values.at(-1));
  }
});

test("values are whole, from 2 to the grade's largest, and steps as many as the grade says", () => {
  const bounds: Record<Grade, readonly [number, number, number]> = {
    easy: [2, 3, 60],
    medium: [4, 5, 150],
    hard: [6, 8, 299],
  };
  for (const { question, steps, grade } of many) {
    const [least, most, largest] = bounds[grade];
    expect(steps.length).toBeGreaterThanOrEqual(least);
    expect(steps.length).toBeLessThanOrEqual(most);
    for (const value of solve(question).values) {
      expect(Number.isInteger(value) && value >= 2).toBe(true);
      expect(value).toBeLessThanOrEqual(largest);
    }
  }
});

test("none was trained on", () => {
  expect(many.filter(({ question }) => fnv1a(solve(question).key) % 20 !== 0)).toEqual([]);
});

test("the model knows every word", () => {
  expect(unknownWords(many.map(({ question }) => question).join(" "))).toEqual([]);
});

test("a seed gives the same problems, and more of them with a larger count", () => {
  expect(problems({ seed: 3, count: 10 })).toEqual(many.slice(0, 10));
  expect(problems({ seed: 4, count: 10 })).not.toEqual(many.slice(0, 10));
  expect(problems({ seed: -7, count: 1 })).toHaveLength(1);
});

test("grades come in turn, or as asked", () => {
  expect(problems({ seed: 1, count: 4 }).map(({ grade }) => grade)).toEqual(["easy", "medium", "hard", "easy"]);
  expect(problems({ seed: 1, count: 3, grade: "hard" }).map(({ grade }) => grade)).toEqual(["hard", "hard", "hard"]);
  expectTypeOf(problems).toEqualTypeOf<(options: ProblemsOptions) => Problem[]>();
});

test.each([
  [{ seed: 1.5, count: 1 }, "seed must be an integer"],
  [{ seed: 1, count: 0 }, "count must be an integer of at least 1, got 0"],
  [{ seed: 1, count: 1, grade: "harder" as Grade }, 'grade must be one of easy, medium, hard, got "harder"'],
  [{ seed: 1, count: 1, size: 3 } as ProblemsOptions, "an option must be one of seed, count, grade"],
])("%j is refused", (options, message) => {
  expect(() => problems(options)).toThrow(InvalidOptionError);
  expect(() => problems(options)).toThrow(message);
});
