import {
  chainOfThought,
  judge,
  judgeInstruction,
  majorityVote,
  number,
  ProviderError,
  sampleN,
  stack,
  type Feedback,
  type JudgeOptions,
  type ModelRequest,
} from "mull";
import { scripted, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { assess } from "./assess.js";

const scale = 'End with "Score: " and a whole number from 0 (wrong) to 10 (right in every part).';

/** What a judge that says `words` makes of an answer. */
async function judged(words: string, options: JudgeOptions = {}) {
  const critic = scripted([words]);
  const { verdict } = await assess(judge(critic, options), scripted(["24"]));
  return { ...verdict, calls: critic.calls };
}

describe("scores", () => {
  test.each<[words: string, score: number, message: string]>([
    ["Right.\nScore: 10", 1, "Right."],
    ["Too short. Score: 3", 0.3, "Too short."],
    ["Score: 0", 0, ""],
    ["Nearly. **Score:** 8/10", 0.8, "Nearly."],
    ["Nearly. **Score: 8**.", 0.8, "Nearly."],
    ["Nearly.\n\nscore: 7.5", 0.75, "Nearly."],
    ["At first I thought Score: 2. No: Score: 9", 0.9, "At first I thought  No:"],
    ["Half of it. Score: 1/2", 0.5, "Half of it."],
    ["Percent. Score: 30/100", 0.3, "Percent."],
    // On another scale than the one that was asked for, nobody knows what is meant.
    ["Percent. Score: 85", 0, "Percent."],
    ["Beyond. Score: 12/10", 0, "Beyond."],
    ["Below. Score: -3", 0, "Below. Score: -3"],
    ["Nothing. Score: 0/0", 0, "Nothing."],
    ["I would not know.", 0, "I would not know."],
    ["The score is high", 0, "The score is high"],
  ])("%j: %f", async (words, score, message) => {
    const { score: found, message: told, calls } = await judged(words);
    expect(found).toBeCloseTo(score, 12);
    expect(told).toBe(message);
    expect(calls).toBe(1);
  });

  test.each([
    [undefined, 9, true],
    [undefined, 8, false],
    [0.5, 5, true],
    [0.5, 4, false],
    [0, 0, true],
    [1, 9, false],
  ])("passing %j: a score of %i", async (passing, score, ok) => {
    expect((await judged(`Score: ${score}`, { passing })).ok).toBe(ok);
  });
});

describe("what the judge sees", () => {
  const ask = async (prompt: string | ModelRequest, options: JudgeOptions = {}) => {
    const critic = scripted(["Score: 1"]);
    await assess(judge(critic, options), scripted(["It is 24."]), prompt);
    return critic.requests;
  };

  test("the question, the answer and the task", async () => {
    const content = `# Question\nHow many?\n\n# Answer\nIt is 24.\n\n# Task\n${judgeInstruction} ${scale}`;
    expect(await ask("How many?")).toEqual([{ messages: [{ role: "user", content }] }]);
  });

  test("another task", async () => {
    const [request] = await ask("How many?", { instruction: "Is it polite?" });
    expect(request?.messages[0]?.content).toContain(`# Task\nIs it polite? ${scale}`);
  });

  test("a conversation with all its turns", async () => {
    const [request] = await ask({
      messages: [
        { role: "system", content: "You count." },
        { role: "user", content: [{ type: "text", text: "How many?" }] },
        { role: "assistant", content: [{ type: "tool-call", id: "1", name: "count", input: {} }] },
        {
          role: "tool",
          content: [
            { type: "tool-result", id: "1", name: "count", output: "three" },
            { type: "tool-result", id: "2", name: "count", output: { legs: 8 } },
          ],
        },
      ],
      temperature: 0.9,
      tools: [{ name: "count", description: "d", inputSchema: {} }],
    });
    expect(request).toEqual({ messages: [{ role: "user", content: expect.any(String) as string }] });
    expect(request?.messages[0]?.content).toContain(
      '# Conversation\nsystem: You count.\n\nuser: How many?\n\nassistant: \n\ntool: three\n{"legs":8}\n\n# Answer\nIt is 24.',
    );
  });
});

describe("cost", () => {
  test("is judging, and comes from the budget of the run", async () => {
    const feedback = judge(scripted(["Fine. Score: 10"], { id: "critic" }));
    const { usage } = await assess(feedback, scripted(["24"]));
    expect(usage).toMatchObject({ calls: 2, judging: { calls: 1, outputTokens: 3 } });
    const limited = assess(feedback, scripted(["24"]), "q", { budget: { calls: 1 } });
    await expect(limited).rejects.toMatchObject({ code: "budget-exceeded", usage: { calls: 1 } });
  });

  test("a judge may be a whole stack", async () => {
    const critic = scripted(["Score: 2", "Score: 10", "Score: 10"]);
    const { verdict } = await assess(judge(stack(critic, sampleN(3), majorityVote())), scripted(["24"]));
    expect([verdict.score, critic.calls]).toEqual([1, 3]);
  });

  test("a judge that fails fails", async () => {
    const busy = new ProviderError("overloaded", { status: 503 });
    await expect(assess(judge(scripted([busy])), scripted(["24"]))).rejects.toBe(busy);
  });
});

test("cancellation", async () => {
  const critic = scripted(["Score: 1"], { latencyMs: 100 });
  const clock = virtualClock();
  const controller = new AbortController();
  const done = assess(judge(critic), scripted(["24"]), "q", { clock, signal: controller.signal });
  done.catch(() => undefined);
  await clock.advance(50);
  expect(critic.calls).toBe(1);
  controller.abort("left");
  await expect(done).rejects.toBe("left");
  expect(clock.pending).toBe(0);
});

test("path", async () => {
  const paths: string[] = [];
  const critic = scripted(["Score: 1"], { id: "critic" });
  const onEvent = ({ path }: { readonly path: readonly string[] }) => paths.push(path.join("/"));
  await assess(judge(critic), scripted(["24"]), "q", { onEvent });
  expect(paths).toContain("assess/feedback/critic");
});

test("types", () => {
  const model = scripted(["Score: 1"]);
  expectTypeOf(judge(model)).toEqualTypeOf<Feedback>();
  expectTypeOf(judge(stack(model, chainOfThought({ answer: number() })))).toEqualTypeOf<Feedback>();
  // @ts-expect-error -- a name is no model
  expect(() => judge("gpt")).toThrow();
});

describe("wrong options", () => {
  const model = scripted(["x"]);
  const bound = "the first argument must be a model (id, capabilities, generate), got";

  test.each<[model: unknown, options: unknown, message: string]>([
    [undefined, {}, `${bound} undefined`],
    ["gpt", {}, `${bound} "gpt"`],
    [{ model }, {}, `${bound} an object`],
    [model, null, "options must be an object, got null"],
    [model, { pass: 1 }, 'an option must be one of instruction, passing, got "pass"'],
    [model, { instruction: " " }, 'instruction must be a text that is not empty, got " "'],
    [model, { instruction: 1 }, "instruction must be a text that is not empty, got 1"],
    [model, { passing: 1.1 }, "passing must be a number from 0 to 1, got 1.1"],
    [model, { passing: "1" }, 'passing must be a number from 0 to 1, got "1"'],
  ])("%#", (given, options, message) => {
    expect(() => judge(given as never, options as JudgeOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `judge: ${message}` }),
    );
  });
});
