/**
 * @module
 * Where two requests differ, without saying what stands there.
 */

/** The first place in which `b` is another than `a`, as a path with the way they differ; `undefined` where they are equal. */
export function firstDifference(a: unknown, b: unknown, at: string = "request"): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (typeof a === "string" && typeof b === "string") {
    let i = 0;
    while (i < a.length && a[i] === b[i]) i++;
    return `${at} differs from character ${i} on`;
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    if (a === undefined) return `${at} is new`;
    return b === undefined ? `${at} is gone` : `${at} differs`;
  }
  if (Array.isArray(a) !== Array.isArray(b)) return `${at} differs`;
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const found = firstDifference(a[i], b[i], `${at}[${i}]`);
      if (found !== undefined) return found;
    }
    return a.length === b.length ? undefined : `${at} has ${b.length} entries instead of ${a.length}`;
  }
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = firstDifference(left[name], right[name], `${at}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
