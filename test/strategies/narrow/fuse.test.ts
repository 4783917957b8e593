import { fc, test } from "@fast-check/vitest";
import {
  Budget,
  chainOfThought,
  fuse,
  majorityVote,
  number,
  outline,
  ProviderError,
  InvalidOptionError,
  run,
  sampleN,
  source,
  stack,
  synthesize,
  textOf,
  type Fused,
  type FuseOptions,
  type Model,
  type ModelRequest,
  type Reasoned,
  type Sampled,
} from "mull";
import {
  middlewareLaws,
  scripted,
  type MiddlewareLawsOptions,
  type ScriptedOptions,
  type ScriptedReply,
} from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";
import { codesOf, responsesShown, wordsOf } from "./responses-shown.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });
const solve = chainOfThought({ answer: number(), askAgain: false });
const said = { text: "x", finishReason: "stop" } as const;
const failed = {
  code: "fusion-failed",
  message: "a synthesis failed, or could not be read: the one before, or else the answer given most often, is returned",
};

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["words", (model) => stack(model, sampleN(3), fuse())],
  ["answers", (model) => stack(model, solve, sampleN(5, { concurrency: 2 }), fuse())],
  ["a window", (model) => stack(model, solve, sampleN(5), fuse({ window: 2 }))],
  ["by another", (model) => stack(model, sampleN(3), fuse({ by: stack(model, sampleN(3), majorityVote()) }))],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, options)) test(name, check);
});

/** `a.b.a` is three samples. */
function samplesOf(texts: string, options: ScriptedOptions = {}): Model<Sampled> {
  const said = texts.split(".");
  return stack(
    scripted(
      said.map((words): ScriptedReply => (words === "!" ? busy : words)),
      options,
    ),
    sampleN(said.length),
  );
}

/** Samples from a model that cannot draw them one by one. */
function drawn(texts: readonly string[]): Model<Sampled> & { readonly requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  const { id, capabilities, generate } = source("drawn", {}, async () => ({ text: "first" }));
  return {
    id,
    capabilities,
    requests,
    generate: async (request, call) => {
      requests.push(request);
      const first = await generate(request, call);
      const samples =
        responsesShown(request).length > 0 ? [{ ...first, text: "fused" }] : texts.map((text) => ({ ...first, text }));
      return { ...first, samples, failures: [], stopped: "done" };
    },
  };
}

