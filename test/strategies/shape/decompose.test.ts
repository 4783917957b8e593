import { fc, test } from "@fast-check/vitest";
import {
  Budget,
  chainOfThought,
  choice,
  decompose,
  decomposeInstructions,
  majorityVote,
  number,
  outline,
  ProviderError,
  reasoningModules,
  retry,
  run,
  sampleN,
  stack,
  textOf,
  type Decomposed,
  type DecomposeMethod,
  type DecomposeOptions,
  type Model,
  type ModelRequest,
  type Reasoned,
  type Subanswer,
  type ToolCallPart,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type Script, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "weather", input: {} };
const weather = { name: "weather", description: "Tells the weather.", inputSchema: { type: "object" } } as const;
const reads = chainOfThought({ answer: number(), instruction: "Think.", askAgain: false });
const asksForNumber = 'Think. End with "Answer: " and the number.';
const question = "How many legs have 3 spiders and 2 cats?";
const [legsA, legsB, legsC] = ["How many legs have 3 spiders?", "How many have 2 cats?", "And a dog?"] as const;
const list = `1. ${legsA}\n2. ${legsB}`;
const plan = { steps: "count them", answer: "add them" };
const json = JSON.stringify(plan, null, 2);

const code = (name: string) => expect.objectContaining({ code: name }) as unknown;
const ask = (content: string = question, more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: "user", content }],
  ...more,
});
/** What a model was asked, the last user message of each request. */
const prompts = ({ requests }: { readonly requests: readonly ModelRequest[] }): string[] => requests.map(wordsOf);

/** The last user message. */
function wordsOf({ messages }: Pick<ModelRequest, "messages">): string {
  return messages.flatMap((message) => (message.role === "user" ? [textOf(message)] : [])).at(-1) ?? "";
}

/** Answers each kind of prompt with what it asks for. */
const obliging: Script = (request, { random }) => {
  const prompt = wordsOf(request);
  if (prompt.includes("Break it down")) return `1. One of ${random.integer(9)}?\n2. Two?\n3. Three?`;
  if (prompt.includes("the JSON and nothing else")) return JSON.stringify(plan);
  return `${"so ".repeat(random.integer(5))}Answer: ${1 + random.integer(3)}`;
};

const methods: readonly DecomposeMethod[] = ["plan", "step-back", "least-to-most", "self-discover"];
const keepsPlans = { "a second use behaves like the first": "it is there to behave differently" };

describe.each<[what: string, layer: (model: Model) => Model, replies?: Script | ScriptedReply[]]>([
  ["plan", (model) => stack(model, reads, decompose({ method: "plan" }))],
  ["step back", (model) => stack(model, reads, decompose({ method: "step-back" }))],
  ["least to most", (model) => stack(model, reads, decompose({ method: "least-to-most" }))],
  ["least to most, in two steps", (model) => stack(model, decompose({ method: "least-to-most", steps: 2 }))],
  ["least to most, unreadable", (model) => stack(model, decompose({ method: "least-to-most" })), ["Hm.", "none"]],
  [
    "over and under votes",
    (model) => {
      const voted = stack(model, reads, sampleN(2), majorityVote());
      return stack(voted, decompose({ method: "least-to-most", planner: model, solver: model }), sampleN(2));
    },
  ],
  [
    "tool calls",
    (model) => stack(model, decompose({ method: "least-to-most" })),
    [list, { text: "Answer: 1", toolCalls: [toolCall] }],
  ],
])("laws, %s", (_, layer, replies = obliging) => {
  for (const { name, check } of middlewareLaws(layer, { replies })) test(name, check);
});

describe.each<[what: string, replies: Script | ScriptedReply[]]>([
  ["readable", obliging],
  ["unreadable", ["Hm.", "Answer: 1"]],
])("laws, self-discover, %s", (_, replies) => {
  const layer = (model: Model) => stack(model, reads, decompose({ method: "self-discover" }));
  for (const { name, check } of middlewareLaws(layer, { replies, skip: keepsPlans })) test(name, check);
});

