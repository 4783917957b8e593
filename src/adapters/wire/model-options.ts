/**
 * @module
 * The options that every adapter has.
 */
import type { Capabilities } from "../../core/capabilities.js";
import { InvalidOptionError } from "../../core/errors.js";
import { fieldsOf } from "../../core/fields.js";
import { checkNumber, checkOptions } from "../../core/options.js";
import type { SourceOptions } from "../../core/source.js";

/** Options of any adapter. */
export interface ModelOptions extends SourceOptions {
  /** What the model can do, over what the adapter knows of it. */
  readonly capabilities?: Capabilities | undefined;
}

// Written as a record, so that the compiler misses none.
const abilities: Readonly<Record<keyof Capabilities, true>> = {
  n: true,
  logprobs: true,
  prefill: true,
  seed: true,
  temperature: true,
  effort: true,
  tools: true,
  schema: true,
  latent: true,
  reasoning: true,
};

/**
 * Checks capabilities, price and the counting of tokens.
 *
 * @throws {@link InvalidOptionError} for the first that is wrong
 */
export function checkModelOptions(where: string, { capabilities, price, countTokens }: ModelOptions): void {
  for (const [option, value] of Object.entries({ capabilities, price })) {
    if (value !== undefined && fieldsOf(value) === undefined) {
      throw new InvalidOptionError(where, option, "an object", value);
    }
  }
  if (countTokens !== undefined && typeof countTokens !== "function") {
    throw new InvalidOptionError(where, "countTokens", "a function", countTokens);
  }
  if (capabilities !== undefined) checkOptions(`${where}: capabilities`, capabilities, Object.keys(abilities));
  if (price === undefined) return;
  checkNumber(where, "price.inputUsd", price.inputUsd, 0);
  checkNumber(where, "price.outputUsd", price.outputUsd, 0);
  if (price.cachedInputUsd !== undefined) checkNumber(where, "price.cachedInputUsd", price.cachedInputUsd, 0);
}

/**
 * Checks the name of a model.
 *
 * @throws {@link InvalidOptionError} for one that is empty, or no text
 */
export function checkModelName(where: string, option: string, model: unknown): asserts model is string {
  if (typeof model !== "string" || model.trim() === "") {
    throw new InvalidOptionError(where, option, "the name of a model", model);
  }
}
