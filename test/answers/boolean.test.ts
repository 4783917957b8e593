import { fc, test as prop } from "@fast-check/vitest";
import { expect, expectTypeOf, test } from "vitest";
import { boolean, type Answer } from "mull";

const { parse, key } = boolean();

test.each<[text: string, value: boolean]>([
  ["Answer: yes", true],
  ["Answer: Yes.", true],
  ["**Answer:** No", false],
  ["Answer: **No**", false],
  ["Answer: True", true],
  ["Answer: FALSE", false],
  ["Answer: Yes, it is true.", true],
  ["Answer: No, that is not true, for false it is.", false],
  ["Mats Hummels plays football. So the answer is yes.", true],
  ["The answer is no because of the rain.", false],
  ['{"answer": true}', true],
  ["\\boxed{\\text{Yes}}", true],
  ["#### no", false],
  ["Answer: no\nOr rather:\nAnswer: yes", true],
  ["yes", true],
  ["No.", false],
  ["Yes, because it rains.", true],
  ["It rains.\nYes", true],
])("%j", (text, value) => {
  expect(parse(text)).toBe(value);
});

test.each([
  "",
  "Answer:",
  "Answer: maybe",
  "Answer: yes or no",
  "Answer: yes/no",
  "Answer: It is not true",
  "Answer: None",
  "Answer: I know it",
  "Answer: correct",
  "The answer is correct.",
  "Not sure",
  "Nobody knows.",
  "Yes it is, and no it is not",
  "Is it so? Yes, I believe that it is. It has rained.\nThen again it has not.",
])("%j is none", (text) => {
  expect(parse(text)).toBeUndefined();
});

prop.prop([
  fc.boolean(),
  fc.constantFrom("yes", "true"),
  fc.constantFrom("no", "false"),
  fc.constantFrom("", "Answer: ", "So. The answer is "),
])("equal stays equal", (value, yes, no, mark) => {
  expect(parse(mark + (value ? yes : no))).toBe(value);
  expect(parse(mark + key(value))).toBe(value);
});

test("types", () => {
  expectTypeOf(boolean()).toEqualTypeOf<Answer<boolean>>();
});
