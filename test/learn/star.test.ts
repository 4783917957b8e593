import {
  number,
  ProviderError,
  star,
  type LearnQuestion,
  type Model,
  type MullEvent,
  type ModelRequest,
  type Star,
  type StarExample,
  type StarOptions,
  type Trainer,
} from "mull";
import { fc, test } from "@fast-check/vitest";
import { scripted, synthetic, virtualClock, type ScriptedModel } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, traceOf } from "../strategies/trial.js";

const words = 'Think step by step before you answer. End with "Answer: " and the number.';
const questions = (count: number): readonly LearnQuestion<number>[] =>
  Array.from({ length: count }, (_, k) => ({ question: `question ${k}`, answer: 7 }));

function learn(model: Model, count = 1, options: Partial<StarOptions<number>> = {}): Promise<Star> {
  return star(model, questions(count), { answer: number(), seed: 1, ...options });
}

/** What a request is: plain, with the hint, or from a thought on. */
function kindOf({ messages, prefill }: ModelRequest): "plain" | "hint" | "recheck" {
  const shown = JSON.stringify(messages);
  if (prefill !== undefined || messages.length > 1) return "recheck";
  return shown.includes("The right answer is") ? "hint" : "plain";
}

interface Lines {
  readonly plain?: readonly string[];
  readonly hint?: readonly string[];
  readonly recheck?: readonly string[];
}

/** Says these, by what is asked, over and over. */
function thinker({ plain = ["a\nAnswer: 5"], hint = [], recheck = [] }: Lines, prefill = true): ScriptedModel {
  const at = { plain: 0, hint: 0, recheck: 0 };
  const lines = { plain, hint, recheck };
  return scripted(
    (request) => {
      const kind = kindOf(request);
      return lines[kind][at[kind]++ % lines[kind].length] ?? new ProviderError(`no ${kind}`, { status: 503 });
    },
    { capabilities: { prefill } },
  );
}