describe("behaviour", () => {
  const sub = (asked: string, text: string): object => ({ question: asked, response: { text } });

  test.each<
    [
      what: string,
      options: DecomposeOptions,
      replies: ScriptedReply[],
      expected: Partial<Decomposed<Reasoned<number>>> | Record<string, unknown>,
      calls: number,
    ]
  >([
    [
      "plan: one call, whose plan is in the text",
      { method: "plan" },
      ["Plan: add. Answer: 32"],
      { answer: 32, plan: undefined, subanswers: [] },
      1,
    ],
    [
      "step-back: the principle, then the answer",
      { method: "step-back" },
      [" Spiders have 8 legs. ", "Answer: 32"],
      { answer: 32, plan: "Spiders have 8 legs.", subanswers: [] },
      2,
    ],
    [
      "step-back: a principle that fails",
      { method: "step-back" },
      [busy, "Answer: 32"],
      { answer: 32, plan: undefined, warnings: [code("plan-failed")] },
      2,
    ],
    [
      "step-back: none",
      { method: "step-back" },
      [{ text: " ", toolCalls: [toolCall] }, "Answer: 32"],
      { answer: 32, plan: undefined, warnings: [code("plan-unreadable")] },
      2,
    ],
    [
      "least-to-most: one after the other",
      { method: "least-to-most" },
      [list, "Answer: 24", "Answer: 8", "Answer: 32"],
      { answer: 32, key: "32", plan: list, subanswers: [sub(legsA, "Answer: 24"), sub(legsB, "Answer: 8")] },
      4,
    ],
    [
      "least-to-most: the question itself is none of them",
      { method: "least-to-most" },
      [`${list}\n3. **how many legs have 3 spiders and 2 cats**`, "Answer: 24", "Answer: 8", "Answer: 32"],
      { answer: 32, plan: list },
      4,
    ],
    [
      "least-to-most: not more than wanted",
      { method: "least-to-most", steps: 2 },
      [`${list}\n3. ${legsC}`, "Answer: 24", "Answer: 32"],
      {
        answer: 32,
        plan: `${list}\n3. ${legsC}`,
        subanswers: [sub(legsA, "Answer: 24")],
        warnings: [code("plan-cut")],
      },
      3,
    ],
    [
      "least-to-most: as many as wanted",
      { method: "least-to-most", steps: 3 },
      [list, "Answer: 24", "Answer: 8", "Answer: 32"],
      { answer: 32, plan: list },
      4,
    ],
    [
      "least-to-most: a simple question",
      { method: "least-to-most" },
      ['"None."', "Answer: 32"],
      { answer: 32, plan: undefined, subanswers: [] },
      2,
    ],
    [
      "least-to-most: no list",
      { method: "least-to-most" },
      ["The answer is 32.", "Answer: 32"],
      { answer: 32, plan: undefined, subanswers: [], warnings: [code("plan-unreadable")] },
      2,
    ],
    [
      "least-to-most: what was cut is no question",
      { method: "least-to-most" },
      [{ text: list, finishReason: "length" }, "Answer: 24", "Answer: 32"],
      { answer: 32, plan: `1. ${legsA}`, subanswers: [sub(legsA, "Answer: 24")] },
      3,
    ],
    [
      "least-to-most: nothing but what was cut",
      { method: "least-to-most" },
      [{ text: `1. ${legsA}`, finishReason: "length" }, "Answer: 32"],
      { answer: 32, plan: undefined, subanswers: [], warnings: [code("plan-unreadable")] },
      2,
    ],
    [
      "least-to-most: nothing but the question itself",
      { method: "least-to-most" },
      [`- ${question}`, "Answer: 32"],
      { answer: 32, plan: undefined, subanswers: [] },
      2,
    ],
    [
      "least-to-most: a list that fails",
      { method: "least-to-most" },
      [busy, "Answer: 32"],
      { answer: 32, plan: undefined, subanswers: [], warnings: [code("plan-failed")] },
      2,
    ],
    [
      "least-to-most: a simpler question that fails ends them",
      { method: "least-to-most" },
      [`${list}\n3. ${legsC}`, "Answer: 24", busy, "Answer: 32"],
      { answer: 32, subanswers: [sub(legsA, "Answer: 24")], warnings: [code("subquestion-failed")] },
      4,
    ],
    [
      "least-to-most: so does one that calls tools",
      { method: "least-to-most" },
      [list, { text: "", toolCalls: [toolCall] }, "Answer: 32"],
      { answer: 32, subanswers: [], warnings: [code("subquestion-failed")] },
      3,
    ],
    [
      "self-discover: three calls for the plan, one for the answer",
      { method: "self-discover" },
      ["- selected", "- adapted", `Here:\n\`\`\`json\n${JSON.stringify(plan)}\n\`\`\``, "Answer: 32"],
      { answer: 32, plan: json, subanswers: [] },
      4,
    ],
    [
      "self-discover: a plan in words",
      { method: "self-discover" },
      ["- selected", "- adapted", "Gladly:\n- count them\n- add them", "Answer: 32"],
      { answer: 32, plan: "1. count them\n2. add them" },
      4,
    ],
    [
      "self-discover: no plan",
      { method: "self-discover" },
      ["- selected", "- adapted", "I cannot.", "Answer: 32"],
      { answer: 32, plan: undefined, warnings: [code("plan-unreadable")] },
      4,
    ],
    [
      "self-discover: a plan that was cut",
      { method: "self-discover" },
      ["- selected", "- adapted", { text: json, finishReason: "length" }, "Answer: 32"],
      { answer: 32, plan: undefined, warnings: [code("plan-unreadable")] },
      4,
    ],
    [
      "self-discover: a plan that fails",
      { method: "self-discover" },
      ["- selected", busy, "Answer: 32"],
      { answer: 32, plan: undefined, warnings: [code("plan-failed")] },
      3,
    ],
  ])("%s", async (_, options, replies, expected, calls) => {
    const model = scripted(replies);
    const response = await run(stack(model, reads, decompose(options)), frozen(ask()));
    expect(response).toMatchObject(expected);
    expect(response.warnings).toEqual((expected as { readonly warnings?: unknown }).warnings);
    expect(response.stopped).toBeUndefined();
    expect([model.calls, response.usage.calls + (response.usage.failed?.calls ?? 0)]).toEqual([calls, calls]);
  });

  test.each(methods)("%s: a response that calls tools is passed on", async (method) => {
    const call = { text: "", toolCalls: [toolCall] };
    const model = scripted((request) => (request.tools === undefined ? "none" : call));
    const response = await run(stack(model, reads, decompose({ method })), ask(question, { tools: [weather] }));
    expect(response).toMatchObject({ toolCalls: [toolCall], finishReason: "tool-calls", answer: undefined });
  });

  test.each(methods)("%s: what ends with the results of tools is passed on", async (method) => {
    const model = scripted(["Answer: 32"]);
    const request = ask(question, { tools: [weather] });
    const messages: ModelRequest["messages"] = [
      ...request.messages,
      { role: "assistant", content: [toolCall] },
      { role: "tool", content: [{ type: "tool-result", id: "1", name: "weather", output: "rain" }] },
    ];
    const response = await run(stack(model, decompose({ method })), { ...request, messages });
    expect(model.requests).toEqual([{ ...request, messages }]);
    expect(response).toMatchObject({ plan: undefined, subanswers: [] });
  });

  test.each(methods)("%s: a failure of the question itself is thrown", async (method) => {
    const model = scripted((request, call, index) => {
      const final = call.path.includes("final") || method === "plan";
      return final ? busy : obliging(request, call, index);
    });
    await expect(run(stack(model, reads, decompose({ method })), question)).rejects.toBe(busy);
  });

  test.each(methods)("%s: warnings of the answer stay", async (method) => {
    const warning = { code: "a", message: "one" };
    const model = scripted((_, { path }) =>
      path.includes("final") || method === "plan" ? { text: "Answer: 1", warnings: [warning] } : busy,
    );
    const { warnings } = await run(stack(model, decompose({ method })), question);
    expect(warnings?.[0]).toEqual(warning);
    expect(warnings?.length).toBe(method === "plan" ? 1 : 2);
  });
});

