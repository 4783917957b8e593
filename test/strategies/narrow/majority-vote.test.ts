import { fc, test } from "@fast-check/vitest";
import {
  aheadBy,
  beta,
  chainOfThought,
  majorityVote,
  never,
  number,
  outline,
  ProviderError,
  reviseLoop,
  run,
  sampleN,
  source,
  stack,
  window,
  wrap,
  type Answered,
  type MajorityVoteOptions,
  type Model,
  type ModelResponse,
  type Reasoned,
  type Sampled,
  type Sampler,
  type StoppingRule,
  type Voted,
} from "mull";
import {
  middlewareLaws,
  scripted,
  synthetic,
  virtualClock,
  type MiddlewareLawsOptions,
  type ScriptedReply,
} from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const solve = chainOfThought({ answer: number(), askAgain: false });

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["words", (model) => stack(model, sampleN(3), majorityVote())],
  ["answers", (model) => stack(model, solve, sampleN(7), majorityVote())],
  ["two at a time", (model) => stack(model, solve, sampleN(7, { concurrency: 2 }), majorityVote())],
  ["a stopping rule", (model) => stack(model, solve, sampleN(9), majorityVote({ stop: beta(0.8) }))],
  [
    "weights and abstention",
    (model) =>
      stack(
        model,
        solve,
        sampleN(5),
        majorityVote({ weight: ({ answer = 0 }) => answer, maxWeight: 3, minShare: 0.6 }),
      ),
  ],
  ["native n", (model) => stack(model, solve, sampleN(5), majorityVote()), { capabilities: { n: true } }],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, options)) test(name, check);
});

/** `12?` is the replies `Answer: 1`, `Answer: 2` and one that cannot be read; `!` is lost. */
function replies(votes: string): ScriptedReply[] {
  return votes.split("").map((vote) => (vote === "!" ? busy : vote === "?" ? "Who knows." : `Answer: ${vote}`));
}

