import { fc, test as prop } from "@fast-check/vitest";
import {
  CapabilityError,
  chainOfThought,
  confidentSamples,
  InvalidOptionError,
  majorityVote,
  MullError,
  number,
  outline,
  never,
  ProviderError,
  record,
  replay,
  retry,
  run,
  selfConfidence,
  sleep,
  source,
  stack,
  tokenConfidence,
  type Capabilities,
  type ConfidentSamplesOptions,
  type Model,
  type ModelResponse,
  type Reasoned,
  type Sampler,
  type Voted,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type Script } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { token } from "../../answers/tokens.js";
import { memoryTape, story } from "../../policies/tapes.js";
import { giveUp, giveUpBefore, traced } from "../trial.js";

const solve = chainOfThought({ answer: number(), askAgain: false });
const busy = new ProviderError("overloaded", { status: 503 });

/** Of the laws: samples whose confidence is drawn, and not told as they are written. */
const drawn: Script = (_request, { random }) => {
  const logprobs = Array.from({ length: 4 }, () => token(1 + random.next()));
  return { text: `so so so Answer: ${1 + random.integer(3)}`, logprobs };
};

describe.each<[what: string, layer: (model: Model) => Model]>([
  ["all of them", (model) => stack(model, confidentSamples(6, { warmup: 3, window: 2 }))],
  ["two at a time", (model) => stack(model, confidentSamples(6, { warmup: 2, keep: 0.2, window: 2, concurrency: 2 }))],
  [
    "beneath a vote",
    (model) =>
      stack(
        model,
        solve,
        confidentSamples(5, { warmup: 2, keep: 0.5, k: 2 }),
        majorityVote({ weight: tokenConfidence({ k: 2 }) }),
      ),
  ],
])("laws, %s", (_, layer) => {
  for (const { name, check } of middlewareLaws(layer, { replies: drawn })) test(name, check);
});

interface Writer extends Model {
  /** How many tokens were written, for each sample. */
  readonly written: readonly number[];
  readonly requests: readonly { readonly logprobs?: number | undefined }[];
}

/** A line of thought: what the model is sure of at each token, and what it answers. An error is thrown after the first token. */
type Line = readonly [confidences: string, answer: number | Error];

/** A model that writes a token every 10 ms, and tells how sure it is of each as it does: digits, in order of the calls. */
function writer(
  lines: readonly Line[],
  { tells = true, id = "writer", ...capabilities }: Capabilities & { tells?: boolean; id?: string } = {},
): Writer {
  const written: number[] = [];
  const requests: Writer["requests"][number][] = [];
  const model = source(id, capabilities, async (request, call) => {
    requests.push(request);
    const index = written.push(0) - 1;
    const [confidences, answer] = lines[index] ?? ["", new Error("no such line")];
    const logprobs = confidences.split("").map((digit) => token(Number(digit)));
    for (const [i, logprob] of logprobs.entries()) {
      await sleep(call, 10);
      written[index] = i + 1;
      call.delta(tells ? { text: "a", logprobs: [logprob] } : { text: "a" });
      if (answer instanceof Error) throw answer;
      if (call.scope.aborted) throw call.scope.reason;
    }
    const text = `${"a".repeat(logprobs.length)} Answer: ${String(answer)}`;
    return { text, logprobs, usage: { inputTokens: 1, outputTokens: logprobs.length } };
  });
  return { ...model, written, requests };
}

/** What is drawn of these lines: answers, indices that are under the bar, and the tokens that were written. */
async function draw(
  lines: readonly Line[],
  options: ConfidentSamplesOptions,
  writes: Parameters<typeof writer>[1] = {},
) {
  const model = writer(lines, writes);
  const solver = stack(model, solve, confidentSamples(lines.length, { k: 2, ...options }));
  const { response, trace } = await traced(solver, "q");
  return {
    response,
    trace,
    answers: response.samples.map(({ answer }) => answer).join(" "),
    under: response.failures
      .filter(({ error }) => MullError.is(error) && error.code === "low-confidence")
      .map(({ index }) => index)
      .join(" "),
    written: model.written.join(" "),
    model,
  };
}

