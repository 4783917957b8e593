/**
 * mull: reasoning-orchestration primitives. Every primitive takes a model and returns a model.
 *
 * @packageDocumentation
 */
export type { Capabilities } from "./core/capabilities.js";
export type { Call, ChildOptions, OpenCall } from "./core/call.js";
export type { Clock } from "./core/clock.js";
export type * from "./core/message.js";
export type * from "./core/model.js";
export type * from "./core/standard-schema.js";
export type * from "./core/feedback.js";
export type { Tool } from "./core/tool.js";
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
export { draw, sample, type Draw, type SampleOptions } from "./core/sample.js";
export { race, sleep, Scope, ScopeClosed, type Abortable } from "./core/scope.js";
export { source, type Price, type Reply, type SourceCall, type SourceOptions } from "./core/source.js";
export { stack, isModel } from "./core/stack.js";
export { stream, type EventStream } from "./core/stream.js";
export type { Tape } from "./core/tape.js";
export { wrap, type WrapOptions } from "./core/wrap.js";
export { boolean } from "./answers/boolean.js";
export { choice } from "./answers/choice.js";
export { json } from "./answers/json.js";
export { math } from "./answers/math.js";
export { number } from "./answers/number.js";
export { text } from "./answers/text.js";
export { passAtK } from "./answers/pass-at-k.js";
export { decided, beta, window, aheadBy, never, type StoppingRule } from "./answers/stopping.js";
export { Tally, type TallyOptions, type TallyView, type Vote } from "./answers/tally.js";
export { elect, type Drawn, type Voted } from "./answers/elect.js";
export { answered, keyOf, type Answer, type Answered } from "./answers/answer.js";
export type { Weight } from "./answers/weight.js";
export { sampleN, defaultVariants, type SampleNOptions } from "./strategies/widen/sample-n.js";
export { majorityVote, type MajorityVoteOptions } from "./strategies/narrow/majority-vote.js";
export {
  chainOfThought,
  stepByStep,
  type ChainOfThoughtOptions,
  type Exemplar,
  type Reasoned,
} from "./strategies/shape/chain-of-thought.js";
export {
  reviseLoop,
  reviseInstruction,
  type Draft,
  type Revised,
  type ReviseLoopOptions,
} from "./strategies/loop/revise-loop.js";
export { toolLoop, type ToolLoopOptions, type ToolRun, type ToolStep } from "./strategies/loop/tool-loop.js";
export {
  budgetAllocator,
  type Allocated,
  type BudgetAllocatorOptions,
  type Level,
  type LevelReport,
} from "./strategies/spend/budget-allocator.js";
export { conformsTo } from "./feedback/conforms-to.js";
export { judge, judgeInstruction, type JudgeOptions } from "./feedback/judge.js";
export { tests, type ResponseTest } from "./feedback/tests.js";
export { selfCritique } from "./feedback/self-critique.js";
export { cache, type CacheOptions } from "./policies/cache.js";
export { fallback, type FallbackOptions } from "./policies/fallback.js";
export { record } from "./policies/record.js";
export { replay } from "./policies/replay.js";
export { hedge, type HedgeOptions } from "./policies/hedge.js";
export { rateLimit, type RateLimitOptions } from "./policies/rate-limit.js";
export { retry, type RetryOptions } from "./policies/retry.js";
export { timeout, type TimeoutOptions } from "./policies/timeout.js";
export { tool, type ToolOptions } from "./tools/tool.js";
