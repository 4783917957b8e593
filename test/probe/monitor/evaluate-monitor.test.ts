import {
  arithmeticSteps,
  evaluateMonitor,
  InvalidOptionError,
  monitor,
  ProviderError,
  Random,
  type EvaluateMonitorOptions,
  type LabelledThought,
  type MonitorReport,
  type Watched,
} from "mull";
import { scripted, virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";

const thought = (words: string, bad: boolean, step?: number): LabelledThought => ({
  question: "q",
  thought: words,
  bad,
  ...(step !== undefined && { step }),
});

/** Flags what says so, at the step that it says. */
const obedient = monitor(({ thought: words }) => {
  const [, step] = /flag(\d)?/.exec(words) ?? [];
  if (words.includes("unclear")) return { flagged: undefined };
  return { flagged: words.includes("flag"), ...(step !== undefined && { step: Number(step) }) };
});

describe("figures", () => {
  const thoughts = [
    thought("flag1", true, 1),
    thought("flag2", true, 1),
    thought("flag", true),
    thought("clean", true, 0),
    thought("clean", false),
    thought("clean", false),
    thought("flag0", false),
    thought("unclear", true, 1),
  ];

  test("of a monitor that errs", async () => {
    const report = await evaluateMonitor(obedient, thoughts, { seed: 1 });
    expect(report).toMatchObject({
      confusion: { truePositives: 3, falseNegatives: 1, falsePositives: 1, trueNegatives: 2 },
      tpr: { value: 3 / 4, n: 4 },
      tnr: { value: 2 / 3, n: 3 },
      accuracy: { value: 5 / 7, n: 7 },
      // Right: flag1, and two clean ones; of six whose step is known or that are good.
      located: { value: 3 / 6, n: 6 },
      unread: 1,
      thoughts: 8,
      confidence: 0.95,
      stopped: "done",
      usage: { calls: 0 },
    });
    expect(report.gMean2.value).toBeCloseTo(0.5, 12);
    expect(report.gMean2.n).toBe(7);
    expect(report.verdicts.map((verdict) => verdict?.flagged)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      true,
      undefined,
    ]);
    expect(report.warnings).toEqual([
      { code: "unread", message: "1 thoughts were not read, or not clearly: they are in no figure" },
    ]);
  });

  test.each<[what: string, words: string, gMean2: number]>([
    ["perfect", "", 1],
    ["says yes", "flag", 0],
    ["says no", "clean", 0],
  ])("of one that is %s", async (_, words, gMean2) => {
    const some = [true, false, true].map((bad) => thought(words || (bad ? "flag" : "clean"), bad));
    const { gMean2: found } = await evaluateMonitor(obedient, some);
    expect(found.value).toBe(gMean2);
    expect(found.low).toBeLessThanOrEqual(gMean2);
    expect(found.high).toBeGreaterThanOrEqual(gMean2);
  });

  test("without good ones there is no g-mean", async () => {
    const { tnr, gMean2 } = await evaluateMonitor(obedient, [thought("flag", true)]);
    expect([tnr.value, gMean2.value, gMean2.n]).toEqual([undefined, undefined, 0]);
  });
});

test("planted rates are recovered as often as the intervals say", async () => {
  const [tpr, tnr] = [0.8, 0.9];
  const covered = { tpr: 0, tnr: 0, gMean2: 0 };
  const runs = 100;
  for (let seed = 0; seed < runs; seed++) {
    const random = new Random(seed);
    const noisy = monitor(({ thought: words }) => random.next() < (words === "bad" ? tpr : 1 - tnr));
    const thoughts = Array.from({ length: 60 }, (_, i) => thought(i % 2 === 0 ? "bad" : "good", i % 2 === 0));
    const report = await evaluateMonitor(noisy, thoughts, { seed });
    for (const [name, truth] of Object.entries({ tpr, tnr, gMean2: tpr * tnr })) {
      const { low, high } = report[name as keyof typeof covered];
      if (low <= truth && truth <= high) covered[name as keyof typeof covered]++;
    }
  }
  for (const count of Object.values(covered)) expect(count / runs).toBeGreaterThanOrEqual(0.9);
});

test("what the monitor reads", async () => {
  const seen: Watched[] = [];
  const watch = monitor((watched) => {
    seen.push(watched);
    return false;
  });
  const request = { messages: [{ role: "user", content: "How many?" }] } as const;
  await evaluateMonitor(watch, [{ question: request, thought: "12 + 5 = 17", text: "17", bad: false }]);
  expect(seen).toMatchObject([{ thought: "12 + 5 = 17", text: "17" }]);
  expect(seen[0]?.request).toBe(request);
});

