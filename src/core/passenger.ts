/**
 * @module
 * A call that waits for a reply.
 */
import type { CallNode } from "./call.js";
import type { Flight } from "./flight.js";
import type { ModelResponse, Warning } from "./model.js";
import type { Abortable } from "./scope.js";

/** One of the calls that share a {@link Flight}. */
export class Passenger implements Abortable {
  /** Changes when there was no room for all. */
  flight: Flight;
  readonly call: CallNode;
  readonly warnings: readonly Warning[] | undefined;
  readonly began: number;
  readonly resolve: (response: ModelResponse) => void;
  readonly reject: (error: unknown) => void;
  over = false;

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
    this.resolve = resolve;
    this.reject = reject;
  }

  abort(reason: unknown): void {
    this.flight.giveUp(this, reason);
  }
}
