import { fc, test } from "@fast-check/vitest";
import {
  CapabilityError,
  chainOfThought,
  InvalidOptionError,
  number,
  outline,
  preThink,
  ProviderError,
  run,
  sampleN,
  stack,
  thinkAheadInstruction,
  type Model,
  type ModelRequest,
  type PreThinkOptions,
  type PreThought,
  type Reasoned,
  type ToolCallPart,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const context = "May: 30 sold. June: 40 sold.";
const notes = "70 in both months.";
const busy = new ProviderError("overloaded", { status: 503 });
const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "weather", input: {} };
const remembers = { "a second use behaves like the first": "it keeps what it thought ahead: that is its purpose" };
const withNotes = `${context}\n\nNotes on this, worked out before:\n\n${notes}`;
const problem = (why: string) => ({
  code: "not-thought-ahead",
  message: `${why}: the question was asked without notes`,
});

/** Writes notes where it is asked to think ahead; answers everything else. */
const both = (ahead: readonly ScriptedReply[] = [notes], latencyMs = 0) => {
  let thoughts = 0;
  const model = scripted(
    (request) => (isThinking(request) ? ahead[Math.min(thoughts++, ahead.length - 1)]! : "Answer: 70"),
    { latencyMs },
  );
  return { model, solver: (options: PreThinkOptions = { context }) => stack(model, preThink(options)) };
};
const isThinking = ({ messages }: ModelRequest): boolean => messages.at(-1)?.content === thinkAheadInstruction;
const thoughts = (model: { readonly requests: readonly ModelRequest[] }): number =>
  model.requests.filter(isThinking).length;

describe.each<[what: string, layer: (model: Model) => Model, prompt?: ModelRequest]>([
  ["of a context", (model) => stack(model, preThink({ context }))],
  ["by another model", (model) => stack(model, preThink({ context, thinker: model, maxTokens: 20 }))],
  [
    "of system prompts",
    (model) => stack(model, preThink()),
    {
      messages: [
        { role: "system", content: context },
        { role: "user", content: "How many?" },
      ],
    },
  ],
  ["of none", (model) => stack(model, preThink())],
  ["beneath samples", (model) => stack(model, preThink({ context }), chainOfThought({ answer: number() }), sampleN(4))],
])("laws, %s", (_, layer, prompt) => {
  for (const { name, check } of middlewareLaws(layer, { prompt, skip: remembers })) test(name, check);
});

