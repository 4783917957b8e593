import { fc, test } from "@fast-check/vitest";
import {
  Budget,
  BudgetExceededError,
  CapabilityError,
  chainOfThought,
  majorityVote,
  number,
  outline,
  ProviderError,
  run,
  sampleN,
  sleep,
  stack,
  tool,
  ToolError,
  toolLoop,
  type Message,
  type Model,
  type ModelRequest,
  type Reasoned,
  type Tool,
  type ToolCallPart,
  type ToolLoopOptions,
  type ToolRun,
  type ToolStep,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type Script, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, vi } from "vitest";
import * as z from "zod";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });

const add = tool({
  name: "add",
  description: "Adds.",
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  execute: ({ a, b }) => a + b,
});
const wait = tool({
  name: "wait",
  description: "Waits so many milliseconds.",
  input: z.object({ ms: z.number() }),
  execute: async ({ ms }, call) => {
    await sleep(call, ms);
    return `waited ${ms}`;
  },
});
const boom = tool({
  name: "boom",
  description: "Fails.",
  input: z.object({}),
  execute: () => {
    throw new TypeError("it is broken");
  },
});
const hang = tool({
  name: "hang",
  description: "Never ends.",
  input: z.object({}),
  execute: () => new Promise(() => undefined),
});
/** A tool that asks a model. */
const ask = (model: Model): Tool =>
  tool({
    name: "ask",
    description: "Asks.",
    input: z.object({ question: z.string().default("q") }),
    execute: async ({ question }, call) => {
      const { text } = await model.generate({ messages: [{ role: "user", content: question }] }, call);
      return text;
    },
  });

let ids = 0;
/** One call of a tool. */
function use(name: string, input: unknown = {}): ToolCallPart {
  return { type: "tool-call", id: `call-${ids++}`, name, input };
}

/** A response that calls tools. */
function calling(...toolCalls: readonly ToolCallPart[]): ScriptedReply {
  return { text: "", toolCalls };
}

/** What the tools said: `add → 3`, with `!` where it is an error. */
function said(steps: readonly ToolStep[]): readonly string[] {
  return steps.flatMap(({ results }) =>
    results.map(({ name, output, isError }) => `${name} ${isError ? "!" : "→"} ${String(output)}`),
  );
}

/** Calls tools, two at a time, for up to three rounds. */
const someCalls: Script = ({ messages, tools, toolChoice }, { random }) => {
  const steps = messages.filter(({ role }) => role === "tool").length;
  const last = toolChoice === "none" || tools === undefined || steps >= 1 + random.integer(3);
  if (last) return `${"so ".repeat(random.integer(9))}Answer: ${1 + random.integer(3)}`;
  const pick = (): string => tools[random.integer(tools.length)]?.name ?? "";
  const toolCalls = [0, 1].map((i): ToolCallPart => ({
    type: "tool-call",
    id: `${steps}.${i}`,
    name: pick(),
    input: { a: 1 + i },
  }));
  return { text: random.integer(2) === 0 ? "" : "Let me see.", toolCalls };
};

describe.each<[what: string, layer: (model: Model) => Model]>([
  ["tools", (model) => stack(model, toolLoop({ tools: [add, boom], maxSteps: 2 }))],
  ["tools that ask the model", (model) => stack(model, toolLoop({ tools: [add, ask(model)], maxSteps: 3 }))],
  [
    "limits, approvals and effects",
    (model) =>
      stack(
        model,
        toolLoop({
          tools: [{ ...add, effect: true }, boom, ask(model)],
          maxSteps: 3,
          concurrency: 1,
          timeoutMs: 1000,
          retries: 1,
          maxResult: 3,
          approve: async ({ tool: { name } }) => name !== "boom" || "no bangs",
          repeat: ({ input }) => (input as { a: number }).a === 1,
        }),
      ),
  ],
  [
    "votes on calls",
    (model) => stack(model, sampleN(3), majorityVote(), toolLoop({ tools: [add, boom], maxSteps: 2 })),
  ],
  ["calls as text", (model) => stack(model, toolLoop({ tools: [add, boom], maxSteps: 2, protocol: "text" }))],
])("laws, %s", (_, layer) => {
  for (const { name, check } of middlewareLaws(layer, { replies: someCalls })) test(name, check);
});

