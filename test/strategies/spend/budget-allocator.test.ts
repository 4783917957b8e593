import { fc, test } from "@fast-check/vitest";
import {
  beta,
  budgetAllocator,
  chainOfThought,
  majorityVote,
  never,
  number,
  outline,
  ProviderError,
  reviseLoop,
  run,
  sampleN,
  stack,
  Tally,
  type Allocated,
  type BudgetAllocatorOptions,
  type Level,
  type LevelReport,
  type Model,
  type ModelRequest,
  type Reasoned,
} from "mull";
import {
  middlewareLaws,
  scripted,
  synthetic,
  virtualClock,
  type ScriptedModel,
  type ScriptedReply,
} from "mull/testing";
import { describe, expect, expectTypeOf, vi } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });
const solve = chainOfThought({ answer: number(), askAgain: false });

/** `12?!x` is the replies `Answer: 1`, `Answer: 2`, one that cannot be read, one that is lost, and one that is refused. */
function replies(votes: string): ScriptedReply[] {
  return votes
    .split("")
    .map((vote) => (vote === "!" ? busy : vote === "x" ? refused : vote === "?" ? "Who knows." : `Answer: ${vote}`));
}

/** A model that votes so. */
function voter(votes: string, options: Parameters<typeof scripted>[1] = {}): ScriptedModel {
  return scripted(replies(votes), options);
}

/** What each level bought: `quick 4, thorough 3`. */
function bought({ levels }: Allocated): string {
  return levels.map(({ name, samples }) => `${name} ${samples}`).join(", ");
}

const two = [
  { name: "quick", samples: 2 },
  { name: "thorough", samples: 6 },
];

describe.each<[what: string, layer: (model: Model) => Model]>([
  ["levels", (model) => stack(model, solve, budgetAllocator({ levels: [...two, { samples: 9 }], target: 0.9 }))],
  [
    "another model",
    (model) => stack(model, budgetAllocator({ levels: [{ samples: 2 }, { model: sampleN(2)(model), samples: 3 }] })),
  ],
  [
    "a difficulty that asks the model",
    (model) =>
      stack(
        model,
        solve,
        budgetAllocator({
          levels: two,
          difficulty: async (request, call) => ((await model.generate(request, call)).text.length % 7) / 7,
        }),
      ),
  ],
])("laws, %s", (_, layer) => {
  for (const { name, check } of middlewareLaws(layer)) test(name, check);
});

