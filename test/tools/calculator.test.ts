import { fc, test } from "@fast-check/vitest";
import { run, stack, wrap, type Tool } from "mull";
import { scripted } from "mull/testing";
import { calculate, calculator } from "mull/tools/calculator";
import { describe, expect, expectTypeOf } from "vitest";
import { callTools } from "../../src/core/call-tools.js";

describe("exact arithmetic", () => {
  test.each([
    ["2 + 3 * 4", "14"],
    ["(2 + 3) * 4", "20"],
    ["10 - 4 - 3", "3"],
    ["100 / 10 / 2", "5"],
    ["0.1 + 0.2", "0.3"],
    ["1/3*3", "1"],
    ["1/3 + 1/6", "0.5"],
    ["4.35 * 100", "435"],
    ["1.005 * 1000", "1005"],
    ["9007199254740993 + 2", "9007199254740995"],
    ["9999999999999999999 * 9999999999999999999", "99999999999999999980000000000000000001"],
    ["0.1234567890123456789 * 2", "0.2469135780246913578"],
    ["1 - 1e-29", "0.99999999999999999999999999999"],
    ["2^100", "1267650600228229401496703205376"],
    ["2^-3", "0.125"],
    ["(2/3)^3 * 27", "8"],
    ["2^3^2", "512"],
    ["2**10", "1024"],
    ["0^0", "1"],
    ["-2^2", "-4"],
    ["(-2)^2", "4"],
    ["(-2)^3", "-8"],
    ["2^-2^2", "0.0625"],
    ["-2 * -3", "6"],
    ["2 - -3", "5"],
    ["2 --3", "5"],
    ["+5 - +3", "2"],
    ["7 % 3", "1"],
    ["-7 % 3", "2"],
    ["7 % -3", "-2"],
    ["5.5 % 2", "1.5"],
    ["3^2000 % 7^800 % 10", "3"],
    ["10 % 4 * 2", "4"],
    ["20!", "2432902008176640000"],
    ["0!", "1"],
    ["-3!", "-6"],
    ["2^3!", "64"],
    ["10! / (3! * 7!)", "120"],
  ])("%s = %s", (expression, result) => {
    expect(calculate(expression)).toBe(result);
  });
});

describe("how numbers are read", () => {
  test.each([
    ["007", "7"],
    [".5 + 5.", "5.5"],
    ["1.5e3", "1500"],
    ["1.5E-3", "0.0015"],
    ["2e+2", "200"],
    ["1,234", "1234"],
    ["1,234,567.89 * 100", "123456789"],
    ["(1,000 + 1) / 7", "143"],
    ["max(100,200)", "200"],
    ["max((1,234), 5)", "1234"],
    ["min(1,234)", "1"],
    ["6 × 7 ÷ 2 − 1", "20"],
    ["6 · 7 – 2 ⋅ 3", "36"],
    ["  1\n+\t2 ", "3"],
    ["SQRT(16) + Abs(-2)", "6"],
    ["1e400 / 1e399", "10"],
    ["0e99999999", "0"],
  ])("%j = %s", (expression, result) => {
    expect(calculate(expression)).toBe(result);
  });
});

describe("how results are written", () => {
  test.each([
    ["1/3", "0.333333333333333"],
    ["2/3", "0.666666666666667"],
    ["-2/3", "-0.666666666666667"],
    ["200/3", "66.6666666666667"],
    ["1/7e5", "0.00000142857142857143"],
    ["1/7e6", "1.42857142857143e-7"],
    ["10^14/3", "33333333333333.3"],
    ["10^20/3", "3.33333333333333e+19"],
    ["999999999999999.9/3*3", "999999999999999.9"],
    ["1/1024", "0.0009765625"],
    ["1/2^1000", "9.33263618503219e-302"],
    ["1.05^20", "2.65329770514442"],
    ["0.000001", "0.000001"],
    ["0.0000001", "1e-7"],
    ["-1e-9", "-1e-9"],
    ["1e20", "100000000000000000000"],
    ["123456789012345678.5", "123456789012345678.5"],
    ["0 * -1", "0"],
    ["sqrt(1e20 + 1)", "10000000000"],
    ["10^1000", `1${"0".repeat(1000)}`],
    ["1e-1000", "1e-1000"],
    ["10^1000 - 0.4", "1e+1000"],
  ])("%s = %s", (expression, result) => {
    expect(calculate(expression)).toBe(result);
  });
});

