/**
 * @module
 * What the AI SDK asks a language model of specification V3: the fields that are looked at.
 */
import type { BudgetLimits } from "../../core/amounts.js";
import type { Effort, ModelRequest } from "../../core/model.js";

/** What a call asks for that no setting of the AI SDK says: its `providerOptions.mull`. */
export interface MullCallOptions {
  /** Limits of this call, instead of those that the model was made with. */
  readonly budget?: BudgetLimits | undefined;
  readonly effort?: Effort | undefined;
  /** Alternatives for each token; 0 for the token's own alone. */
  readonly logprobs?: number | undefined;
  /** The start of the answer. */
  readonly prefill?: string | undefined;
  readonly latent?: ModelRequest["latent"];
}

/** Options of a provider, by its name. */
type Options = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A part of a message, of any type. */
interface Part {
  readonly providerOptions?: Options;
}

interface IncomingText extends Part {
  readonly type: "text" | "reasoning";
  readonly text: string;
}

/** A file. */
export interface IncomingFile extends Part {
  readonly type: "file";
  readonly mediaType: string;
  readonly data: Uint8Array | string | URL;
  readonly filename?: string;
}

interface IncomingToolCall extends Part {
  readonly type: "tool-call";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
  readonly providerExecuted?: boolean;
}

interface IncomingToolResult extends Part {
  readonly type: "tool-result";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly output: unknown;
}

/** Whether the user allowed a call. */
interface IncomingApproval extends Part {
  readonly type: "tool-approval-response";
}

/** What a part of the user or of the model may be. */
export type IncomingPart = IncomingText | IncomingFile | IncomingToolCall | IncomingToolResult | IncomingApproval;

/** A message of the prompt. */
export type IncomingMessage = { readonly providerOptions?: Options } & (
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user" | "assistant" | "tool"; readonly content: readonly IncomingPart[] }
);

/** A tool that a call brings. */
interface IncomingTool {
  /** `'function'`, or a provider's own. */
  readonly type: string;
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: object;
  readonly inputExamples?: unknown;
  readonly strict?: boolean;
  readonly providerOptions?: Options;
}

/** The call options. */
export interface IncomingCall {
  readonly prompt: readonly IncomingMessage[];
  readonly tools?: readonly IncomingTool[];
  readonly toolChoice?:
    { readonly type: "auto" | "none" | "required" } | { readonly type: "tool"; readonly toolName: string };
  readonly responseFormat?:
    { readonly type: "text" } | { readonly type: "json"; readonly schema?: object; readonly name?: string };
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly stopSequences?: readonly string[];
  readonly maxOutputTokens?: number;
  readonly seed?: number;
  readonly includeRawChunks?: boolean;
  readonly providerOptions?: Options;
}
