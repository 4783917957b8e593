/**
 * @module
 * Election: the response that a tally of samples chooses, with the count beside it.
 */
import { withoutCalls } from "../core/conversation.js";
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
  /** Shannon entropy of the shares in nats: 0 where all agree. Over samples of one meaning (`same`) it is the semantic entropy. */
  readonly entropy: number;
  /** Samples that were not let vote. */
  readonly discarded: number;
  /** There is no answer: the winner had less than `minShare`, or all samples were discarded. */
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
  /** How many of the samples were not let vote. @defaultValue 0 */
  readonly discarded?: number | undefined;
}

/**
 * The winner of a tally as a response: the first sample that gave the winning answer; the first of all where none can be read.
 * Under `minShare` of the weights, and where all were discarded, there is no answer, and no tool is called. Needs at least one sample.
 */
export function elect<R extends ModelResponse>(tally: Tally<R>, drawn: Drawn<R>, minShare: number = 0): Voted<R> {
  const { samples, failures, stopped, discarded = 0 } = drawn;
  const { winner, votes, confidence, margin, entropy } = tally;
  const abstained = winner === undefined ? discarded > 0 && discarded === samples.length : winner.share < minShare;
  const sample = winner?.sample ?? samples[0];
  if (sample === undefined) throw new NoAnswerError("there is no sample to elect");
  // What nobody was elected for is not done.
  const voted = extend(abstained ? withoutCalls(sample) : sample, {
    votes,
    confidence,
    margin,
    entropy,
    discarded,
    abstained,
    samples,
    failures,
    stopped,
  });
  if (abstained || (winner === undefined && "key" in sample))
    Object.assign(voted, { answer: undefined, key: undefined });
  return Object.assign(voted, sampleWarnings(sample, samples));
}
