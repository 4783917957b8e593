/**
 * @module
 * Servers that repeat a started answer before they continue it.
 */

/** A text without the start that it repeats. */
export function withoutEcho(text: string, prefill: string | undefined): string {
  return prefill !== undefined && text.startsWith(prefill) ? text.slice(prefill.length) : text;
}

/** The same for a text that comes in pieces. */
export class Echo {
  private readonly _prefill: string;
  /** What has come while it may still be the echo; `undefined` when that is over. */
  private _held: string | undefined = "";

  constructor(prefill: string) {
    this._prefill = prefill;
  }

  /** What may be told of the text, now that this piece has come. */
  add(piece: string): string {
    if (this._held === undefined) return piece;
    const text = this._held + piece;
    if (text.length < this._prefill.length && this._prefill.startsWith(text)) {
      this._held = text;
      return "";
    }
    this._held = undefined;
    return withoutEcho(text, this._prefill);
  }

  /** What is left when the text is over. */
  end(): string {
    const rest = this._held ?? "";
    this._held = undefined;
    return rest;
  }
}
