/**
 * @module
 * Sandboxes: where programs run that nobody has to trust, such as those that a model writes.
 */
import type { JsonValue } from "./message.js";

/**
 * What a program may ask of its host. It may wait; the time it takes is not the program's. Its arguments are JSON values, whatever types it says they have: what comes from a
 * program is to be checked like any other input.
 */
export type HostFunction = {
  /** Written as a method, so that a function may say which JSON values it takes: `(item: string) => …`. */
  call(...args: readonly JsonValue[]): unknown;
}["call"];

/** What a program gets. */
export interface SandboxRunOptions {
  /** Gives the program up. A {@link Call} has one. */
  readonly signal?: AbortSignal | undefined;
  /** Variables it finds, by name: copies of JSON values. */
  readonly globals?: Readonly<Record<string, JsonValue>> | undefined;
  /** Functions it may call, by name. They look synchronous to the program; what they throw is an error that it can catch. */
  readonly functions?: Readonly<Record<string, HostFunction>> | undefined;
  /** The longest it may run, what host functions take left out: milliseconds, at least 1. @defaultValue the sandbox's own limit */
  readonly timeoutMs?: number | undefined;
}

/** Why a program failed. */
export interface ProgramError {
  /**
   * `'syntax'`: it could not be read; `'error'`: it threw; `'timeout'`, `'memory'`, `'output'`: it went past a limit; `'value'`: what it came to is no
   * JSON value.
   */
  readonly kind: "syntax" | "error" | "timeout" | "memory" | "output" | "value";
  /** The class of what was thrown: `'TypeError'`, `'ZeroDivisionError'`, … */
  readonly name: string;
  readonly message: string;
  /** Where in the program, from 1, if that is known. */
  readonly line?: number | undefined;
}

/** What became of a program. A failing program is a value, not an exception. */
export type ProgramResult =
  | {
      readonly ok: true;
      /** What its last expression came to; `null` where there is none. */
      readonly value: JsonValue;
      /** What it printed. */
      readonly output: string;
    }
  | { readonly ok: false; readonly error: ProgramError; readonly output: string };

/** Runs programs. Nothing of one run is left for the next. */
export interface Sandbox {
  /** What the programs are written in, as it stands behind the backquotes of a code block. */
  readonly language: "javascript" | "python";
  /**
   * Runs a program to its end, or to a limit.
   *
   * @throws the signal's reason when it is given up; `ToolError` where the sandbox itself cannot start or broke
   */
  run(program: string, options?: SandboxRunOptions): Promise<ProgramResult>;
  /** Ends its workers. It starts new ones when it is used again. */
  close(): Promise<void>;
}
