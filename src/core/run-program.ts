/**
 * @module
 * Running a program within a call, and saying in words what became of it.
 */
import type { Call } from "./call.js";
import { InvalidOptionError } from "./errors.js";
import type { ProgramError, SandboxRunOptions, ProgramResult, Sandbox } from "./sandbox.js";
import { race } from "./scope.js";

/** Runs a program in a sandbox, for no longer than the call lives. */
export function runProgram(
  sandbox: Sandbox,
  program: string,
  call: Call,
  options: Omit<SandboxRunOptions, "signal"> = {},
): Promise<ProgramResult> {
  return race(call, () => sandbox.run(program, { ...options, signal: call.signal }));
}

/** A program with more behind it, such as a call whose value is asked for. */
export function followedBy({ language }: Sandbox, program: string, words: string): string {
  // A bracket at the start of a line would go on with the line before.
  return language === "javascript" ? `${program}\n;${words}` : `${program}\n${words}`;
}

/** What went wrong: `'ZeroDivisionError: division by zero'`, `'it ran too long'`. */
export function describeError({ kind, name, message }: ProgramError): string {
  const limit = limits[kind];
  return shorten(limit ?? (message === "" ? name : `${name}: ${message}`));
}

const limits: Readonly<Partial<Record<ProgramError["kind"], string>>> = {
  timeout: "it ran too long",
  memory: "it took too much memory",
  output: "it printed too much",
};

/** The first of many words. */
export function shorten(words: string, most: number = 300): string {
  return words.length <= most ? words : `${words.slice(0, most).trimEnd()}…`;
}

/** @throws {@link InvalidOptionError} for what is no sandbox */
export function checkSandbox(where: string, sandbox: unknown): void {
  const { language, run } = (sandbox ?? {}) as Partial<Sandbox>;
  if (typeof run !== "function" || typeof language !== "string")
    throw new InvalidOptionError(where, "sandbox", "a sandbox, such as quickjs() or python()", sandbox);
}
