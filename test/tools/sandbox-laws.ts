/**
 * @module
 * What every sandbox must do, whatever its language.
 */
import { afterAll, describe, expect, test } from "vitest";
import {
  InvalidOptionError,
  ToolError,
  type HostFunction,
  type SandboxRunOptions,
  type ProgramResult,
  type Sandbox,
} from "mull";
import type { SandboxOptions } from "mull/tools/quickjs";
import type { Hostile } from "./hostile/hostile.js";

/** The same programs in a language. */
export interface Programs {
  readonly one: string;
  readonly loop: string;
  readonly say: (text: string) => string;
  /** Fails in line 2. */
  readonly fail: string;
  /** Cannot be read, in line 3. */
  readonly broken: string;
  /** Calls a function, and comes to what it caught. */
  readonly caught: (call: string) => string;
  readonly hostile: readonly Hostile[];
  /** Comes to the same in every run. */
  readonly canary: string;
  /** Names of the errors of `fail` and `broken`. */
  readonly errors: readonly [fail: string, broken: string];
}

/** For programs that run until they are ended; the others have the time they need on a machine that is busy. */
const hostileMs = 100;
const patientMs = 20_000;

/** Makes the tests. Returns a sandbox that they share. */
export function sandboxLaws(name: string, make: (options?: SandboxOptions) => Sandbox, programs: Programs): Sandbox {
  const sandbox = make({ memoryBytes: 128 * 2 ** 20, calls: 5 });
  afterAll(() => sandbox.close());
  const run = async (program: string, options?: SandboxRunOptions): Promise<ProgramResult> =>
    sandbox.run(program, { timeoutMs: 10_000, ...options });

  describe("programs", () => {
    test("a program has a value and an output", { timeout: 60_000 }, async () => {
      expect(await run(programs.one)).toEqual({ ok: true, value: 2, output: "" });
      expect(await run(programs.say("hé"))).toEqual({ ok: true, value: null, output: "hé\n" });
    });

    test("errors have a kind, a name, a message and a line", async () => {
      const [fail, broken] = programs.errors;
      const message = expect.stringMatching(/./) as string;
      expect(await run(programs.fail)).toEqual({
        ok: false,
        error: { kind: "error", name: fail, message, line: 2 },
        output: "",
      });
      expect(await run(programs.broken)).toEqual({
        ok: false,
        error: { kind: "syntax", name: broken, message, line: 3 },
        output: "",
      });
    });

    test("what it printed before its end is kept, up to the limit", async () => {
      const result = await run(`${programs.say("before")}\n${programs.loop}`, { timeoutMs: 300 });
      expect(result).toMatchObject({ ok: false, error: { kind: "timeout" }, output: "before\n" });
      const long = await run(programs.say("é".repeat(40_000)));
      expect(long).toMatchObject({ ok: false, error: { kind: "output" } });
      expect(long.output).toBe("é".repeat(32_768));
    });

    test("a program that is too long is a syntax error", async () => {
      expect(await run(" ".repeat(2 ** 20 + 1))).toMatchObject({ ok: false, error: { kind: "syntax" } });
    });
  });

  describe("what it is given", () => {
    test("globals are copies", async () => {
      const data = { list: [1, { deep: null }], text: "é\u2028" };
      expect(await run("data", { globals: { data } })).toEqual({ ok: true, value: data, output: "" });
    });

    test("functions look synchronous, and may take their time", async () => {
      const functions: Record<string, HostFunction> = {
        add: (a, b) => Number(a) + Number(b),
        later: async (text) => {
          await new Promise(setImmediate);
          return { text: text ?? null };
        },
        nothing: () => undefined,
      };
      expect(await run("[add(1, 2), later('x'), nothing(), add(add(1, 2), 3)]", { functions })).toMatchObject({
        value: [3, { text: "x" }, null, 6],
      });
    });

    test.each<readonly [what: string, call: HostFunction, told: string]>([
      [
        "throws",
        () => {
          throw new TypeError("bang");
        },
        "TypeError: bang",
      ],
      ["rejects", async () => Promise.reject(new RangeError("no")), "RangeError: no"],
      ["gives no JSON", () => new Date(0), "TypeError: what f gave is no JSON value"],
      ["gives NaN", () => Number.NaN, "TypeError: what f gave is no JSON value"],
      ["gives too much", () => "x".repeat(262_144), "RangeError: f gave more than 262144 characters"],
    ])("a function that %s is an error that the program can catch", async (_, f, told) => {
      expect(await run(programs.caught("f()"), { functions: { f } })).toMatchObject({ ok: true, value: told });
    });

    test("what a function takes is not the program's time", async () => {
      const wait = async (): Promise<string> => {
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        return "waited";
      };
      expect(await run("wait()", { functions: { wait }, timeoutMs: 500 })).toMatchObject({ ok: true, value: "waited" });
    });

    test("functions may be called so many times", async () => {
      let calls = 0;
      const result = await run(programs.caught("[f(), f(), f(), f(), f(), f()]"), { functions: { f: () => ++calls } });
      expect(result).toMatchObject({ value: "Error: no more than 5 calls are allowed" });
      expect(calls).toBe(5);
    });

    test.each<readonly [option: string, options: unknown]>([
      ["globals", { globals: { "a-b": 1 } }],
      ["globals", { globals: JSON.parse('{"__proto__": 1}') }],
      ["globals", { globals: { constructor: 1 } }],
      ["globals", { globals: { class: 1 } }],
      ["globals.a", { globals: { a: undefined } }],
      ["globals.a", { globals: { a: Number.NaN } }],
      ["globals.a", { globals: { a: new Date() } }],
      ["globals", { globals: { a: "x".repeat(262_144) } }],
      ["functions", { functions: { "1": () => 1 } }],
      ["functions", { functions: { a: () => 1 }, globals: { a: 1 } }],
      ["functions.a", { functions: { a: 1 } }],
      ["timeoutMs", { timeoutMs: 0 }],
      ["an option", { timeout: 1 }],
    ])("%s is checked", async (option, options) => {
      const error = await sandbox.run("1", options as SandboxRunOptions).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ where: name, option });
      expect(InvalidOptionError.is(error)).toBe(true);
    });

    test("a program is a text", async () => {
      await expect(sandbox.run(1 as never)).rejects.toMatchObject({ where: name, option: "program" });
    });
  });

  describe("giving up", () => {
    test("a signal that is aborted already", async () => {
      await expect(run(programs.one, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    });

    test("a running program is interrupted, and the next one runs", async () => {
      const controller = new AbortController();
      const begun = new Promise<void>((resolve) => {
        void run(`f()\n${programs.loop}`, { signal: controller.signal, functions: { f: () => resolve() } }).catch(
          () => undefined,
        );
      });
      await begun;
      const reason = new Error("given up");
      const other = run(programs.loop, { signal: controller.signal });
      controller.abort(reason);
      await expect(other).rejects.toBe(reason);
      expect(await run(programs.one)).toMatchObject({ ok: true });
    });

    test("a program that waits for a function is given up at once", async () => {
      const controller = new AbortController();
      const never = (): Promise<never> => {
        queueMicrotask(() => controller.abort("enough"));
        return new Promise(() => undefined);
      };
      await expect(run("f()", { signal: controller.signal, functions: { f: never } })).rejects.toBe("enough");
      expect(await run(programs.one)).toMatchObject({ ok: true });
    });

    test("programs run in the order they came, and one that is given up does not run", async () => {
      const order: string[] = [];
      const note: HostFunction = (text) => void order.push(text as string);
      const controller = new AbortController();
      const runs = ["a", "b", "c", "d"].map((text) =>
        run(`note("${text}")`, { functions: { note }, signal: text === "c" ? controller.signal : undefined }).catch(
          (reason: unknown) => reason,
        ),
      );
      controller.abort("not c");
      expect(await Promise.all(runs)).toMatchObject([{ ok: true }, { ok: true }, "not c", { ok: true }]);
      expect(order).toEqual(["a", "b", "d"]);
    });
  });

  describe("options", () => {
    test.each<readonly [option: string, options: unknown]>([
      ["timeoutMs", { timeoutMs: 0 }],
      ["timeoutMs", { timeoutMs: 600_001 }],
      ["memoryBytes", { memoryBytes: 1 }],
      ["memoryBytes", { memoryBytes: 2 ** 40 }],
      ["outputBytes", { outputBytes: -1 }],
      ["valueBytes", { valueBytes: 0 }],
      ["calls", { calls: 0.5 }],
      ["workers", { workers: 0 }],
      ["idleMs", { idleMs: -1 }],
      ["an option", { memory: 1 }],
    ])("%s is checked when the sandbox is made", (option, options) => {
      let error: unknown;
      try {
        make(options as SandboxOptions);
      } catch (thrown) {
        error = thrown;
      }
      expect(InvalidOptionError.is(error)).toBe(true);
      expect(error).toMatchObject({ where: name, option });
    });
  });

  describe("hostile programs", () => {
    let clean: ProgramResult | undefined;
    const look = (): Promise<ProgramResult> => run(programs.canary);

    test("there are at least 60", async () => {
      expect(new Set(programs.hostile.map((one) => one.program)).size).toBeGreaterThanOrEqual(60);
    });

    test.each(programs.hostile)("$name", { timeout: 60_000 }, async ({ program, ends, value }) => {
      clean ??= await look();
      expect(clean).toMatchObject({ ok: true });
      const timeoutMs = [ends].flat().includes("timeout") ? hostileMs : patientMs;
      const result = await sandbox.run(program, { timeoutMs, globals: { given: [1] }, functions: { ask: () => 1 } });
      const ended = result.ok ? "ok" : result.error.kind;
      expect([ends].flat(), JSON.stringify(result).slice(0, 500)).toContain(ended);
      if (result.ok && value !== undefined) expect(result.value).toEqual(value);
      if (!result.ok) expect(result.error.message.length).toBeLessThanOrEqual(1_000);
      expect(result.output.length).toBeLessThanOrEqual(65_536);
      expect(await look()).toEqual(clean);
    });
  });

  describe("closing", () => {
    test("rejects what runs and waits, and starts again when it is used", { timeout: 60_000 }, async () => {
      const running = run(programs.loop, { timeoutMs: 60_000 });
      const waiting = run(programs.one);
      const ended = Promise.all([running, waiting].map((one) => one.catch((reason: unknown) => reason)));
      await sandbox.close();
      for (const error of await ended) expect(ToolError.is(error)).toBe(true);
      expect(await run(programs.one)).toMatchObject({ ok: true, value: 2 });
    });
  });
  return sandbox;
}
