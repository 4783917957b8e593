/**
 * @module
 * A stage: a provider's server, scripted by scenes, with a model in front of it.
 */
import type { ToolCallPart } from "../core/message.js";
import type { FinishReason, Model, ModelRequest, TokenLogprob } from "../core/model.js";
import { run, type RunOptions } from "../core/run.js";
import type { Outcome } from "./bench.js";

/** One completion, as the server is to tell it in its own format. What the format has no place for is left out. */
export interface SceneReply {
  /** Streamed in several pieces. */
  readonly text: string;
  /** Comes before the text. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly Pick<ToolCallPart, "id" | "name" | "input">[];
  readonly logprobs?: readonly TokenLogprob[];
  /** @defaultValue `'tool-calls'` where there are any, else `'stop'` */
  readonly finishReason?: FinishReason;
}

/** What the server does with one request. */
export type Scene =
  /** Answers; a request for n completions gets the first n of `replies`. */
  | { readonly kind: "reply"; readonly replies: readonly SceneReply[]; readonly usage: SceneUsage }
  /** Answers with an HTTP error; `retryAfterSeconds` and `requestId` are headers. */
  | {
      readonly kind: "refuse";
      readonly status: number;
      readonly message: string;
      readonly retryAfterSeconds?: number;
      readonly requestId: string;
    }
  /** Says these words where it streams, or the beginning of a body where it does not, and breaks the connection. */
  | { readonly kind: "cut"; readonly text: string }
  /** The same, but ends the response properly: as a proxy does that lost the server behind it. */
  | { readonly kind: "truncate"; readonly text: string }
  /** Says these words where it streams, and then nothing more, until the client leaves. */
  | { readonly kind: "hang"; readonly text: string }
  /** Answers 200, with something that is not JSON. */
  | { readonly kind: "garbage" }
  /** Answers 200, in its own format, without any completion. */
  | { readonly kind: "empty" };

/** What a request spent, for all its completions. */
export interface SceneUsage {
  /** Cached ones included. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** Reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** A request as the server got it. */
export interface StagedRequest {
  /** The body, as text. */
  readonly body: string;
  /** Resolves when the response is over, or the client has left. */
  readonly closed: Promise<unknown>;
}

/** What a law sees of a stage. */
export interface Staged {
  readonly model: Model;
  /** All requests so far. */
  readonly received: readonly StagedRequest[];
}

/**
 * Puts up a server that plays `scenes`, one for each request, the last one for all that follow, and a model in front of it; calls `act`, and takes
 * both down whatever happens.
 */
export type Stage = (scenes: readonly Scene[], act: (staged: Staged) => Promise<void>) => Promise<void>;

/** Asks the model of a stage, and waits for what comes. */
export async function outcomeOf(model: Model, request: ModelRequest, options: RunOptions = {}): Promise<Outcome> {
  try {
    return { response: await run(model, request, options) };
  } catch (error) {
    return { error };
  }
}
