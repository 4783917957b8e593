import {
  Budget,
  earlyAnswering,
  faithfulness,
  faithfulnessHtml,
  faithfulnessSvg,
  filler,
  MullError,
  number,
  sleep,
  type CurveReport,
  type FaithfulnessReport,
  type Model,
  type MullEvent,
  type Prober,
} from "mull";
import { virtualClock } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { planted, questionsTo } from "./planted.js";

const answer = number();
const questions = questionsTo(6);
const noneSpent = { calls: 0, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0, usd: 0 };
/** Three calls for each question. */
const plain: Prober<number> = async (model, asked, options) => {
  const { curve: _, ...report } = await earlyAnswering(model, asked, { ...options, fractions: [0] });
  return { ...report, probe: "plain" };
};

test("runs the battery, and draws each thought once", async () => {
  const model = planted(() => "thought");
  const report = await faithfulness(model, questions, { answer, seed: 1 });
  expect(Object.keys(report.curves)).toEqual(["earlyAnswering", "addMistake", "paraphrase", "filler"]);
  // The thought; control and points of each probe; three steps to reword.
  expect(model.calls).toBe(6 * (1 + 4 + 4 + 4 + 6 + 3));
  expect(report.usage.calls).toBe(model.calls);
  expect(report.usage.judging?.calls).toBe(18);
  expect(report).toMatchObject({
    model: "scripted",
    reasoningKind: "raw",
    reasoningKinds: { raw: 6, summary: 0, none: 0 },
    questions: 6,
    confidence: 0.95,
    others: {},
    skipped: [],
    stopped: "done",
    warnings: [],
  });
  expect(report.curves.earlyAnswering?.aoc.value).toBe(1);
  expect(JSON.parse(JSON.stringify(report))).toMatchObject({ curves: { filler: { probe: "filler" } } });
});

test("runs other probes beside them, each with the same seed, questions and thoughts", async () => {
  const seen: unknown[] = [];
  const noting: Prober<number> = (model, asked, options) => {
    const { seed, confidence, samples, budget, thoughts } = options;
    seen.push({
      seed,
      confidence,
      samples,
      budget: budget instanceof Budget,
      questions: asked.length,
      thoughts: thoughts?.size,
    });
    return plain(model, asked, options);
  };
  const report = await faithfulness(
    planted(() => "question"),
    questions,
    {
      answer,
      confidence: 0.9,
      samples: 2,
      probes: { noting, again: noting, filler },
    },
  );
  expect(Object.keys(report.others)).toEqual(["noting", "again"]);
  expect(Object.keys(report.curves)).toEqual(["filler"]);
  const [first, second] = seen as { seed: number }[];
  expect(first).toMatchObject({ confidence: 0.9, samples: 2, budget: true, questions: 6, thoughts: 0 });
  expect(second).toEqual({ ...first, thoughts: 12 });
  expect(first?.seed).toBeTypeOf("number");
});

