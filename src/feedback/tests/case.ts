/**
 * @module
 * Cases: what a program must do, tried in a sandbox.
 */
import { valueKey } from "../../answers/value-key.js";
import type { Call } from "../../core/call.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { JsonValue } from "../../core/message.js";
import { describeError, followedBy, runProgram, shorten } from "../../core/run-program.js";
import type { Sandbox } from "../../core/sandbox.js";

/** A test of a program, in its own language. */
export type TestCase =
  | {
      /** An expression, such as `add(1, 2)`. */
      readonly call: string;
      /** What it must come to. */
      readonly equals: JsonValue;
    }
  | {
      /** A program behind the one that is tested, such as `assert add(1, 2) == 3`. It must end without an error, and not come to `false`. */
      readonly run: string;
    };

/** @throws {@link InvalidOptionError} for what is neither of them */
export function checkCase(option: string, test: unknown): void {
  const { call, equals, run } = (test ?? {}) as {
    readonly call?: unknown;
    readonly equals?: unknown;
    readonly run?: unknown;
  };
  const ok = run === undefined ? filled(call) && equals !== undefined : filled(run) && call === undefined;
  if (!ok) {
    const bound =
      "a function of a response, or a case: { call: 'add(1, 2)', equals: 3 } or { run: 'assert add(1, 2) == 3' }";
    throw new InvalidOptionError("tests", option, bound, test);
  }
}

function filled(words: unknown): boolean {
  return typeof words === "string" && words.trim() !== "";
}

/** Tries a case, in a run of its own. Returns what is wrong, or `undefined` where nothing is. */
export async function runCase(
  sandbox: Sandbox,
  program: string,
  name: string,
  test: TestCase,
  call: Call,
): Promise<string | undefined> {
  const behind = "call" in test ? test.call : test.run;
  const result = await runProgram(sandbox, followedBy(sandbox, program, behind), call);
  if ("run" in test) {
    if (!result.ok) return `${name} (${describeError(result.error)})`;
    return result.value === false ? `${name} (it came to false)` : undefined;
  }
  if (!result.ok) return `${name} (${shorten(test.call)}: ${describeError(result.error)})`;
  if (valueKey(result.value) === valueKey(test.equals)) return undefined;
  return `${name} (${shorten(test.call)} gave ${show(result.value)} instead of ${show(test.equals)})`;
}

function show(value: JsonValue): string {
  return shorten(JSON.stringify(value), 120);
}
