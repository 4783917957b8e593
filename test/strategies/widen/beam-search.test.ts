import { fc, test } from "@fast-check/vitest";
import {
  atLeast,
  beam,
  beamSearch,
  bestOf,
  BudgetExceededError,
  CapabilityError,
  dvts,
  majorityVote,
  number,
  outline,
  ProviderError,
  rebase,
  record,
  run,
  stack,
  type BeamSearchOptions,
  type Capabilities,
  type Model,
  type ModelResponse,
  type Reasoned,
  type Sampler,
  type Scorer,
  type Searched,
} from "mull";
import { flaky, middlewareLaws, scripted, virtualClock, type Script, type ScriptedModel } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { memoryTape } from "../../policies/tapes.js";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const goesOn: Capabilities = { prefill: true };
const busy = new ProviderError("overloaded", { status: 503 });

/** Steps of a digit; answers at the fourth line at the latest. */
const walking: Script = ({ prefill = "", messages }, { random }) => {
  const lines =
    prefill === "" ? JSON.stringify(messages.slice(1)).split("step").length - 1 : prefill.split("\n").length;
  return lines > 3 || random.next() < 0.2 ? `Answer: ${1 + random.integer(3)}` : `step ${random.integer(9)}`;
};
/** Likes lines whose last digits are high: 0 to 1. */
const digits: Scorer = ({ text }) => Number(text.replace(/\D/g, "").slice(-2)) / 100;
/** Asks the model, so that the timing might show. */
const judged: Scorer = async ({ text }, { model, call }) => {
  const { text: said } = await model.generate({ messages: [{ role: "user", content: `judge ${text}` }] }, call);
  return said.length / 100;
};
const base = { answer: number(), scorer: digits };

describe.each<[what: string, options: Partial<BeamSearchOptions<number>>, capabilities: Capabilities]>([
  ["a beam by prefill", { order: beam({ width: 2, expand: 2 }), maxSteps: 4 }, goesOn],
  ["with native n", { order: beam({ width: 2, expand: 2 }), maxSteps: 4 }, { prefill: true, n: true }],
  ["by turns", { order: beam({ width: 2, expand: 2 }), maxSteps: 4 }, {}],
  ["DVTS, two at a time", { order: dvts({ width: 2, expand: 2 }), maxSteps: 4, concurrency: 2 }, goesOn],
  ["REBASE, a product", { order: rebase({ n: 4 }), maxSteps: 4, aggregate: "prod" }, goesOn],
  ["a scorer that asks the model", { order: beam({ width: 2, expand: 2 }), maxSteps: 3, scorer: judged }, goesOn],
  ["until it is good enough", { order: beam({ width: 2, expand: 2 }), maxSteps: 4, stop: atLeast(0.5) }, goesOn],
])("laws, %s", (_, options, capabilities) => {
  const laws = middlewareLaws(beamSearch({ ...base, ...options }), { replies: walking, capabilities });
  for (const { name, check } of laws) test(name, check);
});

describe.each<[what: string, layer: (model: Model) => Model]>([
  ["a vote", (model) => stack(model, beamSearch({ ...base, order: rebase({ n: 3 }), maxSteps: 3 }), majorityVote())],
  [
    "the best",
    (model) =>
      stack(
        model,
        beamSearch({ ...base, order: dvts({ width: 2, expand: 2 }), maxSteps: 3 }),
        bestOf({ scorer: digits }),
      ),
  ],
])("laws, beneath %s", (_, layer) => {
  for (const { name, check } of middlewareLaws(layer, { replies: walking, capabilities: goesOn })) test(name, check);
});

/** A model that knows what stands behind each text: the k-th request for it gets the k-th, and then the first again. */
function knowing(tree: Readonly<Record<string, readonly (string | Error)[]>>, capabilities = goesOn): ScriptedModel {
  const asked = new Map<string, number>();
  return scripted(
    ({ prefill = "" }) => {
      const at = asked.get(prefill) ?? 0;
      asked.set(prefill, at + 1);
      const all = tree[prefill.replaceAll("\n", "/").replace(/\/$/, "")] ?? ["lost"];
      return all[at % all.length] as string | Error;
    },
    { capabilities },
  );
}
/** The number behind the last letter or colon, by tenths: `b3` scores 0.3. */
const tenths: Scorer = ({ text }) => Number(/\d+$/.exec(text)?.[0]) / 10;
const tree = {
  "": ["a1", "b3", "c2", "b3"],
  a1: ["Answer: 9"],
  b3: ["d5", "Answer: 4"],
  c2: ["Answer: 6", "e1"],
  "b3/d5": ["Answer: 2"],
  "c2/e1": ["Answer: 8"],
};
const solve = (options: Partial<BeamSearchOptions<number>>, model = knowing(tree)) =>
  run(stack(model, beamSearch({ answer: number(), scorer: tenths, ...options })), "q", { seed: 1 });
