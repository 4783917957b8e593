import { fc, test } from "@fast-check/vitest";
import {
  BudgetExceededError,
  CapabilityError,
  cascade,
  chainOfThought,
  InvalidOptionError,
  majorityVote,
  number,
  outline,
  ProviderError,
  reviseLoop,
  run,
  sampleN,
  stack,
  type Cascaded,
  type CascadeOptions,
  type FeedbackContext,
  type Model,
  type ModelRequest,
  type Reasoned,
  type Scorer,
  type Tier,
  type TierReport,
} from "mull";
import {
  middlewareLaws,
  scripted,
  synthetic,
  virtualClock,
  type ScriptedModel,
  type ScriptedReply,
} from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });
const solve = chainOfThought({ answer: number(), askAgain: false });

/** `12?!x` is the replies `Answer: 1`, `Answer: 2`, one that cannot be read, one that is lost, and one that is refused. */
function voter(votes: string, id: string, options: Parameters<typeof scripted>[1] = {}): ScriptedModel {
  const replies = votes
    .split("")
    .map((vote): ScriptedReply =>
      vote === "!" ? busy : vote === "x" ? refused : vote === "?" ? "Who knows." : `${id} says\nAnswer: ${vote}`,
    );
  // What is asked beyond the script is refused.
  return scripted([...replies, refused], { id, repeat: false, ...options });
}

type Options = Omit<CascadeOptions<Reasoned<number>>, "to">;

/** Small models that vote so, one tier after the other; the others as tiers. */
function cascaded(
  votes: readonly string[],
  options: Options & { readonly tiers?: readonly Partial<Tier<Reasoned<number>>>[] } = {},
): { readonly solver: Model<Cascaded<Reasoned<number>>>; readonly models: readonly ScriptedModel[] } {
  const { tiers = [], ...rest } = options;
  const models = votes.map((cast, i) => voter(cast, `m${i}`));
  const [small, ...strong] = models as [ScriptedModel, ...ScriptedModel[]];
  const to = strong.map((model, i) => ({ model: solve(model), ...tiers[i] }));
  return { solver: stack(small, solve, cascade({ concurrency: 1, ...rest, to })), models };
}

/** What each tier did: `tier 0 3 ok, tier 1 1`. */
function climbed({ tiers }: Pick<Cascaded, "tiers">): string {
  return tiers
    .map(({ name, samples, accepted }) => `${name} ${samples}${accepted === undefined ? "" : accepted ? " ok" : " no"}`)
    .join(", ");
}

const one: Scorer = ({ text }) => (text.endsWith("1") ? 1 : 0);

describe.each<[what: string, layer: (model: Model) => Model]>([
  ["agreement", (model) => stack(model, solve, cascade({ to: [{ model: solve(model) }] }))],
  [
    "three tiers, some of the samples, two at a time",
    (model) =>
      cascade({
        samples: 4,
        threshold: 0.75,
        concurrency: 2,
        to: [
          { model: sampleN(2)(model), samples: 3 },
          { model, samples: 2, weight: 1 },
        ],
      })(model),
  ],
  ["a scorer", (model) => cascade({ accept: one, to: [{ model }, { model }] })(model)],
  [
    "a scorer that asks a model, of the votes of three",
    (model) =>
      stack(
        model,
        solve,
        cascade({
          samples: 3,
          accept: async ({ text }, { request, call }) =>
            (await model.generate({ ...request, messages: [{ role: "user", content: text }] }, call)).text.length % 2,
          to: [{ model: solve(model) }],
        }),
      ),
  ],
])("laws, %s", (_, layer) => {
  for (const { name, check } of middlewareLaws(layer)) test(name, check);
});