describe("behaviour", () => {
  type Expected = readonly [answer: number | undefined, bought: string, level: string, stopped: string];

  test.each<[what: string, votes: string, options: BudgetAllocatorOptions<Reasoned<number>>, Expected, calls: number]>([
    ["an easy question: the first level", "1111", {}, [1, "quick 4", "quick", "ok"], 4],
    ["a harder one: some of the second", "11121111", {}, [1, "quick 4, thorough 3", "thorough", "ok"], 7],
    ["all levels", "12".repeat(20), {}, [1, "quick 4, thorough 12, exhaustive 24", "exhaustive", "limit"], 40],
    ["less than a level", "111", { target: 0.9 }, [1, "quick 3", "quick", "ok"], 3],
    [
      "what was bought is not bought again",
      "121212",
      { levels: two },
      [1, "quick 2, thorough 4", "thorough", "limit"],
      6,
    ],
    [
      "a level that wants no more",
      "12",
      { levels: [{ samples: 2 }, { samples: 2 }] },
      [1, "level 0 2", "level 0", "limit"],
      2,
    ],
    [
      "a level that wants less",
      "12",
      { levels: [{ samples: 2 }, { samples: 1 }] },
      [1, "level 0 2", "level 0", "limit"],
      2,
    ],
    ["lost samples are bought again", "!12121", { levels: two }, [1, "quick 1, thorough 4", "thorough", "limit"], 7],
    ["what cannot be read", "????", { levels: [{ samples: 4 }] }, [undefined, "level 0 4", "level 0", "limit"], 4],
    ["a refusal ends it", "12x", { levels: two }, [1, "quick 2, thorough 0", "quick", "failure"], 3],
    [
      "and is not asked for again",
      "12x",
      { levels: [...two, { samples: 9 }] },
      [1, "quick 2, thorough 0", "quick", "failure"],
      3,
    ],
    [
      "a target of 1 is never reached",
      "111111",
      { levels: two, target: 1 },
      [1, "quick 2, thorough 4", "thorough", "limit"],
      6,
    ],
    ["a target of 0.5 is reached by one", "1", { target: 0.5 }, [1, "quick 1", "quick", "ok"], 1],
  ])("%s", async (_, votes, options, [answer, levels, level, stopped], calls) => {
    const model = voter(`${votes}!!`);
    const response = await run(stack(model, solve, budgetAllocator({ concurrency: 1, ...options })), "q");
    expect([response.answer, bought(response), response.level, response.stopped]).toEqual([
      answer,
      levels,
      level,
      stopped,
    ]);
    expect(model.calls).toBe(calls);
  });

  test("the response is that of the vote, with the cost of every level", async () => {
    const model = voter("1212111");
    const options = { levels: two, target: 0.8, concurrency: 1 };
    const response = await run(stack(model, solve, budgetAllocator(options)), "q");
    expect(response).toMatchObject({
      text: "Answer: 1",
      answer: 1,
      key: "1",
      margin: 2 / 6,
      abstained: false,
      failures: [],
      votes: [
        { key: "1", count: 4 },
        { key: "2", count: 2 },
      ],
    });
    expect(response.samples.map(({ answer }) => answer)).toEqual([1, 2, 1, 2, 1, 1]);
    expect(response.levels).toMatchObject([
      { name: "quick", samples: 2, confidence: 0.5, usage: { calls: 2 } },
      { name: "thorough", samples: 4, confidence: response.confidence, usage: { calls: 4 } },
    ]);
    expect(response.confidence).toBeCloseTo(0.7734375, 12);
    expect(response.difficulty).toBeCloseTo(1 / 3, 12);
  });

  test("failures of all levels are listed", async () => {
    const response = await run(stack(voter("1!1!2212"), budgetAllocator({ levels: two })), "q");
    expect(response.failures.map(({ error }) => error)).toEqual([busy, busy]);
    expect(response.usage).toMatchObject({ calls: response.samples.length, failed: { calls: 2 } });
  });

  test("no sample at all is the first failure", async () => {
    const model = voter("!!");
    await expect(run(stack(model, budgetAllocator({ levels: two })), "q")).rejects.toBe(busy);
    expect(model.calls).toBe(2);
    await expect(run(stack(voter("x"), budgetAllocator({ concurrency: 1 })), "q")).rejects.toBe(refused);
  });

  test("what is in flight when the target is reached is given up", async () => {
    const model = voter("1111", { latencyMs: (index) => (index < 3 ? 100 : 1000) });
    const clock = virtualClock();
    const { usage, levels, stopped } = await clock.until(
      run(stack(model, solve, budgetAllocator({ target: 0.9 })), "q", { clock }),
    );
    expect(stopped).toBe("ok");
    expect(usage).toMatchObject({ calls: 3, cancelled: { calls: 1 } });
    expect(levels[0]?.usage).toEqual(usage);
    expect([clock.now(), clock.pending]).toEqual([100, 0]);
  });

  test.each([
    [undefined, [2, 4, 6]],
    [3, [2, 5, 6]],
    [Infinity, [2, 6, 6]],
  ])("concurrency %j", async (concurrency, starts) => {
    const model = voter("121212", { latencyMs: 100 });
    const clock = virtualClock();
    const done = run(stack(model, budgetAllocator({ levels: two, concurrency })), "q", { clock });
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      await clock.advance(i === 0 ? 0 : 100);
      seen.push(model.calls);
    }
    expect(seen).toEqual(starts);
    await clock.until(done);
  });
});

