/**
 * @module
 * Majority vote: the answer most lines of thought agree on.
 */
import { elect, type Voted } from "../../answers/elect.js";
import { decided, type StoppingRule } from "../../answers/stopping.js";
import { Tally } from "../../answers/tally.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelResponse, Sampled } from "../../core/model.js";
import { checkNumber, checkOptions } from "../../core/options.js";
import { draw } from "../../core/sample.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link majorityVote}. */
export interface MajorityVoteOptions<R extends ModelResponse = ModelResponse> {
  /** Asked after every sample, in index order; ends the sampling. @defaultValue {@link decided} */
  readonly stop?: StoppingRule | undefined;
  /** Weight of one sample's vote, at least 0. @defaultValue 1 for each */
  readonly weight?: ((sample: R) => number) | undefined;
  /** The most that `weight` gives, so that `decided` knows when nothing can change. @defaultValue 1, or `Infinity` with a `weight` */
  readonly maxWeight?: number | undefined;
  /** Abstains when the winner has less than this share of the weights, from 0 to 1. @defaultValue 0: never */
  readonly minShare?: number | undefined;
}

/**
 * Answers with the answer that most samples agree on.
 *
 * Shape: samples in, one {@link Voted} response out: the first sample that gave the winning answer, with the votes.
 * Cost: no calls of its own; over a lazy sampler between about `n / 2` and `n` samples under {@link decided}.
 * Ties go to the answer seen first. A sample whose answer cannot be read casts no vote; if none can, or the winner has less than
 * `minShare`, `answer` and `key` are `undefined`. Samples without an answer vote by their words, but for case and spaces.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a weight below 0 or above `maxWeight`
 * @see Wang et al. 2022, arXiv:2203.11171, section 2 (unweighted majority). Deviation: stops as soon as the winner is certain.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(16), majorityVote());
 * const { answer, confidence, votes } = await run(solver, "How many legs do three spiders have?");
 */
export function majorityVote<R extends ModelResponse>(
  options: MajorityVoteOptions<NoInfer<R>> = {},
): (next: Model<Sampled<R>>) => Model<Voted<R>> {
  checkOptions("majorityVote", options, ["stop", "weight", "maxWeight", "minShare"]);
  const { stop = decided, weight, maxWeight = weight === undefined ? 1 : Infinity, minShare = 0 } = options;
  if (typeof stop !== "function") throw new InvalidOptionError("majorityVote", "stop", "a stopping rule", stop);
  if (weight !== undefined && typeof weight !== "function")
    throw new InvalidOptionError("majorityVote", "weight", "a function of a sample", weight);
  checkNumber("majorityVote", "maxWeight", maxWeight, 0);
  checkNumber("majorityVote", "minShare", minShare, 0, 1);

  return (next) =>
    wrap("majorityVote", next, async (request, call): Promise<Voted<R>> => {
      const drawing = draw(next, request, call);
      const tally = new Tally<R>({ planned: drawing.planned, maxWeight });
      for await (const sample of drawing) {
        tally.add(
          sample,
          weight === undefined ? 1 : checkNumber("majorityVote", "weight", weight(sample), 0, maxWeight),
        );
        // After the last sample there is nothing to stop: it is done. Leaving the loop gives up the samples still running.
        if (tally.remaining > 0 && stop(tally)) break;
      }
      return elect(tally, drawing, minShare);
    });
}
