/**
 * @module
 * How likely a model was to say yes, where it was asked for yes or no.
 */
import type { TokenLogprob } from "../core/model.js";

/**
 * P(yes) / (P(yes) + P(no)) in the place of the first token that is one of them, whatever its case: also `true` and `false`, and `1` and `0`.
 * `undefined` where there is no such token, or its alternatives are not given.
 */
export function chanceOfYes(logprobs: readonly TokenLogprob[] = []): number | undefined {
  const place = logprobs.find(({ token }) => says(token) !== undefined);
  if (place?.top === undefined || place.top.length === 0) return undefined;
  // What was written need not be among the likeliest.
  const seen = new Map([place, ...place.top].map(({ token, logprob }) => [token, logprob]));
  const chance = { yes: 0, no: 0 };
  for (const [token, logprob] of seen) {
    const word = says(token);
    if (word !== undefined) chance[word] += Math.exp(logprob);
  }
  const sum = chance.yes + chance.no;
  return sum > 0 ? chance.yes / sum : undefined;
}

function says(token: string): "yes" | "no" | undefined {
  const word = token.trim().toLowerCase();
  if (["yes", "true", "1"].includes(word)) return "yes";
  return ["no", "false", "0"].includes(word) ? "no" : undefined;
}
