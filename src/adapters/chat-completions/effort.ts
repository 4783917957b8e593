/**
 * @module
 * How hard to think, as a server wants to be told.
 */
import type { Effort, ModelRequest } from "../../core/model.js";
import type { Dialect } from "./dialect.js";
import { fitEffort } from "../wire/fit-effort.js";

/** The effort that is sent for a request, if any. A started answer rules thinking out where the server says so. */
export function effortOf({ effort, prefill }: ModelRequest, dialect: Dialect): Effort | undefined {
  if (prefill !== undefined && dialect.prefillStopsThinking) return "none";
  return effort && fitEffort(effort, dialect.efforts);
}

/** The fields of the body that tell an effort. */
export function effortFields(
  effort: Effort | undefined,
  { effort: style }: Dialect,
): Readonly<Record<string, unknown>> {
  if (effort === undefined) return {};
  const thinks = effort !== "none";
  switch (style) {
    case "reasoning_effort":
      return { reasoning_effort: effort };
    case "reasoning":
      return { reasoning: { effort } };
    case "chat_template_kwargs":
      // Templates know it by either name, and skip what they do not know.
      return { reasoning_effort: effort, chat_template_kwargs: { enable_thinking: thinks, thinking: thinks } };
    case "thinking":
      return thinks ? { thinking: { type: "enabled" }, reasoning_effort: effort } : { thinking: { type: "disabled" } };
  }
}
