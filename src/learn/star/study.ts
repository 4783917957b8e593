/**
 * @module
 * One question of {@link star}: thoughts without a hint, thoughts with one, and whether the answer follows from those.
 */
import {
  attempt,
  completionOf,
  conclusionIn,
  givenUp,
  passes,
  type Attempt,
  type Attempts,
} from "../../answers/learning/attempts.js";
import { concludedByTurn, concludeInstruction, concluding } from "../../answers/learning/conclusion.js";
import type { Asked, LearnPlan } from "../../answers/learning/learn-options.js";
import type { Studied } from "../../answers/learning/over-questions.js";
import { exhaustion, type Call } from "../../core/call.js";
import { addToPrompt } from "../../core/conversation.js";
import { extend } from "../../core/extend.js";
import type { Feedback } from "../../core/feedback.js";
import type { Model, Warning } from "../../core/model.js";
import { hopeless } from "../../core/sample.js";
import type { StarExample } from "../star.js";

/** How a question is studied. */
export interface StarPlan extends LearnPlan {
  readonly rationalizations: number;
  readonly hint: (right: unknown) => string;
  readonly recheck: boolean;
  readonly reason: Feedback | undefined;
}

/** What came of one question. */
export interface StarStudy {
  /** Without, and with a hint; nothing where none was given. */
  readonly sampled: Attempts;
  readonly hinted: Attempts;
  /** Right ones, none twice. */
  readonly examples: readonly StarExample[];
  /** Of these, those for a wrong reason. */
  readonly flagged: ReadonlySet<StarExample>;
  /** Everything that was written, none twice. */
  readonly all: readonly StarExample[];
  /** Right ones with a hint from which the answer followed without it. */
  readonly followed: number;
  readonly warnings: readonly Warning[];
}

const noAttempts: Attempts = { attempts: [], errors: [], ended: undefined };

/** Studies one question, as far as budget and time go. */
export async function study(model: Model, plan: StarPlan, index: number, call: Call): Promise<Studied<StarStudy>> {
  const item = plan.questions[index] as Asked;
  const sampled = await attempt(model, item.asked, item.question, item.key, plan, call);
  const warnings: Warning[] = [];
  let ended = sampled.ended;
  let hinted = noAttempts;
  let kept = sampled.attempts.filter(({ right }) => right);
  let rationalized = false;
  const flagged = new Set<StarExample>();

  const stop = (error: unknown): void => {
    if (givenUp(call)) throw error;
    const stopped = exhaustion(error);
    if (stopped !== undefined) ended ??= { stopped, error };
  };
  if (
    kept.length === 0 &&
    ended === undefined &&
    item.right !== undefined &&
    plan.rationalizations > 0 &&
    !sampled.errors.some(hopeless)
  ) {
    const asked = plan.ask(addToPrompt(item.question, plan.hint(item.right)));
    const inner = call.child("rationalize", { thought: true });
    hinted = await attempt(model, asked, item.question, item.key, { ...plan, samples: plan.rationalizations }, inner);
    ended = hinted.ended;
    rationalized = true;
    for (const each of hinted.attempts) {
      if (!each.right || ended !== undefined) continue;
      try {
        if (!plan.recheck || (await follows(model, plan, item, each, call, warnings))) kept.push(each);
      } catch (error) {
        stop(error);
      }
    }
  }
  const example = (one: Attempt, hint: boolean): StarExample => {
    const { messages } = item.asked;
    return { messages, completion: completionOf(item.asked, one.response), question: index, rationalized: hint };
  };
  const followed = rationalized ? kept.length : 0;
  kept = distinct(kept);
  const examples = kept.map((one) => example(one, rationalized));
  for (const [at, { response }] of kept.entries()) {
    if (plan.reason === undefined || ended !== undefined) break;
    try {
      const context = { request: item.question, model, round: at };
      if (!(await passes(plan.reason, response, context, call))) flagged.add(examples[at] as StarExample);
    } catch (error) {
      stop(error);
      warnings.push(unreasoned);
    }
  }
  const all = distinct([...sampled.attempts, ...hinted.attempts]).map((one) =>
    example(one, !sampled.attempts.includes(one)),
  );
  const value: StarStudy = { sampled, hinted, examples, flagged, all, followed, warnings };
  const nothing = sampled.attempts.length === 0 && hinted.attempts.length === 0;
  return {
    value: nothing ? undefined : value,
    error: nothing ? (ended?.error ?? sampled.errors[0]) : undefined,
    ended,
  };
}

/** Does the model come from a thought to the right answer when the hint is gone? */
async function follows(
  model: Model,
  plan: StarPlan,
  { asked, question, key }: Asked,
  one: Attempt,
  call: Call,
  warnings: Warning[],
): Promise<boolean> {
  const { answer, check } = plan;
  const { thought } = conclusionIn(one, answer);
  const instruction = [concludeInstruction, answer.instruction].filter((part) => part !== "").join(" ");
  const { request, problem } = concluding(model, asked, one.response, thought, instruction);
  if (problem !== undefined) warnings.push(concludedByTurn(problem, call));
  const said = await model.generate(request, call.child("recheck", { thought: true, judging: true }));
  const text = problem === undefined ? thought + said.text : said.text;
  if (check !== undefined) return passes(check, extend(said, { text }), { request: question, model, round: 0 }, call);
  const value =
    answer.parse((problem === undefined ? (asked.prefill ?? "") : "") + text) ?? answer.parse(`Answer: ${said.text}`);
  return value !== undefined && answer.key(value) === key;
}

/** Each completion once. */
function distinct(attempts: readonly Attempt[]): Attempt[] {
  const seen = new Set<string>();
  return attempts.filter(({ completion }) => !seen.has(completion) && seen.add(completion));
}

const unreasoned: Warning = {
  code: "reason-not-checked",
  message: "the reason of a right answer could not be checked: the example was kept",
};
