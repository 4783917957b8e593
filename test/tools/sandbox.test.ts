/**
 * @module
 * The pool of workers that the sandboxes share, with an engine that only does what it is told.
 */
import { spawnSync } from "node:child_process";
import { ToolError, type Sandbox } from "mull";
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/tools/sandbox/engine.js";
import { limitsOf, type SandboxOptions } from "../../src/tools/sandbox/limits.js";
import { pool } from "../../src/tools/sandbox/pool.js";
import { resolvePackage } from "../../src/tools/sandbox/resolve.js";
import { workerSource } from "../../src/tools/sandbox/worker-source.js";
import { root } from "../house/project.js";

/** Programs are names of what it does. */
const source = workerSource(String.raw`
const { exit } = process;
let runs = 0;
async function start() {
  strip();
  return { gift: { given: (workerData.given ?? 0) + 1 }, execute: (job) => {
    runs++;
    const text = (value) => ({ ok: true, json: JSON.stringify(value) });
    switch (job.program) {
      case "runs": return text(runs);
      case "given": return text(workerData.given ?? 0);
      case "loop": for (;;); 
      case "wait": while (!due()); return { ...stopped() };
      case "broken": return { ...text(runs), broken: true };
      case "throw": throw new Error("no");
      case "exit": exit(1);
      case "memory": { const all = []; for (;;) all.push(new Array(1e5).fill(0.5)); }
      case "print": print("é"); print(new Uint8Array([0xc3])); return text(null);
      case "call": return text(ask("f", "[]"));
      case "globals": return text(["process", "require", "module", "Buffer", "fetch", "WebSocket", "setInterval", "setImmediate"].filter((name) => name in globalThis));
      case "eval": try { return text(Function("return 1")()); } catch (error) { return text(error.message); }
      default: return text(job.program);
    }
  } };
}
`);

function make(options: SandboxOptions = {}, engine: Partial<Engine> = {}): Sandbox {
  const limits = limitsOf("test", options, { least: 1, most: 2 ** 30, usual: 2 ** 20 });
  const usual: Engine = {
    name: "test",
    language: "javascript",
    source,
    needs: () => ({}),
    startMs: 20_000,
    heapMb: 32,
    eager: false,
  };
  return pool({ ...usual, ...engine }, limits);
}

describe("workers", () => {
  test("one takes all programs, one after the other", async () => {
    const sandbox = make();
    const values = await Promise.all([1, 2, 3].map(() => sandbox.run("runs")));
    expect(values).toMatchObject([{ value: 1 }, { value: 2 }, { value: 3 }]);
    await sandbox.close();
  });

  test("as many as are allowed run at once, and no more", async () => {
    const sandbox = make({ workers: 2 });
    let now = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const f = async (): Promise<null> => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2) for (const go of waiting.splice(0)) go();
      });
      now--;
      return null;
    };
    await Promise.all(Array.from({ length: 6 }, () => sandbox.run("call", { functions: { f } })));
    expect(most).toBe(2);
    await sandbox.close();
  });

  test.each(["broken", "throw", "loop", "exit"])("one that is %s is replaced", async (program) => {
    const sandbox = make({ timeoutMs: 50 });
    const ended = await sandbox.run(program).catch((reason: unknown) => reason);
    if (program === "exit") expect(ToolError.is(ended)).toBe(true);
    else if (program === "loop") expect(ended).toMatchObject({ ok: false, error: { kind: "timeout" } });
    expect(await sandbox.run("runs", { timeoutMs: 10_000 })).toMatchObject({ value: 1 });
    await sandbox.close();
  });

  test("one that takes too much of the heap ends, and the program with it", async () => {
    const sandbox = make({ timeoutMs: 20_000 });
    expect(await sandbox.run("memory")).toMatchObject({ ok: false, error: { kind: "memory" } });
    expect(await sandbox.run("runs")).toMatchObject({ value: 1 });
    await sandbox.close();
  });

  test("the first gives to those after it", async () => {
    const sandbox = make();
    expect(await sandbox.run("given")).toMatchObject({ value: 0 });
    await sandbox.run("broken");
    expect(await sandbox.run("given")).toMatchObject({ value: 1 });
    await sandbox.close();
    expect(await sandbox.run("given")).toMatchObject({ value: 1 });
    await sandbox.close();
  });

  test("one without work ends after a while", async () => {
    const sandbox = make({ idleMs: 0 });
    expect(await sandbox.run("runs")).toMatchObject({ value: 1 });
    await new Promise((resolve) => setImmediate(() => setTimeout(resolve, 5)));
    expect(await sandbox.run("runs")).toMatchObject({ value: 1 });
    await sandbox.close();
  });

  test("has nothing of Node, and makes no code of texts", async () => {
    const sandbox = make();
    expect(await sandbox.run("globals")).toMatchObject({ value: [] });
    expect(await sandbox.run("eval")).toMatchObject({ value: "code cannot be made here" });
    await sandbox.close();
  });

  test("characters that were cut are left out", async () => {
    const sandbox = make();
    expect(await sandbox.run("print")).toMatchObject({ output: "é" });
    await sandbox.close();
  });
});

