/**
 * @module
 * The nearest effort that a model has.
 */
import { efforts as order } from "../../core/efforts.js";
import type { Effort } from "../../core/model.js";

/** The effort itself, where the model has it; else the nearest one, the lesser of two. Thinking that was asked for is never turned off. */
export function fitEffort(effort: Effort, efforts: readonly Effort[] | undefined): Effort {
  if (efforts === undefined || efforts.includes(effort) || efforts.length === 0) return effort;
  const thinking = efforts.filter((one) => one !== "none");
  const candidates = thinking.length === 0 ? efforts : thinking;
  const far = (one: Effort): number => Math.abs(order.indexOf(one) - order.indexOf(effort));
  return candidates.reduce((best, one) => (far(one) < far(best) ? one : best));
}
