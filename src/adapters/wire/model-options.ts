/**
 * @module
 * The options that every adapter has.
 */
import type { Capabilities, LatentAbility } from "../../core/capabilities.js";
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
  score: true,
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
  if (capabilities !== undefined) {
    checkOptions(`${where}: capabilities`, capabilities, Object.keys(abilities));
    checkLatent(where, capabilities.latent);
  }
  if (price === undefined) return;
  checkNumber(where, "price.inputUsd", price.inputUsd, 0);
  checkNumber(where, "price.outputUsd", price.outputUsd, 0);
  if (price.cachedInputUsd !== undefined) checkNumber(where, "price.cachedInputUsd", price.cachedInputUsd, 0);
}

const latentAbilities: Readonly<Record<LatentAbility, true>> = {
  steps: true,
  halt: true,
  pauseTokens: true,
  state: true,
};

/** A misspelt ability would be one that the model has not. */
function checkLatent(where: string, latent: Capabilities["latent"]): void {
  if (latent === undefined || typeof latent === "boolean") return;
  const option = "capabilities.latent";
  if (!Array.isArray(latent)) throw new InvalidOptionError(where, option, "a list of abilities, true or false", latent);
  const known = Object.keys(latentAbilities);
  latent.forEach((ability: string, index) => {
    if (!known.includes(ability))
      throw new InvalidOptionError(where, `${option}[${index}]`, `one of ${known.join(", ")}`, ability);
  });
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
