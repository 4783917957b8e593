import { fc, test } from "@fast-check/vitest";
import {
  Budget,
  chainOfThought,
  compareTwo,
  majorityVote,
  number,
  outline,
  ProviderError,
  InvalidOptionError,
  run,
  sampleN,
  source,
  stack,
  text,
  type Champion,
  type Evidence,
  type FeedbackContext,
  type Match,
  type Model,
  type ModelRequest,
  type Reasoned,
  type Sampled,
  type Standing,
  tournament,
  type TournamentOptions,
} from "mull";
import {
  middlewareLaws,
  scripted,
  synthetic,
  type MiddlewareLawsOptions,
  type Script,
  type ScriptedModel,
  type ScriptedOptions,
  type ScriptedReply,
} from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";
import { codesOf, failed, judgeWho, responsesShown, unread, wordsOf } from "./responses-shown.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });
const solve = chainOfThought({ answer: number(), askAgain: false });

/** Answers, and names a response if it is asked for one. */
const answering: Script = (_, { random }) =>
  `${"so ".repeat(random.integer(9))}Answer: ${random.integer(5)}\nChoice: ${1 + random.integer(2)}`;

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["words", (model) => stack(model, sampleN(4), tournament())],
  ["answers", (model) => stack(model, solve, sampleN(6), tournament({ comparisons: 3, concurrency: 2 }))],
  ["a league", (model) => stack(model, solve, sampleN(6), tournament({ form: "league", opponents: 2 }))],
  [
    "with evidence",
    (model) =>
      stack(
        model,
        sampleN(3),
        tournament({ evidence: async (_, __, { request, call }) => (await model.generate(request, call)).text }),
      ),
  ],
  [
    "by another",
    (model) => stack(model, sampleN(3), tournament({ by: stack(model, chainOfThought()), comparisons: 1 })),
  ],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, { replies: answering, ...options })) test(name, check);
});

/** `a.b.a` is three samples. */
function samplesOf(texts: string, options: ScriptedOptions = {}): Model<Sampled> {
  const said = texts.split(".");
  return stack(
    scripted(
      said.map((words): ScriptedReply => (words === "!" ? busy : words)),
      options,
    ),
    sampleN(said.length),
  );
}

/** The same samples from a model that cannot draw them one by one; `""` is none. */
function drawn(texts: string): Model<Sampled> {
  const { id, capabilities, generate } = source("drawn", {}, async () => ({ text: "first" }));
  return {
    id,
    capabilities,
    generate: async (request, call) => {
      const first = await generate(request, call);
      const samples = texts === "" ? [] : texts.split(".").map((words) => ({ ...first, text: words }));
      return { ...first, samples, failures: [], stopped: "done" };
    },
  };
}

/** A judge to whom the later letter of the alphabet is the better one. */
function alphabetical(options: ScriptedOptions = {}): ScriptedModel {
  return scripted((request) => `Choice: ${places(request, (one, other) => one > other)}`, { id: "judge", ...options });
}

function places(request: ModelRequest, better: (one: string, other: string) => boolean): number {
  const [one = "", other = ""] = responsesShown(request);
  return better(one, other) ? 1 : 2;
}

/** A judge that finds what is right with this probability, and takes either where both are wrong. */
function fallible(probability: number, right: string = "right"): ScriptedModel {
  return scripted(
    (request, { random }) => {
      const place = responsesShown(request).findIndex((shown) => shown.includes(right));
      const good = random.next() < (place < 0 ? 0.5 : probability);
      return `Choice: ${(good ? Math.max(0, place) : 1 - Math.max(0, place)) + 1}`;
    },
    { id: "judge" },
  );
}

function wins({ standings }: Champion): string {
  return standings.map((standing) => `${standing.key}${standing.wins}/${standing.comparisons}`).join(" ");
}

