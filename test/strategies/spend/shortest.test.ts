import { fc, test } from "@fast-check/vitest";
import {
  BudgetExceededError,
  chainOfThought,
  number,
  outline,
  ProviderError,
  record,
  replay,
  reviseLoop,
  run,
  shortest,
  sleep,
  stack,
  Tally,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type Reasoned,
  type Reply,
  type ShortestOptions,
  type Tape,
  type Voted,
} from "mull";
import {
  middlewareLaws,
  scripted,
  synthetic,
  virtualClock,
  type MiddlewareLawsOptions,
  type ScriptedModel,
  type ScriptedReply,
} from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });
const solve = chainOfThought({ answer: number(), askAgain: false });
const timing = "the same seed and replies give the same result and order of events, whatever the timing";
const byTiming = { skip: { [timing]: "who finishes first depends on the timing: that is the idea" } };

/** An answer after `words` words in all, which takes `ms`; other lengths than these two go together. */
type Line = readonly [vote: string, words: number, ms?: number];

function said([vote, words]: Line): ScriptedReply {
  if (vote === "!") return busy;
  if (vote === "x") return refused;
  const reply: Reply = {
    text: `${"so ".repeat(words - 2)}${vote === "?" ? "who knows" : `Answer: ${vote === "cut" ? "9" : vote}`}`,
    ...(vote === "cut" && { finishReason: "length" as const }),
  };
  return reply;
}

/** Samples take as many ms as they have words, unless they say. */
function thinker(lines: readonly Line[], options: Parameters<typeof scripted>[1] = {}): ScriptedModel {
  return scripted(lines.map(said), {
    latencyMs: (index) => lines[index]?.[2] ?? lines[index]?.[1] ?? 0,
    ...options,
  });
}

function lengthsOf({ samples }: Pick<Voted, "samples">): number[] {
  return samples.map(({ usage }) => usage.outputTokens ?? NaN);
}

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["the first two of four", shortest(4, { m: 2 }), byTiming],
  ["all of two", (model) => stack(model, solve, shortest(2)), byTiming],
  ["with native n", shortest(4, { m: 2 }), { ...byTiming, capabilities: { n: true } }],
  ["by length", (model) => stack(model, solve, shortest(4, { order: "length" }))],
  ["by length, with native n", shortest(4, { m: 1, order: "length" }), { capabilities: { n: true } }],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, options)) test(name, check);
});

