/**
 * @module
 * Over questions: something done for each of many questions, several at a time, as far as budget and time go.
 */
import { exhaustion, type Call } from "../../core/call.js";
import { InvalidOptionError } from "../../core/errors.js";
import { inTurn } from "../../core/in-turn.js";
import { hopeless } from "../../core/sample.js";
import type { Ended } from "./attempts.js";

/** What came of one question. */
export interface Studied<T> {
  /** `undefined` where nothing came. */
  readonly value: T | undefined;
  /** Why nothing came. */
  readonly error?: unknown;
  /** Set where budget or time is over. */
  readonly ended?: Ended | undefined;
}

/** What came of all of them. */
export interface Survey<T> {
  /** In the order of the questions; `undefined` for those of which nothing came. */
  readonly values: readonly (T | undefined)[];
  /** Why it ended before it was done, if it did. */
  readonly ended: Ended | undefined;
}

/** So many questions that fail in a way that cannot get better, before anything came, end it. */
const mostFailures = 3;

/**
 * Does something for each question, `concurrency` at a time. A failure is only that question's; who gives up, gives all of it up. What is told comes in the order of
 * the questions.
 *
 * @throws the reason of an abort by the caller, and {@link InvalidOptionError}
 */
export async function overQuestions<T>(
  call: Call,
  count: number,
  concurrency: number,
  study: (index: number, call: Call) => Promise<Studied<T>>,
): Promise<Survey<T>> {
  const values: (T | undefined)[] = Array.from({ length: count }, () => undefined);
  let begun = 0;
  let came = 0;
  let hopelessly = 0;
  let ended: Ended | undefined;
  let failure: unknown;
  const turns = inTurn<number, Studied<T>>(call, {
    concurrency,
    next: () => (ended === undefined && begun < count ? begun++ : undefined),
    begin: (index, inside) => study(index, inside(`q${index}`)),
    land: (index, outcome) => {
      const landed: Studied<T> =
        "value" in outcome ? outcome.value : { value: undefined, error: outcome.error, ended: endOf(outcome.error) };
      values[index] = landed.value;
      if (landed.value !== undefined) came++;
      if (InvalidOptionError.is(landed.error)) throw landed.error;
      failure ??= landed.error;
      ended ??= landed.ended;
      if (came === 0 && hopeless(landed.error) && ++hopelessly >= mostFailures)
        ended ??= { stopped: "failure", error: landed.error };
    },
  });
  for await (const _ of turns); // all of them
  // Where nothing came, somebody wants to know why.
  if (came === 0) ended ??= { stopped: "failure", error: failure };
  return { values, ended };
}

function endOf(error: unknown): Ended | undefined {
  const stopped = exhaustion(error);
  return stopped && { stopped, error };
}
