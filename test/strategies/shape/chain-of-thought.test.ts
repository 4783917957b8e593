import { fc, test } from "@fast-check/vitest";
import {
  chainOfThought,
  choice,
  json,
  majorityVote,
  number,
  outline,
  tests,
  ProviderError,
  reviseLoop,
  run,
  sampleN,
  stack,
  stepByStep,
  text,
  tool,
  toolLoop,
  type Answer,
  type ChainOfThoughtOptions,
  type Draft,
  type Model,
  type ModelRequest,
  type Reasoned,
  type ToolCallPart,
  type ToolStep,
  type Vote,
} from "mull";
import { middlewareLaws, scripted, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import * as z from "zod";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "weather", input: {} };
const asksForNumber = 'End with "Answer: " and the number.';
const asksAgain = `Give the answer alone, without further thoughts. ${asksForNumber}`;
const failed = {
  code: "answer-not-asked",
  message: "the answer could not be read, and asking for it alone failed",
};

describe.each<[what: string, layer: (model: Model) => Model, replies?: ScriptedReply[]]>([
  ["one call", chainOfThought({ answer: number() })],
  ["two calls", chainOfThought({ answer: number() }), ["Hm.", "No idea at all.", "Answer: 1", "Answer: 2"]],
  [
    "tool calls",
    chainOfThought(),
    [
      { text: "", toolCalls: [toolCall] },
      { text: "Answer: 1", toolCalls: [toolCall] },
    ],
  ],
])("laws, %s", (_, layer, replies) => {
  for (const { name, check } of middlewareLaws(layer, { replies })) test(name, check);
});

describe("behaviour", () => {
  const whole = "Eight each. Answer: 24";

  test.each<
    [
      what: string,
      replies: ScriptedReply[],
      options: ChainOfThoughtOptions<number>,
      expected: Partial<Reasoned<number>>,
      calls: number,
    ]
  >([
    ["the answer is read", [whole], {}, { text: whole, answer: 24, key: "24", thought: whole }, 1],
    [
      "an answer that cannot be read is asked for",
      ["Eight each.", "24"],
      {},
      { text: "Eight each.\n24", answer: 24, key: "24", thought: "Eight each." },
      2,
    ],
    [
      "and asked for once only",
      ["Hm.", "Who knows."],
      {},
      { text: "Hm.\nWho knows.", answer: undefined, key: undefined },
      2,
    ],
    [
      "askAgain: false",
      ["Hm.", "24"],
      { askAgain: false },
      { text: "Hm.", answer: undefined, key: undefined, thought: "Hm." },
      1,
    ],
    [
      "native reasoning is the thought",
      [{ text: "Answer: 24", reasoning: "3 * 8" }],
      {},
      { text: "Answer: 24", thought: "3 * 8" },
      1,
    ],
    [
      "the thought is that of the first call",
      [
        { text: "Hm.", reasoning: "3 * 8" },
        { text: "24", reasoning: "as I said" },
      ],
      {},
      { answer: 24, thought: "3 * 8", reasoning: "3 * 8" },
      2,
    ],
    [
      "a cut thought is finished by the second call",
      [{ text: "Eight each, so", finishReason: "length" }, "24"],
      {},
      { answer: 24, finishReason: "stop" },
      2,
    ],
    [
      "tool calls are passed on",
      [{ text: "Answer: 5", toolCalls: [toolCall] }],
      {},
      { text: "Answer: 5", answer: undefined, key: undefined, toolCalls: [toolCall], finishReason: "tool-calls" },
      1,
    ],
    [
      "also where the provider says 'stop'",
      [{ text: "", toolCalls: [toolCall], finishReason: "stop" }],
      {},
      { text: "", answer: undefined, toolCalls: [toolCall] },
      1,
    ],
    [
      "a failing second call is a warning",
      ["Hm.", busy],
      {},
      { text: "Hm.", answer: undefined, key: undefined, warnings: [failed] },
      2,
    ],
    ["so is an empty one", ["Hm.", ""], {}, { text: "Hm.", answer: undefined, warnings: [failed] }, 2],
    [
      "warnings of both calls, each once",
      [
        { text: "Hm.", warnings: [{ code: "a", message: "one" }] },
        {
          text: "24",
          warnings: [
            { code: "a", message: "one" },
            { code: "b", message: "two" },
          ],
        },
      ],
      {},
      {
        warnings: [
          { code: "a", message: "one" },
          { code: "b", message: "two" },
        ],
      },
      2,
    ],
    [
      "parts, too, have the words of both calls",
      [{ text: "Hm.", content: [{ type: "text", text: "Hm." }] }, "24"],
      {},
      {
        content: [
          { type: "text", text: "Hm." },
          { type: "text", text: "\n24" },
        ],
      },
      2,
    ],
  ])("%s", async (_, replies, options, expected, calls) => {
    const model = scripted(replies);
    expect(await run(stack(model, chainOfThought({ answer: number(), ...options })), "q")).toMatchObject(expected);
    expect(model.calls).toBe(calls);
  });

  test("by default the answer is the words behind the last mark, else all of them", async () => {
    const solver = stack(scripted(["Let me see. Answer: no. No! Answer: Forty Two ", "Just this"]), chainOfThought());
    expect(await run(solver, "q")).toMatchObject({ answer: "Forty Two", key: "forty two" });
    expect(await run(solver, "q")).toMatchObject({ answer: "Just this", key: "just this" });
  });

  test("a first call that fails fails", async () => {
    const model = scripted([busy]);
    await expect(run(stack(model, chainOfThought()), "q")).rejects.toBe(busy);
    expect(model.calls).toBe(1);
  });

  test("usage is that of both calls", async () => {
    const { usage } = await run(stack(scripted(["Hm.", "24"]), chainOfThought({ answer: number() })), "q");
    // Words: the question with its instructions (15), once more with the reply (1) and what asks again (14).
    expect(usage).toMatchObject({ calls: 2, inputTokens: 15 + (15 + 1 + 14), outputTokens: 2 });
  });
});

