import { number } from "mull";
import { describe, expect, test } from "vitest";
import { announcing, behind, conclusionOf } from "../../../src/answers/learning/conclusion.js";

const reads = (key: string) => (text: string) => {
  const value = number().parse(text);
  return value !== undefined && number().key(value) === key;
};

describe("where a thought ends", () => {
  test.each<[text: string, thought: string, words: string, announced: boolean]>([
    ["12 + 5 = 17\nAnswer: 17", "12 + 5 = 17\nAnswer:", " 17", true],
    ["So.\n**Answer:** 17.\nBye", "So.\n**Answer:**", " 17.\nBye", true],
    ["So $\\boxed{17}$.", "So $\\boxed{", "17}$.", true],
    ["No \\boxed{}, but \\boxed{17}", "No \\boxed{}, but \\boxed{", "17}", true],
    ["The answer is clear to me. So the answer is 17.", "The answer is clear to me. So the answer is", " 17.", true],
    ["I add.\n#### 17", "I add.\n####", " 17", true],
    ["I add. It is 17.", "I add.", " It is 17.", false],
    ["17", "", "17", false],
    ["I add and", "I add and\nAnswer:", "", true],
    ["", "Answer:", "", true],
    ["  \n", "Answer:", "", true],
  ])("%j", (text, thought, words, announced) => {
    expect(conclusionOf(text, reads("17"))).toEqual({ thought, words, announced });
  });

  test("a mark in the middle, where the answer is read at the end", () => {
    const text = "The answer is 12, I thought. But it is 17.";
    // What is said last counts for the mark, and it is not what was read.
    expect(conclusionOf(text, reads("12"))).toMatchObject({ thought: "The answer is", announced: true });
    expect(conclusionOf("Answer: 12", reads("17"))).toEqual({
      thought: "Answer: 12\nAnswer:",
      words: "",
      announced: true,
    });
  });

  test("without a reader every mark, and every sentence, will do", () => {
    expect(conclusionOf("a\nAnswer: Paris").words).toBe(" Paris");
    expect(conclusionOf("Well. Paris").words).toBe(" Paris");
  });
});

test("announcing, and what stands behind", () => {
  expect([announcing("a \n"), announcing("")]).toEqual(["a\nAnswer:", "Answer:"]);
  expect([behind("a\nAnswer:", "5"), behind("\\boxed{", "5")]).toEqual([" 5", "5}"]);
});