describe("what is kept", () => {
  const none = { drawn: 0, right: 0, wrong: 0, unreadable: 0, lost: 0 };

  test.each<
    [what: string, lines: Lines, options: Partial<StarOptions<number>>, kept: readonly string[], calls: number]
  >([
    [
      "right ones",
      { plain: ["a\nAnswer: 7", "b\nAnswer: 8", "c\nAnswer: 7", "d"] },
      {},
      ["a\nAnswer: 7", "c\nAnswer: 7"],
      4,
    ],
    ["each once", { plain: ["a\nAnswer: 7"] }, {}, ["a\nAnswer: 7"], 4],
    ["so many of a question", { plain: ["a\nAnswer: 7", "b\nAnswer: 7"] }, { perQuestion: 1 }, ["a\nAnswer: 7"], 4],
    ["with a hint where none is right", { hint: ["h\nAnswer: 7"], recheck: [" 7"] }, {}, ["h\nAnswer: 7"], 6],
    ["but not if the answer does not follow", { hint: ["h\nAnswer: 7"], recheck: [" 9"] }, {}, [], 6],
    ["nor if it cannot be read", { hint: ["h\nAnswer: 7"], recheck: [" who knows"] }, {}, [], 6],
    ["unless nobody asks", { hint: ["h\nAnswer: 7"] }, { recheck: false }, ["h\nAnswer: 7"], 5],
    ["not if the hint does not help", { hint: ["h\nAnswer: 5"] }, {}, [], 5],
    [
      "several with the hint",
      { hint: ["h\nAnswer: 7", "i\nAnswer: 7", "j\nAnswer: 7"], recheck: [" 7", " 8"] },
      { rationalizations: 3 },
      ["h\nAnswer: 7", "j\nAnswer: 7"],
      10,
    ],
    ["no hint", {}, { rationalizations: 0 }, [], 4],
    [
      "by a check",
      { plain: ["long enough\nAnswer: 5", "b\nAnswer: 7"] },
      { samples: 2, check: ({ text }) => ({ ok: text.length > 12 }) },
      ["long enough\nAnswer: 5"],
      2,
    ],
  ])("%s", async (_, lines, options, kept, calls) => {
    const model = thinker(lines);
    const { examples, report, usage } = await learn(model, 1, options);
    expect(examples.map(({ completion }) => completion)).toEqual(kept);
    expect(model.calls).toBe(calls);
    expect(report.kept).toBe(kept.length);
    expect(usage.calls).toBe(calls);
    const hinted = model.requests.some((request) => kindOf(request) === "hint");
    expect(examples.every(({ rationalized }) => rationalized === hinted)).toBe(true);
    for (const { messages, question } of examples) {
      expect(messages).toEqual([{ role: "user", content: `question 0\n\n${words}` }]);
      expect(question).toBe(0);
    }
  });

  test("the hint, the request without it, and the counts", async () => {
    const model = thinker({
      plain: ["a\nAnswer: 5", "Who knows."],
      hint: ["h\nAnswer: 7", "i\nAnswer: 6"],
      recheck: [" 7"],
    });
    const { report, usage, warnings } = await learn(model, 1, { samples: 3, rationalizations: 2 });
    expect(model.requests[3]?.messages).toEqual([
      {
        role: "user",
        content: `question 0\n\nThe right answer is 7. Say how one comes to it, as if you had not been told.\n\n${words}`,
      },
    ]);
    expect(model.requests[5]).toEqual({
      messages: [{ role: "user", content: `question 0\n\n${words}` }],
      prefill: "h\nAnswer:",
      seed: expect.anything(),
    });
    expect(report).toEqual({
      questions: { total: 1, solved: 0, rationalized: 1, unsolved: 0, lost: 0 },
      samples: { ...none, drawn: 3, wrong: 2, unreadable: 1 },
      rationalizations: { ...none, drawn: 2, right: 1, wrong: 1, followed: 1 },
      rightAnswerWrongReason: 0,
      kept: 1,
    });
    expect(usage).toMatchObject({ calls: 6, judging: { calls: 1 } });
    expect(warnings).toEqual([]);
  });

  test("a model without prefill is asked in another turn, and it is said", async () => {
    const model = thinker({ hint: ["h\nAnswer: 7"], recheck: ["7"] }, false);
    const { examples, warnings } = await learn(model, 2);
    expect(examples.map(({ completion }) => completion)).toEqual(["h\nAnswer: 7", "h\nAnswer: 7"]);
    const turns = model.requests.find((request) => kindOf(request) === "recheck")?.messages;
    expect(turns?.slice(1)).toEqual([
      { role: "assistant", content: "h\nAnswer:" },
      {
        role: "user",
        content: 'Give the answer that this leads to, without further thoughts. End with "Answer: " and the number.',
      },
    ]);
    expect(JSON.stringify(turns)).not.toContain("The right answer is");
    expect(warnings).toMatchObject([{ code: "downgrade", capability: "prefill" }]);
  });

  test("a hint of one's own, an instruction of one's own, a temperature", async () => {
    const model = thinker({ hint: ["h\nAnswer: 7"], recheck: [" 7"] });
    await learn(model, 1, { hint: (answer) => `The right answer is <${answer}>`, instruction: "", temperature: 0.5 });
    expect(model.requests[4]?.messages[0]?.content).toContain("question 0\n\nThe right answer is <7>\n\nEnd with");
    expect(model.requests.every(({ temperature }) => temperature === 0.5)).toBe(true);
  });

  test("a right answer for a wrong reason is listed apart", async () => {
    const model = thinker({ plain: ["good\nAnswer: 7", "bad\nAnswer: 7", "x\nAnswer: 1"] });
    const asked: string[] = [];
    const { examples, rightAnswerWrongReason, report } = await learn(model, 2, {
      samples: 3,
      perQuestion: 1,
      reason: ({ text }, { request }) => {
        asked.push(`${JSON.stringify(request.messages[0]?.content)} ${text.slice(0, 4)}`);
        return { ok: !text.startsWith("bad") };
      },
    });
    expect(asked.toSorted().slice(0, 2)).toEqual(['"question 0" bad\n', '"question 0" good']);
    expect(examples.map(({ completion }) => completion)).toEqual(["good\nAnswer: 7", "good\nAnswer: 7"]);
    expect(rightAnswerWrongReason.map(({ completion }) => completion)).toEqual(["bad\nAnswer: 7", "bad\nAnswer: 7"]);
    expect(report).toMatchObject({ rightAnswerWrongReason: 2, kept: 2, questions: { solved: 2 } });
  });

  test("a reason that cannot be checked is let pass, and it is said", async () => {
    const model = thinker({ plain: ["good\nAnswer: 7"] });
    const { examples, warnings } = await learn(model, 1, { reason: () => Promise.reject(new Error("no judge")) });
    expect(examples).toHaveLength(1);
    expect(warnings).toMatchObject([{ code: "reason-not-checked" }]);
  });

  test("questions may be whole requests; a prefill is a part of what was written", async () => {
    const request: ModelRequest = {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "legs?" },
      ],
      prefill: "Well, ",
      temperature: 0.2,
    };
    const model = scripted(["three eights.\nAnswer: 24"], { repeat: true, capabilities: { prefill: true } });
    const { examples } = await star(model, [{ question: request, answer: 24 }], { answer: number(), temperature: 0.9 });
    expect(examples).toEqual([
      {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: `legs?\n\n${words}` },
        ],
        completion: "Well, three eights.\nAnswer: 24",
        question: 0,
        rationalized: false,
      },
    ]);
    expect(model.requests[0]?.temperature).toBe(0.2);
  });

  test("what calls tools is no example, nor is what was thought apart left out", async () => {
    const call = { type: "tool-call", id: "1", name: "t", input: {} } as const;
    const model = scripted([
      { text: "Answer: 7", toolCalls: [call] },
      { text: "Answer: 7", reasoning: "deep" },
    ]);
    const { examples, report } = await learn(model, 1, { samples: 2 });
    expect(examples.map(({ completion }) => completion)).toEqual(["<think>\ndeep\n</think>\n\nAnswer: 7"]);
    expect(report.samples).toMatchObject({ right: 1, unreadable: 1 });
  });
});