describe("behaviour", () => {
  test("it thinks once, and answers with the notes", async () => {
    const { model, solver } = both();
    const layer = solver();
    const first = await run(layer, "How many?");
    expect(first).toMatchObject({ text: "Answer: 70", notes, usage: { calls: 2 } });
    expect(first.warnings).toBeUndefined();
    const second = await run(layer, "How many more in June?");
    expect(second).toMatchObject({ notes, usage: { calls: 1 } });
    expect([model.calls, thoughts(model)]).toEqual([3, 1]);
  });

  test("each layer thinks for itself, however often it is stacked", async () => {
    const { model } = both();
    const layer = preThink({ context });
    for (const solver of [stack(model, layer), stack(model, layer)]) await run(solver, "How many?");
    expect(thoughts(model)).toBe(1);
    await run(stack(model, preThink({ context })), "How many?");
    expect(thoughts(model)).toBe(2);
  });

  test("another model may think", async () => {
    const strong = scripted([`  ${notes}\n`]);
    const { model, solver } = both();
    const layer = solver({ context, thinker: strong });
    for (let i = 0; i < 2; i++) expect((await run(layer, "How many?")).notes).toBe(notes);
    expect([model.calls, thoughts(model), strong.calls]).toEqual([2, 0, 1]);
  });

  test("the call that thinks pays for it, and nobody else", async () => {
    const strong = scripted([notes]);
    const { solver } = both();
    const layer = solver({ context, thinker: strong });
    const thinking = { calls: 1, outputTokens: 4 };
    const answering = { calls: 1, outputTokens: 2 };
    expect((await run(layer, "q")).usage).toMatchObject({ calls: 2, outputTokens: 6 });
    expect((await run(layer, "q")).usage).toMatchObject(answering);
    expect(thinking.outputTokens + answering.outputTokens).toBe(6);
  });

  test("without a context it thinks about each system prompt", async () => {
    const { model, solver } = both();
    const layer = solver({});
    const ask = (...system: string[]) =>
      run(layer, {
        messages: [
          ...system.map((content) => ({ role: "system", content }) as const),
          { role: "user", content: "How many?" },
        ],
      });
    expect((await ask("a")).notes).toBe(notes);
    expect((await ask("a")).notes).toBe(notes);
    expect(thoughts(model)).toBe(1);
    await ask("b");
    expect(thoughts(model)).toBe(2);
    await ask("a", "b");
    expect(thoughts(model)).toBe(3);
    await ask("a");
    expect(thoughts(model)).toBe(3);
    expect(model.requests.filter(isThinking).map(({ messages }) => messages[0]?.content)).toEqual(["a", "b", "a\n\nb"]);
  });

  test("the notes on the last 100 system prompts are kept", async () => {
    const { model, solver } = both();
    const layer = solver({});
    const ask = (system: number) =>
      run(layer, {
        messages: [
          { role: "system", content: `s${system}` },
          { role: "user", content: "q" },
        ],
      });
    for (let i = 0; i < 100; i++) await ask(i);
    await ask(0);
    expect(thoughts(model)).toBe(100);
    await ask(100); // the place of number 1
    await ask(0);
    expect(thoughts(model)).toBe(101);
    await ask(1);
    expect(thoughts(model)).toBe(102);
  });

  test("where there is nothing to think about, it says so", async () => {
    const { model, solver } = both();
    const response = await run(solver({}), "How many?");
    expect(response).toMatchObject({ warnings: [problem("the request has no system prompt to think about")] });
    expect(response.notes).toBeUndefined();
    expect(model.requests).toEqual([{ messages: [{ role: "user", content: "How many?" }] }]);
  });

  test.each<[what: string, reply: ScriptedReply]>([
    ["it fails", busy],
    ["it is refused", new ProviderError("no", { status: 401 })],
    ["it says nothing", " \n"],
    ["it calls a tool", { text: "I look.", toolCalls: [toolCall] }],
  ])("thinking ahead that comes to nothing is a warning, and tried again: %s", async (_, reply) => {
    const { model, solver } = both([reply, notes]);
    const layer = solver();
    const first = await run(layer, "How many?");
    expect(first).toMatchObject({ text: "Answer: 70", warnings: [problem("thinking ahead failed")] });
    expect(first.notes).toBeUndefined();
    expect(model.requests[1]?.messages[0]).toEqual({ role: "system", content: context });
    const second = await run(layer, "How many?");
    expect(second.notes).toBe(notes);
    expect(second.warnings).toBeUndefined();
    expect(thoughts(model)).toBe(2);
  });

  test.each([new InvalidOptionError("thinker", "n", "1", 2), new CapabilityError("tools", "m", "m has no tools")])(
    "a thinker that was built wrong is no failure that may pass: $code",
    async (error) => {
      const { solver } = both([error]);
      await expect(run(solver(), "q")).rejects.toBe(error);
    },
  );

  test("warnings of the model beneath stay", async () => {
    const warning = { code: "w", message: "m" };
    const model = scripted([{ text: "a", warnings: [warning] }], { repeat: true });
    expect((await run(stack(model, preThink()), "q")).warnings).toEqual([
      warning,
      problem("the request has no system prompt to think about"),
    ]);
    expect((await run(stack(model, preThink({ context, thinker: scripted([notes]) })), "q")).warnings).toEqual([
      warning,
    ]);
  });

  test("an answer that fails fails", async () => {
    const model = scripted([notes, busy, "70"]);
    const layer = stack(model, preThink({ context }));
    await expect(run(layer, "q")).rejects.toBe(busy);
    // What was thought is kept all the same.
    expect(await run(layer, "q")).toMatchObject({ text: "70", notes });
  });
});

