/**
 * @module
 * Fields that a user adds to a body.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { Fields } from "../../core/fields.js";
import type { ModelRequest } from "../../core/model.js";

/** Fields that the adapter alone sets: the budget and the reading of the answer rest on them. */
const owned = ["model", "messages", "stream", "n", "n_cmpl", "max_tokens", "max_completion_tokens"];

/**
 * The `providerOptions` of a request for one provider.
 *
 * @throws {@link InvalidOptionError} for one that the adapter sets itself
 */
export function ownFields(request: ModelRequest, provider: string, names: readonly string[] = owned): Fields {
  const own = request.providerOptions?.[provider] ?? {};
  checkFields(provider, `providerOptions[${JSON.stringify(provider)}]`, own, names);
  return own;
}

/**
 * Checks fields that a user adds to the body.
 *
 * @throws {@link InvalidOptionError} for one that the adapter sets itself
 */
export function checkFields(where: string, option: string, fields: Fields, names: readonly string[] = owned): void {
  const name = names.find((field) => field in fields);
  if (name !== undefined) {
    throw new InvalidOptionError(where, option, `free of ${names.join(", ")}, which the adapter sets`, name);
  }
}