describe("behaviour", () => {
  type Expected = readonly [text: string, fused: boolean, stopped: string, calls: number, warnings: readonly object[]];

  test.each<[what: string, samples: string, options: FuseOptions, replies: ScriptedReply[], Expected]>([
    ["one sample: nothing to fuse", "a", {}, ["x"], ["a", false, "done", 0, []]],
    ["all agree: nothing to fuse", "a.A. a", {}, ["x"], ["a", false, "done", 0, []]],
    ["one call reads them all", "a.b.c.d", {}, ["x"], ["x", true, "done", 1, []]],
    ["it may repeat one of them", "a.b", {}, ["b"], ["b", true, "done", 1, []]],
    ["lost samples", "a.!.b", {}, ["x"], ["x", true, "done", 1, []]],
    ["it fails: the most frequent sample", "a.b.b", {}, [busy], ["b", false, "failure", 1, [failed]]],
    ["the first of equals", "a.b", {}, [refused], ["a", false, "failure", 1, [failed]]],
    ["it says nothing", "a.b.b", {}, [" \n"], ["b", false, "failure", 1, [failed]]],
    ["it calls tools", "a.b.b", {}, [{ text: "x", finishReason: "tool-calls" }], ["b", false, "failure", 1, [failed]]],
    ["a window of 2", "a.b.c.d", { window: 2 }, ["x", "y", "z"], ["z", true, "done", 3, []]],
    ["a window of 3", "a.b.c.d.e", { window: 3 }, ["x", "y"], ["y", true, "done", 2, []]],
    ["one that is left", "a.b.c.d", { window: 3 }, ["x", "y"], ["y", true, "done", 2, []]],
    ["a window wide enough", "a.b.c", { window: 3 }, ["x"], ["x", true, "done", 1, []]],
    ["a later one fails: the one before", "a.b.c", { window: 2 }, ["x", busy], ["x", true, "failure", 2, [failed]]],
    ["the first fails: a sample", "a.b.b.c", { window: 2 }, [busy], ["b", false, "failure", 1, [failed]]],
  ])("%s", async (_, samples, options, replies, [text, fused, stopped, calls, warnings]) => {
    const by = scripted(replies, { id: "by" });
    const response = await run(stack(samplesOf(samples), fuse({ by, ...options })), "q");
    expect({
      text: response.text,
      fused: response.fused,
      stopped: response.stopped,
      calls: by.calls,
      warnings: (response.warnings ?? []).filter(({ code }) => code !== "identical-samples"),
    }).toEqual({ text, fused, stopped, calls, warnings });
    expect(response.samples).toHaveLength(samples.split(".").filter((sample) => sample !== "!").length);
    expect(response.failures).toHaveLength(samples.split("!").length - 1);
    // It writes the answer: that is no judging.
    expect(response.usage.judging?.calls ?? 0).toBe(0);
  });

  test("by default it comes from where the samples come from: thought through, with its answer read", async () => {
    const model = scripted(["Answer: 1", "Answer: 2", "Both are wrong. Answer: 3"]);
    const response = await run(stack(model, solve, sampleN(2), fuse()), "q");
    expect(response).toMatchObject({ text: "Both are wrong. Answer: 3", answer: 3, key: "3", fused: true });
    expect(response.samples.map(({ answer }) => answer)).toEqual([1, 2]);
    expect(model.calls).toBe(3);
  });

  test("fields of the synthesis are kept, and the warnings of its layers", async () => {
    const by = scripted([{ text: "x", extra: 1, warnings: [{ code: "own", message: "m" }] } as ScriptedReply]);
    const response = await run(stack(samplesOf("a.b"), fuse({ by })), "q");
    expect(response).toMatchObject({ extra: 1, warnings: [{ code: "own" }] });
  });

  test("an answer that cannot be read does not replace one that can", async () => {
    const model = scripted(["Answer: 1", "Answer: 2", "Answer: 2", "Who knows."]);
    const response = await run(stack(model, solve, sampleN(3), fuse()), "q");
    expect(response).toMatchObject({
      text: "Answer: 2",
      answer: 2,
      fused: false,
      stopped: "failure",
      warnings: [failed],
    });
    // Where none can be read, words are all there is.
    const words = scripted(["a", "b", "c"]);
    expect(await run(stack(words, solve, sampleN(2), fuse()), "q")).toMatchObject({
      text: "c",
      fused: true,
      answer: undefined,
    });
  });

  test("over a model that draws all at once it is asked once more", async () => {
    const model = drawn(["a", "b"]);
    expect(await run(stack(model, fuse()), "q")).toMatchObject({
      text: "fused",
      samples: [{ text: "a" }, { text: "b" }],
    });
    expect(model.requests).toHaveLength(2);
  });

  test("no samples at all: there is no answer", async () => {
    await expect(run(stack(drawn([]), fuse()), "q")).rejects.toMatchObject({ code: "no-answer" });
  });

  test("options that turn out wrong are no failure of a synthesis", async () => {
    const wrong = new InvalidOptionError("by", "x", "y", 1);
    await expect(run(stack(samplesOf("a.b"), fuse({ by: scripted([wrong]) })), "q")).rejects.toBe(wrong);
    await expect(run(stack(samplesOf("a.b"), fuse({ show: () => 1 as never })), "q")).rejects.toMatchObject({
      message: "fuse: what show returns must be a text, got 1",
    });
  });
});

