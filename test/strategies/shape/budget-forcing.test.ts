import { fc, test } from "@fast-check/vitest";
import {
  budgetForcing,
  cache,
  chainOfThought,
  majorityVote,
  number,
  outline,
  ProviderError,
  run,
  sampleN,
  stack,
  stream,
  type BudgetForcingOptions,
  type Capabilities,
  type Forced,
  type Forcing,
  type Model,
  type ModelRequest,
  type Reasoned,
  type ToolCallPart,
} from "mull";
import { middlewareLaws, scripted, type Script, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const goesOn: Capabilities = { prefill: true };
const busy = new ProviderError("overloaded", { status: 503 });
const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "weather", input: {} };
const checkIt = "Wait\n\nCheck what you wrote so far, step by step, and go on exactly from where it ends.";
const answerIt = "Stop thinking now. Write only what stands behind these words:\n\nFinal answer:";
const failed = {
  code: "forcing-failed",
  message: "the thought could not be made to go on, or to end: what was written before is returned",
};
const emulated = {
  code: "downgrade",
  message: "scripted is not known to continue a started answer: another turn asks it to go on",
  capability: "prefill",
};

const force = (replies: ScriptedReply[], options: BudgetForcingOptions = {}, capabilities: Capabilities = goesOn) => {
  const model = scripted(replies, { capabilities });
  return { model, solver: stack(model, budgetForcing(options)) };
};

describe.each<[what: string, layer: (model: Model) => Model, capabilities?: Capabilities, replies?: ScriptedReply[]]>([
  ["by prefill", budgetForcing({ extensions: 2 }), goesOn],
  ["by another turn", budgetForcing({ extensions: 2 })],
  ["both ends", budgetForcing({ minTokens: 8, maxTokens: 10, answerTokens: 4 }), goesOn],
  ["both ends, by another turn", budgetForcing({ minTokens: 8, maxTokens: 10, answerTokens: 4 }), { prefill: false }],
  [
    "beneath a chain of thought and a vote",
    (model) =>
      stack(
        model,
        budgetForcing({ minTokens: 6, maxTokens: 9 }),
        chainOfThought({ answer: number() }),
        sampleN(3),
        majorityVote(),
      ),
    goesOn,
  ],
  ["above a chain of thought", (model) => stack(model, chainOfThought({ answer: number() }), budgetForcing()), goesOn],
  [
    "tool calls",
    budgetForcing(),
    goesOn,
    ["Answer: 1", { text: "", toolCalls: [toolCall] }, { text: "I look.", toolCalls: [toolCall] }],
  ],
])("laws, %s", (_, layer, capabilities, replies) => {
  for (const { name, check } of middlewareLaws(layer, { capabilities, replies })) test(name, check);
});

