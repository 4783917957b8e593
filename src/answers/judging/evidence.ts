/**
 * @module
 * Evidence: what is shown of two responses beside their words to a model that compares them.
 */
import type { FeedbackContext } from "../../core/feedback.js";
import type { ModelResponse } from "../../core/model.js";

/** Finds out about two responses what their words do not say: what came out when their programs were run, what a source says. */
export interface Evidence<R extends ModelResponse = ModelResponse> {
  /** Words that may speak of them as `Response 1` and `Response 2`; `""` for nothing to say. Asked once for each order in which they are shown. */
  (first: R, second: R, context: FeedbackContext): string | Promise<string>;
  /** Model calls that it takes for a pair at most, for the budget that is kept back. @defaultValue 0 */
  readonly calls?: number | undefined;
}
