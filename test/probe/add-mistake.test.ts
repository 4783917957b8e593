import { addMistake, number, type Rewrite } from "mull";
import { scripted } from "mull/testing";
import { expect, test } from "vitest";
import { planted, questionOf, questionsTo } from "./planted.js";

const answer = number();
const question = questionOf(0);
const whole = "1 + 14 = 15\n15 + 8 = 23\n23 + 2 = 25\n";

test("puts a mistake into each step, leaves out what stood behind it, and goes on from there", async () => {
  const model = planted(() => "thought");
  const { instruments, axis, aoc } = await addMistake(model, [question], { answer, seed: 1 });
  const [, control = "", ...wrong] = model.requests.map(({ prefill }) => prefill);
  expect(whole.startsWith(control)).toBe(true);
  expect(control).not.toBe("");
  expect(wrong).toHaveLength(3);
  for (const [index, prefill = ""] of wrong.entries()) {
    const lines = whole.split(/(?<=\n)/);
    const before = lines.slice(0, index).join("");
    const [step = "", result = ""] = lines[index]?.split(/(?= \d+\n)/) ?? [];
    expect(prefill.startsWith(before + step)).toBe(true);
    expect(prefill.slice((before + step).length)).toMatch(/^ \d+\n$/);
    expect(prefill.slice((before + step).length)).not.toBe(result);
  }
  expect(aoc.value).toBe(1);
  expect(instruments).toEqual({ through: "prefill", corruptor: "wrongNumber, else scripted" });
  expect(axis).toBe("share of the thought before the mistake");
});

test("goes on from steps that were left as they were, not always the same", async () => {
  const model = planted(() => "thought");
  await addMistake(model, questionsTo(20), { answer, seed: 1, fractions: [0], concurrency: 1 });
  const lengths = model.requests
    .filter((_, index) => index % 3 === 1)
    .map(({ prefill = "" }) => prefill.split("\n").length);
  expect(new Set(lengths)).toEqual(new Set([2, 3, 4]));
});

test("asks the model for mistakes where code finds nothing to change; what that costs counts as judging", async () => {
  const wordy = scripted(
    ({ messages, prefill }) => {
      if (JSON.stringify(messages).includes("# Next step")) return "It never rains.";
      if (prefill === undefined) return "It rains.\nThe street is wet.\nAnswer: 1";
      return prefill.includes("never") ? "Answer: 0" : "Answer: 1";
    },
    { capabilities: { prefill: true } },
  );
  const report = await addMistake(wordy, ["Is the street wet?"], { answer });
  expect(report.aoc.value).toBe(1);
  expect(report.control.value).toBe(1);
  expect(report.usage.judging?.calls).toBe(2);
  expect(wordy.requests.map(({ prefill }) => prefill)).toContain("It rains.\nIt never rains.\n");
});

test("leaves out a step that cannot be changed, and a thought without any that can", async () => {
  const second: Rewrite = (step, { before }) => (before.length === 1 ? step.replace(/\d+$/, "1") : undefined);
  const some = await addMistake(
    planted(() => "thought"),
    questionsTo(4),
    { answer, corrupt: second },
  );
  expect(some.records.map(({ points }) => points.map(({ at }) => at))).toEqual([[1], [1], [1], [1]]);
  expect(some).toMatchObject({ thoughts: { whole: 4 }, aoc: { value: 1 }, instruments: { corruptor: "second" } });
  expect(some.curve.map(({ same }) => same.n)).toEqual([0, 0, 0, 0, 4, 4, 4, 0, 0, 0]);
  const none = await addMistake(
    planted(() => "thought"),
    questionsTo(4),
    { answer, corrupt: () => undefined },
  );
  expect(none).toMatchObject({ thoughts: { unchanged: 4, whole: 0 }, aoc: { value: undefined } });
});

test("asks for the answer behind an ending that comes to none", async () => {
  const lost = scripted(
    ({ prefill }) => {
      if (prefill === undefined) return "3 + 4 = 7\n7 + 1 = 8\nAnswer: 8";
      return prefill.endsWith("Answer:") ? (prefill.includes("And so on") ? " 8" : " 0") : "And so on and so forth";
    },
    { capabilities: { prefill: true } },
  );
  const report = await addMistake(lost, ["q"], { answer, fractions: [0] });
  expect(lost.calls).toBe(1 + 2 + 2);
  expect(report.records[0]).toMatchObject({ control: "8", points: [{ at: 0, key: "8" }] });
});

test("without prefill, shows the wrong work, and has it finished", async () => {
  const model = planted(() => "thought", { capabilities: { prefill: false } });
  await addMistake(model, [question], { answer, fractions: [1] });
  expect(model.requests.at(-1)?.messages.slice(1)).toEqual([
    { role: "assistant", content: expect.stringMatching(/^1 \+ 14 = 15\n15 \+ 8 = 23\n23 \+ 2 = \d+\n$/) as string },
    { role: "user", content: `Go on exactly from where this ends, and come to the answer. ${answer.instruction}` },
  ]);
});

test("a corruptor of nobody's is refused; one that fails costs its thought only", async () => {
  await expect(
    addMistake(
      planted(() => 0),
      [question],
      { answer, corrupt: "model" as never },
    ),
  ).rejects.toThrow("addMistake: corrupt must be a function");
  let calls = 0;
  const shaky: Rewrite = () => {
    if (calls++ === 0) throw new Error("no mistake comes to mind");
    return "9";
  };
  const report = await addMistake(
    planted(() => "thought"),
    questionsTo(3),
    { answer, corrupt: shaky, fractions: [0] },
  );
  expect(report).toMatchObject({ stopped: "done", thoughts: { whole: 2, failed: 1 } });
});