const linesOf = (samples: readonly ModelResponse[]): string[] => samples.map(({ text }) => text.replaceAll("\n", "/"));

describe("behaviour", () => {
  test.each<
    [
      what: string,
      options: Partial<BeamSearchOptions<number>>,
      samples: string[],
      scores: (number | undefined)[],
      calls: number,
      stopped: string,
    ]
  >([
    [
      "a beam: the best of all go on",
      { order: beam({ width: 2, expand: 2 }) },
      ["c2/Answer: 6", "b3/d5/Answer: 2"],
      [0.6, 0.2],
      4 + 4 + 2,
      "done",
    ],
    [
      "a line at its end gives way to better ones",
      { order: beam({ width: 1, expand: 2 }) },
      ["b3/d5/Answer: 2"],
      [0.2],
      2 + 2 + 2,
      "done",
    ],
    [
      "equal lines that stay equal",
      { order: beam({ width: 2, expand: 2, distinct: false }) },
      ["b3/d5/Answer: 2", "b3/d5/Answer: 2"],
      [0.2, 0.2],
      4 + 4 + 4,
      "done",
    ],
    [
      "DVTS: a line from each tree",
      { order: dvts({ width: 2, expand: 2 }) },
      ["b3/d5/Answer: 2", "b3/d5/Answer: 2"],
      [0.2, 0.2],
      4 + 4 + 4,
      "done",
    ],
    [
      "REBASE: the better, the more ways",
      { order: rebase({ n: 4 }) },
      ["b3/d5/Answer: 2", "b3/Answer: 4", "b3/d5/Answer: 2", "b3/Answer: 4"],
      [0.2, 0.4, 0.2, 0.4],
      4 + 4 + 2,
      "done",
    ],
    [
      "out of steps: those at their end",
      { order: beam({ width: 2, expand: 2 }), maxSteps: 2 },
      ["c2/Answer: 6"],
      [0.6],
      8,
      "done",
    ],
    [
      "out of steps, with no answer: the best line",
      { order: beam({ width: 2, expand: 2 }), maxSteps: 1 },
      ["b3"],
      [0.3],
      4,
      "limit",
    ],
    [
      "until it is good enough",
      { order: beam({ width: 4, expand: 1 }), stop: atLeast(0.9) },
      ["a1/Answer: 9", "c2/Answer: 6"],
      [0.9, 0.6],
      4 + 3,
      "ok",
    ],
  ])("%s", async (_, options, samples, scores, calls, stopped) => {
    const model = knowing(tree);
    const response = await solve(options, model);
    expect(linesOf(response.samples)).toEqual(samples);
    expect(response.samples.map(({ score }) => score)).toEqual(scores);
    expect(model.calls).toBe(calls);
    expect(response).toMatchObject({ stopped, failures: [] });
    // Alone it answers with the best.
    expect(response.score).toBe(Math.max(...scores.map((score) => score ?? -1)));
    expect(response.usage.calls).toBe(calls);
  });

  test("a sample has its steps, their scores, what is read from it, and what it spent", async () => {
    const { samples } = await solve({ order: beam({ width: 1, expand: 2 }) });
    expect(samples).toMatchObject([
      {
        text: "b3\nd5\nAnswer: 2",
        thought: "b3\nd5\nAnswer: 2",
        answer: 2,
        key: "2",
        score: 0.2,
        steps: [
          { text: "b3", score: 0.3 },
          { text: "d5", score: 0.5 },
          { text: "Answer: 2", score: 0.2 },
        ],
        usage: { calls: 3, outputTokens: 4 },
      },
    ]);
  });

  test.each<[aggregate: BeamSearchOptions<number>["aggregate"], score: number, line: string]>([
    ["last", 0.9, "b1/Answer: 9"],
    ["min", 0.4, "a5/Answer: 4"],
    ["prod", 0.5 * 0.4, "a5/Answer: 4"],
    [undefined, 0.9, "b1/Answer: 9"],
  ])("the scores of steps become that of a line: %s", async (aggregate, score, line) => {
    const model = knowing({ "": ["a5", "b1"], a5: ["Answer: 4"], b1: ["Answer: 9"] });
    const response = await solve({ order: beam({ width: 2, expand: 1 }), aggregate }, model);
    expect(linesOf([response])).toEqual([line]);
    expect(response.score).toBeCloseTo(score, 12);
    // Steps keep what the scorer said of them.
    expect(response.steps.map((step) => step.score)).toEqual(line.startsWith("a") ? [0.5, 0.4] : [0.1, 0.9]);
  });

  test("where a line only comes to its end, its last step is not counted twice", async () => {
    const model = scripted(["a5", "", ""], { capabilities: goesOn });
    const response = await solve({ order: beam({ width: 1, expand: 1 }), aggregate: "prod" }, model);
    expect([response.score, response.steps]).toEqual([0.5, [{ text: "a5", score: 0.5 }]]);
  });

  test("a product of scores below 0 is a mistake", async () => {
    const options = { order: beam({ width: 1, expand: 1 }), aggregate: "prod", scorer: () => -1 } as const;
    await expect(solve(options)).rejects.toMatchObject({
      code: "invalid-option",
      message: "beamSearch: a score that is multiplied must be a number of at least 0, got -1",
    });
    expect(await solve({ ...options, aggregate: "min" })).toMatchObject({ score: -1 });
  });

  test("equal lines of a round are scored once, whoever has them first", async () => {
    const seen: string[] = [];
    const scorer: Scorer = ({ text }, { round }) => {
      seen.push(`${round} ${text}`);
      return 0.5;
    };
    await solve({ scorer, maxSteps: 1 }, knowing({ "": ["a1", "b3"] }));
    expect(seen).toEqual(["0 a1", "1 b3"]);
  });

  test("your own key makes lines the same", async () => {
    const key = (text: string): string => text.replace(/\d/g, "");
    const { samples } = await solve(
      { key, order: beam({ width: 4, expand: 1 }), maxSteps: 1, done: () => true },
      knowing({ "": ["a1", "a2", "b3", "a4"] }),
    );
    expect(linesOf(samples)).toEqual(["b3", "a1"]);
  });

  test("what is asked: thought, answer, temperature", async () => {
    const model = knowing(tree);
    await solve({ temperature: 0.8, order: beam({ width: 1, expand: 1 }), maxSteps: 1 }, model);
    await solve({ instruction: "Go.", order: beam({ width: 1, expand: 1 }), maxSteps: 1 }, model);
    expect(model.requests.map(({ messages, temperature }) => [messages.at(-1)?.content, temperature])).toEqual([
      [`q\n\nThink step by step before you answer. ${number().instruction}`, 0.8],
      [`q\n\nGo. ${number().instruction}`, undefined],
    ]);
  });

  test("a scorer gets the question as it was asked, and log-probabilities where it reads them", async () => {
    const questions: unknown[] = [];
    const scorer: Scorer = Object.assign(
      (_: ModelResponse, { request }: { readonly request: unknown }) => {
        questions.push(request);
        return 1;
      },
      { logprobs: 2 },
    );
    const model = knowing(tree);
    await solve({ scorer, order: beam({ width: 1, expand: 1 }), maxSteps: 1 }, model);
    expect(questions).toEqual([{ messages: [{ role: "user", content: "q" }] }]);
    expect(model.requests.map(({ logprobs }) => logprobs)).toEqual([2]);
    expect(() => stack(knowing(tree, { logprobs: false }), beamSearch({ ...base, scorer }))).toThrow(CapabilityError);
  });

  test("what a judge spends is counted as judging, in the trial that found the line", async () => {
    const model = scripted(
      ({ messages, prefill }, _, index) =>
        JSON.stringify(messages).includes("judge") ? "x" : prefill === undefined ? `s${index}` : "Answer: 3",
      { capabilities: goesOn },
    );
    const order = beam({ width: 1, expand: 2 });
    const { response, trace } = await traced(stack(model, beamSearch({ ...base, scorer: judged, order })));
    expect(response.usage).toMatchObject({ calls: 7, judging: { calls: 3 } });
    expect(trace.filter((line) => line.startsWith("start"))).toEqual([
      "start beamSearch",
      "start beamSearch/#0/scripted",
      "start beamSearch/#0/score/scripted",
      "start beamSearch/#1/scripted",
      "start beamSearch/#1/score/scripted",
      "start beamSearch/#2/scripted",
      "start beamSearch/#2/score/scripted",
      "start beamSearch/#3/scripted",
    ]);
  });
});

