/**
 * @module
 * Majority vote: the answer most lines of thought agree on.
 */
import { Ballots } from "./majority-vote/ballots.js";
import type { Sameness } from "../../answers/clusters.js";
import { elect, type Voted } from "../../answers/elect.js";
import type { Reweigh } from "../../answers/weights/reweigh.js";
import { decided, never, type StoppingRule } from "../../answers/stopping/stopping.js";
import { Tally } from "../../answers/tally.js";
import { VotingDesk, withoutLogprobs } from "./majority-vote/voting-desk.js";
import type { Weight } from "../../answers/weights/weight.js";
import { exhaustion, type Call } from "../../core/call.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, Sampled, StopReason } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { draw } from "../../core/sample.js";
import { withLogprobs } from "../../core/with-logprobs.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link majorityVote}. */
export interface MajorityVoteOptions<R extends ModelResponse = ModelResponse> {
  /** Asked after every sample, in index order; ends the sampling. @defaultValue {@link decided}; {@link never} with `reweigh` */
  readonly stop?: StoppingRule | undefined;
  /** Weight of one sample's vote, at least 0: a function, or a value such as {@link tokenConfidence}`()`. @defaultValue 1 for each */
  readonly weight?: Weight<R> | undefined;
  /** The most that `weight` gives, so that `decided` knows when nothing can change. @defaultValue 1, or `weight.max`, or `Infinity` */
  readonly maxWeight?: number | undefined;
  /** New weights for those of all samples that may vote, before each look at `stop` and at the end: {@link softmax}, {@link borda}, {@link top}. @defaultValue none */
  readonly reweigh?: Reweigh | undefined;
  /** Says of a sample that it must not vote: {@link redFlags}. @defaultValue none */
  readonly discard?: ((sample: R) => boolean) | undefined;
  /** Says whether two samples give the same answer where their keys differ: {@link sameMeaning}. @defaultValue only equal keys do */
  readonly same?: Sameness<R> | undefined;
  /** Abstains when the winner has less than this share of the weights, from 0 to 1. @defaultValue 0: never */
  readonly minShare?: number | undefined;
}

/**
 * Answers with the answer that most samples agree on.
 *
 * Shape: samples in, one {@link Voted} response out: the first sample that gave the winning answer, with the votes.
 * Cost: no calls of its own; over a lazy sampler between about `n / 2` and `n` samples under {@link decided}. With `same`, up to n(n - 1) / 2
 * comparisons: each new answer with the first of each that differs, the one with most samples first; counted as `usage.judging`.
 * Ties go to the answer seen first. A sample whose answer cannot be read casts no vote; if none can, the winner has less than
 * `minShare`, or all are discarded, `answer` and `key` are `undefined`. Samples without an answer vote by their words, but for case and spaces.
 * A comparison that fails counts as "not the same", with a warning. If budget or time ends in one, those counted so far decide.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a weight below 0 or above `maxWeight`, and for what the other functions return
 * @throws {@link CapabilityError} for a weight by log-probabilities, over a model that has none: when stacked, or after its first sample
 * @throws what `weight`, `reweigh`, `discard` and `stop` throw
 * @see Wang et al. 2022, arXiv:2203.11171, section 2 (unweighted majority). Deviation: stops as soon as the winner is certain.
 *   Taubenfeld et al. 2025, arXiv:2502.06233 (weights within a question); Farquhar et al. 2024, doi:10.1038/s41586-024-07421-0 (clusters of meaning, their
 *   entropy). Deviation: compared with one sample of each cluster.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(16), majorityVote());
 * const { answer, confidence, votes } = await run(solver, "How many legs do three spiders have?");
 */
export function majorityVote<R extends ModelResponse>(
  options: MajorityVoteOptions<NoInfer<R>> = {},
): (next: Model<Sampled<R>>) => Model<Voted<R>> {
  checkOptions("majorityVote", options, ["stop", "weight", "maxWeight", "reweigh", "discard", "same", "minShare"]);
  const { weight, reweigh, discard, same, minShare = 0 } = options;
  checkFunction("weight", weight, "a function of a sample");
  checkFunction("reweigh", reweigh, "a function of weights");
  checkFunction("discard", discard, "a function of a sample");
  checkFunction("same", same, "a function of two samples");
  if (weight?.logprobs !== undefined) checkInteger("majorityVote", "weight.logprobs", weight.logprobs, 0);
  const { stop = reweigh === undefined ? decided : never } = options;
  const { maxWeight = weight === undefined ? 1 : (weight.max ?? Infinity) } = options;
  if (typeof stop !== "function") throw new InvalidOptionError("majorityVote", "stop", "a stopping rule", stop);
  checkNumber("majorityVote", "maxWeight", maxWeight, 0);
  checkNumber("majorityVote", "minShare", minShare, 0, 1);
  const plain = weight === undefined && reweigh === undefined && discard === undefined && same === undefined;

  return (next) => {
    if (weight?.logprobs !== undefined && next.capabilities.logprobs === false)
      throw withoutLogprobs(next, "does not return");

    /** One vote each, by its key. */
    const count = async (request: ModelRequest, call: Call): Promise<Voted<R>> => {
      const drawing = draw(next, request, call);
      const tally = new Tally<R>({ planned: drawing.planned, maxWeight });
      for await (const sample of drawing) {
        tally.add(sample);
        // After the last sample there is nothing to stop: it is done. Leaving the loop gives up the samples still running.
        if (tally.remaining > 0 && stop(tally)) break;
      }
      return elect(tally, drawing, minShare);
    };

    /** The same with all that can be asked about a sample before it votes. */
    const assess = async (request: ModelRequest, call: Call): Promise<Voted<R>> => {
      const drawing = draw(next, withLogprobs(request, weight?.logprobs), call);
      const ballots = new Ballots<R>("majorityVote", { planned: drawing.planned, maxWeight }, reweigh);
      const desk = new VotingDesk<R>(
        { weight, maxWeight, discard, same, weighs: reweigh !== undefined },
        next,
        request,
        call,
      );
      let ended: StopReason | undefined;
      for await (const sample of drawing) {
        try {
          const { key, worth } = await desk.register(sample);
          ballots.add(sample, key, worth);
        } catch (error) {
          ended = exhaustion(error);
          if (ended === undefined) throw error;
          break;
        }
        if (ballots.remaining > 0 && stop !== never && stop(ballots.tally())) break;
      }
      const { samples, failures, stopped } = drawing;
      const { discarded, warnings } = desk;
      const voted = elect(ballots.tally(), { samples, failures, stopped: ended ?? stopped, discarded }, minShare);
      return warnings.length === 0 ? voted : extend(voted, { warnings: [...(voted.warnings ?? []), ...warnings] });
    };

    return wrap("majorityVote", next, plain ? count : assess);
  };
}

function checkFunction(option: string, value: unknown, bound: string): void {
  if (value !== undefined && typeof value !== "function")
    throw new InvalidOptionError("majorityVote", option, bound, value);
}
