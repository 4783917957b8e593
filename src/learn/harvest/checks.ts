/**
 * @module
 * Asking feedback about solutions, some at a time, within the budget of the harvest.
 */
import { exhaustion, type Call, type CallNode } from "../../core/call.js";
import { CapabilityError, InvalidOptionError } from "../../core/errors.js";
import type { Feedback, Verdict } from "../../core/feedback.js";
import { inTurn } from "../../core/in-turn.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "../../core/model.js";
import { race } from "../../core/scope.js";
import type { Entry } from "./questions.js";

/** What is asked about each solution. */
export interface Checks<R extends ModelResponse> {
  /** Is its answer right? @defaultValue that is known */
  readonly truth: Feedback<R> | undefined;
  /** Is the way to it right? Asked about right answers alone. */
  readonly reason: Feedback<R> | undefined;
  readonly model: Model;
  readonly concurrency: number;
}

/** A solution that is to be checked. */
export interface Task<R extends ModelResponse> {
  readonly request: ModelRequest;
  readonly entry: Entry<R>;
}

/** Checks all solutions, in their order. Those that the budget does not reach are dropped as `'unchecked'`. */
export async function check<R extends ModelResponse>(
  call: Call,
  tasks: readonly Task<R>[],
  { truth, reason, model, concurrency }: Checks<R>,
): Promise<StopReason> {
  let begun = 0;
  let stopped: StopReason = "done";
  const ask = async (feedback: Feedback<R>, { request, entry }: Task<R>, inner: Call): Promise<boolean> => {
    const { solution, round } = entry;
    const given = await race(inner, () => feedback(solution.response, { request, call: inner, model, round }));
    const { ok } = Object(given) as Partial<Verdict>;
    if (typeof ok === "boolean") return ok;
    throw new InvalidOptionError("harvest", "what feedback returns", "a verdict such as { ok: false }", given);
  };
  const begin = async (
    task: Task<R>,
    inside: (name: string) => CallNode,
  ): Promise<Pick<Entry, "right" | "wrongReason">> => {
    const inner = inside(`#${begun - 1}`);
    const right = truth === undefined ? task.entry.right : await ask(truth, task, inner.child("truth"));
    const sound = reason === undefined || right !== true || (await ask(reason, task, inner.child("reason")));
    return { right, wrongReason: !sound };
  };
  const turns = inTurn(call, {
    concurrency,
    next: () => (stopped === "done" ? tasks[begun++] : undefined),
    begin,
    land: ({ entry }, outcome) => {
      if ("value" in outcome) {
        Object.assign(entry, outcome.value);
        return;
      }
      const { error } = outcome;
      if (InvalidOptionError.is(error) || CapabilityError.is(error)) throw error;
      const end = exhaustion(error);
      entry.dropped = end === undefined ? "check-failed" : "unchecked";
      if (end !== undefined) stopped = end;
    },
  });
  for await (const _ of turns); // all of them
  for (const { entry } of tasks.slice(begun)) entry.dropped ??= "unchecked";
  return stopped;
}
