import { run, sleep, tool, wrap, type Model, type ModelRequest, type RunOptions, type ToolCallPart } from "mull";
import { scripted, type ScriptedReply } from "mull/testing";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { checkTools, toolRounds, type ToolRound } from "../../src/core/tool-rounds.js";
import { frozen, giveUp } from "../strategies/trial.js";

const add = tool({
  name: "add",
  description: "Adds.",
  input: z.object({ a: z.number() }),
  execute: ({ a }) => a + 1,
});
const wait = tool({
  name: "wait",
  description: "Waits.",
  input: z.object({}),
  execute: async (_, call) => {
    await sleep(call, 100);
    return "done";
  },
});
const tools = checkTools("here", [add, wait], "a list");

function calling(...inputs: readonly unknown[]): ScriptedReply {
  const toolCalls = inputs.map((input, i): ToolCallPart => ({ type: "tool-call", id: String(i), name: "add", input }));
  return { text: "", toolCalls };
}

/** A model that makes rounds over another. */
function rounding(next: Model, maxSteps = 3, finalTokens = 4) {
  return wrap("rounding", next, async (request, call) => {
    const { response, rounds } = await toolRounds(next, request, call, { tools, maxSteps, finalTokens });
    return { ...response, rounds };
  });
}

/** What came of it: the last words, the outputs by round, and the choices in the requests. */
async function rounds(lines: readonly ScriptedReply[], options: RunOptions = {}, maxSteps = 3) {
  const model = scripted(lines);
  const request: ModelRequest = frozen({ messages: [{ role: "user", content: "q" }] });
  const { text, rounds, usage } = await run(rounding(model, maxSteps), request, { seed: 1, ...options });
  const outputs = rounds.map(({ results }: ToolRound) => results.map(({ output }) => output));
  return { text, outputs, choices: model.requests.map(({ toolChoice = "auto" }) => toolChoice), usage, model };
}

test("tools answer until the model calls none", async () => {
  const { text, outputs, choices, model } = await rounds([calling({ a: 1 }, { a: 5 }), calling({ a: 2 }), "so"]);
  expect([text, outputs, choices]).toEqual(["so", [[2, 6], [3]], ["auto", "auto", "auto"]]);
  const [first, , last] = model.requests;
  expect(first?.tools?.map((description) => Object.keys(description))).toEqual([
    ["name", "description", "inputSchema"],
    ["name", "description", "inputSchema"],
  ]);
  expect(last?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant", "tool"]);
});

test("what goes wrong in a tool is told", async () => {
  const { outputs } = await rounds([calling({ a: "x" }), "so"]);
  expect(outputs[0]?.[0]).toContain("The arguments of add do not fit");
});

test("after the last round there are no more tools", async () => {
  const { text, outputs, choices } = await rounds([calling({ a: 1 }), calling({ a: 2 }), "so"], {}, 2);
  expect([text, outputs, choices]).toEqual(["so", [[2], [3]], ["auto", "auto", "none"]]);
});

describe("budget", () => {
  const lines = [calling({ a: 1 }), calling({ a: 2 }), calling({ a: 3 }), "so"];

  test.each<[calls: number, rounds: number]>([
    [2, 1],
    [3, 2],
    [4, 3],
  ])("%i calls: %i rounds, then the last words", async (calls, count) => {
    const spoken = [...lines.slice(0, count), "so"];
    const { text, outputs, choices, usage } = await rounds(spoken, { budget: { calls } });
    expect([text, outputs.length, choices.at(-1), usage.calls]).toEqual(["so", count, "none", calls]);
  });

  test("nothing was checked: its end is thrown", async () => {
    await expect(rounds(lines, { budget: { calls: 1 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });

  test.each([60, 90, 120, 180, 400])("of %i tokens the last words come in any case", async (tokens) => {
    const endless: ScriptedReply[] = Array.from({ length: 20 }, () => calling({ a: 1 }));
    const model = scripted(({ toolChoice }, _, i) => (toolChoice === "none" ? "so" : (endless[i] ?? "so")));
    const { text, usage } = await run(rounding(model, 20), "q", { budget: { tokens } });
    expect(text).toBe("so");
    expect((usage.inputTokens ?? 0) + (usage.outputTokens ?? 0)).toBeLessThanOrEqual(tokens);
  });

  test.each([700, 1000, 1500])("of %i tokens what was kept back once is not taken away again", async (tokens) => {
    const words = "so ".repeat(200).trim();
    const model = scripted(({ toolChoice }) => (toolChoice === "none" ? words : calling({ a: 1 })));
    const { text } = await run(rounding(model, 50, 200), "q", { budget: { tokens } });
    expect(text).toBe(words);
  });

  test("of money the price of a round is kept back", async () => {
    const price = { inputUsd: 0, outputUsd: 1e6 };
    const model = scripted(
      ({ toolChoice }) =>
        toolChoice === "none"
          ? "so"
          : { text: "x x x x", toolCalls: [{ type: "tool-call", id: "1", name: "add", input: { a: 1 } }] },
      { price },
    );
    const { text, rounds: made, usage } = await run(rounding(model, 20), "q", { budget: { usd: 60 } });
    expect(text).toBe("so");
    expect(made.length).toBeGreaterThan(1);
    expect(usage.usd).toBeLessThanOrEqual(60);
  });

  test("what is kept back is given back", async () => {
    const model = scripted(["so", "and so"]);
    const twice = wrap("twice", model, async (request, call) => {
      await toolRounds(model, request, call, { tools, maxSteps: 1, finalTokens: 500 });
      return model.generate(request, call);
    });
    expect((await run(twice, "q", { budget: { calls: 2, tokens: 1000 } })).text).toBe("and so");
  });
});

test("cancellation", async () => {
  const model = scripted([{ text: "", toolCalls: [{ type: "tool-call", id: "1", name: "wait", input: {} }] }, "so"]);
  expect(await giveUp(rounding(model), 50, () => model.calls)).toBe(1);
});

test("a failure is thrown as it is", async () => {
  const failure = new Error("no");
  await expect(rounds([calling({ a: 1 }), failure])).rejects.toBe(failure);
});

describe("what is no list of tools", () => {
  test.each<[tools: unknown, message: string]>([
    [undefined, "tools must be a list, got undefined"],
    [[], "tools must be a list, got an empty array"],
    [[add, {}], "tools[1] must be a tool, as tool(…) makes them, got an object"],
    [[null], "tools[0] must be a tool, as tool(…) makes them, got null"],
    [[{ ...add, parse: undefined }], "tools[0] must be a tool, as tool(…) makes them, got an object"],
    [[{ ...add, execute: 1 }], "tools[0] must be a tool, as tool(…) makes them, got an object"],
    [[{ ...add, inputSchema: "x" }], "tools[0] must be a tool, as tool(…) makes them, got an object"],
    [[add, wait, add], 'tools[2] must be a tool whose name no other has, got "add"'],
  ])("%#", (given, message) => {
    expect(() => checkTools("here", given as never, "a list")).toThrow(`here: ${message}`);
  });
});
