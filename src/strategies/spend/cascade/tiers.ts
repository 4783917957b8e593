/**
 * @module
 * Tiers: models from cheap to strong, and how many samples of each are asked for.
 */
import { InvalidOptionError } from "../../../core/errors.js";
import type { Model, ModelResponse } from "../../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../../core/options.js";
import { isModel } from "../../../core/stack.js";
import type { Usage } from "../../../core/usage.js";

/** A stronger model. */
export interface Tier<R extends ModelResponse = ModelResponse> {
  readonly model: Model<R>;
  /** @defaultValue `'tier 1'`, `'tier 2'`, …; the model beneath is `'tier 0'` */
  readonly name?: string | undefined;
  /** How many of its samples: whole, at least 1; at least 2 where their agreement decides. @defaultValue 1 for the last tier, else as many as of the model beneath */
  readonly samples?: number | undefined;
  /** Weight of its votes, above 0, where no tier was accepted; those of the model beneath weigh 1. @defaultValue as much as all samples of the tiers before */
  readonly weight?: number | undefined;
}

/** What one tier did. */
export interface TierReport {
  readonly name: string;
  /** Samples it gave. */
  readonly samples: number;
  /** The part of the samples asked of it that agree on its answer. Those that were lost, not needed or cannot be read do not. */
  readonly agreement: number;
  /** What was compared with the threshold: the agreement, or what the scorer said. `undefined` for the last tier, and where there was nothing to score. */
  readonly score: number | undefined;
  /** Was its answer let stand? `undefined` for the last tier, of which nobody asks. */
  readonly accepted: boolean | undefined;
  /** What it spent, and what its scoring spent. */
  readonly usage: Usage;
}

/** A tier with all that was left out filled in. */
export interface PlannedTier<R extends ModelResponse> {
  readonly index: number;
  readonly name: string;
  readonly model: Model<R>;
  readonly samples: number;
  readonly weight: number;
  /** There is none after it. */
  readonly last: boolean;
}

/** The model beneath as the first tier, and those after it with what they leave out filled in. */
export function planTiers<R extends ModelResponse>(
  next: Model<R>,
  to: readonly Tier<R>[],
  samples: number,
): readonly PlannedTier<R>[] {
  let before = samples;
  const others = to.map((tier, i): PlannedTier<R> => {
    const index = i + 1;
    const last = index === to.length;
    const { model, name = `tier ${index}`, weight = before } = tier;
    const count = tier.samples ?? (last ? 1 : samples);
    before += count * weight;
    return { index, name, model, samples: count, weight, last };
  });
  return [{ index: 0, name: "tier 0", model: next, samples, weight: 1, last: false }, ...others];
}

/**
 * @param least - the fewest samples of a tier that is not the last
 * @throws {@link InvalidOptionError} for tiers that are none
 */
export function checkTiers<R extends ModelResponse>(where: string, to: readonly Tier<R>[], least: number): void {
  if (!Array.isArray(to) || to.length === 0)
    throw new InvalidOptionError(where, "to", "a list of at least one tier, such as [{ model: strong }]", to);
  to.forEach((tier: Tier<R>, index) => {
    const place = `${where}: to[${index}]`;
    checkOptions(place, tier, ["model", "name", "samples", "weight"]);
    const { model, name = "tier", samples = least, weight = 1 } = tier;
    if (!isModel(model)) throw new InvalidOptionError(place, "model", "a model", model);
    if (typeof name !== "string" || name === "")
      throw new InvalidOptionError(place, "name", "a text that is not empty", name);
    checkInteger(place, "samples", samples, index === to.length - 1 ? 1 : least);
    if (!(checkNumber(place, "weight", weight, 0) > 0) || weight === Infinity)
      throw new InvalidOptionError(place, "weight", "a finite number above 0", weight);
  });
}
