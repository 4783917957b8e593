/**
 * @module
 * The options of the adapter, checked: what stays the same from request to request.
 */
import type { Capabilities } from "../../core/capabilities.js";
import { InvalidOptionError } from "../../core/errors.js";
import { fieldsOf } from "../../core/fields.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import type { Price } from "../../core/source.js";
import type { FromAnthropicOptions } from "../anthropic.js";
import { checkClient } from "../wire/check-client.js";
import { checkModelName, checkModelOptions } from "../wire/model-options.js";
import type { AnthropicClient } from "./client.js";
import { profileOf, type Profile } from "./profile.js";
import type { AnthropicThinking } from "./thinking.js";

/** Whom to ask, and what goes with each request. */
export interface Settings {
  readonly id: string;
  readonly client: AnthropicClient;
  readonly model: string;
  readonly profile: Profile;
  readonly capabilities: Capabilities;
  readonly maxOutputTokens: number;
  readonly thinking: AnthropicThinking | undefined;
  readonly cache: "5m" | "1h" | undefined;
  readonly price: Price | undefined;
}

const where = "fromAnthropic";

// Written as a record, so that the compiler misses none.
const known: Readonly<Record<keyof FromAnthropicOptions, true>> = {
  thinking: true,
  cache: true,
  maxOutputTokens: true,
  capabilities: true,
  price: true,
  countTokens: true,
};

/**
 * Checks the client, the model's id and the options.
 *
 * @throws {@link InvalidOptionError} for the first that is wrong
 */
export function settingsOf(client: AnthropicClient, model: string, options: FromAnthropicOptions): Settings {
  checkOptions(where, options, Object.keys(known));
  checkModelOptions(where, options);
  checkClient(where, client, ["messages.create"], "new Anthropic()");
  checkModelName(where, "modelId", model);
  const { thinking, cache, capabilities, price } = options;
  if (cache !== undefined) checkWord("cache", cache, ["5m", "1h"]);
  if (thinking !== undefined) checkThinking(thinking);
  const profile = profileOf(model);
  const { maxOutputTokens = profile.maxTokens } = options;
  checkInteger(where, "maxOutputTokens", maxOutputTokens, 1);
  return {
    id: `anthropic:${model}`,
    client,
    model,
    profile,
    capabilities: {
      n: false,
      logprobs: false,
      seed: false,
      latent: false,
      tools: true,
      ...profile.capabilities,
      ...(thinking?.display === "omitted" && { reasoning: "none" }),
      ...capabilities,
    },
    maxOutputTokens,
    thinking,
    cache,
    price,
  };
}

function checkThinking(thinking: AnthropicThinking): void {
  if (fieldsOf(thinking) === undefined) throw new InvalidOptionError(where, "thinking", "an object", thinking);
  checkOptions(`${where}: thinking`, thinking, ["type", "budgetTokens", "display"]);
  const { type, budgetTokens, display } = thinking;
  checkWord("thinking.type", type, ["adaptive", "enabled", "disabled"]);
  if (budgetTokens !== undefined) checkInteger(where, "thinking.budgetTokens", budgetTokens, 1024);
  if (display !== undefined) checkWord("thinking.display", display, ["summarized", "omitted"]);
}

function checkWord(option: string, value: string, words: readonly string[]): void {
  if (!words.includes(value)) throw new InvalidOptionError(where, option, words.join(" or "), value);
}
