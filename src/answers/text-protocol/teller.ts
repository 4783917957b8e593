/**
 * @module
 * Telling a turn of ReAct while it is written: its thought as a thought, its arguments as those of a tool, its final answer as the answer.
 */
import type { DeltaEvent } from "../../core/events.js";
import type { ToolDescription } from "../../core/model.js";
import { labelOf, mayBecomeLabel, type Label } from "./labels.js";
import { toolIn } from "./read-turn.js";

/** Some words, and what they are. */
export type Piece = Pick<DeltaEvent, "text" | "reasoning" | "toolInput">;

/** Options of {@link Teller}. */
export interface TellerOptions {
  readonly tools: readonly ToolDescription[];
  /** Keep the final answer back: it is changed before it is given out. */
  readonly whole: boolean;
}

/** Takes words as they come. What was not labelled is kept back: whether it is a thought or the answer shows later. */
export class Teller {
  /** What was told of the final answer. */
  told = "";
  /** Did any words come? */
  heard = false;
  private readonly _options: TellerOptions;
  private _state: Label | "plain" | "over" = "plain";
  /** Did an action come? Then whether what stands behind it is the answer shows at the end. */
  private _called = false;
  /** Does a thought stand before? */
  private _thought = false;
  /** Has the part no words yet? */
  private _fresh = true;
  /** Words without a label. */
  private _kept = "";
  /** Spaces, emphasis and ticks that may be the end of the part. */
  private _tail = "";
  /** The beginning of a line that may become one with a label. */
  private _line = "";
  /** Is the line past its beginning? */
  private _inLine = false;

  constructor(options: TellerOptions) {
    this._options = options;
  }

  /** The words begin again. */
  begin(): void {
    this.told = this._kept = this._tail = this._line = "";
    this._state = "plain";
    this._called = this._thought = this._inLine = false;
    this._fresh = true;
  }

  /** The pieces that can be told now. */
  hear(text: string): readonly Piece[] {
    this.heard = true;
    const pieces: Piece[] = [];
    for (const part of text.split(/(?<=\n)/)) {
      this._line += part;
      const whole = this._line.endsWith("\n");
      if (!this._inLine && !whole && undecided(this._line)) continue;
      this._read(this._line, pieces);
      this._line = "";
      this._inLine = !whole;
    }
    return pieces;
  }

  private _read(line: string, pieces: Piece[]): void {
    const found = this._inLine ? undefined : labelOf(line);
    const words = found === undefined ? line : line.slice(found.start);
    this._add(found !== undefined && this._enter(found.label, words, pieces) ? words : line, pieces);
  }

  /** Begins the part of a label, unless the label is only words of the part before. */
  private _enter(label: Label, words: string, pieces: Piece[]): boolean {
    const { _state: state, _kept: kept } = this;
    const named = label === "action" && toolIn(words, this._options.tools) !== undefined;
    const first = state === "plain" && kept.trim() === "";
    if (state === "over" || (label === "observation" && first) || (label === "input" && state !== "action"))
      return false;
    if (state === "final" && label !== "observation" && label !== "thought" && !named) return false;
    const over = state === "final" || label === "observation" || (label === "final" && this._called);
    this._state = over ? "over" : label;
    // What an action asks for may hold labels of its own, and whether it is one shows at the end.
    this._called ||= label === "action";
    this._kept = this._tail = "";
    if (kept.trim() !== "") this._think(kept.trim(), pieces);
    this._fresh = true;
    return true;
  }

  private _add(words: string, pieces: Piece[]): void {
    switch (this._state) {
      case "plain":
        this._kept += words;
        return;
      case "input":
        pieces.push({ toolInput: words });
        return;
      case "thought":
        this._think(this._trimmed(words), pieces);
        return;
      case "final":
        this._answer(this._trimmed(words), pieces);
        return;
      default:
        return;
    }
  }

  private _think(words: string, pieces: Piece[]): void {
    if (words === "") return;
    pieces.push({ reasoning: this._fresh && this._thought ? `\n${words}` : words });
    this._fresh = false;
    this._thought = true;
  }

  private _answer(words: string, pieces: Piece[]): void {
    if (words === "") return;
    this._fresh = false;
    if (this._options.whole) return;
    pieces.push({ text: words });
    this.told += words;
  }

  /** The words without what may be the end of the part, and without spaces at its beginning. */
  private _trimmed(words: string): string {
    const all = this._tail + words;
    let end = all.length;
    while (end > 0 && /[\s*`]/.test(all.charAt(end - 1))) end--;
    this._tail = all.slice(end);
    const told = all.slice(0, end);
    return this._fresh ? told.trimStart() : told;
  }
}

/** May the line still become one with a label, or name a tool behind it? */
function undecided(line: string): boolean {
  const found = labelOf(line);
  return found === undefined ? mayBecomeLabel(line) : found.label === "action";
}
