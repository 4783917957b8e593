/**
 * @module
 * Running tools: all at the same time, results in the order of the calls, mistakes told to the model.
 */
import { describe, expect, test } from "vitest";
import {
  BudgetExceededError,
  ToolError,
  run,
  sleep,
  wrap,
  type Call,
  type MullEvent,
  type RunOptions,
  type Tool,
  type ToolCallPart,
  type ToolResultPart,
} from "mull";
import { scripted, virtualClock } from "mull/testing";
import { callTools } from "../../src/core/call-tools.js";

const tool = (name: string, execute: Tool["execute"], parse: Tool["parse"] = (value) => ({ value })): Tool => ({
  name,
  description: "",
  inputSchema: {},
  parse,
  execute,
});
const called = (name: string, input: unknown = {}, id = name): ToolCallPart => ({ type: "tool-call", id, name, input });
const waits =
  (ms: number, output: unknown): Tool["execute"] =>
  async (_, call) => {
    await sleep(call, ms);
    return output;
  };

/** Runs tools inside of a run. */
async function use(
  tools: readonly Tool[],
  calls: readonly ToolCallPart[],
  { onToolError = "report", ...options }: RunOptions & { readonly onToolError?: "report" | "throw" } = {},
) {
  const clock = virtualClock();
  let results: readonly ToolResultPart[] = [];
  let top: Call | undefined;
  const layer = wrap("layer", scripted(["x"]), async (_, call) => {
    top = call;
    results = await callTools(new Map(tools.map((each) => [each.name, each])), calls, onToolError, call);
    return { text: "done", finishReason: "stop", usage: call.usage };
  });
  const error: unknown = await clock.until(
    run(layer, "hi", { clock, ...options }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );
  return { results, error, clock, scope: top!.scope as unknown as { readonly _members?: unknown } };
}

describe("results", () => {
  test("in the order of the calls, whoever is quicker; at the same time", async () => {
    const tools = [tool("slow", waits(30, "s")), tool("quick", waits(10, { q: 1 })), tool("silent", () => undefined)];
    const { results, clock } = await use(tools, [
      called("slow"),
      called("quick"),
      called("silent"),
      called("quick", {}, "again"),
    ]);
    expect(results).toEqual([
      { type: "tool-result", id: "slow", name: "slow", output: "s" },
      { type: "tool-result", id: "quick", name: "quick", output: { q: 1 } },
      { type: "tool-result", id: "silent", name: "silent", output: null },
      { type: "tool-result", id: "again", name: "quick", output: { q: 1 } },
    ]);
    expect([clock.now(), clock.pending]).toEqual([30, 0]);
  });

  test("no calls, no results", async () => {
    expect((await use([], [])).results).toEqual([]);
  });

  test("arguments are checked and transformed, perhaps later", async () => {
    const seen: unknown[] = [];
    const number = tool(
      "n",
      (input) => seen.push(input),
      async (input) =>
        typeof input === "number" ? { value: input * 2 } : { issues: [{ message: "no number", path: ["n"] }] },
    );
    const { results } = await use([number], [called("n", 4), called("n", "four")]);
    expect(seen).toEqual([8]);
    expect(results.map(({ output, isError }) => [output, isError])).toEqual([
      [1, undefined],
      ["The arguments of n do not fit: n: no number", true],
    ]);
  });

  test.each<[what: string, tools: readonly Tool[], call: ToolCallPart, output: string]>([
    [
      "a tool that does not exist",
      [tool("a", () => 1), tool("b", () => 2)],
      called("c"),
      'There is no tool "c". The tools are: a, b.',
    ],
    [
      "a tool that throws at once",
      [
        tool("a", () => {
          throw new Error("broken");
        }),
      ],
      called("a"),
      "broken",
    ],
    ["a tool that rejects", [tool("a", async () => Promise.reject(new Error("later")))], called("a"), "later"],
    [
      "a tool that throws what is no error",
      [
        tool("a", () => {
          throw "words";
        }),
      ],
      called("a"),
      "words",
    ],
    [
      "a check that throws",
      [
        tool(
          "a",
          () => 1,
          () => {
            throw new Error("no check");
          },
        ),
      ],
      called("a"),
      "no check",
    ],
  ])("%s is told to the model", async (_, tools, call, output) => {
    expect((await use(tools, [call])).results).toEqual([
      { type: "tool-result", id: call.id, name: call.name, output, isError: true },
    ]);
  });
});

describe("errors", () => {
  test("or they are thrown; the others are given up", async () => {
    const cause = new Error("broken");
    let hears = false;
    const slow = tool("slow", (_, call) => {
      call.signal.addEventListener("abort", () => (hears = true));
      return sleep(call, 1000);
    });
    const { error, clock } = await use(
      [tool("bad", () => Promise.reject(cause)), slow],
      [called("slow"), called("bad")],
      { onToolError: "throw" },
    );
    expect(ToolError.is(error)).toBe(true);
    expect(error).toMatchObject({ tool: "bad", message: "the tool bad failed: broken", cause });
    expect([clock.now(), clock.pending, hears]).toEqual([0, 0, true]);
  });

  test("what the model got wrong is told even so", async () => {
    const picky = tool(
      "picky",
      () => 1,
      () => ({ issues: [{ message: "no" }] }),
    );
    const { results, error } = await use([picky], [called("picky"), called("gone")], { onToolError: "throw" });
    expect([error, results.map(({ isError }) => isError)]).toEqual([undefined, [true, true]]);
  });

  test("a budget that ends inside a tool is thrown as it is", async () => {
    const model = scripted(["x"], { repeat: true });
    const asks = tool("asks", async (_, call) => {
      await model.generate({ messages: [{ role: "user", content: "1" }] }, call);
      return model.generate({ messages: [{ role: "user", content: "2" }] }, call);
    });
    const { error } = await use([asks], [called("asks")], { budget: { calls: 1 } });
    expect([BudgetExceededError.is(error), model.calls]).toEqual([true, 1]);
  });

  test.each([new Error("left"), "text", null])(
    "an abort is thrown as it is, at once, though the tool does not listen: %o",
    async (reason) => {
      const controller = new AbortController();
      let finished = false;
      const deaf = tool("deaf", async (_, { clock }) => {
        clock.setTimeout(() => controller.abort(reason), 5);
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 50));
        finished = true;
        throw new Error("late");
      });
      const { error, clock, scope } = await use([deaf], [called("deaf")], { signal: controller.signal });
      expect([error, clock.now(), finished]).toEqual([reason, 5, false]);
      await clock.runAll();
      expect(finished).toBe(true);
      expect([undefined, new Set()]).toContainEqual(scope._members);
    },
  );

  test("a tool that swallows the abort changes nothing", async () => {
    const controller = new AbortController();
    const swallows = tool("s", async (_, call) => {
      controller.abort("left");
      await sleep(call, 10).catch(() => {});
      return "fine";
    });
    expect((await use([swallows], [called("s")], { signal: controller.signal })).error).toBe("left");
  });
});

test("each tool has a call of its own: path, thoughts, events in the order of the calls", async () => {
  const events: MullEvent[] = [];
  const seen: unknown[] = [];
  const look = tool("look", async (_, call) => {
    seen.push([call.path.join("/"), call.thought]);
    await sleep(call, 7);
    return "seen";
  });
  await use([look], [called("look", { at: 1 }), called("look"), called("gone")], {
    onEvent: (event) => event.type === "tool" && events.push(event),
  });
  expect(seen).toEqual([
    ["layer/look", true],
    ["layer/look:2", true],
  ]);
  const output = 'There is no tool "gone". The tools are: look.';
  expect(events).toEqual([
    { type: "tool", path: ["layer", "look"], name: "look", input: { at: 1 }, output: "seen", isError: false, ms: 7 },
    { type: "tool", path: ["layer", "look:2"], name: "look", input: {}, output: "seen", isError: false, ms: 7 },
    { type: "tool", path: ["layer", "gone"], name: "gone", input: {}, output, isError: true, ms: 0 },
  ]);
});
