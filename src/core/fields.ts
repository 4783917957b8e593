/**
 * @module
 * Reading JSON that another program wrote: what it should be, or `undefined`.
 */

/** A JSON object whose fields nobody has looked at. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value, where it is an object and no array. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Its objects, where it is an array; else none. */
export function listOf(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) return [];
  return value.map(fieldsOf).filter((item) => item !== undefined);
}

/** The value, where it is text that is not empty. */
export function wordsOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The value, where it is a whole number of at least 0. */
export function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** The arguments of a tool as a model wrote them: parsed from JSON, or the text itself where it is none. Nothing is an empty object. */
export function inputOf(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
