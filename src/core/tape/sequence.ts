/**
 * @module
 * The order in which calls of a recorded run came to an end, kept when it is played: it decides who was in time, and who was given up.
 */
import type { Clock } from "../clock.js";

/** Lets each call of a run go on when all that ended before it have. */
export class Sequence {
  private readonly _keys: readonly string[];
  private readonly _clock: Clock;
  /** Those that ended, or were skipped. */
  private readonly _over = new Set<string>();
  private readonly _waiting = new Map<string, () => void>();
  /** Those that come after all others. */
  private readonly _last = new Set<string>();
  private _head = 0;
  /** Whose turn it is. */
  private _current: string | undefined;
  private _timer: { readonly handle: unknown; readonly patient: boolean } | undefined;

  /** @param keys - of all calls, in the order in which they ended */
  constructor(keys: readonly string[], clock: Clock) {
    this._keys = keys;
    this._clock = clock;
  }

  /** Calls `go` when it is the turn of `key`. */
  wait(key: string, go: () => void): void {
    if (this._over.has(key)) {
      go();
      return;
    }
    this._waiting.set(key, go);
    this._plan();
  }

  /** Calls `go` when all others have ended: for a call that the recording did not come to, or did not see the end of. */
  waitForAll(key: string, go: () => void): void {
    this._last.add(key);
    this.wait(key, go);
  }

  /** Its turn is over, or will not come. */
  end(key: string): void {
    if (this._current === key) this._current = undefined;
    this._waiting.delete(key);
    this._last.delete(key);
    this._over.add(key);
    this._plan();
  }

  /** Sets the timer that is needed now, if any. The next one has its turn after a tick, in which the run can answer to the one before. */
  private _plan(): void {
    while (this._head < this._keys.length && this._over.has(this._keys[this._head] as string)) this._head++;
    const next = this._keys[this._head];
    const idle = this._waiting.size === 0 || this._current !== undefined;
    // A call that is not made, because the stack is another now, is not waited for long.
    const patient = next === undefined || !this._waiting.has(next);
    if (this._timer !== undefined) {
      if (!idle && this._timer.patient === patient) return;
      this._clock.clearTimeout(this._timer.handle);
      this._timer = undefined;
    }
    if (idle) return;
    const handle = this._clock.setTimeout(
      () => {
        this._timer = undefined;
        if (!patient) this._go(next);
        else if (next !== undefined) this._skip();
        else for (const key of this._last) this._go(key);
      },
      patient ? patienceMs : 0,
    );
    this._timer = { handle, patient };
  }

  private _go(key: string): void {
    const go = this._waiting.get(key);
    this._waiting.delete(key);
    this._current = key;
    go?.();
  }

  /** Passes over those that nobody waits for. */
  private _skip(): void {
    for (let i = this._head; i < this._keys.length; i++) {
      const key = this._keys[i] as string;
      if (this._waiting.has(key)) break;
      this._over.add(key);
    }
    this._plan();
  }
}

/** How long a run may do other things, such as use a tool, before its next call. */
const patienceMs = 1000;
