/**
 * @module
 * Fair shares of a budget, and of its time, for things that are done one after the other.
 */
import type { BudgetLimits } from "../../core/amounts.js";
import { Budget } from "../../core/budget.js";
import { outOfTime } from "../../core/call.js";
import type { Clock } from "../../core/clock.js";
import { BudgetExceededError } from "../../core/errors.js";

/** Deals out what is left of a budget. Its time runs from here. */
export class Shares {
  private readonly _whole: Budget;
  private readonly _clock: Clock;
  private readonly _end: number;

  constructor(budget: BudgetLimits | Budget | undefined, clock: Clock) {
    this._whole = budget instanceof Budget ? budget : new Budget(budget);
    this._clock = clock;
    this._end = clock.now() + (this._whole.limits.ms ?? Infinity);
  }

  /** The share of the next one, of so many that are still to be done; `undefined` where nothing useful is left. */
  next(remaining: number): Budget | undefined {
    const { left } = this._whole;
    const limits: { -readonly [K in keyof BudgetLimits]: BudgetLimits[K] } = {};
    for (const name of ["calls", "tokens", "outputTokens", "usd"] as const) {
      if (left[name] === Infinity) continue;
      // At least one call, so that a small budget is not shared until nobody can do anything.
      const share = name === "usd" ? left.usd / remaining : Math.max(1, Math.floor(left[name] / remaining));
      if (left[name] < 1 && name !== "usd") return undefined;
      if (share <= 0) return undefined;
      limits[name] = share;
    }
    const ms = (this._end - this._clock.now()) / remaining;
    if (ms <= 0) return undefined;
    if (ms !== Infinity) limits.ms = ms;
    return new Budget(limits, this._whole);
  }

  /** What of it ended. */
  get ended(): "budget" | "deadline" {
    return this._clock.now() >= this._end ? "deadline" : "budget";
  }

  /** For where nothing could be done at all. */
  error(): Error {
    return this.ended === "deadline"
      ? outOfTime(this._whole.limits.ms ?? 0)
      : new BudgetExceededError("calls", "the budget was spent before the first probe");
  }
}
