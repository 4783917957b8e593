import { fc, test } from "@fast-check/vitest";
import {
  abMcts,
  atLeast,
  bestOf,
  breadthFirst,
  BudgetExceededError,
  CapabilityError,
  depthFirst,
  majorityVote,
  number,
  outline,
  ProviderError,
  record,
  revisions,
  run,
  stack,
  text,
  treeSearch,
  type Branch,
  type Expander,
  type Line,
  type Model,
  type ModelResponse,
  type Sampler,
  type Scorer,
  type Searched,
  type Tape,
  type TreeSearchOptions,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type Script, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { dealt, keyOf, makes24, movesFrom, type Left } from "../../../bench/accuracy/game24.js";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

/** Steps `1`, `2`, `3` in the model's words; the third level answers. */
const proposing: Script = (request, { random }) => {
  const words = JSON.stringify(request.messages);
  const level = words.split("step").length;
  if (level > 4 || random.next() < 0.2) return `Answer: ${1 + random.integer(3)}\nstep ${random.integer(9)}`;
  return Array.from({ length: 1 + random.integer(3) }, () => `step ${random.integer(9)}`).join("\n");
};
/** The digits of a line, from 0 to 1. */
const digits: Scorer = ({ text: line }) => Number(line.replace(/\D/g, "").slice(-3)) / 1000;
const base = { answer: number(), scorer: digits };
const judged: Scorer = async ({ text: line }, { model, call }) => {
  const said = await model.generate({ messages: [{ role: "user", content: line }] }, call);
  return said.text.length / 100;
};

describe.each<[what: string, options: Partial<TreeSearchOptions<number>>]>([
  ["breadth first", { order: breadthFirst(2), maxSteps: 4 }],
  ["breadth first, two at a time", { order: breadthFirst(3), maxSteps: 3, concurrency: 2 }],
  ["depth first", { order: depthFirst({ breadth: 2 }), maxTrials: 6 }],
  ["AB-MCTS, three at a time", { order: abMcts(), expand: revisions(), maxTrials: 6, concurrency: 3 }],
  ["a scorer that asks the model", { order: breadthFirst(2), scorer: judged, maxSteps: 3 }],
  ["until it is good enough", { order: breadthFirst(2), stop: atLeast(0.5), maxSteps: 4 }],
])("laws, %s", (_, options) => {
  const laws = middlewareLaws(treeSearch({ ...base, ...options }), { replies: proposing });
  for (const { name, check } of laws) test(name, check);
});

/** A tree by name, written down: what stands behind a line. A model answers where an expander asks it. */
function known(tree: Readonly<Record<string, readonly string[]>>): Expander {
  return ({ steps }) => tree[steps.at(-1) ?? ""] ?? [];
}
/** The number behind the last letter: `b3` scores 3. */
const marked: Scorer = ({ text: line }) => Number(/\d+$/.exec(line)?.[0]);
const silent = scripted(["never"]);
const tree = {
  "": ["a1", "b3", "c2"],
  a1: ["Answer: 9"],
  b3: ["d5", "Answer: 4"],
  c2: ["Answer: 6"],
  d5: ["Answer: 2"],
};

describe("behaviour", () => {
  test.each<
    [
      what: string,
      options: Partial<TreeSearchOptions<number>>,
      answers: string,
      best: number,
      stopped: string,
      trials: number,
    ]
  >([
    ["the best of the last level, the best first", { order: breadthFirst(2) }, "6 2", 6, "done", 4],
    ["one line only", { order: breadthFirst(1) }, "2", 2, "done", 3],
    ["answers as they come; alone, the best", { order: depthFirst() }, "4 2 6 9", 9, "done", 5],
    ["until one is good enough", { order: depthFirst(), stop: atLeast(4) }, "4", 4, "ok", 2],
    [
      "good enough in the middle of a level: what was found so far, the best first",
      { order: breadthFirst(3), stop: atLeast(6) },
      "6 4",
      6,
      "ok",
      4,
    ],
    ["no more trials than allowed", { order: depthFirst(), maxTrials: 3 }, "4 2", 4, "limit", 3],
    [
      "no answer in the steps there are: the most promising line",
      { order: breadthFirst(2), maxSteps: 1 },
      "",
      3,
      "limit",
      1,
    ],
    [
      "out of trials before the level is over: the answers that were found",
      { order: breadthFirst(3), maxTrials: 2 },
      "4",
      4,
      "limit",
      2,
    ],
    ["its own end of a line", { order: breadthFirst(1), done: (_, step) => step === "b3" }, "", 3, "done", 1],
  ])("%s", async (_, options, answers, best, stopped, trials) => {
    let tried = 0;
    const expand: Expander = (line, context) => (tried++, known(tree)(line, context));
    const response = await run(treeSearch({ ...base, scorer: marked, expand, ...options })(silent), "q");
    const found = response.samples.flatMap(({ answer }) => (answer === undefined ? [] : [answer]));
    expect({ answers: found.join(" "), best: response.score, stopped: response.stopped, trials: tried }).toEqual({
      answers,
      best,
      stopped,
      trials,
    });
  });

  test("a sample has its steps with their scores, its whole text, and its answer", async () => {
    const { samples, usage } = await run(
      treeSearch({ ...base, scorer: marked, expand: known(tree), order: breadthFirst(1) })(silent),
      "q",
    );
    expect(samples).toMatchObject([
      {
        text: "b3\nd5\nAnswer: 2",
        thought: "b3\nd5\nAnswer: 2",
        answer: 2,
        key: "2",
        score: 2,
        steps: [
          { text: "b3", score: 3 },
          { text: "d5", score: 5 },
          { text: "Answer: 2", score: 2 },
        ],
      },
    ]);
    expect(usage.calls).toBe(0);
  });

  test("a line is scored once, however often it is found", async () => {
    const scored: string[] = [];
    const scorer: Scorer = ({ text: line }) => (scored.push(line), 1);
    const expand: Expander = ({ steps }) => (steps.length < 2 ? ["one", "two", "one"] : ["Answer: 1"]);
    const key = (line: string): string => line.split("\n").toSorted().join("\n");
    await run(treeSearch({ ...base, scorer, expand, key, order: breadthFirst(9), concurrency: 1 })(silent), "q");
    expect(scored).toEqual([
      "one",
      "two",
      "one\none",
      "one\ntwo",
      "two\ntwo",
      "one\none\nAnswer: 1",
      "one\ntwo\nAnswer: 1",
      "two\ntwo\nAnswer: 1",
    ]);
  });

  test("what a sample's calls spent is its usage; what scoring spent is judging", async () => {
    const model = scripted(["add", "40", "Answer: 5", "90"]);
    const response = await run(treeSearch({ ...base, scorer: judged })(model), "q");
    expect(response.usage).toMatchObject({ calls: 4, judging: { calls: 2 } });
    expect(response.samples[0]?.usage.calls).toBe(2);
    expect(model.calls).toBe(4);
  });

  test("a verdict is a score, and what an expander is shown", async () => {
    const lines: Line[] = [];
    const expand: Expander = (line) => (lines.push(line), line.steps.length === 0 ? ["a"] : ["Answer: 1"]);
    const scorer: Scorer = () => ({ ok: false, message: "hm", score: 0.4 });
    await run(treeSearch({ ...base, scorer, expand })(silent), "q");
    expect(lines).toMatchObject([
      { text: "", steps: [], response: undefined, score: undefined, verdict: undefined },
      {
        text: "a",
        steps: ["a"],
        response: { text: "a" },
        score: 0.4,
        verdict: { ok: false, message: "hm", score: 0.4 },
      },
    ]);
  });

  test("a prefill of the request is a part of the answer's text", async () => {
    const expand: Expander = () => [" 7"];
    const options = { ...base, expand, done: () => true };
    const response = await run(treeSearch(options)(silent), {
      messages: [{ role: "user", content: "q" }],
      prefill: "Answer:",
    });
    expect(response.answer).toBe(7);
  });

  test("an expander may give responses, which keep their fields", async () => {
    const model = scripted([{ text: "Answer: 8", extra: 1 } as ScriptedReply]);
    const expand: Expander = async (_, { model: beneath, request, call }) => [
      { response: await beneath.generate(request, call) },
    ];
    const response = await run(treeSearch({ ...base, expand })(model), "q");
    expect(response).toMatchObject({ text: "Answer: 8", extra: 1, answer: 8, steps: [{ text: "Answer: 8" }] });
  });

  test("a temperature is for requests that name none", async () => {
    const model = scripted(["Answer: 1"], { repeat: true });
    const search = treeSearch({ ...base, temperature: 0.7 })(model);
    await run(search, "q");
    await run(search, { messages: [{ role: "user", content: "q" }], temperature: 0.2 });
    expect(model.requests.map(({ temperature }) => temperature)).toEqual([0.7, 0.2]);
  });

  test("log-probabilities that the scorer reads are asked for", async () => {
    const model = scripted(["Answer: 1"]);
    const scorer = Object.assign(() => 1, { logprobs: 3 });
    await run(treeSearch({ ...base, scorer })(model), "q");
    expect(model.requests[0]?.logprobs).toBe(3);
  });

  test("requests and lines are never touched", async () => {
    const model = scripted(proposing);
    const request = frozen({ messages: [{ role: "user" as const, content: "q" }] });
    const expand: Expander = (line) => (frozen(line), line.steps.length > 1 ? ["Answer: 1"] : frozen(["a", "b"]));
    await run(treeSearch({ ...base, expand })(model), request);
  });
});

describe("narrowers above it", () => {
  test("may leave early: what is not needed is not tried", async () => {
    let tried = 0;
    const expand: Expander = (line, context) => (tried++, known(tree)(line, context));
    const search = treeSearch({ ...base, scorer: marked, expand, order: depthFirst() });
    const solver = stack(silent, search, bestOf({ scorer: ({ score = 0 }) => score, stop: atLeast(4) }));
    const { answer, stopped } = await run(solver, "q");
    expect({ answer, stopped, tried }).toEqual({ answer: 4, stopped: "decided", tried: 2 });
  });

  test("majority vote", async () => {
    const flat = { "": ["Answer: 1", "Answer: 2 ", "Answer: 2"] };
    const search = treeSearch({ ...base, scorer: () => 1, expand: known(flat), order: breadthFirst(3) });
    expect((await run(stack(silent, search, majorityVote()), "q")).answer).toBe(2);
    const heavy = treeSearch({
      ...base,
      scorer: ({ text: line }) => (line === "Answer: 1" ? 5 : 1),
      expand: known(flat),
      order: breadthFirst(3),
    });
    expect((await run(stack(silent, heavy, majorityVote({ weight: ({ score = 0 }) => score })), "q")).answer).toBe(1);
  });
});

describe("what goes wrong", () => {
  const busy = new ProviderError("busy", { status: 503 });
  const refused = new ProviderError("who are you?", { status: 401 });

  test("a trial that fails finds nothing, and is listed; the others go on", async () => {
    const expand: Expander = (line, context) => {
      if (line.steps.at(-1) === "b3") throw busy;
      return known(tree)(line, context);
    };
    const response = await run(treeSearch({ ...base, scorer: marked, expand, order: depthFirst() })(silent), "q");
    expect(response.samples.map(({ answer }) => answer)).toEqual([6, 9]);
    expect(response.failures).toEqual([{ index: 1, error: busy }]);
    expect(response.stopped).toBe("done");
  });

  test("an error that cannot get better ends the search; what was found is returned", async () => {
    const expand: Expander = (line, context) => {
      if (line.steps.at(-1) === "d5") throw refused;
      return known(tree)(line, context);
    };
    const response = await run(treeSearch({ ...base, scorer: marked, expand, order: depthFirst() })(silent), "q");
    expect(response.samples.map(({ answer }) => answer)).toEqual([4]);
    expect(response.stopped).toBe("failure");
  });

  test("a line whose scoring fails comes last, and the failure is listed", async () => {
    const scorer: Scorer = (response, context) => {
      if (response.text === "b3") throw busy;
      return marked(response, context);
    };
    const response = await run(
      treeSearch({ ...base, scorer, expand: known(tree), order: breadthFirst(2) })(silent),
      "q",
    );
    expect(response.samples.map(({ answer }) => answer)).toEqual([9, 6]);
    expect(response.failures).toEqual([{ index: 0, error: busy }]);
  });

  test("where nothing is found, the first failure is thrown", async () => {
    const expand: Expander = () => {
      throw busy;
    };
    await expect(run(treeSearch({ ...base, expand })(silent), "q")).rejects.toBe(busy);
    await expect(run(treeSearch({ ...base, expand: () => [] })(silent), "q")).rejects.toThrow(
      "the search found nothing",
    );
  });

  test.each<[what: string, options: object, message: string]>([
    ["a score that is none", { scorer: () => NaN }, "treeSearch: what the scorer returns must be a finite number"],
    [
      "an expander that gives no list",
      { expand: () => "a" },
      "treeSearch: what expand returns must be a list of texts",
    ],
    [
      "an expander that gives no text",
      { expand: () => [1] },
      "treeSearch: what expand returns must be texts, or { response }",
    ],
  ])("%s is refused at the call", async (_, options, message) => {
    const all = { ...base, expand: () => ["Answer: 1"], ...options } as TreeSearchOptions<number>;
    await expect(run(treeSearch(all)(silent), "q")).rejects.toThrow(message);
  });

  test.each<[what: string, limit: object, stopped: string, calls: number]>([
    ["calls", { calls: 2 }, "budget", 2],
    ["time", { ms: 250 }, "deadline", 3],
  ])("out of %s: the most promising line so far", async (_, budget, stopped, calls) => {
    const model = scripted((_, __, index) => `step ${index}\nstep 0${index}`, { latencyMs: 100 });
    const clock = virtualClock();
    const search = treeSearch({ ...base, order: breadthFirst(1), maxSteps: 9 });
    const response = await clock.until(run(search(model), "q", { clock, budget }));
    expect(response).toMatchObject({ stopped, answer: undefined, text: "step 0\nstep 1", failures: [] });
    expect(model.calls).toBe(calls);
    expect(clock.pending).toBe(0);
  });

  test("out of budget in the scoring: the line is kept", async () => {
    const model = scripted(["add", "good", "Answer: 5"]);
    const response = await run(treeSearch({ ...base, scorer: judged })(model), "q", { budget: { calls: 3 } });
    expect(response).toMatchObject({ text: "add\nAnswer: 5", answer: 5, score: undefined, stopped: "budget" });
  });

  test("no budget for anything", async () => {
    const done = run(treeSearch(base)(scripted(["a"])), "q", { budget: { tokens: 1 } });
    await expect(done).rejects.toThrow(BudgetExceededError);
  });
});

describe("giving it up", () => {
  test("ends every trial and every scoring on its way, and starts nothing", async () => {
    const model = scripted((_, __, index) => `step ${index}\nstep 1${index}\nstep 2${index}`, { latencyMs: 100 });
    const calls = (): number => model.calls;
    expect(await giveUp(treeSearch({ ...base, scorer: judged, maxSteps: 3 })(model), 250, calls)).toBeGreaterThan(4);
    await giveUpBefore(treeSearch(base)(scripted(["a"])), () => 0);
  });

  test("nobody waits for an expander or a scorer that does not listen", async () => {
    const forever = (): Promise<never> => new Promise(() => undefined);
    await giveUp(treeSearch({ ...base, expand: forever })(silent), 10, () => 0);
    await giveUp(treeSearch({ ...base, expand: () => ["a"], scorer: forever })(silent), 10, () => 0);
  });
});

test("its trials, scores and samples are told in order, whatever the timing", async () => {
  const latencies = [300, 200, 100];
  const model = scripted(
    (request) => (JSON.stringify(request.messages).includes("Steps so far") ? "Answer: 1" : "a 1\nb 2"),
    {
      latencyMs: (index) => latencies[index % 3] ?? 0,
    },
  );
  const { trace } = await traced(treeSearch({ ...base, scorer: digits, order: breadthFirst(2) })(model));
  expect(trace).toEqual([
    "start treeSearch",
    "start treeSearch/#0/scripted",
    "end treeSearch/#0/scripted",
    "score treeSearch",
    "score treeSearch",
    "start treeSearch/#1/scripted",
    "end treeSearch/#1/scripted",
    "score treeSearch",
    "start treeSearch/#2/scripted",
    "end treeSearch/#2/scripted",
    "score treeSearch",
    "sample treeSearch",
    "sample treeSearch",
    "end treeSearch",
  ]);
});

test("its worst case is known before anything runs", () => {
  const model = scripted(["a"], { id: "m" });
  const of = (options: Partial<TreeSearchOptions<number>>): string | undefined =>
    outline(treeSearch({ ...base, ...options })(model)).split("\n")[0];
  expect(of({ order: breadthFirst(5), maxSteps: 4 })).toContain(
    "treeSearch (breadthFirst(5), proposals, maxTrials = 100)  ≤ 16 calls",
  );
  expect(of({ order: depthFirst(), maxTrials: 30 })).toContain(
    "treeSearch (depthFirst(), proposals, maxTrials = 30)  ≤ 30 calls",
  );
});

describe("a search that was killed goes on where it was", () => {
  test.prop([fc.nat({ max: 20 }), fc.nat({ max: 50 }), fc.integer({ min: 1, max: 4 })], { numRuns: 25 })(
    "with record beneath it, killed at any call, it comes to the same samples",
    async (kill, seed, concurrency) => {
      const options = { ...base, order: breadthFirst(3), maxSteps: 4, concurrency };
      const solve = (
        tape: Tape,
        fail?: number,
      ): Promise<ModelResponse & { readonly samples: readonly ModelResponse[] }> => {
        let calls = 0;
        const model = scripted((request, context, index) => {
          if (fail !== undefined && calls++ >= fail) throw refused;
          return proposing(request, context, index);
        });
        return run(stack(model, record(tape), treeSearch(options)), "q", { seed });
      };
      const refused = new ProviderError("killed", { status: 400 });
      const whole = await solve(memory());
      const tape = memory();
      await solve(tape, kill).catch(() => undefined);
      const again = await solve(tape);
      expect(again.samples.map(({ text: line }) => line)).toEqual(whole.samples.map(({ text: line }) => line));
    },
  );
});

function memory(): Tape {
  const lines: string[] = [];
  return { read: () => Promise.resolve([...lines]), append: (line) => Promise.resolve(void lines.push(line)) };
}

describe("the game of 24, with every move proposed and an exact checker", () => {
  /** The search of a game; at most `maxTrials` places are gone on from. */
  async function play(numbers: readonly number[], maxTrials: number): Promise<boolean> {
    const places = new Map<string, readonly Left[]>([["", dealt(numbers)]]);
    const place = (line: string): readonly Left[] => places.get(line.split("\n").at(-1) ?? "") as readonly Left[];
    const search = treeSearch({
      answer: text(),
      expand: ({ text: line }): Branch[] =>
        movesFrom(place(line)).map((left) => {
          const step = left.map(({ expression }) => expression).join("; ");
          places.set(step, left);
          return step;
        }),
      scorer: ({ text: line }) => {
        const [first, second] = place(line);
        return second === undefined && makes24(first?.expression ?? "", numbers) ? 1 : 0;
      },
      done: (line) => place(line).length === 1,
      key: (line) => keyOf(place(line)),
      order: depthFirst(),
      stop: atLeast(1),
      maxSteps: 3,
      maxTrials,
    });
    return (await run(search(silent), "q")).score === 1;
  }
  const solvable = (left: readonly Left[]): boolean =>
    left.length === 1 ? left[0]?.top === 24 && left[0].bottom === 1 : movesFrom(left).some(solvable);

  test.prop([fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 4, maxLength: 4 })], { numRuns: 12 })(
    "finds a solution if and only if there is one",
    async (numbers) => {
      expect(await play(numbers, 1000)).toBe(solvable(dealt(numbers)));
    },
  );
});

