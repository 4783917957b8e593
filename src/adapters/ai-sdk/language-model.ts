/**
 * @module
 * A language model of specification V3, in types that `ai` 6 and `ai` 7 both take: each has its own copy of the specification's types, and they
 * differ in what is readonly.
 */
import type { AiSdkCallOptions } from "./specification.js";

/** What {@link toAiSdk} makes: a `LanguageModelV3`. */
export interface AiSdkLanguageModel {
  readonly specificationVersion: "v3";
  readonly provider: string;
  readonly modelId: string;
  readonly supportedUrls: Record<string, RegExp[]>;
  doGenerate(options: AiSdkCallOptions): Promise<AiSdkGenerated>;
  doStream(options: AiSdkCallOptions): Promise<{ stream: ReadableStream<AiSdkStreamPart> }>;
}

/** What `doGenerate` gives. */
export interface AiSdkGenerated {
  content: AiSdkContent[];
  finishReason: AiSdkFinishReason;
  usage: AiSdkUsage;
  warnings: AiSdkWarning[];
  providerMetadata: AiSdkMetadata;
  response: { modelId: string };
}

/** Anything JSON can hold, as the AI SDK types it. */
export type AiSdkJson = null | string | number | boolean | AiSdkJson[] | { [key: string]: AiSdkJson | undefined };

/** What a provider says, by its name. */
export type AiSdkMetadata = Record<string, Record<string, AiSdkJson | undefined>>;

/** A call of a tool; its input is JSON text. */
export interface AiSdkToolCall {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  input: string;
  providerMetadata?: AiSdkMetadata;
}

/** A file that a model made. */
export interface AiSdkFile {
  type: "file";
  mediaType: string;
  data: string | Uint8Array;
  providerMetadata?: AiSdkMetadata;
}

/** An address that a model named. */
export interface AiSdkSource {
  type: "source";
  sourceType: "url";
  id: string;
  url: string;
  title?: string;
  providerMetadata?: AiSdkMetadata;
}

/** A part of an answer. */
export type AiSdkContent =
  | { type: "text"; text: string; providerMetadata?: AiSdkMetadata }
  | { type: "reasoning"; text: string; providerMetadata?: AiSdkMetadata }
  | AiSdkToolCall
  | AiSdkFile
  | AiSdkSource;

/** Why the model stopped. */
export interface AiSdkFinishReason {
  unified: "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other";
  raw: string | undefined;
}

/** What was spent. */
export interface AiSdkUsage {
  inputTokens: {
    total: number | undefined;
    noCache: number | undefined;
    cacheRead: number | undefined;
    cacheWrite: number | undefined;
  };
  outputTokens: { total: number | undefined; text: number | undefined; reasoning: number | undefined };
}

/** What was left out, or is worth knowing. */
export type AiSdkWarning =
  { type: "unsupported"; feature: string; details?: string } | { type: "other"; message: string };

/** A part of a stream. */
export type AiSdkStreamPart =
  | { type: "stream-start"; warnings: AiSdkWarning[] }
  | { type: "response-metadata"; modelId: string }
  | {
      type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end";
      id: string;
      providerMetadata?: AiSdkMetadata;
    }
  | { type: "text-delta" | "reasoning-delta" | "tool-input-delta"; id: string; delta: string }
  | { type: "tool-input-start"; id: string; toolName: string }
  | { type: "tool-input-end"; id: string }
  | AiSdkToolCall
  | AiSdkFile
  | AiSdkSource
  | { type: "error"; error: unknown }
  | { type: "finish"; usage: AiSdkUsage; finishReason: AiSdkFinishReason; providerMetadata?: AiSdkMetadata };
