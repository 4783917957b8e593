/**
 * @module
 * The looped network: blocks that are gone through as often as is asked for, with the input put in again every time (`training/loop/model.py` is the same in torch).
 */
import type { LatentAbility } from "../core/capabilities.js";
import type { Place } from "./attention.js";
import { Blocks } from "./blocks.js";
import { readState } from "./loop-state.js";
import { Memory, type MakeKernel } from "./memory.js";
import type { Token } from "./slots.js";
import type { BlockConfig, Weights } from "./weights.js";

/** Sizes of the looped network, and what it was trained for. */
export interface LoopConfig extends BlockConfig {
  /** Blocks in the loop. */
  readonly core: number;
  /** The most loops. */
  readonly loops: number;
  /** Loops where nobody says how many. */
  readonly steps: number;
  readonly abilities: readonly LatentAbility[];
}

/** One token to be read; a carried state, by its text, stands in place of one. */
export interface LoopRow extends Place {
  readonly token: Token;
}

/**
 * The looped network, and what it has read, in `slots` places. Every loop has keys and values of its own, and what a token is behind each loop is kept, so
 * that one loop more is one loop's work. Nothing depends on which rows are read together, to the last bit.
 */
export class LoopNetwork {
  readonly config: LoopConfig;
  private readonly _memory: Memory;
  private readonly _blocks: Blocks;
  private readonly _inputNorm: number;
  private readonly _carry: number;
  /** Room for a state. */
  private readonly _state: number;
  private readonly _kept: number;
  /** How many loops the text in each slot went through: all of its tokens. */
  private readonly _loops: number[];

  constructor(weights: Weights<LoopConfig>, slots: number, make?: MakeKernel) {
    const { config } = weights;
    const { width, core, loops, positions } = config;
    this.config = config;
    const memory = new Memory(weights);
    this._memory = memory;
    this._blocks = new Blocks(config, memory, { blocks: core, layers: core * loops, slots });
    this._inputNorm = memory.tensor("input_norm.weight");
    this._carry = memory.tensor("carry.weight");
    this._state = memory.place(width);
    this._kept = memory.place(slots * (loops + 1) * positions * width);
    this._loops = Array.from({ length: slots }, () => 0);
    memory.open(make);
  }

  /** Reads the rows, before any loop. */
  enter(rows: readonly LoopRow[]): void {
    rows.forEach(({ token }, i) => {
      if (typeof token === "string") this._carryOver(token, i);
      else this._blocks.embed(token, i);
    });
    this._keep(rows, 0, this._inputNorm);
  }

  /** Takes the rows through loop number `loop`, from 1; they, and all tokens before them, must have been through those before it. */
  loop(rows: readonly Place[], loop: number): void {
    const { width, core } = this.config;
    const { floats } = this._memory.kernel;
    const { _blocks: blocks } = this;
    rows.forEach((row, i) => {
      const to = blocks.x + i * width;
      const input = this._behind(row, 0);
      floats.copyWithin(to, input, input + width);
      if (loop === 1) return;
      const before = this._behind(row, loop - 1);
      for (let j = 0; j < width; j++) floats[to + j] = (floats[to + j] as number) + (floats[before + j] as number);
    });
    for (let block = 0; block < core; block++) blocks.run(block, (loop - 1) * core + block, rows);
    this._keep(rows, loop, blocks.norm);
  }

  /** What comes next behind the rows, after so many loops; the next reading overwrites it. */
  tell(rows: readonly Place[], loops: number): readonly Float32Array[] {
    const { width } = this.config;
    const { floats } = this._memory.kernel;
    rows.forEach((row, i) => {
      const from = this._behind(row, loops);
      floats.copyWithin(this._blocks.normed + i * width, from, from + width);
    });
    return this._blocks.logits(rows.length);
  }

  /** What the network knows at a place, after so many loops. */
  hidden(row: Place, loops: number): Float32Array {
    const from = this._behind(row, loops);
    return this._memory.kernel.floats.slice(from, from + this.config.width);
  }

  /** How many loops the text in a slot went through. */
  loops(slot: number): number {
    return this._loops[slot] as number;
  }

  /** From now on the text in a slot counts as having been through so many loops, all of its tokens. */
  settle(slot: number, loops: number): void {
    this._loops[slot] = loops;
  }

  /** Copies the first `length` tokens of what one slot holds to another. */
  copy(from: number, to: number, length: number): void {
    const { width, core } = this.config;
    const { floats } = this._memory.kernel;
    const loops = this.loops(from);
    this.settle(to, loops);
    const layers = Array.from({ length: core * loops }, (_, layer) => layer);
    this._blocks.attention.copy(from, to, length, layers);
    for (let loop = 0; loop <= loops; loop++) {
      const kept = this._behind({ slot: from, position: 0 }, loop);
      floats.copyWithin(this._behind({ slot: to, position: 0 }, loop), kept, kept + length * width);
    }
  }

  /** Keeps the residual stream of the rows, normalised. */
  private _keep(rows: readonly Place[], loops: number, norm: number): void {
    const { width } = this.config;
    const { floats } = this._memory.kernel;
    const { x, normed } = this._blocks;
    this._blocks.normalise(x, norm, rows.length);
    rows.forEach((row, i) => {
      floats.copyWithin(this._behind(row, loops), normed + i * width, normed + (i + 1) * width);
    });
  }

  /** Puts a state into the residual stream of row `i`. */
  private _carryOver(state: string, i: number): void {
    const { width } = this.config;
    const { kernel } = this._memory;
    kernel.floats.set(readState(state, width), this._state);
    kernel.matmul(this._carry, width, this._state, 0, this._blocks.x + i * width, 0, width, width, 1, 0);
  }

  /** Where that is kept which a token is behind so many loops; behind none it is the input of all. */
  private _behind({ slot, position }: Place, loops: number): number {
    const { width, positions, loops: most } = this.config;
    return this._kept + ((slot * (most + 1) + loops) * positions + position) * width;
  }
}
