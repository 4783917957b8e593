import {
  budgetAllocator,
  difficultyInstruction,
  promptDifficulty,
  ProviderError,
  run,
  sampleN,
  majorityVote,
  never,
  stack,
  type Difficulty,
  type ModelRequest,
  type PromptDifficultyOptions,
} from "mull";
import { scripted, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { frozen, giveUp, traced } from "../strategies/trial.js";

const levels = [
  { name: "quick", samples: 1 },
  { name: "thorough", samples: 2 },
];
const form = 'End with "Difficulty: " and a whole number from 0 (nobody gets it wrong) to 10 (nearly everybody does).';

/** The difficulty that a critic's words come to. */
async function rated(words: ScriptedReply): Promise<number> {
  const solver = stack(
    scripted(["1", "2"]),
    budgetAllocator({ levels, difficulty: promptDifficulty(scripted([words])) }),
  );
  return (await run(solver, "q")).difficulty;
}

describe("what a model says", () => {
  test.each<[words: string, difficulty: number]>([
    ["Difficulty: 0", 0],
    ["Three steps, all of them safe. Difficulty: 3", 0.3],
    ["Difficulty: 10", 1],
    ["**Difficulty:** 7", 0.7],
    ["**Difficulty: 7**", 0.7],
    ['"difficulty": 4', 0.4],
    ["Difficulty: 8/10.", 0.8],
    ["Difficulty: 3/4", 0.75],
    ["difficulty:6.5", 0.65],
    ["First I thought Difficulty: 2. No. Difficulty: 9", 0.9],
    ["The difficulty 3 is not what I mean. Difficulty: 6", 0.6],
    // What cannot be read, and what is on another scale, says nothing.
    ["It is hard.", 0.5],
    ["Difficulty: high", 0.5],
    ["Difficulty: 85", 0.5],
    ["Difficulty: 12/10", 0.5],
    ["Difficulty: 0/0", 0.5],
    ["Difficulty: -3", 0.5],
  ])("%j: %f", async (words, difficulty) => {
    expect(await rated(words)).toBeCloseTo(difficulty, 12);
  });
});

describe("the question", () => {
  test("is put in a request of its own, and what it costs is counted as judging", async () => {
    const critic = scripted(["Difficulty: 9"], { id: "critic" });
    const model = scripted(["1", "2"]);
    const request: ModelRequest = {
      messages: [{ role: "user", content: "How many?" }],
      temperature: 0.3,
      maxOutputTokens: 99,
    };
    const { usage, difficulty } = await run(
      stack(model, budgetAllocator({ levels, difficulty: promptDifficulty(critic) })),
      frozen(request),
    );
    const content = `# Question\nHow many?\n\nIt has not been answered yet.\n\n# Task\n${difficultyInstruction} ${form}`;
    expect(critic.requests).toEqual([{ messages: [{ role: "user", content }] }]);
    expect(model.requests).toEqual([request, request]);
    expect(difficulty).toBe(0.9);
    expect(usage).toMatchObject({ calls: 3, judging: { calls: 1 } });
  });

  test("may be asked in other words, of a stack", async () => {
    const critic = scripted(() => "Difficulty: 2");
    const panel = stack(critic, sampleN(3), majorityVote({ stop: never }));
    const difficulty = promptDifficulty(panel, { instruction: "How hard is it?" });
    const response = await run(stack(scripted(["1"]), budgetAllocator({ levels, difficulty })), "q");
    expect(response).toMatchObject({ difficulty: 0.2, usage: { judging: { calls: 3 } } });
    expect(JSON.stringify(critic.requests[0])).toContain(`# Task\\nHow hard is it? End with`);
  });

  test("brings its pictures", async () => {
    const critic = scripted(["Difficulty: 2"]);
    const file = { type: "file", mediaType: "image/png", data: "AAAA" } as const;
    const content = [{ type: "text", text: "What is it?" }, file] as const;
    await run(stack(scripted(["1"]), budgetAllocator({ levels, difficulty: promptDifficulty(critic) })), {
      messages: [{ role: "user", content }],
    });
    expect(critic.requests[0]?.messages[0]?.content).toContainEqual(file);
  });

  test("stands in the trace as a thought", async () => {
    const difficulty = promptDifficulty(scripted(["Difficulty: 2"], { id: "critic" }));
    const { trace, events } = await traced(stack(scripted(["1"]), budgetAllocator({ levels, difficulty })));
    expect(trace.slice(0, 3)).toEqual([
      "start budgetAllocator",
      "start budgetAllocator/difficulty/critic",
      "end budgetAllocator/difficulty/critic",
    ]);
    expect(events.some((event) => event.type === "delta" && event.output)).toBe(false);
  });
});

describe("when it cannot be asked", () => {
  const busy = new ProviderError("overloaded", { status: 503 });

  test("the failure is told", async () => {
    await expect(rated(busy)).rejects.toBe(busy);
  });

  test("a budget that ends in it has bought nothing", async () => {
    const solver = stack(
      scripted(["1"]),
      budgetAllocator({ levels, difficulty: promptDifficulty(scripted(["Difficulty: 2"])) }),
    );
    await expect(run(solver, "q", { budget: { tokens: 5 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });

  test("giving up reaches it", async () => {
    const critic = scripted(["Difficulty: 2"], { latencyMs: 100 });
    const solver = stack(scripted(["1"]), budgetAllocator({ levels, difficulty: promptDifficulty(critic) }));
    expect(await giveUp(solver, 50, () => critic.calls)).toBe(1);
  });
});

describe("wrong options", () => {
  const model = scripted(["a"]);

  test.each<[args: readonly unknown[], message: string]>([
    [[], "the first argument must be a model (id, capabilities, generate), got undefined"],
    [["gpt"], 'the first argument must be a model (id, capabilities, generate), got "gpt"'],
    [[model, { instruction: " " }], 'instruction must be a text that is not empty, got " "'],
    [[model, { instruction: 3 }], "instruction must be a text that is not empty, got 3"],
    [[model, { prompt: "x" }], 'an option must be one of instruction, got "prompt"'],
  ])("%#: %s", (args, message) => {
    expect(() => promptDifficulty(...(args as [never, PromptDifficultyOptions]))).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `promptDifficulty: ${message}` }),
    );
  });
});

test("types", () => {
  expectTypeOf(promptDifficulty).returns.toEqualTypeOf<Difficulty>();
});
