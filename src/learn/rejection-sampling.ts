/**
 * @module
 * Rejection sampling: many thoughts of each question, of which the right ones, or the best one, are learned from.
 */
import { attempt, givenUp, type Attempt, type Attempts } from "../answers/learning/attempts.js";
import { countThoughts, type ThoughtCounts } from "../answers/learning/counts.js";
import {
  planLearning,
  type Asked,
  type GatheredExample,
  type LearnOptions,
  type LearnPlan,
} from "../answers/learning/learn-options.js";
import { overQuestions, type Studied } from "../answers/learning/over-questions.js";
import type { LearnQuestion } from "../answers/learning/question.js";
import { inRounds, learning, type Learnt, type LearningRound } from "../answers/learning/rounds.js";
import { exhaustion, type Call } from "../core/call.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Scorer } from "../core/feedback.js";
import type { Model, Warning } from "../core/model.js";
import { checkInteger } from "../core/options.js";
import { race } from "../core/scope.js";
import { scoreOf } from "../core/score.js";
import { withLogprobs } from "../core/with-logprobs.js";

/** Options of {@link rejectionSampling}. */
export interface RejectionSamplingOptions<A> extends LearnOptions<A> {
  /** Thoughts of each question: whole, at least 1. @defaultValue 16 */
  readonly samples?: number | undefined;
  /** `'all-right'`: all that are right (ReST-EM); `'best'`: the one with the highest score, right or wrong (RAFT). @defaultValue `'all-right'` */
  readonly select?: "all-right" | "best" | undefined;
  /** The most examples of one question, so that easy ones do not outweigh the others: whole, at least 1; only for `'all-right'`. @defaultValue 10 */
  readonly perQuestion?: number | undefined;
  /** Says how good a thought is, higher is better; needed for `'best'`, and only for that. */
  readonly scorer?: Scorer | undefined;
}

/** What the model wrote, and what it was asked. */
export interface SelectedExample extends GatheredExample {
  /** What the scorer said of it; `undefined` where there was none. */
  readonly score?: number | undefined;
}

/** Counts of one round. */
export interface RejectionSamplingReport {
  readonly questions: {
    readonly total: number;
    /** There is an example. */
    readonly solved: number;
    readonly unsolved: number;
    /** Nothing came: failed, or not asked any more. */
    readonly lost: number;
  };
  readonly samples: ThoughtCounts;
  /** Examples. */
  readonly kept: number;
}

/** One round: what was selected, and what was made of it. */
export interface RejectionSamplingRound extends LearningRound {
  readonly examples: readonly SelectedExample[];
  readonly report: RejectionSamplingReport;
}

/** What came of it: the last round, and all of them. */
export interface RejectionSampled extends Learnt<RejectionSamplingRound> {
  readonly examples: readonly SelectedExample[];
  readonly report: RejectionSamplingReport;
}

/**
 * Draws many thoughts of each question, and keeps as examples to learn from all that came to the right answer, or the one that a scorer likes best.
 *
 * Shape: a model and questions in; {@link SelectedExample}s out, each with the question as `chainOfThought` asks it. With a `trainer`, round after round: each draws anew
 * with the latest model.
 * Cost: `samples` calls for each question, and what `check` or `scorer` ask.
 * Equal completions of one question count once. Out of budget or time, what was gathered is returned; a round that was cut short is not trained on. A trainer that fails ends it, with
 * what was gathered. A score that fails leaves its thought out, with a warning. The same seed and replies give the same examples, whatever the timing.
 *
 * @throws {@link InvalidOptionError} at once, for options, no questions, and for `'all-right'` questions without an answer where there is no `check`
 * @throws `signal.reason` when the caller gives up; what ended it, where nothing was gathered
 * @see Singh et al. 2023, ReST-EM, arXiv:2312.06585 (all right ones, at most 10 of a question); Dong et al. 2023, RAFT, arXiv:2304.06767 (the best of K by reward)
 * @example
 * const { examples } = await rejectionSampling(model, [{ question: "How many legs do three spiders have?", answer: 24 }], { answer: number() });
 */
