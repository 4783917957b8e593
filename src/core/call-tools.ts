/**
 * @module
 * Running the tools that a response calls.
 */
import type { Call } from "./call.js";
import { open } from "./call.js";
import { ask, refusal } from "./call-tools/ask.js";
import { once } from "./call-tools/once.js";
import { failure, perform, type Told } from "./call-tools/perform.js";
import type { ToolRules } from "./call-tools/rules.js";
import { extend } from "./extend.js";
import { InOrder } from "./in-order.js";
import type { ToolCallPart, ToolResultPart } from "./message.js";
import { race, ScopeClosed } from "./scope.js";
import { showIssues, type StandardResult } from "./standard-schema.js";
import type { Tool } from "./tool.js";

/** How tools are run, and who hears of each result. */
export interface ToolBatch extends ToolRules {
  /** Gets every result as it comes, with its place among the calls: for whoever goes on without the others. */
  readonly onResult?: ((result: ToolResultPart, index: number) => void) | undefined;
}

/**
 * Runs tools, at the same time as far as `concurrency` goes; what they tell is told in the order of the calls.
 *
 * Shape: the calls of one response in; their results out, in the order of the calls.
 * What the model got wrong (a name, arguments) becomes a result with `isError`, and so does a call that is not approved. So does a tool that throws, or it ends
 * the others and is thrown as a {@link ToolError}. An abort, and a budget that ends inside a tool, are thrown as they are, at once. Tools with an `effect`
 * run once for all who call them in a run; `call` tells loops apart.
 */
export async function callTools(
  tools: ReadonlyMap<string, Tool>,
  calls: readonly ToolCallPart[],
  onToolError: "report" | "throw",
  call: Call,
  rules: ToolBatch = {},
): Promise<readonly ToolResultPart[]> {
  const { concurrency = Infinity, onResult } = rules;
  const batch = open(call, "");
  const order = call.listening ? new InOrder((event) => call.emit(event)) : undefined;

  const answer = async (part: ToolCallPart, index: number): Promise<ToolResultPart> => {
    const { id, name, input } = part;
    if (batch.call.scope.aborted) throw batch.call.scope.reason;
    const onEvent = order?.listener(index);
    const child = batch.call.child(name, onEvent === undefined ? thought : { thought: true, onEvent });
    const began = call.clock.now();
    const { output, isError = false, files } = await attempt(tools, part, onToolError, rules, child, call);
    // Who was given up tells nothing more.
    if (batch.call.scope.aborted) throw batch.call.scope.reason;
    const plain: ToolResultPart = { type: "tool-result", id, name, output };
    const result = isError || files ? extend(plain, { ...(isError && { isError }), ...(files && { files }) }) : plain;
    if (call.listening) {
      child.emit({ type: "tool", path: child.path, name, input, output, isError, ms: call.clock.now() - began });
    }
    order?.end(index);
    onResult?.(result, index);
    return result;
  };

  try {
    return await (calls.length <= concurrency ? Promise.all(calls.map(answer)) : inTurns(concurrency, calls, answer));
  } catch (error) {
    // Those too that are just about to begin.
    batch.abort(new ScopeClosed());
    throw error;
  } finally {
    batch.close();
    order?.release();
  }
}

async function attempt(
  tools: ReadonlyMap<string, Tool>,
  part: ToolCallPart,
  onToolError: "report" | "throw",
  rules: ToolRules,
  call: Call,
  loop: Call,
): Promise<Told> {
  const { id, name, input } = part;
  const { approve } = rules;
  const tool = tools.get(name);
  if (tool === undefined) {
    const known = [...tools.keys()].join(", ");
    return { output: `There is no tool ${JSON.stringify(name)}. The tools are: ${known}.`, isError: true };
  }
  let parsed: StandardResult<unknown>;
  try {
    parsed = await race(call, () => tool.parse(input));
  } catch (error) {
    if (call.scope.aborted) throw call.scope.reason;
    return failure(name, error, onToolError);
  }
  if (parsed.issues !== undefined) {
    return { output: `The arguments of ${name} do not fit: ${showIssues(parsed.issues)}`, isError: true };
  }
  const { value } = parsed;
  if (tool.effect === true) return once(tool, value, part, onToolError, rules, call, loop);
  if (approve !== undefined) {
    const approval = await ask("approve", rules, call, (context) => approve({ tool, id, input: value }, context));
    if (approval !== true) return refusal(name, approval);
  }
  return perform(tool, value, onToolError, rules, call);
}

const thought = { thought: true };

/** Does `most` of them at a time, begun in their order. */
async function inTurns<T, Out>(
  most: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<Out>,
): Promise<readonly Out[]> {
  const done: Out[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      done[index] = await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  return done;
}
