/**
 * @module
 * How a provider is asked for log-probabilities, which the specification has no setting for. As of the AI SDK's providers of 2026:
 * `@ai-sdk/openai` and `@ai-sdk/azure` take `logprobs` (a number, or `true`) in their options and give them back in `providerMetadata`;
 * `@ai-sdk/xai` takes them in two fields. No other provider gives them back.
 */
import type { ProviderOptions } from "./provider-options.js";

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
