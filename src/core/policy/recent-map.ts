/**
 * @module
 * A map that forgets.
 */

/** Keeps at most `most` entries: the one that was not used for the longest time goes first. */
export class RecentMap<V> {
  private readonly _most: number;
  private readonly _entries = new Map<string, V>();

  constructor(most: number) {
    this._most = most;
  }

  get size(): number {
    return this._entries.size;
  }

  get(key: string): V | undefined {
    const value = this._entries.get(key);
    if (value !== undefined) this._touch(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this._touch(key, value);
    if (this._entries.size <= this._most) return;
    for (const oldest of this._entries.keys()) {
      this._entries.delete(oldest);
      return;
    }
  }

  /** Moves to the end. */
  private _touch(key: string, value: V): void {
    this._entries.delete(key);
    this._entries.set(key, value);
  }
}