describe("behaviour", () => {
  type Expected = readonly [answer: number | undefined, votes: string, stopped: string];

  test.each<[what: string, votes: string, options: MajorityVoteOptions<Reasoned<number>>, Expected, calls: number]>([
    ["one sample", "1", {}, [1, "1:1", "done"], 1],
    ["all agree", "11111", {}, [1, "1:3", "decided"], 3],
    ["most agree", "12121", {}, [1, "1:3 2:2", "done"], 5],
    ["the rest cannot change it", "121122", {}, [1, "1:3 2:1", "decided"], 4],
    ["a tie goes to the one seen first", "2112", {}, [2, "2:2 1:2", "done"], 4],
    ["so that an even half decides", "1122", {}, [1, "1:2", "decided"], 2],
    ["but not for one seen second", "2111", {}, [1, "1:3 2:1", "done"], 4],
    ["what cannot be read casts no vote", "?2?", {}, [2, "2:1", "decided"], 2],
    ["nothing can be read", "???", {}, [undefined, "", "done"], 3],
    ["lost samples", "!2!1", {}, [2, "2:1 1:1", "done"], 4],
    ["never: all samples are drawn", "11111", { stop: never }, [1, "1:5", "done"], 5],
    ["aheadBy", "1211122", { stop: aheadBy(2) }, [1, "1:3 2:1", "decided"], 4],
    ["window", "1211111", { stop: window(3) }, [1, "1:5 2:1", "decided"], 6],
    ["a rule of your own", "12121", { stop: ({ seen }) => seen === 2 }, [1, "1:1 2:1", "decided"], 2],
    ["a rule that is never sure ends with the samples", "1212", { stop: beta(0.99) }, [1, "1:2 2:2", "done"], 4],
    ["weights", "1122", { weight: ({ answer }) => (answer === 2 ? 1.5 : 1) }, [2, "2:3 1:2", "done"], 4],
    [
      "weights with a bound may be decided",
      "2211",
      { weight: ({ answer }) => (answer === 2 ? 2 : 1), maxWeight: 2 },
      [2, "2:4", "decided"],
      2,
    ],
    ["a weight of 0 is no vote", "1123", { weight: ({ answer }) => (answer === 1 ? 0 : 1) }, [2, "2:1 3:1", "done"], 4],
    ["no votes, no answer", "12", { weight: () => 0 }, [undefined, "", "done"], 2],
    ["share enough", "1122", { minShare: 0.5, stop: never }, [1, "1:2 2:2", "done"], 4],
    ["abstention", "1123", { minShare: 0.51, stop: never }, [undefined, "1:2 2:1 3:1", "done"], 4],
  ])("%s", async (_, votes, options, [answer, counted, stopped], calls) => {
    const model = scripted(replies(votes));
    const solver = stack(model, solve, sampleN(votes.length, { concurrency: 1 }), majorityVote(options));
    const response = await run(solver, "q");
    expect({
      answer: response.answer,
      key: response.key,
      votes: response.votes.map(({ key, weight }) => `${key}:${weight}`).join(" "),
      stopped: response.stopped,
    }).toEqual({ answer, key: answer?.toString(), votes: counted, stopped });
    expect(model.calls).toBe(calls);
  });

  test("the response is the first sample that gave the answer, with the count", async () => {
    const model = scripted(["Two? Answer: 2", "One. Answer: 1", "Let me see. Answer: 1", "x"]);
    const response = await run(stack(model, solve, sampleN(4), majorityVote({ stop: never })), "q");
    expect(response).toMatchObject({
      text: "One. Answer: 1",
      thought: "One. Answer: 1",
      answer: 1,
      abstained: false,
      failures: [],
    });
    expect(response.samples.map(({ answer }) => answer)).toEqual([2, 1, 1, undefined]);
    expect(response.votes).toMatchObject([
      { key: "1", count: 2, weight: 2, share: 2 / 3, sample: { text: "One. Answer: 1" } },
      { key: "2", count: 1, weight: 1, share: 1 / 3, sample: { text: "Two? Answer: 2" } },
    ]);
  });

  test("samples without an answer vote by their words", async () => {
    const model = scripted(["Paris", "London", " paris\n", "Rome"]);
    const response = await run(stack(model, sampleN(4), majorityVote()), "q");
    expect(response).toMatchObject({ text: "Paris", votes: [{ key: "paris", count: 2 }, { key: "london" }] });
    expect(response).not.toHaveProperty("answer");
  });

  test("abstaining takes the answer away, and leaves the words", async () => {
    const options = { minShare: 0.6, stop: never };
    const answers = await run(stack(scripted(replies("12")), solve, sampleN(2), majorityVote(options)), "q");
    expect(answers).toMatchObject({
      text: "Answer: 1",
      answer: undefined,
      key: undefined,
      abstained: true,
      confidence: 0.5,
    });
    const words = await run(stack(scripted(["a", "b"]), sampleN(2), majorityVote(options)), "q");
    expect(words).toMatchObject({ text: "a", abstained: true });
    // An abstention casts no vote in a vote around it.
    const twice = stack(scripted(["a", "b", "c", "c"]), sampleN(2), majorityVote(options), sampleN(2), majorityVote());
    expect(await run(twice, "q")).toMatchObject({ text: "c", votes: [{ key: "c", count: 1 }] });
  });

  test("identical samples are worth a warning", async () => {
    const { warnings } = await run(stack(scripted(["a"], { repeat: true }), sampleN(6), majorityVote()), "q");
    expect(warnings?.map(({ code }) => code)).toEqual(["identical-samples"]);
  });
});

describe("confidence and margin", () => {
  // P(X > 1/2) for X ~ Beta(a + 1, b + 1), reckoned exactly.
  test.each<[votes: string, confidence: number, margin: number]>([
    ["?", 0, 0],
    ["1", 0.75, 1],
    ["111", 0.9375, 1],
    ["1111", 0.96875, 1],
    ["12", 0.5, 0],
    ["1121111", 0.96484375, 5 / 7],
    ["1122111111", 0.96728515625, 0.6],
    ["112", 0.6875, 1 / 3],
    ["1123", 0.6875, 1 / 4],
    ["11?2", 0.6875, 1 / 3],
  ])("%s: %f, %f", async (votes, confidence, margin) => {
    const solver = stack(scripted(replies(votes)), solve, sampleN(votes.length), majorityVote({ stop: never }));
    const response = await run(solver, "q");
    expect(response.confidence).toBeCloseTo(confidence, 12);
    expect(response.margin).toBeCloseTo(margin, 12);
  });
});