describe("what is asked", () => {
  test("plan: in the prompt, before how the answer is asked for", async () => {
    const model = scripted(["Answer: 32"]);
    await run(stack(model, reads, decompose({ method: "plan" })), question);
    expect(prompts(model)).toEqual([`${question}\n\n${decomposeInstructions.plan}\n\n${asksForNumber}`]);
  });

  test("step-back: the planner gets no instruction of the layers beneath", async () => {
    const model = scripted(["Eight legs.", "Answer: 32"]);
    await run(stack(model, reads, decompose({ method: "step-back" })), question);
    const [asked, final] = prompts(model);
    expect(asked).toBe(`${question}\n\n${decomposeInstructions["step-back"]}`);
    expect(final).toMatch(
      /^How many legs have 3 spiders and 2 cats\?\n\n[^\n]*:\n\nEight legs\.\n\n[^\n]*\n\nThink\. End/,
    );
  });

  test("least-to-most: every question has the answers before it, in the form of the layers beneath", async () => {
    const model = scripted([list, " 24 in all. Answer: 24 ", "Answer: 8", "Answer: 32"]);
    await run(stack(model, reads, decompose({ method: "least-to-most", steps: 4 })), question);
    const [asked, first, second, final] = prompts(model);
    expect(
      asked?.startsWith(`${question}\n\n${decomposeInstructions["least-to-most"]} Write 3 questions at most`),
    ).toBe(true);
    const pairs = `Q: ${legsA}\nA: 24 in all. Answer: 24`;
    expect(first).toBe(
      `${question}\n\nDo not answer the whole question yet. Answer only this one: ${legsA}\n\n${asksForNumber}`,
    );
    const told = `${question}\n\nSimpler questions were answered first:\n\n${pairs}`;
    expect(second).toBe(
      `${told}\n\nDo not answer the whole question yet. Answer only this one: ${legsB}\n\n${asksForNumber}`,
    );
    expect(final).toBe(
      `${told}\n\nQ: ${legsB}\nA: Answer: 8\n\nNow answer the whole question, with the help of these answers.\n\n${asksForNumber}`,
    );
  });

  test("least-to-most: one question is one", async () => {
    const model = scripted(["none", "1"]);
    await run(stack(model, decompose({ method: "least-to-most", steps: 2 })), question);
    expect(prompts(model)[0]).toContain("Write 1 question at most");
    expect(prompts(model)[1]).toBe(question);
  });

  test("self-discover: each stage has what the one before gave", async () => {
    const model = scripted(["- selected", "- adapted", json, "Answer: 32"]);
    await run(stack(model, reads, decompose({ method: "self-discover" })), question);
    const [select = "", adapt = "", implement = "", solve = ""] = prompts(model);
    for (const prompt of [select, adapt, implement]) {
      expect(prompt.startsWith(`${question}\n\n`)).toBe(true);
      expect(prompt).not.toContain("Answer:");
    }
    reasoningModules.forEach((module, index) => expect(select).toContain(`${index + 1}. ${module}\n`));
    expect(adapt).toContain("# Ways to think\n- selected\n");
    expect(implement).toContain("# Ways to think\n- adapted\n");
    expect(solve.startsWith(`${question}\n\n`)).toBe(true);
    expect(solve.endsWith(`\n\n${json}\n\n${asksForNumber}`)).toBe(true);
  });

  test("self-discover: modules of one's own", async () => {
    const model = scripted(["- s", "- a", json, "1"]);
    await run(stack(model, decompose({ method: "self-discover", modules: ["Guess.", "Doubt."] })), question);
    expect(prompts(model)[0]).toContain("# Ways to think\n1. Guess.\n2. Doubt.\n");
  });

  test.each(["plan", "step-back", "least-to-most"] as const)("%s: an instruction of one's own", async (method) => {
    const model = scripted(["none", "1"]);
    await run(stack(model, decompose({ method, instruction: "Be wise." })), question);
    expect(prompts(model)[0]?.startsWith(`${question}\n\nBe wise.`)).toBe(true);
    expect(prompts(model)[0]).not.toContain(decomposeInstructions[method]);
  });

  test.each(["step-back", "least-to-most", "self-discover"] as const)(
    "%s: on the way without what only the answer needs",
    async (method) => {
      const model = scripted(obliging);
      const more: Partial<ModelRequest> = {
        temperature: 0.3,
        effort: "low",
        tools: [weather],
        toolChoice: "auto",
        schema: { jsonSchema: {} },
        stop: ["x"],
        logprobs: 1,
        prefill: "So",
      };
      await run(stack(model, decompose({ method })), frozen(ask(question, more)));
      const final = model.requests.at(-1);
      expect({ ...final, messages: [] }).toEqual({ ...more, messages: [] });
      for (const { messages: _, ...rest } of model.requests.slice(0, -1)) {
        expect(rest).toEqual({ temperature: 0.3, effort: "low" });
      }
      expect(model.calls).toBeGreaterThan(1);
    },
  );

  test("tools that were called before stay known, and are not called", async () => {
    const model = scripted(["Eight.", "Answer: 32"]);
    const messages: ModelRequest["messages"] = [
      { role: "user", content: "Rain?" },
      { role: "assistant", content: [toolCall] },
      { role: "tool", content: [{ type: "tool-result", id: "1", name: "weather", output: "rain" }] },
      { role: "assistant", content: "Rain." },
      { role: "user", content: question },
    ];
    await run(stack(model, decompose({ method: "step-back" })), { messages, tools: [weather] });
    expect(model.requests[0]).toMatchObject({ tools: [weather], toolChoice: "none" });
    expect(model.requests[0]?.messages.slice(0, 4)).toEqual(messages.slice(0, 4));
    expect(model.requests[1]).toMatchObject({ tools: [weather] });
    expect(model.requests[1]?.toolChoice).toBeUndefined();
  });
});

