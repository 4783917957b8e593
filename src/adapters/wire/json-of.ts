/**
 * @module
 * Values as JSON, for those who can carry nothing else.
 */
import type { JsonValue } from "../../core/message.js";

/** The value as it comes out of JSON; big integers as text, maps as pairs. `undefined` for what cannot be written: a function, a circle. */
export function jsonOf(value: unknown): JsonValue | undefined {
  try {
    const text = JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === "bigint") return String(part);
      return part instanceof Map ? [...(part as Map<unknown, unknown>)] : part;
    });
    return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
  } catch {
    return undefined;
  }
}