describe("leaving early", () => {
  test("gives up the samples in flight, which count as cancelled", async () => {
    const model = scripted(replies("1111122"), { latencyMs: (index) => (index < 4 ? 100 : 1000) });
    const clock = virtualClock();
    const solver = stack(model, solve, sampleN(7), majorityVote());
    const { usage, samples } = await clock.until(run(solver, "q", { clock }));
    expect(samples).toHaveLength(4);
    expect(usage).toMatchObject({ calls: 4, cancelled: { calls: 3, outputTokens: undefined } });
    expect([clock.now(), clock.pending]).toEqual([100, 0]);
  });

  test("starts nothing beyond what concurrency has ahead", async () => {
    const model = scripted(replies("1111111111"));
    await run(stack(model, solve, sampleN(10, { concurrency: 3 }), majorityVote({ stop: aheadBy(2) })), "q");
    expect(model.calls).toBeLessThanOrEqual(2 + 3 - 1);
  });

  test("a weight that is none ends everything", async () => {
    const model = scripted(replies("1111"), { latencyMs: (index) => 100 * (index + 1) });
    const clock = virtualClock();
    const broken = stack(model, solve, sampleN(4), majorityVote({ weight: () => -1 }));
    await expect(clock.until(run(broken, "q", { clock }))).rejects.toMatchObject({
      code: "invalid-option",
      message: "majorityVote: weight must be a number of at least 0, got -1",
      usage: { calls: 1, cancelled: { calls: 3 } },
    });
    expect(clock.pending).toBe(0);
  });

  test.each([
    [2.5, 2, "weight must be a number from 0 to 2, got 2.5"],
    [NaN, undefined, "weight must be a number of at least 0, got NaN"],
    ["1" as never, 3, 'weight must be a number from 0 to 3, got "1"'],
  ])("weight %j of at most %j", async (weight, maxWeight, message) => {
    const solver = stack(scripted(replies("11")), sampleN(2), majorityVote({ weight: () => weight, maxWeight }));
    await expect(run(solver, "q")).rejects.toMatchObject({ message: `majorityVote: ${message}` });
  });

  test("what the weight or the rule throws is thrown", async () => {
    const why = new TypeError("no");
    const throwing = (): never => {
      throw why;
    };
    const model = scripted(["a"], { repeat: true });
    await expect(run(stack(model, sampleN(2), majorityVote({ weight: throwing })), "q")).rejects.toBe(why);
    await expect(run(stack(model, sampleN(2), majorityVote({ stop: throwing })), "q")).rejects.toBe(why);
  });
});

describe("over samples that are there already", () => {
  const drawn = (texts: readonly string[]): Model<Sampled> => {
    const { id, capabilities, generate } = source("drawn", {}, async () => ({ text: texts[0] ?? "none" }));
    return {
      id,
      capabilities,
      generate: async (request, call) => {
        const first = await generate(request, call);
        const samples = texts.map((text) => ({ ...first, text }));
        return { ...first, samples, failures: [{ index: 9, error: busy }], stopped: "budget" };
      },
    };
  };

  test("all of them vote, and what they tell is kept", async () => {
    const response = await run(stack(drawn(["a", "b", "b"]), majorityVote()), "q");
    expect(response).toMatchObject({ text: "b", stopped: "budget", failures: [{ index: 9 }] });
    expect(response.samples).toHaveLength(3);
    expect(response.usage.calls).toBe(1);
  });

  test("none at all: there is no answer", async () => {
    await expect(run(stack(drawn([]), majorityVote()), "q")).rejects.toMatchObject({ code: "no-answer" });
  });
});

describe("out of budget or time", () => {
  test.each([
    ["calls", { calls: 3 }, "budget", 3],
    ["time", { ms: 350 }, "deadline", 3],
  ])("the samples so far vote: %s", async (_, budget, stopped, count) => {
    const model = scripted(replies("12212"), { latencyMs: 100 });
    const solver = stack(model, solve, sampleN(5, { concurrency: 1 }), majorityVote());
    const { response } = await traced(solver, "q", { budget });
    expect(response).toMatchObject({ answer: 2, stopped });
    expect(response.samples).toHaveLength(count);
  });
});

describe("cancellation", () => {
  test.each([
    ["all in flight", Infinity, 50, 4],
    ["the third", 1, 250, 3],
  ])("%s", async (_, concurrency, ms, calls) => {
    const model = scripted(replies("1212"), { latencyMs: 100 });
    const solver = stack(model, solve, sampleN(4, { concurrency }), majorityVote());
    expect(await giveUp(solver, ms, () => model.calls)).toBe(calls);
  });

  test("before", async () => {
    const model = scripted(["a"]);
    await giveUpBefore(stack(model, sampleN(3), majorityVote()), () => model.calls);
  });
});

