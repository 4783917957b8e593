/**
 * @module
 * Weights: how much the vote of one sample counts.
 */
import type { ModelResponse } from "../../core/model.js";

/** How much one sample's vote counts, at least 0. A plain function is one; what it needs may stand beside it. */
export interface Weight<R extends ModelResponse = ModelResponse> {
  (sample: R): number;
  /** The most it gives, so that a vote knows when nothing can change. @defaultValue `Infinity` */
  readonly max?: number | undefined;
  /** Log-probabilities that it reads: so many alternatives per token. A vote asks the model for them. @defaultValue none */
  readonly logprobs?: number | undefined;
}