describe("who is asked", () => {
  test.each(["step-back", "least-to-most", "self-discover"] as const)("%s: a planner plans", async (method) => {
    const model = scripted(["Answer: 1", "Answer: 2", "Answer: 3", "Answer: 4"]);
    const planner = scripted(obliging, { id: "planner" });
    const response = await run(stack(model, reads, decompose({ method, planner })), question);
    expect(planner.calls).toBe(method === "self-discover" ? 3 : 1);
    expect(response.answer).toBe(model.calls);
    expect(model.calls).toBe(method === "least-to-most" ? 4 : 1);
  });

  test("by default it is the model beneath all layers", async () => {
    const model = scripted(["Eight.", "Answer: 1", "Answer: 2", "Answer: 1"]);
    const voted = stack(model, retry(), reads, sampleN(3), majorityVote());
    const { trace, response } = await traced(stack(voted, decompose({ method: "step-back" })));
    expect([response.plan, response.answer, model.calls]).toEqual(["Eight.", 1, 4]);
    expect(trace.slice(0, 4)).toEqual([
      "start decompose",
      "start decompose/plan/scripted",
      "end decompose/plan/scripted",
      "start decompose/final/majorityVote",
    ]);
  });

  test("a solver answers the simpler questions", async () => {
    const model = scripted([list, "Answer: B"]);
    const solver = scripted(["24 legs", "8 legs"], { id: "solver" });
    const layer = decompose({ method: "least-to-most", solver });
    const response = await run(stack(model, chainOfThought({ answer: choice(["A", "B"]) }), layer), question);
    expect(response.answer).toBe("B");
    expect(response.subanswers.map(({ response: { text } }) => text)).toEqual(["24 legs", "8 legs"]);
    expect(prompts(solver)[0]).not.toContain("Answer:");
  });
});