describe("functions and constants", () => {
  test.each([
    ["sqrt(16)", "4"],
    ["sqrt(1/4)", "0.5"],
    ["sqrt(0)", "0"],
    ["sqrt(2)", "1.4142135623731"],
    ["sqrt(2)^2", "2"],
    ["sqrt(2)^2 - 2", "0"],
    ["sqrt(10^999)^2 / 10^999", "1"],
    ["27^(1/3)", "3"],
    ["2^0.5 * 2^0.5", "2"],
    ["abs(-3.5)", "3.5"],
    ["min(3, 1/3, 2)", "0.333333333333333"],
    ["max(1)", "1"],
    ["floor(2.7)", "2"],
    ["floor(-2.7)", "-3"],
    ["ceil(2.1)", "3"],
    ["ceil(-2.1)", "-2"],
    ["floor(sqrt(3)^2)", "3"],
    ["ceil(sqrt(3)^2)", "3"],
    ["floor(log2(8))", "3"],
    ["round(2.5)", "3"],
    ["round(-2.5)", "-3"],
    ["round(2.4999)", "2"],
    ["round(2.345, 2)", "2.35"],
    ["round(1234.5, -2)", "1200"],
    ["round(pi, 4)", "3.1416"],
    ["pi", "3.14159265358979"],
    ["2π", "an operator is missing before 'π' at position 2"],
    ["2*π", "6.28318530717959"],
    ["e", "2.71828182845905"],
    ["exp(1) - e", "0"],
    ["exp(0)", "1"],
    ["exp(-1000)", "5.07595889754946e-435"],
    ["exp(1000)", "1.97007111401705e+434"],
    ["ln(e^5)", "5"],
    ["ln(10^500)", "1151.29254649702"],
    ["ln(1 + 1e-12)", "9.999999999995e-13"],
    ["ln(1)", "0"],
    ["log10(1000)", "3"],
    ["log2(1/8)", "-3"],
    ["sin(0)", "0"],
    ["sin(pi)", "0"],
    ["sin(pi/6)", "0.5"],
    ["sin(1e-20)", "1e-20"],
    ["cos(pi/2)", "0"],
    ["cos(pi)", "-1"],
    ["tan(pi/4)", "1"],
    ["1000 * (1 + 0.065/12)^360", "6991.79797386736"],
    ["(1 + 0.05/365)^3650", "1.64866481376547"],
    ["(1 + 1e-9)^(10^9)", "2.7182818270999"],
    ["(1/3)^1000 * 3^1000", "1"],
    ["10^300.5", "3.16227766016838e+300"],
    ["1.0000001^1234567.5", "1.13140106340364"],
  ])("%s = %s", (expression, result) => {
    expect(outcome(expression)).toBe(result);
  });
});

