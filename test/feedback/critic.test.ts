import {
  bestOf,
  chainOfThought,
  critic,
  criticInstruction,
  number,
  ProviderError,
  reviseLoop,
  run,
  sampleN,
  stack,
  textOf,
  tool,
  type Check,
  type CriticOptions,
  type Critique,
  type Feedback,
  type Message,
  type ToolCallPart,
} from "mull";
import { scripted, virtualClock, type Script, type ScriptedReply } from "mull/testing";
import { calculator } from "mull/tools/calculator";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { assess } from "./assess.js";

const scale = 'End with "Score: " and a whole number from 0 (wrong) to 10 (right in every part).';
const tools = [calculator()];

function compute(...expressions: readonly string[]): ScriptedReply {
  const toolCalls = expressions.map((expression, i): ToolCallPart => {
    return { type: "tool-call", id: String(i), name: "calculator", input: { expression } };
  });
  return { text: "", toolCalls };
}

/** What a critic that says these lines makes of an answer. */
async function critique(lines: readonly ScriptedReply[], options: Partial<CriticOptions> = {}) {
  const model = scripted(lines, { id: "critic" });
  const { verdict, usage } = await assess(critic({ tools, model, ...options }), scripted(["6 * 7 = 41. Answer: 41"]));
  return { verdict, usage, model };
}

const wrong = [compute("6 * 7"), "6 * 7 is 42, not 41.\nScore: 2"];

describe("verdicts", () => {
  test("what was checked, and what is wrong", async () => {
    const { verdict, model } = await critique(wrong);
    expect(verdict).toEqual({
      ok: false,
      score: 0.2,
      message: '6 * 7 is 42, not 41.\n\nThe tools gave:\n- calculator({"expression":"6 * 7"}): 42',
      checks: [{ name: "calculator", input: { expression: "6 * 7" }, output: "42", isError: false }],
    });
    expect(model.calls).toBe(2);
  });

  test("several checks in several rounds, in their order; what failed is no evidence", async () => {
    const { verdict } = await critique([compute("1 + 1", "1 / 0"), compute("2 + 2"), "Right.\nScore: 10"]);
    expect(verdict.checks?.map(({ output, isError }) => [output, isError])).toEqual([
      ["2", false],
      [expect.any(String), true],
      ["4", false],
    ]);
    expect(verdict.message).toBe(
      'Right.\n\nThe tools gave:\n- calculator({"expression":"1 + 1"}): 2\n- calculator({"expression":"2 + 2"}): 4',
    );
    expect([verdict.ok, verdict.score]).toEqual([true, 1]);
  });

  test("a critic that checks nothing is heard, and it shows", async () => {
    const { verdict } = await critique(["I believe it.\nScore: 9"]);
    expect(verdict).toEqual({ ok: true, score: 0.9, message: "I believe it.", checks: [] });
  });

  test("no score is 0", async () => {
    const { verdict } = await critique([compute("6 * 7"), "Hm."]);
    expect([verdict.ok, verdict.score]).toEqual([false, 0]);
  });

  test.each<[passing: number | undefined, score: number, ok: boolean]>([
    [undefined, 9, true],
    [undefined, 8, false],
    [0.5, 5, true],
    [0.5, 4, false],
    [0, 0, true],
  ])("passing %j: a score of %i", async (passing, score, ok) => {
    expect((await critique([`Score: ${score}`], { passing })).verdict.ok).toBe(ok);
  });

  test("long results are cut in the message, not in the checks", async () => {
    const page = "word ".repeat(200);
    const search = tool({
      name: "search",
      description: "Searches.",
      input: z.object({ q: z.string() }),
      execute: () => ({ page }),
    });
    const call: ToolCallPart = { type: "tool-call", id: "1", name: "search", input: { q: "x" } };
    const { verdict } = await critique([{ text: "", toolCalls: [call] }, "Score: 1"], { tools: [search] });
    expect(verdict.message).toBe(`The tools gave:\n- search({"q":"x"}): ${JSON.stringify({ page }).slice(0, 500)}…`);
    expect(verdict.checks?.[0]?.output).toEqual({ page });
  });

  test("after the last step it must judge", async () => {
    const { verdict, model } = await critique([compute("1"), compute("2"), "Score: 10"], { maxSteps: 2 });
    expect([verdict.checks?.length, verdict.ok]).toEqual([2, true]);
    expect(model.requests.map(({ toolChoice }) => toolChoice)).toEqual([undefined, undefined, "none"]);
  });

  test("four steps by default", async () => {
    const { verdict } = await critique([...Array.from({ length: 4 }, () => compute("1")), "Score: 10"]);
    expect(verdict.checks).toHaveLength(4);
  });
});