describe("what the model sees", () => {
  const exemplars = [{ question: "How much is 2 + 2?", thought: "Two and two.", answer: "4" }];
  const shown: ModelRequest["messages"] = [
    { role: "user", content: "How much is 2 + 2?" },
    { role: "assistant", content: "Two and two.\nAnswer: 4" },
  ];
  const words = `${stepByStep} ${asksForNumber}`;

  const ask = async (request: ModelRequest | string, options: ChainOfThoughtOptions<number> = {}, replies = ["24"]) => {
    const model = scripted(replies);
    await run(stack(model, chainOfThought({ answer: number(), ...options })), frozen(request));
    return model.requests;
  };

  test("the instruction ends the last user message", async () => {
    const [request] = await ask("How many?");
    expect(request).toEqual({ messages: [{ role: "user", content: `How many?\n\n${words}` }] });
  });

  test("and becomes a part of a message in parts", async () => {
    const file = { type: "file", mediaType: "image/png", data: "aGk=" } as const;
    const [request] = await ask({ messages: [{ role: "user", content: [file] }] });
    expect(request?.messages).toEqual([{ role: "user", content: [file, { type: "text", text: words }] }]);
  });

  test("no instruction: only what the answer asks for", async () => {
    const [request] = await ask("How many?", { instruction: "" });
    expect(request?.messages).toEqual([{ role: "user", content: `How many?\n\n${asksForNumber}` }]);
  });

  test("another instruction", async () => {
    const [request] = await ask("How many?", { instruction: "Be brief." });
    expect(request?.messages).toEqual([{ role: "user", content: `How many?\n\nBe brief. ${asksForNumber}` }]);
  });

  test("exemplars stand behind system messages and before the question", async () => {
    const system = { role: "system", content: "You count." } as const;
    const earlier = [
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi" },
    ] as const;
    const [request] = await ask(
      { messages: [system, ...earlier, { role: "user", content: "How many?" }] },
      { exemplars },
    );
    expect(request?.messages).toEqual([
      system,
      ...shown,
      ...earlier,
      { role: "user", content: `How many?\n\n${words}` },
    ]);
  });

  test("what has tools behind the question keeps its order", async () => {
    const after: ModelRequest["messages"] = [
      { role: "assistant", content: [toolCall] },
      { role: "tool", content: [{ type: "tool-result", id: "1", name: "weather", output: "sun" }] },
    ];
    const [request] = await ask({ messages: [{ role: "user", content: "How many?" }, ...after] });
    expect(request?.messages).toEqual([{ role: "user", content: `How many?\n\n${words}` }, ...after]);
  });

  test("the second call shows what it wrote, and keeps what was asked", async () => {
    const [first, second] = await ask({ messages: [{ role: "user", content: "How many?" }], temperature: 0.5 }, {}, [
      "Eight each.",
      "24",
    ]);
    expect(second).toEqual({
      ...first,
      messages: [
        ...(first?.messages ?? []),
        { role: "assistant", content: "Eight each." },
        { role: "user", content: asksAgain },
      ],
    });
    expect(second?.temperature).toBe(0.5);
  });

  test("the second call must not call tools", async () => {
    const tools = [{ name: "weather", description: "d", inputSchema: { type: "object" } }];
    const [first, second] = await ask({ messages: [{ role: "user", content: "q" }], tools, toolChoice: "auto" }, {}, [
      "Hm.",
      "24",
    ]);
    expect(first).toMatchObject({ tools, toolChoice: "auto" });
    expect(second).toMatchObject({ tools, toolChoice: "none" });
  });

  test("a prefill is a part of the answer, and of what the model said", async () => {
    const model = scripted(["4", "Hm.", "25"]);
    const solver = stack(model, chainOfThought({ answer: number() }));
    const prefilled: ModelRequest = { messages: [{ role: "user", content: "q" }], prefill: "Answer: 2" };
    expect(await run(solver, frozen(prefilled))).toMatchObject({ text: "4", answer: 24 });
    expect(model.requests[0]?.prefill).toBe("Answer: 2");

    const { answer } = await run(solver, frozen({ ...prefilled, prefill: "So: " }));
    expect(answer).toBe(25);
    expect(model.requests[2]?.prefill).toBeUndefined();
    expect(model.requests[2]?.messages[1]).toEqual({ role: "assistant", content: "So: Hm." });
  });

  test.each([
    ["a model that decodes by a schema", { schema: true }, true],
    ["a model of which nothing is known", {}, true],
    ["a model that cannot", { schema: false }, false],
  ])("the second call has the schema of the answer: %s", async (_, capabilities, has) => {
    const model = scripted(["Hm.", '{"legs":24}'], { capabilities });
    const answer = json(z.object({ legs: z.number() }));
    expect(await run(stack(model, chainOfThought({ answer })), "q")).toMatchObject({ answer: { legs: 24 } });
    expect(model.requests[0]?.schema).toBeUndefined();
    expect(model.requests[1]?.schema).toEqual(has ? answer.schema : undefined);
  });
});

