/**
 * @module
 * Log-probabilities in the metadata of a provider.
 */
import { fieldsOf, listOf, type Fields } from "../../core/fields.js";
import type { TokenLogprob } from "../../core/model.js";
import { logprobOf } from "../chat-completions/logprobs.js";

/** Those of the first provider that has them; a list, or a list for each part of the text. */
export function logprobsOf(metadata: Fields | undefined): readonly TokenLogprob[] | undefined {
  for (const fields of Object.values(metadata ?? {})) {
    const given = fieldsOf(fields)?.logprobs;
    const entries = listOf(Array.isArray(given) ? given.flat() : undefined);
    if (entries.length > 0) return entries.map(logprobOf);
  }
  return undefined;
}
