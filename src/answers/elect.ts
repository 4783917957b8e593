/**
 * @module
 * Election: the response that a tally of samples chooses, with the count beside it.
 */
import { NoAnswerError } from "../core/errors.js";
import { extend } from "../core/extend.js";
import type { ModelResponse, SampleFailure, StopReason } from "../core/model.js";
import { sampleWarnings } from "../core/sample.js";
import type { Tally, Vote } from "./tally.js";

/** The winning sample, with the count beside it. */
export type Voted<R extends ModelResponse = ModelResponse> = R & {
  /** All answers, most weight first; ties in the order they were seen. */
  readonly votes: readonly Vote<R>[];
  /** Posterior probability that the winner is likelier than the second answer; 0 without votes. */
  readonly confidence: number;
  /** Lead of the winner over the second answer, as a share of all weights. */
  readonly margin: number;
  /** The winner had less than `minShare`: there is no answer. */
  readonly abstained: boolean;
  /** Those drawn. */
  readonly samples: readonly R[];
  readonly failures: readonly SampleFailure[];
  readonly stopped: StopReason;
};

/** What was drawn: a `Draw` that has ended, or anything like it. */
export interface Drawn<R extends ModelResponse> {
  readonly samples: readonly R[];
  readonly failures: readonly SampleFailure[];
  readonly stopped: StopReason;
}

/**
 * The winner of a tally as a response: the first sample that gave the winning answer; the first of all where none can be read.
 * Under `minShare` of the weights there is no answer. Needs at least one sample.
 */
export function elect<R extends ModelResponse>(tally: Tally<R>, drawn: Drawn<R>, minShare: number = 0): Voted<R> {
  const { samples, failures, stopped } = drawn;
  const { winner, votes, confidence, margin } = tally;
  const abstained = winner !== undefined && winner.share < minShare;
  const sample = winner?.sample ?? samples[0];
  if (sample === undefined) throw new NoAnswerError("there is no sample to elect");
  const voted = extend(sample, { votes, confidence, margin, abstained, samples, failures, stopped });
  if (abstained || (winner === undefined && "key" in sample))
    Object.assign(voted, { answer: undefined, key: undefined });
  return Object.assign(voted, sampleWarnings(sample, samples));
}