describe("the plan of a task", () => {
  const planned = (prompt: string) => prompt.includes("# What to do");

  test("is made once", async () => {
    const model = scripted(obliging);
    const solver = stack(model, reads, decompose({ method: "self-discover" }));
    const first = await run(solver, question);
    const second = await run(solver, "How many legs have 5 ants?");
    expect([first.usage.calls, second.usage.calls, model.calls]).toEqual([4, 1, 5]);
    expect(second.plan).toBe(first.plan);
    expect(prompts(model)[4]).toContain(json);
  });

  test("is that of its stack", async () => {
    const layer = decompose({ method: "self-discover" });
    const models = [scripted(obliging), scripted(obliging)];
    for (const model of models) await run(stack(model, layer), question);
    expect(models.map(({ calls }) => calls)).toEqual([4, 4]);
  });

  test("is that of its task", async () => {
    const model = scripted(obliging);
    const tasks: string[] = [];
    const task = async (request: ModelRequest): Promise<string> => {
      tasks.push(wordsOf(request).slice(0, 3));
      return Promise.resolve(tasks.at(-1) ?? "");
    };
    const solver = stack(model, decompose({ method: "self-discover", task }));
    for (const prompt of ["How many?", "Why so?", "How much?", "Why not?"]) await run(solver, prompt);
    expect(tasks).toEqual(["How", "Why", "How", "Why"]);
    expect([model.calls, prompts(model).filter(planned).length]).toEqual([10, 6]);
  });

  test("is shared by those who come meanwhile", async () => {
    const model = scripted(obliging, { latencyMs: 100 });
    const clock = virtualClock();
    const solver = stack(model, decompose({ method: "self-discover" }));
    const runs: Promise<Decomposed>[] = [];
    for (const ms of [0, 150, 149]) {
      await clock.advance(ms);
      runs.push(run(solver, `${ms}?`, { clock }));
    }
    const responses = await clock.until(Promise.all(runs));
    expect(responses.map(({ usage }) => usage.calls)).toEqual([4, 1, 1]);
    expect(new Set(responses.map((response) => response.plan)).size).toBe(1);
    expect(model.calls).toBe(6);
  });

  test("under samples it is the first one's, and they agree on it", async () => {
    const model = scripted(obliging, { latencyMs: (index) => 10 + 7 * (index % 3) });
    const { response } = await traced(stack(model, decompose({ method: "self-discover" }), sampleN(4)));
    expect(response.samples.map(({ usage }) => usage.calls)).toEqual([4, 1, 1, 1]);
    expect(new Set(response.samples.map((one) => one.plan))).toEqual(new Set([json]));
  });

  test.each<[what: string, first: ScriptedReply]>([
    ["that failed", busy],
    ["that cannot be read", "I cannot."],
  ])("%s is not kept", async (_, first) => {
    const model = scripted(["- s", "- a", first, "1", "- s", "- a", json, "2", "3"]);
    const solver = stack(model, decompose({ method: "self-discover" }));
    const plans = [];
    for (let i = 0; i < 3; i++) plans.push((await run(solver, question)).plan);
    expect(plans).toEqual([undefined, json, json]);
    expect(model.calls).toBe(9);
  });

  test("that was given up is not kept: who waits for it makes it", async () => {
    const model = scripted(obliging, { latencyMs: 100 });
    const clock = virtualClock();
    const controller = new AbortController();
    const solver = stack(model, decompose({ method: "self-discover" }));
    const first = run(solver, "1?", { clock, signal: controller.signal });
    first.catch(() => undefined);
    await clock.advance(50);
    const second = run(solver, "2?", { clock });
    await clock.advance(100);
    expect(model.calls).toBe(2);
    controller.abort("left");
    const { plan: made, usage } = await clock.until(second);
    await expect(first).rejects.toBe("left");
    expect([made, usage.calls, model.calls]).toEqual([json, 4, 6]);
  });

  test("is not waited for by who was given up", async () => {
    const model = scripted(obliging, { latencyMs: 100 });
    const clock = virtualClock();
    const controller = new AbortController();
    const solver = stack(model, decompose({ method: "self-discover" }));
    const first = run(solver, "1?", { clock });
    const second = run(solver, "2?", { clock, signal: controller.signal });
    second.catch(() => undefined);
    await clock.advance(50);
    controller.abort("left");
    await expect(second).rejects.toBe("left");
    expect((await clock.until(first)).usage.calls).toBe(4);
  });

  test.each<[what: string, task: () => never | string, message: string | RegExp]>([
    [
      "what the task throws is thrown",
      () => {
        throw new Error("no task");
      },
      "no task",
    ],
    ["a task is a text", () => 1 as unknown as string, "decompose: what task returns must be a text, got 1"],
  ])("%s", async (_, task, message) => {
    const model = scripted(obliging);
    await expect(run(stack(model, decompose({ method: "self-discover", task })), question)).rejects.toThrow(message);
    expect(model.calls).toBe(0);
  });
});

