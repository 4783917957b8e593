/**
 * @module
 * Heap: the item that comes first, of many whose rank changes.
 */

/** A binary heap. Whoever changes the rank of an item takes it out before and puts it in again. */
export class Heap<T> {
  private readonly _items: T[] = [];
  private readonly _before: (a: T, b: T) => boolean;

  /** @param before - does `a` come before `b`? */
  constructor(before: (a: T, b: T) => boolean) {
    this._before = before;
  }

  get size(): number {
    return this._items.length;
  }

  push(item: T): void {
    const items = this._items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this._before(item, items[parent] as T)) break;
      items[i] = items[parent] as T;
      i = parent;
    }
    items[i] = item;
  }

  /** Takes the first out. */
  pop(): T | undefined {
    const items = this._items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this._before(items[child + 1] as T, items[child] as T)) child++;
      if (!this._before(items[child] as T, last)) break;
      items[i] = items[child] as T;
      i = child;
    }
    items[i] = last;
    return first;
  }
}