describe("errors say what is wrong and where", () => {
  test.each([
    ["", "the expression is empty"],
    [" \n", "the expression is empty"],
    ["1 +", "unexpected end: a number is missing"],
    ["(1+2)", "3"],
    ["(1+2", "the '(' at position 1 is not closed"],
    ["1+2)", "unexpected ')' at position 4"],
    ["max(1,)", "unexpected ')' at position 7"],
    ["()", "unexpected ')' at position 2"],
    ["2 * * 3", "unexpected '*' at position 5"],
    ["2(3)", "an operator is missing before '(' at position 2"],
    ["(1)(2)", "an operator is missing before '(' at position 4"],
    ["2 3", "an operator is missing before '3' at position 3"],
    ["2x", "an operator is missing before 'x' at position 2"],
    ["1.2.3", "an operator is missing before '.3' at position 4"],
    ["3,5", "unexpected ',' at position 2; decimals are written with a point"],
    ["1,2345", "unexpected ',' at position 2; decimals are written with a point"],
    ["$5", "unexpected '$' at position 1"],
    ["2 + 😀", "unexpected '😀' at position 5"],
    ["1 = 1", "unexpected '=' at position 3"],
    ["15% * 200", "'%' at position 3 is the remainder, and its right side is missing; write 15% as 15/100"],
    ["200 + 15%", "'%' at position 9 is the remainder, and its right side is missing; write 15% as 15/100"],
    ["5!!", "unexpected '!' at position 3"],
    ["1 / 0", "division by zero at position 3"],
    ["5 % (3 - 3)", "division by zero at position 3"],
    ["1 / sin(pi)", "division by zero at position 3"],
    ["0^-1", "division by zero at position 2"],
    ["(-8)^(1/3)", "negative number to a power that is not whole at position 5"],
    ["2^1e30", "exponent of more than 15 digits at position 2"],
    ["sqrt(-1)", "square root of a negative number at position 1"],
    ["ln(0)", "ln of a number that is not above 0 at position 1"],
    ["log10(-5)", "log10 of a number that is not above 0 at position 1"],
    ["tan(pi/2)", "tan of an odd multiple of pi / 2 at position 1"],
    ["sin(1e10)", "angle above 1e9 at position 1"],
    ["2.5!", "factorial of what is not a whole number of at least 0 at position 4"],
    ["(-1)!", "factorial of what is not a whole number of at least 0 at position 5"],
    ["500!", "result above 1e1000 at position 4"],
    ["10^1001", "result above 1e1000 at position 3"],
    ["-(10^1000) - 1", "result above 1e1000 at position 12"],
    ["9^9^9^9", "result above 1e1000 at position 4"],
    ["1e1001", "result above 1e1000 at position 1"],
    ["1e-1001", "result below 1e-1000 at position 1"],
    ["1e999999999", "result above 1e1000 at position 1"],
    ["1e-999999999", "result below 1e-1000 at position 1"],
    ["exp(10000)", "result above 1e1000 at position 1"],
    ["round(1, 0.5)", "rounding to places that are no whole number up to 1,000 at position 1"],
    ["round(1, 1e9)", "rounding to places that are no whole number up to 1,000 at position 1"],
    ["sqrt 4", "'sqrt' at position 1 needs parentheses: sqrt(…)"],
    ["sqrt(1, 2)", "sqrt at position 1 takes 1 number, got 2"],
    ["round(1, 2, 3)", "round at position 1 takes 1 to 2 numbers, got 3"],
    ["pi(2)", "an operator is missing before '(' at position 3"],
    ["1".repeat(1001), "the expression has 1001 characters, at most 1000 can be read"],
    [`${"(".repeat(101)}1${")".repeat(101)}`, "nested more than 100 deep at position 102"],
    [`${"-".repeat(101)}1`, "nested more than 100 deep at position 102"],
    [`${"2^".repeat(101)}1`, "nested more than 100 deep at position 203"],
  ])("%j: %s", (expression, message) => {
    expect(outcome(expression)).toBe(message);
  });

  test.each(["x + 1", "log(2)", "__proto__", "constructor(1)", "toString", "process.exit(1)", "1; 2", "a=>a"])(
    "%s is no expression",
    (expression) => {
      expect(() => calculate(expression)).toThrow(
        /^(unknown name '\w+' at position 1; known are sqrt, .*, pi|unexpected)/,
      );
    },
  );

  test("100 levels are read, and sums of any length are no levels", () => {
    expect(calculate(`${"(".repeat(100)}1${")".repeat(100)}`)).toBe("1");
    expect(calculate(`${"1+".repeat(499)}1`)).toBe("500");
  });
});

