/**
 * @module
 * What tools take and give, as text.
 */
import type { ToolResultPart } from "../../core/message.js";

/** A result. The wire has no mark for a tool that failed, so the words say it. */
export function resultText({ output, isError }: ToolResultPart): string {
  const text = jsonText(output ?? null);
  return isError === true && !/^error\b/i.test(text) ? `Error: ${text}` : text;
}

/** Text as it is, anything else as JSON. */
export function jsonText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
