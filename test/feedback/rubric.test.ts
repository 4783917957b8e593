import { bestOf, rubric, rubricInstruction, run, sampleN, stack, type Feedback, type RubricOptions } from "mull";
import { scripted, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { assess } from "./assess.js";

const criteria = { correct: 3, "easy to follow": 1 };

/** What a judge that says `words` makes of an answer. */
async function scored(
  words: string,
  options: RubricOptions = {},
  weights: Readonly<Record<string, number>> = criteria,
) {
  const critic = scripted([words]);
  const { verdict } = await assess(rubric(critic, weights, options), scripted(["24"]));
  return { ...verdict, calls: critic.calls };
}

describe("the score is the weighted mean", () => {
  test.each<[what: string, words: string, score: number]>([
    ["lines", "Fine.\ncorrect: 10\neasy to follow: 6", 0.9],
    ["the last of each counts", "correct: 2\neasy to follow: 2\nNo:\ncorrect: 10\neasy to follow: 6", 0.9],
    ["any order", "easy to follow: 6\ncorrect: 10", 0.9],
    ["with a scale", "correct: 10/10\neasy to follow: 6 / 10", 0.9],
    ["of another scale", "correct: 5/5\neasy to follow: 3 out of 5", 0.9],
    ["fractions", "correct: 9.5\neasy to follow: 7.5", 0.9],
    ["a list", "- correct: 10\n- easy to follow: 6", 0.9],
    ["a numbered list in bold", "1. **Correct**: 10\n2. **Easy to follow:** 6/10", 0.9],
    ["a table", "| correct | 10 |\n| easy to follow | 6 |", 0.9],
    ["dashes", "correct - 10\neasy to follow – 6", 0.9],
    ["JSON", '{"correct": 10, "easy to follow": 6}', 0.9],
    [
      "JSON behind a thought",
      'It is fine.\n```json\n{ "Correct": { "score": 10 }, "Easy to follow": "6/10" }\n```',
      0.9,
    ],
    ["JSON on several lines", '{\n  "correct": 10,\n  "easy to follow": 6\n}', 0.9],
    ["another object before it", 'So {"a": 1} and {"correct": 10, "easy to follow": 6}', 0.9],
    ["lines before JSON", '{"correct": 1, "easy to follow": 1}\ncorrect: 10\neasy to follow: 6', 0.9],
    ["one is missing", "correct: 10", 0.75],
    ["one on no scale", "correct: 10\neasy to follow: 60", 0.75],
    ["one is no number", "correct: 10\neasy to follow: very", 0.75],
    ["prose is no score", "It is correct - 3 times 8 is 24 - and so on.\ncorrect: 10", 0.75],
    ["none", "I would not know.", 0],
    ["below 0", "correct: -5\neasy to follow: 6", 0.15],
    ["nothing but zeros", "correct: 0\neasy to follow: 0", 0],
    ["all", "correct: 10\neasy to follow: 10", 1],
  ])("%s", async (_, words, score) => {
    const found = await scored(words);
    expect(found.score).toBeCloseTo(score, 12);
    expect([found.message, found.calls]).toEqual([words.trim(), 1]);
  });

  test("all of thirds is 1, whatever the rounding", async () => {
    const weights = { a: 0.1, b: 0.2, c: 0.7, d: 0.3, e: 0.6 };
    const { score, ok } = await scored("a: 10\nb: 10\nc: 10\nd: 10\ne: 10", { passing: 1 }, weights);
    expect([score, ok]).toEqual([1, true]);
  });

  test("names are read as they are", async () => {
    const weights = { "Is C++ (or C#) used?": 1, "cost in $": 1, a: 2 };
    const { score } = await scored("Is C++ (or C#) used?: 10\ncost in $: 5\nA: 0\nextra: 9", {}, weights);
    expect(score).toBeCloseTo(0.375, 12);
  });

  test.each([
    [undefined, 9, true],
    [undefined, 8, false],
    [0.5, 5, true],
    [0.5, 4, false],
    [0, 0, true],
  ])("passing %j: %i points", async (passing, points, ok) => {
    expect((await scored(`a: ${points}`, { passing }, { a: 1 })).ok).toBe(ok);
  });
});

test("what the judge sees", async () => {
  const critic = scripted(["correct: 1"], { repeat: true });
  await assess(rubric(critic, criteria), scripted(["It is 24."]), "How many?");
  const task = `${rubricInstruction}\n- correct\n- easy to follow\n\nEnd with one line for each criterion, its name and a whole number from 0 (not at all) to 10 (in every part):\ncorrect: 0\neasy to follow: 0`;
  const content = `# Question\nHow many?\n\n# Answer\nIt is 24.\n\n# Task\n${task}`;
  expect(critic.requests).toEqual([{ messages: [{ role: "user", content }] }]);
  await assess(rubric(critic, criteria, { instruction: "Be strict." }), scripted(["It is 24."]), "How many?");
  expect(critic.requests[1]?.messages[0]?.content).toContain("# Task\nBe strict.\n- correct\n");
});

test("a scorer for what has no single right answer", async () => {
  const critic = scripted((request) => (JSON.stringify(request).includes("# Answer\\nb") ? "a: 9" : "a: 4"));
  const solver = stack(scripted(["a", "b", "c"]), sampleN(3), bestOf({ scorer: rubric(critic, { a: 1 }) }));
  const { text, score, usage } = await run(solver, "q");
  expect([text, score]).toEqual(["b", 0.9]);
  expect(usage).toMatchObject({ calls: 6, judging: { calls: 3 } });
});

test("long texts are read, too", async () => {
  const words = `${"correct ".repeat(20_000)}\n${"- ".repeat(20_000)}\ncorrect: 10`;
  expect((await scored(words)).score).toBeCloseTo(0.75, 12);
});

test("cancellation", async () => {
  const critic = scripted(["a: 1"], { latencyMs: 100 });
  const clock = virtualClock();
  const controller = new AbortController();
  const done = assess(rubric(critic, { a: 1 }), scripted(["24"]), "q", { clock, signal: controller.signal });
  done.catch(() => undefined);
  await clock.advance(50);
  controller.abort("left");
  await expect(done).rejects.toBe("left");
  expect(clock.pending).toBe(0);
});

test("types", () => {
  const model = scripted(["a: 1"]);
  expectTypeOf(rubric(model, { a: 1 })).toEqualTypeOf<Feedback>();
  // @ts-expect-error -- criteria are required
  expect(() => rubric(model)).toThrow();
});

describe("wrong options", () => {
  const model = scripted(["x"]);
  const none = "criteria must be an object of at least one criterion and its weight, got";

  test.each<[model: unknown, criteria: unknown, options: unknown, message: string]>([
    [1, { a: 1 }, {}, "the first argument must be a model (id, capabilities, generate), got 1"],
    [model, {}, {}, `${none} an object`],
    [model, null, {}, `${none} null`],
    [model, ["a"], {}, `${none} an array`],
    [model, "a", {}, `${none} "a"`],
    [model, { " ": 1 }, {}, 'the name of a criterion must be a text that is not empty, got " "'],
    [model, { a: 0 }, {}, 'criteria["a"] must be a finite number above 0, got 0'],
    [model, { a: Infinity }, {}, 'criteria["a"] must be a finite number above 0, got Infinity'],
    [model, { a: "1" }, {}, 'criteria["a"] must be a finite number above 0, got "1"'],
    [model, { a: 1 }, null, "options must be an object, got null"],
    [model, { a: 1 }, { weights: 1 }, 'an option must be one of instruction, passing, got "weights"'],
    [model, { a: 1 }, { instruction: "" }, "instruction must be a text that is not empty, got an empty string"],
    [model, { a: 1 }, { passing: 2 }, "passing must be a number from 0 to 1, got 2"],
  ])("%#", (given, weights, options, message) => {
    expect(() => rubric(given as never, weights as never, options as RubricOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `rubric: ${message}` }),
    );
  });
});
