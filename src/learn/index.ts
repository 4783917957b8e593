/**
 * @module
 * What learns from thoughts: from a model to data, and to better models.
 */
export type { LabelledSolution, PreferencePair, Trainer, TrainingExample, TrainOptions } from "../core/trainer.js";
export { toJsonl, type JsonlFormat, type JsonlRecords, type ToJsonlOptions } from "../answers/to-jsonl.js";
export type { LearnQuestion } from "../answers/learning/question.js";
export type { GatheredExample, LearnOptions } from "../answers/learning/learn-options.js";
export type { ThoughtCounts } from "../answers/learning/counts.js";
export type { LearningRound, Learnt, RoundsOptions } from "../answers/learning/rounds.js";
export { marginalize, type AnswerProbability, type Marginal, type MarginalizeOptions } from "./marginalize.js";
export {
  star,
  answerHint,
  type Star,
  type StarExample,
  type StarOptions,
  type StarReport,
  type StarRound,
} from "./star.js";
export {
  expectationMaximization,
  type ExpectationMaximizationOptions,
  type ExpectationMaximized,
  type ExpectationReport,
  type ExpectationRound,
} from "./expectation-maximization.js";
export {
  rejectionSampling,
  type RejectionSampled,
  type RejectionSamplingOptions,
  type RejectionSamplingReport,
  type RejectionSamplingRound,
  type SelectedExample,
} from "./rejection-sampling.js";
export { harvest, type Harvest, type HarvestOptions, type HarvestReport, type HarvestRun } from "./harvest.js";
export type { DropReason } from "./harvest/questions.js";
