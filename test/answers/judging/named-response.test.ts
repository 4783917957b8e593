/**
 * @module
 * Which response a judge names.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { expect, test } from "vitest";
import type { ModelResponse } from "mull";
import { namedResponse, nameInstruction } from "../../../src/answers/judging/named-response.js";
import { noUsage } from "../../../src/core/usage.js";

const said = (text: string, fields: object = {}): ModelResponse => ({
  text,
  finishReason: "stop",
  usage: noUsage,
  ...fields,
});

test.each<[text: string, named: number | undefined]>([
  ["Choice: 3", 3],
  ["choice : 3.", 3],
  ["**Choice:** 3", 3],
  ["**Choice: Response 3**", 3],
  ["Choice: response #3, for it checks its steps.", 3],
  ["Choice: [3]", 3],
  ['Choice: "3"', 3],
  ["Choice: (3)", 3],
  ["Choice：3", 3],
  ["Choice:\n3", 3],
  ["Choice: Candidate 2\nIt is the better one.", 2],
  ["Final choice: 2 (over 1)", 2],
  ["Choice: 1? No.\nChoice: 2", 2],
  ["Response 1 is wrong, Response 2 is right.\nChoice: 2", 2],
  ["Choice: 1 or 2", undefined],
  ["Choice: 1 and 2", undefined],
  ["Choice: 1, 2", undefined],
  ["Choice: 1/2", undefined],
  ["Choice: Response 1 or Response 2", undefined],
  ["Choice: 1.5", undefined],
  ["Choice: -1", undefined],
  ["Choice: 0", undefined],
  ["Choice: 5", undefined],
  ["Choice: 12", undefined],
  ["Choice: 3rd", undefined],
  ["Choice: none", undefined],
  ["Choice: C", undefined],
  ["Choice: (C)", undefined],
  ["Choice: <number>", undefined],
  // A mark that names nothing is not made up for by what stands before.
  ["Response 3 is best.\nChoice: none", undefined],
  ["The most consistent response is Response 3.", 3],
  ["Response 1 errs. Response 2 errs.\nSo I take Response 3, as do most.", 3],
  ["I take **Response (3)**", 3],
  ["Response 2 is better than Response 1.", undefined],
  ["Response 3 is wrong.", undefined],
  ["It isn't Response 3.", undefined],
  ["Response 3 is best.\nThat was hard.", undefined],
  ["Response 9 it is.", undefined],
  ["3", 3],
  [" **3.** ", 3],
  ["(3)", 3],
  ["#3", 3],
  ["-3", undefined],
  ["3 apples", undefined],
  ["Answer: 3", undefined],
  ["The answer is 3.", undefined],
  ["", undefined],
])("%j", (text, named) => {
  expect(namedResponse(said(text), 4)).toBe(named === undefined ? undefined : named - 1);
});

test.each<[what: string, judgement: ModelResponse, named: number | undefined]>([
  ["its answer", said("Answer: 2", { key: "2" }), 2],
  ["its answer, in words", said("…", { key: "response 2" }), 2],
  ["before its words", said("Choice: 1", { key: "2" }), 2],
  ["its words, where the answer names nothing", said("Choice: 1", { key: "paris" }), 1],
  ["and where it was not read", said("Choice: 1", { key: undefined }), 1],
  ["neither", said("Answer: 9", { key: "9" }), undefined],
])("a judge that reads answers: %s", (_, judgement, named) => {
  expect(namedResponse(judgement, 4)).toBe(named === undefined ? undefined : named - 1);
});

test("of a judgement that was cut, only a mark counts", () => {
  expect(namedResponse(said("First, Response 1", { finishReason: "length" }), 2)).toBeUndefined();
  expect(namedResponse(said("Choice: 1\nFor", { finishReason: "length" }), 2)).toBe(0);
});

prop.prop([fc.integer({ min: 1, max: 40 }), fc.string(), fc.constantFrom("Choice: 1", "")])(
  "what is asked for is read, whatever stands before it",
  (place, before, earlier) => {
    expect(nameInstruction).toContain('"Choice: "');
    expect(namedResponse(said(`${before}\n${earlier}\nChoice: ${place}`), 40)).toBe(place - 1);
  },
);

test("no text takes long", () => {
  const start = process.cpuUsage();
  for (const part of ["Choice: ", "response 1 ", "(", "[ ", "choice   "]) namedResponse(said(part.repeat(50_000)), 2);
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(1000);
});