export async function rejectionSampling<A>(
  model: Model,
  questions: readonly LearnQuestion<A>[],
  options: RejectionSamplingOptions<NoInfer<A>>,
): Promise<RejectionSampled> {
  const where = "rejectionSampling";
  const { select = "all-right", perQuestion = 10, scorer } = options;
  const own = ["select", "perQuestion", "scorer"];
  const plan = planLearning(where, model, questions, options, { own, samples: 16, needsCheck: select !== "best" });
  if (select !== "all-right" && select !== "best")
    throw new InvalidOptionError(where, "select", "'all-right' or 'best'", select);
  if (select === "best" && options.perQuestion !== undefined)
    throw new InvalidOptionError(where, "perQuestion", "absent where select is 'best'", perQuestion);
  if (perQuestion !== Infinity) checkInteger(where, "perQuestion", perQuestion, 1);
  if (select === "best" ? typeof scorer !== "function" : scorer !== undefined) {
    const bound = select === "best" ? "a function that scores a response" : "absent where select is 'all-right'";
    throw new InvalidOptionError(where, "scorer", bound, scorer);
  }

  const { questions: asked, concurrency, run } = plan;
  const first = asked[0]?.asked ?? { messages: [] };
  const learnt = await learning<RejectionSamplingRound>(where, model, first, run, (call) =>
    inRounds(where, model, options, call, async (current, inner) => {
      const { values, ended } = await overQuestions(inner, asked.length, concurrency, (index, branch) =>
        study(current, plan, { scorer, perQuestion }, asked[index] as Asked, branch),
      );
      const there = values.filter((value) => value !== undefined);
      const examples = there.flatMap((value) => value.examples);
      const solved = there.filter((value) => value.examples.length > 0).length;
      const report: RejectionSamplingReport = {
        questions: {
          total: asked.length,
          solved,
          unsolved: there.length - solved,
          lost: asked.length - there.length,
        },
        samples: countThoughts(there.map(({ drawn }) => drawn)),
        kept: examples.length,
      };
      const warnings = there.flatMap((value) => value.warnings);
      return { round: { examples, report }, warnings, empty: there.length === 0, ended };
    }),
  );
  const { examples, report } = learnt.rounds.at(-1) as RejectionSamplingRound;
  return { ...learnt, examples, report };
}

/** What came of one question. */
interface Selected {
  readonly drawn: Attempts;
  readonly examples: readonly SelectedExample[];
  readonly warnings: readonly Warning[];
}

async function study(
  model: Model,
  plan: LearnPlan,
  { scorer, perQuestion }: { readonly scorer: Scorer | undefined; readonly perQuestion: number },
  { index, question, asked, key }: Asked,
  call: Call,
): Promise<Studied<Selected>> {
  const request = withLogprobs(asked, scorer?.logprobs);
  const drawn = await attempt(model, request, question, key, plan, call);
  let { ended } = drawn;
  const { attempts, errors } = drawn;
  if (attempts.length === 0) return { value: undefined, error: ended?.error ?? errors[0], ended };
  const example = ({ completion }: Attempt, score?: number): SelectedExample => {
    return { messages: asked.messages, completion, question: index, ...(score !== undefined && { score }) };
  };
  if (scorer === undefined) {
    const right = attempts.filter(({ right: ok }) => ok);
    const seen = new Map(right.toReversed().map((one) => [one.completion, one]));
    const examples = right.filter((one) => seen.get(one.completion) === one).slice(0, perQuestion);
    return { value: { drawn, examples: examples.map((one) => example(one)), warnings: [] }, ended };
  }

  let best: { readonly one: Attempt; readonly score: number } | undefined;
  const warnings: Warning[] = [];
  for (const [round, one] of attempts.entries()) {
    const judging = call.child("score", { thought: true, judging: true });
    try {
      const context = { request: question, call: judging, model, round };
      const { score } = scoreOf("rejectionSampling", await race(judging, () => scorer(one.response, context)));
      if (best === undefined || score > best.score) best = { one, score };
    } catch (error) {
      if (givenUp(call) || InvalidOptionError.is(error)) throw error;
      const stopped = exhaustion(error);
      if (stopped !== undefined) {
        ended ??= { stopped, error };
        break;
      }
      warnings.push(unscored);
    }
  }
  const examples = best === undefined ? [] : [example(best.one, best.score)];
  return { value: { drawn, examples, warnings }, ended };
}

const unscored: Warning = { code: "score-failed", message: "a thought could not be scored: it was left out" };