describe("agreement", () => {
  type Expected = readonly [
    answer: number | undefined,
    tier: string,
    climbed: string,
    stopped: string,
    calls: number[],
  ];

  test.each<[what: string, votes: readonly string[], options: Parameters<typeof cascaded>[1], Expected]>([
    ["all agree", ["111", ""], {}, [1, "tier 0", "tier 0 3 ok", "ok", [3, 0]]],
    ["one does not", ["112", "2"], {}, [2, "tier 1", "tier 0 3 no, tier 1 1", "limit", [3, 1]]],
    [
      "it is clear at once that they will not",
      ["12", "3"],
      {},
      [3, "tier 1", "tier 0 2 no, tier 1 1", "limit", [2, 1]],
    ],
    ["who cannot be read agrees with none", ["11?", "2"], {}, [2, "tier 1", "tier 0 3 no, tier 1 1", "limit", [3, 1]]],
    ["who is lost agrees with none", ["1!1", "2"], {}, [2, "tier 1", "tier 0 2 no, tier 1 1", "limit", [3, 1]]],
    [
      "the stronger cannot be read: those before count",
      ["121", "?"],
      {},
      [1, "tier 0", "tier 0 2 no, tier 1 1", "limit", [2, 1]],
    ],
    ["nobody can be read", ["??", "?"], {}, [undefined, "tier 1", "tier 0 1 no, tier 1 1", "limit", [1, 1]]],
    ["two samples", ["11", ""], { samples: 2 }, [1, "tier 0", "tier 0 2 ok", "ok", [2, 0]]],
    [
      "three of five agree: the rest is not needed",
      ["1211", ""],
      { samples: 5, threshold: 0.6 },
      [1, "tier 0", "tier 0 4 ok", "ok", [4, 0]],
    ],
    [
      "three of five cannot agree any more",
      ["1234", "5"],
      { samples: 5, threshold: 0.6 },
      [5, "tier 1", "tier 0 4 no, tier 1 1", "limit", [4, 1]],
    ],
    [
      "three of five still can",
      ["12333", ""],
      { samples: 5, threshold: 0.6 },
      [3, "tier 0", "tier 0 5 ok", "ok", [5, 0]],
    ],
    [
      "a share that no product hits exactly",
      ["1111111", ""],
      { samples: 25, threshold: 7 / 25 },
      [1, "tier 0", "tier 0 7 ok", "ok", [7, 0]],
    ],
    [
      "a share between two counts is the next",
      ["1122", "3"],
      { samples: 4, threshold: 0.51 },
      [3, "tier 1", "tier 0 4 no, tier 1 1", "limit", [4, 1]],
    ],
    ["a threshold of no agreement", ["1", ""], { threshold: 0.3 }, [1, "tier 0", "tier 0 1 ok", "ok", [1, 0]]],
    [
      "a threshold that is never reached",
      ["1", "2"],
      { threshold: Infinity },
      [2, "tier 1", "tier 0 1 no, tier 1 1", "limit", [1, 1]],
    ],
    ["the second of three agrees", ["12", "333", ""], {}, [3, "tier 1", "tier 0 2 no, tier 1 3 ok", "ok", [2, 3, 0]]],
    [
      "none of three agrees",
      ["12", "34", "5"],
      {},
      [5, "tier 2", "tier 0 2 no, tier 1 2 no, tier 2 1", "limit", [2, 2, 1]],
    ],
    [
      "thresholds of their own",
      ["112", "34", "5"],
      { threshold: [1, 0.3] },
      [3, "tier 1", "tier 0 3 no, tier 1 1 ok", "ok", [3, 1, 0]],
    ],
    [
      "names and samples of their own",
      ["12", "33", "45"],
      {
        tiers: [
          { name: "middle", samples: 2 },
          { name: "top", samples: 2 },
        ],
      },
      [3, "middle", "tier 0 2 no, middle 2 ok", "ok", [2, 2, 0]],
    ],
    [
      "all samples of the last are drawn, however they agree",
      ["12", "132"],
      { tiers: [{ samples: 3 }] },
      [1, "tier 1", "tier 0 2 no, tier 1 3", "limit", [2, 3]],
    ],
  ])("%s", async (_, votes, options, [answer, tier, tiers, stopped, calls]) => {
    const { solver, models } = cascaded(votes, options);
    const response = await run(solver, "q");
    expect([response.answer, response.tier, climbed(response), response.stopped]).toEqual([
      answer,
      tier,
      tiers,
      stopped,
    ]);
    expect(models.map((model) => model.calls)).toEqual(calls);
    expect(response.text).toContain(answer === undefined ? "Who knows." : `m${models.length === 2 ? tier.at(-1) : ""}`);
  });

  test("the response of an accepted tier is its vote alone", async () => {
    const { solver } = cascaded(["12", "3133", "4"], { threshold: [1, 0.75], tiers: [{ samples: 4 }] });
    const response = await run(solver, "q");
    expect(response).toMatchObject({
      text: "m1 says\nAnswer: 3",
      key: "3",
      stopped: "ok",
      votes: [
        { key: "3", count: 3, weight: 3, share: 0.75 },
        { key: "1", count: 1, weight: 1 },
      ],
      confidence: 0.8125,
      margin: 0.5,
      discarded: 0,
      abstained: false,
      failures: [],
      tiers: [
        { name: "tier 0", samples: 2, agreement: 1 / 3, score: 1 / 3, accepted: false, usage: { calls: 2 } },
        { name: "tier 1", samples: 4, agreement: 0.75, score: 0.75, accepted: true, usage: { calls: 4 } },
      ],
      usage: { calls: 6 },
    });
    expect(response.samples.map(({ answer }) => answer)).toEqual([1, 2, 3, 1, 3, 3]);
  });

  test("where all vote, the last tier has an agreement, but nothing was asked of it", async () => {
    const { solver } = cascaded(["12", "34"], { tiers: [{ samples: 2 }] });
    expect((await run(solver, "q")).tiers[1]).toMatchObject({ agreement: 0.5, score: undefined, accepted: undefined });
  });

  test("the same words each time say nothing, and there is a warning", async () => {
    const response = await run(cascaded(["111", ""]).solver, "q");
    expect(response.warnings).toMatchObject([{ code: "identical-samples" }]);
  });

  test("in flight when it is settled: given up", async () => {
    const small = voter("1212", "small", { latencyMs: (index) => (index < 2 ? 100 : 1000) });
    const large = voter("3", "large");
    const clock = virtualClock();
    const solver = stack(small, cascade({ samples: 4, to: [{ model: large }] }));
    const { usage, tiers } = await clock.until(run(solver, "q", { clock }));
    expect(usage).toMatchObject({ calls: 3, cancelled: { calls: 2 } });
    expect(tiers.map((tier) => [tier.usage.calls, tier.usage.cancelled?.calls])).toEqual([
      [2, 2],
      [1, undefined],
    ]);
    expect([clock.now(), clock.pending]).toEqual([100, 0]);
  });

  test.each([
    [undefined, 4],
    [2, 2],
    [Infinity, 4],
  ])("concurrency %j", async (concurrency, starts) => {
    const small = voter("1111", "small", { latencyMs: 100 });
    const clock = virtualClock();
    const solver = stack(small, cascade({ samples: 4, concurrency, to: [{ model: voter("", "large") }] }));
    const done = run(solver, "q", { clock });
    await clock.advance(0);
    expect(small.calls).toBe(starts);
    await clock.until(done);
  });

  test("a request goes to all tiers as it is", async () => {
    const { solver, models } = cascaded(["12", "3"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], temperature: 0.3, logprobs: 2 };
    await run(solver, frozen(request));
    const [small, large] = models;
    expect(small?.requests[0]).toMatchObject({ temperature: 0.3, logprobs: 2 });
    expect(large?.requests[0]).toEqual(small?.requests[0]);
  });

  test("a tier may be a stack that samples by itself, and say how sure it is", async () => {
    const small = voter("11211", "small");
    const large = voter("2", "large");
    const voting = stack(small, solve, sampleN(5), majorityVote({ stop: () => false }));
    const sure: Scorer<{ readonly confidence: number } & Reasoned<number>> = ({ confidence }) => confidence;
    const to = [{ model: stack(large, solve, sampleN(1), majorityVote()) }];
    expect(await run(stack(voting, cascade({ accept: sure, threshold: 0.85, to })), "q")).toMatchObject({
      answer: 1,
      stopped: "ok",
      tiers: [{ samples: 1, score: 0.890625 }],
    });
    expect(large.calls).toBe(0);
  });
});