describe("behaviour", () => {
  const unknown = 'There is no tool "sub". The tools are: add, wait, boom, hang.';
  const misfit = "The arguments of add do not fit: a: Invalid input: expected number, received string";

  test.each<
    [
      what: string,
      replies: ScriptedReply[],
      options: Partial<ToolLoopOptions>,
      text: string,
      stopped: string,
      results: string[],
      calls: number,
    ]
  >([
    ["no tool", ["24"], {}, "24", "done", [], 1],
    ["one", [calling(use("add", { a: 1, b: 2 })), "3"], {}, "3", "done", ["add → 3"], 2],
    ["defaults are filled in", [calling(use("add", { a: 1 })), "2"], {}, "2", "done", ["add → 2"], 2],
    [
      "several at once, several times",
      [calling(use("add", { a: 1 }), use("add", { a: 2 })), calling(use("add", { a: 3 })), "4"],
      {},
      "4",
      "done",
      ["add → 2", "add → 3", "add → 4"],
      3,
    ],
    ["a name that does not exist", [calling(use("sub")), "Sorry."], {}, "Sorry.", "done", [`sub ! ${unknown}`], 2],
    ["arguments that do not fit", [calling(use("add", { a: "1" })), "x"], {}, "x", "done", [`add ! ${misfit}`], 2],
    [
      "arguments that were no JSON",
      [calling(use("add", '{"a": 1,}')), "x"],
      {},
      "x",
      "done",
      ["add ! The arguments of add do not fit: Invalid input: expected object, received string"],
      2,
    ],
    [
      "a tool that throws",
      [calling(use("boom"), use("add", { a: 1 })), "x"],
      {},
      "x",
      "done",
      ["boom ! it is broken", "add → 2"],
      2,
    ],
    [
      "the last step",
      [calling(use("add", { a: 1 })), calling(use("add", { a: 2 })), "At last."],
      { maxSteps: 2 },
      "At last.",
      "limit",
      ["add → 2", "add → 3"],
      3,
    ],
    [
      "a single step",
      [calling(use("add", { a: 1 })), "At last."],
      { maxSteps: 1 },
      "At last.",
      "limit",
      ["add → 2"],
      2,
    ],
  ])("%s", async (_, replies, options, text, stopped, results, calls) => {
    const model = scripted(replies);
    const response = await run(stack(model, toolLoop({ tools: [add, wait, boom, hang], ...options })), "q");
    expect([response.text, response.stopped, said(response.steps)]).toEqual([text, stopped, results]);
    expect(model.calls).toBe(calls);
    expect(response.usage.calls).toBe(calls);
  });

  test("steps keep what was said, asked and answered", async () => {
    const [one, two] = [use("add", { a: 1 }), use("sub")];
    const model = scripted([{ text: "Let me see.", toolCalls: [one, two] }, "2"]);
    const { steps } = await run(stack(model, toolLoop({ tools: [add] })), "q");
    expect(steps).toEqual([
      {
        text: "Let me see.",
        calls: [one, two],
        results: [
          { type: "tool-result", id: one.id, name: "add", output: 2 },
          {
            type: "tool-result",
            id: two.id,
            name: "sub",
            output: 'There is no tool "sub". The tools are: add.',
            isError: true,
          },
        ],
      },
    ]);
  });

  test.each([
    [undefined, null],
    [null, null],
    [{ deep: [1] }, { deep: [1] }],
    [0, 0],
  ])("a tool that returns %j says %j", async (returned, output) => {
    const say = tool({ name: "say", description: "d", input: z.object({}), execute: async () => returned });
    const { steps } = await run(stack(scripted([calling(use("say")), "x"]), toolLoop({ tools: [say] })), "q");
    expect(steps[0]?.results[0]?.output).toEqual(output);
  });

  test("a step that fails fails", async () => {
    const model = scripted([calling(use("add", { a: 1 })), busy]);
    await expect(run(stack(model, toolLoop({ tools: [add] })), "q")).rejects.toBe(busy);
  });

  test("why a strategy beneath stopped is kept", async () => {
    const solver = stack(scripted(["a", "b"]), sampleN(2), toolLoop({ tools: [add] }));
    const { response } = await traced(solver, "q", { budget: { calls: 2, tokens: 10_000 } });
    expect(response).toMatchObject({ text: "a", stopped: "budget", steps: [] });
  });

  test("a model that calls in spite of all has its calls taken away", async () => {
    const content = [{ type: "text", text: "I add." } as const, use("add", { a: 2 })];
    const model = scripted([
      calling(use("add", { a: 1 })),
      { text: "I add.", content, toolCalls: [use("add", { a: 2 })] },
    ]);
    const response = await run(stack(model, toolLoop({ tools: [add], maxSteps: 1 })), "q");
    expect(response).toMatchObject({
      text: "I add.",
      toolCalls: [],
      content: [{ type: "text", text: "I add." }],
      finishReason: "other",
      stopped: "limit",
    });
  });
});

describe("a tool that throws", () => {
  const boiling = (error: unknown): Tool =>
    tool({ name: "boil", description: "d", input: z.object({}), execute: () => Promise.reject(error) });

  test.each([
    ["is told: an error's message", new RangeError("too hot"), "too hot"],
    ["is told: anything else", "too hot", "too hot"],
    ["is told: an error of mull", busy, "overloaded"],
  ])("%s", async (_, error, output) => {
    const solver = stack(scripted([calling(use("boil")), "x"]), toolLoop({ tools: [boiling(error)] }));
    const { steps } = await run(solver, "q");
    expect(steps[0]?.results).toMatchObject([{ output, isError: true }]);
  });

  test("or is thrown, with its cause, and ends the others", async () => {
    const cause = new RangeError("too hot");
    let signal: AbortSignal | undefined;
    const listening = tool({
      name: "listen",
      description: "d",
      input: z.object({}),
      execute: (_, call) => {
        signal = call.signal;
        return new Promise(() => undefined);
      },
    });
    const model = scripted([calling(use("listen"), use("boil"), use("wait", { ms: 50 })), "x"]);
    const clock = virtualClock();
    const solver = stack(model, toolLoop({ tools: [boiling(cause), wait, listening], onToolError: "throw" }));
    const error: unknown = await clock.until(run(solver, "q", { clock })).catch((e: unknown) => e);
    expect(ToolError.is(error)).toBe(true);
    expect(error).toMatchObject({ tool: "boil", message: "the tool boil failed: too hot", cause, usage: { calls: 1 } });
    expect(signal?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
    expect(model.calls).toBe(1);
  });

  test("what the model got wrong is told all the same", async () => {
    const model = scripted([calling(use("sub"), use("add", { a: "1" })), "x"]);
    const { steps } = await run(stack(model, toolLoop({ tools: [add], onToolError: "throw" })), "q");
    expect(steps[0]?.results.map(({ isError }) => isError)).toEqual([true, true]);
  });
});

describe("at the same time", () => {
  test.prop([fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 6 })])(
    "the tools of one response run side by side, and their results keep the order of the calls",
    async (times) => {
      const model = scripted([calling(...times.map((ms) => use("wait", { ms }))), "x"]);
      const clock = virtualClock();
      const { steps } = await clock.until(run(stack(model, toolLoop({ tools: [wait] })), "q", { clock }));
      expect(said(steps)).toEqual(times.map((ms) => `wait → waited ${ms}`));
      expect(clock.now()).toBe(Math.max(...times));
    },
  );
});

