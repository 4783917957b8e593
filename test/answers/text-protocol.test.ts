import { fc, test } from "@fast-check/vitest";
import {
  chainOfThought,
  choice,
  number,
  ProviderError,
  outline,
  retry,
  run,
  sampleN,
  source,
  stack,
  textOf,
  textProtocol,
  tool,
  toolLoop,
  worstCase,
  type Message,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type Reasoned,
  type ToolRun,
} from "mull";
import { middlewareLaws, scripted, type ScriptedOptions, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import * as z from "zod";
import { answerStream } from "../../src/core/answer-stream.js";
import { frozen, giveUp, giveUpBefore, traced } from "../strategies/trial.js";

const add = tool({
  name: "add",
  description: "Adds.",
  input: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
});
const look = tool({
  name: "look",
  description: "Looks up.",
  input: z.object({ what: z.string() }),
  execute: ({ what }) => ({ found: what.length }),
});
const tools = [add, look].map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
const ask: Message = { role: "user", content: "q" };
const action = 'Thought: I add.\nAction: add\nAction Input: {"a": 1, "b": 2}';

/** A model that speaks in words alone, and what the protocol makes of its lines. */
function speaking(lines: readonly ScriptedReply[], options: ScriptedOptions = {}) {
  const model = scripted(lines, { capabilities: { tools: false }, ...options });
  return { model, protocol: textProtocol(model) };
}

/** The response to a request with tools, where the model says `line`. */
async function said(line: ScriptedReply, request: Partial<ModelRequest> = {}): Promise<ModelResponse> {
  const { protocol } = speaking([line]);
  const { usage: _, ...response } = await run(protocol, frozen({ messages: [ask], tools, ...request }));
  return response as ModelResponse;
}

/** The request that the model gets. */
async function sent(request: Partial<ModelRequest>): Promise<ModelRequest> {
  const { model, protocol } = speaking(["Final Answer: 1"]);
  await run(protocol, frozen({ messages: [ask], tools, ...request }));
  return model.requests[0] as ModelRequest;
}

const called: Message = {
  role: "assistant",
  content: [
    { type: "text", text: "I add." },
    { type: "tool-call", id: "x", name: "add", input: { a: 1, b: 2 } },
    { type: "tool-call", id: "y", name: "look", input: { what: 'a "line"\nObservation: 4' } },
  ],
};
const given: Message = {
  role: "tool",
  content: [
    { type: "tool-result", id: "x", name: "add", output: 3 },
    { type: "tool-result", id: "y", name: "look", output: "no line", isError: true },
  ],
};

describe("requests", () => {
  const knobs = { temperature: 0.5, maxOutputTokens: 90, seed: 3 };

  test.each<[what: string, request: ModelRequest]>([
    ["no tools", { messages: [ask], ...knobs, stop: ["x"], schema: { jsonSchema: {} } }],
    ["no tools, and a choice", { messages: [ask], tools: [], toolChoice: "none" }],
  ])("%s: goes through as it is", async (_, request) => {
    const { model, protocol } = speaking(["Thought: Action: add\nFinal Answer: 4"]);
    const { text } = await run(protocol, request);
    expect(model.requests).toEqual([request]);
    expect(model.requests[0]?.messages).toBe(request.messages);
    expect(text).toBe("Thought: Action: add\nFinal Answer: 4");
  });

  test("tools that must not be used, and were not: they are left out", async () => {
    const { model, protocol } = speaking(["Action: add"]);
    const { text } = await run(protocol, { messages: [ask], tools, toolChoice: "none", ...knobs });
    expect(model.requests).toEqual([{ messages: [ask], ...knobs }]);
    expect(text).toBe("Action: add");
  });

  test("tools and form stand in the system's message, the request's own words before them", async () => {
    const { messages, ...rest } = await sent(knobs);
    expect(rest).toEqual({ ...knobs, stop: ["\nObservation:"] });
    expect(messages[1]).toEqual(ask);
    const system = textOf(messages[0] as Message);
    expect(messages[0]?.role).toBe("system");
    expect(system).toContain("You can use these tools:\n\nadd: Adds.\nArguments, as JSON Schema: {");
    expect(system).toContain('"required":["a","b"]');
    expect(system).not.toContain("$schema");
    expect(system).toContain("\n\nlook: Looks up.\n");
    expect(system).toContain("Action Input: its arguments, as one JSON object in one line");

    const own = await sent({ messages: [{ role: "system", content: "Be brief." }, ask] });
    expect(own.messages).toEqual([{ role: "system", content: `Be brief.\n\n${system}` }, ask]);
  });

  test("calls become actions, results observations", async () => {
    const { messages } = await sent({ messages: [ask, called, given] });
    expect(messages.slice(1)).toEqual([
      ask,
      {
        role: "assistant",
        content:
          'Thought: I add.\nAction: add\nAction Input: {"a":1,"b":2}\n' +
          'Action: look\nAction Input: {"what":"a \\"line\\"\\nObservation: 4"}',
      },
      { role: "user", content: "Observation: 3\nObservation: Error: no line" },
    ]);
  });

  test("what a provider wants back stays, and so do turns without tools", async () => {
    const thought = { type: "reasoning", text: "hm", providerMetadata: { p: { signature: "s" } } } as const;
    const call = { type: "tool-call", id: "x", name: "add", input: "{broken" } as const;
    const plain: Message = { role: "assistant", content: [{ type: "text", text: "Hello." }] };
    const { messages } = await sent({
      messages: [ask, plain, ask, { role: "assistant", content: [thought, call] }, given],
    });
    expect(messages[2]).toBe(plain);
    expect(messages[4]).toEqual({
      role: "assistant",
      content: [thought, { type: "text", text: "Action: add\nAction Input: {broken" }],
    });
  });

  test.each<[choice: ModelRequest["toolChoice"], words: string]>([
    ["auto", "q"],
    ["required", "q\n\nUse a tool now."],
    [{ name: "add" }, "q\n\nUse the tool add now."],
  ])("a choice of %j is asked for in words", async (toolChoice, content) => {
    const { messages, ...rest } = await sent({ toolChoice });
    expect(messages[1]?.content).toBe(content);
    expect(rest).toEqual({ stop: ["\nObservation:"] });
  });

  test("without more tools the final answer is asked for, and nothing stops it", async () => {
    const { messages, ...rest } = await sent({ messages: [ask, called, given], toolChoice: "none", stop: ["x"] });
    expect(rest).toEqual({ stop: ["x"] });
    expect(messages[0]?.content).toContain("You can use these tools:");
    expect(messages.at(-1)?.content).toMatch(
      /Error: no line\n\nUse no more tools: write "Final Answer: " and the answer now\.$/,
    );
    // Of a request whose tools are gone.
    const gone = await sent({ messages: [ask, called, given], tools: [] });
    expect(gone.messages[0]).toEqual(ask);
    expect(gone.messages.at(-1)?.content).toContain("Use no more tools");
  });

  test.each<[stop: readonly string[], sent: readonly string[]]>([
    [["a"], ["a", "\nObservation:"]],
    [["\nObservation:"], ["\nObservation:"]],
    [
      ["a", "b", "c", "d"],
      ["a", "b", "c", "d"],
    ],
  ])("stop %j: sent %j", async (stop, expected) => {
    expect((await sent({ stop })).stop).toEqual(expected);
  });

  test("a schema is asked for in words, and of the final answer alone for itself", async () => {
    const schema = { name: "n", jsonSchema: { type: "number" } };
    const { messages, ...rest } = await sent({ schema });
    expect(rest).toEqual({ stop: ["\nObservation:"] });
    expect(messages[1]?.content).toBe(
      'q\n\nThe final answer must be JSON alone, and fit this JSON Schema: {"type":"number"}',
    );
    const final = await sent({ messages: [ask, called, given], toolChoice: "none", schema });
    expect(final.schema).toEqual(schema);
    expect(final.messages.at(-1)?.content).toMatch(/Use no more tools: give the final answer now\.$/);
  });
});

describe("responses", () => {
  const call = (id: number, name: string, input: unknown) => ({ type: "tool-call", id: `text-${id}`, name, input });

  test("an action is a tool call, its thought the text", async () => {
    expect(await said(action)).toEqual({
      text: "I add.",
      finishReason: "tool-calls",
      toolCalls: [call(1, "add", { a: 1, b: 2 })],
    });
  });

  test("several actions are several calls; what was invented is cut off", async () => {
    const line = `Action: look[x]\nAction: add\nAction Input: {}\nObservation: 3\nFinal Answer: 3`;
    expect(await said(line)).toMatchObject({
      text: "",
      toolCalls: [call(1, "look", { what: "x" }), call(2, "add", {})],
    });
  });

  test.each<[what: string, ids: readonly string[], next: string]>([
    ["none before", [], "text-1"],
    ["some before", ["text-1", "text-2"], "text-3"],
    ["others before", ["a", "b"], "text-3"],
    ["some left out", ["text-2"], "text-3"],
  ])("ids, %s: %j, then %s", async (_, ids, next) => {
    const content = ids.map((id) => ({ type: "tool-call", id, name: "add", input: {} }) as const);
    const results = ids.map((id) => ({ type: "tool-result", id, name: "add", output: 1 }) as const);
    const before: Message[] =
      ids.length === 0
        ? []
        : [
            { role: "assistant", content },
            { role: "tool", content: results },
          ];
    const { toolCalls = [] } = await said(action, { messages: [ask, ...before] });
    expect(toolCalls.map(({ id }) => id)).toEqual([next]);
  });

  test.each<[line: string, text: string, reasoning: string | undefined]>([
    ["Thought: Easy.\nFinal Answer: 42", "42", "Easy."],
    ["Well.\nThought: Easy.\nFinal Answer:\n42\n", "42", "Well.\nEasy."],
    ["**Final Answer:** 42", "42", undefined],
    ["**Final Answer: 42**", "42", undefined],
    ["```\nThought: Easy.\nFinal Answer: 42\n```", "42", "Easy."],
    ["Final Answer:\n```js\n42\n```", "```js\n42\n```", undefined],
    ["Final Answer: 42\nThought: Or not.", "42", undefined],
    ["It is 42. ", "It is 42. ", undefined],
    ["Thought: It is 42.", "It is 42.", undefined],
    ["Thought: It is 42.\nFinal Answer:", "It is 42.", undefined],
    ["It is 42.\nObservation: yes", "It is 42.", undefined],
    ["Final Answer:", "Final Answer:", undefined],
  ])("%j: %j", async (line, text, reasoning) => {
    expect(await said(line)).toEqual({ text, finishReason: "stop", ...(reasoning !== undefined && { reasoning }) });
  });

  test("without more tools an action is none", async () => {
    const last = { messages: [ask, called, given], toolChoice: "none" } as const;
    expect(await said("Thought: It is 3.\nAction: add", last)).toEqual({ text: "It is 3.", finishReason: "stop" });
    expect((await said("Action: add\nFinal Answer: 3", last)).text).toBe("3");
  });

  test("what was cut is no whole answer, and its arguments are not taken for whole", async () => {
    expect(await said({ text: "Final Answer: 4", finishReason: "length" })).toEqual({
      text: "4",
      finishReason: "length",
    });
    const { toolCalls } = await said({
      text: "Action: look[x]\nAction: look\nAction Input: the mo",
      finishReason: "length",
    });
    expect(toolCalls?.map(({ input }) => input)).toEqual([{ what: "x" }, "the mo"]);
  });

  test("a model that calls tools all the same is let", async () => {
    const toolCalls = [{ type: "tool-call", id: "a", name: "add", input: {} } as const];
    expect(await said({ text: action, toolCalls })).toEqual({ text: action, toolCalls, finishReason: "tool-calls" });
  });

  test("reasoning, parts and fields that nobody knows stay", async () => {
    const reasoning = { type: "reasoning", text: "deep", providerMetadata: { p: 1 } } as const;
    const reply = (text: string) => ({
      text,
      reasoning: "deep",
      content: [reasoning, { type: "text", text } as const],
      mine: 7,
    });
    expect(await said(reply("Thought: Easy.\nFinal Answer: 42"))).toEqual({
      ...reply("42"),
      reasoning: "deep\n\nEasy.",
      finishReason: "stop",
    });
    const { content, toolCalls } = await said(reply(action));
    expect(content).toEqual([reasoning, { type: "text", text: "I add." }, ...(toolCalls ?? [])]);
  });

  test.each<[tokens: readonly string[], kept: readonly string[]]>([
    [
      ["Thought:", " Ea", "sy.", "\nFinal", " Answer:", " 4", "2"],
      [" 4", "2"],
    ],
    [["Thought: Easy.\nAction", ": add"], ["Thought: Easy.\nAction"]],
    [
      ["It", " is"],
      ["It", " is"],
    ],
    [["Final Answer: 4"], ["Final Answer: 4"]],
  ])("log-probabilities of %j: those of %j", async (tokens, kept) => {
    const logprobs = (of: readonly string[]) => of.map((token) => ({ token, logprob: -1 }));
    expect((await said({ text: tokens.join(""), logprobs: logprobs(tokens) })).logprobs).toEqual(logprobs(kept));
    // Tokens that are not the text's, such as halves of letters.
    const odd = logprobs([...tokens, "?"]);
    expect((await said({ text: tokens.join(""), logprobs: odd })).logprobs).toEqual(odd);
  });

  test.each<[prefill: string, line: string, text: string, calls: number]>([
    ["Thought: I", " add.\nAction: add", " add.", 1],
    ["Thought: I add.\nAction:", " add", "", 1],
    ["Thought: Easy.\nFinal Answer: The answer is", " 42", " 42", 0],
    ["The answer is", " 42", " 42", 0],
    ["The answer is", " 42\nObservation: no", " 42", 0],
  ])("a prefill %j is not repeated", async (prefill, line, text, calls) => {
    const response = await said(line, { prefill });
    expect([response.text, response.toolCalls?.length ?? 0]).toEqual([text, calls]);
  });

  test("JSON that was asked for comes without fences, and with a warning", async () => {
    const schema = { jsonSchema: { type: "object" } };
    const message = "textProtocol: scripted was asked for the schema in words, because it may call tools instead";
    const warnings = [{ code: "downgrade", message, capability: "schema" }];
    expect(await said('Final Answer:\n```json\n{"a": 1}\n```', { schema })).toEqual({
      text: '{"a": 1}',
      finishReason: "stop",
      warnings,
    });
    expect((await said('```\n{"a": 1}\n```', { schema })).text).toBe('{"a": 1}');
    const { protocol } = speaking(["Final Answer: {}"]);
    const { events } = await traced(protocol, { messages: [ask], tools, schema });
    expect(events.filter(({ type }) => type === "downgrade")).toEqual([
      { type: "downgrade", path: ["textProtocol"], capability: "schema", message },
    ]);
  });

  test.each<[choice: ModelRequest["toolChoice"], line: string, warned: boolean]>([
    ["required", "It is 3.", true],
    ["required", "Action: look[x]", false],
    [{ name: "add" }, "Action: look[x]", true],
    [{ name: "add" }, action, false],
    ["auto", "It is 3.", false],
  ])("choice %j, %j: warned %j", async (toolChoice, line, warned) => {
    const codes = (await said(line, { toolChoice })).warnings?.map(({ code }) => code) ?? [];
    expect(codes).toEqual(warned ? ["tool-not-called"] : []);
  });
});

describe("in a stack", () => {
  const three: readonly ScriptedReply[] = [
    action,
    'Action: look\nAction Input: {"what": "abc"}',
    "Thought: I know.\nFinal Answer: The answer is 42",
  ];
  const loop = toolLoop({ tools: [add, look] });

  test("the loop runs what the text calls, and goes on", async () => {
    const { model, protocol } = speaking(three);
    const { text, steps, stopped, toolCalls } = await run(stack(protocol, loop), "q");
    expect(
      steps.map((step) => [step.text, step.calls.map(({ id }) => id), step.results.map(({ output }) => output)]),
    ).toEqual([
      ["I add.", ["text-1"], [3]],
      ["", ["text-2"], [{ found: 3 }]],
    ]);
    expect([text, stopped, toolCalls]).toEqual(["The answer is 42", "done", undefined]);
    expect(model.requests[2]?.messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
    ]);
    expect(model.requests[2]?.messages.at(-1)?.content).toBe('Observation: {"found":3}');
    // What was sent before is sent again as it was: it stays in a provider's cache.
    expect(model.requests[2]?.messages.slice(0, 4)).toEqual(model.requests[1]?.messages);
  });

  test.each<[what: string, line: string, complaint: string]>([
    ["broken JSON", 'Action: add\nAction Input: {"a": 1', "The arguments of add do not fit"],
    ["an unknown name", "Action: sub\nAction Input: 1", 'There is no tool "sub". The tools are: add, look.'],
  ])("%s: the loop's complaint reaches the model", async (_, line, complaint) => {
    const { model, protocol } = speaking([line, "Final Answer: 1"]);
    await run(stack(protocol, loop), "q");
    expect(model.requests[1]?.messages.at(-1)?.content).toContain(`Observation: Error: ${complaint}`);
    expect(model.requests[1]?.messages.at(-2)?.content).toContain(line);
  });

  test("answers are read above the protocol, wherever the chain of thought stands", async () => {
    const chain = chainOfThought({ answer: number() });
    const stacks: readonly ((model: Model) => Model<Reasoned<number>>)[] = [
      (model) => stack(model, textProtocol, chain, loop),
      (model) => stack(model, chain, textProtocol, loop),
      (model) => stack(model, textProtocol, loop, chain),
    ];
    for (const build of stacks) {
      const { model } = speaking(three);
      const { answer, text } = await run(build(model), "q");
      expect([answer, text, model.calls]).toEqual([42, "The answer is 42", 3]);
    }
  });

  test.each<[line: string, answer: number | undefined]>([
    ["Final Answer: 42", 42],
    ["Thought: 6 * 7\nFinal Answer: Answer: 42", 42],
    ["Thought: 6 * 7\nFinal Answer: 40 and 2 more.\nAnswer: 42", 42],
    ["So it is 42.", 42],
  ])("%j: %j", async (line, answer) => {
    const chain = chainOfThought({ answer: number(), askAgain: false });
    for (const layers of [
      (m: Model) => stack(m, chain, textProtocol, loop),
      (m: Model) => stack(m, textProtocol, loop, chain),
    ]) {
      expect((await run(layers(speaking([line]).model), "q")).answer).toBe(answer);
    }
  });

  test("an action is no answer, and is not asked for one, though a number stands in it", async () => {
    const one = 'Thought: Look.\nAction: look\nAction Input: {"what": "12"}';
    const { model } = speaking([one]);
    const response = await run(stack(model, chainOfThought({ answer: number() }), textProtocol), {
      messages: [ask],
      tools,
    });
    expect(response.answer).toBeUndefined();
    expect(response.toolCalls).toHaveLength(1);
    expect(model.calls).toBe(1);
  });

  test("a chain beneath asks once more for an answer that cannot be read", async () => {
    const { model } = speaking(["Thought: Hm.\nFinal Answer: the second", "Answer: B"]);
    const { answer, text } = await run(
      stack(model, chainOfThought({ answer: choice(["A", "B"]) }), textProtocol, loop),
      "q",
    );
    expect([answer, text]).toEqual(["B", "the second\nAnswer: B"]);
  });

  test("many samples", async () => {
    const { model } = speaking([action, action, "Final Answer: 3", "Final Answer: 4"]);
    const { samples } = await run(stack(model, textProtocol, loop, sampleN(2)), "q");
    expect(samples.map(({ text, steps }) => [text, steps.length])).toEqual([
      ["3", 1],
      ["4", 1],
    ]);
  });

  test("it can call tools, whatever the model beneath says", () => {
    const { model, protocol } = speaking(["x"], { capabilities: { tools: false, seed: true } });
    expect(protocol.capabilities).toEqual({ tools: true, seed: true });
    expect(model.capabilities.tools).toBe(false);
    expect(protocol.id).toBe("textProtocol(scripted)");
    expect(outline(protocol)).toContain("textProtocol");
    expect(worstCase(protocol, 500, 100).calls).toBe(1);
    expect(worstCase(protocol, 500, 100).tokens).toBe(worstCase(model, 500, 100).tokens + 250);
  });

  test("trace", async () => {
    const { trace, response } = await traced(speaking([action]).protocol, { messages: [ask], tools });
    expect(trace).toEqual([
      "start textProtocol",
      "start textProtocol/scripted",
      "end textProtocol/scripted",
      "end textProtocol",
    ]);
    expect(response.usage.calls).toBe(1);
  });

  test("cancellation", async () => {
    const { model, protocol } = speaking([action], { latencyMs: 100 });
    expect(await giveUp(protocol, 50, () => model.calls, { messages: [ask], tools })).toBe(1);
    const other = speaking([action]);
    await giveUpBefore(other.protocol, () => other.model.calls);
  });

  test("errors are thrown as they are", async () => {
    const busy = new ProviderError("overloaded", { status: 503 });
    await expect(run(speaking([busy]).protocol, { messages: [ask], tools })).rejects.toBe(busy);
  });
});

