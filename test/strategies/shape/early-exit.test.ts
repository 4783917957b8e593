import { fc, test } from "@fast-check/vitest";
import {
  budgetForcing,
  chainOfThought,
  choice,
  earlyExit,
  majorityVote,
  number,
  outline,
  ProviderError,
  run,
  sampleN,
  stack,
  text,
  type EarlyExitOptions,
  type Exited,
  type Model,
  type ModelRequest,
  type ToolCallPart,
} from "mull";
import { middlewareLaws, scripted, type MiddlewareLawsOptions, type ScriptedReply } from "mull/testing";
import { problems, tiny } from "mull/tiny";
import { describe, expect, expectTypeOf } from "vitest";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const capabilities = { prefill: true };
const busy = new ProviderError("overloaded", { status: 503 });
const cut = { finishReason: "length" } as const;
const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "weather", input: {} };
const asksFor = 'Think step by step before you answer. End with "Answer: " and the number.';
const failed = {
  code: "thinking-cut",
  message: "a call failed in the middle of the thought: the answer so far is returned",
};

/** Thinks `thought` word by word; the k-th probe gets the k-th answer, the last one for ever. */
const thinker = (thought: string, answers: readonly ScriptedReply[], more: object = {}) => {
  let probes = 0;
  return scripted(
    ({ prefill = "" }) => {
      if (!/(?:Final answer:|boxed\{)$/.test(prefill)) return thought.slice(prefill.length);
      return answers[Math.min(probes++, answers.length - 1)]!;
    },
    { capabilities, ...more },
  );
};
const words = (count: number): string => Array.from({ length: count }, (_, i) => `w${i + 1}`).join(" ");
/** 12 words of thought, and an answer of 2. */
const ends = `${words(12)} Answer: 24`;

const exits = (model: Model, options: Partial<EarlyExitOptions<number>> = {}) =>
  stack(model, earlyExit({ answer: number(), every: 4, ...options }));

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["a long thought", (model) => exits(model, { maxTokens: 20 })],
  ["a short one", (model) => exits(model, { every: 20 })],
  ["agreeing at once", (model) => exits(model, { agree: 1, every: 2 })],
  ["a limit", (model) => exits(model, { every: 3, agree: 9, maxTokens: 5 })],
  ["no answers", (model) => exits(model, { every: 2, maxTokens: 8 }), { replies: ["Hm.", "Who can say that now?"] }],
  ["beneath a vote", (model) => stack(exits(model, { maxTokens: 12 }), sampleN(3), majorityVote())],
  [
    "tool calls",
    (model) => exits(model, { maxTokens: 6 }),
    { replies: ["one two three four five", { text: "I look.", toolCalls: [toolCall] }] },
  ],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, { capabilities, ...options })) test(name, check);
});

