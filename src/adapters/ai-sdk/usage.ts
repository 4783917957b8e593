/**
 * @module
 * What a call spent, in the shape of V3 and V4, or in that of V2.
 */
import { countOf, fieldsOf } from "../../core/fields.js";
import type { Reply } from "../../core/source.js";

/**
 * Reads usage. What is not told stays `undefined`.
 *
 * V2 left it to the provider whether cached tokens are counted in the input and reasoning in the output; here they always are.
 *
 * @param provider - the provider's name, since V2 does not say
 */
export function usageOf(usage: unknown, provider: string): Reply["usage"] {
  const fields = fieldsOf(usage);
  if (fields === undefined) return undefined;
  const input = fieldsOf(fields.inputTokens);
  const output = fieldsOf(fields.outputTokens);
  if (input !== undefined || output !== undefined) {
    return {
      inputTokens: countOf(input?.total),
      cachedInputTokens: countOf(input?.cacheRead),
      outputTokens: countOf(output?.total),
      reasoningTokens: countOf(output?.reasoning),
    };
  }
  const inputTokens = countOf(fields.inputTokens);
  const outputTokens = countOf(fields.outputTokens);
  const cachedInputTokens = countOf(fields.cachedInputTokens);
  const reasoningTokens = countOf(fields.reasoningTokens);
  const total = countOf(fields.totalTokens);
  const beside = /anthropic|bedrock/.test(provider) || (cachedInputTokens ?? 0) > (inputTokens ?? Infinity);
  const known = (inputTokens ?? 0) + (outputTokens ?? 0);
  const apart = reasoningTokens !== undefined && reasoningTokens > 0 && total === known + reasoningTokens;
  return {
    inputTokens: inputTokens === undefined || !beside ? inputTokens : inputTokens + (cachedInputTokens ?? 0),
    cachedInputTokens,
    outputTokens: outputTokens === undefined || !apart ? outputTokens : outputTokens + reasoningTokens,
    reasoningTokens,
  };
}