describe("out of budget or time", () => {
  test.each<[string, object, string]>([
    ["calls", { calls: 1 }, "budget"],
    ["tokens", { tokens: 40 }, "budget"],
    ["time", { ms: 150 }, "deadline"],
  ])("before the second call the first is returned: %s", async (_, budget, stopped) => {
    const model = scripted(["Hm.", "24"], { latencyMs: 100 });
    const { response } = await traced(stack(model, chainOfThought({ answer: number() })), "q", { budget });
    expect(response).toMatchObject({ text: "Hm.", thought: "Hm.", answer: undefined, stopped });
    expect(response.warnings).toBeUndefined();
    expect(response.usage.calls).toBe(1);
  });

  test("before the first call there is nothing to return", async () => {
    const solver = stack(scripted(["Hm."]), chainOfThought());
    await expect(run(solver, "q", { budget: { tokens: 5 } })).rejects.toMatchObject({
      code: "budget-exceeded",
      usage: { calls: 0 },
    });
  });
});

describe("cancellation", () => {
  test.each([
    ["in the first call", 50, 1],
    ["in the second call", 150, 2],
  ])("%s", async (_, ms, calls) => {
    const model = scripted(["Hm.", "24"], { latencyMs: 100 });
    expect(await giveUp(stack(model, chainOfThought({ answer: number() })), ms, () => model.calls)).toBe(calls);
  });

  test("before", async () => {
    const model = scripted(["Hm."]);
    await giveUpBefore(stack(model, chainOfThought()), () => model.calls);
  });
});

describe("trace", () => {
  test("paths", async () => {
    const solver = stack(scripted(["Hm.", "24"]), chainOfThought({ answer: number() }));
    expect((await traced(solver)).trace).toEqual([
      "start chainOfThought",
      "start chainOfThought/scripted",
      "end chainOfThought/scripted",
      "start chainOfThought/scripted:2",
      "end chainOfThought/scripted:2",
      "end chainOfThought",
    ]);
    expect(solver.id).toBe("chainOfThought(scripted)");
  });

  test("the words that are told are the text", async () => {
    const solver = stack(scripted(["Hm, well.", "It is 24"]), chainOfThought({ answer: number() }));
    const { events, response } = await traced(solver);
    const deltas = events.filter((event) => event.type === "delta");
    expect(deltas.every(({ output }) => output)).toBe(true);
    expect(deltas.map((delta) => delta.text).join("")).toBe(response.text);
  });

  test("under a sampler they are thoughts", async () => {
    const { events } = await traced(stack(scripted(["Hm.", "24"]), chainOfThought({ answer: number() }), sampleN(2)));
    const deltas = events.filter((event) => event.type === "delta");
    expect(deltas.length).toBeGreaterThan(0);
    expect(deltas.some(({ output }) => output)).toBe(false);
  });
});

test("outline", () => {
  const exemplars = [{ question: "q", thought: "t", answer: "a" }];
  const model = scripted(["x"], { id: "m" });
  expect(outline(stack(model, chainOfThought({ exemplars }))).split("\n")).toEqual([
    "chainOfThought (1 exemplars)  ≤ 2 calls, ≤ 4,222 tokens",
    "└─ m                          ≤ 1 call, ≤ 1,524 tokens",
  ]);
  expect(outline(stack(model, chainOfThought({ askAgain: false })))).toContain("≤ 1 call, ≤ 1,574 tokens");
});

