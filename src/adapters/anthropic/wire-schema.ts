/**
 * @module
 * Schemas as constrained decoding takes them.
 */
import { fieldsOf } from "../../core/fields.js";

/** Kept as they are, wherever they stand. */
const plain = ["type", "enum", "const", "title", "description", "$ref", "default"];
/** Kept with schemas in them. */
const nested = ["items", "anyOf", "allOf", "properties", "$defs", "definitions"];
const formats = "date-time time date duration email hostname uri ipv4 ipv6 uuid".split(" ");

/**
 * A schema with what the API takes: every object is closed, and limits on numbers, lengths and the like become words in the description. Whoever asked
 * for the schema checks the answer against all of it.
 */
export function wireSchema(schema: unknown): unknown {
  const fields = fieldsOf(schema);
  if (fields === undefined) return schema;
  const kept: Record<string, unknown> = {};
  const left: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (plain.includes(name) || takes(name, value)) kept[name] = value;
    else if (nested.includes(name)) kept[name] = within(name, value);
    else if (name === "oneOf") kept.anyOf = within("anyOf", value);
    else if (name === "required") kept.required = value;
    else if (name !== "$schema" && name !== "additionalProperties") left[name] = value;
  }
  if (fields.type === "object" || fields.properties !== undefined) {
    kept.additionalProperties = false;
    kept.properties ??= {};
  }
  const limits = Object.entries(left).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  if (limits.length > 0) {
    const words = typeof kept.description === "string" ? `${kept.description} ` : "";
    kept.description = `${words}(${limits.join(", ")})`;
  }
  return kept;
}

/** Of these limits, the API knows some values. */
function takes(name: string, value: unknown): boolean {
  if (name === "format") return formats.includes(String(value));
  return name === "minItems" && (value === 0 || value === 1);
}

function within(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wireSchema);
  if (name === "items") return wireSchema(value);
  return Object.fromEntries(Object.entries(fieldsOf(value) ?? {}).map(([key, inner]) => [key, wireSchema(inner)]));
}

/** Does it leave something open: an object whose fields have no names beforehand, or a value of any type? Decoding cannot be held to that. */
export function isOpen(schema: unknown): boolean {
  const fields = fieldsOf(schema);
  if (fields === undefined) return true;
  const { additionalProperties } = fields;
  if (additionalProperties === true || fieldsOf(additionalProperties) !== undefined) return true;
  if (!typed.some((name) => fields[name] !== undefined)) return true;
  const lists = ["anyOf", "oneOf", "allOf"].flatMap((name) => fields[name] ?? []);
  const named = ["properties", "$defs", "definitions"].flatMap((name) => Object.values(fieldsOf(fields[name]) ?? {}));
  return [...lists, ...named, ...(fields.items === undefined ? [] : [fields.items])].some(isOpen);
}

/** What says which values there may be. */
const typed = ["type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf", "properties"];