describe("what the model sees", () => {
  const described = { name: "add", description: "Adds.", inputSchema: add.inputSchema };

  test("the tools, and after each step the calls and their results", async () => {
    const [one, two] = [use("add", { a: 1 }), use("add", { a: 2 })];
    const model = scripted([{ text: "First.", toolCalls: [one] }, calling(two), "x"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], temperature: 0.5 };
    await run(stack(model, toolLoop({ tools: [add], maxSteps: 2 })), frozen(request));
    const first = [
      { role: "assistant", content: [{ type: "text", text: "First." }, one] },
      { role: "tool", content: [{ type: "tool-result", id: one.id, name: "add", output: 2 }] },
    ];
    const second = [
      { role: "assistant", content: [two] },
      { role: "tool", content: [{ type: "tool-result", id: two.id, name: "add", output: 3 }] },
    ];
    const base = { ...request, tools: [described] };
    expect(model.requests).toEqual([
      base,
      { ...base, messages: [...request.messages, ...first] },
      { ...base, messages: [...request.messages, ...first, ...second], toolChoice: "none" },
    ]);
    expect(model.requests[0]?.tools?.[0]?.inputSchema).toMatchObject({
      type: "object",
      properties: { a: { type: "number" } },
      required: ["a"],
    });
  });

  test("parts of a response go back as they came", async () => {
    const one = use("add", { a: 1 });
    const thought = { type: "reasoning", text: "Hm.", providerMetadata: { signature: "s" } } as const;
    const model = scripted([{ text: "", content: [thought, one], toolCalls: [one] }, "x"]);
    await run(stack(model, toolLoop({ tools: [add] })), "q");
    expect(model.requests[1]?.messages[1]).toEqual({ role: "assistant", content: [thought, one] });
  });

  test.each([["required"], [{ name: "add" }], ["auto"]] as const)(
    "toolChoice %j holds for the first step only",
    async (toolChoice) => {
      const model = scripted([calling(use("add", { a: 1 })), "x"]);
      const request: ModelRequest = { messages: [{ role: "user", content: "q" }], toolChoice };
      await run(stack(model, toolLoop({ tools: [add] })), request);
      expect(model.requests.map((asked) => asked.toolChoice)).toEqual([toolChoice, "auto"]);
    },
  );

  test.each<[what: string, given: ModelRequest["toolChoice"], option: ToolLoopOptions["toolChoice"], asked: unknown[]]>(
    [
      ["of the loop, where the request says nothing", undefined, "required", ["required", "auto"]],
      ["a tool by its name", undefined, { name: "add" }, [{ name: "add" }, "auto"]],
      ["of the request, before that of the loop", "auto", "required", ["auto", "auto"]],
      ["none", undefined, undefined, [undefined, undefined]],
    ],
  )("toolChoice: %s", async (_, toolChoice, option, asked) => {
    const model = scripted([calling(use("add", { a: 1 })), "x"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], toolChoice };
    await run(stack(model, toolLoop({ tools: [add], toolChoice: option })), request);
    expect(model.requests.map((request) => request.toolChoice)).toEqual(asked);
  });

  test("a request that wants no tool gets none, whatever the model calls", async () => {
    const execute = vi.fn();
    const model = scripted([{ text: "No.", toolCalls: [use("add", { a: 1 })] }]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], toolChoice: "none" };
    const response = await run(stack(model, toolLoop({ tools: [{ ...add, execute }] })), request);
    expect(response).toMatchObject({ text: "No.", toolCalls: [], steps: [], stopped: "done" });
    expect(execute).not.toHaveBeenCalled();
  });

  test("a demanded tool that does not exist is an error, before anything is called", async () => {
    const model = scripted(["x"]);
    const theirs = { name: "shop", description: "d", inputSchema: { type: "object" } } as const;
    const messages = [{ role: "user", content: "q" }] as const;
    const solver = stack(model, toolLoop({ tools: [add] }));
    await expect(run(solver, { messages, tools: [theirs], toolChoice: { name: "sub" } })).rejects.toMatchObject({
      code: "invalid-option",
      message: 'toolLoop: toolChoice of the request must be the name of a tool (shop, add), got "sub"',
    });
    expect(model.calls).toBe(0);
    await run(solver, { messages, tools: [theirs], toolChoice: { name: "shop" } });
    expect(model.calls).toBe(1);
  });

  test("a long result is cut at 20,000 characters, or where it is said", async () => {
    const page = tool({ name: "page", description: "d", input: z.object({}), execute: () => "x".repeat(30_000) });
    for (const [options, length] of [
      [{}, 20_000],
      [{ maxResult: 10 }, 10],
      [{ maxResult: Infinity }, 30_000],
    ] as const) {
      const model = scripted([calling(use("page")), "x"]);
      const { steps } = await run(stack(model, toolLoop({ tools: [page], ...options })), "q");
      const cut = length === 30_000 ? "" : `\n[cut: ${length.toLocaleString("en-US")} of 30,000 characters]`;
      expect(steps[0]?.results[0]?.output).toBe("x".repeat(length) + cut);
      expect(model.requests[1]?.messages.at(-1)?.content).toEqual(steps[0]?.results);
    }
  });

  test("who approves sees the conversation, with what the model said beside its calls", async () => {
    const seen: unknown[] = [];
    const one = use("add", { a: 1 });
    const model = scripted([calling(use("add", { a: 5 })), { text: "I add.", toolCalls: [one] }, "x"]);
    const approve: ToolLoopOptions["approve"] = (_, { request }) => seen.push(request.messages.slice(3)) > 0;
    await run(stack(model, toolLoop({ tools: [add], approve })), "q");
    expect(seen).toEqual([[], [{ role: "assistant", content: [{ type: "text", text: "I add." }, one] }]]);
  });

  test("a chain of thought beneath", async () => {
    const model = scripted([calling(use("add", { a: 1 })), "So it is 2. Answer: 2"]);
    const solver = stack(model, chainOfThought({ answer: number() }), toolLoop({ tools: [add] }));
    const { answer, steps } = await run(solver, "q");
    expect([answer, steps.length, model.calls]).toEqual([2, 1, 2]);
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
  });
});

