/**
 * @module
 * Reading a prompt and writing behind it, several lines at a time. Keeps the latest texts it read, which never changes what is written.
 */
import type { Scope } from "../core/scope.js";
import { mostRows, type Row } from "./blocks.js";
import { Slots, type Token } from "./slots.js";

/** A line being written. */
export interface Writer {
  /** Takes the logits behind what was written so far; gives the next token, or `undefined` when the line is over. */
  next(logits: Float32Array): number | undefined;
}

/** A network as the engine drives it, or one way of reading with it. */
export interface Reader<T extends Token> {
  /**
   * Reads a text into a slot that holds the first `known` tokens of it, fewer than all. Yields where there is time for a pause, and then says how many
   * tokens the slot holds. Returns the logits behind the last token; the next reading may overwrite them.
   */
  begin(slot: number, tokens: readonly T[], known: number): Generator<number, Float32Array>;
  /** Reads one more token into each of up to {@link mostRows} slots. Returns the logits behind each. */
  read(rows: readonly Row[]): readonly Float32Array[];
  /** Copies the first `length` tokens of what one slot holds to another. */
  copy(from: number, to: number, length: number): void;
}

/** How long the event loop may be held up. */
const sliceMs = 6;

/** The memory of a network, slot by slot. Requests take turns: there is one processor for all of them. */
export class Engine<T extends Token> {
  private readonly _slots: Slots;
  private _turn: Promise<unknown> = Promise.resolve();
  private _sliceBegan = 0;

  /** @param slots - how many texts are held: more than {@link mostRows} */
  constructor(slots: number) {
    this._slots = new Slots(slots);
  }

  /**
   * Reads `prompt`, and lets every writer write on from it. Returns how many tokens of the prompt had been read before.
   *
   * @throws the reason of `scope`, as soon as it is aborted
   */
  write(reader: Reader<T>, prompt: readonly T[], writers: readonly Writer[], scope: Scope): Promise<number> {
    const done = this._turn.then(() => this._write(reader, prompt, writers, scope));
    this._turn = done.catch(() => undefined);
    return done;
  }

  private async _write(
    reader: Reader<T>,
    prompt: readonly T[],
    writers: readonly Writer[],
    scope: Scope,
  ): Promise<number> {
    await this._pause(scope);
    const { slot, known } = this._resume(reader, prompt);
    const reading = reader.begin(slot, prompt, known);
    let piece = reading.next();
    for (; piece.done !== true; piece = reading.next()) {
      this._slots.read(slot, prompt, piece.value);
      await this._pause(scope);
    }
    this._slots.read(slot, prompt, prompt.length);
    const first = piece.value.slice();
    for (let from = 0; from < writers.length; from += mostRows) {
      const lines = writers
        .slice(from, from + mostRows)
        .map((writer, i) => ({ writer, slot: from + i === 0 ? slot : this._fork(reader, slot, prompt.length) }));
      await this._writeTogether(reader, lines, first, scope);
    }
    return known;
  }

  private async _writeTogether(
    reader: Reader<T>,
    lines: readonly Line[],
    first: Float32Array,
    scope: Scope,
  ): Promise<void> {
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
      logits = reader.read(rows);
      for (const { slot, token } of rows) this._slots.add(slot, token);
    }
  }

  /** A slot that holds as much of the prompt as was read before; its last token is always read, for what comes behind it. */
  private _resume(reader: Reader<T>, prompt: readonly T[]): { readonly slot: number; readonly known: number } {
    const { slot, shared } = this._slots.nearest(prompt);
    const known = Math.min(shared, prompt.length - 1);
    // A text that the prompt goes on from is gone on with; of any other the beginning is copied.
    if (shared > 0 && shared === this._slots.length(slot)) {
      this._slots.hold(slot, slot, known);
      return { slot, known };
    }
    return { slot: this._fork(reader, slot, known), known };
  }

  private _fork(reader: Reader<T>, source: number, length: number): number {
    const slot = this._slots.oldest();
    if (slot !== source) reader.copy(source, slot, length);
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
