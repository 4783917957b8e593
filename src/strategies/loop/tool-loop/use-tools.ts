/**
 * @module
 * Running the tools of one step, and keeping what they gave where budget or time end among them.
 */
import { exhaustion, type Call } from "../../../core/call.js";
import { callTools } from "../../../core/call-tools.js";
import type { ToolRules } from "../../../core/call-tools/rules.js";
import { turnOf } from "../../../core/conversation.js";
import { extend } from "../../../core/extend.js";
import type { ToolCallPart, ToolResultPart } from "../../../core/message.js";
import type { ModelRequest, ModelResponse } from "../../../core/model.js";
import type { Tool } from "../../../core/tool.js";
import type { ToolStep } from "../tool-loop.js";

/** A step, and what ended among its tools. */
export interface UsedTools {
  readonly step: ToolStep;
  readonly ended?: "budget" | "deadline";
}

/** What runs the tools that a response calls, in answer to a request. */
export type ToolUser = (
  response: ModelResponse,
  calls: readonly ToolCallPart[],
  request: ModelRequest,
  call: Call,
) => Promise<UsedTools>;

/** Makes it. */
export function toolUser(
  tools: ReadonlyMap<string, Tool>,
  onToolError: "report" | "throw",
  rules: ToolRules,
): ToolUser {
  const { concurrency, timeoutMs, retries, maxResult, approve, repeat } = rules;
  const asks = approve !== undefined || repeat !== undefined;
  // Not `async`: it is on the way of every step.
  return (response, calls, request, call) => {
    const { text } = response;
    const given: ToolResultPart[] = [];
    const onResult = (result: ToolResultPart, index: number): void => {
      given[index] = result;
    };
    const asked = asks ? extend(request, { messages: [...request.messages, turnOf(response)] }) : undefined;
    const batch = { concurrency, timeoutMs, retries, maxResult, approve, repeat, request: asked, onResult };
    return callTools(tools, calls, onToolError, call, batch).then(
      (results) => ({ step: { text, calls, results } }),
      (error: unknown) => {
        const ended = ending(error, call);
        const results = calls.map(
          ({ id, name }, index): ToolResultPart =>
            given[index] ?? { type: "tool-result", id, name, output: givenUp[ended], isError: true },
        );
        return { step: { text, calls, results }, ended };
      },
    );
  };
}

/** Why it ended: by budget or time. Anything else is thrown on. */
export function ending(error: unknown, call: Call): "budget" | "deadline" {
  const why = exhaustion(error);
  if (why === undefined || (call.scope.aborted && exhaustion(call.scope.reason) === undefined)) throw error;
  return why;
}

const givenUp = {
  budget: "It was given up before its end: the budget is spent.",
  deadline: "It was given up before its end: the time is over.",
};
