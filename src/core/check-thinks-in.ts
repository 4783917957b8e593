/**
 * @module
 * Layers that stand only on models which think in steps that are not words.
 */
import { thinksIn, type LatentAbility } from "./capabilities.js";
import { CapabilityError } from "./errors.js";
import type { Model } from "./model.js";

/**
 * Makes sure that a model was trained to think in this way. Not to know is not enough: a model without the field would ignore it, and nobody would notice.
 *
 * @throws {@link CapabilityError} that names what to do instead
 */
export function checkThinksIn(
  where: string,
  { id, capabilities }: Pick<Model, "id" | "capabilities">,
  ability: LatentAbility,
): void {
  if (thinksIn(capabilities, ability) === true) return;
  const message =
    `${where}: ${id} is not known to take latent.${ability}. Instead, chainOfThought() has the thoughts written, and effort() turns a served model's own knob; ` +
    `for a served model that was trained for it, say capabilities: { latent: ["${ability}"] }`;
  throw new CapabilityError("latent", id, message);
}
