/**
 * @module
 * Feedback: what says how good a response is, and what to mend. A function, a schema, tests, a judge: all have this shape.
 */
import type { Call } from "./call.js";
import type { Model, ModelRequest, ModelResponse } from "./model.js";

/** What feedback says of a response. */
export interface Verdict {
  /** Good enough: nothing has to be mended. */
  readonly ok: boolean;
  /** How good, from 0 to 1. @defaultValue 1 when `ok`, else 0 */
  readonly score?: number | undefined;
  /** What is wrong and how to mend it, for the model to read. */
  readonly message?: string | undefined;
}

/** What feedback may look at, and call models with. */
export interface FeedbackContext {
  /** The question. */
  readonly request: ModelRequest;
  /** To be passed to models that are asked; what they spend is counted as judging. */
  readonly call: Call;
  /** The model that gave the response. */
  readonly model: Model;
  /** Which draft or sample this is, from 0. */
  readonly round: number;
}

/** Says how good a response is. It may call models, run tests, ask a person; nobody waits for it after an abort. */
export type Feedback<R extends ModelResponse = ModelResponse> = (
  response: R,
  context: FeedbackContext,
) => Verdict | Promise<Verdict>;

/** Says how good a response is: by a number, higher is better, or by a verdict. Every {@link Feedback} is a scorer. */
export interface Scorer<R extends ModelResponse = ModelResponse> {
  (response: R, context: FeedbackContext): number | Verdict | Promise<number | Verdict>;
  /** Log-probabilities that it reads: so many alternatives per token. Whoever draws the samples asks the model for them. @defaultValue none */
  readonly logprobs?: number | undefined;
}