describe("the transcript", () => {
  const question = [
    { role: "system", content: "s" },
    { role: "user", content: "q" },
  ] as const;

  test("all that was said after the request, so that the conversation can go on", async () => {
    const [one, two] = [use("add", { a: 1 }), use("sub")];
    const content = [{ type: "reasoning", text: "Hm.", providerMetadata: { signature: "s" } } as const, two];
    const model = scripted([{ text: "First.", toolCalls: [one] }, { text: "", content, toolCalls: [two] }, "x", "y"]);
    const solver = stack(model, toolLoop({ tools: [add] }));
    const { transcript, steps } = await run(solver, { messages: question });
    expect(transcript).toEqual([
      { role: "assistant", content: [{ type: "text", text: "First." }, one] },
      { role: "tool", content: steps[0]?.results },
      { role: "assistant", content },
      { role: "tool", content: steps[1]?.results },
      { role: "assistant", content: "x" },
    ]);
    await run(solver, { messages: [...question, ...transcript, { role: "user", content: "And now?" }] });
    expect(model.requests[3]?.messages).toEqual([...question, ...transcript, { role: "user", content: "And now?" }]);
  });

  test.each<[what: string, replies: ScriptedReply[], roles: string[], last: unknown]>([
    ["no tool", ["x"], ["assistant"], "x"],
    ["after the last step", [calling(use("add", { a: 1 })), "x"], ["assistant", "tool", "assistant"], "x"],
    [
      "a model that calls in spite of all",
      [calling(use("add", { a: 1 })), { text: "I add.", toolCalls: [use("add", { a: 2 })] }],
      ["assistant", "tool", "assistant"],
      "I add.",
    ],
  ])("%s", async (_, replies, roles, last) => {
    const { transcript } = await run(stack(scripted(replies), toolLoop({ tools: [add], maxSteps: 1 })), "q");
    expect(transcript.map(({ role }) => role)).toEqual(roles);
    expect(transcript.at(-1)?.content).toBe(last);
  });

  test("a call of the caller's own tool stands at the end, for the caller to answer", async () => {
    const shop = use("shop");
    const tools = [{ name: "shop", description: "d", inputSchema: { type: "object" } }];
    const { transcript } = await run(stack(scripted([calling(shop)]), toolLoop({ tools: [add] })), {
      messages: question,
      tools,
    });
    expect(transcript).toEqual([{ role: "assistant", content: [shop] }]);
  });
});

describe("calls as text", () => {
  const react = ['Thought: I add.\nAction: add\nAction Input: {"a": 1}', "Thought: Good.\nFinal Answer: 2"];

  test.each<[what: string, tools: boolean | undefined, protocol: ToolLoopOptions["protocol"], warned: boolean]>([
    ["where the model has no tools: with a warning", false, undefined, true],
    ["the same, said aloud", false, "auto", true],
    ["where that is wanted: without", false, "text", false],
    ["even where the model has tools", true, "text", false],
  ])("%s", async (_, tools, protocol, warned) => {
    const model = scripted(react, { id: "m", ...(tools !== undefined && { capabilities: { tools } }) });
    const { response, events } = await traced(stack(model, toolLoop({ tools: [add], protocol })));
    expect([response.text, said(response.steps)]).toEqual(["2", ["add → 2"]]);
    expect(model.requests.every((request) => request.tools === undefined)).toBe(true);
    const message = "m does not call tools: it is asked to write its calls as text";
    expect(response.warnings ?? []).toEqual(warned ? [{ code: "downgrade", message, capability: "tools" }] : []);
    expect(events.filter(({ type }) => type === "downgrade")).toEqual(
      warned ? [{ type: "downgrade", path: ["toolLoop"], capability: "tools", message }] : [],
    );
    expect(response.transcript.map(({ role }) => role)).toEqual(["assistant", "tool", "assistant"]);
  });

  test.each([true, undefined])("not where the model has tools, or may have them: %j", async (tools) => {
    const model = scripted(
      [calling(use("add", { a: 1 })), "2"],
      tools === undefined ? {} : { capabilities: { tools } },
    );
    const { steps, warnings } = await run(stack(model, toolLoop({ tools: [add] })), "q");
    expect([said(steps), warnings]).toEqual([["add → 2"], undefined]);
    expect(model.requests[0]?.tools).toHaveLength(1);
  });
});

describe("tools of the caller", () => {
  const theirs = { name: "shop", description: "d", inputSchema: { type: "object" } };
  const request: ModelRequest = { messages: [{ role: "user", content: "q" }], tools: [theirs] };

  test("stand beside those of the loop", async () => {
    const model = scripted(["x"]);
    await run(stack(model, toolLoop({ tools: [add] })), request);
    expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(["shop", "add"]);
  });

  test("are returned to the caller, even beside others", async () => {
    const execute = vi.spyOn(add, "execute");
    const [shop, both] = [use("shop"), [use("add", { a: 9 }), use("shop")]];
    const model = scripted([calling(use("add", { a: 1 })), calling(shop), { text: "Both.", toolCalls: both }]);
    const solver = stack(model, toolLoop({ tools: [add] }));
    const first = await run(solver, request);
    expect(first).toMatchObject({ toolCalls: [shop], finishReason: "tool-calls", stopped: "done" });
    expect(said(first.steps)).toEqual(["add → 2"]);
    const second = await run(solver, request);
    expect(second).toMatchObject({ text: "Both.", toolCalls: both, steps: [] });
    expect(execute).toHaveBeenCalledTimes(1);
  });

  test("a clash of names is an error, before anything is called", async () => {
    const model = scripted(["x"]);
    const clashing: ModelRequest = { ...request, tools: [{ ...theirs, name: "add" }] };
    await expect(run(stack(model, toolLoop({ tools: [add] })), clashing)).rejects.toMatchObject({
      code: "invalid-option",
      message: 'toolLoop: a tool of the request must be one whose name no tool of the loop has, got "add"',
    });
    expect(model.calls).toBe(0);
  });
});

