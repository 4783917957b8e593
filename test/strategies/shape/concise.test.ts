import { fc, test } from "@fast-check/vitest";
import {
  chainOfThought,
  choice,
  concise,
  draftInstruction,
  majorityVote,
  number,
  outline,
  ProviderError,
  run,
  sampleN,
  stack,
  type ConciseOptions,
  type Model,
  type ModelRequest,
  type Reasoned,
  type ToolCallPart,
} from "mull";
import { middlewareLaws, scripted, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "weather", input: {} };
const drafts = "Think step by step before you answer, but write only a minimum draft of each step, of 5 words at most.";
const asksForNumber = 'End with "Answer: " and the number.';

describe.each<[what: string, layer: (model: Model) => Model, replies?: ScriptedReply[]]>([
  ["one call", concise({ answer: number() })],
  ["two calls", concise({ answer: number() }), ["3 * 8", "No idea at all.", "Answer: 1", "#### 2"]],
  ["under a vote", (model) => stack(model, concise({ answer: number() }), sampleN(3), majorityVote())],
  ["tool calls", concise(), [{ text: "", toolCalls: [toolCall] }]],
])("laws, %s", (_, layer, replies) => {
  for (const { name, check } of middlewareLaws(layer, { replies })) test(name, check);
});

describe("behaviour", () => {
  test.each<
    [
      what: string,
      replies: ScriptedReply[],
      options: ConciseOptions<number>,
      expected: Partial<Reasoned<number>>,
      calls: number,
    ]
  >([
    [
      "the answer is read",
      ["3 * 8 = 24. Answer: 24"],
      {},
      { answer: 24, key: "24", thought: "3 * 8 = 24. Answer: 24" },
      1,
    ],
    ["also behind the separator of the paper", ["3 * 8 = 24\n#### 24"], {}, { answer: 24 }, 1],
    ["native reasoning is the thought", [{ text: "Answer: 24", reasoning: "3 * 8" }], {}, { thought: "3 * 8" }, 1],
    ["an unread answer is asked for", ["3 * 8", "24"], {}, { text: "3 * 8\n24", answer: 24, thought: "3 * 8" }, 2],
    ["askAgain: false", ["3 * 8 and", "24"], { askAgain: false }, { text: "3 * 8 and", answer: undefined }, 1],
    ["a failing second call is a warning", ["Hm.", busy], {}, { text: "Hm.", answer: undefined, key: undefined }, 2],
    [
      "tool calls are passed on",
      [{ text: "Answer: 5", toolCalls: [toolCall] }],
      {},
      { text: "Answer: 5", answer: undefined, toolCalls: [toolCall] },
      1,
    ],
  ])("%s", async (_, replies, options, expected, calls) => {
    const model = scripted(replies);
    expect(await run(stack(model, concise({ answer: number(), ...options })), "q")).toMatchObject(expected);
    expect(model.calls).toBe(calls);
  });

  test("by default the answer is the words behind the last mark", async () => {
    expect(await run(stack(scripted(["a. Answer: Forty Two "]), concise()), "q")).toMatchObject({
      answer: "Forty Two",
      key: "forty two",
    });
  });

  test("it does what chainOfThought does, but for the instruction", async () => {
    const replies: ScriptedReply[] = ["3 * 8", "24"];
    const models = [scripted(replies), scripted(replies)] as const;
    const instruction = "Be brief.";
    const responses = [
      await run(stack(models[0], concise({ answer: number(), instruction })), "q"),
      await run(stack(models[1], chainOfThought({ answer: number(), instruction })), "q"),
    ];
    expect(responses[0]).toEqual(responses[1]);
    expect(models[0].requests).toEqual(models[1].requests);
  });
});

describe("the request", () => {
  test.each<[what: string, options: ConciseOptions<number>, words: string]>([
    ["five words by default", {}, drafts],
    ["as many as are wanted", { wordsPerStep: 12 }, drafts.replace("5 words", "12 words")],
    ["one", { wordsPerStep: 1 }, drafts.replace("5 words", "1 word")],
    ["an instruction of one's own", { instruction: "Be brief." }, "Be brief."],
  ])("%s", async (_, options, words) => {
    const model = scripted(["Answer: 24"]);
    await run(stack(model, concise({ answer: number(), ...options })), frozen(asked("q")));
    expect(model.requests[0]?.messages).toEqual([{ role: "user", content: `q\n\n${words} ${asksForNumber}` }]);
  });

  test("exemplars are turns in front of the question", async () => {
    const model = scripted(["Answer: 24"]);
    const exemplars = [{ question: "2 spiders?", thought: "2 * 8 = 16", answer: "16" }];
    await run(stack(model, concise({ answer: number(), exemplars })), "q");
    expect(model.requests[0]?.messages).toEqual([
      { role: "user", content: "2 spiders?" },
      { role: "assistant", content: "2 * 8 = 16\nAnswer: 16" },
      { role: "user", content: `q\n\n${drafts} ${asksForNumber}` },
    ]);
  });

  test("the default instruction is exported", () => {
    expect(draftInstruction(5)).toBe(drafts);
  });
});

