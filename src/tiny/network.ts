/**
 * @module
 * The network: a decoder-only transformer with RMSNorm, rotary positions, squared ReLU and tied embeddings (`training/model.py` is the same in torch).
 */
import { kernel, type Kernel } from "./kernel.js";
import type { NetworkConfig, Tensor, Weights } from "./weights.js";

/** One token to be read: where its text is kept, and at which position. */
export interface Row {
  /** The place of a text's keys and values. */
  readonly slot: number;
  readonly position: number;
  readonly token: number;
}

/** The most rows that are read at once. */
export const mostRows: number = 8;

/**
 * The network and the keys and values of what it has read, in `slots` places.
 * What a token gives depends on the tokens before it in its slot only, to the last bit, and never on which rows are read together.
 */
export class Network {
  readonly config: NetworkConfig;
  private readonly _kernel: Kernel;
  private readonly _floats: Float32Array;
  private readonly _embedding: number;
  private readonly _norm: number;
  private readonly _blocks: readonly Block[];
  private readonly _at: Readonly<
    Record<"x" | "normed" | "qkv" | "mixed" | "up" | "logits" | "scores" | "slots", number>
  >;
  private readonly _vocabRows: number;
  private readonly _headWidth: number;
  /** From channel to channel of the values; no power of two, for those crowd into a few lines of the processor's cache. */
  private readonly _valuePitch: number;
  private readonly _slotSize: number;
  private readonly _cos: Float32Array;
  private readonly _sin: Float32Array;

  constructor(weights: Weights, slots: number, make: (size: number) => Kernel = kernel) {
    const { config } = weights;
    const { vocab, width, layers, heads, hidden, positions } = config;
    this.config = config;
    this._vocabRows = upTo(vocab, 4);
    this._headWidth = width / heads;
    this._valuePitch = positions + 8;
    this._slotSize = layers * width * (positions + this._valuePitch);

    let size = 0;
    const place = (floats: number): number => (size += upTo(floats, 4)) - upTo(floats, 4);
    const placed: (readonly [number, Float32Array])[] = [];
    const tensor = (name: string): number => {
      const { rows, cols, data } = weights.tensors.get(name) as Tensor;
      const at = place(upTo(rows, 4) * cols);
      placed.push([at, data]);
      return at;
    };
    this._embedding = tensor("embedding.weight");
    this._norm = tensor("norm.weight");
    this._blocks = Array.from({ length: layers }, (_, i) => ({
      norm1: tensor(`blocks.${i}.norm1.weight`),
      qkv: tensor(`blocks.${i}.qkv.weight`),
      out: tensor(`blocks.${i}.out.weight`),
      norm2: tensor(`blocks.${i}.norm2.weight`),
      up: tensor(`blocks.${i}.up.weight`),
      down: tensor(`blocks.${i}.down.weight`),
    }));
    this._at = {
      x: place(mostRows * width),
      normed: place(mostRows * width),
      qkv: place(mostRows * 3 * width),
      mixed: place(mostRows * width),
      up: place(mostRows * hidden),
      logits: place(mostRows * this._vocabRows),
      scores: place(heads * positions),
      slots: place(slots * this._slotSize),
    };
    this._kernel = make(size);
    this._floats = this._kernel.floats;
    for (const [at, data] of placed) this._floats.set(data, at);

    const half = this._headWidth / 2;
    this._cos = new Float32Array(positions * half);
    this._sin = new Float32Array(positions * half);
    for (let i = 0; i < positions * half; i++) {
      const angle = Math.floor(i / half) * 10000 ** (-(i % half) / half);
      this._cos[i] = Math.cos(angle);
      this._sin[i] = Math.sin(angle);
    }
  }

