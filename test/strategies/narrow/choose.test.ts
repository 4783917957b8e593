import { fc, test } from "@fast-check/vitest";
import {
  Budget,
  chainOfThought,
  choose,
  compareAndSelect,
  mostConsistent,
  majorityVote,
  number,
  outline,
  ProviderError,
  InvalidOptionError,
  run,
  sampleN,
  source,
  stack,
  textOf,
  type Choice,
  type Chosen,
  type ChooseOptions,
  type Model,
  type ModelRequest,
  type Reasoned,
  type Sampled,
} from "mull";
import { middlewareLaws, scripted, type MiddlewareLawsOptions, type Script, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";
import { codesOf, failed, judgeWho, responsesShown, unread } from "./responses-shown.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });
const solve = chainOfThought({ answer: number(), askAgain: false });

/** Answers, and names a response if it is asked for one. */
const answering: Script = (_, { random }) =>
  `${"so ".repeat(random.integer(9))}Answer: ${random.integer(4)}\nChoice: ${1 + random.integer(3)}`;

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["words", (model) => stack(model, sampleN(4), choose())],
  ["answers, in rounds", (model) => stack(model, solve, sampleN(6), choose({ rounds: 3, concurrency: 2 }))],
  ["groups", (model) => stack(model, solve, sampleN(7), choose({ perPrompt: 2, rounds: 2 }))],
  ["by a vote", (model) => stack(model, sampleN(3), choose({ by: stack(model, sampleN(3), majorityVote()) }))],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, { replies: answering, ...options })) test(name, check);
});

/** `a.b.a` is three samples. */
function samplesOf(texts: string, options: object = {}): Model<Sampled> {
  const said = texts.split(".");
  return stack(
    scripted(
      said.map((text): ScriptedReply => (text === "!" ? busy : text)),
      options,
    ),
    sampleN(said.length),
  );
}

/** The same samples from a model that cannot draw them one by one; `""` is none. */
function drawn(texts: string): Model<Sampled> {
  const { id, capabilities, generate } = source("drawn", {}, async () => ({ text: "first" }));
  return {
    id,
    capabilities,
    generate: async (request, call) => {
      const first = await generate(request, call);
      const samples = texts === "" ? [] : texts.split(".").map((words) => ({ ...first, text: words }));
      return { ...first, samples, failures: [], stopped: "done" };
    },
  };
}

