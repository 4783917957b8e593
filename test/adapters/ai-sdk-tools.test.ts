/**
 * @module
 * Tools between mull and the AI SDK, both ways.
 */
import * as ai6 from "ai";
import * as ai7 from "ai7";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BudgetExceededError, InvalidOptionError, run, stack, tool, toolLoop, type Call, type Tool } from "mull";
import { fromAiSdkTools, toAiSdk, toAiSdkTools } from "mull/adapters/ai-sdk";
import { scripted } from "mull/testing";
import { calculator } from "mull/tools/calculator";
import * as z from "zod";

const versions: readonly (readonly [string, any])[] = [
  ["ai 6", ai6],
  ["ai 7", ai7],
];

beforeAll(() => {
  (globalThis as any).AI_SDK_LOG_WARNINGS = false;
});
afterAll(() => {
  delete (globalThis as any).AI_SDK_LOG_WARNINGS;
});

const call = (name: string, input: unknown, id = "c1") => ({
  text: "",
  toolCalls: [{ type: "tool-call" as const, id, name, input }],
});
const town = z.object({ town: z.string().transform((name) => name.toUpperCase()), days: z.number().default(3) });
const weather = (execute: (input: { town: string; days: number }, call: Call) => unknown): Tool =>
  tool({ name: "weather", description: "The weather of a town.", input: town, execute });

describe.each(versions)("tools of mull in %s", (_, ai) => {
  const ask = (tools: readonly Tool[], lines: Parameters<typeof scripted>[0], options = {}) => {
    const model = scripted(lines);
    const result = ai.generateText({
      model: toAiSdk(model),
      tools: toAiSdkTools(tools, options),
      stopWhen: ai.stepCountIs(4),
      prompt: "q",
    });
    return { model, result };
  };
  const told = (model: ReturnType<typeof scripted>) =>
    model.requests[1]?.messages.findLast(({ role }) => role === "tool")?.content[0];

  test("the schema is kept, the arguments are read by it, the result is told", async () => {
    const inputs: unknown[] = [];
    const snow = weather((input) => {
      inputs.push(input);
      return { sky: "snow" };
    });
    const { model, result } = ask([snow], [call("weather", { town: "Uppsala" }), "It snows."]);
    expect((await result).text).toBe("It snows.");
    expect(inputs).toEqual([{ town: "UPPSALA", days: 3 }]);
    expect(model.requests[0]?.tools).toEqual([
      { name: "weather", description: "The weather of a town.", inputSchema: snow.inputSchema },
    ]);
    expect(told(model)).toMatchObject({ output: { sky: "snow" } });
  });

  test("what a tool throws, and arguments that do not fit, are told to the model", async () => {
    const broken = weather(() => {
      throw new Error("no satellite");
    });
    const { model, result } = ask([broken], [call("weather", { town: "Uppsala" }), "Sorry."]);
    expect((await result).text).toBe("Sorry.");
    expect(told(model)).toMatchObject({ output: expect.stringMatching(/no satellite$/), isError: true });

    const wrong = ask([broken], [call("weather", { town: 5 }), "Sorry."]);
    expect((await wrong.result).text).toBe("Sorry.");
    expect(told(wrong.model)).toMatchObject({ output: expect.stringContaining("expected string"), isError: true });
  });

  test("a tool without a result gives null", async () => {
    const { model, result } = ask([weather(() => undefined)], [call("weather", { town: "Uppsala" }), "Done."]);
    await result;
    expect(told(model)).toMatchObject({ output: null });
  });

  test("the calculator", async () => {
    const { model, result } = ask([calculator()], [call("calculator", { expression: "17 * 23" }), "391"]);
    await result;
    expect(told(model)).toMatchObject({ output: "391" });
  });
});

describe("a use of a tool", () => {
  test("is a run: models that it calls stay within its budget, anew in each use", async () => {
    const inner = scripted(["a", "b", "c"], { repeat: true });
    const asking = weather(async (_, call) => {
      const { text } = await inner.generate({ messages: [{ role: "user", content: "q" }] }, call);
      await inner.generate({ messages: [{ role: "user", content: "q" }] }, call);
      return text;
    });
    const { weather: tool } = toAiSdkTools([asking], { budget: { calls: 1 } });
    for (let i = 0; i < 2; i++) {
      await expect(tool!.execute({ town: "A", days: 1 }, {})).rejects.toBeInstanceOf(BudgetExceededError);
    }
    expect(inner.calls).toBe(2);
  });

  test("ends with the signal, even if it does not listen", async () => {
    let signal: AbortSignal | undefined;
    const { weather: tool } = toAiSdkTools([
      weather((_, call) => {
        ({ signal } = call);
        return new Promise(() => undefined);
      }),
    ]);
    const controller = new AbortController();
    const used = tool!.execute({ town: "A", days: 1 }, { abortSignal: controller.signal });
    controller.abort("enough");
    await expect(used).rejects.toBe("enough");
    expect(signal?.aborted).toBe(true);
  });
});

