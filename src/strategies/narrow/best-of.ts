/**
 * @module
 * Best of n: the sample that a scorer likes best.
 */
import { keyOf } from "../../answers/answer.js";
import type { ScoreStoppingRule } from "../../answers/stopping/score-stopping.js";
import { exhaustion, type Call } from "../../core/call.js";
import { CapabilityError, InvalidOptionError, NoAnswerError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Scorer, Verdict } from "../../core/feedback.js";
import type { Model, ModelRequest, ModelResponse, Sampled, SampleFailure, StopReason } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { sampleWarnings } from "../../core/sample.js";
import { scoreSamples } from "../../core/score-samples.js";
import { race } from "../../core/scope.js";
import { scoreOf } from "../../core/score.js";
import { withLogprobs } from "../../core/with-logprobs.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link bestOf}. */
export interface BestOfOptions<R extends ModelResponse = ModelResponse> {
  /** Says how good a sample is: `tests(…)`, `conformsTo(…)`, `judge(…)`, `verifier(…)`, or a function of yours. */
  readonly scorer: Scorer<R>;
  /** Asked after every score, in index order; ends the sampling. @defaultValue none: only a verdict that nothing can exceed ends it */
  readonly stop?: ScoreStoppingRule | undefined;
  /** Adds up the scores of samples with the same answer: the answer with the most wins. Scores must be at least 0. @defaultValue `false` */
  readonly weighted?: boolean | undefined;
  /** Samples that are scored at a time: whole, at least 1. @defaultValue all; with a `stop` one, so that nothing is drawn too much */
  readonly concurrency?: number | undefined;
}

/** A sample and its score. */
export interface Scored<R extends ModelResponse = ModelResponse> {
  readonly sample: R;
  /** `undefined` where the scorer failed. */
  readonly score: number | undefined;
  /** Of a scorer that gives verdicts. */
  readonly verdict: (Verdict & { readonly score: number }) | undefined;
  /** What the scorer threw. */
  readonly error?: unknown;
}

/** The best sample, with all scores beside it. */
export type Best<R extends ModelResponse = ModelResponse> = R & {
  /** Of this sample; `undefined` where none could be scored. */
  readonly score: number | undefined;
  readonly verdict: (Verdict & { readonly score: number }) | undefined;
  /** In index order. */
  readonly scored: readonly Scored<R>[];
  /** Those in `scored`. */
  readonly samples: readonly R[];
  /** Samples that were lost; a sample that could not be scored is none of them. */
  readonly failures: readonly SampleFailure[];
  readonly stopped: StopReason;
};

/**
 * Answers with the sample that scores highest.
 *
 * Shape: samples in, one {@link Best} response out; ties go to the earlier sample. `weighted`: the answer whose samples have the highest sum
 * of scores wins, and its best sample is returned; where no answer can be read, the best of all.
 * Cost: no calls of its own, and what the scorer calls for each sample, counted as `usage.judging`.
 * Scoring goes on while samples are drawn. A verdict that is `ok` with a score of 1 ends the sampling (`'ok'`), unless `weighted`: nothing that
 * comes later can win. `stop` ends it (`'decided'`) earlier. What is decided depends on scores in index order, never on the timing.
 * A sample whose scoring fails stands in `scored` with the `error`, and a warning says so; it wins only where none could be scored, then
 * the first. Out of budget or time, the best of those scored.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for what is no score, and for one below 0 where it is `weighted`
 * @throws {@link CapabilityError} when the stack is built, for a scorer that reads log-probabilities over a model without; at a call, what the scorer throws of that kind
 * @see Cobbe et al. 2021, arXiv:2110.14168 (a verifier ranks the samples); Snell et al. 2024, arXiv:2408.03314 (`weighted`). Deviation: stops at
 *   a perfect score
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(8), bestOf({ scorer: verifier(judge) }));
 * const { answer, score, scored } = await run(solver, "How many legs do three spiders have?");
 */