describe("out of budget or time", () => {
  test.each(["step-back", "least-to-most", "self-discover"] as const)(
    "%s: with a single call, it is that of the question itself",
    async (method) => {
      const model = scripted(["Answer: 32"]);
      const solver = stack(model, reads, decompose({ method }));
      const response = await run(solver, question, { budget: { calls: 1 } });
      expect(response).toMatchObject({ answer: 32, plan: undefined, subanswers: [], stopped: "budget" });
      expect(response.warnings).toBeUndefined();
    },
  );

  test.each([
    [2, 0, "budget"],
    [3, 1, "budget"],
    [4, 2, undefined],
  ])("least-to-most with %i calls: %i simpler questions", async (calls, answered, stopped) => {
    const model = scripted(obliging);
    const script = scripted((request, call, index) => (index === 0 ? list : obliging(request, call, index)));
    const layer = decompose({ method: "least-to-most", planner: script });
    const response = await run(stack(model, reads, layer), question, { budget: { calls } });
    expect(response.subanswers.length).toBe(answered);
    expect(response.stopped).toBe(stopped);
    expect(response.answer).toBeDefined();
    expect(response.usage.calls).toBe(calls);
  });

  test.each([
    ["tokens", { tokens: 300 }],
    ["output tokens", { outputTokens: 100 }],
    ["money", { usd: 0.0003 }],
  ])("%s: half of a small budget is kept back for the question itself", async (_, budget) => {
    const price = { inputUsd: 1, outputUsd: 1 };
    // Each of them writes as much as it is allowed.
    const model = scripted(
      ({ maxOutputTokens = 1_000 }, { path }) =>
        path.includes("final") ? "Answer: 32" : `1. ${"word ".repeat(maxOutputTokens)}`,
      { price },
    );
    const solver = stack(model, reads, decompose({ method: "least-to-most" }));
    const response = await run(solver, question, { budget });
    expect(response.answer).toBe(32);
    expect(response.usage.outputTokens).toBeGreaterThan(20);
  });

  const parts = ["a", "b", "c", "d", "e"].map((name, i) => `${i + 1}. Part ${name}?`).join("\n");
  const wordy =
    (words: number): Script =>
    (_, { path }) =>
      path.includes("plan")
        ? parts
        : `${"word ".repeat(path.some((name) => name.startsWith("final")) ? 10 : words)} Answer: 32`;

  test.each([
    [2_500, 1],
    [6_000, 2],
    [7_800, 2],
    [9_000, 3],
  ])("%i tokens: what is kept back grows with what has to be read", async (tokens, answered) => {
    const model = scripted(wordy(900));
    const solver = stack(model, reads, decompose({ method: "least-to-most" }));
    const response = await run(solver, question, { budget: { tokens } });
    expect([response.answer, response.stopped, response.warnings]).toEqual([32, "budget", undefined]);
    expect(response.subanswers.length).toBe(answered);
    expect(prompts(model).at(-1)).toContain("word word");
  });

  test.each(["step-back", "least-to-most"] as const)("%s: what cannot be read any more is left out", async (method) => {
    const model = scripted((request, call, index) => {
      if (method === "step-back" && call.path.includes("plan")) return "word ".repeat(5_000);
      return wordy(5_000)(request, call, index);
    });
    const response = await run(stack(model, reads, decompose({ method })), question, { budget: { tokens: 1_500 } });
    expect(response).toMatchObject({ answer: 32, stopped: "budget", warnings: [code("plan-unread")] });
    expect(prompts(model).at(-1)).toBe(`${question}\n\n${asksForNumber}`);
    expect(response.subanswers.length).toBe(method === "step-back" ? 0 : 1);
  });

  test("a plan for which no time is left: nothing to return", async () => {
    const model = scripted([list, "Answer: 1"], { latencyMs: 100 });
    const solver = stack(model, reads, decompose({ method: "least-to-most" }));
    const clock = virtualClock();
    const done = clock.until(run(solver, question, { clock, budget: { ms: 150 } }));
    await expect(done).rejects.toMatchObject({ code: "budget-exceeded", limit: "ms" });
  });

  const content = [{ type: "text", text: "Answer: 8" }] as const;
  const late: readonly ScriptedReply[] = [list, "Answer: 24", { text: "Answer: 8", content }, "Answer: 32"];

  test.each([
    [250, `Q: ${legsA}\nA: Answer: 24`, 1],
    [350, `Q: ${legsA}\nA: Answer: 24\n\nQ: ${legsB}\nA: Answer: 8`, 2],
  ])("simpler answers are returned, as no answer, after %i ms", async (ms, pairs, answered) => {
    const model = scripted(late, { latencyMs: 100 });
    const solver = stack(model, reads, decompose({ method: "least-to-most" }));
    const { response } = await traced(solver, question, { budget: { ms } });
    expect(response).toMatchObject({
      text: `Simpler questions were answered first:\n\n${pairs}`,
      answer: undefined,
      key: undefined,
      finishReason: "other",
      stopped: "deadline",
      plan: list,
      warnings: [code("unfinished")],
      usage: { calls: 1 + answered },
    });
    expect(response.subanswers.length).toBe(answered);
    if (answered === 2) expect(response.content).toEqual([{ type: "text", text: response.text }]);
    else expect(response.content).toBeUndefined();
  });

  test("those of another solver are no response of the model beneath", async () => {
    const model = scripted([list, "Answer: 32"], { latencyMs: 100 });
    const solver = scripted(["24", "8"], { latencyMs: 100, id: "solver" });
    const clock = virtualClock();
    const layer = decompose({ method: "least-to-most", solver });
    const done = clock.until(run(stack(model, layer), question, { clock, budget: { ms: 350 } }));
    await expect(done).rejects.toMatchObject({ code: "budget-exceeded" });
  });

  test("what is kept back is given back", async () => {
    const model = scripted(obliging);
    const budget = new Budget({ calls: 20, tokens: 10_000, outputTokens: 5_000 });
    for (const method of methods)
      await run(stack(model, decompose({ method })), ask(question, { maxOutputTokens: 20 }), { budget });
    expect(budget.left.calls).toBe(20 - model.calls);
    expect(budget.left.tokens).toBe(10_000 - budget.spent.tokens);
    expect(budget.left.outputTokens).toBe(5_000 - budget.spent.outputTokens);
  });
});