describe("the bar", () => {
  test.each<
    [what: string, lines: Line[], options: ConfidentSamplesOptions, answers: string, under: string, written: string]
  >([
    [
      "a sample is given up in the middle, as soon as a group falls below",
      [
        ["4444", 1],
        ["4444", 2],
        ["44411111", 3],
        ["44444444", 4],
      ],
      { warmup: 2, window: 2 },
      "1 2 4",
      "2",
      "4 4 4 8",
    ],
    [
      "but not for a single token",
      [
        ["4444", 1],
        ["2222", 2],
        ["44144444", 3],
      ],
      { warmup: 2, keep: 1, window: 2 },
      "1 2 3",
      "",
      "4 4 8",
    ],
    [
      "a short one is judged at its end",
      [
        ["444444", 1],
        ["4", 2],
        ["3", 3],
      ],
      { warmup: 1, window: 4 },
      "1 2",
      "2",
      "6 1 1",
    ],
    [
      "at the bar is over it",
      [
        ["44", 1],
        ["44", 2],
      ],
      { warmup: 1, window: 2 },
      "1 2",
      "",
      "2 2",
    ],
    // Scores 1 to 5: with a half the bar is 3, with 0.9 it is 1.4, with 0.1 it is 4.6.
    [
      "the warm-up counts too: half of it",
      "12345".split("").map((d): Line => [d, Number(d)]),
      { warmup: 5, keep: 0.5 },
      "3 4 5",
      "0 1",
      "1 1 1 1 1",
    ],
    [
      "most of it, by default",
      "12345".split("").map((d): Line => [d, Number(d)]),
      { warmup: 5 },
      "2 3 4 5",
      "0",
      "1 1 1 1 1",
    ],
    [
      "hardly any",
      "12345".split("").map((d): Line => [d, Number(d)]),
      { warmup: 5, keep: 0.1 },
      "5",
      "0 1 2 3",
      "1 1 1 1 1",
    ],
    ["all", "12345".split("").map((d): Line => [d, Number(d)]), { warmup: 4, keep: 1 }, "1 2 3 4 5", "", "1 1 1 1 1"],
    [
      "the best alone",
      "14325".split("").map((d): Line => [d, Number(d)]),
      { warmup: 4, keep: 0 },
      "4 5",
      "0 2 3",
      "1 1 1 1 1",
    ],
    [
      "all is warm-up, where nothing else is asked",
      [
        ["1", 1],
        ["2", 2],
        ["3", 3],
      ],
      { keep: 0.5 },
      "2 3",
      "0",
      "1 1 1",
    ],
    [
      "all after the warm-up may be under it",
      [
        ["9", 1],
        ["1", 2],
        ["1", 3],
      ],
      { warmup: 1 },
      "1",
      "1 2",
      "1 1 1",
    ],
  ])("%s", async (_, lines, options, answers, under, written) => {
    const result = await draw(lines, options);
    expect([result.answers, result.under, result.written]).toEqual([answers, under, written]);
  });

  test("one that is not told as it is written is judged at its end: nothing is saved", async () => {
    const lines: Line[] = [
      ["4444", 1],
      ["4444", 2],
      ["44411111", 3],
      ["44444444", 4],
    ];
    const result = await draw(lines, { warmup: 2, window: 2 }, { tells: false });
    expect([result.answers, result.under, result.written]).toEqual(["1 2 4", "2", "4 4 8 8"]);
  });

  test("the default is 16 of the warm-up, windows of 2048 and 20 alternatives", async () => {
    const lines = Array.from({ length: 18 }, (_, i): Line => [i === 17 ? "11" : "22", i]);
    const model = writer(lines);
    const { response } = await traced(stack(model, confidentSamples(18)));
    expect(response.failures).toMatchObject([{ index: 17, error: { code: "low-confidence" } }]);
    expect(model.requests.map(({ logprobs }) => logprobs)).toEqual(lines.map(() => 20));
    expect(outline(confidentSamples(18)(model))).toContain(
      "confidentSamples (n = 18, warmup = 16, keep = 0.9)  ≤ 18 calls",
    );
  });

  test("of a given-up sample nobody knows what it cost; of the others all", async () => {
    const { response } = await draw(
      [
        ["44", 1],
        ["1111", 2],
        ["44", 3],
      ],
      { warmup: 1, window: 2 },
    );
    expect(response.usage).toMatchObject({
      calls: 2,
      outputTokens: 4,
      cancelled: { calls: 1, outputTokens: undefined },
    });
  });

  test("each is a request of its own, so that one can be given up alone", async () => {
    const many: number[] = [];
    const native: Model = source("native", { n: 8 }, async (_request, call) => {
      many.push(call.n);
      return Array.from({ length: call.n }, () => ({ text: "a", logprobs: [token(4)] }));
    });
    await run(stack(native, confidentSamples(5, { warmup: 3, k: 2 })), "q");
    // The warm-up is written to its end, so it may be one.
    expect(many).toEqual([3, 1, 1]);
  });
});

