import {
  CapabilityError,
  expectationMaximization,
  number,
  ProviderError,
  Random,
  source,
  type ExpectationMaximizationOptions,
  type ExpectationMaximized,
  type GatheredExample,
  type Model,
  type Trainer,
} from "mull";
import { fc, test } from "@fast-check/vitest";
import { scripted, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, traceOf } from "../strategies/trial.js";
import {
  likelihoodOf,
  posteriorOf,
  questionOf,
  randomTables,
  sum,
  tabular,
  tabularTrainer,
  thoughtsIn,
  type Datum,
  type Tables,
} from "./world.js";

type Options = Partial<ExpectationMaximizationOptions<number>>;

function learn(model: Model, data: readonly Datum[], options: Options = {}): Promise<ExpectationMaximized> {
  return expectationMaximization(model, data.map(questionOf), { answer: number(), seed: 1, ...options });
}

/** Examples of one question. */
function of(examples: readonly GatheredExample[], index: number): readonly GatheredExample[] {
  return examples.filter(({ question }) => question === index);
}

/** A trainer that learns nothing. */
function still(model: Model): Trainer {
  return { train: async () => model };
}

const data: readonly Datum[] = [0, 1, 2].map((y) => ({ x: 0, y }));

describe("the E-step matches the exact posterior", () => {
  test.each([1, 2])("importance, within four standard errors: world %i", async (seed) => {
    const tables = randomTables(new Random(seed), 1, 4, 3);
    const samples = 600;
    const { examples, report } = await learn(tabular(tables), data, { samples, keep: "all", seed });
    let likelihood = 0;
    for (const [index, datum] of data.entries()) {
      const own = of(examples, index);
      expect(sum(own, ({ weight = 0 }) => weight)).toBeCloseTo(1, 10);
      const found = thoughtsIn(own, 4);
      posteriorOf(tables, datum).forEach((exact, z) => {
        const error = Math.sqrt(
          sum(
            own,
            ({ weight = 0, completion }) => (weight * (Number(completion.startsWith(`thought ${z}`)) - exact)) ** 2,
          ),
        );
        expect(Math.abs((found[z] ?? 0) - exact)).toBeLessThan(4 * error);
        expect(error).toBeLessThan(0.04);
      });
      likelihood += likelihoodOf(tables, [datum]) / data.length;
    }
    // So does the estimate of the likelihood, by the error that it states itself.
    expect(Math.abs((report.logLikelihood ?? 0) - likelihood)).toBeLessThan(4 * (report.error ?? 0));
    expect(report.error).toBeLessThan(0.04);
    expect(report).toMatchObject({ thoughts: 3 * samples, acceptance: undefined });
    expect(report.questions).toEqual({ total: 3, unexplained: 0, lost: 0 });
    expect(report.effectiveSamples).toBeGreaterThan(samples / 3);
    expect(report.effectiveSamples).toBeLessThan(samples);
  });

  test("so do the thoughts that are drawn again", async () => {
    const tables = randomTables(new Random(7), 1, 3, 3);
    const { examples } = await learn(tabular(tables), data, { samples: 400, keep: 400 });
    expect(examples.every(({ weight }) => weight === undefined)).toBe(true);
    for (const [index, datum] of data.entries()) {
      const found = thoughtsIn(of(examples, index), 3);
      expect(of(examples, index)).toHaveLength(400);
      posteriorOf(tables, datum).forEach((exact, z) => expect(Math.abs((found[z] ?? 0) - exact)).toBeLessThan(0.1));
    }
  });

  /** Four standard errors of a share, for a chain whose second eigenvalue is that of Liu 1996: 1 - E[w] / max w. */
  function bound(tables: Tables, datum: Datum, share: number, steps: number): number {
    const weights = tables.answers.map((row) => row[datum.y] ?? 0);
    const mean = sum(weights, (weight, z) => weight * (tables.thoughts[datum.x]?.[z] ?? 0));
    const slow = 1 - mean / Math.max(...weights);
    return 4 * Math.sqrt(((share * (1 - share)) / steps) * ((1 + slow) / (1 - slow)));
  }

  test.each([1, 2])("Metropolis-Hastings, in one round: world %i", async (seed) => {
    const tables = randomTables(new Random(seed), 1, 3, 3);
    const { examples, report } = await learn(tabular(tables), data, {
      samples: 600,
      eStep: "metropolis",
      keep: "all",
      seed,
    });
    for (const [index, datum] of data.entries()) {
      const found = thoughtsIn(of(examples, index), 3);
      expect(sum(of(examples, index), ({ weight = 0 }) => weight)).toBeCloseTo(1, 10);
      posteriorOf(tables, datum).forEach((exact, z) =>
        expect(Math.abs((found[z] ?? 0) - exact)).toBeLessThan(bound(tables, datum, exact, 600)),
      );
    }
    expect(report.acceptance).toBeGreaterThan(0.4);
    expect(report.acceptance).toBeLessThan(1);
  });

  test("Metropolis-Hastings, one proposal a round: the chain goes on over the rounds", async () => {
    const tables = randomTables(new Random(5), 1, 3, 3);
    const model = tabular(tables);
    const { rounds } = await learn(model, data, {
      samples: 1,
      eStep: "metropolis",
      trainer: still(model),
      rounds: 250,
    });
    for (const [index, datum] of data.entries()) {
      const states = rounds.flatMap(({ examples }) => of(examples, index));
      expect(states).toHaveLength(250);
      const found = thoughtsIn(states, 3);
      posteriorOf(tables, datum).forEach((exact, z) =>
        expect(Math.abs((found[z] ?? 0) - exact)).toBeLessThan(bound(tables, datum, exact, 250)),
      );
    }
  });
});

