/**
 * @module
 * Log-probabilities as OpenAI's interfaces have them.
 */
import { listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { TokenLogprob } from "../../core/model.js";

/** One token with its alternatives, best first. */
export function logprobOf(entry: Fields): TokenLogprob {
  const top = listOf(entry.top_logprobs)
    .map(tokenOf)
    .sort((a, b) => b.logprob - a.logprob);
  return { ...tokenOf(entry), ...(top.length > 0 && { top }) };
}

/** JSON has no minus infinity: what is no number is one. */
function tokenOf({ token, logprob }: Fields): { readonly token: string; readonly logprob: number } {
  return { token: wordsOf(token) ?? "", logprob: typeof logprob === "number" ? logprob : -Infinity };
}