describe("another model", () => {
  test("votes with its weight", async () => {
    const [small, large] = [voter("11"), voter("22", { id: "large" })];
    const levels: Level<Reasoned<number>>[] = [
      { name: "small", samples: 2 },
      { name: "large", samples: 2, model: solve(large), weight: 1.5 },
    ];
    const response = await run(stack(small, solve, budgetAllocator({ levels })), "q");
    expect(response).toMatchObject({
      answer: 2,
      votes: [
        { key: "2", weight: 3, count: 2, share: 0.6 },
        { key: "1", weight: 2 },
      ],
      level: "large",
      margin: 0.2,
    });
    expect([small.calls, large.calls, bought(response)]).toEqual([2, 2, "small 2, large 2"]);
  });

  test("each model has its own count", async () => {
    const [small, large] = [voter("121212"), voter("1221", { id: "large" })];
    const levels: Level[] = [
      { samples: 2 },
      { samples: 3, model: large },
      { samples: 5 },
      { samples: 4, model: large },
    ];
    const response = await run(stack(small, budgetAllocator({ levels })), "q");
    expect(bought(response)).toBe("level 0 2, level 1 3, level 2 3, level 3 1");
    expect([small.calls, large.calls]).toEqual([5, 4]);
  });

  test("naming the model beneath changes nothing", async () => {
    const model = voter("121212");
    const levels: Level[] = [{ samples: 2 }, { samples: 6, model }];
    await run(stack(model, budgetAllocator({ levels })), "q");
    expect(model.calls).toBe(6);
  });

  test.each([
    ["refused", "x", "level 0 0, level 1 2", 1],
    ["lost", "!!", "level 0 0, level 1 2", 2],
  ])("goes on where the first is %s", async (_, votes, levels, calls) => {
    const [small, large] = [voter(votes), voter("12", { id: "large" })];
    const chosen: Level[] = [{ samples: 2 }, { samples: 2, model: large }, { samples: 9 }];
    const response = await run(stack(small, budgetAllocator({ levels: chosen, concurrency: 1 })), "q");
    expect(bought(response)).toBe(levels);
    expect(response).toMatchObject({ level: "level 1", stopped: "limit" });
    expect(response.failures).toHaveLength(calls);
    expect([small.calls, large.calls]).toEqual([calls, 2]);
  });

  test("a failing second model leaves the first to go on", async () => {
    const [small, large] = [voter("121212"), voter("x", { id: "large" })];
    const levels: Level[] = [{ samples: 2 }, { samples: 2, model: large }, { samples: 4 }];
    const response = await run(stack(small, budgetAllocator({ levels, concurrency: 1 })), "q");
    expect([bought(response), response.stopped]).toEqual(["level 0 2, level 1 0, level 2 2", "limit"]);
  });

  test("settings are those of the level", async () => {
    const model = voter("1212");
    const levels: Level[] = [{ samples: 2 }, { samples: 4, settings: { effort: "high", temperature: 1 } }];
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], temperature: 0.2 };
    await run(stack(model, budgetAllocator({ levels })), frozen(request));
    expect(model.requests).toEqual([
      request,
      request,
      { ...request, effort: "high", temperature: 1 },
      { ...request, effort: "high", temperature: 1 },
    ]);
  });
});

