import { fc, test as prop } from "@fast-check/vitest";
import {
  aheadBy,
  borda,
  chainOfThought,
  CapabilityError,
  majorityVote,
  never,
  number,
  ProviderError,
  redFlags,
  run,
  sameMeaning,
  sampleN,
  softmax,
  stack,
  textOf,
  tokenConfidence,
  top,
  type MajorityVoteOptions,
  type Model,
  type ModelResponse,
  type Reasoned,
  type Reweigh,
  type Sameness,
  type Weight,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { compiles, giveUp, traced } from "../../trial.js";
import { token } from "../../../answers/tokens.js";

const busy = new ProviderError("overloaded", { status: 503 });
const solve = chainOfThought({ answer: number(), askAgain: false });
type Vote = MajorityVoteOptions<Reasoned<number>>;

/** Are the numbers as far from 0? An answer to a question about lengths. */
const asFar: Sameness<Reasoned<number>> = (a, b) => Math.abs(a.answer ?? 0) === Math.abs(b.answer ?? 0);
const words: Sameness = (a, b) => a.text.length === b.text.length;

describe.each<[what: string, layer: (model: Model) => Model]>([
  [
    "reweighed",
    (model) =>
      stack(model, solve, sampleN(5), majorityVote({ weight: ({ answer = 0 }) => answer, reweigh: softmax(1) })),
  ],
  [
    "reweighed, with a stop",
    (model) =>
      stack(model, solve, sampleN(7, { concurrency: 3 }), majorityVote({ reweigh: borda(), stop: aheadBy(2) })),
  ],
  ["discarded", (model) => stack(model, solve, sampleN(5), majorityVote({ discard: redFlags() }))],
  ["clustered", (model) => stack(model, sampleN(5), majorityVote({ same: words }))],
  // The model beneath judges, too: every reply of the laws reads as neither yes nor no, so each comparison fails.
  ["clustered by a model", (model) => stack(model, sampleN(3), majorityVote({ same: sameMeaning(model) }))],
])("laws, %s", (_, layer) => {
  for (const { name, check } of middlewareLaws(layer)) test(name, check);
});

/** `12?` is the replies `Answer: 1`, `Answer: 2` and one that cannot be read; `!` is lost. */
function replies(votes: string): ScriptedReply[] {
  return votes.split(" ").map((vote) => (vote === "!" ? busy : vote === "?" ? "Who knows." : `Answer: ${vote}`));
}

/** The vote over these replies, in a few words. */
async function voted(votes: string, options: Vote) {
  const model = scripted(replies(votes));
  const n = votes.split(" ").length;
  const solver = stack(model, solve, sampleN(n, { concurrency: 1 }), majorityVote(options));
  const response = await run(solver, "q");
  return {
    response,
    calls: model.calls,
    votes: response.votes.map(({ key, weight }) => `${key}:${Number(weight.toFixed(3))}`).join(" "),
  };
}

const byAnswer: Weight<Reasoned<number>> = ({ answer = 0 }) => answer;

describe("reweighing", () => {
  test.each<[what: string, votes: string, options: Vote, counted: string, calls: number]>([
    ["all weights beside each other", "1 2 3", { weight: byAnswer, reweigh: top(0.3) }, "3:3", 3],
    ["ranks of equal weights", "1 1 2", { reweigh: borda(1) }, "1:4 2:2", 3],
    ["a weight of 0 may become a vote", "0 0 1", { weight: byAnswer, reweigh: softmax(1) }, "1:1 0:0.736", 3],
    ["who cannot vote takes no rank", "? 2 1", { weight: byAnswer, reweigh: borda(1) }, "2:2 1:1", 3],
    [
      "nor does who is discarded",
      "3 2 1",
      { weight: byAnswer, reweigh: borda(1), discard: ({ answer }) => answer === 3 },
      "2:2 1:1",
      3,
    ],
    ["nothing is decided early", "1 1 1 1", { reweigh: softmax(1) }, "1:4", 4],
    ["but where a rule says so", "1 1 1 1", { reweigh: softmax(1), stop: aheadBy(2) }, "1:2", 2],
    [
      "weights may be larger than before",
      "1 2 2",
      { weight: () => 1, maxWeight: 1, reweigh: (all) => all.map(() => 5) },
      "2:10 1:5",
      3,
    ],
  ])("%s", async (_, votes, options, counted, calls) => {
    const result = await voted(votes, options);
    expect([result.votes, result.calls]).toEqual([counted, calls]);
  });

  test("before each look at the rule, and at the end, with all so far in index order", async () => {
    const seen: (readonly number[])[] = [];
    const reweigh: Reweigh = (weights) => {
      seen.push([...weights]);
      return weights;
    };
    await voted("1 ? 3", { weight: byAnswer, reweigh, stop: ({ seen: n }) => n > 9 });
    expect(seen).toEqual([[1], [1], [1, 3]]);
    seen.length = 0;
    await voted("1 ? 3", { weight: byAnswer, reweigh });
    expect(seen).toEqual([[1, 3]]);
  });

  test("the rule sees the new weights, and how many may come", async () => {
    const looks: number[][] = [];
    await voted("1 2 2", {
      reweigh: (weights) => weights.map((_, i) => i + 1),
      stop: ({ first, second, remaining, seen, maxWeight }) => {
        looks.push([first, second, remaining, seen, maxWeight]);
        return false;
      },
    });
    expect(looks).toEqual([
      [1, 0, 2, 1, Infinity],
      [2, 1, 1, 2, Infinity],
    ]);
  });

  test.each<[given: unknown, message: string]>([
    [[1], "what reweigh returns must be a list of 2 weights, as many as it got, got an array"],
    [undefined, "what reweigh returns must be a list of 2 weights, as many as it got, got undefined"],
    [[1, -1], "a weight that reweigh returns must be a number of at least 0, got -1"],
    [[1, NaN], "a weight that reweigh returns must be a number of at least 0, got NaN"],
    [[1, Infinity], "a weight that reweigh returns must be a finite number, got Infinity"],
  ])("what it returns is checked: %j", async (given, message) => {
    await expect(voted("1 2", { reweigh: () => given as number[] })).rejects.toMatchObject({
      code: "invalid-option",
      message: `majorityVote: ${message}`,
    });
  });

  const weights = fc.array(fc.tuple(fc.constantFrom("1", "2", "3"), fc.integer({ min: 0, max: 8 })), {
    minLength: 1,
    maxLength: 8,
  });
  prop.prop([weights])("softmax in the limit: hot, the plain majority; cold, the surest", async (cast) => {
    const model = () => scripted(cast.map(([vote, worth]) => `${worth}\nAnswer: ${vote}`));
    const weight: Weight = ({ text }) => Number(text.split("\n")[0]);
    const vote = async (reweigh: Reweigh | undefined, w?: Weight) =>
      (await run(stack(model(), solve, sampleN(cast.length), majorityVote({ reweigh, weight: w, stop: never })), "q"))
        .answer;
    expect(await vote(softmax(1e300), weight)).toBe(await vote(undefined));
    const most = Math.max(...cast.map(([, worth]) => worth));
    const surest = cast.filter(([, worth]) => worth === most);
    const alone = await run(
      stack(
        scripted(surest.map(([v]) => `Answer: ${v}`)),
        solve,
        sampleN(surest.length),
        majorityVote({ stop: never }),
      ),
      "q",
    );
    expect(await vote(softmax(1e-3), weight)).toBe(alone.answer);
  });
});

describe("discarding", () => {
  const odd: Vote = { discard: ({ answer = 0 }) => answer % 2 === 1 };
  test.each<[what: string, votes: string, options: Vote, expected: Record<string, unknown>]>([
    ["the flagged cast no vote", "1 1 1 2", odd, { answer: 2, discarded: 3, abstained: false, text: "Answer: 2" }],
    ["nobody is", "2 2 4", odd, { answer: 2, discarded: 0 }],
    [
      "all are: there is no answer",
      "1 3 1",
      odd,
      { answer: undefined, key: undefined, discarded: 3, abstained: true, votes: [], text: "Answer: 1" },
    ],
    ["all but one that cannot be read", "1 ?", odd, { answer: undefined, discarded: 1, abstained: false }],
    ["red flags", "1 ? 1", { discard: redFlags() }, { answer: 1, discarded: 1 }],
  ])("%s", async (_, votes, options, expected) => {
    const { response } = await voted(votes, { stop: never, ...options });
    expect(response).toMatchObject(expected);
    expect(response.samples).toHaveLength(votes.split(" ").length);
  });

  test("words without an answer lose theirs, too", async () => {
    const response = await run(stack(scripted(["a", "b"]), sampleN(2), majorityVote({ discard: () => true })), "q");
    expect(response).toMatchObject({ text: "a", answer: undefined, key: undefined, abstained: true });
  });

  test("decided still elects whom all elect", async () => {
    // The first of five is flagged: after two more it is 2 to 0, with two to come, and a tie is won.
    const { calls, response } = await voted("1 2 2 2 4", odd);
    expect([response.answer, calls]).toEqual([2, 3]);
  });

  test("it says true or false", async () => {
    await expect(voted("1", { discard: () => "yes" as never })).rejects.toMatchObject({
      message: 'majorityVote: what discard returns must be true or false, got "yes"',
    });
  });
});

describe("clusters", () => {
  /** The vote, and which were compared: `-1=2` for the first of a cluster and a sample. */
  async function clustered(votes: string, options: Vote = {}, same: Sameness<Reasoned<number>> = asFar) {
    const compared: string[] = [];
    const noted: Sameness<Reasoned<number>> = (a, b, context) => {
      compared.push(`${a.answer}=${b.answer}`);
      return same(a, b, context);
    };
    const result = await voted(votes, { stop: never, ...options, same: noted });
    return { ...result, compared: compared.join(" ") };
  }

  test.each<[what: string, votes: string, counted: string, compared: string]>([
    ["one sample", "1", "1:1", ""],
    ["equal keys need no comparison", "1 1 1", "1:3", ""],
    ["other words", "1 -1 1 -1", "1:4", "1=-1"],
    ["the first of each, the largest first", "1 2 2 -2 3", "2:3 1:1 3:1", "1=2 2=-2 2=3 1=3"],
    ["of equal ones the earliest first", "1 2 -1 -2", "1:2 2:2", "1=2 1=-1 1=-2 2=-2"],
    ["a key that joined a cluster stays there", "1 -1 2 -1 -1", "1:4 2:1", "1=-1 1=2"],
    ["what cannot be read is not compared", "? 1 ? -1", "1:2", "1=-1"],
  ])("%s", async (_, votes, counted, compared) => {
    const result = await clustered(votes);
    expect([result.votes, result.compared]).toEqual([counted, compared]);
  });

  test("the winner is the first of the largest, its entropy that of the meanings", async () => {
    const { response } = await clustered("2 1 -1 -1");
    expect(response).toMatchObject({ answer: 1, text: "Answer: 1", votes: [{ key: "1", count: 3 }, { key: "2" }] });
    expect(response.entropy).toBeCloseTo(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25), 12);
    const apart = await clustered("2 1 -1 -1", {}, () => false);
    expect(apart.response).toMatchObject({ answer: -1 });
    expect(apart.response.entropy).toBeCloseTo(1.5 * Math.log(2), 12);
  });

  test("the flagged, and the weightless, are not compared", async () => {
    const flagged = await clustered("1 -1 2", { discard: ({ answer }) => answer === -1 });
    expect([flagged.votes, flagged.compared]).toEqual(["1:1 2:1", "1=2"]);
    const light = await clustered("1 -1 2", { weight: ({ answer }) => (answer === -1 ? 0 : 1) });
    expect([light.votes, light.compared]).toEqual(["1:1 2:1", "1=2"]);
    const again = await clustered("1 0 2", { weight: byAnswer, reweigh: softmax(1) });
    expect(again.compared).toBe("1=0 1=2 0=2");
  });

  test("it stops as soon as clusters decide", async () => {
    expect(await clustered("1 -1 1 2 2", { stop: undefined })).toMatchObject({ calls: 3, compared: "1=-1" });
  });

  test("n samples need n(n - 1)/2 comparisons at most", async () => {
    const { compared } = await clustered("1 2 3 4 5 6");
    expect(compared.split(" ")).toHaveLength(15);
  });

  test("a failure is no sameness, and worth one warning", async () => {
    const { response, votes } = await clustered("1 -1 2", {}, (a, b) => {
      if (b.answer === -1) throw busy;
      return Promise.reject(new Error(`${a.answer}`));
    });
    expect(votes).toBe("1:1 -1:1 2:1");
    expect(response.warnings).toEqual([
      { code: "comparison-failed", message: 'comparisons that failed, and count as "not the same": 3' },
    ]);
  });

  test("it says true or false", async () => {
    await expect(clustered("1 -1", {}, () => 1 as never)).rejects.toMatchObject({
      message: "majorityVote: what same returns must be true or false, got 1",
    });
  });

  test("it gets the question, the model, and which sample it is", async () => {
    const rounds: unknown[] = [];
    const model = scripted(["1", "2", "1", "3"]);
    const sampler = sampleN(4)(model);
    const same: Sameness = (_a, b, { request, model: next, round, call }) => {
      rounds.push([b.text, request.messages.length, next === sampler, round, call.path.join("/"), call.thought]);
      return false;
    };
    await run(stack(sampler, majorityVote({ same, stop: never })), "q");
    expect(rounds).toEqual([
      ["2", 1, true, 1, "majorityVote/same", true],
      ["3", 1, true, 3, "majorityVote/same:2", true],
      ["3", 1, true, 3, "majorityVote/same:3", true],
    ]);
  });

  describe("by a model", () => {
    const cities = ["Paris", "It is Paris.", "Rome", "Paris it is"];
    const paris = scripted(({ messages }) => {
      const [a, b] = textOf(messages[0]!).split("# Response 2");
      return a?.includes("Paris") === b?.split("# Task")[0]?.includes("Paris") ? "Answer: yes" : "Answer: no";
    });

    test("what it spends is judging", async () => {
      const model = scripted(cities);
      const solver = stack(model, sampleN(4), majorityVote({ same: sameMeaning(paris), stop: never }));
      const { response, trace } = await traced(solver, "What is the capital of France?");
      expect(response).toMatchObject({
        text: "Paris",
        votes: [{ key: "paris", count: 3 }, { key: "rome" }],
        usage: { calls: 7, judging: { calls: 3 } },
      });
      expect(trace.filter((line) => line.includes("/same"))).toEqual(
        ["same", "same:2", "same:3"].flatMap((name) => [
          `start majorityVote/${name}/scripted`,
          `end majorityVote/${name}/scripted`,
        ]),
      );
    });

    test.each([
      ["calls", { calls: 5 }, "budget", 3],
      ["time", { ms: 250 }, "deadline", 2],
    ])("out of %s: those counted so far decide", async (_, budget, stopped, seen) => {
      const model = scripted(["Rome", ...cities]);
      const slow = scripted(() => "no", { latencyMs: 100 });
      const solver = stack(model, sampleN(5, { concurrency: 1 }), majorityVote({ same: sameMeaning(slow) }));
      const { response } = await traced(solver, "q", { budget });
      expect(response).toMatchObject({ text: "Rome", stopped });
      expect(response.votes).toHaveLength(seen - 1 + (stopped === "budget" ? 0 : 1));
    });

    test("an abort reaches it", async () => {
      const model = scripted(cities);
      const slow = scripted(() => "no", { latencyMs: 100 });
      const solver = stack(model, sampleN(4), majorityVote({ same: sameMeaning(slow) }));
      expect(await giveUp(solver, 150, () => slow.calls)).toBe(2);
    });
  });

  test("an abort does not wait for who does not listen", async () => {
    const solver = stack(
      scripted(["a", "b"]),
      sampleN(2),
      majorityVote({ same: () => new Promise(() => undefined), stop: never }),
    );
    expect(await giveUp(solver, 10, () => 0)).toBe(0);
  });
});

