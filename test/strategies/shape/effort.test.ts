import { fc, test } from "@fast-check/vitest";
import {
  chainOfThought,
  effort,
  effortWords,
  InvalidOptionError,
  majorityVote,
  number,
  outline,
  ProviderError,
  run,
  sampleN,
  stack,
  type Effort,
  type EffortAttempt,
  type EffortOptions,
  type Model,
  type ModelRequest,
  type Reasoned,
  type ToolCallPart,
  type Tried,
} from "mull";
import { middlewareLaws, scripted, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const levels: readonly Effort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const busy = new ProviderError("overloaded", { status: 503 });
const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "weather", input: {} };
const levelFailed = {
  code: "effort-failed",
  message: "a further level of effort failed: the best so far is returned",
};
const enoughFailed = {
  code: "enough-failed",
  message: "what says whether a response is enough failed: the best so far is returned",
};
const knobless = { capabilities: { effort: false } } as const;
const inWords = {
  code: "downgrade",
  message: "scripted has no knob for its effort: it is asked for in words",
  capability: "effort",
};
const cut: ScriptedReply = { text: "so far", finishReason: "length" };

/** Its answers are read, and not asked for again. */
const reads = chainOfThought({ answer: number(), instruction: "", askAgain: false });

const one = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: "user", content: "q" }],
  ...more,
});

describe.each<[what: string, layer: (model: Model) => Model, replies?: ScriptedReply[]]>([
  ["one level", effort("high")],
  ["levels, the first is enough", (model) => stack(model, reads, effort({ levels: ["low", "high"] }))],
  [
    "levels, few are enough",
    (model) => stack(model, reads, effort({ levels: ["none", "medium", "max"] })),
    ["Hm.", "No idea.", cut, "Answer: 2"],
  ],
  [
    "levels, by what a judge says",
    (model) =>
      stack(
        model,
        effort({
          levels: ["low", "medium", "high"],
          enough: async ({ text }, call) => {
            const { text: said } = await model.generate(one(), call);
            return said.length > text.length;
          },
        }),
      ),
  ],
  ["over a vote", (model) => stack(model, reads, sampleN(3), majorityVote(), effort({ levels: ["low", "high"] }))],
  [
    "tool calls",
    effort({ levels: ["low", "high"], enough: () => false }),
    ["Answer: 1", { text: "", toolCalls: [toolCall] }],
  ],
])("laws, %s", (_, layer, replies) => {
  for (const { name, check } of middlewareLaws(layer, { replies })) test(name, check);
});

describe("laws, a model without the knob", () => {
  const layer = (model: Model) => stack(model, reads, effort({ levels: ["low", "high"] }));
  for (const { name, check } of middlewareLaws(layer, { ...knobless, replies: ["Hm.", "Answer: 1", cut] })) {
    test(name, check);
  }
});