describe("difficulty", () => {
  const three: readonly Level[] = [{ samples: 1 }, { samples: 2 }, { samples: 3 }];

  test.each([
    [0, "level 0 1, level 1 1, level 2 1"],
    [0.33, "level 0 1, level 1 1, level 2 1"],
    [0.34, "level 1 2, level 2 1"],
    [0.66, "level 1 2, level 2 1"],
    [0.67, "level 2 3"],
    [1, "level 2 3"],
  ])("%f chooses the first level", async (difficulty, levels) => {
    for (const estimate of [() => difficulty, async () => difficulty]) {
      const model = voter("123");
      const solver = stack(model, budgetAllocator({ levels: three, difficulty: estimate }));
      const response = await run(solver, "q");
      expect([bought(response), response.difficulty]).toEqual([levels, difficulty]);
      expect(model.calls).toBe(3);
    }
  });

  test("sees the question, and may ask models", async () => {
    const critic = scripted(["0.9"], { id: "critic" });
    const seen = vi.fn();
    const difficulty: BudgetAllocatorOptions["difficulty"] = async (request, call) => {
      seen(request, call.path);
      return Number((await critic.generate(request, call)).text);
    };
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }] };
    const { usage } = await run(stack(voter("123"), budgetAllocator({ levels: three, difficulty })), request);
    expect(seen.mock.calls).toEqual([[request, ["budgetAllocator", "difficulty"]]]);
    expect(usage).toMatchObject({ calls: 4, judging: { calls: 1 } });
  });

  test.each([[-0.1], [1.1], [NaN], ["0.5"], [undefined]])("%j is none", async (value) => {
    const model = voter("1");
    const solver = stack(model, budgetAllocator({ difficulty: () => value as number }));
    const shown = typeof value === "string" ? `"${value}"` : String(value);
    await expect(run(solver, "q")).rejects.toMatchObject({
      code: "invalid-option",
      message: `budgetAllocator: what difficulty returns must be a number from 0 to 1, got ${shown}`,
    });
    expect(model.calls).toBe(0);
  });

  test("what it throws is thrown", async () => {
    const solver = stack(voter("1"), budgetAllocator({ difficulty: () => Promise.reject(busy) }));
    await expect(run(solver, "q")).rejects.toBe(busy);
  });
});

describe("out of budget or time", () => {
  test.each<[what: string, budget: object, bought: string, level: string, stopped: string]>([
    ["calls, in a level", { calls: 3 }, "quick 2, thorough 1", "thorough", "budget"],
    ["calls, between levels", { calls: 2 }, "quick 2, thorough 0", "quick", "budget"],
    ["calls, in the first level", { calls: 1 }, "quick 1", "quick", "budget"],
    ["time, in a level", { ms: 350 }, "quick 2, thorough 1", "thorough", "deadline"],
    ["time, in the first level", { ms: 150 }, "quick 1", "quick", "deadline"],
  ])("the samples so far vote: %s", async (_, budget, levels, level, stopped) => {
    const model = voter("121212", { latencyMs: 100 });
    const solver = stack(model, solve, budgetAllocator({ levels: two, concurrency: 1 }));
    const { response } = await traced(solver, "q", { budget });
    expect([bought(response), response.level, response.stopped]).toEqual([levels, level, stopped]);
    expect(response.answer).toBe(1);
  });

  test("another level is not tried then", async () => {
    const large = voter("22", { id: "large" });
    const levels: Level[] = [{ samples: 2 }, { samples: 2, model: large }];
    const solver = stack(voter("12"), budgetAllocator({ levels, concurrency: 1 }));
    expect((await run(solver, "q", { budget: { calls: 1 } })).stopped).toBe("budget");
    expect(large.calls).toBe(0);
  });

  test.each([
    ["calls", { calls: 1, tokens: 5 }],
    ["time", { ms: 50 }],
  ])("nothing at all: %s", async (_, budget) => {
    const solver = stack(voter("11", { latencyMs: 100 }), budgetAllocator());
    await expect(traced(solver, "q", { budget })).rejects.toMatchObject({
      code: "budget-exceeded",
      usage: { calls: 0 },
    });
  });
});

describe("cancellation", () => {
  test.each([
    ["in the first level", 50, 2],
    ["in the second level", 150, 4],
  ])("%s", async (_, ms, calls) => {
    const model = voter("121212", { latencyMs: 100 });
    expect(await giveUp(stack(model, budgetAllocator({ levels: two })), ms, () => model.calls)).toBe(calls);
  });

  test("in a difficulty that never ends", async () => {
    const model = voter("12");
    const solver = stack(model, budgetAllocator({ difficulty: () => new Promise(() => undefined) }));
    expect(await giveUp(solver, 50, () => model.calls)).toBe(0);
  });

  test("in a model that the difficulty asks", async () => {
    const [model, critic] = [voter("12"), scripted(["0.5"], { latencyMs: 100 })];
    const difficulty: BudgetAllocatorOptions["difficulty"] = async (request, call) =>
      Number((await critic.generate(request, call)).text);
    const calls = () => 10 * critic.calls + model.calls;
    expect(await giveUp(stack(model, budgetAllocator({ difficulty })), 50, calls)).toBe(10);
  });

  test("between levels", async () => {
    const model = voter("121212");
    const controller = new AbortController();
    const done = run(stack(model, budgetAllocator({ levels: two })), "q", {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "level" && event.level === 1) controller.abort("left");
      },
    });
    await expect(done).rejects.toBe("left");
    expect(model.calls).toBe(2);
  });

  test("before", async () => {
    const model = voter("1");
    await giveUpBefore(stack(model, budgetAllocator()), () => model.calls);
  });
});