describe("behaviour", () => {
  const long = (words: number) => "so ".repeat(words - 1) + "on";

  test.each<
    [
      what: string,
      options: BudgetForcingOptions,
      replies: ScriptedReply[],
      text: string,
      forced: Forcing,
      more?: Partial<Forced>,
    ]
  >([
    [
      "once by default",
      {},
      ["It is 5.", ", no: 6."],
      "It is 5.\nWait, no: 6.",
      { extensions: 1, cut: false, tokens: 6 },
    ],
    [
      "three times",
      { extensions: 3 },
      ["a", " b", " c", " d"],
      "a\nWait b\nWait c\nWait d",
      { extensions: 3, cut: false, tokens: 4 },
    ],
    ["words of your own", { word: "Hmm," }, ["a", " b"], "a\nHmm, b", { extensions: 1, cut: false, tokens: 2 }],
    ["no empty line", {}, ["a\n", " b"], "a\nWait b", { extensions: 1, cut: false, tokens: 2 }],
    [
      "until there is enough",
      { minTokens: 5 },
      ["a b", " c d", " e", " f"],
      "a b\nWait c d\nWait e",
      { extensions: 2, cut: false, tokens: 5 },
    ],
    ["enough at once", { minTokens: 2 }, ["a b"], "a b", { extensions: 0, cut: false, tokens: 2 }],
    [
      "not more often than was said",
      { minTokens: 9, extensions: 2 },
      ["a", " b", " c", " d"],
      "a\nWait b\nWait c",
      { extensions: 2, cut: false, tokens: 3 },
    ],
    [
      "six times, if need be",
      { minTokens: 90 },
      ["a", " b", " c", " d", " e", " f", " g", " h"],
      "a\nWait b\nWait c\nWait d\nWait e\nWait f\nWait g",
      { extensions: 6, cut: false, tokens: 7 },
    ],
    [
      "too long",
      { maxTokens: 3 },
      ["a b c d e", " 24"],
      "a b c\nFinal answer: 24",
      { extensions: 0, cut: true, tokens: 4 },
    ],
    ["not too long", { maxTokens: 3 }, ["a b c", "?"], "a b c", { extensions: 0, cut: false, tokens: 3 }],
    [
      "a cue of your own",
      { maxTokens: 3, cue: "\\boxed{" },
      ["a b c d", "24}"],
      "a b c\n\\boxed{24}",
      { extensions: 0, cut: true, tokens: 4 },
    ],
    [
      "an answer that does not end",
      { maxTokens: 3, answerTokens: 2 },
      ["a b c d", " e f g"],
      "a b c\nFinal answer: e f",
      { extensions: 0, cut: true, tokens: 5 },
      { finishReason: "length" },
    ],
    [
      "an answer of 128 tokens",
      { maxTokens: 3 },
      ["a b c d", ` ${long(200)}`],
      `a b c\nFinal answer: ${long(129).slice(0, -3)}`,
      { extensions: 0, cut: true, tokens: 131 },
      { finishReason: "length" },
    ],
    [
      "an extension that is too long",
      { extensions: 2, maxTokens: 4 },
      ["a b", " c d e", " 24"],
      "a b\nWait c d\nFinal answer: 24",
      { extensions: 1, cut: true, tokens: 5 },
    ],
    [
      "no room to go on",
      { extensions: 2, maxTokens: 4 },
      ["a b c d", "?"],
      "a b c d",
      { extensions: 0, cut: false, tokens: 4 },
    ],
    [
      "cut by somebody else",
      {},
      [{ text: "a b", finishReason: "length" }],
      "a b",
      { extensions: 0, cut: false, tokens: 2 },
      { finishReason: "length" },
    ],
    [
      "cut by somebody else, though there is a limit",
      { maxTokens: 9 },
      [{ text: "a b", finishReason: "length" }, " c"],
      "a b\nFinal answer: c",
      { extensions: 0, cut: true, tokens: 3 },
    ],
    [
      "stopped by a filter",
      { minTokens: 9 },
      [{ text: "a b", finishReason: "content-filter" }],
      "a b",
      { extensions: 0, cut: false, tokens: 2 },
    ],
    [
      "nothing to add",
      { extensions: 3 },
      ["It is 5.", " "],
      "It is 5.",
      { extensions: 0, cut: false, tokens: 3 },
      { finishReason: "stop" },
    ],
    [
      "no answer at all",
      { maxTokens: 2 },
      ["a b c", ""],
      "a b",
      { extensions: 0, cut: false, tokens: 2 },
      { finishReason: "length" },
    ],
    [
      "a lost extension",
      { extensions: 3 },
      ["a", " b", busy],
      "a\nWait b",
      { extensions: 1, cut: false, tokens: 2 },
      { warnings: [failed] },
    ],
    [
      "a lost answer",
      { maxTokens: 2 },
      ["a b c", busy],
      "a b",
      { extensions: 0, cut: false, tokens: 2 },
      { warnings: [failed], finishReason: "length" },
    ],
    [
      "tools are called",
      {},
      [{ text: "I look.", toolCalls: [toolCall] }],
      "I look.",
      { extensions: 0, cut: false, tokens: 3 },
      { toolCalls: [toolCall], finishReason: "tool-calls" },
    ],
    [
      "a provider that says 'stop' where tools are called",
      {},
      [{ text: "", toolCalls: [toolCall], finishReason: "stop" }],
      "",
      { extensions: 0, cut: false, tokens: 1 },
      { toolCalls: [toolCall] },
    ],
    [
      "tools are called all the same",
      { extensions: 2 },
      ["a", { text: "", toolCalls: [toolCall] }],
      "a\nWait",
      { extensions: 1, cut: false, tokens: 2 },
      { toolCalls: [toolCall], finishReason: "tool-calls" },
    ],
  ])("%s", async (_, options, replies, text, forced, more = {}) => {
    const { model, solver } = force(replies, options);
    const response = await run(solver, "q");
    expect(response).toMatchObject({ text, forced, ...more });
    if (more.warnings === undefined) expect(response.warnings).toBeUndefined();
    expect(response.stopped).toBeUndefined();
    expect(response.usage.calls + (response.usage.failed?.calls ?? 0)).toBe(model.calls);
  });

  test.each<[what: string, reply: ScriptedReply, tokens: number]>([
    ["as many as the usage says", { text: "a b", usage: { outputTokens: 40 } }, 40],
    ["an estimate where it says nothing", { text: "abcdef", usage: {} }, 2],
    ["thoughts count", { text: "ab", reasoning: "éabcdef", usage: {} }, 4],
  ])("tokens are counted: %s", async (_, reply, tokens) => {
    const { solver } = force([reply], { minTokens: tokens });
    expect((await run(solver, "q")).forced).toEqual({ extensions: 0, cut: false, tokens });
    const more = force([reply, " c"], { minTokens: tokens + 1 });
    expect((await run(more.solver, "q")).forced.extensions).toBe(1);
  });

  test("what comes from a cache counts, though it costs nothing", async () => {
    const solver = stack(
      scripted(["abcdefghi", " j"], { capabilities: goesOn }),
      cache(),
      budgetForcing({ minTokens: 2 }),
    );
    expect((await run(solver, "q")).forced.tokens).toBe(2);
    const again = await run(solver, "q");
    expect(again.forced.tokens).toBe(3);
    expect(again.usage.calls).toBe(0);
  });

  test("all parts together keep within the output cap of the request", async () => {
    const ask = async (maxOutputTokens: number, options: BudgetForcingOptions, replies: string[]) => {
      const { model, solver } = force(replies, options);
      const { text } = await run(solver, { messages: [{ role: "user", content: "q" }], maxOutputTokens });
      return [text, model.requests.map((request) => request.maxOutputTokens)];
    };
    expect(await ask(5, { extensions: 3 }, ["a b", " c d", " e f"])).toEqual(["a b\nWait c d\nWait e", [5, 3, 1]]);
    expect(await ask(4, { maxTokens: 3 }, ["a b c d", " 24 it is"])).toEqual(["a b c\nFinal answer: 24", [3, 1]]);
    expect(await ask(3, { maxTokens: 3 }, ["a b c d", " 24"])).toEqual(["a b c", [3]]);
    expect(await ask(2, { maxTokens: 9 }, ["a b c d", " 24"])).toEqual(["a b", [2]]);
  });

  test("thoughts, parts, log-probabilities and warnings of all parts come together", async () => {
    const one = { code: "a", message: "one" };
    const two = { code: "b", message: "two" };
    const { solver } = force(
      [
        {
          text: "a",
          content: [{ type: "text", text: "a" }],
          logprobs: [{ token: "a", logprob: -1 }],
          warnings: [one],
        },
        { text: " b", logprobs: [{ token: " b", logprob: -2 }], warnings: [one, two] },
        { text: " c", reasoning: "of c", warnings: [two] },
        { text: "d", reasoning: "of d", providerMetadata: { x: 1 } },
      ],
      { extensions: 3 },
    );
    const keepsApart = "scripted keeps its thought apart from its text, where no prefill reaches it";
    expect(await run(solver, "q")).toMatchObject({
      text: "a\nWait b\nWait c\nWait\nd",
      reasoning: "of c\n\nof d",
      content: ["a", "\nWait", " b", "\nWait", " c", "\nWait\n", "d"].map((text) => ({ type: "text", text })),
      logprobs: [
        { token: "a", logprob: -1 },
        { token: " b", logprob: -2 },
      ],
      warnings: [
        one,
        two,
        { code: "downgrade", message: `${keepsApart}: another turn asks it to go on`, capability: "prefill" },
      ],
      providerMetadata: { x: 1 },
    });
  });

  test("a first call that fails fails", async () => {
    const { model, solver } = force([busy]);
    await expect(run(solver, "q")).rejects.toBe(busy);
    expect(model.calls).toBe(1);
  });
});

