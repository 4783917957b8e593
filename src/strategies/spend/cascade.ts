/**
 * @module
 * Cascade: a cheap model answers what it can, stronger ones the rest.
 */
import { Acceptance, type Assessment } from "./cascade/acceptance.js";
import { Tally } from "../../answers/tally.js";
import { TierVote, type Cascaded } from "./cascade/tier-vote.js";
import { checkTiers, planTiers, type PlannedTier, type Tier } from "./cascade/tiers.js";
import { exhaustion, type Call } from "../../core/call.js";
import { callsTools } from "../../core/conversation.js";
import { CapabilityError, InvalidOptionError } from "../../core/errors.js";
import type { Scorer } from "../../core/feedback.js";
import type { Model, ModelRequest, ModelResponse, StopReason, Warning } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { sample } from "../../core/sample.js";
import { withLogprobs } from "../../core/with-logprobs.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link cascade}. */
export interface CascadeOptions<R extends ModelResponse = ModelResponse> {
  /** Who is asked where the answer so far is not accepted, from cheap to strong; at least one. */
  readonly to: readonly Tier<R>[];
  /** Samples of the model beneath: whole, at least 2, or 1 with `accept`. @defaultValue 3, or 1 with `accept` */
  readonly samples?: number | undefined;
  /** Scores the answer of a tier: `verifier(…)`, `judge(…)`, or a function of yours. @defaultValue the share of the tier's samples that agree on it */
  readonly accept?: Scorer<R> | undefined;
  /**
   * The score from which an answer is accepted: one for all tiers but the last, or a list with one for each; `Infinity` accepts none. For agreement above 0,
   * to 1. @defaultValue 1: all agree; with `accept`, whether its verdict is `ok`, or 0.5 where it gives a number
   */
  readonly threshold?: number | readonly number[] | undefined;
  /** How many samples of a tier at a time: whole, at least 1. @defaultValue all */
  readonly concurrency?: number | undefined;
}

/**
 * Asks the model beneath, and stronger ones only where its answer is not accepted: where its samples disagree, or a scorer doubts it.
 *
 * Shape: one response in; out comes the winner of the vote, with a report of every tier. A tier that is accepted answers alone (`stopped: 'ok'`).
 * Where none is, all of them vote (`'limit'`): a sample weighs what its tier does, times the tier's consistency, 1 - (1 - 1/k) · entropy / ln k for k votes.
 * By default a stronger tier so overrules those before it, unless its answer cannot be read.
 * Cost: the samples of the model beneath, and those of further tiers as far as they are asked. A tier but the last ends as soon as it is certain that enough of
 * its samples agree, or that they will not. `accept` scores one answer of every tier but the last: its vote's winner; counted as `usage.judging`.
 * A tier without samples is passed over, its failures listed; `stopped` is `'failure'` if it is the last. An `accept` that fails accepts nothing, with a
 * warning. Out of budget or time, the tiers so far vote. A response that calls tools is returned at once, as it is (`'done'`).
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for what is no score, and what a tier throws of that kind
 * @throws {@link CapabilityError} when the stack is built, for an `accept` that reads log-probabilities over a model without; at a call, what `accept` throws of that kind
 * @throws the first failure, when no tier gives a sample
 * @see Chen et al. 2025 (ModelSwitch), arXiv:2504.00762 (agreement, and the weighted vote); Chen et al. 2023 (FrugalGPT), arXiv:2305.05176, and Aggarwal
 *   et al. 2023 (AutoMix), arXiv:2310.12963 (scorers). Deviations: sampling stops early, and stronger tiers overrule unless `weight` says otherwise
 * @example
 * const solve = chainOfThought({ answer: number() });
 * const solver = stack(small, solve, cascade({ to: [{ model: stack(large, solve) }] }));
 */