describe("in order of completion", () => {
  type Expected = readonly [
    answer: number | undefined,
    lengths: number[],
    stopped: string,
    cancelled: number,
    ms: number,
  ];

  test.each<[what: string, lines: readonly Line[], options: ShortestOptions, Expected]>([
    [
      "the first three of five vote",
      [
        ["1", 50],
        ["2", 10],
        ["3", 90],
        ["2", 30],
        ["1", 20],
      ],
      {},
      [2, [10, 20, 30], "decided", 2, 30],
    ],
    [
      "the first alone",
      [
        ["1", 50],
        ["2", 10],
        ["3", 90],
      ],
      { m: 1 },
      [2, [10], "decided", 2, 10],
    ],
    [
      "a tie goes to the shortest",
      [
        ["1", 50],
        ["2", 20],
        ["3", 10],
        ["4", 90],
      ],
      {},
      [3, [10, 20, 50], "decided", 1, 50],
    ],
    [
      "of the winner's samples the shortest is returned",
      [
        ["1", 30],
        ["2", 10],
        ["1", 20],
        ["4", 90],
      ],
      {},
      [1, [10, 20, 30], "decided", 1, 30],
    ],
    [
      "two that agree decide a vote of three",
      [
        ["1", 50],
        ["2", 10],
        ["2", 20],
        ["1", 40],
      ],
      {},
      [2, [10, 20], "decided", 2, 20],
    ],
    [
      "but not one a vote of two, for then it is a tie",
      [
        ["1", 50],
        ["2", 10],
        ["3", 20],
      ],
      { m: 2 },
      [2, [10, 20], "decided", 1, 20],
    ],
    [
      "all of them",
      [
        ["1", 50],
        ["2", 10],
        ["1", 20],
      ],
      { m: 3 },
      [1, [10, 20, 50], "done", 0, 50],
    ],
    [
      "what is cut has not finished",
      [
        ["1", 50],
        ["cut", 10],
        ["2", 20],
        ["3", 90],
      ],
      { m: 2 },
      [2, [10, 20, 50], "decided", 1, 50],
    ],
    [
      "what cannot be read does not count",
      [
        ["1", 50],
        ["?", 10],
        ["2", 20],
        ["3", 90],
      ],
      { m: 2 },
      [2, [10, 20, 50], "decided", 1, 50],
    ],
    [
      "nor does what is lost",
      [
        ["1", 50],
        ["!", 10],
        ["2", 20],
        ["3", 90],
      ],
      { m: 2 },
      [2, [20, 50], "decided", 1, 50],
    ],
    [
      "too few: those that there are",
      [
        ["1", 50],
        ["?", 10],
        ["!", 20],
        ["2", 30],
      ],
      { m: 3 },
      [2, [10, 30, 50], "done", 0, 50],
    ],
    [
      "nobody can be read",
      [
        ["?", 50],
        ["?", 10],
      ],
      {},
      [undefined, [10, 50], "done", 0, 50],
    ],
    [
      "a refusal ends it",
      [
        ["1", 50],
        ["x", 20],
        ["2", 10],
        ["3", 90],
      ],
      {},
      [2, [10], "failure", 2, 20],
    ],
    [
      "the quickest need not be the shortest: it votes, but ties go by length",
      [
        ["1", 40, 10],
        ["2", 20, 20],
        ["3", 9, 90],
      ],
      { m: 2 },
      [2, [40, 20], "decided", 1, 20],
    ],
  ])("%s", async (_, lines, options, [answer, lengths, stopped, cancelled, ms]) => {
    const model = thinker(lines);
    const clock = virtualClock();
    const response = await clock.until(run(stack(model, solve, shortest(lines.length, options)), "q", { clock }));
    expect([response.answer, lengthsOf(response), response.stopped]).toEqual([answer, lengths, stopped]);
    expect([response.usage.cancelled?.calls ?? 0, clock.now(), clock.pending]).toEqual([cancelled, ms, 0]);
    expect(model.calls).toBe(lines.length);
  });

  test("the response is that of the vote", async () => {
    const solver = stack(
      thinker([
        ["1", 30],
        ["2", 10],
        ["1", 20],
        ["?", 5],
        ["!", 6],
        ["4", 90],
      ]),
      solve,
      shortest(6),
    );
    const { response } = await traced(solver);
    expect(response).toMatchObject({
      answer: 1,
      key: "1",
      votes: [
        { key: "1", count: 2, sample: { usage: { outputTokens: 20 } } },
        { key: "2", count: 1 },
      ],
      margin: 1 / 3,
      discarded: 1,
      abstained: false,
      failures: [{ index: 4, error: busy }],
      usage: { calls: 4, failed: { calls: 1 }, cancelled: { calls: 1 } },
    });
    expect(response.text.split(" ")).toHaveLength(20);
  });

  test("with native n each is a request of its own, so that it can be given up", async () => {
    const model = thinker(
      [
        ["1", 50],
        ["2", 10],
        ["3", 90],
      ],
      { capabilities: { n: true } },
    );
    const { response } = await traced(stack(model, shortest(3, { m: 1 })));
    expect([model.calls, response.usage.cancelled?.calls, lengthsOf(response)]).toEqual([3, 2, [10]]);
    // Where all are waited for, they share one.
    const shared = thinker(
      [
        ["1", 50],
        ["2", 10],
        ["3", 90],
      ],
      { capabilities: { n: true } },
    );
    await traced(stack(shared, shortest(3, { m: 1, order: "length" })));
    expect(shared.calls).toBe(1);
  });

  test("a tape plays it again", async () => {
    const lines: string[] = [];
    const tape: Tape = { read: () => Promise.resolve(lines), append: async (line) => void lines.push(line) };
    const model = thinker([
      ["1", 50],
      ["2", 10],
      ["3", 90],
      ["2", 30],
    ]);
    const { response } = await traced(stack(model, record(tape), shortest(4, { m: 2 })));
    const again = await traced(stack(scripted(["x"]), replay(tape), shortest(4, { m: 2 })));
    expect(lengthsOf(response)).toEqual([10, 30]);
    expect(again.response).toEqual(response);
  });
});

