import { fc, test } from "@fast-check/vitest";
import {
  aggregate,
  aggregateLoop,
  chainOfThought,
  InvalidOptionError,
  number,
  outline,
  ProviderError,
  run,
  stack,
  textOf,
  type Aggregated,
  type AggregateLoopOptions,
  type Model,
  type ModelRequest,
  type Reasoned,
} from "mull";
import { middlewareLaws, scripted, type MiddlewareLawsOptions, type Script, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";
import { codesOf, responsesShown } from "../narrow/responses-shown.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });
const solve = chainOfThought({ answer: number(), askAgain: false });
const failed = {
  code: "aggregation-failed",
  message: "a round of aggregation failed: its members and the population before it voted",
};

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["words", (model) => stack(model, aggregateLoop({ population: 3, group: 2, rounds: 2 }))],
  [
    "answers",
    (model) => stack(model, solve, aggregateLoop({ population: 4, rounds: 2, concurrency: 2, temperature: 1 })),
  ],
  [
    "to the end",
    (model) => stack(model, solve, aggregateLoop({ population: 2, rounds: 3, untilAgreed: false, end: "random" })),
  ],
  ["native n", (model) => stack(model, aggregateLoop({ population: 3, rounds: 1 })), { capabilities: { n: true } }],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, options)) test(name, check);
});

/** `12?` is the replies `Answer: 1`, `Answer: 2` and one that cannot be read; `!` is lost, `X` refused. */
function replies(votes: string): ScriptedReply[] {
  const special: Record<string, ScriptedReply> = { "!": busy, X: refused, "?": "Who knows.", "-": " " };
  return votes.split("").map((vote) => special[vote] ?? `Answer: ${vote}`);
}