describe("one level", () => {
  test.each(levels)("%s, for a model that has the knob", async (level) => {
    const model = scripted(["24"], { capabilities: { effort: true } });
    const response = await run(stack(model, effort(level)), frozen(one({ temperature: 0.5 })));
    expect(model.requests).toEqual([one({ temperature: 0.5, effort: level })]);
    expect(response).toMatchObject({ text: "24", effort: level, attempts: [{ effort: level }] });
    expect(response.warnings).toBeUndefined();
    expect(response.stopped).toBeUndefined();
  });

  test("a model of which nothing is known is given it, too", async () => {
    const model = scripted(["24"]);
    await run(stack(model, effort("low")), "q");
    expect(model.requests[0]?.effort).toBe("low");
  });

  test.each(levels)("%s, for a model that has none, in words", async (level) => {
    const model = scripted(["24"], knobless);
    const { response, events } = await traced(stack(model, effort(level)), frozen(one()));
    expect(model.requests.map(({ messages }) => messages)).toEqual([
      [{ role: "user", content: `q\n\n${effortWords[level]}` }],
    ]);
    expect("effort" in (model.requests[0] ?? {})).toBe(false);
    expect(response.warnings).toEqual([inWords]);
    expect(events.filter(({ type }) => type === "downgrade")).toEqual([
      { type: "downgrade", path: ["effort"], capability: "effort", message: inWords.message },
    ]);
  });

  test("the words are different from level to level", () => {
    expect(new Set(levels.map((level) => effortWords[level])).size).toBe(levels.length);
  });

  test("words of one's own, as far as they are given", async () => {
    const model = scripted(["1", "2"], { ...knobless, repeat: true });
    const words = { low: "Quick.", none: "", high: undefined };
    for (const level of ["low", "none", "high"] as const) {
      await run(stack(model, effort({ levels: [level], words })), "q");
    }
    expect(model.requests.map(({ messages }) => messages[0]?.content)).toEqual([
      "q\n\nQuick.",
      "q",
      `q\n\n${effortWords.high}`,
    ]);
  });

  test("its words are output, and its path is its own", async () => {
    const { events, trace } = await traced(stack(scripted(["a b"]), effort("low")));
    expect(trace).toEqual(["start effort", "start effort/scripted", "end effort/scripted", "end effort"]);
    expect(events.filter(({ type }) => type === "delta").every((event) => "output" in event && event.output)).toBe(
      true,
    );
  });

  test("warnings from beneath stay", async () => {
    const warning = { code: "a", message: "one" };
    const model = scripted([{ text: "24", warnings: [warning] }], knobless);
    expect((await run(stack(model, effort("low")), "q")).warnings).toEqual([warning, inWords]);
  });

  test("a response that was not read is returned as it is", async () => {
    const model = scripted(["Hm."]);
    const response = await run(stack(model, reads, effort("low")), "q");
    expect([response.answer, response.stopped, model.calls]).toEqual([undefined, undefined, 1]);
  });

  test("enough is not asked of one level", async () => {
    const model = scripted(["24"]);
    const enough = () => {
      throw new Error("asked");
    };
    expect((await run(stack(model, effort({ levels: ["low"], enough })), "q")).stopped).toBeUndefined();
  });
});

describe("a request that names an effort keeps it", () => {
  test.each([true, undefined, false])("knob: %s", async (knob) => {
    const model = scripted(["Hm.", "24"], { capabilities: knob === undefined ? {} : { effort: knob } });
    const response = await run(stack(model, reads, effort({ levels: ["low", "high"] })), one({ effort: "max" }));
    expect(model.calls).toBe(1);
    expect(response).toMatchObject({ effort: "max", attempts: [{ effort: "max" }] });
    expect(model.requests[0]?.effort).toBe(knob === false ? undefined : "max");
    const content = JSON.stringify(model.requests[0]?.messages);
    expect(content.includes(effortWords.max)).toBe(knob === false);
    const message = inWords.message.replace("scripted", "chainOfThought(scripted)");
    expect(response.warnings).toEqual(knob === false ? [{ ...inWords, message }] : undefined);
  });
});

