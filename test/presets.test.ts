import {
  adaptiveConsistency,
  beta,
  bestOf,
  bestOfN,
  chainOfThought,
  choose,
  confidenceInformedSelfConsistency,
  confidenceWeight,
  foreseen,
  fuse,
  majorityVote,
  never,
  number,
  outline,
  run,
  sampleN,
  selfConfidence,
  selfConsistency,
  selfMoA,
  softmax,
  stack,
  universalSelfConsistency,
  type Best,
  type Chosen,
  type Confident,
  type Fused,
  type Model,
  type ModelResponse,
  type Reasoned,
  type Voted,
} from "mull";
import { middlewareLaws, scripted, synthetic, type ScriptedModel } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { giveUp, giveUpBefore, traced } from "./strategies/trial.js";

const answer = number();

/** A model that answers, says how sure it is, names a response, or writes one, as it is asked. */
function model(): ScriptedModel {
  return scripted(
    (_request, { random }) => `Answer: ${random.integer(3)}. Confidence: ${random.integer(101)}. Response 2`,
    {
      id: "m",
      latencyMs: (_, call) => 50 + call.random.integer(100),
    },
  );
}

type Layer = (next: Model) => Model;

/** Each preset beside the stack that it stands for. */
const pairs: readonly [what: string, preset: Layer, byHand: Layer, samples: number][] = [
  [
    "selfConsistency",
    selfConsistency({ answer }),
    (next) => stack(next, chainOfThought({ answer }), sampleN(16), majorityVote()),
    16,
  ],
  [
    "selfConsistency, with options",
    selfConsistency({ answer, n: 5, concurrency: 2, temperature: 0.7 }),
    (next) => stack(next, chainOfThought({ answer }), sampleN(5, { concurrency: 2, temperature: 0.7 }), majorityVote()),
    5,
  ],
  [
    "selfConsistency, of words",
    selfConsistency(),
    (next) => stack(next, chainOfThought(), sampleN(16), majorityVote()),
    16,
  ],
  [
    "adaptiveConsistency",
    adaptiveConsistency({ answer }),
    (next) =>
      stack(next, chainOfThought({ answer }), sampleN(40, { concurrency: 4 }), majorityVote({ stop: foreseen(0.95) })),
    40,
  ],
  [
    "adaptiveConsistency, another p",
    adaptiveConsistency({ answer, n: 12, p: 0.6, concurrency: 1, temperature: 1 }),
    (next) =>
      stack(
        next,
        chainOfThought({ answer }),
        sampleN(12, { concurrency: 1, temperature: 1 }),
        majorityVote({ stop: foreseen(0.6) }),
      ),
    12,
  ],
  [
    "adaptiveConsistency, as published",
    adaptiveConsistency({ answer, stop: beta(0.95) }),
    (next) =>
      stack(next, chainOfThought({ answer }), sampleN(40, { concurrency: 4 }), majorityVote({ stop: beta(0.95) })),
    40,
  ],
  [
    "confidenceInformedSelfConsistency",
    confidenceInformedSelfConsistency({ answer }),
    (next) =>
      stack(
        next,
        chainOfThought({ answer }),
        selfConfidence(),
        sampleN(16),
        majorityVote({ weight: confidenceWeight(), reweigh: softmax(0.2) }),
      ),
    16,
  ],
  [
    "confidenceInformedSelfConsistency, with options",
    confidenceInformedSelfConsistency({
      answer,
      n: 4,
      method: "binary",
      reweigh: softmax(1),
      concurrency: 2,
      temperature: 1,
    }),
    (next) =>
      stack(
        next,
        chainOfThought({ answer }),
        selfConfidence({ method: "binary" }),
        sampleN(4, { concurrency: 2, temperature: 1 }),
        majorityVote({ weight: confidenceWeight(), reweigh: softmax(1) }),
      ),
    4,
  ],
  ["universalSelfConsistency", universalSelfConsistency(), (next) => stack(next, sampleN(8), choose()), 8],
  [
    "universalSelfConsistency, with options",
    (next) => universalSelfConsistency({ n: 3, by: chainOfThought()(next), concurrency: 2, temperature: 1 })(next),
    (next) => stack(next, sampleN(3, { concurrency: 2, temperature: 1 }), choose({ by: chainOfThought()(next) })),
    3,
  ],
  ["selfMoA", selfMoA(), (next) => stack(next, sampleN(6), fuse()), 6],
  [
    "selfMoA, with options",
    selfMoA({ n: 3, concurrency: 2, temperature: 1 }),
    (next) => stack(next, sampleN(3, { concurrency: 2, temperature: 1 }), fuse()),
    3,
  ],
  [
    "bestOfN",
    bestOfN({ scorer: ({ text }) => text.length }),
    (next) => stack(next, sampleN(8), bestOf({ scorer: ({ text }) => text.length })),
    8,
  ],
  [
    "bestOfN, with options",
    bestOfN({ n: 3, scorer: ({ text }) => text.length, concurrency: 2, temperature: 1 }),
    (next) =>
      stack(next, sampleN(3, { concurrency: 2, temperature: 1 }), bestOf({ scorer: ({ text }) => text.length })),
    3,
  ],
];

