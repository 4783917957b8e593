/**
 * @module
 * The figures of a budget: what is limited, needed, reserved and spent.
 */
import type { Abortable } from "./scope.js";

/** Limits of a budget; what is absent is not limited. */
export interface BudgetLimits {
  /** Requests to providers. */
  readonly calls?: number | undefined;
  /** Tokens read and written. */
  readonly tokens?: number | undefined;
  /** Tokens written. */
  readonly outputTokens?: number | undefined;
  /** US dollars. Needs a model that knows its price. */
  readonly usd?: number | undefined;
  /** Milliseconds, from the start of the run. */
  readonly ms?: number | undefined;
}

/** Figures that can be reserved. */
export interface Amount {
  calls: number;
  tokens: number;
  outputTokens: number;
  usd: number;
}

/** The worst case of a call. */
export interface Need {
  readonly inputTokens: number;
  /** The cap on what it writes. */
  readonly outputTokens: number;
  /** Enough, where the cap does not fit now. @defaultValue the cap */
  readonly usualTokens?: number | undefined;
  /** Below this it is not made. @defaultValue the cap, 16 at most */
  readonly leastTokens?: number | undefined;
  /** US dollars of so many tokens read and written; 0 where it does not matter. */
  readonly price: (inputTokens: number, outputTokens: number) => number;
}

/** A reserved share. Settled exactly once. */
export interface Reservation {
  /** The cap the call must obey: what it asked for, or what was left. */
  readonly outputTokens: number;
  /** Gives back what was not spent. Figures left out were not known, and count as reserved. */
  settle(spent: {
    readonly calls: number;
    readonly inputTokens?: number | undefined;
    readonly outputTokens?: number | undefined;
    readonly usd?: number | undefined;
  }): void;
}

/** What was learned about a model in the runs of one budget. */
export interface Habit {
  /** Real input tokens per estimated one, at least 1. */
  inputRatio: number;
  /** What it usually writes, in tokens, leaning high. */
  outputTokens: number;
}

/** A reservation that does not fit yet. */
export interface Waiter extends Abortable {
  /** Was it served or refused? */
  attempt(): boolean;
}

/** The figures that can be reserved. */
export const figures = ["calls", "tokens", "outputTokens", "usd"] as const;
/** A call that could write no more than this is not made, unless it asked for no more. */
export const leastOutput = 16;

/** Zero of everything. */
export function nothing(): Amount {
  return { calls: 0, tokens: 0, outputTokens: 0, usd: 0 };
}

/** Adds an amount, or takes it away. */
export function add(to: Amount, amount: Amount, sign: number): void {
  for (const name of figures) to[name] += sign * amount[name];
}

/** The largest integer in [low, high] that fits; `low` does. */
export function largest(low: number, high: number, fits: (cap: number) => boolean): number {
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