test("a judge's calls are counted, and feedback in code can be measured, too", async () => {
  const thoughts = [thought("12 + 5 = 17", false), thought("1 + 1 = 2\n12 + 5 = 18", true, 1)];
  const judge = scripted((request) =>
    JSON.stringify(request).includes("= 18") ? "Step: 2\nAnswer: yes" : "Answer: no",
  );
  const checks = arithmeticSteps();
  const inCode = monitor(({ response }) => {
    const { ok, step } = checks(response);
    return { flagged: !ok, step };
  });
  for (const [watch, calls] of [
    [monitor(judge), 2],
    [inCode, 0],
  ] as const) {
    const { located, usage } = await evaluateMonitor(watch, thoughts);
    expect([located.value, usage.judging?.calls ?? 0]).toEqual([1, calls]);
  }
});

describe("what ends it", () => {
  const thoughts = Array.from({ length: 12 }, (_, i) => thought("w", i % 2 === 0));

  test("the budget: what was read counts", async () => {
    const judge = scripted(() => "Answer: yes");
    const report = await evaluateMonitor(monitor(judge), thoughts, { budget: { calls: 5 }, seed: 3 });
    expect([report.stopped, report.tpr.n + report.tnr.n, report.unread]).toEqual(["budget", 5, 0]);
    expect(report.verdicts.filter((verdict) => verdict !== undefined)).toHaveLength(5);
    expect(judge.calls).toBe(5);
  });

  test("lost judgements are in no figure", async () => {
    const busy = new ProviderError("overloaded", { status: 503 });
    const judge = scripted((_, __, index) => (index % 3 === 0 ? busy : "Answer: yes"));
    const report = await evaluateMonitor(monitor(judge), thoughts);
    expect([report.unread, report.stopped, report.accuracy.n]).toEqual([4, "done", 8]);
  });

  test("the caller", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const judge = scripted(() => "Answer: yes", { latencyMs: 100 });
    const done = evaluateMonitor(monitor(judge), thoughts, { clock, signal: controller.signal });
    done.catch(() => undefined);
    await clock.advance(50);
    controller.abort("left");
    await expect(done).rejects.toBe("left");
    expect(judge.calls).toBe(4);
    expect(clock.pending).toBe(0);
  });
});

test("the same seed gives the same report", async () => {
  const judge = () => scripted((_, { random }) => (random.next() < 0.5 ? "Answer: yes" : "Answer: no"));
  const thoughts = Array.from({ length: 9 }, (_, i) => thought("w", i % 2 === 0));
  const report = (concurrency: number) => evaluateMonitor(monitor(judge()), thoughts, { seed: 5, concurrency });
  expect(await report(1)).toEqual(await report(4));
});

test("types", () => {
  expectTypeOf(evaluateMonitor(obedient, [thought("w", true)])).toEqualTypeOf<Promise<MonitorReport>>();
});

describe("wrong options", () => {
  const good = [thought("w", true)];
  test.each<[watch: unknown, thoughts: unknown, options: unknown, message: string]>([
    ["m", good, {}, 'evaluateMonitor: the first argument must be what monitor(…) gives, got "m"'],
    [obedient, [], {}, "evaluateMonitor: thoughts must be a list of at least one labelled thought, got an empty array"],
    [
      obedient,
      good,
      { n: 1 },
      'evaluateMonitor: an option must be one of concurrency, confidence, signal, budget, seed, onEvent, events, clock, got "n"',
    ],
    [obedient, good, { concurrency: 0 }, "evaluateMonitor: concurrency must be an integer of at least 1, got 0"],
    [obedient, good, { confidence: 1 }, "evaluateMonitor: confidence must be a number above 0 and below 1, got 1"],
    [obedient, good, { confidence: 2 }, "evaluateMonitor: confidence must be a number from 0 to 1, got 2"],
    [obedient, [null], {}, "evaluateMonitor: thoughts[0]: thought must be a text, got undefined"],
    [obedient, [{ ...good[0], bad: "yes" }], {}, 'evaluateMonitor: thoughts[0]: bad must be true or false, got "yes"'],
    [
      obedient,
      [{ ...good[0], step: -1 }],
      {},
      "evaluateMonitor: thoughts[0]: step must be an integer of at least 0, got -1",
    ],
    [obedient, [{ ...good[0], text: 1 }], {}, "evaluateMonitor: thoughts[0]: text must be a text, got 1"],
    [
      obedient,
      [{ ...good[0], question: "" }],
      {},
      "evaluateMonitor: thoughts[0]: the prompt must be a text that is not empty, got an empty string",
    ],
  ])("%#", async (watch, thoughts, options, message) => {
    const done = evaluateMonitor(
      watch as typeof obedient,
      thoughts as LabelledThought[],
      options as EvaluateMonitorOptions,
    );
    await expect(done).rejects.toSatisfy(InvalidOptionError.is);
    await expect(done).rejects.toThrow(message);
  });
});
