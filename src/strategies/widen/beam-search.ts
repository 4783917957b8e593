/**
 * @module
 * Beam search: lines of thought grow step by step, and a scorer says after every step which of them go on.
 */
import type { ScoreAggregation, Searched } from "../../answers/search/line.js";
import { stepSearch, stepSearchOptions, type StepSearchOptions } from "../../answers/search/step-search.js";
import type { ScoreStoppingRule } from "../../answers/stopping/score-stopping.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelResponse, Sampler } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";
import { checkOrder, type SearchOrder } from "../../core/search/search.js";
import { beam } from "./beam-search/beam.js";

/** Options of {@link beamSearch}. */
export interface BeamSearchOptions<A, R extends ModelResponse = ModelResponse> extends StepSearchOptions<A, R> {
  /** Which lines go on, and in how many ways: `beam()`, `dvts()`, `rebase()`. @defaultValue `beam()`: the 4 best, in 4 ways each */
  readonly order?: SearchOrder | undefined;
  /** How the scores of its steps become the score of a line: `'last'`, `'min'`, or `'prod'` (scores of at least 0). @defaultValue `'last'` */
  readonly aggregate?: ScoreAggregation | undefined;
  /** Asked after every answer, with its score; ends the search: `atLeast(0.9)`. @defaultValue none */
  readonly stop?: ScoreStoppingRule | undefined;
}

/**
 * Lets lines of thought grow step by step: after every step a scorer says how good each line is, and an order says which go on, and in how many ways.
 *
 * Shape: one response in; the lines that came to their end as samples, in the place of `chainOfThought` and `sampleN`; a narrower above picks among them.
 * Alone, the answer with the best score.
 * Cost: a call for each way to go on of every round (`beam()`: 16), at most `maxSteps` rounds; each reads the prompt and the line so far. Equal ones of a round become one
 * request with native `n`, where the provider has it. And what the scorer calls for every new line, counted as `usage.judging`.
 * By prefill where the model has that; where it has not, by a turn that asks for the next step, with a `downgrade` warning. Out of budget or time, or steps, the answers so
 * far are given, the best first; without any, the best line. A step that fails is listed in `failures`; a line that could not be scored comes last. The same seed and
 * replies give the same tree, whatever the timing; with `record` beneath, a search that was killed goes on where it was.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for what the scorer or a splitter returns
 * @throws {@link CapabilityError} when the stack is built, for a scorer that reads log-probabilities over a model without
 * @see Snell et al. 2024, arXiv:2408.03314, section 5 (beam search by a step scorer); Hugging Face, search-and-learn (its defaults). Deviation: the default step is a line,
 *   there a paragraph; the temperature is the provider's, there 0.8
 * @example
 * const solver = stack(model, beamSearch({ answer: number(), scorer: verifier(judge), split: "paragraph" }));
 * const { answer, steps } = await run(solver, "How many legs do three spiders have?");
 */
export function beamSearch<A, R extends ModelResponse = ModelResponse>(
  options: BeamSearchOptions<A, NoInfer<R>>,
): (next: Model<R>) => Sampler<Searched<A, R>> {
  const where = "beamSearch";
  checkOptions(where, options, [...stepSearchOptions, "order", "aggregate", "stop"]);
  const { order = beam(), aggregate = "last", stop } = options;
  checkOrder(where, order);
  if (!["last", "min", "prod"].includes(aggregate))
    throw new InvalidOptionError(where, "aggregate", "'last', 'min' or 'prod'", aggregate);
  if (stop !== undefined && typeof stop !== "function")
    throw new InvalidOptionError(where, "stop", "a stopping rule for scores, such as atLeast(0.9)", stop);
  return stepSearch<A, R>(where, options, { order, aggregate, stop });
}
