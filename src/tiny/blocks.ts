/**
 * @module
 * Blocks of a decoder-only transformer with RMSNorm, rotary positions, squared ReLU and tied embeddings, and the keys and values of what they have read.
 */
import { Attention, type Place } from "./attention.js";
import { upTo, type Memory } from "./memory.js";
import type { BlockConfig } from "./weights.js";

/** One token to be read. */
export interface Row extends Place {
  readonly token: number;
}

/** The most rows that are read at once. */
export const mostRows: number = 8;

/** How much room blocks have. */
export interface BlocksRoom {
  /** How many blocks the weights have. */
  readonly blocks: number;
  /** How many times a block runs with keys and values of its own. */
  readonly layers: number;
  /** How many texts are held. */
  readonly slots: number;
}

/**
 * Blocks that work on the residual stream of up to {@link mostRows} rows. Each run of a block has keys and values of its own, its layer:
 * what a row gives depends on what the same layer read before it in its slot only, to the last bit, and never on which rows are read together.
 */
export class Blocks {
  /** Address of the residual stream, row by row. */
  readonly x: number;
  /** Address of what {@link normalise} makes, row by row. */
  readonly normed: number;
  /** Address of the weights of the last {@link normalise}. */
  readonly norm: number;
  readonly attention: Attention;
  private readonly _config: BlockConfig;
  private readonly _memory: Memory;
  private readonly _embedding: number;
  private readonly _blocks: readonly Block[];
  private readonly _at: Readonly<Record<"qkv" | "mixed" | "up" | "logits", number>>;
  private readonly _vocabRows: number;

  /** Takes its places in `memory`, which must be opened before anything is read. */
  constructor(config: BlockConfig, memory: Memory, { blocks, layers, slots }: BlocksRoom) {
    const { vocab, width, hidden } = config;
    this._config = config;
    this._memory = memory;
    this._vocabRows = upTo(vocab, 4);
    this._embedding = memory.tensor("embedding.weight");
    this.norm = memory.tensor("norm.weight");
    this._blocks = Array.from({ length: blocks }, (_, i) => ({
      norm1: memory.tensor(`blocks.${i}.norm1.weight`),
      qkv: memory.tensor(`blocks.${i}.qkv.weight`),
      out: memory.tensor(`blocks.${i}.out.weight`),
      norm2: memory.tensor(`blocks.${i}.norm2.weight`),
      up: memory.tensor(`blocks.${i}.up.weight`),
      down: memory.tensor(`blocks.${i}.down.weight`),
    }));
    this.x = memory.place(mostRows * width);
    this.normed = memory.place(mostRows * width);
    this._at = {
      qkv: memory.place(mostRows * 3 * width),
      mixed: memory.place(mostRows * width),
      up: memory.place(mostRows * hidden),
      logits: memory.place(mostRows * this._vocabRows),
    };
    this.attention = new Attention(config, memory, layers, slots);
  }

  /** Puts the embedding of a token into the residual stream of row `i`. */
  embed(token: number, i: number): void {
    const { width } = this._config;
    const from = this._embedding + token * width;
    this._memory.kernel.floats.copyWithin(this.x + i * width, from, from + width);
  }

  /**
   * Runs block number `index` on the residual stream of the rows. The tokens before each must have been read into its slot with the same layer,
   * or stand before it in `rows`.
   */
  run(index: number, layer: number, rows: readonly Place[]): void {
    const { width, hidden } = this._config;
    const { x, normed } = this;
    const { qkv, mixed, up } = this._at;
    const { kernel: k } = this._memory;
    const { floats } = k;
    const block = this._blocks[index] as Block;
    const count = rows.length;
    this.normalise(x, block.norm1, count);
    k.matmul(block.qkv, width, normed, width, qkv, 3 * width, 3 * width, width, count, 0);
    for (let i = 0; i < count; i++) this.attention.remember(rows[i] as Place, layer, qkv + i * 3 * width);
    for (let i = 0; i < count; i++)
      this.attention.attend(rows[i] as Place, layer, qkv + i * 3 * width, mixed + i * width);
    k.matmul(block.out, width, mixed, width, x, width, width, width, count, 1);
    this.normalise(x, block.norm2, count);
    k.matmul(block.up, width, normed, width, up, hidden, hidden, width, count, 0);
    for (let i = up, end = up + count * hidden; i < end; i++) {
      const value = floats[i] as number;
      floats[i] = value > 0 ? value * value : 0;
    }
    k.matmul(block.down, hidden, up, hidden, x, width, width, hidden, count, 1);
  }

  /** The logits of so many hidden states that lie at {@link normed}; they are overwritten by the next reading. */
  logits(count: number): readonly Float32Array[] {
    const { width, vocab } = this._config;
    const { _vocabRows: rows, normed } = this;
    const { logits } = this._at;
    const { kernel } = this._memory;
    if (count > 0) kernel.matmul(this._embedding, width, normed, width, logits, rows, rows, width, count, 0);
    return Array.from({ length: count }, (_, i) =>
      kernel.floats.subarray(logits + i * rows, logits + i * rows + vocab),
    );
  }

  /** Writes `count` rows from `x` on, normalised and weighted, to {@link normed}. */
  normalise(x: number, weight: number, count: number): void {
    const { width } = this._config;
    const { floats } = this._memory.kernel;
    let to = this.normed;
    for (let i = 0, from = x; i < count; i++, from += width) {
      let squares = 0;
      for (let j = from; j < from + width; j++) squares += (floats[j] as number) * (floats[j] as number);
      const scale = 1 / Math.sqrt(squares / width + 1e-5);
      for (let j = 0; j < width; j++)
        floats[to++] = (floats[from + j] as number) * scale * (floats[weight + j] as number);
    }
  }
}

type Block = Readonly<Record<"norm1" | "qkv" | "out" | "norm2" | "up" | "down", number>>;
