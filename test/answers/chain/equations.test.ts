import { fc, test as property } from "@fast-check/vitest";
import { equationsIn } from "mull";
import { describe, expect, test } from "vitest";

/** What was found, as `ok` or the value it should be. */
function found(text: string): readonly string[] {
  return equationsIn(text).map(({ ok, value, written }) => `${written}: ${ok ? "ok" : value}`);
}

describe("equations that are read", () => {
  test.each<[text: string, ...found: string[]]>([
    ["12 + 5 = 17", "12 + 5 = 17: ok"],
    ["12 + 5 = 18", "12 + 5 = 18: 17"],
    ["#4. (by #2) Six packets: 8 * 6 = 49", "8 * 6 = 49: 48"],
    ["1. 5 + 3 = 9", "5 + 3 = 9: 8"],
    ["2) 5 + 3 = 9", "5 + 3 = 9: 8"],
    // Notation.
    ["In all $14.88 + $4.88 = $19.76.", "14.88 + 4.88 = 19.76: ok"],
    ["Rs.40,000 + Rs.60,000 = Rs.100,001", "40000 + 60000 = 100001: 100000"],
    ["5 × 3 ÷ 5 − 1 = 2", "5 * 3 / 5 - 1 = 2: ok"],
    ["5 x 3 = 16", "5 * 3 = 16: 15"],
    [String.raw`$\frac{1}{2} \times 6 = 4$`, "((1)/(2)) * 6 = 4: 3"],
    ["2^3 = 9 and 2**3 = 8", "2^3 = 9: 8", "2^3 = 8: ok"],
    ["**2 + 2 = 5**", "2 + 2 = 5: 4"],
    ["2(3 + 4) = 15", "2(3 + 4) = 15: 14"],
    ["-8 - -1 = -9", "-8 - -1 = -9: -7"],
    // Words.
    ["5 apples plus 3 apples is 9", "5 apples + 3 apples = 9: 8"],
    ["5 minus 3 equals 2", "5 - 3 = 2: ok"],
    ["6 times 7 is 43, and 42 divided by 6 is 7", "6 * 7 = 43: 42", "42 / 6 = 7: ok"],
    ["So 20% of 50 is 11.", "20% * 50 = 11: 10"],
    ["20 percent of 50 = 10", "20 % * 50 = 10: ok"],
    ["12/50 = 24%", "12/50 = 24%: ok"],
    ["12/50 * 100 = 24%", "12/50 * 100 = 24%: ok"],
    // Units.
    ["5 apples + 3 apples = 9 apples.", "5 apples + 3 apples = 9 apples: 8"],
    ["3 packs * 8 crayons/pack = 25 crayons", "3 packs * 8 crayons/pack = 25 crayons: 24"],
    ["She has 3 - 1/2 = 5/2 more than him", "3 - 1/2 = 5/2: ok"],
    // Chains, and several in a line.
    ["180 * (1 - 0.3) = 180 * 0.7 = 125", "180 * (1 - 0.3) = 180 * 0.7: ok", "180 * 0.7 = 125: 126"],
    ["A = (5 - 2) = (4) = 3", "(5 - 2) = (4): 3", "(4) = 3: 4"],
    ["7 * 2 = 14. Then 14 - 5 = 8.", "7 * 2 = 14: ok", "14 - 5 = 8: 9"],
    ["10 - 3 = 7 - 2 = 5", "10 - 3 = 7 - 2: 7", "7 - 2 = 5: ok"],
    // A dash may be the mark of a list.
    ["- 5 + 3 = 8", "- 5 + 3 = 8: ok"],
    ["- 5 + 3 = -2", "- 5 + 3 = -2: ok"],
    ["- 5 + 3 = 9", "- 5 + 3 = 9: -2"],
    ["-5 + 3 = 8", "-5 + 3 = 8: -2"],
  ])("%j", (text, ...expected) => {
    expect(found(text)).toEqual(expected);
  });
});

