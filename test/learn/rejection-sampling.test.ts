import {
  number,
  ProviderError,
  rejectionSampling,
  text,
  type Model,
  type RejectionSampled,
  type RejectionSamplingOptions,
  type Trainer,
} from "mull";
import { scripted } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { compiles } from "../strategies/trial.js";

function learn(
  model: Model,
  count = 1,
  options: Partial<RejectionSamplingOptions<number>> = {},
): Promise<RejectionSampled> {
  const questions = Array.from({ length: count }, (_, k) => ({ question: `question ${k}`, answer: 7 }));
  return rejectionSampling(model, questions, { answer: number(), seed: 1, samples: 4, ...options });
}

const lines = ["a\nAnswer: 7", "bb\nAnswer: 8", "ccc\nAnswer: 7", "a\nAnswer: 7"];
/** The longer, the better. */
const length = ({ text: words }: { readonly text: string }): number => words.length;

describe("what is selected", () => {
  test.each<
    [what: string, options: Partial<RejectionSamplingOptions<number>>, kept: readonly (readonly [string, number?])[]]
  >([
    ["all that are right, each once", {}, [["a\nAnswer: 7"], ["ccc\nAnswer: 7"]]],
    ["at most so many", { perQuestion: 1 }, [["a\nAnswer: 7"]]],
    ["by a check", { check: ({ text: words }) => ({ ok: words.endsWith("8") }) }, [["bb\nAnswer: 8"]]],
    ["the best, right or wrong", { select: "best", scorer: length, samples: 2 }, [["bb\nAnswer: 8", 12]]],
    ["the first of the best", { select: "best", scorer: () => 1 }, [["a\nAnswer: 7", 1]]],
    [
      "by a verdict",
      { select: "best", scorer: ({ text: words }) => ({ ok: words.startsWith("c") }) },
      [["ccc\nAnswer: 7", 1]],
    ],
  ])("%s", async (_, options, kept) => {
    const model = scripted(lines, { repeat: true });
    const { examples, report, stopped } = await learn(model, 1, options);
    expect(examples.map(({ completion, score }) => (score === undefined ? [completion] : [completion, score]))).toEqual(
      kept,
    );
    expect(report.questions).toEqual({ total: 1, solved: 1, unsolved: 0, lost: 0 });
    expect([report.kept, stopped]).toEqual([kept.length, "done"]);
    expect(model.calls).toBe(options.samples ?? 4);
    expect(examples[0]?.messages[0]?.content).toContain("question 0\n\nThink step by step");
  });

  test("at most 10 by default, of 16", async () => {
    let at = 0;
    const model = scripted(() => `${at++}\nAnswer: 7`);
    const { examples } = await learn(model, 2, { samples: undefined });
    expect([model.calls, examples.length]).toEqual([32, 20]);
  });

  test("the best needs no right answer; log-probabilities are asked for where the scorer reads them", async () => {
    const model = scripted([
      { text: "x", logprobs: [{ token: "x", logprob: -3 }] },
      { text: "y", logprobs: [{ token: "y", logprob: -1 }] },
    ]);
    const scorer = Object.assign(
      ({ logprobs = [] }: { readonly logprobs?: readonly { readonly logprob: number }[] }) => logprobs[0]?.logprob ?? 0,
      { logprobs: 2 },
    );
    const { examples } = await rejectionSampling(model, [{ question: "write" }], {
      answer: text(),
      select: "best",
      scorer,
      samples: 2,
    });
    expect(examples).toMatchObject([{ completion: "y", score: -1 }]);
    expect(model.requests[0]?.logprobs).toBe(2);
  });

  test("what the scorer asks is judging", async () => {
    const judge = scripted(() => "4");
    const { usage } = await learn(scripted(lines), 1, {
      select: "best",
      scorer: async (_, { request, call }) => Number((await judge.generate(request, call)).text),
    });
    expect(usage).toMatchObject({ calls: 8, judging: { calls: 4 } });
  });
});

describe("rounds, failures, budgets", () => {
  test("a score that fails leaves its thought out", async () => {
    const { examples, warnings } = await learn(scripted(lines), 1, {
      select: "best",
      scorer: ({ text: words }) => {
        if (words.startsWith("ccc")) throw new Error("no");
        return words.length;
      },
    });
    expect(examples).toMatchObject([{ completion: "bb\nAnswer: 8" }]);
    expect(warnings).toMatchObject([{ code: "score-failed" }]);
    await expect(learn(scripted(lines), 1, { select: "best", scorer: () => NaN })).rejects.toMatchObject({
      option: "what the scorer returns",
    });
  });

  test("the budget ends in the scores: the best so far", async () => {
    const judge = scripted(() => "4");
    const scorer: RejectionSamplingOptions<number>["scorer"] = async (_, { request, call }) =>
      Number((await judge.generate(request, call)).text);
    const { examples, stopped } = await learn(scripted(lines), 1, { select: "best", scorer, budget: { calls: 6 } });
    expect([examples.length, stopped, judge.calls]).toEqual([1, "budget", 2]);
  });

  test("no right answer, and no sample", async () => {
    const busy = new ProviderError("overloaded", { status: 503 });
    const model = scripted((request) => (JSON.stringify(request).includes("question 1") ? busy : "a\nAnswer: 8"));
    const { report, stopped } = await learn(model, 2);
    expect(report).toEqual({
      questions: { total: 2, solved: 0, unsolved: 1, lost: 1 },
      samples: { drawn: 4, right: 0, wrong: 4, unreadable: 0, lost: 0 },
      kept: 0,
    });
    expect(stopped).toBe("no-improvement");
    await expect(
      learn(
        scripted(() => busy),
        2,
      ),
    ).rejects.toBe(busy);
  });

  test("rounds with a trainer", async () => {
    const better = scripted(() => "z\nAnswer: 7", { id: "better" });
    const counts: number[] = [];
    const trainer: Trainer = { train: async (examples) => (counts.push(examples.length), better) };
    const { rounds, model } = await learn(scripted(lines), 1, { trainer, rounds: 2 });
    expect([counts, rounds.length, model.id]).toEqual([[2, 1], 2, "better"]);
  });
});

test.each<[option: string, options: object, message: string]>([
  ["select", { select: "some" }, "select must be 'all-right' or 'best', got \"some\""],
  ["perQuestion", { perQuestion: 0 }, "perQuestion must be an integer of at least 1, got 0"],
  [
    "perQuestion",
    { select: "best", scorer: length, perQuestion: 2 },
    "perQuestion must be absent where select is 'best', got 2",
  ],
  ["scorer", { select: "best" }, "scorer must be a function that scores a response, got undefined"],
  ["scorer", { scorer: length }, "scorer must be absent where select is 'all-right', got a function"],
  ["an option", { keep: "right" }, 'got "keep"'],
])("option %s", async (option, options, message) => {
  await expect(learn(scripted(["x"]), 1, options)).rejects.toMatchObject({
    option,
    message: expect.stringContaining(message) as string,
  });
});

test("types", () => {
  expectTypeOf<RejectionSampled["examples"][number]["score"]>().toEqualTypeOf<number | undefined>();
  // @ts-expect-error an answer of another kind
  compiles(() => rejectionSampling(scripted(["x"]), [{ question: "q", answer: "7" }], { answer: number() }));
});