describe("EM raises the likelihood", () => {
  const worlds = fc.record({ seed: fc.integer({ min: 1, max: 1_000_000 }), thoughts: fc.integer({ min: 2, max: 4 }) });

  /** KL divergence of what was drawn from the exact posterior, mean over the data: all that the drawing can cost a step. */
  function drawn(tables: Tables, pairs: readonly Datum[], examples: readonly GatheredExample[]): number {
    const off = (datum: Datum, index: number): number => {
      const found = thoughtsIn(of(examples, index), tables.answers.length);
      return sum(posteriorOf(tables, datum), (exact, z) => {
        const p = found[z] ?? 0;
        return p === 0 ? 0 : p * Math.log(p / exact);
      });
    };
    return sum(pairs, off) / pairs.length;
  }

  // Neal and Hinton 1998: L(new) >= F(q, new) >= F(q, old) = L(old) - KL(q, posterior), for any q; so the bound holds for few samples as for many.
  test.prop([worlds, fc.constantFrom("importance" as const, "metropolis" as const)], { numRuns: 8 })(
    "by no less than the drawing costs it",
    async ({ seed, thoughts }, eStep) => {
      const random = new Random(seed);
      const truth = randomTables(random, 2, thoughts, 3);
      const pairs = Array.from({ length: 6 }, (_, k): Datum => ({ x: k % 2, y: random.integer(3) }));
      const made: Tables[] = [truth];
      const trainer = tabularTrainer(truth, made);
      const { rounds } = await learn(tabular(truth), pairs, {
        trainer,
        rounds: 3,
        samples: 40,
        keep: "all",
        eStep,
        seed,
      });
      expect(rounds).toHaveLength(3);
      for (const [round, { examples, report }] of rounds.entries()) {
        const [before, after] = [made[round] as Tables, made[round + 1] as Tables];
        const cost = drawn(before, pairs, examples);
        expect(likelihoodOf(after, pairs)).toBeGreaterThan(likelihoodOf(before, pairs) - cost - 1e-9);
        expect(report.logLikelihood).toBeLessThan(0);
      }
    },
  );

  test("monotonically, with enough thoughts; and as the report says", async () => {
    const truth = randomTables(new Random(11), 2, 3, 3);
    const pairs = [0, 0, 1, 2, 2, 2].map((y, k): Datum => ({ x: k % 2, y }));
    const made: Tables[] = [truth];
    const { rounds } = await learn(tabular(truth), pairs, {
      trainer: tabularTrainer(truth, made),
      rounds: 4,
      samples: 200,
      keep: "all",
    });
    const exact = made.map((tables) => likelihoodOf(tables, pairs));
    for (let round = 1; round < exact.length; round++) {
      // At most the Monte Carlo error of a step, which is of the order of 1 / samples.
      expect(exact[round]).toBeGreaterThan((exact[round - 1] ?? 0) - 1 / 200);
      const { logLikelihood = 0, error = 0 } = rounds[round - 1]?.report ?? {};
      expect(Math.abs(logLikelihood - (exact[round - 1] ?? 0))).toBeLessThan(4 * error);
    }
    expect(exact.at(-1)).toBeGreaterThan((exact[0] ?? 0) + 0.1);
  });

  test("learning from the known answers alone, thoughts come to mean something", async () => {
    // A model that guesses: answers are 0 to question 0, and 1 to question 1; nobody says which thought is for which.
    const start: Tables = {
      thoughts: [
        [0.6, 0.4],
        [0.5, 0.5],
      ],
      answers: [
        [0.5, 0.5],
        [0.45, 0.55],
      ],
    };
    const made: Tables[] = [start];
    await learn(
      tabular(start),
      [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
      {
        trainer: tabularTrainer(start, made),
        rounds: 12,
        samples: 80,
        keep: "all",
      },
    );
    expect(
      likelihoodOf(made.at(-1) as Tables, [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ]),
    ).toBeGreaterThan(Math.log(0.9));
  });
});

describe("behaviour", () => {
  const sure: Tables = {
    thoughts: [[0.5, 0.5]],
    answers: [
      [1, 0],
      [0, 1],
    ],
  };

  test("an example is the question as it was asked, a thought, and the known answer", async () => {
    const { examples } = await learn(tabular(sure), [{ x: 0, y: 1 }], { samples: 6 });
    expect(examples).toEqual([
      {
        messages: [
          {
            role: "user",
            content: 'question 0\n\nThink step by step before you answer. End with "Answer: " and the number.',
          },
        ],
        completion: "thought 1\nAnswer: 1",
        question: 0,
      },
    ]);
  });

  test("equal thoughts are scored once; scores are judging", async () => {
    const asked = { write: 0, go: 0, score: 0 };
    const { usage } = await learn(tabular(sure, { asked }), [{ x: 0, y: 1 }], { samples: 12 });
    expect(asked).toEqual({ write: 12, go: 0, score: 2 });
    expect(usage).toMatchObject({ calls: 14, judging: { calls: 2 } });
  });

  test("a standing thought is weighed anew by the next model", async () => {
    // To the first model thought 0 explains all, to the second as little as any other: every proposal takes its place.
    const first = tabular({
      thoughts: [[1, 0]],
      answers: [
        [1, 0],
        [1, 0],
      ],
    });
    const second = tabular({
      thoughts: [[0, 1]],
      answers: [
        [0.01, 0.99],
        [0.01, 0.99],
      ],
    });
    const { rounds } = await learn(first, [{ x: 0, y: 0 }], {
      samples: 1,
      eStep: "metropolis",
      trainer: still(second),
      rounds: 2,
    });
    expect(rounds.map(({ examples }) => examples[0]?.completion)).toEqual([
      "thought 0\nAnswer: 0",
      "thought 1\nAnswer: 0",
    ]);
    expect(rounds.map(({ report }) => report.acceptance)).toEqual([undefined, 1]);
  });

  test("and stays where proposals explain nothing", async () => {
    const first = tabular({
      thoughts: [[1, 0]],
      answers: [
        [1, 0],
        [0, 1],
      ],
    });
    const second = tabular({
      thoughts: [[0, 1]],
      answers: [
        [1, 0],
        [0, 1],
      ],
    });
    const { rounds } = await learn(first, [{ x: 0, y: 0 }], {
      samples: 3,
      eStep: "metropolis",
      trainer: still(second),
      rounds: 2,
    });
    expect(rounds[1]?.examples[0]?.completion).toBe("thought 0\nAnswer: 0");
    expect(rounds[1]?.report).toMatchObject({ acceptance: 0, logLikelihood: undefined, questions: { unexplained: 1 } });
  });

  test.each([
    ["importance", 3, 3],
    ["metropolis", 2, 2],
  ] as const)("keep: so many of each question, by %s", async (eStep, keep, count) => {
    const { examples } = await learn(
      tabular(sure),
      [
        { x: 0, y: 0 },
        { x: 0, y: 1 },
      ],
      { samples: 8, eStep, keep },
    );
    expect([0, 1].map((index) => of(examples, index).length)).toEqual([count, count]);
  });

  test("a model that cannot score: what came to the answer", async () => {
    const asked = { write: 0, go: 0, score: 0 };
    const tables: Tables = {
      thoughts: [[0.5, 0.5]],
      answers: [
        [0.9, 0.1],
        [0.3, 0.7],
      ],
    };
    const { examples, report } = await learn(tabular(tables, { score: false, asked }), data.slice(0, 2), {
      samples: 400,
      keep: "all",
    });
    expect(asked).toEqual({ write: 800, go: 0, score: 0 });
    for (const index of [0, 1]) {
      const own = of(examples, index);
      expect(
        own.every(({ completion, weight }) => completion.endsWith(`Answer: ${index}`) && (weight ?? 1) < 0.02),
      ).toBe(true);
      const exact = posteriorOf(tables, { x: 0, y: index });
      expect(Math.abs((thoughtsIn(own, 2)[0] ?? 0) - (exact[0] ?? 0))).toBeLessThan(4 * Math.sqrt(0.25 / own.length));
    }
    expect(Math.abs((report.logLikelihood ?? 0) - likelihoodOf(tables, data.slice(0, 2)))).toBeLessThan(
      4 * (report.error ?? 0),
    );
  });

  test("a check of one's own decides", async () => {
    const { examples, usage } = await learn(tabular(sure), [{ x: 0, y: 0 }], {
      samples: 6,
      keep: "all",
      check: ({ text }) => ({ ok: text.startsWith("thought 1") }),
    });
    expect(new Set(examples.map(({ completion }) => completion))).toEqual(new Set(["thought 1\nAnswer: 1"]));
    expect(usage.calls).toBe(6);
  });

  test("a question that no thought explains has no example, and is counted", async () => {
    const never: Tables = { thoughts: [[1]], answers: [[1, 0]] };
    const { examples, report, stopped, warnings } = await learn(tabular(never), [{ x: 0, y: 1 }], { samples: 3 });
    expect(examples).toEqual([]);
    expect(report).toMatchObject({ logLikelihood: undefined, error: undefined, effectiveSamples: undefined });
    expect(report.questions).toEqual({ total: 1, unexplained: 1, lost: 0 });
    expect(stopped).toBe("no-improvement");
    expect(warnings).toMatchObject([{ code: "no-examples" }]);
  });

  test.each<[what: string, text: string, prefill: string, scored: string, completion: string]>([
    ["a mark", "So.\nAnswer: 5", "So.\nAnswer:", " 7", "So.\nAnswer: 7"],
    ["a box", "So $\\boxed{5}$.", "So $\\boxed{", "7}", "So $\\boxed{7}"],
    ["a sentence", "I counted. It is 5.", "I counted.\nAnswer:", " 7", "I counted.\nAnswer: 7"],
    ["no answer", "I counted and", "I counted and\nAnswer:", " 7", "I counted and\nAnswer: 7"],
    ["the answer alone", "Answer: 5", "Answer:", " 7", "Answer: 7"],
    ["nothing but a number", "5", "Answer:", " 7", "Answer: 7"],
    [
      "an answer said, and another",
      "The answer is 4, no.\nAnswer: 5",
      "The answer is 4, no.\nAnswer:",
      " 7",
      "The answer is 4, no.\nAnswer: 7",
    ],
  ])("where the thought ends: %s", async (_, text, prefill, scored, completion) => {
    const requests: (readonly [string | undefined, string | undefined])[] = [];
    const model = source("m", { score: true, prefill: true }, async (request) => {
      requests.push([request.prefill, request.score]);
      return request.score === undefined ? { text } : { text: request.score, logprobs: [{ token: "x", logprob: -1 }] };
    });
    const { examples } = await learn(model, [{ x: 0, y: 7 }], { samples: 1 });
    expect(requests.slice(1)).toEqual([[prefill, scored]]);
    expect(examples[0]?.completion).toBe(completion);
  });

  test("a thought that is kept apart is scored in another turn, and said so", async () => {
    const model = source("m", { score: true, prefill: true }, async ({ score, messages }) => {
      if (score === undefined) return { text: "Answer: 5", reasoning: "deep" };
      expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
      expect(score).toBe("Answer: 7");
      return { text: score, logprobs: [{ token: "x", logprob: -1 }] };
    });
    const { examples, warnings } = await learn(model, [{ x: 0, y: 7 }], { samples: 2 });
    expect(examples[0]?.completion).toBe("<think>\ndeep\n</think>\n\nAnswer: 7");
    expect(warnings).toMatchObject([{ code: "downgrade", capability: "prefill" }]);
  });
});

describe("rounds, failures, budgets", () => {
  const tables = randomTables(new Random(3), 1, 3, 3);

  test("each round asks the latest model; the trainer hears which round it is", async () => {
    const seen: [string | undefined, number, boolean][] = [];
    const models = [0, 1, 2].map((k) => ({ ...tabular(tables), id: `m${k}` }));
    const trainer: Trainer = {
      train: async (examples, { round = -1, signal } = {}) => {
        seen.push([examples[0]?.completion.slice(0, 7), round, signal?.aborted ?? true]);
        return models[round + 1] as Model;
      },
    };
    const { rounds, model, stopped } = await learn(models[0] as Model, data, { trainer, rounds: 2 });
    expect(seen).toEqual([
      ["thought", 0, false],
      ["thought", 1, false],
    ]);
    expect(rounds.map((round) => round.model?.id)).toEqual(["m1", "m2"]);
    expect([model.id, stopped]).toEqual(["m2", "done"]);
  });

  test.each<[what: string, trainer: Trainer]>([
    ["throws", { train: () => Promise.reject(new Error("disk full")) }],
    ["gives no model", { train: async () => ({}) as Model }],
  ])("a trainer that %s ends it, with what was gathered", async (_, trainer) => {
    const { examples, rounds, stopped, warnings, model } = await learn(tabular(tables), data, { trainer, rounds: 3 });
    expect(examples).toHaveLength(3);
    expect(rounds).toHaveLength(1);
    expect(rounds[0]?.error).toBeInstanceOf(Error);
    expect(rounds[0]?.model).toBeUndefined();
    expect([stopped, model.id]).toEqual(["failure", "table"]);
    expect(warnings).toMatchObject([{ code: "training-failed" }]);
  });

  test("the budget ends the second round, which is not trained on", async () => {
    let trained = 0;
    const model = tabular(tables);
    const trainer: Trainer = { train: async () => (trained++, model) };
    const options = { trainer, rounds: 3, samples: 4, concurrency: 1, budget: { calls: 25 } };
    const { rounds, stopped, usage } = await learn(model, data, options);
    expect(trained).toBe(1);
    expect(rounds).toHaveLength(2);
    expect(rounds[1]?.model).toBeUndefined();
    expect(stopped).toBe("budget");
    expect(usage.calls).toBeLessThanOrEqual(25);
  });

  test.each([1, 2, 3])("a budget of %i calls, of which nothing comes", async (calls) => {
    const result = learn(tabular(tables), data, { samples: 3, budget: { calls } });
    await expect(result).rejects.toMatchObject({ code: "budget-exceeded" });
  });

  test("lost samples, lost scores", async () => {
    const busy = new ProviderError("overloaded", { status: 503 });
    let at = 0;
    const model = source("m", { score: true, prefill: true }, async ({ score, prefill }) => {
      if (score !== undefined) {
        if (prefill === "a1\nAnswer:") throw busy;
        return { text: score, logprobs: prefill === "a2\nAnswer:" ? [] : [{ token: "x", logprob: -1 }] };
      }
      if (at++ === 0) throw busy;
      return { text: `a${at - 1}\nAnswer: 1` };
    });
    const { examples, report } = await learn(model, [{ x: 0, y: 1 }], { samples: 4, keep: "all" });
    expect(examples.map(({ completion, weight }) => [completion, weight])).toEqual([["a3\nAnswer: 1", 1]]);
    expect(report.thoughts).toBe(1);
  });

  test("nothing but failures: the failure", async () => {
    const refused = new ProviderError("no key", { status: 401 });
    await expect(
      learn(
        scripted(() => refused),
        data,
      ),
    ).rejects.toBe(refused);
    const mute = source("m", { score: true, prefill: true }, async ({ score }) => ({ text: score ?? "Answer: 1" }));
    await expect(learn(mute, data)).rejects.toMatchObject({ code: "malformed-response" });
  });

  test("given up while it trains", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    let heard: unknown;
    const trainer: Trainer = {
      train: (_, { signal } = {}) =>
        new Promise(() => signal?.addEventListener("abort", () => (heard = signal.reason))),
    };
    const result = learn(tabular(tables), data, { trainer, signal: controller.signal, clock });
    const rejected = expect(result).rejects.toBe("enough");
    await clock.advance(10);
    controller.abort("enough");
    await rejected;
    expect(heard).toBe("enough");
  });

  test("the same seed gives the same examples, whatever the concurrency; events come in the order of the questions", async () => {
    const trial = async (concurrency: number): Promise<readonly unknown[]> => {
      const events: string[] = [];
      const clock = virtualClock();
      const slow = scripted(
        (request, call) => {
          const z = call.random.integer(3);
          return request.score === undefined
            ? `thought ${z}\nAnswer: 1`
            : { text: request.score, logprobs: [{ token: "x", logprob: -z - 1 }] };
        },
        { capabilities: { score: true, prefill: true }, latencyMs: (_, { random }) => random.integer(100) },
      );
      const { examples } = await clock.until(
        learn(slow, data, { concurrency, clock, seed: 5, onEvent: (event) => events.push(...traceOf([event])) }),
      );
      return [examples, events];
    };
    const [one, many] = [await trial(1), await trial(3)];
    expect(many).toEqual(one);
    expect((many[1] as string[]).slice(0, 3)).toEqual([
      "start expectationMaximization",
      "start expectationMaximization/round/q0/#0/scripted",
      "end expectationMaximization/round/q0/#0/scripted",
    ]);
  });
});