describe("the vote of all", () => {
  const half = 1 - 0.5 * (Math.log(2) / Math.log(2));
  const twoOfThree = 1 - (2 / 3) * ((Math.log(3) - (2 / 3) * Math.log(2)) / Math.log(3));

  test.each<
    [
      what: string,
      votes: readonly string[],
      tiers: readonly Partial<Tier<Reasoned<number>>>[],
      expected: readonly (readonly [key: string, weight: number])[],
      tier: string,
    ]
  >([
    [
      "a stronger tier overrules by default",
      ["112", "3"],
      [],
      [
        ["3", 3],
        ["1", 2 * twoOfThree],
        ["2", twoOfThree],
      ],
      "tier 1",
    ],
    [
      "and so does the next",
      ["112", "13", "2"],
      [],
      [
        ["2", 12 + twoOfThree],
        ["1", 2 * twoOfThree + 3 * half],
        ["3", 3 * half],
      ],
      "tier 2",
    ],
    [
      "as peers, by weight: the two samples that agree win",
      ["112", "3"],
      [{ weight: 1 }],
      [
        ["1", 2 * twoOfThree],
        ["3", 1],
        ["2", twoOfThree],
      ],
      "tier 0",
    ],
    [
      "as peers: the third vote decides, and the stronger has the word",
      ["112", "2"],
      [{ weight: 1 }],
      [
        ["2", 1 + twoOfThree],
        ["1", 2 * twoOfThree],
      ],
      "tier 1",
    ],
    [
      "a tie goes to the stronger",
      ["12", "3"],
      [{ weight: half }],
      [
        ["3", half],
        ["1", half],
        ["2", half],
      ],
      "tier 1",
    ],
    [
      "one that cannot be read makes a tier no less consistent",
      ["11?", "2"],
      [{ weight: 1 }],
      [
        ["1", 2],
        ["2", 1],
      ],
      "tier 0",
    ],
  ])("%s", async (_, votes, tiers, expected, tier) => {
    const response = await run(cascaded(votes, { tiers }).solver, "q");
    expect(response.votes.map(({ key }) => key)).toEqual(expected.map(([key]) => key));
    response.votes.forEach(({ weight }, i) => expect(weight).toBeCloseTo(expected[i]?.[1] ?? NaN, 12));
    expect([response.tier, response.text.slice(0, 2)]).toEqual([tier, `m${tier.at(-1)}`]);
  });
});