describe("who is asked, and what", () => {
  test("question, answer and task, with the tools", async () => {
    const { model } = await critique(wrong);
    const content = `# Question\nq\n\n# Answer\n6 * 7 = 41. Answer: 41\n\n# Task\n${criticInstruction} ${scale}`;
    const [{ name, description, inputSchema }] = tools as [(typeof tools)[number]];
    expect(model.requests[0]).toEqual({
      messages: [{ role: "user", content }],
      tools: [{ name, description, inputSchema }],
    });
    expect(model.requests[1]?.messages.slice(1).map(({ role }) => role)).toEqual(["assistant", "tool"]);
  });

  test("another task", async () => {
    const { model } = await critique(["Score: 1"], { instruction: "Is it true?" });
    expect(model.requests[0]?.messages[0]?.content).toContain(`# Task\nIs it true? ${scale}`);
  });

  test("by default the model beneath all layers", async () => {
    const model = scripted(["Answer: 41", ...wrong]);
    const { verdict, usage } = await assess(critic({ tools }), stack(model, chainOfThought({ answer: number() })));
    expect([verdict.score, usage.calls, usage.judging?.calls]).toEqual([0.2, 3, 2]);
    expect(model.requests[1]?.messages).toHaveLength(1);
  });

  test("a model without tool calls is asked in words", async () => {
    const lines = [
      "Thought: I compute.\nAction: calculator[6 * 7]",
      "Thought: It is 42.\nFinal Answer: It is 42, not 41. Score: 2",
    ];
    const model = scripted(lines, { capabilities: { tools: false } });
    const { verdict } = await assess(critic({ tools, model }), scripted(["41"]));
    expect(verdict).toMatchObject({ score: 0.2, checks: [{ input: { expression: "6 * 7" }, output: "42" }] });
    expect(verdict.message).toContain("It is 42, not 41.");
    expect(model.requests[1]?.messages.at(-1)?.content).toBe("Observation: 42");
  });

  test("a critic may be a whole stack", async () => {
    const model = scripted([compute("6 * 7"), compute("6 * 7"), "Score: 2", "Score: 2"]);
    const { verdict } = await assess(critic({ tools, model: stack(model, sampleN(2)) }), scripted(["41"]));
    expect([verdict.score, model.calls]).toEqual([0.2, 4]);
  });
});

/** Checks every step it sees with the calculator, and believes nothing else. */
const checking: Script = ({ messages }) => {
  const answer =
    textOf(messages[0] as Message)
      .split("# Answer\n")[1]
      ?.split("\n\n# Task")[0] ?? "";
  const steps = [...answer.matchAll(/(\d+ [-+*/] \d+) = (\d+)/g)];
  const results = messages.flatMap((message) =>
    message.role === "tool" ? message.content.map(({ output }) => output) : [],
  );
  if (results.length === 0 && steps.length > 0) return compute(...steps.map(([, left = ""]) => left));
  const wrongs = steps.flatMap(([step, left], i) =>
    results[i] === step.split(" = ")[1] ? [] : [`${left} is ${String(results[i])}.`],
  );
  return `${wrongs.join(" ")}\nScore: ${10 - wrongs.length * 4}`;
};

describe("in a stack", () => {
  test("reviseLoop mends by what the tools gave", async () => {
    const model = scripted(["6 * 7 = 41\nAnswer: 41", "6 * 7 = 42\nAnswer: 42"]);
    const feedback = critic({ tools, model: scripted(checking) });
    const solver = stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback }));
    const { answer, drafts, stopped, usage } = await run(solver, "q");
    expect([answer, stopped]).toEqual([42, "ok"]);
    expect(drafts.map(({ verdict }) => verdict.score)).toEqual([0.6, 1]);
    expect(drafts[0]?.verdict.checks?.map(({ output }) => output)).toEqual(["42"]);
    expect(model.requests[1]?.messages.at(-1)?.content).toContain(
      '6 * 7 is 42.\n\nThe tools gave:\n- calculator({"expression":"6 * 7"}): 42',
    );
    expect(usage).toMatchObject({ calls: 6, judging: { calls: 4 } });
  });

  test("bestOf takes the sample whose steps hold", async () => {
    const model = scripted(["1 + 1 = 3\nAnswer: 3", "1 + 1 = 2\nAnswer: 2", "1 + 1 = 4\nAnswer: 4"]);
    const scorer = critic({ tools, model: scripted(checking) });
    const { answer } = await run(
      stack(model, chainOfThought({ answer: number() }), sampleN(3), bestOf({ scorer })),
      "q",
    );
    expect(answer).toBe(2);
  });

  test("reviseLoop returns its draft where the budget ends before anything is checked", async () => {
    const model = scripted(["1 + 1 = 3"]);
    const solver = stack(model, reviseLoop({ feedback: critic({ tools, model: scripted(checking) }) }));
    expect(await run(solver, "q", { budget: { calls: 2 } })).toMatchObject({ text: "1 + 1 = 3", stopped: "budget" });
  });
});

