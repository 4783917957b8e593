import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import { math, type Answer } from "mull";

const { parse, key, instruction } = math();

describe("what is read", () => {
  test.each<[text: string, value: string | undefined]>([
    ["The sum is $\\boxed{\\frac{1}{2}}$.", "\\frac{1}{2}"],
    ["First \\boxed{1}, rather \\boxed{\\sqrt{\\frac{1}{2}}}.", "\\sqrt{\\frac{1}{2}}"],
    ["\\[\\boxed{ x \\in [0, 1) }\\]", "x \\in [0, 1)"],
    ["\\boxed{\\text{no real solution at all exists}}", "\\text{no real solution at all exists}"],
    ["\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"],
    ["\\boxed 5", "5"],
    ["\\fbox{5}", "5"],
    ["Final Answer: The final answer is $\\frac{3}{4}$. I hope it is correct.", "\\frac{3}{4}"],
    ["Answer: $\\frac{1}{2}$", "\\frac{1}{2}"],
    ["Answer: \\(x+1\\)", "x+1"],
    ["**Answer:**\n$$\n\\frac{1}{2}\n$$", "\\frac{1}{2}"],
    ["Answer:\n\\[ x^2 \\]\nThis is so.", "x^2"],
    ["Answer: x = 5", "x = 5"],
    ["Answer: **3/4**.", "3/4"],
    ["Answer: The area is 5π", "5π"],
    ["Answer: the area is $5\\pi$ cm", "5\\pi"],
    ["The answer is $x=1$ or $x=2$, as $x>0$.", "x=1, x=2"],
    ["Answer: $3$ apples", "3"],
    ["Answer: even", "even"],
    ["Answer: (A)", "(A)"],
    ["$5$", "5"],
    ["So it is.\n\n$$x=5$$", "x=5"],
    ["\\(\\frac{1}{2}\\).", "\\frac{1}{2}"],
    ["42", "42"],
    ["x = 42.", "x = 42"],
    ["\\frac{1}{2}", "\\frac{1}{2}"],
    // Nothing, or not clear what
    ["", undefined],
    ["So we are done.", undefined],
    ["So it is 5 apples", undefined],
    ["So the area is $5$.", undefined],
    ["Answer: let me think about it a while longer", undefined],
    ["Answer: the roots $a$ of $p$ are many", undefined],
    ["The answer is correct.", undefined],
    ["x = 5, so \\boxed{\\frac{1}{2", undefined],
  ])("%j", (text, value) => {
    expect(parse(text)).toBe(value);
  });
});

