import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import { number, type Answer } from "mull";

const { parse, key, instruction } = number();

describe("what is read", () => {
  test.each<[text: string, value: number]>([
    // Marks
    ["Answer: 42", 42],
    ["answer: 42.", 42],
    ["**Answer:** 42", 42],
    ["**Answer**: 42", 42],
    ["**Answer: 42**", 42],
    ["Answer: **42**", 42],
    ["Answer: `42`", 42],
    ["Final answer (in dollars): 42", 42],
    ["ANSWER = 42", 42],
    ["The answer is 42.", 42],
    ["So the final answer is: 42", 42],
    ["The answer would be 42.", 42],
    ["**Final Answer**\n\n42", 42],
    ["### Final Answer:\nThe farmer has **42** cows.", 42],
    ["<answer>42</answer>", 42],
    ['{"reasoning": "6 * 7", "answer": "42"}', 42],
    ["… so 6 * 7 = <<6*7=42>>42 apples.\n#### 42", 42],
    ["A: 10.5", 10.5],
    ["Therefore \\(\\boxed{42}\\).", 42],
    ["\\boxed 42", 42],
    ["\\fbox{42}", 42],
    ["I shall put it in \\boxed{}.\n\nAnswer: 42", 42],
    ["Answer: $\\boxed{42}$", 42],
    ["Final Answer: The final answer is $42$. I hope it is correct.", 42],
    // The last mark, what is said in passing left out
    ["Answer: 41\nWait, no.\nAnswer: 42", 42],
    ["#### 42\n", 42],
    ["Answer: 42\n\nI am sure that the answer is right.", 42],
    ["If x is 2, the answer is 5. But it is 3: the answer is 42.", 42],
    // What stands around the number
    ["Answer: 42 apples", 42],
    ["Answer: 42 apples (6 × 7)", 42],
    ["Answer: 42, because 6 × 7 is 42", 42],
    ["Answer: Janet makes $18 a day.", 18],
    ["Answer: x = 5", 5],
    ["Answer: 5 + 3 = 8 apples", 8],
    ["Answer: (42)", 42],
    ["Answer: 24-hour shifts", 24],
    // No mark: the closing sentence
    ["42", 42],
    ["-7", -7],
    ["There are 16 eggs. She eats 3, so 16 - 3 = 13 are left.", 13],
    ["She has 3 cats.\n\nIn total, that is 2 + 3 = 5 animals in the house.\n", 5],
    ["It takes him 7 steps of 5 s. So it takes 35 seconds.", 35],
  ])("%j", (text, value) => {
    expect(parse(text)).toBe(value);
  });
});

describe("how numbers are written", () => {
  test.each<[written: string, value: number]>([
    ["1,234,567", 1_234_567],
    ["1,234.5", 1234.5],
    ["1\u00a0234\u00a0567", 1_234_567],
    ["1\u202f234", 1234],
    ["1\u2009234", 1234],
    ["1_000", 1000],
    ["1{,}234", 1234],
    ["1,\\!234", 1234],
    ["$1,200.50", 1200.5],
    ["\\$3.50", 3.5],
    ["$3.50$", 3.5],
    ["-$5", -5],
    ["$-5", -5],
    ["€5", 5],
    ["€ 5", 5],
    ["-€5", -5],
    ["US$12", 12],
    ["USD 12", 12],
    ["12 USD", 12],
    ["Rs. 500", 500],
    ["12.5%", 12.5],
    ["12.5 \\%", 12.5],
    ["3/4", 0.75],
    ["3 / 4", 0.75],
    ["1 1/2", 1.5],
    ["-1 1/2", -1.5],
    ["½", 0.5],
    ["1½ cups", 1.5],
    ["\\frac{3}{4}", 0.75],
    ["\\dfrac{3}{4}", 0.75],
    ["\\frac34", 0.75],
    ["-\\frac{3}{4}", -0.75],
    ["1\\frac{1}{2}", 1.5],
    ["$\\frac{3}{4}$", 0.75],
    ["\u22125", -5],
    ["–5", -5],
    ["+5", 5],
    ["-0", 0],
    [".5", 0.5],
    ["0.50", 0.5],
    ["007", 7],
    ["1.2e3", 1200],
    ["1.2E+3", 1200],
    ["5e-3", 0.005],
    ["1.2 × 10^3", 1200],
    ["1.2 x 10^3", 1200],
    ["6.02 \\times 10^{23}", 6.02e23],
    ["10⁶", 1e6],
    ["10^6", 1e6],
    ["2·10⁻³", 0.002],
    ["$1.5 million", 1_500_000],
    ["45^\\circ", 45],
    ["45°", 45],
    ["25 cm²", 25],
    ["25\\text{ cm}^2", 25],
    ["42!", 42],
    ["about 42 km", 42],
    ["≈ 3.14", 3.14],
  ])("%j", (written, value) => {
    expect(parse(`Answer: ${written}`)! + 0).toBe(value);
    expect(parse(`It follows.\n\n$\\boxed{${written}}$.`)! + 0).toBe(value);
  });
});