describe("laws", () => {
  const tree = fc.letrec<{ sum: Sum }>((tie) => ({
    sum: fc.oneof(
      { maxDepth: 5 },
      fc.integer({ min: 0, max: 999 }).map((n): Sum => ({ text: `${n}`, n: BigInt(n), d: 1n })),
      fc.nat({ max: 9999 }).map((n): Sum => ({ text: (n / 100).toFixed(2), n: BigInt(n), d: 100n })),
      fc.tuple(tie("sum"), fc.constantFrom("+", "-", "*", "/"), tie("sum")).map(([a, sign, b]) => combine(a, sign, b)),
      fc.tuple(tie("sum"), fc.integer({ min: -3, max: 3 })).map(([a, k]) => toThe(a, k)),
      tie("sum").map(({ text, n, d }): Sum => ({ text: `-(${text})`, n: -n, d })),
    ),
  })).sum;

  test.prop([tree])("agrees with naive fractions, to the last digit or to 15 of them", ({ text, n, d }) => {
    fc.pre(text.length <= 1000);
    if (d === 0n) {
      expect(() => calculate(text)).toThrow("division by zero");
      return;
    }
    const shown = fractionOf(calculate(text));
    const difference = magnitude(shown.n * d - n * shown.d);
    // |shown − true| ≤ 5e-15 · |true|
    expect(difference * 2n * 10n ** 14n <= magnitude(n) * shown.d).toBe(true);
    if (n % d === 0n) expect(difference).toBe(0n);
    const check = `(${text}) - (${n}/${d})`;
    if (check.length <= 1000) expect(calculate(check)).toBe("0");
  });

  const operands = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 12 });
  const signs = fc.infiniteStream(fc.constantFrom("+", "-", "*", "/"));
  test.prop([operands, signs])(
    "without parentheses, points come before lines, and the left before the right",
    (numbers, stream) => {
      let text = "";
      let sum: Sum = { text: "", n: 0n, d: 1n };
      let term: Sum | undefined;
      let line = "+";
      for (const value of numbers) {
        const next: Sum = { text: "", n: BigInt(value), d: 1n };
        const sign = String(stream.next().value);
        text += text === "" ? String(value) : `${sign}${value}`;
        if (term === undefined) term = next;
        else if (sign === "*" || sign === "/") term = combine(term, sign, next);
        else {
          sum = combine(sum, line, term);
          [term, line] = [next, sign];
        }
      }
      const { n, d } = combine(sum, line, term!);
      expect(calculate(`(${text}) - (${n}/${d})`)).toBe("0");
    },
  );

  test.prop([tree])("a result can be read again, and is itself", ({ text, d }) => {
    fc.pre(d !== 0n && text.length <= 1000);
    const result = calculate(text);
    const again = calculate(result);
    // A large number that was rounded has an exponent; read again it is a whole number, and written in full.
    if (!result.includes("e+")) expect(again).toBe(result);
    expect(calculate(`(${again}) - (${result})`)).toBe("0");
    expect(calculate(again)).toBe(again);
  });

  test("a rounded result of 16 digits is read as the whole number that it says", () => {
    expect(calculate("((46.42)^3)^3")).toBe("1.00079753056444e+15");
    expect(calculate("1.00079753056444e+15")).toBe("1000797530564440");
  });

  const float = fc.double({ min: -700, max: 700, noNaN: true });
  test.prop([float, fc.constantFrom("sin", "cos", "exp", "ln", "log10", "log2", "sqrt", "abs", "floor", "ceil")])(
    "functions agree with those of Math",
    (x, name) => {
      const value = /^(ln|log|sqrt)/.test(name) ? Math.abs(x) : x;
      fc.pre(value !== 0 && Math.abs(value) > 1e-9);
      const of = (Math as unknown as Record<string, (x: number) => number>)[name === "ln" ? "log" : name]!;
      const found = Number(calculate(`${name}(${value})`));
      const expected = of(value);
      // x itself is known to half a bit in its last place.
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(
        (10 + Math.abs(x)) * 1e-15 * Math.max(Math.abs(expected), 0.1),
      );
    },
  );

  test.prop([fc.integer({ min: -60, max: 60 }), fc.integer({ min: -60, max: 60 })])(
    "% is the remainder of floor",
    (a, b) => {
      fc.pre(b !== 0);
      expect(calculate(`${a} % ${b}`)).toBe(String(((a % b) + b) % b || 0));
      expect(calculate(`(${a}) - ${b} * floor(${a} / ${b}) - (${a}) % ${b}`)).toBe("0");
    },
  );
});

describe("safe whatever is written", () => {
  const pieces = fc.constantFrom(
    ..."0 1 7 9 99 1.5 .3 1e9 1e-9 e pi ( ) ( ) + - * / % ^ ** ! , sqrt( exp( ln( sin( tan( round( min( floor( ^-1 ^0.5 1,000".split(
      " ",
    ),
  );
  const written = fc.oneof(
    fc.string({ unit: "binary", maxLength: 1100 }),
    fc.string({ maxLength: 200 }),
    fc.array(pieces, { maxLength: 300 }).map((parts) => parts.join("")),
    fc
      .array(pieces, { minLength: 1, maxLength: 6 })
      .chain((parts) => fc.constant(parts.join("").repeat(80).slice(0, 1000))),
  );
  test.prop([written], { numRuns: 2_000 })("a result, or an Error with a message, in less than 50 ms", (expression) => {
    quick(expression);
  });

  test.each([
    "9^9^9^9^9",
    "9^(9^(9^9))",
    "2^3321/3^2000+",
    "3^2000%7^1000+",
    "ln(2^3000)*",
    "1.1^9999+",
    "1.0000001^999999999+",
    "(1/3)^600+(1/7)^500+",
    "3^600*1/7^350+",
    "1/7^300+1/3^500+",
    "1e999*1e-999+",
    "sqrt(2^3321-1)+",
    "450!/449!+",
    "exp(999)/exp(998)+",
    "round(1/3,999)+",
    "(1/3)^(1/3)+",
    "1/999983*",
    "1e999/7+",
    "(1+1/2^1000)^9007199254740991+",
  ])("%s, as often as it fits", (piece) => {
    quick(piece);
    quick(`${piece.repeat(Math.floor(998 / piece.length))}1`);
  });
});