describe("calls at the same time", () => {
  const ask = (layer: Model<PreThought>, clock: ReturnType<typeof virtualClock>, more: object = {}) =>
    run(layer, "How many?", { clock, ...more });

  test("one thinks, the others wait for it", async () => {
    const { model, solver } = both([notes], 100);
    const layer = solver();
    const clock = virtualClock();
    const all = Promise.all([ask(layer, clock), ask(layer, clock), ask(layer, clock)]);
    await clock.advance(50);
    expect(model.calls).toBe(1);
    const responses = await clock.until(all);
    expect(clock.now()).toBe(200);
    expect(responses.map(({ notes: known, usage }) => [known, usage.calls])).toEqual([
      [notes, 2],
      [notes, 1],
      [notes, 1],
    ]);
  });

  test("samples go on together, so that native n still makes one request of them", async () => {
    const model = scripted((request) => (isThinking(request) ? notes : "Answer: 70"), { capabilities: { n: true } });
    const { samples, usage } = await run(stack(model, preThink({ context }), sampleN(4)), "How many?");
    expect(samples.map((sample) => sample.notes)).toEqual([notes, notes, notes, notes]);
    expect([model.calls, usage.calls]).toEqual([2, 2]);
  });

  test("if the one that thinks is given up, the next one does", async () => {
    const { model, solver } = both([notes], 100);
    const layer = solver();
    const clock = virtualClock();
    const controller = new AbortController();
    const first = ask(layer, clock, { signal: controller.signal });
    const others = Promise.all([ask(layer, clock), ask(layer, clock)]);
    first.catch(() => undefined);
    await clock.advance(50);
    controller.abort("left");
    await expect(first).rejects.toBe("left");
    const responses = await clock.until(others);
    expect(responses.map(({ usage }) => usage.calls)).toEqual([2, 1]);
    expect(clock.now()).toBe(250);
    expect(thoughts(model)).toBe(2);
  });

  test("one that waits may leave, and the others do not notice", async () => {
    const { solver } = both([notes], 100);
    const layer = solver();
    const clock = virtualClock();
    const controller = new AbortController();
    const first = ask(layer, clock);
    const second = ask(layer, clock, { signal: controller.signal });
    second.catch(() => undefined);
    await clock.advance(50);
    controller.abort("left");
    await expect(second).rejects.toBe("left");
    expect((await clock.until(first)).notes).toBe(notes);
  });

  test("if it fails, it does for all of them: nobody waits for more failures", async () => {
    const { model, solver } = both([busy], 100);
    const layer = solver();
    const clock = virtualClock();
    const responses = await clock.until(Promise.all([ask(layer, clock), ask(layer, clock), ask(layer, clock)]));
    expect(clock.now()).toBe(200);
    expect(thoughts(model)).toBe(1);
    for (const { warnings } of responses) expect(warnings).toEqual([problem("thinking ahead failed")]);
  });

  test("if its budget ends, the next one thinks on its own account", async () => {
    const { model, solver } = both([notes], 100);
    const layer = solver();
    const clock = virtualClock();
    const responses = await clock.until(
      Promise.all([ask(layer, clock, { budget: { calls: 1 } }), ask(layer, clock, { budget: { calls: 9 } })]),
    );
    expect(responses.map(({ notes: known, usage }) => [known, usage.calls])).toEqual([
      [undefined, 1],
      [notes, 2],
    ]);
    expect(thoughts(model)).toBe(1);
  });
});

