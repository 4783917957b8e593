import {
  chainOfThought,
  InvalidOptionError,
  majorityVote,
  marginalize,
  never,
  number,
  ProviderError,
  Random,
  run,
  sampleN,
  source,
  stack,
  type Marginal,
  type MarginalizeOptions,
  type Model,
  type ModelResponse,
  type Reasoned,
} from "mull";
import { middlewareLaws, scripted } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { giveUp, giveUpBefore, traced } from "../strategies/trial.js";
import { marginalOf, randomTables, sum, tabular, type TabularOptions, type Tables } from "./world.js";

const solve = chainOfThought({ answer: number(), askAgain: false });
type Solved = Marginal<Reasoned<number>>;

function solver(model: Model, n: number, options: MarginalizeOptions = {}): Model<Solved> {
  return stack(model, solve, sampleN(n), marginalize(options));
}

describe.each<[what: string, layer: (model: Model) => Model, capabilities: object]>([
  ["counts", (model) => solver(model, 4), {}],
  ["by further answers", (model) => solver(model, 3, { estimate: "rao-blackwell", resample: 2 }), { prefill: true }],
])("laws, %s", (_, layer, capabilities) => {
  for (const { name, check } of middlewareLaws(layer, { capabilities })) test(name, check);
});

/** Probabilities of the answers 0, 1, … */
function estimated({ distribution }: Solved, count: number): readonly number[] {
  return Array.from({ length: count }, (_, y) => distribution.find(({ key }) => key === String(y))?.probability ?? 0);
}

function world(seed: number, options: TabularOptions = {}): { tables: Tables; model: Model; exact: readonly number[] } {
  const tables = randomTables(new Random(seed), 1, 4, 3);
  return { tables, model: tabular(tables, options), exact: marginalOf(tables, 0) };
}

describe("converges to the exact P(y|x)", () => {
  test.each<[what: string, options: MarginalizeOptions, model: TabularOptions]>([
    ["counts", {}, {}],
    ["scores", { estimate: "rao-blackwell" }, {}],
    ["further answers", { estimate: "rao-blackwell", resample: 3 }, {}],
    ["further answers to another turn", { estimate: "rao-blackwell", resample: 2 }, { prefill: false }],
  ])("%s", async (_, options, abilities) => {
    for (const seed of [1, 2]) {
      const { model, exact } = world(seed, abilities);
      const response = await run(solver(model, 600, options), "question 0", { seed });
      const off = estimated(response, 3).map((p, y) => Math.abs(p - (exact[y] ?? 0)));
      response.distribution.forEach(({ key, error }) => {
        expect(error).toBeLessThan(0.025);
        // Four standard errors; those of the further answers to equal thoughts are not independent, and have a term of their own.
        expect(off[Number(key)]).toBeLessThan(4 * Math.hypot(error, options.resample === undefined ? 0 : 0.025));
      });
      expect(sum(response.distribution, ({ probability }) => probability)).toBeCloseTo(1, 12);
    }
  });

  test("weights lead to the sum of P(z|x) P(y|x,z)², made to sum to 1", async () => {
    for (const seed of [1, 2]) {
      const { tables, model } = world(seed);
      const sharp = marginalOf({ ...tables, answers: tables.answers.map((row) => row.map((p) => p * p)) }, 0);
      const total = sum(sharp, (p) => p);
      const response = await run(solver(model, 700, { estimate: "weighted" }), "question 0", { seed });
      response.distribution.forEach(({ key, probability, error }) => {
        expect(Math.abs(probability - (sharp[Number(key)] ?? 0) / total)).toBeLessThan(4 * error);
      });
      expect(response.effectiveSamples).toBeLessThan(700);
      expect(response.effectiveSamples).toBeGreaterThan(350);
    }
  });
});

test("Rao-Blackwell has no larger variance, on the same thoughts", async () => {
  let [plain, finer] = [0, 0];
  for (let trial = 0; trial < 80; trial++) {
    const { model, exact } = world(trial % 5);
    const off = async (options: MarginalizeOptions): Promise<number> => {
      const found = await run(solver(model, 12, options), "question 0", { seed: trial });
      return sum(estimated(found, 3), (p, y) => (p - (exact[y] ?? 0)) ** 2);
    };
    plain += await off({});
    finer += await off({ estimate: "rao-blackwell" });
  }
  expect(finer).toBeLessThan(0.6 * plain);
});

