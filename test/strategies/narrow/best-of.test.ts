import { fc, test } from "@fast-check/vitest";
import {
  agreement,
  aspects,
  atLeast,
  bestOf,
  CapabilityError,
  chainOfThought,
  judge,
  logprobScore,
  majorityVote,
  number,
  optScale,
  outline,
  ProviderError,
  Random,
  reviseLoop,
  run,
  sample,
  sampleN,
  sleep,
  source,
  stack,
  tests,
  verifier,
  wrap,
  type Answered,
  type Best,
  type BestOfOptions,
  type Feedback,
  type FeedbackContext,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type Reasoned,
  type RunOptions,
  type Sampled,
  type Sampler,
  type Scorer,
  type StopReason,
  type Verdict,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type MiddlewareLawsOptions, type ScriptedReply } from "mull/testing";
import { calculate } from "mull/tools/calculator";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const solve = chainOfThought({ answer: number(), askAgain: false });
const byAnswer: Scorer<Reasoned<number>> = ({ answer = 0 }) => answer / 4;

/** The last number of a text is its score; `boom` cannot be scored. */
const byNumber: Scorer = ({ text }) => {
  if (text.endsWith("boom")) throw new TypeError("no such sample");
  return Number(text.split(" ").at(-1));
};
/** The same as a verdict, good from 1 on. */
const byVerdict: Feedback = (response, context) => {
  const score = byNumber(response, context) as number;
  return { ok: score === 1, score, message: `says ${response.text}` };
};

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["numbers", (model) => stack(model, solve, sampleN(5), bestOf({ scorer: byAnswer }))],
  [
    "verdicts, of which some are perfect",
    (model) =>
      stack(model, solve, sampleN(6, { concurrency: 2 }), bestOf({ scorer: tests({ three: (r) => r.answer === 3 }) })),
  ],
  [
    "a judge, and some perfect scores",
    (model) => stack(model, sampleN(4), bestOf({ scorer: judge(model) })),
    { replies: ["Score: 1", "Score: 5", "A longer one. Score: 10", "no"] },
  ],
  [
    "two verifications, two at a time",
    (model) => stack(model, sampleN(4), bestOf({ scorer: verifier(model, { samples: 2 }), concurrency: 2 })),
    { replies: ["Verdict: Yes", "so so. Verdict: No", "Let me see. Verdict: Yes", "no idea"] },
  ],
  [
    "a stopping rule, and a judge",
    (model) => stack(model, sampleN(5), bestOf({ scorer: judge(model), stop: atLeast(0.5) })),
    { replies: ["Score: 1", "Score: 5", "A longer one. Score: 10", "no"] },
  ],
  [
    "a stopping rule that looks ahead",
    (model) => stack(model, solve, sampleN(6), bestOf({ scorer: byAnswer, stop: atLeast(0.75), concurrency: 3 })),
  ],
  [
    "weighted",
    (model) => stack(model, solve, sampleN(5), bestOf({ scorer: agreement({ samples: 2 }), weighted: true })),
  ],
  ["native n", (model) => stack(model, solve, sampleN(5), bestOf({ scorer: byAnswer })), { capabilities: { n: true } }],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, options)) test(name, check);
});

