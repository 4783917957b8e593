/**
 * @module
 * How the next word is drawn, and where writing stops.
 */
import type { ModelRequest, Warning } from "../../core/model.js";
import { downgrade } from "../wire/downgrade.js";
import type { Profile } from "./profile.js";
import type { Block } from "./turns.js";

/** The highest temperature that the API takes. */
const hottest = 1;
/** While it thinks, a model takes no `top_p` beneath this. */
const leastThinkingTopP = 0.95;

/** The fields of a body, and what was left out of them. */
export function samplingOf(
  { temperature, topP, topK, stop = [] }: ModelRequest,
  id: string,
  { mixes }: Profile,
  thinks: boolean,
): { readonly fields: Block; readonly warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  const lose = (name: string, why: string, capability: string = "temperature"): void => {
    warnings.push(downgrade(capability, `${id} ${why}: ${name} was left out`));
  };
  const fields: Record<string, unknown> = {};
  if (temperature !== undefined) {
    if (!thinks) fields.temperature = Math.min(temperature, hottest);
    // 1 is what it has anyway.
    else if (temperature !== hottest) lose("temperature", "takes no temperature while it thinks");
    if (!thinks && temperature > hottest) {
      warnings.push(
        downgrade("temperature", `${id} takes a temperature up to ${hottest}: ${hottest} was sent instead`),
      );
    }
  }
  if (topP !== undefined) {
    if (thinks && topP < leastThinkingTopP) lose("topP", `takes no top_p beneath ${leastThinkingTopP} while it thinks`);
    else if (fields.temperature !== undefined && !mixes) lose("topP", "takes a temperature or a top_p, not both");
    else fields.top_p = topP;
  }
  if (topK !== undefined) {
    if (thinks) lose("topK", "takes no top_k while it thinks");
    else fields.top_k = topK;
  }
  const stops = stop.filter((sequence) => sequence.trim() !== "");
  if (stops.length < stop.length) lose("stop", "does not stop at white space alone", "stop");
  if (stops.length > 0) fields.stop_sequences = stops;
  return { fields, warnings };
}