describe("a scorer", () => {
  type Expected = readonly [answer: number, climbed: string, scores: (number | undefined)[]];

  test.each<[what: string, votes: readonly string[], options: Options, Expected]>([
    ["a number of half or more", ["1", ""], { accept: () => 0.5 }, [1, "tier 0 1 ok", [0.5]]],
    ["a number below", ["1", "2"], { accept: () => 0.49 }, [2, "tier 0 1 no, tier 1 1", [0.49, undefined]]],
    ["a number at the threshold", ["1", ""], { accept: () => 3, threshold: 3 }, [1, "tier 0 1 ok", [3]]],
    [
      "a negative one below it",
      ["1", "2"],
      { accept: () => -3, threshold: -2 },
      [2, "tier 0 1 no, tier 1 1", [-3, undefined]],
    ],
    ["a verdict", ["1", ""], { accept: () => ({ ok: true, score: 0.2 }) }, [1, "tier 0 1 ok", [0.2]]],
    [
      "a verdict that is not ok, whatever its score",
      ["1", "2"],
      { accept: () => ({ ok: false, score: 0.8 }) },
      [2, "tier 0 1 no, tier 1 1", [0.8, undefined]],
    ],
    [
      "a verdict, by its score",
      ["1", ""],
      { accept: () => ({ ok: false, score: 0.8 }), threshold: 0.7 },
      [1, "tier 0 1 ok", [0.8]],
    ],
    ["a promise", ["1", ""], { accept: async () => ({ ok: true }) }, [1, "tier 0 1 ok", [1]]],
    [
      "one threshold for each",
      ["1", "2", "3"],
      { accept: () => 0.6, threshold: [0.7, 0.6] },
      [2, "tier 0 1 no, tier 1 1 ok", [0.6, 0.6]],
    ],
    [
      "nothing is ever enough",
      ["1", "2"],
      { accept: () => 9, threshold: Infinity },
      [2, "tier 0 1 no, tier 1 1", [9, undefined]],
    ],
    [
      "who cannot be read is not scored",
      ["?", "2"],
      { accept: () => 1 },
      [2, "tier 0 1 no, tier 1 1", [undefined, undefined]],
    ],
    [
      "more samples: their vote's winner, as soon as it is decided",
      ["2111", ""],
      { samples: 5, accept: one, threshold: 1 },
      [1, "tier 0 4 ok", [1]],
    ],
  ])("%s", async (_, votes, options, [answer, tiers, scores]) => {
    const { solver } = cascaded(votes, options);
    const response = await run(solver, "q");
    expect([response.answer, climbed(response)]).toEqual([answer, tiers]);
    expect(response.tiers.map(({ score }) => score)).toEqual(scores);
  });

  test("sees answer, question, model and tier, and may ask models", async () => {
    const critic = scripted(["0.2", "0.9"], { id: "critic" });
    const [small, middle, large] = [voter("1", "small"), voter("2", "middle"), voter("3", "large")];
    const seen: unknown[] = [];
    const accept: Scorer<Reasoned<number>> = async ({ answer }, { request, call, model, round }: FeedbackContext) => {
      seen.push([answer, request, model.id, round, call.path.join("/")]);
      return Number((await critic.generate(request, call)).text);
    };
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }] };
    const solver = stack(
      small,
      solve,
      cascade({ accept, to: [{ model: solve(middle), name: "middle" }, { model: solve(large) }] }),
    );
    const response = await run(solver, request);
    expect(seen).toEqual([
      [1, request, "chainOfThought(small)", 0, "cascade/tier 0/accept"],
      [2, request, "chainOfThought(middle)", 1, "cascade/middle/accept"],
    ]);
    expect(response).toMatchObject({ answer: 2, tier: "middle", usage: { calls: 4, judging: { calls: 2 } } });
    expect(response.tiers.map(({ usage }) => [usage.calls, usage.judging?.calls])).toEqual([
      [2, 1],
      [2, 1],
    ]);
    expect(large.calls).toBe(0);
  });

  test("that fails accepts nothing, and a warning says so", async () => {
    const accept = (): Promise<number> => Promise.reject(busy);
    const response = await run(cascaded(["1", "2"], { accept }).solver, "q");
    expect(response).toMatchObject({
      answer: 2,
      stopped: "limit",
      failures: [],
      warnings: [{ code: "not-scored", message: "the answer of tier 0 could not be scored, so it was not accepted" }],
    });
    expect(response.tiers[0]).toMatchObject({ score: undefined, accepted: false });
  });

  test.each([
    ["no score", () => NaN, /^cascade: what the scorer returns must be a finite number, or a verdict/],
    ["no verdict", () => ({ good: true }), /^cascade: what the scorer returns must be/],
    [
      "no score of a verdict",
      () => ({ ok: true, score: 7 }),
      /^cascade: the score of a verdict must be a number from 0 to 1, got 7/,
    ],
  ])("that gives %s", async (_, accept, message) => {
    const { solver } = cascaded(["1", "2"], { accept: accept as never });
    await expect(run(solver, "q")).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(message),
    });
  });

  test("that lacks a capability throws it", async () => {
    const lacks = new CapabilityError("logprobs", "m", "none came");
    const accept = (): number => {
      throw lacks;
    };
    await expect(run(cascaded(["1", "2"], { accept }).solver, "q")).rejects.toBe(lacks);
  });

  test("asks for the log-probabilities it reads, but not of the last tier", async () => {
    const accept = Object.assign(() => 0, { logprobs: 3 });
    const { solver, models } = cascaded(["1", "2", "3"], { accept });
    await run(solver, "q");
    expect(models.map(({ requests }) => requests[0]?.logprobs)).toEqual([3, 3, undefined]);
    const more = cascaded(["1", "2"], { accept });
    await run(more.solver, { messages: [{ role: "user", content: "q" }], logprobs: 5 });
    expect(more.models.map(({ requests }) => requests[0]?.logprobs)).toEqual([5, 5]);
  });

  test.each([
    ["the model beneath", false, true, true],
    ["a tier between", true, false, true],
    ["only the last", true, true, false],
  ])("and needs models that have them: %s has none", (_, ...has) => {
    const accept = Object.assign(() => 0, { logprobs: 0 });
    const [small, ...strong] = has.map((logprobs, i) => scripted(["a"], { id: `m${i}`, capabilities: { logprobs } }));
    const layer = cascade({ accept, to: strong.map((model) => ({ model })) });
    const build = (): unknown => stack(small as Model, layer);
    if (!has[2]) expect(build).not.toThrow();
    else {
      const id = `m${has.indexOf(false)}`;
      const message = `cascade: accept reads log-probabilities, which ${id} does not give; verifier(…) and agreement need none`;
      expect(build).toThrow(
        expect.objectContaining({ code: "capability", capability: "logprobs", model: id, message }),
      );
    }
  });
});