describe.each(pairs)("%s", (_, preset, byHand, samples) => {
  test("is the stack written by hand: its result, its events, its requests, its outline", async () => {
    for (const seed of [1, 2, 3]) {
      const [one, other] = [model(), model()];
      const [ours, theirs] = [await traced(preset(one), "q", { seed }), await traced(byHand(other), "q", { seed })];
      expect(ours.response).toEqual(theirs.response);
      expect(ours.events).toEqual(theirs.events);
      expect(one.requests).toEqual(other.requests);
    }
    const [one, other] = [preset(model()), byHand(model())];
    expect([one.id, outline(one)]).toEqual([other.id, outline(other)]);
    expect(outline(one)).toContain(`n = ${samples}`);
  });

  for (const { name, check } of middlewareLaws(preset, {
    replies: ["Answer: 1. Response 2", "Answer: 2, I think. Response 1"],
  }))
    test(name, check);

  test("is given up as a whole", async () => {
    const slow = scripted(() => "Answer: 1", { latencyMs: 100 });
    await giveUp(preset(slow), 50, () => slow.calls);
    await giveUpBefore(preset(slow), () => 0);
  });
});

describe("of known questions", () => {
  test("adaptiveConsistency asks less of what is easy, and finds what a vote of all finds", async () => {
    const answers = (question: string) =>
      (question.startsWith("easy")
        ? [
            ["1", 0.95],
            ["2", 0.05],
          ]
        : [
            ["1", 0.6],
            ["2", 0.4],
          ]) as [string, number][];
    const solver = stack(synthetic({ answers }), adaptiveConsistency({ answer, concurrency: 1 }));
    const mean = async (question: string): Promise<number> => {
      const runs = await Promise.all(Array.from({ length: 60 }, (_, seed) => run(solver, question, { seed })));
      expect(runs.filter(({ answer: found }) => found === 1).length).toBeGreaterThan(question === "easy" ? 59 : 40);
      return runs.reduce((sum, { samples }) => sum + samples.length, 0) / runs.length;
    };
    expect(await mean("easy")).toBeLessThan(6);
    expect(await mean("hard")).toBeGreaterThan(10);
  });

  test("out of budget the samples so far vote", async () => {
    const solver = stack(
      scripted(() => "Answer: 1"),
      selfConsistency({ answer, concurrency: 1 }),
    );
    const { answer: found, samples, stopped } = await run(solver, "q", { budget: { calls: 3 } });
    expect([found, samples.length, stopped]).toEqual([1, 3, "budget"]);
  });
});