describe("its own law", () => {
  const line = fc.constantFrom<ScriptedReply>("Answer: 24", "so it is", "", busy, new Error("lost"));

  test.prop([fc.tuple(line, line), fc.boolean()])(
    "two calls at most, the second only where needed",
    async (replies, askAgain) => {
      const model = scripted(replies);
      const solver = stack(model, chainOfThought({ answer: number(), askAgain }));
      const response = await run(solver, "q").catch(() => undefined);
      const [first, second] = replies;
      const lost = first === "" || first instanceof Error;
      const again = askAgain && first === "so it is";
      expect(model.calls).toBe(again ? 2 : 1);
      expect(response === undefined).toBe(lost);
      if (lost) return;
      expect(response?.answer).toBe(first === "Answer: 24" || (again && second === "Answer: 24") ? 24 : undefined);
      expect(response?.key === undefined).toBe(response?.answer === undefined);
    },
  );
});

describe("types", () => {
  const model: Model = scripted(["Answer: 24"]);

  test("the answer's type is that of the answer", () => {
    expectTypeOf(stack(model, chainOfThought({ answer: number() }))).toEqualTypeOf<Model<Reasoned<number>>>();
    expectTypeOf(stack(model, chainOfThought())).toEqualTypeOf<Model<Reasoned<string>>>();
    expectTypeOf(stack(model, chainOfThought({ answer: choice(["A", "B"]) })).generate)
      .returns.resolves.toHaveProperty("answer")
      .toEqualTypeOf<"A" | "B" | undefined>();
    expectTypeOf(stack(model, chainOfThought({ answer: text() })).generate)
      .returns.resolves.toHaveProperty("answer")
      .toEqualTypeOf<string | undefined>();
    // @ts-expect-error -- what the model returns is no answer
    chainOfThought<number>({ answer: text() });
  });

  test("answers flow through five layers", async () => {
    const add = tool({ name: "add", description: "Adds.", input: z.object({ a: z.number() }), execute: ({ a }) => a });
    const solver = stack(
      scripted(["Answer: 24"], { repeat: true }),
      chainOfThought({ answer: number() }),
      sampleN(3),
      majorityVote(),
      reviseLoop({ feedback: tests({ "is even": ({ text: words }) => words.endsWith("4") }) }),
      toolLoop({ tools: [add] }),
    );
    const response = await run(solver, "q");
    expectTypeOf(response.answer).toEqualTypeOf<number | undefined>();
    expectTypeOf(response.thought).toEqualTypeOf<string>();
    expectTypeOf(response.votes).toEqualTypeOf<readonly Vote<Reasoned<number>>[]>();
    expectTypeOf(response.steps).toEqualTypeOf<readonly ToolStep[]>();
    expectTypeOf(response.drafts[0]!.response.answer).toEqualTypeOf<number | undefined>();
    expectTypeOf(response.drafts).toExtend<readonly Draft[]>();
    expect(response).toMatchObject({ answer: 24, stopped: "ok", steps: [] });
    expect(response.drafts[0]?.response.votes[0]?.sample.answer).toBe(24);
  });
});

describe("wrong options", () => {
  const numberless: Partial<Answer<number>> = { instruction: "i", key: String };
  const exemplar = { question: "q", thought: "t", answer: "a" };
  const noAnswer = "answer must be an answer, such as number() or choice([…]), got";

  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [[], "options must be an object, got an empty array"],
    [{ answers: number() }, 'an option must be one of answer, instruction, exemplars, askAgain, got "answers"'],
    [{ answer: null }, `${noAnswer} null`],
    [{ answer: number }, `${noAnswer} a function`],
    [{ answer: numberless }, `${noAnswer} an object`],
    [{ instruction: 1 }, "instruction must be a text, got 1"],
    [{ askAgain: 1 }, "askAgain must be true or false, got 1"],
    [{ exemplars: "none" }, 'exemplars must be a list, got "none"'],
    [{ exemplars: [exemplar, null] }, "exemplars[1].question must be a text that is not empty, got undefined"],
    [{ exemplars: [{ ...exemplar, thought: " " }] }, 'exemplars[0].thought must be a text that is not empty, got " "'],
    [{ exemplars: [{ ...exemplar, answer: 4 }] }, "exemplars[0].answer must be a text that is not empty, got 4"],
  ])("%j", (options, message) => {
    expect(() => chainOfThought(options as ChainOfThoughtOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `chainOfThought: ${message}` }),
    );
  });
});