describe("a knockout", () => {
  type Expected = readonly [text: string, stopped: string, calls: number, warnings: readonly object[]];

  test.each<[what: string, samples: string, options: TournamentOptions, wishes: (string | Error)[], Expected]>([
    ["one sample: nobody is asked", "a", {}, ["a"], ["a", "done", 0, []]],
    ["all agree: nobody is asked", "a.A. a", {}, ["a"], ["a", "done", 0, []]],
    ["two candidates, both orders", "a.b", {}, ["b"], ["b", "done", 2, []]],
    ["against the majority, too", "a.b.a", {}, ["b"], ["b", "done", 2, []]],
    ["three: one has no opponent at first", "a.b.c", {}, ["c"], ["c", "done", 4, []]],
    ["eight", "a.b.c.d.e.f.g.h", {}, ["f"], ["f", "done", 14, []]],
    ["lost samples", "a.!.b", {}, ["b"], ["b", "done", 2, []]],
    ["more comparisons", "a.b", { comparisons: 5 }, ["b", "a", "b", "a", "b"], ["b", "done", 5, []]],
    ["a tie goes to the one given more often", "a.b.b", {}, ["a", "b"], ["b", "done", 2, []]],
    ["then to the one seen first", "a.b", {}, ["b", "a"], ["a", "done", 2, []]],
    ["what cannot be read counts for neither", "a.b", { comparisons: 3 }, ["?", "b", "?"], ["b", "done", 3, []]],
    ["what fails counts for neither", "a.b", {}, [busy, "b"], ["b", "done", 2, []]],
    ["nothing can be read: the most frequent", "a.b.c.b", {}, ["?"], ["b", "done", 4, [unread]]],
    ["the judge fails", "a.b.c.b", {}, [busy], ["b", "failure", 4, [failed]]],
    ["the judge is refused", "a.b.b.c", { concurrency: 1 }, [refused], ["b", "failure", 1, [failed]]],
    ["the judge is refused half way", "a.b", { concurrency: 1 }, ["b", refused], ["b", "failure", 2, []]],
  ])("%s", async (_, samples, options, wishes, [winner, stopped, calls, warnings]) => {
    const by = judgeWho(wishes);
    const response = await run(stack(samplesOf(samples), tournament({ by, ...options })), "q");
    expect({
      text: response.text,
      stopped: response.stopped,
      calls: by.calls,
      warnings: (response.warnings ?? []).filter(({ code }) => code !== "identical-samples"),
    }).toEqual({ text: winner, stopped, calls, warnings });
    expect(response.standings[0]?.sample.text).toBe(winner);
    expect(response.samples).toHaveLength(samples.split(".").filter((sample) => sample !== "!").length);
    expect(response.failures).toHaveLength(samples.split("!").length - 1);
  });

  test("the bracket: rounds of neighbours, losers are out", async () => {
    const letters = "a.b.c.d.e.f.g";
    const {
      matches,
      standings,
      text: winner,
    } = await run(stack(samplesOf(letters), tournament({ by: alphabetical() })), "q");
    expect(winner).toBe("g");
    expect(matches.map(({ round }) => round)).toEqual([0, 0, 0, 1, 1, 2]);
    const out = new Set<string>();
    for (const { pair, votes } of matches) {
      expect(pair.some(({ key }) => out.has(key))).toBe(false);
      expect([...votes].sort()).toEqual([0, 2]);
      out.add(pair[votes[0] === 2 ? 1 : 0].key);
    }
    expect(
      standings
        .map(({ key }) => key)
        .sort()
        .join("."),
    ).toBe(letters);
    // Who was beaten in the final is second.
    expect(standings[1]?.key).toBe(matches.at(-1)?.pair.find(({ key }) => key !== "g")?.key);
  });

  test("nobody is without an opponent twice in a row", async () => {
    const { standings } = await run(stack(samplesOf("a.b.c.d.e"), tournament({ by: alphabetical() })), "q");
    const played = standings.map(({ comparisons }) => comparisons / 2);
    expect(played.reduce((sum, games) => sum + games, 0)).toBe(8);
    // The two of the final: through three rounds, of which one of them may have missed one.
    expect(played[0]! + played[1]!).toBeGreaterThanOrEqual(4);
    expect(Math.min(played[0]!, played[1]!)).toBeGreaterThanOrEqual(2);
  });

  test("both orders are shown equally often", async () => {
    const by = judgeWho(["?"]);
    await run(stack(samplesOf("a.b"), tournament({ by, comparisons: 6 })), "q");
    const orders = by.requests.map((request) => responsesShown(request).join(""));
    expect(orders.filter((order) => order === "ab")).toHaveLength(3);
    expect(orders.filter((order) => order === "ba")).toHaveLength(3);
  });

  test("a judge that always names the first decides nothing", async () => {
    const by = scripted(["Choice: 1"], { repeat: true });
    const { text: winner, matches } = await run(stack(samplesOf("a.b.b.c"), tournament({ by })), "q");
    expect(winner).toBe("b");
    expect(matches.map(({ votes }) => votes)).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test("who meets whom is drawn, the same for the same seed", async () => {
    const bracket = async (seed: number) => {
      const { matches } = await run(stack(samplesOf("a.b.c.d.e.f"), tournament({ by: alphabetical() })), "q", { seed });
      return matches.map(({ pair }) => pair.map(({ key }) => key).join("")).join(" ");
    };
    expect(await bracket(1)).toBe(await bracket(1));
    expect(new Set(await Promise.all([1, 2, 3, 4].map(bracket))).size).toBeGreaterThan(2);
  });

  test("answers: each takes part once, with its first sample and its count", async () => {
    const model = scripted(["Two. Answer: 2", "One? Answer: 1", "Who knows.", "Or two. Answer: 2.0"]);
    const response = await run(stack(model, solve, sampleN(4), tournament({ by: judgeWho(["Two"]) })), "q");
    expect(response).toMatchObject({ text: "Two. Answer: 2", answer: 2, key: "2" });
    expect(response.standings).toMatchObject([
      { key: "2", count: 2, wins: 2, comparisons: 2, sample: { text: "Two. Answer: 2" } },
      { key: "1", count: 1, wins: 0, comparisons: 2 },
    ]);
    expect(response.matches).toHaveLength(1);
  });

  test("no samples at all: there is no answer", async () => {
    await expect(run(stack(drawn(""), tournament()), "q")).rejects.toMatchObject({ code: "no-answer" });
  });

  test("options of the judge that turn out wrong are no failure of a comparison", async () => {
    const wrong = new InvalidOptionError("judge", "x", "y", 1);
    await expect(run(stack(samplesOf("a.b"), tournament({ by: judgeWho([wrong]) })), "q")).rejects.toBe(wrong);
  });
});

describe("a league", () => {
  test("all meet in one round, and are ranked by their share of wins", async () => {
    const by = alphabetical();
    const solver = stack(samplesOf("b.d.a.c"), tournament({ by, form: "league", opponents: 9 }));
    const response = await run(solver, "q");
    expect(response.text).toBe("d");
    expect(wins(response)).toBe("d6/6 c4/6 b2/6 a0/6");
    expect(response.matches).toHaveLength(6);
    expect(response.matches.every(({ round }) => round === 0)).toBe(true);
    expect(by.calls).toBe(12);
  });

  test.each<[candidates: number, opponents: number, matches: number]>([
    [2, 1, 1],
    [4, 1, 2],
    [4, 2, 4],
    [4, 3, 6],
    [5, 4, 10],
    [5, 2, 4],
    [6, 4, 12],
    [7, 3, 9],
    [7, 6, 21],
    [9, 100, 36],
  ])("%i candidates with %i opponents: %i different matches", async (candidates, opponents, count) => {
    const letters = "abcdefghi".slice(0, candidates).split("").join(".");
    const by = alphabetical();
    const { matches, standings } = await run(
      stack(samplesOf(letters), tournament({ by, form: "league", opponents, comparisons: 1 })),
      "q",
    );
    expect(matches).toHaveLength(count);
    expect(by.calls).toBe(count);
    expect(
      new Set(
        matches.map(({ pair }) =>
          pair
            .map(({ key }) => key)
            .sort()
            .join(""),
        ),
      ).size,
    ).toBe(count);
    const games = standings.map(({ comparisons }) => comparisons);
    const most = Math.min(opponents, candidates - 1);
    expect(games.every((played) => played === most || (candidates % 2 === 1 && played === most - 1))).toBe(true);
  });

  test("comparisons that were read count, not those of others: one win of one beats one of two", async () => {
    // `b` beats `a` once; against `c` nothing can be read.
    const by = scripted((request) => {
      const shown = responsesShown(request);
      if (shown.includes("c")) return shown.includes("a") ? `Choice: ${shown.indexOf("a") + 1}` : "I cannot say.";
      return `Choice: ${shown.indexOf("b") + 1}`;
    });
    const response = await run(stack(samplesOf("a.b.c"), tournament({ by, form: "league", comparisons: 1 })), "q");
    expect(wins(response)).toBe("b1/1 a1/2 c0/1");
  });

  test("without any win the most frequent; a share is one half where nothing was read", async () => {
    const by = judgeWho(["?"]);
    const response = await run(stack(samplesOf("a.b.b"), tournament({ by, form: "league" })), "q");
    expect(response).toMatchObject({ text: "b", warnings: [unread] });
    // Each beats one, loses to one, or was not read at all: the one given more often.
    const cycle = scripted((request) => {
      const pair = [...responsesShown(request)].sort().join("");
      if (pair.includes("d")) return "I cannot say.";
      const better = { ab: "a", ac: "c", bc: "b" }[pair] ?? "";
      return `Choice: ${responsesShown(request).indexOf(better) + 1}`;
    });
    const even = await run(stack(samplesOf("a.b.c.d.d"), tournament({ by: cycle, form: "league" })), "q");
    expect(wins(even)).toBe("d0/0 a2/4 b2/4 c2/4");
  });
});

describe("what the judge sees", () => {
  const ask = async (options: TournamentOptions<Reasoned<number>> = {}) => {
    const model = scripted(["Two. Answer: 2", "One. Answer: 1", "Or two. Answer: 2"]);
    const by = judgeWho(["One"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "How many?" }], temperature: 0.3 };
    await run(stack(model, solve, sampleN(3), tournament({ by, ...options })), frozen(request));
    return by.requests;
  };

  test("the question, two candidates without their counts, and the task", async () => {
    const requests = await ask();
    const task = `# Task\n${compareTwo} End with "Choice: " and the number of that response.`;
    const content = (one: string, other: string) =>
      `# Question\nHow many?\n\n# Response 1\n${one}\n\n# Response 2\n${other}\n\n${task}`;
    const both = [content("One. Answer: 1", "Two. Answer: 2"), content("Two. Answer: 2", "One. Answer: 1")];
    expect(requests.map(({ messages }) => messages[0]?.content).sort()).toEqual([...both].sort());
    for (const request of requests) expect(Object.keys(request)).toEqual(["messages"]);
  });

  test("answers alone, words of your own, another task", async () => {
    const [first] = await ask({ show: "answer", instruction: "Which is nicer?" });
    expect([...responsesShown(first!)].sort()).toEqual(["1", "2"]);
    expect(first?.messages[0]?.content).toContain("# Task\nWhich is nicer? End with");
    const [own] = await ask({ show: ({ answer = 0 }) => `<${answer}>` });
    expect([...responsesShown(own!)].sort()).toEqual(["<1>", "<2>"]);
    await expect(ask({ show: () => undefined as never })).rejects.toMatchObject({
      message: "tournament: what show returns must be a text, got undefined",
    });
  });

  test("by default the model beneath all layers is asked; it is judging", async () => {
    const model = scripted((request) => (responsesShown(request).length > 0 ? "Choice: 2" : `Answer: ${model.calls}`));
    const { usage } = await run(stack(model, solve, sampleN(4), tournament()), "q");
    expect(usage).toMatchObject({ calls: 10, judging: { calls: 6 } });
  });
});

describe("evidence", () => {
  /** A judge that names the response that the evidence speaks for. */
  const trusting = (): ScriptedModel =>
    scripted(
      (request) => {
        const [, place] = /# Evidence\nResponse (\d)/.exec(wordsOf(request)) ?? [];
        return place === undefined ? "I cannot say." : `Choice: ${place}`;
      },
      { id: "judge" },
    );
  const forB: Evidence = (first, second) =>
    first.text === "b" ? "Response 1 is right." : second.text === "b" ? "Response 2 is right." : "";

  test("is shown between the responses and the task, for the order in which they are shown", async () => {
    const by = trusting();
    const {
      text: winner,
      matches,
      warnings,
    } = await run(stack(samplesOf("a.b.c"), tournament({ by, evidence: forB })), "q");
    expect(winner).toBe("b");
    expect(matches.find(({ pair }) => pair.some(({ key }) => key === "b"))?.votes).toContain(2);
    expect(warnings).toBeUndefined();
    const [shown] = by.requests.map(wordsOf).filter((words) => words.includes("# Evidence"));
    expect(shown).toMatch(/# Response 2\n.\n\n# Evidence\nResponse [12] is right\.\n\n# Task\n/);
  });

  test("nothing to say is not shown", async () => {
    const by = trusting();
    await run(stack(samplesOf("a.c"), tournament({ by, evidence: forB })), "q");
    expect(by.requests.map(wordsOf).filter((words) => words.includes("# Evidence"))).toEqual([]);
  });

  test.each([
    [1, 1],
    [2, 2],
    [5, 2],
  ])("of %i comparisons it is asked %i times", async (comparisons, times) => {
    const asked: string[] = [];
    const evidence: Evidence = (first, second) => {
      asked.push(`${first.text}${second.text}`);
      return "Response 1";
    };
    const by = trusting();
    await run(stack(samplesOf("a.b"), tournament({ by, evidence, comparisons })), "q");
    expect(asked).toHaveLength(times);
    expect(new Set(asked).size).toBe(times);
    expect(by.calls).toBe(comparisons);
    expect(by.requests.every((request) => wordsOf(request).includes("# Evidence"))).toBe(true);
    const orders = by.requests.map((request) =>
      responsesShown(request)
        .map((words) => words.charAt(0))
        .join(""),
    );
    expect(new Set(orders)).toEqual(new Set(asked));
  });

  test("gets the question, the round, the model, and a call: what it spends is judging", async () => {
    const seen: FeedbackContext[] = [];
    const witness = scripted(["Response 1", "Response 2"], { id: "witness" });
    const evidence: Evidence = async (_, __, context) => {
      seen.push(context);
      return (await witness.generate(context.request, context.call)).text;
    };
    const sampler = samplesOf("a.b");
    const solver = stack(sampler, tournament({ by: trusting(), evidence }));
    const { response, trace } = await traced(solver);
    expect(seen.map(({ round, model }) => [round, model])).toEqual([
      [0, sampler],
      [0, sampler],
    ]);
    expect(response.usage.judging?.calls).toBe(4);
    expect(trace.filter((line) => line.startsWith("start"))).toEqual([
      "start tournament",
      "start tournament/sampleN/#0/scripted",
      "start tournament/sampleN/#1/scripted",
      "start tournament/evidence/#0/witness",
      "start tournament/evidence/#1/witness",
      "start tournament/judge/#0/judge",
      "start tournament/judge/#1/judge",
    ]);
  });

  test("that fails is missing, with a warning; that of others is not", async () => {
    const evidence: Evidence = (first) => {
      if (first.text === "a") throw new TypeError("no such witness");
      return "Response 1";
    };
    const { warnings, matches } = await run(stack(samplesOf("a.b"), tournament({ by: trusting(), evidence })), "q");
    expect(warnings).toEqual([
      { code: "evidence-failed", message: "evidence that failed, so that responses were compared without it: 1" },
    ]);
    expect([...(matches[0]?.votes ?? [])].sort()).toEqual([0, 1]);
  });

  test("that is no text is a mistake in it", async () => {
    const evidence = (() => 1) as unknown as Evidence;
    await expect(run(stack(samplesOf("a.b"), tournament({ by: trusting(), evidence })), "q")).rejects.toMatchObject({
      message: "tournament: what evidence returns must be a text, got 1",
    });
  });

  test("that never ends is given up with the call", async () => {
    const evidence: Evidence = () => new Promise<never>(() => undefined);
    const model = scripted(["a", "b"], { latencyMs: 100, repeat: true });
    const solver = stack(model, sampleN(2), tournament({ by: trusting(), evidence }));
    expect(await giveUp(solver, 150, () => model.calls)).toBe(2);
    const { response } = await traced(solver, "q", { budget: { ms: 150 } });
    expect(response).toMatchObject({ text: "a", stopped: "deadline" });
  });

  test("its calls are kept back, and stand in the outline", async () => {
    const witness = scripted(["Response 1"], { id: "witness", repeat: true });
    const evidence: Evidence = Object.assign(
      async (_: unknown, __: unknown, { request, call }: FeedbackContext) =>
        (await witness.generate(request, call)).text,
      { calls: 2 },
    );
    const model = scripted(["a", "b", "c", "d"]);
    const solver = stack(model, sampleN(4, { concurrency: 1 }), tournament({ by: trusting(), evidence }));
    const { response } = await traced(solver, "q", { budget: { calls: 6 } });
    // Two samples, evidence for both orders, two comparisons.
    expect(response).toMatchObject({ samples: { length: 2 }, stopped: "budget", usage: { calls: 6 } });
    expect(response.matches[0]?.votes).toEqual([1, 1]);
    const first = (options: TournamentOptions) => outline(stack(model, sampleN(4), tournament(options))).split("\n")[0];
    expect(first({})).toContain("≤ 10 calls");
    expect(first({ evidence })).toContain("≤ 16 calls");
  });
});

describe("out of budget or time", () => {
  test("in the first round: the most frequent of those still in it", async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const solver = stack(drawn("a.b.b.c.d"), tournament({ by: alphabetical(), concurrency: 1 }));
      // One call for all samples, two comparisons: the first of two matches.
      const { response } = await traced(solver, "q", { seed, budget: { calls: 3 } });
      const { matches, stopped, text: winner } = response;
      expect(matches.map(({ votes }) => votes[0] + votes[1])).toEqual([2, 0]);
      const lost = matches[0]?.pair[matches[0].votes[0] === 2 ? 1 : 0].key;
      expect([winner, stopped]).toEqual([["b", "a", "c", "d"].find((key) => key !== lost), "budget"]);
      expect(codesOf(response)).toEqual([]);
    }
  });

  test("of a league, the best so far", async () => {
    const solver = stack(drawn("a.b.b.c"), tournament({ by: alphabetical(), form: "league", concurrency: 1 }));
    const { response } = await traced(solver, "q", { budget: { calls: 3 } });
    const winner = response.matches[0]?.pair.map(({ key }) => key).sort()[1];
    expect(response).toMatchObject({ text: winner, stopped: "budget", matches: { length: 3 } });
  });

  test.each<[what: string, budget: object, text: string, stopped: string, samples: number, judged: number]>([
    ["calls are kept back for comparisons", { calls: 7 }, "c", "budget", 3, 4],
    ["of next to nothing, nothing is", { calls: 1 }, "a", "budget", 1, 0],
    ["the time ends while samples are drawn", { ms: 250 }, "a", "deadline", 2, 0],
    ["the time ends in the first comparisons", { ms: 550 }, "a", "deadline", 5, 4],
  ])("%s", async (_, budget, winner, stopped, samples, judged) => {
    const by = alphabetical({ latencyMs: 100 });
    const sampler = stack(scripted(["a", "b", "c", "a", "d"], { latencyMs: 100 }), sampleN(5, { concurrency: 1 }));
    const { response } = await traced(stack(sampler, tournament({ by })), "q", { budget });
    expect(response).toMatchObject({ text: winner, stopped });
    expect(response.samples).toHaveLength(samples);
    expect(by.calls).toBe(judged);
    expect(codesOf(response)).toEqual([]);
  });

  test("as many samples are drawn as can be compared", async () => {
    const by = alphabetical();
    const model = scripted((_request, _call, index) => String.fromCharCode(97 + index));
    const solver = stack(model, sampleN(20, { concurrency: 1 }), tournament({ by, comparisons: 1 }));
    const { response } = await traced(solver, "q", { budget: { calls: 34 } });
    expect([response.samples.length, by.calls, response.text]).toEqual([17, 16, "q"]);
  });

  test("what was kept back and not needed is there again", async () => {
    const budget = new Budget({ calls: 10 });
    await run(stack(samplesOf("a.a.a"), tournament()), "q", { budget });
    expect(budget.left.calls).toBe(7);
  });

  test("no judgement can be paid: the most frequent, without a warning", async () => {
    const { response } = await traced(stack(drawn("a.b.b"), tournament()), "q", { budget: { calls: 1 } });
    expect(response).toMatchObject({ text: "b", stopped: "budget" });
    expect(codesOf(response)).toEqual([]);
  });

  test("before the first sample there is nothing to return", async () => {
    const solver = stack(samplesOf("a.b", { latencyMs: 100 }), tournament());
    await expect(traced(solver, "q", { budget: { ms: 50 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("cancellation", () => {
  test.each([
    ["while samples are drawn", 50, 30],
    ["in the first round", 150, 32],
    ["in the second", 250, 34],
  ])("%s", async (_, ms, calls) => {
    const model = scripted(["a", "b", "c"], { latencyMs: 100 });
    const by = alphabetical({ latencyMs: 100 });
    const solver = stack(model, sampleN(3), tournament({ by }));
    expect(await giveUp(solver, ms, () => 10 * model.calls + by.calls)).toBe(calls);
  });

  test("before it begins", async () => {
    const model = scripted(["a"]);
    await giveUpBefore(stack(model, sampleN(2), tournament()), () => model.calls);
  });
});

test("the trace: a child for each round, comparisons in their order", async () => {
  const by = alphabetical({ latencyMs: (index) => 100 - 30 * index });
  const { trace, events } = await traced(stack(samplesOf("a.b.c"), tournament({ by, comparisons: 1 })));
  expect(trace.filter((line) => line.startsWith("start tournament/judge"))).toEqual([
    "start tournament/judge/#0/judge",
    "start tournament/judge:2/#0/judge",
  ]);
  expect(events.every((event) => event.type !== "delta" || !event.output)).toBe(true);
});

test("outline", () => {
  const sampler = stack(scripted(["a"], { id: "m" }), sampleN(4));
  const sizes = { inputTokens: 100, outputTokens: 10 };
  expect(outline(stack(sampler, tournament()), sizes).split("\n")[0]).toBe(
    "tournament (knockout, comparisons = 2)  ≤ 10 calls, ≤ 1,520 tokens",
  );
  const by = stack(scripted(["a"], { id: "j" }), sampleN(3));
  expect(outline(stack(sampler, tournament({ by, form: "league", opponents: 2 })), sizes).split("\n")).toEqual([
    "tournament (league, comparisons = 2, opponents = 2)  ≤ 28 calls, ≤ 4,760 tokens",
    "├─ sampleN (n = 4)                                   ≤ 4 calls, ≤ 440 tokens",
    "│  └─ m                                              ≤ 1 call, ≤ 110 tokens",
    "└─ sampleN (n = 3)                                   ≤ 3 calls, ≤ 330 tokens",
    "   └─ j                                              ≤ 1 call, ≤ 110 tokens",
  ]);
});

describe("what theory says", () => {
  const answerText = chainOfThought({ answer: text(), askAgain: false });

  /** Share of `runs` in which the right answer wins. */
  async function accuracy(solver: Model, runs: number): Promise<number> {
    let right = 0;
    for (let seed = 0; seed < runs; seed++) if ((await run(solver, "q", { seed })).text.includes("right")) right++;
    return right / runs;
  }

  /** Four standard errors of a share. */
  const tolerance = (share: number, runs: number) => 4 * Math.sqrt((share * (1 - share)) / runs);

  // One comparison is right with probability 3/4, the right candidate is among the given ones; q of a match, to the power of the rounds.
  test.each<[what: string, order: string, options: TournamentOptions, exact: number]>([
    ["3 comparisons, 8 candidates", "a.b.c.d.e.f.g.right", { comparisons: 3 }, 0.84375 ** 3],
    ["2 comparisons: ties are lost by the one seen last", "a.b.c.right", {}, 0.5625 ** 2],
    ["and won by the one seen first", "right.a.b.c", {}, 0.9375 ** 2],
    ["and won by the one given most often", "a.b.c.right.right", {}, 0.9375 ** 2],
    ["5 comparisons, one match", "a.right", { comparisons: 5 }, 0.896484375],
  ])("exactly: %s", async (_, order, options, exact) => {
    const said = order.split(".");
    const runs = 300;
    const sampler = stack(scripted(said, { repeat: true }), sampleN(said.length));
    const share = await accuracy(stack(sampler, tournament({ by: fallible(0.75), ...options })), runs);
    expect(Math.abs(share - exact)).toBeLessThan(tolerance(exact, runs));
  });

  // Chen et al. 2024: (1 - p)^N + ceil(log2 N) exp(-2K(q - 1/2)^2). All wrong samples differ, which is the hardest case.
  test.each<[n: number, k: number, bound: number, runs: number]>([
    [16, 16, 0.5447, 60],
    [32, 32, 0.0916, 40],
  ])("N = %i, K = %i: fails less often than %f", async (n, k, bound, runs) => {
    expect((1 - 0.3) ** n + Math.ceil(Math.log2(n)) * Math.exp(-2 * k * 0.25 ** 2)).toBeCloseTo(bound, 4);
    const model = scripted((_, { random, path }) => (random.next() < 0.3 ? "right" : `wrong ${path.join("/")}`));
    const solver = stack(model, sampleN(n), tournament({ by: fallible(0.75), comparisons: k }));
    const failure = 1 - (await accuracy(solver, runs));
    // The bound is loose: even with its error the share lies below.
    expect(failure + tolerance(Math.max(failure, 0.01), runs)).toBeLessThan(bound);
  });

  test("more comparisons fail less often, as the bound says", async () => {
    const said = ["a", "b", "c", "right"];
    const sampler = stack(scripted(said, { repeat: true }), sampleN(4));
    const shares = [];
    for (const comparisons of [1, 5, 15]) {
      shares.push(await accuracy(stack(sampler, tournament({ by: fallible(0.75), comparisons })), 120));
    }
    expect(shares[0]).toBeLessThan(shares[1]! - 0.1);
    expect(shares[1]).toBeLessThan(shares[2]! - 0.05);
  });

  test("where one wrong answer leads, 46 to 45, it beats the vote", async () => {
    const model = synthetic({
      answers: [
        ["right", 0.45],
        ["wrong", 0.46],
        ["other", 0.09],
      ],
    });
    const sampler = stack(model, answerText, sampleN(16));
    const runs = 150;
    const vote = await accuracy(stack(sampler, majorityVote()), runs);
    const cup = await accuracy(stack(sampler, tournament({ by: fallible(0.75), comparisons: 8 })), runs);
    const league = await accuracy(
      stack(sampler, tournament({ by: fallible(0.75), form: "league", comparisons: 8 })),
      runs,
    );
    expect(vote).toBeLessThan(0.6);
    expect(cup).toBeGreaterThan(0.85);
    expect(league).toBeGreaterThan(0.85);
  });
});

describe("its own laws", () => {
  test.prop([
    fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"), { minLength: 1, maxLength: 14 }),
    fc.integer({ min: 1, max: 4 }),
  ])(
    "of a judge that never errs the best wins, in M - 1 matches and ceil(log2 M) rounds",
    async (texts, comparisons) => {
      const by = alphabetical();
      const { text: winner, matches } = await run(
        stack(samplesOf(texts.join(".")), tournament({ by, comparisons })),
        "q",
      );
      const different = new Set(texts).size;
      expect(winner).toBe([...texts].sort().at(-1));
      expect(by.calls).toBe(comparisons * (different - 1));
      expect(new Set(matches.map(({ round }) => round)).size).toBe(Math.ceil(Math.log2(different)));
    },
  );

  test.prop([fc.constantFrom("Answer: 1", "?"), fc.integer({ min: 0, max: 1000 })])(
    "one sample: nothing changes",
    async (reply, latencyMs) => {
      const build = () => stack(scripted([reply], { latencyMs }), solve);
      const { response: alone } = await traced(build());
      const { response: champion } = await traced(stack(build(), sampleN(1), tournament()));
      expect(champion).toMatchObject({ ...alone });
    },
  );
});

test("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  const solver = stack(model, solve, sampleN(3), tournament());
  expectTypeOf(solver).toEqualTypeOf<Model<Champion<Reasoned<number>>>>();
  expectTypeOf(solver.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  expectTypeOf<Champion<Reasoned<number>>["matches"]>().toEqualTypeOf<readonly Match<Reasoned<number>>[]>();
  expectTypeOf<Champion<Reasoned<number>>["standings"]>().toEqualTypeOf<readonly Standing<Reasoned<number>>[]>();
  // @ts-expect-error -- a model that does not sample
  compiles(() => stack(model, tournament()));
});

describe("wrong options", () => {
  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [
      { rounds: 1 },
      'an option must be one of by, form, comparisons, opponents, show, instruction, evidence, concurrency, got "rounds"',
    ],
    [{ by: {} }, "by must be a model, got an object"],
    [{ form: "swiss" }, `form must be 'knockout' or 'league', got "swiss"`],
    [{ comparisons: 0 }, "comparisons must be an integer of at least 1, got 0"],
    [{ comparisons: 2.5 }, "comparisons must be an integer of at least 1, got 2.5"],
    [{ form: "league", opponents: 0 }, "opponents must be an integer of at least 1, got 0"],
    [{ opponents: 3 }, "opponents must be left out of a knockout, got 3"],
    [{ show: 1 }, "show must be 'text', 'answer' or a function of a sample, got 1"],
    [{ instruction: "" }, "instruction must be a text that is not empty, got an empty string"],
    [{ evidence: "e" }, 'evidence must be a function of two responses, got "e"'],
    [{ evidence: Object.assign(() => "", { calls: -1 }) }, "evidence.calls must be an integer of at least 0, got -1"],
    [{ concurrency: 1.5 }, "concurrency must be an integer of at least 1, got 1.5"],
  ])("%j", (options, message) => {
    expect(() => tournament(options as TournamentOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `tournament: ${message}` }),
    );
  });
});
