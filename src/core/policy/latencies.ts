/**
 * @module
 * How long the last calls of a model took.
 */

/** So many times must be known, and so many are kept. */
const leastKnown = 20;
const mostKnown = 200;

/** The times of the last 200 calls. */
export class Latencies {
  private readonly _times: number[] = [];
  private _sorted: readonly number[] | undefined;
  private _next = 0;

  add(ms: number): void {
    this._times[this._next] = ms;
    this._next = (this._next + 1) % mostKnown;
    this._sorted = undefined;
  }

  /** The time within which this part of the calls was done (nearest rank); `undefined` while fewer than 20 are known. */
  quantile(part: number): number | undefined {
    const { length } = this._times;
    if (length < leastKnown) return undefined;
    this._sorted ??= [...this._times].sort((a, b) => a - b);
    return this._sorted[Math.ceil(part * length) - 1];
  }
}
