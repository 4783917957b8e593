/**
 * @module
 * Comparing results, and saying where they differ.
 */

/**
 * Where two values differ first, as `votes[0].count: 3, then 2`; `undefined` where they do not. Objects are compared field by field,
 * errors by class and message, functions not at all.
 */
export function difference(a: unknown, b: unknown, at: string = ""): string | undefined {
  if (Object.is(a, b) || (typeof a === "function" && typeof b === "function")) return undefined;
  if (!isObject(a) || !isObject(b) || a.constructor !== b.constructor) {
    return `${at === "" ? "all of it" : at}: ${show(a)}, then ${show(b)}`;
  }
  if (a instanceof Error && b instanceof Error) return difference(show(a), show(b), at);
  if (a instanceof Map || a instanceof Set) return difference([...a], [...(b as typeof a)], at);
  const [x, y] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const below = Array.isArray(a) ? `${at}[${key}]` : at === "" ? key : `${at}.${key}`;
    const found = difference(x[key], y[key], below);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A copy of plain objects and arrays, all the way down, without the fields named. */
export function copyWithout(value: unknown, names: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item) => copyWithout(item, names));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const kept = Object.entries(value).filter(([name]) => !names.includes(name));
  return Object.fromEntries(kept.map(([name, item]) => [name, copyWithout(item, names)]));
}

/** A value in a few words, for messages. */
export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) {
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  }
  let text;
  try {
    text = JSON.stringify(value);
  } catch {
    text = "an object"; // it holds itself
  }
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
