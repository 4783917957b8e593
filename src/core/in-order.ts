/**
 * @module
 * Events of things that go on at the same time, told one thing after the other, so that the timing does not show.
 */
import type { MullEvent } from "./events.js";

/** Lets events of several branches through in the order of the branches: what a later one tells is kept until those before it are over. */
export class InOrder {
  private readonly _emit: (event: MullEvent) => void;
  private readonly _kept = new Map<number, MullEvent[]>();
  private readonly _over = new Set<number>();
  private _head = 0;

  constructor(emit: (event: MullEvent) => void) {
    this._emit = emit;
  }

  /** The listener of a branch, counted from 0. */
  listener(branch: number): (event: MullEvent) => void {
    return (event) => {
      if (branch <= this._head) {
        this._emit(event);
        return;
      }
      const kept = this._kept.get(branch);
      if (kept === undefined) this._kept.set(branch, [event]);
      else kept.push(event);
    };
  }

  /** Tells that a branch is over. */
  end(branch: number): void {
    this._over.add(branch);
    while (this._over.has(this._head)) this._advance();
  }

  /** Tells all that is kept; from now on nothing is kept. */
  release(): void {
    while (this._kept.size > 0) this._advance();
    this._head = Infinity;
  }

  private _advance(): void {
    const kept = this._kept.get(++this._head);
    this._kept.delete(this._head);
    if (kept !== undefined) for (const event of kept) this._emit(event);
  }
}