describe("what the model sees", () => {
  test("the question, each answer once with its count, and the task; then what the layers beneath add", async () => {
    const model = scripted(["Two. Answer: 2", "One. Answer: 1", "Who knows.", "Or two. Answer: 2", "Answer: 2"]);
    const request: ModelRequest = {
      messages: [
        { role: "system", content: "s" },
        { role: "user", content: "How many?" },
      ],
      temperature: 0.3,
    };
    await run(stack(model, solve, sampleN(4), fuse()), frozen(request));
    const { messages, ...rest } = model.requests.at(-1)!;
    expect(rest).toEqual({ temperature: 0.3 });
    const list = "# Response 1 (given 2 times)\nTwo. Answer: 2\n\n# Response 2\nOne. Answer: 1";
    expect(messages[0]).toEqual(request.messages[0]);
    expect(textOf(messages[1]!)).toMatch(`How many?\n\n${list}\n\n# Task\n${synthesize}\n\nThink step by step`);
  });

  test("in a window: what was made before, and the next", async () => {
    const by = scripted(["x", "y"]);
    await run(stack(samplesOf("a.b.c.c.d"), fuse({ by, window: 3, instruction: "Mix." })), "q");
    expect(by.requests.map(responsesShown)).toEqual([
      ["a", "b", "c"],
      ["x", "d"],
    ]);
    expect(wordsOf(by.requests[0]!)).toContain("# Response 3 (given 2 times)\nc");
    expect(wordsOf(by.requests[1]!)).toContain("# Response 1 (made of earlier responses)\nx");
    expect(wordsOf(by.requests[1]!)).toContain("# Task\nMix.");
  });

  test("answers alone, or words of your own", async () => {
    const shown = async (options: FuseOptions<Reasoned<number>>) => {
      const model = scripted(["It is Answer: 1", "Answer: 2", "Answer: 3"]);
      await run(stack(model, solve, sampleN(2), fuse(options)), "q");
      return responsesShown(model.requests[2]!);
    };
    expect(await shown({ show: "answer" })).toEqual(["1", "2"]);
    expect(await shown({ show: ({ answer = 0 }) => `<${answer}>` })).toEqual(["<1>", "<2>"]);
  });

  test("tools stay in sight, but it is not to call any; a prefill begins all of them", async () => {
    const tool = { name: "look", description: "d", inputSchema: { type: "object" } } as const;
    const by = scripted(["x"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], tools: [tool], prefill: "So: " };
    await run(stack(samplesOf("a.b"), fuse({ by })), frozen(request));
    expect(by.requests[0]).toMatchObject({ tools: [tool], toolChoice: "none", prefill: "So: " });
    expect(responsesShown(by.requests[0]!)).toEqual(["So: a", "So: b"]);
  });
});