describe("cancellation", () => {
  test.each<[DecomposeMethod, ms: number, calls: number]>([
    ["plan", 50, 1],
    ["step-back", 50, 1],
    ["step-back", 150, 2],
    ["least-to-most", 50, 1],
    ["least-to-most", 150, 2],
    ["least-to-most", 450, 5],
    ["self-discover", 50, 1],
    ["self-discover", 250, 3],
    ["self-discover", 350, 4],
  ])("%s, after %i ms", async (method, ms, calls) => {
    const model = scripted(obliging, { latencyMs: 100 });
    expect(await giveUp(stack(model, reads, decompose({ method })), ms, () => model.calls)).toBe(calls);
  });

  test.each(["step-back", "least-to-most", "self-discover"] as const)(
    "%s: the question is not asked after it",
    async (method) => {
      let asked = 0;
      const heedless: Model = {
        id: "heedless",
        capabilities: {},
        generate: () => {
          asked++;
          return new Promise(() => undefined);
        },
      };
      const planner = scripted(obliging, { latencyMs: 100 });
      expect(await giveUp(stack(heedless, decompose({ method, planner })), 50, () => asked)).toBe(0);
    },
  );

  test("while the task is not known yet", async () => {
    const model = scripted(obliging);
    const layer = decompose({ method: "self-discover", task: () => new Promise<string>(() => undefined) });
    expect(await giveUp(stack(model, layer), 50, () => model.calls)).toBe(0);
  });

  test.each(methods)("%s, before", async (method) => {
    const model = scripted(obliging);
    await giveUpBefore(stack(model, decompose({ method })), () => model.calls);
  });
});

describe("trace", () => {
  test.each<[DecomposeMethod, paths: string[]]>([
    ["plan", [""]],
    ["step-back", ["plan/", "final/"]],
    ["least-to-most", ["plan/", "subquestion/", "subquestion:2/", "subquestion:3/", "final/"]],
    ["self-discover", ["select/", "adapt/", "implement/", "final/"]],
  ])("%s", async (method, paths) => {
    const { trace, events } = await traced(stack(scripted(obliging), decompose({ method })));
    const calls = paths.flatMap((path) => [`start decompose/${path}scripted`, `end decompose/${path}scripted`]);
    expect(trace).toEqual(["start decompose", ...calls, "end decompose"]);
    const output = events.filter((event) => event.type === "delta" && event.output).map(({ path }) => path[1]);
    expect(new Set(output)).toEqual(new Set([method === "plan" ? "scripted" : "final"]));
  });

  test("the words that are told as output are the text", async () => {
    const { response, events } = await traced(stack(scripted(obliging), decompose({ method: "least-to-most" })));
    const told = events.map((event) => (event.type === "delta" && event.output ? (event.text ?? "") : "")).join("");
    expect(told).toBe(response.text);
  });
});