describe("wrong options", () => {
  const scorer = () => 1;

  test.each<[build: () => unknown, message: string]>([
    [
      () => selfConsistency({ samples: 3 } as never),
      'selfConsistency: an option must be one of n, concurrency, temperature, answer, got "samples"',
    ],
    [() => selfConsistency(null as never), "selfConsistency: options must be an object, got null"],
    [() => selfConsistency({ n: 0 }), "sampleN: n must be an integer of at least 1, got 0"],
    [() => selfConsistency({ concurrency: 0 }), "sampleN: concurrency must be an integer of at least 1, got 0"],
    [() => selfConsistency({ temperature: -1 }), "sampleN: temperature must be a number of at least 0, got -1"],
    [() => selfConsistency({ answer: 3 as never }), "chainOfThought: answer must be"],
    [
      () => adaptiveConsistency({ q: 3 } as never),
      'adaptiveConsistency: an option must be one of n, concurrency, temperature, answer, p, stop, got "q"',
    ],
    [() => adaptiveConsistency({ p: 0.4 }), "foreseen: p must be a number from 0.5 to 1, got 0.4"],
    [() => adaptiveConsistency({ stop: 0.95 as never }), "majorityVote: stop must be a stopping rule, got 0.95"],
    [
      () => adaptiveConsistency({ p: 0.9, stop: never }),
      "adaptiveConsistency: p must be left out where there is a stop, got 0.9",
    ],
    [
      () => confidenceInformedSelfConsistency({ weight: 3 } as never),
      'confidenceInformedSelfConsistency: an option must be one of n, concurrency, temperature, answer, method, reweigh, got "weight"',
    ],
    [() => confidenceInformedSelfConsistency({ method: "words" as never }), "selfConfidence: method must be"],
    [
      () => confidenceInformedSelfConsistency({ reweigh: 3 as never }),
      "majorityVote: reweigh must be a function of weights, got 3",
    ],
    [
      () => universalSelfConsistency({ answer } as never),
      'universalSelfConsistency: an option must be one of n, concurrency, temperature, by, got "answer"',
    ],
    [() => universalSelfConsistency({ by: "gpt" as never }), 'choose: by must be a model, got "gpt"'],
    [
      () => selfMoA({ by: model() } as never),
      'selfMoA: an option must be one of n, concurrency, temperature, got "by"',
    ],
    [
      () => bestOfN({ scorer, stop: never } as never),
      'bestOfN: an option must be one of n, concurrency, temperature, scorer, got "stop"',
    ],
    [() => bestOfN({} as never), "bestOf: scorer must be a function"],
    [() => bestOfN({ scorer, n: 1.5 }), "sampleN: n must be an integer of at least 1, got 1.5"],
  ])("%s", (build, message) => {
    expect(build).toThrow(
      expect.objectContaining({ code: "invalid-option", message: expect.stringContaining(message) as string }),
    );
  });
});

describe("types", () => {
  type Tagged = ModelResponse & { readonly tag: string };
  const tagged = scripted(["Answer: 1"]) as Model as Model<Tagged>;

  test("answers flow through, and fields from beneath", () => {
    expectTypeOf(stack(tagged, selfConsistency({ answer }))).toEqualTypeOf<Model<Voted<Reasoned<number, Tagged>>>>();
    expectTypeOf(stack(tagged, selfConsistency())).toEqualTypeOf<Model<Voted<Reasoned<string, Tagged>>>>();
    expectTypeOf(stack(tagged, adaptiveConsistency({ answer }))).toEqualTypeOf<
      Model<Voted<Reasoned<number, Tagged>>>
    >();
    expectTypeOf(stack(tagged, confidenceInformedSelfConsistency({ answer }))).toEqualTypeOf<
      Model<Voted<Confident<Reasoned<number, Tagged>>>>
    >();
    expectTypeOf(stack(tagged, universalSelfConsistency())).toEqualTypeOf<Model<Chosen<Tagged>>>();
    expectTypeOf(stack(tagged, selfMoA())).toEqualTypeOf<Model<Fused<Tagged>>>();
    expectTypeOf(
      stack(
        tagged,
        chainOfThought({ answer }),
        bestOfN({ scorer: ({ answer: found, tag }) => (found ?? 0) + tag.length }),
      ),
    ).toEqualTypeOf<Model<Best<Reasoned<number, Tagged>>>>();
  });
});
