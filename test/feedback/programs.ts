/**
 * @module
 * Programs that differ, and a sandbox for them: what the tests of feedback on programs have in common.
 */
import type { JsonValue, ProgramResult } from "mull";
import { scriptedSandbox, type ScriptedSandbox } from "mull/testing";

/** A reply that holds a program. */
export const block = (source: string): string => `So:\n\`\`\`javascript\n${source}\n\`\`\``;

export const good = (value: JsonValue): ProgramResult => ({ ok: true, value, output: "" });
export const bad = (name: string, message: string = "no"): ProgramResult => ({
  ok: false,
  error: { kind: "error", name, message },
  output: "",
});

/** Programs like `f = x + 1`, of which calls like `f(3)` come to 4; `f = !TypeError` throws, and so does `f = !TypeError again`. */
export function linear(): ScriptedSandbox {
  return scriptedSandbox((program) => {
    const [, body = "", argument = ""] = /^f = (.*)\n;f\((.*)\)$/.exec(program) ?? [];
    if (body.startsWith("!")) return bad(body.slice(1).split(" ")[0]!);
    if (argument === "") return bad("SyntaxError");
    const x = Number(argument);
    const [, factor = "1", addend = "0"] = /^(?:(-?\d+) \* )?x(?: \+ (-?\d+))?$/.exec(body) ?? [];
    return good(body === "abs x" ? Math.abs(x) : Number(factor) * x + Number(addend));
  });
}