describe("trace", () => {
  test("paths and levels", async () => {
    const large = voter("1", { id: "large" });
    const levels: Level[] = [
      { name: "small", samples: 2 },
      { name: "large", samples: 1, model: large },
    ];
    const { trace, events } = await traced(stack(voter("12"), budgetAllocator({ levels })));
    expect(trace).toEqual([
      "start budgetAllocator",
      "level budgetAllocator",
      "start budgetAllocator/small/#0/scripted",
      "end budgetAllocator/small/#0/scripted",
      "sample budgetAllocator/small",
      "start budgetAllocator/small/#1/scripted",
      "end budgetAllocator/small/#1/scripted",
      "sample budgetAllocator/small",
      "level budgetAllocator",
      "start budgetAllocator/large/#0/large",
      "end budgetAllocator/large/#0/large",
      "sample budgetAllocator/large",
      "end budgetAllocator",
    ]);
    expect(events.filter(({ type }) => type === "level")).toEqual([
      { type: "level", path: ["budgetAllocator"], level: 0, name: "small", confidence: undefined },
      { type: "level", path: ["budgetAllocator"], level: 1, name: "large", confidence: 0.5 },
    ]);
  });

  test("all that is written is a thought", async () => {
    const { events } = await traced(stack(voter("1"), budgetAllocator({ levels: [{ samples: 1 }] })));
    expect(events.flatMap((event) => (event.type === "delta" ? [event.output] : []))).toEqual([false, false]);
  });
});

test("outline", () => {
  const [model, large] = [scripted(["a"], { id: "m" }), scripted(["a"], { id: "large" })];
  const levels: Level[] = [{ name: "quick", samples: 4 }, { name: "deep", samples: 2, model: large }, { samples: 8 }];
  expect(outline(stack(model, budgetAllocator({ levels }))).split("\n")).toEqual([
    "budgetAllocator (quick: 4, deep: 2, level 2: 8)  ≤ 10 calls, ≤ 15,240 tokens",
    "├─ m                                             ≤ 1 call, ≤ 1,524 tokens",
    "└─ large                                         ≤ 1 call, ≤ 1,524 tokens",
  ]);
});

describe("its own laws", () => {
  const votes = fc.string({ unit: fc.constantFrom("1", "2", "3", "?", "!"), minLength: 12, maxLength: 12 });
  const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 });

  test.prop([votes, sizes, fc.constantFrom(0.7, 0.9, 0.95, 1), fc.integer({ min: 1, max: 4 }), fc.boolean()])(
    "it stops at the first sample that makes it sure, and its reports add up",
    async (cast, samples, target, concurrency, mixed) => {
      const [small, large] = [voter(cast), voter(cast.split("").reverse().join(""), { id: "large" })];
      const levels = samples.map((count, i): Level<Reasoned<number>> => ({
        samples: count,
        ...(mixed && i % 2 === 1 && { model: solve(large) }),
      }));
      // `solve(large)` is another model in each level.
      const own = levels.filter(({ model }) => model === undefined).map((level) => level.samples);
      const solver = stack(small, solve, budgetAllocator({ levels, target, concurrency }));
      const response = await run(solver, "q").catch((error: unknown) => {
        expect(error).toBe(busy);
      });
      expect(small.calls).toBeLessThanOrEqual(cast.length);
      if (response === undefined) return;

      const tally = new Tally<Reasoned<number>>();
      const sure = beta(target);
      const reached = response.samples.map((sample) => {
        tally.add(sample);
        return sure(tally);
      });
      expect(reached.indexOf(true)).toBe(response.stopped === "ok" ? reached.length - 1 : -1);
      expect(response.key).toBe(tally.winner?.key);
      expect(response.confidence).toBe(tally.confidence);

      const sum = (of: (report: LevelReport) => number | undefined): number =>
        response.levels.reduce((total, report) => total + (of(report) ?? 0), 0);
      expect(sum((report) => report.samples)).toBe(response.samples.length);
      for (const name of ["calls", "inputTokens", "outputTokens"] as const) {
        expect(sum(({ usage }) => usage[name])).toBe(response.usage[name]);
      }
      expect(sum(({ usage }) => usage.failed?.calls)).toBe(response.usage.failed?.calls ?? 0);
      expect(sum(({ usage }) => usage.cancelled?.calls)).toBe(response.usage.cancelled?.calls ?? 0);
      const bySmall = response.samples.filter(({ usage }) => usage.calls === 1).length;
      if (!mixed) expect(bySmall).toBeLessThanOrEqual(Math.max(...own));
    },
  );
});

