/**
 * @module
 * What of the AI SDK's language model the adapter calls: the same in the specifications V2 (`ai` 5), V3 (`ai` 6) and V4 (`ai` 7).
 */

/** A language model of the AI SDK, as any of its providers makes them. */
export interface AiSdkModel {
  /** `'v2'`, `'v3'` or `'v4'`. */
  readonly specificationVersion: string;
  /** Such as `'openai.responses'`. */
  readonly provider: string;
  readonly modelId: string;
  doGenerate(options: AiSdkCallOptions): PromiseLike<AiSdkResult>;
  doStream(options: AiSdkCallOptions): PromiseLike<{ readonly stream: ReadableStream<AiSdkPart> }>;
}

/** What a language model is asked. The rest of the settings goes with it. */
export interface AiSdkCallOptions {
  readonly prompt: readonly object[];
  readonly abortSignal?: AbortSignal;
}

/** A part of an answer, or of a stream of one. */
export interface AiSdkPart {
  readonly type: string;
}

/** What a language model answers. */
export interface AiSdkResult {
  readonly content: readonly AiSdkPart[];
  readonly finishReason: unknown;
  readonly usage: unknown;
  readonly warnings?: readonly object[];
  readonly providerMetadata?: object | undefined;
  readonly response?: object | undefined;
}

/** The versions of the specification that the adapter speaks. */
export const versions: readonly string[] = ["v2", "v3", "v4"];
