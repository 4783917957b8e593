/**
 * @module
 * The model at the bottom of a stack.
 */
import type { Model } from "./model.js";

/** The model beneath all layers: for questions of their own that layers have, past the prompts of those around. */
export function bottomOf(model: Model): Model {
  let bottom = model;
  for (let inner = bottom.outline?.inner[0]; inner !== undefined; inner = bottom.outline?.inner[0]) bottom = inner;
  return bottom;
}