describe("keys", () => {
  test.each<[key: string, ...same: string[]]>([
    [
      "1/2",
      "\\frac{1}{2}",
      "\\frac12",
      "\\dfrac{1}{2}",
      "\\tfrac12",
      "\\cfrac 1 2",
      "1/2",
      "0.5",
      ".50",
      "50/100",
      "\\frac{ 1 }{ 2 }",
    ],
    ["-1/2", "-\\frac{1}{2}", "\\frac{-1}{2}", "\\frac{1}{-2}", "-0.5", "−1/2", "- \\frac12"],
    ["63/5", "12\\frac{3}{5}", "12 3/5", "12.6", "12\\,\\frac{3}{5}"],
    [
      "5",
      "5",
      "5.",
      "5.0",
      "x=5",
      "x = 5",
      "\\text{x}=5",
      "f(x)=5",
      "\\theta = 5",
      "{5}",
      "(5)",
      "+5",
      "5\\!",
      "$5$",
      "\\(5\\)",
      "5\\text{ cm}",
      "5 \\text{ cm}^2",
      "5 inches",
      "5\\mbox{ inches}",
      "5 cm",
      "5\\mathrm{m}/\\mathrm{s}",
      "5^\\circ",
      "5^{\\circ}",
      "5°",
      "5 degrees",
      "5\\%",
      "5%",
      "\\$5",
      "\\$5.00",
      "2+3=5",
      "a+b=2+3=5",
      "\\frac{10}{2}",
    ],
    ["1234", "1234", "1,234", "1{,}234", "1,\\!234", "1\\,234", "x = 1,234", "1,234\\text{ feet}"],
    ["1024", "2^{10}", "2^10", "1024"],
    ["1500", "1.5 \\times 10^{3}", "1.5 \\cdot 10^3", "1500"],
    ["1/8", "2^{-3}", "0.125"],
    ["1,2", "1, 2", "2,1", "2 and 1", "x=1, x=2", "x = 1 \\text{ or } x = 2", "1\\text{ and }2", "x=2,1"],
    ["-2,2", "\\pm 2", "x=\\pm 2", "2,-2", "±2"],
    ["-\\sqrt2,\\sqrt2", "\\pm\\sqrt{2}", "\\sqrt2, -\\sqrt2"],
    ["x=1,y=2", "x=1, y=2", "y=2,x=1"],
    ["x+y=7", "x+y=7", "x + y = 7"],
    ["\\{1,2\\}", "\\{1,2\\}", "\\left\\{ 2, 1 \\right\\}", "\\lbrace 1,2 \\rbrace", "{1,2}"],
    ["(1,1/2)", "(1, \\frac12)", "(1,0.5)", "\\left( 1, \\tfrac{1}{2} \\right)", "\\bigl(1,.5\\bigr)"],
    ["[0,1/2)", "[0,\\frac12)", "\\left[0, 0.5\\right)", "x \\in [0,1/2)"],
    ["(-\\infty,3]", "(-\\infty, 3]", "(-∞,3]"],
    ["(-\\infty,1)\\cup(2,\\infty)", "(-\\infty,1)\\cup(2,\\infty)", "(-∞, 1) ∪ (2, +∞)"],
    [
      "\\sqrt3/2",
      "\\frac{\\sqrt{3}}{2}",
      "\\frac{\\sqrt3}2",
      "\\sqrt{3}/2",
      "\\dfrac{ \\sqrt 3 }{2}",
      "sqrt(3)/2",
      "√3/2",
    ],
    ["1/\\sqrt2", "\\frac{1}{\\sqrt{2}}", "1/\\sqrt2"],
    ["\\sqrt[3]2", "\\sqrt[3]{2}"],
    ["(x+1)/2", "\\frac{x+1}{2}", "(x+1)/2"],
    ["2\\pi/3", "\\frac{2\\pi}{3}", "2\\pi/3", "\\frac{2 \\cdot \\pi}{3}", "2π/3"],
    ["\\pi/2", "\\frac\\pi2", "\\frac{\\pi}{2}"],
    ["3x^2+2", "3x^{2}+2", "3x^2 + 2", "3 \\cdot x^2+2"],
    ["2x+3", "y = 2x+3", "2x + 3"],
    ["x\\le5", "x \\leq 5", "x\\le 5", "x ≤ 5"],
    ["123_4", "123_{4}", "123_4"],
    ["A", "(A)", "\\text{(A)}", "A", "\\textbf{(A)}"],
    ["even", "\\text{even}", "Even", "\\text{Even}."],
    ["\\frac1{2", "\\frac{1}{2"], // cut
  ])("%s", (canonical, ...same) => {
    expect([canonical, ...same].map((written) => [written, key(written)])).toEqual(
      [canonical, ...same].map((written) => [written, canonical]),
    );
  });

  test.each<[a: string, b: string]>([
    ["\\frac13", "0.333"],
    ["1,2", "12"],
    ["1, 234", "1234"],
    ["(1,2)", "(2,1)"],
    ["(1,2)", "[1,2]"],
    ["1.5\\text{ million}", "1.5"],
    ["x+1", "1+x"],
    ["\\sqrt{12}", "2\\sqrt{3}"],
    ["\\frac{1}{2}x", "\\frac{1}{2x}"],
    ["x=1,y=2", "x=2,y=1"],
    ["x", "X"],
    ["123_4", "123_5"],
    ["9^{9^{9}}", "9^9"],
    ["1/0", "2/0"],
    ["", "0"],
  ])("%s is not %s", (a, b) => {
    expect(key(a)).not.toBe(key(b));
  });

  test("long answers keep their spelling, but for spaces", () => {
    const long = `\\frac{1}{2} + ${"x + ".repeat(200)}1`;
    expect(key(long)).toBe(long.replaceAll(" ", ""));
  });
});

