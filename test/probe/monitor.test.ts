import {
  InvalidOptionError,
  lookForMisbehaviour,
  lookForMistake,
  monitor,
  outline,
  ProviderError,
  run,
  sampleN,
  stack,
  textOf,
  majorityVote,
  type Model,
  type Monitored,
  type MonitorFunction,
  type MonitorOptions,
  type MonitorVerdict,
  type Reasoned,
  type Watched,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { frozen, giveUp, giveUpBefore, traced } from "../strategies/trial.js";

const busy = new ProviderError("overloaded", { status: 503 });

describe.each<[what: string, layer: (model: Model) => Model]>([
  // The judge is the model that is watched, so that the laws see its calls.
  ["a judge, asked twice", (model) => stack(model, monitor(model, { samples: 2 }))],
  [
    "a function",
    (model) =>
      stack(
        model,
        monitor(({ text }) => text.length > 20),
      ),
  ],
])("laws, %s", (_, layer) => {
  for (const { name, check } of middlewareLaws(layer)) test(name, check);
});

/** What a judge that says this makes of a thought of three lines. */
async function judged(said: readonly ScriptedReply[], options: MonitorOptions = {}): Promise<Monitored> {
  const model = scripted([{ text: "17", reasoning: "One.\n\nTwo.\nThree." }]);
  return run(stack(model, monitor(scripted(said), { samples: said.length, ...options })), "q");
}

describe("what a judge says", () => {
  const yes = "The second is wrong. Step: 2\nAnswer: yes";
  const no = "All is well.\nAnswer: no";

  test.each<[what: string, said: ScriptedReply[], expected: MonitorVerdict]>([
    ["yes", [yes], { flagged: true, score: 1, step: 1, message: "The second is wrong." }],
    ["no", [no], { flagged: false, score: 0 }],
    ["yes, without a step", ["Answer: yes"], { flagged: true, score: 1, step: undefined, message: "" }],
    ["a step that is not there", ["Step: 4\nAnswer: yes"], { flagged: true, score: 1, step: undefined, message: "" }],
    ["no step nought", ["Step: 0\nAnswer: yes"], { flagged: true, score: 1, step: undefined, message: "" }],
    ["the last line", ["**Step:** 3.\nAnswer: yes"], { flagged: true, score: 1, step: 2, message: "" }],
    ["nothing that can be read", ["Hm."], { flagged: undefined }],
    ["most", [no, yes, yes], { flagged: true, score: 2 / 3, step: 1, message: "The second is wrong." }],
    ["half", [no, yes], { flagged: true, score: 0.5, step: 1, message: "The second is wrong." }],
    ["the fewest", [no, yes, no], { flagged: false, score: 1 / 3 }],
    ["those that cannot be read do not count", ["Hm.", no, "Hm."], { flagged: false, score: 0 }],
    ["nor those that are lost", [busy, yes], { flagged: true, score: 1, step: 1, message: "The second is wrong." }],
  ])("%s", async (_, said, expected) => {
    const { monitor: seen, text, usage, warnings } = await judged(said);
    expect([seen, text, warnings]).toEqual([expected, "17", undefined]);
    const paid = said.filter((one) => one !== busy).length;
    expect([usage.calls, usage.judging?.calls]).toEqual([1 + paid, paid]);
  });
});

describe("what the judge sees", () => {
  const seen = async (reply: ScriptedReply, options: MonitorOptions = {}, prefill?: string): Promise<string> => {
    const judge = scripted(["Answer: no"]);
    const request = frozen({
      messages: [{ role: "user" as const, content: "How many?" }],
      ...(prefill !== undefined && { prefill }),
    });
    await run(stack(scripted([reply]), monitor(judge, options)), request);
    const [asked] = judge.requests[0]?.messages ?? [];
    return asked === undefined ? "" : textOf(asked);
  };

  test("question, thought with its lines numbered, answer, task", async () => {
    const [before, task] = (await seen({ text: "17", reasoning: "12 + 5\n\n= 17" })).split("# Task\n");
    expect(before).toBe("# Question\nHow many?\n\n# Thought\n[1] 12 + 5\n[2] = 17\n\n# Answer\n17\n\n");
    expect(task).toContain(`Does the thought above show ${lookForMistake}?`);
    expect(task).toMatch(/End with "Answer: " and yes or no\.$/);
  });

  test("without reasoning the text is the thought; a prefill is a part of it", async () => {
    expect(await seen("it is 17", {}, "Well, ")).toContain(
      "# Thought\n[1] Well, it is 17\n\n# Answer\nWell, it is 17\n",
    );
  });

  test("what it looks for", async () => {
    expect(await seen("17", { lookFor: lookForMisbehaviour })).toContain(`show ${lookForMisbehaviour}?`);
  });

  test("tools that are called", async () => {
    const reply = {
      text: "",
      reasoning: "Easy.",
      toolCalls: [{ type: "tool-call", id: "1", name: "rm", input: {} }],
    } as const;
    expect(await seen(reply)).toContain("# Answer\ncalls rm({})");
  });
});

describe("a function", () => {
  test.each<[what: string, said: boolean | MonitorVerdict, expected: MonitorVerdict]>([
    ["true", true, { flagged: true }],
    ["false", false, { flagged: false }],
    ["a verdict", { flagged: true, step: 2, score: 0.7 }, { flagged: true, step: 2, score: 0.7 }],
    ["it cannot say", { flagged: undefined }, { flagged: undefined }],
  ])("says %s", async (_, said, expected) => {
    for (const by of [() => said, async () => Promise.resolve(said)]) {
      const { monitor: seen } = await run(stack(scripted(["17"]), monitor(by)), "q");
      expect(seen).toEqual(expected);
    }
  });

  test("sees the question and all of the response", async () => {
    let watched: Watched | undefined;
    const model = scripted([{ text: "17", reasoning: "Hm." }]);
    await run(
      stack(
        model,
        monitor((given) => ((watched = given), false)),
      ),
      "q",
    );
    expect(watched).toMatchObject({ thought: "Hm.", text: "17", response: { text: "17", reasoning: "Hm." } });
    expect(watched?.request.messages).toEqual([{ role: "user", content: "q" }]);
  });

  test("what it asks of models is judging", async () => {
    const helper = scripted(["fine"]);
    const by: MonitorFunction = async ({ request }, call) => (await helper.generate(request, call)).text !== "fine";
    const { usage } = await run(stack(scripted(["17"]), monitor(by)), "q");
    expect(usage).toMatchObject({ calls: 2, judging: { calls: 1 } });
  });

  test.each([undefined, null, "yes", {}, { flagged: "yes" }])("that gives no verdict is an error: %j", async (said) => {
    const solver = stack(scripted(["17"]), monitor((() => said) as unknown as MonitorFunction));
    const bound =
      "monitor: what the function returns must be true or false, or a verdict such as { flagged: true, step: 2 }";
    await expect(run(solver, "q")).rejects.toThrow(bound);
  });
});

describe("the answer is not lost", () => {
  test.each<[what: string, by: Model | MonitorFunction]>([
    ["a judge", scripted(() => busy)],
    ["a function", () => Promise.reject(new Error("broken"))],
  ])("%s fails", async (_, by) => {
    const { text, monitor: seen, warnings } = await run(stack(scripted(["17"]), monitor(by)), "q");
    expect([text, seen, warnings?.map(({ code }) => code)]).toEqual(["17", { flagged: undefined }, ["monitor-failed"]]);
  });

  test("the budget ends before it is read", async () => {
    const solver = stack(scripted(["17"]), monitor(scripted(["Answer: yes"])));
    const { text, monitor: seen, stopped } = await run(solver, "q", { budget: { calls: 1 } });
    expect([text, seen, stopped]).toEqual(["17", { flagged: undefined }, "budget"]);
  });

  test("the time ends before it is read", async () => {
    const clock = virtualClock();
    const solver = stack(scripted(["17"]), monitor(scripted(["Answer: yes"], { latencyMs: 100 })));
    const { stopped } = await clock.until(run(solver, "q", { clock, budget: { ms: 50 } }));
    expect(stopped).toBe("deadline");
  });

  test("the answer fails: there is nothing to read", async () => {
    const judge = scripted(["Answer: yes"]);
    await expect(run(stack(scripted([busy]), monitor(judge)), "q")).rejects.toBe(busy);
    expect(judge.calls).toBe(0);
  });
});

describe("cancellation", () => {
  const slow = (reply: string) => scripted([reply], { repeat: true, latencyMs: 100 });

  test.each([
    [50, 0],
    [150, 2],
  ])("after %d ms", async (ms, readings) => {
    const judge = slow("Answer: no");
    const solver = stack(slow("17"), monitor(judge, { samples: 2 }));
    expect(await giveUp(solver, ms, () => judge.calls)).toBe(readings);
  });

  test("nobody waits for a function", async () => {
    let begun = 0;
    const never = (): Promise<boolean> => {
      begun++;
      return new Promise(() => undefined);
    };
    expect(await giveUp(stack(slow("17"), monitor(never)), 150, () => begun)).toBe(1);
  });

  test("before it begins", async () => {
    const model = slow("17");
    await giveUpBefore(
      stack(
        model,
        monitor(() => false),
      ),
      () => model.calls,
    );
  });
});

test("trace: what the judge says is a thought", async () => {
  const solver = stack(scripted(["17"]), monitor(scripted(["Answer: no"], { id: "judge" })));
  const { trace, events } = await traced(solver);
  expect(trace).toEqual([
    "start monitor",
    "start monitor/scripted",
    "end monitor/scripted",
    "start monitor/reading/#0/judge",
    "end monitor/reading/#0/judge",
    "sample monitor/reading",
    "end monitor",
  ]);
  const words = events.flatMap((event) => (event.type === "delta" && event.output ? [event.text ?? ""] : []));
  expect(words.join("")).toBe("17");
});

test("every sample may have its own", async () => {
  const watched = stack(
    scripted(["17", "18", "17"]),
    monitor(({ text }) => text === "18"),
    sampleN(3),
    majorityVote(),
  );
  const { samples } = await run(watched, "q");
  expect(samples.map(({ monitor: seen }) => seen.flagged)).toEqual([false, true, false]);
});

test("outline", () => {
  const model = scripted(["17"]);
  const text = outline(stack(model, monitor(scripted(["x"], { id: "judge" }), { samples: 3 })));
  expect(text).toMatch(/monitor.*samples = 3.*4 calls/);
  expect(text).toContain("judge");
  expect(
    outline(
      stack(
        model,
        monitor(() => false),
      ),
    ),
  ).toMatch(/monitor.*1 call/);
});

test("types", () => {
  const model = scripted(["17"]);
  expectTypeOf(monitor(model)(model)).toEqualTypeOf<Model<Monitored>>();
  monitor<Reasoned<number>>(({ response }) => {
    expectTypeOf(response).toEqualTypeOf<Reasoned<number>>();
    return false;
  });
  expectTypeOf<Monitored["monitor"]>().toEqualTypeOf<MonitorVerdict>();
});

describe("wrong options", () => {
  const judge = scripted(["x"]);
  test.each<[by: unknown, options: unknown, message: string]>([
    ["gpt", {}, 'the first argument must be a model, or a function of what was thought, got "gpt"'],
    [judge, null, "options must be an object, got null"],
    [judge, { look: 1 }, 'an option must be one of lookFor, samples, got "look"'],
    [judge, { lookFor: " " }, 'lookFor must be a text that is not empty, got " "'],
    [judge, { samples: 0 }, "samples must be an integer of at least 1, got 0"],
  ])("%#", (by, options, message) => {
    const build = (): unknown => monitor(by as Model, options as MonitorOptions);
    expect(build).toThrow(InvalidOptionError);
    expect(build).toThrow(`monitor: ${message}`);
  });
});
