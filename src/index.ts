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
export { Budget, type Amount, type BudgetLimits, type Hold, type Need, type Reservation, type Habit } from "./core/budget.js";
export { open, exhaustion } from "./core/call.js";
export * from "./core/errors.js";
export * from "./core/events.js";
export { textOf } from "./core/message.js";
export { outline, worstCase, type Cost, type Outline, type OutlineOptions } from "./core/outline.js";
export { Random } from "./core/random.js";
export { run, type RunOptions } from "./core/run.js";
export { draw, sample, type Draw, type SampleOptions } from "./core/sample.js";
export { race, sleep, Scope, ScopeClosed, type Abortable } from "./core/scope.js";
export { source, type Price, type Reply, type SourceCall, type SourceOptions } from "./core/source.js";
export { stack, isModel } from "./core/stack.js";
export { stream, type EventStream } from "./core/stream.js";
export { wrap, type WrapOptions } from "./core/wrap.js";
export { decided, beta, window, aheadBy, never, type StoppingRule } from "./answers/stopping.js";
export { Tally, type TallyOptions, type TallyView, type Vote } from "./answers/tally.js";
export { elect, type Voted } from "./answers/elect.js";
export { answered, keyOf, type Answer, type Answered } from "./answers/answer.js";
export { sampleN, defaultVariants, type SampleNOptions } from "./strategies/widen/sample-n.js";
export { majorityVote, type MajorityVoteOptions } from "./strategies/narrow/majority-vote.js";