describe("laws", () => {
  const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
  const whole = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
  const positive = fc.bigInt({ min: 1n, max: 10n ** 12n });

  prop.prop([whole, positive, positive])("fractions have the same key exactly if they are equal", (over, under, by) => {
    const [sign, size] = over < 0n ? ["-", -over] : ["", over];
    const common = gcd(size, under);
    const lowest = under / common === 1n ? String(over / common) : `${over / common}/${under / common}`;
    for (const written of [
      `${over}/${under}`,
      `${sign}\\frac{${size}}{${under}}`,
      `\\dfrac{${over * by}}{${under * by}}`,
    ]) {
      expect(key(parse(`So $\\boxed{${written}}$.`)!)).toBe(lowest);
    }
    expect(key(`${over + 1n}/${under}`)).not.toBe(lowest);
  });

  prop.prop([whole, fc.nat({ max: 20 })])("decimals are exact", (digits, places) => {
    const [sign, size] = digits < 0n ? ["-", -digits] : ["", digits];
    const padded = String(size).padStart(places + 1, "0");
    const decimal = `${sign}${padded.slice(0, padded.length - places)}.${padded.slice(padded.length - places)}`;
    expect(key(decimal)).toBe(key(`${digits}/${10n ** BigInt(places)}`));
  });

  const atom = fc.constantFrom("1", "12", "0.5", "x", "\\pi", "\\infty", "\\alpha");
  const { latex } = fc.letrec<{ latex: string }>((tie) => ({
    latex: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      atom,
      fc.tuple(tie("latex"), tie("latex")).map(([a, b]) => `\\frac{${a}}{${b}}`),
      tie("latex").map((a) => `\\sqrt{${a}}`),
      fc.tuple(atom, tie("latex")).map(([a, b]) => `${a}^{${b}}`),
      fc.tuple(tie("latex"), fc.constantFrom("+", "-", "\\cdot "), tie("latex")).map((parts) => parts.join("")),
      fc.tuple(tie("latex"), tie("latex")).map(([a, b]) => `\\left(${a}, ${b}\\right)`),
      fc.tuple(tie("latex"), tie("latex")).map(([a, b]) => `\\{${a}, ${b}\\}`),
    ),
  }));

  prop.prop([latex])("spaces and sizes do not count, and a key is its own key", (written) => {
    const canonical = key(written);
    expect(key(written.replace(/([-+,{}()])/g, " $1 ").replaceAll("\\ ", "\\"))).toBe(canonical);
    expect(key(written.replaceAll("\\frac", "\\dfrac").replaceAll("\\left", "").replaceAll("\\right", ""))).toBe(
      canonical,
    );
    expect(key(canonical)).toBe(canonical);
    expect(key(parse(`\\boxed{${written}}`)!)).toBe(canonical);
  });

  prop.prop([
    fc.string({
      unit: fc.constantFrom(
        ...Array.from("\\{}()[]$^_,=+-/.12x \n"),
        "\\frac",
        "\\sqrt",
        "\\boxed{",
        "\\text{",
        "Answer: ",
      ),
      maxLength: 60,
    }),
  ])("never throws", (text) => {
    const value = parse(text);
    if (value !== undefined) expect(key(value)).toBeTypeOf("string");
    expect(key(text)).toBeTypeOf("string");
  });
});

test("types and instruction", () => {
  expectTypeOf(math()).toEqualTypeOf<Answer<string>>();
  expect(instruction).toBe("End with the answer in \\boxed{}.");
});
