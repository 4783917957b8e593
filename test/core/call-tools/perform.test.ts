/**
 * @module
 * Doing what a tool does: its time, its attempts, as much of its result as a model shall read, and who allows it.
 */
import { fc, test } from "@fast-check/vitest";
import {
  BudgetExceededError,
  CallTimeoutError,
  CapabilityError,
  InvalidOptionError,
  sleep,
  ToolError,
  type ApprovalContext,
  type Approve,
  type ProposedCall,
  type Tool,
} from "mull";
import { scripted } from "mull/testing";
import { describe, expect } from "vitest";
import type { ToolRules } from "../../../src/core/call-tools/rules.js";
import { called, plain, use } from "./use.js";

const hang: Tool["execute"] = () => new Promise(() => undefined);
const slow =
  (ms: number): Tool["execute"] =>
  async (_, call) => {
    await sleep(call, ms);
    return `after ${ms}`;
  };

const circle: unknown[] = [];
circle.push(circle);

/** What one call gives, as `result` or `! complaint`. */
async function outcome(tool: Tool, rules: ToolRules = {}, input: unknown = {}) {
  const { results, error, clock } = await use([tool], [called(tool.name, input)], {}, rules);
  const [result] = results;
  const said = result?.isError === true ? `! ${String(result.output)}` : result?.output;
  return { said, error, ms: clock.now(), pending: clock.pending };
}