describe("behaviour", () => {
  type Expected = readonly [text: string, score: number | undefined, stopped: StopReason, seen: number];

  test.each<
    [what: string, replies: readonly ScriptedReply[], options: Partial<BestOfOptions>, Expected, calls: number]
  >([
    ["one sample", ["0.5"], {}, ["0.5", 0.5, "done", 1], 1],
    ["the highest score", ["0.1", "0.7", "0.3"], {}, ["0.7", 0.7, "done", 3], 3],
    ["a tie goes to the earlier", ["a 0.7", "b 0.1", "c 0.7"], {}, ["a 0.7", 0.7, "done", 3], 3],
    ["numbers may be anything", ["-5", "-2.5", "-30"], {}, ["-2.5", -2.5, "done", 3], 3],
    ["a number is never perfect", ["1", "7", "2"], {}, ["7", 7, "done", 3], 3],
    ["a perfect verdict ends it", ["0.5", "1", "0.9", "1"], { scorer: byVerdict }, ["1", 1, "ok", 2], 2],
    ["at the last there is nothing to end", ["0.5", "1"], { scorer: byVerdict }, ["1", 1, "done", 2], 2],
    [
      "a verdict that is not ok is not perfect",
      ["a 1", "b 1"],
      { scorer: () => ({ ok: false, score: 1 }) },
      ["a 1", 1, "done", 2],
      2,
    ],
    ["nor is one that is ok", ["a", "b"], { scorer: () => ({ ok: true, score: 0.9 }) }, ["a", 0.9, "done", 2], 2],
    ["ok alone is a score of 1", ["a", "b"], { scorer: () => ({ ok: true }) }, ["a", 1, "ok", 1], 1],
    ["and not ok one of 0", ["a", "b"], { scorer: ({ text }) => ({ ok: text === "b" }) }, ["b", 1, "done", 2], 2],
    ["atLeast", ["0.2", "0.6", "0.9"], { stop: atLeast(0.6) }, ["0.6", 0.6, "decided", 2], 2],
    [
      "atLeast of what was best",
      ["0.6", "0.2", "0.9"],
      { stop: ({ seen }) => seen === 2 },
      ["0.6", 0.6, "decided", 2],
      2,
    ],
    ["a rule that never says so", ["0.2", "0.6"], { stop: () => false }, ["0.6", 0.6, "done", 2], 2],
    ["perfect, with a rule", ["1", "0.2"], { scorer: byVerdict, stop: () => false }, ["1", 1, "ok", 1], 1],
    ["lost samples", [busy, "0.2", busy, "0.3"], {}, ["0.3", 0.3, "done", 2], 4],
    ["one that cannot be scored", ["0.2", "boom", "0.1"], {}, ["0.2", 0.2, "done", 3], 3],
    ["the first that cannot", ["boom", "-3", "-2"], {}, ["-2", -2, "done", 3], 3],
    ["none that can", ["boom", "b boom"], {}, ["boom", undefined, "done", 2], 2],
  ])("%s", async (_, replies, options, [text, score, stopped, seen], calls) => {
    const model = scripted(replies);
    const solver = stack(model, sampleN(replies.length, { concurrency: 1 }), bestOf({ scorer: byNumber, ...options }));
    const response = await run(solver, "q");
    expect(response).toMatchObject({ text, stopped });
    expect(response.score).toBe(score);
    expect(response.samples).toHaveLength(seen);
    expect(response.scored.map(({ sample }) => sample)).toEqual(response.samples);
    expect(model.calls).toBe(calls);
  });

  test("the response is the sample, with all scores and what was said of each", async () => {
    const model = scripted(["0.2", busy, "0.7", "boom", "0.1"]);
    const solver = stack(model, sampleN(5, { concurrency: 1 }), bestOf({ scorer: byVerdict }));
    const response = await run(solver, "q");
    expect(response).toMatchObject({
      text: "0.7",
      score: 0.7,
      verdict: { ok: false, score: 0.7, message: "says 0.7" },
      failures: [{ index: 1, error: busy }],
      warnings: [{ code: "not-scored", message: "1 of 4 samples could not be scored" }],
    });
    expect(response.scored).toEqual([
      { sample: response.samples[0], score: 0.2, verdict: { ok: false, score: 0.2, message: "says 0.2" } },
      { sample: response.samples[1], score: 0.7, verdict: response.verdict },
      { sample: response.samples[2], score: undefined, verdict: undefined, error: new TypeError("no such sample") },
      { sample: response.samples[3], score: 0.1, verdict: { ok: false, score: 0.1, message: "says 0.1" } },
    ]);
  });

  test("where none can be scored, the first is returned and says so", async () => {
    const scorer: Scorer = () => Promise.reject(busy);
    const said = { text: "a", warnings: [{ code: "w", message: "of its own" }] };
    const response = await run(stack(scripted([said, "b"]), sampleN(2), bestOf({ scorer })), "q");
    expect(response).toMatchObject({ text: "a", stopped: "done", scored: [{ error: busy }, { error: busy }] });
    expect([response.score, response.verdict]).toEqual([undefined, undefined]);
    expect(response.warnings).toEqual([
      { code: "w", message: "of its own" },
      { code: "not-scored", message: "no sample could be scored: the first is returned" },
    ]);
  });

  test("nor is a single sample lost", async () => {
    const { text, usage } = await run(stack(scripted(["boom"]), sampleN(1), bestOf({ scorer: byNumber })), "q");
    expect([text, usage.calls]).toEqual(["boom", 1]);
  });

  test("identical samples are worth a warning, and a failed score another", async () => {
    const scorer: Scorer = (_, { round }) => (round === 1 ? Promise.reject(busy) : 1);
    const same = stack(scripted(["a"], { repeat: true }), sampleN(4), bestOf({ scorer }));
    expect((await run(same, "q")).warnings?.map(({ code }) => code)).toEqual(["identical-samples", "not-scored"]);
  });

  test("what the samples know is kept", async () => {
    const model = scripted(["Two. Answer: 2", "Three. Answer: 3"]);
    const response = await run(stack(model, solve, sampleN(2), bestOf({ scorer: byAnswer })), "q");
    expect(response).toMatchObject({ answer: 3, key: "3", thought: "Three. Answer: 3", score: 0.75 });
  });
});

describe("weighted", () => {
  test.each<[what: string, replies: string[], scores: number[], text: string, score: number | undefined]>([
    ["many middling ones beat a good one", ["Answer: 1", "Answer: 2", "Answer: 2"], [0.9, 0.5, 0.6], "Answer: 2", 0.6],
    ["but not many bad ones", ["Answer: 1", "Answer: 2", "Answer: 2"], [0.9, 0.3, 0.4], "Answer: 1", 0.9],
    ["its best sample is returned", ["a. Answer: 1", "b. Answer: 1"], [0.2, 0.7], "b. Answer: 1", 0.7],
    ["a tie goes to the answer seen first", ["Answer: 1", "Answer: 2"], [0.5, 0.5], "Answer: 1", 0.5],
    ["what cannot be read has no answer to add to", ["?", "Answer: 2"], [5, 1], "Answer: 2", 1],
    ["nothing can be read: the best of all", ["?", "??"], [1, 5], "??", 5],
    ["no score above 0", ["Answer: 1", "Answer: 2"], [0, 0], "Answer: 1", 0],
    ["a perfect one does not end it", ["Answer: 1", "Answer: 2", "Answer: 2"], [1, 0.6, 0.6], "Answer: 2", 0.6],
  ])("%s", async (_, replies, scores, text, score) => {
    for (const verdicts of [false, true]) {
      if (verdicts && scores.some((value) => value > 1)) continue;
      const scorer: Scorer = (_sample, { round }) => {
        const value = scores[round] as number;
        return verdicts ? { ok: value === 1, score: value } : value;
      };
      const solver = stack(scripted(replies), solve, sampleN(replies.length), bestOf({ scorer, weighted: true }));
      const response = await run(solver, "q");
      expect([response.text, response.score]).toEqual([text, score]);
      expect(response.scored).toHaveLength(replies.length);
    }
  });

  test("a sample that could not be scored adds nothing", async () => {
    const scorer: Scorer = (_, { round }) => (round === 0 ? Promise.reject(busy) : 0.1);
    const model = scripted(["Answer: 1", "Answer: 2"]);
    const { text } = await run(stack(model, solve, sampleN(2), bestOf({ scorer, weighted: true })), "q");
    expect(text).toBe("Answer: 2");
  });

  test("a score below 0 cannot be added up", async () => {
    const solver = stack(scripted(["a", "b"]), sampleN(2), bestOf({ scorer: () => -0.5, weighted: true }));
    await expect(run(solver, "q")).rejects.toMatchObject({
      code: "invalid-option",
      message: "bestOf: a score that is added up must be a number of at least 0, got -0.5",
    });
  });
});