describe("a control", () => {
  /** Right in 30 of 100, with words of its own each time. */
  const model = (): Model => {
    const world = synthetic({
      answers: [
        ["7", 0.3],
        ["8", 0.6],
      ],
      tokens: 8,
    });
    let at = 0;
    return {
      ...world,
      generate: async (request, call) => {
        const response = await world.generate(request, call);
        return { ...response, text: `${at++} ${response.text}` };
      },
    };
  };

  test("of equal size is drawn from everything that was written", async () => {
    const options = { rationalizations: 0, samples: 5 };
    const right = await learn(model(), 40, options);
    const random = await learn(model(), 40, { ...options, keep: "random" });
    expect(random.examples).toHaveLength(right.examples.length);
    expect(random.report).toEqual(right.report);
    const share =
      random.examples.filter(({ completion }) => completion.endsWith("Answer: 7")).length / random.examples.length;
    // Four standard errors around the share of right ones in all; and each at most once.
    expect(Math.abs(share - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / random.examples.length));
    expect(new Set(random.examples.map(({ completion }) => completion)).size).toBe(random.examples.length);
    expect(right.examples.every(({ completion }) => completion.endsWith("Answer: 7"))).toBe(true);
    const order = random.examples.map(({ question }) => question);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

describe("rounds, failures, budgets", () => {
  const better = thinker({ plain: ["z\nAnswer: 7"] });

  test("each round asks the latest model anew", async () => {
    const given: (readonly unknown[])[] = [];
    const trainer: Trainer = {
      train: async (examples, { round } = {}) => (given.push([examples.length, round]), better),
    };
    const model = thinker({ plain: ["a\nAnswer: 7", "b\nAnswer: 7"] });
    const result = await learn(model, 3, { trainer, rounds: 2 });
    expect(given).toEqual([
      [6, 0],
      [3, 1],
    ]);
    expect(result.rounds.map(({ examples }) => examples.length)).toEqual([6, 3]);
    expect(result.examples).toBe(result.rounds[1]?.examples);
    expect(result.report).toBe(result.rounds[1]?.report);
    expect(result.model).toBe(better);
    expect(result.stopped).toBe("done");
  });

  test("a round with nothing to learn from is the last, and nothing is trained", async () => {
    const trainer: Trainer = { train: () => Promise.reject(new Error("never")) };
    const { stopped, warnings, rounds } = await learn(thinker({}), 2, { trainer, rounds: 4, rationalizations: 0 });
    expect([stopped, rounds.length]).toEqual(["no-improvement", 1]);
    expect(warnings).toMatchObject([{ code: "no-examples" }]);
  });

  test.each<[what: string, calls: number, examples: number, lost: number, trained: boolean]>([
    ["between questions", 4, 2, 1, false],
    ["in the samples of one", 5, 3, 0, false],
    ["nowhere", 6, 3, 0, true],
  ])("the budget ends %s", async (_, calls, kept, lost, trained) => {
    const trainer: Trainer = { train: async () => better };
    const model = thinker({ plain: ["a\nAnswer: 7"] });
    const result = await learn(model, 3, { samples: 2, concurrency: 1, budget: { calls }, trainer });
    expect(result.examples).toHaveLength(kept);
    expect(result.report.questions.lost).toBe(lost);
    expect(result.rounds[0]?.model === better).toBe(trained);
    expect(result.stopped).toBe(trained ? "done" : "budget");
    expect(model.calls).toBe(calls);
  });

  test("and in the second look: what was not looked at is not kept", async () => {
    const model = thinker({ hint: ["h\nAnswer: 7", "i\nAnswer: 7"], recheck: [" 7"] });
    const { examples, stopped } = await learn(model, 1, { samples: 1, rationalizations: 2, budget: { calls: 4 } });
    expect(examples.map(({ completion }) => completion)).toEqual(["h\nAnswer: 7"]);
    expect(stopped).toBe("budget");
  });

  test("time", async () => {
    const clock = virtualClock();
    const model = scripted(() => "a\nAnswer: 7", { latencyMs: 100 });
    const result = learn(model, 5, { samples: 2, concurrency: 1, budget: { ms: 250 }, clock });
    const { examples, stopped, report } = await clock.until(result);
    expect([examples.length, stopped, report.questions.lost]).toEqual([2, "deadline", 3]);
  });

  test("nothing at all: what ended it", async () => {
    const refused = new ProviderError("no key", { status: 401 });
    const model = scripted(() => refused);
    await expect(learn(model, 40, { concurrency: 1 })).rejects.toBe(refused);
    // Not one question after the other.
    expect(model.calls).toBeLessThanOrEqual(12);
    await expect(learn(thinker({}), 1, { budget: { tokens: 1 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });

  test("a question that fails is lost, the others are not", async () => {
    const busy = new ProviderError("overloaded", { status: 503 });
    const model = scripted((request) =>
      JSON.stringify(request.messages).includes("question 1") ? busy : "a\nAnswer: 7",
    );
    const { report, examples, stopped } = await learn(model, 3, { samples: 2 });
    expect(report.questions).toEqual({ total: 3, solved: 2, rationalized: 0, unsolved: 0, lost: 1 });
    expect([examples.length, stopped]).toEqual([2, "done"]);
  });

  test("a lost sample, and a lost second look", async () => {
    const busy = new ProviderError("overloaded", { status: 503 });
    const lines = [busy, "b\nAnswer: 5", "h\nAnswer: 7", busy];
    const { report, examples } = await learn(scripted(lines, { capabilities: { prefill: true } }), 1, { samples: 2 });
    expect(examples).toEqual([]);
    expect(report.samples).toMatchObject({ drawn: 1, lost: 1 });
    expect(report.rationalizations).toMatchObject({ right: 1, followed: 0 });
  });

  test("a check that fails loses its sample", async () => {
    const check: StarOptions<number>["check"] = ({ text }) => {
      if (text.startsWith("a")) throw new Error("no");
      return { ok: true };
    };
    const model = thinker({ plain: ["a\nAnswer: 7", "b\nAnswer: 7"] });
    const { examples, report } = await learn(model, 1, { samples: 2, check });
    expect(examples.map(({ completion }) => completion)).toEqual(["b\nAnswer: 7"]);
    expect(report.samples).toMatchObject({ drawn: 1, lost: 1 });
  });

  test.each([50, 150, 250])("given up after %i ms: the reason, and nothing more", async (ms) => {
    const clock = virtualClock();
    const controller = new AbortController();
    const lines = { plain: ["a\nAnswer: 5"], hint: ["h\nAnswer: 7"], recheck: [" 7"] };
    const said = thinker(lines);
    const model = scripted((request) => lines[kindOf(request)][0] as string, {
      latencyMs: 100,
      capabilities: { prefill: true },
    });
    const rejected = expect(learn(model, 8, { clock, signal: controller.signal, concurrency: 2 })).rejects.toBe(
      "enough",
    );
    await clock.advance(ms);
    controller.abort("enough");
    await rejected;
    const { calls } = model;
    await clock.advance(10_000);
    expect([model.calls, clock.pending, said.calls]).toEqual([calls, 0, 0]);
    await expect(learn(said, 1, { signal: AbortSignal.abort("before") })).rejects.toBe("before");
  });

  test("the same seed gives the same examples, whatever the concurrency and timing; events come in the order of the questions", async () => {
    const trial = async (concurrency: number, slow: number): Promise<readonly unknown[]> => {
      const clock = virtualClock();
      const events: string[] = [];
      const model = scripted(
        (request, { random }) => {
          if (kindOf(request) === "recheck") return ` ${7 + random.integer(2)}`;
          const answer = kindOf(request) === "hint" ? 7 : 5 + random.integer(3);
          return `${random.integer(90)}\nAnswer: ${answer}`;
        },
        { latencyMs: (index) => slow * ((index * 7) % 5), capabilities: { prefill: true } },
      );
      const options = {
        clock,
        concurrency,
        samples: 2,
        onEvent: (event: MullEvent) => events.push(...traceOf([event])),
      };
      const { examples, report } = await clock.until(learn(model, 6, options));
      return [examples, report, events];
    };
    const first = await trial(1, 0);
    expect(await trial(3, 10)).toEqual(first);
    expect(await trial(6, 30)).toEqual(first);
    const events = first[2] as string[];
    expect(events[1]).toBe("start star/round/q0/#0/scripted");
    expect(events.some((event) => /star\/round\/q\d\/rationalize\/#0\/scripted/.test(event))).toBe(true);
    expect(events.some((event) => /star\/round\/q\d\/recheck\/scripted/.test(event))).toBe(true);
  });

  test.prop(
    [fc.array(fc.constantFrom("7", "8", "?", "!"), { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 6 })],
    {
      numRuns: 40,
    },
  )("every example is right, and the counts add up", async (said, samples) => {
    const lines = said.map((line, k) =>
      line === "!"
        ? new ProviderError("busy", { status: 503 })
        : line === "?"
          ? `${"x".repeat(k)} Who knows.`
          : `${k}\nAnswer: ${line}`,
    );
    const model = scripted(lines, { repeat: true, capabilities: { prefill: true } });
    let result: Star;
    try {
      result = await learn(model, 3, { samples, concurrency: 1 });
    } catch (error) {
      expect(said.includes("!")).toBe(true);
      expect(ProviderError.is(error)).toBe(true);
      return;
    }
    const { examples, report } = result;
    expect(examples.every(({ completion }) => completion.endsWith("Answer: 7"))).toBe(true);
    const { solved, rationalized, unsolved, lost, total } = report.questions;
    expect(solved + rationalized + unsolved + lost).toBe(total);
    for (const { drawn, right, wrong, unreadable } of [report.samples, report.rationalizations])
      expect(right + wrong + unreadable).toBe(drawn);
    expect(examples.length).toBeLessThanOrEqual(report.samples.right + report.rationalizations.followed);
    expect(new Set(examples.map(({ question, completion }) => `${question} ${completion}`)).size).toBe(examples.length);
  });
});

test.each<[option: string, options: object, message: string]>([
  ["rationalizations", { rationalizations: -1 }, "rationalizations must be an integer of at least 0, got -1"],
  ["hint", { hint: "x" }, 'hint must be a function of the answer, got "x"'],
  ["recheck", { recheck: 1 }, "recheck must be true or false, got 1"],
  ["reason", { reason: true }, "reason must be a function that says whether the reason is right, got true"],
  ["perQuestion", { perQuestion: 0 }, "perQuestion must be an integer of at least 1, got 0"],
  ["keep", { keep: "wrong" }, "keep must be 'right' or 'random', got \"wrong\""],
  ["an option", { eStep: 1 }, 'got "eStep"'],
])("option %s", async (option, options, message) => {
  await expect(learn(scripted(["x"]), 1, options)).rejects.toMatchObject({
    option,
    message: expect.stringContaining(message) as string,
  });
});

test("types", () => {
  expectTypeOf<Star["examples"]>().toEqualTypeOf<readonly StarExample[]>();
  // @ts-expect-error an answer of another kind
  compiles(() => star(scripted(["x"]), [{ question: "q", answer: "7" }], { answer: number() }));
});
