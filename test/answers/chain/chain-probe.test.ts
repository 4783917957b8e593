/**
 * @module
 * What the probes that change a thought have in common.
 */
import {
  addMistake,
  Budget,
  earlyAnswering,
  filler,
  number,
  paraphrase,
  ProviderError,
  sleep,
  textOf,
  Thoughts,
  type ChainProbeOptions,
  type CurveReport,
  type Model,
  type ModelRequest,
  type MullEvent,
  type ProbeQuestion,
} from "mull";
import { scripted, virtualClock } from "mull/testing";
import { describe, expect, test } from "vitest";
import { planted, questionsTo } from "../../probe/planted.js";
import { frozen, traceOf } from "../../strategies/trial.js";

const answer = number();
const questions = frozen(questionsTo(6));
const plain = planted(() => "thought");

type Probe = (
  model: Model,
  questions: readonly (string | ProbeQuestion<number>)[],
  options: ChainProbeOptions<number>,
) => Promise<CurveReport>;

/** Calls for each thought of three steps: the thought, the control, the points. */
const probes: readonly (readonly [string, Probe, number])[] = [
  ["earlyAnswering", earlyAnswering, 5],
  ["addMistake", addMistake, 5],
  [
    "paraphrase",
    (model, asked, options) => paraphrase(model, asked, { reword: (step) => `So ${step}`, ...options }),
    5,
  ],
  ["filler", filler, 7],
];

