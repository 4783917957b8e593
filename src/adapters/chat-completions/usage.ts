/**
 * @module
 * What a completion says that it cost.
 */
import { countOf, fieldsOf, type Fields } from "../../core/fields.js";
import type { Reply } from "../../core/source.js";
import { deal } from "../wire/deal.js";

/** The usage of one request, dealt out to its replies: the input to the first, the output by length. The sums are exact. */
export function sharesOf(
  completion: Fields,
  lengths: readonly number[],
  tellsCost: boolean,
): readonly Reply["usage"][] {
  // Groq has its own place for it in streams.
  const usage = fieldsOf(completion.usage) ?? fieldsOf(fieldsOf(completion.x_groq)?.usage);
  if (usage === undefined) return lengths.map(() => undefined);
  const cached =
    countOf(fieldsOf(usage.prompt_tokens_details)?.cached_tokens) ?? countOf(usage.prompt_cache_hit_tokens);
  const reasoning = countOf(fieldsOf(usage.completion_tokens_details)?.reasoning_tokens);
  const input = countOf(usage.prompt_tokens);
  const output = countOf(usage.completion_tokens);
  const outputs = deal(output, lengths);
  const reasonings = deal(reasoning, output === undefined ? lengths : outputs.map((share = 0) => share));
  const cost = tellsCost ? costOf(usage) : undefined;
  return lengths.map((_, i) => ({
    inputTokens: i === 0 ? input : input && 0,
    cachedInputTokens: i === 0 ? cached : cached && 0,
    outputTokens: outputs[i],
    reasoningTokens: reasonings[i],
    // Of one request with several completions nobody says which of them cost what.
    ...(cost !== undefined && { usd: i === 0 ? cost : 0 }),
  }));
}

/** OpenRouter's cost in US dollars; with a key of one's own, what the provider takes comes on top. */
function costOf(usage: Fields): number | undefined {
  const own = usage.is_byok === true ? amountOf(fieldsOf(usage.cost_details)?.upstream_inference_cost) : 0;
  const cost = amountOf(usage.cost);
  return cost === undefined || own === undefined ? undefined : cost + own;
}

function amountOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value < Infinity ? value : undefined;
}
