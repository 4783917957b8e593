/**
 * @module
 * One way of reading with the looped network: a number of loops, or as many as it takes until they change little.
 */
import type { Place } from "./attention.js";
import { mostRows, type Row } from "./blocks.js";
import type { Reader } from "./engine.js";
import type { LoopNetwork } from "./loop-network.js";
import { divergence, logprobsOf } from "./sampling.js";
import type { Token } from "./slots.js";

/** How often is the loop gone through? */
export interface LoopSettings {
  /** So often; with `halt`, at most. */
  readonly steps: number;
  /** No further once what comes next differs by less than this from what the loop before told, in nats. */
  readonly halt: number | undefined;
}

/** Reads one prompt, and the lines behind it. */
export class LoopReading implements Reader<Token> {
  /** Loops of every token. With `halt` this is settled at the last token of the prompt. */
  steps: number;
  /** What the network knows at the end of the prompt. */
  hidden: Float32Array | undefined;
  private readonly _network: LoopNetwork;
  private readonly _halt: number | undefined;

  constructor(network: LoopNetwork, { steps, halt }: LoopSettings) {
    this._network = network;
    this.steps = steps;
    this._halt = halt;
  }

  *begin(slot: number, tokens: readonly Token[], known: number): Generator<number, Float32Array> {
    const network = this._network;
    const rows = tokens.map((token, position) => ({ slot, token, position }));
    const fresh = rows.slice(known);
    const through = network.loops(slot);
    for (const piece of inPieces(fresh)) {
      yield known;
      network.enter(piece);
    }
    let before: readonly number[] | undefined;
    for (let loop = 1; ; loop++) {
      // What is known of the text went through the first loops before.
      for (const piece of inPieces(loop > through ? rows : fresh)) {
        yield known;
        network.loop(piece, loop);
      }
      const last = loop === this.steps;
      if (this._halt === undefined && !last) continue;
      const end = rows.slice(-1);
      const [logits] = network.tell(end, loop) as [Float32Array];
      const now = logprobsOf(logits);
      if (last || (before !== undefined && divergence(now, before) < (this._halt as number))) {
        this.steps = loop;
        this.hidden = network.hidden(end[0] as Place, loop);
        network.settle(slot, loop);
        return logits;
      }
      before = now;
    }
  }

  read(rows: readonly Row[]): readonly Float32Array[] {
    const { _network: network, steps } = this;
    network.enter(rows);
    for (let loop = 1; loop <= steps; loop++) network.loop(rows, loop);
    return network.tell(rows, steps);
  }

  copy(from: number, to: number, length: number): void {
    this._network.copy(from, to, length);
  }
}

function* inPieces<R>(rows: readonly R[]): Generator<readonly R[]> {
  for (let from = 0; from < rows.length; from += mostRows) yield rows.slice(from, from + mostRows);
}