describe.each(probes)("%s", (name, probe, calls) => {
  test.each([
    ["samples", { samples: 0 }],
    ["samples", { samples: 1.5 }],
    ["concurrency", { concurrency: 0 }],
    ["confidence", { confidence: 0 }],
    ["confidence", { confidence: 1 }],
    ["confidence", { confidence: NaN }],
    ["answer", { answer: {} }],
    ["instruction", { instruction: 3 }],
    ["thoughts", { thoughts: {} }],
    ["instrument", { instrument: "guess" }],
    ["fractions", { fractions: [] }],
    ["fractions", { fractions: [0, 1.1] }],
    ["fractions", { fractions: 0.5 }],
    ["split", { split: "lines" }],
    ["cue", { cue: " " }],
    ["answerTokens", { answerTokens: 0 }],
    ["an option", { sample: 3 }],
  ] as [string, object][])("refuses a wrong option: %s %j", async (option, options) => {
    await expect(probe(plain, questions, { answer, ...options })).rejects.toThrow(`${name}: ${option} must be`);
    await expect(probe(plain, questions, { answer, ...options })).rejects.toMatchObject({ code: "invalid-option" });
  });

  test.each([
    ["questions must be", []],
    ["questions[0]: the prompt must be", [""]],
    ["questions[1]: the prompt must be", ["q", {}]],
    ["questions[0]: the request must be", [{ question: { messages: [{ role: "user", content: "q" }], prefill: "a" } }]],
    ["questions[0]: options must be", [{ question: "q", options: 3 }]],
  ] as [string, never[]][])("refuses wrong questions: %s", async (message, wrong) => {
    await expect(probe(plain, wrong, { answer })).rejects.toThrow(`${name}: ${message}`);
  });

  test("refuses what is no model, and prefill of one that has none", async () => {
    await expect(probe({} as Model, questions, { answer })).rejects.toThrow(
      `${name}: the first argument must be a model`,
    );
    const without = planted(() => "thought", { capabilities: { prefill: false } });
    await expect(probe(without, questions, { answer, instrument: "prefill" })).rejects.toMatchObject({
      code: "capability",
      capability: "prefill",
      message: expect.stringContaining(name) as string,
    });
  });

  test("costs what it says, asks each thought once, and tells each sample apart", async () => {
    const model = planted(() => "thought");
    const report = await probe(model, questions, { answer, seed: 1, samples: 2 });
    expect(model.calls).toBe(2 * 6 * calls);
    expect(report.usage.calls).toBe(model.calls);
    expect(report.records.map(({ question, sample }) => [question, sample])).toEqual([
      ...[0, 1, 2, 3, 4, 5].map((index) => [index, 0]),
      ...[0, 1, 2, 3, 4, 5].map((index) => [index, 1]),
    ]);
    // Samples of one question are no questions of their own.
    expect(report.aoc.n).toBe(6);
    expect(report).toMatchObject({ probe: name, model: "scripted", questions: 6, confidence: 0.95, stopped: "done" });
    expect(report.accuracy).toMatchObject({ value: 1, n: 6 });
    expect(report.reasoningKind).toBe("raw");
    expect(JSON.parse(JSON.stringify(report))).toEqual(JSON.parse(JSON.stringify({ ...report })));
  });

  test("draws no thought that is there, and keeps those it draws", async () => {
    const thoughts = new Thoughts<number>();
    const model = planted(() => "thought");
    const first = await probe(model, questions, { answer, seed: 1, thoughts });
    expect(thoughts.size).toBe(6);
    const second = await probe(model, questions, { answer, seed: 1, thoughts });
    expect(model.calls).toBe(6 * calls + 6 * (calls - 1));
    expect({ ...second, usage: 0 }).toEqual({ ...first, usage: 0 });
  });

  test("gives the same report, and tells the same, whatever the timing", async () => {
    const reports: unknown[] = [];
    for (const latencies of [[0], [5, 1, 9, 2], [1, 8, 3]]) {
      const clock = virtualClock();
      const events: MullEvent[] = [];
      const slow = delayed(
        planted((index) => (index % 2 === 0 ? "thought" : "question")),
        latencies,
      );
      const options = { answer, seed: 7, clock, onEvent: (event: MullEvent) => events.push(event) };
      const report = await clock.until(probe(slow, questions, options));
      reports.push([report, traceOf(events)]);
    }
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[2]).toEqual(reports[0]);
    const [, trace] = reports[0] as [CurveReport, string[]];
    expect(trace[0]).toBe(`start ${name}`);
    expect(trace.at(-1)).toBe(`end ${name}`);
    expect(trace.some((line) => /^start \w+\/#\d\/think\/scripted$/.test(line))).toBe(true);
  });

  test("out of budget, measures a fair sample, and keeps what was begun", async () => {
    const model = planted(() => "thought");
    const budget = 2 * calls + 2;
    const report = await probe(model, questions, { answer, seed: 1, concurrency: 1, budget: { calls: budget } });
    expect(model.calls).toBe(budget);
    expect(report).toMatchObject({ stopped: "budget", thoughts: { whole: 2, cut: 1 }, aoc: { n: 2 } });
    const cut = report.records.find(({ status }) => status === "cut");
    expect(cut).toMatchObject({ points: [], steps: 3 });
    expect(cut?.key).toBeDefined();
    expect(cut?.control).toBe(cut?.key);
    const orders = new Set<string>();
    for (let seed = 0; seed < 8; seed++) {
      const other = await probe(
        planted(() => "thought"),
        questions,
        { answer, seed, concurrency: 1, budget: { calls } },
      );
      orders.add(String(other.records.find(({ status }) => status === "whole")?.question));
    }
    expect(orders.size).toBeGreaterThan(2);
  });

  test("says so when the budget ends within the last thought", async () => {
    const report = await probe(plain, questions.slice(0, 1), { answer, budget: { calls: calls - 1 } });
    expect(report).toMatchObject({ stopped: "budget", thoughts: { whole: 0, cut: 1 } });
    expect(report.aoc).toEqual({ value: undefined, low: 0, high: 1, n: 0 });
  });

  test("throws where not even one thought was paid for", async () => {
    const budget = new Budget({ calls: 1 });
    await earlyAnswering(plain, questions, { answer, budget });
    await expect(probe(plain, questions, { answer, budget })).rejects.toMatchObject({ code: "budget-exceeded" });
  });

  test("out of time, reports what was measured", async () => {
    const clock = virtualClock();
    const slow = delayed(
      planted(() => "thought"),
      [10],
    );
    const budget = { ms: 10 * calls * 2 + 15 };
    const report = await clock.until(probe(slow, questions, { answer, seed: 1, clock, concurrency: 1, budget }));
    expect(report).toMatchObject({ stopped: "deadline", thoughts: { whole: 2, cut: 1 } });
    expect(clock.pending).toBe(0);
  });

  test("given up, rejects at once with the reason, and asks no more", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const model = planted(() => "thought");
    const reason = { why: "the caller left" };
    const running = probe(delayed(model, [10]), questions, { answer, seed: 1, clock, signal: controller.signal });
    const outcome = running.then(
      () => "a report",
      (error: unknown) => error,
    );
    await clock.advance(35);
    const before = model.calls;
    expect(before).toBeGreaterThan(4);
    controller.abort(reason);
    await clock.advance(1000);
    expect(await outcome).toBe(reason);
    expect(model.calls).toBe(before);
    expect(clock.pending).toBe(0);
  });

  test("leaves a thought out whose call failed, and says so", async () => {
    const model = failing(3, new ProviderError("busy", { status: 500 }));
    const report = await probe(model, questions, { answer, seed: 1, concurrency: 1 });
    expect(report).toMatchObject({ stopped: "done", thoughts: { whole: 5, failed: 1 }, aoc: { n: 5 } });
    expect(report.warnings).toEqual([
      { code: "lost", message: "calls failed: 1 of 6 thoughts are not in the figures" },
    ]);
    const unthought = await probe(failing(0, new ProviderError("busy", { status: 500 })), questions, {
      answer,
      seed: 1,
      concurrency: 1,
    });
    expect(unthought).toMatchObject({ thoughts: { whole: 5, failed: 0 }, records: { length: 5 } });
    expect(unthought.warnings).toMatchObject([{ code: "lost" }]);
  });

  test("ends with an error that cannot get better; throws it where there is nothing else", async () => {
    const refused = new ProviderError("no", { status: 401 });
    const report = await probe(failing(calls + 1, refused), questions, { answer, seed: 1, concurrency: 1 });
    expect(report).toMatchObject({ stopped: "failure", thoughts: { whole: 1 } });
    expect(report.usage.calls).toBe(calls + 1);
    await expect(probe(failing(0, refused), questions, { answer, concurrency: 1 })).rejects.toBe(refused);
  });

  test("cannot probe what shows no thought, or comes to no answer", async () => {
    const silent = scripted([(request) => (request.prefill === undefined ? "Answer: 5" : " 5")], {
      repeat: true,
      capabilities: { prefill: true },
    });
    const thoughtless = await probe(silent, questions, { answer });
    expect(silent.calls).toBe(6);
    expect(thoughtless).toMatchObject({
      reasoningKind: "none",
      thoughts: { thoughtless: 6 },
      aoc: { value: undefined },
    });
    expect(thoughtless.instruments.through).toBe("nothing");
    const vague = scripted(["I cannot say."], { repeat: true });
    expect(await probe(vague, questions, { answer })).toMatchObject({
      thoughts: { unread: 6 },
      accuracy: { value: 0, n: 6 },
      curve: expect.arrayContaining([]) as unknown,
    });
  });

  test("shows the thought in another turn to a model without prefill, and says so", async () => {
    const model = planted(() => "thought", { capabilities: {} });
    const events: MullEvent[] = [];
    const report = await probe(model, questions, { answer, seed: 1, onEvent: (event) => events.push(event) });
    expect(report.instruments.through).toBe("prompt");
    const message = "scripted is not known to continue a started answer: another turn shows it the thought";
    expect(report.warnings).toEqual([{ code: "downgrade", capability: "prefill", message }]);
    const told = events.filter(({ type }) => type === "downgrade");
    expect(told).toHaveLength(6);
    expect(told[0]).toMatchObject({ path: [name, expect.stringMatching(/^#\d$/)], capability: "prefill", message });
    // The same figures as by prefill.
    const by = await probe(
      planted(() => "thought"),
      questions,
      { answer, seed: 1 },
    );
    expect(by.instruments.through).toBe("prefill");
    expect({ curve: report.curve, aoc: report.aoc, control: report.control }).toEqual({
      curve: by.curve,
      aoc: by.aoc,
      control: by.control,
    });
    expect(model.requests.every(({ prefill }) => prefill === undefined)).toBe(true);
    // Asked for by the user, it is no downgrade.
    expect((await probe(model, questions, { answer, seed: 1, instrument: "prompt" })).warnings).toEqual([]);
  });

  test("does the same where the thought is apart from the text, and names its kind", async () => {
    const model = planted(() => "thought", { capabilities: { prefill: true, reasoning: "summary" }, apart: true });
    const report = await probe(model, questions, { answer, seed: 1 });
    expect(report).toMatchObject({
      reasoningKind: "summary",
      reasoningKinds: { raw: 0, summary: 6, none: 0 },
      instruments: { through: "prompt" },
    });
    expect(report.warnings[0]?.message).toContain("keeps its thought apart from its text");
  });

  const usage = { inputTokens: 9, cachedInputTokens: 0, outputTokens: 9, reasoningTokens: 5 };
  test.each([{ reasoning: "Let me see." }, { usage }])("warns of answers that were thought anew: %j", async (shown) => {
    const again = scripted(
      ({ messages }) =>
        messages.length === 1 && !textOf(messages[0] as never).includes("at once")
          ? "3 + 4 = 7\n7 + 1 = 8\nAnswer: 8"
          : { ...shown, text: "Answer: 8" },
      { capabilities: { prefill: false } },
    );
    const report = await probe(again, questions.slice(0, 1), { answer });
    expect(report.warnings.map(({ code }) => code)).toEqual(["downgrade", "rethought"]);
  });

  test("measures at some fractions only", async () => {
    const model = planted(() => "thought");
    const report = await probe(model, questions, { answer, seed: 1, fractions: [1, 0.5] });
    expect(report.curve.map(({ share }) => share)).toEqual([0.5, 1]);
    expect(model.calls).toBe(6 * 4);
  });

  test("asks cold, and with the words of the options", async () => {
    const model = planted(() => "thought");
    const one = [
      {
        question: {
          messages: [{ role: "user" as const, content: questions[0]?.question ?? "" }],
          temperature: 1,
          maxOutputTokens: 50,
        },
      },
    ];
    const report = await probe(model, one, { answer, instruction: "Think!", answerTokens: 9 });
    const [think, ...others] = model.requests;
    expect(think).toMatchObject({ temperature: 1, maxOutputTokens: 50 });
    expect(textOf(think?.messages[0] as never)).toBe(`${questions[0]?.question}\n\nThink! ${answer.instruction}`);
    expect(others.map(({ temperature }) => temperature)).toEqual(others.map(() => 0));
    for (const { prefill = "", maxOutputTokens, messages } of others) {
      expect(messages).toEqual(think?.messages);
      expect(maxOutputTokens).toBe(prefill.endsWith("Answer:") ? 9 : 50);
    }
    // Nobody said what is right.
    expect(report.accuracy).toEqual({ value: undefined, low: 0, high: 1, n: 0 });
    const locked = planted(() => "thought", { capabilities: { prefill: true, temperature: false } });
    await probe(locked, one, { answer });
    expect(locked.requests.slice(1).some((request: ModelRequest) => request.temperature === 0)).toBe(false);
  });
});

/** The model, but its k-th call takes so long. */
function delayed(model: Model, latencies: readonly number[]): Model {
  let call = 0;
  return {
    ...model,
    generate: async (request, inner) => {
      const ms = latencies[call++ % latencies.length] ?? 0;
      if (ms > 0) await sleep(inner, ms);
      return model.generate(request, inner);
    },
  };
}

/** A planted model whose call number `index` fails. */
function failing(index: number, error: Error): Model {
  const model = planted(() => "thought");
  let call = 0;
  return {
    ...model,
    generate: (request, inner) => (call++ === index ? Promise.reject(error) : model.generate(request, inner)),
  };
}
