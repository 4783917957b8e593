/**
 * @module
 * The bench on which a model is examined: runs it in real time, and keeps what it told.
 */
import type { BudgetLimits } from "../core/amounts.js";
import type { Budget } from "../core/budget.js";
import type { Call } from "../core/call.js";
import { systemClock, type Clock } from "../core/clock.js";
import type { MullEvent } from "../core/events.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { run } from "../core/run.js";
import { responseOf, type Outcome } from "./bench.js";

/** What is examined, and with what. */
export interface ModelBench {
  readonly make: () => Model | Promise<Model>;
  readonly request: ModelRequest;
  /** How many requests reached the provider. */
  readonly requests: () => number;
}

/** How one attempt differs from the plainest one. */
export interface AttemptOptions {
  /** In place of a new one. */
  readonly model?: Model;
  readonly request?: ModelRequest;
  readonly seed?: number;
  readonly budget?: Budget | BudgetLimits;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly onEvent?: (event: MullEvent) => void;
  /** Stands around the model, and calls it. */
  readonly around?: (model: Model, request: ModelRequest, call: Call) => Promise<ModelResponse>;
}

/** A run that has begun. */
export interface Attempt {
  /** `undefined` while it goes on. */
  readonly outcome: Outcome | undefined;
  /** Settles with the outcome, never rejects. */
  readonly done: Promise<Outcome>;
}

/** Begins a run. */
export async function attempt(bench: ModelBench, options: AttemptOptions = {}): Promise<Attempt> {
  const { model = await bench.make(), request = bench.request, around, clock = systemClock, ...others } = options;
  const subject: Model =
    around === undefined ? model : { ...model, generate: (asked, call) => around(model, asked, call) };
  const { seed, budget, signal, onEvent } = others;
  let outcome: Outcome | undefined;
  const done = run(subject, request, { seed, budget, signal, onEvent, clock }).then(
    (response) => (outcome = { response }),
    (error: unknown) => (outcome = { error }),
  );
  return {
    done,
    get outcome() {
      return outcome;
    },
  };
}

/** Runs to the end, where nothing is to fail. */
export async function answer(bench: ModelBench, options: AttemptOptions = {}): Promise<ModelResponse> {
  const { done } = await attempt(bench, options);
  return responseOf(await done);
}