describe("what the models see", () => {
  test("the thinker: context, instruction and likely questions; no more", async () => {
    const strong = scripted([notes]);
    const { solver } = both();
    const questions = frozen(["How many in May?", "And in June?"]);
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], temperature: 0.5 };
    await run(solver({ context, thinker: strong, questions, maxTokens: 50 }), frozen(request));
    const expected = "Questions may be such as these:\n- How many in May?\n- And in June?";
    expect(strong.requests).toEqual([
      {
        messages: [
          { role: "system", content: context },
          { role: "user", content: `${thinkAheadInstruction}\n\n${expected}` },
        ],
        maxOutputTokens: 50,
      },
    ]);
  });

  test("words of your own", async () => {
    const strong = scripted([notes]);
    await run(both().solver({ context, thinker: strong, instruction: "Add it up." }), "q");
    expect(strong.requests[0]).toEqual({
      messages: [
        { role: "system", content: context },
        { role: "user", content: "Add it up." },
      ],
    });
  });

  test("who answers: context and notes at the very beginning, always the same", async () => {
    const { model, solver } = both();
    const layer = solver();
    const system = { role: "system", content: "Be brief." } as const;
    await run(layer, frozen<ModelRequest>({ messages: [system, { role: "user", content: "One?" }], temperature: 0.5 }));
    await run(layer, "Two?");
    expect(model.requests.slice(1)).toEqual([
      {
        messages: [{ role: "system", content: withNotes }, system, { role: "user", content: "One?" }],
        temperature: 0.5,
      },
      {
        messages: [
          { role: "system", content: withNotes },
          { role: "user", content: "Two?" },
        ],
      },
    ]);
  });

  test("who answers: notes behind the system prompt they are about", async () => {
    const { model, solver } = both();
    const messages: ModelRequest["messages"] = [
      { role: "system", content: context },
      { role: "user", content: "One?" },
    ];
    await run(solver({}), frozen({ messages }));
    expect(model.requests[1]?.messages).toEqual([
      messages[0],
      { role: "system", content: `Notes on this, worked out before:\n\n${notes}` },
      messages[1],
    ]);
  });
});

describe("out of budget or time", () => {
  test.each<[what: string, budget: object, notes: string | undefined, calls: number]>([
    ["one call is for the answer", { calls: 1 }, undefined, 1],
    ["two are enough", { calls: 2 }, notes, 2],
    ["no tokens to think with", { tokens: 60 }, undefined, 1],
    ["no output to think with", { outputTokens: 20 }, undefined, 1],
    ["nothing to write at all", { outputTokens: 1 }, undefined, 1],
    ["enough of everything", { tokens: 200, outputTokens: 100, calls: 8, ms: 900 }, notes, 2],
  ])("thinking may take half of it: %s", async (_, budget, known, calls) => {
    const model = scripted((request) => (isThinking(request) ? notes : "70"));
    const layer = stack(model, preThink({ context }));
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], maxOutputTokens: 1 };
    const { response } = await traced(layer, request, { budget });
    expect(response).toMatchObject({ text: "70", notes: known, usage: { calls } });
    expect(response.warnings).toEqual(
      known === undefined ? [problem("the budget was too small to think ahead")] : undefined,
    );
    expect(response.stopped).toBeUndefined();
    expect((await run(layer, "q")).notes).toBe(notes);
  });

  test("money, too", async () => {
    const model = scripted((request) => (isThinking(request) ? notes : "70"), {
      price: { inputUsd: 1e4, outputUsd: 1e6 },
    });
    const ask = (usd: number) =>
      run(
        stack(model, preThink({ context, maxTokens: 4 })),
        { messages: [{ role: "user", content: "q" }], maxOutputTokens: 1 },
        { budget: { usd } },
      );
    // Thinking costs 0.4 for its prompt and 4 for its notes.
    expect((await ask(8)).notes).toBeUndefined();
    expect((await ask(10)).notes).toBe(notes);
  });

  test("notes that a budget cut are used, but not kept", async () => {
    const { model, solver } = both(["so ".repeat(99)]);
    const layer = solver();
    const first = await run(layer, "q", { budget: { outputTokens: 60 } });
    expect(first.notes).toBe("so ".repeat(30).trim());
    const second = await run(layer, "q");
    expect(second.notes).toBe("so ".repeat(99).trim());
    expect(thoughts(model)).toBe(2);
    await run(layer, "q");
    expect(thoughts(model)).toBe(2);
  });

  test.each(["budget", "deadline"] as const)("so are those of a thinker that stopped for its %s", async (stopped) => {
    const strong = scripted([{ text: "half", stopped } as ScriptedReply, notes]);
    const layer = both().solver({ context, thinker: strong });
    expect((await run(layer, "q")).notes).toBe("half");
    expect((await run(layer, "q")).notes).toBe(notes);
  });

  test("notes cut by their own limit are kept", async () => {
    const { model, solver } = both(["so ".repeat(99)]);
    const layer = solver({ context, maxTokens: 3 });
    for (let i = 0; i < 2; i++) expect((await run(layer, "q")).notes).toBe("so so so");
    expect(thoughts(model)).toBe(1);
  });

  test("when the time is over there is no answer", async () => {
    const { solver } = both([notes], 100);
    const clock = virtualClock();
    const done = clock.until(run(solver(), "q", { clock, budget: { ms: 50 } }));
    await expect(done).rejects.toMatchObject({ code: "budget-exceeded", limit: "ms" });
  });
});

