import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { listIn } from "../../src/answers/list.js";

const three = ["What is a?", "What is b?", "What is a + b?"];
const [a, b, c] = three as [string, string, string];

describe("reads", () => {
  test.each<[what: string, text: string, items: readonly string[]]>([
    ["numbers and full stops", `1. ${a}\n2. ${b}\n3. ${c}`, three],
    ["numbers and brackets", `1) ${a}\n2) ${b}\n3) ${c}`, three],
    ["numbers in brackets", `(1) ${a}\n(2) ${b}\n(3) ${c}`, three],
    ["numbers and colons", `1: ${a}\n2: ${b}\n3: ${c}`, three],
    ["numbers and dashes", `1 - ${a}\n2 – ${b}\n3 — ${c}`, three],
    ["numbers that are emphasised", `**1.** ${a}\n**2**. ${b}\n**3.** ${c}`, three],
    ["all emphasised", `**1. ${a}**\n2. **${b}**\n3. __${c}__`, three],
    ["headings", `### 1. ${a}\n\n### 2. ${b}\n\n### 3. ${c}`, three],
    ["named numbers", `Step 1: ${a}\nQuestion 2: ${b}\nSub-question 3: ${c}`, three],
    ["numbered letters", `Q1: ${a}\nQ2. ${b}\nq3) ${c}`, three],
    ["quotes and ticks", `1. "${a}"\n2. \`${b}\`\n3. '${c}'`, three],
    ["words around it", `Of course! Here they are:\n\n1. ${a}\n2. ${b}\n3. ${c}\n\nTell me if you want more.`, three],
    ["all in one line", `1. ${a} 2. ${b} 3. ${c}`, three],
    ["nothing but ones", `1. ${a}\n1. ${b}\n1. ${c}`, three],
    ["a list further in", `   1. ${a}\n   2. ${b}\n  3. ${c}`, three],
    ["the last of several lists", `1. Read it.\n2. Think.\n\nSo:\n\n1. ${a}\n2. ${b}\n3. ${c}`, three],
    [
      "more than nine",
      Array.from({ length: 12 }, (_, i) => `${i + 1}. q${i}`).join("\n"),
      Array.from({ length: 12 }, (_, i) => `q${i}`),
    ],
    ["Windows", `1. ${a}\r\n2. ${b}\r\n3. ${c}\r\n`, three],
    [
      "what stands beneath an item",
      `1. What\n   is a?\n2. Rooms:\n   - hall\n   - attic`,
      ["What is a?", "Rooms: hall attic"],
    ],
    ["hyphens", `- ${a}\n- ${b}\n- ${c}`, three],
    ["asterisks", `* ${a}\n* ${b}\n* ${c}`, three],
    ["dots", `• ${a}\n• ${b}\n• ${c}`, three],
    ["numbers within bullets", `- 1. ${a}\n- 2. ${b}\n- 3. ${c}`, three],
    ["JSON of texts", JSON.stringify(three), three],
    ["JSON over several lines", JSON.stringify(three, null, 2), three],
    ["JSON between fences", `1. I think.\n2. I write.\n\n\`\`\`json\n${JSON.stringify(three)}\n\`\`\`\nDone.`, three],
    ["JSON in prose", `These are they: ${JSON.stringify(three)}`, three],
    ["JSON of objects", JSON.stringify(three.map((question, id) => ({ id, type: "sub", question }))), three],
    ["the list in an object", JSON.stringify({ task: "x", questions: three }), three],
    ["an object of texts", JSON.stringify({ 1: a, 2: b, 3: c }), three],
    ["lines that ask", `${a}\n\n${b}\n${c}\n`, three],
    ["lines that ask, announced", `The questions:\n${a}\n${b}\n${c}`, three],
    ["one", `1. ${a}`, [a]],
    ["one that names a number", "1. What does chapter 2. say?", ["What does chapter 2. say?"]],
    ["each once", `1. ${a}\n2. ${a}\n3. ${c}`, [a, c]],
    ["none that are empty", `1.\n2. ${b}\n3. **`, [b]],
    ["JSON in an item as a part of it", `1. Sort ["x", "y"].\n2. Sum [1, 2].`, ['Sort ["x", "y"].', "Sum [1, 2]."]],
    [
      "money, code and emphasis within",
      "1. Is $5 `int`?\n2. **Rate**: what is it?",
      ["Is $5 `int`?", "**Rate**: what is it?"],
    ],
    ["nothing in prose", "It is simple. The answer is 24.", []],
    ["nothing in a sentence with a question in it", "Why? Because.\nIt is so.", []],
    ["no decimals, times and years", "3.5 apples are left.\n12:30 is late.\n2024. A year.", []],
    ["no rule", "---\n***", []],
    ["nothing in nothing", "", []],
    ["nothing in JSON without texts", "[1, 2, 3]", []],
    ["nothing in an object of several lists", JSON.stringify({ x: [a], y: [b] }), []],
  ])("%s", (_, text, items) => {
    expect(listIn(text)).toEqual(items);
  });
});

const word = fc.stringMatching(/^[A-Za-z][a-z]{0,8}$/);
const item = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => `${words.join(" ")}?`);
const form = fc.constantFrom<(items: readonly string[]) => string>(
  (items) => items.map((text, i) => `${i + 1}. ${text}`).join("\n"),
  (items) => items.map((text, i) => `Step ${i + 1}: ${text}`).join("\n\n"),
  (items) => `So:\n${items.map((text) => `- ${text}`).join("\n")}`,
  (items) => JSON.stringify(items),
  (items) => `Here:\n\`\`\`json\n${JSON.stringify({ list: items }, null, 1)}\n\`\`\``,
);

test.prop([fc.uniqueArray(item, { minLength: 1, maxLength: 20 }), form])(
  "what was written in any form is read again",
  (items, write) => {
    expect(listIn(write(items))).toEqual(items);
  },
);

test.prop([fc.string({ maxLength: 300 })])("any text is read without an error, and no item is empty", (text) => {
  for (const found of listIn(text)) expect(found.trim()).not.toBe("");
});