describe("by length", () => {
  type Expected = readonly [answer: number | undefined, discarded: number, stopped: string];

  test.each<[what: string, lines: readonly Line[], options: ShortestOptions, Expected]>([
    [
      "the three shortest of five",
      [
        ["1", 50],
        ["2", 10],
        ["3", 90],
        ["2", 30],
        ["1", 20],
      ],
      {},
      [2, 2, "done"],
    ],
    [
      "whatever they took",
      [
        ["1", 50, 1],
        ["2", 10, 99],
        ["1", 40, 2],
        ["2", 30, 98],
        ["1", 20, 3],
      ],
      {},
      [2, 2, "done"],
    ],
    [
      "the shortest alone",
      [
        ["1", 50],
        ["2", 10],
        ["3", 90],
      ],
      { m: 1 },
      [2, 2, "done"],
    ],
    [
      "of equal ones the earlier",
      [
        ["1", 20],
        ["2", 10],
        ["3", 10],
      ],
      { m: 1 },
      [2, 2, "done"],
    ],
    [
      "a tie goes to the shortest",
      [
        ["1", 50],
        ["2", 20],
        ["3", 10],
      ],
      {},
      [3, 0, "done"],
    ],
    [
      "what is cut, or cannot be read, is not one of them",
      [
        ["1", 50],
        ["cut", 5],
        ["?", 6],
        ["2", 20],
      ],
      { m: 1 },
      [2, 3, "done"],
    ],
    [
      "what is lost is not, either",
      [
        ["!", 50],
        ["2", 20],
      ],
      { m: 1 },
      [2, 0, "done"],
    ],
  ])("%s", async (_, lines, options, [answer, discarded, stopped]) => {
    const model = thinker(lines);
    const solver = stack(model, solve, shortest(lines.length, { ...options, order: "length" }));
    const { response } = await traced(solver);
    expect([response.answer, response.discarded, response.stopped]).toEqual([answer, discarded, stopped]);
    expect([model.calls, response.usage.cancelled]).toEqual([lines.length, undefined]);
    expect(response.samples).toHaveLength(lines.length - response.failures.length);
  });

  test("by characters of reasoning and text, where a provider does not count", async () => {
    const replies: Reply[] = [
      { text: "Answer: 1", reasoning: "long ".repeat(20) },
      { text: `${"so ".repeat(9)}Answer: 2` },
      { text: `${"so ".repeat(12)}Answer: 3`, usage: { outputTokens: 1 } },
    ];
    const model = scripted(replies, { usage: () => undefined });
    expect((await run(stack(model, solve, shortest(3, { m: 1, order: "length" })), "q")).answer).toBe(2);
  });

  test.prop([
    fc.array(fc.tuple(fc.constantFrom("1", "2", "3", "?", "cut"), fc.integer({ min: 2, max: 30 })), {
      minLength: 1,
      maxLength: 7,
    }),
    fc.integer({ min: 1, max: 7 }),
  ])("elects what a vote of the sorted ones elects; completion agrees where time is length", async (lines, wanted) => {
    const m = Math.min(wanted, lines.length);
    // Lengths that differ, so that the order of completion is one.
    const own = lines.map(([vote, words], i): Line => [vote, words * 8 + i]);
    const sorted = own
      .filter(([vote]) => vote !== "?" && vote !== "cut")
      .sort((a, b) => a[1] - b[1])
      .slice(0, m);
    const tally = new Tally<ModelResponse>();
    for (const line of sorted) tally.add({ key: line[0] } as unknown as ModelResponse);
    for (const order of ["length", "completion"] as const) {
      const { response } = await traced(stack(thinker(own), solve, shortest(own.length, { m, order })));
      expect([order, response.key]).toEqual([order, tally.winner?.key]);
      if (order === "length")
        expect(response.votes.map(({ count }) => count)).toEqual(tally.votes.map(({ count }) => count));
    }
  });
});