describe("log-probabilities", () => {
  const sure = (text: string, confidence: number): ScriptedReply => ({ text, logprobs: [token(confidence)] });

  test("a weight that reads them asks for them", async () => {
    const model = scripted([sure("Answer: 1", 1), sure("Answer: 2", 3), sure("Answer: 1", 1)]);
    const solver = stack(model, solve, sampleN(3), majorityVote({ weight: tokenConfidence({ k: 2 }) }));
    const { answer, votes } = await run(solver, "q");
    expect(answer).toBe(2);
    expect(votes.map(({ weight }) => weight)).toEqual([3, 2]);
    expect(model.requests.map(({ logprobs }) => logprobs)).toEqual([2, 2, 2]);
  });

  test.each([
    [undefined, 5],
    [0, 5],
    [4, 5],
    [5, 5],
    [9, 9],
  ])("a request that asks for %j of them asks for %i", async (logprobs, asked) => {
    const model = scripted([sure("1", 1)]);
    const request = {
      messages: [{ role: "user", content: "q" }],
      ...(logprobs !== undefined && { logprobs }),
    } as const;
    await run(stack(model, sampleN(1), majorityVote({ weight: tokenConfidence({ k: 5 }) })), request);
    expect(model.requests[0]?.logprobs).toBe(asked);
  });

  test("a weight that reads none leaves the request alone", async () => {
    const model = scripted(["1"]);
    await run(stack(model, sampleN(1), majorityVote({ weight: () => 1 })), "q");
    expect(model.requests[0]).not.toHaveProperty("logprobs");
  });

  test("over a model that has none it cannot be stacked", () => {
    const model = scripted(["1"], { id: "mute", capabilities: { logprobs: false } });
    const build = () => stack(model, sampleN(2), majorityVote({ weight: tokenConfidence() }));
    expect(build).toThrow(CapabilityError);
    expect(build).toThrow(
      "majorityVote: the weight reads log-probabilities, which sampleN(mute) does not return; selfConfidence() asks the model in words instead",
    );
    expect(() => stack(model, sampleN(2), majorityVote({ weight: () => 1 }))).not.toThrow();
  });

  test("a model that returns none is found out by its first sample", async () => {
    const model = scripted(["1", "2", "3"]);
    const solver = stack(model, sampleN(3, { concurrency: 1 }), majorityVote({ weight: tokenConfidence() }));
    await expect(run(solver, "q")).rejects.toMatchObject({
      code: "capability",
      capability: "logprobs",
      model: "sampleN(scripted)",
    });
    expect(model.calls).toBe(1);
  });

  test("one of several without them casts no vote, and is worth a warning", async () => {
    const model = scripted([sure("1", 1), "2", sure("3", 2)]);
    const response = await run(stack(model, sampleN(3), majorityVote({ weight: tokenConfidence({ k: 2 }) })), "q");
    expect(response.votes.map(({ key }) => key)).toEqual(["3", "1"]);
    expect(response.warnings).toEqual([
      { code: "no-logprobs", message: "samples without log-probabilities, which cast no vote: 1" },
    ]);
  });
});

