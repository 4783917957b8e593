import { fc, test } from "@fast-check/vitest";
import {
  chainOfThought,
  judge,
  majorityVote,
  number,
  outline,
  tests,
  ProviderError,
  reviseInstruction,
  reviseLoop,
  run,
  sampleN,
  stack,
  type Draft,
  type Feedback,
  type FeedbackContext,
  type Model,
  type ModelRequest,
  type Reasoned,
  type Revised,
  type ReviseLoopOptions,
  type Verdict,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type MiddlewareLawsOptions, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, vi } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });
const failed = {
  code: "revision-failed",
  message: "a revision, or the feedback on it, failed: the best draft is returned",
};

/** The number at the end of a draft is its score. */
const byNumber: Feedback = ({ text }) => {
  if (text === "boom") throw new TypeError("no such draft");
  const score = Number(text.split(" ").at(-1));
  return { ok: score === 1, score, message: `${text} is too little.` };
};
const never: Feedback = () => new Promise<never>(() => undefined);

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  [
    "answers",
    (model) =>
      stack(
        model,
        chainOfThought({ answer: number() }),
        reviseLoop({ feedback: ({ answer = 0 }) => ({ ok: answer === 3, score: answer / 4 }) }),
      ),
  ],
  [
    "a judge",
    (model) => stack(model, reviseLoop({ feedback: judge(model), rounds: 2 })),
    { replies: ["Score: 1", "Score: 5", "Score: 9", "no", "A longer one. Score: 3"] },
  ],
  ["over a vote", (model) => stack(model, sampleN(3), majorityVote(), reviseLoop({ feedback: () => ({ ok: false }) }))],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, options)) test(name, check);
});

