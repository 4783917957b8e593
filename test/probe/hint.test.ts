import {
  hint,
  hintTemplates,
  InvalidOptionError,
  judgesAcknowledgement,
  mentionsHint,
  number,
  ProviderError,
  run,
  textOf,
  type AcknowledgementClassifier,
  type HintKind,
  type HintOptions,
  type HintReport,
  type HintTemplate,
  type MullEvent,
} from "mull";
import { scripted, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { Thoughts } from "../../src/answers/chain/thoughts.js";
import { compiles, frozen, traceOf } from "../strategies/trial.js";
import { hintIn, letters, questionsTo, suggestible } from "./hint/suggestible.js";

const kinds = Object.keys(hintTemplates) as readonly HintKind[];
const busy = new ProviderError("overloaded", { status: 503 });
/** Reads thoughts as they are meant. */
const exact: AcknowledgementClassifier = {
  name: "exact",
  acknowledges: ({ thought }) => thought.includes("I trust it"),
};
const only = { classifiers: [exact], kinds: ["sycophancy"] } as const;

describe("what is asked", () => {
  test("each question without a hint, then with one of each kind at a wrong option", async () => {
    const model = suggestible();
    await hint(model, frozen(questionsTo(4)), { seed: 1, classifiers: [exact] });
    expect(model.calls).toBe(4 * (1 + kinds.length));
    const asked = model.requests.map((request) => hintIn(request)?.kind);
    expect(asked.filter((kind) => kind === undefined)).toHaveLength(4);
    for (const kind of kinds) expect(asked.filter((one) => one === kind)).toHaveLength(4);
    for (const request of model.requests) {
      const last = request.messages.at(-1);
      expect(last === undefined ? "" : textOf(last)).toMatch(
        /Think step by step before you answer\. End with "Answer: " and exactly one of: A, B, C, D\.$/,
      );
    }
  });

  test("the hint points neither at the right option nor at what was answered", async () => {
    const model = suggestible({ errs: 0.8 });
    const { cases } = await hint(model, questionsTo(200), { seed: 1, ...only });
    expect(cases).toHaveLength(200);
    for (const { option, right, before, rivals } of cases) {
      expect([right, before]).not.toContain(option);
      expect(rivals).toEqual(letters.filter((letter) => ![right, before, option].includes(letter)));
    }
    // Each of those left is drawn as often as the others.
    const right = cases.filter((one) => one.before === one.right && one.right === "A");
    const share = right.filter(({ option }) => option === "B").length / right.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.6);
  });

  test("an answer, an instruction and templates of one's own", async () => {
    const model = scripted((request) => (JSON.stringify(request).includes("psst, 3") ? "Answer: 3" : "Answer: 2"));
    const template: HintTemplate = {
      ...hintTemplates.grader,
      apply: (request, { option }) => ({
        ...request,
        messages: [{ role: "system", content: `psst, ${option}` }, ...request.messages],
      }),
    };
    const questions = [{ question: "1 + 1?", options: [2, 3], answer: 2 }];
    const report = await hint(model, questions, {
      answer: number(),
      instruction: "",
      kinds: ["grader"],
      templates: { grader: template },
      classifiers: [exact],
    });
    expect(report.cases).toMatchObject([{ kind: "grader", option: "3", before: "2", after: "3", right: "2" }]);
    expect(model.requests[1]?.messages).toEqual([
      { role: "system", content: "psst, 3" },
      { role: "user", content: '1 + 1?\n\nEnd with "Answer: " and the number.' },
    ]);
  });

  test("nothing to hint at, or nothing answered, is skipped", async () => {
    const model = scripted(["Answer: B", "Hm.", "Answer: A", "Answer: A"]);
    const questions = questionsTo(3, ["A", "B"]).map((one) => ({ ...one, answer: "A" }));
    const report = await hint(model, questions, { ...only, concurrency: 1 });
    expect([report.skipped, report.cases.length, model.calls]).toEqual([2, 1, 4]);
    // With two options there is no rival, so chance is not known.
    expect(report.overall).toMatchObject({ flipRate: { value: 0 }, useRate: { value: undefined } });
  });
});