describe("what belongs to the line of thought", () => {
  test("not what is asked afterwards", async () => {
    // The model is unsure of how sure it is: 1 is under the bar.
    let calls = 0;
    const model = source("m", {}, async (request, call) => {
      const later = request.messages.length > 1;
      const logprobs = [token(later ? 1 : 4), token(later ? 1 : 4)];
      calls++;
      call.delta({ text: later ? "50" : "a", logprobs });
      return { text: later ? "50" : "a", logprobs };
    });
    const { samples } = await run(
      stack(model, selfConfidence(), confidentSamples(4, { warmup: 1, window: 2, k: 2 })),
      "q",
    );
    expect(samples.map(({ selfConfidence: confidence }) => confidence)).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(calls).toBe(8);
  });

  test("not what was written before it was tried again", async () => {
    const tried = async (lines: readonly Line[]) => {
      const model = writer(lines);
      const solver = stack(model, retry({ baseMs: 1 }), confidentSamples(2, { warmup: 1, window: 2, k: 2 }));
      const { response } = await traced(solver, "q");
      return [response.samples.length, model.written];
    };
    // 1 and 4 are under the bar of 4 together, but the first of them is void.
    const good: Line = ["44", 1];
    expect(await tried([good, ["1", busy], ["4444", 2]])).toEqual([2, [2, 1, 4]]);
    // What is written anew is watched, too.
    expect(await tried([good, ["4", busy], ["1144444444", 2]])).toEqual([1, [2, 1, 2]]);
  });
});

describe("beneath a vote", () => {
  const lines: Line[] = [
    ["44", 1],
    ["44", 1],
    ["33", 2],
    ["1111", 2],
    ["1111", 2],
    ["44", 1],
  ];
  const vote = (model: Model, options: ConfidentSamplesOptions = {}) =>
    stack(
      model,
      solve,
      confidentSamples(6, { warmup: 3, keep: 0.5, window: 2, k: 2, ...options }),
      majorityVote({ weight: tokenConfidence({ window: 2, k: 2 }) }),
    );

  test("the sure outvote the many", async () => {
    const { response } = await traced(vote(writer(lines)), "q");
    expect(response).toMatchObject({ answer: 1, votes: [{ key: "1", count: 3, weight: 12 }] });
    expect(response.failures.map(({ index }) => index)).toEqual([2, 3, 4]);
    expect(response.stopped).toBe("done");
  });

  test("who has enough leaves, and nothing more is written", async () => {
    const model = writer(lines);
    const early = stack(
      model,
      solve,
      confidentSamples(6, { warmup: 2, window: 2, k: 2, concurrency: 1 }),
      majorityVote({ stop: ({ seen }) => seen === 2 }),
    );
    const { response } = await traced(early, "q");
    expect([response.stopped, response.samples.length, model.written.length]).toEqual(["decided", 2, 2]);
    const later = writer([
      ["44", 1],
      ["44", 1],
      ["44", 1],
      ["44", 1],
      ["44444444", 1],
      ["44444444", 1],
    ]);
    const left = await traced(
      stack(
        later,
        solve,
        confidentSamples(6, { warmup: 2, window: 2, k: 2 }),
        majorityVote({ stop: ({ seen }) => seen === 4 }),
      ),
      "q",
    );
    expect(left.response).toMatchObject({ stopped: "decided", usage: { calls: 4, cancelled: { calls: 2 } } });
    expect(later.written).toEqual([2, 2, 2, 2, 1, 1]);
  });

  test("a narrower may want fewer than there are", async () => {
    const model = writer(lines);
    const sampler = confidentSamples(6, { warmup: 3, window: 2, k: 2 })(model);
    const some = (most: number): Model => ({
      id: "some",
      capabilities: {},
      generate: async (request, call) => {
        const drawing = sampler.draw(request, call, most);
        expect(drawing.planned).toBe(most);
        let last: ModelResponse | undefined;
        for await (const response of drawing) last = response;
        return last!;
      },
    });
    await traced(some(2), "q");
    expect(model.written).toHaveLength(2);
  });

  test("trace", async () => {
    const { trace } = await traced(vote(writer(lines), { warmup: 1 }), "q");
    expect(trace.filter((line) => line.startsWith("sample") || line.startsWith("error"))).toEqual([
      "sample majorityVote/confidentSamples/warmUp",
      "sample majorityVote/confidentSamples/watched",
      "error majorityVote/confidentSamples/watched/#1/chainOfThought/writer",
      "error majorityVote/confidentSamples/watched/#1/chainOfThought",
      "error majorityVote/confidentSamples/watched/#2/chainOfThought/writer",
      "error majorityVote/confidentSamples/watched/#2/chainOfThought",
      "error majorityVote/confidentSamples/watched/#3/chainOfThought/writer",
      "error majorityVote/confidentSamples/watched/#3/chainOfThought",
      "sample majorityVote/confidentSamples/watched",
    ]);
  });
});