describe("think()", () => {
  test("thinks before anything is asked", async () => {
    const strong = scripted([notes]);
    const layer = preThink({ context, thinker: strong });
    const { model } = both();
    expect(await layer.think()).toMatchObject({
      text: notes,
      finishReason: "stop",
      usage: { calls: 1, outputTokens: 4 },
    });
    expect(await layer.think()).toMatchObject({ text: notes, usage: { calls: 0 } });
    expect(await run(stack(model, layer), "q")).toMatchObject({ notes, usage: { calls: 1 } });
    expect([strong.calls, model.calls]).toEqual([1, 1]);
  });

  test("without a thinker, by the model it is stacked on", async () => {
    const { model } = both();
    const layer = preThink({ context });
    await expect(layer.think()).rejects.toMatchObject({
      code: "invalid-option",
      message: "preThink: thinker must be a model, or the layer stacked on one, before think(), got undefined",
    });
    stack(model, layer);
    expect((await layer.think()).text).toBe(notes);
    expect(model.calls).toBe(1);
  });

  test("without a context there is nothing to think about", async () => {
    await expect(preThink({ thinker: scripted([notes]) }).think()).rejects.toMatchObject({
      code: "invalid-option",
      message: "preThink: context must be a text, to be thought about ahead of any request, got undefined",
    });
  });

  test("may spend all of its budget, and keeps what it got for that", async () => {
    const { model, solver } = both(["so ".repeat(99)]);
    const layer = preThink({ context, thinker: model });
    expect((await layer.think({ budget: { outputTokens: 60, calls: 1 } })).text).toBe("so ".repeat(60).trim());
    expect((await run(stack(solver(), layer), "q")).notes).toBe("so ".repeat(60).trim());
  });

  test("a failure is thrown, and not kept", async () => {
    const layer = preThink({ context, thinker: scripted([busy, " ", notes]) });
    await expect(layer.think()).rejects.toBe(busy);
    await expect(layer.think()).rejects.toMatchObject({ code: "no-answer", message: "the thinker wrote no notes" });
    await expect(layer.think({ budget: { tokens: 1 } })).rejects.toMatchObject({ code: "budget-exceeded" });
    expect((await layer.think()).text).toBe(notes);
  });

  test("calls of that time wait for it; if it is given up, they think", async () => {
    const { model } = both([notes], 100);
    const layer = preThink({ context });
    const solver = stack(model, layer);
    const clock = virtualClock();
    const controller = new AbortController();
    const ahead = layer.think({ clock, signal: controller.signal });
    const asked = run(solver, "q", { clock });
    ahead.catch(() => undefined);
    await clock.advance(50);
    expect(model.calls).toBe(1);
    controller.abort("left");
    await expect(ahead).rejects.toBe("left");
    expect(await clock.until(asked)).toMatchObject({ notes, usage: { calls: 2 } });
  });
});

describe("cancellation", () => {
  test.each([
    ["while it thinks", 50, 1],
    ["while it answers", 150, 2],
  ])("%s", async (_, ms, calls) => {
    const { model, solver } = both([notes], 100);
    expect(await giveUp(solver(), ms, () => model.calls)).toBe(calls);
  });

  test("before", async () => {
    const { model, solver } = both();
    await giveUpBefore(solver(), () => model.calls);
  });
});