describe("failures", () => {
  type Expected = readonly [answer: number, climbed: string, stopped: string, failures: unknown[]];

  test.each<[what: string, votes: readonly string[], Expected]>([
    ["the first is refused", ["x", "2"], [2, "tier 0 0 no, tier 1 1", "limit", [refused]]],
    ["all samples of the first are lost", ["!!!", "2"], [2, "tier 0 0 no, tier 1 1", "limit", [busy, busy, busy]]],
    ["refused half way", ["1x", "2"], [2, "tier 0 1 no, tier 1 1", "limit", [refused]]],
    ["the last is refused", ["112", "x"], [1, "tier 0 3 no, tier 1 0", "failure", [refused]]],
    ["the last is lost", ["112", "!"], [1, "tier 0 3 no, tier 1 0", "failure", [busy]]],
    ["one between is refused", ["12", "x", "3"], [3, "tier 0 2 no, tier 1 0 no, tier 2 1", "limit", [refused]]],
    [
      "the first two are refused",
      ["x", "x", "3"],
      [3, "tier 0 0 no, tier 1 0 no, tier 2 1", "limit", [refused, refused]],
    ],
  ])("%s", async (_, votes, [answer, tiers, stopped, failures]) => {
    const response = await run(cascaded(votes).solver, "q");
    expect([response.answer, climbed(response), response.stopped]).toEqual([answer, tiers, stopped]);
    expect(response.failures.map(({ error }) => error)).toEqual(failures);
  });

  test("no sample at all is the first failure", async () => {
    await expect(run(cascaded(["!!!", "x"]).solver, "q")).rejects.toBe(busy);
    await expect(run(cascaded(["x", "!"]).solver, "q")).rejects.toBe(refused);
  });

  test.each([0, 1])("a wrong option of tier %i is thrown on", async (index) => {
    const wrong = new InvalidOptionError("somewhere", "n", "above 0", 0);
    const models = [scripted(["1", "2", "3"]), scripted(["1"])].map((model, i) =>
      i === index ? scripted([wrong], { repeat: true }) : model,
    );
    const solver = stack(models[0] as Model, cascade({ to: [{ model: models[1] as Model }] }));
    await expect(run(solver, "q")).rejects.toBe(wrong);
  });
});

describe("responses that call tools", () => {
  const call = { type: "tool-call", id: "1", name: "add", input: {} } as const;

  test.each([
    ["the first sample", [{ text: "", toolCalls: [call] }, "1", "1"], ["2"], "tier 0", 1],
    ["a later one", ["1", { text: "wait", toolCalls: [call] }, "1"], ["2"], "tier 0", 2],
    ["a stronger tier", ["1", "2", "3", "4"], [{ text: "", toolCalls: [call] }], "tier 1", 5],
  ] as const)("are returned at once: %s", async (_, first, second, tier, calls) => {
    const [small, large] = [scripted(first), scripted(second)];
    const options = { samples: 4, threshold: 0.5, concurrency: 1, to: [{ model: large }] };
    const response = await run(stack(small, cascade(options)), "q");
    expect(response).toMatchObject({ toolCalls: [call], finishReason: "tool-calls", tier, stopped: "done", votes: [] });
    expect([small.calls + large.calls, response.samples.length]).toEqual([calls, calls]);
  });
});

