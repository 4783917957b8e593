/**
 * @module
 * What is kept back from the budget while tools are used, for the final answer.
 */
import type { Amount } from "./amounts.js";
import type { Budget, Hold } from "./budget.js";
import type { Call } from "./call.js";
import { estimateTokens } from "./estimate.js";
import type { ModelRequest } from "./model.js";
import { alone, share } from "./share.js";

/** One call, its tokens, and the price of the dearest step; of a small budget half. */
export class FinalShare {
  private readonly _call: Call;
  private readonly _finalTokens: number;
  private readonly _hold: Hold;
  private _kept: Readonly<Amount> = { calls: 0, tokens: 0, outputTokens: 0, usd: 0 };
  /** The most money that a step took; 0 where none is known. */
  private _dearest = 0;
  private _spent = 0;

  constructor(call: Call, finalTokens: number) {
    this._call = call;
    this._finalTokens = finalTokens;
    this._hold = call.budget.hold({});
  }

  /** For the final call: all that is left. */
  get budget(): Budget {
    return this._hold.budget;
  }

  /** Reckons anew, before a step: what would be asked finally is no more than `request`. */
  reckon(request: ModelRequest): void {
    const { budget, usage } = this._call;
    this._spent = usage.usd ?? 0;
    const needed = {
      calls: 1,
      tokens: estimateTokens(request) + this._finalTokens,
      outputTokens: this._finalTokens,
      usd: this._dearest || (alone(budget) ? Infinity : 0),
    };
    const { left } = this._hold.budget;
    this._kept = share(needed, left, { ...this._kept, calls: left.calls });
    this._hold.resize(this._kept);
  }

  /** Notes what the step took, before its tools take more. */
  note(): void {
    this._dearest = Math.max(this._dearest, (this._call.usage.usd ?? 0) - this._spent);
  }

  /** Is there room for an answer to this request, of half the tokens that were to be kept back for it at least? */
  fits(request: ModelRequest): boolean {
    return estimateTokens(request) + this._finalTokens / 2 <= this._hold.budget.left.tokens;
  }

  /** Gives back what was not used. */
  release(): void {
    this._hold.release();
  }
}