describe("behaviour", () => {
  type Expected = readonly [text: string, chosen: string, stopped: string, calls: number, warnings: readonly object[]];

  test.each<[what: string, samples: string, options: ChooseOptions, wishes: (string | Error)[], Expected]>([
    ["one sample: nobody is asked", "a", {}, ["a"], ["a", "a0", "done", 0, []]],
    ["all agree: nobody is asked", "a.A. a", {}, ["a"], ["a", "a0", "done", 0, []]],
    ["the judge chooses", "a.b.c", {}, ["c"], ["c", "c1 a0 b0", "done", 1, []]],
    ["against the majority, too", "a.b.a", {}, ["b"], ["b", "b1 a0", "done", 1, []]],
    ["lost samples", "a.!.b", {}, ["b"], ["b", "b1 a0", "done", 1, []]],
    ["rounds vote", "a.b.c", { rounds: 3 }, ["c", "b", "c"], ["c", "c2 b1 a0", "done", 3, []]],
    ["a tie of rounds: the one given more often", "a.b.b", { rounds: 2 }, ["a", "b"], ["b", "b1 a1", "done", 2, []]],
    ["then the one seen first", "a.b.c", { rounds: 2 }, ["c", "b"], ["b", "b1 c1 a0", "done", 2, []]],
    ["what cannot be read casts no vote", "a.b.c", { rounds: 3 }, ["?", "b", "?"], ["b", "b1 a0 c0", "done", 3, []]],
    ["what fails casts none, either", "a.b.c", { rounds: 2 }, [busy, "c"], ["c", "c1 a0 b0", "done", 2, []]],
    ["nothing can be read: the most frequent", "a.b.b", {}, ["?"], ["b", "b0 a0", "done", 1, [unread]]],
    ["the first of equals", "a.b.c", { rounds: 2 }, ["?"], ["a", "a0 b0 c0", "done", 2, [unread]]],
    ["the judge fails", "a.b.b", {}, [busy], ["b", "b0 a0", "failure", 1, [failed]]],
    ["the judge is refused", "a.b", { rounds: 3, concurrency: 1 }, [refused], ["a", "a0 b0", "failure", 1, [failed]]],
    ["two groups, then their choices", "a.b.c.d", { perPrompt: 2 }, ["d"], ["d", "d1 a0 b0 c0", "done", 3, []]],
    ["three levels", "a.b.c.d.e", { perPrompt: 2 }, ["e"], ["e", "e1 a0 b0 c0 d0", "done", 4, []]],
    ["groups in rounds", "a.b.c.d", { perPrompt: 3, rounds: 2 }, ["b"], ["b", "b2 a0 c0 d0", "done", 6, []]],
    [
      "of a group without a choice, the most frequent",
      "a.b.c.c",
      { perPrompt: 2 },
      ["?", "c"],
      ["c", "c1 a0 b0", "done", 2, []],
    ],
  ])("%s", async (_, samples, options, wishes, [text, chosen, stopped, calls, warnings]) => {
    const by = judgeWho(wishes);
    const response = await run(stack(samplesOf(samples), choose({ by, ...options })), "q");
    expect({
      text: response.text,
      chosen: response.choices.map((choice) => choice.key + String(choice.chosen)).join(" "),
      stopped: response.stopped,
      calls: by.calls,
      warnings: (response.warnings ?? []).filter(({ code }) => code !== "identical-samples"),
    }).toEqual({ text, chosen, stopped, calls, warnings });
    expect(response.samples).toHaveLength(samples.split(".").filter((sample) => sample !== "!").length);
    expect(response.failures).toHaveLength(samples.split("!").length - 1);
  });

  test("a judge that is refused in a group is asked no more", async () => {
    const by = judgeWho([refused]);
    const solver = stack(samplesOf("a.b.c.d"), choose({ by, perPrompt: 2, concurrency: 1 }));
    expect(await run(solver, "q")).toMatchObject({ text: "a", stopped: "failure", warnings: [failed] });
    expect(by.calls).toBe(1);
  });

  test("a group without a choice sends what was given most often, then what was seen first", async () => {
    for (let seed = 0; seed < 12; seed++) {
      const by = judgeWho(["?"]);
      await run(stack(samplesOf("a.b.c.c.d"), choose({ by, perPrompt: 2 })), "q", { seed });
      const [one, other, last] = by.requests.map(responsesShown);
      const sent = [one, other].map((group = []) => (group.includes("c") ? "c" : [...group].sort()[0]));
      expect(last).toEqual(sent);
    }
  });

  test("answers: each once, with its first sample and its count; the response is that sample", async () => {
    const model = scripted(["Two. Answer: 2", "One? Answer: 1", "Who knows.", "Or two. Answer: 2.0"]);
    const by = judgeWho(["Two"]);
    const response = await run(stack(model, solve, sampleN(4), choose({ by })), "q");
    expect(response).toMatchObject({ text: "Two. Answer: 2", answer: 2, key: "2", thought: "Two. Answer: 2" });
    expect(response.choices).toMatchObject([
      { index: 0, key: "2", count: 2, chosen: 1, sample: { text: "Two. Answer: 2" } },
      { index: 1, key: "1", count: 1, chosen: 0, sample: { text: "One? Answer: 1" } },
    ]);
    expect(responsesShown(by.requests[0]!)).not.toContain("Who knows.");
  });

  test("where no answer can be read, words are chosen among", async () => {
    const by = judgeWho(["y"]);
    const response = await run(stack(scripted(["x", "y", "x", " "]), solve, sampleN(4), choose({ by })), "q");
    expect(response).toMatchObject({ text: "y", answer: undefined, choices: [{ count: 1 }, { count: 2 }] });
  });

  test("the same calls: nothing to choose from", async () => {
    const call = { type: "tool-call", id: "1", name: "look", input: {} } as const;
    const by = judgeWho(["y"]);
    const model = scripted([
      { text: "", toolCalls: [call] },
      { text: "", toolCalls: [call] },
    ]);
    const response = await run(stack(model, sampleN(2), choose({ by })), "q");
    expect(response).toMatchObject({
      toolCalls: [call],
      choices: [{ key: "look({})", count: 2, chosen: 0 }],
      finishReason: "tool-calls",
    });
    expect(by.calls).toBe(0);
  });

  test("no samples at all: there is no answer", async () => {
    await expect(run(stack(drawn(""), choose()), "q")).rejects.toMatchObject({ code: "no-answer" });
  });

  test("every round sees another order, the same for the same seed", async () => {
    const orders = async (seed: number) => {
      const by = judgeWho(["b"]);
      await run(stack(samplesOf("a.b.c.d.e"), choose({ by, rounds: 4 })), "q", { seed });
      return by.requests.map((request) => responsesShown(request).join(""));
    };
    const first = await orders(1);
    expect(new Set(first).size).toBeGreaterThan(1);
    expect(first.every((order) => [...order].sort().join("") === "abcde")).toBe(true);
    expect(await orders(1)).toEqual(first);
    expect(await orders(2)).not.toEqual(first);
  });

  test("identical samples are worth a warning", async () => {
    expect(codesOf(await run(stack(samplesOf("a.a.a"), choose()), "q"))).toEqual(["identical-samples"]);
  });

  test("options of the judge that turn out wrong are no failure of a judgement", async () => {
    const wrong = new InvalidOptionError("judge", "x", "y", 1);
    await expect(run(stack(samplesOf("a.b"), choose({ by: judgeWho([wrong]) })), "q")).rejects.toBe(wrong);
  });
});

