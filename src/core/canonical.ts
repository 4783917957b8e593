/**
 * @module
 * One text for all values that are equal, for keys.
 */
import { base64 } from "./base64.js";

/**
 * The canonical text of a value: the order of keys does not matter, fields that are `undefined` are as good as absent, bytes and URLs count by value.
 * For the rest it is JSON; different values have different texts.
 *
 * @throws TypeError for what cannot be told by its value: functions, symbols, maps, objects of a class without `toJSON`
 * @throws RangeError for an object that holds itself
 */
export function canonical(value: unknown): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
    case "boolean":
      return String(value);
    case "bigint":
      return `${value}n`;
    case "object":
      return canonicalObject(value);
    default:
      throw new TypeError(`a ${typeof value} cannot be told by its value`);
  }
}

function canonicalObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonical(item ?? null)).join(",")}]`;
  // Not as JSON would write them, so that no text is taken for bytes or for a URL.
  if (ArrayBuffer.isView(value)) {
    return `bytes"${base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}"`;
  }
  if (value instanceof URL) return `url${JSON.stringify(value.href)}`;
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === "function") return canonical(toJSON.call(value));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError("an object of a class cannot be told by its value");
  }
  const fields: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const field = (value as Readonly<Record<string, unknown>>)[key];
    if (field !== undefined) fields.push(`${JSON.stringify(key)}:${canonical(field)}`);
  }
  return `{${fields.join(",")}}`;
}
