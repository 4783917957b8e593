/**
 * @module
 * Responses that are nothing but an answer, for tallies.
 */
import type { ModelResponse } from "mull";

/** A response whose answer has this key; `undefined` for one that could not be read. */
export type Keyed = ModelResponse & { readonly key: string | undefined; readonly index: number };

/** One response for every key, numbered. */
export function responses(keys: readonly (string | undefined)[]): Keyed[] {
  return keys.map((key, index) => ({ text: `sample ${index}`, finishReason: "stop", usage, key, index }));
}

const usage = { calls: 1 } as ModelResponse["usage"];
