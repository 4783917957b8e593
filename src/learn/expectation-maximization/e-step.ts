/**
 * @module
 * The E-step of one question: thoughts from P(z|x,y), by way of proposals from P(z|x) and what P(y|x,z) is for each.
 */
import { attempt } from "../../answers/learning/attempts.js";
import { effectiveSamples, logMeanExp, type LogMean } from "../../answers/chance/importance.js";
import { fromLogs, resample } from "../../answers/chance/resampling.js";
import type { Asked, GatheredExample } from "../../answers/learning/learn-options.js";
import type { Studied } from "../../answers/learning/over-questions.js";
import type { Call } from "../../core/call.js";
import { callsTools } from "../../core/conversation.js";
import type { Model, Warning } from "../../core/model.js";
import type { Random } from "../../core/random.js";
import { byCheck, byScore, type EStepPlan, type Thought, type Weighed } from "./weighing.js";

/** The thought that stands for each question, over all rounds; changed by {@link eStep}. */
export type Chains = (Thought | undefined)[];

/** What came of one question. */
export interface Expected {
  readonly examples: readonly GatheredExample[];
  readonly logMean: LogMean;
  readonly effectiveSamples: number;
  /** Thoughts that were weighed. */
  readonly thoughts: number;
  /** Of those, thoughts that could take the place of another, and those that did. */
  readonly proposed: number;
  readonly accepted: number;
  readonly warnings: readonly Warning[];
}

/** Draws and weighs thoughts of one question, and makes examples of them. */
export async function eStep(
  model: Model,
  plan: EStepPlan,
  item: Asked,
  chains: Chains,
  call: Call,
): Promise<Studied<Expected>> {
  const { index, asked, question, key } = item;
  const drawn = await attempt(model, asked, question, key, plan, call);
  const attempts = drawn.attempts.filter(({ response }) => !callsTools(response));
  const standing = plan.kind === "metropolis" ? chains[index] : undefined;
  const weighing =
    plan.likelihood === "check"
      ? byCheck(attempts, standing)
      : await byScore(model, plan, item, attempts, standing, call);
  const { proposals, warnings } = weighing;
  const ended = drawn.ended ?? weighing.ended;
  if (proposals.length === 0)
    return { value: undefined, error: ended?.error ?? drawn.errors[0] ?? weighing.error, ended };

  const logs = proposals.map(({ log }) => log);
  const weights = logs.some((log) => log > -Infinity) ? fromLogs(logs) : logs.map(() => 0);
  let states: readonly State[];
  let counts = { proposed: 0, accepted: 0 };
  if (plan.kind === "importance") states = drawByWeight(proposals, weights, plan.keep, call.random);
  else {
    const walk = walkOn(weighing.standing, proposals, call.random);
    chains[index] = walk.states.at(-1)?.thought ?? chains[index];
    counts = walk;
    states =
      plan.keep === "all" ? together(walk.states) : walk.states.slice(-plan.keep).map(({ thought }) => ({ thought }));
  }
  const examples = states.map(({ thought: { completion }, weight }): GatheredExample => {
    return { messages: asked.messages, completion, question: index, ...(weight !== undefined && { weight }) };
  });
  const { proposed, accepted } = counts;
  const figures = {
    logMean: logMeanExp(logs),
    effectiveSamples: effectiveSamples(weights),
    thoughts: proposals.length,
  };
  return { value: { examples, ...figures, proposed, accepted, warnings }, ended };
}

/** A thought to learn from; without a weight it counts as much as the others. */
interface State {
  readonly thought: Thought;
  readonly weight?: number;
}

/** Thoughts drawn again by their weights; or all, each with its own. */
function drawByWeight(
  proposals: readonly Weighed[],
  weights: readonly number[],
  keep: number | "all",
  random: Random,
): readonly State[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (sum === 0) return [];
  if (keep === "all") {
    return proposals.flatMap(({ thought }, k) => {
      const weight = (weights[k] ?? 0) / sum;
      return weight > 0 ? [{ thought, weight }] : [];
    });
  }
  return resample("systematic", random, weights, keep).flatMap((k) => proposals[k] ?? []);
}

/** Independence Metropolis-Hastings: one state after each proposal, as soon as there is one. */
function walkOn(
  standing: Weighed | undefined,
  proposals: readonly Weighed[],
  random: Random,
): { readonly states: readonly Weighed[]; readonly proposed: number; readonly accepted: number } {
  const states: Weighed[] = [];
  let state = standing;
  let proposed = 0;
  let accepted = 0;
  for (const proposal of proposals) {
    // One number for each proposal, so that the others do not depend on it.
    const chance = random.next();
    if (state === undefined) {
      if (proposal.log > -Infinity) state = proposal;
    } else {
      proposed++;
      if (Math.log(chance) < proposal.log - state.log) {
        state = proposal;
        accepted++;
      }
    }
    if (state !== undefined) states.push(state);
  }
  return { states, proposed, accepted };
}

/** States that follow each other as one, with the share of its time as its weight. */
function together(states: readonly Weighed[]): readonly State[] {
  const times = new Map<Thought, number>();
  for (const { thought } of states) times.set(thought, (times.get(thought) ?? 0) + 1);
  return [...times].map(([thought, count]) => ({ thought, weight: count / states.length }));
}
