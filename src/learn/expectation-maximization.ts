/**
 * @module
 * Expectation maximisation: thoughts as the hidden cause of known answers, drawn from what is likely given both, and learned from.
 */
import {
  planLearning,
  type Asked,
  type GatheredExample,
  type LearnOptions,
} from "../answers/learning/learn-options.js";
import { overQuestions } from "../answers/learning/over-questions.js";
import { answerWords, type LearnQuestion } from "../answers/learning/question.js";
import { inRounds, learning, type Learnt, type LearningRound } from "../answers/learning/rounds.js";
import { CapabilityError, InvalidOptionError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { checkInteger } from "../core/options.js";
import { reportOf } from "./expectation-maximization/report.js";
import type { EStepPlan } from "./expectation-maximization/weighing.js";
import { eStep, type Chains } from "./expectation-maximization/e-step.js";

/** Options of {@link expectationMaximization}. */
export interface ExpectationMaximizationOptions<A> extends LearnOptions<A> {
  /** Thoughts proposed for each question in a round: whole, at least 1. @defaultValue 8 */
  readonly samples?: number | undefined;
  /**
   * How thoughts are drawn from P(z|x,y): `'importance'` draws them again by P(y|x,z); `'metropolis'` keeps one thought for each question, over all rounds, and takes the next proposal
   * in its place with the chance min(1, P(y|x,z′) / P(y|x,z)).
   * @defaultValue `'importance'`
   */
  readonly eStep?: "importance" | "metropolis" | undefined;
  /**
   * What P(y|x,z) is: `'score'`, what the model says of the answer behind the thought; `'check'`, 1 where the thought came to the right answer, else 0.
   * @defaultValue `'score'` for a model that can, where there is no `check`
   */
  readonly likelihood?: "score" | "check" | undefined;
  /** Examples of each question, each of the same weight: whole, at least 1; or `'all'` thoughts, each with its `weight`, for trainers that know weights. @defaultValue 1 */
  readonly keep?: number | "all" | undefined;
  /** The answer as it stands behind `Answer:`. @defaultValue a text as it is, anything else as JSON */
  readonly write?: ((answer: A) => string) | undefined;
}

/** Figures of one E-step. */
export interface ExpectationReport {
  readonly questions: {
    readonly total: number;
    /** No thought makes the answer possible: no example. */
    readonly unexplained: number;
    /** Nothing came: failed, or not asked any more. */
    readonly lost: number;
  };
  /** Thoughts that were proposed and weighed. */
  readonly thoughts: number;
  /** Mean over the explained questions of ln P(y|x), each estimated by the mean of P(y|x,z) over its thoughts; `undefined` where none is. Before the training of the round. */
  readonly logLikelihood: number | undefined;
  /** Standard error of that, by the drawing of the thoughts; `undefined` with a single thought a question. */
  readonly error: number | undefined;
  /** Mean over the explained questions: (Σw)² / Σw² of the weights, from 1 to `samples`. */
  readonly effectiveSamples: number | undefined;
  /** Share of proposals that were taken; `undefined` for `'importance'`. */
  readonly acceptance: number | undefined;
}

/** One round: E-step, and M-step where there is a trainer. */
export interface ExpectationRound extends LearningRound {
  readonly examples: readonly GatheredExample[];
  readonly report: ExpectationReport;
}

/** What came of it: the last round, and all of them. */
export interface ExpectationMaximized extends Learnt<ExpectationRound> {
  readonly examples: readonly GatheredExample[];
  readonly report: ExpectationReport;
}

/**
 * Takes thoughts z for the hidden cause of the answers: draws them from P(z|x,y) for questions x whose answers y are known (E), has a trainer make the next model of them (M), and again.
 *
 * Shape: a model and questions with answers in; for each round the examples, the model that was made of them, and an {@link ExpectationReport} out. An example is the question as
 * `chainOfThought` asks it, and a thought with the known answer behind it. Without a `trainer` it is one E-step.
 * Cost of a round: `samples` calls for each question, and with `likelihood: 'score'` one score for each different thought, counted as `usage.judging`.
 * A thought ends with what announces the answer (`Answer:`), so that P(z|x) is what the model samples from. Scored is the probability that the answer begins so: with tokens smaller than
 * an answer `1` has a part of that of `17`. A model that has its thought apart from its text, or no prefill, is asked by another turn, with a `downgrade` warning.
 * Out of budget or time, what was gathered is returned; a round that was cut short is not trained on. A trainer that fails ends it. The same seed and replies give the same
 * examples, whatever the timing.
 *
 * @throws {@link InvalidOptionError} at once, for options, no questions, and questions without an answer
 * @throws {@link CapabilityError} at once, for `likelihood: 'score'` and a model that cannot score
 * @throws `signal.reason` when the caller gives up; what ended it, where nothing was gathered
 * @see Phan et al. 2023, TRICE, arXiv:2312.02179, section 2 (independence Metropolis-Hastings; persistent chains). Deviations: P(y|x,z) need not be 0 or 1; no control variate, as the
 *   M-step is a trainer's; the first thought of a chain is a proposal, not one with a hint. Importance: Burda et al. 2015, arXiv:1509.00519 (the mean of the weights bounds the likelihood
 *   from below, on average)
 * @example
 * const { rounds, model: better } = await expectationMaximization(model, questions, { answer: number(), trainer, rounds: 3 });
 */
export async function expectationMaximization<A>(
  model: Model,
  questions: readonly LearnQuestion<A>[],
  options: ExpectationMaximizationOptions<NoInfer<A>>,
): Promise<ExpectationMaximized> {
  const where = "expectationMaximization";
  const base = planLearning(where, model, questions, options, {
    own: ["eStep", "likelihood", "keep", "write"],
    samples: 8,
  });
  const { eStep: kind = "importance", keep = 1, write = answerWords, check } = options;
  const { likelihood = check === undefined && model.capabilities.score === true ? "score" : "check" } = options;
  if (kind !== "importance" && kind !== "metropolis")
    throw new InvalidOptionError(where, "eStep", "'importance' or 'metropolis'", kind);
  if (likelihood !== "score" && likelihood !== "check")
    throw new InvalidOptionError(where, "likelihood", "'score' or 'check'", likelihood);
  if (keep !== "all") checkInteger(where, "keep", keep, 1);
  if (typeof write !== "function") throw new InvalidOptionError(where, "write", "a function of the answer", write);
  if (likelihood === "score") {
    if (check !== undefined) throw new InvalidOptionError(where, "check", "absent where likelihood is 'score'", check);
    if (model.capabilities.score !== true) {
      const message = `${where}: ${model.id} cannot score a given text: likelihood: 'check' counts the thoughts that come to the answer`;
      throw new CapabilityError("score", model.id, message);
    }
  }

  const { questions: asked, concurrency, run } = base;
  const plan: EStepPlan = { ...base, kind, likelihood, keep, write: write as (answer: unknown) => string };
  const chains: Chains = asked.map(() => undefined);
  const first = asked[0]?.asked ?? { messages: [] };
  const learnt = await learning<ExpectationRound>(where, model, first, run, (call) =>
    inRounds(where, model, options, call, async (current, inner) => {
      const { values, ended } = await overQuestions(inner, asked.length, concurrency, (index, branch) =>
        eStep(current, plan, asked[index] as Asked, chains, branch),
      );
      const examples = values.flatMap((value) => value?.examples ?? []);
      const warnings = values.flatMap((value) => value?.warnings ?? []);
      const empty = values.every((value) => value === undefined);
      return { round: { examples, report: reportOf(values) }, warnings, empty, ended };
    }),
  );
  const { examples, report } = learnt.rounds.at(-1) as ExpectationRound;
  return { ...learnt, examples, report };
}