describe("out of budget or time", () => {
  test.each<[what: string, budget: object, answer: number, climbed: string, stopped: string]>([
    ["calls, in the first tier", { calls: 2 }, 1, "tier 0 2 no", "budget"],
    ["calls, between tiers", { calls: 3 }, 1, "tier 0 3 no, tier 1 0 no", "budget"],
    ["calls, in the second", { calls: 4 }, 2, "tier 0 3 no, tier 1 1 no", "budget"],
    ["time, in the first tier", { ms: 250 }, 1, "tier 0 2 no", "deadline"],
    ["time, in the second", { ms: 450 }, 2, "tier 0 3 no, tier 1 1 no", "deadline"],
  ])("the tiers so far vote: %s", async (_, budget, answer, tiers, stopped) => {
    const models = ["112", "223", "3"].map((votes, i) => voter(votes, `m${i}`, { latencyMs: 100 }));
    const [small, ...strong] = models as [ScriptedModel, ...ScriptedModel[]];
    const to = strong.map((model) => ({ model: solve(model) }));
    const { response } = await traced(stack(small, solve, cascade({ concurrency: 1, to })), "q", { budget });
    expect([response.answer, climbed(response), response.stopped]).toEqual([answer, tiers, stopped]);
  });

  test("enough of what there is agrees", async () => {
    const { solver } = cascaded(["11", ""], { samples: 3, threshold: 0.5 });
    expect(await run(solver, "q", { budget: { calls: 2 } })).toMatchObject({ stopped: "ok", answer: 1 });
  });

  test.each([
    ["calls", { calls: 1 }, "budget"],
    ["time", { ms: 150 }, "deadline"],
  ])("for the scorer: %s", async (_, budget, stopped) => {
    const critic = scripted(["1"], { latencyMs: 100 });
    const accept: Scorer = async (__, { request, call }) => Number((await critic.generate(request, call)).text);
    const [small, large] = [voter("1", "small", { latencyMs: 100 }), voter("2", "large")];
    const { response } = await traced(stack(small, cascade({ accept, to: [{ model: large }] })), "q", { budget });
    expect(response).toMatchObject({ stopped, tier: "tier 0", tiers: [{ score: undefined, accepted: false }] });
    expect(response.warnings).toBeUndefined();
    expect(large.calls).toBe(0);
  });

  test("nothing at all", async () => {
    const { solver } = cascaded(["111", "2"]);
    await expect(run(solver, "q", { budget: { tokens: 1 } })).rejects.toSatisfy(BudgetExceededError.is);
    const slow = stack(voter("111", "slow", { latencyMs: 100 }), cascade({ to: [{ model: voter("2", "large") }] }));
    await expect(traced(slow, "q", { budget: { ms: 50 } })).rejects.toMatchObject({ limit: "ms" });
  });
});

describe("cancellation", () => {
  const slow = (votes: string): ScriptedModel => voter(votes, "m", { latencyMs: 100 });

  test.each([
    ["in the first tier", 50, 3],
    ["in the second", 150, 4],
  ])("%s", async (_, ms, calls) => {
    const [small, large] = [slow("121"), slow("3")];
    const solver = stack(small, cascade({ to: [{ model: large }] }));
    expect(await giveUp(solver, ms, () => small.calls + large.calls)).toBe(calls);
  });

  test("in a scorer that never ends", async () => {
    const [small, large] = [slow("1"), slow("3")];
    const solver = stack(
      small,
      cascade({ accept: () => new Promise<number>(() => undefined), to: [{ model: large }] }),
    );
    expect(await giveUp(solver, 150, () => small.calls + large.calls)).toBe(1);
  });

  test("in a scorer, that fails: nobody is told of a next tier", async () => {
    const controller = new AbortController();
    const told: string[] = [];
    const accept = (): never => {
      controller.abort("left");
      throw busy;
    };
    const solver = stack(voter("1", "small"), cascade({ accept, to: [{ model: voter("2", "large") }] }));
    const onEvent = ({ type }: { readonly type: string }): void => void told.push(type);
    await expect(run(solver, "q", { signal: controller.signal, onEvent })).rejects.toBe("left");
    expect(told.filter((type) => type === "level")).toHaveLength(1);
  });

  test("before", async () => {
    const model = slow("1");
    await giveUpBefore(stack(model, cascade({ to: [{ model }] })), () => model.calls);
  });
});

