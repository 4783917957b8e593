/**
 * @module
 * The distribution over answers that thoughts make together.
 */
import type { ModelResponse } from "../../core/model.js";
import type { AnswerProbability } from "../marginalize.js";

/** One thought, and what it says of the answers. */
export interface Part<R extends ModelResponse> {
  readonly sample: R;
  /** Of its own answer. */
  readonly key: string;
  /** How much it counts, at least 0. */
  readonly weight: number;
  /** How likely it makes each answer, by key; together 1. */
  readonly beliefs: ReadonlyMap<string, number>;
}

/**
 * The mixture of what all thoughts say, each by its weight.
 *
 * @param others - answers that no thought gave by itself, by key
 */
export function distributionOf<R extends ModelResponse>(
  parts: readonly Part<R>[],
  others: ReadonlyMap<string, R> = new Map(),
): { readonly distribution: readonly AnswerProbability<R>[]; readonly entropy: number; readonly margin: number } {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const seen = new Map<string, { readonly sample: R; count: number; mass: number }>();
  for (const { key, sample } of parts) {
    const answer = seen.get(key) ?? { sample, count: 0, mass: 0 };
    answer.count++;
    seen.set(key, answer);
  }
  for (const [key, sample] of others) if (!seen.has(key)) seen.set(key, { sample, count: 0, mass: 0 });
  for (const { weight, beliefs } of parts) {
    for (const [key, belief] of beliefs) {
      const answer = seen.get(key);
      if (answer !== undefined) answer.mass += weight * belief;
    }
  }
  const distribution = [...seen]
    // Masses are divided last, so that equal counts are equal.
    .sort(([, a], [, b]) => b.mass - a.mass)
    .map(([key, { sample, count, mass }]): AnswerProbability<R> => {
      const probability = total === 0 ? 0 : mass / total;
      let variance = 0;
      for (const { weight, beliefs } of parts)
        variance += total === 0 ? 0 : ((weight / total) * ((beliefs.get(key) ?? 0) - probability)) ** 2;
      return { key, sample, count, probability, error: Math.sqrt(variance) };
    });
  let entropy = 0;
  for (const { probability } of distribution) if (probability > 0) entropy -= probability * Math.log(probability);
  const [best, second] = distribution;
  return { distribution, entropy: Math.max(0, entropy), margin: (best?.probability ?? 0) - (second?.probability ?? 0) };
}
