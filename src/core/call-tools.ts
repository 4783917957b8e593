/**
 * @module
 * Running the tools that a response calls.
 */
import type { Call } from "./call.js";
import { exhaustion, open } from "./call.js";
import { ToolError } from "./errors.js";
import { InOrder } from "./in-order.js";
import type { ToolCallPart, ToolResultPart } from "./message.js";
import { race } from "./scope.js";
import { showIssues } from "./standard-schema.js";
import type { Tool } from "./tool.js";

/**
 * Runs tools, all at the same time; what they tell is told in the order of the calls.
 *
 * Shape: the calls of one response in; their results out, in the order of the calls.
 * What the model got wrong (a name, arguments) becomes a result with `isError`. So does a tool that throws, or it ends the others and is
 * thrown as a {@link ToolError}. An abort, and a budget that ends inside a tool, are thrown as they are, at once.
 */
export async function callTools(
  tools: ReadonlyMap<string, Tool>,
  calls: readonly ToolCallPart[],
  onToolError: "report" | "throw",
  call: Call,
): Promise<readonly ToolResultPart[]> {
  const batch = open(call, "");
  const order = call.listening ? new InOrder((event) => call.emit(event)) : undefined;
  try {
    return await Promise.all(
      calls.map(async ({ id, name, input }, index): Promise<ToolResultPart> => {
        const child = batch.call.child(name, { thought: true, ...(order && { onEvent: order.listener(index) }) });
        const began = call.clock.now();
        const { output, isError = false } = await attempt(tools, name, input, onToolError, child);
        if (call.listening) {
          child.emit({ type: "tool", path: child.path, name, input, output, isError, ms: call.clock.now() - began });
        }
        order?.end(index);
        return { type: "tool-result", id, name, output, ...(isError && { isError }) };
      }),
    );
  } finally {
    batch.close();
    order?.release();
  }
}

async function attempt(
  tools: ReadonlyMap<string, Tool>,
  name: string,
  input: unknown,
  onToolError: "report" | "throw",
  call: Call,
): Promise<{ readonly output: unknown; readonly isError?: boolean }> {
  const tool = tools.get(name);
  if (tool === undefined) {
    const known = [...tools.keys()].join(", ");
    return { output: `There is no tool ${JSON.stringify(name)}. The tools are: ${known}.`, isError: true };
  }
  try {
    const parsed = await race(call, () => tool.parse(input));
    if (parsed.issues !== undefined) {
      return { output: `The arguments of ${name} do not fit: ${showIssues(parsed.issues)}`, isError: true };
    }
    const output = await race(call, () => tool.execute(parsed.value, call));
    return { output: output ?? null };
  } catch (error) {
    if (call.scope.aborted) throw call.scope.reason;
    if (exhaustion(error) !== undefined) throw error;
    const why = error instanceof Error ? error.message : String(error);
    if (onToolError === "throw") throw new ToolError(name, `the tool ${name} failed: ${why}`, { cause: error });
    return { output: why, isError: true };
  }
}
