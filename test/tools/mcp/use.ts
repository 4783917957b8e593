/**
 * @module
 * Using a tool inside a run, as a loop does.
 */
import { run, wrap, type Call, type RunOptions, type Tool, type ToolResultPart } from "mull";
import { scripted } from "mull/testing";
import { callTools } from "../../../src/core/call-tools.js";

/** What the model is told of one call of a tool. */
export async function use(
  tools: readonly Tool[],
  name: string,
  input: unknown = {},
  { onToolError = "report", ...options }: RunOptions & { readonly onToolError?: "report" | "throw" } = {},
): Promise<ToolResultPart> {
  let told: ToolResultPart | undefined;
  await inside(async (call) => {
    const byName = new Map(tools.map((tool) => [tool.name, tool]));
    [told] = await callTools(byName, [{ type: "tool-call", id: "1", name, input }], onToolError, call);
  }, options);
  return told!;
}

/** Does something with the call of a run. */
export async function inside(work: (call: Call) => Promise<void>, options: RunOptions = {}): Promise<void> {
  const model = wrap("test", scripted(["done"]), async (request, call) => {
    await work(call);
    return scripted(["done"]).generate(request, call);
  });
  await run(model, "?", options);
}