describe("tools that ask models", () => {
  test("spend from the same budget, and their usage is in the response", async () => {
    const other = scripted(["Five words are in this."], { id: "other" });
    const model = scripted([calling(use("ask", { question: "Why?" })), "x"]);
    const budget = new Budget({ calls: 3 });
    const { usage, steps } = await run(stack(model, toolLoop({ tools: [ask(other)] })), "q", { budget });
    expect(said(steps)).toEqual(["ask → Five words are in this."]);
    expect(usage.calls).toBe(3);
    expect(budget.spent.calls).toBe(3);
  });

  test("cannot take what is kept back for the final answer", async () => {
    const other = scripted(["more"], { id: "other", repeat: true });
    const model = scripted([calling(use("ask"), use("ask")), "At last."]);
    const { text, stopped } = await run(stack(model, toolLoop({ tools: [ask(other)] })), "q", { budget: { calls: 3 } });
    expect([text, stopped, model.calls, other.calls]).toEqual(["At last.", "budget", 2, 1]);
  });

  test("what the others gave when the budget ends is kept, and the model hears of it", async () => {
    const other = scripted(["more"], { id: "other", repeat: true });
    const [one, two, three] = [use("add", { a: 1 }), use("ask"), use("ask")];
    const model = scripted([{ text: "I ask.", toolCalls: [one, two, three] }, "At last."]);
    const { steps, transcript } = await run(stack(model, toolLoop({ tools: [add, ask(other)] })), "q", {
      budget: { calls: 3 },
    });
    expect(said(steps)).toEqual([
      "add → 2",
      "ask → more",
      "ask ! It was given up before its end: the budget is spent.",
    ]);
    expect(model.requests[1]?.messages.slice(1)).toEqual(transcript.slice(0, -1));
    expect(transcript).toHaveLength(3);
  });

  test("or does not, where there is no room for it beside the final answer; the transcript has it", async () => {
    const long = tool({ name: "long", description: "d", input: z.object({}), execute: () => "word ".repeat(300) });
    for (const [calls, others] of [
      [[use("long"), use("ask"), use("ask")], 1], // the budget ends among the tools
      [[use("long")], 0], // the next step has no room
    ] as const) {
      const other = scripted(["more"], { id: "other", repeat: true });
      const model = scripted([calling(...calls), "At last."]);
      const solver = stack(model, toolLoop({ tools: [long, ask(other)], finalTokens: 50 }));
      const budget = { tokens: 400, ...(others > 0 && { calls: 3 }) };
      const { text, stopped, steps, transcript } = await run(solver, "q", { budget });
      expect([text, stopped, steps.length, transcript.length]).toEqual(["At last.", "budget", 1, 3]);
      expect([model.requests[1]?.messages.length, model.requests[1]?.toolChoice]).toEqual([1, "none"]);
      expect(other.calls).toBe(others);
    }
  });

  test("when the time ends among tools, what the model wrote and what they gave is returned", async () => {
    const model = scripted([{ text: "I wait.", toolCalls: [use("add", { a: 1 }), use("wait", { ms: 500 })] }], {
      latencyMs: 100,
    });
    const { response } = await traced(stack(model, toolLoop({ tools: [add, wait] })), "q", { budget: { ms: 200 } });
    expect(response).toMatchObject({ text: "I wait.", toolCalls: [], stopped: "deadline" });
    expect(said(response.steps)).toEqual(["add → 2", "wait ! It was given up before its end: the time is over."]);
  });

  test("have paths of their own in every step", async () => {
    const paths: string[] = [];
    const dice = tool({
      name: "dice",
      description: "d",
      input: z.object({}),
      execute: (_, { path, random }) => {
        paths.push(path.join("/"));
        return random.integer(1e9);
      },
    });
    const model = scripted([calling(use("dice"), use("dice")), calling(use("dice")), "x"]);
    const { steps } = await run(stack(model, toolLoop({ tools: [dice] })), "q", { seed: 1 });
    expect(paths).toEqual(["toolLoop/dice", "toolLoop/dice:2", "toolLoop/dice:3"]);
    expect(new Set(said(steps)).size).toBe(3);
  });
});

