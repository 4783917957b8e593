/**
 * @module
 * Options for one provider that the specification has no setting for.
 */
import type { ModelRequest } from "../../core/model.js";

/** By provider name: `{ openai: { reasoningSummary: "auto" } }`. */
export type ProviderOptions = NonNullable<ModelRequest["providerOptions"]>;

/** All of them; of two that set the same field of the same provider, the later wins. */
export function mergeOptions(...given: readonly (ProviderOptions | undefined)[]): ProviderOptions | undefined {
  const all: Record<string, ProviderOptions[string]> = {};
  for (const options of given) {
    for (const [name, fields] of Object.entries(options ?? {})) all[name] = { ...all[name], ...fields };
  }
  return Object.keys(all).length > 0 ? all : undefined;
}
