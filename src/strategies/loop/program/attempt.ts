/**
 * @module
 * Attempts: programs that were written, how far each came, and the response that is made of the best.
 */
import type { Answer } from "../../../answers/answer.js";
import { valueKey } from "../../../answers/value-key.js";
import { extend } from "../../../core/extend.js";
import type { JsonValue } from "../../../core/message.js";
import type { ModelResponse, StopReason, Warning } from "../../../core/model.js";
import type { ProgramResult } from "../../../core/sandbox.js";
import type { Programmed } from "../program.js";

/** A program, and what became of it. */
export interface ProgramAttempt {
  /** `undefined` where the reply held none. */
  readonly program: string | undefined;
  /** `undefined` where it was not run to an end. */
  readonly result: ProgramResult | undefined;
  /** Functions that the model answered for. */
  readonly simulated: readonly string[];
}

/** The same with all that is needed to make a response of it. */
export interface Attempt<A, R extends ModelResponse> {
  readonly response: R;
  readonly source: string | undefined;
  readonly result: ProgramResult | undefined;
  readonly answer: A | undefined;
  readonly simulated: readonly string[];
}

/** The one of two that came further; the later one where both came as far. */
export function better<A, R extends ModelResponse>(one: Attempt<A, R>, later: Attempt<A, R>): Attempt<A, R> {
  return reached(later) >= reached(one) ? later : one;
}

function reached({ source, result, answer }: Attempt<unknown, ModelResponse>): number {
  if (answer !== undefined) return 3;
  return result?.ok === true ? 2 : source === undefined ? 0 : 1;
}

/** The response of an attempt, with all of them beside it. */
export function programmed<A, R extends ModelResponse>(
  { response, source, result, answer: value }: Attempt<A, R>,
  attempts: readonly Attempt<A, R>[],
  answer: Answer<A> | undefined,
  stopped: StopReason,
): Programmed<A, R> {
  const warnings: Warning[] = [];
  if (stopped === "failure") warnings.push(repairFailed);
  if (value === undefined && stopped !== "done") warnings.push(programFailed);
  return extend(response, {
    answer: value,
    key: value === undefined ? undefined : answer === undefined ? valueKey(value as JsonValue) : answer.key(value),
    thought: response.reasoning ?? response.text,
    program: source,
    value: result?.ok === true ? result.value : undefined,
    output: result?.output ?? "",
    attempts: attempts.map((attempt) => ({
      program: attempt.source,
      result: attempt.result,
      simulated: attempt.simulated,
    })),
    stopped,
    ...(warnings.length > 0 && { warnings: [...(response.warnings ?? []), ...warnings] }),
  });
}

const programFailed: Warning = { code: "program-failed", message: "no program came to an answer" };
const repairFailed: Warning = {
  code: "repair-failed",
  message: "mending the program, or running the mended one, failed: the one that came furthest is returned",
};