describe("out of budget or time", () => {
  /** Calls a tool for as long as it may. */
  const restless =
    (text = ""): Script =>
    ({ toolChoice }) =>
      toolChoice === "none" ? "At last." : { text, toolCalls: [use("wait", { ms: 10 })] };
  const solve = (script: Script) => {
    const model = scripted(script, { latencyMs: 100, price: { inputUsd: 0, outputUsd: 1e6 } });
    return { model, solver: stack(model, toolLoop({ tools: [wait], maxSteps: 100 })) };
  };

  test.each<[what: string, budget: object, steps: number]>([
    ["calls", { calls: 3 }, 2],
    ["one call", { calls: 1 }, 0],
    ["tokens", { tokens: 500 }, 11],
    ["tokens written", { outputTokens: 50 }, 10],
    ["money", { usd: 50 }, 34],
  ])("the final answer is had from what was kept back: %s", async (_, limits, steps) => {
    const { solver, model } = solve(restless());
    const budget = new Budget(limits);
    const { response } = await traced(solver, "q", { budget });
    expect(response).toMatchObject({ text: "At last.", stopped: "budget" });
    expect(response.steps).toHaveLength(steps);
    expect(model.requests.at(-1)?.toolChoice).toBe("none");
    expect(budget.reserved).toEqual({ calls: 0, tokens: 0, outputTokens: 0, usd: 0 });
  });

  test("a first step cannot take all the money", async () => {
    // Every step takes all it is given: a dollar for each word.
    const model = scripted(
      ({ toolChoice, maxOutputTokens }) =>
        toolChoice === "none"
          ? "At last."
          : {
              text: "",
              toolCalls: [use("add", { a: 1 })],
              usage: { inputTokens: 0, outputTokens: maxOutputTokens ?? NaN },
            },
      { price: { inputUsd: 0, outputUsd: 1e6 } },
    );
    const budget = new Budget({ usd: 100 });
    const { text, stopped, steps } = await run(stack(model, toolLoop({ tools: [add] })), "q", { budget });
    expect([text, stopped, steps.length]).toEqual(["At last.", "budget", 1]);
    expect(budget.spent.usd).toBe(50 + 2);
  });

  test("the deadline: what the model wrote last, without its calls", async () => {
    const { solver } = solve(restless("Let me see."));
    const { response } = await traced(solver, "q", { budget: { ms: 250 } });
    expect(response).toMatchObject({
      text: "Let me see.",
      stopped: "deadline",
      toolCalls: [],
      finishReason: "other",
      steps: [{}, {}],
    });
  });

  test.each<[what: string, budget: object, limit: string]>([
    ["the deadline, where it wrote nothing", { ms: 250 }, "ms"],
    ["a budget that is too small for one call", { tokens: 20 }, "tokens"],
  ])("nothing at all: %s", async (_, budget, limit) => {
    const { solver } = solve(restless());
    await expect(traced(solver, "q", { budget })).rejects.toMatchObject({ code: "budget-exceeded", limit, usage: {} });
  });

  test("finalTokens is what is kept back to be written", async () => {
    const essay = "word ".repeat(300).trim();
    const model = scripted(({ toolChoice, maxOutputTokens = NaN }) =>
      toolChoice === "none"
        ? essay
        : { text: "", toolCalls: [use("add", { a: 1 })], usage: { outputTokens: Math.min(50, maxOutputTokens) } },
    );
    const { text, stopped } = await run(stack(model, toolLoop({ tools: [add], finalTokens: 300 })), "q", {
      budget: { outputTokens: 660 },
    });
    expect([stopped, text]).toEqual(["budget", essay]);
  });

  test("an ample budget changes nothing", async () => {
    const random: Script = (request, call, index) =>
      index < 2 ? calling(use("add", { a: 1 })) : `${call.random.integer(1e9)}`;
    const texts = [undefined, { tokens: 1e9 }].map(async (budget) => {
      const { response, trace } = await traced(stack(scripted(random), toolLoop({ tools: [add], maxSteps: 2 })), "q", {
        budget,
      });
      return [response.text, trace];
    });
    const [without, within] = await Promise.all(texts);
    expect(within).toEqual(without);
  });

  const limit = fc.oneof(
    fc.integer({ min: 1, max: 600 }).map((tokens) => ({ tokens })),
    fc.integer({ min: 1, max: 200 }).map((outputTokens) => ({ outputTokens })),
    fc.integer({ min: 1, max: 8 }).map((calls) => ({ calls })),
    fc.double({ min: 1, max: 200, noNaN: true }).map((usd) => ({ usd })),
  );

  test.prop([limit, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 30 }), fc.boolean()])(
    "whatever the budget, it is kept, and the run ends in an answer or says that it could not",
    async (limits, steps, words, talks) => {
      const look = tool({
        name: "look",
        description: "d",
        input: z.object({}),
        execute: () => "word ".repeat(words).trim(),
      });
      const model = scripted(
        ({ toolChoice, messages }) =>
          toolChoice === "none" || messages.length > 2 * steps
            ? "At last."
            : { text: talks ? "I look." : "", toolCalls: [use("look")] },
        { price: { inputUsd: 0, outputUsd: 1e6 } },
      );
      const budget = new Budget(limits);
      const solver = stack(model, toolLoop({ tools: [look] }));
      const response = await run(solver, "q", { budget }).catch((error: unknown) => {
        if (!BudgetExceededError.is(error)) throw error;
        expect(error.usage).toBeDefined();
      });
      for (const [name, most] of Object.entries(limits)) {
        expect(budget.spent[name as keyof typeof budget.spent]).toBeLessThanOrEqual(most);
      }
      expect(budget.left).toEqual({
        calls: (budget.limits.calls ?? Infinity) - budget.spent.calls,
        tokens: (budget.limits.tokens ?? Infinity) - budget.spent.tokens,
        outputTokens: (budget.limits.outputTokens ?? Infinity) - budget.spent.outputTokens,
        usd: (budget.limits.usd ?? Infinity) - budget.spent.usd,
      });
      // What suffices for two calls of the longest conversation, suffices.
      const longest = Math.max(0, ...model.requests.map(({ messages }) => messages.length)) * (words + 10) + 40;
      const { tokens = Infinity, outputTokens = Infinity, calls = Infinity, usd = Infinity } = budget.limits;
      const ample = tokens >= 2 * (longest + 16) && outputTokens >= 32 && calls >= 1 && usd >= 32;
      if (ample) expect(response?.text).toBe("At last.");
      if (response !== undefined) expect(["At last.", "I look."]).toContain(response.text);
      expect(response?.toolCalls ?? []).toEqual([]);
    },
  );
});