test("a response that calls tools is returned at once", async () => {
  const call = { type: "tool-call", id: "1", name: "add", input: {} } as const;
  for (const order of ["completion", "length"] as const) {
    const model = scripted([{ text: "", toolCalls: [call] }, "Answer: 1", "Answer: 2"], { latencyMs: (i) => 10 + i });
    const { response } = await traced(stack(model, shortest(3, { order })));
    expect(response).toMatchObject({ toolCalls: [call], stopped: "done", votes: [], samples: [{ toolCalls: [call] }] });
    expect(response.usage.cancelled?.calls).toBe(2);
  }
});

describe("out of budget or time", () => {
  test.each<[what: string, order: ShortestOptions["order"], budget: object, expected: readonly [number, string]]>([
    ["time, in order of completion", "completion", { ms: 25 }, [2, "deadline"]],
    ["time, by length", "length", { ms: 25 }, [2, "deadline"]],
    ["calls", "completion", { calls: 2 }, [2, "budget"]],
  ])("those that there are vote: %s", async (_, order, budget, [answer, stopped]) => {
    const model = thinker([
      ["1", 20],
      ["2", 10],
      ["3", 50],
      ["4", 60],
    ]);
    const { response } = await traced(stack(model, solve, shortest(4, { order })), "q", { budget });
    expect([response.answer, response.stopped, response.samples.length]).toEqual([answer, stopped, 2]);
  });

  test("nothing at all", async () => {
    const model = thinker([
      ["1", 20],
      ["2", 10],
    ]);
    await expect(traced(stack(model, shortest(2)), "q", { budget: { ms: 5 } })).rejects.toSatisfy(
      BudgetExceededError.is,
    );
    await expect(
      traced(
        stack(
          thinker([
            ["!", 3],
            ["!", 4],
          ]),
          shortest(2),
        ),
      ),
    ).rejects.toBe(busy);
  });
});

describe("cancellation", () => {
  test.each(["completion", "length"] as const)("%s", async (order) => {
    const model = thinker([
      ["1", 50],
      ["2", 20],
      ["3", 90],
    ]);
    expect(await giveUp(stack(model, shortest(3, { order })), 30, () => model.calls)).toBe(3);
  });

  test("with native n", async () => {
    const model = thinker(
      [
        ["1", 50],
        ["2", 20],
        ["3", 90],
      ],
      { capabilities: { n: 2 } },
    );
    expect(await giveUp(stack(model, shortest(3)), 30, () => model.calls)).toBe(3);
  });

  test("before", async () => {
    const model = thinker([["1", 50]]);
    await giveUpBefore(stack(model, shortest(1)), () => model.calls);
  });
});

test("trace: as they finish", async () => {
  const model = thinker([
    ["1", 20],
    ["2", 10],
    ["3", 30],
  ]);
  const { trace, events } = await traced(stack(model, shortest(3, { m: 2 })));
  expect(trace).toEqual([
    "start shortest",
    "start shortest/#0/scripted",
    "start shortest/#1/scripted",
    "start shortest/#2/scripted",
    "end shortest/#1/scripted",
    "sample shortest",
    "end shortest/#0/scripted",
    "sample shortest",
    "error shortest/#2/scripted",
    "end shortest",
  ]);
  expect(events.flatMap((event) => (event.type === "delta" ? [event.output] : []))).not.toContain(true);
});

