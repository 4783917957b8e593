/**
 * @module
 * The network: four blocks, one behind the other (`training/model.py` is the same in torch).
 */
import { Blocks, mostRows, type Row } from "./blocks.js";
import type { Reader } from "./engine.js";
import { Memory, type MakeKernel } from "./memory.js";
import type { BlockConfig, Weights } from "./weights.js";

/** Sizes of the network. */
export interface NetworkConfig extends BlockConfig {
  readonly layers: number;
}

/**
 * The network and the keys and values of what it has read, in `slots` places.
 * What a token gives depends on the tokens before it in its slot only, to the last bit, and never on which rows are read together.
 */
export class Network implements Reader<number> {
  private readonly _layers: readonly number[];
  private readonly _width: number;
  private readonly _blocks: Blocks;

  constructor(weights: Weights<NetworkConfig>, slots: number, make?: MakeKernel) {
    const { layers, width } = weights.config;
    this._width = width;
    this._layers = Array.from({ length: layers }, (_, layer) => layer);
    const memory = new Memory(weights);
    this._blocks = new Blocks(weights.config, memory, { blocks: layers, layers, slots });
    memory.open(make);
  }

  *begin(slot: number, tokens: readonly number[], known: number): Generator<number, Float32Array> {
    let logits: readonly Float32Array[] = [];
    for (let from = known; from < tokens.length; from += mostRows) {
      yield from;
      const rows = tokens.slice(from, from + mostRows).map((token, i) => ({ slot, token, position: from + i }));
      logits = this.read(rows, from + mostRows < tokens.length ? 0 : 1);
    }
    return logits[0] as Float32Array;
  }

  /**
   * Reads up to {@link mostRows} tokens. The tokens before each must have been read into its slot, or stand before it in `rows`.
   * Returns the logits behind the last `wanted` rows; they are overwritten by the next reading.
   */
  read(rows: readonly Row[], wanted: number = rows.length): readonly Float32Array[] {
    rows.forEach(({ token }, i) => this._blocks.embed(token, i));
    for (const layer of this._layers) this._blocks.run(layer, layer, rows);
    this._blocks.normalise(this._blocks.x + (rows.length - wanted) * this._width, this._blocks.norm, wanted);
    return this._blocks.logits(wanted);
  }

  copy(from: number, to: number, length: number): void {
    this._blocks.attention.copy(from, to, length, this._layers);
  }
}