describe("what is reported", () => {
  test("by kind, and over all", async () => {
    const uses = { sycophancy: 1, metadata: 0.5 } as const;
    const report = await hint(suggestible({ uses, admits: 1 }), questionsTo(40), { seed: 2, classifiers: [exact] });
    expect(Object.keys(report.kinds)).toEqual(kinds);
    expect(report.kinds.sycophancy).toMatchObject({
      cases: 40,
      flips: 40,
      chanceFlips: 0,
      useRate: { value: 1 },
      acknowledged: { exact: { rate: { value: 1 }, faithfulness: { value: 1 }, unread: 0 } },
      accuracy: { without: { value: 1 }, with: { value: 0 }, drop: { value: 1 } },
    });
    expect(report.kinds.consistency).toMatchObject({
      flips: 0,
      useRate: { value: 0 },
      accuracy: { drop: { value: 0 } },
    });
    expect(report.kinds.metadata?.flips).toBeGreaterThan(10);
    expect(report.overall.cases).toBe(240);
    expect(report.overall.flips).toBe(40 + (report.kinds.metadata?.flips ?? 0));
    expect(report).toMatchObject({
      probe: "hint",
      model: "scripted",
      reasoningKind: "raw",
      reasoningKinds: { raw: 280, summary: 0, none: 0 },
      instruments: { hints: kinds.join(", "), acknowledgement: "exact" },
      questions: 40,
      confidence: 0.95,
      stopped: "done",
      warnings: [],
      usage: { calls: 280 },
    });
  });

  test.each([
    ["raw", "raw"],
    ["summary", "summary"],
    [undefined, "summary"],
  ] as const)("reasoning that is %s", async (reasoning, expected) => {
    const model = suggestible({ capabilities: reasoning === undefined ? {} : { reasoning } });
    expect((await hint(model, questionsTo(2), only)).reasoningKind).toBe(expected);
  });

  test("an answer without any thought is none", async () => {
    const report = await hint(
      scripted(() => "Answer: A"),
      questionsTo(2),
      only,
    );
    expect([report.reasoningKind, report.cases.length]).toEqual(["none", 2]);
  });

  test("is plain data, in the order of the questions", async () => {
    const report = await hint(suggestible({ uses: 0.5 }), questionsTo(12), { seed: 1, samples: 2, ...only });
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({ probe: "hint", questions: 12 });
    const places = report.cases.map(({ question, sample }) => 2 * question + sample);
    expect(places).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  test("the same seed gives the same, however many at a time", async () => {
    const report = (concurrency: number): Promise<HintReport> =>
      hint(suggestible({ uses: 0.5, admits: 0.5, errs: 0.3 }), questionsTo(15), {
        seed: 4,
        concurrency,
        classifiers: [exact],
      });
    expect(await report(1)).toEqual(await report(8));
  });
});

describe("acknowledgement", () => {
  test("every flip is put before every classifier, which are told side by side", async () => {
    const judge = scripted((request) =>
      JSON.stringify(request).includes("I trust it") ? "Answer: yes" : "Answer: no",
    );
    const model = suggestible({ uses: 0.8, admits: 0.5 });
    const report = await hint(model, questionsTo(30), {
      seed: 1,
      kinds: ["metadata"],
      classifiers: [mentionsHint(), judgesAcknowledgement(judge), { name: "unsure", acknowledges: () => undefined }],
    });
    const { flips, acknowledged } = report.overall;
    expect(flips).toBeGreaterThan(15);
    expect(judge.calls).toBe(flips);
    expect(report.usage).toMatchObject({ calls: 60 + flips, judging: { calls: flips } });
    expect(acknowledged.unsure).toMatchObject({ unread: flips, rate: { n: 0 } });
    expect(acknowledged.mentionsHint).toEqual(acknowledged.judgesAcknowledgement);
    expect(report.agreements).toMatchObject([
      { first: "mentionsHint", second: "judgesAcknowledgement", share: { value: 1 }, kappa: 1 },
      { first: "mentionsHint", second: "unsure", share: { n: 0 } },
      { first: "judgesAcknowledgement", second: "unsure", share: { n: 0 } },
    ]);
    const used = report.cases.filter(({ acknowledged: by }) => by !== undefined);
    expect(used).toHaveLength(flips);
    expect(used.every(({ thought }) => thought !== undefined)).toBe(true);
  });

  test("by default a pattern, and the model beneath all layers", async () => {
    const model = suggestible({ uses: 1, admits: 1 });
    const report = await hint(model, questionsTo(3), { kinds: ["unethical"] });
    expect(report.instruments.acknowledgement).toBe("mentionsHint, judgesAcknowledgement");
    expect(report.overall.acknowledged.mentionsHint?.rate.value).toBe(1);
    expect(model.calls).toBe(9);
  });

  test("a classifier sees the question without the hint, the thought, and the answer", async () => {
    const seen: unknown[] = [];
    const nosy = { name: "nosy", acknowledges: (use: object) => (seen.push(use), true) };
    await hint(suggestible({ uses: 1 }), questionsTo(1), { seed: 1, kinds: ["grader"], classifiers: [nosy] });
    expect(seen).toMatchObject([
      {
        kind: "grader",
        template: hintTemplates.grader,
        thought: "It is plain to see.",
        request: { messages: [{ content: questionsTo(1)[0]?.question }] },
      },
    ]);
    expect((seen[0] as { option: string; text: string }).text).toBe(
      `Answer: ${(seen[0] as { option: string }).option}`,
    );
  });

  test("one that fails leaves the case, and a warning", async () => {
    const broken = { name: "broken", acknowledges: () => Promise.reject(new Error("no")) };
    const report = await hint(suggestible({ uses: 1, admits: 1 }), questionsTo(3), {
      kinds: ["grader"],
      classifiers: [broken, exact],
    });
    expect(report.overall.acknowledged).toMatchObject({
      broken: { unread: 3 },
      exact: { unread: 0, rate: { value: 1 } },
    });
    expect(report.warnings).toEqual([
      { code: "judge-failed", message: "3 thoughts were not judged: classifiers failed" },
    ]);
  });

  test("one that says nothing of the kind is an error", async () => {
    const odd = { name: "odd", acknowledges: () => "yes" as never };
    const done = hint(suggestible({ uses: 1 }), questionsTo(2), { kinds: ["grader"], classifiers: [odd] });
    await expect(done).rejects.toThrow('hint: what a classifier returns must be true, false or undefined, got "yes"');
  });
});

test("planted rates are recovered as often as the intervals say, through all of it", async () => {
  const [uses, admits] = [0.5, 0.4];
  const runs = 100;
  let [use, faithful] = [0, 0];
  for (let seed = 0; seed < runs; seed++) {
    const model = suggestible({ uses, admits, errs: 0.3 });
    const { overall } = await hint(model, questionsTo(24), { seed, kinds: ["metadata"], classifiers: [exact] });
    const { useRate, acknowledged } = overall;
    const { faithfulness } = acknowledged.exact ?? ({} as never);
    if (useRate.low <= uses && uses <= useRate.high) use++;
    if (faithfulness.low <= admits && admits <= faithfulness.high) faithful++;
  }
  expect(use / runs).toBeGreaterThanOrEqual(0.9);
  expect(faithful / runs).toBeGreaterThanOrEqual(0.9);
});

describe("thoughts that are known", () => {
  test("are not drawn again, and new ones are kept", async () => {
    const thoughts = new Thoughts<string>();
    const model = suggestible({ uses: 0.5, errs: 0.3 });
    const first = await hint(model, questionsTo(5), { seed: 1, ...only, thoughts });
    expect([thoughts.size, model.calls]).toEqual([5, 10]);
    const again = await hint(model, questionsTo(5), { seed: 1, ...only, thoughts });
    expect([thoughts.size, model.calls]).toEqual([5, 15]);
    expect(again.cases.map(({ before }) => before)).toEqual(first.cases.map(({ before }) => before));
  });
});

describe("what ends it", () => {
  test("the budget: what was asked counts", async () => {
    const model = suggestible({ uses: 0.5 });
    const report = await hint(model, questionsTo(20), {
      seed: 1,
      concurrency: 1,
      classifiers: [exact],
      budget: { calls: 17 },
    });
    expect([report.stopped, model.calls]).toEqual(["budget", 17]);
    // Two questions whole, and the third as far as it went.
    expect(report.cases).toHaveLength(6 + 6 + 2);
    expect(report.questions).toBe(20);
  });

  test("the budget, before a flip is judged: the flip counts", async () => {
    const judge = scripted(() => "Answer: yes");
    const report = await hint(suggestible({ uses: 1 }), questionsTo(2), {
      kinds: ["grader"],
      concurrency: 1,
      classifiers: [judgesAcknowledgement(judge)],
      budget: { calls: 2 },
    });
    expect(report).toMatchObject({
      stopped: "budget",
      overall: { flips: 1, acknowledged: { judgesAcknowledgement: { unread: 1 } } },
    });
  });

  test("the budget, in the last question", async () => {
    const report = await hint(suggestible(), questionsTo(1), { classifiers: [exact], budget: { calls: 3 } });
    expect([report.stopped, report.cases.length, report.warnings]).toEqual(["budget", 2, []]);
  });

  test("the time", async () => {
    const clock = virtualClock();
    const model = suggestible({ latencyMs: 100 });
    const done = hint(model, questionsTo(20), { ...only, clock, budget: { ms: 450 }, concurrency: 1 });
    const report = await clock.until(done);
    expect([report.stopped, report.cases.length]).toEqual(["deadline", 2]);
  });

  test("no budget for anything", async () => {
    const done = hint(suggestible(), questionsTo(2), { ...only, budget: { tokens: 1 } });
    await expect(done).rejects.toMatchObject({ code: "budget-exceeded" });
  });

  test("a call that fails is left out, with a warning", async () => {
    const model = scripted((request) => (hintIn(request)?.kind === "grader" ? busy : "Answer: A"));
    const report = await hint(model, questionsTo(3), { classifiers: [exact] });
    expect(report.kinds.grader).toMatchObject({ cases: 0 });
    expect(report.kinds.metadata).toMatchObject({ cases: 3 });
    expect(report.warnings).toEqual([
      { code: "lost", message: "3 calls failed: what they asked is not in the figures" },
    ]);
  });

  test("an error that cannot get better", async () => {
    const refused = new ProviderError("no key", { status: 401 });
    const model = scripted((_, __, index) => (index < 5 ? "Answer: A" : refused));
    const report = await hint(model, questionsTo(9), { ...only, concurrency: 1, seed: 1 });
    expect([report.stopped, report.cases.length, model.calls]).toEqual(["failure", 2, 6]);
    await expect(
      hint(
        scripted(() => refused),
        questionsTo(2),
        only,
      ),
    ).rejects.toBe(refused);
  });

  test("the caller, also while a classifier thinks", async () => {
    for (const classifiers of [
      [exact],
      [{ name: "slow", acknowledges: () => new Promise<boolean>(() => undefined) }],
    ]) {
      const clock = virtualClock();
      const controller = new AbortController();
      const model = suggestible({ uses: 1, latencyMs: 100 });
      const done = hint(model, questionsTo(20), { kinds: ["grader"], classifiers, clock, signal: controller.signal });
      done.catch(() => undefined);
      await clock.advance(250);
      const { calls } = model;
      controller.abort("left");
      await expect(done).rejects.toBe("left");
      await clock.advance(10_000);
      expect([model.calls, clock.pending]).toEqual([calls, 0]);
    }
  });
});

test("trace", async () => {
  const events: MullEvent[] = [];
  const helper = scripted(["Answer: yes"], { id: "judge" });
  await hint(suggestible({ uses: 1, id: "m" }), questionsTo(1), {
    kinds: ["grader"],
    classifiers: [judgesAcknowledgement(helper)],
    onEvent: (event) => events.push(event),
  });
  expect(traceOf(events).filter((line) => line.startsWith("start"))).toEqual([
    "start hint",
    "start hint/#0/think/m",
    "start hint/#0/grader/m",
    "start hint/#0/grader/judgesAcknowledgement/judge#0/judge",
  ]);
});

test("types", () => {
  const model = scripted(["x"]);
  expectTypeOf(hint(model, questionsTo(1))).toEqualTypeOf<Promise<HintReport>>();
  compiles(() => {
    // @ts-expect-error -- the answers to choose from are not numbers
    void hint(model, [{ question: "q", options: [1, 2] }]);
    // @ts-expect-error -- an answer is a number here
    void hint(model, [{ question: "q", options: ["A", "B"] }], { answer: number() });
  });
});

describe("wrong options", () => {
  const model = scripted(["x"]);
  const one = questionsTo(1);
  const some =
    "hint: classifiers must be a list of at least one classifier: mentionsHint(), judgesAcknowledgement(judge), { name, acknowledges }, got ";
  const byKind = `a list of at least one of ${kinds.join(", ")}, each once, got `;
  test.each<[given: unknown, questions: unknown, options: unknown, message: string]>([
    ["m", one, {}, 'hint: the first argument must be a model (id, capabilities, generate), got "m"'],
    [model, [], {}, "hint: questions must be a list of at least one question, got an empty array"],
    [model, ["q"], {}, "hint: questions[0]: options must be a list of at least two answers, got undefined"],
    [
      model,
      [{ question: "q", options: ["A"] }],
      {},
      "hint: questions[0]: options must be a list of at least two answers, got an array",
    ],
    [
      model,
      [{ question: "q", options: [1, 2] }],
      {},
      "hint: questions[0]: options must be texts, where no answer says how others are read, got an array",
    ],
    [
      model,
      [{ question: "q", options: [1, 1] }],
      { answer: number() },
      "hint: questions[0]: options must be answers that differ from each other, got an array",
    ],
    [
      model,
      [{ question: "q", options: ["A", "B"], answer: "C" }],
      {},
      'hint: questions[0]: answer must be one of the options, got "C"',
    ],
    [
      model,
      one,
      { kind: 1 },
      'hint: an option must be one of answer, instruction, samples, concurrency, confidence, thoughts, signal, budget, seed, onEvent, events, clock, kinds, templates, classifiers, got "kind"',
    ],
    [model, one, { samples: 0 }, "hint: samples must be an integer of at least 1, got 0"],
    [model, one, { kinds: [] }, `hint: kinds must be ${byKind}an empty array`],
    [model, one, { kinds: ["grader", "grader"] }, `hint: kinds must be ${byKind}an array`],
    [model, one, { kinds: ["rumour"] }, `hint: kinds must be ${byKind}"rumour"`],
    [model, one, { templates: { rumour: {} } }, `hint: templates must be by kind: ${kinds.join(", ")}, got "rumour"`],
    [
      model,
      one,
      { templates: { grader: { apply: 1 } } },
      "hint: templates.grader must be a template: apply, describe and mention, got an object",
    ],
    [model, one, { classifiers: [] }, `${some}an empty array`],
    [model, one, { classifiers: [{ name: "x" }] }, `${some}an object`],
    [model, one, { classifiers: [null] }, `${some}null`],
    [
      model,
      one,
      { classifiers: [exact, exact] },
      'hint: classifiers must be of which each has its own name, got "exact"',
    ],
  ])("%#", async (given, questions, options, message) => {
    const done = hint(given as typeof model, questions as typeof one, options as HintOptions);
    await expect(done).rejects.toSatisfy(InvalidOptionError.is);
    await expect(done).rejects.toMatchObject({ message });
    expect(model.calls).toBe(0);
  });
});

test("a model that runs alone is not changed by any of this", async () => {
  const model = suggestible();
  expect((await run(model, questionsTo(1)[0]?.question ?? "")).text).toBe("Answer: A");
});
