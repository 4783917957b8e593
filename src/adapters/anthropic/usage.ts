/**
 * @module
 * What a request spent, and what that costs: writing to the prompt cache is dearer than reading a prompt.
 */
import { countOf, fieldsOf, type Fields } from "../../core/fields.js";
import type { Price, Reply } from "../../core/source.js";
import type { Settings } from "./settings.js";

/** Prices of what is written to the cache, in prices of input; from Anthropic's "Prompt caching". */
const writing = { "5m": 1.25, "1h": 2 } as const;

/** The usage of a reply. Input that was read from the cache, or written to it, is input. */
export function usageOf(
  usage: Fields | undefined,
  { price, cache }: Pick<Settings, "price" | "cache">,
): Reply["usage"] {
  if (usage === undefined) return undefined;
  const plain = countOf(usage.input_tokens);
  const read = countOf(usage.cache_read_input_tokens);
  const written = countOf(usage.cache_creation_input_tokens) ?? 0;
  const outputTokens = countOf(usage.output_tokens);
  const known = {
    inputTokens: plain === undefined ? undefined : plain + (read ?? 0) + written,
    cachedInputTokens: read,
    outputTokens,
    reasoningTokens: countOf(fieldsOf(usage.output_tokens_details)?.thinking_tokens),
  };
  if (price === undefined || plain === undefined || outputTokens === undefined) return known;
  const hour = countOf(fieldsOf(usage.cache_creation)?.ephemeral_1h_input_tokens) ?? (cache === "1h" ? written : 0);
  const input = plain + (written - hour) * writing["5m"] + hour * writing["1h"];
  const usd =
    (input * price.inputUsd + (read ?? 0) * (price.cachedInputUsd ?? price.inputUsd) + outputTokens * price.outputUsd) /
    1e6;
  return { ...known, usd };
}

/** What the budget must count on: that all of the prompt is written to the cache. */
export function worstPrice(price: Price | undefined, cache: "5m" | "1h" | undefined): Price | undefined {
  if (price === undefined || cache === undefined) return price;
  return { ...price, inputUsd: price.inputUsd * writing[cache] };
}
