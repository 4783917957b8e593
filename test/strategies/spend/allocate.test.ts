import { fc, test as prop } from "@fast-check/vitest";
import {
  allocate,
  Budget,
  BudgetExceededError,
  chainOfThought,
  InvalidOptionError,
  number,
  ProviderError,
  stack,
  textOf,
  type AllocateOptions,
  type Allocation,
  type AllocationResult,
  type BudgetLimits,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type Reasoned,
  type Voted,
} from "mull";
import { flaky, scripted, synthetic, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { traceOf } from "../trial.js";

const price = { inputUsd: 1, outputUsd: 2 };
/** Easy questions have one answer, open ones two that are near, wide ones twenty. */
function world(options: { latencyMs?: number | (() => number); n?: boolean } = {}): ReturnType<typeof synthetic> {
  return synthetic({
    answers: (question) =>
      question.includes("easy")
        ? [
            ["1", 0.95],
            ["2", 0.05],
          ]
        : question.includes("open")
          ? [
              ["1", 0.55],
              ["2", 0.45],
            ]
          : Array.from({ length: 20 }, (_, i) => [String(i), 0.05] as const),
    tokens: 6,
    price,
    ...options,
  });
}
const solve = chainOfThought({ answer: number(), askAgain: false });
const questions = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${["easy", "open", "wide"][i % 3]} ${i}`);

function questionOf({ messages: [first] }: Pick<ModelRequest, "messages">): string {
  return first === undefined ? "" : textOf(first);
}

async function all<R extends ModelResponse>(allocation: Allocation<R>): Promise<AllocationResult<R>[]> {
  const results: AllocationResult<R>[] = [];
  for await (const result of allocation) results.push(result);
  return results;
}

/** Samples of each request, in the order of the requests. */
function counts(results: readonly AllocationResult[]): number[] {
  return [...results].sort((a, b) => a.index - b.index).map(({ response }) => response?.samples.length ?? 0);
}

describe("where samples go", () => {
  test("each request gets one; the rest goes where the vote is open", async () => {
    const results = await all(
      allocate(stack(world(), solve), questions(30), { budget: { calls: 300 }, samples: 40, seed: 1 }),
    );
    const given = counts(results);
    const mean = (kind: number): number => given.filter((_, i) => i % 3 === kind).reduce((a, b) => a + b, 0) / 10;
    expect(Math.min(...given)).toBeGreaterThanOrEqual(1);
    expect(mean(0)).toBeLessThan(0.75 * mean(1));
    expect(given.reduce((a, b) => a + b, 0)).toBeGreaterThan(280);
    expect(results.filter(({ index }) => index % 3 === 0).every(({ response }) => response?.answer === 1)).toBe(true);
  });

  test("with half of the budget it elects as a vote of all, and an even share does not", async () => {
    // Two answers of which one leads by a little: what counts is whether the likelier one is elected.
    const model = synthetic({
      answers: (question) => {
        const p = 0.52 + (Number(/\d+/.exec(question)?.[0]) % 40) / 90;
        return [
          ["1", p],
          ["2", 1 - p],
        ];
      },
    });
    const asked = Array.from({ length: 200 }, (_, i) => `q ${i}`);
    const right = async (options: Partial<AllocateOptions>): Promise<number> => {
      const results = await all(
        allocate(stack(model, solve), asked, { budget: {}, samples: 20, concurrency: 1, seed: 5, ...options } as never),
      );
      return results.filter(({ response }) => (response as Reasoned<number> | undefined)?.answer === 1).length / 200;
    };
    const full = await right({});
    const half = await right({ budget: { calls: 2_000 } });
    const third = await right({ budget: { calls: 1_200 } });
    const even = await right({ samples: 6 });
    expect(half).toBeGreaterThan(full - 0.015);
    expect(even).toBeLessThan(third - 0.01);
  });

  test("a vote that nothing can change gets no more, nor one that is not worth it", async () => {
    const sure = scripted(() => "Answer: 1");
    const decided = await all(allocate(stack(sure, solve), ["a", "b"], { budget: {}, samples: 8, concurrency: 1 }));
    expect(decided.map(({ stopped }) => stopped)).toEqual(["decided", "decided"]);
    expect(counts(decided)).toEqual([4, 4]);
    const early = await all(
      allocate(stack(sure, solve), ["a", "b"], { budget: {}, samples: 8, concurrency: 1, leastWorth: 0.01 }),
    );
    expect(counts(early).every((count) => count < 4)).toBe(true);
  });

  test("an even vote is drawn to its end", async () => {
    let i = 0;
    const coin = scripted(() => `Answer: ${i++ % 2}`);
    const [result] = await all(allocate(stack(coin, solve), ["a"], { budget: {}, samples: 5, concurrency: 1 }));
    expect(result).toMatchObject({ stopped: "limit", response: { stopped: "limit" } });
    expect(result?.response?.samples).toHaveLength(5);
  });

  test("what cannot be read votes for nothing, and is not asked for ever", async () => {
    const [result] = await all(
      allocate(
        stack(
          scripted(() => "Who knows."),
          solve,
        ),
        ["a"],
        { budget: {}, samples: 5 },
      ),
    );
    expect(result?.response).toMatchObject({ answer: undefined, votes: [] });
    expect(result?.response?.samples).toHaveLength(5);
  });

  test("with a limit on tokens a dear request has to be worth it", async () => {
    const model = synthetic({
      answers: [
        ["1", 0.5],
        ["2", 0.5],
      ],
      tokens: 6,
    });
    const dear = `dear ${"word ".repeat(400)}`;
    const asked = [dear, "cheap", dear, "cheap"];
    const given = async (budget: BudgetLimits): Promise<number[]> =>
      counts(await all(allocate(stack(model, solve), asked, { budget, samples: 40, seed: 2, concurrency: 1 })));
    const [a = 0, b = 0, c = 0, d = 0] = await given({ tokens: 6_000 });
    expect(a + c).toBeLessThan(b + d);
    const even = await given({ calls: 60 });
    expect(even[0]).toBeGreaterThan((even[1] ?? 0) / 3);
  });
});

describe("accept", () => {
  test("a sample that is accepted answers its request, which then leaves; the others are tried in turn", async () => {
    const seen: string[] = [];
    let tries = 0;
    const model = scripted(({ messages }) => {
      const [question = ""] = questionOf({ messages }).split("\n");
      seen.push(question);
      return `Answer: ${question === "b" ? ++tries : 7}`;
    });
    const results = await all(
      allocate(stack(model, solve), ["a", "b", "c"], {
        budget: { calls: 20 },
        concurrency: 1,
        samples: 5,
        accept: ({ answer }, { request }) => ({
          ok: answer === (request.messages[0]?.content === "c" ? 8 : 7) || answer === 3,
        }),
      }),
    );
    expect(seen).toEqual(["a", "b", "c", "b", "c", "b", "c", "c", "c"]);
    expect(results.map(({ index, stopped, response }) => [index, stopped, response?.answer])).toEqual([
      [0, "ok", 7],
      [1, "ok", 3],
      [2, "limit", 7],
    ]);
    expect(results[1]?.response?.samples.map(({ answer }) => answer)).toEqual([1, 2, 3]);
  });

  test("what it spends is judging; if it fails, the sample still counts", async () => {
    const judge = scripted(["yes", new ProviderError("overloaded", { status: 503 })]);
    const solver = stack(
      scripted(() => "Answer: 4"),
      solve,
    );
    const allocation = allocate(solver, ["a", "b"], {
      budget: { calls: 4 },
      samples: 1,
      concurrency: 1,
      accept: async (_, { call }) => ({ ok: (await judge.generate({ messages: [] }, call)).text === "yes" }),
    });
    expect((await all(allocation)).map(({ stopped, response }) => [stopped, response?.answer])).toEqual([
      ["ok", 4],
      ["limit", 4],
    ]);
    expect((await allocation.usage).judging?.calls).toBe(1);
  });
});

describe("the budget", () => {
  const kinds = fc.constantFrom<BudgetLimits[]>(
    { calls: 7 },
    { calls: 40 },
    { tokens: 700 },
    { outputTokens: 90 },
    { usd: 0.002 },
    { ms: 90 },
    { ms: 300 },
    { calls: 25, tokens: 2_000 },
  );

  prop.prop(
    [
      kinds,
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0, max: 0.5, noNaN: true }),
      fc.integer({ min: 1, max: 9 }),
    ],
    {
      numRuns: 60,
    },
  )(
    "is never exceeded, whatever fails; every request has an answer or an error",
    async (limits, concurrency, failing, seed) => {
      const clock = virtualClock();
      const budget = new Budget(limits);
      const model = stack(flaky(world({ latencyMs: 20 }), { probability: failing }), solve);
      const allocation = allocate(model, questions(12), { budget, concurrency, seed, clock, samples: 12 });
      const results = await clock.until(all(allocation));
      for (const [name, spent] of Object.entries(budget.spent)) {
        expect(spent).toBeLessThanOrEqual(limits[name as keyof BudgetLimits] ?? Infinity);
      }
      expect(results.map(({ index }) => index).sort((a, b) => a - b)).toEqual(questions(12).map((_, i) => i));
      for (const { response, error, stopped } of results) {
        expect(response === undefined).toBe(error !== undefined);
        if (response === undefined && (stopped === "budget" || stopped === "deadline"))
          expect(BudgetExceededError.is(error)).toBe(true);
      }
      expect(clock.pending).toBe(0);
    },
  );

  test("of time: what is there is elected, in the order of the requests", async () => {
    const clock = virtualClock();
    const allocation = allocate(stack(world({ latencyMs: 100 }), solve), questions(6), {
      budget: { ms: 450 },
      concurrency: 2,
      clock,
      seed: 1,
    });
    const results = await clock.until(all(allocation));
    expect(results.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(results.map(({ stopped }) => stopped)).toEqual(Array(6).fill("deadline"));
    expect(counts(results).reduce((a, b) => a + b, 0)).toBe(8);
    expect(clock.pending).toBe(0);
  });

  test("too small for all: those without a sample have the error", async () => {
    const results = await all(allocate(stack(world(), solve), questions(5), { budget: { calls: 3 }, seed: 1 }));
    expect(results.map(({ response }) => response === undefined)).toEqual([false, false, false, true, true]);
    expect(results.slice(3).every(({ error }) => BudgetExceededError.is(error))).toBe(true);
  });

  test("shared with others, it is theirs too", async () => {
    const budget = new Budget({ calls: 10 });
    await all(allocate(stack(world(), solve), questions(3), { budget, seed: 1 }));
    expect(budget.spent.calls).toBe(10);
  });
});

describe("failures", () => {
  const busy = new ProviderError("overloaded", { status: 503 });
  const refused = new ProviderError("bad request", { status: 400 });

  test("a lost sample is listed, and the request goes on", async () => {
    let i = 0;
    const model = scripted(() => (i++ === 1 ? busy : "Answer: 1"));
    const [result] = await all(allocate(stack(model, solve), ["a"], { budget: {}, samples: 5, concurrency: 1 }));
    expect(result?.response).toMatchObject({ answer: 1, failures: [{ index: 1, error: busy }] });
  });

  test("a request that is refused ends alone", async () => {
    const model = scripted(({ messages }) => (questionOf({ messages }).startsWith("bad") ? refused : "Answer: 1"));
    const results = await all(
      allocate(stack(model, solve), ["fine", "bad", "good"], { budget: {}, samples: 3, concurrency: 1 }),
    );
    expect(results.find(({ index }) => index === 1)).toMatchObject({
      stopped: "failure",
      response: undefined,
      error: refused,
    });
    expect(counts(results)).toEqual([2, 0, 2]);
  });

  test("three lost samples end a request", async () => {
    const model = scripted(({ messages }) => (questionOf({ messages }).startsWith("bad") ? busy : "Answer: 1"));
    const results = await all(
      allocate(stack(model, solve), ["bad", "good"], { budget: {}, samples: 9, concurrency: 1 }),
    );
    expect(results.find(({ index }) => index === 0)).toMatchObject({ stopped: "failure", error: busy });
    expect(model.requests.filter(({ messages }) => questionOf({ messages }).startsWith("bad"))).toHaveLength(3);
  });

  test("where nothing ever comes, it is not tried a hundred times", async () => {
    const model = scripted(() => new ProviderError("no such key", { status: 401 }));
    const results = await all(allocate(model, questions(100), { budget: {}, concurrency: 4 }));
    expect(model.calls).toBeLessThan(10);
    expect(results).toHaveLength(100);
    expect(results.every(({ stopped, error }) => stopped === "failure" && ProviderError.is(error))).toBe(true);
  });
});

describe("in flight", () => {
  /** What was given, and what was told. */
  async function told(latencyMs: number | (() => number)): Promise<object> {
    const clock = virtualClock();
    const events: MullEvent[] = [];
    const allocation = allocate(stack(world({ latencyMs: latencyMs as never }), solve), questions(9), {
      budget: { calls: 60 },
      concurrency: 5,
      samples: 15,
      seed: 4,
      clock,
      onEvent: (event) => events.push(event),
    });
    const results = await clock.until(all(allocation));
    return {
      trace: traceOf(events),
      results: results.map(({ index, stopped, response }) => [index, stopped, response?.samples.map(({ key }) => key)]),
    };
  }

  test("the timing changes nothing", async () => {
    const even = await told(10);
    let i = 0;
    const uneven = await told(() => [70, 1, 33, 5, 90, 2][i++ % 6] ?? 1);
    expect(uneven).toEqual(even);
  });

  test("as many at a time as asked for", async () => {
    const clock = virtualClock();
    let flying = 0;
    let most = 0;
    const model = scripted(async (_, call) => {
      most = Math.max(most, ++flying);
      await new Promise<void>((resolve) => void call.clock.setTimeout(resolve, 10));
      flying--;
      return "Answer: 1";
    });
    await clock.until(all(allocate(model, questions(20), { budget: { calls: 40 }, concurrency: 3, clock })));
    expect(most).toBe(3);
  });

  test("a caller who gives up gets his reason, and nothing goes on", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const model = world({ latencyMs: 50 });
    const running = all(
      allocate(stack(model, solve), questions(9), { budget: {}, clock, signal: controller.signal, concurrency: 3 }),
    );
    const outcome = running.catch((error: unknown) => error);
    await clock.advance(120);
    const before = model.calls;
    controller.abort("enough");
    await clock.advance(0);
    expect(await outcome).toBe("enough");
    await clock.advance(10_000);
    expect([model.calls, clock.pending]).toEqual([before, 0]);
  });

  test("leaving the loop gives the rest up", async () => {
    const clock = virtualClock();
    const model = world({ latencyMs: 50 });
    const allocation = allocate(stack(model, solve), questions(9), { budget: {}, samples: 3, clock, concurrency: 3 });
    const first = (async () => {
      for await (const result of allocation) return result;
      return undefined;
    })();
    expect(await clock.until(first)).toMatchObject({ stopped: expect.stringMatching(/decided|limit/) });
    const before = model.calls;
    await clock.advance(10_000);
    expect([model.calls, clock.pending]).toEqual([before, 0]);
    await expect(allocation.usage).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("resume", () => {
  const options = { samples: 10, concurrency: 4, seed: 8 } as const;

  test("what was drawn is not drawn again, and counts as spent", async () => {
    const model = world();
    const first = allocate(stack(model, solve), questions(9), { ...options, budget: { calls: 30 } });
    await all(first);
    const state = JSON.parse(JSON.stringify(first.state())) as ReturnType<typeof first.state>;
    expect(state.samples.length).toBeGreaterThan(25);
    const before = model.calls;
    const second = allocate(stack(model, solve), questions(9), { ...options, budget: { calls: 50 }, resume: state });
    const results = await all(second);
    expect(model.calls - before).toBeLessThanOrEqual(20);
    expect(counts(results).reduce((a, b) => a + b, 0)).toBeGreaterThan(state.samples.length);
    expect((await second.usage).calls).toBe(model.calls);
  });

  test("with nothing left it answers from what there is", async () => {
    const model = world();
    const first = allocate(stack(model, solve), questions(4), { ...options, budget: { calls: 3 } });
    await all(first);
    for (const resume of [first.state(), { ...first.state(), usage: { ...first.state().usage, calls: 9 } }]) {
      const results = await all(
        allocate(stack(model, solve), questions(4), { ...options, budget: { calls: 3 }, resume }),
      );
      expect(counts(results)).toEqual([1, 1, 1, 0]);
      expect(results[3]).toMatchObject({ stopped: "budget", error: { code: "budget-exceeded", limit: "calls" } });
    }
    expect(model.calls).toBe(3);
  });

  test("spending that is not known may be all", async () => {
    const first = allocate(stack(world(), solve), questions(4), { ...options, budget: { calls: 3 } });
    await all(first);
    const usage = { ...first.state().usage, outputTokens: undefined };
    const resume = { ...first.state(), usage };
    const again = await all(
      allocate(stack(world(), solve), questions(4), { ...options, budget: { tokens: 9_999 }, resume }),
    );
    expect(counts(again)).toEqual([1, 1, 1, 0]);
  });

  test("accepted samples stay accepted", async () => {
    const accept = ({ answer }: Reasoned<number>): { ok: boolean } => ({ ok: answer === 1 });
    const solver = stack(
      scripted(() => "Answer: 1"),
      solve,
    );
    const first = allocate(solver, ["a", "b"], { budget: { calls: 1 }, concurrency: 1, accept });
    await all(first);
    const results = await all(allocate(solver, ["a", "b"], { budget: { calls: 2 }, accept, resume: first.state() }));
    expect(results.map(({ index, stopped }) => [index, stopped])).toEqual([
      [0, "ok"],
      [1, "ok"],
    ]);
  });
});

test("types", () => {
  const solver = stack(scripted(["x"]), solve);
  expectTypeOf(allocate(solver, ["a"], { budget: { calls: 1 } })).toEqualTypeOf<Allocation<Reasoned<number>>>();
  expectTypeOf<AllocationResult<Reasoned<number>>["response"]>().toEqualTypeOf<Voted<Reasoned<number>> | undefined>();
});

describe("options", () => {
  const good = { budget: { calls: 1 } };
  test.each<[options: object, message: string, requests?: unknown, model?: unknown]>([
    [{ ...good, samples: 0 }, "samples must be an integer of at least 1, got 0"],
    [{ ...good, concurrency: 1.5 }, "concurrency must be an integer of at least 1, got 1.5"],
    [{ ...good, leastWorth: -1 }, "leastWorth must be a number from 0 to 1, got -1"],
    [{ ...good, accept: true }, "accept must be a function that says how good a response is, got true"],
    [{ ...good, n: 3 }, "an option must be one of budget, samples, concurrency, leastWorth, accept, resume"],
    [{ budget: { calls: 0 } }, "calls must be an integer of at least 1, got 0"],
    [
      { ...good, resume: { requests: 2, samples: [], usage: {} } },
      "resume.requests must be 1, as many as there are, got 2",
    ],
    [good, "requests must be a list of at least one request, got an empty array", []],
    [good, "the prompt must be a text that is not empty", [" "]],
    [good, "the first argument must be a model", ["a"], {}],
  ])("%j is refused at once: %s", (options, message, requests = ["a"], model = scripted(["x"])) => {
    const call = (): unknown => allocate(model as Model, requests as string[], options as AllocateOptions);
    expect(call).toThrow(InvalidOptionError);
    expect(call).toThrow(message);
  });
});
