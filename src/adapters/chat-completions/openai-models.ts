/**
 * @module
 * What OpenAI's models can do, by their ids. As of November 2026; sources: OpenAI's guides on reasoning models and on the latest models, the
 * types of its SDK (6.49), and what users report of refused parameters.
 */
import type { Capabilities } from "../../core/capabilities.js";
import type { Effort, ModelRequest } from "../../core/model.js";

/** What is known of a model. What is absent is not. */
export interface OpenAIModel {
  readonly capabilities: Capabilities;
  /** Does it think before it answers? */
  readonly thinks?: boolean;
  readonly efforts?: readonly Effort[];
  /** Settings that it refuses. */
  readonly lacks: readonly (keyof ModelRequest)[];
}

/**
 * Looks a model up. Fine-tuned ones (`ft:gpt-4o-mini:…`) are what they were made of; unknown ids are unknown.
 *
 * Models of the gpt-5 family take a temperature and log-probabilities at effort `'none'` from 5.1 on. They are denied them all the same: whoever
 * turns thinking off can say otherwise in the adapter's `capabilities`.
 */
export function openaiModel(id: string): OpenAIModel {
  const name = id.replace(/^ft:/, "").replace(/:.*$/, "");
  return table.find(([pattern]) => pattern.test(name))?.[1] ?? { capabilities: {}, lacks: [] };
}

/** A model that thinks: no dice to be set, and an effort. */
function thinking(...efforts: readonly Effort[]): OpenAIModel {
  return {
    capabilities: { temperature: false, logprobs: false, effort: true, tools: true, schema: true },
    thinks: true,
    efforts,
    lacks: ["presencePenalty", "frequencyPenalty", "stop"],
  };
}

/** A model that does not. */
function answering(more: Capabilities = {}): OpenAIModel {
  return {
    capabilities: { temperature: true, logprobs: true, effort: false, tools: true, schema: true, ...more },
    thinks: false,
    lacks: [],
  };
}

/** The first that fits counts. */
const table: readonly (readonly [RegExp, OpenAIModel])[] = [
  [
    /^o1-(preview|mini)/,
    {
      ...thinking(),
      capabilities: { temperature: false, logprobs: false, effort: false, tools: false, schema: false },
    },
  ],
  [/^(o[134]|codex-mini)/, thinking("low", "medium", "high")],
  [/^gpt-5-chat/, { capabilities: { temperature: true, effort: false }, thinks: false, lacks: [] }],
  [/^gpt-5-pro/, thinking("high")],
  [/^gpt-5-codex/, thinking("low", "medium", "high")],
  [/^gpt-5(-|$)/, thinking("minimal", "low", "medium", "high")],
  [/^gpt-5\.\d+-chat/, thinking("medium")],
  [/^gpt-5\.\d+-pro/, thinking("medium", "high", "xhigh")],
  [/^gpt-5\.1-codex-max/, thinking("none", "low", "medium", "high", "xhigh")],
  [/^gpt-5\.1(-|$)/, thinking("none", "low", "medium", "high")],
  [/^gpt-5\.[2-5](-|$)/, thinking("none", "low", "medium", "high", "xhigh")],
  [/^gpt-(5\.\d+|6-(sol|luna))(-|$)/, thinking("none", "low", "medium", "high", "xhigh", "max")],
  [/^gpt-6/, thinking("low", "medium", "high", "xhigh", "max")],
  [/^gpt-4o(-mini)?-search/, { capabilities: { temperature: false, effort: false }, thinks: false, lacks: [] }],
  [/^gpt-4o(-mini)?-audio/, answering({ logprobs: false, schema: false })],
  [/^gpt-4o-2024-05-13/, answering({ schema: false })],
  [/^chatgpt-4o/, answering({ tools: false, schema: false })],
  [/^gpt-4(o|\.\d)/, answering()],
  [/^gpt-(4|3\.5)(-|$)/, answering({ schema: false })],
];
