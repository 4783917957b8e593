import { expect, expectTypeOf, test } from "vitest";
import { answered, keyOf, number, type Answered, type ModelResponse } from "mull";
import { responses } from "./samples.js";

const [{ key: _, ...response }] = responses([undefined]) as [ReturnType<typeof responses>[number]];

test("answered adds the answer and its key, and changes nothing", () => {
  const given = Object.freeze({ ...response, text: "Answer: 1/2", extra: 1 });
  expect(answered(number(), given)).toEqual({ ...given, answer: 0.5, key: "0.5" });
  expect(answered(number(), { ...given, text: "no" })).toEqual({
    ...given,
    text: "no",
    answer: undefined,
    key: undefined,
  });
});

test("a falsy answer is an answer", () => {
  expect(answered(number(), { ...response, text: "0" })).toMatchObject({ answer: 0, key: "0" });
});

test.each<[fields: object, key: string | undefined]>([
  [{ key: "5" }, "5"],
  [{ key: undefined, text: "words" }, undefined],
  [{ text: " Some\n words " }, "some words"],
  [{ text: " \n" }, undefined],
])("the key of %o is %j", (fields, key) => {
  expect(keyOf({ ...response, ...fields })).toBe(key);
});

test("types", () => {
  expectTypeOf(answered(number(), response as ModelResponse)).toEqualTypeOf<Answered<number>>();
});