test("trace", async () => {
  const { trace, events } = await traced(stack(scripted(replies("112")), solve, sampleN(3), majorityVote()));
  expect(trace).toEqual([
    "start majorityVote",
    "start majorityVote/sampleN/#0/chainOfThought",
    "start majorityVote/sampleN/#0/chainOfThought/scripted",
    "end majorityVote/sampleN/#0/chainOfThought/scripted",
    "end majorityVote/sampleN/#0/chainOfThought",
    "sample majorityVote/sampleN",
    "start majorityVote/sampleN/#1/chainOfThought",
    "start majorityVote/sampleN/#1/chainOfThought/scripted",
    "end majorityVote/sampleN/#1/chainOfThought/scripted",
    "end majorityVote/sampleN/#1/chainOfThought",
    "sample majorityVote/sampleN",
    "end majorityVote",
  ]);
  expect(events.filter(({ type }) => type === "sample")).toMatchObject([
    { index: 0, key: "1" },
    { index: 1, key: "1" },
  ]);
});

test("outline", () => {
  expect(outline(stack(scripted(["a"], { id: "m" }), sampleN(16), majorityVote())).split("\n")).toEqual([
    "majorityVote         ≤ 16 calls, ≤ 24,384 tokens",
    "└─ sampleN (n = 16)  ≤ 16 calls, ≤ 24,384 tokens",
    "   └─ m              ≤ 1 call, ≤ 1,524 tokens",
  ]);
});

describe("its own laws", () => {
  interface Ballot {
    readonly key: string | undefined;
    readonly weight: number;
  }
  const ballots = fc.array(
    fc.record({
      key: fc.option(fc.constantFrom("1", "2", "3"), { nil: undefined }),
      // Halves are exact, so that sums do not depend on their order.
      weight: fc.integer({ min: 0, max: 4 }).map((half) => half / 2),
    }),
    { minLength: 1, maxLength: 15 },
  );
  /** A sampler over these ballots; counts how many were asked for. */
  const voters = (cast: readonly Ballot[]) => {
    let asked = 0;
    const model: Model<ModelResponse & Ballot> = {
      ...source("voter", {}, async () => ({ text: "" })),
      generate: async (_request, call) => {
        asked++;
        const index = Number(call.path.findLast((name) => name.startsWith("#"))?.slice(1));
        return { text: `vote ${index}`, finishReason: "stop", usage: call.usage, ...cast[index]! };
      },
    };
    return { model, asked: () => asked };
  };

  test.prop([ballots, fc.integer({ min: 1, max: 16 }), fc.boolean()])(
    "decided elects whom the full vote elects",
    async (cast, concurrency, weighted) => {
      const options: MajorityVoteOptions<ModelResponse & Ballot> = weighted
        ? { weight: ({ weight }) => weight, maxWeight: 2 }
        : {};
      const { model, asked } = voters(cast);
      const sampler = sampleN(cast.length, { concurrency })(model);
      const full = await run(stack(sampler, majorityVote({ ...options, stop: never })), "q");
      expect(asked()).toBe(cast.length);
      const early = await run(stack(sampler, majorityVote(options)), "q");
      expect(early.votes[0]?.key).toBe(full.votes[0]?.key);
      expect(early.text).toBe(full.text);
      const sizes = new Map<string, number>();
      for (const { key, weight } of cast) {
        const counts = weighted ? weight : 1;
        if (key !== undefined && counts > 0) sizes.set(key, (sizes.get(key) ?? 0) + counts);
      }
      expect(full.votes[0]?.weight ?? 0).toBe(Math.max(0, ...sizes.values()));
    },
  );

  test.prop([fc.constantFrom("1", "2", "?"), fc.integer({ min: 0, max: 1000 })])(
    "one sample and a vote change neither text nor answer",
    async (vote, ms) => {
      const build = () => stack(scripted(replies(vote), { latencyMs: ms }), solve);
      const { response: alone } = await traced(build());
      const { response: voted } = await traced(stack(build(), sampleN(1), majorityVote()));
      const fields = ({ text, answer, key, thought, finishReason, usage }: Reasoned<number>) => {
        return { text, answer, key, thought, finishReason, usage };
      };
      expect(fields(voted)).toEqual(fields(alone));
    },
  );

  test("of many samples the likeliest answer wins", async () => {
    const model = synthetic({
      answers: [
        ["24", 0.5],
        ["22", 0.3],
        ["26", 0.2],
      ],
    });
    const { answer, samples } = await run(stack(model, solve, sampleN(101), majorityVote()), "q", { seed: 7 });
    expect(answer).toBe(24);
    expect(samples.length).toBeLessThan(101);
  });
});

