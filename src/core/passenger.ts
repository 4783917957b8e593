/**
 * @module
 * A call that waits for a reply.
 */
import type { CallNode } from "./call.js";
import { tellDowngrades } from "./downgrade.js";
import type { Flight } from "./flight.js";
import type { ModelResponse, Warning } from "./model.js";
import type { Abortable } from "./scope.js";
import type { Delta } from "./tape.js";
import { fail, finish } from "./wrap.js";

/** One of the calls that share a {@link Flight}. */
export class Passenger implements Abortable {
  /** Changes when there was no room for all. */
  flight: Flight;
  readonly call: CallNode;
  readonly warnings: readonly Warning[] | undefined;
  readonly began: number;
  over = false;
  private readonly _resolve: (response: ModelResponse) => void;
  private readonly _reject: (error: unknown) => void;

  constructor(
    flight: Flight,
    call: CallNode,
    warnings: readonly Warning[] | undefined,
    began: number,
    resolve: (response: ModelResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.flight = flight;
    this.call = call;
    this.warnings = warnings;
    this.began = began;
    this._resolve = resolve;
    this._reject = reject;
  }

  /** Gets its response; `said` are the warnings of the provider. */
  arrive(response: ModelResponse, said: readonly Warning[] | undefined): void {
    const { call } = this;
    if (call.listening) {
      tellDowngrades(call, said);
      finish(this.began, call);
    }
    this._resolve(response);
  }

  /** Hears some more of its words. */
  delta(part: Delta): void {
    const { call } = this;
    if (this.over || !call.listening) return;
    call.emit({ type: "delta", path: call.path, ...part, output: !call.thought && part.text !== undefined });
  }

  fail(error: unknown): void {
    if (this.call.listening) fail(this.began, this.call, error);
    this._reject(error);
  }

  abort(reason: unknown): void {
    this.flight.giveUp(this, reason);
  }
}

/** The index of the first who still waits; 0 where nobody does. */
export function firstLeft(passengers: readonly Passenger[]): number {
  const found = passengers.findIndex(({ over }) => !over);
  return Math.max(0, found);
}
