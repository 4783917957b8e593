/**
 * @module
 * Values as JSON, and back, byte for byte.
 */
import { base64 } from "../base64.js";

/** A value that JSON can hold: bytes, URLs, `Infinity` and the like are marked. Fields that are `undefined` are left out. */
export function toJson(value: unknown): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => toJson(item) ?? null);
  if (value instanceof Uint8Array) return { $bytes: base64(value) };
  if (value instanceof URL) return { $url: value.href };
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === "function") return toJson(toJSON.call(value));
  const fields = Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    const json = toJson(field);
    // A name that begins with the mark gets another one.
    return json === undefined ? [] : [[name.startsWith("$") ? `$${name}` : name, json] as const];
  });
  return Object.fromEntries(fields);
}

/** The value again. */
export function fromJson(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const entries: readonly (readonly [string, unknown])[] = Object.entries(json);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) {
    const [mark, text] = first;
    if (mark === "$number") return text === "-0" ? -0 : Number(text);
    if (mark === "$bigint") return BigInt(text as string);
    if (mark === "$bytes") return Uint8Array.from(atob(text as string), (char) => char.charCodeAt(0));
    if (mark === "$url") return new URL(text as string);
  }
  return Object.fromEntries(
    entries.map(([name, field]) => [name.startsWith("$$") ? name.slice(1) : name, fromJson(field)]),
  );
}
