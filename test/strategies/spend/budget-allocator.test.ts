import { fc, test } from "@fast-check/vitest";
import {
  beta,
  budgetAllocator,
  chainOfThought,
  effort,
  fitAllocator,
  levelPolicy,
  majorityVote,
  never,
  number,
  outline,
  probeDifficulty,
  ProviderError,
  reviseLoop,
  run,
  sampleN,
  stack,
  Tally,
  wrap,
  aggregateLoop,
  type Allocated,
  type BudgetAllocatorOptions,
  type Difficulty,
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
  [
    "a probe, a policy, and a level that revises",
    (model) =>
      stack(
        model,
        solve,
        budgetAllocator({
          levels: [
            {
              name: "again",
              samples: 2,
              through: reviseLoop({ rounds: 1, feedback: ({ text }) => ({ ok: text.length % 2 === 0 }) }),
            },
            { name: "wide", samples: 5 },
          ],
          difficulty: probeDifficulty({ samples: 3 }),
          policy: (difficulty = 0) => (difficulty < 0.5 ? "again" : "wide"),
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

describe("a probe", () => {
  const levels = two;

  /** Probes so many, and gives what it saw. */
  const looking =
    (seen: unknown[], ...probes: readonly number[]): Difficulty =>
    async (_request, _call, probe) => {
      for (const samples of probes) {
        const { seen: count, first, second } = await probe(samples);
        seen.push([count, first, second]);
      }
      return 0;
    };

  test.each<
    [what: string, votes: string, samples: number, bought: string, difficulty: number, stopped: string, calls: number]
  >([
    ["counts towards the levels", "121212", 2, "probe 2, thorough 4", 0.5, "limit", 6],
    ["leaves the first level what it lacks", "121212", 3, "probe 3, thorough 3", 1 / 3, "limit", 6],
    ["chooses where to begin: easy", "112211", 4, "probe 4, thorough 2", 0.5, "limit", 6],
    ["may be enough for all levels", "12121212", 8, "probe 8", 0.5, "limit", 8],
    ["may make the vote sure", "1111", 4, "probe 4", 0, "ok", 4],
    ["ends as soon as it is", "11111111", 8, "probe 4", 0, "ok", 4],
    ["what cannot be read disagrees", "1?1?12", 4, "probe 4, thorough 2", 0.5, "limit", 6],
    ["what is lost is bought again", "1!21122", 3, "probe 2, thorough 4", 0.5, "limit", 7],
  ])("%s", async (_, votes, samples, levelsBought, difficulty, stopped, calls) => {
    const model = voter(`${votes}!!!!`);
    const solver = stack(
      model,
      solve,
      budgetAllocator({ levels, difficulty: probeDifficulty({ samples }), concurrency: 1 }),
    );
    const response = await run(solver, "q");
    expect([bought(response), response.stopped]).toEqual([levelsBought, stopped]);
    expect(response.difficulty).toBeCloseTo(difficulty, 12);
    expect(response.level).toBe(levelsBought.split(", ").at(-1)?.split(" ")[0]);
    expect(model.calls).toBe(calls);
    expect(response.usage.judging).toBeUndefined();
  });

  test("counts those that were drawn before, and shows the vote as it stands", async () => {
    const seen: unknown[] = [];
    const model = voter("1121222");
    const difficulty = looking(seen, 2, 4, 3);
    const response = await run(stack(model, solve, budgetAllocator({ levels, difficulty, target: 0.99 })), "q");
    expect(seen).toEqual([
      [2, 2, 0],
      [4, 3, 1],
      [4, 3, 1],
    ]);
    expect(bought(response)).toBe("probe 2, probe 2, thorough 2");
  });

  test("draws no more once the vote is sure", async () => {
    const seen: unknown[] = [];
    const model = voter("111111");
    const response = await run(stack(model, solve, budgetAllocator({ levels, difficulty: looking(seen, 4, 6) })), "q");
    expect(seen).toEqual([
      [4, 4, 0],
      [4, 4, 0],
    ]);
    expect([bought(response), response.stopped, model.calls]).toEqual(["probe 4", "ok", 4]);
  });

  test("asks as the first level of the model beneath does, with its weight", async () => {
    const [model, large] = [voter("1212"), voter("3", { id: "large" })];
    const chosen: readonly Level[] = [
      { name: "large", samples: 1, model: large, weight: 0.25 },
      { name: "own", samples: 3, weight: 0.5, settings: { temperature: 1 } },
    ];
    const difficulty = probeDifficulty({ samples: 2 });
    const { votes } = await run(stack(model, budgetAllocator({ levels: chosen, difficulty })), "q");
    expect(model.requests.map(({ temperature }) => temperature)).toEqual([1, 1, 1]);
    expect(votes.map(({ key, weight }) => [key, weight])).toEqual([
      ["answer: 1", 1],
      ["answer: 2", 0.5],
    ]);
  });

  test("votes with weight 1 where no level has the model beneath", async () => {
    const large = voter("22", { id: "large" });
    const chosen: readonly Level[] = [{ name: "large", samples: 2, model: large, weight: 0.25 }];
    const { votes } = await run(
      stack(voter("12"), budgetAllocator({ levels: chosen, difficulty: probeDifficulty({ samples: 2 }) })),
      "q",
    );
    expect(votes.map(({ key, weight }) => [key, weight])).toEqual([
      ["answer: 2", 1.5],
      ["answer: 1", 1],
    ]);
  });

  test("of a model that fails leaves another to answer", async () => {
    const [small, large] = [voter("x"), voter("22", { id: "large" })];
    const chosen: readonly Level[] = [
      { name: "large", samples: 2, model: large },
      { name: "own", samples: 4 },
    ];
    const solver = stack(small, budgetAllocator({ levels: chosen, difficulty: probeDifficulty(), concurrency: 1 }));
    const response = await run(solver, "q");
    // Nobody agrees, so it begins with the last level, whose model is lost.
    expect([bought(response), response.difficulty, small.calls]).toEqual(["probe 0, large 2", 1, 1]);
    expect(response.failures.map(({ error }) => error)).toEqual([refused]);
  });

  test("paths and order", async () => {
    const { trace } = await traced(
      stack(
        voter("1212"),
        budgetAllocator({ levels: [{ name: "quick", samples: 3 }], difficulty: probeDifficulty({ samples: 2 }) }),
      ),
    );
    expect(trace).toEqual([
      "start budgetAllocator",
      "start budgetAllocator/probe/#0/scripted",
      "end budgetAllocator/probe/#0/scripted",
      "sample budgetAllocator/probe",
      "start budgetAllocator/probe/#1/scripted",
      "end budgetAllocator/probe/#1/scripted",
      "sample budgetAllocator/probe",
      "level budgetAllocator",
      "start budgetAllocator/quick/#0/scripted",
      "end budgetAllocator/quick/#0/scripted",
      "sample budgetAllocator/quick",
      "end budgetAllocator",
    ]);
  });

  test.each<[what: string, budget: object, stopped: string]>([
    ["calls", { calls: 3 }, "budget"],
    ["time", { ms: 350 }, "deadline"],
  ])("out of %s in it, the samples so far vote", async (_, budget, stopped) => {
    const model = voter("121212", { latencyMs: 100 });
    const policy = vi.fn(() => "thorough");
    const solver = stack(
      model,
      solve,
      budgetAllocator({ levels, difficulty: probeDifficulty(), policy, concurrency: 1 }),
    );
    const { response } = await traced(solver, "q", { budget });
    expect([bought(response), response.level, response.stopped, response.answer]).toEqual([
      "probe 3",
      "probe",
      stopped,
      1,
    ]);
    expect(policy).not.toHaveBeenCalled();
    expect(response.warnings).toBeUndefined();
  });

  test("giving up reaches it", async () => {
    const model = voter("121212", { latencyMs: 100 });
    expect(await giveUp(stack(model, budgetAllocator({ difficulty: probeDifficulty() })), 50, () => model.calls)).toBe(
      4,
    );
  });

  test.each([[0], [1.5]])("of %j is none", async (samples) => {
    const difficulty: Difficulty = async (_request, _call, probe) => {
      await probe(samples);
      return 0;
    };
    await expect(run(stack(voter("1"), budgetAllocator({ difficulty })), "q")).rejects.toMatchObject({
      message: `budgetAllocator: the samples of a probe must be an integer of at least 1, got ${samples}`,
    });
  });

  test("probes that nobody waits for come one after the other, and are in the vote all the same", async () => {
    const difficulty: Difficulty = (_request, _call, probe) => {
      void probe(1);
      void probe(3);
      return 0;
    };
    const { response, trace } = await traced(
      stack(voter("121212", { latencyMs: 100 }), budgetAllocator({ levels, difficulty })),
    );
    expect(bought(response)).toBe("probe 1, probe 2, thorough 3");
    expect(trace.indexOf("level budgetAllocator")).toBeGreaterThan(trace.lastIndexOf("sample budgetAllocator/probe:2"));
  });

  /** Draws two samples, and then fails or waits. */
  const then =
    (work: () => Promise<number>): Difficulty =>
    async (_request, _call, probe) => {
      await probe(2);
      return work();
    };

  test("a failure after it leaves the difficulty unknown, and what was drawn in the vote", async () => {
    const policy = vi.fn(() => "thorough");
    const difficulty = then(() => Promise.reject(busy));
    const response = await run(stack(voter("121112"), solve, budgetAllocator({ levels, difficulty, policy })), "q");
    expect(policy.mock.calls).toEqual([[undefined]]);
    expect(bought(response)).toBe("probe 2, thorough 4");
    expect(response.warnings).toEqual([
      { code: "difficulty-failed", message: "how hard the question is could not be found out: it counts as unknown" },
    ]);
    expect(response.difficulty).toBeCloseTo(1 / 3, 12);
  });

  test("so does a deadline, which ends it", async () => {
    const model = voter("121212", { latencyMs: 100 });
    const solver = stack(model, budgetAllocator({ levels, difficulty: then(() => new Promise(() => undefined)) }));
    const { response } = await traced(solver, "q", { budget: { ms: 500 } });
    expect([bought(response), response.stopped, response.warnings]).toEqual(["probe 2", "deadline", undefined]);
  });

  test("but who gives up gives all of it up, and a wrong difficulty stays wrong", async () => {
    const model = voter("121212", { latencyMs: 100 });
    const waiting = stack(model, budgetAllocator({ levels, difficulty: then(() => new Promise(() => undefined)) }));
    expect(await giveUp(waiting, 250, () => model.calls)).toBe(2);
    const wrong = stack(voter("12"), budgetAllocator({ levels, difficulty: then(() => Promise.resolve(2)) }));
    await expect(run(wrong, "q")).rejects.toMatchObject({ code: "invalid-option" });
  });

  test("stands in the worst case", () => {
    const model = scripted(["a"], { id: "m" });
    const worst = (options: BudgetAllocatorOptions): number =>
      Number(/≤ (\d+) calls?/.exec(outline(stack(model, budgetAllocator(options))))?.[1]);
    expect(worst({ levels: [{ samples: 3 }], difficulty: probeDifficulty({ samples: 8 }) })).toBe(8);
    expect(worst({ levels: [{ samples: 12 }], difficulty: probeDifficulty({ samples: 8 }) })).toBe(12);
    expect(
      worst({ levels: [{ samples: 3, model: scripted(["b"]) }], difficulty: probeDifficulty({ samples: 8 }) }),
    ).toBe(11);
  });
});

describe("a policy", () => {
  const levels = [
    { name: "quick", samples: 1 },
    { name: "thorough", samples: 3 },
    { name: "exhaustive", samples: 6 },
  ];

  test.each<[what: string, votes: string, level: string, bought: string, stopped: string, calls: number]>([
    ["only the level it names", "121212", "thorough", "thorough 3", "limit", 3],
    ["the first", "121212", "quick", "quick 1", "limit", 1],
    ["the last", "121212", "exhaustive", "exhaustive 6", "limit", 6],
    ["fewer where the vote is sure", "1111", "exhaustive", "exhaustive 4", "ok", 4],
    ["some of it, where samples are lost", "1!2", "thorough", "thorough 2", "limit", 3],
  ])("%s", async (_, votes, level, levelsBought, stopped, calls) => {
    const model = voter(`${votes}xxxx`);
    const solver = stack(model, solve, budgetAllocator({ levels, policy: () => level, concurrency: 1 }));
    const response = await run(solver, "q");
    expect([bought(response), response.level, response.stopped]).toEqual([levelsBought, level, stopped]);
    expect(model.calls).toBe(calls);
  });

  test.each([
    [undefined, [undefined]],
    [() => 0.3, [0.3]],
    [() => Promise.resolve(1), [1]],
  ])("sees the difficulty: %s", async (difficulty, expected) => {
    const policy = vi.fn(() => "quick");
    await run(stack(voter("1"), budgetAllocator({ levels, difficulty, policy })), "q");
    expect(policy.mock.calls).toEqual([expected]);
  });

  test("what a probe drew counts for the level that is chosen", async () => {
    for (const [level, expected, calls] of [
      ["quick", "probe 2, quick 0", 2],
      ["thorough", "probe 2, thorough 1", 3],
    ] as const) {
      const model = voter("121");
      const options = { levels, policy: () => level, difficulty: probeDifficulty({ samples: 2 }) };
      const { response, events } = await traced(stack(model, budgetAllocator(options)), "q");
      expect([bought(response), response.level, response.stopped, model.calls]).toEqual([
        expected,
        level,
        "limit",
        calls,
      ]);
      expect(events.filter(({ type }) => type === "level")).toEqual([
        { type: "level", path: ["budgetAllocator"], level: level === "quick" ? 0 : 1, name: level, confidence: 0.5 },
      ]);
    }
  });

  test("is not asked where a probe makes the vote sure", async () => {
    const policy = vi.fn(() => "exhaustive");
    const options = { levels, policy, difficulty: probeDifficulty({ samples: 5 }) };
    const response = await run(stack(voter("11111"), budgetAllocator(options)), "q");
    expect([bought(response), response.level, response.stopped]).toEqual(["probe 4", "probe", "ok"]);
    expect(policy).not.toHaveBeenCalled();
  });

  describe("where the model of its level fails", () => {
    const chosen = (models: readonly (Model | undefined)[]): readonly Level[] =>
      models.map((model, index) => ({ name: "abc"[index] ?? "", samples: 2, ...(model && { model }) }));

    test.each<[what: string, own: string, models: string, level: string, bought: string, stopped: string]>([
      ["the one after it answers", "12", "x.", "a", "a 0, b 2", "limit"],
      ["and those before it, where there is no answer yet", "12", ".x", "b", "b 0, a 2", "limit"],
      ["but not where there is", "12", ".X", "b", "b 1", "failure"],
      ["a level of the same model is not tried", "xx", "..", "a", "a 0", "thrown"],
    ])("%s", async (_, own, models, level, levelsBought, stopped) => {
      const made = [...models].map((kind) =>
        kind === "." ? undefined : voter(kind === "X" ? "3x" : "x", { id: "other" }),
      );
      const solver = stack(voter(own), budgetAllocator({ levels: chosen(made), policy: () => level, concurrency: 1 }));
      const response = await run(solver, "q").catch((error: unknown) => error);
      if (stopped === "thrown") expect(response).toBe(refused);
      else expect([bought(response as Allocated), (response as Allocated).stopped]).toEqual([levelsBought, stopped]);
    });
  });

  test.each([["slow"], [undefined], [1]])("%j is no level", async (name) => {
    const model = voter("1");
    const solver = stack(model, budgetAllocator({ levels, policy: () => name as string }));
    const shown = typeof name === "string" ? `"${name}"` : String(name);
    await expect(run(solver, "q")).rejects.toMatchObject({
      code: "invalid-option",
      message: `budgetAllocator: what policy returns must be one of quick, thorough, exhaustive, got ${shown}`,
    });
    expect(model.calls).toBe(0);
  });

  test("what it throws is thrown", async () => {
    const error = new RangeError("no");
    const policy = (): string => {
      throw error;
    };
    await expect(run(stack(voter("1"), budgetAllocator({ levels, policy })), "q")).rejects.toBe(error);
  });

  test("that was learned is one", async () => {
    const record = (difficulty: number, level: string, correct: boolean, cost: number) => ({
      difficulty,
      level,
      correct,
      cost,
    });
    const records = Array.from({ length: 40 }, (_, i) => [
      record(0.1, "quick", i < 39, 1),
      record(0.1, "exhaustive", true, 6),
      record(0.9, "quick", i < 8, 1),
      record(0.9, "exhaustive", i < 30, 6),
    ]).flat();
    const policy = levelPolicy(fitAllocator(records, { bands: 2 }), { value: 50 });
    for (const [difficulty, level] of [
      [0.1, "quick"],
      [0.9, "exhaustive"],
    ] as const) {
      const response = await run(
        stack(voter("121212"), budgetAllocator({ levels, difficulty: () => difficulty, policy })),
        "q",
      );
      expect(response.level).toBe(level);
    }
    const other = levels.map((level) => ({ ...level, name: `my ${level.name}` }));
    expect(() => budgetAllocator({ levels: other, policy })).toThrow("a level of policy must be one of my quick");
  });
});

describe("a level through a layer", () => {
  const again = reviseLoop<Reasoned<number>>({
    rounds: 1,
    feedback: ({ answer }) => ({ ok: answer !== 1, message: "Not 1." }),
  });

  test("thinks through it, and only there", async () => {
    const model = voter("1213");
    const levels: Level<Reasoned<number>>[] = [
      { name: "wide", samples: 2 },
      { name: "again", samples: 1, through: again },
    ];
    const response = await run(stack(model, solve, budgetAllocator({ levels, concurrency: 1 })), "q");
    // 1, 2, and 1 that becomes 3.
    expect([bought(response), response.votes.map(({ key }) => key)]).toEqual(["wide 2, again 1", ["1", "2", "3"]]);
    expect(response.levels[1]?.usage.calls).toBe(2);
    expect(JSON.stringify(model.requests[3])).toContain("Not 1.");
    expect(model.requests.slice(0, 3).map(({ messages }) => messages.length)).toEqual([1, 1, 1]);
  });

  test("counts as a model of its own, which may stand over another model", async () => {
    const [model, large] = [voter("12"), voter("34", { id: "large" })];
    const levels: Level[] = [
      { samples: 2 },
      { samples: 1, through: (next) => retitled(next) },
      { samples: 1, model: large, through: (next) => retitled(next) },
    ];
    const response = await run(stack(model, budgetAllocator({ levels, concurrency: 1, target: 1 })), "q").catch(
      () => undefined,
    );
    // The model beneath has no third answer.
    expect(response && [bought(response), large.calls]).toEqual(["level 0 2, level 1 0, level 2 1", 1]);
    expect(
      outline(stack(model, budgetAllocator({ levels })))
        .split("\n")
        .map((line) => line.split("  ")[0]),
    ).toEqual([
      "budgetAllocator (level 0: 2, level 1: 1, level 2: 1)",
      "├─ scripted",
      "├─ retitled",
      "│",
      "└─ retitled",
      "",
    ]);
  });

  const retitled = (next: Model): Model => wrap("retitled", next, (request, call) => next.generate(request, call));

  test("easy questions one after the other, hard ones side by side", async () => {
    const levels: Level<Reasoned<number>>[] = [
      { name: "sequential", samples: 1, through: again },
      { name: "parallel", samples: 5 },
    ];
    const policy = (difficulty = 0): string => (difficulty < 0.5 ? "sequential" : "parallel");
    for (const [difficulty, level, votes] of [
      [0.2, "sequential", "12"],
      [0.8, "parallel", "12121"],
    ] as const) {
      const model = voter(votes);
      const solver = stack(model, solve, budgetAllocator({ levels, difficulty: () => difficulty, policy }));
      const response = await run(solver, "q");
      expect([response.level, response.answer, model.calls]).toEqual([
        level,
        level === "parallel" ? 1 : 2,
        votes.length,
      ]);
    }
  });

  test.each([
    ["alone", [{ name: "again", samples: 1 }]],
    [
      "after others",
      [
        { name: "wide", samples: 2 },
        { name: "again", samples: 1 },
      ],
    ],
  ])("a wrong option of the layer is told, %s", async (_, names) => {
    const wrong = reviseLoop<Reasoned<number>>({ feedback: () => "good" as never });
    const levels = names.map((level): Level<Reasoned<number>> =>
      level.name === "again" ? { ...level, through: wrong } : level,
    );
    await expect(run(stack(voter("121212"), solve, budgetAllocator({ levels })), "q")).rejects.toMatchObject({
      code: "invalid-option",
      where: "reviseLoop",
    });
  });

  test("what is no model is told when the stack is built", () => {
    const levels = [{ samples: 1, through: () => "large" as unknown as Model }];
    const layer = budgetAllocator({ levels });
    expect(() => layer(voter("1"))).toThrow(
      'budgetAllocator: levels[0]: what through returns must be a model, got "large"',
    );
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

  test("layers of levels see the answers beneath, and may add to them", () => {
    const solver = stack(
      model,
      chainOfThought({ answer: number() }),
      budgetAllocator({
        levels: [
          { samples: 1, through: reviseLoop({ feedback: ({ answer }) => ({ ok: answer === 1 }) }) },
          { samples: 1, through: effort("high") },
          { samples: 1, through: aggregateLoop() },
          { samples: 2, through: (next) => stack(next, sampleN(2), majorityVote()) },
        ],
      }),
    );
    expectTypeOf(solver).toEqualTypeOf<Model<Allocated<Reasoned<number>>>>();
    const less = [{ samples: 1, through: (): Model => model }];
    // @ts-expect-error -- a layer that gives less than the samples are
    compiles(() => stack(model, chainOfThought({ answer: number() }), budgetAllocator({ levels: less })));
    // @ts-expect-error -- a policy names a level
    expect(() => budgetAllocator({ policy: () => 1 })).not.toThrow();
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
    [{ level }, ': an option must be one of levels, target, difficulty, policy, concurrency, got "level"'],
    [{ levels: [] }, ": levels must be a list of at least one level, got an empty array"],
    [{ levels: level }, ": levels must be a list of at least one level, got an object"],
    [{ levels: [level, null] }, ": levels[1]: options must be an object, got null"],
    [
      { levels: [{ ...level, n: 3 }] },
      ': levels[0]: an option must be one of name, samples, model, through, weight, settings, got "n"',
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
    [
      { levels: [{ ...level, through: "effort" }] },
      ': levels[0]: through must be a layer: a function from model to model, got "effort"',
    ],
    [{ policy: "quick" }, ': policy must be a function of the difficulty, got "quick"'],
    [
      { levels: [level, { ...level, name: "level 0" }], policy: () => "level 0" },
      ': the name of a level must be its own, where a policy names it, got "level 0"',
    ],
    [
      { policy: Object.assign(() => "quick", { levels: ["quick", "slow"] }) },
      ': a level of policy must be one of quick, thorough, exhaustive, got "slow"',
    ],
  ])("%j", (options, message) => {
    expect(() => budgetAllocator(options as BudgetAllocatorOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `budgetAllocator${message}` }),
    );
  });
});
