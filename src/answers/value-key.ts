/**
 * @module
 * When two values that programs came to are the same.
 */
import type { JsonValue } from "../core/message.js";

/**
 * The key of a JSON value: the order of names in objects does not count, and numbers are the same to 12 significant digits, so that 0.1 + 0.2 is 0.3.
 */
export function valueKey(value: JsonValue): string {
  if (typeof value === "number") {
    // Adding 0 makes -0 a 0.
    return String((Number.isSafeInteger(value) ? value : Number(value.toPrecision(12))) + 0);
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(valueKey).join(",")}]`;
  const fields = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${valueKey(value[name] as JsonValue)}`);
  return `{${fields.join(",")}}`;
}

/** `Array.isArray` does not know lists that are read-only. */
function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