describe("behaviour", () => {
  type Keys = (string | undefined)[];

  test.each<
    [
      what: string,
      thought: string,
      answers: ScriptedReply[],
      options: Partial<EarlyExitOptions<number>>,
      expected: Partial<Exited<number>>,
      keys: Keys,
      calls: number,
    ]
  >([
    [
      "three probes agree",
      words(40),
      [" 24"],
      {},
      {
        text: `${words(12)}\nFinal answer: 24`,
        thought: words(12),
        answer: 24,
        key: "24",
        exited: true,
        stopped: "decided",
      },
      ["24", "24", "24"],
      6,
    ],
    [
      "another answer begins anew",
      words(40),
      [" 7", " 24", " 24", " 7", " 7", " 7"],
      {},
      { text: `${words(24)}\nFinal answer: 7`, answer: 7, exited: true },
      ["7", "24", "24", "7", "7", "7"],
      12,
    ],
    [
      "two that agree are enough, if so said",
      words(40),
      [" 24"],
      { agree: 2 },
      { text: `${words(8)}\nFinal answer: 24`, exited: true },
      ["24", "24"],
      4,
    ],
    [
      "the first one that can be read, if so said",
      words(40),
      [" hard to say", " 24"],
      { agree: 1 },
      { text: `${words(8)}\nFinal answer: 24`, exited: true },
      [undefined, "24"],
      4,
    ],
    [
      "what cannot be read agrees with nothing",
      words(40),
      [" 24", " 24", " none", " 24", " 24", " 24"],
      {},
      { thought: words(24), exited: true },
      ["24", "24", undefined, "24", "24", "24"],
      12,
    ],
    [
      "who hedges agrees with nobody",
      words(40),
      [" 24", " 24", " 24\nWait, no", " 24", " 24", " 24"],
      {},
      { thought: words(24), exited: true },
      ["24", "24", "24", "24", "24", "24"],
      12,
    ],
    [
      "two that hedge do not, either",
      words(12),
      [" 24\nHmm", " 24\nhold on", " 24\nI am not sure"],
      { agree: 1 },
      { text: `${words(12)}\nFinal answer: 24\nI am not sure`, exited: false, stopped: "done" },
      ["24", "24", "24"],
      6,
    ],
    [
      "the model ends by itself",
      ends,
      [" 7"],
      { agree: 9 },
      { text: ends, thought: ends, answer: 24, key: "24", exited: false, stopped: "done", finishReason: "stop" },
      ["7", "7", "7"],
      7,
    ],
    ["and at once", "Answer: 24", ["?"], {}, { text: "Answer: 24", answer: 24, exited: false, stopped: "done" }, [], 1],
    [
      "it ends without an answer: it is asked for",
      words(3),
      [" 24"],
      { agree: 1 },
      { text: `${words(3)}\nFinal answer: 24`, thought: words(3), answer: 24, exited: false, stopped: "done" },
      ["24"],
      2,
    ],
    [
      "and if there is none, there is none",
      words(3),
      [" who knows"],
      {},
      { text: words(3), answer: undefined, key: undefined, exited: false, stopped: "done", finishReason: "stop" },
      [undefined],
      2,
    ],
    [
      "too long",
      words(40),
      [" 1", " 2", " 3", " 4"],
      { maxTokens: 10 },
      { text: `${words(10)}\nFinal answer: 3`, answer: 3, exited: false, stopped: "limit", finishReason: "stop" },
      ["1", "2", "3"],
      6,
    ],
    [
      "the last answer that could be read",
      words(40),
      [" 1", " 2", " none"],
      { maxTokens: 10 },
      { text: `${words(10)}\nFinal answer: 2`, answer: 2, stopped: "limit" },
      ["1", "2", undefined],
      6,
    ],
    [
      "no answer in the end",
      "a b c d e f",
      [" none"],
      { maxTokens: 4 },
      { text: "a b c d", answer: undefined, key: undefined, stopped: "limit", finishReason: "length" },
      [undefined],
      2,
    ],
    [
      "a cue of your own, of which the answer is a part",
      words(40),
      ["24}"],
      { cue: "\\boxed{" },
      { text: `${words(12)}\n\\boxed{24}`, answer: 24, exited: true },
      ["24", "24", "24"],
      6,
    ],
    [
      "a long answer is cut",
      words(40),
      [` 24 ${words(40)}`],
      { agree: 1, probeTokens: 3 },
      { text: `${words(4)}\nFinal answer: 24 w1 w2`, answer: 24, finishReason: "stop" },
      ["24"],
      2,
    ],
    [
      "at 20 tokens by default",
      words(40),
      [` 24 ${words(40)}`],
      { agree: 1 },
      { text: `${words(4)}\nFinal answer: 24 ${words(19)}` },
      ["24"],
      2,
    ],
    [
      "a lost chunk",
      words(40),
      [" 24", " 24"],
      { agree: 9 },
      { text: `${words(8)}\nFinal answer: 24`, answer: 24, exited: false, stopped: "failure", warnings: [failed] },
      ["24", "24"],
      5,
    ],
    [
      "a lost probe",
      words(40),
      [" 24", busy],
      {},
      { text: `${words(8)}\nFinal answer: 24`, answer: 24, exited: false, stopped: "failure", warnings: [failed] },
      ["24"],
      4,
    ],
    [
      "before any probe could be read, what is written is read",
      "The answer is 24, I think, but let me check",
      [busy],
      {},
      { text: "The answer is 24,", answer: 24, stopped: "failure", warnings: [failed] },
      [],
      2,
    ],
  ])("%s", async (what, thought, answers, options, expected, keys, calls) => {
    let chunks = 0;
    const breaks = what === "a lost chunk";
    const whole = thinker(thought, answers);
    const model: Model = {
      ...whole,
      generate: (request, call) => {
        if (call.path.at(-1)?.startsWith("chunk") === true && breaks && ++chunks === 3)
          return lost.generate(request, call);
        return whole.generate(request, call);
      },
    };
    const lost = scripted([busy]);
    const response = await run(exits(model, options), "q");
    expect(response).toMatchObject(expected);
    expect(response.probes.map(({ key }) => key)).toEqual(keys);
    if (expected.warnings === undefined) expect(response.warnings).toBeUndefined();
    expect(whole.calls + lost.calls).toBe(calls);
    expect(response.usage.calls + (response.usage.failed?.calls ?? 0)).toBe(calls);
  });

  test("probes say where they stand, and are judging", async () => {
    const { probes, usage } = await run(exits(thinker(words(40), [" 7", " 24"])), "q");
    expect(probes).toEqual([
      { tokens: 4, key: "7" },
      { tokens: 8, key: "24" },
      { tokens: 12, key: "24" },
      { tokens: 16, key: "24" },
    ]);
    expect(usage).toMatchObject({ calls: 8, outputTokens: 16 + 4, judging: { calls: 4, outputTokens: 4 } });
  });

  test("64 tokens and three probes by default", async () => {
    const { thought, probes } = await run(stack(thinker(words(999), [" 24"]), earlyExit({ answer: number() })), "q");
    expect(thought).toBe(words(192));
    expect(probes.map(({ tokens }) => tokens)).toEqual([64, 128, 192]);
  });

  test("the output cap of the request ends the thought", async () => {
    const model = thinker(words(40), [" 1", " 2", " 3"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], maxOutputTokens: 6 };
    expect(await run(exits(model), request)).toMatchObject({ thought: words(6), answer: 2, stopped: "limit" });
    expect(model.requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([4, 20, 2, 20]);
  });

  test("a model that writes nothing more has ended", async () => {
    const model = scripted([{ ...cut, text: " a b" }, " 1", { ...cut, text: "" }, " 2"], { capabilities });
    const reply = await run(exits(model, { every: 2 }), { messages: [{ role: "user", content: "q" }], prefill: "So" });
    expect(reply).toMatchObject({ text: " a b\nFinal answer: 2", answer: 2, stopped: "done" });
  });

  test("logprobs, parts and warnings of all chunks come together", async () => {
    const warning = { code: "w", message: "m" };
    const model = scripted(
      [
        { ...cut, text: "a", logprobs: [{ token: "a", logprob: -1 }], content: [{ type: "text", text: "a" }] },
        "none",
        { text: " b. Answer: 2", logprobs: [{ token: " b", logprob: -2 }], warnings: [warning] },
      ],
      { capabilities },
    );
    expect(await run(exits(model), "q")).toMatchObject({
      text: "a b. Answer: 2",
      logprobs: [{ token: "a" }, { token: " b" }],
      content: [{ text: "a" }, { text: " b. Answer: 2" }],
      warnings: [warning],
    });
  });

  test.each<[what: string, reply: ScriptedReply]>([
    ["at once", { text: "I look. Answer: 5", toolCalls: [toolCall] }],
    ["or says 'stop'", { text: "", toolCalls: [toolCall], finishReason: "stop" }],
  ])("a response that calls tools is passed on: %s", async (_, reply) => {
    const model = scripted([reply, " x"], { capabilities });
    const response = await run(exits(model, { every: 20 }), "q");
    expect(response).toMatchObject({ ...(reply as object), exited: false, stopped: "done", probes: [] });
    expect(response.answer).toBeUndefined();
    expect(response.key).toBeUndefined();
    expect(model.calls).toBe(1);
  });

  test("so is one in the middle of the thought", async () => {
    const model = scripted([{ ...cut, text: "a b c d" }, " 24", { text: " e", toolCalls: [toolCall] }], {
      capabilities,
    });
    const response = await run(exits(model, { every: 20 }), "q");
    expect(response).toMatchObject({ text: "a b c d e", toolCalls: [toolCall], finishReason: "tool-calls" });
    expect(response.answer).toBeUndefined();
  });

  test("a probe that calls tools all the same says nothing", async () => {
    const model = thinker(words(8), [{ text: " 24", toolCalls: [toolCall] }]);
    expect((await run(exits(model), "q")).probes.map(({ key }) => key)).toEqual([undefined, undefined]);
  });

  test("other answers", async () => {
    const solver = (answer: string) => thinker(words(40), [answer]);
    const one = await run(stack(solver(" (B)"), earlyExit({ answer: choice(["A", "B"]), every: 2 })), "q");
    expect(one).toMatchObject({ answer: "B", exited: true });
    const two = await run(stack(solver(" Paris"), earlyExit({ answer: text(), every: 2 })), "q");
    expect(two).toMatchObject({ answer: "Paris", key: "paris" });
  });

  test("a first chunk that fails fails", async () => {
    const model = scripted([busy], { capabilities });
    await expect(run(exits(model), "q")).rejects.toBe(busy);
  });
});

describe("what the model must be able to do", () => {
  test.each([{}, { prefill: false }])("%j: refused when the stack is built", (lacking) => {
    const model = scripted(["a"], { capabilities: lacking });
    expect(() => exits(model)).toThrow(
      expect.objectContaining({
        code: "capability",
        capability: "prefill",
        model: "scripted",
        message:
          "earlyExit needs a model that goes on with a text, and scripted is not known to continue a started answer",
      }),
    );
  });

  test("a thought that is kept apart cannot be left", async () => {
    const model = scripted([{ text: "x y z", reasoning: "a b" }], { capabilities });
    await expect(run(exits(model), "q")).rejects.toMatchObject({
      code: "capability",
      message:
        "earlyExit needs a model that goes on with a text, and scripted keeps its thought apart from its text, where it cannot be continued",
    });
    const silent = scripted([{ text: "x y z", reasoning: "a b c d" }], { capabilities });
    await expect(run(exits(silent), "q")).rejects.toMatchObject({ code: "malformed-response" });
    // One that is over need not be.
    const whole = scripted([{ text: "Answer: 24", reasoning: "a" }], { capabilities });
    expect(await run(exits(whole), "q")).toMatchObject({ answer: 24, thought: "a", stopped: "done" });
  });
});

describe("what the model sees", () => {
  const question = { role: "user", content: `q\n\n${asksFor}` } as const;

  test("the same prompt, with more and more of the thought", async () => {
    const model = thinker(words(40), [" 24"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], temperature: 0.5 };
    await run(exits(model, { agree: 2 }), frozen(request));
    const asked = { messages: [question], temperature: 0.5 };
    expect(model.requests).toEqual([
      { ...asked, maxOutputTokens: 4 },
      { ...asked, maxOutputTokens: 20, prefill: `${words(4)}\nFinal answer:` },
      { ...asked, maxOutputTokens: 4, prefill: words(4) },
      { ...asked, maxOutputTokens: 20, prefill: `${words(8)}\nFinal answer:` },
    ]);
  });

  test.each([
    ["", 'End with "Answer: " and the number.'],
    ["Be brief.", 'Be brief. End with "Answer: " and the number.'],
  ])("another instruction: %j", async (instruction, expected) => {
    const model = scripted(["Answer: 24"], { capabilities });
    await run(exits(model, { instruction }), "q");
    expect(model.requests[0]?.messages).toEqual([{ role: "user", content: `q\n\n${expected}` }]);
  });

  test("what was started already is a part of the thought", async () => {
    const model = thinker(`So: ${words(12)}`, [" 24"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], prefill: "So: " };
    expect((await run(exits(model, { agree: 1 }), frozen(request))).text).toBe(`${words(4)}\nFinal answer: 24`);
    expect(model.requests.map(({ prefill }) => prefill)).toEqual(["So: ", `So: ${words(4)}\nFinal answer:`]);

    const begun = scripted(["4"], { capabilities });
    expect((await run(exits(begun), { ...request, prefill: "Answer: 2" })).answer).toBe(24);
  });

  test("a request with a schema is asked whole", async () => {
    const model = scripted([{ text: "{} Answer: 24 or so", reasoning: "r" }], { capabilities, repeat: true });
    const request: ModelRequest = {
      messages: [{ role: "user", content: "q" }],
      schema: { jsonSchema: { type: "object" } },
    };
    const response = await run(exits(model), request);
    expect(response).toMatchObject({ answer: 24, stopped: "done", probes: [], warnings: [{ code: "not-probed" }] });
    expect(model.requests).toEqual([{ ...request, messages: [question] }]);
    await run(exits(model, { maxTokens: 3 }), request);
    expect(model.requests[1]?.maxOutputTokens).toBe(3);

    // A model without schemas answers in words.
    const plain = thinker(words(40), [" 24"], { capabilities: { ...capabilities, schema: false } });
    expect((await run(exits(plain), request)).exited).toBe(true);
  });

  test("probes must not call tools", async () => {
    const tools = [{ name: "weather", description: "d", inputSchema: { type: "object" } }];
    const model = thinker(words(40), [" 24"]);
    await run(exits(model, { agree: 1 }), { messages: [{ role: "user", content: "q" }], tools });
    expect(model.requests.map(({ toolChoice }) => toolChoice)).toEqual([undefined, "none"]);
    await run(exits(model, { agree: 1 }), { messages: [{ role: "user", content: "q" }], tools: [] });
    expect(model.requests[3]).not.toHaveProperty("toolChoice");
  });
});

describe("out of budget or time", () => {
  test.each<[what: string, budget: object, text: string, answer: number | undefined, stopped: string]>([
    ["calls, before a chunk", { calls: 4 }, `${words(8)}\nFinal answer: 24`, 24, "budget"],
    ["calls, before a probe", { calls: 3 }, `${words(8)}\nFinal answer: 24`, 24, "budget"],
    ["calls, before the first probe", { calls: 1 }, words(4), undefined, "budget"],
    ["tokens", { outputTokens: 21 }, `${words(8)}\nFinal answer: 24`, 24, "budget"],
    ["time, in a chunk", { ms: 450 }, `${words(8)}\nFinal answer: 24`, 24, "deadline"],
    ["time, in a probe", { ms: 350 }, `${words(8)}\nFinal answer: 24`, 24, "deadline"],
  ])("the last answer is returned: %s", async (_, budget, expected, answer, stopped) => {
    const model = thinker(words(40), [" 24"], { latencyMs: 100 });
    const { response } = await traced(exits(model, { agree: 9 }), "q", { budget });
    expect(response).toMatchObject({ text: expected, exited: false, stopped });
    expect(response.answer).toBe(answer);
    expect(response.warnings).toBeUndefined();
  });

  test("before the first chunk there is nothing to return", async () => {
    const solver = exits(thinker(ends, [" 24"]));
    await expect(run(solver, "q", { budget: { tokens: 5 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("cancellation", () => {
  test.each([
    ["in the first chunk", 50, 1],
    ["in a probe", 150, 2],
    ["in a later chunk", 250, 3],
  ])("%s", async (_, ms, calls) => {
    const model = thinker(words(40), [" 24"], { latencyMs: 100 });
    expect(await giveUp(exits(model), ms, () => model.calls)).toBe(calls);
  });

  test("before", async () => {
    const model = thinker(words(40), [" 24"]);
    await giveUpBefore(exits(model), () => model.calls);
  });
});

describe("trace", () => {
  test("paths", async () => {
    const { trace } = await traced(exits(thinker(words(40), [" 24"]), { agree: 2 }));
    expect(trace).toEqual([
      "start earlyExit",
      "start earlyExit/chunk/scripted",
      "end earlyExit/chunk/scripted",
      "start earlyExit/probe/scripted",
      "end earlyExit/probe/scripted",
      "start earlyExit/chunk:2/scripted",
      "end earlyExit/chunk:2/scripted",
      "start earlyExit/probe:2/scripted",
      "end earlyExit/probe:2/scripted",
      "end earlyExit",
    ]);
  });

  test.each<[what: string, thought: string]>([
    ["left", words(40)],
    ["ended by itself", ends],
  ])("the words that are told as output join to the text, probes are thoughts: %s", async (_, thought) => {
    const { events, response } = await traced(exits(thinker(thought, [" 7", " 24"])));
    const deltas = events.filter((event) => event.type === "delta");
    const told = (output: boolean) => deltas.filter((delta) => delta.output === output).map((delta) => delta.text);
    expect(told(true).join("")).toBe(response.text);
    expect(told(false)).toEqual(response.probes.map(({ key }) => ` ${key}`));
  });

  test("in a sample all of it is a thought", async () => {
    const { events } = await traced(stack(exits(thinker(words(40), [" 24"])), sampleN(2)));
    const deltas = events.filter((event) => event.type === "delta");
    expect(deltas.some(({ text: told }) => told?.includes("Final answer:"))).toBe(true);
    expect(deltas.some(({ output }) => output)).toBe(false);
  });
});

test("outline", () => {
  const model = scripted(["x"], { id: "m", capabilities });
  // Chunks at 0 and 64 of 100 tokens, a probe of 20 after each: 4 prompts of 550, and what was thought before.
  const written = 64 + 20 + 36 + 20;
  const read = 4 * 550 + 2 * 64;
  expect(outline(stack(model, earlyExit({ answer: number(), maxTokens: 100 }))).split("\n")).toEqual([
    `earlyExit (every = 64, agree = 3)  ≤ 4 calls, ≤ ${(written + read).toLocaleString("en-US")} tokens`,
    "└─ m                               ≤ 1 call, ≤ 1,524 tokens",
  ]);
  expect(outline(stack(model, earlyExit({ answer: number() })))).toContain("≤ 32 calls");
});

describe("its own laws", () => {
  const answers = fc.array(fc.constantFrom(" 1", " 2", " none"), { minLength: 30, maxLength: 30 });

  test.prop([answers, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 })])(
    "it leaves at the first probe that ends such a row, and not before",
    async (said, every, agree, length) => {
      const thought = words(length);
      const {
        probes,
        exited,
        stopped,
        thought: left,
        answer,
      } = await run(exits(thinker(thought, said), { every, agree }), "q");
      const keys = said.map((word) => (word === " none" ? undefined : word.trim()));
      const ends = keys.findIndex((key, i) => {
        const row = keys.slice(Math.max(0, i + 1 - agree), i + 1);
        return row.length === agree && key !== undefined && row.every((other) => other === key);
      });
      // After the last chunk the answer is asked for, and then it is done whatever the row.
      const chunks = Math.ceil(length / every);
      const expected = ends + 1 < chunks && ends >= 0 ? ends + 1 : chunks;
      expect(probes.map(({ key }) => key)).toEqual(keys.slice(0, expected));
      expect(exited).toBe(expected < chunks);
      expect(stopped).toBe(exited ? "decided" : "done");
      expect(left).toBe(words(Math.min(length, expected * every)));
      const last = keys.slice(0, expected).findLast((key) => key !== undefined);
      expect(answer).toBe(last === undefined ? undefined : Number(last));
    },
  );

  test("in chunks the embedded model writes what it writes at once", async () => {
    const model = await tiny();
    const whole = stack(model, chainOfThought({ answer: number() }));
    for (const { question } of problems({ seed: 5, count: 6 })) {
      const request: ModelRequest = { messages: [{ role: "user", content: question }], temperature: 0 };
      const { text: expected, answer } = await run(whole, request);
      for (const every of [5, 8]) {
        expect(await run(exits(model, { every, agree: 99 }), request)).toMatchObject({ text: expected, answer });
      }
    }
  });
});

test("types", () => {
  const model: Model = scripted(["Answer: 1"], { capabilities });
  expectTypeOf(stack(model, earlyExit({ answer: number() }))).toEqualTypeOf<Model<Exited<number>>>();
  expectTypeOf(stack(model, earlyExit({ answer: choice(["A", "B"]) })).generate)
    .returns.resolves.toHaveProperty("answer")
    .toEqualTypeOf<"A" | "B" | undefined>();
  expectTypeOf(stack(model, budgetForcing(), earlyExit({ answer: number() })).generate).returns.resolves.toHaveProperty(
    "forced",
  );
  // @ts-expect-error -- probes need an answer that can be compared
  expect(() => earlyExit({})).toThrow();
});

describe("wrong options", () => {
  const answer = number();
  const noAnswer = "answer must be an answer, such as number() or choice([…]), got";

  test.each<[options: unknown, message: string]>([
    [undefined, "options must be an object, got undefined"],
    [
      { answer, each: 1 },
      'an option must be one of answer, instruction, every, agree, maxTokens, cue, probeTokens, got "each"',
    ],
    [{}, `${noAnswer} undefined`],
    [{ answer: number }, `${noAnswer} a function`],
    [{ answer, instruction: 1 }, "instruction must be a text, got 1"],
    [{ answer, every: 0 }, "every must be an integer of at least 1, got 0"],
    [{ answer, every: 1.5 }, "every must be an integer of at least 1, got 1.5"],
    [{ answer, agree: 0 }, "agree must be an integer of at least 1, got 0"],
    [{ answer, maxTokens: 0 }, "maxTokens must be an integer of at least 1, got 0"],
    [{ answer, probeTokens: 0 }, "probeTokens must be an integer of at least 1, got 0"],
    [{ answer, cue: " " }, 'cue must be a text that is not empty, got " "'],
    [{ answer, cue: 1 }, "cue must be a text that is not empty, got 1"],
  ])("%j", (options, message) => {
    expect(() => earlyExit(options as EarlyExitOptions<number>)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `earlyExit: ${message}` }),
    );
  });
});
