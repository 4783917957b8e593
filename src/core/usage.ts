/**
 * @module
 * Usage: what was spent. Figures a provider did not give are `undefined`, never 0.
 */

/** What some calls spent. */
export interface Spend {
  /** Requests to the provider; one with native `n` counts once. */
  readonly calls: number;
  /** Tokens read, cached ones included. */
  readonly inputTokens: number | undefined;
  /** Of those, read from the provider's prompt cache. */
  readonly cachedInputTokens: number | undefined;
  /** Tokens written, reasoning included. */
  readonly outputTokens: number | undefined;
  /** Of those, reasoning. */
  readonly reasoningTokens: number | undefined;
  /** US dollars. */
  readonly usd: number | undefined;
}

/** What finished calls spent, and beside it, not in it, what was spent on others. */
export interface Usage extends Spend {
  /** Of the above, calls that judged instead of answering. */
  readonly judging?: Spend;
  /** Calls that ended in an error. */
  readonly failed?: Spend;
  /** Calls given up: a vote was decided, a timeout struck, the user left. */
  readonly cancelled?: Spend;
}

/** Nothing spent. */
export const noUsage: Usage = Object.freeze({
  calls: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  usd: 0,
});

/** The sum of two usages. A figure unknown in one is unknown in the sum. Returns an operand where the other is {@link noUsage}. */
export function addUsage(a: Usage, b: Usage): Usage {
  if (a === noUsage) return b;
  if (b === noUsage) return a;
  const sum: Mutable<Usage> = addSpend(a, b);
  if (a.judging ?? b.judging) sum.judging = addSpend(a.judging ?? noUsage, b.judging ?? noUsage);
  if (a.failed ?? b.failed) sum.failed = addSpend(a.failed ?? noUsage, b.failed ?? noUsage);
  if (a.cancelled ?? b.cancelled) sum.cancelled = addSpend(a.cancelled ?? noUsage, b.cancelled ?? noUsage);
  return sum;
}

function addSpend(a: Spend, b: Spend): Spend {
  return {
    calls: a.calls + b.calls,
    inputTokens: plus(a.inputTokens, b.inputTokens),
    cachedInputTokens: plus(a.cachedInputTokens, b.cachedInputTokens),
    outputTokens: plus(a.outputTokens, b.outputTokens),
    reasoningTokens: plus(a.reasoningTokens, b.reasoningTokens),
    usd: plus(a.usd, b.usd),
  };
}

function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