describe("trace", () => {
  test("paths, tiers and what was thought of them", async () => {
    const [small, large] = [voter("12", "small"), voter("3", "large")];
    const solver = stack(small, cascade({ samples: 2, to: [{ model: large, name: "large" }] }));
    const { trace, events } = await traced(solver);
    expect(trace).toEqual([
      "start cascade",
      "level cascade",
      "start cascade/tier 0/#0/small",
      "end cascade/tier 0/#0/small",
      "sample cascade/tier 0",
      "start cascade/tier 0/#1/small",
      "end cascade/tier 0/#1/small",
      "sample cascade/tier 0",
      "feedback cascade",
      "level cascade",
      "start cascade/large/#0/large",
      "end cascade/large/#0/large",
      "sample cascade/large",
      "end cascade",
    ]);
    expect(events.filter(({ type }) => type === "level" || type === "feedback")).toEqual([
      { type: "level", path: ["cascade"], level: 0, name: "tier 0", confidence: undefined },
      { type: "feedback", path: ["cascade"], round: 0, ok: false, score: 0.5 },
      { type: "level", path: ["cascade"], level: 1, name: "large", confidence: 0.5 },
    ]);
    const deltas = events.flatMap((event) => (event.type === "delta" ? [event.output] : []));
    expect(new Set(deltas)).toEqual(new Set([false]));
  });

  test("an accepted tier", async () => {
    const { events } = await traced(cascaded(["111", ""]).solver);
    expect(events.filter(({ type }) => type === "feedback")).toMatchObject([{ round: 0, ok: true, score: 1 }]);
  });
});

test("outline", () => {
  const [small, large] = [scripted(["a"], { id: "small" }), scripted(["a"], { id: "large" })];
  const to = [
    { model: large, samples: 2 },
    { model: large, name: "top" },
  ];
  expect(outline(stack(small, cascade({ to }))).split("\n")).toEqual([
    "cascade (tier 0: 3, tier 1: 2, top: 1)  ≤ 6 calls, ≤ 9,144 tokens",
    "├─ small                                ≤ 1 call, ≤ 1,524 tokens",
    "├─ large                                ≤ 1 call, ≤ 1,524 tokens",
    "└─ large                                ≤ 1 call, ≤ 1,524 tokens",
  ]);
});

describe("its own laws", () => {
  const votes = fc.string({ unit: fc.constantFrom("1", "2", "?", "!"), minLength: 5, maxLength: 5 });

  test.prop([votes, votes, votes, fc.constantFrom(0.2, 0.5, 0.6, 0.8, 1), fc.integer({ min: 1, max: 5 })])(
    "stopping early never changes who answers, and the reports add up",
    async (first, second, third, threshold, concurrency) => {
      const all = [first, second, third];
      const { solver, models } = cascaded(all, { samples: 5, threshold, concurrency, tiers: [{}, { samples: 5 }] });
      const response = await run(solver, "q").catch((error: unknown) => {
        expect(error).toBe(busy);
      });
      // With every sample of every tier at hand.
      const most = all.map((cast) =>
        Math.max(...["1", "2"].map((key) => cast.split("").filter((vote) => vote === key).length)),
      );
      const accepted = most.slice(0, 2).findIndex((count) => count / 5 >= threshold - 1e-12);
      if (response === undefined) {
        expect(all.every((cast) => cast === "!!!!!")).toBe(true);
        return;
      }
      expect(response.tiers.findIndex((tier) => tier.accepted === true)).toBe(accepted);
      expect(response.tiers).toHaveLength(accepted < 0 ? 3 : accepted + 1);
      if (accepted >= 0) {
        const count = (key: string): number => all[accepted]?.split(key).length ?? 0;
        if (threshold > 0.5) expect(response.key).toBe(count("1") > count("2") ? "1" : "2");
        expect(response.tier).toBe(`tier ${accepted}`);
      }
      const sum = (of: (tier: TierReport) => number | undefined): number =>
        response.tiers.reduce((total, tier) => total + (of(tier) ?? 0), 0);
      expect(sum(({ samples }) => samples)).toBe(response.samples.length);
      for (const name of ["calls", "inputTokens", "outputTokens"] as const)
        expect(sum(({ usage }) => usage[name])).toBe(response.usage[name]);
      expect(sum(({ usage }) => usage.failed?.calls)).toBe(response.usage.failed?.calls ?? 0);
      expect(models.every((model) => model.calls <= 5)).toBe(true);
    },
  );

  test("in a world of two answers: as often asked, and as often right, as reckoned", async () => {
    const [p, strong, count] = [0.7, 0.9, 600];
    const world = (right: number, id: string): Model =>
      synthetic({
        id,
        answers: [
          ["1", right],
          ["2", 1 - right],
        ],
      });
    const to = [{ model: solve(world(strong, "large")) }];
    const solver = stack(world(p, "small"), solve, cascade({ to }));
    const responses = await Promise.all(Array.from({ length: count }, (_, seed) => run(solver, "q", { seed })));
    const mean = (of: (response: Cascaded<Reasoned<number>>) => boolean): number => responses.filter(of).length / count;
    const agree = p ** 3 + (1 - p) ** 3;
    const right = p ** 3 + (1 - agree) * strong;
    const noise = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / count);
    expect(Math.abs(mean(({ tiers }) => tiers.length === 1) - agree)).toBeLessThan(noise(agree));
    expect(Math.abs(mean(({ answer }) => answer === 1) - right)).toBeLessThan(noise(right));
  });
});

