/**
 * @module
 * A survey: many questions to one model in one run, as far as budget and time go.
 */
import { exhaustion, type Call } from "../../core/call.js";
import { InvalidOptionError } from "../../core/errors.js";
import { inTurn, type Outcome } from "../../core/in-turn.js";
import type { Model, ModelResponse, SampleFailure, StopReason, Warning } from "../../core/model.js";
import type { Random } from "../../core/random.js";
import { run, type RunOptions } from "../../core/run.js";
import { hopeless } from "../../core/sample.js";
import { noUsage, type Usage } from "../../core/usage.js";
import { wrap } from "../../core/wrap.js";

/** What is to be done. */
export interface SurveyPlan<T> {
  /** The name of the survey: the first part of the path. */
  readonly name: string;
  readonly model: Model;
  /** How many tasks. */
  readonly count: number;
  /** How many at a time. */
  readonly concurrency: number;
  readonly run: RunOptions;
  /** Does one, with the calls that it makes. Out of budget it may return what it has. */
  readonly ask: (index: number, call: Call) => Promise<T>;
}

/** What came of it. */
export interface Survey<T> {
  /** By index; `undefined` where a task failed, or was not done. */
  readonly results: readonly (T | undefined)[];
  /** By index. */
  readonly failures: readonly SampleFailure[];
  readonly stopped: StopReason;
  readonly usage: Usage;
  /** Of the run. */
  readonly warnings: readonly Warning[];
  /** For what is drawn afterwards, such as a bootstrap. */
  readonly random: Random;
}

/**
 * Does all tasks in one run, `concurrency` at a time, in an order drawn from the seed: where budget or time end, those done are a fair sample. A failed task is
 * listed; an error that cannot get better ends the survey.
 *
 * @throws the reason of an abort by the caller; the error, where no task came to anything, or where it says that an option is wrong
 */
export async function survey<T>({
  name,
  model,
  count,
  concurrency,
  run: options,
  ask,
}: SurveyPlan<T>): Promise<Survey<T>> {
  const results: (T | undefined)[] = Array.from({ length: count }, () => undefined);
  const failures: SampleFailure[] = [];
  let stopped: StopReason = "done";
  let why: unknown;

  const land = (index: number, outcome: Outcome<T>): void => {
    if ("value" in outcome) {
      results[index] = outcome.value;
      return;
    }
    const { error } = outcome;
    const end = exhaustion(error);
    if (end === undefined) failures.push({ index, error });
    const over = end ?? (hopeless(error) ? "failure" : undefined);
    if (over !== undefined && stopped === "done") stopped = over;
    why ??= error;
  };
  const whole = wrap(name, model, async (_, call): Promise<ModelResponse & Pick<Survey<T>, "random">> => {
    const order = call.random.shuffle(Array.from({ length: count }, (_, index) => index));
    const begin = (index: number, inside: (name: string) => Call): Promise<T> => ask(index, inside(`#${index}`));
    const next = (): number | undefined => (stopped === "done" ? order.shift() : undefined);
    for await (const _ of inTurn(call, { concurrency, next, begin, land })); // all of them
    const wrong = failures.find(({ error }) => InvalidOptionError.is(error));
    if (wrong !== undefined) throw wrong.error;
    if (why !== undefined && results.every((result) => result === undefined)) throw why;
    return { text: "", finishReason: "stop", usage: noUsage, random: call.child("statistics").random };
  });
  const { usage, warnings = [], random } = await run(whole, name, options);
  failures.sort((a, b) => a.index - b.index);
  return { results, failures, stopped, usage, warnings, random };
}