test.each<[option: string, options: object, message: string]>([
  ["eStep", { eStep: "gibbs" }, "eStep must be 'importance' or 'metropolis', got \"gibbs\""],
  ["likelihood", { likelihood: "guess" }, "likelihood must be 'score' or 'check', got \"guess\""],
  ["keep", { keep: 0 }, "keep must be an integer of at least 1, got 0"],
  ["write", { write: "7" }, 'write must be a function of the answer, got "7"'],
  [
    "check",
    { likelihood: "score", check: () => ({ ok: true }) },
    "check must be absent where likelihood is 'score', got a function",
  ],
  ["rounds", { rounds: 2 }, "rounds must be an integer from 1 to 1, got 2"],
  ["trainer", { trainer: () => 1 }, "trainer must be an object with a method train, got a function"],
  ["samples", { samples: 0.5 }, "samples must be an integer of at least 1, got 0.5"],
  ["concurrency", { concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
  ["temperature", { temperature: -1 }, "temperature must be a number of at least 0, got -1"],
  ["instruction", { instruction: 5 }, "instruction must be a text, got 5"],
  ["check", { check: true }, "check must be a function that says whether a response is right, got true"],
  ["answer", { answer: "number" }, 'answer must be an answer, such as number() or choice([…]), got "number"'],
])("option %s", async (option, options, message) => {
  const result = learn(tabular({ thoughts: [[1]], answers: [[1]] }), data, options);
  await expect(result).rejects.toMatchObject({ option, message: `expectationMaximization: ${message}` });
});

test("questions and models that are none, and a model that cannot score", async () => {
  const model = scripted(["x"]);
  await expect(learn(model, [])).rejects.toThrow("questions must be a list of at least one question");
  await expect(learn({} as Model, data)).rejects.toThrow("the first argument must be a model");
  const answerless = expectationMaximization(model, [{ question: "q" }], { answer: number() });
  await expect(answerless).rejects.toMatchObject({ option: "questions[0].answer" });
  const odd = expectationMaximization(model, [{ question: "q", answer: "seven" as unknown as number }], {
    answer: number(),
  });
  await expect(odd).rejects.toMatchObject({ option: "questions[0].answer" });
  await expect(expectationMaximization(model, [{ question: " ", answer: 1 }], { answer: number() })).rejects.toThrow(
    "questions[0]",
  );
  await expect(learn(model, data, { likelihood: "score" })).rejects.toThrow(CapabilityError);
  await expect(learn(model, data, { likelihood: "score" })).rejects.toThrow("likelihood: 'check'");
  expect(model.calls).toBe(0);
});

test("types", () => {
  expectTypeOf<ExpectationMaximized["model"]>().toEqualTypeOf<Model>();
  // @ts-expect-error an answer of another kind
  compiles(() => expectationMaximization(scripted(["x"]), [{ question: "q", answer: "7" }], { answer: number() }));
});