test("the request goes to all as it is", async () => {
  const model = thinker([
    ["1", 20],
    ["2", 10],
  ]);
  const request: ModelRequest = { messages: [{ role: "user", content: "q" }], temperature: 0.3 };
  await traced(stack(model, shortest(2)), frozen(request));
  expect(model.requests.map(({ seed: _, ...asked }) => asked)).toEqual([request, request]);
});

test("outline", () => {
  expect(outline(stack(scripted(["a"], { id: "m" }), shortest(8))).split("\n")).toEqual([
    "shortest (m = 3, k = 8)  ≤ 8 calls, ≤ 12,192 tokens",
    "└─ m                     ≤ 1 call, ≤ 1,524 tokens",
  ]);
});

test("where short thoughts are better ones, it is as right as the shortest are, and sooner", async () => {
  const model = synthetic({
    answers: [
      ["1", 0.6],
      ["2", 0.4],
    ],
  });
  // Right answers take from 20 ms to 40, wrong ones from 30 to 50.
  const timed: Model = {
    ...model,
    generate: async (request, call) => {
      const response = await model.generate(request, call);
      const ms = (response.text.endsWith("1") ? 20 : 30) + 20 * call.random.next();
      await sleep(call, ms);
      return response;
    },
  };
  const count = 200;
  const ask = async (solver: Model<Voted<Reasoned<number>>>, seed: number): Promise<readonly [boolean, number]> => {
    const clock = virtualClock();
    const { answer } = await clock.until(run(solver, "q", { clock, seed }));
    return [answer === 1, clock.now()];
  };
  const quick = stack(timed, solve, shortest(8, { m: 3 }));
  const all = stack(timed, solve, shortest(8, { m: 8 }));
  let [right, rightOfAll, ms, msOfAll] = [0, 0, 0, 0];
  for (let seed = 0; seed < count; seed++) {
    const [first, whole] = [await ask(quick, seed), await ask(all, seed)];
    right += first[0] ? 1 : 0;
    rightOfAll += whole[0] ? 1 : 0;
    ms += first[1];
    msOfAll += whole[1];
  }
  expect(right).toBeGreaterThan(rightOfAll);
  expect(ms).toBeLessThan(0.8 * msOfAll);
});

describe("types", () => {
  const model: Model = scripted(["Answer: 1"]);

  test("answers flow through", () => {
    const solver = stack(model, chainOfThought({ answer: number() }), shortest(3));
    expectTypeOf(solver).toEqualTypeOf<Model<Voted<Reasoned<number>>>>();
    const more = stack(
      model,
      chainOfThought({ answer: number() }),
      shortest(3),
      reviseLoop({ feedback: ({ answer, confidence }) => ({ ok: answer === 1 && confidence > 0.5 }) }),
    );
    expectTypeOf(more.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  });
});

test.each<[k: unknown, options: unknown, message: string]>([
  [0, {}, "k must be an integer of at least 1, got 0"],
  [2.5, {}, "k must be an integer of at least 1, got 2.5"],
  ["3", {}, 'k must be an integer of at least 1, got "3"'],
  [3, null, "options must be an object, got null"],
  [3, { n: 2 }, 'an option must be one of m, order, got "n"'],
  [3, { m: 0 }, "m must be an integer from 1 to 3, got 0"],
  [3, { m: 4 }, "m must be an integer from 1 to 3, got 4"],
  [3, { m: 1.5 }, "m must be an integer from 1 to 3, got 1.5"],
  [3, { order: "index" }, `order must be 'completion' or 'length', got "index"`],
])("wrong options: %j, %j", (k, options, message) => {
  expect(() => shortest(k as number, options as ShortestOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `shortest: ${message}` }),
  );
});