test("outline", () => {
  const model = scripted(["x"], { id: "m" });
  const other = scripted(["x"], { id: "other" });
  const lines = (options: DecomposeOptions): string[] => outline(stack(model, reads, decompose(options))).split("\n");
  expect(lines({ method: "plan" })[0]).toMatch(/^decompose \(plan\) +≤ 1 call, ≤ 1,674 tokens$/);
  expect(lines({ method: "step-back" })[0]).toMatch(/^decompose \(step-back\) +≤ 2 calls, ≤ 4,322 tokens$/);
  expect(lines({ method: "self-discover" })[0]).toMatch(/^decompose \(self-discover\) +≤ 4 calls, ≤ 10,018 tokens$/);
  expect(lines({ method: "least-to-most", steps: 3 })[0]).toMatch(
    /^decompose \(least-to-most, steps = 3\) +≤ 4 calls,/,
  );
  const twice = stack(other, sampleN(2), majorityVote());
  const more = lines({ method: "least-to-most", steps: 3, planner: other, solver: twice });
  expect(more[0]).toMatch(/ ≤ 6 calls, /);
  expect(
    more.map((line) =>
      line
        .slice(0, line.indexOf("≤"))
        .replace(/^[ │]+/, "")
        .trim(),
    ),
  ).toEqual([
    "decompose (least-to-most, steps = 3)",
    "├─ chainOfThought",
    "└─ m",
    "├─ other",
    "└─ majorityVote",
    "└─ sampleN (n = 2)",
    "└─ other",
  ]);
});

describe("its own law", () => {
  test.prop([fc.integer({ min: 0, max: 9 }), fc.integer({ min: 2, max: 8 })])(
    "least-to-most asks what it found, up to its limit, and then the question itself",
    async (found, steps) => {
      const written = Array.from({ length: found }, (_, i) => `${i + 1}. Part ${"abcdefghi"[i] ?? ""}?`).join("\n");
      const model = scripted((_, { path }, index) => (path.includes("plan") ? written || "none" : `reply ${index}`));
      const response = await run(stack(model, decompose({ method: "least-to-most", steps })), question);
      const asked = Math.min(found, steps - 1);
      expect(model.calls).toBe(asked + 2);
      expect(response.text).toBe(`reply ${asked + 1}`);
      expect(response.subanswers.map(({ response: { text } }) => text)).toEqual(
        Array.from({ length: asked }, (_, i) => `reply ${i + 1}`),
      );
      expect(response.warnings?.length ?? 0).toBe(found > steps - 1 ? 1 : 0);
      const last = prompts(model).at(-1) ?? "";
      for (const { question: part, response: said } of response.subanswers) {
        expect(last).toContain(`Q: ${part}\nA: ${said.text}`);
      }
    },
  );
});

test("types", () => {
  const model: Model = scripted(["Answer: 24"]);
  expectTypeOf(stack(model, decompose({ method: "plan" }))).toEqualTypeOf<Model<Decomposed>>();
  const solver = stack(model, chainOfThought({ answer: number() }), decompose({ method: "step-back" }));
  expectTypeOf(solver).toEqualTypeOf<Model<Decomposed<Reasoned<number>>>>();
  expectTypeOf(solver.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  expectTypeOf(solver.generate).returns.resolves.toHaveProperty("subanswers").toEqualTypeOf<readonly Subanswer[]>();
  // @ts-expect-error -- no method
  compiles(() => decompose({ method: "guess" }));
  // @ts-expect-error -- a method is required
  compiles(() => decompose({}));
});

const known = "one of plan, step-back, least-to-most, self-discover";
const noModel = "must be a model (id, capabilities, generate), got";
test.each<[options: unknown, message: string]>([
  [null, "options must be an object, got null"],
  [
    { method: "plan", depth: 2 },
    'an option must be one of method, planner, instruction, steps, solver, task, modules, got "depth"',
  ],
  [{}, `method must be ${known}, got undefined`],
  [{ method: "guess" }, `method must be ${known}, got "guess"`],
  [{ method: "toString" }, `method must be ${known}, got "toString"`],
  [{ method: "step-back", planner: 1 }, `planner ${noModel} 1`],
  [{ method: "least-to-most", solver: {} }, `solver ${noModel} an object`],
  [{ method: "step-back", instruction: 1 }, "instruction must be a text, got 1"],
  [{ method: "least-to-most", steps: 1 }, "steps must be an integer of at least 2, got 1"],
  [{ method: "least-to-most", steps: 2.5 }, "steps must be an integer of at least 2, got 2.5"],
  [{ method: "self-discover", task: "legs" }, 'task must be a function of a request, got "legs"'],
  [{ method: "self-discover", modules: [] }, "modules must be a list of at least one text, got an empty array"],
  [{ method: "self-discover", modules: ["a", " "] }, 'modules[1] must be a text that is not empty, got " "'],
  [{ method: "plan", planner: scripted(["x"]) }, "planner must be absent with method 'plan', got an object"],
  [{ method: "plan", steps: 3 }, "steps must be absent with method 'plan', got 3"],
  [{ method: "step-back", solver: scripted(["x"]) }, "solver must be absent with method 'step-back', got an object"],
  [{ method: "least-to-most", task: () => "" }, "task must be absent with method 'least-to-most', got a function"],
  [{ method: "least-to-most", modules: ["a"] }, "modules must be absent with method 'least-to-most', got an array"],
  [{ method: "self-discover", instruction: "a" }, "instruction must be absent with method 'self-discover', got \"a\""],
])("wrong options: %j", (options, message) => {
  expect(() => decompose(options as DecomposeOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `decompose: ${message}` }),
  );
});
