/**
 * @module
 * What a user adds to a body.
 */
import { fieldsOf, type Fields } from "../../core/fields.js";

/** The body with more fields, which win. Objects and lists named in `shared` are joined with those already there: they belong to both. */
export function joinFields(body: Fields, more: Fields, shared: readonly string[]): Fields {
  const joined: Record<string, unknown> = { ...body };
  for (const [name, value] of Object.entries(more)) {
    joined[name] = shared.includes(name) ? join(body[name], value) : value;
  }
  return joined;
}

function join(before: unknown, value: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(value)) {
    return [...new Set([...(before as unknown[]), ...(value as unknown[])])];
  }
  return fieldsOf(before) && fieldsOf(value) ? { ...fieldsOf(before), ...fieldsOf(value) } : value;
}