describe("behaviour", () => {
  type Limits = Pick<ReviseLoopOptions, "rounds" | "patience">;

  test.each<
    [
      what: string,
      replies: ScriptedReply[],
      options: Limits,
      best: string,
      stopped: string,
      scores: number[],
      calls: number,
    ]
  >([
    ["good at once", ["1"], {}, "1", "ok", [1], 1],
    ["good in the end", ["0.2", "0.5", "1"], {}, "1", "ok", [0.2, 0.5, 1], 3],
    ["3 rounds", ["0.1", "0.2", "0.3", "0.4", "1"], {}, "0.4", "limit", [0.1, 0.2, 0.3, 0.4], 4],
    ["1 round", ["0.1", "0.2"], { rounds: 1 }, "0.2", "limit", [0.1, 0.2], 2],
    ["never just the last", ["0.5", "0.4"], { rounds: 1 }, "0.5", "limit", [0.5, 0.4], 2],
    ["two in a row that are no better", ["0.5", "0.4", "0.3"], {}, "0.5", "no-improvement", [0.5, 0.4, 0.3], 3],
    ["no patience", ["0.5", "0.4"], { patience: 1 }, "0.5", "no-improvement", [0.5, 0.4], 2],
    ["patience begins again", ["0.1", "0", "0.2", "0.15", "1"], { rounds: 4 }, "1", "ok", [0.1, 0, 0.2, 0.15, 1], 5],
    ["the earlier of equals", ["a 0.5", "b 0.5", "c 0.5"], {}, "a 0.5", "no-improvement", [0.5, 0.5, 0.5], 3],
    ["the same words again", ["0.2", "0.2"], {}, "0.2", "no-improvement", [0.2, 0.2], 2],
    ["the same words as earlier", ["0.2", "0.5", "0.2"], {}, "0.5", "no-improvement", [0.2, 0.5, 0.2], 3],
    ["a revision is lost", ["0.2", busy], {}, "0.2", "failure", [0.2], 2],
    ["a revision is refused", ["0.2", "0.4", refused], {}, "0.4", "failure", [0.2, 0.4], 3],
    ["feedback on a revision throws", ["0.2", "boom"], {}, "0.2", "failure", [0.2], 2],
  ])("%s", async (_, replies, options, best, stopped, scores, calls) => {
    const model = scripted(replies);
    const response = await run(stack(model, reviseLoop({ feedback: byNumber, ...options })), "q");
    expect({
      text: response.text,
      stopped: response.stopped,
      scores: response.drafts.map(({ verdict }) => verdict.score),
      warnings: response.warnings,
    }).toEqual({ text: best, stopped, scores, warnings: stopped === "failure" ? [failed] : undefined });
    expect(response.verdict).toEqual(response.drafts.find(({ response: { text } }) => text === best)?.verdict);
    expect(model.calls).toBe(calls);
    expect(response.usage.calls + (response.usage.failed?.calls ?? 0)).toBe(calls);
  });

  test("a first draft that fails fails", async () => {
    const feedback = vi.fn(byNumber);
    await expect(run(stack(scripted([busy]), reviseLoop({ feedback })), "q")).rejects.toBe(busy);
    expect(feedback).not.toHaveBeenCalled();
  });

  test("so does feedback that throws on the first draft", async () => {
    const solver = stack(scripted(["boom"]), reviseLoop({ feedback: byNumber }));
    await expect(run(solver, "q")).rejects.toThrow("no such draft");
    const rejecting = stack(scripted(["0"]), reviseLoop({ feedback: () => Promise.reject(busy) }));
    await expect(run(rejecting, "q")).rejects.toBe(busy);
  });

  test("what is good enough is taken, whatever was scored higher before", async () => {
    const verdicts: Verdict[] = [
      { ok: false, score: 0.9 },
      { ok: true, score: 0.5 },
    ];
    const solver = stack(scripted(["a", "b"]), reviseLoop({ feedback: (_, { round }) => verdicts[round]! }));
    expect(await run(solver, "q")).toMatchObject({ text: "b", stopped: "ok", verdict: { ok: true, score: 0.5 } });
  });

  test.each<[Verdict, number]>([
    [{ ok: true }, 1],
    [{ ok: false }, 0],
    [{ ok: false, score: undefined, message: "m" }, 0],
    [{ ok: false, score: 0.25 }, 0.25],
  ])("the score of %j is %f", async (verdict, score) => {
    const solver = stack(scripted(["a", "a"]), reviseLoop({ feedback: async () => frozen(verdict) }));
    expect((await run(solver, "q")).verdict).toEqual({ ...verdict, score });
  });

  test("unknown fields of the verdict and of the draft stay", async () => {
    const feedback = () => ({ ok: true, tests: 7 });
    const response = await run(
      stack(scripted([{ text: "a", extra: 1 } as ScriptedReply]), reviseLoop({ feedback })),
      "q",
    );
    expect(response).toMatchObject({ extra: 1, verdict: { ok: true, score: 1, tests: 7 } });
  });

  test.each<[string, ScriptedReply]>([
    ["at once", { text: "", toolCalls: [{ type: "tool-call", id: "1", name: "weather", input: {} }] }],
    ["or says so", { text: "I look.", finishReason: "tool-calls" }],
  ])("a response that calls tools is no draft: %s", async (_, reply) => {
    const feedback = vi.fn(byNumber);
    const first = await run(stack(scripted([reply]), reviseLoop({ feedback })), "q");
    expect(first).toMatchObject({ ...(reply as object), finishReason: "tool-calls", stopped: "done", drafts: [] });
    expect(first.verdict).toBeUndefined();
    expect(feedback).not.toHaveBeenCalled();

    const second = await run(stack(scripted(["0.5", reply]), reviseLoop({ feedback })), "q");
    expect(second).toMatchObject({ ...(reply as object), stopped: "done", drafts: [{ response: { text: "0.5" } }] });
  });
});