  /**
   * Reads up to {@link mostRows} tokens. The tokens before each must have been read into its slot, or stand before it in `rows`.
   * Returns the logits behind the last `wanted` rows; they are overwritten by the next reading.
   */
  read(rows: readonly Row[], wanted: number): readonly Float32Array[] {
    const { width, hidden, vocab } = this.config;
    const { x, normed, qkv, mixed, up, logits } = this._at;
    const { _floats: floats, _kernel: k } = this;
    const count = rows.length;
    rows.forEach(({ token }, i) => {
      const from = this._embedding + token * width;
      floats.copyWithin(x + i * width, from, from + width);
    });
    this._blocks.forEach((block, layer) => {
      this._normalise(x, block.norm1, count);
      k.matmul(block.qkv, width, normed, width, qkv, 3 * width, 3 * width, width, count, 0);
      for (let i = 0; i < count; i++) this._remember(rows[i] as Row, layer, qkv + i * 3 * width);
      for (let i = 0; i < count; i++) this._attend(rows[i] as Row, layer, qkv + i * 3 * width, mixed + i * width);
      k.matmul(block.out, width, mixed, width, x, width, width, width, count, 1);
      this._normalise(x, block.norm2, count);
      k.matmul(block.up, width, normed, width, up, hidden, hidden, width, count, 0);
      for (let i = up, end = up + count * hidden; i < end; i++) {
        const value = floats[i] as number;
        floats[i] = value > 0 ? value * value : 0;
      }
      k.matmul(block.down, hidden, up, hidden, x, width, width, hidden, count, 1);
    });
    if (wanted === 0) return [];
    const first = count - wanted;
    this._normalise(x + first * width, this._norm, wanted);
    k.matmul(this._embedding, width, normed, width, logits, this._vocabRows, this._vocabRows, width, wanted, 0);
    return Array.from({ length: wanted }, (_, i) => {
      const from = logits + i * this._vocabRows;
      return floats.subarray(from, from + vocab);
    });
  }

  /** Copies the first `length` tokens of what one slot holds to another. */
  copy(from: number, to: number, length: number): void {
    const { layers, width, heads } = this.config;
    const { _floats: floats, _headWidth: size, _valuePitch: pitch } = this;
    for (let layer = 0; layer < layers; layer++) {
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

  private _normalise(x: number, weight: number, count: number): void {
    const { width } = this.config;
    const { _floats: floats } = this;
    let to = this._at.normed;
    for (let i = 0, from = x; i < count; i++, from += width) {
      let squares = 0;
      for (let j = from; j < from + width; j++) squares += (floats[j] as number) * (floats[j] as number);
      const scale = 1 / Math.sqrt(squares / width + 1e-5);
      for (let j = 0; j < width; j++)
        floats[to++] = (floats[from + j] as number) * scale * (floats[weight + j] as number);
    }
  }

  /** Turns query and key of a row to its position, and keeps key and value. */
  private _remember({ slot, position }: Row, layer: number, qkv: number): void {
    const { width, heads } = this.config;
    const { _floats: floats, _headWidth: size, _cos: cos, _sin: sin } = this;
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

  private _attend({ slot, position }: Row, layer: number, query: number, mixed: number): void {
    const { heads } = this.config;
    const { _floats: floats, _kernel: k, _headWidth: size } = this;
    const length = position + 1;
    const padded = upTo(length, 8);
    const scale = size ** -0.5;
    for (let head = 0; head < heads; head++) {
      const { scores } = this._at;
      k.matmul(this._keys(slot, layer, head), size, query + head * size, 0, scores, 0, padded, size, 1, 0);
      let most = -Infinity;
      for (let i = scores; i < scores + length; i++) if ((floats[i] as number) > most) most = floats[i] as number;
      let sum = 0;
      for (let i = scores; i < scores + length; i++) {
        sum += floats[i] = Math.exp(((floats[i] as number) - most) * scale);
      }
      for (let i = scores; i < scores + length; i++) floats[i] = (floats[i] as number) / sum;
      for (let i = scores + length; i < scores + padded; i++) floats[i] = 0;
      k.matmul(
        this._values(slot, layer, head),
        this._valuePitch,
        scores,
        0,
        mixed + head * size,
        0,
        size,
        padded,
        1,
        0,
      );
    }
  }

  /** Keys lie by position, values by channel, so that both are the rows of a matrix for the kernel. */
  private _keys(slot: number, layer: number, head: number): number {
    const { width, positions } = this.config;
    return this._at.slots + slot * this._slotSize + (layer * width + head * this._headWidth) * positions;
  }

  private _values(slot: number, layer: number, head: number): number {
    const { width, layers, positions } = this.config;
    const channel = layer * width + head * this._headWidth;
    return this._at.slots + slot * this._slotSize + layers * width * positions + channel * this._valuePitch;
  }
}

type Block = Readonly<Record<"norm1" | "qkv" | "out" | "norm2" | "up" | "down", number>>;

function upTo(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}
