/**
 * @module
 * A scope that counts who still hangs on it.
 */
import { Scope, type Abortable } from "../core/scope.js";

/** Counts members, and listeners of its signal. */
export class WatchedScope extends Scope {
  private readonly _hanging = new Set<Abortable>();
  private readonly _listeners = new Set<unknown>();
  private _watched: AbortSignal | undefined;

  /** Members that were added and not removed. */
  get members(): number {
    return this._hanging.size;
  }

  /** Listeners that were added to the signal and not removed. */
  get listeners(): number {
    return this._listeners.size;
  }

  override get signal(): AbortSignal {
    return (this._watched ??= this._watch(super.signal));
  }

  override add(member: Abortable): void {
    this._hanging.add(member);
    super.add(member);
  }

  override remove(member: Abortable): void {
    this._hanging.delete(member);
    super.remove(member);
  }

  override abort(reason: unknown): void {
    this._hanging.clear();
    super.abort(reason);
    this._listeners.clear();
  }

  private _watch(signal: AbortSignal): AbortSignal {
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (
      type: string,
      listener: EventListenerOrEventListenerObject,
      options?: boolean | AddEventListenerOptions,
    ) => {
      this._listeners.add(listener);
      if (typeof options === "object") {
        options.signal?.addEventListener("abort", () => this._listeners.delete(listener));
      }
      add(type, listener, options);
    };
    signal.removeEventListener = (
      type: string,
      listener: EventListenerOrEventListenerObject,
      options?: boolean | EventListenerOptions,
    ) => {
      this._listeners.delete(listener);
      remove(type, listener, options);
    };
    return signal;
  }
}