describe("cancellation", () => {
  const step = (...calls: readonly ToolCallPart[]) => [calling(...calls), "At last."];

  test.each<[what: string, replies: ScriptedReply[], ms: number, calls: number]>([
    ["in the first step", step(use("add", { a: 1 })), 50, 1],
    ["in the second step", step(use("add", { a: 1 })), 150, 2],
    ["in a tool that listens", step(use("wait", { ms: 100 })), 150, 1],
    ["in a tool that never ends", step(use("hang")), 150, 1],
    ["in one of several tools", step(use("add", { a: 1 }), use("wait", { ms: 10 }), use("hang")), 150, 1],
    ["in the final answer", [...Array.from({ length: 10 }, () => calling(use("add", { a: 1 }))), "x"], 1050, 11],
  ])("%s", async (_, replies, ms, calls) => {
    const model = scripted(replies, { latencyMs: 100 });
    const solver = stack(model, toolLoop({ tools: [add, wait, hang] }));
    expect(await giveUp(solver, ms, () => model.calls)).toBe(calls);
  });

  test("in a schema that never ends", async () => {
    const slow = { ...add, parse: () => new Promise<never>(() => undefined) };
    const model = scripted(step(use("add", { a: 1 })), { latencyMs: 100 });
    await giveUp(stack(model, toolLoop({ tools: [slow] })), 150, () => model.calls);
  });

  test("in a model that a tool asks", async () => {
    const other = scripted(["x"], { id: "other", latencyMs: 100 });
    const model = scripted(step(use("ask"), use("ask")), { latencyMs: 100 });
    const calls = () => 10 * model.calls + other.calls;
    expect(await giveUp(stack(model, toolLoop({ tools: [ask(other)] })), 150, calls)).toBe(12);
  });

  test("an abort that a tool itself reports as its failure is an abort all the same", async () => {
    const polite = tool({
      name: "polite",
      description: "d",
      input: z.object({}),
      execute: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("I was stopped")));
        }),
    });
    for (const onToolError of ["report", "throw"] as const) {
      const model = scripted(step(use("polite")), { latencyMs: 100 });
      await giveUp(stack(model, toolLoop({ tools: [polite], onToolError })), 150, () => model.calls);
    }
  });

  test("before", async () => {
    const model = scripted(["x"]);
    await giveUpBefore(stack(model, toolLoop({ tools: [add] })), () => model.calls);
  });
});

describe("trace", () => {
  test("paths", async () => {
    const other = scripted(["y"], { id: "other" });
    const model = scripted([calling(use("ask"), use("add", { a: 1 })), "x"]);
    const { trace } = await traced(stack(model, toolLoop({ tools: [add, ask(other)] })));
    expect(trace).toEqual([
      "start toolLoop",
      "start toolLoop/scripted",
      "end toolLoop/scripted",
      "start toolLoop/ask/other",
      "end toolLoop/ask/other",
      "tool toolLoop/ask",
      "tool toolLoop/add",
      "start toolLoop/scripted:2",
      "end toolLoop/scripted:2",
      "end toolLoop",
    ]);
  });

  test("the final call", async () => {
    const model = scripted([calling(use("add", { a: 1 })), "x"]);
    const { trace } = await traced(stack(model, toolLoop({ tools: [add], maxSteps: 1 })));
    expect(trace.slice(-3)).toEqual(["start toolLoop/final/scripted", "end toolLoop/final/scripted", "end toolLoop"]);
  });

  test("what tools did, in the order of the calls", async () => {
    const model = scripted([calling(use("wait", { ms: 50 }), use("add", { a: 1 }), use("sub")), "x"]);
    const { events } = await traced(stack(model, toolLoop({ tools: [add, wait] })));
    expect(events.filter(({ type }) => type === "tool")).toMatchObject([
      { path: ["toolLoop", "wait"], name: "wait", input: { ms: 50 }, output: "waited 50", isError: false, ms: 50 },
      { path: ["toolLoop", "add"], name: "add", input: { a: 1 }, output: 2, isError: false, ms: 0 },
      { path: ["toolLoop", "sub"], name: "sub", isError: true },
    ]);
  });

  test("what tools let models write is a thought", async () => {
    const other = scripted(["y"], { id: "other" });
    const { events } = await traced(stack(scripted([calling(use("ask")), "x"]), toolLoop({ tools: [ask(other)] })));
    const deltas = events.filter((event) => event.type === "delta");
    expect(deltas.map(({ text, output }) => [text, output])).toEqual([
      ["y", false],
      ["x", true],
    ]);
  });
});

test("outline", () => {
  expect(
    outline(stack(scripted(["x"], { id: "m" }), toolLoop({ tools: [add, wait], maxSteps: 2 }))).split("\n"),
  ).toEqual([
    "toolLoop (add, wait; maxSteps = 2)  ≤ 3 calls, ≤ 8,244 tokens",
    "└─ m                                ≤ 1 call, ≤ 1,524 tokens",
  ]);
});

test("types", () => {
  const model: Model = scripted(["x"]);
  expectTypeOf(stack(model, toolLoop({ tools: [add] }))).toEqualTypeOf<Model<ToolRun>>();
  const solver = stack(model, chainOfThought({ answer: number() }), toolLoop({ tools: [add] }));
  expectTypeOf(solver).toEqualTypeOf<Model<ToolRun<Reasoned<number>>>>();
  expectTypeOf(solver.generate).returns.resolves.toHaveProperty("steps").toEqualTypeOf<readonly ToolStep[]>();
  expectTypeOf(solver.generate).returns.resolves.toHaveProperty("transcript").toEqualTypeOf<readonly Message[]>();
  toolLoop({
    tools: [add],
    approve: ({ tool: { effect }, input }, { request, call }) => {
      expectTypeOf(effect).toEqualTypeOf<boolean | undefined>();
      expectTypeOf(input).toEqualTypeOf<unknown>();
      expectTypeOf(request).toEqualTypeOf<ModelRequest>();
      return call.path.length > 0 || "no";
    },
    repeat: async (_, { sameLoop }) => sameLoop,
  });
  // @ts-expect-error -- an answer is needed
  toolLoop({ tools: [add], approve: () => undefined });
  // @ts-expect-error -- no tools
  expect(() => toolLoop({})).toThrow();
  // @ts-expect-error -- a description alone cannot be run
  expect(() => toolLoop({ tools: [{ name: "a", description: "d", inputSchema: {} }] })).toThrow();
});