describe("when something fails", () => {
  test("a step that fails is listed, and the others go on", async () => {
    const model = knowing({ ...tree, "": ["a1", busy, "c2", "b3"] });
    const response = await solve({ order: beam({ width: 2, expand: 2 }) }, model);
    expect(linesOf(response.samples)).toEqual(["c2/Answer: 6", "b3/d5/Answer: 2"]);
    expect(response).toMatchObject({ stopped: "done", failures: [{ index: 1, error: busy }] });
  });

  test("a line that could not be scored comes last", async () => {
    const scorer: Scorer = (response, context) => {
      if (response.text === "b3") throw busy;
      return tenths(response, context);
    };
    const response = await solve({ scorer, order: beam({ width: 1, expand: 4 }) });
    expect(linesOf(response.samples)).toEqual(["c2/Answer: 6"]);
    expect(response.failures).toEqual([{ index: 1, error: busy }]);
  });

  test("all of a round fail: what was found before is given", async () => {
    const model = knowing({ "": ["a1"], a1: [busy] });
    const response = await solve({ order: beam({ width: 1, expand: 2 }) }, model);
    expect(response).toMatchObject({ text: "a1", stopped: "limit", answer: undefined });
    expect(response.failures).toHaveLength(2);
    await expect(solve({}, knowing({ "": [busy] }))).rejects.toBe(busy);
  });

  test("an error that cannot get better ends it", async () => {
    const refused = new ProviderError("no", { status: 401 });
    const model = knowing({ "": ["a1", refused, "b3"] });
    const response = await solve({ order: beam({ width: 1, expand: 3 }), concurrency: 1 }, model);
    expect(response).toMatchObject({ text: "a1", stopped: "failure" });
    expect(model.calls).toBe(2);
  });

  const best = "c2/Answer: 6";
  test.each<[calls: number, samples: string[], stopped?: string]>([
    [1, ["a1"]],
    [2, ["b3"]],
    [4, ["b3"]],
    [5, ["b3/d5"]],
    [6, ["b3/Answer: 4"]],
    [7, [best, "b3/Answer: 4"]],
    // The third round has begun: what it did not take up is no answer any more.
    [8, [best]],
    [9, [best, "b3/d5/Answer: 2"]],
    [10, [best, "b3/d5/Answer: 2"], "done"],
  ])("a budget of %i calls: the best so far", async (calls, samples, stopped = "budget") => {
    const model = knowing(tree);
    const solver = stack(model, beamSearch({ answer: number(), scorer: tenths, order: beam({ width: 2, expand: 2 }) }));
    const response = await run(solver, "q", { seed: 1, budget: { calls } });
    expect(model.calls).toBe(calls);
    expect(response.stopped).toBe(stopped);
    expect(linesOf(response.samples)).toEqual(samples);
    expect(response.failures).toEqual([]);
  });

  test("no budget at all is an error", async () => {
    const solver = stack(knowing(tree), beamSearch({ answer: number(), scorer: tenths }));
    await expect(run(solver, "q", { budget: { tokens: 1 } })).rejects.toBeInstanceOf(BudgetExceededError);
  });

  test("out of time: the best so far", async () => {
    const clock = virtualClock();
    const slow = scripted(({ prefill }) => (prefill === undefined ? "a1" : "Answer: 2"), {
      capabilities: goesOn,
      latencyMs: 100,
    });
    const response = await clock.until(
      run(stack(slow, beamSearch({ answer: number(), scorer: tenths })), "q", { clock, budget: { ms: 150 } }),
    );
    expect(response).toMatchObject({ text: "a1", stopped: "deadline" });
  });

  test("whoever gives up hears their own reason, and nothing is left", async () => {
    const slow = scripted(walking, { capabilities: goesOn, latencyMs: 10 });
    await giveUp(stack(slow, beamSearch(base)), 15, () => slow.calls);
    const judge = scripted(walking, { capabilities: goesOn, latencyMs: 10 });
    await giveUp(stack(judge, beamSearch({ ...base, scorer: judged })), 15, () => judge.calls);
    const waits = knowing(tree);
    await giveUp(
      stack(waits, beamSearch({ ...base, scorer: () => new Promise<number>(() => {}) })),
      5,
      () => waits.calls,
    );
    const never = knowing(tree);
    await giveUpBefore(stack(never, beamSearch(base)), () => never.calls);
  });

  test("a narrower that leaves gives up the rest", async () => {
    const model = knowing(tree);
    const solver = stack(model, beamSearch({ answer: number(), scorer: tenths, order: rebase({ n: 4 }) }));
    const { samples, stopped } = await run(
      stack(
        solver as Sampler<Reasoned<number>>,
        bestOf<Reasoned<number>>({ scorer: ({ answer }) => answer ?? 0, stop: atLeast(2) }),
      ),
      "q",
    );
    expect([samples.length, stopped]).toEqual([1, "decided"]);
  });
});