describe("the output cap", () => {
  const caps = { low: 100, high: 2_000 };
  test.each<[what: string, request: ModelRequest, knob: boolean, sent: (number | undefined)[]]>([
    ["is that of the level", one(), true, [100, undefined, 2_000]],
    ["in words, too", one(), false, [100, undefined, 2_000]],
    ["is that of the request where it has one", one({ maxOutputTokens: 7 }), true, [7, 7, 7]],
  ])("%s", async (_, request, knob, sent) => {
    const model = scripted(["Hm.", "Hm.", "24"], { capabilities: { effort: knob } });
    const layer = effort<Reasoned<number>>({ levels: ["low", "medium", "high"], maxOutputTokens: caps });
    await run(stack(model, reads, layer), request);
    expect(model.requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual(sent);
  });

  test("is left alone without the option", async () => {
    const model = scripted(["24"]);
    await run(stack(model, effort("max")), "q");
    expect("maxOutputTokens" in (model.requests[0] ?? {})).toBe(false);
  });
});

describe("several levels", () => {
  const low: Effort[] = ["low"];
  const both: Effort[] = ["low", "high"];
  const all: Effort[] = ["low", "high", "max"];

  test.each<
    [
      what: string,
      replies: ScriptedReply[],
      options: Partial<EffortOptions<Reasoned<number>>>,
      expected: Partial<Tried<Reasoned<number>>>,
      asked: Effort[],
    ]
  >([
    ["the first is enough", ["Answer: 24"], {}, { answer: 24, effort: "low", stopped: "ok" }, low],
    ["an unread answer is not", ["Hm.", "Answer: 24"], {}, { answer: 24, effort: "high", stopped: "ok" }, both],
    [
      "a cut one is not, though it was read",
      [{ text: "Answer: 2", finishReason: "length" }, "Answer: 24"],
      {},
      { answer: 24, effort: "high", stopped: "ok" },
      both,
    ],
    ["none is: the last", ["Hm.", "Hm?", "Hm!"], {}, { text: "Hm!", effort: "max", stopped: "limit" }, all],
    [
      "the last that was read",
      ["Answer: 1", "Answer: 2", "Hm."],
      { enough: () => false },
      { answer: 2, effort: "high", stopped: "limit" },
      all,
    ],
    [
      "the last that was not cut",
      ["Answer: 1", cut, { text: "Answer: 3", finishReason: "length" }],
      { enough: () => false },
      { answer: 1, effort: "low", stopped: "limit" },
      all,
    ],
    [
      "enough is what the user says",
      ["Answer: 1", "Answer: 5", "Answer: 6"],
      { enough: ({ answer = 0 }) => answer > 4 },
      { answer: 5, effort: "high", stopped: "ok" },
      both,
    ],
    [
      "also of one that was not read",
      ["Answer: 1", "Hm."],
      { enough: async ({ text }) => Promise.resolve(text === "Hm.") },
      { text: "Hm.", effort: "high", stopped: "ok" },
      both,
    ],
    [
      "a later level that fails: the best so far, with a warning",
      ["Hm.", busy],
      {},
      { text: "Hm.", effort: "low", stopped: "failure", warnings: [levelFailed] },
      both,
    ],
    [
      "enough that fails: the same",
      ["Answer: 1", "Answer: 2"],
      {
        enough: ({ answer }) => {
          if (answer === 2) throw new Error("broken");
          return false;
        },
      },
      { answer: 2, effort: "high", stopped: "failure", warnings: [enoughFailed] },
      both,
    ],
    [
      "tool calls are passed on at once",
      ["Hm.", { text: "Answer: 5", toolCalls: [toolCall] }, "Answer: 6"],
      { enough: () => false },
      { toolCalls: [toolCall], answer: undefined, effort: "high", stopped: "done" },
      both,
    ],
  ])("%s", async (_, replies, options, expected, asked) => {
    const model = scripted(replies);
    const response = await run(stack(model, reads, effort({ levels: all, ...options })), frozen(one()));
    expect(response).toMatchObject(expected);
    expect(model.requests.map((request) => request.effort)).toEqual(asked);
    expect(response.attempts.map((attempt) => attempt.effort)).toEqual(
      expected.stopped === "failure" && expected.effort === "low" ? ["low"] : asked,
    );
    expect(response.attempts.find((attempt) => attempt.effort === response.effort)?.response.text).toBe(response.text);
    expect(response.warnings).toEqual(expected.warnings);
  });

  test("without a reader of answers, only what was cut is not enough", async () => {
    const model = scripted([cut, "whatever"]);
    const response = await run(stack(model, effort({ levels: ["low", "high"] })), "q");
    expect([response.text, response.stopped]).toEqual(["whatever", "ok"]);
  });

  test("the first level's failure is thrown", async () => {
    await expect(run(stack(scripted([busy, "24"]), effort({ levels: ["low", "high"] })), "q")).rejects.toBe(busy);
  });

  test("each level sees the question alone", async () => {
    const model = scripted(["Hm.", "Answer: 1"], knobless);
    const response = await run(
      stack(model, effort({ levels: ["low", "high"], enough: ({ text }) => text !== "Hm." })),
      "q",
    );
    expect(model.requests.map(({ messages }) => messages)).toEqual([
      [{ role: "user", content: `q\n\n${effortWords.low}` }],
      [{ role: "user", content: `q\n\n${effortWords.high}` }],
    ]);
    expect(response.warnings).toEqual([inWords]);
  });

  test("what a judge spends is counted as judging", async () => {
    const model = scripted(["23", "no", "24", "yes"]);
    const layer = effort({
      levels: ["low", "high"],
      enough: async ({ text }, call) => {
        const request = { messages: [{ role: "user", content: `Is ${text} right?` }] } as const;
        return (await model.generate(request, call)).text === "yes";
      },
    });
    const response = await run(stack(model, layer), "q");
    expect(response).toMatchObject({ effort: "high", stopped: "ok", usage: { calls: 4, judging: { calls: 2 } } });
  });

  test("what says neither yes nor no is an error", async () => {
    const enough = () => "yes" as unknown as boolean;
    const solver = stack(scripted(["24", "24"]), effort({ levels: ["low", "high"], enough }));
    const error: unknown = await run(solver, "q").catch((thrown: unknown) => thrown);
    expect(InvalidOptionError.is(error) && error.message).toBe(
      'effort: what enough returns must be true or false, got "yes"',
    );
  });

  test("they are thoughts, each in its place", async () => {
    const solver = stack(scripted(["Hm.", "Answer: 24"]), reads, effort({ levels: ["low", "high"] }));
    const { trace, events } = await traced(solver);
    expect(trace).toEqual([
      "start effort",
      "start effort/low/chainOfThought",
      "start effort/low/chainOfThought/scripted",
      "end effort/low/chainOfThought/scripted",
      "end effort/low/chainOfThought",
      "start effort/high/chainOfThought",
      "start effort/high/chainOfThought/scripted",
      "end effort/high/chainOfThought/scripted",
      "end effort/high/chainOfThought",
      "end effort",
    ]);
    expect(events.some((event) => event.type === "delta" && event.output)).toBe(false);
  });
});

describe("out of budget or time", () => {
  test.each<[string, object, string]>([
    ["calls", { calls: 1 }, "budget"],
    ["tokens", { tokens: 30 }, "budget"],
    ["time", { ms: 150 }, "deadline"],
  ])("%s: the best so far", async (_, budget, stopped) => {
    const model = scripted(["Hm.", "Answer: 24"], { latencyMs: 100 });
    const { response } = await traced(stack(model, reads, effort({ levels: ["low", "high"] })), "q", { budget });
    expect(response).toMatchObject({ text: "Hm.", effort: "low", stopped, usage: { calls: 1 } });
    expect(response.warnings).toBeUndefined();
  });

  test("before the first there is nothing to return", async () => {
    const solver = stack(scripted(["24"]), effort({ levels: ["low", "high"] }));
    await expect(run(solver, "q", { budget: { tokens: 2 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("cancellation", () => {
  test.each([
    ["in the first level", 50, 1],
    ["in the second level", 150, 2],
  ])("%s", async (_, ms, calls) => {
    const model = scripted(["Hm.", "Answer: 24"], { latencyMs: 100 });
    const solver = stack(model, reads, effort({ levels: ["low", "high"] }));
    expect(await giveUp(solver, ms, () => model.calls)).toBe(calls);
  });

  test("while enough thinks, and does not listen", async () => {
    const model = scripted(["24", "24"], { latencyMs: 100 });
    const enough = () => new Promise<boolean>(() => undefined);
    expect(await giveUp(stack(model, effort({ levels: ["low", "high"], enough })), 150, () => model.calls)).toBe(1);
  });

  test("before", async () => {
    const model = scripted(["24"]);
    await giveUpBefore(stack(model, effort("low")), () => model.calls);
  });
});

test("outline", () => {
  const model = scripted(["x"], { id: "m" });
  expect(outline(stack(model, effort({ levels: ["low", "medium", "high"] }))).split("\n")).toEqual([
    "effort (low → medium → high)  ≤ 3 calls, ≤ 4,572 tokens",
    "└─ m                          ≤ 1 call, ≤ 1,524 tokens",
  ]);
  expect(outline(stack(scripted(["x"], knobless), effort("low")))).toContain("effort (low)  ≤ 1 call, ≤ 1,564 tokens");
});

describe("its own law", () => {
  const line = fc.constantFrom<ScriptedReply>("Answer: 24", "so it is", cut, busy);

  test.prop([fc.tuple(line, line, line), fc.subarray([...levels], { minLength: 2, maxLength: 3 })])(
    "it goes up as long as there is no whole answer, and returns what it has",
    async (replies, wanted) => {
      const model = scripted([...replies]);
      const response = await run(stack(model, reads, effort({ levels: wanted })), "q").catch(() => undefined);
      const said = replies.slice(0, wanted.length);
      const end = said.findIndex((reply) => reply === "Answer: 24" || reply === busy);
      expect(model.calls).toBe(end < 0 ? wanted.length : end + 1);
      expect(model.requests.map((request) => request.effort)).toEqual(wanted.slice(0, model.calls));
      if (said[0] === busy) {
        expect(response).toBeUndefined();
        return;
      }
      expect(response?.answer).toBe(said[end] === "Answer: 24" ? 24 : undefined);
      expect(response?.stopped).toBe(end < 0 ? "limit" : said[end] === busy ? "failure" : "ok");
    },
  );
});

test("types", () => {
  const model: Model = scripted(["Answer: 24"]);
  expectTypeOf(stack(model, effort("low"))).toEqualTypeOf<Model<Tried>>();
  const solver = stack(model, chainOfThought({ answer: number() }), effort({ levels: ["low", "high"] }));
  expectTypeOf(solver).toEqualTypeOf<Model<Tried<Reasoned<number>>>>();
  expectTypeOf(solver.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  expectTypeOf(solver.generate)
    .returns.resolves.toHaveProperty("attempts")
    .toEqualTypeOf<readonly EffortAttempt<Reasoned<number>>[]>();
  stack(
    model,
    chainOfThought({ answer: number() }),
    effort({ levels: ["low", "high"], enough: ({ answer }) => (answer ?? 0) > 1 }),
  );
  // @ts-expect-error -- no level
  compiles(() => effort("enormous"));
});

const known = "one of none, minimal, low, medium, high, xhigh, max";
test.each<[options: unknown, message: string]>([
  ["enormous", `the level must be ${known}, got "enormous"`],
  [null, "options must be an object, got null"],
  [undefined, "options must be an object, got undefined"],
  [{ level: "low" }, 'an option must be one of levels, enough, maxOutputTokens, words, got "level"'],
  [{}, "levels must be a list of at least one level, got undefined"],
  [{ levels: [] }, "levels must be a list of at least one level, got an empty array"],
  [{ levels: "low" }, 'levels must be a list of at least one level, got "low"'],
  [{ levels: ["low", "enormous"] }, `levels[1] must be ${known}, got "enormous"`],
  [{ levels: ["low", "low"] }, 'levels[1] must be above low, got "low"'],
  [{ levels: ["none", "high", "medium"] }, 'levels[2] must be above high, got "medium"'],
  [{ levels: ["low"], enough: true }, "enough must be a function of a response, got true"],
  [{ levels: ["low"], maxOutputTokens: 100 }, "maxOutputTokens must be an object with a value for each level, got 100"],
  [{ levels: ["low"], maxOutputTokens: { low: 0 } }, "maxOutputTokens.low must be an integer of at least 1, got 0"],
  [{ levels: ["low"], maxOutputTokens: { little: 1 } }, `a level of maxOutputTokens must be ${known}, got "little"`],
  [{ levels: ["low"], words: ["a"] }, "words must be an object with a value for each level, got an array"],
  [{ levels: ["low"], words: { low: 1 } }, "words.low must be a text, got 1"],
  [{ levels: ["low"], words: { little: "a" } }, `a level of words must be ${known}, got "little"`],
])("wrong options: %j", (options, message) => {
  expect(() => effort(options as EffortOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `effort: ${message}` }),
  );
});
