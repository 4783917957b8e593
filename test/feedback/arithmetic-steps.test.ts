import {
  arithmeticSteps,
  bestOf,
  chainOfThought,
  number,
  reviseLoop,
  run,
  sampleN,
  stack,
  type ArithmeticVerdict,
  type Feedback,
  type ModelResponse,
} from "mull";
import { scripted } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { assess } from "./assess.js";

async function verdictOn(text: string, reasoning?: string): Promise<ArithmeticVerdict> {
  const model = scripted([{ text, ...(reasoning !== undefined && { reasoning }) }]);
  return (await assess(arithmeticSteps(), model)).verdict as ArithmeticVerdict;
}

describe("verdicts", () => {
  test.each<[what: string, text: string, expected: Partial<ArithmeticVerdict>]>([
    ["all hold", "8 * 6 = 48\n48 + 2 = 50", { ok: true, score: 1, step: undefined }],
    ["nothing to work out", "It is 50.", { ok: true, score: 1, step: undefined, equations: [] }],
    [
      "the first that does not hold is named",
      "8 * 6 = 48\n48 + 2 = 51\n51 - 1 = 49",
      { ok: false, score: 1 - 2 / 3, step: 1, message: '"48 + 2 = 51" is wrong: 48 + 2 is 50.' },
    ],
    ["a fraction is told as a decimal", "10 / 3 = 4", { message: '"10 / 3 = 4" is wrong: 10 / 3 is 3.333333333.' }],
    ["a whole number as one", "3 / 3 = 2", { message: '"3 / 3 = 2" is wrong: 3 / 3 is 1.' }],
  ])("%s", async (_, text, expected) => {
    expect(await verdictOn(text)).toMatchObject(expected);
  });

  test("reasoning is read before the text", async () => {
    const { equations, step } = await verdictOn("2 + 2 = 5", "1 + 1 = 2");
    expect([equations.length, step]).toEqual([2, 1]);
  });
});

test("it is feedback: what it finds is mended", async () => {
  const model = scripted(["12 + 5 = 18. Answer: 18", "12 + 5 = 17. Answer: 17"]);
  const solver = stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback: arithmeticSteps() }));
  const { answer, stopped, usage } = await run(solver, "q");
  expect([answer, stopped, usage.calls]).toEqual([17, "ok", 2]);
  expect(JSON.stringify(model.requests[1])).toContain("12 + 5 is 17.");
});

test("it is a scorer: the sample with the fewest mistakes wins", async () => {
  const model = scripted(["1 + 1 = 3", "1 + 1 = 3, 2 + 2 = 4", "1 + 1 = 2, 2 + 2 = 4"]);
  const { text } = await run(stack(model, sampleN(3), bestOf({ scorer: arithmeticSteps() })), "q");
  expect(text).toBe("1 + 1 = 2, 2 + 2 = 4");
});

test("types", () => {
  expectTypeOf(arithmeticSteps()).toEqualTypeOf<(response: ModelResponse) => ArithmeticVerdict>();
  expectTypeOf(arithmeticSteps()).toExtend<Feedback>();
});