describe("behaviour", () => {
  /** `1a` thinks a and answers 1. */
  const says = (...lines: readonly string[]): readonly string[] =>
    lines.map((line) => (line === "?" ? "Who knows." : `${line.slice(1)}\nAnswer: ${line[0]}`));

  test.each<[what: string, lines: readonly string[], expected: object]>([
    ["one", ["1a"], { answer: 1, entropy: 0, margin: 1, effectiveSamples: 1 }],
    ["most", ["2a", "1b", "1c", "1d"], { answer: 1, margin: 0.5, effectiveSamples: 4 }],
    ["a tie goes to the one seen first", ["2a", "1b", "1c", "2d"], { answer: 2, margin: 0, entropy: Math.LN2 }],
    ["what cannot be read does not count", ["?", "1b", "?"], { answer: 1, margin: 1, effectiveSamples: 1 }],
    ["nothing can be read", ["?", "?!"], { answer: undefined, key: undefined, distribution: [], effectiveSamples: 0 }],
  ])("%s", async (_, lines, expected) => {
    const model = scripted(says(...lines));
    const response = await run(solver(model, lines.length), "q");
    expect(response).toMatchObject(expected);
    expect(response.samples).toHaveLength(lines.length);
    expect(model.calls).toBe(lines.length);
  });

  test("the distribution says who gave what, and how surely", async () => {
    const { distribution, text } = await run(solver(scripted(says("1a", "2b", "1c", "1d")), 4), "q");
    expect(text).toBe("a\nAnswer: 1");
    expect(distribution).toMatchObject([
      { key: "1", count: 3, probability: 0.75, sample: { text: "a\nAnswer: 1", answer: 1 } },
      { key: "2", count: 1, probability: 0.25, sample: { text: "b\nAnswer: 2" } },
    ]);
    // The standard deviation of 1, 0, 1, 1, over the root of 4.
    expect(distribution[0]?.error).toBeCloseTo(Math.sqrt(0.75 * 0.25) / 2, 12);
  });

  test.each(["1221", "2112", "33112", "1?32?31", "321"])("elects as a majority does: %s", async (votes) => {
    const samples = [...votes].map((vote) => (vote === "?" ? "Who knows." : `Answer: ${vote}`));
    const by = stack(scripted(samples), solve, sampleN(votes.length), majorityVote({ stop: never }));
    const { answer, margin, entropy } = await run(by, "q");
    expect(await run(solver(scripted(samples), votes.length), "q")).toMatchObject({ answer, margin, entropy });
  });

  test("scores each answer behind each thought, and equal thoughts once", async () => {
    const asked = { write: 0, go: 0, score: 0 };
    const requests: string[] = [];
    const model = tabular(
      {
        thoughts: [[0.5, 0.5]],
        answers: [
          [0.9, 0.1],
          [0.2, 0.8],
        ],
      },
      { asked },
    );
    const seen: Model = {
      ...model,
      generate: (request, call) => {
        if (request.score !== undefined) requests.push(`${request.prefill}|${request.score}`);
        return model.generate(request, call);
      },
    };
    const response = await run(solver(seen, 12, { estimate: "rao-blackwell" }), "question 0", { seed: 3 });
    expect(requests.toSorted()).toEqual([0, 1].flatMap((z) => [0, 1].map((y) => `thought ${z}\nAnswer:| ${y}`)));
    expect(asked).toEqual({ write: 12, go: 0, score: 4 });
    expect(response.usage).toMatchObject({ calls: 16, judging: { calls: 4 } });
    const first = response.samples.filter(({ text }) => text.startsWith("thought 0")).length;
    expect(estimated(response, 2)[0]).toBeCloseTo((0.9 * first + 0.2 * (12 - first)) / 12, 12);
    expect(response.effectiveSamples).toBe(12);
    expect(response.warnings).toBeUndefined();
  });

  test("weights by the score of the own answer alone", async () => {
    const asked = { write: 0, go: 0, score: 0 };
    const model = tabular(
      {
        thoughts: [[0.5, 0.5]],
        answers: [
          [1, 0],
          [0.6, 0.4],
        ],
      },
      { asked },
    );
    const response = await run(solver(model, 12, { estimate: "weighted" }), "question 0", { seed: 1 });
    const texts = response.samples.map(({ text }) => text);
    expect(asked.score).toBe(new Set(texts).size);
    const weights = texts.map((text) => (text.startsWith("thought 0") ? 1 : text.endsWith("0") ? 0.6 : 0.4));
    const of = (end: string): number => sum(weights, (weight, k) => (texts[k]?.endsWith(end) ? weight : 0));
    expect(estimated(response, 2)[0]).toBeCloseTo(of("0") / (of("0") + of("1")), 12);
    expect(response.effectiveSamples).toBeCloseTo(sum(weights, (w) => w) ** 2 / sum(weights, (w) => w * w), 10);
  });

  test("an answer that only came up again has its place, with words that hold its thought", async () => {
    const model = scripted(({ prefill }) => (prefill === undefined ? "a\nAnswer: 1" : " 2"), {
      capabilities: { prefill: true },
    });
    const response = await run(solver(model, 1, { estimate: "rao-blackwell", resample: 3 }), "q");
    // A sampler that draws one sample gives one further answer.
    expect(response.distribution).toMatchObject([
      { key: "1", count: 1, probability: 0.5 },
      { key: "2", count: 0, probability: 0.5, sample: { text: "a\nAnswer: 2", answer: 2 } },
    ]);
  });

  test("shares of further answers weigh", async () => {
    const again = ["1", "1", "2", "2", "2", "1"];
    const by = scripted(() => ` ${again.shift() ?? "9"}`, { capabilities: { prefill: true } });
    const model = scripted(says("1a", "2b"));
    const options: MarginalizeOptions = { estimate: "weighted", resample: 3, by: stack(by, solve), concurrency: 1 };
    const response = await run(solver(model, 2, options), "q");
    // Thought a: 1, 1, 2; thought b: 2, 2, 1.
    expect(estimated(response, 3)).toEqual([0, 0.5, 0.5]);
    expect(by.requests.map(({ prefill }) => prefill)).toEqual([
      ...Array(3).fill("a\nAnswer:"),
      ...Array(3).fill("b\nAnswer:"),
    ]);
    const none = scripted(() => " 7", { capabilities: { prefill: true } });
    const even = await run(solver(scripted(says("1a", "2b")), 2, { ...options, by: stack(none, solve) }), "q");
    expect(estimated(even, 3)).toEqual([0, 0.5, 0.5]);
  });

  test.each<[what: string, capabilities: object, codes: readonly (string | undefined)[]]>([
    ["cannot score", { prefill: true }, ["score"]],
    ["cannot go on with a text", { score: true }, ["prefill"]],
    ["neither", {}, ["score", "prefill"]],
  ])("a model that %s: said aloud", async (_, capabilities, expected) => {
    const model = source("m", { logprobs: true, ...capabilities }, async ({ score, messages, prefill }) => {
      const turn = messages.some(({ role }) => role === "assistant");
      if (score !== undefined) return { text: score, logprobs: [{ token: score, logprob: -1 }] };
      return { text: prefill !== undefined ? " 1" : turn ? "Answer: 1" : "a\nAnswer: 1" };
    });
    const { response, events } = await traced(solver(model, 2, { estimate: "rao-blackwell" }));
    expect(response.answer).toBe(1);
    const told = response.warnings?.filter(({ code }) => code === "downgrade").map(({ capability }) => capability);
    expect(told).toEqual(expected);
    expect(events.filter(({ type }) => type === "downgrade")).toMatchObject(
      expected.map((capability) => ({ capability })),
    );
  });

  test("a thought that is kept apart is shown in another turn", async () => {
    const requests: string[] = [];
    const model = source("m", { prefill: true }, async ({ messages }) => {
      requests.push(messages.map(({ role, content }) => `${role}: ${JSON.stringify(content)}`).join("\n"));
      return { text: "Answer: 1", reasoning: "deep" };
    });
    const response = await run(solver(model, 1, { estimate: "rao-blackwell", resample: 1 }), "q");
    expect(response.warnings?.map(({ capability }) => capability)).toEqual(["prefill"]);
    expect(requests[1]).toContain('assistant: "deep\\n\\nAnswer:"\nuser: "Give the answer that this leads to');
  });

  test("samples that nobody reads answers of count for their words", async () => {
    const model = scripted(["Paris", "Rome", "paris"], { capabilities: { prefill: true } });
    const response = await run(stack(model, sampleN(3), marginalize({ estimate: "rao-blackwell", resample: 2 })), "q");
    expect(response.distribution).toMatchObject([{ key: "paris", count: 2 }, { key: "rome" }]);
    expect(response.warnings).toMatchObject([
      { code: "not-concluded", message: expect.stringContaining("3 of 3") as string },
    ]);
    expect(model.calls).toBe(3);
  });
});