describe("options", () => {
  test.each<[options: object, message: string]>([
    [{ answer: 1 }, "treeSearch: answer must be an answer, such as number() or choice([…]), got 1"],
    [
      { scorer: 1 },
      "treeSearch: scorer must be a function that says how good a line is; stateValue(), tests(…) and judge(…) make one, got 1",
    ],
    [
      { expand: "a" },
      "treeSearch: expand must be a function that says how a line goes on; proposals() and revisions() make one",
    ],
    [{ order: "bfs" }, "treeSearch: order must be an order of search, such as breadthFirst(5)"],
    [{ done: true }, "treeSearch: done must be a function of a line and its last step, got true"],
    [{ key: 1 }, "treeSearch: key must be a function of a line, got 1"],
    [{ stop: 1 }, "treeSearch: stop must be a stopping rule for scores, such as atLeast(1), got 1"],
    [{ maxSteps: 0 }, "treeSearch: maxSteps must be an integer of at least 1, got 0"],
    [{ maxTrials: 1.5 }, "treeSearch: maxTrials must be an integer of at least 1, got 1.5"],
    [{ concurrency: 0 }, "treeSearch: concurrency must be an integer of at least 1, got 0"],
    [{ instruction: 1 }, "treeSearch: instruction must be a text, got 1"],
    [{ temperature: -1 }, "treeSearch: temperature must be a number of at least 0, got -1"],
    [
      { breadth: 5 },
      'treeSearch: an option must be one of answer, scorer, expand, order, done, key, maxSteps, maxTrials, stop, concurrency, instruction, temperature, got "breadth"',
    ],
  ])("%j", (options, message) => {
    expect(() => treeSearch({ ...base, ...options })).toThrow(message);
  });

  test("a scorer that reads log-probabilities needs a model that gives them", () => {
    const scorer = Object.assign(() => 1, { logprobs: 0 });
    expect(() => treeSearch({ ...base, scorer })(scripted(["a"], { capabilities: { logprobs: false } }))).toThrow(
      CapabilityError,
    );
  });
});

test("types", () => {
  compiles((model: Model, special: Model<ModelResponse & { readonly extra: number }>) => {
    expectTypeOf(treeSearch(base)(model)).toEqualTypeOf<Sampler<Searched<number>>>();
    const search = treeSearch<number, ModelResponse & { readonly extra: number }>({
      answer: number(),
      scorer: ({ extra }) => extra,
    });
    expectTypeOf(search(special)).toEqualTypeOf<
      Sampler<Searched<number, ModelResponse & { readonly extra: number }>>
    >();
    // @ts-expect-error a scorer is needed
    treeSearch({ answer: number() });
    // @ts-expect-error an answer is needed
    treeSearch({ scorer: digits });
  });
});