describe("in a stack", () => {
  test("beneath a chain of thought, which reads the whole text", async () => {
    const { solver } = force(["5. Answer: 5", ", 6. Answer: 6"]);
    const response = await run(stack(solver, chainOfThought({ answer: number() })), "q");
    expect(response).toMatchObject({ answer: 6, key: "6", forced: { extensions: 1 }, usage: { calls: 2 } });
    expect(response.thought).toBe(response.text);
  });

  test.each<[what: string, replies: string[], answer: number, calls: number]>([
    ["the last answer counts", ["Answer: 5", " Answer: 6"], 6, 2],
    ["an extension without one leaves the answer as it was", ["Answer: 5", " that holds."], 5, 2],
  ])("above one, by prefill: %s", async (_, replies, answer, calls) => {
    const model = scripted(replies, { capabilities: goesOn });
    const solver = stack(model, chainOfThought({ answer: number() }), budgetForcing());
    const response = await run(solver, "q");
    const text = `${replies[0]}\nWait${replies[1]}`;
    expect(response).toMatchObject({ answer, text, thought: text });
    expect(model.calls).toBe(calls);
    // The prompt stays the same to the letter, so that it is cached.
    expect(model.requests[1]?.messages).toEqual(model.requests[0]?.messages);
  });

  test.each<[what: string, replies: ScriptedReply[], expected: Partial<Reasoned<number>>]>([
    [
      "the last answer counts",
      ["Answer: 5", { text: "Answer: 6", reasoning: "r" }],
      { answer: 6, text: "Answer: 5\nWait\nAnswer: 6", thought: "r" },
    ],
    [
      "an answer that was there is not lost",
      ["Answer: 5", "Hm.", "No."],
      { answer: 5, key: "5", text: "Answer: 5\nWait\nHm.\nNo." },
    ],
  ])("above one, by another turn: %s", async (_, replies, expected) => {
    const solver = stack(scripted(replies), chainOfThought({ answer: number() }), budgetForcing());
    expect(await run(solver, "q")).toMatchObject(expected);
  });
});