describe("the tool", () => {
  /** Lets a model call it once, and gives what the model is told. */
  async function told(input: unknown) {
    let given: readonly object[] = [];
    const tools = new Map<string, Tool>([["calculator", calculator()]]);
    const model = stack(scripted(["done"]), (next) =>
      wrap("test", next, async (request, call) => {
        given = await callTools(tools, [{ type: "tool-call", id: "1", name: "calculator", input }], "report", call);
        return next.generate(request, call);
      }),
    );
    await run(model, "?");
    return given[0];
  }

  test.each<[input: unknown, result: object]>([
    [{ expression: "17/100 * 2,350" }, { output: "399.5" }],
    [{ expression: "2 * (3" }, { output: "the '(' at position 5 is not closed", isError: true }],
    [{ expression: 5 }, { output: expect.stringContaining("expression: expected a text such as"), isError: true }],
    [{}, { output: expect.stringContaining("expression: expected a text such as"), isError: true }],
    [null, { isError: true }],
    ["2+2", { isError: true }],
  ])("%j", async (input, result) => {
    expect(await told(input)).toMatchObject(result);
  });

  test("what the model sees", () => {
    expect(calculator()).toMatchObject({
      name: "calculator",
      description: expect.stringContaining("not percent"),
      inputSchema: { type: "object", properties: { expression: { type: "string" } }, required: ["expression"] },
    });
    expectTypeOf(calculator()).toEqualTypeOf<Tool>();
  });

  test("every function it names is known, and the other way round", () => {
    const named = /Functions: (.*?) \(radians\)/.exec(calculator().description)?.[1]?.match(/[a-z]\w*(?=[,(]|$)/g);
    const known = /known are (.*), pi, π, e$/.exec(outcome("x"))?.[1]?.split(", ");
    expect(named?.filter((name) => name !== "x").sort()).toEqual(known?.sort());
  });
});

interface Sum {
  readonly text: string;
  readonly n: bigint;
  /** 0 where something was divided by 0. */
  readonly d: bigint;
}

function combine(a: Sum, sign: string, b: Sum): Sum {
  const text = `(${a.text}) ${sign} (${b.text})`;
  if (sign === "*") return { text, n: a.n * b.n, d: a.d * b.d };
  if (sign === "/") return { text, n: a.n * b.d, d: b.d === 0n ? 0n : a.d * b.n };
  return { text, n: sign === "+" ? a.n * b.d + b.n * a.d : a.n * b.d - b.n * a.d, d: a.d * b.d };
}

function toThe(a: Sum, k: number): Sum {
  const text = `(${a.text})^${k}`;
  const power = BigInt(Math.abs(k));
  return k < 0
    ? { text, n: a.d ** power, d: a.d === 0n ? 0n : a.n ** power }
    : { text, n: a.n ** power, d: a.d ** power };
}

/** A decimal as a fraction. */
function fractionOf(decimal: string): { readonly n: bigint; readonly d: bigint } {
  const [mantissa = "", exponent = "0"] = decimal.split("e");
  const [whole = "", places = ""] = mantissa.split(".");
  const shift = Number(exponent) - places.length;
  const n = BigInt(whole + places);
  return shift < 0 ? { n, d: 10n ** BigInt(-shift) } : { n: n * 10n ** BigInt(shift), d: 1n };
}

function magnitude(n: bigint): bigint {
  return n < 0n ? -n : n;
}

/** The result, or the message of the error. */
function outcome(expression: string): string {
  try {
    return calculate(expression);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return (error as Error).message;
  }
}

/** Fails when it takes long three times in a row, by the time of the processor: other processes do not count. */
function quick(expression: string): void {
  let best = Infinity;
  for (let i = 0; i < 3 && best >= 50; i++) {
    const began = process.cpuUsage();
    const found = outcome(expression);
    const { user, system } = process.cpuUsage(began);
    best = Math.min(best, (user + system) / 1_000);
    expect(found).not.toBe("");
    expect(found.length).toBeLessThan(1_100);
  }
  expect(best).toBeLessThan(50);
}