describe("time", () => {
  test.each<
    [
      what: string,
      own: number | undefined,
      rule: number | undefined,
      execute: Tool["execute"],
      said: string,
      ms: number,
    ]
  >([
    ["no limit", undefined, undefined, slow(500), "after 500", 500],
    ["within the limit", undefined, 100, slow(99), "after 99", 99],
    ["too long", undefined, 100, slow(101), "! t took longer than 100 ms", 100],
    ["never", undefined, 100, hang, "! t took longer than 100 ms", 100],
    ["its own limit", 50, 100, slow(70), "! t took longer than 50 ms", 50],
    ["its own limit, which is longer", 200, 100, slow(150), "after 150", 150],
    ["no limit of its own", Infinity, 100, slow(150), "after 150", 150],
  ])("%s", async (_, timeoutMs, rule, execute, said, ms) => {
    const given = await outcome(plain("t", execute, { timeoutMs }), { timeoutMs: rule });
    expect(given).toEqual({ said, ms, error: undefined, pending: 0 });
  });

  test("a tool is told by its signal, by its scope, and whatever it asked is given up", async () => {
    const model = scripted(["late"], { latencyMs: 1000 });
    const heard: unknown[] = [];
    const asks = plain("asks", async (_, call) => {
      call.signal.addEventListener("abort", () => heard.push(call.signal.reason));
      await model.generate({ messages: [{ role: "user", content: "q" }] }, call);
    });
    const { results, usage, clock } = await use([asks], [called("asks")], {}, { timeoutMs: 10 });
    expect(results[0]?.isError).toBe(true);
    expect(CallTimeoutError.is(heard[0])).toBe(true);
    expect(heard[0]).toMatchObject({ ms: 10 });
    expect([usage.cancelled?.calls, clock.pending]).toEqual([1, 0]);
  });

  test("what it says too late is not heard, and goes unhandled nowhere", async () => {
    const deaf = plain("deaf", async (_, { clock }) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 50));
      throw new Error("late");
    });
    const { results, clock } = await use([deaf], [called("deaf")], {}, { timeoutMs: 10 });
    expect(results[0]?.output).toBe("deaf took longer than 10 ms");
    await clock.runAll();
  });

  test("or it is thrown, with the timeout as its cause", async () => {
    const { error, clock } = await use([plain("t", hang)], [called("t")], { onToolError: "throw" }, { timeoutMs: 10 });
    expect(ToolError.is(error)).toBe(true);
    expect(error).toMatchObject({ tool: "t", message: "the tool t failed: t took longer than 10 ms" });
    expect(CallTimeoutError.is((error as Error).cause)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("a method keeps its object", async () => {
    class Counter {
      readonly name = "counter";
      readonly description = "";
      readonly inputSchema = {};
      private count = 0;
      parse(value: unknown) {
        return { value };
      }
      execute() {
        return ++this.count;
      }
    }
    const counter = new Counter();
    for (const rules of [{}, { timeoutMs: 5 }])
      expect(await outcome(counter, rules)).toMatchObject({ error: undefined });
    expect(
      (await outcome({ ...counter, parse: counter.parse, execute: () => counter.execute(), effect: true })).said,
    ).toBe(3);
  });
});

describe("attempts", () => {
  /** Fails so many times. */
  const flaky = (failures: number, more: Partial<Tool> = {}, error: () => unknown = () => new Error("down")) => {
    let calls = 0;
    const tool = plain(
      "t",
      async () => {
        if (++calls <= failures) throw error();
        return `call ${calls}`;
      },
      more,
    );
    return { tool, calls: () => calls };
  };

  test.each<
    [
      what: string,
      failures: number,
      own: number | undefined,
      rule: number | undefined,
      said: string,
      calls: number,
      ms: number,
    ]
  >([
    ["none after the first, unless asked for", 1, undefined, undefined, "! down", 1, 0],
    ["one more", 1, undefined, 1, "call 2", 2, 250],
    ["as many as are needed", 2, undefined, 5, "call 3", 3, 750],
    ["too few", 3, undefined, 2, "! down", 3, 750],
    ["the tool's own", 1, 0, 3, "! down", 1, 0],
    ["the tool's own, more", 3, 3, undefined, "call 4", 4, 1750],
  ])("%s", async (_, failures, retries, rule, said, calls, ms) => {
    const { tool, calls: made } = flaky(failures, { retries });
    expect(await outcome(tool, { retries: rule })).toMatchObject({ said, ms, pending: 0 });
    expect(made()).toBe(calls);
  });

  test("a call that took too long is tried again, each attempt within its own time", async () => {
    let calls = 0;
    const tool = plain("t", (_, call) => (++calls === 1 ? sleep(call, 500) : "quick"));
    expect(await outcome(tool, { retries: 1, timeoutMs: 100 })).toMatchObject({ said: "quick", ms: 350, pending: 0 });
  });

  test.each<[what: string, error: () => unknown]>([
    ["a wrong option", () => new InvalidOptionError("x", "y", "z", 0)],
    ["a missing capability", () => new CapabilityError("tools", "m", "no")],
  ])("%s is not tried again", async (_, error) => {
    const { tool, calls } = flaky(1, {}, error);
    await outcome(tool, { retries: 3 });
    expect(calls()).toBe(1);
  });

  test("a budget that ended is not tried again, and ends all", async () => {
    const { tool, calls } = flaky(1, {}, () => new BudgetExceededError("calls", "no more"));
    expect(BudgetExceededError.is((await outcome(tool, { retries: 3 })).error)).toBe(true);
    expect(calls()).toBe(1);
  });

  test("an effect is never tried again", async () => {
    const { tool, calls } = flaky(1, { effect: true, retries: 3 });
    expect((await outcome(tool, { retries: 3 })).said).toBe("! down");
    expect(calls()).toBe(1);
  });

  test("an abort ends the wait", async () => {
    const controller = new AbortController();
    const tool = plain("t", (_, { clock }) => {
      clock.setTimeout(() => controller.abort("left"), 100);
      throw new Error("down");
    });
    const { error, clock } = await use([tool], [called("t")], { signal: controller.signal }, { retries: 1 });
    expect([error, clock.now(), clock.pending]).toEqual(["left", 100, 0]);
  });
});

describe("results", () => {
  test.each<[what: string, output: unknown, most: number | undefined, said: unknown]>([
    ["a text that fits", "abc", 3, "abc"],
    ["a text that does not", "abcdef", 3, "abc\n[cut: 3 of 6 characters]"],
    ["an object that fits stays one", { a: 1 }, 7, { a: 1 }],
    ["one that does not becomes text", { a: 1 }, 6, '{"a":1\n[cut: 6 of 7 characters]'],
    ["a list", [1, 2, 3], 3, "[1,\n[cut: 3 of 7 characters]"],
    ["large figures", "x".repeat(12_345), 1_000, `${"x".repeat(1_000)}\n[cut: 1,000 of 12,345 characters]`],
    ["a pair of surrogates is not cut in two", "a😀b", 2, "a\n[cut: 1 of 4 characters]"],
    ["nor cut where it fits", "a😀b", 3, "a😀\n[cut: 3 of 4 characters]"],
    ["a number is not cut", 123456, 1, 123456],
    ["nor a truth", true, 1, true],
    ["nothing", undefined, 1, null],
    ["null", null, 1, null],
    ["no limit", "abcdef", Infinity, "abcdef"],
    ["no limit, by default", "abcdef", undefined, "abcdef"],
  ])("%s", async (_, output, maxResult, said) => {
    expect(
      (
        await outcome(
          plain("t", () => output),
          { maxResult },
        )
      ).said,
    ).toEqual(said);
    expect(
      (
        await outcome(
          plain("t", () => output, { maxResult }),
          { maxResult: 5 },
        )
      ).said,
    ).toEqual(maxResult === undefined ? "abcde\n[cut: 5 of 6 characters]" : said);
  });

  test("complaints are cut, too", async () => {
    const fails = plain("t", () => Promise.reject(new Error("<html>".repeat(10))));
    expect((await outcome(fails, { maxResult: 6 })).said).toBe("! <html>\n[cut: 6 of 60 characters]");
  });

  test.each<[what: string, output: unknown]>([
    ["a bigint", { n: 1n }],
    ["a circle", circle],
    ["a function", () => 1],
  ])("%s is a failure, since no model can read it", async (_, output) => {
    expect(
      (
        await outcome(
          plain("t", () => output),
          { maxResult: 10 },
        )
      ).said,
    ).toMatch(/^! /);
  });

  test.prop([fc.string({ unit: "grapheme", maxLength: 60 }), fc.integer({ min: 1, max: 70 })])(
    "a cut text begins as the whole does, is no longer than allowed, and is well formed",
    async (text, most) => {
      const { said } = await outcome(
        plain("t", () => text),
        { maxResult: most },
      );
      if (text.length <= most) expect(said).toBe(text);
      else {
        const [kept = "", note = ""] = (said as string).split(/\n(?=\[cut: [^\n]*$)/);
        expect(text.startsWith(kept)).toBe(true);
        expect(kept.length).toBeGreaterThanOrEqual(most - 1);
        expect(kept.length).toBeLessThanOrEqual(most);
        expect(note).toBe(`[cut: ${kept.length} of ${text.length} characters]`);
        expect(kept).not.toMatch(/[\ud800-\udbff]$/);
      }
    },
  );
});

describe("approval", () => {
  const ran: unknown[] = [];
  const tool = plain("t", (input) => ran.push(input), {
    parse: (value) => (value === "bad" ? { issues: [{ message: "bad" }] } : { value: { value } }),
  });
  const asking = async (approve: Approve, input: unknown = 1) => {
    ran.length = 0;
    return { ...(await outcome(tool, { approve }, input)), ran: [...ran] };
  };

  test.each<[what: string, answer: boolean | string, said: unknown, ran: number]>([
    ["yes", true, 1, 1],
    ["no", false, "! The call of t was not allowed.", 0],
    ["no, and why", "ask me on Monday", "! The call of t was not allowed: ask me on Monday", 0],
    ["no, without a word", " ", "! The call of t was not allowed.", 0],
  ])("%s, at once or later", async (_, answer, said, count) => {
    for (const approve of [() => answer, async () => answer]) {
      const given = await asking(approve);
      expect([given.said, given.ran.length, given.error]).toEqual([said, count, undefined]);
    }
  });

  test("who is asked sees the tool and what it would get, the conversation, and has a call that counts as judging", async () => {
    const seen: [ProposedCall, ApprovalContext][] = [];
    const judge = scripted(["fine"], { id: "judge" });
    const request = { messages: [{ role: "user", content: "q" }] } as const;
    const approve: Approve = async (proposed, context) => {
      seen.push([proposed, context]);
      return (await judge.generate(request, context.call)).text === "fine";
    };
    const { usage } = await use([tool], [called("t", 5, "id-1")], {}, { approve, request });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.[0]).toEqual({ tool, id: "id-1", input: { value: 5 } });
    expect(seen[0]?.[1].request).toBe(request);
    expect(seen[0]?.[1].call.path).toEqual(["layer", "t", "approve"]);
    expect(usage.judging?.calls).toBe(1);
  });

  test("nobody is asked about arguments that do not fit", async () => {
    let asked = 0;
    expect((await asking(() => asked++ < 0, "bad")).said).toBe("! The arguments of t do not fit: bad");
    expect(asked).toBe(0);
  });

  test.each<[what: string, approve: () => unknown, error: RegExp]>([
    [
      "what is no answer",
      () => undefined,
      /toolLoop: what approve returns must be true, false, or a text that says why not, got undefined/,
    ],
    ["another one", () => ({ ok: true }), /got an object/],
    ["what it throws", () => Promise.reject(new Error("no line")), /^Error: no line$/],
  ])("%s is an error, and nothing runs", async (_, approve, error) => {
    const given = await asking(approve as Approve);
    expect(String(given.error)).toMatch(error);
    expect(given.ran).toEqual([]);
  });

  test("waiting for a person can be given up", async () => {
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    const approve: Approve = (_, { call }) => {
      signal = call.signal;
      call.clock.setTimeout(() => controller.abort("left"), 60_000);
      return new Promise(() => undefined);
    };
    const { error, clock } = await use(
      [tool],
      [called("t")],
      { signal: controller.signal },
      { approve, timeoutMs: 10 },
    );
    // The time of the tool does not run while somebody is asked.
    expect([error, clock.now(), clock.pending, signal?.aborted]).toEqual(["left", 60_000, 0, true]);
  });
});