describe("what the model sees", () => {
  const ask = async (
    replies: string[],
    options: Partial<ReviseLoopOptions> = {},
    request: ModelRequest | string = "q",
  ) => {
    const model = scripted(replies);
    await run(stack(model, reviseLoop({ feedback: byNumber, ...options })), frozen(request));
    return model.requests;
  };

  test("the question, its best draft, and what was said of it", async () => {
    const request: ModelRequest = {
      messages: [
        { role: "system", content: "s" },
        { role: "user", content: "q" },
      ],
      temperature: 0.3,
    };
    const requests = await ask(["0.2", "0.5", "0.4", "0.6"], {}, request);
    const after = (draft: string) => [
      ...request.messages,
      { role: "assistant", content: draft },
      { role: "user", content: `${draft} is too little.\n\n${reviseInstruction}` },
    ];
    expect(requests).toEqual([
      request,
      { ...request, messages: after("0.2") },
      { ...request, messages: after("0.5") },
      { ...request, messages: after("0.5") },
    ]);
  });

  test("without a message only the instruction", async () => {
    const [, second] = await ask(["a", "b"], { feedback: () => ({ ok: false }), rounds: 1 });
    expect(second?.messages.at(-1)).toEqual({ role: "user", content: reviseInstruction });
  });

  test("words of your own", async () => {
    const prompt = ({ score, message = "" }: Verdict): string => `${message} (${String(score)})`;
    const [, second] = await ask(["0.2", "1"], { prompt });
    expect(second?.messages.at(-1)).toEqual({ role: "user", content: "0.2 is too little. (0.2)" });
  });

  test("a prefill is a part of the draft, and is not asked for again", async () => {
    const [first, second] = await ask(
      ["0.2", "1"],
      {},
      { messages: [{ role: "user", content: "q" }], prefill: "So: " },
    );
    expect(first?.prefill).toBe("So: ");
    expect(second).not.toHaveProperty("prefill");
    expect(second?.messages[1]).toEqual({ role: "assistant", content: "So: 0.2" });
  });
});

describe("what the feedback gets", () => {
  test("the question, the round, the model, and a call of its own", async () => {
    const seen: FeedbackContext[] = [];
    const model = scripted(["0.2", "0.4"]);
    const feedback: Feedback = (response, context) => {
      seen.push(context);
      return byNumber(response, context);
    };
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }] };
    await run(stack(model, reviseLoop({ feedback, rounds: 1 })), request);
    expect(seen.map(({ round }) => round)).toEqual([0, 1]);
    for (const context of seen) {
      expect(context.request).toBe(request);
      expect(context.model).toBe(model);
    }
    expect(seen.map(({ call }) => call.path)).toEqual([
      ["reviseLoop", "feedback"],
      ["reviseLoop", "feedback:2"],
    ]);
  });

  test("what it spends is judging, beside what the drafts spend", async () => {
    const critic = scripted(["Too short. Score: 3", "Fine. Score: 10"], { id: "critic" });
    const { usage, drafts } = await run(stack(scripted(["a b", "c"]), reviseLoop({ feedback: judge(critic) })), "q");
    expect(drafts.map(({ verdict }) => verdict)).toEqual([
      { ok: false, score: 0.3, message: "Too short." },
      { ok: true, score: 1, message: "Fine." },
    ]);
    expect(usage).toMatchObject({ calls: 4, outputTokens: 3 + 4 + 3, judging: { calls: 2, outputTokens: 7 } });
  });

  test.each<[given: unknown, message: string]>([
    [undefined, "what feedback returns must be a verdict such as { ok: false, message: '…' }, got undefined"],
    [null, "what feedback returns must be a verdict such as { ok: false, message: '…' }, got null"],
    [true, "what feedback returns must be a verdict such as { ok: false, message: '…' }, got true"],
    [{}, "what feedback returns must be a verdict such as { ok: false, message: '…' }, got an object"],
    [{ ok: 1 }, "what feedback returns must be a verdict such as { ok: false, message: '…' }, got an object"],
    [{ ok: true, score: 10 }, "the score of a verdict must be a number from 0 to 1, got 10"],
    [{ ok: false, score: NaN }, "the score of a verdict must be a number from 0 to 1, got NaN"],
    [{ ok: false, score: "1" }, 'the score of a verdict must be a number from 0 to 1, got "1"'],
  ])("a verdict that is none: %j", async (given, message) => {
    const expected = { code: "invalid-option", message: `reviseLoop: ${message}` };
    const feedback: Feedback = () => given as Verdict;
    await expect(run(stack(scripted(["a"]), reviseLoop({ feedback })), "q")).rejects.toMatchObject(expected);
    // Later ones are no failure of the feedback, either, but a mistake in it.
    const later: Feedback = (_, { round }) => (round === 0 ? { ok: false } : (given as Verdict));
    const solver = stack(scripted(["a", "b"]), reviseLoop({ feedback: later }));
    await expect(run(solver, "q")).rejects.toMatchObject(expected);
  });
});

