/**
 * @module
 * Which schemas strict decoding takes.
 */
import type { JsonValue } from "../../core/message.js";

/** Strict decoding refuses a schema in which an object may have other fields, or lack some. */
export function isStrict(schema: JsonValue): boolean {
  if (typeof schema !== "object" || schema === null) return true;
  if (isArray(schema)) return schema.every(isStrict);
  const { type, properties, required } = schema;
  if (type === "object" || properties !== undefined) {
    const names = Object.keys((properties ?? {}) as object);
    const all = Array.isArray(required) && names.every((name) => required.includes(name));
    if (schema.additionalProperties !== false || (names.length > 0 && !all)) return false;
  }
  return Object.values(schema).every(isStrict);
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