describe("out of budget or time", () => {
  test.each<[what: string, budget: object, text: string, stopped: string, samples: number, calls: number]>([
    ["a call is kept back for it", { calls: 4 }, "x", "budget", 3, 1],
    ["of next to nothing, nothing is", { calls: 1 }, "a", "budget", 1, 0],
    ["the time ends while samples are drawn", { ms: 350 }, "b", "deadline", 3, 0],
    ["the time ends in the synthesis", { ms: 450 }, "b", "deadline", 4, 1],
  ])("%s", async (_, budget, text, stopped, samples, calls) => {
    const by = scripted(["x"], { latencyMs: 100 });
    const sampler = stack(scripted(["a", "b", "b", "c"], { latencyMs: 100 }), sampleN(4, { concurrency: 1 }));
    const { response } = await traced(stack(sampler, fuse({ by })), "q", { budget });
    expect(response).toMatchObject({ text, stopped, fused: text === "x" });
    expect(response.samples).toHaveLength(samples);
    expect(by.calls).toBe(calls);
    expect(codesOf(response)).toEqual([]);
  });

  test.each([40, 100, 300, 700])("a budget of %i tokens is enough for a sample", async (tokens) => {
    const sampler = stack(scripted(["a a a a", "b b b b", "c c c c"]), sampleN(3, { concurrency: 1 }));
    const { response } = await traced(stack(sampler, fuse({ by: scripted(["x"]) })), "q", { budget: { tokens } });
    expect(response.samples.length).toBeGreaterThan(0);
  });

  test("in a later window, what was made before is returned", async () => {
    const by = scripted(["x", "y", "z"], { latencyMs: 100 });
    const { response } = await traced(stack(samplesOf("a.b.c.d"), fuse({ by, window: 2 })), "q", {
      budget: { ms: 250 },
    });
    expect(response).toMatchObject({ text: "y", fused: true, stopped: "deadline" });
  });

  test("where the writing itself ended early, that is said", async () => {
    const by: Model = {
      ...scripted(["x"]),
      generate: async (_, call) => ({ ...said, usage: call.usage, stopped: "budget" }),
    };
    expect(await run(stack(samplesOf("a.b"), fuse({ by })), "q")).toMatchObject({
      text: "x",
      stopped: "budget",
      fused: true,
    });
    const decided: Model = { ...by, generate: async (_, call) => ({ ...said, usage: call.usage, stopped: "decided" }) };
    expect(await run(stack(samplesOf("a.b"), fuse({ by: decided })), "q")).toMatchObject({ stopped: "done" });
  });

  test("what was kept back and not needed is there again", async () => {
    const budget = new Budget({ calls: 10 });
    await run(stack(samplesOf("a.a.a"), fuse()), "q", { budget });
    expect(budget.left.calls).toBe(7);
  });

  test("what is kept back in tokens is enough to read all samples", async () => {
    const by = scripted(["x"]);
    const words = (letter: string) => `w${letter}rd `.repeat(100).trim();
    const sampler = stack(
      scripted((_, __, index) => words("abcdefgh"[index]!)),
      sampleN(8, { concurrency: 1 }),
    );
    const { response } = await traced(stack(sampler, fuse({ by })), "q", { budget: { tokens: 1200 } });
    expect(response).toMatchObject({ text: "x", fused: true, stopped: "budget" });
    expect(response.samples.length).toBeGreaterThan(1);
  });

  test("before the first sample there is nothing to return", async () => {
    const solver = stack(samplesOf("a.b", { latencyMs: 100 }), fuse());
    await expect(traced(solver, "q", { budget: { ms: 50 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("cancellation", () => {
  test.each([
    ["while samples are drawn", 50, 3],
    ["in the first synthesis", 150, 4],
    ["in the second", 250, 5],
  ])("%s", async (_, ms, calls) => {
    const model = scripted(["a", "b", "c", "x", "y"], { latencyMs: 100 });
    const solver = stack(model, sampleN(3), fuse({ window: 2 }));
    expect(await giveUp(solver, ms, () => model.calls)).toBe(calls);
  });

  test("before it begins", async () => {
    const model = scripted(["a"]);
    await giveUpBefore(stack(model, sampleN(2), fuse()), () => model.calls);
  });
});

test("while it streams, only the last synthesis is output", async () => {
  const by = scripted(["x x", "y y"], { id: "by" });
  const { trace, events } = await traced(stack(samplesOf("a.b.c"), fuse({ by, window: 2 })));
  expect(trace.filter((line) => line.startsWith("start fuse/fusion"))).toEqual([
    "start fuse/fusion/by",
    "start fuse/fusion:2/by",
  ]);
  const output = events.flatMap((event) => (event.type === "delta" && event.output ? [event.text] : []));
  expect(output.join("")).toBe("y y");
  const own = await traced(stack(scripted(["a", "b", "c c"]), sampleN(2), fuse()));
  expect(own.trace.filter((line) => line.startsWith("start"))).toEqual([
    "start fuse",
    "start fuse/sampleN/#0/scripted",
    "start fuse/sampleN/#1/scripted",
    "start fuse/fusion/sampleN/#0/scripted",
  ]);
  expect(own.events.flatMap((event) => (event.type === "delta" && event.output ? [event.text] : [])).join("")).toBe(
    "c c",
  );
});

test("outline", () => {
  const sampler = stack(scripted(["a"], { id: "m" }), sampleN(4));
  const sizes = { inputTokens: 100, outputTokens: 10 };
  // Who can draw only all of its samples would draw them all once more.
  expect(outline(stack(sampler, fuse()), sizes).split("\n")).toEqual([
    "fuse                ≤ 8 calls, ≤ 1,360 tokens",
    "└─ sampleN (n = 4)  ≤ 4 calls, ≤ 440 tokens",
    "   └─ m             ≤ 1 call, ≤ 110 tokens",
  ]);
  const by = scripted(["a"], { id: "by" });
  expect(outline(stack(sampler, fuse({ by, window: 2 })), sizes).split("\n")[0]).toBe(
    "fuse (window = 2)   ≤ 7 calls, ≤ 1,070 tokens",
  );
});

describe("its own laws", () => {
  test.prop([
    fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), { minLength: 1, maxLength: 12 }),
    fc.integer({ min: 2, max: 6 }),
  ])("every different answer is shown once, in ceil((M - 1) / (w - 1)) calls of at most w", async (texts, window) => {
    const by = scripted((_, __, index) => `made ${index}`);
    const response = await run(stack(samplesOf(texts.join(".")), fuse({ by, window })), "q");
    const different = [...new Set(texts)];
    expect(by.calls).toBe(Math.ceil((different.length - 1) / (window - 1)));
    const shown = by.requests.map(responsesShown);
    expect(shown.every(({ length }) => length >= 2 && length <= window)).toBe(true);
    const samples = shown.flat().filter((words) => !words.startsWith("made"));
    expect(samples).toEqual(different.length === 1 ? [] : different);
    expect(response.fused).toBe(different.length > 1);
  });

  test.prop([fc.constantFrom("Answer: 1", "?"), fc.integer({ min: 0, max: 1000 })])(
    "one sample: nothing changes",
    async (reply, latencyMs) => {
      const build = () => stack(scripted([reply], { latencyMs }), solve);
      const { response: alone } = await traced(build());
      const { response: fused } = await traced(stack(build(), sampleN(1), fuse()));
      expect(fused).toMatchObject({ ...alone });
    },
  );

  test("in a world where each sample is right in one half, the synthesis is right where the vote is a guess", async () => {
    // Each sample gets one of two parts right; who reads both can put them together.
    const model = scripted((request, { random }) => {
      const shown = responsesShown(request);
      if (shown.length > 0)
        return `Answer: ${shown.some((words) => words.includes("4?")) ? "4" : "1"}${shown.some((words) => words.includes("?2")) ? "2" : "1"}`;
      return random.next() < 0.5 ? "4? Answer: 41" : "?2 Answer: 12";
    });
    let fused = 0;
    let voted = 0;
    for (let seed = 0; seed < 100; seed++) {
      if ((await run(stack(model, solve, sampleN(5), fuse()), "q", { seed })).answer === 42) fused++;
      if ((await run(stack(model, solve, sampleN(5), majorityVote()), "q", { seed })).answer === 42) voted++;
    }
    // All five are alike in 1 of 16 runs.
    expect(voted).toBe(0);
    expect(Math.abs(fused / 100 - 15 / 16)).toBeLessThan(4 * Math.sqrt(15 / 256 / 100));
  });
});

describe("types", () => {
  const model: Model = scripted(["Answer: 1"]);

  test("the synthesis is of the kind of the samples", () => {
    const thinker = stack(model, solve);
    expectTypeOf(stack(thinker, sampleN(3), fuse())).toEqualTypeOf<Model<Fused<Reasoned<number>>>>();
    expectTypeOf(stack(thinker, sampleN(3), fuse({ by: thinker }))).toEqualTypeOf<Model<Fused<Reasoned<number>>>>();
    expectTypeOf(stack(model, sampleN(3), fuse({ by: thinker }))).toEqualTypeOf<Model<Fused>>();
    // @ts-expect-error -- who writes reads no answers, and the samples have some
    compiles(() => stack(thinker, sampleN(3), fuse({ by: model })));
    // @ts-expect-error -- a model that does not sample
    compiles(() => stack(model, fuse()));
  });
});

describe("wrong options", () => {
  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [{ answer: 1 }, 'an option must be one of by, window, show, instruction, got "answer"'],
    [{ by: () => 1 }, "by must be a model, got a function"],
    [{ window: 1 }, "window must be an integer of at least 2, got 1"],
    [{ window: 2.5 }, "window must be an integer of at least 2, got 2.5"],
    [{ show: "all" }, `show must be 'text', 'answer' or a function of a sample, got "all"`],
    [{ instruction: "\n" }, 'instruction must be a text that is not empty, got "\\n"'],
  ])("%j", (options, message) => {
    expect(() => fuse(options as FuseOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `fuse: ${message}` }),
    );
  });
});