describe("what the model sees", () => {
  const ask = async (
    replies: ScriptedReply[],
    options: BudgetForcingOptions,
    capabilities: Capabilities,
    more: Partial<ModelRequest> = {},
  ) => {
    const { model, solver } = force(replies, options, capabilities);
    const response = await run(solver, frozen<ModelRequest>({ messages: [{ role: "user", content: "q" }], ...more }));
    return { requests: model.requests, response };
  };
  const question = { role: "user", content: "q" } as const;

  test("by prefill: the same request, with the text so far", async () => {
    const { requests } = await ask(["a b", " c d e f", " 6"], { extensions: 1, maxTokens: 5 }, goesOn, {
      temperature: 0.5,
    });
    const request = { messages: [question], temperature: 0.5 };
    expect(requests).toEqual([
      { ...request, maxOutputTokens: 5 },
      { ...request, maxOutputTokens: 3, prefill: "a b\nWait" },
      { ...request, maxOutputTokens: 128, prefill: "a b\nWait c d e\nFinal answer:" },
    ]);
  });

  test("without limits there are no caps", async () => {
    const { requests } = await ask(["a", " b"], {}, goesOn);
    expect(requests).toEqual([{ messages: [question] }, { messages: [question], prefill: "a\nWait" }]);
  });

  test("by prefill: what was started already stays in front", async () => {
    const { requests, response } = await ask(["a", " b"], {}, goesOn, { prefill: "So: " });
    expect(requests.map(({ prefill }) => prefill)).toEqual(["So: ", "So: a\nWait"]);
    expect(response.text).toBe("a\nWait b");
  });

  test.each<[what: string, Capabilities]>([
    ["unknown", {}],
    ["denied", { prefill: false }],
  ])("by turns of the user, where prefill is %s", async (_, capabilities) => {
    const { requests, response } = await ask(["a b", "c d e f", "6"], { extensions: 1, maxTokens: 5 }, capabilities);
    const extended = [question, { role: "assistant", content: "a b" }, { role: "user", content: checkIt }];
    expect(requests).toEqual([
      { messages: [question], maxOutputTokens: 5 },
      { messages: extended, maxOutputTokens: 3 },
      {
        messages: [...extended, { role: "assistant", content: "c d e" }, { role: "user", content: answerIt }],
        maxOutputTokens: 128,
      },
    ]);
    expect(response).toMatchObject({ text: "a b\nWait\nc d e\nFinal answer: 6", warnings: [emulated] });
  });

  test("a turn of the model has its thoughts, as they came", async () => {
    const content = [
      { type: "reasoning", text: "r", providerMetadata: { p: { signature: "s" } } },
      { type: "text", text: "a" },
    ] as const;
    const { requests } = await ask([{ text: "a", reasoning: "r", content }, "b"], {}, goesOn);
    expect(requests[1]?.prefill).toBeUndefined();
    expect(requests[1]?.messages[1]).toEqual({ role: "assistant", content });
  });

  test("by a turn: what was started is a part of what the model said", async () => {
    const { requests } = await ask([{ text: "a", reasoning: "r" }, "b"], {}, goesOn, { prefill: "So: " });
    expect(requests[1]).toEqual({
      messages: [question, { role: "assistant", content: "So: a" }, { role: "user", content: checkIt }],
    });
  });

  test.each([goesOn, {}])("later parts must not call tools (%j)", async (capabilities) => {
    const tools = [{ name: "weather", description: "d", inputSchema: { type: "object" } }];
    const { requests } = await ask(["a", " b"], {}, capabilities, { tools });
    expect(requests.map(({ toolChoice }) => toolChoice)).toEqual([undefined, "none"]);
    expect(requests[1]?.tools).toEqual(tools);
    const without = await ask(["a", " b"], {}, capabilities, { tools: [] });
    expect(without.requests[1]).not.toHaveProperty("toolChoice");
  });

  test("a request with a schema is passed on as it is", async () => {
    const schema = { jsonSchema: { type: "object" } };
    const options = { minTokens: 9, maxTokens: 10 };
    const { requests, response } = await ask(["{}"], options, goesOn, { schema });
    expect(requests).toEqual([{ messages: [question], schema }]);
    expect(response).toMatchObject({
      text: "{}",
      forced: { extensions: 0, cut: false, tokens: 1 },
      warnings: [{ code: "not-forced" }],
    });
    // A model without schemas answers in words.
    const words = await ask(["a", " b"], {}, { ...goesOn, schema: false }, { schema });
    expect(words.response.text).toBe("a\nWait b");
  });
});

