import type { ProgramResult } from "mull";
import { scriptedSandbox, type SandboxScript, type ScriptedSandboxOptions } from "mull/testing";
import { expect, test } from "vitest";

const three: ProgramResult = { ok: true, value: 3, output: "" };
const failed: ProgramResult = { ok: false, error: { kind: "error", name: "E", message: "no" }, output: "" };

test("the k-th program meets the k-th line; what was to be run is kept", async () => {
  const broke = new Error("broke");
  const sandbox = scriptedSandbox([
    three,
    failed,
    broke,
    (program, { globals }, index) => ({ ok: true, value: [program, { ...globals }, index], output: "o" }),
  ]);
  expect(await sandbox.run("a")).toBe(three);
  expect(await sandbox.run("b", { timeoutMs: 5 })).toBe(failed);
  await expect(sandbox.run("c")).rejects.toBe(broke);
  expect(await sandbox.run("d", { globals: { x: 1 } })).toEqual({ ok: true, value: ["d", { x: 1 }, 3], output: "o" });
  await expect(sandbox.run("e")).rejects.toThrow("the script ends before run 5");
  expect(sandbox.runs.map(({ program, options }) => [program, options])).toEqual([
    ["a", {}],
    ["b", { timeoutMs: 5 }],
    ["c", {}],
    ["d", { globals: { x: 1 } }],
    ["e", {}],
  ]);
  expect(sandbox.language).toBe("javascript");
  await sandbox.close();
});

test("a function decides about all; functions can be called", async () => {
  const script: SandboxScript = async (_, { functions = {} }) => ({
    ok: true,
    value: (await functions.f?.(2)) as number,
    output: "",
  });
  const sandbox = scriptedSandbox(script, { language: "python" });
  expect(sandbox.language).toBe("python");
  expect(await sandbox.run("f(2)", { functions: { f: (x) => Promise.resolve(Number(x) + 1) } })).toEqual(three);
});

test("it gives up with the signal, whether the line listens or not, and leaves no listener", async () => {
  const controller = new AbortController();
  const reason = { why: "enough" };
  const sandbox = scriptedSandbox([() => new Promise<never>(() => undefined), three]);
  const running = sandbox.run("forever", { signal: controller.signal });
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
  await expect(sandbox.run("again", { signal: controller.signal })).rejects.toBe(reason);
  expect(sandbox.runs).toHaveLength(1);
  expect(await sandbox.run("other", { signal: new AbortController().signal })).toBe(three);
});

test.each<[script: unknown, options: unknown, message: string]>([
  [[], {}, "the script must be a function, or a list of at least one line, got an empty array"],
  [three, {}, "the script must be a function, or a list of at least one line, got an object"],
  [[three], { repeat: true }, 'an option must be one of language, got "repeat"'],
  [[three], { language: "ruby" }, "language must be 'javascript' or 'python', got \"ruby\""],
])("wrong options %#", (script, options, message) => {
  expect(() => scriptedSandbox(script as SandboxScript, options as ScriptedSandboxOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `scriptedSandbox: ${message}` }),
  );
});
