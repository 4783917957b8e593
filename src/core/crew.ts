/**
 * @module
 * The context that a provider's function gets.
 */
import type { Budget } from "./budget.js";
import type { CallNode } from "./call.js";
import type { Clock } from "./clock.js";
import type { MullEvent } from "./events.js";
import type { Passenger } from "./passenger.js";
import type { Random } from "./random.js";
import type { Scope } from "./scope.js";
import type { SourceCall } from "./source.js";
import type { Delta } from "./tape.js";
import type { Usage } from "./usage.js";

/** A {@link SourceCall} on behalf of all the calls that share a request. */
export class Crew implements SourceCall {
  readonly scope: Scope;
  private readonly _call: CallNode;
  private readonly _passengers: readonly Passenger[];
  private readonly _tee: ((delta: Delta, passenger: Passenger) => void) | undefined;

  constructor(
    call: CallNode,
    scope: Scope,
    passengers: readonly Passenger[],
    tee?: (delta: Delta, passenger: Passenger) => void,
  ) {
    this._call = call;
    this.scope = scope;
    this._passengers = passengers;
    this._tee = tee;
  }

  get n(): number {
    return this._passengers.length;
  }
  get signal(): AbortSignal {
    return this.scope.signal;
  }
  get path(): readonly string[] {
    return this._call.path;
  }
  get budget(): Budget {
    return this._call.budget;
  }
  get random(): Random {
    return this._call.random;
  }
  get clock(): Clock {
    return this._call.clock;
  }
  get usage(): Usage {
    return this._call.usage;
  }
  get listening(): boolean {
    return this._call.listening;
  }
  get streaming(): boolean {
    return this._call.listening;
  }
  get thought(): boolean {
    return this._call.thought;
  }
  emit(event: MullEvent): void {
    this._call.emit(event);
  }
  delta(part: Delta, choice: number = 0): void {
    const passenger = this._passengers[choice];
    if (passenger === undefined) return;
    this._tee?.(part, passenger);
    passenger.delta(part);
  }
}
