/**
 * @module
 * The problems for the looped model.
 */
import { describe, expect, expectTypeOf, test } from "vitest";
import { InvalidOptionError } from "mull";
import {
  loopProblems,
  rowProblems,
  type LoopProblem,
  type LoopProblemsOptions,
  type RowProblem,
  type RowProblemsOptions,
} from "mull/tiny";
import { operations } from "../../src/tiny/loop-vocabulary.js";

const many = loopProblems({ seed: 3, count: 200, operations: 6 });

/** Does the arithmetic of a question, from its words alone. */
function solve(question: string): number[] {
  const [, start, program] = /^Start at (\d), then (.+)\. What is the last digit\?$/.exec(question)!;
  let value = Number(start);
  return program!.split(" ").map((operation) => {
    const operand = Number(operation.slice(1));
    value = operation.startsWith("*") ? value * operand : operation.startsWith("+") ? value + operand : value - operand;
    return (value = ((value % 10) + 10) % 10);
  });
}

test("the words, the steps and the answer say the same", () => {
  for (const { question, answer, steps } of many) {
    const values = solve(question);
    expect(answer).toBe(values.at(-1));
    expect(steps.map((step) => Number(step.slice(3)))).toEqual(values);
    expect(question).toContain(steps.map((step) => step.slice(0, 2)).join(" "));
  }
});

test("all digits and operations come, none much more often than others", () => {
  const starts = many.map(({ question }) => question.charAt(9));
  expect(new Set(starts).size).toBe(10);
  const drawn = many.flatMap(({ question }) => question.slice(17).split(". ")[0]!.split(" "));
  const expected = drawn.length / operations.length;
  for (const operation of operations) {
    const count = drawn.filter((other) => other === operation).length;
    expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected));
  }
});

test("a seed gives the same problems, and more of them with a larger count", () => {
  expect(loopProblems({ seed: 3, count: 10, operations: 6 })).toEqual(many.slice(0, 10));
  expect(loopProblems({ seed: 4, count: 10, operations: 6 })).not.toEqual(many.slice(0, 10));
});

test.each([1, 8, 64])("%i operations are as many steps", (length) => {
  const [problem] = loopProblems({ seed: 1, count: 1, operations: length });
  expect(solve(problem!.question)).toHaveLength(length);
  expect(problem!.steps).toHaveLength(length);
});

test.each([
  [{ seed: 0.5, count: 1, operations: 1 }, "seed must be an integer"],
  [{ seed: 1, count: 0, operations: 1 }, "count must be an integer of at least 1, got 0"],
  [{ seed: 1, count: 1, operations: 0 }, "operations must be an integer from 1 to 64, got 0"],
  [{ seed: 1, count: 1, operations: 65 }, "operations must be an integer from 1 to 64, got 65"],
  [
    { seed: 1, count: 1, operations: 1, grade: 1 } as LoopProblemsOptions,
    "an option must be one of seed, count, operations",
  ],
])("%j is refused", (options, message) => {
  expect(() => loopProblems(options)).toThrow(InvalidOptionError);
  expect(() => loopProblems(options)).toThrow(`loopProblems: ${message}`);
  expectTypeOf(loopProblems).toEqualTypeOf<(options: LoopProblemsOptions) => LoopProblem[]>();
});

describe("rows", () => {
  const rows = rowProblems({ seed: 3, count: 600 });
  /** Digits and operation of a question. */
  const read = (question: string): { readonly digits: readonly number[]; readonly operation: string } => {
    const form = /^Each of (\d(?: \d){5}), then (\S+)\. How many last digits are below 5\?$/;
    const [, digits, operation] = form.exec(question)!;
    return { digits: digits!.split(" ").map(Number), operation: operation! };
  };

  test("the words and the answer say the same", () => {
    for (const { question, answer } of rows) {
      const { digits, operation } = read(question);
      const results = digits.map((digit) => solve(`Start at ${digit}, then ${operation}. What is the last digit?`)[0]!);
      expect(results.filter((result) => result < 5)).toHaveLength(answer);
    }
  });

  test("all digits, operations and answers come", () => {
    expect(new Set(rows.flatMap(({ question }) => read(question).digits)).size).toBe(10);
    expect(new Set(rows.map(({ question }) => read(question).operation)).size).toBe(operations.length);
    expect(new Set(rows.map(({ answer }) => answer))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
  });

  test("a seed gives the same ones, and more of them with a larger count", () => {
    expect(rowProblems({ seed: 3, count: 10 })).toEqual(rows.slice(0, 10));
    expect(rowProblems({ seed: 4, count: 10 })).not.toEqual(rows.slice(0, 10));
  });

  test.each([
    [{ seed: 0.5, count: 1 }, "seed must be an integer"],
    [{ seed: 1, count: 0 }, "count must be an integer of at least 1, got 0"],
    [{ seed: 1, count: 1, operations: 1 } as RowProblemsOptions, "an option must be one of seed, count"],
  ])("%j is refused", (options, message) => {
    expect(() => rowProblems(options)).toThrow(InvalidOptionError);
    expect(() => rowProblems(options)).toThrow(`rowProblems: ${message}`);
    expectTypeOf(rowProblems).toEqualTypeOf<(options: RowProblemsOptions) => RowProblem[]>();
  });
});
