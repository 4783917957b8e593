/**
 * @module
 * Tools: the model asks, tools answer, until it has what it needs.
 */
import { exhaustion, type Call } from "../../core/call.js";
import type { Amount } from "../../core/amounts.js";
import type { Budget } from "../../core/budget.js";
import { callTools } from "../../core/call-tools.js";
import { turnOf } from "../../core/conversation.js";
import { estimateTokens } from "../../core/estimate.js";
import { CapabilityError, InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Message, ToolCallPart, ToolResultPart } from "../../core/message.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import type { Tool } from "../../core/tool.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link toolLoop}. */
export interface ToolLoopOptions {
  /** At least one; each name once. */
  readonly tools: readonly Tool[];
  /** The most rounds of tool calls: whole, at least 1. @defaultValue 10 */
  readonly maxSteps?: number | undefined;
  /** A tool that throws: tell the model, or throw a {@link ToolError}. @defaultValue `'report'` */
  readonly onToolError?: "report" | "throw" | undefined;
  /** Output tokens kept back from the budget for the final answer: whole, at least 1. @defaultValue 512 */
  readonly finalTokens?: number | undefined;
}

/** One round: what the model asked of its tools, and what they said. */
export interface ToolStep {
  /** What the model wrote beside its calls. */
  readonly text: string;
  readonly calls: readonly ToolCallPart[];
  /** In the order of the calls. */
  readonly results: readonly ToolResultPart[];
}

/** The final response, with the steps that led to it. */
export type ToolRun<R extends ModelResponse = ModelResponse> = R & {
  readonly steps: readonly ToolStep[];
  readonly stopped: StopReason;
};

/**
 * Gives the model tools, runs those it calls, and shows it the results, until it answers without calling any.
 *
 * Shape: one response in; the last response out, with all `steps`. The calls of one response run at the same time; results go back in their order.
 * Cost: `maxSteps` + 1 calls at most, and what the tools call.
 * Arguments that do not fit the tool's schema, and names of tools that do not exist, are answered with the complaint. After `maxSteps`, or when
 * the budget does not allow another step, the model is asked for its final answer without tools (`stopped` is `'limit'` or `'budget'`); for that
 * call one call, `finalTokens` and the price of a step are kept back, of a small budget half. If even that call is not to be had, what the model
 * wrote last is returned, where it wrote anything. A response that calls a tool of the request itself, which only the caller can run, is returned
 * as it is.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a request that has a tool of the same name
 * @throws {@link CapabilityError} when the stack is built, for a model that cannot call tools
 * @throws {@link ToolError} for a tool that throws, with `onToolError: 'throw'`
 * @see Yao et al. 2022, arXiv:2210.03629 (ReAct). Deviation: native tool calls instead of text that is parsed.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), toolLoop({ tools: [calculator()] }));
 * const { answer, steps } = await run(solver, "What is 17 % of 2,350?");
 */
