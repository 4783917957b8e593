/**
 * @module
 * The context that a provider's function gets.
 */
import type { Budget } from "./budget.js";
import type { CallNode } from "./call.js";
import type { Clock } from "./clock.js";
import type { DeltaEvent, MullEvent } from "./events.js";
import type { Random } from "./random.js";
import type { Scope } from "./scope.js";
import type { SourceCall } from "./source.js";
import type { Usage } from "./usage.js";

/** A {@link SourceCall} on behalf of all the calls that share a request. */
export class Crew implements SourceCall {
  readonly scope: Scope;
  private readonly _call: CallNode;
  private readonly _passengers: readonly { readonly call: CallNode; readonly over: boolean }[];

  constructor(
    call: CallNode,
    scope: Scope,
    passengers: readonly { readonly call: CallNode; readonly over: boolean }[],
  ) {
    this._call = call;
    this.scope = scope;
    this._passengers = passengers;
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
  delta(
    part: { readonly text?: string; readonly reasoning?: string; readonly toolInput?: string },
    choice: number = 0,
  ): void {
    const passenger = this._passengers[choice];
    if (passenger === undefined || passenger.over || !passenger.call.listening) return;
    const { call } = passenger;
    const event: DeltaEvent = {
      type: "delta",
      path: call.path,
      ...part,
      output: !call.thought && part.text !== undefined,
    };
    call.emit(event);
  }
}
