/**
 * @module
 * Checks of what a tool loop is given.
 */
import { InvalidOptionError } from "../../../core/errors.js";
import type { ModelRequest } from "../../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../../core/options.js";
import { checkTools } from "../../../core/tool-rounds.js";
import type { Tool } from "../../../core/tool.js";
import type { ToolLoopOptions } from "../tool-loop.js";

const known = [
  "tools",
  "maxSteps",
  "protocol",
  "toolChoice",
  "concurrency",
  "timeoutMs",
  "retries",
  "maxResult",
  "approve",
  "repeat",
  "onToolError",
  "finalTokens",
] satisfies readonly (keyof ToolLoopOptions)[];

/** The tools by name; throws for an option that is wrong. */
export function checkToolLoop(options: ToolLoopOptions): ReadonlyMap<string, Tool> {
  checkOptions("toolLoop", options, known);
  const byName = checkTools("toolLoop", options.tools, "a list of at least one tool");
  const { protocol, onToolError, timeoutMs, toolChoice } = options;
  for (const name of ["maxSteps", "finalTokens", "concurrency", "maxResult", "retries"] as const) {
    const value = options[name];
    const endless = value === Infinity && (name === "concurrency" || name === "maxResult");
    if (value !== undefined && !endless) checkInteger("toolLoop", name, value, name === "retries" ? 0 : 1);
  }
  if (timeoutMs !== undefined) checkNumber("toolLoop", "timeoutMs", timeoutMs, 1);
  for (const name of ["approve", "repeat"] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== "function")
      throw new InvalidOptionError("toolLoop", name, "a function of a call", value);
  }
  checkOneOf("protocol", protocol, ["auto", "native", "text"]);
  checkOneOf("onToolError", onToolError, ["report", "throw"]);
  const named = toolChoice as { readonly name?: string } | string | null | undefined;
  const { name = named } = typeof named === "object" && named !== null ? named : {};
  if (name !== undefined && !(named === name ? ["auto", "required"] : [...byName.keys()]).includes(name as string))
    throw new InvalidOptionError("toolLoop", "toolChoice", "'auto', 'required', or { name } of a tool", name);
  return byName;
}

/** Throws for a request with a tool of the same name, or one that asks for a tool that does not exist. */
export function checkToolRequest(
  request: ModelRequest,
  ours: ReadonlyMap<string, Tool>,
  theirs: ReadonlySet<string>,
): void {
  for (const name of theirs) {
    if (ours.has(name))
      throw new InvalidOptionError("toolLoop", "a tool of the request", "one whose name no tool of the loop has", name);
  }
  const { toolChoice } = request;
  if (typeof toolChoice !== "object" || ours.has(toolChoice.name) || theirs.has(toolChoice.name)) return;
  const names = [...theirs, ...ours.keys()].join(", ");
  throw new InvalidOptionError(
    "toolLoop",
    "toolChoice of the request",
    `the name of a tool (${names})`,
    toolChoice.name,
  );
}

function checkOneOf(option: string, value: string | undefined, values: readonly string[]): void {
  if (value === undefined || values.includes(value)) return;
  const listed = values.map((each) => `'${each}'`);
  const bound = `${listed.slice(0, -1).join(", ")} or ${listed.at(-1)}`;
  throw new InvalidOptionError("toolLoop", option, bound, value);
}
