/**
 * @module
 * What workers say, and what they are answered. A program may have forged any of it.
 */
import type { JsonValue } from "../../core/message.js";
import type { HostFunction, ProgramError, ProgramResult } from "../../core/sandbox.js";
import { isJson, type Limits } from "./limits.js";

/** How a start went. */
export type Ready =
  { readonly type: "ready"; readonly gift: object | undefined } | { readonly type: "failed"; readonly message: string };

/** What a program came to, as its worker tells it. */
export type Told = { readonly broken?: boolean } & (
  { readonly ok: true; readonly json: string } | ({ readonly ok: false } & ProgramError)
);

/** What a worker says while a program runs. */
export type FromWorker =
  | { readonly type: "call"; readonly id: number; readonly name: string; readonly args: string }
  | { readonly type: "done"; readonly result: Told };

const kinds: readonly string[] = ["syntax", "error", "timeout", "memory", "output", "value"];

/** What became of a program, with a shape that can be relied on. */
export function read(told: Told, output: string): ProgramResult {
  if (told.ok) {
    try {
      const value: unknown = JSON.parse(told.json);
      if (isJson(value)) return { ok: true, value, output };
    } catch {
      // What follows is the answer.
    }
    return { ok: false, error: { kind: "value", name: "TypeError", message: "its value cannot be read" }, output };
  }
  const { name, message, line } = told;
  const kind = kinds.includes(told.kind) ? told.kind : "error";
  const known = Number.isSafeInteger(line) && Number(line) > 0;
  return { ok: false, error: { kind, name, message, ...(known ? { line } : {}) }, output };
}

/** Calls a function of the host. What goes wrong is told to the program. */
export async function answer(
  name: string,
  args: string,
  functions: Readonly<Record<string, HostFunction>>,
  limits: Limits,
): Promise<{ readonly json: string } | { readonly name: string; readonly message: string }> {
  try {
    const call = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (call === undefined) throw new TypeError(`${name} is no function`);
    const value: unknown = (await call(...(JSON.parse(args) as JsonValue[]))) ?? null;
    if (!isJson(value)) throw new TypeError(`what ${name} gave is no JSON value`);
    const json = JSON.stringify(value);
    if (json.length > limits.valueBytes) throw new RangeError(`${name} gave more than ${limits.valueBytes} characters`);
    return { json };
  } catch (error) {
    const told = error instanceof Error ? error : new Error(String(error));
    return { name: told.name.slice(0, 100), message: told.message.slice(0, 1_000) };
  }
}