describe("on a tape", () => {
  const lines: Line[] = [
    ["44", 1],
    ["44", 1],
    ["4411111", 2],
    ["4444", 1],
    ["3333333", 3],
  ];
  const make = (model: Model) =>
    stack(model, solve, confidentSamples(5, { warmup: 2, window: 2, k: 2 }), majorityVote({ stop: never }));

  test("what was given up is given up again, event by event, without a call", async () => {
    const tape = memoryTape();
    const clock = virtualClock();
    const first = await clock.until(story(make(record(tape)(writer(lines))), "q", { seed: 1, clock }));
    expect(first.response).toMatchObject({ answer: 1, failures: [{ index: 2 }, { index: 4 }] });
    const nobody = writer([]);
    const later = virtualClock();
    const again = await later.until(
      story(make(replay(memoryTape(tape.lines))(nobody)), "q", { seed: 1, clock: later }),
    );
    expect(again).toEqual(first);
    expect(nobody.written).toEqual([]);
  });

  test("a log-probability of minus infinity comes back", async () => {
    const impossible = { token: "a", logprob: -Infinity };
    const model = source("m", {}, async (_request, call) => {
      call.delta({ text: "a", logprobs: [impossible] });
      return { text: "a", logprobs: [impossible] };
    });
    const tape = memoryTape();
    await story(record(tape)(model), "q", { seed: 1 });
    const { events } = await story(replay(tape)(writer([], { id: "m" })), "q", { seed: 1 });
    expect(events).toContainEqual({ type: "delta", path: ["m"], text: "a", logprobs: [impossible], output: true });
  });

  test("where nobody listened, log-probabilities are told with the whole text", async () => {
    const tape = memoryTape();
    await run(record(tape)(writer([["44", 1]])), "q", { seed: 1 });
    const { events } = await story(replay(tape)(writer([])), "q", { seed: 1 });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "delta", text: "aa Answer: 1", logprobs: [token(4), token(4)] }),
    );
  });
});

describe("what goes wrong", () => {
  test("failures are listed by their place among all", async () => {
    const lines: Line[] = [
      ["4", busy],
      ["44", 1],
      ["33", 2],
      ["4", busy],
      ["44", 4],
      ["33", 5],
    ];
    const { response, answers, under } = await draw(lines, { warmup: 3, keep: 0.5, window: 2 });
    expect([answers, under]).toEqual(["1 4", "2 5"]);
    expect(response.failures.map(({ index }) => index)).toEqual([0, 2, 3, 5]);
  });

  test("the first failure is thrown where the whole warm-up failed", async () => {
    const solver = stack(
      writer([
        ["4", busy],
        ["4", new Error("b")],
        ["44", 1],
      ]),
      confidentSamples(3, { warmup: 2 }),
    );
    await expect(traced(solver)).rejects.toBe(busy);
  });

  test.each([
    ["calls, in the warm-up", { calls: 2 }, "budget", 2],
    ["calls, after it", { calls: 4 }, "budget", 4],
    ["time, in the warm-up", { ms: 35 }, "deadline", 1],
    ["time, after it", { ms: 90 }, "deadline", 4],
  ])("out of %s: what there is", async (_, budget, stopped, count) => {
    const model = writer(Array.from({ length: 6 }, (): Line => ["44", 1]));
    const solver = stack(model, confidentSamples(6, { warmup: 3, window: 2, k: 2, concurrency: 1 }));
    const { response } = await traced(solver, "q", { budget });
    expect(response.stopped).toBe(stopped);
    expect(response.samples).toHaveLength(count);
  });

  test("cancellation", async () => {
    const lines = Array.from({ length: 6 }, (): Line => ["44", 1]);
    for (const [ms, calls] of [
      [15, 3],
      [35, 6],
    ] as const) {
      const model = writer(lines);
      const solver = stack(model, confidentSamples(6, { warmup: 3, window: 2, k: 2 }));
      expect(await giveUp(solver, ms, () => model.written.length)).toBe(calls);
    }
    const model = writer(lines);
    await giveUpBefore(stack(model, confidentSamples(6)), () => model.written.length);
  });
});

