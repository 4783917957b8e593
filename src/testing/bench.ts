/**
 * @module
 * The bench on which a layer is examined: runs it over a witness, on a clock moved by hand.
 */
import type { BudgetLimits } from "../core/amounts.js";
import type { Budget } from "../core/budget.js";
import type { Call } from "../core/call.js";
import type { Capabilities } from "../core/capabilities.js";
import type { MullEvent } from "../core/events.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { run } from "../core/run.js";
import { must } from "./law.js";
import { show } from "./difference.js";
import type { Script } from "./scripted.js";
import { virtualClock, type VirtualClock } from "./virtual-clock.js";
import { witness, type Witness, type WitnessOptions } from "./witness.js";

/** What is examined, and with what. */
export interface Bench {
  readonly layer: (model: Model) => Model;
  readonly request: ModelRequest;
  readonly replies: Script;
  readonly capabilities: Capabilities;
}

/** A layer, built over a witness. */
export interface Subject {
  readonly model: Model;
  readonly witness: Witness;
}

/** How one trial differs from the plainest one. */
export interface TrialOptions extends Partial<WitnessOptions> {
  /** @defaultValue 1 */
  readonly seed?: number;
  /** In place of a new one; its witness keeps its own options. */
  readonly subject?: Subject;
  readonly request?: ModelRequest;
  readonly budget?: Budget | BudgetLimits;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: MullEvent) => void;
  /** Stands around the layer, and calls it. */
  readonly around?: (model: Model, request: ModelRequest, call: Call) => Promise<ModelResponse>;
}

/** What came of a run. */
export type Outcome = { readonly response: ModelResponse } | { readonly error: unknown };

/** A run that has begun. */
export interface Trial {
  readonly witness: Witness;
  readonly clock: VirtualClock;
  /** `undefined` while it goes on. */
  readonly outcome: Outcome | undefined;
  /** Settles with the outcome, never rejects; wait for it with `clock.until`. */
  readonly done: Promise<Outcome>;
}

/** Builds the layer over a new witness. */
export function build(bench: Bench, options: Partial<WitnessOptions> = {}): Subject {
  const seen = witness({ replies: bench.replies, capabilities: bench.capabilities, timing: 1, ...options });
  return { model: bench.layer(seen.model), witness: seen };
}

/** Begins a run. */
export function begin(bench: Bench, options: TrialOptions = {}): Trial {
  const { seed = 1, request = bench.request, budget, signal, onEvent, around } = options;
  const { model, witness: seen } = options.subject ?? build(bench, witnessOptions(options));
  const clock = virtualClock();
  const subject: Model =
    around === undefined ? model : { ...model, generate: (asked, call) => around(model, asked, call) };
  let outcome: Outcome | undefined;
  const done = run(subject, request, { seed, clock, budget, signal, onEvent }).then(
    (response) => (outcome = { response }),
    (error: unknown) => (outcome = { error }),
  );
  return {
    witness: seen,
    clock,
    done,
    get outcome() {
      return outcome;
    },
  };
}

/** Runs to the end. */
export async function finish(bench: Bench, options: TrialOptions = {}): Promise<Trial & { readonly outcome: Outcome }> {
  const trial = begin(bench, options);
  const outcome = await trial.clock.until(trial.done);
  return { ...trial, outcome };
}

/** Runs to the end, where nothing is to fail. */
export async function succeed(
  bench: Bench,
  options: TrialOptions = {},
): Promise<Trial & { readonly response: ModelResponse }> {
  const trial = await finish(bench, options);
  return { ...trial, response: responseOf(trial.outcome) };
}

/** The response. Throws where there is none. */
export function responseOf(outcome: Outcome): ModelResponse {
  must(
    "response" in outcome,
    `expected a response (does the layer need other \`replies\` or \`capabilities\`?), got ${"error" in outcome ? show(outcome.error) : ""}`,
  );
  return outcome.response;
}

function witnessOptions({ replies, capabilities, timing, onStart, onReply }: TrialOptions): Partial<WitnessOptions> {
  return {
    ...(replies && { replies }),
    ...(capabilities && { capabilities }),
    ...(timing !== undefined && { timing }),
    onStart,
    onReply,
  };
}