export function bestOf<R extends ModelResponse>(
  options: BestOfOptions<NoInfer<R>>,
): (next: Model<Sampled<R>>) => Model<Best<R>> {
  checkOptions("bestOf", options, ["scorer", "stop", "weighted", "concurrency"]);
  const { scorer, stop, weighted = false, concurrency = stop === undefined ? Infinity : 1 } = options;
  if (typeof scorer !== "function") {
    const bound = "a function that says how good a response is; tests(…), judge(…) and verifier(…) make one";
    throw new InvalidOptionError("bestOf", "scorer", bound, scorer);
  }
  if (stop !== undefined && typeof stop !== "function")
    throw new InvalidOptionError("bestOf", "stop", "a stopping rule for scores, such as atLeast(0.9)", stop);
  if (typeof weighted !== "boolean") throw new InvalidOptionError("bestOf", "weighted", "true or false", weighted);
  if (concurrency !== Infinity) checkInteger("bestOf", "concurrency", concurrency, 1);

  return (next) => {
    const { logprobs } = scorer;
    if (logprobs !== undefined && next.capabilities.logprobs === false) {
      const message = `bestOf: the scorer reads log-probabilities, which ${next.id} does not give; verifier(…) and agreement() need none`;
      throw new CapabilityError("logprobs", next.id, message);
    }
    const author = authorOf(next);

    const select = async (request: ModelRequest, call: Call): Promise<Best<R>> => {
      const scored: Scored<R>[] = [];
      const scores: number[] = [];
      let best = -Infinity;
      let stopped: StopReason | undefined;
      let lost: number | undefined;
      const asked = withLogprobs(request, logprobs);
      const { drawing, rated } = scoreSamples(next, asked, call, {
        concurrency,
        score: async (sample, round, inner) => {
          const context = { request, call: inner, model: author, round };
          return scoreOf("bestOf", await race(inner, () => scorer(sample, context)));
        },
      });

      for await (const { sample, outcome, lost: before } of rated) {
        if ("error" in outcome) {
          const { error } = outcome;
          if (InvalidOptionError.is(error) || CapabilityError.is(error)) throw error;
          scored.push({ sample, score: undefined, verdict: undefined, error });
          stopped ??= exhaustion(error);
        } else {
          const { score } = outcome.value;
          if (weighted && score < 0)
            throw new InvalidOptionError("bestOf", "a score that is added up", "a number of at least 0", score);
          scored.push({ sample, ...outcome.value });
          scores.push(score);
          best = Math.max(best, score);
        }
        const { score, verdict } = scored.at(-1) as Scored<R>;
        const seen = scored.length;
        if (call.listening) call.emit({ type: "score", path: call.path, index: seen - 1, score });
        const remaining = Math.max(0, drawing.planned - seen);
        // Out of budget, what is given up is no loss; what is being scored may still come.
        if (stopped !== undefined) lost = before;
        // After the last sample there is nothing to stop. Leaving the loop gives up what is still drawn and scored.
        if (remaining === 0 || stopped !== undefined) continue;
        if (!weighted && verdict?.ok === true && score === 1) stopped = "ok";
        else if (stop?.({ scores, best, seen, remaining }) === true) stopped = "decided";
        if (stopped === undefined) continue;
        lost = before;
        break;
      }
      const winner = (weighted ? heaviest(scored) : undefined) ?? highest(scored);
      if (winner === undefined) throw new NoAnswerError("there is no sample to choose from");
      const samples = scored.map(({ sample }) => sample);
      return extend(winner.sample, {
        score: winner.score,
        verdict: winner.verdict,
        scored,
        samples,
        failures: drawing.failures.slice(0, lost),
        stopped: stopped ?? drawing.stopped,
        ...warningsOf(winner.sample, scored, samples),
      });
    };

    return wrap("bestOf", next, select, { outline: { ...(weighted && { detail: "weighted" }) } });
  };
}

/** The model that gave one sample, where the samples come from a sampler. */
function authorOf<R extends ModelResponse>(next: Model<Sampled<R>>): Model {
  return ("draw" in next ? next.outline?.inner[0] : undefined) ?? next;
}

/** The sample with the highest score; the first where none has any. */
function highest<R extends ModelResponse>(scored: readonly Scored<R>[]): Scored<R> | undefined {
  return scored.reduce<Scored<R> | undefined>(
    (best, one) => (best === undefined || (one.score ?? -Infinity) > (best.score ?? -Infinity) ? one : best),
    undefined,
  );
}

/** The best sample of the answer whose scores have the highest sum; `undefined` where no sample with a score has an answer. */
function heaviest<R extends ModelResponse>(scored: readonly Scored<R>[]): Scored<R> | undefined {
  const sums = new Map<string, number>();
  for (const { sample, score } of scored) {
    const key = keyOf(sample);
    if (score !== undefined && key !== undefined) sums.set(key, (sums.get(key) ?? 0) + score);
  }
  const [[answer] = []] = [...sums].sort(([, a], [, b]) => b - a);
  return answer === undefined ? undefined : highest(scored.filter(({ sample }) => keyOf(sample) === answer));
}

function warningsOf<R extends ModelResponse>(
  winner: R,
  scored: readonly Scored<R>[],
  samples: readonly R[],
): Pick<ModelResponse, "warnings"> {
  const missing = scored.filter(({ score }) => score === undefined).length;
  const identical = sampleWarnings(winner, samples);
  if (missing === 0) return identical;
  const message =
    missing === scored.length
      ? "no sample could be scored: the first is returned"
      : `${missing} of ${scored.length} samples could not be scored`;
  return { warnings: [...(identical.warnings ?? winner.warnings ?? []), { code: "not-scored", message }] };
}