describe("what the judge sees", () => {
  const ask = async (options: ChooseOptions<Reasoned<number>> = {}, request: ModelRequest | string = "How many?") => {
    const model = scripted(["Two. Answer: 2", "One. Answer: 1", "Or two. Answer: 2"]);
    const by = judgeWho(["One"]);
    await run(stack(model, solve, sampleN(3), choose({ by, ...options })), frozen(request));
    return by.requests[0]!;
  };

  test("the question, each answer once with its count, and the task", async () => {
    const { messages, ...rest } = await ask(
      {},
      { messages: [{ role: "user", content: "How many?" }], temperature: 0.3 },
    );
    expect(rest).toEqual({});
    expect(messages).toHaveLength(1);
    const [message] = messages;
    const two = "(given 2 times)\nTwo. Answer: 2";
    const one = "One. Answer: 1";
    const list = [`# Response 1 ${two}\n\n# Response 2\n${one}`, `# Response 1\n${one}\n\n# Response 2 ${two}`].map(
      (responses) =>
        `# Question\nHow many?\n\n${responses}\n\n# Task\n${mostConsistent} End with "Choice: " and the number of that response.`,
    );
    expect(list).toContain(message?.content);
  });

  test.each<[what: string, ChooseOptions<Reasoned<number>>, shown: string[]]>([
    ["text", { show: "text" }, ["One. Answer: 1", "Two. Answer: 2"]],
    ["answers alone", { show: "answer" }, ["1", "2"]],
    ["words of your own", { show: ({ answer = 0 }) => `<${answer * 10}>` }, ["<10>", "<20>"]],
  ])("%s", async (_, options, shown) => {
    expect([...responsesShown(await ask(options))].sort()).toEqual(shown);
  });

  test("an answer that is a text is shown as it was given; words without an answer as they are", async () => {
    const by = judgeWho(["?"]);
    await run(
      stack(scripted(["Answer: Rio", "Answer: Bonn"]), chainOfThought(), sampleN(2), choose({ by, show: "answer" })),
      "q",
    );
    await run(stack(samplesOf("X.Y"), choose({ by, show: "answer" })), "q");
    expect(by.requests.map((request) => [...responsesShown(request)].sort().join())).toEqual(["Bonn,Rio", "X,Y"]);
  });

  test("another instruction", async () => {
    const { messages } = await ask({ instruction: compareAndSelect });
    expect(textOf(messages[0]!)).toContain(`# Task\n${compareAndSelect} End with "Choice: "`);
  });

  test("a conversation, and the files in it", async () => {
    const file = { type: "file", mediaType: "image/png", data: "AAAA" } as const;
    const { messages } = await ask(
      {},
      {
        messages: [
          { role: "system", content: "Be kind." },
          { role: "user", content: [{ type: "text", text: "What is this?" }, file] },
        ],
      },
    );
    expect(messages[0]?.content).toMatchObject([{ type: "text" }, file]);
    expect(textOf(messages[0]!)).toContain("# Conversation\nsystem: Be kind.\n\nuser: What is this?\n\n# Response 1");
  });

  test("what the answer was begun with is shown", async () => {
    const by = judgeWho(["?"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], prefill: "So: " };
    await run(stack(samplesOf("a.b"), choose({ by })), request);
    expect([...responsesShown(by.requests[0]!)].sort()).toEqual(["So: a", "So: b"]);
    expect(by.requests[0]).not.toHaveProperty("prefill");
  });

  test("by default the model beneath all layers is asked, past them", async () => {
    const model = scripted((request) => (responsesShown(request).length > 0 ? "Choice: 2" : `Answer: ${model.calls}`));
    const { choices, usage } = await run(stack(model, solve, sampleN(2), choose()), "q");
    expect(model.calls).toBe(3);
    expect(model.requests[2]?.messages[0]?.content).not.toContain("step by step");
    expect(choices[0]?.chosen).toBe(1);
    expect(usage).toMatchObject({ calls: 3, judging: { calls: 1 } });
  });

  test("a judge may be a stack that reads answers, and votes", async () => {
    const judge = scripted(["Answer: 1", "Answer: 2", "Answer: 2"]);
    const by = stack(judge, chainOfThought(), sampleN(3), majorityVote());
    const response = await run(stack(samplesOf("a.b"), choose({ by })), "q");
    expect(response.choices[0]?.chosen).toBe(1);
    expect(responsesShown(judge.requests[0]!)[1]).toBe(response.text);
    expect(response.usage).toMatchObject({ calls: 5, judging: { calls: 3 } });
  });

  test("a show that gives no text", async () => {
    const solver = stack(samplesOf("a.b"), choose({ show: () => 1 as never }));
    await expect(run(solver, "q")).rejects.toMatchObject({
      code: "invalid-option",
      message: "choose: what show returns must be a text, got 1",
    });
  });
});

