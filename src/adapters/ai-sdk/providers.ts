/**
 * @module
 * What the specification does not say of a provider, as of the AI SDK's providers of 2026.
 *
 * Log-probabilities: `@ai-sdk/openai` and `@ai-sdk/azure` take `logprobs` (a number, or `true`) in their options and give them back in
 * `providerMetadata`; `@ai-sdk/xai` takes them in two fields. No other provider gives them back.
 *
 * Files in results of tools: `@ai-sdk/anthropic`, `@ai-sdk/google` and the Responses of `@ai-sdk/openai` send them on. Those that speak chat
 * completions write all the bytes as text into the prompt, so that who is not known here gets words.
 */
import type { FilePart } from "../../core/message.js";
import { addressOf } from "../wire/file-data.js";
import { isPicture, isWithinReach, readsNone, type Reads } from "../wire/tool-files.js";
import type { ProviderOptions } from "./provider-options.js";
import type { AiSdkModel } from "./specification.js";

interface Provider {
  /** Matches the provider's name, such as `'openai.responses'`. */
  readonly pattern: RegExp;
  /** What asks for this many alternatives of each token. */
  readonly options: (alternatives: number) => ProviderOptions;
}

const providers: readonly Provider[] = [
  { pattern: /^openai\b/, options: (n) => ({ openai: { logprobs: n > 0 ? n : true } }) },
  // Called by the one name or the other, by version.
  {
    pattern: /^azure\b/,
    options: (n) => ({ azure: { logprobs: n > 0 ? n : true }, openai: { logprobs: n > 0 ? n : true } }),
  },
  { pattern: /^xai\b/, options: (n) => ({ xai: { logprobs: true, ...(n > 0 && { topLogprobs: n }) } }) },
];

/** What asks the provider of this name for log-probabilities; `undefined` where it has none. */
export function logprobsOptions(name: string): Provider["options"] | undefined {
  // `openai-compatible` is another: its providers are named by their users.
  return providers.find(({ pattern }) => pattern.test(name.replace(/^openai-compatible\b/, "")))?.options;
}

/** A picture, or a PDF. */
function isSeen(file: FilePart): boolean {
  return (isPicture(file) || file.mediaType === "application/pdf") && isWithinReach(file);
}

/** The first whose pattern the provider's name matches; `models`, too, where it has some. */
const readers: readonly { readonly pattern: RegExp; readonly models?: RegExp; readonly reads: Reads }[] = [
  { pattern: /\banthropic\.messages$/, reads: isSeen },
  { pattern: /^(openai|azure)\.responses$/, reads: isSeen },
  // Older providers write documents as text.
  { pattern: /^google\.(generative-ai|vertex)\b/, models: /gemini-[3-9]/, reads: isPicture },
  { pattern: /^mull$/, reads: () => true },
];

/** Which files a model reads in results of tools. V2 has no place for those that would have to be fetched. */
export function readerOf({ provider, modelId, specificationVersion: version }: AiSdkModel): Reads {
  const found = readers.find(({ pattern, models }) => pattern.test(provider) && (models?.test(modelId) ?? true));
  const reads = found?.reads ?? readsNone;
  return version === "v2" ? (file) => addressOf(file) === undefined && reads(file) : reads;
}