describe("behaviour", () => {
  type Expected = readonly [answer: number | undefined, votes: string, stopped: string, rounds: string, calls: number];

  test.each<[what: string, votes: string, options: AggregateLoopOptions, Expected]>([
    ["all rounds", "123 112 223", { rounds: 2 }, [2, "2:2 3:1", "limit", "3×1:0.33 3×1:0.67 3×2:0.67", 9]],
    ["all agree at once", "111", {}, [1, "1:3", "decided", "3×1:1.00", 3]],
    ["all agree later", "123 222", {}, [2, "2:3", "decided", "3×1:0.33 3×2:1.00", 6]],
    ["or it goes on", "111 112", { rounds: 1, untilAgreed: false }, [1, "1:2 2:1", "limit", "3×1:1.00 3×1:0.67", 6]],
    ["what cannot be read does not agree", "11? 1?2", { rounds: 1 }, [1, "1:1 2:1", "limit", "3×1:1.00 3×1:0.50", 6]],
    ["nothing can be read", "??? ???", { rounds: 1 }, [undefined, "", "limit", "3×undefined:0.00 3×undefined:0.00", 6]],
    ["a tie goes to the one seen first", "123 321", { rounds: 1 }, [3, "3:1 2:1 1:1", "limit", "3×1:0.33 3×3:0.33", 6]],
    ["lost members", "1!3 !12", { rounds: 1 }, [1, "1:1 2:1", "limit", "2×1:0.50 2×1:0.50", 6]],
    ["one alone agrees with nobody", "1!! 112", { rounds: 1 }, [1, "1:2 2:1", "limit", "1×1:1.00 3×1:0.67", 6]],
    [
      "a round is lost: the population before it votes",
      "122 !!!",
      {},
      [2, "2:2 1:1", "failure", "3×2:0.67 0×2:0.67", 6],
    ],
    [
      "refused: with those of its round",
      "122 13X",
      { concurrency: 1 },
      [1, "1:2 2:2 3:1", "failure", "3×2:0.67 2×1:0.40", 6],
    ],
    ["refused in the first population", "12X", { concurrency: 1 }, [1, "1:1 2:1", "failure", "2×1:0.50", 3]],
    ["no words: nothing to aggregate", "---", {}, [undefined, "", "done", "3×undefined:0.00", 3]],
  ])("%s", async (_, votes, options, [answer, counted, stopped, rounds, calls]) => {
    const model = scripted(replies(votes.replaceAll(" ", "")));
    const response = await run(stack(model, solve, aggregateLoop({ population: 3, group: 2, ...options })), "q");
    expect({
      answer: response.answer,
      votes: response.votes.map(({ key, count }) => `${key}:${count}`).join(" "),
      stopped: response.stopped,
      rounds: response.rounds.map(({ members, key, share }) => `${members}×${key}:${share.toFixed(2)}`).join(" "),
      calls: model.calls,
    }).toEqual({ answer, votes: counted, stopped, rounds, calls });
    const warnings = response.warnings?.filter(({ code }) => code !== "identical-samples") ?? [];
    expect(warnings).toEqual(stopped === "failure" && response.rounds.length > 1 ? [failed] : []);
  });

  test("failures are numbered over all rounds", async () => {
    const model = scripted(replies("1!3!12"));
    const { failures } = await run(stack(model, solve, aggregateLoop({ population: 3, rounds: 1 })), "q");
    expect(failures).toEqual([
      { index: 1, error: busy },
      { index: 3, error: busy },
    ]);
  });

  test("a first population that fails fails", async () => {
    await expect(run(stack(scripted(replies("!!!")), aggregateLoop({ population: 3 })), "q")).rejects.toBe(busy);
  });

  test("options that turn out wrong are no failure", async () => {
    const wrong = new InvalidOptionError("m", "x", "y", 1);
    const model = scripted([...replies("123"), wrong, wrong, wrong]);
    await expect(run(stack(model, aggregateLoop({ population: 3 })), "q")).rejects.toBe(wrong);
  });

  test("by default 16 members, groups of 4 and 10 rounds: 176 calls", async () => {
    const model = scripted((_, __, index) => `Answer: ${index}`);
    const { rounds } = await run(stack(model, solve, aggregateLoop()), "q");
    expect(model.calls).toBe(176);
    expect(rounds).toHaveLength(11);
    expect(model.requests.slice(16).every((request) => responsesShown(request).length === 4)).toBe(true);
  });

  test("a population that calls tools is returned as it is", async () => {
    const call = { type: "tool-call", id: "1", name: "look", input: {} } as const;
    const model = scripted([{ text: "I look.", toolCalls: [call] }], { repeat: true });
    const response = await run(stack(model, aggregateLoop({ population: 2 })), "q");
    expect(response).toMatchObject({ text: "I look.", toolCalls: [call], finishReason: "tool-calls" });
    expect(model.calls).toBe(2);
  });

  test("at random: any member of the last population that has an answer, the same for the same seed", async () => {
    const pick = async (seed: number) => {
      const model = scripted(replies("1234?56"), { repeat: true });
      const solver = stack(
        model,
        solve,
        aggregateLoop({ population: 7, rounds: 1, end: "random", untilAgreed: false }),
      );
      const { answer, text, votes, samples, confidence } = await run(solver, "q", { seed });
      expect(text).toBe(`Answer: ${answer}`);
      expect([votes.length, samples.length, confidence]).toEqual([6, 7, 0.5]);
      return answer;
    };
    const picked = await Promise.all(Array.from({ length: 60 }, (_, seed) => pick(seed)));
    expect(new Set(picked)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    expect(await pick(3)).toBe(picked[3]);
  });
});

describe("what the model sees", () => {
  const ask = async (options: AggregateLoopOptions, request: ModelRequest | string = "How many?") => {
    const model = scripted((_, __, index) => `Answer: ${index}`);
    await run(stack(model, solve, aggregateLoop(options)), frozen(request));
    return model.requests;
  };

  test("the question alone; then a group of others, and the task; then what the layers beneath add", async () => {
    const requests = await ask({ population: 4, group: 2, rounds: 2 });
    expect(requests).toHaveLength(12);
    for (const request of requests.slice(0, 4)) expect(responsesShown(request)).toEqual([]);
    for (const [index, request] of requests.entries()) {
      if (index < 4) continue;
      const shown = responsesShown(request).map((words) => Number(words.replace("Answer: ", "")));
      expect(new Set(shown).size).toBe(2);
      // Of the population before, and of no other.
      const before = Math.floor(index / 4) - 1;
      expect(shown.every((member) => Math.floor(member / 4) === before)).toBe(true);
      const words = textOf(request.messages[0]!);
      expect(words).toMatch(/^How many\?\n\n# Response 1\nAnswer: /);
      expect(words).toContain(`# Task\n${aggregate}\n\nThink step by step`);
    }
  });

  test("groups are drawn, the same for the same seed; every member may be in them", async () => {
    const groups = async (seed: number) => {
      const model = scripted((_, __, index) => `Answer: ${index}`);
      await run(stack(model, solve, aggregateLoop({ population: 8, group: 3, rounds: 1 })), "q", { seed });
      return model.requests.slice(8).map((request) => responsesShown(request).join());
    };
    const first = await groups(1);
    expect(await groups(1)).toEqual(first);
    expect(await groups(2)).not.toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(4);
    const many = (await Promise.all([1, 2, 3, 4].map(groups))).flat().flatMap((group) => group.split(","));
    expect(new Set(many).size).toBe(8);
  });

  test("a group is as large as what is left of the population", async () => {
    const model = scripted(replies("1!2 1234".replace(" ", "")));
    await run(stack(model, solve, aggregateLoop({ population: 3, group: 3, rounds: 1 })), "q");
    expect(model.requests.slice(3).map((request) => responsesShown(request).length)).toEqual([2, 2, 2]);
  });

  test("members without words, and with calls of tools, are not shown", async () => {
    const model = scripted(["a", " ", { text: "t", finishReason: "tool-calls" }, "b", "c", "d", "e", "f"]);
    await run(stack(model, aggregateLoop({ population: 4, group: 4, rounds: 1 })), "q");
    expect(model.requests.slice(4).map((request) => [...responsesShown(request)].sort().join(""))).toEqual([
      "ab",
      "ab",
      "ab",
      "ab",
    ]);
  });

  test.each<[what: string, options: AggregateLoopOptions, own: number | undefined, sent: number | undefined]>([
    ["the provider's", {}, undefined, undefined],
    ["that of the loop", { temperature: 1.1 }, undefined, 1.1],
    ["that of the request first", { temperature: 1.1 }, 0.2, 0.2],
  ])("temperature: %s", async (_, options, own, sent) => {
    const request: ModelRequest = {
      messages: [{ role: "user", content: "q" }],
      ...(own !== undefined && { temperature: own }),
    };
    const requests = await ask({ population: 2, rounds: 1, ...options }, request);
    expect(requests.map(({ temperature }) => temperature)).toEqual([sent, sent, sent, sent]);
  });

  test("words of your own, and tools that were for the first population", async () => {
    const tool = { name: "look", description: "d", inputSchema: { type: "object" } } as const;
    const requests = await ask(
      { population: 2, rounds: 1, instruction: "Mix." },
      { messages: [{ role: "user", content: "q" }], tools: [tool] },
    );
    expect(textOf(requests[2]!.messages[0]!)).toContain("# Task\nMix.");
    expect(requests.map(({ toolChoice }) => toolChoice)).toEqual([undefined, undefined, "none", "none"]);
  });
});

describe("out of budget or time", () => {
  test.each<[what: string, budget: object, answer: number, votes: string, stopped: string, rounds: string]>([
    ["in the first population", { calls: 2 }, 1, "1:1 2:1", "budget", "2"],
    ["between rounds", { calls: 3 }, 2, "2:2 1:1", "budget", "3 0"],
    ["in a round: its members and those before vote together", { calls: 5 }, 1, "1:3 2:2", "budget", "3 2"],
    ["time", { ms: 450 }, 1, "1:2 2:2", "deadline", "3 1"],
  ])("%s", async (_, budget, answer, votes, stopped, rounds) => {
    const model = scripted(replies("122 11223".replaceAll(" ", "")), { latencyMs: 100 });
    const solver = stack(model, solve, aggregateLoop({ population: 3, group: 2, concurrency: 1 }));
    const { response } = await traced(solver, "q", { budget });
    expect({
      answer: response.answer,
      votes: response.votes.map(({ key, count }) => `${key}:${count}`).join(" "),
      stopped: response.stopped,
      rounds: response.rounds.map(({ members }) => members).join(" "),
      codes: codesOf(response),
    }).toEqual({ answer, votes, stopped, rounds, codes: [] });
    const members = response.rounds.at(-1)!.members + (response.rounds.length > 1 ? 3 : 0);
    expect(response.samples).toHaveLength(members);
  });

  test("of equals, one of the newest", async () => {
    const solver = stack(scripted(replies("12332")), solve, aggregateLoop({ population: 3, concurrency: 1 }));
    const { response } = await traced(solver, "q", { budget: { calls: 5 } });
    expect(response).toMatchObject({ answer: 3, votes: [{ key: "3" }, { key: "2" }, { key: "1" }], stopped: "budget" });
    expect(response.samples.map(({ answer }) => answer)).toEqual([3, 2, 1, 2, 3]);
  });

  test("before the first member there is nothing to return", async () => {
    const solver = stack(scripted(["a"], { latencyMs: 100 }), aggregateLoop());
    await expect(traced(solver, "q", { budget: { ms: 50 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("cancellation", () => {
  test.each([
    ["in the first population", 50, 3],
    ["in the first round", 150, 6],
    ["in the second", 250, 9],
  ])("%s", async (_, ms, calls) => {
    const model = scripted((_request, _call, index) => `a ${index}`, { latencyMs: 100 });
    const solver = stack(model, aggregateLoop({ population: 3, rounds: 4 }));
    expect(await giveUp(solver, ms, () => model.calls)).toBe(calls);
  });

  test("before it begins", async () => {
    const model = scripted(["a"]);
    await giveUpBefore(stack(model, aggregateLoop()), () => model.calls);
  });
});

test("the trace: a child for each round, members in their order, all of them thoughts", async () => {
  const model = scripted((_request, _call, index) => `Answer: ${index}`, { latencyMs: (index) => 100 - 10 * index });
  const { trace, events } = await traced(stack(model, solve, aggregateLoop({ population: 2, rounds: 1 })));
  expect(trace.filter((line) => /^(start|sample)/.test(line))).toEqual([
    "start aggregateLoop",
    "start aggregateLoop/round 0/#0/chainOfThought",
    "start aggregateLoop/round 0/#0/chainOfThought/scripted",
    "sample aggregateLoop/round 0",
    "start aggregateLoop/round 0/#1/chainOfThought",
    "start aggregateLoop/round 0/#1/chainOfThought/scripted",
    "sample aggregateLoop/round 0",
    "start aggregateLoop/round 1/#0/chainOfThought",
    "start aggregateLoop/round 1/#0/chainOfThought/scripted",
    "sample aggregateLoop/round 1",
    "start aggregateLoop/round 1/#1/chainOfThought",
    "start aggregateLoop/round 1/#1/chainOfThought/scripted",
    "sample aggregateLoop/round 1",
  ]);
  expect(events.some((event) => event.type === "delta")).toBe(true);
  expect(events.every((event) => event.type !== "delta" || !event.output)).toBe(true);
});

test("concurrency is kept in every round", async () => {
  let inFlight = 0;
  let most = 0;
  const model = scripted((_request, _call, index) => `a ${index}`);
  const counting: Model = {
    ...model,
    generate: async (request, call) => {
      most = Math.max(most, ++inFlight);
      try {
        return await model.generate(request, call);
      } finally {
        inFlight--;
      }
    },
  };
  await run(stack(counting, aggregateLoop({ population: 6, rounds: 2, concurrency: 2 })), "q");
  expect(most).toBe(2);
});

test("outline", () => {
  const solver = stack(scripted(["a"], { id: "m" }), aggregateLoop({ population: 4, group: 3, rounds: 2 }));
  expect(outline(solver, { inputTokens: 100, outputTokens: 10 }).split("\n")).toEqual([
    "aggregateLoop (population = 4, group = 3, rounds = 2)  ≤ 12 calls, ≤ 2,200 tokens",
    "└─ m                                                   ≤ 1 call, ≤ 110 tokens",
  ]);
});

describe("what theory says", () => {
  /** Right with this probability, when so many of the group are right. */
  const gain = [0.15, 0.5, 0.8, 0.95];
  const alone = 0.3;
  const world: Script = (request, { random }) => {
    const shown = responsesShown(request);
    const right = shown.filter((words) => words.includes("Answer: 1")).length;
    return `Answer: ${random.next() < (shown.length === 0 ? alone : gain[right]!) ? 1 : 0}`;
  };
  const population = 6;
  const group = 3;

  const choose = (n: number, k: number): number => (k < 0 || k > n ? 0 : k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
  const binomial = (k: number, p: number): number => choose(population, k) * p ** k * (1 - p) ** (population - k);
  /** The distribution of how many members are right after so many rounds, reckoned exactly: a Markov chain on that number. */
  const exact = (rounds: number): readonly number[] => {
    const counts = Array.from({ length: population + 1 }, (_, m) => m);
    let chance = counts.map((m) => binomial(m, alone));
    for (let round = 0; round < rounds; round++) {
      const right = counts.map((m) => {
        const drawn = (r: number): number =>
          (choose(m, r) * choose(population - m, group - r)) / choose(population, group);
        return gain.reduce((sum, p, r) => sum + drawn(r) * p, 0);
      });
      chance = counts.map((k) => counts.reduce((sum, m) => sum + chance[m]! * binomial(k, right[m]!), 0));
    }
    return chance;
  };
  const meanOf = (chance: readonly number[]): number => chance.reduce((sum, p, m) => sum + (p * m) / population, 0);

  test("the share of right members rises as a Markov chain says", async () => {
    const runs = 250;
    const rounds = 4;
    const shares = Array.from({ length: rounds + 1 }, () => [] as number[]);
    let voted = 0;
    for (let seed = 0; seed < runs; seed++) {
      const solver = stack(scripted(world), solve, aggregateLoop({ population, group, rounds, untilAgreed: false }));
      const response = await run(solver, "q", { seed });
      response.rounds.forEach(({ key, share }, round) => shares[round]!.push(key === "1" ? share : 1 - share));
      if (response.answer === 1) voted++;
    }
    const means = shares.map((all) => all.reduce((sum, share) => sum + share, 0) / runs);
    for (const [round, mean] of means.entries()) {
      const expected = meanOf(exact(round));
      // Members of one run are alike: the error is that of runs, at most 1/2 each.
      expect(Math.abs(mean - expected), `round ${round}: ${mean}, exactly ${expected}`).toBeLessThan(
        (4 * 0.5) / Math.sqrt(runs),
      );
    }
    expect(meanOf(exact(0))).toBeCloseTo(0.3, 12);
    expect(means[4]).toBeGreaterThan(means[0]! + 0.25);
    // A vote of one population alone would be right far less often.
    const majority = (chance: readonly number[]) =>
      chance.reduce((sum, p, m) => sum + (m > 3 ? p : m === 3 ? p / 2 : 0), 0);
    expect(Math.abs(voted / runs - majority(exact(4)))).toBeLessThan((4 * 0.5) / Math.sqrt(runs));
    expect(voted / runs).toBeGreaterThan(majority(exact(0)) + 0.3);
  });
});

describe("its own laws", () => {
  test.prop([
    fc.integer({ min: 2, max: 6 }),
    fc.integer({ min: 2, max: 6 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 100 }),
  ])(
    "population · (rounds + 1) calls, each after the first of `group` different members",
    async (population, k, rounds, seed) => {
      const group = Math.min(k, population);
      const model = scripted((_request, _call, index) => `member ${index}`);
      const response = await run(stack(model, aggregateLoop({ population, group, rounds })), "q", { seed });
      expect(model.calls).toBe(population * (rounds + 1));
      expect(response.samples.map(({ text }) => text)).toEqual(
        Array.from({ length: population }, (_, index) => `member ${rounds * population + index}`),
      );
      for (const [index, request] of model.requests.entries()) {
        const shown = responsesShown(request);
        expect(shown).toHaveLength(index < population ? 0 : group);
        expect(new Set(shown).size).toBe(shown.length);
      }
    },
  );
});

test("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  const solver = stack(model, solve, aggregateLoop());
  expectTypeOf(solver).toEqualTypeOf<Model<Aggregated<Reasoned<number>>>>();
  expectTypeOf(solver.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  // @ts-expect-error -- not one of the two
  compiles(() => aggregateLoop({ end: "best" }));
});

describe("wrong options", () => {
  const names = "population, group, rounds, end, untilAgreed, concurrency, instruction, temperature";
  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [{ size: 1 }, `an option must be one of ${names}, got "size"`],
    [{ population: 1 }, "population must be an integer of at least 2, got 1"],
    [{ population: Infinity }, "population must be an integer of at least 2, got Infinity"],
    [{ group: 1 }, "group must be an integer from 2 to 16, got 1"],
    [{ population: 3, group: 4 }, "group must be an integer from 2 to 3, got 4"],
    [{ rounds: 0 }, "rounds must be an integer of at least 1, got 0"],
    [{ end: "best" }, `end must be 'vote' or 'random', got "best"`],
    [{ untilAgreed: 1 }, "untilAgreed must be true or false, got 1"],
    [{ concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
    [{ instruction: "" }, "instruction must be a text that is not empty, got an empty string"],
    [{ temperature: -1 }, "temperature must be a number of at least 0, got -1"],
  ])("%j", (options, message) => {
    expect(() => aggregateLoop(options as AggregateLoopOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `aggregateLoop: ${message}` }),
    );
  });

  test("a small population has a group no larger than itself", () => {
    expect(() => aggregateLoop({ population: 2 })).not.toThrow();
  });
});
