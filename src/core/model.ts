/**
 * @module
 * The contract: a model takes a request and gives a response. Every strategy is one too.
 */
import type { Call } from "./call.js";
import type { Capabilities } from "./capabilities.js";
import type { FilePart, JsonSchema, JsonValue, Message, ReasoningPart, TextPart, ToolCallPart } from "./message.js";
import type { Outline } from "./outline.js";
import type { Draw } from "./sample.js";
import type { Usage } from "./usage.js";

/** A tool as the model sees it. */
export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, an object at the top. */
  readonly inputSchema: JsonSchema;
}

/** A format the answer must have. */
export interface ResponseSchema {
  readonly name?: string;
  readonly jsonSchema: JsonSchema;
}

/** How hard to think, for models that have the knob. */
export type Effort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** Thinking that is not words. A model takes the fields that its {@link Capabilities.latent} names. */
export interface LatentRequest {
  /** Loops of the recurrent block for every token; with `halt`, the most. Whole, at least 1. */
  readonly steps?: number | undefined;
  /** Loops no further once two successive loops differ by less than this: KL divergence of what comes next, in nats. Above 0. */
  readonly halt?: number | undefined;
  /** Tokens without meaning that are read before the answer is written. Whole, at least 0. */
  readonly pauseTokens?: number | undefined;
  /** What the model knew at the end of an earlier text, as {@link LatentReport.state} gave it: this request goes on from there. */
  readonly state?: string | undefined;
}

/** What a model says of thinking that is not words. */
export interface LatentReport {
  /** Loops that the first token of the answer took. */
  readonly steps?: number | undefined;
  /** What the model knows at the end of what it read, for {@link LatentRequest.state} of the next block. */
  readonly state?: string | undefined;
}

/** What is asked of a model. Never mutated. */
export interface ModelRequest {
  /** At least one. */
  readonly messages: readonly Message[];
  /** Tools the model may call. */
  readonly tools?: readonly ToolDescription[] | undefined;
  /** Whether it may, must not or must call one. @defaultValue `'auto'` */
  readonly toolChoice?: "auto" | "none" | "required" | { readonly name: string } | undefined;
  /** The format of the answer. */
  readonly schema?: ResponseSchema | undefined;
  /** 0 is greedy. @defaultValue the provider's */
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  /** Writing ends before any of these. */
  readonly stop?: readonly string[] | undefined;
  /** The most tokens to write, thoughts included. @defaultValue the provider's; see {@link Budget} for what is reserved then */
  readonly maxOutputTokens?: number | undefined;
  /** Same seed, same words, where the model honours it. */
  readonly seed?: number | undefined;
  /** Return log-probabilities, with this many alternatives per token (0: only the token's own). */
  readonly logprobs?: number | undefined;
  /** The start of the answer, for the model to continue. The response's `text` does not repeat it. */
  readonly prefill?: string | undefined;
  readonly effort?: Effort | undefined;
  /** Thinking that is not words, for models that were trained for it ({@link Capabilities.latent}). */
  readonly latent?: LatentRequest | undefined;
  /**
   * Write nothing, and tell instead how likely this text is as the answer, behind `prefill` where there is one. The response's `text` is this text,
   * its `logprobs` are those of its tokens, in order. Only of models with {@link Capabilities.score}.
   */
  readonly score?: string | undefined;
  /** Passed to the provider as they are, by provider name. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, JsonValue>>>> | undefined;
}

/** Why the model stopped writing. */
export type FinishReason = "stop" | "length" | "tool-calls" | "content-filter" | "other";

/**
 * Why a strategy stopped thinking. `done`: it did all that was asked; `decided`: more would not, or hardly, change the answer;
 * `ok`: the feedback or the target was satisfied; `no-improvement`: another round did not help; `limit`: rounds, steps or levels ended;
 * `failure`: an error that cannot get better; `budget`: calls, tokens or money ended; `deadline`: the time ended.
 */
export type StopReason = "done" | "decided" | "ok" | "no-improvement" | "limit" | "failure" | "budget" | "deadline";

/** Log-probability (natural) of a written token. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  /** The likeliest tokens in its place, best first. */
  readonly top?: readonly { readonly token: string; readonly logprob: number }[];
}

/** Something the user should know: a knob that was ignored, samples that were all the same. */
export interface Warning {
  /** Stable name: `'downgrade'`, `'budget-cap'`, `'identical-samples'`, … */
  readonly code: string;
  readonly message: string;
  /** Of a downgrade: what the model lacks, such as `'temperature'`. */
  readonly capability?: string;
}

/** What a model gives back. Layers add fields and pass unknown ones through. */
export interface ModelResponse {
  /** The answer's words, without reasoning. */
  readonly text: string;
  /** The thought, where the model returns it apart from the answer. */
  readonly reasoning?: string;
  /** Text, reasoning, files and tool calls in the order they came, where the order or their metadata matters. */
  readonly content?: readonly (TextPart | ReasoningPart | FilePart | ToolCallPart)[];
  readonly toolCalls?: readonly ToolCallPart[];
  readonly finishReason: FinishReason;
  /** What finished calls at and beneath this response spent. */
  readonly usage: Usage;
  readonly logprobs?: readonly TokenLogprob[];
  /** What became of thinking that is not words. */
  readonly latent?: LatentReport;
  readonly warnings?: readonly Warning[];
  /** Set by strategies: why they stopped. */
  readonly stopped?: StopReason;
  /** What the provider adds, by provider name. */
  readonly providerMetadata?: Readonly<Record<string, JsonValue>>;
}

/** Anything that answers: a provider's model, a strategy, a whole stack. */
export interface Model<Out extends ModelResponse = ModelResponse> {
  /** For people and traces: `'majorityVote(sampleN(openai:gpt-x))'`. */
  readonly id: string;
  readonly capabilities: Capabilities;
  /** Call it through `run` or `stream`; a layer passes its own `call` on, so that budget, abort and trace hold. */
  generate(request: ModelRequest, call: Call): Promise<Out>;
  /** What stands beneath and what it may cost, for {@link outline}. */
  readonly outline?: Outline;
}

/** A layer: takes a model, gives a better one. */
export type Middleware<In extends ModelResponse = ModelResponse, Out extends ModelResponse = In> = (
  next: Model<In>,
) => Model<Out>;

/** One sample that was lost, and why. */
export interface SampleFailure {
  readonly index: number;
  readonly error: unknown;
}

/** The first response, with all its brothers beside it. */
export type Sampled<R extends ModelResponse = ModelResponse> = R & {
  readonly samples: readonly R[];
  readonly failures: readonly SampleFailure[];
  readonly stopped: StopReason;
};

/** A model of samples that can be drawn one by one, so that whoever narrows them may stop early. */
export interface Sampler<R extends ModelResponse = ModelResponse> extends Model<Sampled<R>> {
  /** @param most - draws no more than so many, where that is fewer than it draws by itself */
  draw(request: ModelRequest, call: Call, most?: number): Draw<R>;
}
