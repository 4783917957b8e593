/**
 * @module
 * The model beneath a layer that is examined: it knows what was asked, what is in flight, and what it gave.
 */
import type { Capabilities } from "../core/capabilities.js";
import type { Clock } from "../core/clock.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { Random } from "../core/random.js";
import { sleep } from "../core/scope.js";
import type { SourceCall } from "../core/source.js";
import { scripted, type Script } from "./scripted.js";

/** Options of {@link witness}. */
export interface WitnessOptions {
  readonly replies: Script;
  readonly capabilities: Capabilities;
  /** Seed of how long replies take; 0: no time at all. */
  readonly timing: number;
  /** Told when a call is in flight, by its number in its run. */
  readonly onStart?: ((index: number, call: SourceCall) => void) | undefined;
  /** Told just before it is answered. */
  readonly onReply?: ((index: number, call: SourceCall) => void) | undefined;
}

/** A model, and what it saw. */
export interface Witness {
  readonly model: Model;
  /** Every request, in order of arrival. */
  readonly requests: readonly ModelRequest[];
  /** What it gave to whoever called it. */
  readonly responses: readonly ModelResponse[];
  /** Completions that somebody still waits for, or has forgotten to give up. */
  readonly inFlight: number;
}

/** Makes a witness. Replies take from 1 to 100 ms on the run's clock. */
export function witness({ replies, capabilities, timing, onStart, onReply }: WitnessOptions): Witness {
  const counts = new WeakMap<Clock, number>();
  const responses: ModelResponse[] = [];
  let inFlight = 0;

  const model = scripted(
    async (request, call) => {
      const index = counts.get(call.clock) ?? 0;
      counts.set(call.clock, index + 1);
      inFlight++;
      try {
        const said = await replies(request, call, index);
        onStart?.(index, call);
        if (timing !== 0) await sleep(call, 1 + new Random(timing, index).integer(99_000) / 1000);
        onReply?.(index, call);
        return said;
      } finally {
        inFlight--;
      }
    },
    { id: "beneath", capabilities, price: { inputUsd: 1, outputUsd: 2 } },
  );
  return {
    model: {
      ...model,
      generate: async (request, call) => {
        const response = await model.generate(request, call);
        responses.push(response);
        return response;
      },
    },
    requests: model.requests,
    responses,
    get inFlight() {
      return inFlight;
    },
  };
}