describe("cost", () => {
  test("is judging", async () => {
    const { usage } = await critique(wrong);
    expect(usage).toMatchObject({ calls: 3, judging: { calls: 2 } });
  });

  test("of a small budget the verdict is kept back", async () => {
    const model = scripted(({ toolChoice }) => (toolChoice === "none" ? "Score: 3" : compute("1")));
    const { verdict, usage } = await assess(critic({ tools, model }), scripted(["41"]), "q", { budget: { calls: 3 } });
    expect([verdict.score, verdict.checks?.length, usage.calls]).toEqual([0.3, 1, 3]);
  });

  test("where nothing can be checked, the end of the budget is thrown", async () => {
    const model = scripted(wrong);
    const limited = assess(critic({ tools, model }), scripted(["41"]), "q", { budget: { calls: 2 } });
    await expect(limited).rejects.toMatchObject({ code: "budget-exceeded", usage: { calls: 1 } });
  });

  test("a critic that fails fails", async () => {
    const busy = new ProviderError("overloaded", { status: 503 });
    await expect(critique([compute("1"), busy])).rejects.toBe(busy);
  });
});

test("cancellation inside a check", async () => {
  const hang = tool({
    name: "calculator",
    description: "Never ends.",
    input: z.object({}),
    execute: () => new Promise(() => undefined),
  });
  const model = scripted([compute("1"), "Score: 1"]);
  const clock = virtualClock();
  const controller = new AbortController();
  const done = assess(critic({ tools: [hang], model }), scripted(["24"]), "q", { clock, signal: controller.signal });
  done.catch(() => undefined);
  await clock.advance(50);
  expect(model.calls).toBe(1);
  controller.abort("left");
  await expect(done).rejects.toBe("left");
  expect(clock.pending).toBe(0);
});

test("paths", async () => {
  const paths = new Set<string>();
  const onEvent = ({ type, path }: { readonly type: string; readonly path: readonly string[] }) =>
    paths.add(`${type} ${path.join("/")}`);
  const model = scripted([compute("1"), "Score: 1"], { id: "critic" });
  await assess(critic({ tools, model, maxSteps: 1 }), scripted(["24"]), "q", { onEvent });
  expect([...paths]).toEqual(
    expect.arrayContaining([
      "start assess/feedback/critic",
      "tool assess/feedback/calculator",
      "end assess/feedback/final/critic",
    ]),
  );
});

test("types", () => {
  const feedback = critic({ tools });
  expectTypeOf(feedback).toExtend<Feedback>();
  expectTypeOf(feedback).returns.resolves.toEqualTypeOf<Critique>();
  expectTypeOf<Critique["checks"]>().toEqualTypeOf<readonly Check[]>();
  // @ts-expect-error -- without tools it is no critic
  expect(() => critic({})).toThrow();
});

describe("wrong options", () => {
  const pay = tool({ name: "pay", description: "Pays.", input: z.object({}), execute: () => 1 });
  const list =
    "tools must be a list of at least one tool (reported of CRITIC, arXiv:2305.11738: +7.7 F1 on questions and +7.0 points on mathematics with tools, " +
    "-0.03 to +2.33 F1 without; judge(…) is for critique without tools), got";

  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [{ tools, steps: 1 }, 'an option must be one of tools, model, maxSteps, passing, instruction, got "steps"'],
    [{}, `${list} undefined`],
    [{ tools: [] }, `${list} an empty array`],
    [{ tools: [{}] }, "tools[0] must be a tool, as tool(…) makes them, got an object"],
    [{ tools: [pay, pay] }, 'tools[1] must be a tool whose name no other has, got "pay"'],
    [{ tools: [{ ...pay, effect: true }] }, 'a tool must be one without an effect: a check changes nothing, got "pay"'],
    [{ tools, model: "gpt" }, 'model must be a model (id, capabilities, generate), got "gpt"'],
    [{ tools, maxSteps: 0 }, "maxSteps must be an integer of at least 1, got 0"],
    [{ tools, maxSteps: 1.5 }, "maxSteps must be an integer of at least 1, got 1.5"],
    [{ tools, passing: 1.1 }, "passing must be a number from 0 to 1, got 1.1"],
    [{ tools, instruction: " " }, 'instruction must be a text that is not empty, got " "'],
  ])("%#", (options, message) => {
    expect(() => critic(options as CriticOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `critic: ${message}` }),
    );
  });
});
