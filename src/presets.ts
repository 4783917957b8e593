/**
 * @module
 * Presets: recipes that people know by name. Each only stacks layers, so that outline and trace show those.
 */
import type { Answer } from "./answers/answer.js";
import type { Voted } from "./answers/elect.js";
import { foreseen } from "./answers/stopping/foreseen.js";
import type { Reasoned } from "./answers/reasoning.js";
import { softmax, type Reweigh } from "./answers/weights/reweigh.js";
import type { StoppingRule } from "./answers/stopping/stopping.js";
import { InvalidOptionError } from "./core/errors.js";
import type { Scorer } from "./core/feedback.js";
import type { Model, ModelResponse } from "./core/model.js";
import { checkOptions } from "./core/options.js";
import { stack } from "./core/stack.js";
import { bestOf, type Best } from "./strategies/narrow/best-of.js";
import { choose, type Chosen } from "./strategies/narrow/choose.js";
import { fuse, type Fused } from "./strategies/narrow/fuse.js";
import { majorityVote } from "./strategies/narrow/majority-vote.js";
import { chainOfThought } from "./strategies/shape/chain-of-thought.js";
import { confidenceWeight, selfConfidence, type Confident } from "./strategies/shape/self-confidence.js";
import { sampleN } from "./strategies/widen/sample-n.js";

/** What all presets have in common: how they sample. */
export interface PresetOptions {
  /** How many samples, at most: whole, at least 1. @defaultValue said by each preset */
  readonly n?: number | undefined;
  /** How many at a time: whole, at least 1. @defaultValue all; 4 for {@link adaptiveConsistency} */
  readonly concurrency?: number | undefined;
  /** Sampling temperature, at least 0, for requests that name none. @defaultValue the provider's */
  readonly temperature?: number | undefined;
}

/** Options of {@link selfConsistency}. */
export interface SelfConsistencyOptions<A = string> extends PresetOptions {
  /** How the answer is asked for, read and compared. @defaultValue the words behind the last `Answer:`, else all */
  readonly answer?: Answer<A> | undefined;
}

/** Options of {@link adaptiveConsistency}. */
export interface AdaptiveConsistencyOptions<A = string> extends SelfConsistencyOptions<A> {
  /** How sure it must be that the vote of all `n` would elect the same, from 0.5 to 1. @defaultValue 0.95 */
  readonly p?: number | undefined;
  /** Another rule, instead of `p`: `beta(0.95)` is the published one. @defaultValue {@link foreseen}`(p)` */
  readonly stop?: StoppingRule | undefined;
}

/** Options of {@link confidenceInformedSelfConsistency}. */
export interface ConfidenceInformedSelfConsistencyOptions<A = string> extends SelfConsistencyOptions<A> {
  /** How the model is asked for its confidence. @defaultValue `'verbal'` */
  readonly method?: "verbal" | "binary" | "p-true" | undefined;
  /** What becomes of the confidences of one question beside each other. @defaultValue {@link softmax}`(0.2)` */
  readonly reweigh?: Reweigh | undefined;
}

/** Options of {@link universalSelfConsistency}. */
export interface UniversalSelfConsistencyOptions extends PresetOptions {
  /** Who chooses: a model, or a whole stack. @defaultValue the model beneath all layers */
  readonly by?: Model | undefined;
}

/** Options of {@link bestOfN}. */
export interface BestOfNOptions<R extends ModelResponse = ModelResponse> extends PresetOptions {
  /** Says how good a sample is: `tests(…)`, `judge(…)`, `verifier(…)`, or a function of yours. */
  readonly scorer: Scorer<R>;
}

/**
 * Self-consistency: `chainOfThought`, `sampleN(n)`, `majorityVote`. Cost: between about `n` / 2 and `n` samples, 16 at most by default.
 *
 * @throws {@link InvalidOptionError} at once, naming the layer
 * @see Wang et al. 2022, arXiv:2203.11171. Deviation: 16 samples instead of 40; stops as soon as the winner is certain.
 * @example
 * const { answer, votes } = await run(stack(model, selfConsistency({ answer: number() })), "How many legs do three spiders have?");
 */
export function selfConsistency<A = string, R extends ModelResponse = ModelResponse>(
  options: SelfConsistencyOptions<A> = {},
): (next: Model<R>) => Model<Voted<Reasoned<A, R>>> {
  checkOptions("selfConsistency", options, [...common, "answer"]);
  const { answer, n = 16, concurrency, temperature } = options;
  const think = chainOfThought({ answer });
  const widen = sampleN(n, { concurrency, temperature });
  const vote = majorityVote<Reasoned<A, R>>();
  return (next) => stack(next, think, widen, vote);
}

/**
 * Adaptive self-consistency: `chainOfThought`, `sampleN(n)` a few at a time, `majorityVote` that stops when it is sure. Cost: as many samples as it takes,
 * 40 at most by default; up to `concurrency` - 1 more are begun and given up.
 *
 * @throws {@link InvalidOptionError} at once, naming the layer; for `p` beside `stop`
 * @see Aggarwal et al. 2023, arXiv:2305.11860. Deviation: {@link foreseen} by default, which needs fewer samples than their {@link beta}.
 * @example
 * const { answer, samples } = await run(stack(model, adaptiveConsistency({ answer: number() })), "How many legs do three spiders have?");
 */