/** What the readers of a stream see. */
async function streamed(model: Model, request: ModelRequest) {
  const shown = { text: "", reasoning: "" };
  const pieces: string[] = [];
  const told = answerStream(model, request, { seed: 1 });
  for (;;) {
    const { done, value } = await told.next();
    if (done) return { ...shown, pieces, response: value };
    shown[value.type] += value.text;
    pieces.push(`${value.type}: ${value.text}`);
  }
}

/** A model that says its text in these pieces. */
function inPieces(...pieces: readonly string[]): Model {
  return source("pieces", { tools: false }, async (_, call) => {
    for (const text of pieces) {
      await Promise.resolve();
      call.delta({ text });
    }
    return { text: pieces.join("") };
  });
}

describe("streams", () => {
  test.each<[what: string, pieces: readonly string[], told: readonly string[]]>([
    [
      "thought and answer",
      ["Thou", "ght: Ea", "sy.\n", "Final An", "swer: ", "4", "2 app", "les"],
      ["reasoning: Ea", "reasoning: sy.", "text: 4", "text: 2 app", "text: les"],
    ],
    ["answer alone", ["Final Answer:", " 42", "\n"], ["text: 42"]],
    ["no label: at the end", ["It is", " 42", "."], ["text: It is 42."]],
    [
      "words that look like a label",
      ["Final Answer: a\n", "Action", "s speak", "\nFin"],
      ["text: a", "text: \nActions speak", "text: \nFin"],
    ],
    ["a thought alone", ["Thought: It is 42."], ["reasoning: It is 42.", "text: It is 42."]],
    ["what goes on", ["Final Answer: 42\nTho", "ught: no"], ["text: 42"]],
    ["what is mended", ["Final Answer: 41", "\nFinal Answer: 42"], ["text: 41", "text: \nFinal Answer: 42"]],
    ["words, then an answer", ["Well", ".\nFinal Answer: 42"], ["reasoning: Well.", "text: 42"]],
    ["two thoughts", ["Thought: a\n", "Thought: b\nFinal Answer: c"], ["reasoning: a", "reasoning: \nb", "text: c"]],
    ["an action that is none", ["Action: None\n", "Final Answer: c"], ["text: c"]],
  ])("%s", async (_, pieces, told) => {
    const { text, response, ...rest } = await streamed(textProtocol(inPieces(...pieces)), { messages: [ask], tools });
    expect(rest.pieces).toEqual(told);
    expect(text).toBe(response.text);
  });

  test("actions are told as arguments of tools, and nothing behind them as the answer", async () => {
    const model = textProtocol(
      inPieces("Thought: a\nAction: add\nAction In", 'put: {"a": ', "1}\nObser", "vation: 1\nFinal Answer: 2"),
    );
    const { events } = await traced(model, { messages: [ask], tools });
    const deltas = events.filter(({ type }) => type === "delta").map(({ path: _, type: __, ...rest }) => rest);
    expect(deltas).toEqual([
      { reasoning: "a", output: false },
      { toolInput: '{"a": ', output: false },
      { toolInput: "1}\n", output: false },
    ]);
  });

  test("after a failure the words begin again", async () => {
    let calls = 0;
    const model = source("flaky", { tools: false }, async (_, call) => {
      await Promise.resolve();
      call.delta({ text: calls === 0 ? "Thought: a\nAction: add\n" : "Final Answer: 4" });
      if (calls++ === 0) throw new ProviderError("overloaded", { status: 503 });
      return { text: "Final Answer: 4" };
    });
    const { response, events } = await traced(stack(model, retry(), textProtocol), { messages: [ask], tools });
    const told = events.flatMap((event) =>
      event.type === "delta" && event.output ? [[event.path.at(-1), event.text]] : [],
    );
    expect([response.text, told]).toEqual(["4", [["flaky:2", "4"]]]);
  });

  test("log-probabilities come as the words do", async () => {
    const logprobs = (token: string) => [{ token, logprob: -1 }];
    const model = source("sure", { tools: false, logprobs: true }, async (_, call) => {
      for (const text of ["Final Answer:", " 4"]) {
        await Promise.resolve();
        call.delta({ text, logprobs: logprobs(text) });
      }
      return { text: "Final Answer: 4" };
    });
    const { events } = await traced(textProtocol(model), { messages: [ask], tools });
    const deltas = events.filter(({ type }) => type === "delta").map(({ path: _, type: __, ...rest }) => rest);
    expect(deltas).toEqual([
      { logprobs: logprobs("Final Answer:"), output: false },
      { text: "4", logprobs: logprobs(" 4"), output: true },
    ]);
  });

  test("a chain of thought beneath that asks once more", async () => {
    const { model } = speaking(["Final Answer: the second", "Answer: B"]);
    const solver = stack(model, chainOfThought({ answer: choice(["A", "B"]) }), textProtocol);
    const { text, response } = await streamed(solver, { messages: [ask], tools });
    expect([text, response.text]).toEqual(["the second\nAnswer: B", "the second\nAnswer: B"]);
  });

  const parts = fc.constantFrom(
    "Thought: ",
    "\nAction: ",
    "\nAction: add",
    "\nAction Input: ",
    "\nObservation: ",
    "\nFinal Answer: ",
    "**",
    "```",
    '{"a": 1}',
    "\n",
    " ",
    "word",
    "Finish[",
    "]",
    "42",
    "Action: x\n",
  );

  test.prop([
    fc.array(parts, { maxLength: 12 }),
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
    fc.boolean(),
  ])("words that were told are never taken back, however they come", async (words, sizes, schema) => {
    const whole = words.join("") || "x";
    const pieces: string[] = [];
    for (let at = 0, i = 0; at < whole.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      pieces.push(whole.slice(at, at + size));
      at += size;
    }
    const request = { messages: [ask], tools, ...(schema && { schema: { jsonSchema: {} } }) };
    const { text, response } = await streamed(textProtocol(inPieces(...pieces)), request);
    expect(text).toBe(response.text);
    const silent = await run(textProtocol(inPieces(whole)), request);
    expect([response.text, response.toolCalls]).toEqual([silent.text, silent.toolCalls]);
  });
});