describe("what does not start", () => {
  test.each<readonly [what: string, engine: Partial<Engine>, told: RegExp]>([
    [
      "a package that is missing",
      { needs: () => ({ engine: resolvePackage("test", "no-such-engine") }) },
      /no-such-engine.*npm install no-such-engine/,
    ],
    [
      "an engine that fails",
      { source: workerSource("async function start() { throw new Error('no wasm'); }") },
      /did not start: no wasm/,
    ],
    ["a source that cannot be read", { source: "const" }, /did not start/],
    ["an engine that takes too long", { source: "setInterval(() => {}, 1000)", startMs: 100 }, /longer than 100 ms/],
  ])("%s is a ToolError for all who wait", async (_, engine, told) => {
    const sandbox = make({ workers: 2 }, engine);
    const errors = await Promise.all([1, 2, 3].map(() => sandbox.run("runs").catch((reason: unknown) => reason)));
    for (const error of errors) {
      expect(ToolError.is(error)).toBe(true);
      expect((error as Error).message).toMatch(told);
    }
    await sandbox.close();
  });
});

describe("giving up", () => {
  test("while it starts", async () => {
    const sandbox = make();
    const controller = new AbortController();
    const ran = sandbox.run("runs", { signal: controller.signal });
    controller.abort("enough");
    await expect(ran).rejects.toBe("enough");
    expect(await sandbox.run("runs")).toMatchObject({ value: 1 });
    await sandbox.close();
  });

  test.each(["wait", "loop"])("while it does %s", async (program) => {
    const sandbox = make({ timeoutMs: 20_000 });
    await sandbox.run("runs");
    const controller = new AbortController();
    const ran = sandbox.run(program, { signal: controller.signal });
    controller.abort("enough");
    await expect(ran).rejects.toBe("enough");
    // The worker that ended the program itself goes on; the other one is replaced.
    expect(await sandbox.run("runs")).toMatchObject({ value: program === "wait" ? 3 : 1 });
    await sandbox.close();
  });

  test("what a function gives after that reaches no other program", async () => {
    const sandbox = make({ timeoutMs: 20_000 });
    const controller = new AbortController();
    let late: (value: string) => void = () => undefined;
    const f = (): Promise<string> =>
      new Promise((resolve) => {
        late = resolve;
        controller.abort("enough");
      });
    await expect(sandbox.run("call", { signal: controller.signal, functions: { f } })).rejects.toBe("enough");
    const next = sandbox.run("call", {
      functions: {
        f: async () => {
          late("late");
          await new Promise(setImmediate);
          return "mine";
        },
      },
    });
    expect(await next).toMatchObject({ value: { json: '"mine"' } });
    await sandbox.close();
  });

  test("listeners of the signal are taken away", async () => {
    const sandbox = make();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...args: Parameters<typeof add>) => (listeners++, add(...args))) as typeof add;
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => (
      listeners--,
      remove(...args)
    )) as typeof remove;
    await sandbox.run("runs", { signal });
    await sandbox.run("broken", { signal });
    expect(listeners).toBe(0);
    await sandbox.close();
  });
});

test("a process that used a sandbox ends by itself", { timeout: 60_000 }, () => {
  const program = `
    import { quickjs } from ${JSON.stringify(new URL("../../src/tools/quickjs.ts", import.meta.url).href)};
    const { value } = await quickjs({ idleMs: Infinity }).run("6 * 7");
    console.log(value);
  `;
  const { stdout, status } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    cwd: root,
    encoding: "utf8",
    timeout: 50_000,
  });
  expect({ stdout, status }).toEqual({ stdout: "42\n", status: 0 });
});
