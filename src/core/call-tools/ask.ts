/**
 * @module
 * Asking whether a call may be made.
 */
import type { Call } from "../call.js";
import { InvalidOptionError } from "../errors.js";
import { race } from "../scope.js";
import type { Told } from "./perform.js";
import type { Approval, ApprovalContext, ToolRules } from "./rules.js";

/**
 * Asks one of those who may refuse a call. The answer is waited for no longer than the call lives.
 *
 * @throws {@link InvalidOptionError} for an answer that is none; what is thrown by who is asked
 */
export async function ask(
  option: "approve" | "repeat",
  { request = { messages: [] } }: ToolRules,
  call: Call,
  question: (context: ApprovalContext) => Approval | Promise<Approval>,
): Promise<Approval> {
  const inner = call.child(option, { thought: true, judging: true });
  const approval: unknown = await race(call, () => question({ request, call: inner }));
  if (typeof approval !== "boolean" && typeof approval !== "string") {
    const bound = "true, false, or a text that says why not";
    throw new InvalidOptionError("toolLoop", `what ${option} returns`, bound, approval);
  }
  return approval;
}

/** What the model is told of a call that was not allowed. */
export function refusal(name: string, approval: Approval): Told {
  const why = typeof approval === "string" && approval.trim() !== "" ? `: ${approval}` : ".";
  return { output: `The call of ${name} was not allowed${why}`, isError: true };
}