test("trace: what is thought ahead is a thought", async () => {
  const { solver } = both();
  const { trace, events } = await traced(solver());
  expect(trace).toEqual([
    "start preThink",
    "start preThink/think/scripted",
    "end preThink/think/scripted",
    "start preThink/scripted",
    "end preThink/scripted",
    "end preThink",
  ]);
  const deltas = events.filter((event) => event.type === "delta");
  expect(deltas.map(({ text, output }) => [text, output])).toEqual([
    ["70", false],
    [" in", false],
    [" both", false],
    [" months.", false],
    ["Answer:", true],
    [" 70", true],
  ]);
});

test("outline", () => {
  const m = scripted(["x"], { id: "m" });
  const strong = scripted(["x"], { id: "strong" });
  // 28 bytes of context are 10 tokens.
  const lines = (solver: Model) => outline(solver, { inputTokens: 100, outputTokens: 200 }).split("\n");
  expect(lines(stack(m, preThink({ context })))).toEqual([
    "preThink  ≤ 2 calls, ≤ 880 tokens",
    "└─ m      ≤ 1 call, ≤ 300 tokens",
  ]);
  expect(lines(stack(m, preThink({ context, thinker: strong })))).toEqual([
    "preThink   ≤ 2 calls, ≤ 880 tokens",
    "├─ m       ≤ 1 call, ≤ 300 tokens",
    "└─ strong  ≤ 1 call, ≤ 300 tokens",
  ]);
});

describe("its own law", () => {
  const fates = fc.array(fc.constantFrom("stays", "leaves", "poor"), { minLength: 1, maxLength: 6 });

  test.prop([fates, fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 6, maxLength: 6 })])(
    "whoever stays and can pay has the notes, which were thought once for all of them",
    async (who, delays) => {
      const { model, solver } = both([notes], 100);
      const layer = solver();
      const clock = virtualClock();
      const runs = who.map(async (fate, i) => {
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, delays[i] ?? 0));
        const controller = new AbortController();
        if (fate === "leaves") clock.setTimeout(() => controller.abort("left"), 30);
        const budget = fate === "poor" ? { calls: 1 } : undefined;
        return run(layer, "q", { clock, budget, signal: controller.signal }).then(
          (response) => response.notes,
          (error: unknown) => error,
        );
      });
      const results = await clock.until(Promise.all(runs));
      who.forEach((fate, i) => {
        if (fate === "stays") expect(results[i]).toBe(notes);
        if (fate === "leaves") expect(results[i]).toBe("left");
      });
      // Every thought but the last one was given up by who began it.
      expect(thoughts(model)).toBeLessThanOrEqual(1 + who.filter((fate) => fate === "leaves").length);
    },
  );
});

test("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  expectTypeOf(stack(model, preThink({ context }))).toEqualTypeOf<Model<PreThought>>();
  expectTypeOf(stack(model, preThink({ context }), chainOfThought({ answer: number() }))).toEqualTypeOf<
    Model<Reasoned<number, PreThought>>
  >();
  expectTypeOf(stack(model, chainOfThought({ answer: number() }), preThink({ context })).generate)
    .returns.resolves.toHaveProperty("answer")
    .toEqualTypeOf<number | undefined>();
  // @ts-expect-error -- a list of questions
  expect(() => preThink({ questions: "Why?" })).toThrow();
});

describe("wrong options", () => {
  const text = "must be a text that is not empty, got";

  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [{ contexts: [] }, 'an option must be one of context, thinker, questions, instruction, maxTokens, got "contexts"'],
    [{ context: "" }, `context ${text} an empty string`],
    [{ context: 1 }, `context ${text} 1`],
    [{ instruction: " " }, `instruction ${text} " "`],
    [{ context, thinker: "gpt" }, 'thinker must be a model, got "gpt"'],
    [{ context, questions: "q" }, 'questions must be a list of texts, got "q"'],
    [{ context, questions: ["q", " "] }, `questions[1] ${text} " "`],
    [{ context, maxTokens: 0 }, "maxTokens must be an integer of at least 1, got 0"],
  ])("%j", (options, message) => {
    expect(() => preThink(options as PreThinkOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `preThink: ${message}` }),
    );
  });
});
