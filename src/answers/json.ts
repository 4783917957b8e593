/**
 * @module
 * JSON of a schema as the answer.
 */
import { InvalidOptionError } from "../core/errors.js";
import { jsonSchemaOf, type StandardResult, type StandardSchema } from "../core/standard-schema.js";
import type { Answer } from "./answer.js";

/**
 * JSON that a schema accepts: of zod (from 4.2 on), arktype, valibot (by `toStandardJsonSchema`), or any other Standard Schema that can
 * become JSON Schema.
 *
 * Reads the whole text, or the last block between fences, or the last object or list in the prose: the last of them that is JSON and that
 * the schema accepts. Gives what the schema makes of it, defaults filled in. Broken JSON is not mended. Models that can decode by a
 * schema find it in `schema`, all others in the instruction.
 *
 * Key: the JSON with the names of its objects sorted; the order of lists counts.
 *
 * @param schema - validates synchronously
 * @throws {@link InvalidOptionError} for what is no Standard Schema, cannot become JSON Schema, or validates asynchronously; `parse`
 *   throws it where that shows only on a value
 * @example
 * const verdict = json(z.object({ pass: z.boolean(), reason: z.string() })); // import * as z from "zod"
 * const judge = stack(model, chainOfThought({ answer: verdict }));
 */
export function json<A>(schema: StandardSchema<unknown, A>): Answer<A> {
  const jsonSchema = jsonSchemaOf("json", "schema", schema, "output");

  const validate = (value: unknown): StandardResult<A> => {
    const result = schema["~standard"].validate(value);
    if (!("then" in result)) return result;
    result.then(undefined, () => undefined); // what it would have said is of no interest
    throw new InvalidOptionError("json", "schema", "a schema that validates synchronously", schema);
  };
  const read = (value: unknown): StandardResult<A> => {
    try {
      const result = validate(value);
      if (result.issues === undefined) keyOf(result.value); // what has no key is no answer
      return result;
    } catch (error) {
      if (InvalidOptionError.is(error)) throw error;
      return { issues: [] };
    }
  };

  try {
    validate(undefined);
  } catch (error) {
    if (InvalidOptionError.is(error)) throw error;
  }
  return {
    instruction: `End with the answer in a block fenced as \`\`\`json, as JSON of this JSON Schema: ${JSON.stringify(jsonSchema)}`,
    schema: { jsonSchema },
    parse(text) {
      for (const value of jsonIn(text)) {
        const result = read(value);
        if (result.issues === undefined) return result.value;
      }
      return undefined;
    },
    key: keyOf,
  };
}

/**
 * The JSON in a text, the likeliest first: the whole text, the last block between fences, then what stands in the prose, the last first.
 * Whoever asks for the next has refused the one before; what is part of that is not looked at, for it was not meant.
 */
export function* jsonIn(text: string): Generator<unknown, void> {
  const refused: Candidate[] = [];
  for (const { start, end } of candidates(text)) {
    if (refused.some((whole) => start >= whole.start && end <= whole.end)) continue;
    let value: unknown;
    try {
      value = JSON.parse(text.slice(start, end));
    } catch {
      continue;
    }
    yield value;
    refused.push({ start, end });
  }
}

/** Text that may be JSON. */
interface Candidate {
  readonly start: number;
  readonly end: number;
}

/** A text in which so many are no JSON is not searched further. */
const most = 32;

/** The whole text, the last block between fences, and all that stands between braces or brackets, the last and outermost first. */
function* candidates(text: string): Generator<Candidate, void> {
  yield { start: 0, end: text.length };
  const fence = "```";
  const end = text.lastIndexOf(fence);
  const before = end > 0 ? text.lastIndexOf(fence, end - 1) : -1;
  const line = text.indexOf("\n", before);
  if (before >= 0 && line > 0 && line < end) yield { start: line, end };
  yield* bracketed(text).slice(-most).reverse();
}

/** All parts of a text from a bracket to the one that closes it, in the order of their ends. One pass, whatever the text. */
function bracketed(text: string): Candidate[] {
  const found: Candidate[] = [];
  const open: number[] = [];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === "\\") i++;
      else if (char === '"' || char === "\n") quoted = false; // no text of JSON goes over the end of a line
    } else if (char === "{" || char === "[") open.push(i);
    else if (open.length === 0) continue;
    else if (char === '"') quoted = true;
    else if (char === "}" || char === "]") {
      const opener = char === "}" ? "{" : "[";
      let start = open.pop();
      while (start !== undefined && text[start] !== opener) start = open.pop();
      if (start !== undefined) found.push({ start, end: i + 1 });
    }
  }
  return found;
}

function keyOf(value: unknown): string {
  return value === undefined ? "undefined" : JSON.stringify(sorted(value));
}

/** A copy with the names sorted: a replacer would do the same, and take twice the time. */
function sorted(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === "function") return sorted(toJSON.call(value));
  // A name like any other.
  const copy: Record<string, unknown> = { ["__proto__"]: undefined };
  for (const name of Object.keys(value).sort()) copy[name] = sorted((value as Readonly<Record<string, unknown>>)[name]);
  return copy;
}