describe("out of budget or time", () => {
  test.each<[what: string, budget: object, text: string, stopped: string, samples: number, judged: number]>([
    ["a call is kept back for the judge", { calls: 4 }, "c", "budget", 3, 1],
    ["of next to nothing, nothing is", { calls: 1 }, "a", "budget", 1, 0],
    ["the time ends while samples are drawn", { ms: 250 }, "b", "deadline", 2, 0],
    ["the time ends in the judgement", { ms: 550 }, "b", "deadline", 5, 1],
  ])("%s", async (_, budget, text, stopped, samples, judged) => {
    const by = judgeWho(["c"], { latencyMs: 100 });
    const said = ["a", "b", "c", "b", "d"];
    const sampler = stack(scripted(said, { latencyMs: 100 }), sampleN(5, { concurrency: 1 }));
    const { response } = await traced(stack(sampler, choose({ by })), "q", { budget });
    // After two samples, one each, the first of them is the most frequent.
    expect(response).toMatchObject({ text: samples === 2 ? "a" : text, stopped });
    expect(response.samples).toHaveLength(samples);
    expect(by.calls).toBe(judged);
    expect(codesOf(response)).toEqual([]);
  });

  test.each([40, 100, 300, 700])("a budget of %i tokens is enough for a sample", async (tokens) => {
    const { response } = await traced(stack(samplesOf("a.b.c"), choose({ by: judgeWho(["c"]) })), "q", {
      budget: { tokens },
    });
    expect(response.samples.length).toBeGreaterThan(0);
  });

  test("rounds that were judged before the budget ended count", async () => {
    const by = judgeWho(["c", "c"]);
    const { response } = await traced(stack(samplesOf("a.b.c"), choose({ by, rounds: 9, concurrency: 1 })), "q", {
      budget: { calls: 5 },
    });
    expect(response).toMatchObject({
      text: "c",
      stopped: "budget",
      samples: { length: 3 },
      choices: [{ chosen: 2 }, {}, {}],
    });
  });

  test("what is kept back in tokens is enough to read all samples", async () => {
    const words = (letter: string) => `w${letter}rd `.repeat(100).trim();
    const judged = async (tokens: number) => {
      const by = judgeWho(["wcrd", "wbrd"]);
      const sampler = stack(
        scripted((_, __, index) => words("abcdefgh"[index]!)),
        sampleN(8, { concurrency: 1 }),
      );
      const { response } = await traced(stack(sampler, choose({ by })), "q", { budget: { tokens } });
      return [response.samples.length, by.calls, response.stopped];
    };
    expect(await judged(4000)).toEqual([8, 1, "done"]);
    const [samples, calls, stopped] = await judged(1200);
    expect([calls, stopped]).toEqual([1, "budget"]);
    expect(samples).toBeGreaterThan(1);
  });

  test("what was kept back and not needed is there again", async () => {
    const budget = new Budget({ calls: 10 });
    await run(stack(samplesOf("a.a.a"), choose()), "q", { budget });
    expect(budget.left.calls).toBe(7);
  });

  test("no judgement can be paid: the most frequent, without a warning", async () => {
    const { response } = await traced(stack(drawn("a.b.b"), choose()), "q", { budget: { calls: 1 } });
    expect(response).toMatchObject({ text: "b", stopped: "budget" });
    expect(codesOf(response)).toEqual([]);
  });

  test("before the first sample there is nothing to return", async () => {
    const solver = stack(samplesOf("a.b", { latencyMs: 100 }), choose());
    await expect(traced(solver, "q", { budget: { ms: 50 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("cancellation", () => {
  test.each([
    ["while samples are drawn", 50, 20],
    ["in the judgements", 150, 22],
  ])("%s", async (_, ms, calls) => {
    const model = scripted(["a", "b"], { latencyMs: 100 });
    const by = judgeWho(["a"], { latencyMs: 100 });
    const solver = stack(model, sampleN(2), choose({ by, rounds: 2 }));
    expect(await giveUp(solver, ms, () => 10 * model.calls + by.calls)).toBe(calls);
  });

  test("before it begins", async () => {
    const model = scripted(["a"]);
    await giveUpBefore(stack(model, sampleN(2), choose()), () => model.calls);
  });
});

test("the trace: samples, then judgements in their order, all of them thoughts", async () => {
  const by = judgeWho(["a"], { latencyMs: (index) => 100 - 50 * index });
  const { trace, events } = await traced(stack(samplesOf("a.b"), choose({ by, rounds: 2 })));
  expect(trace.filter((line) => /^(start|sample)/.test(line))).toEqual([
    "start choose",
    "start choose/sampleN/#0/scripted",
    "sample choose/sampleN",
    "start choose/sampleN/#1/scripted",
    "sample choose/sampleN",
    "start choose/judge/#0/judge",
    "sample choose/judge",
    "start choose/judge/#1/judge",
    "sample choose/judge",
  ]);
  expect(events.every((event) => event.type !== "delta" || !event.output)).toBe(true);
});

test("outline", () => {
  const sampler = stack(scripted(["a"], { id: "m" }), sampleN(4));
  expect(
    outline(stack(sampler, choose({ perPrompt: 3, rounds: 2 })), { inputTokens: 100, outputTokens: 10 }).split("\n"),
  ).toEqual([
    "choose (perPrompt = 3, rounds = 2)  ≤ 10 calls, ≤ 1,580 tokens",
    "└─ sampleN (n = 4)                  ≤ 4 calls, ≤ 440 tokens",
    "   └─ m                             ≤ 1 call, ≤ 110 tokens",
  ]);
  const by = stack(scripted(["a"], { id: "j" }), sampleN(2));
  expect(outline(stack(sampler, choose({ by })), { inputTokens: 100, outputTokens: 10 }).split("\n")[0]).toContain(
    "≤ 6 calls, ≤ 840 tokens",
  );
});

describe("its own laws", () => {
  test.prop([
    fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), { minLength: 1, maxLength: 12 }),
    fc.integer({ min: 2, max: 5 }),
    fc.integer({ min: 1, max: 3 }),
    fc.constantFrom("a", "b", "c", "d", "e", "f", "g"),
  ])(
    "who is always named is chosen, whatever the groups; never more than perPrompt are shown",
    async (texts, perPrompt, rounds, wish) => {
      const by = judgeWho([wish]);
      const response = await run(stack(samplesOf(texts.join(".")), choose({ by, perPrompt, rounds })), "q");
      const different = new Set(texts).size;
      if (texts.includes(wish)) {
        expect(response.text).toBe(wish);
        expect(response.choices[0]?.chosen).toBe(different === 1 ? 0 : rounds);
      }
      for (const request of by.requests) {
        const { length } = responsesShown(request);
        expect(length).toBeGreaterThan(1);
        expect(length).toBeLessThanOrEqual(perPrompt);
      }
      if (different === 1) expect(by.calls).toBe(0);
      else if (different <= perPrompt) expect(by.calls).toBe(rounds);
    },
  );

  test.prop([fc.constantFrom("Answer: 1", "?"), fc.integer({ min: 0, max: 1000 })])(
    "one sample: nothing changes",
    async (reply, latencyMs) => {
      const build = () => stack(scripted([reply], { latencyMs }), solve);
      const { response: alone } = await traced(build());
      const { response: chosen } = await traced(stack(build(), sampleN(1), choose()));
      expect(chosen).toMatchObject({ ...alone });
    },
  );
});

describe("types", () => {
  const model: Model = scripted(["Answer: 1"]);

  test("samples in, one of them out", () => {
    const solver = stack(model, solve, sampleN(3), choose());
    expectTypeOf(solver).toEqualTypeOf<Model<Chosen<Reasoned<number>>>>();
    expectTypeOf(solver.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
    expectTypeOf(solver.generate)
      .returns.resolves.toHaveProperty("choices")
      .toExtend<readonly Choice<Reasoned<number>>[]>();
    // @ts-expect-error -- a model that does not sample
    compiles(() => stack(model, choose()));
  });

  test("show sees the type of the sample", () => {
    stack(
      model,
      solve,
      sampleN(3),
      choose({
        show: (sample) => {
          expectTypeOf(sample.answer).toEqualTypeOf<number | undefined>();
          return sample.thought;
        },
      }),
    );
  });
});

describe("wrong options", () => {
  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [{ model: 1 }, 'an option must be one of by, perPrompt, rounds, show, instruction, concurrency, got "model"'],
    [{ by: "gpt" }, 'by must be a model, got "gpt"'],
    [{ perPrompt: 1 }, "perPrompt must be an integer of at least 2, got 1"],
    [{ perPrompt: Infinity }, "perPrompt must be an integer of at least 2, got Infinity"],
    [{ rounds: 0 }, "rounds must be an integer of at least 1, got 0"],
    [{ rounds: 1.5 }, "rounds must be an integer of at least 1, got 1.5"],
    [{ show: "thought" }, `show must be 'text', 'answer' or a function of a sample, got "thought"`],
    [{ instruction: " " }, 'instruction must be a text that is not empty, got " "'],
    [{ instruction: 1 }, "instruction must be a text that is not empty, got 1"],
    [{ concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
  ])("%j", (options, message) => {
    expect(() => choose(options as ChooseOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `choose: ${message}` }),
    );
  });
});
