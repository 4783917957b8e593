/**
 * @module
 * Levels of effort, in their order.
 */
import type { Effort } from "./model.js";

/** From no thought at all to as much as the model has. */
export const efforts: readonly Effort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