describe("what is no answer", () => {
  test.each([
    "",
    "   \n",
    "I do not know.",
    "Answer:",
    "Answer: ",
    "Answer: unknown",
    "Answer: forty-two",
    "The answer is not 5.",
    // Several could be meant
    "Answer: 3 or 4",
    "Answer: 3, 4",
    "Answer: between 3 and 4",
    "Answer: 5-10",
    "Answer: 5–10 apples",
    "Answer: 5 to 10",
    "Answer: 2 hours 30 minutes",
    "Answer: 5 dollars and 20 cents",
    "Answer: x = 5, y = 3",
    "Answer: 10/22/2001",
    "Answer: 2001-10-22",
    "Answer: 3:45",
    "Answer: 1.2.3",
    "Answer: > 5",
    "Answer: x \\le 5",
    "Answer: ±5",
    // Part of something else
    "Answer: 2 + 2",
    "Answer: 2^{10}",
    "Answer: 2**10",
    "Answer: 3x",
    "Answer: 5k",
    "Answer: 2\\pi",
    "Answer: 2π",
    "Answer: \\sqrt{5}",
    "Answer: √5",
    "Answer: \\frac{\\sqrt{3}}{2}",
    "Answer: H2O",
    "Answer: 1/0",
    `Answer: ${"9".repeat(400)}`,
    // Decimal commas, and separators in wrong places
    "Answer: 1,5",
    "Answer: 1.234,56",
    "Answer: 12,34",
    // Not finished
    "… = 42. So it is \\boxed{4",
    "Answer: 42\nWait, that is wrong.\nAnswer:",
    // Lists and headings
    "#### 2. Multiply them",
    "Answer:\n1. First we add 3\n2. Then we are done",
    // Without a mark, a closing sentence of several numbers
    "She has 3 cats and 4 dogs.",
    "So 14 - 2",
    "So it takes 5 hours to cover 2000 miles.",
  ])("%j", (text) => {
    expect(parse(text)).toBeUndefined();
  });
});

describe("keys", () => {
  test.each<[a: number, b: number]>([
    [0.5, 1 / 2],
    [0.1 + 0.2, 0.3],
    [-0, 0],
    [1 / 3, 0.333333333333],
    [3, 2.9999999999999996],
    [1e21, 10 ** 21],
  ])("%d is %d", (a, b) => {
    expect(key(a)).toBe(key(b));
  });

  test.each<[a: number, b: number]>([
    [0.3333, 1 / 3],
    [1_234_567_890_123, 1_234_567_890_124],
    [-5, 5],
    [1e-9, 2e-9],
  ])("%d is not %d", (a, b) => {
    expect(key(a)).not.toBe(key(b));
  });

  test("what they look like", () => {
    expect([42, -0, 0.1 + 0.2, 1 / 3, 1e21].map(key)).toEqual(["42", "0", "0.3", "0.333333333333", "1e+21"]);
  });
});

describe("laws", () => {
  const grouped = (value: number, separator: string): string =>
    value.toLocaleString("en-US").replaceAll(",", separator);
  const frames = [
    (w: string) => w,
    (w: string) => `Answer: ${w}`,
    (w: string) => `First 3, then 5.\n**Answer:** ${w}.`,
    (w: string) => `So the answer is $${w}$.`,
    (w: string) => `Thus $\\boxed{${w}}$ is it.`,
    (w: string) => `12 apples\n#### ${w}`,
  ];
  const frame = fc.constantFrom(...frames);
  const integer = fc.integer({ min: -1e12, max: 1e12 });

  prop.prop([fc.double({ noNaN: true, noDefaultInfinity: true }), frame])(
    "numbers as the language writes them",
    (value, put) => {
      expect(key(parse(put(String(value)))!)).toBe(key(value));
    },
  );

  prop.prop([integer, fc.constantFrom(",", "_", "\u00a0", "\u2009", "\u202f"), frame])(
    "grouped",
    (value, separator, put) => {
      expect(key(parse(put(grouped(value, separator)))!)).toBe(key(value));
    },
  );

  prop.prop([integer, fc.integer({ min: 0, max: 6 }), fc.constantFrom("-", "−", "–"), frame])(
    "with decimals",
    (whole, digits, minus, put) => {
      const value = whole / 10 ** digits;
      expect(key(parse(put(value.toFixed(digits).replace("-", minus)))!)).toBe(key(value));
    },
  );

  const positive = fc.integer({ min: 1, max: 9999 });
  prop.prop([positive, positive, fc.constantFrom("", "-"), frame])("fractions", (over, under, sign, put) => {
    const value = (sign === "-" ? -1 : 1) * (over / under);
    for (const written of [
      `${over}/${under}`,
      `${over} / ${under}`,
      `\\frac{${over}}{${under}}`,
      `\\dfrac{${over}}{${under}}`,
    ]) {
      expect(key(parse(put(sign + written))!)).toBe(key(value));
    }
  });

  prop.prop([
    fc.string({ unit: fc.constantFrom(...Array.from("0123456789.,-+/ $%=^xe\\{}\nAnswer:*()½²")), maxLength: 60 }),
  ])("never throws, and gives only finite numbers that keep their key", (text) => {
    const value = parse(text);
    if (value === undefined) return;
    expect(Number.isFinite(value)).toBe(true);
    expect(key(parse(`Answer: ${key(value)}`)!)).toBe(key(value));
  });
});

test("types and instruction", () => {
  expectTypeOf(number()).toEqualTypeOf<Answer<number>>();
  expect(instruction).toBe('End with "Answer: " and the number.');
});