describe("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  const strong = stack(model, chainOfThought({ answer: number() }));

  test("answers flow through", () => {
    const solver = stack(strong, cascade({ to: [{ model: strong }] }));
    expectTypeOf(solver).toEqualTypeOf<Model<Cascaded<Reasoned<number>>>>();
    const more = stack(
      strong,
      cascade({ accept: ({ answer }) => answer ?? 0, to: [{ model: strong }] }),
      reviseLoop({ feedback: ({ answer, tier }) => ({ ok: answer === 1 && tier === "tier 0" }) }),
    );
    expectTypeOf(more.generate).returns.resolves.toHaveProperty("tiers").toEqualTypeOf<readonly TierReport[]>();
  });

  test("tiers answer like the model beneath", () => {
    const richer = stack(strong, cascade({ to: [{ model: stack(strong, sampleN(2)) }] }));
    expectTypeOf(richer.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
    // @ts-expect-error -- a model without an answer
    compiles(() => stack(strong, cascade({ to: [{ model }] })));
    // @ts-expect-error -- to whom?
    expect(() => cascade({})).toThrow();
  });
});

describe("wrong options", () => {
  const model = scripted(["a"]);
  const to = [{ model }];
  const named = "to, samples, accept, threshold, concurrency";

  test.each<[options: unknown, message: string]>([
    [null, ": options must be an object, got null"],
    [{ to, k: 3 }, `: an option must be one of ${named}, got "k"`],
    [{}, ": to must be a list of at least one tier, such as [{ model: strong }], got undefined"],
    [{ to: [] }, ": to must be a list of at least one tier, such as [{ model: strong }], got an empty array"],
    [{ to: { model } }, ": to must be a list of at least one tier, such as [{ model: strong }], got an object"],
    [{ to: [null] }, ": to[0]: options must be an object, got null"],
    [{ to: [{ model }, { model, n: 2 }] }, ': to[1]: an option must be one of model, name, samples, weight, got "n"'],
    [{ to: [{}] }, ": to[0]: model must be a model, got undefined"],
    [{ to: [{ model: "gpt" }] }, ': to[0]: model must be a model, got "gpt"'],
    [{ to: [{ model, name: "" }] }, ": to[0]: name must be a text that is not empty, got an empty string"],
    [{ to: [{ model, name: 7 }] }, ": to[0]: name must be a text that is not empty, got 7"],
    [{ to: [{ model, samples: 0 }] }, ": to[0]: samples must be an integer of at least 1, got 0"],
    [{ to: [{ model, samples: 1 }, { model }] }, ": to[0]: samples must be an integer of at least 2, got 1"],
    [{ to: [{ model, weight: 0 }] }, ": to[0]: weight must be a finite number above 0, got 0"],
    [{ to: [{ model, weight: -1 }] }, ": to[0]: weight must be a number of at least 0, got -1"],
    [{ to: [{ model, weight: Infinity }] }, ": to[0]: weight must be a finite number above 0, got Infinity"],
    [{ to, samples: 1 }, ": samples must be an integer of at least 2, got 1"],
    [{ to, samples: 0, accept: one }, ": samples must be an integer of at least 1, got 0"],
    [{ to, samples: 2.5 }, ": samples must be an integer of at least 2, got 2.5"],
    [
      { to, accept: 0.5 },
      ": accept must be a function that scores a response; verifier(…), judge(…) and tests(…) make one, got 0.5",
    ],
    [{ to, threshold: 0 }, ": threshold must be above 0, to 1, or Infinity, got 0"],
    [{ to, threshold: 1.1 }, ": threshold must be above 0, to 1, or Infinity, got 1.1"],
    [{ to, threshold: [NaN] }, ": threshold must be above 0, to 1, or Infinity, got NaN"],
    [{ to, threshold: [undefined] }, ": threshold must be above 0, to 1, or Infinity, got undefined"],
    [
      { to, threshold: [0.5, 0.5] },
      ': threshold must be a number, or a list of 1: one for each tier but the last, got "2 numbers"',
    ],
    [{ to, threshold: NaN, accept: one }, ": threshold must be a number, got NaN"],
    [{ to, threshold: "0.5", accept: one }, ': threshold must be a number, got "0.5"'],
    [{ to, concurrency: 0 }, ": concurrency must be an integer of at least 1, got 0"],
    [{ to, concurrency: 1.5 }, ": concurrency must be an integer of at least 1, got 1.5"],
  ])("%j", (options, message) => {
    expect(() => cascade(options as CascadeOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `cascade${message}` }),
    );
  });

  test("a single sample will do where a scorer decides", () => {
    expect(() => cascade({ to: [{ model, samples: 1 }, { model }], samples: 1, accept: one })).not.toThrow();
  });
});
