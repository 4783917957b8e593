/**
 * @module
 * The share of the budget that is kept back for the question itself, while something is found out about it.
 */
import type { Budget } from "../../../core/budget.js";
import type { Call } from "../../../core/call.js";
import { addToPrompt } from "../../../core/conversation.js";
import { estimateTokens } from "../../../core/estimate.js";
import type { ModelRequest } from "../../../core/model.js";
import { alone } from "../../../core/share.js";

/** What is kept back. */
export interface FinalShare {
  /** For the call that it is kept back for; `undefined` where nothing is limited. */
  readonly budget?: Budget;
  /** Reckons anew: these words will be added to the prompt. */
  readonly expect: (words: string) => void;
  /** Gives back what was not used. */
  readonly release: () => void;
}

/** Keeps back one call and the tokens for it, but no more than half of what is left; money, half of it, only while nobody else spends any. */
export function finalShare(request: ModelRequest, { budget }: Call): FinalShare {
  if (budget.unlimited) return { expect: nothing, release: nothing };
  const { left } = budget;
  const hold = budget.hold({});
  let kept = { calls: 0, tokens: 0, outputTokens: 0, usd: alone(budget) && left.usd !== Infinity ? left.usd / 2 : 0 };
  const expect = (words: string): void => {
    const { calls, tokens, outputTokens } = hold.budget.left;
    const input = estimateTokens(addToPrompt(request, words)) + promptTokens;
    kept = {
      calls: Math.min(1, calls),
      tokens: Math.min(input + finalTokens, Math.max(kept.tokens, half(tokens))),
      outputTokens: Math.min(finalTokens, Math.max(kept.outputTokens, half(outputTokens))),
      usd: kept.usd,
    };
    hold.resize(kept);
  };
  expect("");
  return { budget: hold.budget, expect, release: () => hold.release() };
}

/** What the answer to the question itself takes, in tokens. */
const finalTokens = 512;
/** What the layers beneath add to the prompt. */
const promptTokens = 100;

function half(left: number): number {
  return left === Infinity ? 0 : Math.floor(left / 2);
}

function nothing(): void {
  // Nothing is limited.
}
