/**
 * mull: reasoning-orchestration primitives. Every primitive takes a model and returns a model.
 *
 * @packageDocumentation
 */
export type { Capabilities, LatentAbility } from "./core/capabilities.js";
export type { Call, ChildOptions, OpenCall } from "./core/call.js";
export type { Clock } from "./core/clock.js";
export type * from "./core/message.js";
export type * from "./core/model.js";
export type * from "./core/standard-schema.js";
export type * from "./core/feedback.js";
export type { HostFunction, ProgramError, SandboxRunOptions, ProgramResult, Sandbox } from "./core/sandbox.js";
export type { Tool } from "./core/tool.js";
export { ToolOutput, type ToolOutputOptions } from "./core/tool-output.js";
export type { Approval, ApprovalContext, Approve, EarlierCall, ProposedCall, Repeat } from "./core/call-tools/rules.js";
export type { Spend, Usage } from "./core/usage.js";
export type { Amount, BudgetLimits, Habit, Need, Reservation } from "./core/amounts.js";
export { Budget, type Hold } from "./core/budget.js";
export { open, exhaustion } from "./core/call.js";
export * from "./core/errors.js";
export * from "./core/events.js";
export { textOf } from "./core/message.js";
export { outline, worstCase, type Cost, type Outline, type OutlineOptions } from "./core/outline.js";
export { Random } from "./core/random.js";
export type { CacheEntry, CacheStore } from "./core/policy/response-store.js";
export { run, type RunOptions } from "./core/run.js";
export { score, type Likelihood } from "./core/likelihood.js";
export { draw, sample, type Draw, type SampleOptions } from "./core/sample.js";
export { race, sleep, Scope, ScopeClosed, type Abortable } from "./core/scope.js";
export { source, type Price, type Reply, type SourceCall, type SourceOptions } from "./core/source.js";
export {
  Search,
  type Found,
  type Frontier,
  type FrontierStart,
  type SearchLine,
  type SearchNode,
  type SearchOptions,
  type SearchOrder,
  type Trial,
} from "./core/search/search.js";
export { stack, isModel } from "./core/stack.js";
export { stream, type EventStream } from "./core/stream.js";
export type { Delta, Tape } from "./core/tape.js";
export { wrap, type WrapOptions } from "./core/wrap.js";
export { boolean } from "./answers/boolean.js";
export { code, type CodeOptions } from "./answers/code.js";
export { choice } from "./answers/choice.js";
export { json } from "./answers/json.js";
export { math } from "./answers/math.js";
export { number } from "./answers/number.js";
export { text } from "./answers/text.js";
export { passAtK } from "./answers/pass-at-k.js";
export { forecast, type Forecast, type ForecastQuestion } from "./answers/forecast.js";
export type { Estimate, Outcomes } from "./answers/chance/beta-fit.js";
export {
  cascadeFrontier,
  cascadeOutcome,
  type CascadeFrontier,
  type CascadeOutcome,
  type CascadeRecord,
  type TierRecord,
} from "./answers/cascade-frontier.js";
export { decided, beta, window, aheadBy, consensus, never, type StoppingRule } from "./answers/stopping/stopping.js";
export { foreseen, type FittedForeseen, type ForeseenFitOptions } from "./answers/stopping/foreseen.js";
export {
  atLeast,
  optScale,
  pandora,
  type OptScaleOptions,
  type PandoraOptions,
  type ScoreStoppingRule,
  type ScoreView,
} from "./answers/stopping/score-stopping.js";
export { Tally, type TallyOptions, type TallyView, type Vote } from "./answers/tally.js";
export { elect, type Drawn, type Voted } from "./answers/elect.js";
export type { Candidate, Show } from "./answers/judging/candidates.js";
export type { Evidence } from "./answers/judging/evidence.js";
export type { ProgramOf } from "./answers/program-of.js";
export {
  probeDifficulty,
  type Difficulty,
  type DifficultyProbe,
  type ProbeDifficultyOptions,
} from "./answers/difficulty.js";
export {
  fitAllocator,
  type DifficultyBand,
  type FitAllocatorOptions,
  type LevelExpectation,
  type LevelRecord,
  type LevelTable,
} from "./answers/fit-allocator.js";
export {
  levelPolicy,
  type LearnedLevelPolicy,
  type LevelPolicy,
  type LevelPolicyOptions,
} from "./answers/level-policy.js";
export type { Level, LevelReport } from "./strategies/spend/budget-allocator/levels.js";
export type { Match, Pair, Standing } from "./strategies/narrow/tournament/contest.js";
export { stepByStep, type Exemplar, type Reasoned } from "./answers/reasoning.js";
export { answered, keyOf, type Answer, type Answered } from "./answers/answer.js";
export { textProtocol } from "./answers/text-protocol.js";
export { toolCallsKey } from "./answers/tool-calls.js";
export type { Weight } from "./answers/weights/weight.js";
export { tokenConfidence, type TokenConfidenceOptions } from "./answers/weights/token-confidence.js";
export { selfCertainty, type SelfCertaintyOptions } from "./answers/weights/self-certainty.js";
export {
  fitSkill,
  skillWeight,
  type FitSkillOptions,
  type Skill,
  type SkillRecord,
  type Skills,
} from "./answers/weights/skill.js";
export { softmax, borda, top, type Reweigh } from "./answers/weights/reweigh.js";
export { redFlags, type RedFlagsOptions } from "./answers/weights/red-flags.js";
export type { Sameness } from "./answers/clusters.js";
export {
  selfConfidence,
  confidenceWeight,
  confidenceQuestions,
  type Confident,
  type SelfConfidenceOptions,
} from "./strategies/shape/self-confidence.js";
export { sampleN, defaultVariants, type SampleNOptions } from "./strategies/widen/sample-n.js";
export { confidentSamples, type ConfidentSamplesOptions } from "./strategies/widen/confident-samples.js";
export { beamSearch, type BeamSearchOptions } from "./strategies/widen/beam-search.js";
export { beam, type BeamOptions } from "./strategies/widen/beam-search/beam.js";
export { dvts } from "./strategies/widen/beam-search/dvts.js";
export { rebase, type RebaseOptions } from "./strategies/widen/beam-search/rebase.js";
export { particleFilter, type ParticleFilterOptions } from "./strategies/widen/particle-filter.js";
export { particles, type Annealing, type ParticlesOptions } from "./strategies/widen/particle-filter/particles.js";
export type { StepSplitter } from "./answers/search/first-step.js";
export type { StepSearchOptions } from "./answers/search/step-search.js";
export type { Resampling } from "./answers/chance/resampling.js";
export { treeSearch, type TreeSearchOptions } from "./strategies/widen/tree-search.js";
export { breadthFirst } from "./strategies/widen/tree-search/breadth-first.js";
export { depthFirst, type DepthFirstOptions } from "./strategies/widen/tree-search/depth-first.js";
export { abMcts, type AbMctsOptions } from "./strategies/widen/tree-search/ab-mcts.js";
export {
  proposals,
  proposeInstruction,
  type AnyExpander,
  type ProposalsOptions,
} from "./strategies/widen/tree-search/proposals.js";
export { revisions, improveInstruction, type RevisionsOptions } from "./strategies/widen/tree-search/revisions.js";
export type {
  Branch,
  ExpandContext,
  Expander,
  Line,
  ScoreAggregation,
  ScoredStep,
  Searched,
} from "./answers/search/line.js";
export { majorityVote, type MajorityVoteOptions } from "./strategies/narrow/majority-vote.js";
export { bestOf, type Best, type BestOfOptions, type Scored } from "./strategies/narrow/best-of.js";
export {
  choose,
  compareAndSelect,
  mostConsistent,
  type Choice,
  type ChooseOptions,
  type Chosen,
} from "./strategies/narrow/choose.js";
export { compareTwo, tournament, type Champion, type TournamentOptions } from "./strategies/narrow/tournament.js";
export { fuse, synthesize, type Fused, type FuseOptions } from "./strategies/narrow/fuse.js";
export { chainOfThought, type ChainOfThoughtOptions } from "./strategies/shape/chain-of-thought.js";
export { concise, draftInstruction, type ConciseOptions } from "./strategies/shape/concise.js";
export {
  decompose,
  decomposeInstructions,
  type Decomposed,
  type DecomposeMethod,
  type DecomposeOptions,
} from "./strategies/shape/decompose.js";
export { reasoningModules } from "./strategies/shape/decompose/self-discover.js";
export type { Subanswer } from "./strategies/shape/decompose/preparation.js";
export {
  budgetForcing,
  type BudgetForcingOptions,
  type Forced,
  type Forcing,
} from "./strategies/shape/budget-forcing.js";
export { earlyExit, type EarlyExitOptions, type Exited, type Probe } from "./strategies/shape/early-exit.js";
export {
  preThink,
  thinkAheadInstruction,
  type PreThinker,
  type PreThinkOptions,
  type PreThought,
} from "./strategies/shape/pre-think.js";
export { effort, effortWords, type EffortAttempt, type EffortOptions, type Tried } from "./strategies/shape/effort.js";
export {
  reviseLoop,
  reviseInstruction,
  type Draft,
  type Revised,
  type ReviseLoopOptions,
} from "./strategies/loop/revise-loop.js";
export {
  aggregate,
  aggregateLoop,
  type Aggregated,
  type AggregateLoopOptions,
  type AggregationRound,
} from "./strategies/loop/aggregate-loop.js";
export { program, type Programmed, type ProgramOptions } from "./strategies/loop/program.js";
export type { ProgramAttempt } from "./strategies/loop/program/attempt.js";
export { programInstruction, repairInstruction } from "./strategies/loop/program/prompts.js";
export { toolLoop, type ToolLoopOptions, type ToolRun, type ToolStep } from "./strategies/loop/tool-loop.js";
export { latentSteps, type LatentStepsOptions } from "./strategies/latent/latent-steps.js";
export { pauseTokens } from "./strategies/latent/pause-tokens.js";
export {
  blockRecurrent,
  notesInstruction,
  type BlockRecurrentOptions,
  type BlockReport,
  type DocumentQuestion,
  type ReadInBlocks,
} from "./strategies/latent/block-recurrent.js";
export {
  quietThoughts,
  type QuietChunk,
  type QuietlyThought,
  type QuietThought,
  type QuietThoughtsOptions,
} from "./strategies/latent/quiet-thoughts.js";
export { budgetAllocator, type Allocated, type BudgetAllocatorOptions } from "./strategies/spend/budget-allocator.js";
export {
  allocate,
  type AllocateOptions,
  type Allocation,
  type AllocationResult,
  type AllocationState,
} from "./strategies/spend/allocate.js";
export {
  adaptiveConsistency,
  bestOfN,
  confidenceInformedSelfConsistency,
  selfConsistency,
  selfMoA,
  universalSelfConsistency,
  type AdaptiveConsistencyOptions,
  type BestOfNOptions,
  type ConfidenceInformedSelfConsistencyOptions,
  type PresetOptions,
  type SelfConsistencyOptions,
  type UniversalSelfConsistencyOptions,
} from "./presets.js";
export { cascade, type CascadeOptions } from "./strategies/spend/cascade.js";
export type { Cascaded } from "./strategies/spend/cascade/tier-vote.js";
export type { Tier, TierReport } from "./strategies/spend/cascade/tiers.js";
export { shortest, type ShortestOptions } from "./strategies/spend/shortest.js";
export { arithmeticSteps, type ArithmeticVerdict } from "./feedback/arithmetic-steps.js";
export { conformsTo } from "./feedback/conforms-to.js";
export { judge, judgeInstruction, type JudgeOptions } from "./feedback/judge.js";
export { verifier, verifyInstruction, type VerifierOptions } from "./feedback/verifier.js";
export { aspects, defaultAspects, type Aspect, type AspectsOptions } from "./feedback/aspects.js";
export { rubric, rubricInstruction, type RubricOptions } from "./feedback/rubric.js";
export { agreement, type AgreementOptions } from "./feedback/agreement.js";
export { logprobScore, type LogprobScoreOptions } from "./feedback/logprob-score.js";
export { promptDifficulty, difficultyInstruction, type PromptDifficultyOptions } from "./feedback/prompt-difficulty.js";
export { sameMeaning, sameMeaningInstruction, type SameMeaningOptions } from "./feedback/same-meaning.js";
export { sameBehaviour, inputsInstruction, type SameBehaviourOptions } from "./feedback/same-behaviour.js";
export {
  distinguishingInputs,
  distinguishInstruction,
  type DistinguishingInputsOptions,
} from "./feedback/distinguishing-inputs.js";
export { stateValue, stateValueInstruction, stateValues, type StateValueOptions } from "./feedback/state-value.js";
export { tests, type ResponseTest, type TestsOptions } from "./feedback/tests.js";
export type { TestCase } from "./feedback/tests/case.js";
export { critic, criticInstruction, type CriticOptions, type Critique } from "./feedback/critic.js";
export { selfCritique } from "./feedback/self-critique.js";
export { cache, type CacheOptions } from "./policies/cache.js";
export { fallback, type FallbackOptions } from "./policies/fallback.js";
export { record } from "./policies/record.js";
export { replay } from "./policies/replay.js";
export { hedge, type HedgeOptions } from "./policies/hedge.js";
export { rateLimit, type RateLimitOptions } from "./policies/rate-limit.js";
export { retry, type RetryOptions } from "./policies/retry.js";
export { timeout, type TimeoutOptions } from "./policies/timeout.js";
export * from "./learn/index.js";
export * from "./probe/index.js";
export { tool, type ToolOptions } from "./tools/tool.js";