describe("on questions of known difficulty", () => {
  const model = synthetic({
    answers: (question) =>
      question.startsWith("easy")
        ? [
            ["1", 0.95],
            ["2", 0.05],
          ]
        : [
            ["1", 0.55],
            ["2", 0.45],
          ],
  });
  const asks = (
    solver: Model<Reasoned<number> & { readonly samples: readonly unknown[] }>,
    kind: string,
    count: number,
  ) =>
    Promise.all(
      Array.from({ length: count }, async (_, seed) => {
        const { answer, samples } = await run(solver, kind, { seed });
        return { right: answer === 1 ? 1 : 0, samples: samples.length };
      }),
    );
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const error = (values: readonly number[]): number =>
    Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)) / values.length);
  const near = (values: readonly number[], expected: number): void => {
    expect(Math.abs(mean(values) - expected)).toBeLessThan(3 * error(values));
  };

  test(
    "it spends as much as theory says, and more is right than with a flat vote that costs more",
    { timeout: 60_000 },
    async () => {
      const spending = stack(model, solve, budgetAllocator({ target: 0.95 }));
      const flat = stack(model, solve, sampleN(16), majorityVote({ stop: never }));
      const [easy, hard] = [await asks(spending, "easy", 240), await asks(spending, "hard", 240)];
      // Exact, by dynamic programming: the Beta rule at 0.95 with a cap of 40 in a world of two answers.
      near(
        easy.map(({ samples }) => samples),
        4.6952,
      );
      near(
        hard.map(({ samples }) => samples),
        27.4899,
      );
      near(
        hard.map(({ right }) => right),
        0.71941,
      );
      expect(mean(easy.map(({ right }) => right))).toBeGreaterThan(0.99);

      const both = [...easy, ...easy, ...easy, ...hard];
      const [flatEasy, flatHard] = [await asks(flat, "easy", 80), await asks(flat, "hard", 80)];
      const flatly = [...flatEasy, ...flatEasy, ...flatEasy, ...flatHard];
      expect(mean(both.map(({ samples }) => samples))).toBeLessThan(11);
      expect(mean(flatly.map(({ samples }) => samples))).toBe(16);
      // Three quarters easy, one quarter hard.
      const gain = mean(both.map(({ right }) => right)) - mean(flatly.map(({ right }) => right));
      const noise = 0.25 * Math.hypot(error(hard.map(({ right }) => right)), error(flatHard.map(({ right }) => right)));
      expect(gain).toBeGreaterThan(-3 * noise);
    },
  );
});

