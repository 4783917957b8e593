/**
 * @module
 * STaR: a model learns from its own thoughts, those that came to the right answer.
 */
import type { ThoughtCounts } from "../answers/learning/counts.js";
import { planLearning, type GatheredExample, type LearnOptions } from "../answers/learning/learn-options.js";
import { overQuestions } from "../answers/learning/over-questions.js";
import { answerWords, type LearnQuestion } from "../answers/learning/question.js";
import { inRounds, learning, type Learnt, type LearningRound } from "../answers/learning/rounds.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Feedback } from "../core/feedback.js";
import type { Model } from "../core/model.js";
import { checkInteger } from "../core/options.js";
import { keepRandom, keepRight, reportOf } from "./star/keep.js";
import { study, type StarPlan } from "./star/study.js";

/** Options of {@link star}. */
export interface StarOptions<A> extends LearnOptions<A> {
  /** Thoughts of each question: whole, at least 1. @defaultValue 4 */
  readonly samples?: number | undefined;
  /** Thoughts with the answer as a hint, of each question that no thought got right: whole, at least 0. @defaultValue 1 */
  readonly rationalizations?: number | undefined;
  /** Words that give the answer away. @defaultValue {@link answerHint} */
  readonly hint?: ((answer: string) => string) | undefined;
  /** Keep a thought that had the hint only if the model comes from it to the right answer with the hint gone. @defaultValue `true` */
  readonly recheck?: boolean | undefined;
  /** Looks at the thought of a right answer; where it says no, the reason was wrong: the example is left out, and listed apart. @defaultValue none: not asked */
  readonly reason?: Feedback | undefined;
  /** The most examples of one question: whole, at least 1. @defaultValue all that are right */
  readonly perQuestion?: number | undefined;
  /** `'random'` keeps as many as were right, drawn from everything that was written: a control. @defaultValue `'right'` */
  readonly keep?: "right" | "random" | undefined;
}

/** What the model wrote, and what it was asked; never with a hint. */
export interface StarExample extends GatheredExample {
  /** Did it have the answer as a hint when it was written? */
  readonly rationalized: boolean;
}

/** Counts of one round. */
export interface StarReport {
  readonly questions: {
    readonly total: number;
    /** A thought got it right. */
    readonly solved: number;
    /** Only a thought with the hint did. */
    readonly rationalized: number;
    readonly unsolved: number;
    /** Nothing came: failed, or not asked any more. */
    readonly lost: number;
  };
  readonly samples: ThoughtCounts;
  readonly rationalizations: ThoughtCounts & {
    /** Of the right ones, those from which the answer followed with the hint gone; all, where that was not asked. */
    readonly followed: number;
  };
  /** Examples with the right answer for a wrong reason. */
  readonly rightAnswerWrongReason: number;
  /** Examples in the end. */
  readonly kept: number;
}

/** One round: what was gathered, and what was made of it. */
export interface StarRound extends LearningRound {
  readonly examples: readonly StarExample[];
  /** Left out of the examples: what `reason` said no to. */
  readonly rightAnswerWrongReason: readonly StarExample[];
  readonly report: StarReport;
}

/** What came of it: the last round, and all of them. */
export interface Star extends Learnt<StarRound> {
  readonly examples: readonly StarExample[];
  readonly rightAnswerWrongReason: readonly StarExample[];
  readonly report: StarReport;
}

/**
 * Gathers thoughts that came to the right answer, as examples to learn from. Questions that no thought got right are asked again with the answer as a hint; such a thought is
 * kept only if the answer follows from it with the hint gone, and the hint stands in no example.
 *
 * Shape: a model and questions in; {@link StarExample}s out, each with the question as `chainOfThought` asks it, so that such a stack asks the trained model in the same words.
 * With a `trainer`, round after round: each gathers anew with the latest model. Whether the trainer begins anew from the base model each time, as in the paper, or goes on, is
 * the trainer's own affair.
 * Cost: `samples` calls for each question; for one that no sample got right `rationalizations` more, and one for each of those that is right (`recheck`); what `check` and `reason` ask.
 * `recheck` goes by prefill where the model has that; where it has not, by another turn, with a `downgrade` warning.
 * Out of budget or time, what was gathered is returned; a round that was cut short is not trained on. A trainer that fails ends it, with what was gathered.
 * Equal completions of one question count once. The same seed and replies give the same examples, whatever the timing.
 *
 * @throws {@link InvalidOptionError} at once, for options, no questions, and questions without an answer where there is no `check`
 * @throws `signal.reason` when the caller gives up; what ended it, where nothing was gathered
 * @see Zelikman et al. 2022, arXiv:2203.14465, algorithm 1. Deviations: several samples in place of a greedy one, the check that the answer follows without the hint, and
 *   no few-shot prompt unless the questions bring one
 * @example
 * const { examples, report } = await star(model, [{ question: "How many legs do three spiders have?", answer: 24 }], { answer: number() });
 */
export async function star<A>(
  model: Model,
  questions: readonly LearnQuestion<A>[],
  options: StarOptions<NoInfer<A>>,
): Promise<Star> {
  const own = ["rationalizations", "hint", "recheck", "reason", "perQuestion", "keep"];
  const base = planLearning("star", model, questions, options, { own, samples: 4 });
  const {
    rationalizations = 1,
    hint = answerHint,
    recheck = true,
    reason,
    perQuestion = Infinity,
    keep = "right",
  } = options;
  checkInteger("star", "rationalizations", rationalizations, 0);
  if (typeof hint !== "function") throw new InvalidOptionError("star", "hint", "a function of the answer", hint);
  if (typeof recheck !== "boolean") throw new InvalidOptionError("star", "recheck", "true or false", recheck);
  if (reason !== undefined && typeof reason !== "function")
    throw new InvalidOptionError("star", "reason", "a function that says whether the reason is right", reason);
  if (perQuestion !== Infinity) checkInteger("star", "perQuestion", perQuestion, 1);
  if (keep !== "right" && keep !== "random") throw new InvalidOptionError("star", "keep", "'right' or 'random'", keep);
  const plan: StarPlan = { ...base, rationalizations, hint: (right) => hint(answerWords(right)), recheck, reason };

  const { questions: asked, concurrency, run } = plan;
  const first = asked[0]?.asked ?? { messages: [] };
  const learnt = await learning<StarRound>("star", model, first, run, (call) =>
    inRounds("star", model, options, call, async (current, inner) => {
      const survey = await overQuestions(inner, asked.length, concurrency, (index, branch) =>
        study(current, plan, index, branch),
      );
      const { values, ended } = survey;
      const { examples: right, flagged } = keepRight(values, perQuestion);
      const examples = keep === "right" ? right : keepRandom(values, right.length, inner.random);
      const report = reportOf(values, examples.length, flagged.length);
      const warnings = values.flatMap((value) => value?.warnings ?? []);
      const round: StarRound = { examples, rightAnswerWrongReason: flagged, report };
      return { round, warnings, empty: values.every((value) => value === undefined), ended };
    }),
  );
  const { examples, rightAnswerWrongReason, report } = learnt.rounds.at(-1) as StarRound;
  return { ...learnt, examples, rightAnswerWrongReason, report };
}

/** The default hint of {@link star}. */
export function answerHint(answer: string): string {
  return `The right answer is ${answer}. Say how one comes to it, as if you had not been told.`;
}
