import { fc, test as property } from "@fast-check/vitest";
import { choice, json, number, text, type ModelResponse } from "mull";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { commonKind, countKinds, reasoningKindOf } from "../../../src/answers/chain/reasoning-kind.js";
import { splitBy, stepsOf, thoughtOf } from "../../../src/answers/chain/steps.js";

const usage = { calls: 1, inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0, usd: 0 };
const response = (fields: Partial<ModelResponse>): ModelResponse => ({
  text: "",
  finishReason: "stop",
  usage,
  ...fields,
});

describe("steps", () => {
  test.each([
    ["12 + 5 = 17\n17 - 3 = 14", ["12 + 5 = 17\n", "17 - 3 = 14"]],
    ["one\n\ntwo\n \nthree\n", ["one\n\n", "two\n \n", "three\n"]],
    ["\n\none\ntwo", ["\n\none\n", "two"]],
    [
      "He has 3. He buys 2.5 more, so 5.5! Is that all? Yes.",
      ["He has 3.", " He buys 2.5 more, so 5.5!", " Is that all?", " Yes."],
    ],
    ["only this\n", ["only this\n"]],
    [" \n ", []],
    ["", []],
  ])("of %j", (thought, steps) => {
    expect(stepsOf(thought)).toEqual(steps);
  });

  property.prop([fc.string({ unit: fc.constantFrom("a", "B", "7", " ", "\n", ".", "?", '"') })])(
    "are the thought when they are joined, and all have words",
    (thought) => {
      const steps = stepsOf(thought);
      expect(steps.join("")).toBe(thought.trim() === "" ? "" : thought);
      for (const step of steps) expect(step.trim()).not.toBe("");
    },
  );

  test("of a splitter that leaves something out are refused", () => {
    expect(splitBy((thought) => thought.split(/(?<=;)/), "a;b")).toEqual(["a;", "b"]);
    expect(() => splitBy((thought) => thought.split(";"), "a;b")).toThrow(/split: what it returns must be/);
    expect(() => splitBy((() => "ab") as never, "ab")).toThrow(/split/);
    expect(splitBy(() => ["never asked"], "")).toEqual([]);
  });
});

describe("the thought of a response", () => {
  test.each([
    ["3 + 4 = 7\n7 + 5 = 12\nAnswer: 12", "3 + 4 = 7\n7 + 5 = 12\n"],
    ["3 + 4 = 7\n**Answer:** 7", "3 + 4 = 7\n"],
    ["Three and four make 7. The answer is 7.", "Three and four make 7."],
    ["First 3. So it is \\boxed{7}", "First 3. So it is"],
    ["3 + 4\n#### 7", "3 + 4\n"],
    ["He has 3. He ends with 7 apples.", "He has 3."],
    ["Answer: 7", ""],
    ["7", ""],
  ])("%j", (words, thought) => {
    const { text: found, key, apart } = thoughtOf(response({ text: words }), {}, number());
    expect({ found, key, apart }).toEqual({
      found: thought === "First 3. So it is" ? "First 3." : thought,
      key: words.includes("12") ? "12" : "7",
      apart: false,
    });
  });

  test("is the reasoning, where there is some", () => {
    const { text: found, apart, answer } = thoughtOf(response({ text: "Answer: 7", reasoning: "3 + 4" }), {}, number());
    expect([found, apart, answer]).toEqual(["3 + 4", true, 7]);
  });

  test("is all of a text without an answer", () => {
    expect(thoughtOf(response({ text: "I do not know." }), {}, number())).toMatchObject({
      text: "I do not know.",
      key: undefined,
    });
  });

  test("of a response that calls tools has no answer", () => {
    const calling = response({ text: "Answer: 7", toolCalls: [{ type: "tool-call", id: "1", name: "t", input: {} }] });
    expect(thoughtOf(calling, {}, number()).key).toBeUndefined();
  });

  test("stands before an answer of any kind", () => {
    expect(thoughtOf(response({ text: "It rains.\nAnswer: (B)" }), {}, choice(["A", "B"])).text).toBe("It rains.\n");
    expect(thoughtOf(response({ text: "It rains.\nAnswer: Rome" }), {}, text()).text).toBe("It rains.\n");
    const object = json(z.object({ a: z.number() }));
    expect(thoughtOf(response({ text: 'It rains.\nAnswer: {"a": 1}' }), {}, object).text).toBe("It rains.\n");
  });
});

describe("the kind of reasoning", () => {
  test.each([
    [{ text: "so 7" }, {}, "raw"],
    [{ text: "so 7" }, { reasoning: "none" }, "raw"],
    [{ text: "7", reasoning: "hm" }, { reasoning: "raw" }, "raw"],
    [{ text: "7", reasoning: "hm" }, { reasoning: "summary" }, "summary"],
    [{ text: "7", reasoning: "hm" }, {}, "summary"],
    [{ text: "7", reasoning: "hm" }, { reasoning: "none" }, "summary"],
    [{ text: "so 7", usage: { ...usage, reasoningTokens: 9 } }, { reasoning: "summary" }, "none"],
    [{ text: "7", reasoning: "hm", usage: { ...usage, reasoningTokens: 9 } }, { reasoning: "raw" }, "raw"],
    [{ text: " " }, {}, "none"],
  ] as const)("of %j with %j is %s", (fields, capabilities, kind) => {
    expect(reasoningKindOf(response(fields), capabilities)).toBe(kind);
  });

  test("of an answer without a thought is none", () => {
    expect(thoughtOf(response({ text: "Answer: 7" }), {}, number()).kind).toBe("none");
  });

  test.each([
    [["raw", "raw", "none"], "raw"],
    [["raw", "summary"], "summary"],
    [["raw", "none"], "none"],
    [["summary", "none"], "none"],
    [[], "none"],
  ] as const)("of %j is mostly %s", (kinds, common) => {
    expect(commonKind(countKinds(kinds))).toBe(common);
  });
});
