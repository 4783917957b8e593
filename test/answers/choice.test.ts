import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import { choice, InvalidOptionError, type Answer } from "mull";

const letters = choice(["A", "B", "C", "D"]);
const cities = choice(["New York", "New York City", "Rome", "Saint-Étienne"]);

describe("letters", () => {
  test.each<[text: string, value: string]>([
    ["Answer: B", "B"],
    ["Answer: b", "B"],
    ["Answer: (B)", "B"],
    ["So the answer is (b).", "B"],
    ["Answer: **B**", "B"],
    ["**Answer: B) Paris**", "B"],
    ["**Answer:** B. Paris", "B"],
    ["Answer: B: Paris", "B"],
    ["Answer: `B`", "B"],
    ['{"answer": "B"}', "B"],
    ["Answer: Option B", "B"],
    ["Answer: the option is C.", "C"],
    ["The correct answer choice is D, because A is wrong.", "D"],
    ["Answer: D, since A and B are false", "D"],
    ["Answer: B, not A", "B"],
    ["Answer: A", "A"],
    ["Answer: A because it rains", "A"],
    ["Answer: A good choice is B", "B"],
    ["Answer: I think (c) is right", "C"],
    ["Answer:\n\n(B) Paris is nice", "B"],
    ["### Final Answer\n**C**", "C"],
    ["<answer>B</answer>", "B"],
    ["$\\boxed{B}$", "B"],
    ["\\boxed{\\text{(B)}}", "B"],
    ["The answer might be A.\nAnswer: C", "C"],
    ["First A, then B.\n#### C", "C"],
    // Without a mark
    ["B", "B"],
    [" (b) \n", "B"],
    ["**B.**", "B"],
    ["B) Paris", "B"],
    ["(B) Paris", "B"],
    ["Paris is the capital.\n\nB", "B"],
  ])("%j", (text, value) => {
    expect(letters.parse(text)).toBe(value);
  });

  test.each([
    "",
    "Answer:",
    "Answer: E",
    "Answer: Bonn",
    "Answer: A or B",
    "Answer: A and C",
    "Answer: A, B",
    "Answer: A/B",
    "Answer: either A or B",
    "Answer: not B",
    "Answer: a thing",
    "Answer: A thing",
    "Answer: none of these",
    "I think it is B",
    "B is a letter",
    "A) 5\nB) 6\nC) 7\nD) 8",
    "A) is wrong and so is B)",
    "It's B's",
  ])("%j is none", (text) => {
    expect(letters.parse(text)).toBeUndefined();
  });
});

describe("words", () => {
  test.each<[text: string, value: string]>([
    ["Answer: new york city", "New York City"],
    ["Answer: New York", "New York"],
    ["Answer: New  York.", "New York"],
    ["The answer is: SAINT-ÉTIENNE!", "Saint-Étienne"],
    ["Answer: It is Rome, of course.", "Rome"],
    ["Rome", "Rome"],
    ["Rome, because it has a colosseum.", "Rome"],
  ])("%j", (text, value) => {
    expect(cities.parse(text)).toBe(value);
  });

  test.each(["Answer: Romeo", "Answer: Rome or New York", "It cannot be Rome.", "Answer: It cannot be Rome"])(
    "%j is none",
    (text) => {
      expect(cities.parse(text)).toBeUndefined();
    },
  );

  test("numbers, signs and sentences can be choices, too", () => {
    const numbers = choice(["1", "10", "2.5", "$3"]);
    expect(["10", "1", "2.5", "$3", "2", "1.5", "100", "-1"].map((word) => numbers.parse(`Answer: ${word}`))).toEqual([
      "10",
      "1",
      "2.5",
      "$3",
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const languages = choice(["C", "C++", "C#"]);
    expect(["C", "c++", "C#."].map((word) => languages.parse(`Answer: ${word}`))).toEqual(["C", "C++", "C#"]);
    const verdicts = choice(["It holds (always).", "It does not hold."]);
    expect(verdicts.parse("Answer: It holds (always).")).toBe("It holds (always).");
    expect(verdicts.parse("Answer: It does not hold.")).toBe("It does not hold.");
  });
});

test("the choices stand in the instruction, in quotes where they have commas", () => {
  expect(letters.instruction).toBe('End with "Answer: " and exactly one of: A, B, C, D.');
  expect(choice(["yes", "no, never"]).instruction).toBe('End with "Answer: " and exactly one of: yes, "no, never".');
});

test.each<[why: string, options: readonly string[]]>([
  ["none", []],
  ["one", ["A"]],
  ["an empty one", ["A", " "]],
  ["two the same", ["A", "A"]],
  ["two the same but for case", ["Yes", "yes"]],
  ["two the same but for emphasis", ["**A**", "A"]],
  ["no text", ["A", 5 as unknown as string]],
  ["no list", "AB" as unknown as string[]],
])("%s is refused", (_, options) => {
  expect(() => choice(options)).toThrow(InvalidOptionError);
});

const frames = [
  (w: string) => w,
  (w: string) => `Answer: ${w}`,
  (w: string) => `Well, well.\n\n**Answer:** ${w}.`,
  (w: string) => `So the answer is "${w}".`,
  (w: string) => `\\boxed{\\text{${w}}}`,
  (w: string) => `## Answer\n- ${w}`,
];
const word = fc.stringMatching(/^[a-zé]{2,8}( [a-z]{2,8})?$/);
const listed = fc.uniqueArray(word, { minLength: 2, maxLength: 6, selector: (w) => w.toLowerCase() });

prop.prop([listed, fc.nat(), fc.constantFrom(...frames), fc.boolean()])(
  "whatever is chosen is read as it was given, whatever its case",
  (options, at, put, loud) => {
    const chosen = options[at % options.length]!;
    const reserved = /^(not|or|and|nor|never|neither|cannot|except|the|option|choice|letter|answer|final|is)\b/;
    fc.pre(options.every((option) => !reserved.test(option)));
    expect(choice(options).parse(put(loud ? chosen.toUpperCase() : chosen))).toBe(chosen);
  },
);

prop.prop([fc.string({ unit: fc.constantFrom(...Array.from("ABCDEabc()*.,: \nAnswer")), maxLength: 60 })])(
  "only choices are given",
  (text) => {
    const value = letters.parse(text);
    if (value !== undefined) expect(letters.parse(`Answer: ${letters.key(value)}`)).toBe(value);
  },
);

test("types", () => {
  expectTypeOf(choice(["A", "B"])).toEqualTypeOf<Answer<"A" | "B">>();
  expectTypeOf(choice(["A", "B"] as string[])).toEqualTypeOf<Answer<string>>();
  // @ts-expect-error only texts can be chosen
  expect(() => choice([1, 2])).toThrow(InvalidOptionError);
});
