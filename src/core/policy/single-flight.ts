/**
 * @module
 * Single flight: of those who want the same at the same time, one asks, and the others wait for it.
 */
import type { Call } from "../call.js";
import type { Abortable, Scope } from "../scope.js";

/** Those who want the same. The first of them asks; if nothing comes of it, the next one does, on its own account. */
export class SingleFlight<T extends object> {
  private readonly _flights = new Map<string, Flight<T>>();

  /**
   * Takes part. `undefined`: it is the caller's turn to ask, and {@link leave} has to be called in the end. Else what another one found, as soon as it
   * has; the promise gives `undefined` when the turn passes on to the caller. A call that is given up leaves the queue at once.
   */
  join(key: string, { scope }: Pick<Call, "scope">): T | undefined | Promise<T | undefined> {
    const flight = this._flights.get(key);
    if (flight === undefined) {
      this._flights.set(key, { found: undefined, waiting: [] });
      return undefined;
    }
    const { found, waiting } = flight;
    if (found !== undefined) return found;
    return new Promise<T | undefined>((resolve, reject) => {
      const waiter: Waiter<T> = {
        scope,
        resolve,
        abort: (reason) => {
          waiting.splice(waiting.indexOf(waiter), 1);
          reject(reason);
        },
      };
      waiting.push(waiter);
      scope.add(waiter);
    });
  }

  /** Gives what was found to all who wait, and to those who come before the caller leaves. */
  share(key: string, found: T): void {
    const flight = this._flights.get(key);
    if (flight === undefined) return;
    flight.found = found;
    for (const waiter of flight.waiting.splice(0)) release(waiter, found);
  }

  /** Ends the caller's turn. Where nothing was shared, the next one has it. */
  leave(key: string): void {
    const next = this._flights.get(key)?.waiting.shift();
    if (next === undefined) this._flights.delete(key);
    else release(next, undefined);
  }
}

interface Flight<T> {
  found: T | undefined;
  readonly waiting: Waiter<T>[];
}

interface Waiter<T> extends Abortable {
  readonly scope: Scope;
  readonly resolve: (found: T | undefined) => void;
}

function release<T>(waiter: Waiter<T>, found: T | undefined): void {
  waiter.scope.remove(waiter);
  waiter.resolve(found);
}
