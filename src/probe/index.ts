/**
 * @module
 * What asks whether a thought is really why an answer is given.
 */
export { equationsIn, type Equation } from "../answers/chain/equations.js";
export { Thoughts, type Thought } from "../answers/chain/thoughts.js";
export { rewriteBy, wrongNumber, mistakeInstruction, paraphraseInstruction } from "../answers/chain/rewrite.js";
export type { Rewrite, RewriteContext } from "../answers/chain/rewrite.js";
export type { Instrument } from "../answers/chain/asker.js";
export type { ChainProbeOptions } from "../answers/chain/chain-probe.js";
export type { CurvePoint, CurveReport, ThoughtRecord, ThoughtStatus } from "../answers/chain/curve-report.js";
export type { ReasoningKind, ReasoningKinds } from "../answers/chain/reasoning-kind.js";
export type { ThoughtSplitter } from "../answers/chain/steps.js";
export type { Measure } from "../answers/chance/measure.js";
export type { ProbeOptions } from "../answers/probing/options.js";
export type { ProbeQuestion } from "../answers/probing/question.js";
export type { ProbeReport } from "../answers/probing/report.js";
export { addMistake, type AddMistakeOptions } from "./add-mistake.js";
export { earlyAnswering, type EarlyAnsweringOptions } from "./early-answering.js";
export {
  faithfulness,
  type FaithfulnessOptions,
  type FaithfulnessReport,
  type Prober,
  type SkippedProbe,
} from "./faithfulness.js";
export { faithfulnessHtml } from "./faithfulness/page.js";
export { faithfulnessSvg } from "./faithfulness/picture.js";
export { filler, type FillerOptions } from "./filler.js";
export { hint, type HintOptions, type HintReport } from "./hint.js";
export {
  acknowledgementInstruction,
  judgesAcknowledgement,
  mentionsHint,
  type AcknowledgementClassifier,
  type HintUse,
  type JudgesAcknowledgementOptions,
  type MentionsHintOptions,
} from "./hint/acknowledgement.js";
export type { AcknowledgementRates, ClassifierAgreement, HintCase, HintRates } from "./hint/cases.js";
export {
  hintTemplates,
  markedExamples,
  markHint,
  positionHint,
  type HintKind,
  type HintTarget,
  type HintTemplate,
  type MarkedExample,
} from "./hint/templates.js";
export {
  lookForMisbehaviour,
  lookForMistake,
  monitor,
  type Monitored,
  type MonitorFunction,
  type MonitorOptions,
  type MonitorVerdict,
  type Watched,
} from "./monitor.js";
export {
  evaluateMonitor,
  type EvaluateMonitorOptions,
  type LabelledThought,
  type MonitorReport,
} from "./monitor/evaluate-monitor.js";
export { paraphrase, type ParaphraseOptions } from "./paraphrase.js";
