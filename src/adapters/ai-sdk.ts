/**
 * @module
 * The AI SDK, in and out: its language models as models, stacks as its language models, tools both ways.
 */
export { fromAiSdk, type FromAiSdkOptions } from "./ai-sdk/from-ai-sdk.js";
export { fromAiSdkTools, type AiSdkToolSet, type FromAiSdkToolsOptions } from "./ai-sdk/from-ai-sdk-tools.js";
export type { MullCallOptions } from "./ai-sdk/incoming-call.js";
export type {
  AiSdkContent,
  AiSdkFile,
  AiSdkFinishReason,
  AiSdkGenerated,
  AiSdkJson,
  AiSdkLanguageModel,
  AiSdkMetadata,
  AiSdkSource,
  AiSdkStreamPart,
  AiSdkToolCall,
  AiSdkUsage,
  AiSdkWarning,
} from "./ai-sdk/language-model.js";
export type { ProviderOptions } from "./ai-sdk/provider-options.js";
export type { AiSdkCallOptions, AiSdkModel, AiSdkPart, AiSdkResult } from "./ai-sdk/specification.js";
export { toAiSdk, type ToAiSdkOptions } from "./ai-sdk/to-ai-sdk.js";
export { toAiSdkTools, type AiSdkSchema, type AiSdkTool, type ToAiSdkToolsOptions } from "./ai-sdk/to-ai-sdk-tools.js";
