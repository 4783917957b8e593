/**
 * @module
 * A text that is given, read as if the model wrote it: how likely is every token?
 */
import { ProviderError } from "../core/errors.js";
import type { TokenLogprob } from "../core/model.js";
import type { Reply } from "../core/source.js";
import type { Writer } from "./engine.js";
import type { Opening } from "./line.js";
import type { Piece } from "./piece.js";
import { tokenLogprob } from "./sampling.js";

/** Reads a given text behind a prompt. */
export class Scorer implements Writer {
  private readonly _opening: Opening;
  private readonly _tokens: readonly number[];
  private readonly _pieces: readonly Piece[];
  private readonly _count: number;
  private readonly _logprobs: TokenLogprob[] = [];
  private _text = "";

  /**
   * @param where - the model
   * @param count - how many alternatives stand beside the log-probability of a token
   * @throws `ProviderError` for a text that the model cannot write
   */
  constructor(where: string, opening: Opening, pieces: readonly Piece[], count: number) {
    this._opening = opening;
    this._pieces = pieces;
    this._count = count;
    const strange = pieces.find(({ token }) => token === undefined);
    if (pieces.length === 0 || strange !== undefined) {
      const what = strange === undefined ? "nothing in it" : `not ${JSON.stringify(strange.text.trim())}`;
      throw new ProviderError(`${where} cannot score the text: it knows ${what}`, { status: 400 });
    }
    this._tokens = pieces.map(({ token }) => token as number);
  }

  next(logits: Float32Array): number | undefined {
    const i = this._logprobs.length;
    const token = this._tokens[i] as number;
    const { text } = this._pieces[i] as Piece;
    const { prefill, pieceOf } = this._opening;
    const before = this._text === "" ? prefill : this._text;
    this._logprobs.push(tokenLogprob(logits, token, text, this._count, (other) => pieceOf(other, before)));
    this._text += text;
    return this._logprobs.length < this._tokens.length ? token : undefined;
  }

  /** What there is to tell. It wrote nothing: all of the text was read. */
  reply(read: { readonly inputTokens: number; readonly cachedInputTokens: number }): Reply {
    return {
      text: this._text,
      finishReason: "stop",
      logprobs: this._logprobs,
      usage: { ...read, outputTokens: 0, reasoningTokens: 0, usd: 0 },
    };
  }
}
