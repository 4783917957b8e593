/**
 * @module
 * Running tools: all at the same time, results in the order of the calls, mistakes told to the model.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  BudgetExceededError,
  ToolError,
  run,
  sleep,
  wrap,
  type Call,
  type MullEvent,
  type Tool,
  type ToolCallPart,
  type ToolResultPart,
} from "mull";
import { scripted } from "mull/testing";
import { callTools } from "../../src/core/call-tools.js";
import { called, plain as tool, use } from "./call-tools/use.js";

const waits =
  (ms: number, output: unknown): Tool["execute"] =>
  async (_, call) => {
    await sleep(call, ms);
    return output;
  };

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
    const number = tool("n", (input) => seen.push(input), {
      parse: async (input) =>
        typeof input === "number" ? { value: input * 2 } : { issues: [{ message: "no number", path: ["n"] }] },
    });
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
        tool("a", () => 1, {
          parse: () => {
            throw new Error("no check");
          },
        }),
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
    const picky = tool("picky", () => 1, { parse: () => ({ issues: [{ message: "no" }] }) });
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

describe("so many at a time", () => {
  const times = Array.from({ length: 50 }, (_, i) => (i * 37) % 11);
  /** Tools that note how many of them run at once, and in which order they begin. */
  const crowd = () => {
    const seen = { most: 0, running: 0, begun: [] as number[] };
    const wait = tool("wait", async (input, call) => {
      const { i, ms } = input as { i: number; ms: number };
      seen.begun.push(i);
      seen.most = Math.max(seen.most, ++seen.running);
      try {
        await sleep(call, ms);
      } finally {
        seen.running--;
      }
      return i;
    });
    return { seen, wait, calls: times.map((ms, i) => called("wait", { i, ms }, String(i))) };
  };

  test("50 tools, 8 at a time: begun, answered and told in the order of the calls", async () => {
    const { seen, wait, calls } = crowd();
    const told: unknown[] = [];
    const results: number[] = [];
    const onEvent = (event: MullEvent): unknown =>
      event.type === "tool" && told.push([event.path.at(-1), event.output]);
    const rules = { concurrency: 8, onResult: (_: ToolResultPart, index: number) => results.push(index) };
    const { results: all, clock, scope } = await use([wait], calls, { onEvent }, rules);
    expect(all.map(({ id, output }) => [id, output])).toEqual(calls.map(({ id }, i) => [id, i]));
    expect(seen).toEqual({ most: 8, running: 0, begun: times.map((_, i) => i) });
    expect(told).toEqual(times.map((_, i) => [i === 0 ? "wait" : `wait:${i + 1}`, i]));
    expect(results).toHaveLength(50);
    expect(results).not.toEqual([...results].sort((a, b) => a - b)); // as they come
    expect(clock.pending).toBe(0);
    expect([undefined, new Set()]).toContainEqual(scope._members);
  });

  test.prop([fc.integer({ min: 1, max: 60 }), fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 20 })])(
    "never more, always as many as may, and the results do not depend on it",
    async (concurrency, waits) => {
      const { seen, wait } = crowd();
      const calls = waits.map((ms, i) => called("wait", { i, ms }));
      const { results } = await use([wait], calls, {}, { concurrency });
      expect(results.map(({ output }) => output)).toEqual(waits.map((_, i) => i));
      expect(seen.most).toBe(Math.min(concurrency, waits.length));
    },
  );

  test("an abort in the middle ends all, and begins nothing more", async () => {
    const { seen, wait, calls } = crowd();
    const controller = new AbortController();
    const leave = tool("wait", async (input, call) => {
      if ((input as { i: number }).i === 20) controller.abort("left");
      return wait.execute(input, call);
    });
    const { error, clock, scope } = await use([leave], calls, { signal: controller.signal }, { concurrency: 8 });
    expect([error, seen.running, clock.pending]).toEqual(["left", 0, 0]);
    expect(Math.max(...seen.begun)).toBe(20);
    const begun = seen.begun.length;
    await clock.advance(1000);
    expect(seen.begun).toHaveLength(begun);
    expect([undefined, new Set()]).toContainEqual(scope._members);
  });

  test.each([
    ["one that fails", "throw", () => new Error("broken"), (error: unknown) => ToolError.is(error)],
    [
      "a budget that ends",
      "report",
      () => new BudgetExceededError("calls", "no more"),
      (error: unknown) => BudgetExceededError.is(error),
    ],
  ] as const)("%s ends the others, and those that wait do not begin", async (_, onToolError, reason, is) => {
    const { seen, wait } = crowd();
    const told: unknown[] = [];
    const bad = tool("bad", () => Promise.reject(reason()));
    const calls = [
      called("wait", { i: 0, ms: 5 }),
      called("bad"),
      ...times.map((i) => called("wait", { i, ms: 0 })),
      called("gone"),
    ];
    const onEvent = (event: MullEvent): unknown => event.type === "tool" && told.push(event);
    const { error, clock } = await use([wait, bad], calls, { onToolError, onEvent }, { concurrency: 2 });
    expect(is(error)).toBe(true);
    await clock.advance(1000);
    expect([seen.begun, seen.running, clock.pending, told]).toEqual([[0], 0, 0, []]);
  });

  test.each(Array.from({ length: 16 }, (_, i) => i))(
    "one that would begin %i ticks later than another one fails does not begin, or is given up",
    async (ticks) => {
      let begun: Call | undefined;
      const late = tool("late", (_, call) => new Promise(() => (begun = call)), {
        parse: async (value) => {
          for (let i = 0; i < ticks; i++) await Promise.resolve();
          return { value };
        },
      });
      const bad = tool("bad", () => Promise.reject(new Error("broken")));
      const { error } = await use([late, bad], [called("bad"), called("late")], { onToolError: "throw" });
      await new Promise((resolve) => setImmediate(resolve));
      expect(ToolError.is(error)).toBe(true);
      if (begun !== undefined) expect(begun.scope.aborted).toBe(true);
    },
  );

  test.each(Array.from({ length: 16 }, (_, i) => i))(
    "after a failure nothing more is told, though another one ends %i ticks later",
    async (ticks) => {
      const log: string[] = [];
      const quick = tool("quick", async () => {
        for (let i = 0; i < ticks; i++) await Promise.resolve();
      });
      const bad = tool("bad", () => Promise.reject(new Error("broken")));
      const tools = new Map([quick, bad].map((each) => [each.name, each]));
      const calls = [called("quick"), called("bad"), called("gone"), called("gone")];
      const layer = wrap("layer", scripted(["x"]), async (_, call) => {
        await callTools(tools, calls, "throw", call, { concurrency: 2 }).finally(() => log.push("over"));
        throw new Error("it should have failed");
      });
      const onEvent = (event: MullEvent): unknown => event.type === "tool" && log.push(event.name);
      await expect(run(layer, "q", { onEvent })).rejects.toThrow("the tool bad failed");
      await new Promise((resolve) => setImmediate(resolve));
      expect(log.at(-1)).toBe("over");
    },
  );
});
