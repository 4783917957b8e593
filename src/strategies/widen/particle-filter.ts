/**
 * @module
 * Particle filter: lines of thought grow step by step, and after every step are drawn anew, the better ones more often.
 */
import type { Searched } from "../../answers/search/line.js";
import { stepSearch, stepSearchOptions, type StepSearchOptions } from "../../answers/search/step-search.js";
import type { Model, ModelResponse, Sampler } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";
import { particlesOf, particlesOptions, type ParticlesOptions } from "./particle-filter/particles.js";

/** Options of {@link particleFilter}. */
export interface ParticleFilterOptions<A, R extends ModelResponse = ModelResponse>
  extends StepSearchOptions<A, R>, ParticlesOptions {}

/**
 * Lets `n` lines of thought grow step by step; after every step `n` of them are drawn, in proportion to their weights. Where a beam takes what scores best, this keeps what
 * may be good by its share, and so forgives a scorer that errs.
 *
 * Shape: one response in; the particles that came to their end as samples, each as often as it stands there in the end, in the place of `chainOfThought` and
 * `sampleN`. A vote above counts them; alone, the answer with the best score.
 * Cost: `n` calls a round, less by one for each line at its end, at most `maxSteps` rounds; each reads the prompt and the line so far. Equal ones of a round become one request
 * with native `n`, where the provider has it. And what the scorer calls for every new line, counted as `usage.judging`.
 * By prefill where the model has that; where it has not, by a turn that asks for the next step, with a `downgrade` warning. Out of budget or time, or steps, the answers so
 * far are given, the best first; without any, the best line. A particle whose step fails is listed in `failures`, and the others take its place; one that could not
 * be scored is drawn only where none could. The same seed and replies give the same particles, whatever the timing; with `record` beneath, a search that was
 * killed goes on where it was.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for what the scorer, `logWeight` or a splitter returns
 * @throws {@link CapabilityError} when the stack is built, for a scorer that reads log-probabilities over a model without
 * @see Puri et al. 2025, arXiv:2502.01618 (particle filtering of lines of thought; its Gibbs iterations are not done), and {@link particles}
 * @example
 * const solver = stack(model, particleFilter({ answer: number(), scorer: verifier(judge), n: 8 }), majorityVote());
 * const { answer, votes } = await run(solver, "How many legs do three spiders have?");
 */
export function particleFilter<A, R extends ModelResponse = ModelResponse>(
  options: ParticleFilterOptions<A, NoInfer<R>>,
): (next: Model<R>) => Sampler<Searched<A, R>> {
  const where = "particleFilter";
  checkOptions(where, options, [...stepSearchOptions, ...particlesOptions]);
  return stepSearch<A, R>(where, options, { order: particlesOf(where, options) });
}
