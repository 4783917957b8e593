import { fc, test as prop } from "@fast-check/vitest";
import { expect, expectTypeOf, test } from "vitest";
import { text, type Answer } from "mull";

const { parse, key } = text();

test.each<[written: string, value: string | undefined]>([
  ["Answer: Paris", "Paris"],
  ["**Answer:** Paris", "Paris"],
  ["**Answer: Paris**", "Paris"],
  ["Answer: **Paris**.", "Paris."],
  ["**Answer**: Paris", "Paris"],
  ["**Final answer: Paris** (France)", "Paris (France)"],
  ["It is far. **The answer is Paris.**", "Paris."],
  ['Answer: "Paris"', "Paris"],
  ["Answer: “Paris”", "Paris"],
  ["Answer: *`Paris`*", "Paris"],
  ['Answer: "Yes" or "no"', '"Yes" or "no"'],
  ["Answer: It is Paris.\n\nIt is nice there.", "It is Paris.\n\nIt is nice there."],
  ["Answer: London\nNo.\nAnswer: Paris", "Paris"],
  ["## Final answer\n\nParis", "Paris"],
  ["So \\boxed{\\text{Paris}} it is.", "Paris"],
  ["It is in France. So the answer is Paris.", "Paris."],
  ["It is in France.\n#### Paris", "Paris"],
  // What is said in passing is no mark
  ["The answer is long.\nIt begins with Paris.", "The answer is long.\nIt begins with Paris."],
  ["  Paris \n", "Paris"],
  ["one\n\ntwo", "one\n\ntwo"],
  ["", undefined],
  [" \n ", undefined],
  ["Some thought.\nAnswer:", undefined],
  ["Answer: ****", "****"],
])("%j", (written, value) => {
  expect(parse(written)).toBe(value);
});

test.each<[a: string, b: string]>([
  ["Paris", "paris"],
  ["Paris.", "Paris"],
  ["**Paris**!", "“Paris”"],
  ["New  York\nCity", "new york city"],
  ["ﬁne", "fine"],
  ["…", "…"],
])("%j is %j", (a, b) => {
  expect(key(a)).toBe(key(b));
});

test.each<[a: string, b: string]>([
  ["Paris", "London"],
  ["?", "!"],
  ["C", "C++"],
  ["-5", "5"],
])("%j is not %j", (a, b) => {
  expect(key(a)).not.toBe(key(b));
});

const words = fc.stringMatching(/^[A-Za-z0-9äß+%-]{1,9}( [a-z0-9äß]{1,9}){0,3}$/).filter((w) => !/answer/i.test(w));

prop.prop([words, fc.constantFrom("", "Answer: ", "Let me see.\n**Answer:** "), fc.constantFrom("", ".", "!")])(
  "equal stays equal",
  (written, mark, end) => {
    for (const same of [written, written.toUpperCase(), ` ${written} `, `**${written}**`, `"${written}"`]) {
      expect(key(parse(mark + same + end)!)).toBe(key(same));
      // ß and SS are the same in capitals only
      if (!written.includes("ß")) expect(key(same)).toBe(key(written));
    }
  },
);

prop.prop([fc.string({ maxLength: 50 })])("only an empty text is no answer, and a key is its own key", (any) => {
  const value = parse(any);
  if (!/answer|box|####/i.test(any)) expect(value === undefined).toBe(any.trim() === "");
  if (value !== undefined) expect(key(key(value))).toBe(key(value));
});

test("types", () => {
  expectTypeOf(text()).toEqualTypeOf<Answer<string>>();
});