describe.each(versions)("tools of %s in mull", (_, ai) => {
  const loop = async (tools: object, lines: Parameters<typeof scripted>[0], options = {}) => {
    const model = scripted(lines);
    const solver = stack(model, toolLoop({ tools: fromAiSdkTools(tools as never, options) }));
    return { model, response: await run(solver, "q") };
  };

  test("the schema is kept, the arguments are read by it, the result is told", async () => {
    const inputs: unknown[] = [];
    const tools = {
      weather: ai.tool({
        description: "The weather of a town.",
        inputSchema: town,
        execute: (input: unknown, { toolCallId, abortSignal, messages }: any) => {
          inputs.push(input, typeof toolCallId, abortSignal instanceof AbortSignal, messages);
          return { sky: "snow" };
        },
      }),
    };
    const { model, response } = await loop(tools, [call("weather", { town: "Uppsala" }), "It snows."]);
    expect(response.text).toBe("It snows.");
    expect(inputs).toEqual([{ town: "UPPSALA", days: 3 }, "string", true, []]);
    expect(model.requests[0]?.tools).toMatchObject([
      {
        name: "weather",
        description: "The weather of a town.",
        inputSchema: { type: "object", required: ["town"], properties: { town: { type: "string" } } },
      },
    ]);
    expect(response.steps[0]?.results).toMatchObject([{ output: { sky: "snow" } }]);
  });

  test.each([
    ["jsonSchema", () => ai.jsonSchema({ type: "object", properties: { town: { type: "string" } } })],
    ["zodSchema", () => ai.zodSchema(z.object({ town: z.string() }))],
    ["a function", () => () => ai.jsonSchema({ type: "object", properties: { town: { type: "string" } } })],
  ])("%s", async (name, inputSchema) => {
    const tools = {
      weather: { inputSchema: inputSchema(), execute: ({ town }: { town: string }) => `snow in ${town}` },
    };
    const { model, response } = await loop(tools, [
      call("weather", { town: "Uppsala" }),
      call("weather", { town: 5 }),
      "It snows.",
    ]);
    expect(model.requests[0]?.tools).toMatchObject([
      {
        name: "weather",
        description: "weather",
        inputSchema: { type: "object", properties: { town: { type: "string" } } },
      },
    ]);
    const [first, second] = response.steps.map(({ results }) => results[0]);
    expect(first?.output).toBe("snow in Uppsala");
    // A plain JSON Schema checks nothing.
    expect(second?.output).toMatch(name === "zodSchema" ? /town: .*expected string/ : /snow in 5/);
  });

  test("results in steps, in other words, and in error", async () => {
    const tools = {
      counts: ai.tool({
        inputSchema: z.object({}),
        async *execute() {
          yield 1;
          await Promise.resolve();
          yield 2;
        },
      }),
      says: ai.tool({
        inputSchema: z.object({}),
        execute: () => ({ secret: 1, shown: "snow" }),
        toModelOutput: ({ output }: any) => ({ type: "content", value: [{ type: "text", text: output.shown }] }),
      }),
      draws: ai.tool({
        inputSchema: z.object({}),
        execute: () => 5,
        toModelOutput: () => ({
          type: "content",
          value: [
            { type: "text", text: "a map" },
            { type: "image-data", data: "AQ==", mediaType: "image/png" },
          ],
        }),
      }),
      fails: ai.tool({
        inputSchema: z.object({}),
        execute: () => 5,
        toModelOutput: () => ({ type: "error-text", value: "no satellite" }),
      }),
      knows: ai.tool({
        inputSchema: z.object({}),
        execute: (_: unknown, { context, experimental_context }: any) => [context, experimental_context],
      }),
    };
    const calls = Object.keys(tools).map((name) => call(name, {}, name).toolCalls[0]!);
    const { response } = await loop(tools, [{ text: "", toolCalls: calls }, "ok"], { context: "who" });
    expect(response.steps[0]?.results.map(({ output, isError }) => [output, isError])).toEqual([
      [2, undefined],
      ["snow", undefined],
      ["a map\n[image/png]", undefined],
      ["no satellite", true],
      [["who", "who"], undefined],
    ]);
    expect(response.steps[0]?.results.flatMap(({ files = [] }) => files)).toEqual([
      { type: "file", mediaType: "image/png", data: "AQ==" },
    ]);
  });

  test.each([
    ["without execute", () => ai.tool({ inputSchema: z.object({}), outputSchema: z.string() })],
    ["that needs an approval", () => ai.tool({ inputSchema: z.object({}), execute: () => 1, needsApproval: true })],
    [
      "whose schema is a promise",
      () => ai.tool({ inputSchema: ai.jsonSchema(Promise.resolve({ type: "object" })), execute: () => 1 }),
    ],
    ["without a schema", () => ({ execute: () => 1 })],
  ])("a tool %s is refused", (_, make) => {
    expect(() => fromAiSdkTools({ weather: make() })).toThrow(InvalidOptionError);
    expect(() => fromAiSdkTools({ weather: make() })).toThrow(expect.objectContaining({ option: "weather" }));
  });
});

test("there and back again", async () => {
  const there = fromAiSdkTools(toAiSdkTools([weather(({ town }) => `snow in ${town}`)]));
  const model = scripted([call("weather", { town: "Uppsala" }), call("weather", {}), "It snows."]);
  const { steps } = await run(stack(model, toolLoop({ tools: there })), "q");
  expect(steps.map(({ results }) => results[0]?.output)).toEqual([
    "snow in UPPSALA",
    expect.stringContaining("The arguments of weather do not fit: town"),
  ]);
});

test.each([
  ["tools", () => toAiSdkTools({} as never)],
  ["tools[0]", () => toAiSdkTools([{ name: "a" }] as never)],
  ["tools[1]", () => toAiSdkTools([weather(() => 1), weather(() => 1)])],
  ["an option", () => toAiSdkTools([], { signal: 1 } as never)],
  ["tools", () => fromAiSdkTools([] as never)],
  ["an option", () => fromAiSdkTools({}, { contexts: 1 } as never)],
])("bad %s", (option, make) => {
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(expect.objectContaining({ option }));
});

test("types: sets of tools of both versions", () => {
  const tools = toAiSdkTools([weather(() => 1)]);
  const six: ai6.ToolSet = tools;
  const seven: ai7.ToolSet = tools;
  expect([fromAiSdkTools(six), fromAiSdkTools(seven)]).toMatchObject([[{ name: "weather" }], [{ name: "weather" }]]);
});