describe("what the scorer gives", () => {
  test.each<[given: unknown, message: string]>([
    [NaN, "what the scorer returns must be a finite number, or a verdict such as { ok: false, score: 0.4 }, got NaN"],
    [
      Infinity,
      "what the scorer returns must be a finite number, or a verdict such as { ok: false, score: 0.4 }, got Infinity",
    ],
    [
      undefined,
      "what the scorer returns must be a finite number, or a verdict such as { ok: false, score: 0.4 }, got undefined",
    ],
    [
      { score: 1 },
      "what the scorer returns must be a finite number, or a verdict such as { ok: false, score: 0.4 }, got an object",
    ],
    [{ ok: true, score: 1.5 }, "the score of a verdict must be a number from 0 to 1, got 1.5"],
    [{ ok: true, score: NaN }, "the score of a verdict must be a number from 0 to 1, got NaN"],
  ])("%j", async (given, message) => {
    const model = scripted(["a", "b"], { latencyMs: (index) => 100 * index });
    const solver = stack(model, sampleN(2), bestOf({ scorer: () => given as number }));
    const clock = virtualClock();
    await expect(clock.until(run(solver, "q", { clock }))).rejects.toMatchObject({
      code: "invalid-option",
      message: `bestOf: ${message}`,
    });
    expect(clock.pending).toBe(0);
  });

  test("what the rule throws is thrown", async () => {
    const why = new TypeError("no");
    const stop = (): never => {
      throw why;
    };
    await expect(run(stack(scripted(["1", "2"]), sampleN(2), bestOf({ scorer: byNumber, stop })), "q")).rejects.toBe(
      why,
    );
  });

  test("a rule sees what was scored so far", async () => {
    const views: unknown[] = [];
    const stop: BestOfOptions["stop"] = (view) => {
      views.push({ ...view, scores: [...view.scores] });
      return false;
    };
    await run(stack(scripted(["2", "boom", "5", "3"]), sampleN(4), bestOf({ scorer: byNumber, stop })), "q");
    expect(views).toEqual([
      { scores: [2], best: 2, seen: 1, remaining: 3 },
      { scores: [2], best: 2, seen: 2, remaining: 2 },
      { scores: [2, 5], best: 5, seen: 3, remaining: 1 },
    ]);
  });
});

