/**
 * @module
 * Reading a prompt and writing behind it, several lines at a time. Keeps the latest texts it read, which never changes what is written.
 */
import type { Scope } from "../core/scope.js";
import { mostRows, Network, type Row } from "./network.js";
import { Slots } from "./slots.js";
import type { Weights } from "./weights.js";

/** A line being written. */
export interface Writer {
  /** Takes the logits behind what was written so far; gives the next token, or `undefined` when the line is over. */
  next(logits: Float32Array): number | undefined;
}

/** Texts that are kept beside those being written. */
const keptTexts = 16;
/** How long the event loop may be held up. */
const sliceMs = 6;

/** A network with its memory. Requests take turns: there is one processor for all of them. */
export class Engine {
  private readonly _network: Network;
  private readonly _slots: Slots;
  private _turn: Promise<unknown> = Promise.resolve();
  private _sliceBegan = 0;

  constructor(weights: Weights) {
    this._network = new Network(weights, mostRows + keptTexts);
    this._slots = new Slots(mostRows + keptTexts);
  }

  /**
   * Reads `prompt`, and lets every writer write on from it. Returns how many tokens of the prompt had been read before.
   *
   * @throws the reason of `scope`, as soon as it is aborted
   */
  write(prompt: readonly number[], writers: readonly Writer[], scope: Scope): Promise<number> {
    const done = this._turn.then(() => this._write(prompt, writers, scope));
    this._turn = done.catch(() => undefined);
    return done;
  }

  private async _write(prompt: readonly number[], writers: readonly Writer[], scope: Scope): Promise<number> {
    await this._pause(scope);
    const { slot, known } = this._resume(prompt);
    let logits: readonly Float32Array[] = [];
    for (let from = known; from < prompt.length; from += mostRows) {
      await this._pause(scope);
      const tokens = prompt.slice(from, from + mostRows);
      const rows = tokens.map((token, i) => ({ slot, token, position: from + i }));
      logits = this._read(rows, from + mostRows < prompt.length ? 0 : 1);
    }
    const first = (logits[0] as Float32Array).slice();
    for (let from = 0; from < writers.length; from += mostRows) {
      const lines = writers
        .slice(from, from + mostRows)
        .map((writer, i) => ({ writer, slot: from + i === 0 ? slot : this._fork(slot, prompt.length) }));
      await this._writeTogether(lines, first, scope);
    }
    return known;
  }

  private async _writeTogether(lines: readonly Line[], first: Float32Array, scope: Scope): Promise<void> {
    let open = lines;
    let logits: readonly Float32Array[] = lines.map(() => first);
    for (;;) {
      await this._pause(scope);
      const rows: Row[] = [];
      open = open.filter(({ writer, slot }, i) => {
        const token = writer.next(logits[i] as Float32Array);
        if (token !== undefined) rows.push({ slot, token, position: this._slots.length(slot) });
        return token !== undefined;
      });
      if (open.length === 0) return;
      logits = this._read(rows, rows.length);
    }
  }

  private _read(rows: readonly Row[], wanted: number): readonly Float32Array[] {
    const logits = this._network.read(rows, wanted);
    for (const { slot, token } of rows) this._slots.add(slot, token);
    return logits;
  }

  /** A slot that holds as much of the prompt as was read before; its last token is always read, for what comes behind it. */
  private _resume(prompt: readonly number[]): { readonly slot: number; readonly known: number } {
    const { slot, shared } = this._slots.nearest(prompt);
    const known = Math.min(shared, prompt.length - 1);
    // A text that the prompt goes on from is gone on with; of any other the beginning is copied.
    if (shared > 0 && shared === this._slots.length(slot)) {
      this._slots.hold(slot, slot, known);
      return { slot, known };
    }
    return { slot: this._fork(slot, known), known };
  }

  private _fork(source: number, length: number): number {
    const slot = this._slots.oldest();
    if (slot !== source) this._network.copy(source, slot, length);
    this._slots.hold(slot, source, length);
    return slot;
  }

  /** Looks whether anybody still wants the lines, and lets others have the event loop when it is time. */
  private async _pause(scope: Scope): Promise<void> {
    if (scope.aborted) throw scope.reason;
    if (performance.now() - this._sliceBegan > sliceMs) {
      await nextTask();
      this._sliceBegan = performance.now();

      if (scope.aborted) throw scope.reason;
    }
  }
}

/** Resolves in a later task; timers of browsers would take 4 ms. Leaves nothing open behind. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

interface Line {
  readonly writer: Writer;
  readonly slot: number;
}