export function adaptiveConsistency<A = string, R extends ModelResponse = ModelResponse>(
  options: AdaptiveConsistencyOptions<A> = {},
): (next: Model<R>) => Model<Voted<Reasoned<A, R>>> {
  checkOptions("adaptiveConsistency", options, [...common, "answer", "p", "stop"]);
  const { answer, n = 40, concurrency = 4, temperature, p, stop = foreseen(p) } = options;
  if (p !== undefined && options.stop !== undefined)
    throw new InvalidOptionError("adaptiveConsistency", "p", "left out where there is a stop", p);
  const think = chainOfThought({ answer });
  const widen = sampleN(n, { concurrency, temperature });
  const vote = majorityVote<Reasoned<A, R>>({ stop });
  return (next) => stack(next, think, widen, vote);
}

/**
 * CISC: `chainOfThought`, `selfConfidence`, `sampleN(n)`, `majorityVote` by how sure the model was each time. Cost: two calls for each sample, 16 of them by default:
 * the second, which asks for the confidence, reads the first.
 *
 * @throws {@link InvalidOptionError} at once, naming the layer
 * @see Taubenfeld et al. 2025, arXiv:2502.06233. Deviation: the temperature of the softmax is not tuned to the model.
 * @example
 * const solver = stack(model, confidenceInformedSelfConsistency({ answer: number(), method: "p-true" }));
 */
export function confidenceInformedSelfConsistency<A = string, R extends ModelResponse = ModelResponse>(
  options: ConfidenceInformedSelfConsistencyOptions<A> = {},
): (next: Model<R>) => Model<Voted<Confident<Reasoned<A, R>>>> {
  checkOptions("confidenceInformedSelfConsistency", options, [...common, "answer", "method", "reweigh"]);
  const { answer, n = 16, concurrency, temperature, method, reweigh = softmax(0.2) } = options;
  const think = chainOfThought({ answer });
  const ask = selfConfidence({ method });
  const widen = sampleN(n, { concurrency, temperature });
  const vote = majorityVote<Confident<Reasoned<A, R>>>({ weight: confidenceWeight(), reweigh });
  return (next) => stack(next, think, ask, widen, vote);
}

/**
 * Universal self-consistency: `sampleN(n)`, `choose`: the model itself says which sample most others agree with. For prose and code. Cost: `n` samples, 8 by default, and one
 * call that reads them all.
 *
 * @throws {@link InvalidOptionError} at once, naming the layer
 * @see Chen et al. 2023, arXiv:2311.17311
 * @example
 * const { text, choices } = await run(stack(model, universalSelfConsistency()), "Write a function that reverses a linked list.");
 */
export function universalSelfConsistency<R extends ModelResponse>(
  options: UniversalSelfConsistencyOptions = {},
): (next: Model<R>) => Model<Chosen<R>> {
  checkOptions("universalSelfConsistency", options, [...common, "by"]);
  const { n = 8, concurrency, temperature, by } = options;
  const widen = sampleN(n, { concurrency, temperature });
  const narrow = choose<R>({ by });
  return (next) => stack(next, widen, narrow);
}

/**
 * Self-MoA: `sampleN(n)`, `fuse`: the model writes one answer of several of its own. Cost: `n` samples, 6 by default, and one call that reads them all.
 *
 * @throws {@link InvalidOptionError} at once, naming the layer
 * @see Li et al. 2025, arXiv:2502.00674
 * @example
 * const { text, samples } = await run(stack(model, selfMoA()), "Why is the sky blue?");
 */
export function selfMoA<R extends ModelResponse>(options: PresetOptions = {}): (next: Model<R>) => Model<Fused<R>> {
  checkOptions("selfMoA", options, common);
  const { n = 6, concurrency, temperature } = options;
  const widen = sampleN(n, { concurrency, temperature });
  const narrow = fuse<R>();
  return (next) => stack(next, widen, narrow);
}

/**
 * Best of n: `sampleN(n)`, `bestOf`: the sample that the scorer likes best. Cost: `n` samples, 8 by default, and what the scorer asks.
 *
 * @throws {@link InvalidOptionError} at once, naming the layer
 * @see Cobbe et al. 2021, arXiv:2110.14168
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), bestOfN({ scorer: judge(critic) }));
 */
export function bestOfN<R extends ModelResponse>(
  options: BestOfNOptions<NoInfer<R>>,
): (next: Model<R>) => Model<Best<R>> {
  checkOptions("bestOfN", options, [...common, "scorer"]);
  const { n = 8, concurrency, temperature, scorer } = options;
  const widen = sampleN(n, { concurrency, temperature });
  const narrow = bestOf<R>({ scorer });
  return (next) => stack(next, widen, narrow);
}

const common = ["n", "concurrency", "temperature"];
