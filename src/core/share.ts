/**
 * @module
 * How much of a budget is kept back for later calls.
 */
import type { Amount } from "./amounts.js";
import type { Budget } from "./budget.js";

/**
 * What is kept back of what is `left`: what is needed, but no more than half, or than `least` where that is more; nothing of what is not limited.
 */
export function share(needed: Readonly<Amount>, left: Readonly<Amount>, least: Readonly<Amount>): Readonly<Amount> {
  const part = (name: keyof Amount, half: number): number =>
    left[name] === Infinity ? 0 : Math.min(needed[name], Math.max(least[name], half));
  return {
    calls: part("calls", Math.floor(left.calls / 2)),
    tokens: part("tokens", Math.floor(left.tokens / 2)),
    outputTokens: part("outputTokens", Math.floor(left.outputTokens / 2)),
    usd: part("usd", left.usd / 2),
  };
}

/** Does nobody else spend, or keep back, money of this budget now? Else whoever does not know a price keeps nothing back. */
export function alone({ limits, spent, left }: Budget): boolean {
  return limits.usd === undefined || left.usd >= limits.usd - spent.usd - 1e-9;
}