describe("whatever the timing", () => {
  test.prop([fc.integer(), fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 5, maxLength: 9 })], { numRuns: 25 })(
    "tree, events and judges are the same",
    async (seed, delays) => {
      const story = async (latencyMs: (index: number) => number): Promise<unknown> => {
        const model = scripted(
          (request, call, index) =>
            JSON.stringify(request.messages).includes("judge")
              ? "x".repeat(call.random.integer(9))
              : walking(request, call, index),
          { capabilities: goesOn, latencyMs },
        );
        const options = { ...base, scorer: judged, order: beam({ width: 2, expand: 3 }), maxSteps: 3 };
        const { response, trace } = await traced(stack(model, beamSearch(options)), "q", { seed });
        return { ...response, trace };
      };
      expect(await story((index) => delays[index % delays.length] as number)).toEqual(await story(() => 0));
    },
  );
});

describe("resuming", () => {
  test.prop(
    [fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 99 }), fc.constantFrom(1, Infinity), fc.boolean()],
    { numRuns: 40 },
  )("a search that was killed at any call goes on where it was", async (at, seed, concurrency, n) => {
    const capabilities = { prefill: true, n };
    const options = { ...base, order: rebase({ n: 4 }), maxSteps: 4, concurrency };
    const model = scripted(walking, { capabilities });
    const whole = await run(stack(model, beamSearch(options)), "q", { seed });

    const tape = memoryTape();
    const controller = new AbortController();
    const dying = scripted(
      (request, call, index) => {
        if (index === at) controller.abort(new Error("killed"));
        return walking(request, call, index);
      },
      { capabilities },
    );
    await run(stack(dying, record(tape), beamSearch(options)), "q", { seed, signal: controller.signal }).catch(
      () => undefined,
    );
    const again = scripted(walking, { capabilities });
    const response = await run(stack(again, record(memoryTape(tape.lines)), beamSearch(options)), "q", { seed });
    expect(linesOf(response.samples)).toEqual(linesOf(whole.samples));
    expect(response.samples.map(({ score }) => score)).toEqual(whole.samples.map(({ score }) => score));
    // What was on the tape was not asked for again.
    if (concurrency === 1) expect(again.calls).toBe(Math.max(0, model.calls - at));
    else expect(again.calls).toBeLessThanOrEqual(model.calls);
  });

  test("all of it on a tape: no call", async () => {
    const tape = memoryTape();
    const options = { ...base, order: beam({ width: 2, expand: 2 }) };
    const first = scripted(walking, { capabilities: goesOn });
    const whole = await run(stack(first, record(tape), beamSearch(options)), "q", { seed: 7 });
    const second = scripted(walking, { capabilities: goesOn });
    const again = await run(stack(second, record(memoryTape(tape.lines)), beamSearch(options)), "q", { seed: 7 });
    expect(second.calls).toBe(0);
    expect(first.calls).toBeGreaterThan(4);
    expect(again).toEqual(whole);
  });
});