describe("without log-probabilities", () => {
  test("it cannot be stacked on a model that has none", () => {
    const build = () => confidentSamples(4)(scripted(["a"], { id: "mute", capabilities: { logprobs: false } }));
    expect(build).toThrow(CapabilityError);
    expect(build).toThrow(
      "confidentSamples reads log-probabilities, which mute does not return; sampleN() with selfConfidence() asks the model in words instead",
    );
  });

  test("a model that returns none is found out by its first sample", async () => {
    const model = scripted(["a", "b", "c", "d"]);
    await expect(run(stack(model, confidentSamples(4, { warmup: 2, concurrency: 1 })), "q")).rejects.toMatchObject({
      code: "capability",
      capability: "logprobs",
    });
    expect(model.calls).toBe(1);
    const alone = scripted([{ text: "a", logprobs: [{ token: "a", logprob: -1 }] }]);
    await expect(run(stack(alone, confidentSamples(1)), "q")).rejects.toMatchObject({ code: "capability" });
  });

  test("one of several without them is lost", async () => {
    const model = scripted([{ text: "a", logprobs: [token(3)] }, "b", { text: "c", logprobs: [token(3)] }, "d"]);
    const { samples, failures } = await run(stack(model, confidentSamples(4, { warmup: 3, k: 2 })), "q");
    expect(samples.map(({ text }) => text)).toEqual(["a", "c"]);
    expect(failures).toMatchObject([
      { index: 1, error: { code: "malformed-response" } },
      { index: 3, error: { code: "malformed-response" } },
    ]);
  });
});

test("one alone is the answer, and streams as it", async () => {
  const { response, events } = await traced(stack(writer([["44", 1]]), confidentSamples(1)));
  expect(response.samples).toHaveLength(1);
  expect(events.flatMap((event) => (event.type === "delta" ? [event.output] : []))).toEqual([true, true]);
  const two = await traced(
    stack(
      writer([
        ["44", 1],
        ["44", 1],
      ]),
      confidentSamples(2, { warmup: 1 }),
    ),
  );
  expect(two.events.some((event) => event.type === "delta" && event.output)).toBe(false);
});

prop.prop([
  fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 }),
  fc.nat(),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: 1, max: 4 }),
])("who is drawn is over the bar at its end, whether it was watched or not", async (thoughts, seed, keep, window) => {
  const lines = thoughts.map((digits, i): Line => [digits.join(""), i]);
  const warmup = 1 + (seed % lines.length);
  const watched = await draw(lines, { warmup, keep, window });
  const unwatched = await draw(lines, { warmup, keep, window }, { tells: false });
  expect([watched.answers, watched.under]).toEqual([unwatched.answers, unwatched.under]);
  expect(watched.response.samples.length).toBeGreaterThanOrEqual(1);
  const whole = lines.map(([digits]) => digits.length);
  expect(unwatched.model.written).toEqual(whole);
  for (const [i, count] of watched.model.written.entries()) expect(count).toBeLessThanOrEqual(whole[i]!);
});

test("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  const sampler = stack(model, solve, confidentSamples(3));
  expectTypeOf(sampler).toEqualTypeOf<Sampler<Reasoned<number>>>();
  expectTypeOf(stack(sampler, majorityVote({ weight: tokenConfidence() }))).toEqualTypeOf<
    Model<Voted<Reasoned<number>>>
  >();
});

test.each<[n: unknown, options: unknown, message: string]>([
  [0, {}, "n must be an integer of at least 1, got 0"],
  [4, null, "options must be an object, got null"],
  [4, { warmUp: 2 }, 'an option must be one of warmup, keep, window, k, concurrency, got "warmUp"'],
  [4, { warmup: 0 }, "warmup must be an integer from 1 to 4, got 0"],
  [4, { warmup: 5 }, "warmup must be an integer from 1 to 4, got 5"],
  [4, { keep: 1.1 }, "keep must be a number from 0 to 1, got 1.1"],
  [4, { keep: -0.1 }, "keep must be a number from 0 to 1, got -0.1"],
  [4, { window: 0 }, "window must be an integer of at least 1, got 0"],
  [4, { k: 1 }, "k must be an integer of at least 2, got 1"],
  [4, { concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
])("wrong options: %j, %j", (n, options, message) => {
  const build = () => confidentSamples(n as number, options as ConfidentSamplesOptions);
  expect(build).toThrow(InvalidOptionError);
  expect(build).toThrow(`confidentSamples: ${message}`);
});