describe("out of budget or time", () => {
  test.each<[what: string, options: BudgetForcingOptions, budget: object, text: string, stopped: string]>([
    ["calls", { extensions: 3 }, { calls: 2 }, "a\nWait b", "budget"],
    ["tokens", { extensions: 3 }, { tokens: 24 }, "a\nWait b", "budget"],
    ["time", { extensions: 3 }, { ms: 250 }, "a\nWait b", "deadline"],
    ["calls, before the answer", { maxTokens: 1 }, { calls: 1 }, "a", "budget"],
  ])("what was written before is returned: %s", async (_, options, budget, text, stopped) => {
    const model = scripted(["a", " b", " c", " d"], { capabilities: goesOn, latencyMs: 100 });
    const cut = scripted(["a b", " c"], { capabilities: goesOn });
    const solver = stack(options.maxTokens === undefined ? model : cut, budgetForcing(options));
    const { response } = await traced(solver, "q", { budget });
    expect(response).toMatchObject({ text, stopped });
    expect(response.warnings).toBeUndefined();
  });

  test("before the first part there is nothing to return", async () => {
    const { solver } = force(["a"]);
    const many = "so ".repeat(9);
    await expect(run(solver, many, { budget: { tokens: 5 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("cancellation", () => {
  test.each([
    ["in the first part", 50, 1],
    ["in an extension", 150, 2],
    ["in the answer", 250, 3],
  ])("%s", async (_, ms, calls) => {
    const model = scripted(["a", " b c d", " e"], { capabilities: goesOn, latencyMs: 100 });
    const solver = stack(model, budgetForcing({ extensions: 1, maxTokens: 3 }));
    expect(await giveUp(solver, ms, () => model.calls)).toBe(calls);
  });

  test("before", async () => {
    const { model, solver } = force(["a"]);
    await giveUpBefore(solver, () => model.calls);
  });
});

describe("trace", () => {
  test("paths, and the downgrade once", async () => {
    const { solver } = force(["a", "b", "c d", "e"], { extensions: 2, maxTokens: 3 }, {});
    const { trace, events } = await traced(solver);
    expect(trace).toEqual([
      "start budgetForcing",
      "start budgetForcing/scripted",
      "end budgetForcing/scripted",
      "downgrade budgetForcing",
      "start budgetForcing/extend/scripted",
      "end budgetForcing/extend/scripted",
      "start budgetForcing/extend:2/scripted",
      "end budgetForcing/extend:2/scripted",
      "start budgetForcing/answer/scripted",
      "end budgetForcing/answer/scripted",
      "end budgetForcing",
    ]);
    expect(events.filter(({ type }) => type === "downgrade")).toEqual([
      { type: "downgrade", path: ["budgetForcing"], capability: "prefill", message: emulated.message },
    ]);
  });

  test.each<[what: string, Capabilities]>([
    ["by prefill", goesOn],
    ["by turns", {}],
  ])("the words that are told join to the text: %s", async (_, capabilities) => {
    const { solver } = force(["a b", " c d e f", " 6"], { extensions: 1, maxTokens: 5 }, capabilities);
    const { events, response } = await traced(solver);
    const deltas = events.filter((event) => event.type === "delta");
    expect(deltas.map(({ text }) => text).join("")).toBe(response.text);
    expect(deltas.every(({ output }) => output)).toBe(true);
  });

  test("nothing is told of a part that never came", async () => {
    const { solver } = force(["a", " b", busy], { extensions: 2 });
    const events = stream(solver, "q");
    let told = "";
    for await (const event of events) if (event.type === "delta") told += event.text ?? "";
    expect(told).toBe("a\nWait b");
    expect((await events.response).text).toBe(told);
  });

  test("in a sample all of it is a thought", async () => {
    const { solver } = force(["a", "b", " c", " d"]);
    const { events } = await traced(stack(solver, sampleN(2, { concurrency: 1 })));
    const deltas = events.filter((event) => event.type === "delta");
    expect(deltas.map(({ text }) => text)).toContain("\nWait");
    expect(deltas.some(({ output }) => output)).toBe(false);
  });

  test("over samples, none of which is told as output, the word is not, either", async () => {
    const model = scripted(["a", "a", " b", " b"], { capabilities: goesOn });
    const { events, response } = await traced(stack(model, sampleN(2), budgetForcing()));
    expect(response.text).toBe("a\nWait b");
    const deltas = events.filter((event) => event.type === "delta");
    expect(deltas.map(({ text, output }) => [text, output])).toEqual(
      ["a", "a", " b", " b"].map((text) => [text, false]),
    );
  });

  test("where nobody listens, no part is streamed", async () => {
    const streamed: boolean[] = [];
    const script: Script = (_, call) => {
      streamed.push(call.streaming);
      return " a";
    };
    const model = scripted(script, { capabilities: goesOn });
    await run(stack(model, budgetForcing()), "q");
    expect(streamed).toEqual([false, false]);
  });

  test("the thought of a model that tells it apart is no output, and nothing is told before it", async () => {
    const { solver } = force(["a", { text: "b", reasoning: "r" }], {}, {});
    const { events } = await traced(solver);
    const deltas = events.filter((event) => event.type === "delta");
    expect(deltas.map(({ text, reasoning, output }) => [text ?? reasoning, output])).toEqual([
      ["a", true],
      ["r", false],
      ["\nWait\n", true],
      ["b", true],
    ]);
  });
});

test("outline", () => {
  const model = scripted(["x"], { id: "m" });
  expect(outline(stack(model, budgetForcing({ extensions: 2 }))).split("\n")).toEqual([
    "budgetForcing (extensions = 2)  ≤ 3 calls, ≤ 7,734 tokens",
    "└─ m                            ≤ 1 call, ≤ 1,524 tokens",
  ]);
  const both = outline(stack(model, budgetForcing({ minTokens: 100, maxTokens: 200 })));
  expect(both).toContain("budgetForcing (minTokens = 100, maxTokens = 200, extensions = 6)  ≤ 8 calls");
});

describe("its own law", () => {
  const part = fc.integer({ min: 1, max: 9 });

  test.prop([
    fc.array(part, { minLength: 12, maxLength: 12 }),
    fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    fc.option(fc.integer({ min: 12, max: 24 }), { nil: undefined }),
    fc.integer({ min: 1, max: 8 }),
    fc.boolean(),
  ])("as long as it should be, if it may be", async (lengths, minTokens, maxTokens, extensions, prefill) => {
    const replies = lengths.map((length) => " word".repeat(length));
    const model = scripted(replies, { capabilities: { prefill } });
    const options = { minTokens, maxTokens, extensions, answerTokens: maxTokens && 3 };
    const { text, forced, finishReason } = await run(stack(model, budgetForcing(options)), "q");
    // What it wrote is in the text, in order, and counted.
    expect(text.match(/word/g)).toHaveLength(forced.tokens);
    expect(text.match(/Wait/g) ?? []).toHaveLength(forced.extensions);
    expect(text.includes("Final answer:")).toBe(forced.cut);
    expect(model.calls).toBe(1 + forced.extensions + (forced.cut ? 1 : 0));
    expect(forced.extensions).toBeLessThanOrEqual(extensions);
    expect(forced.tokens).toBeLessThanOrEqual((maxTokens ?? Infinity) + 3);
    // It ends for a reason: enough, often enough, cut, or no room.
    const enough = forced.tokens >= (minTokens ?? Infinity) || forced.tokens === maxTokens;
    expect(forced.cut || enough || forced.extensions === extensions).toBe(true);
    if (!forced.cut) expect(finishReason).toBe("stop");
    // And not before.
    if (forced.extensions > 0) expect(lengths[0]).toBeLessThan(Math.min(minTokens ?? Infinity, maxTokens ?? Infinity));
  });
});

test("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  expectTypeOf(stack(model, budgetForcing())).toEqualTypeOf<Model<Forced>>();
  expectTypeOf(stack(model, budgetForcing(), chainOfThought({ answer: number() }))).toEqualTypeOf<
    Model<Reasoned<number, Forced>>
  >();
  const above = stack(model, chainOfThought({ answer: number() }), budgetForcing());
  expectTypeOf(above).toEqualTypeOf<Model<Forced<Reasoned<number>>>>();
  // @ts-expect-error -- a number of times, not whether
  expect(() => budgetForcing({ extensions: true })).toThrow();
});

describe("wrong options", () => {
  const text = "must be a text that is not empty, got";

  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [{ min: 1 }, 'an option must be one of minTokens, maxTokens, extensions, word, cue, answerTokens, got "min"'],
    [{ minTokens: 0 }, "minTokens must be an integer of at least 1, got 0"],
    [{ minTokens: 1.5 }, "minTokens must be an integer of at least 1, got 1.5"],
    [{ minTokens: 5, maxTokens: 4 }, "minTokens must be an integer from 1 to 4, got 5"],
    [{ maxTokens: 0 }, "maxTokens must be an integer of at least 1, got 0"],
    [{ maxTokens: Infinity }, "maxTokens must be an integer of at least 1, got Infinity"],
    [{ extensions: 0 }, "extensions must be an integer of at least 1, got 0"],
    [{ extensions: 0, minTokens: 2 }, "extensions must be an integer of at least 1, got 0"],
    [{ extensions: 0, minTokens: 2, maxTokens: 4 }, "extensions must be an integer of at least 1, got 0"],
    [{ extensions: -1, maxTokens: 4 }, "extensions must be an integer of at least 0, got -1"],
    [{ extensions: Infinity }, "extensions must be an integer of at least 1, got Infinity"],
    [{ word: " " }, `word ${text} " "`],
    [{ word: 1 }, `word ${text} 1`],
    [{ cue: "" }, `cue ${text} an empty string`],
    [{ maxTokens: 9, answerTokens: 0 }, "answerTokens must be an integer of at least 1, got 0"],
    [{ answerTokens: 9 }, "answerTokens must be absent where there is no maxTokens, got 9"],
  ])("%j", (options, message) => {
    expect(() => budgetForcing(options as BudgetForcingOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `budgetForcing: ${message}` }),
    );
  });

  test("extensions may be 0 where the thought is to be cut", () => {
    expect(() => budgetForcing({ maxTokens: 4, extensions: 0 })).not.toThrow();
  });
});
