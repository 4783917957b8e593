/**
 * @module
 * Equality of requests, for joining those that start together.
 */

/** Are two requests equal in every field? Bytes, URLs and other objects of a class are equal only if they are the same. */
export function sameRequest(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameRequest(item, b[i]));
  }
  if (Object.getPrototypeOf(a) !== Object.prototype || Object.getPrototypeOf(b) !== Object.prototype) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) => key in b && sameRequest((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}
