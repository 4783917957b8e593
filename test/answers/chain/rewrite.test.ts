import { fc, test as property } from "@fast-check/vitest";
import { mistakeInstruction, Random, rewriteBy, run, wrap, wrongNumber, type Call, type Model } from "mull";
import { scripted } from "mull/testing";
import { describe, expect, test } from "vitest";
import { labelOf, Rewriting, type Rewrite } from "../../../src/answers/chain/rewrite.js";

const request = { messages: [{ role: "user", content: "How many?" } as const] };
const seeded = (seed: number) => ({ call: { random: new Random(seed) } as Call });

/** Does something within a call. */
function within<T>(work: (call: Call) => Promise<T>, options = {}): Promise<T> {
  const model = wrap("t", scripted(["x"]), async (_, call) => ({
    text: "",
    finishReason: "stop",
    usage: call.usage,
    value: await work(call),
  }));
  return run(model, "q", { seed: 1, ...options }).then(({ value }) => value);
}

describe("a wrong number", () => {
  test.each([
    ["12 + 5 = 17", /^12 \+ 5 = (\d+)$/, 17],
    ["1. He has 20 apples.", /^1\. He has (\d+) apples\.$/, 20],
    ["Step 3: that is 1,250 in all", /^Step 3: that is (\d+) in all$/, 1250],
    ["It costs $2.50.", /^It costs \$(\d+\.\d\d)\.$/, 2.5],
    ["0", /^(\d+)$/, 0],
  ] as const)("in %j", (step, form, right) => {
    for (let seed = 0; seed < 50; seed++) {
      const [, written] = form.exec(wrongNumber(step, seeded(seed)) ?? "") ?? [];
      expect(Number(written)).not.toBe(right);
      expect(Math.abs(Number(written) - right)).toBeLessThanOrEqual(Math.max(3, Math.ceil(right / 10)));
    }
  });

  test.each(["No number here.", "2. Then add them.", "Step 4: add them", ""])("is not found in %j", (step) => {
    expect(wrongNumber(step, seeded(1))).toBeUndefined();
  });

  property.prop([fc.nat(299), fc.nat(299), fc.nat()])(
    "is always another one, never below 0, the rest as it was",
    (a, b, seed) => {
      const written = wrongNumber(`${a} + ${b} = ${a + b}`, seeded(seed)) ?? "";
      const [, last] = new RegExp(`^${a} \\+ ${b} = (\\d+)$`).exec(written) ?? [];
      expect(last).toBeDefined();
      expect(Number(last)).not.toBe(a + b);
    },
  );
});

describe("a rewriting by a model", () => {
  test("shows it the question, the steps before and the step", async () => {
    const model = scripted([" 12 + 5\n is 18 "]);
    const written = await within((call) =>
      Promise.resolve(rewriteBy(model, mistakeInstruction)("12 + 5 = 17", { request, before: ["a\n", "b\n"], call })),
    );
    expect(written).toBe("12 + 5 is 18");
    expect(model.requests[0]?.messages).toEqual([
      {
        role: "user",
        content: `# Question\nHow many?\n\n# Steps so far\na\nb\n\n# Next step\n12 + 5 = 17\n\n${mistakeInstruction}`,
      },
    ]);
  });

  test("shows no steps where there are none", async () => {
    const model = scripted(["x"]);
    await within((call) => Promise.resolve(rewriteBy(model, "Mend it.")("s", { request, before: [], call })));
    expect(model.requests[0]?.messages[0]?.content).toBe("# Question\nHow many?\n\n# Next step\ns\n\nMend it.");
  });

  test.each([
    [{} as Model, "x", "the first argument"],
    [scripted(["x"]), " ", "instruction"],
    [scripted(["x"]), 3 as never, "instruction"],
  ])("is refused at once: %#", (model, instruction, option) => {
    expect(() => rewriteBy(model, instruction)).toThrow(`rewriteBy: ${option} must be`);
  });
});

describe("the steps of a thought", () => {
  const upper: Rewrite = (step) => step.toUpperCase();
  const never: Rewrite = () => undefined;

  test("are rewritten once each, by the first who can, and keep the space around them", async () => {
    const asked: string[] = [];
    const noting: Rewrite = (step, { before }) => {
      asked.push(`${before.length} ${step}`);
      return undefined;
    };
    const steps = await within(async (call) => {
      const rewriting = new Rewriting("corrupt", ["a\n", " b\n\n"], [noting, upper], request, call);
      return [await rewriting.step(1), await rewriting.step(1), await rewriting.step(0)];
    });
    expect(steps).toEqual([" B\n\n", " B\n\n", "A\n"]);
    expect(asked).toEqual(["1 b", "0 a"]);
  });

  test.each([
    ["nothing", never],
    ["the same", (step: string) => ` ${step} `],
    ["no words", () => "  "],
  ] as const)("stay where %s comes of it", async (_, rewrite) => {
    expect(await within((call) => new Rewriting("corrupt", ["a"], [rewrite], request, call).step(0))).toBeUndefined();
  });

  test("may hold what a pattern would take for its own", async () => {
    const money: Rewrite = () => "$& $1 $$";
    expect(await within((call) => new Rewriting("corrupt", ["a\n"], [money], request, call).step(0))).toBe(
      "$& $1 $$\n",
    );
  });

  test("are refused where they are no texts", async () => {
    const odd = (() => 7) as unknown as Rewrite;
    await expect(within((call) => new Rewriting("corrupt", ["a"], [odd], request, call).step(0))).rejects.toThrow(
      "corrupt: what it returns must be a text, or undefined, got 7",
    );
  });

  test("are told in the report by label, else by name", () => {
    expect(labelOf([wrongNumber, rewriteBy(scripted(["x"], { id: "m" }), "x"), () => "y"])).toBe(
      "wrongNumber, else m, else a function",
    );
  });
});
