/**
 * @module
 * Tools: the model asks, tools answer, until it has what it needs.
 */
import { textProtocol } from "../../answers/text-protocol.js";
import type { Call } from "../../core/call.js";
import type { Approve, Repeat } from "../../core/call-tools/rules.js";
import { turnOf, withoutCalls } from "../../core/conversation.js";
import { CapabilityError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import { FinalShare } from "../../core/final-share.js";
import type { Message, ToolCallPart, ToolResultPart } from "../../core/message.js";
import type { Model, ModelRequest, ModelResponse, StopReason, Warning } from "../../core/model.js";
import type { Tool } from "../../core/tool.js";
import { wrap } from "../../core/wrap.js";
import { checkToolLoop, checkToolRequest } from "./tool-loop/checks.js";
import { ending, toolUser } from "./tool-loop/use-tools.js";

/** Options of {@link toolLoop}. */
export interface ToolLoopOptions {
  /** At least one; each name once. */
  readonly tools: readonly Tool[];
  /** The most rounds of tool calls: whole, at least 1. @defaultValue 10 */
  readonly maxSteps?: number | undefined;
  /**
   * How the model calls tools: `'native'`, as its provider has it, or `'text'`, as ReAct writes it.
   * @defaultValue `'auto'`: text, with a warning, where the model's capabilities say that it has no tools
   */
  readonly protocol?: "auto" | "native" | "text" | undefined;
  /** For the first step, where the request says nothing: `'required'`, or the tool it must call. @defaultValue `'auto'` */
  readonly toolChoice?: "auto" | "required" | { readonly name: string } | undefined;
  /** How many tools at a time: whole, at least 1. @defaultValue all that a response calls */
  readonly concurrency?: number | undefined;
  /** The longest that a tool may take, in ms on the run's clock: at least 1. A tool may have its own. @defaultValue no limit */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first, for a tool that throws or takes too long: whole, at least 0. A tool may have its own. @defaultValue 0 */
  readonly retries?: number | undefined;
  /** Characters of a result that the model gets to read: whole, at least 1, or `Infinity`. A tool may have its own. @defaultValue 20,000 */
  readonly maxResult?: number | undefined;
  /** Asked before every call that is about to be made; it may wait for a person. @defaultValue every call is allowed */
  readonly approve?: Approve | undefined;
  /** Asked before a tool with an `effect` does again what was done before in the run. @defaultValue it is not done again */
  readonly repeat?: Repeat | undefined;
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
  /** All that was said after the request, the final answer at its end: behind the messages of the request it is a conversation that can go on. */
  readonly transcript: readonly Message[];
  readonly stopped: StopReason;
};

/**
 * Gives the model tools, runs those it calls, and shows it the results, until it answers without calling any.
 *
 * Shape: one response in; the last response out, with all `steps` and the `transcript`. The calls of one response run at the same time, as far as
 * `concurrency` goes; results go back in their order.
 * Cost: `maxSteps` + 1 calls at most, and what the tools call.
 * What goes wrong with a call is answered in its result, for the model to mend: arguments that do not fit, names of tools that do not exist, tools that
 * throw, take longer than `timeoutMs` or are not approved. After `maxSteps`, or when the budget does not allow another step, the model is asked for its final
 * answer without tools (`stopped` is `'limit'` or `'budget'`); for that call one call, `finalTokens` and the price of a step are kept back, of a small budget
 * half. A last step whose results leave no room for an answer is left out then. If even that call is not to be had, what the model wrote last is returned, where it wrote anything. A response that calls a tool of the request
 * itself, which only the caller can run, is returned as it is.
 * A tool with an `effect` runs once in a run for calls with the same arguments, whoever makes them: another step, another sample, a revised draft, a retry; and with others
 * for one loop only. What was done is told instead, unless `repeat` allows it again. Over samples that vote, calls are voted on before any is made.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a request that has a tool of the same name, or demands one that does not exist
 * @throws {@link CapabilityError} when the stack is built, for a model that cannot call tools, with `protocol: 'native'`
 * @throws {@link ToolError} for a tool that throws, with `onToolError: 'throw'`
 * @throws what `approve` and `repeat` throw
 * @see Yao et al. 2022, arXiv:2210.03629 (ReAct). Deviation: native tool calls where the model has them, text that is parsed elsewhere.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), toolLoop({ tools: [calculator()] }));
 * const { answer, steps } = await run(solver, "What is 17 % of 2,350?");
 */
export function toolLoop(options: ToolLoopOptions): <R extends ModelResponse>(next: Model<R>) => Model<ToolRun<R>> {
  const byName = checkToolLoop(options);
  const { tools, maxSteps = 10, protocol = "auto", toolChoice, onToolError = "report", finalTokens = 512 } = options;
  const { concurrency, timeoutMs, retries, maxResult = 20_000, approve, repeat } = options;
  const use = toolUser(byName, onToolError, { concurrency, timeoutMs, retries, maxResult, approve, repeat });
  const descriptions = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));

  return <R extends ModelResponse>(next: Model<R>): Model<ToolRun<R>> => {
    const lacking = next.capabilities.tools === false;
    if (lacking && protocol === "native") {
      throw new CapabilityError("tools", next.id, `toolLoop needs a model that calls tools, and ${next.id} does not`);
    }
    const model = protocol === "text" || (lacking && protocol === "auto") ? textProtocol(next) : next;
    const downgrade = lacking && protocol === "auto" ? downgradeOf(next) : undefined;

    const loop = async (asked: ModelRequest, call: Call): Promise<ToolRun<R>> => {
      const theirs = new Set(asked.tools?.map(({ name }) => name));
      checkToolRequest(asked, byName, theirs);
      if (downgrade !== undefined && call.listening) {
        call.emit({ type: "downgrade", path: call.path, capability: "tools", message: downgrade.message });
      }

      let request: ModelRequest = {
        ...asked,
        tools: [...(asked.tools ?? []), ...descriptions],
        ...(toolChoice !== undefined && { toolChoice: asked.toolChoice ?? toolChoice }),
      };
      const steps: ToolStep[] = [];
      const said: Message[] = [];
      const end = (response: R, stopped: StopReason): ToolRun<R> => {
        const run = extend(response, { steps, transcript: [...said, turnOf(response)], stopped });
        if (downgrade === undefined) return run;
        return extend(run, { warnings: [...(response.warnings ?? []), downgrade] });
      };
      /** The request with one more step. */
      const goOn = (response: R, step: ToolStep): ModelRequest => {
        steps.push(step);
        const turns: readonly Message[] = [turnOf(response), { role: "tool", content: step.results }];
        said.push(...turns);
        const messages = [...request.messages, ...turns];
        // Whoever required a call has had one.
        return extend(
          request,
          request.toolChoice === undefined ? { messages } : { messages, toolChoice: "auto" as const },
        );
      };

      /** Without the last step. */
      let shorter = request;
      let last: R | undefined;
      let stopped: StopReason = "limit";
      const share = call.budget.unlimited ? undefined : new FinalShare(call, finalTokens);
      try {
        try {
          while (steps.length < maxSteps && stopped === "limit") {
            share?.reckon(request);
            const response = await model.generate(request, call);
            share?.note();
            last = asked.toolChoice === "none" ? withoutCalls(response) : response;
            const { toolCalls: calls = [] } = last;
            if (calls.length === 0 || calls.some(({ name }) => theirs.has(name)))
              return end(last, last.stopped ?? "done");
            const { step, ended } = await use(last, calls, request, call);
            shorter = request;
            request = goOn(last, step);
            stopped = ended ?? stopped;
          }
        } catch (error) {
          stopped = ending(error, call);
        }
        const final = call.child("final", share && { budget: share.budget });
        const whole = share === undefined || share.fits(request);
        const response = await model.generate({ ...(whole ? request : shorter), toolChoice: "none" }, final);
        return end(withoutCalls(response), stopped);
      } catch (error) {
        const why = ending(error, call);
        if (last === undefined || last.text === "") throw error;
        return end(withoutCalls(last), stopped === "limit" ? why : stopped);
      } finally {
        share?.release();
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

function downgradeOf({ id }: Model): Warning {
  const message = `${id} does not call tools: it is asked to write its calls as text`;
  return { code: "downgrade", message, capability: "tools" };
}