describe("types", () => {
  const model: Model = scripted(["Answer: 1"]);

  test("answers flow through", () => {
    const solver = stack(model, chainOfThought({ answer: number() }), budgetAllocator());
    expectTypeOf(solver).toEqualTypeOf<Model<Allocated<Reasoned<number>>>>();
    const more = stack(
      model,
      chainOfThought({ answer: number() }),
      budgetAllocator({ difficulty: ({ messages }) => messages.length / 10 }),
      reviseLoop({ feedback: ({ answer, level }) => ({ ok: answer === 1 && level === "quick" }) }),
    );
    expectTypeOf(more.generate).returns.resolves.toHaveProperty("levels").toEqualTypeOf<readonly LevelReport[]>();
    expectTypeOf(more.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  });

  test("models of levels answer like the one beneath", () => {
    const strong = stack(model, chainOfThought({ answer: number() }));
    const solver = stack(strong, budgetAllocator({ levels: [{ samples: 1 }, { samples: 2, model: strong }] }));
    expectTypeOf(solver.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
    // One that gives more will do, one that gives less will not.
    const sampling = stack(strong, sampleN(2));
    const richer = stack(strong, budgetAllocator({ levels: [{ samples: 1 }, { samples: 2, model: sampling }] }));
    expectTypeOf(richer.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
    // @ts-expect-error -- a model without an answer
    compiles(() => stack(strong, budgetAllocator({ levels: [{ samples: 1, model }] })));
    // @ts-expect-error -- the messages are those of the question
    expect(() => budgetAllocator({ levels: [{ samples: 1, settings: { messages: [] } }] })).toThrow();
    // @ts-expect-error -- a level says how many
    expect(() => budgetAllocator({ levels: [{ name: "quick" }] })).toThrow();
  });
});

describe("wrong options", () => {
  const level = { samples: 1 };

  test.each<[options: unknown, message: string]>([
    [null, ": options must be an object, got null"],
    [{ level }, ': an option must be one of levels, target, difficulty, concurrency, got "level"'],
    [{ levels: [] }, ": levels must be a list of at least one level, got an empty array"],
    [{ levels: level }, ": levels must be a list of at least one level, got an object"],
    [{ levels: [level, null] }, ": levels[1]: options must be an object, got null"],
    [
      { levels: [{ ...level, n: 3 }] },
      ': levels[0]: an option must be one of name, samples, model, weight, settings, got "n"',
    ],
    [{ levels: [{ ...level, name: "" }] }, ": levels[0]: name must be a text that is not empty, got an empty string"],
    [{ levels: [{ ...level, name: 7 }] }, ": levels[0]: name must be a text that is not empty, got 7"],
    [{ levels: [level, {}] }, ": levels[1]: samples must be an integer of at least 1, got undefined"],
    [{ levels: [{ samples: 0 }] }, ": levels[0]: samples must be an integer of at least 1, got 0"],
    [{ levels: [{ samples: 1.5 }] }, ": levels[0]: samples must be an integer of at least 1, got 1.5"],
    [{ levels: [{ ...level, weight: 0 }] }, ": levels[0]: weight must be a number above 0, got 0"],
    [{ levels: [{ ...level, weight: -1 }] }, ": levels[0]: weight must be a number of at least 0, got -1"],
    [{ levels: [{ ...level, weight: "2" }] }, ': levels[0]: weight must be a number of at least 0, got "2"'],
    [{ levels: [{ ...level, model: "gpt" }] }, ': levels[0]: model must be a model, got "gpt"'],
    [
      { levels: [{ ...level, settings: "high" }] },
      ': levels[0]: settings must be an object of fields of a request, without messages, got "high"',
    ],
    [
      { levels: [{ ...level, settings: { messages: [] } }] },
      ": levels[0]: settings must be an object of fields of a request, without messages, got an object",
    ],
    [{ target: 0.4 }, ": target must be a number from 0.5 to 1, got 0.4"],
    [{ target: 1.1 }, ": target must be a number from 0.5 to 1, got 1.1"],
    [{ target: "0.9" }, ': target must be a number from 0.5 to 1, got "0.9"'],
    [{ concurrency: 0 }, ": concurrency must be an integer of at least 1, got 0"],
    [{ concurrency: 2.5 }, ": concurrency must be an integer of at least 1, got 2.5"],
    [{ difficulty: 0.5 }, ": difficulty must be a function of the request, got 0.5"],
  ])("%j", (options, message) => {
    expect(() => budgetAllocator(options as BudgetAllocatorOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `budgetAllocator${message}` }),
    );
  });
});