const lines = [
  action,
  "Action: look[x]\nAction: add",
  "Thought: so so so\nFinal Answer: 3",
  "Answer: 2",
  "Action: None\nFinal Answer: 1",
];
const request: ModelRequest = { messages: [ask], tools };

describe.each<[what: string, layer: (model: Model) => Model, prompt: string | ModelRequest]>([
  ["no tools", textProtocol, "q"],
  ["tools", textProtocol, request],
  ["a loop", (model) => stack(model, textProtocol, toolLoop({ tools: [add, look], maxSteps: 2 })), "q"],
  [
    "a loop over a chain",
    (model) =>
      stack(model, chainOfThought({ answer: number() }), textProtocol, toolLoop({ tools: [add, look], maxSteps: 2 })),
    "q",
  ],
])("laws, %s", (_, layer, prompt) => {
  for (const { name, check } of middlewareLaws(layer, { replies: lines, prompt, capabilities: { tools: false } }))
    test(name, check);
});

test("types", () => {
  const { model } = speaking(["x"]);
  expectTypeOf(textProtocol(model)).toEqualTypeOf<Model>();
  const solver = stack(model, textProtocol, chainOfThought({ answer: number() }), toolLoop({ tools: [add] }));
  expectTypeOf(solver).toExtend<Model<ToolRun<Reasoned<number>>>>();
});