test("flaky calls: what is lost is listed, what is there is given", async () => {
  const model = flaky(scripted(walking, { capabilities: goesOn }), { probability: 0.3 });
  const response = await run(stack(model, beamSearch({ ...base, order: beam({ width: 3, expand: 3 }) })), "q", {
    seed: 2,
  });
  expect(response.samples.length).toBeGreaterThan(0);
  expect(response.failures.length).toBeGreaterThan(0);
  expect(response.usage.failed?.calls).toBe(response.failures.length);
});

test("requests are not touched", async () => {
  const request = frozen({ messages: [{ role: "user" as const, content: "q" }], stop: ["x"], prefill: "" });
  await run(stack(knowing(tree), beamSearch({ ...base, order: beam({ width: 1, expand: 1 }) })), request);
});

test("the outline says what it may cost", () => {
  const order = beam({ width: 2, expand: 3 });
  const words = (options: Partial<BeamSearchOptions<number>>, capabilities: Capabilities) =>
    outline(
      stack(knowing(tree, capabilities), beamSearch({ ...base, order, maxSteps: 5, stepTokens: 100, ...options })),
      {
        inputTokens: 10,
        outputTokens: 1_000,
      },
    ).split("\n")[0];
  // 30 trials, each asked for twice; each reads the prompt, the instruction and the line, and writes a step.
  expect(words({}, goesOn)).toMatch(/^beamSearch \(beam\(2 × 3\)\) +≤ 60 calls, ≤ 69,600 tokens$/);
  expect(words({}, {})).toMatch(/≤ 30 calls, ≤ 34,800 tokens$/);
  expect(words({ split: () => undefined }, goesOn)).toMatch(/≤ 30 calls, ≤ 34,800 tokens$/);
});

