/**
 * @module
 * Harvest: what runs hold becomes training data, and what does not is counted.
 */
import { fc, test as prop } from "@fast-check/vitest";
import {
  allocate,
  bestOf,
  chainOfThought,
  effort,
  fuse,
  harvest,
  InvalidOptionError,
  majorityVote,
  never,
  number,
  ProviderError,
  record,
  replay,
  reviseLoop,
  run,
  sampleN,
  selfCritique,
  stack,
  toJsonl,
  toolLoop,
  tool,
  tournament,
  type Feedback,
  type Harvest,
  type HarvestOptions,
  type HarvestRun,
  type Message,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type Reasoned,
  type Tape,
  type Voted,
} from "mull";
import { scripted, synthetic, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";

const usage: ModelResponse["usage"] = {
  ...{ calls: 1, inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0, usd: undefined },
};
type Solved = ModelResponse & { readonly key?: string | undefined };

/** A response that thought, and came to an answer. */
function solved(key: string | undefined, thought = `so ${key}`, fields: Partial<Solved> = {}): Solved {
  return { text: thought, key, finishReason: "stop", usage, ...fields };
}

function sampled(...samples: readonly Solved[]): Solved & { readonly samples: readonly Solved[] } {
  return { ...(samples[0] as Solved), samples };
}

const question = "What is 6 · 7?";
const user: readonly Message[] = [{ role: "user", content: question }];
/** A run of one question: answers, each thought through in its own way. */
const runOf = (...keys: readonly (string | undefined)[]): HarvestRun => ({
  request: question,
  response: sampled(...keys.map((key, i) => solved(key, `way ${i} to ${key}`))),
});
const completionsOf = ({ sft }: Harvest): readonly string[] => sft.map(({ completion }) => completion);
const labelsOf = ({ verifier }: Harvest): readonly string[] =>
  verifier.map(({ completion, right }) => `${completion}: ${right}`);
const correct: Feedback = (response) => ({ ok: (response as Solved).key === "42" });

describe("truth", () => {
  test("by the majority", async () => {
    const { sft, preferences, verifier, report } = await harvest([runOf("42", "41", "42", "40", "42")], {
      truth: "majority",
    });
    expect(sft).toEqual(
      ["way 0 to 42", "way 2 to 42", "way 4 to 42"].map((completion) => ({ messages: user, completion })),
    );
    expect(preferences).toEqual([
      { messages: user, chosen: "way 0 to 42", rejected: "way 1 to 41" },
      { messages: user, chosen: "way 2 to 42", rejected: "way 3 to 40" },
    ]);
    expect(verifier.map(({ completion, right }) => [completion, right])).toEqual([
      ["way 0 to 42", true],
      ["way 2 to 42", true],
      ["way 4 to 42", true],
      ["way 1 to 41", false],
      ["way 3 to 40", false],
    ]);
    expect(report).toMatchObject({ questions: 1, solutions: 5, right: 3, wrong: 2, dropped: {}, stopped: "done" });
    expect(report.usage.calls).toBe(0);
  });

  test.each<[string, readonly (string | undefined)[], number, number]>([
    ["one voice is none", ["42"], 0, 0],
    ["of two that are even neither is", ["42", "41"], 0, 0],
    ["even at the top", ["42", "41", "42", "41", "40"], 0, 0],
    ["two against one", ["42", "41", "42"], 0, 2],
    ["a share that is enough", ["42", "41", "42"], 0.66, 2],
    ["a share that is too small", ["42", "41", "42"], 0.67, 0],
    ["nothing that can be read", [undefined, undefined], 0, 0],
  ])("by the majority: %s", async (_, keys, minShare, right) => {
    const { report } = await harvest([runOf(...keys)], { truth: "majority", minShare });
    expect(report.right).toBe(right);
    expect(report.wrong).toBe(right === 0 ? 0 : 1);
  });

  test("the majority is that of all runs of a question, and of no other", async () => {
    const runs = [runOf("41", "42"), { ...runOf("41"), request: "What else?" }, runOf("42")];
    const { report, sft } = await harvest(runs, { truth: "majority" });
    expect(report).toMatchObject({ questions: 2, right: 2, wrong: 1, dropped: { "no-truth": 1 } });
    expect(sft.map(({ completion }) => completion)).toEqual(["way 1 to 42", "way 0 to 42"]);
  });

  test("twice the same words count twice in the vote, and are learnt once", async () => {
    const twice = sampled(solved("42", "same"), solved("41", "other"), solved("42", "same"));
    const result = await harvest([{ request: question, response: twice }], { truth: "majority" });
    expect(completionsOf(result)).toEqual(["same"]);
    expect(result.report).toMatchObject({ right: 1, wrong: 1, dropped: { duplicate: 1 } });
  });

  test("by the known answer", async () => {
    const known = [
      { ...runOf("41", "42", "41"), gold: "42" },
      { ...runOf("1"), request: "And this?" },
    ];
    const { report, sft } = await harvest(known, { truth: "gold" });
    expect(sft.map(({ completion }) => completion)).toEqual(["way 1 to 42"]);
    expect(report).toMatchObject({ right: 1, wrong: 2, dropped: { "no-truth": 1 } });
  });

  test("by numbers: the best against all that are lower, and no label for a verifier", async () => {
    const samples = [solved("1", "a"), solved("2", "b"), solved("3", "c"), solved("4", "d")];
    const scored = [0.2, 0.9, 0.9, undefined].map((score, i) => ({ sample: samples[i], score, verdict: undefined }));
    const response = { ...sampled(...samples), scored };
    const result = await harvest([{ request: question, response }], { truth: "score" });
    expect(completionsOf(result)).toEqual(["b", "c"]);
    expect(result.preferences).toEqual([{ messages: user, chosen: "b", rejected: "a" }]);
    expect(result.verifier).toEqual([]);
    expect(result.report).toMatchObject({ right: 2, wrong: 1, dropped: { "no-truth": 1 } });
    const even = scored.map((one) => ({ ...one, score: 1 }));
    const nothing = await harvest([{ request: question, response: { ...response, scored: even } }], { truth: "score" });
    expect(nothing.report).toMatchObject({ right: 0, wrong: 0, dropped: { "no-truth": 4 } });
  });
});

describe("the ledger of each strategy", () => {
  const solve = chainOfThought({ answer: number(), askAgain: false });
  const chain = (answer: number, way: string): string => `${way}\nAnswer: ${answer}`;

  test("majorityVote: every sample", async () => {
    const model = scripted([chain(42, "a"), chain(41, "b"), chain(42, "c")]);
    const response = await run(stack(model, solve, sampleN(3), majorityVote({ stop: never })), question);
    const result = await harvest([{ request: question, response }], { truth: "majority" });
    expect(labelsOf(result)).toEqual([
      `${chain(42, "a")}: true`,
      `${chain(42, "c")}: true`,
      `${chain(41, "b")}: false`,
    ]);
    // The prompt is the question, without what asked for the thought.
    expect(result.sft[0]?.messages).toEqual(user);
  });

  test("bestOf: what the scorer said of each", async () => {
    const model = scripted([chain(41, "a"), chain(42, "b"), chain(40, "c")]);
    const scorer: Feedback<Reasoned<number>> = ({ answer }) => ({
      ok: answer === 42,
      score: answer === 42 ? 0.9 : 0.1,
    });
    const response = await run(stack(model, solve, sampleN(3), bestOf({ scorer })), question);
    const result = await harvest([{ request: question, response }], { truth: "score" });
    expect(labelsOf(result)).toEqual([
      `${chain(42, "b")}: true`,
      `${chain(41, "a")}: false`,
      `${chain(40, "c")}: false`,
    ]);
    // A ledger that was a file in between says the same.
    const saved = JSON.parse(JSON.stringify({ request: question, response })) as HarvestRun;
    expect(await harvest([saved], { truth: "score" })).toEqual(result);
  });

  test("reviseLoop: every draft with its verdict; in a vote the last one alone", async () => {
    const model = scripted([chain(41, "a"), chain(42, "b"), chain(42, "c"), chain(41, "d"), chain(40, "e")]);
    const feedback: Feedback<Reasoned<number>> = ({ answer }) => ({ ok: answer !== 41, message: "No." });
    const loop = stack(
      model,
      solve,
      reviseLoop({ feedback }),
      sampleN(3, { concurrency: 1 }),
      majorityVote({ stop: never }),
    );
    const response = await run(loop, question);
    const byVerdict = await harvest([{ request: question, response }], { truth: "score" });
    expect(labelsOf(byVerdict)).toEqual([
      ...["b", "c"].map((way) => `${chain(42, way)}: true`),
      `${chain(40, "e")}: true`,
      ...["a", "d"].map((way) => `${chain(41, way)}: false`),
    ]);
    // 42, 42 and 40 vote; were drafts to vote, 41 and 42 would be even.
    const byVote = await harvest([{ request: question, response }], { truth: "majority" });
    expect(completionsOf(byVote)).toEqual([chain(42, "b"), chain(42, "c")]);
    expect(byVote.report).toMatchObject({ solutions: 5, right: 2, wrong: 3 });
  });

  test("reviseLoop over a vote: the samples of the returned draft vote, those of others do not", async () => {
    const model = scripted([1, 1, 1, 2, 3, 2].map((answer, i) => chain(answer, `w${i}`)));
    const loop = stack(
      model,
      solve,
      sampleN(3, { concurrency: 1 }),
      majorityVote({ stop: never }),
      reviseLoop({ feedback: ({ answer }) => ({ ok: answer === 2 }) }),
    );
    const result = await harvest([{ request: question, response: await run(loop, question) }], { truth: "majority" });
    expect(result.report).toMatchObject({ solutions: 6, right: 2, wrong: 4 });
  });

  test("tournament: comparisons won", async () => {
    const model = scripted([chain(41, "a"), chain(42, "b"), chain(41, "c")]);
    const by = scripted(({ messages }) => {
      const shown = JSON.stringify(messages);
      return `Response ${shown.indexOf("Answer: 42") < shown.indexOf("Answer: 41") ? 1 : 2}`;
    });
    const response = await run(stack(model, solve, sampleN(3), tournament({ by })), question);
    expect(response.answer).toBe(42);
    const result = await harvest([{ request: question, response }], { truth: "score" });
    expect(result.preferences).toEqual([{ messages: user, chosen: chain(42, "b"), rejected: chain(41, "a") }]);
    expect(result.report).toMatchObject({ right: 1, wrong: 2 });
  });

  test("fuse: the samples, and the new answer beside them", async () => {
    const model = scripted([chain(41, "a"), chain(42, "b"), chain(42, "new")]);
    const response = await run(stack(model, solve, sampleN(2), fuse()), question);
    const result = await harvest([{ request: question, response }], { truth: "majority" });
    expect(completionsOf(result)).toEqual([chain(42, "b"), chain(42, "new")]);
    expect(result.report.solutions).toBe(3);
  });

  test("effort: every level", async () => {
    const model = scripted([chain(41, "a"), chain(42, "b")]);
    const enough = ({ answer }: Reasoned<number>): boolean => answer === 42;
    const response = await run(
      stack(model, solve, effort<Reasoned<number>>({ levels: ["low", "high"], enough })),
      question,
    );
    const result = await harvest([{ request: question, response, gold: "42" }], { truth: "gold" });
    expect(labelsOf(result)).toEqual([`${chain(42, "b")}: true`, `${chain(41, "a")}: false`]);
  });

  test("allocate: what it gives is taken as it comes", async () => {
    const model = synthetic({
      answers: [
        ["42", 0.9],
        ["41", 0.1],
      ],
    });
    const batch = allocate(stack(model, solve), ["one?", "two?", "three?"], { budget: { calls: 30 }, seed: 1 });
    const result = await harvest(batch, { truth: "majority" });
    expect(result.report.questions).toBe(3);
    expect(result.report.solutions).toBeGreaterThan(10);
    expect(result.sft.every(({ completion }) => completion.includes("42"))).toBe(true);
  });

  test("a run that is on a tape is played again without a call, and harvested", async () => {
    const lines: string[] = [];
    const tape: Tape = {
      read: () => Promise.resolve([...lines]),
      append: (line) => Promise.resolve(void lines.push(line)),
    };
    const recorded = scripted([chain(42, "a"), chain(41, "b"), chain(42, "c")]);
    const solver = (layer: typeof record, model = recorded) =>
      stack(model, layer(tape), solve, sampleN(3), majorityVote({ stop: never }));
    const first = await run(solver(record), question, { seed: 1 });
    const again = await run(solver(replay), question, { seed: 1 });
    expect(recorded.calls).toBe(3);
    const both = await Promise.all(
      [first, again].map((response) => harvest([{ request: question, response }], { truth: "majority" })),
    );
    expect(both[1]).toEqual(both[0]);
    expect(both[0]?.report.right).toBe(2);
  });

  test("an answer that rests on tools is no example", async () => {
    const add = tool({ name: "add", description: "Adds.", input: z.object({}), execute: () => 42 });
    const model = scripted([
      { text: "", toolCalls: [{ type: "tool-call", id: "1", name: "add", input: {} }] },
      "Answer: 42",
      "Answer: 42",
    ]);
    const loop = stack(model, toolLoop({ tools: [add] }));
    const runs = [
      { request: "with tools?", response: await run(loop, "with tools?"), gold: "answer: 42" },
      { request: "without?", response: await run(loop, "without?"), gold: "answer: 42" },
    ];
    const { report } = await harvest(runs, { truth: "gold" });
    expect(report).toMatchObject({ solutions: 2, right: 1, dropped: { tools: 1 } });
  });
});

describe("what is left out is counted by its reason", () => {
  const file: Message = { role: "user", content: [{ type: "file", mediaType: "image/png", data: "AA==" }] };
  const call = { type: "tool-call", id: "1", name: "f", input: {} } as const;
  test.each<[string, HarvestRun, string | undefined]>([
    ["a prompt with a file", { request: { messages: [file, ...user] }, response: solved("42") }, "files"],
    [
      "a prompt with calls",
      { request: { messages: [...user, { role: "assistant", content: [call] }, ...user] }, response: solved("42") },
      "tools",
    ],
    [
      "a call",
      { request: question, response: solved("42", "", { toolCalls: [call], finishReason: "tool-calls" }) },
      "tools",
    ],
    [
      "a file",
      {
        request: question,
        response: solved("42", "x", { content: [{ type: "file", mediaType: "image/png", data: "" }] }),
      },
      "files",
    ],
    ["cut", { request: question, response: solved("42", "so", { finishReason: "length" }) }, "cut"],
    ["filtered", { request: question, response: solved("42", "so", { finishReason: "content-filter" }) }, "cut"],
    ["no words", { request: question, response: solved("42", " \n") }, "empty"],
    ["no answer", { request: question, response: solved(undefined) }, "unread"],
    ["nothing wrong with it", { request: question, response: solved("42") }, undefined],
  ])("%s", async (_, one, reason) => {
    const { report, sft } = await harvest([{ ...one, gold: "42" }], { truth: "gold" });
    expect(report.dropped).toEqual(reason === undefined ? {} : { [reason]: 1 });
    expect(sft).toHaveLength(reason === undefined ? 1 : 0);
  });

  test("a run without a response", async () => {
    const { report } = await harvest([{ request: question, response: undefined }], { truth: "majority" });
    expect(report).toMatchObject({ failedRuns: 1, questions: 0, solutions: 0 });
  });

  test.each<[string, string | ModelRequest]>([
    ["the same words", question],
    ["other case and spaces", "  what is\n6 · 7?"],
    ["behind instructions", { messages: [{ role: "system", content: "Be brief." }, ...user] }],
    [
      "as an example",
      { messages: [...user, { role: "assistant", content: "42" }, { role: "user", content: "And 7 · 8?" }] },
    ],
  ])("a question kept for measuring: %s", async (_, request) => {
    const other = { ...runOf("42", "42"), request: "Something else?" };
    const kept = await harvest([{ ...runOf("42", "42"), request }, other], { truth: "majority", heldOut: [question] });
    expect(kept.report).toMatchObject({ right: 2, dropped: { "held-out": 2 } });
    expect(JSON.stringify([kept.sft, kept.preferences, kept.verifier])).not.toMatch(/6 · 7/);
  });

  test("a cap for each question and kind", async () => {
    const many = runOf(...Array.from({ length: 7 }, () => "42"), ...Array.from({ length: 5 }, () => "41"));
    const result = await harvest([many, { ...many, request: "Another?" }], { truth: "majority", perQuestion: 3 });
    expect(completionsOf(result).slice(0, 3)).toEqual(["way 0 to 42", "way 1 to 42", "way 2 to 42"]);
    expect(result.report).toMatchObject({ right: 6, wrong: 6, dropped: { capped: 12 } });
    expect(result.preferences).toHaveLength(6);
    const all = await harvest([runOf(...Array.from({ length: 12 }, () => "42"))], { truth: "majority" });
    expect(all.report).toMatchObject({ right: 10, dropped: { capped: 2 } });
  });
});

describe("the completion", () => {
  const thinker = solved("42", "Answer: 42", { reasoning: "Six sevens.\n" });
  test.each<[HarvestOptions["reasoning"], string]>([
    [undefined, "<think>\nSix sevens.\n</think>\n\nAnswer: 42"],
    ["think", "<think>\nSix sevens.\n</think>\n\nAnswer: 42"],
    ["omit", "Answer: 42"],
  ])("a thought that stands apart: %s", async (reasoning, completion) => {
    const result = await harvest([{ request: question, response: thinker, gold: "42" }], { truth: "gold", reasoning });
    expect(completionsOf(result)).toEqual([completion]);
  });

  test("it has what the answer was begun with", async () => {
    const begun = { request: { messages: user, prefill: "Six " }, response: solved("42", "sevens."), gold: "42" };
    expect(completionsOf(await harvest([begun], { truth: "gold" }))).toEqual(["Six sevens."]);
  });
});

describe("feedback", () => {
  test("is asked once about each solution, with the question, its place and a call that judges", async () => {
    const seen: unknown[] = [];
    const by = scripted(["yes"], { repeat: true });
    const truth: Feedback = async (response, context) => {
      await by.generate({ messages: user }, context.call);
      seen.push([response.text, context.round, context.request.messages]);
      return correct(response, context);
    };
    const twice = sampled(solved("42", "a"), solved("41", "b"), solved("42", "a"), solved("42", "c"));
    const events: MullEvent[] = [];
    const onEvent = (event: MullEvent): number => events.push(event);
    const result = await harvest([{ request: question, response: twice }], { truth, onEvent, seed: 1 });
    expect(seen).toEqual([
      ["a", 0, user],
      ["b", 1, user],
      ["c", 3, user],
    ]);
    expect(result.report).toMatchObject({ right: 2, wrong: 1, dropped: { duplicate: 1 } });
    expect(result.report.usage.judging?.calls).toBe(3);
    const paths = events.filter(({ type }) => type === "start").map(({ path }) => path.slice(0, 4).join("/"));
    expect(paths).toContain("harvest/check/#1/truth");
  });

  test("a right answer for a wrong reason is flagged, and not learnt from", async () => {
    let asked = 0;
    const reason: Feedback = ({ text }) => {
      asked++;
      return { ok: !text.startsWith("way 2") };
    };
    const result = await harvest([runOf("42", "41", "42", "42")], { truth: "majority", reason });
    expect(asked).toBe(3);
    expect(completionsOf(result)).toEqual(["way 0 to 42", "way 3 to 42"]);
    expect(result.preferences).toHaveLength(1);
    expect(result.verifier.filter(({ rightAnswerWrongReason }) => rightAnswerWrongReason)).toEqual([
      { messages: user, completion: "way 2 to 42", right: true, rightAnswerWrongReason: true },
    ]);
    expect(toJsonl(result.verifier, "trl-unpaired").match(/"label":true/g)).toHaveLength(2);
    expect(result.report).toMatchObject({ right: 2, wrong: 1, rightAnswerWrongReason: 1 });
  });

  test("that fails drops its solution; the others stay", async () => {
    const truth: Feedback = (response, context) => {
      if (context.round === 1) throw new ProviderError("down", { status: 503 });
      return correct(response, context);
    };
    const { report } = await harvest([runOf("42", "42", "41")], { truth });
    expect(report).toMatchObject({ right: 1, wrong: 1, dropped: { "check-failed": 1 }, stopped: "done" });
  });

  test("out of budget, what was checked is harvested", async () => {
    const by = scripted(["yes"], { repeat: true });
    const truth: Feedback = async (response, context) => {
      await by.generate({ messages: user }, context.call);
      return correct(response, context);
    };
    const many = runOf(...Array.from({ length: 9 }, (_, i) => (i % 2 === 0 ? "42" : "41")));
    for (const concurrency of [1, 8]) {
      const result = await harvest([many], { truth, budget: { calls: 4 }, concurrency });
      expect(result.report).toMatchObject({ right: 2, wrong: 2, dropped: { unchecked: 5 }, stopped: "budget" });
      expect(result.sft).toHaveLength(2);
    }
  });

  test("out of time, too; so many at a time", async () => {
    const by = scripted(["yes"], { repeat: true, latencyMs: 100 });
    const truth: Feedback = async (response, context) => {
      await by.generate({ messages: user }, context.call);
      return correct(response, context);
    };
    const clock = virtualClock();
    const many = runOf(...Array.from({ length: 10 }, () => "42"));
    const { report } = await clock.until(harvest([many], { truth, budget: { ms: 350 }, concurrency: 2, clock }));
    expect(report).toMatchObject({ right: 6, dropped: { unchecked: 4 }, stopped: "deadline" });
    expect(clock.pending).toBe(0);
  });

  test("the caller who gives up gets the reason, and nothing more is asked", async () => {
    const clock = virtualClock();
    const by = scripted(["yes"], { repeat: true, latencyMs: 100 });
    const truth: Feedback = async (response, context) => {
      await by.generate({ messages: user }, context.call);
      return correct(response, context);
    };
    const controller = new AbortController();
    let outcome: unknown;
    harvest([runOf("42", "42", "42")], { truth, concurrency: 1, clock, signal: controller.signal }).catch(
      (error: unknown) => (outcome = error),
    );
    await clock.advance(150);
    const reason = { why: "the caller left" };
    controller.abort(reason);
    await clock.advance(0);
    expect(outcome).toBe(reason);
    await clock.advance(1_000);
    expect(by.calls).toBe(2);
    await expect(harvest([], { truth, signal: controller.signal })).rejects.toBe(reason);
  });

  test("that asks the model that answered gets it, or says what is missing", async () => {
    const own = scripted(["Score: 1"], { repeat: true });
    await harvest([runOf("42")], { truth: selfCritique(), model: own });
    expect(own.calls).toBe(1);
    await expect(harvest([runOf("42")], { truth: selfCritique() })).rejects.toMatchObject({
      code: "capability",
      message: expect.stringContaining("give `model`") as string,
    });
  });

  test("that gives no verdict is an error", async () => {
    await expect(harvest([runOf("42")], { truth: (() => 0.5) as never })).rejects.toThrow(
      "harvest: what feedback returns must be a verdict such as { ok: false }, got 0.5",
    );
  });
});

test.each<[unknown, string]>([
  [{}, "truth"],
  [{ truth: "mostly" }, "truth"],
  [{ truth: "majority", reason: "sound" }, "reason"],
  [{ truth: "majority", minShare: 1.1 }, "minShare"],
  [{ truth: "score", minShare: 0.5 }, "minShare"],
  [{ truth: "majority", perQuestion: 0 }, "perQuestion"],
  [{ truth: "majority", reasoning: "hide" }, "reasoning"],
  [{ truth: "majority", heldOut: "a question" }, "heldOut"],
  [{ truth: "majority", heldOut: 5 }, "heldOut"],
  [{ truth: "majority", heldOut: [""] }, "the prompt"],
  [{ truth: "majority", model: "gpt" }, "model"],
  [{ truth: "majority", concurrency: 0 }, "concurrency"],
  [{ truth: "majority", temperature: 1 }, "an option"],
])("%j: %s is named", async (options, option) => {
  await expect(harvest([], options as HarvestOptions)).rejects.toMatchObject({
    ...{ code: "invalid-option", where: "harvest", option },
  });
});

test.each([
  [{ request: "", response: solved("1") }, "the prompt"],
  [{ request: question, response: solved("1"), gold: 17 }, "gold"],
])("a run that is none: %j", async (one, option) => {
  await expect(harvest([one as HarvestRun], { truth: "majority" })).rejects.toMatchObject({ option });
  await expect(harvest([one as HarvestRun], { truth: "majority" })).rejects.toThrow(InvalidOptionError);
});

const anySolution = fc.record({
  key: fc.constantFrom("1", "2", "3", undefined),
  way: fc.constantFrom("a", "b", "c", " "),
  finishReason: fc.constantFrom("stop" as const, "stop" as const, "length" as const),
});
const anyRun = fc.record({
  request: fc.constantFrom("one?", "two?", "held out?"),
  samples: fc.array(anySolution, { minLength: 1, maxLength: 8 }),
});

prop.prop(
  [
    fc.array(anyRun, { maxLength: 6 }),
    fc.constantFrom("majority" as const, "gold" as const, correct),
    fc.integer({ min: 1, max: 3 }),
  ],
  {
    numRuns: 150,
  },
)("no solution is lost, none is counted twice, and nothing held out gets in", async (runs, truth, perQuestion) => {
  const given = runs.map(({ request, samples }) => ({
    request,
    gold: "1",
    response: sampled(...samples.map(({ key, way, finishReason }) => solved(key, way + (key ?? ""), { finishReason }))),
  }));
  const { sft, preferences, verifier, report } = await harvest(given, { truth, perQuestion, heldOut: ["held out?"] });
  const { right, wrong, rightAnswerWrongReason, dropped, solutions } = report;
  // A sample stands for the response where its words are the same; all of these have samples.
  expect(solutions).toBe(given.reduce((sum, { response }) => sum + response.samples.length, 0));
  expect(right + wrong + rightAnswerWrongReason + Object.values(dropped).reduce((a, b) => a + b, 0)).toBe(solutions);
  expect(sft).toHaveLength(right);
  expect(verifier).toHaveLength(right + wrong);
  expect(preferences.length).toBeLessThanOrEqual(Math.min(right, wrong));
  expect(right).toBeLessThanOrEqual(perQuestion * report.questions);
  const texts = sft.map(({ messages, completion }) => JSON.stringify([messages, completion]));
  expect(new Set(texts).size).toBe(texts.length);
  expect(JSON.stringify([sft, verifier])).not.toContain("held out?");
});

test("types: feedback sees the fields of the responses; what allocate gives is a list of runs", () => {
  expectTypeOf(harvest).returns.resolves.toEqualTypeOf<Harvest>();
  const runs: readonly HarvestRun<Reasoned<number>>[] = [];
  void harvest(runs, {
    truth: (response) => {
      expectTypeOf(response).toEqualTypeOf<Reasoned<number>>();
      return { ok: response.answer === 42 };
    },
  });
  expectTypeOf(allocate<Reasoned<number>>).returns.toExtend<AsyncIterable<HarvestRun<Voted<Reasoned<number>>>>>();
  // @ts-expect-error without truth there is nothing to learn
  void harvest(runs, {}).catch(() => undefined);
});