describe("what fails, and what ends", () => {
  const busy = new ProviderError("overloaded", { status: 503 });
  const half = (error: Error): Model =>
    source("m", { score: true, prefill: true }, async ({ score, prefill }, { random }) => {
      if (score === undefined) return { text: `${random.next() < 0.5 ? "a" : "b"}\nAnswer: ${random.integer(2)}` };
      if (prefill?.startsWith("b")) throw error;
      return { text: score, logprobs: [{ token: score, logprob: Math.log(0.5) }] };
    });

  test("a thought that cannot be scored counts for its own answer", async () => {
    const response = await run(solver(half(busy), 20, { estimate: "rao-blackwell" }), "q", { seed: 4 });
    const texts = response.samples.map(({ text }) => text);
    const lost = texts.filter((text) => text.startsWith("b")).length;
    const own = texts.filter((text) => text === "b\nAnswer: 0").length;
    expect(estimated(response, 2)[0]).toBeCloseTo((own + (20 - lost) / 2) / 20, 12);
    expect(response.warnings).toMatchObject([{ code: "not-concluded" }]);
    expect(response.warnings?.[0]?.message).toContain(`${lost} of 20`);
  });

  test("and weighs as the others do on average", async () => {
    const response = await run(solver(half(busy), 20, { estimate: "weighted" }), "q", { seed: 4 });
    expect(response.effectiveSamples).toBeCloseTo(20, 10);
  });

  test.each([
    ["in the samples", 2, { samples: 2, stopped: "budget" }],
    ["in the scores", 6, { samples: 4, stopped: "budget" }],
    ["nowhere", 99, { samples: 4, stopped: "done" }],
  ])("the budget ends %s", async (_, calls, expected) => {
    const { model } = world(1);
    const response = await run(solver(model, 4, { estimate: "rao-blackwell" }), "question 0", {
      seed: 1,
      budget: { calls },
    });
    expect({ samples: response.samples.length, stopped: response.stopped }).toEqual(expected);
    expect(response.answer).toBeTypeOf("number");
    expect(response.usage.calls).toBeLessThanOrEqual(calls);
  });

  test("given up while thoughts are looked at", async () => {
    const model = scripted(({ prefill }) => (prefill === undefined ? "a\nAnswer: 1" : " 1"), {
      capabilities: { prefill: true },
      latencyMs: 100,
    });
    expect(await giveUp(solver(model, 2, { estimate: "rao-blackwell", resample: 2 }), 150, () => model.calls)).toBe(4);
    const fresh = scripted(["a"]);
    await giveUpBefore(solver(fresh, 2), () => fresh.calls);
  });

  test("no sample at all", async () => {
    const empty: Model<never> = { ...(source("none", {}, async () => ({ text: "x" })) as Model<never>) };
    const none = {
      ...empty,
      generate: async () => ({ text: "", samples: [], failures: [], stopped: "done" }),
    } as never;
    await expect(run(marginalize()(none), "q")).rejects.toMatchObject({ code: "no-answer" });
  });
});