test.each<[what: string, options: unknown, message: string]>([
  ["answer", { ...base, answer: 1 }, "answer must be an answer, such as number() or choice([…]), got 1"],
  [
    "scorer",
    { ...base, scorer: 1 },
    "scorer must be a function that says how good a line is; judge(…) and verifier(…) make one, got 1",
  ],
  ["order", { ...base, order: "beam" }, 'order must be an order of search, such as breadthFirst(5), got "beam"'],
  [
    "split",
    { ...base, split: "word" },
    "split must be 'line', 'paragraph', or a function that says where a step ends, got \"word\"",
  ],
  ["stepTokens", { ...base, stepTokens: 0 }, "stepTokens must be an integer of at least 1, got 0"],
  ["maxSteps", { ...base, maxSteps: 0 }, "maxSteps must be an integer of at least 1, got 0"],
  ["done", { ...base, done: true }, "done must be a function of a line and its last step, got true"],
  ["key", { ...base, key: "x" }, 'key must be a function of a line, got "x"'],
  ["instruction", { ...base, instruction: 1 }, "instruction must be a text, got 1"],
  ["temperature", { ...base, temperature: -1 }, "temperature must be a number of at least 0, got -1"],
  ["concurrency", { ...base, concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
  ["aggregate", { ...base, aggregate: "mean" }, "aggregate must be 'last', 'min' or 'prod', got \"mean\""],
  ["stop", { ...base, stop: 1 }, "stop must be a stopping rule for scores, such as atLeast(0.9), got 1"],
  [
    "another",
    { ...base, width: 4 },
    'an option must be one of answer, scorer, split, stepTokens, maxSteps, done, key, instruction, temperature, concurrency, order, aggregate, stop, got "width"',
  ],
])("an option out of bounds: %s", (_, options, message) => {
  expect(() => beamSearch(options as BeamSearchOptions<number>)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `beamSearch: ${message}` }),
  );
});

test("options at their bounds are taken", () => {
  beamSearch({ ...base, stepTokens: 1, maxSteps: 1, temperature: 0, concurrency: Infinity, instruction: "" });
});

test("types", () => {
  const solver = stack(knowing(tree), beamSearch({ answer: number(), scorer: () => 1 }));
  expectTypeOf(solver).toEqualTypeOf<Sampler<Searched<number>>>();
  expectTypeOf<Searched<number>["answer"]>().toEqualTypeOf<number | undefined>();
  compiles(() => {
    // @ts-expect-error a scorer is needed
    beamSearch({ answer: number() });
    // @ts-expect-error no such aggregate
    beamSearch({ answer: number(), scorer: () => 1, aggregate: "mean" });
    stack(solver, majorityVote({ weight: ({ score }) => score ?? 0 }));
  });
});