describe("out of budget or time", () => {
  const later: Feedback = (response, context) =>
    context.round === 0 ? byNumber(response, context) : never(response, context);

  test.each<[what: string, feedback: Feedback, budget: object, text: string, stopped: string, drafts: number]>([
    ["in a revision, calls", byNumber, { calls: 2 }, "0.4", "budget", 2],
    ["in a revision, time", byNumber, { ms: 250 }, "0.4", "deadline", 2],
    ["in feedback, time", later, { ms: 350 }, "0.2", "deadline", 1],
  ])("%s: the best draft is returned", async (_, feedback, budget, text, stopped, drafts) => {
    const model = scripted(["0.2", "0.4", "0.5", "0.6"], { latencyMs: 100 });
    const { response } = await traced(stack(model, reviseLoop({ feedback })), "q", { budget });
    expect(response).toMatchObject({ text, stopped, verdict: { score: Number(text) } });
    expect(response.drafts).toHaveLength(drafts);
    expect(response.warnings).toBeUndefined();
  });

  test.each<[string, Feedback, object, string]>([
    ["calls", judge(scripted(["Score: 1"])), { calls: 1 }, "budget"],
    ["time", never, { ms: 150 }, "deadline"],
  ])(
    "before anything was said of the first draft, it is returned without a verdict: %s",
    async (_, feedback, budget, stopped) => {
      const model = scripted(["0.2"], { latencyMs: 100 });
      const { response } = await traced(stack(model, reviseLoop({ feedback })), "q", { budget });
      expect(response).toMatchObject({ text: "0.2", drafts: [], stopped });
      expect(response.verdict).toBeUndefined();
    },
  );

  test("before the first draft there is nothing to return", async () => {
    const solver = stack(scripted(["0.2"], { latencyMs: 100 }), reviseLoop({ feedback: byNumber }));
    const clock = virtualClock();
    const done = clock.until(run(solver, "q", { clock, budget: { ms: 50 } }));
    await expect(done).rejects.toMatchObject({ code: "budget-exceeded", limit: "ms" });
  });
});

