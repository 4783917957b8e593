/**
 * @module
 * What a model gets to read of a tool's result.
 */

/**
 * The result as it is, or the beginning of its text where that is longer than `most` characters, with a line that says how much is missing.
 *
 * @throws TypeError for what JSON cannot hold
 */
export function limited(output: unknown, most: number): unknown {
  if (output === undefined || output === null) return null;
  if (most === Infinity || typeof output === "number" || typeof output === "boolean") return output;
  if (typeof output === "string") return output.length <= most ? output : cut(output, most);
  const text = JSON.stringify(output) as string | undefined;
  if (text === undefined) throw new TypeError(`a ${typeof output} is nothing that a model can read`);
  return text.length <= most ? output : cut(text, most);
}

/** A result as text. */
export function shown(output: unknown): string {
  return typeof output === "string" ? output : (JSON.stringify(output) ?? "null");
}

function cut(text: string, most: number): string {
  // Both halves of a surrogate pair, or none.
  const code = text.charCodeAt(most - 1);
  const end = code >= 0xd800 && code < 0xdc00 ? most - 1 : most;
  return `${text.slice(0, end)}\n[cut: ${grouped(end)} of ${grouped(text.length)} characters]`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
