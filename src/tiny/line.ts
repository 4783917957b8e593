/**
 * @module
 * One line of text being written: which token comes next, what the text is so far, and when it ends.
 */
import type { ToolCallPart } from "../core/message.js";
import type { FinishReason, TokenLogprob } from "../core/model.js";
import type { Random } from "../core/random.js";
import type { Reply } from "../core/source.js";
import type { Delta } from "../core/tape.js";
import type { Writer } from "./engine.js";
import { choose, tokenLogprob, type Sampling } from "./sampling.js";
import { decode, tokenOf } from "./tokenizer.js";

/** What a line begins with, and how its tokens are written. */
export interface Opening {
  /** Tokens it must write first. */
  readonly forced: readonly number[];
  /** What the text goes on from, as it was given. */
  readonly prefill: string;
  /** Name of the tool that its calculations call. */
  readonly tool: string | undefined;
  /** Tool calls so far. */
  readonly toolCalls: number;
  /** The token that ends it. */
  readonly end: number;
  /** So many tokens, and it does not end before; `undefined`: until it ends. */
  readonly exactly?: number | undefined;
  /** A token as it is written behind a text. */
  readonly pieceOf: (token: number, before: string) => string;
}

/** How the lines of a request are written. */
export interface LineSettings extends Sampling {
  /** The most tokens. */
  readonly limit: number;
  /** Writing ends before any of these. */
  readonly stop: readonly string[];
  /** How many alternatives stand beside the log-probability of a token; `undefined`: no log-probabilities. */
  readonly logprobs: number | undefined;
}

/** Hears more of a line as it is written. */
export type Listener = (part: Delta) => void;

/** Writes one completion. */
export class Line implements Writer {
  private readonly _opening: Opening;
  private readonly _settings: LineSettings;
  private readonly _random: Random;
  private readonly _listener: Listener | undefined;
  /** Text that may still turn out to be the beginning of a stop sequence is not told yet. */
  private readonly _heldBack: number;
  private readonly _written: number[] = [];
  private readonly _logprobs: TokenLogprob[] = [];
  private _text = "";
  private _told = 0;
  /** Tokens whose log-probabilities were told, and the length of their text. */
  private _toldTokens = 0;
  private _toldLength = 0;
  /** What stands between the marks of a tool call. */
  private _expression: number[] | undefined;
  private _toolCall: ToolCallPart | undefined;
  private _finishReason: FinishReason = "length";

  constructor(opening: Opening, settings: LineSettings, random: Random, listener: Listener | undefined) {
    this._opening = opening;
    this._settings = settings;
    this._random = random;
    this._listener = listener;
    this._heldBack = Math.max(1, ...settings.stop.map((stop) => stop.length)) - 1;
  }

  next(logits: Float32Array): number | undefined {
    const { forced, end, exactly } = this._opening;
    const open = exactly === undefined ? logits : without(end, logits);
    const token = forced[this._written.length] ?? choose(open, this._settings, this._random, this._written);
    const last = token === end;
    if (!last) this._written.push(token);
    const ended = last || (this._expression !== undefined && token === tokenOf("</calc>"));
    const cut = !ended && this._add(token, logits);
    const whole = ended || (!cut && this._written.length === exactly);
    if (whole) this._end();
    const over = whole || cut || this._written.length >= this._settings.limit;
    this._tell(over);
    return over ? undefined : token;
  }

  /** The completion. What was written is counted here, what was read is counted as given. */
  reply(read: { readonly inputTokens?: number; readonly cachedInputTokens?: number }): Reply {
    const { _toolCall: toolCall, _settings: settings } = this;
    return {
      text: this._text,
      finishReason: this._finishReason,
      ...(toolCall !== undefined && { toolCalls: [toolCall] }),
      ...(settings.logprobs !== undefined && { logprobs: this._logprobs }),
      usage: {
        inputTokens: 0,
        cachedInputTokens: 0,
        outputTokens: this._written.length,
        reasoningTokens: 0,
        usd: 0,
        ...read,
      },
    };
  }

  /** Adds a token to the text or the tool call; does a stop sequence end the text with it? */
  private _add(token: number, logits: Float32Array): boolean {
    const { tool, prefill, pieceOf } = this._opening;
    if (this._expression !== undefined) {
      this._expression.push(token);
      return false;
    }
    if (tool !== undefined && token === tokenOf("<calc>")) {
      this._expression = [];
      return false;
    }
    const piece = pieceOf(token, this._text === "" ? prefill : this._text);
    this._text += piece;
    this._addLogprob(token, piece, logits);
    return this._cut(piece.length);
  }

  /** The network ended the line, or its tool call. */
  private _end(): void {
    const { tool: name, toolCalls } = this._opening;
    this._finishReason = "stop";
    if (name === undefined || this._expression === undefined || this._expression.length === 0) return;
    const input = { expression: decode(this._expression) };
    this._toolCall = { type: "tool-call", id: `call-${toolCalls + 1}`, name, input };
    this._finishReason = "tool-calls";
    this._listener?.({ toolInput: JSON.stringify(input) });
  }

  private _addLogprob(token: number, piece: string, logits: Float32Array): void {
    const { logprobs: count } = this._settings;
    if (count === undefined) return;
    const { prefill, pieceOf } = this._opening;
    const before = this._text.slice(0, -piece.length);
    this._logprobs.push(
      tokenLogprob(logits, token, piece, count, (other) => pieceOf(other, before === "" ? prefill : before)),
    );
  }

  /** Ends the text before a stop sequence that the last `fresh` characters completed. */
  private _cut(fresh: number): boolean {
    const from = Math.max(0, this._text.length - fresh - this._heldBack);
    const found = this._settings.stop.map((stop) => this._text.indexOf(stop, from)).filter((at) => at >= 0);
    if (found.length === 0) return false;
    const end = Math.min(...found);
    let begins = this._text.length;
    for (let last = this._logprobs.at(-1); last !== undefined; last = this._logprobs.at(-1)) {
      begins -= last.token.length;
      if (begins < end) break;
      this._logprobs.pop();
    }
    this._text = this._text.slice(0, end);
    this._finishReason = "stop";
    return true;
  }

  private _tell(all: boolean): void {
    if (this._listener === undefined) return;
    const end = this._text.length - (all ? 0 : this._heldBack);
    if (end <= this._told) return;
    const text = this._text.slice(this._told, end);
    this._told = end;
    const logprobs = this._newLogprobs(end);
    this._listener(logprobs.length === 0 ? { text } : { text, logprobs });
  }

  /** Log-probabilities, not told yet, of the tokens that end before `end`. */
  private _newLogprobs(end: number): readonly TokenLogprob[] {
    const from = this._toldTokens;
    for (let next = this._logprobs[from]; next !== undefined; next = this._logprobs[this._toldTokens]) {
      if (this._toldLength + next.token.length > end) break;
      this._toldLength += next.token.length;
      this._toldTokens++;
    }
    return this._logprobs.slice(from, this._toldTokens);
  }
}

/** Logits with which a token is never chosen. */
function without(token: number, logits: Float32Array): Float32Array {
  const open = logits.slice();
  open[token] = -Infinity;
  return open;
}
