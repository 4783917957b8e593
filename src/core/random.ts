/**
 * @module
 * Seeded random numbers. The same seed and path draw the same numbers, whatever the timing.
 */

/** A stream of random numbers (sfc32, seeded by a 64-bit hash of seed and path). */
export class Random {
  private _a: number;
  private _b: number;
  private _c: number;
  private _d = 1;

  /** @param high - first half of the seed, 32 bits @param low - second half */
  constructor(high: number, low: number = 0) {
    this._a = 0x9e3779b9;
    this._b = high | 0;
    this._c = low | 0;
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** 32 random bits as an unsigned integer. */
  bits(): number {
    const t = (((this._a + this._b) | 0) + this._d) | 0;
    this._d = (this._d + 1) | 0;
    this._a = this._b ^ (this._b >>> 9);
    this._b = (this._c + (this._c << 3)) | 0;
    this._c = (((this._c << 21) | (this._c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** A number in [0, 1), 53 bits fine. */
  next(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** An integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const copy = items.slice();
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const item = copy[i] as T;
      copy[i] = copy[j] as T;
      copy[j] = item;
    }
    return copy;
  }
}

/** Extends a 32-bit hash by a text (FNV-1a with a final mix). */
export function hashText(hash: number, text: string): number {
  let h = hash ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