describe("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  const one = (next: Model): Model => wrap("one", next, (request, call) => next.generate(request, call));

  test("a vote needs samples", () => {
    // @ts-expect-error -- a model that does not sample
    compiles(() => stack(model, majorityVote()));
    // @ts-expect-error -- a layer above the sampler gave one response
    compiles(() => stack(model, sampleN(3), one, majorityVote()));
    // Any model of samples will do.
    compiles((sampled: Model<Sampled<Answered<number>>>) => {
      expectTypeOf(stack(sampled, majorityVote())).toEqualTypeOf<Model<Voted<Answered<number>>>>();
    });
  });

  test("weight sees the type of the sample", () => {
    const weigh = (next: Sampler<Reasoned<number>>) =>
      majorityVote<Reasoned<number>>({
        weight: (sample) => {
          expectTypeOf(sample).toEqualTypeOf<Reasoned<number>>();
          return sample.answer ?? 0;
        },
      })(next);
    expectTypeOf(weigh).returns.toEqualTypeOf<Model<Voted<Reasoned<number>>>>();
    const inferred = stack(
      model,
      solve,
      sampleN(3),
      majorityVote({
        weight: (sample) => {
          expectTypeOf(sample.answer).toEqualTypeOf<number | undefined>();
          return 1;
        },
      }),
    );
    expectTypeOf(inferred).toEqualTypeOf<Model<Voted<Reasoned<number>>>>();
    // A weight of any response takes nothing away from the type of the samples.
    const byLength = ({ text }: ModelResponse): number => text.length;
    const heavy = stack(model, solve, sampleN(3), majorityVote({ weight: byLength }));
    expectTypeOf(heavy.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
    // @ts-expect-error -- a sample without an answer
    compiles(() => stack(model, sampleN(3), majorityVote({ weight: ({ answer }) => answer })));
  });

  test("a vote is a model like any other", () => {
    const nested = stack(model, solve, sampleN(3), majorityVote(), sampleN(2), majorityVote());
    expectTypeOf(nested.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
    const revised = stack(
      model,
      solve,
      sampleN(3),
      majorityVote(),
      reviseLoop({ feedback: ({ margin }) => ({ ok: margin > 0 }) }),
    );
    expectTypeOf(revised.generate).returns.resolves.toHaveProperty("confidence").toEqualTypeOf<number>();
    expectTypeOf(stack(model, one, sampleN(2), majorityVote())).toEqualTypeOf<Model<Voted>>();
  });
});

describe("wrong options", () => {
  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [
      { stopp: never },
      'an option must be one of stop, weight, maxWeight, reweigh, discard, same, minShare, got "stopp"',
    ],
    [{ stop: "decided" }, 'stop must be a stopping rule, got "decided"'],
    [{ stop: null }, "stop must be a stopping rule, got null"],
    [{ weight: 2 }, "weight must be a function of a sample, got 2"],
    [{ reweigh: [1] }, "reweigh must be a function of weights, got an array"],
    [{ discard: true }, "discard must be a function of a sample, got true"],
    [{ same: "words" }, 'same must be a function of two samples, got "words"'],
    [{ maxWeight: -1 }, "maxWeight must be a number of at least 0, got -1"],
    [{ maxWeight: "1" }, 'maxWeight must be a number of at least 0, got "1"'],
    [{ maxWeight: NaN }, "maxWeight must be a number of at least 0, got NaN"],
    [{ minShare: 1.1 }, "minShare must be a number from 0 to 1, got 1.1"],
    [{ minShare: -0.1 }, "minShare must be a number from 0 to 1, got -0.1"],
    [{ minShare: true }, "minShare must be a number from 0 to 1, got true"],
  ])("%j", (options, message) => {
    expect(() => majorityVote(options as MajorityVoteOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `majorityVote: ${message}` }),
    );
  });

  test.each<[() => StoppingRule, string]>([
    [() => beta(0.4), "beta: threshold must be a number from 0.5 to 1, got 0.4"],
    [() => window(1), "window: size must be an integer of at least 2, got 1"],
    [() => aheadBy(0), "aheadBy: k must be a number above 0, got 0"],
  ])("%s", (rule, message) => {
    expect(rule).toThrow(expect.objectContaining({ code: "invalid-option", message }));
  });
});
