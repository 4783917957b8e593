/**
 * @module
 * Timers shared by those who begin to wait in one tick, so that they also go on in one tick.
 */
import type { Clock } from "../clock.js";

/** Rings once for all who wait for it. */
export interface Alarm {
  readonly rung: Promise<void>;
  /** To be called by each of them, in the end: the timer is gone with the last one. */
  leave(): void;
}

/** Sets alarms. */
export class Alarms {
  private readonly _open = new Map<Clock, Map<number, Shared>>();

  /** An alarm in `ms`: the same for all who set it in this tick. */
  set(clock: Clock, ms: number): Alarm {
    let times = this._open.get(clock);
    if (times === undefined) {
      this._open.set(clock, (times = new Map<number, Shared>()));
      queueMicrotask(() => this._open.delete(clock));
    }
    let shared = times.get(ms);
    // One that all have left does not ring any more.
    if (shared === undefined || shared.waiting === 0) times.set(ms, (shared = new Shared(clock, ms)));
    shared.waiting++;
    return shared;
  }
}

class Shared implements Alarm {
  readonly rung: Promise<void>;
  waiting = 0;
  private readonly _clock: Clock;
  private readonly _timer: unknown;

  constructor(clock: Clock, ms: number) {
    this._clock = clock;
    let ring = (): void => undefined;
    this.rung = new Promise((resolve) => (ring = resolve));
    this._timer = clock.setTimeout(ring, ms);
  }

  leave(): void {
    if (--this.waiting === 0) this._clock.clearTimeout(this._timer);
  }
}
