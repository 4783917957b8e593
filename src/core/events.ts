/**
 * @module
 * Events: what a run tells while it goes on. Nothing is built for an event that nobody listens to.
 */
import { EventEmitter } from "eventemitter3";
import type { TokenLogprob } from "./model.js";
import type { Usage } from "./usage.js";

/** Where an event comes from: `['majorityVote', 'sampleN', '#3', 'chainOfThought', 'tiny']`. */
interface At {
  readonly path: readonly string[];
}

/** A layer or a model began. */
export interface StartEvent extends At {
  readonly type: "start";
  /** Id of the model that was called. */
  readonly id: string;
}

/** It ended well. */
export interface EndEvent extends At {
  readonly type: "end";
  readonly ms: number;
  /** Spent at and beneath it. */
  readonly usage: Usage;
}

/** It ended in an error, or was given up. */
export interface ErrorEvent extends At {
  readonly type: "error";
  readonly ms: number;
  readonly error: unknown;
}

/** Some more words. A preview: the response is the truth. */
export interface DeltaEvent extends At {
  readonly type: "delta";
  readonly text?: string;
  readonly reasoning?: string;
  /** Some more of a tool's arguments. */
  readonly toolInput?: string;
  /** Log-probabilities of some more tokens, where the request asks for them and the model tells them as it writes. */
  readonly logprobs?: readonly TokenLogprob[];
  /** `true`: this will be the text of the final response unless a later layer replaces it. `false`: a thought. */
  readonly output: boolean;
}

/** A sample was drawn, in the order in which a narrower sees it. */
export interface SampleEvent extends At {
  readonly type: "sample";
  readonly index: number;
  /** The key of its answer, where it has one. */
  readonly key: string | undefined;
}

/** A request asked for what the model lacks; it goes on without. */
export interface DowngradeEvent extends At {
  readonly type: "downgrade";
  readonly capability: string;
  readonly message: string;
}

/** A failed call will be made again. */
export interface RetryEvent extends At {
  readonly type: "retry";
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/** A failed call goes to the next model. */
export interface FallbackEvent extends At {
  readonly type: "fallback";
  /** Id of the next model. */
  readonly to: string;
  readonly error: unknown;
}

/** A second, equal call was begun because the first took long, and it has the answer: words streamed before are void. */
export interface HedgeEvent extends At {
  readonly type: "hedge";
  /** How long the first call had been waited for. */
  readonly afterMs: number;
}

/** A call had to wait for its turn, and has it now. */
export interface WaitEvent extends At {
  readonly type: "wait";
  readonly ms: number;
  /** What was last in its way: requests or tokens of the minute, calls in flight, or a refusal of the provider. */
  readonly reason: "requests" | "tokens" | "concurrency" | "cooldown";
}

/** A cache was asked for a response. */
export interface CacheEvent extends At {
  readonly type: "cache";
  /** Was it there? Then no model is asked. */
  readonly hit: boolean;
}

/** Feedback on a draft. */
export interface FeedbackEvent extends At {
  readonly type: "feedback";
  /** The draft, from 0. */
  readonly round: number;
  readonly ok: boolean;
  readonly score: number;
}

/** A sample was scored, in the order in which it was drawn. */
export interface ScoreEvent extends At {
  readonly type: "score";
  readonly index: number;
  /** `undefined` where the scorer failed. */
  readonly score: number | undefined;
}

/** A tool gave its result. */
export interface ToolEvent extends At {
  readonly type: "tool";
  readonly name: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly isError: boolean;
  readonly ms: number;
}

/** An allocator chose how thoroughly to think. */
export interface LevelEvent extends At {
  readonly type: "level";
  readonly level: number;
  readonly name: string;
  /** Of the answer so far. */
  readonly confidence: number | undefined;
}

/** Everything a run tells. */
export type MullEvent =
  | StartEvent
  | EndEvent
  | ErrorEvent
  | DeltaEvent
  | SampleEvent
  | DowngradeEvent
  | RetryEvent
  | FallbackEvent
  | HedgeEvent
  | WaitEvent
  | CacheEvent
  | FeedbackEvent
  | ScoreEvent
  | ToolEvent
  | LevelEvent;

/** Event name to listener arguments, for {@link Events}. */
export type EventMap = { [K in MullEvent["type"]]: [event: Extract<MullEvent, { type: K }>] };

/**
 * A typed emitter (eventemitter3) for `run(model, prompt, { events })`, where one callback is not enough.
 *
 * @example
 * const events = new Events();
 * events.on("delta", ({ text }) => process.stdout.write(text ?? ""));
 * await run(model, question, { events });
 */
export class Events extends EventEmitter<EventMap> {}
