/**
 * @module
 * Attention with rotary positions, and the keys and values that it keeps.
 */
import { upTo, type Memory } from "./memory.js";
import type { BlockConfig } from "./weights.js";

/** Where a token is read: in which place its text is kept, and at which position. */
export interface Place {
  /** The place of a text's keys and values. */
  readonly slot: number;
  readonly position: number;
}

/** Keys and values of what was read, in `layers` layers of `slots` places, and attention to them. */
export class Attention {
  private readonly _config: BlockConfig;
  private readonly _memory: Memory;
  private readonly _layers: number;
  private readonly _headWidth: number;
  /** From channel to channel of the values; no power of two, for those crowd into a few lines of the processor's cache. */
  private readonly _valuePitch: number;
  private readonly _slotSize: number;
  private readonly _scores: number;
  private readonly _slots: number;
  private readonly _cos: Float32Array;
  private readonly _sin: Float32Array;

  /** Takes its places in `memory`. */
  constructor(config: BlockConfig, memory: Memory, layers: number, slots: number) {
    const { width, heads, positions } = config;
    this._config = config;
    this._memory = memory;
    this._layers = layers;
    this._headWidth = width / heads;
    this._valuePitch = positions + 8;
    this._slotSize = layers * width * (positions + this._valuePitch);
    this._scores = memory.place(upTo(positions, 8));
    this._slots = memory.place(slots * this._slotSize);

    const half = this._headWidth / 2;
    this._cos = new Float32Array(positions * half);
    this._sin = new Float32Array(positions * half);
    for (let i = 0; i < positions * half; i++) {
      const angle = Math.floor(i / half) * 10000 ** (-(i % half) / half);
      this._cos[i] = Math.cos(angle);
      this._sin[i] = Math.sin(angle);
    }
  }

  /** Turns query and key of a row to its position, and keeps key and value. The three lie behind each other at `qkv`. */
  remember({ slot, position }: Place, layer: number, qkv: number): void {
    const { width, heads } = this._config;
    const { _headWidth: size, _cos: cos, _sin: sin } = this;
    const { floats } = this._memory.kernel;
    const half = size / 2;
    for (let head = 0; head < heads; head++) {
      const key = this._keys(slot, layer, head) + position * size;
      for (let i = 0, q = qkv + head * size; i < half; i++, q++) {
        const c = cos[position * half + i] as number;
        const s = sin[position * half + i] as number;
        const q0 = floats[q] as number;
        const q1 = floats[q + half] as number;
        floats[q] = q0 * c - q1 * s;
        floats[q + half] = q1 * c + q0 * s;
        const k0 = floats[q + width] as number;
        const k1 = floats[q + width + half] as number;
        floats[key + i] = k0 * c - k1 * s;
        floats[key + i + half] = k1 * c + k0 * s;
      }
      const values = this._values(slot, layer, head) + position;
      const value = qkv + 2 * width + head * size;
      for (let i = 0; i < size; i++) floats[values + i * this._valuePitch] = floats[value + i] as number;
    }
  }

  /** Writes to `mixed` what a row whose query lies at `query` takes from itself and the positions before it. */
  attend({ slot, position }: Place, layer: number, query: number, mixed: number): void {
    const { heads } = this._config;
    const { _headWidth: size, _valuePitch: pitch } = this;
    const { kernel: k } = this._memory;
    const { floats } = k;
    const { _scores: scores } = this;
    const length = position + 1;
    const padded = upTo(length, 8);
    const scale = size ** -0.5;
    for (let head = 0; head < heads; head++) {
      k.matmul(this._keys(slot, layer, head), size, query + head * size, 0, scores, 0, padded, size, 1, 0);
      let most = -Infinity;
      for (let i = scores; i < scores + length; i++) if ((floats[i] as number) > most) most = floats[i] as number;
      let sum = 0;
      for (let i = scores; i < scores + length; i++) {
        sum += floats[i] = Math.exp(((floats[i] as number) - most) * scale);
      }
      for (let i = scores; i < scores + length; i++) floats[i] = (floats[i] as number) / sum;
      for (let i = scores + length; i < scores + padded; i++) floats[i] = 0;
      k.matmul(this._values(slot, layer, head), pitch, scores, 0, mixed + head * size, 0, size, padded, 1, 0);
    }
  }

  /** Copies the first `length` tokens of what some layers of one slot hold to another slot. */
  copy(from: number, to: number, length: number, layers: Iterable<number>): void {
    const { width, heads } = this._config;
    const { _headWidth: size, _valuePitch: pitch } = this;
    const { floats } = this._memory.kernel;
    for (const layer of layers) {
      for (let head = 0; head < heads; head++) {
        const keys = this._keys(from, layer, head);
        floats.copyWithin(this._keys(to, layer, head), keys, keys + length * size);
      }
      const values = this._values(from, layer, 0);
      const target = this._values(to, layer, 0);
      for (let at = 0; at < width * pitch; at += pitch) {
        floats.copyWithin(target + at, values + at, values + at + length);
      }
    }
  }

  /** Keys lie by position, values by channel, so that both are the rows of a matrix for the kernel. */
  private _keys(slot: number, layer: number, head: number): number {
    const { width, positions } = this._config;
    return this._slots + slot * this._slotSize + (layer * width + head * this._headWidth) * positions;
  }

  private _values(slot: number, layer: number, head: number): number {
    const { width, positions } = this._config;
    const channel = layer * width + head * this._headWidth;
    return this._slots + slot * this._slotSize + this._layers * width * positions + channel * this._valuePitch;
  }
}
