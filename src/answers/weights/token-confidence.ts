/**
 * @module
 * Token confidence: how sure a model was of its words while it wrote them.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { ModelResponse } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { confidencesOf, groupMeans, lowestGroup } from "./group-confidence.js";
import type { Weight } from "./weight.js";

/** Options of {@link tokenConfidence}. */
export interface TokenConfidenceOptions {
  /**
   * Which part of the line of thought speaks for it: its least sure group of tokens, the mean of its least sure tenth of groups, its last
   * group, or all of it. @defaultValue `'lowest'`
   */
  readonly of?: "lowest" | "bottom" | "tail" | "mean" | undefined;
  /** Tokens of a group: whole, at least 1. A shorter text is one group. @defaultValue 2048 */
  readonly window?: number | undefined;
  /** Alternatives per token that are looked at: whole, at least 2. Providers give 20 at most, some 5. @defaultValue 20 */
  readonly k?: number | undefined;
}

/**
 * The weight of a vote by how sure the model was of its words.
 *
 * The confidence of a token is the mean of -log p over its `k` likeliest alternatives: high where all but one are unlikely. That of a group
 * is the mean over `window` tokens in a row; groups begin at every token. Log-probabilities under -100 count as -100; a token with fewer than two alternatives does not count.
 *
 * Shape: a {@link Weight} of at least 0, without a bound, in nats. Reads `logprobs[].top`; a vote asks the model for them.
 * Cost: no calls.
 *
 * @throws {@link InvalidOptionError} for an option out of bounds
 * @throws {@link MalformedResponseError} for a sample without log-probabilities, or with fewer than two alternatives everywhere
 * @see Fu et al. 2025, DeepConf, arXiv:2508.15260, section 3 (the measures), with its defaults
 * @example
 * const solver = stack(model, chainOfThought(), sampleN(16), majorityVote({ weight: tokenConfidence(), reweigh: top(0.9) }));
 */
export function tokenConfidence(options: TokenConfidenceOptions = {}): Weight {
  checkOptions("tokenConfidence", options, ["of", "window", "k"]);
  const { of = "lowest", window = 2048, k = 20 } = options;
  const read = measures[of];
  if (!Object.hasOwn(measures, of) || read === undefined)
    throw new InvalidOptionError("tokenConfidence", "of", "'lowest', 'bottom', 'tail' or 'mean'", of);
  checkInteger("tokenConfidence", "window", window, 1);
  checkInteger("tokenConfidence", "k", k, 2);
  const weight = (sample: ModelResponse): number => read(confidencesOf("tokenConfidence", sample, k), window);
  return Object.assign(weight, { logprobs: k });
}

type Measure = (confidences: readonly number[], window: number) => number;

const measures: Readonly<Record<NonNullable<TokenConfidenceOptions["of"]>, Measure>> = {
  lowest: lowestGroup,
  bottom: (confidences, window) => {
    const groups = groupMeans(confidences, window).sort((a, b) => a - b);
    return mean(groups.slice(0, Math.max(1, Math.floor(groups.length / 10))));
  },
  tail: (confidences, window) => mean(confidences.slice(-window)),
  mean,
};

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
