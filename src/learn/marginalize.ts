/**
 * @module
 * Marginal answers: how likely each answer is, whatever the thought that leads to it.
 */
import { effectiveSamples } from "../answers/chance/importance.js";
import { keyOf } from "../answers/answer.js";
import { withWarnings } from "../core/continuation.js";
import { InvalidOptionError, NoAnswerError } from "../core/errors.js";
import { extend } from "../core/extend.js";
import type { Model, ModelResponse, Sampled, SampleFailure, Sampler, StopReason } from "../core/model.js";
import { checkInteger, checkOptions } from "../core/options.js";
import { draw, sampleWarnings } from "../core/sample.js";
import { isModel } from "../core/stack.js";
import { wrap } from "../core/wrap.js";
import { distributionOf } from "./marginalize/distribution.js";
import { Concluder } from "./marginalize/concluder.js";

/** Options of {@link marginalize}. */
export interface MarginalizeOptions {
  /**
   * What a thought says of P(y|x): `'counts'`, its own answer, each thought alike; `'weighted'`, its own answer, as much as P(its answer | thought), so that thoughts which surely lead to
   * theirs count more; `'rao-blackwell'`, P(y | thought) for each answer y that any thought gave, each thought alike.
   * @defaultValue `'counts'`
   */
  readonly estimate?: "counts" | "weighted" | "rao-blackwell" | undefined;
  /** Reads P(y | thought) off so many further answers to each thought, in place of scores: whole, at least 1. @defaultValue 4 over a model that cannot score, else scores */
  readonly resample?: number | undefined;
  /** What answers behind a thought, and reads the answer. @defaultValue what the samples come from */
  readonly by?: Model | undefined;
  /** Thoughts that are looked at a time, with `'weighted'` and `'rao-blackwell'`: whole, at least 1. @defaultValue all */
  readonly concurrency?: number | undefined;
}

/** One answer, and how likely it is. */
export interface AnswerProbability<R extends ModelResponse = ModelResponse> {
  readonly key: string;
  /** The first sample that gave this answer. */
  readonly sample: R;
  /** How many samples gave it. */
  readonly count: number;
  /** Estimated P(y|x), from 0 to 1; all together are 1. */
  readonly probability: number;
  /** Standard error of that, by the drawing of the thoughts; 0 where all say the same. */
  readonly error: number;
}

/** The likeliest answer, and the distribution that it is from. */
export type Marginal<R extends ModelResponse = ModelResponse> = R & {
  /** The likeliest first; ties in the order they were seen. Empty where no answer can be read. */
  readonly distribution: readonly AnswerProbability<R>[];
  /** Of the distribution, in nats: 0 where all agree. */
  readonly entropy: number;
  /** Lead of the likeliest answer over the second, from 0 to 1. */
  readonly margin: number;
  /** How many thoughts of equal weight are worth as much: (Σw)² / Σw². */
  readonly effectiveSamples: number;
  /** Those drawn. */
  readonly samples: readonly R[];
  readonly failures: readonly SampleFailure[];
  readonly stopped: StopReason;
};

/**
 * Estimates P(y|x) = Σ P(z|x) · P(y|x,z) from samples, each a thought z and its answer, and answers with the likeliest y.
 *
 * Shape: samples in, one {@link Marginal} response out: the first sample that gave the likeliest answer, with the distribution.
 * Cost: no calls of its own for `'counts'`. Counted as `usage.judging`: for `'weighted'` one score for each thought, or `resample` calls; for `'rao-blackwell'` one score for each thought and
 * answer, or `resample` calls for each thought. Equal thoughts are looked at once.
 * `'counts'` and, over what was seen, `'rao-blackwell'` estimate P(y|x) without bias, the latter with no more variance; `'weighted'` estimates Σ P(z|x) · P(y|x,z)², made to sum to 1: sharper, for
 * choosing, not for calibration. A score is of an answer's beginning: with tokens smaller than an answer `1` has a part of that of `17`.
 * A thought is continued by prefill; over a model without that, or with its thought apart, another turn shows it, with a `downgrade` warning; as has a model that cannot score, where `resample` is
 * not given. A thought that cannot be looked at (failure, budget, no layer beneath that reads answers) counts for its own answer, with a warning. A sample without a readable answer counts for nothing.
 *
 * @throws {@link InvalidOptionError} when the stack is built, also where `by` is needed: over samples that cannot be drawn one by one
 * @see Zelikman et al. 2022, arXiv:2203.14465, and Phan et al. 2023, arXiv:2312.02179 (thoughts as latent variables); Blackwell 1947 (the conditional expectation varies less). Deviation: what is
 *   summed over are the answers seen.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(16), marginalize());
 * const { answer, distribution, entropy } = await run(solver, "How many legs do three spiders have?");
 */
export function marginalize(
  options: MarginalizeOptions = {},
): <R extends ModelResponse>(next: Model<Sampled<R>>) => Model<Marginal<R>> {
  const where = "marginalize";
  checkOptions(where, options, ["estimate", "resample", "by", "concurrency"]);
  const { estimate = "counts", resample, by, concurrency } = options;
  if (!["counts", "weighted", "rao-blackwell"].includes(estimate))
    throw new InvalidOptionError(where, "estimate", "'counts', 'weighted' or 'rao-blackwell'", estimate);
  if (resample !== undefined) checkInteger(where, "resample", resample, 1);
  if (by !== undefined && !isModel(by)) throw new InvalidOptionError(where, "by", "a model", by);
  if (concurrency !== undefined && concurrency !== Infinity) checkInteger(where, "concurrency", concurrency, 1);
  for (const [name, value] of Object.entries({ resample, by, concurrency })) {
    if (value !== undefined && estimate === "counts")
      throw new InvalidOptionError(where, name, "absent where thoughts only count for their own answer", value);
  }

  return <R extends ModelResponse>(next: Model<Sampled<R>>): Model<Marginal<R>> => {
    if (estimate !== "counts" && by === undefined && !("draw" in (next as Partial<Sampler<R>>))) {
      const bound = `a model that answers, where samples cannot be drawn one by one: those of ${next.id}`;
      throw new InvalidOptionError(where, "by", bound, by);
    }
    const concluder =
      estimate === "counts"
        ? undefined
        : new Concluder<R>((by as Model<R> | undefined) ?? next, { resample, concurrency });

    return wrap(where, next, async (request, call) => {
      const drawing = draw(next, request, call);
      for await (const _ of drawing); // all of them
      const { samples, failures } = drawing;
      const [first] = samples;
      if (first === undefined) throw new NoAnswerError("there is no sample to marginalize");
      const keys = samples.map(keyOf);
      const told = await concluder?.conclude(samples, request, call, estimate === "rao-blackwell");
      const parts = samples.flatMap((sample, k) => {
        const key = keys[k];
        return key === undefined ? [] : [{ sample, key, weight: 1, beliefs: new Map([[key, 1]]), ...told?.parts[k] }];
      });
      const { distribution, entropy, margin } = distributionOf(parts, told?.others);
      const sample = distribution[0]?.sample ?? first;
      const { warnings = sample.warnings } = sampleWarnings(sample, samples);
      return extend(sample, {
        ...(distribution.length === 0 && "key" in sample && { answer: undefined, key: undefined }),
        distribution,
        entropy,
        margin,
        effectiveSamples: effectiveSamples(parts.map(({ weight }) => weight)),
        samples,
        failures,
        stopped: told?.stopped ?? drawing.stopped,
        ...withWarnings({ ...sample, ...(warnings !== undefined && { warnings }) }, told?.warnings),
      });
    });
  };
}
