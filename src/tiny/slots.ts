/**
 * @module
 * Which slot of the network holds which text. State that outlives a call: the latest texts are kept, so that what goes on from them is not read again.
 */

/** What stands at one place of a text: a token by its number, or what takes the place of one, by its text. */
export type Token = number | string;

/** The tokens of every slot. At most `count` texts are kept; the one unused for longest makes room. */
export class Slots {
  private readonly _texts: Token[][];
  private readonly _used: number[];
  private _clock = 0;

  constructor(count: number) {
    this._texts = Array.from({ length: count }, () => []);
    this._used = this._texts.map(() => 0);
  }

  /** The slot that shares the longest beginning with `tokens`, and how long that is. */
  nearest(tokens: readonly Token[]): { readonly slot: number; readonly shared: number } {
    let slot = 0;
    let shared = 0;
    this._texts.forEach((text, i) => {
      let length = 0;
      while (length < text.length && length < tokens.length && text[length] === tokens[length]) length++;
      if (length > shared) [slot, shared] = [i, length];
    });
    return { slot, shared };
  }

  /** How many tokens a slot holds. */
  length(slot: number): number {
    return this._text(slot).length;
  }

  /** The slot unused for longest. */
  oldest(): number {
    return this._used.indexOf(Math.min(...this._used));
  }

  /** From now on a slot holds the first `length` tokens of `source`. */
  hold(slot: number, source: number, length: number): void {
    this._texts[slot] = this._text(source).slice(0, length);
    this._used[source] = this._used[slot] = ++this._clock;
  }

  /** One more token was read into a slot. */
  add(slot: number, token: Token): void {
    this._text(slot).push(token);
  }

  /** The first `length` tokens of a text were read into the slot that holds the beginning of it. */
  read(slot: number, tokens: readonly Token[], length: number): void {
    for (let i = this.length(slot); i < length; i++) this.add(slot, tokens[i] as Token);
  }

  private _text(slot: number): Token[] {
    return this._texts[slot] as Token[];
  }
}
