/**
 * @module
 * Samples that are nothing but log-probabilities.
 */
import type { ModelResponse, TokenLogprob } from "mull";

/** A token whose `k` likeliest alternatives have a mean log-probability of `-confidence`. */
export function token(confidence: number, k: number = 2): TokenLogprob {
  // One likelier than the mean by as much as the last one is unlikelier.
  const spread = (i: number): number => (k === 1 ? 0 : ((2 * i) / (k - 1) - 1) * Math.min(0.05, confidence / 2));
  const top = Array.from({ length: k }, (_, i) => ({ token: `t${i}`, logprob: -confidence - spread(i) }));
  return { token: "t0", logprob: top[0]!.logprob, top };
}

/** A sample of such tokens. */
export function sampleOf(confidences: readonly number[], k?: number): ModelResponse {
  return withLogprobs(confidences.map((confidence) => token(confidence, k)));
}

/** A sample with these log-probabilities. */
export function withLogprobs(logprobs: readonly TokenLogprob[] | undefined): ModelResponse {
  const usage = { calls: 1 } as ModelResponse["usage"];
  return { text: "x", finishReason: "stop", usage, ...(logprobs !== undefined && { logprobs }) };
}
