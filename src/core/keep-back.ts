/**
 * @module
 * Keeping back a part of the budget, while samples are drawn, for the calls that will read them.
 */
import type { Amount } from "./amounts.js";
import type { Budget } from "./budget.js";
import type { Call } from "./call.js";
import { estimateTokens } from "./estimate.js";
import type { ModelRequest, ModelResponse } from "./model.js";
import { share } from "./share.js";

/** Calls that read samples. */
export interface Reading {
  readonly calls: number;
  /** How many samples all of them read together. */
  readonly reads: number;
}

/** Options of {@link keepBack}. */
export interface KeepBackOptions {
  /** How many samples will come at most; `Infinity` where nobody knows. */
  readonly planned: number;
  /** What so many samples need. */
  readonly reading: (samples: number) => Reading;
  /** What each of the calls usually writes at most, in tokens. */
  readonly outputTokens: number;
}

/** A part of the budget that is kept back. */
export interface KeptBack {
  /** For the calls that it is kept back for. */
  readonly budget: Budget;
  /** Reckons anew, by the samples there are so far. */
  expect(samples: readonly ModelResponse[]): void;
  /** Gives back what was not used. */
  release(): void;
}

/**
 * Keeps back what calls need that will read the samples of `request`: enough for the samples there are and one more, so that sampling ends before
 * the budget does; and for all samples that are planned, as far as half of what is left goes. Before the first sample it is half at most. Where nothing is
 * limited, nothing is kept back.
 */
export function keepBack(request: ModelRequest, call: Call, options: KeepBackOptions): KeptBack {
  const { budget } = call;
  if (budget.unlimited) return { budget, expect: nothing, release: nothing };
  const { reading, outputTokens } = options;
  const planned = options.planned === Infinity ? usualSamples : options.planned;
  const question = estimateTokens(request) + promptTokens;
  const hold = budget.hold({});
  let kept: Readonly<Amount> = { calls: 0, tokens: 0, outputTokens: 0, usd: 0 };
  const expect = (samples: readonly ModelResponse[]): void => {
    const { length } = samples;
    const known = length > 0;
    const tokens = known ? sum(samples, tokensOf) / length : outputTokens;
    // Reading a sample costs no more than writing it did.
    const usd = known ? sum(samples, ({ usage }) => usage.usd ?? 0) / length : undefined;
    const need = (count: number, written: number, unknownUsd: number): Readonly<Amount> => {
      const { calls, reads } = reading(count);
      return {
        calls,
        tokens: Math.ceil(calls * (question + written) + reads * tokens),
        outputTokens: calls * written,
        usd: usd === undefined ? unknownUsd : usd * (calls + reads),
      };
    };
    // The first sample comes before everything else.
    const least = known ? need(Math.min(length + 1, planned), Math.min(outputTokens, leastTokens), 0) : kept;
    const most = need(planned, outputTokens, Infinity);
    const { left } = hold.budget;
    kept = share(most, left, {
      calls: Math.max(least.calls, kept.calls),
      tokens: Math.max(least.tokens, kept.tokens),
      outputTokens: Math.max(least.outputTokens, kept.outputTokens),
      usd: Math.max(least.usd, kept.usd),
    });
    hold.resize(kept);
  };
  expect([]);
  return { budget: hold.budget, expect, release: () => hold.release() };
}

/** What an instruction and the names of the samples add to a prompt. */
const promptTokens = 100;
/** Samples to reckon with where nobody knows how many come. */
const usualSamples = 16;
/** What a call must be able to write at least. */
const leastTokens = 64;

function tokensOf({ text }: ModelResponse): number {
  return estimateTokens({ messages: [{ role: "user", content: text }] });
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function nothing(): void {
  // Nothing is limited.
}