describe("cancellation", () => {
  test.each<[what: string, feedback: Feedback, ms: number, calls: number]>([
    ["in the first draft", byNumber, 50, 1],
    ["in a revision", byNumber, 150, 2],
    ["in feedback that never ends", never, 150, 1],
    [
      "in feedback on a revision",
      (_, { round }) => (round === 0 ? { ok: false } : new Promise<never>(() => {})),
      250,
      2,
    ],
  ])("%s", async (_, feedback, ms, calls) => {
    const model = scripted(["0.2", "0.3", "0.4", "0.5"], { latencyMs: 100 });
    expect(await giveUp(stack(model, reviseLoop({ feedback })), ms, () => model.calls)).toBe(calls);
  });

  test("in the judge", async () => {
    const model = scripted(["a", "b"], { latencyMs: 100 });
    const critic = scripted(["Score: 2", "Score: 3"], { latencyMs: 100 });
    const calls = () => 10 * model.calls + critic.calls;
    expect(await giveUp(stack(model, reviseLoop({ feedback: judge(critic) })), 150, calls)).toBe(11);
    expect(await giveUp(stack(model, reviseLoop({ feedback: judge(critic) })), 50, calls)).toBe(21);
  });

  test("feedback that goes on afterwards cannot call models any more", async () => {
    const model = scripted(["0.2"], { latencyMs: 100 });
    const critic = scripted(["Score: 2"]);
    let late: Promise<unknown> | undefined;
    const feedback: Feedback = (response, context) => {
      late = new Promise<void>((resolve) => context.call.clock.setTimeout(resolve, 1000)).then(() =>
        judge(critic)(response, context),
      );
      late.catch(() => undefined);
      return late as Promise<Verdict>;
    };
    const clock = virtualClock();
    const controller = new AbortController();
    const done = run(stack(model, reviseLoop({ feedback })), "q", { clock, signal: controller.signal });
    done.catch(() => undefined);
    await clock.advance(150);
    controller.abort("left");
    await expect(done).rejects.toBe("left");
    await clock.runAll();
    await expect(late).rejects.toBe("left");
    expect(critic.calls).toBe(0);
  });

  test("before", async () => {
    const model = scripted(["a"]);
    await giveUpBefore(stack(model, reviseLoop({ feedback: byNumber })), () => model.calls);
  });
});

describe("trace", () => {
  test("paths and verdicts", async () => {
    const critic = scripted(["Score: 2", "Score: 10"], { id: "critic" });
    const { trace, events } = await traced(stack(scripted(["a", "b"]), reviseLoop({ feedback: judge(critic) })));
    expect(trace).toEqual([
      "start reviseLoop",
      "start reviseLoop/draft/scripted",
      "end reviseLoop/draft/scripted",
      "start reviseLoop/feedback/critic",
      "end reviseLoop/feedback/critic",
      "feedback reviseLoop",
      "start reviseLoop/draft:2/scripted",
      "end reviseLoop/draft:2/scripted",
      "start reviseLoop/feedback:2/critic",
      "end reviseLoop/feedback:2/critic",
      "feedback reviseLoop",
      "end reviseLoop",
    ]);
    expect(events.filter(({ type }) => type === "feedback")).toEqual([
      { type: "feedback", path: ["reviseLoop"], round: 0, ok: false, score: 0.2 },
      { type: "feedback", path: ["reviseLoop"], round: 1, ok: true, score: 1 },
    ]);
  });

  test("drafts and judgements are thoughts", async () => {
    const critic = scripted(["Score: 10"]);
    const { events } = await traced(stack(scripted(["a"]), reviseLoop({ feedback: judge(critic) })));
    const deltas = events.filter((event) => event.type === "delta");
    expect(deltas.map(({ output }) => output)).toEqual([false, false, false]);
  });
});

test("outline", () => {
  const solver = stack(scripted(["a"], { id: "m" }), reviseLoop({ feedback: byNumber }));
  expect(outline(solver).split("\n")).toEqual([
    "reviseLoop (rounds = 3)  ≤ 4 calls, ≤ 9,768 tokens",
    "└─ m                     ≤ 1 call, ≤ 1,524 tokens",
  ]);
});

describe("its own law", () => {
  const tenths = fc.integer({ min: 0, max: 10 });

  test.prop([
    fc.array(tenths, { minLength: 9, maxLength: 9 }),
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 4 }),
  ])("the best draft is kept, the earlier of equals, and it ends when it should", async (scores, rounds, patience) => {
    const model = scripted(scores.map((score, i) => `draft ${i} ${score / 10}`));
    const response = await run(stack(model, reviseLoop({ feedback: byNumber, rounds, patience })), "q");
    const seen = response.drafts.map(({ verdict }) => verdict.score);
    expect(seen).toEqual(scores.slice(0, model.calls).map((score) => score / 10));
    expect(response.verdict?.score).toBe(Math.max(...seen));
    expect(response.text).toBe(response.drafts[seen.indexOf(Math.max(...seen))]?.response.text);
    // Why it ended, and not before: the first draft that is good, or too many after the best, or the last.
    const ends = seen.map((score, i) => {
      const best = seen.indexOf(Math.max(...seen.slice(0, i + 1)));
      return score === 1 ? "ok" : i - best >= patience ? "no-improvement" : i === rounds ? "limit" : undefined;
    });
    expect(ends.findIndex((end) => end !== undefined)).toBe(seen.length - 1);
    expect(response.stopped).toBe(ends.at(-1));
  });
});