describe("rounding", () => {
  test.each<[text: string, ok: boolean]>([
    ["200 / 3 = 66.67", true],
    ["200 / 3 = 66.66", true],
    ["200 / 3 = 66.65", false],
    ["-200 / 3 = -66.66", true],
    ["-200 / 3 = -66.68", false],
    ["200 / 3 = 66.7 (rounded)", true],
    ["10 / 3 = 3", false],
    ["10 / 3 ≈ 3", true],
    ["10 / 3 = 3, rounded down", true],
    ["10 / 3 ≈ 4", false],
    ["About 1000 * 1.005 = 1000", true],
    ["66.67 * 3 = 200", true],
    ["66.6 * 3 = 200", false],
    ["0.1 + 0.2 = 0.30000000000000004", true],
    ["14.88 + 4.88 = 19.77", false],
    ["14.88 + 4.88 = 20", false],
  ])("%j: %j", (text, ok) => {
    expect(equationsIn(text).map((one) => one.ok)).toEqual([ok]);
  });
});

describe("what is passed over", () => {
  test.each([
    // Variables, functions, words for numbers.
    "x = 5",
    "x + 5 + 3 = 8",
    "2x + 3 = 7",
    "3 + 2 = 5x",
    "2 - 240 / L^2 = 0",
    "Total price - 8 = 5",
    "20 - price = 5",
    "(1/3) * unknown = 6",
    "sqrt(16) + 1 = 6",
    "sin(330) = sin(-30) = 4",
    "sin 30 + 1 = 7",
    "f(2) + 3 = 9",
    "5! = 121",
    "3 * 2 * 1 = 3!",
    "17 mod 5 + 1 = 9",
    "half of 14 + 2 = 9",
    "2/3 of 18 + 1 = 99",
    // What says nothing of arithmetic.
    "1 foot = 12 inches",
    "Number 5 is 7",
    "5 = 6",
    "90 minutes / 60 = 1.5 hours",
    "04/09/1985 - 10 = 3",
    "4:6:12 + 1 = 3",
    "1 + 2 + … + 10 + 11 = 66",
    "1 + 2 + ... + 10 + 11 = 66",
    "(-1/2) and so on, which we put into the formula to find that csc(330) = 9",
    "5 + 3 != 9",
    "5 + 3 <= 9",
    "5 + 3 -> 9",
    "5 1 + 2 = 4",
    "5 and 1/2 * 2 = 11",
    "5 + = 8",
    "5 / 0 = 1",
    "",
  ])("%j", (text) => {
    expect(found(text)).toEqual([]);
  });

  test("what is passed over does not hide what follows", () => {
    expect(found("x = 5 + 3 = 9")).toEqual(["5 + 3 = 9: 8"]);
    expect(found("15 / 60 = 0.25 hours = 15 minutes, 3 + 3 = 7")).toEqual(["15 / 60 = 0.25 hours: ok", "3 + 3 = 7: 6"]);
  });
});

test("steps are lines with words", () => {
  const steps = equationsIn("First\n\n1 + 1 = 2\n  \n2 + 2 = 5, 3 + 3 = 6").map(({ step }) => step);
  expect(steps).toEqual([1, 2, 2]);
});

const whole = fc.integer({ min: -99, max: 99 });
const operator = fc.constantFrom("+", "-", "*");

property.prop([whole, operator, whole, operator, whole, fc.integer({ min: -3, max: 3 })])(
  "says of any sum or product what arithmetic says",
  (a, f, b, g, c, off) => {
    const value = Number(eval(`${a} ${f} (${b}) ${g} (${c})`));
    const [only] = equationsIn(`so we get ${a} ${f} ${b} ${g} ${c} = ${value + off}.`);
    expect(only).toMatchObject({ ok: off === 0, value: String(value) });
  },
);

property.prop([
  fc.string({ maxLength: 400 }),
  fc.array(fc.constantFrom("1", "+", "=", "(", ")", " ", "%", "x", ".5", "/", "is", "a")),
])("any text can be read", (text, pieces) => {
  expect(Array.isArray(equationsIn(`${text}\n${pieces.join("")}`))).toBe(true);
});

test.each([
  ["numbers", "1 ".repeat(20_000)],
  ["a sum", `${"1 + ".repeat(20_000)}1 = 3`],
  ["brackets", "(".repeat(20_000)],
  ["signs", "1 = ".repeat(20_000)],
  ["words", "5 apples ".repeat(10_000)],
])("a long text of %s ends", (_, text) => {
  expect(equationsIn(text).length).toBeLessThan(40_000);
});