test("trace", async () => {
  const model = scripted(({ prefill }) => (prefill === undefined ? "a\nAnswer: 1" : " 1"), {
    capabilities: { prefill: true },
  });
  const { trace } = await traced(solver(model, 1, { estimate: "rao-blackwell", resample: 1 }));
  expect(trace.filter((line) => line.startsWith("start"))).toEqual([
    "start marginalize",
    "start marginalize/sampleN/#0/chainOfThought",
    "start marginalize/sampleN/#0/chainOfThought/scripted",
    "start marginalize/conclude/#0/sampleN/#0/chainOfThought",
    "start marginalize/conclude/#0/sampleN/#0/chainOfThought/scripted",
  ]);
});

test.each<[option: string, options: object, message: string]>([
  ["estimate", { estimate: "mean" }, "estimate must be 'counts', 'weighted' or 'rao-blackwell', got \"mean\""],
  ["resample", { estimate: "weighted", resample: 0 }, "resample must be an integer of at least 1, got 0"],
  ["by", { estimate: "weighted", by: {} }, "by must be a model, got an object"],
  ["concurrency", { estimate: "weighted", concurrency: 0.5 }, "concurrency must be an integer of at least 1, got 0.5"],
  ["resample", { resample: 2 }, "resample must be absent where thoughts only count for their own answer, got 2"],
  ["an option", { weight: 1 }, 'an option must be one of estimate, resample, by, concurrency, got "weight"'],
])("option %s", (option, options, message) => {
  const build = (): unknown => marginalize(options);
  expect(build).toThrow(`marginalize: ${message}`);
  expect(build).toThrow(expect.objectContaining({ code: "invalid-option", option }));
});

test("samples that cannot be drawn one by one need a model that concludes", () => {
  const all = { ...source("all", {}, async () => ({ text: "x" })) } as never;
  expect(() => marginalize({ estimate: "weighted" })(all)).toThrow(InvalidOptionError);
  expect(() => marginalize({ estimate: "weighted", by: scripted(["x"]) })(all)).not.toThrow();
});

test("types", () => {
  const layered = stack(scripted(["x"]), solve, sampleN(2), marginalize());
  expectTypeOf(layered).toEqualTypeOf<Model<Marginal<Reasoned<number>>>>();
  expectTypeOf<Marginal["distribution"][number]["sample"]>().toEqualTypeOf<ModelResponse>();
  // @ts-expect-error a model that does not sample
  expect(() => stack(scripted(["x"]), marginalize({ estimate: "weighted" }))).toThrow(InvalidOptionError);
});
