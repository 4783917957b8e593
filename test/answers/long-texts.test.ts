import { expect, test } from "vitest";
import * as z from "zod";
import { boolean, choice, code, json, math, number, text, type Answer } from "mull";

const answers: Record<string, Answer<unknown>> = {
  number: number(),
  choice: choice(["A", "B", "New York"]),
  boolean: boolean(),
  text: text(),
  math: math(),
  json: json(z.unknown()),
  code: code(),
};

/** What makes careless patterns slow, or deep. */
const units = [
  ...Array.from(' \n*_{[}(<=-"\\`$1x'),
  "answer ",
  "answer\n",
  "answer (",
  "Answer: ",
  "Answer:\n",
  "the answer is ",
  "\\boxed{",
  "\\boxed{}",
  "\\frac{",
  "\\text{",
  "\\[",
  "```",
  "```\n",
  "#### ",
  "for: ",
  "let a ",
  "f(",
  "{}",
  '{"a":',
  "1,",
  "1/",
  "10^",
  "½",
  "A or ",
  ". A",
  "not ",
];
const size = 200_000;

test.each(Object.entries(answers))("%s reads 200 kB of anything in under 200 ms", { timeout: 60_000 }, (_, answer) => {
  const slow: string[] = [];
  const check = (unit: string, before: string, after: string): void => {
    const long = before + unit.repeat(size / unit.length) + after;
    const start = process.cpuUsage();
    const value = answer.parse(long);
    if (value !== undefined) answer.key(value);
    const ms = process.cpuUsage(start).user / 1000;
    if (ms > 200) slow.push(`${JSON.stringify(before + unit)}…: ${ms} ms`);
  };
  for (const unit of units) {
    check(unit, "", "");
    check(unit, "Answer: ", "\nx");
    check(unit, "\\boxed{", "}");
  }
  expect(slow).toEqual([]);
});

test("what nests deep enough to end the stack is no answer", () => {
  const depth = 100_000;
  expect(answers.json!.parse("[".repeat(depth) + "]".repeat(depth))).toBeUndefined();
  expect(answers.math!.key("(".repeat(depth))).toBe("(".repeat(depth));
  expect(answers.math!.key("(".repeat(250) + ")".repeat(250))).toBeTypeOf("string");
  expect(answers.math!.key(`${"-".repeat(499)}1`)).toBe("-1");
});