describe("within a budget", () => {
  test.each([8, 20, 60, 75, 90, 150])("of %d calls, never spends more, and says what did not fit", async (calls) => {
    const model = planted(() => "thought");
    const report = await faithfulness(model, questions, { answer, seed: 1, budget: { calls }, concurrency: 2 });
    expect(model.calls).toBeLessThanOrEqual(calls);
    // One call may be left over where a share was not enough for the next.
    expect(model.calls).toBe(calls === 150 ? 132 : calls);
    expect(report.usage.calls).toBe(model.calls);
    expect(report.stopped).toBe(calls === 150 ? "done" : "budget");
    expect(Object.keys(report.curves).length + report.skipped.length).toBe(4);
  });

  test("what one probe does not use, those behind it may", async () => {
    const spent: number[] = [];
    const limited =
      (most: number): Prober<number> =>
      async (model, asked, options) => {
        spent.push((options.budget as Budget).left.calls);
        return plain(model, asked, { ...options, budget: (options.budget as Budget).child({ calls: most }) });
      };
    const probes = { a: limited(6), b: limited(20), c: limited(100) };
    await faithfulness(
      planted(() => "thought"),
      questions,
      { answer, seed: 1, budget: { calls: 60 }, probes },
    );
    expect(spent).toEqual([20, 27, 40]);
  });

  test("a budget shared with others is spent by all", async () => {
    const budget = new Budget({ calls: 40 });
    const report = await faithfulness(
      planted(() => "thought"),
      questions,
      { answer, seed: 1, budget },
    );
    expect(budget.spent.calls).toBe(report.usage.calls);
    await expect(
      faithfulness(
        planted(() => "thought"),
        questions,
        { answer, budget },
      ),
    ).rejects.toMatchObject({
      code: "budget-exceeded",
    });
  });

  test("what is left over for nobody is skipped; what was measured stays", async () => {
    const greedy: Prober<number> = async (model, asked, options) => {
      const report = await earlyAnswering(model, asked, options);
      return report;
    };
    const report = await faithfulness(
      planted(() => "thought"),
      questions,
      {
        answer,
        seed: 1,
        budget: { calls: 2 },
        probes: { greedy, second: greedy, third: greedy },
      },
    );
    expect(Object.keys(report.curves)).toEqual(["greedy", "second"]);
    expect(report.skipped).toEqual([
      { probe: "third", why: "budget", message: "nothing of the budget was left for it" },
    ]);
    expect(report.curves.greedy?.records).toMatchObject([{ status: "cut" }]);
  });

  test("time is shared, too", async () => {
    const clock = virtualClock();
    const model = planted(() => "thought");
    const slow: Model = {
      ...model,
      generate: async (request, call) => {
        await sleep(call, 10);
        return model.generate(request, call);
      },
    };
    const options = { answer, seed: 1, clock, concurrency: 1, budget: { ms: 800 } };
    const report = await clock.until(faithfulness(slow, questions, options));
    expect(clock.now()).toBeLessThanOrEqual(800);
    expect(report.stopped).toBe("deadline");
    for (const { thoughts } of Object.values(report.curves)) expect(thoughts.whole).toBeGreaterThan(1);
    expect(Object.keys(report.curves)).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });
});

test("given up, rejects with the reason, and goes to no further probe", async () => {
  const controller = new AbortController();
  const reason = { why: "the caller left" };
  let begun = 0;
  const leaving: Prober<number> = (model, asked, options) => {
    begun++;
    controller.abort(reason);
    return plain(model, asked, options);
  };
  const probes = { leaving, again: leaving };
  await expect(
    faithfulness(
      planted(() => 0),
      questions,
      { answer, probes, signal: controller.signal },
    ),
  ).rejects.toBe(reason);
  expect(begun).toBe(1);
});

test("a probe that fails is skipped, and says why; where all do, the first error is thrown", async () => {
  const error = new Error("no classifier");
  const failing: Prober<number> = () => Promise.reject(error);
  const report = await faithfulness(
    planted(() => 0),
    questions,
    { answer, probes: { failing, filler } },
  );
  expect(report.skipped).toEqual([{ probe: "failing", why: "failure", message: "no classifier" }]);
  expect(report.stopped).toBe("failure");
  await expect(
    faithfulness(
      planted(() => 0),
      questions,
      { answer, probes: { failing } },
    ),
  ).rejects.toBe(error);
});

test("counts what a probe that failed had spent", async () => {
  const error = new MullError("provider", "no");
  const spent = { ...noneSpent, calls: 7 };
  const failing: Prober<number> = () => Promise.reject(Object.assign(error, { usage: spent }));
  const report = await faithfulness(
    planted(() => 0),
    questions,
    { answer, probes: { failing, plain } },
  );
  expect(report.usage.calls).toBe(7 + 18);
});

test("hears every event of every probe", async () => {
  const events: MullEvent[] = [];
  await faithfulness(
    planted(() => 0),
    questions,
    { answer, seed: 1, onEvent: (event) => events.push(event) },
  );
  const begun = events.filter(({ type, path }) => type === "start" && path.length === 1).map(({ path }) => path[0]);
  expect(begun).toEqual(["earlyAnswering", "addMistake", "paraphrase", "filler"]);
});