describe("what the scorer is told", () => {
  /** Calls a scorer that keeps what it was told. */
  const told = async (build: (model: Model) => Model<Sampled>, scorer: Scorer = () => 1) => {
    const contexts: FeedbackContext[] = [];
    const keep: Scorer = Object.assign(
      (response: ModelResponse, context: FeedbackContext) => {
        contexts.push(context);
        return scorer(response, context);
      },
      scorer.logprobs === undefined ? {} : { logprobs: scorer.logprobs },
    );
    const model = scripted(["a"], { repeat: true, capabilities: { logprobs: true } });
    const request: ModelRequest = frozen({ messages: [{ role: "user", content: "q" }], temperature: 0.3 });
    await run(stack(build(model), bestOf({ scorer: keep })), request);
    return { model, contexts, request };
  };

  test("the question, which sample it is, and the model that gave one", async () => {
    const { model, contexts, request } = await told((beneath) => stack(beneath, sampleN(3)));
    expect(contexts.map(({ round }) => round)).toEqual([0, 1, 2]);
    for (const context of contexts) {
      expect(context.request).toEqual(request);
      expect(context.model).toBe(model);
    }
  });

  test("over layers, the model of one sample is what the sampler stands on", async () => {
    const { contexts } = await told((model) => stack(model, sampleN(2), majorityVote(), sampleN(2)));
    expect(contexts[0]?.model.id).toBe("majorityVote(sampleN(scripted))");
  });

  test("over samples of another kind, it is the model that gives them", async () => {
    const gather = (next: Model<Sampled>): Model<Sampled> =>
      wrap("gather", next, (request, call) => next.generate(request, call));
    const { contexts } = await told((model) => stack(model, sampleN(2), gather));
    expect(contexts[0]?.model.id).toBe("gather(sampleN(scripted))");
  });

  test("paths, and a random stream of its own for each", async () => {
    const { contexts } = await told((model) => stack(model, sampleN(3)));
    expect(contexts.map(({ call }) => call.path.join("/"))).toEqual([
      "bestOf/score",
      "bestOf/score:2",
      "bestOf/score:3",
    ]);
    expect(new Set(contexts.map(({ call }) => call.random.next())).size).toBe(3);
    expect(contexts.map(({ call }) => call.thought)).toEqual([true, true, true]);
  });

  test.each([
    [undefined, undefined, undefined],
    [0, undefined, 0],
    [3, undefined, 3],
    [3, 20, 20],
    [3, 1, 3],
  ])("a scorer that reads log-probabilities gets them: it wants %j, the request %j", async (wants, asked, expected) => {
    const scorer: Scorer = wants === undefined ? () => 1 : Object.assign(() => 1, { logprobs: wants });
    const model = scripted(["a", "b"]);
    const contexts: FeedbackContext[] = [];
    const keep = Object.assign(
      (response: ModelResponse, context: FeedbackContext) => {
        contexts.push(context);
        return scorer(response, context);
      },
      wants === undefined ? {} : { logprobs: wants },
    );
    const request: ModelRequest = {
      messages: [{ role: "user", content: "q" }],
      ...(asked !== undefined && { logprobs: asked }),
    };
    await run(stack(model, sampleN(2), bestOf({ scorer: keep })), request);
    expect(model.requests.map(({ logprobs }) => logprobs)).toEqual([expected, expected]);
    expect(contexts[0]?.request).toEqual(request);
  });

  test("a model without log-probabilities is refused when it is stacked", () => {
    const model = scripted(["a"], { id: "mute", capabilities: { logprobs: false } });
    const build = () => stack(model, sampleN(2), bestOf({ scorer: logprobScore() }));
    expect(build).toThrow(CapabilityError);
    expect(build).toThrow(
      "bestOf: the scorer reads log-probabilities, which sampleN(mute) does not give; verifier(…) and agreement() need none",
    );
    expect(() => stack(model, sampleN(2), bestOf({ scorer: byNumber }))).not.toThrow();
  });

  test("one that gives none all the same is an error at the call", async () => {
    const solver = stack(scripted(["a", "b"]), sampleN(2), bestOf({ scorer: logprobScore() }));
    await expect(run(solver, "q")).rejects.toMatchObject({ code: "capability", usage: { calls: 2 } });
  });
});

/** Waits on the clock of the run, then gives the number in the text. */
const slowly = (ms: (round: number) => number, verdicts = false): Scorer => {
  return async (response, context) => {
    await sleep(context.call, ms(context.round));
    return (verdicts ? byVerdict : byNumber)(response, context);
  };
};

describe("at the same time", () => {
  test.each<[what: string, options: Partial<BestOfOptions>, concurrency: number, ms: number]>([
    ["all are scored at once", {}, Infinity, 200],
    ["while they are drawn one by one", {}, 1, 500],
    ["two at a time", { concurrency: 2 }, Infinity, 300],
    ["one at a time", { concurrency: 1 }, Infinity, 500],
    ["a rule looks at one after the other", { stop: () => false }, Infinity, 500],
    ["unless it may look ahead", { stop: () => false, concurrency: 4 }, Infinity, 200],
  ])("%s: %#", async (_, options, concurrency, ms) => {
    const model = scripted(["0.1", "0.2", "0.3", "0.4"], { latencyMs: 100 });
    const clock = virtualClock();
    const solver = stack(model, sampleN(4, { concurrency }), bestOf({ scorer: slowly(() => 100), ...options }));
    expect(await clock.until(run(solver, "q", { clock }))).toMatchObject({ text: "0.4" });
    expect(clock.now()).toBe(ms);
  });

  test.each([
    ["quick ones last", (round: number) => 100 - 20 * round],
    ["quick ones first", (round: number) => 20 * round],
    ["at once", () => 0],
  ])("the first perfect one in index order ends it, whatever the timing: %s", async (_, ms) => {
    const model = scripted(["0.5", "a 1", "b 1", "0.2"], { latencyMs: 10 });
    const clock = virtualClock();
    const solver = stack(model, sampleN(4), bestOf({ scorer: slowly(ms, true) }));
    const response = await clock.until(run(solver, "q", { clock }));
    expect(response).toMatchObject({ text: "a 1", stopped: "ok", samples: [{ text: "0.5" }, { text: "a 1" }] });
    expect(clock.pending).toBe(0);
  });

  test("losses behind the sample that ended it are not told", async () => {
    const replies = [busy, "1", busy, "0.5", "0.5"];
    const clock = virtualClock();
    const solver = stack(scripted(replies, { latencyMs: 1 }), sampleN(5), bestOf({ scorer: slowly(() => 50, true) }));
    const { failures } = await clock.until(run(solver, "q", { clock }));
    expect(failures).toEqual([{ index: 0, error: busy }]);
  });

  test("samples and scorings in flight are given up", async () => {
    const model = scripted(["1", "0.2", "0.3"], { latencyMs: (index) => [10, 20, 5_000][index] as number });
    const critic = scripted(["Score: 10", "Score: 5"], { latencyMs: (index) => [30, 5_000][index] as number });
    const clock = virtualClock();
    const solver = stack(model, sampleN(3), bestOf({ scorer: judge(critic) }));
    const { text, usage, stopped } = await clock.until(run(solver, "q", { clock }));
    expect([text, stopped]).toEqual(["1", "ok"]);
    expect(usage).toMatchObject({ calls: 3, judging: { calls: 1 }, cancelled: { calls: 2 } });
    expect([clock.now(), clock.pending, critic.calls]).toEqual([40, 0, 2]);
  });

  test("a scorer that need not wait lets nothing be drawn too much", async () => {
    const good = tests({
      "it is good": async ({ text }) => {
        await Promise.resolve();
        return text === "good";
      },
      "it is short": ({ text }) => text.length < 9,
    });
    for (const concurrency of [1, 2]) {
      const model = scripted(["bad", "bad", "good", "bad", "bad", "bad"], { latencyMs: 10 });
      const clock = virtualClock();
      const solver = stack(model, sampleN(6, { concurrency }), bestOf({ scorer: good }));
      expect(await clock.until(run(solver, "q", { clock }))).toMatchObject({ text: "good", stopped: "ok" });
      expect(model.calls).toBe(3 + concurrency - 1);
    }
  });

  test("a rule draws no sample before it has seen the score of the one before", async () => {
    const model = scripted(["0.2", "0.6", "0.9"], { latencyMs: 10 });
    const clock = virtualClock();
    const scorer = slowly(() => 100);
    const solver = stack(model, sampleN(3, { concurrency: 1 }), bestOf({ scorer, stop: atLeast(0.6) }));
    expect(await clock.until(run(solver, "q", { clock }))).toMatchObject({ text: "0.6", stopped: "decided" });
    expect(model.calls).toBe(2);
  });
});

