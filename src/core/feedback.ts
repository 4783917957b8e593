/**
 * @module
 * Feedback: what says how good a response is, and what to mend. A function, a schema, tests, a judge: all have this shape.
 */
import type { Call } from "./call.js";
import type { Model, ModelRequest, ModelResponse } from "./model.js";

/** Something that was looked up, computed or run to see whether a response is right. */
export interface Check {
  /** The tool. */
  readonly name: string;
  readonly input: unknown;
  readonly output: unknown;
  /** `true` when `output` says what went wrong with the check itself. */
  readonly isError: boolean;
}

/** What feedback says of a response. */
export interface Verdict {
  /** Good enough: nothing has to be mended. */
  readonly ok: boolean;
  /** How good, from 0 to 1. @defaultValue 1 when `ok`, else 0 */
  readonly score?: number | undefined;
  /** What is wrong and how to mend it, for the model to read. */
  readonly message?: string | undefined;
  /** What it was found out by, in order; of feedback that uses tools. */
  readonly checks?: readonly Check[] | undefined;
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
