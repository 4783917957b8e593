/**
 * @module
 * Rounds of learning: examples are gathered with a model, a trainer makes the next model of them, and again.
 */
import { exhaustion, type Call } from "../../core/call.js";
import { BudgetExceededError, InvalidOptionError, NoAnswerError } from "../../core/errors.js";
import type { Model, ModelRequest, ModelResponse, StopReason, Warning } from "../../core/model.js";
import { checkInteger } from "../../core/options.js";
import { run, type RunOptions } from "../../core/run.js";
import { race } from "../../core/scope.js";
import { isModel } from "../../core/stack.js";
import type { Trainer, TrainingExample } from "../../core/trainer.js";
import { noUsage, type Usage } from "../../core/usage.js";
import { wrap } from "../../core/wrap.js";
import { givenUp, type Ended } from "./attempts.js";

/** What all ways of learning are told. */
export interface RoundsOptions extends RunOptions {
  /** Makes a model of the examples of a round. @defaultValue none: one round, and its examples are all */
  readonly trainer?: Trainer | undefined;
  /** How often: whole, at least 1; more than 1 only with a `trainer`. @defaultValue 1 */
  readonly rounds?: number | undefined;
}

/** A round has examples, to which the model is added that was made of them. */
export interface LearningRound {
  readonly examples: readonly TrainingExample[];
  /** Made of the examples; `undefined` without a trainer, without examples, and where it failed or there was no budget left. */
  readonly model?: Model | undefined;
  /** Why the trainer failed. */
  readonly error?: unknown;
}

/** What came of all rounds. */
export interface Learnt<T extends LearningRound> {
  /** At least one. */
  readonly rounds: readonly T[];
  /** The latest: that of the last round that has one, or else the one that was given. */
  readonly model: Model;
  /** `'done'`; `'no-improvement'`: a round had nothing to learn from; `'failure'`, `'budget'` or `'deadline'`. */
  readonly stopped: StopReason;
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

/** A round before its training. */
export interface Gathered<T extends LearningRound> {
  readonly round: T;
  readonly warnings: readonly Warning[];
  /** Did nothing come? */
  readonly empty: boolean;
  /** Why it ended before it was done, if it did. */
  readonly ended: Ended | undefined;
}

/** @throws {@link InvalidOptionError} for a trainer that is none, and for rounds without one */
export function checkRounds(where: string, { trainer, rounds = 1 }: RoundsOptions): void {
  if (trainer !== undefined && typeof (trainer as Partial<Trainer> | null)?.train !== "function")
    throw new InvalidOptionError(where, "trainer", "an object with a method train", trainer);
  checkInteger(where, "rounds", rounds, 1, trainer === undefined ? 1 : Infinity);
}

/** @throws {@link InvalidOptionError} for what is no model */
export function checkModel(where: string, model: Model): void {
  if (!isModel(model))
    throw new InvalidOptionError(where, "the first argument", "a model (id, capabilities, generate)", model);
}

/** Runs work that is no answer to a single question as one run: with one budget, one signal, one seed. */
export async function learning<T extends LearningRound>(
  name: string,
  model: Model,
  request: ModelRequest,
  options: RunOptions,
  work: (call: Call) => Promise<Omit<Learnt<T>, "usage">>,
): Promise<Learnt<T>> {
  let learnt: Omit<Learnt<T>, "usage"> | undefined;
  const whole = wrap<ModelResponse>(name, model, async (_, call) => {
    learnt = await work(call);
    return { text: "", finishReason: "stop", usage: noUsage };
  });
  const { usage, warnings = [] } = await run(whole, request, options);
  const done = learnt as Omit<Learnt<T>, "usage">;
  return { ...done, usage, warnings: [...done.warnings, ...warnings] };
}

/**
 * Gathers and trains, round by round. A round that was cut short is returned, not trained on. A trainer that fails ends it; what was gathered stays.
 *
 * @throws what ended the first round, where nothing came; the reason of an abort by the caller
 */
export async function inRounds<T extends LearningRound>(
  where: string,
  model: Model,
  { trainer, rounds: most = 1 }: RoundsOptions,
  call: Call,
  gather: (model: Model, call: Call) => Promise<Gathered<T>>,
): Promise<Omit<Learnt<T>, "usage">> {
  const rounds: T[] = [];
  const warnings: Warning[] = [];
  let current = model;
  const end = (stopped: StopReason): Omit<Learnt<T>, "usage"> => ({ rounds, model: current, stopped, warnings });
  for (let index = 0; index < most; index++) {
    const inner = call.child("round");
    const { round, warnings: told, empty, ended } = await gather(current, inner);
    for (const warning of told)
      if (!warnings.some(({ message }) => message === warning.message)) warnings.push(warning);
    if (empty && rounds.length === 0 && ended !== undefined) throw ended.error ?? nothing(where, ended.stopped);
    if (ended !== undefined || trainer === undefined || round.examples.length === 0) {
      rounds.push(round);
      if (ended !== undefined) return end(ended.stopped);
      if (round.examples.length > 0) return end("done");
      warnings.push({ code: "no-examples", message: `${where}: round ${index} gave nothing to learn from` });
      return end("no-improvement");
    }
    try {
      const trained = await race(inner, () => trainer.train(round.examples, { signal: inner.signal, round: index }));
      if (!isModel(trained)) throw new InvalidOptionError(where, "what the trainer returns", "a model", trained);
      rounds.push({ ...round, model: trained });
      current = trained;
    } catch (error) {
      if (givenUp(call)) throw error;
      rounds.push({ ...round, error });
      const stopped = exhaustion(error);
      if (stopped === undefined)
        warnings.push({ code: "training-failed", message: `${where}: the training of round ${index} failed` });
      return end(stopped ?? "failure");
    }
  }
  return end("done");
}

/** The error of a first round of which nothing came, where no better one is known. */
function nothing(where: string, stopped: StopReason): Error {
  if (stopped === "deadline") return new BudgetExceededError("ms", `${where}: the time was over before anything came`);
  if (stopped === "budget") return new BudgetExceededError("calls", `${where}: the budget ended before anything came`);
  return new NoAnswerError(`${where}: nothing came`);
}