describe("out of budget or time", () => {
  const judged = (options: Partial<BestOfOptions> = {}) => {
    const model = scripted(["a", "b", "c", "d"], { latencyMs: 100 });
    const critic = scripted(["Score: 2", "Score: 7", "Score: 4", "Score: 9"], { latencyMs: 100 });
    const solver = stack(model, sampleN(4, { concurrency: 1 }), bestOf({ scorer: judge(critic), ...options }));
    return { model, critic, solver };
  };

  test.each<[what: string, budget: RunOptions["budget"], text: string, stopped: StopReason, seen: number]>([
    ["calls, while samples are drawn", { calls: 5 }, "b", "budget", 3],
    ["calls, while a sample is scored", { calls: 4 }, "b", "budget", 2],
    ["time", { ms: 450 }, "b", "deadline", 2],
  ])("the best of those scored: %s", async (_, budget, text, stopped, seen) => {
    const { solver } = judged({ concurrency: 1 });
    const { response } = await traced(solver, "q", { budget });
    expect(response).toMatchObject({ text, stopped });
    expect(response.scored.filter(({ score }) => score !== undefined).length).toBeGreaterThanOrEqual(2);
    expect(response.samples.length).toBeGreaterThanOrEqual(seen);
  });

  test("nothing scored: the first sample, and a warning", async () => {
    const { solver, critic } = judged();
    const { response } = await traced(solver, "q", { budget: { calls: 1 } });
    expect(response).toMatchObject({ text: "a", stopped: "budget", warnings: [{ code: "not-scored" }] });
    expect(response.score).toBeUndefined();
    expect(critic.calls).toBe(0);
  });

  /** A call that its budget does not allow. */
  const broke = (request: ModelRequest, call: FeedbackContext["call"]): Promise<ModelResponse> =>
    scripted(["x"]).generate(request, call.child("mine", { budget: { tokens: 1 } }));

  test("what cannot be scored is not drawn", async () => {
    const scorer: Scorer = (_, { call, request }) => broke(request, call).then(() => 1);
    const model = scripted(["a", "b", "c"], { latencyMs: 100 });
    const solver = stack(model, sampleN(3, { concurrency: 1 }), bestOf({ scorer }));
    const { response } = await traced(solver, "q");
    expect(response).toMatchObject({ text: "a", stopped: "budget", samples: [{ text: "a" }] });
    expect(model.calls).toBe(1);
  });

  test("what is being scored may still come", async () => {
    const scorer: Scorer = async ({ text }, { call, round, request }) => {
      await sleep(call, [50, 10, 300][round] as number);
      if (round === 0) await broke(request, call);
      return Number(text);
    };
    const model = scripted(["0.1", "0.5", "0.9", "1"], { latencyMs: (index) => (index < 3 ? 1 : 200) });
    const { response, trace } = await traced(stack(model, sampleN(4), bestOf({ scorer })), "q");
    expect(response).toMatchObject({ text: "0.9", stopped: "budget", failures: [] });
    expect(response.scored.map(({ score }) => score)).toEqual([undefined, 0.5, 0.9]);
    // The fourth sample was given up at once, and nothing is told of it.
    expect(response.usage).toMatchObject({ calls: 3, cancelled: { calls: 1 } });
    expect(trace.filter((line) => line.includes("#3"))).toEqual([]);
  });

  test("a sampler that leaves its loop late is not waited for", async () => {
    const slow = (next: Model): Sampler => ({
      ...sampleN(3)(next),
      draw: (request, call) => {
        const late = sample(next, request, call, { n: 3, concurrency: 1 });
        return Object.assign(Object.create(late) as typeof late, {
          // A generator ends only where it yields.
          [Symbol.asyncIterator]: async function* (): AsyncGenerator<ModelResponse, void> {
            for await (const one of late) yield one;
          },
        });
      },
    });
    const scorer: Scorer = async (_, { call, request }) => {
      await sleep(call, 10);
      await broke(request, call);
      return 1;
    };
    const model = scripted(["a", "b", "c"], { latencyMs: 100 });
    const clock = virtualClock();
    const response = await clock.until(run(stack(model, slow, bestOf({ scorer })), "q", { clock }));
    expect(response).toMatchObject({ text: "a", stopped: "budget" });
    expect([clock.now(), clock.pending, model.calls]).toEqual([110, 0, 2]);
  });

  test("no sample at all: the error", async () => {
    const { solver } = judged();
    await expect(run(solver, "q", { budget: { tokens: 1 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("failures of the samples", () => {
  test("none is left: the first of them", async () => {
    const solver = stack(scripted([busy, busy]), sampleN(2), bestOf({ scorer: byNumber }));
    await expect(run(solver, "q")).rejects.toBe(busy);
  });

  test("too few for the quorum", async () => {
    const solver = stack(scripted(["0.1", busy, busy]), sampleN(3, { quorum: 2 }), bestOf({ scorer: byNumber }));
    await expect(run(solver, "q")).rejects.toBe(busy);
  });

  test("one that cannot get better ends the drawing, and the rest is scored", async () => {
    const refused = new ProviderError("who are you?", { status: 401 });
    const model = scripted(["0.1", "0.3", refused, "0.9"]);
    const solver = stack(model, sampleN(4, { concurrency: 1 }), bestOf({ scorer: byNumber }));
    expect(await run(solver, "q")).toMatchObject({ text: "0.3", stopped: "failure", failures: [{ error: refused }] });
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

  test("all of them are scored, and what they tell is kept", async () => {
    const response = await run(stack(drawn(["0.2", "0.8", "0.3"]), bestOf({ scorer: byNumber })), "q");
    expect(response).toMatchObject({ text: "0.8", stopped: "budget", failures: [{ index: 9 }] });
    expect(response.samples).toHaveLength(3);
    expect(response.usage.calls).toBe(1);
  });

  test("up to a perfect one", async () => {
    const response = await run(stack(drawn(["0.2", "1", "0.3"]), bestOf({ scorer: byVerdict })), "q");
    expect(response).toMatchObject({ text: "1", stopped: "ok", samples: [{ text: "0.2" }, { text: "1" }] });
  });

  test("none at all", async () => {
    await expect(run(stack(drawn([]), bestOf({ scorer: byNumber })), "q")).rejects.toMatchObject({ code: "no-answer" });
  });
});

describe("cancellation", () => {
  test.each<[what: string, scorer: (critic: Model) => Scorer, concurrency: number, ms: number, calls: number]>([
    ["while samples are drawn", judge, Infinity, 50, 3],
    ["while they are judged", judge, Infinity, 150, 6],
    ["while one is judged and the next drawn", judge, 1, 150, 3],
    ["in a scorer that does not listen", () => () => new Promise<never>(() => undefined), Infinity, 150, 3],
  ])("%s", async (_, scorer, concurrency, ms, calls) => {
    const model = scripted(["a", "b", "c"], { latencyMs: 100 });
    const critic = scripted(["Score: 1"], { repeat: true, latencyMs: 100 });
    const solver = stack(model, sampleN(3, { concurrency }), bestOf({ scorer: scorer(critic) }));
    expect(await giveUp(solver, ms, () => model.calls + critic.calls)).toBe(calls);
  });

  test("who is given up tells no score", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const told: string[] = [];
    const solver = stack(
      scripted(["a", "b"]),
      sampleN(2),
      bestOf({ scorer: () => new Promise<never>(() => undefined) }),
    );
    const onEvent = ({ type }: MullEvent): void => void told.push(type);
    const done = run(solver, "q", { clock, signal: controller.signal, onEvent });
    done.catch(() => undefined);
    await clock.advance(10);
    controller.abort("left");
    await expect(done).rejects.toBe("left");
    await clock.advance(10);
    expect(told).not.toContain("score");
    expect(told.at(-1)).toBe("error");
  });

  test("before", async () => {
    const model = scripted(["a"]);
    await giveUpBefore(stack(model, sampleN(3), bestOf({ scorer: byNumber })), () => model.calls);
  });
});

describe("what is told", () => {
  const build = (latencyMs: (index: number) => number) => {
    const model = scripted(["0.2", "0.6", "0.9"], { id: "m" });
    const critic = scripted((request) => `Score: ${JSON.stringify(request).includes("0.6") ? 10 : 3}`, {
      id: "critic",
      latencyMs,
    });
    return stack(model, sampleN(3), bestOf({ scorer: judge(critic) }));
  };
  const expected = [
    "start bestOf",
    "start bestOf/sampleN/#0/m",
    "end bestOf/sampleN/#0/m",
    "sample bestOf/sampleN",
    "start bestOf/score/critic",
    "end bestOf/score/critic",
    "score bestOf",
    "start bestOf/sampleN/#1/m",
    "end bestOf/sampleN/#1/m",
    "sample bestOf/sampleN",
    "start bestOf/score:2/critic",
    "end bestOf/score:2/critic",
    "score bestOf",
    "end bestOf",
  ];

  test.each([
    ["slow first", (index: number) => [50, 10, 1][index] as number],
    ["slow last", (index: number) => [1, 10, 50][index] as number],
  ])("one sample after the other, whatever the timing: %s", async (_, latencyMs) => {
    const { trace, events } = await traced(build(latencyMs));
    expect(trace).toEqual(expected);
    expect(events.filter(({ type }) => type === "score")).toEqual([
      { type: "score", path: ["bestOf"], index: 0, score: 0.3 },
      { type: "score", path: ["bestOf"], index: 1, score: 1 },
    ]);
    expect(events.filter((event) => event.type === "delta" && event.output)).toEqual([]);
  });

  test("a score that failed is undefined", async () => {
    const { events } = await traced(stack(scripted(["boom", "1"]), sampleN(2), bestOf({ scorer: byNumber })));
    const scores = events.filter((event) => event.type === "score").map(({ score }) => score);
    expect(scores).toEqual([undefined, 1]);
  });

  test("what is lost behind the last sample", async () => {
    const model = scripted(["0.5", busy], { id: "m" });
    const { trace } = await traced(stack(model, sampleN(2), bestOf({ scorer: slowly(() => 30) })));
    expect(trace.slice(-4)).toEqual([
      "score bestOf",
      "start bestOf/sampleN/#1/m",
      "error bestOf/sampleN/#1/m",
      "end bestOf",
    ]);
  });

  test("judging is counted apart", async () => {
    const solver = build(() => 1);
    const { response } = await traced(solver);
    expect(response.usage).toMatchObject({ calls: 5, judging: { calls: 2 }, cancelled: { calls: 1 } });
  });
});

test("outline", () => {
  const model = scripted(["a"], { id: "m" });
  expect(outline(stack(model, sampleN(4), bestOf({ scorer: byNumber, weighted: true }))).split("\n")[0]).toBe(
    "bestOf (weighted)   ≤ 4 calls, ≤ 6,096 tokens",
  );
  expect(outline(stack(model, sampleN(4), bestOf({ scorer: byNumber }))).split("\n")[0]).toMatch(/^bestOf {2,}≤/);
});

describe("its own laws", () => {
  const scores = fc.array(fc.constantFrom(0, 0.25, 0.5, 1), { minLength: 1, maxLength: 10 });
  const delays = fc.infiniteStream(fc.integer({ min: 0, max: 40 }));

  test.prop([scores, delays, delays, fc.integer({ min: 1, max: 4 })])(
    "a perfect score ends the sampling, and never changes the winner",
    async (values, drawMs, scoreMs, concurrency) => {
      const texts = values.map((value, index) => `${index} ${value}`);
      const model = scripted(texts, { latencyMs: () => drawMs.next().value });
      const clock = virtualClock();
      const scorer = slowly(() => scoreMs.next().value, true);
      const solver = stack(model, sampleN(values.length, { concurrency }), bestOf({ scorer, concurrency }));
      const response = await clock.until(run(solver, "q", { clock }));
      const most = Math.max(...values);
      const first = values.findIndex((value) => value === most);
      expect(response.score).toBe(most);
      expect(response.text).toBe(texts[first]);
      const seen = most === 1 ? response.scored.findIndex(({ score }) => score === 1) + 1 : values.length;
      expect(response.scored).toHaveLength(seen);
      expect(clock.pending).toBe(0);
    },
  );

  test.prop([fc.constantFrom("1", "?"), fc.boolean(), fc.boolean()])(
    "one sample is returned as it is, whatever its score",
    async (reply, weighted, fails) => {
      const build = () => stack(scripted([`Answer: ${reply}`]), solve);
      const scorer: Scorer = () => (fails ? Promise.reject(busy) : 0);
      const { response: alone } = await traced(build());
      const { response: best } = await traced(stack(build(), sampleN(1), bestOf({ scorer, weighted })));
      const fields = ({ text, answer, key, thought, finishReason, usage }: Reasoned<number>) => {
        return { text, answer, key, thought, finishReason, usage };
      };
      expect(fields(best)).toEqual(fields(alone));
    },
  );
});

describe("a verifier that is not always right, in a world that is known", () => {
  // Picks among the accepted, else among all: p right, accepted at rate t; wrong ones at rate f.
  const exact = (p: number, t: number, f: number, n: number): number => {
    const accepted = p * t + (1 - p) * f;
    const limit = (p * t) / accepted;
    const none = (1 - accepted) ** n;
    return limit * (1 - none) + none * ((p * (1 - t)) / (1 - accepted));
  };

  test.each<[p: number, t: number, f: number, n: number, accuracy: number]>([
    [0.3, 0.9, 0.1, 1, 0.3],
    [0.3, 0.9, 0.1, 4, 0.6521],
    [0.3, 0.9, 0.1, 16, 0.7931],
    [0.3, 0.9, 0.1, 64, 0.7941],
    [0.3, 0.9, 0.3, 1, 0.3],
    [0.3, 0.9, 0.3, 4, 0.5256],
    [0.3, 0.9, 0.3, 16, 0.5625],
    [0.3, 0.9, 0.3, 64, 0.5625],
    [0.1, 0.9, 0.3, 1, 0.1],
    [0.1, 0.9, 0.3, 4, 0.2107],
    [0.1, 0.9, 0.3, 16, 0.2498],
    [0.1, 0.9, 0.3, 64, 0.25],
  ])("p = %d, t = %d, f = %d, n = %d: %d", async (p, t, f, n, accuracy) => {
    expect(exact(p, t, f, n)).toBeCloseTo(accuracy, 4);
    const model = scripted((_, { random }) => (random.next() < p ? "right" : "wrong"));
    const scorer: Feedback = ({ text }, { call }) => ({ ok: call.random.next() < (text === "right" ? t : f) });
    const solver = stack(model, sampleN(n, { concurrency: 1 }), bestOf({ scorer }));
    const trials = 800;
    let right = 0;
    for (let seed = 0; seed < trials; seed++) if ((await run(solver, "q", { seed })).text === "right") right++;
    expect(Math.abs(right / trials - accuracy)).toBeLessThan(3.5 * Math.sqrt((accuracy * (1 - accuracy)) / trials));
  });
});

test("Game of 24: an exact check finds the one that is right", async () => {
  const numbers = [4, 7, 8, 8];
  const check = tests({
    "it uses each number once": ({ text }) => {
      const used = (text.match(/\d+/g) ?? []).map(Number).sort((a, b) => a - b);
      return used.join() === numbers.join();
    },
    "it makes 24": ({ text }) => calculate(text) === "24",
  });
  const model = scripted(["(8 - 4) * 7 - 8", "8 * (7 - 4)", "(7 - 8 / 8) * 4", "4 * 8 - 8", "no"]);
  const solver = stack(model, sampleN(5, { concurrency: 1 }), bestOf({ scorer: check }));
  const { text, verdict, scored, stopped } = await run(solver, "Make 24 of 4, 7, 8 and 8.");
  expect([text, verdict?.ok, stopped]).toEqual(["(7 - 8 / 8) * 4", true, "ok"]);
  expect(scored.map(({ score }) => score)).toEqual([0.5, 0.5, 1]);
  expect(model.calls).toBe(3);
});

test("rules that learn draw less", async () => {
  // Scores spread evenly over [0, 1]: 0.9 is reached once in ten.
  const model = scripted((_, { random }) => String(Math.round(1000 * random.next()) / 1000));
  const spent = async (stop: BestOfOptions["stop"]): Promise<number> => {
    const solver = stack(model, sampleN(64, { concurrency: 1 }), bestOf({ scorer: byNumber, stop }));
    let seen = 0;
    for (let seed = 0; seed < 20; seed++) seen += (await run(solver, "q", { seed })).samples.length;
    return seen / 20;
  };
  expect(await spent(undefined)).toBe(64);
  const learned = await spent(optScale({ target: 0.9 }));
  expect(learned).toBeGreaterThan(4);
  expect(learned).toBeLessThan(30);
});

describe("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  const one = (next: Model): Model => wrap("one", next, (request, call) => next.generate(request, call));

  test("it needs samples", () => {
    // @ts-expect-error -- a model that does not sample
    compiles(() => stack(model, bestOf({ scorer: byNumber })));
    // @ts-expect-error -- a layer above the sampler gave one response
    compiles(() => stack(model, sampleN(3), one, bestOf({ scorer: byNumber })));
    // @ts-expect-error -- a scorer is required
    compiles(() => stack(model, sampleN(3), bestOf({})));
    compiles((sampled: Model<Sampled<Answered<number>>>) => {
      expectTypeOf(stack(sampled, bestOf({ scorer: byNumber }))).toEqualTypeOf<Model<Best<Answered<number>>>>();
    });
  });

  test("the scorer sees the type of the sample", () => {
    const inferred = stack(
      model,
      solve,
      sampleN(3),
      bestOf({
        scorer: (sample) => {
          expectTypeOf(sample.answer).toEqualTypeOf<number | undefined>();
          return sample.answer ?? 0;
        },
      }),
    );
    expectTypeOf(inferred).toEqualTypeOf<Model<Best<Reasoned<number>>>>();
    type Response = Best<Reasoned<number>>;
    expectTypeOf<Response["score"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Response["verdict"]>().toEqualTypeOf<(Verdict & { readonly score: number }) | undefined>();
    expectTypeOf<Response["scored"][number]["sample"]>().toEqualTypeOf<Reasoned<number>>();
    // @ts-expect-error -- a sample without an answer
    compiles(() => stack(model, sampleN(3), bestOf({ scorer: ({ answer }) => answer })));
  });

  test("every feedback is a scorer; not every scorer is feedback", () => {
    expectTypeOf<Feedback>().toExtend<Scorer>();
    expectTypeOf(aspects(model)).toExtend<Scorer>();
    const score: Scorer = () => 0.5;
    // @ts-expect-error -- a number says nothing of what to mend
    compiles(() => stack(model, reviseLoop({ feedback: score })));
  });

  test("the best is a model like any other", () => {
    const nested = stack(model, solve, sampleN(3), bestOf({ scorer: byNumber }), sampleN(2), majorityVote());
    expectTypeOf(nested.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  });
});

describe("wrong options", () => {
  const bound = "a function that says how good a response is; tests(…), judge(…) and verifier(…) make one";

  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [{ scorers: byNumber }, 'an option must be one of scorer, stop, weighted, concurrency, got "scorers"'],
    [{}, `scorer must be ${bound}, got undefined`],
    [{ scorer: 1 }, `scorer must be ${bound}, got 1`],
    [{ scorer: byNumber, stop: 0.9 }, "stop must be a stopping rule for scores, such as atLeast(0.9), got 0.9"],
    [{ scorer: byNumber, stop: null }, "stop must be a stopping rule for scores, such as atLeast(0.9), got null"],
    [{ scorer: byNumber, weighted: 1 }, "weighted must be true or false, got 1"],
    [{ scorer: byNumber, concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
    [{ scorer: byNumber, concurrency: 1.5 }, "concurrency must be an integer of at least 1, got 1.5"],
  ])("%j", (options, message) => {
    expect(() => bestOf(options as BestOfOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `bestOf: ${message}` }),
    );
  });
});

test("seeded worlds repeat themselves", async () => {
  const random = new Random(3);
  const replies = Array.from({ length: 8 }, () => String(random.next()));
  const solver = () => stack(scripted(replies), sampleN(8), bestOf({ scorer: byNumber }));
  expect((await run(solver(), "q", { seed: 5 })).text).toBe((await run(solver(), "q", { seed: 5 })).text);
});