describe("what a weight says of itself", () => {
  const two = Object.assign(({ text }: ModelResponse) => (text === "a" ? 2 : 1), { max: 2 });

  test("the most it gives lets the vote be decided", async () => {
    const model = scripted(["a", "a", "b", "c"]);
    await run(stack(model, sampleN(4, { concurrency: 1 }), majorityVote({ weight: two })), "q");
    expect(model.calls).toBe(2);
    // The option holds instead of it.
    const again = scripted(["a", "a", "b", "c"]);
    await run(stack(again, sampleN(4, { concurrency: 1 }), majorityVote({ weight: two, maxWeight: 4 })), "q");
    expect(again.calls).toBe(4);
    await expect(
      run(stack(scripted(["a"]), sampleN(1), majorityVote({ weight: two, maxWeight: 1 })), "q"),
    ).rejects.toThrow("weight must be a number from 0 to 1, got 2");
  });

  test("is checked when the stack is built", () => {
    expect(() => majorityVote({ weight: Object.assign(() => 1, { max: -1 }) })).toThrow(
      "majorityVote: maxWeight must be a number of at least 0, got -1",
    );
    expect(() => majorityVote({ weight: Object.assign(() => 1, { logprobs: -1 }) })).toThrow(
      "majorityVote: weight.logprobs must be an integer of at least 0, got -1",
    );
  });

  test("who casts no vote is not weighed", async () => {
    const weighed: string[] = [];
    const weight: Weight = ({ text }) => weighed.push(text);
    await run(
      stack(
        scripted(["Answer: 1", "?", "Answer: 2"]),
        solve,
        sampleN(3),
        majorityVote({ weight, discard: ({ answer }) => answer === 2 }),
      ),
      "q",
    );
    expect(weighed).toEqual(["Answer: 1"]);
  });
});

test("a sample that is slow to be compared holds back none in flight", async () => {
  const clock = virtualClock();
  const model = scripted(["a", "b", "a"], { latencyMs: 100 });
  const judge = scripted(() => "no", { latencyMs: 50 });
  const solver = stack(model, sampleN(3), majorityVote({ same: sameMeaning(judge), stop: never }));
  const { votes } = await clock.until(run(solver, "q", { clock }));
  expect(votes.map(({ count }) => count)).toEqual([2, 1]);
  expect(clock.now()).toBe(150);
});

test("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  const solver = stack(
    model,
    solve,
    sampleN(3),
    majorityVote({
      discard: (sample) => {
        expectTypeOf(sample.answer).toEqualTypeOf<number | undefined>();
        return redFlags()(sample);
      },
      same: (a, b) => {
        expectTypeOf(a).toEqualTypeOf(b);
        return a.answer === b.answer;
      },
      weight: tokenConfidence(),
    }),
  );
  expectTypeOf(solver.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  expectTypeOf(solver.generate).returns.resolves.toHaveProperty("entropy").toEqualTypeOf<number>();
  // @ts-expect-error -- a sample has no such field
  compiles(() => stack(model, sampleN(3), majorityVote({ same: (a, b) => a.answer === b.answer })));
});
