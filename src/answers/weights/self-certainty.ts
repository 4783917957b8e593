/**
 * @module
 * Self-certainty: how far from a blind guess the model was at every word.
 */
import type { ModelResponse } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { topOf, withoutAlternatives } from "./group-confidence.js";
import type { Weight } from "./weight.js";

/** Options of {@link selfCertainty}. */
export interface SelfCertaintyOptions {
  /** Alternatives per token that are looked at: whole, at least 2. Providers give 20 at most, some 5. @defaultValue 20 */
  readonly k?: number | undefined;
}

/**
 * The weight of a vote by the mean distance of the model's choices from a blind guess.
 *
 * What is computed: with p1 … pk the probabilities of the `k` likeliest tokens in a place, scaled to add up to 1, the divergence
 * KL(uniform ‖ p) = -(1/k) · Σ log(k · pj), averaged over all tokens. Over a whole vocabulary (`k` its size) that is the published measure; interfaces
 * give no more than `k`, so what the model thinks of the rest does not count. Log-probabilities under -100 count as -100.
 *
 * Shape: a {@link Weight} of at least 0, without a bound, in nats; meant for ranks: `reweigh: borda()`. A vote asks the model for log-probabilities.
 * Cost: no calls.
 *
 * @throws {@link InvalidOptionError} for an option out of bounds
 * @throws {@link MalformedResponseError} for a sample without log-probabilities, or with fewer than two alternatives everywhere
 * @see Kang et al. 2025, arXiv:2502.18581 (self-certainty and Borda votes). Deviation: over the `k` likeliest tokens, not the vocabulary.
 * @example
 * const solver = stack(model, chainOfThought(), sampleN(16), majorityVote({ weight: selfCertainty(), reweigh: borda() }));
 */
export function selfCertainty(options: SelfCertaintyOptions = {}): Weight {
  checkOptions("selfCertainty", options, ["k"]);
  const { k = 20 } = options;
  checkInteger("selfCertainty", "k", k, 2);
  const weight = (sample: ModelResponse): number => {
    const tokens = (sample.logprobs ?? []).map((token) => topOf(token, k)).filter(({ length }) => length > 1);
    if (tokens.length === 0) throw withoutAlternatives("selfCertainty");
    return tokens.reduce((sum, logprobs) => sum + certainty(logprobs), 0) / tokens.length;
  };
  return Object.assign(weight, { logprobs: k });
}

function certainty(logprobs: readonly number[]): number {
  const mean = logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length;
  const total = Math.log(logprobs.reduce((sum, value) => sum + Math.exp(value), 0));
  // Rounding may take an even choice below 0.
  return Math.max(0, total - mean - Math.log(logprobs.length));
}