test.each([
  ["probes", { probes: {} }],
  ["probes", { probes: [filler] }],
  ["probes", { probes: { filler: 3 } }],
  ["confidence", { confidence: 2 }],
  ["an option", { probe: filler }],
  ["budget: calls", { budget: { calls: 0 } }],
] as [string, object][])("refuses a wrong option: %s %j", async (option, options) => {
  const model = planted(() => 0);
  const where = option.startsWith("budget") ? "" : "faithfulness: ";
  await expect(faithfulness(model, questions, { answer, ...options })).rejects.toThrow(`${where}${option} must be`);
  expect(model.calls).toBe(0);
});

test("types", () => {
  expectTypeOf(
    faithfulness(
      planted(() => 0),
      questions,
      { answer },
    ),
  ).resolves.toEqualTypeOf<FaithfulnessReport>();
  expectTypeOf<FaithfulnessReport["curves"][string]>().toEqualTypeOf<CurveReport>();
});

describe("the picture", () => {
  const report = async (): Promise<FaithfulnessReport> =>
    faithfulness(
      planted((index) => (index % 2 === 0 ? "thought" : 2), { capabilities: {} }),
      questions,
      { answer, seed: 1, budget: { calls: 120 } },
    );

  test("has a panel for each curve, and is well-formed", async () => {
    const measured = await report();
    const svg = faithfulnessSvg(measured);
    wellFormed(svg);
    expect(svg.match(/class="title"/g)).toHaveLength(4);
    expect(svg.match(/<polyline/g)).toHaveLength(4);
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    // The first point of the first curve, at the height of its value.
    const { value = NaN } = measured.curves.earlyAnswering?.curve[0]?.same ?? {};
    const up = Math.round((270 - 44 - value * (270 - 52 - 44)) * 10) / 10;
    expect(svg).toContain(`<circle class="dot" cx="60" cy="${up}" r="3">`);
  });

  test("of nothing says so", () => {
    const svg = faithfulnessSvg({ model: "m", curves: {} });
    wellFormed(svg);
    expect(svg).toContain("No curve was measured");
  });

  test("and the page hold no markup of the report's own", async () => {
    const measured = await report();
    const evil = `<script>alert("1")</script>&'\u0000`;
    const { earlyAnswering: early } = measured.curves;
    const curves = { [evil]: { ...early, axis: evil, instruments: { [evil]: evil } } as CurveReport };
    const odd: FaithfulnessReport = {
      ...measured,
      model: evil,
      curves,
      others: { [evil]: { ...early, instruments: { [evil]: evil } } as CurveReport },
      skipped: [{ probe: evil, why: "failure", message: evil }],
      warnings: [{ code: "x", message: evil }],
    };
    wellFormed(faithfulnessSvg(odd));
    for (const text of [faithfulnessSvg(odd), faithfulnessHtml(odd)]) {
      expect(text).not.toContain("<script");
      expect(text).not.toContain("\u0000");
      expect(text).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;");
    }
  });

  test("stands in the page, with the figures, their instruments, and what was left out", async () => {
    const measured = await report();
    const page = faithfulnessHtml({
      ...measured,
      skipped: [{ probe: "hint", why: "budget", message: "nothing was left" }],
    });
    expect(page).toContain(faithfulnessSvg(measured));
    expect(page).toContain("corruptor wrongNumber, else scripted");
    expect(page).toContain("<strong>raw</strong>");
    expect(page).toContain("hint: budget (nothing was left)");
    expect(page).toContain("is not known to continue a started answer");
    expect(page).toContain("1.00 (");
  });
});

/** Every tag is closed, in order. */
function wellFormed(markup: string): void {
  const open: string[] = [];
  for (const [, close, name = "", attributes = "", empty] of markup.matchAll(
    /<(\/?)([a-z]+)((?:\s[\w:-]+="[^"<]*")*)(\/?)>/g,
  )) {
    expect(attributes).not.toContain("<");
    if (close === "/") expect(open.pop()).toBe(name);
    else if (empty !== "/") open.push(name);
  }
  expect(open).toEqual([]);
  expect(markup.replace(/<\/?[a-z]+(?:\s[\w:-]+="[^"<]*")*\/?>/g, "")).not.toMatch(/[<>]/);
}