test.each([
  ["calls", { calls: 1 }, "budget"],
  ["time", { ms: 150 }, "deadline"],
])("out of %s before the second call, the first is returned", async (_, budget, stopped) => {
  const model = scripted(["Hm.", "24"], { latencyMs: 100 });
  const { response } = await traced(stack(model, concise({ answer: number() })), "q", { budget });
  expect(response).toMatchObject({ text: "Hm.", answer: undefined, stopped, usage: { calls: 1 } });
});

describe("cancellation", () => {
  test.each([
    ["in the first call", 50, 1],
    ["in the second call", 150, 2],
  ])("%s", async (_, ms, calls) => {
    const model = scripted(["Hm.", "24"], { latencyMs: 100 });
    expect(await giveUp(stack(model, concise({ answer: number() })), ms, () => model.calls)).toBe(calls);
  });

  test("before", async () => {
    const model = scripted(["Hm."]);
    await giveUpBefore(stack(model, concise()), () => model.calls);
  });
});

test("trace and outline", async () => {
  const solver = stack(scripted(["Hm.", "24"]), concise({ answer: number() }));
  expect((await traced(solver)).trace).toEqual([
    "start concise",
    "start concise/scripted",
    "end concise/scripted",
    "start concise/scripted:2",
    "end concise/scripted:2",
    "end concise",
  ]);
  expect(solver.id).toBe("concise(scripted)");
  expect(outline(solver).split("\n")).toEqual([
    "concise      ≤ 2 calls, ≤ 4,222 tokens",
    "└─ scripted  ≤ 1 call, ≤ 1,524 tokens",
  ]);
});

describe("its own law", () => {
  test.prop([fc.integer({ min: 1, max: 1000 }), fc.string().map((words) => `q ${words}`)])(
    "the question comes first, untouched, and the limit behind it",
    async (wordsPerStep, question) => {
      const model = scripted(["Answer: 1"]);
      await run(stack(model, concise({ answer: number(), wordsPerStep })), asked(question));
      const instruction = drafts.replace("5 words", wordsPerStep === 1 ? "1 word" : `${wordsPerStep} words`);
      expect(model.requests[0]?.messages[0]?.content).toBe(`${question}\n\n${instruction} ${asksForNumber}`);
    },
  );
});

test("types", () => {
  const model: Model = scripted(["Answer: 24"]);
  expectTypeOf(stack(model, concise({ answer: number() }))).toEqualTypeOf<Model<Reasoned<number>>>();
  expectTypeOf(stack(model, concise())).toEqualTypeOf<Model<Reasoned<string>>>();
  expectTypeOf(stack(model, concise({ answer: choice(["A", "B"]) })).generate)
    .returns.resolves.toHaveProperty("answer")
    .toEqualTypeOf<"A" | "B" | undefined>();
});

test.each<[options: unknown, message: string]>([
  [null, "options must be an object, got null"],
  [{ words: 5 }, 'an option must be one of answer, wordsPerStep, instruction, exemplars, askAgain, got "words"'],
  [{ answer: number }, "answer must be an answer, such as number() or choice([…]), got a function"],
  [{ wordsPerStep: 0 }, "wordsPerStep must be an integer of at least 1, got 0"],
  [{ wordsPerStep: 2.5 }, "wordsPerStep must be an integer of at least 1, got 2.5"],
  [{ wordsPerStep: 5, instruction: "Be brief." }, "wordsPerStep must be absent where there is an instruction, got 5"],
  [{ instruction: 1 }, "instruction must be a text, got 1"],
  [{ askAgain: 1 }, "askAgain must be true or false, got 1"],
  [
    { exemplars: [{ question: "q", thought: "", answer: "a" }] },
    "exemplars[0].thought must be a text that is not empty, got an empty string",
  ],
])("wrong options: %j", (options, message) => {
  expect(() => concise(options as ConciseOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `concise: ${message}` }),
  );
});

function asked(content: string): ModelRequest {
  return { messages: [{ role: "user", content }] };
}