export function toolLoop(options: ToolLoopOptions): <R extends ModelResponse>(next: Model<R>) => Model<ToolRun<R>> {
  checkOptions("toolLoop", options, ["tools", "maxSteps", "onToolError", "finalTokens"]);
  const { tools, maxSteps = 10, onToolError = "report", finalTokens = 512 } = options;
  const byName = checkTools(tools);
  checkInteger("toolLoop", "maxSteps", maxSteps, 1);
  checkInteger("toolLoop", "finalTokens", finalTokens, 1);
  if (!["report", "throw"].includes(onToolError)) {
    throw new InvalidOptionError("toolLoop", "onToolError", "'report' or 'throw'", onToolError);
  }
  const descriptions = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));

  return <R extends ModelResponse>(next: Model<R>): Model<ToolRun<R>> => {
    if (next.capabilities.tools === false) {
      throw new CapabilityError("tools", next.id, `toolLoop needs a model that calls tools, and ${next.id} does not`);
    }

    const loop = async (asked: ModelRequest, call: Call): Promise<ToolRun<R>> => {
      const theirs = new Set(asked.tools?.map(({ name }) => name));
      const clash = tools.find(({ name }) => theirs.has(name));
      if (clash)
        throw new InvalidOptionError(
          "toolLoop",
          "a tool of the request",
          "one whose name no tool of the loop has",
          clash.name,
        );

      let request: ModelRequest = { ...asked, tools: [...(asked.tools ?? []), ...descriptions] };
      const steps: ToolStep[] = [];
      let last: R | undefined;
      let stopped: StopReason = "limit";
      /** The most money that a step took; 0 where none is known. */
      let dearest = 0;
      let kept: Readonly<Amount> = { calls: 0, tokens: 0, outputTokens: 0, usd: 0 };
      const hold = call.budget.unlimited ? undefined : call.budget.hold({});
      try {
        try {
          while (steps.length < maxSteps) {
            if (hold !== undefined) {
              const needed = {
                calls: 1,
                tokens: estimateTokens(request) + finalTokens,
                outputTokens: finalTokens,
                usd: dearest || (alone(call.budget) ? Infinity : 0),
              };
              hold.resize((kept = share(needed, hold.budget.left, kept)));
            }
            const before = call.usage.usd ?? 0;
            last = await next.generate(request, call);
            dearest = Math.max(dearest, (call.usage.usd ?? 0) - before);
            const { toolCalls: calls = [], text } = last;
            if (calls.length === 0 || calls.some(({ name }) => theirs.has(name)))
              return extend(last, { steps, stopped: last.stopped ?? "done" });
            const results = await callTools(byName, calls, onToolError, call);
            steps.push({ text, calls, results });
            const messages: Message[] = [...request.messages, turnOf(last), { role: "tool", content: results }];
            // Whoever required a call has had one.
            request = { ...request, messages, ...(request.toolChoice !== undefined && { toolChoice: "auto" }) };
          }
        } catch (error) {
          stopped = ending(error, call);
        }
        const final = call.child("final", hold && { budget: hold.budget });
        const response = await next.generate({ ...request, toolChoice: "none" }, final);
        return extend(withoutCalls(response), { steps, stopped });
      } catch (error) {
        const why = ending(error, call);
        if (last === undefined || last.text === "") throw error;
        return extend(withoutCalls(last), { steps, stopped: stopped === "limit" ? why : stopped });
      } finally {
        hold?.release();
      }
    };

    return wrap("toolLoop", next, loop, {
      outline: {
        detail: `${tools.map(({ name }) => name).join(", ")}; maxSteps = ${maxSteps}`,
        cost: (inner, inputTokens, outputTokens) => {
          let calls = 0;
          let tokens = 0;
          for (let step = 0; step <= maxSteps; step++) {
            const cost = inner(inputTokens + step * (outputTokens + resultTokens));
            calls += cost.calls;
            tokens += cost.tokens;
          }
          return { calls, tokens };
        },
      },
    });
  };
}

/** What the results of one step add to a prompt, for the outline. */
const resultTokens = 200;

/** What is kept back for the final answer: what it needs, but not more than half of what is left; yet not less than was kept back before. */
function share(needed: Readonly<Amount>, left: Readonly<Amount>, before: Readonly<Amount>): Readonly<Amount> {
  const part = (name: keyof Amount, half: number): number =>
    left[name] === Infinity ? 0 : Math.min(needed[name], Math.max(before[name], half));
  return {
    calls: part("calls", left.calls),
    tokens: part("tokens", Math.floor(left.tokens / 2)),
    outputTokens: part("outputTokens", Math.floor(left.outputTokens / 2)),
    usd: part("usd", left.usd / 2),
  };
}

/** Does nobody else spend, or keep back, money of this budget now? Else the first step, whose price is not known, keeps nothing back. */
function alone({ limits, spent, left }: Budget): boolean {
  return limits.usd === undefined || left.usd >= limits.usd - spent.usd - 1e-9;
}

/** The response without the calls in it: they were answered, or nobody answers them. */
function withoutCalls<R extends ModelResponse>(response: R): R {
  const { content } = response;
  if ((response.toolCalls?.length ?? 0) === 0) return response;
  return extend(response, {
    finishReason: "other",
    toolCalls: [],
    ...(content !== undefined && { content: content.filter(({ type }) => type !== "tool-call") }),
  });
}

/** Why it ended: by budget or time. Anything else is thrown on. */
function ending(error: unknown, call: Call): "budget" | "deadline" {
  const why = exhaustion(error);
  if (why === undefined || (call.scope.aborted && exhaustion(call.scope.reason) === undefined)) throw error;
  return why;
}

function checkTools(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  if (!Array.isArray(tools) || tools.length === 0) {
    throw new InvalidOptionError("toolLoop", "tools", "a list of at least one tool", tools);
  }
  const byName = new Map<string, Tool>();
  tools.forEach((tool: Partial<Tool> | null, index) => {
    const { name, inputSchema, parse, execute } = tool ?? {};
    if (
      typeof name !== "string" ||
      typeof inputSchema !== "object" ||
      typeof parse !== "function" ||
      typeof execute !== "function"
    ) {
      throw new InvalidOptionError("toolLoop", `tools[${index}]`, "a tool, as tool(…) makes them", tool);
    }
    if (byName.has(name))
      throw new InvalidOptionError("toolLoop", `tools[${index}]`, "a tool whose name no other has", name);
    byName.set(name, tool as Tool);
  });
  return byName;
}