export function cascade<R extends ModelResponse>(
  options: CascadeOptions<NoInfer<R>>,
): (next: Model<R>) => Model<Cascaded<R>> {
  checkOptions("cascade", options, ["to", "samples", "accept", "threshold", "concurrency"]);
  const { accept, threshold, concurrency } = options;
  const to: readonly Tier<R>[] = options.to;
  const least = accept === undefined ? 2 : 1;
  checkTiers("cascade", to, least);
  const { samples = accept === undefined ? 3 : 1 } = options;
  checkInteger("cascade", "samples", samples, least);
  const acceptance = new Acceptance<R>("cascade", accept, threshold, to.length);
  if (concurrency !== undefined && concurrency !== Infinity) checkInteger("cascade", "concurrency", concurrency, 1);

  return (next) => {
    const plan = planTiers(next, to, samples);
    checkLogprobs(plan, accept?.logprobs);

    /** Draws the samples of a tier, as far as they are needed. */
    const ask = async (
      tier: PlannedTier<R>,
      request: ModelRequest,
      call: Call,
      vote: TierVote<R>,
    ): Promise<Asked<R>> => {
      const { model, samples: n, last } = tier;
      const asked = last ? request : withLogprobs(request, accept?.logprobs);
      const drawing = sample(model, asked, call, { n, concurrency, quorum: vote.empty ? 1 : 0 });
      const tally = new Tally<R>({ planned: n });
      let tools: R | undefined;
      try {
        for await (const response of drawing) {
          tally.add(response);
          if (callsTools(response)) tools = response;
          const remaining = n - tally.seen - drawing.failures.length;
          if (tools !== undefined) break;
          if (!last && remaining > 0 && acceptance.settled(tier, tally, remaining)) break;
        }
      } catch (error) {
        if (call.scope.aborted || !drawing.failures.some((failure) => failure.error === error)) throw error;
      }
      const wrong = drawing.failures.find(({ error }) => InvalidOptionError.is(error));
      if (wrong !== undefined) throw wrong.error;
      vote.add(tier, drawing);
      const { stopped } = drawing;
      return { tally, tools, ended: stopped === "budget" || stopped === "deadline" ? stopped : undefined };
    };

    /** Is its answer let stand? What fails in that accepts nothing. */
    const assess = async (
      tier: PlannedTier<R>,
      { tally }: Asked<R>,
      request: ModelRequest,
      call: Call,
    ): Promise<Assessed> => {
      try {
        return { accepted: false, ...(await acceptance.assess(tier, tally, request, call)) };
      } catch (error) {
        if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
        if (InvalidOptionError.is(error) || CapabilityError.is(error)) throw error;
        const ended = exhaustion(error);
        if (ended !== undefined) return { accepted: false, ended };
        const message = `the answer of ${tier.name} could not be scored, so it was not accepted`;
        return { accepted: false, warning: { code: "not-scored", message } };
      }
    };

    const climb = async (request: ModelRequest, call: Call): Promise<Cascaded<R>> => {
      const vote = new TierVote<R>();
      for (const tier of plan) {
        const { index, name, last } = tier;
        const inner = call.child(name, { thought: true });
        if (call.listening)
          call.emit({ type: "level", path: call.path, level: index, name, confidence: vote.confidence });
        const asked = await ask(tier, request, inner, vote);
        const { tally, tools } = asked;
        const assessed = last || tools !== undefined ? undefined : await assess(tier, asked, request, inner);
        const { accepted = last ? undefined : false, score, warning } = assessed ?? {};
        if (warning !== undefined) vote.warnings.push(warning);
        const agreement = tally.first / tier.samples;
        vote.reports.push({ name, samples: tally.seen, agreement, score, accepted, usage: inner.usage });
        if (call.listening && score !== undefined)
          call.emit({ type: "feedback", path: call.path, round: index, ok: accepted === true, score });

        if (tools !== undefined) return vote.without(tools);
        if (accepted === true) return vote.latest("ok");
        const ended = asked.ended ?? assessed?.ended;
        if (ended !== undefined) return vote.all(ended);
      }
      if (vote.empty) throw vote.failures[0]?.error;
      return vote.all(vote.reports.at(-1)?.samples === 0 ? "failure" : "limit");
    };

    return wrap("cascade", next, climb, {
      outline: {
        detail: plan.map((tier) => `${tier.name}: ${tier.samples}`).join(", "),
        inner: plan.map(({ model }) => model),
        cost: (inner, inputTokens) => {
          const costs = plan.map((tier) => ({ n: tier.samples, ...inner(inputTokens, tier.index) }));
          return {
            calls: costs.reduce((sum, { n, calls }) => sum + n * calls, 0),
            tokens: costs.reduce((sum, { n, tokens }) => sum + n * tokens, 0),
          };
        },
      },
    });
  };
}

/** What a tier gave. */
interface Asked<R extends ModelResponse> {
  readonly tally: Tally<R>;
  /** The response that calls tools, where there is one. */
  readonly tools: R | undefined;
  /** Budget or time did. */
  readonly ended: StopReason | undefined;
}

/** What was thought of it. */
interface Assessed extends Partial<Assessment> {
  readonly accepted: boolean;
  readonly ended?: StopReason;
  readonly warning?: Warning;
}

/** A scorer that reads log-probabilities needs tiers that give them; of the last one it reads nothing. */
function checkLogprobs<R extends ModelResponse>(plan: readonly PlannedTier<R>[], logprobs: number | undefined): void {
  if (logprobs === undefined) return;
  for (const { model, last } of plan) {
    if (last || model.capabilities.logprobs !== false) continue;
    const message = `cascade: accept reads log-probabilities, which ${model.id} does not give; verifier(…) and agreement need none`;
    throw new CapabilityError("logprobs", model.id, message);
  }
}
