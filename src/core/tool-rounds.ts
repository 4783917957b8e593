/**
 * @module
 * Rounds of tool calls, for a layer or feedback that needs what tools say and no more: the model asks, tools answer, until it calls none.
 */
import { exhaustion, type Call } from "./call.js";
import { callTools } from "./call-tools.js";
import { turnOf } from "./conversation.js";
import { InvalidOptionError } from "./errors.js";
import { FinalShare } from "./final-share.js";
import type { ToolCallPart, ToolResultPart } from "./message.js";
import type { Model, ModelRequest, ModelResponse } from "./model.js";
import type { Tool } from "./tool.js";

/** One round: what the model called, and what the tools said. */
export interface ToolRound {
  readonly calls: readonly ToolCallPart[];
  /** In the order of the calls. */
  readonly results: readonly ToolResultPart[];
}

/** Options of {@link toolRounds}. */
export interface ToolRoundsOptions {
  readonly tools: ReadonlyMap<string, Tool>;
  /** The most rounds: at least 1. */
  readonly maxSteps: number;
  /** Output tokens kept back from the budget for what is said at the end. */
  readonly finalTokens: number;
}

/**
 * Asks a model that may call tools, and runs those it calls, until it calls none.
 *
 * Shape: a request in; the last response, which calls nothing, and the rounds before it out. What goes wrong in a tool is told to the model.
 * Cost: `maxSteps` + 1 calls at most. After `maxSteps`, or when the budget allows no further round, the model is asked to say what it has to say without
 * tools; what that needs is kept back, of a small budget half.
 *
 * @throws whatever the model throws; the end of the budget where nothing was checked yet, or where even the last words are not to be had
 */
export async function toolRounds<R extends ModelResponse>(
  next: Model<R>,
  asked: ModelRequest,
  call: Call,
  options: ToolRoundsOptions,
): Promise<{ readonly response: R; readonly rounds: readonly ToolRound[] }> {
  const { tools, maxSteps, finalTokens } = options;
  const descriptions = [...tools.values()].map(({ name, description, inputSchema }) => ({
    name,
    description,
    inputSchema,
  }));
  let request: ModelRequest = { ...asked, tools: descriptions };
  const rounds: ToolRound[] = [];
  const share = call.budget.unlimited ? undefined : new FinalShare(call, finalTokens);
  try {
    try {
      while (rounds.length < maxSteps) {
        share?.reckon(request);
        const response = await next.generate(request, call);
        share?.note();
        const { toolCalls: calls = [] } = response;
        if (calls.length === 0) return { response, rounds };
        const results = await callTools(tools, calls, "report", call);
        rounds.push({ calls, results });
        request = { ...request, messages: [...request.messages, turnOf(response), { role: "tool", content: results }] };
      }
    } catch (error) {
      const gone = call.scope.aborted && exhaustion(call.scope.reason) === undefined;
      if (gone || exhaustion(error) === undefined || rounds.length === 0) throw error;
    }
    const last = call.child("final", share && { budget: share.budget });
    return { response: await next.generate({ ...request, toolChoice: "none" }, last), rounds };
  } finally {
    share?.release();
  }
}

/**
 * Tools by name.
 *
 * @param some - says what the list must be
 * @throws {@link InvalidOptionError} for no list or an empty one, for what is no tool, and for a name that two of them have
 */
export function checkTools(where: string, tools: readonly Tool[], some: string): ReadonlyMap<string, Tool> {
  if (!Array.isArray(tools) || tools.length === 0) throw new InvalidOptionError(where, "tools", some, tools);
  const byName = new Map<string, Tool>();
  tools.forEach((tool: Partial<Tool> | null, index) => {
    const { name, inputSchema, parse, execute } = tool ?? {};
    const option = `tools[${index}]`;
    const whole =
      typeof name === "string" &&
      typeof inputSchema === "object" &&
      typeof parse === "function" &&
      typeof execute === "function";
    if (!whole) throw new InvalidOptionError(where, option, "a tool, as tool(…) makes them", tool);
    if (byName.has(name)) throw new InvalidOptionError(where, option, "a tool whose name no other has", name);
    byName.set(name, tool as Tool);
  });
  return byName;
}
