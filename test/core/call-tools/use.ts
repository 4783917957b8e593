/**
 * @module
 * What the tests of running tools have in common: tools of a function, and a run in which they are called.
 */
import {
  run,
  wrap,
  type Call,
  type RunOptions,
  type Tool,
  type ToolCallPart,
  type ToolResultPart,
  type Usage,
} from "mull";
import { scripted, virtualClock, type VirtualClock } from "mull/testing";
import { callTools, type ToolBatch } from "../../../src/core/call-tools.js";

/** A tool that takes whatever it is given. */
export function plain(name: string, execute: Tool["execute"], more: Partial<Tool> = {}): Tool {
  return { name, description: "", inputSchema: {}, parse: (value) => ({ value }), execute, ...more };
}

/** A model's call of a tool. */
export function called(name: string, input: unknown = {}, id: string = name): ToolCallPart {
  return { type: "tool-call", id, name, input };
}

/** What came of a run in which tools were called. */
export interface Used {
  readonly results: readonly ToolResultPart[];
  /** What was thrown. */
  readonly error: unknown;
  readonly clock: VirtualClock;
  /** Of the call that ran the tools: nothing may be left in it. */
  readonly scope: { readonly _members?: unknown };
  readonly usage: Usage;
}

/** Runs tools inside of a run, on a clock moved by hand. */
export async function use(
  tools: readonly Tool[],
  calls: readonly ToolCallPart[],
  { onToolError = "report", ...options }: RunOptions & { readonly onToolError?: "report" | "throw" } = {},
  rules?: ToolBatch,
): Promise<Used> {
  const clock = virtualClock();
  let results: readonly ToolResultPart[] = [];
  let top: Call | undefined;
  const layer = wrap("layer", scripted(["x"]), async (_, call) => {
    top = call;
    results = await callTools(new Map(tools.map((each) => [each.name, each])), calls, onToolError, call, rules);
    return { text: "done", finishReason: "stop", usage: call.usage };
  });
  const error: unknown = await clock.until(
    run(layer, "hi", { clock, ...options }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );
  const scope = top!.scope as unknown as Used["scope"];
  return { results, error, clock, scope, usage: top!.usage };
}