describe("wrong options", () => {
  const one = "a list of at least one tool";
  const choice = "'auto', 'required', or { name } of a tool";

  test.each<[what: string, options: unknown, message: string]>([
    ["none", undefined, "options must be an object, got undefined"],
    ["no tools", {}, `tools must be ${one}, got undefined`],
    ["empty tools", { tools: [] }, `tools must be ${one}, got an empty array`],
    ["tools by name", { tools: { add } }, `tools must be ${one}, got an object`],
    ["a bare function", { tools: [() => 1] }, "tools[0] must be a tool, as tool(…) makes them, got a function"],
    ["null", { tools: [add, null] }, "tools[1] must be a tool, as tool(…) makes them, got null"],
    [
      "a description",
      { tools: [{ name: "a", description: "d", inputSchema: {} }] },
      "tools[0] must be a tool, as tool(…) makes them, got an object",
    ],
    ["the same name twice", { tools: [add, wait, add] }, 'tools[2] must be a tool whose name no other has, got "add"'],
    [
      "an unknown one",
      { tools: [add], steps: 1 },
      'an option must be one of tools, maxSteps, protocol, toolChoice, concurrency, timeoutMs, retries, maxResult, approve, repeat, onToolError, finalTokens, got "steps"',
    ],
    ["protocol", { tools: [add], protocol: "react" }, `protocol must be 'auto', 'native' or 'text', got "react"`],
    ["toolChoice", { tools: [add], toolChoice: "none" }, `toolChoice must be ${choice}, got "none"`],
    ["toolChoice sub", { tools: [add], toolChoice: { name: "sub" } }, `toolChoice must be ${choice}, got "sub"`],
    [
      "toolChoice required",
      { tools: [add], toolChoice: { name: "required" } },
      `toolChoice must be ${choice}, got "required"`,
    ],
    ["toolChoice null", { tools: [add], toolChoice: null }, `toolChoice must be ${choice}, got null`],
    ["toolChoice {}", { tools: [add], toolChoice: {} }, `toolChoice must be ${choice}, got an object`],
    ["concurrency 0", { tools: [add], concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
    ["timeoutMs 0", { tools: [add], timeoutMs: 0 }, "timeoutMs must be a number of at least 1, got 0"],
    ["timeoutMs NaN", { tools: [add], timeoutMs: NaN }, "timeoutMs must be a number of at least 1, got NaN"],
    ["retries -1", { tools: [add], retries: -1 }, "retries must be an integer of at least 0, got -1"],
    [
      "retries without end",
      { tools: [add], retries: Infinity },
      "retries must be an integer of at least 0, got Infinity",
    ],
    ["maxResult 0", { tools: [add], maxResult: 0 }, "maxResult must be an integer of at least 1, got 0"],
    [
      "maxSteps without end",
      { tools: [add], maxSteps: Infinity },
      "maxSteps must be an integer of at least 1, got Infinity",
    ],
    ["approve", { tools: [add], approve: true }, "approve must be a function of a call, got true"],
    ["repeat", { tools: [add], repeat: "no" }, 'repeat must be a function of a call, got "no"'],
    ["maxSteps 0", { tools: [add], maxSteps: 0 }, "maxSteps must be an integer of at least 1, got 0"],
    ["maxSteps 1.5", { tools: [add], maxSteps: 1.5 }, "maxSteps must be an integer of at least 1, got 1.5"],
    ["maxSteps '3'", { tools: [add], maxSteps: "3" }, 'maxSteps must be an integer of at least 1, got "3"'],
    ["finalTokens 0", { tools: [add], finalTokens: 0 }, "finalTokens must be an integer of at least 1, got 0"],
    ["onToolError", { tools: [add], onToolError: "ignore" }, `onToolError must be 'report' or 'throw', got "ignore"`],
    ["onToolError null", { tools: [add], onToolError: null }, "onToolError must be 'report' or 'throw', got null"],
  ])("%s", (_, options, message) => {
    expect(() => toolLoop(options as ToolLoopOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `toolLoop: ${message}` }),
    );
  });

  test("a model that cannot call tools", () => {
    const model = scripted(["x"], { id: "m", capabilities: { tools: false } });
    let error: unknown;
    try {
      stack(model, toolLoop({ tools: [add], protocol: "native" }));
    } catch (thrown) {
      error = thrown;
    }
    expect(CapabilityError.is(error)).toBe(true);
    expect(error).toMatchObject({
      capability: "tools",
      model: "m",
      message: "toolLoop needs a model that calls tools, and m does not",
    });
    for (const tools of [true, undefined]) {
      const able = scripted(["x"], tools === undefined ? {} : { capabilities: { tools } });
      expect(() => stack(able, toolLoop({ tools: [add], protocol: "native" }))).not.toThrow();
    }
    expect(() =>
      toolLoop({
        tools: [add],
        concurrency: Infinity,
        maxResult: Infinity,
        timeoutMs: Infinity,
        retries: 0,
        toolChoice: { name: "add" },
      }),
    ).not.toThrow();
  });
});