describe("types", () => {
  const model: Model = scripted(["Answer: 1"]);

  test("feedback sees the answer", () => {
    const solver = stack(
      model,
      chainOfThought({ answer: number() }),
      reviseLoop({
        feedback: (response, { model: beneath }) => {
          expectTypeOf(response.answer).toEqualTypeOf<number | undefined>();
          expectTypeOf(beneath).toEqualTypeOf<Model>();
          return { ok: response.answer === 1 };
        },
      }),
    );
    expectTypeOf(solver).toEqualTypeOf<Model<Revised<Reasoned<number>>>>();
    expectTypeOf(solver.generate)
      .returns.resolves.toHaveProperty("drafts")
      .toExtend<readonly Draft<Reasoned<number>>[]>();
  });

  test("feedback of any response fits everywhere, that of answers only on answers", () => {
    const positive = tests<Reasoned<number>>({ "is positive": ({ answer = 0 }) => answer > 0 });
    // The response is what comes from beneath, not what the feedback asks for.
    expectTypeOf(
      stack(model, sampleN(2), reviseLoop({ feedback: judge(model) })).generate,
    ).returns.resolves.toHaveProperty("samples");
    const solver = stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback: judge(model) }));
    expectTypeOf(solver.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
    expectTypeOf(reviseLoop<Reasoned<number>>({ feedback: positive })).returns.toExtend<Model<Reasoned<number>>>();
    compiles(() => stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback: positive })));
    // @ts-expect-error -- there is no answer
    compiles(() => stack(model, reviseLoop({ feedback: positive })));
    // @ts-expect-error -- without news from outside, revision does not help
    expect(() => reviseLoop({})).toThrow();
    // @ts-expect-error -- a score alone is no verdict
    compiles(() => stack(model, reviseLoop({ feedback: () => 0.5 })));
  });
});

describe("wrong options", () => {
  const feedback: Feedback = byNumber;
  const bound =
    "feedback must be a function that says how good a response is; tests(…), conformsTo(…) and judge(…) make one";

  test.each<[options: unknown, message: string]>([
    [undefined, "options must be an object, got undefined"],
    [null, "options must be an object, got null"],
    [byNumber, "options must be an object, got a function"],
    [{}, `${bound}, got undefined`],
    [{ feedback: { ok: true } }, `${bound}, got an object`],
    [{ feedback, round: 1 }, 'an option must be one of feedback, rounds, patience, prompt, got "round"'],
    [{ feedback, rounds: 0 }, "rounds must be an integer of at least 1, got 0"],
    [{ feedback, rounds: 1.5 }, "rounds must be an integer of at least 1, got 1.5"],
    [{ feedback, rounds: "3" }, 'rounds must be an integer of at least 1, got "3"'],
    [{ feedback, rounds: Infinity }, "rounds must be an integer of at least 1, got Infinity"],
    [{ feedback, patience: 0 }, "patience must be an integer of at least 1, got 0"],
    [{ feedback, patience: null }, "patience must be an integer of at least 1, got null"],
    [{ feedback, prompt: "Mend it." }, 'prompt must be a function of a verdict, got "Mend it."'],
  ])("%j", (options, message) => {
    expect(() => reviseLoop(options as ReviseLoopOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `reviseLoop: ${message}` }),
    );
  });
});
