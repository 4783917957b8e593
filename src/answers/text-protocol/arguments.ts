/**
 * @module
 * The arguments of an action, as models write them: an object, or only the one value that the tool takes.
 */
import { fieldsOf } from "../../core/fields.js";
import type { JsonSchema } from "../../core/message.js";

/**
 * Reads arguments: JSON, between fences or not, with words behind it or not. What is no JSON is its text, so that whoever runs the tool can say
 * so. Nothing is an empty object. A value that is no object becomes the only argument of a tool that takes, or needs, just one.
 *
 * @param cut - the text ended too soon: what is no object is not put in place of an argument
 */
export function readArguments(words: string, schema: JsonSchema | undefined, cut: boolean = false): unknown {
  const whole = words.trim();
  if (whole === "") return {};
  const text = withoutFence(whole);
  const [value] = readJson(whole) ?? readJson(text) ?? readJson(objectAt(text, 0)?.json) ?? [text];
  const broken = cut || (value === text && text.startsWith("{"));
  const name = soleField(schema);
  if (name === undefined || broken || fieldsOf(value) !== undefined) return value;
  return { [name]: fitting(value, text, fieldsOf(schema?.properties)?.[name]) };
}

/** Writes arguments so that {@link readArguments} reads the same. */
export function writeArguments(input: unknown): string {
  const plain = typeof input === "string" && !input.includes("\n") && readArguments(input, undefined) === input;
  return plain ? input : (JSON.stringify(input) ?? "{}");
}

/** The JSON object that begins at `start`, and where it ends. Line ends within its strings, which JSON forbids, are mended. */
export function objectAt(text: string, start: number): { readonly end: number; readonly json: string } | undefined {
  if (text[start] !== "{") return undefined;
  let json = "";
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    if (quoted && char === "\\") {
      json += char + text.charAt(++i);
      continue;
    }
    json += quoted ? (escapes[char] ?? char) : char;
    if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return { end: i + 1, json };
  }
  return undefined;
}

const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function readJson(text: string | undefined): [value: unknown] | undefined {
  if (text === undefined) return undefined;
  try {
    return [JSON.parse(text)];
  } catch {
    return undefined;
  }
}

/** What stands between fences or ticks; the end of a block whose beginning was taken away is taken away, too. */
function withoutFence(text: string): string {
  const [, block, tick] = /^```\w*\s*\n?([\s\S]*?)(?:\n?```[\s\S]*)?$|^`([^`\n]+)`$/.exec(text) ?? [];
  return (block ?? tick ?? text.replace(/\n```\s*$/, "")).trim();
}

/** The only argument, or the only one that must be there. */
function soleField(schema: JsonSchema | undefined): string | undefined {
  const names = Object.keys(fieldsOf(schema?.properties) ?? {});
  const required = Array.isArray(schema?.required) ? (schema.required as readonly unknown[]) : [];
  const sole = names.length === 1 ? names : names.filter((name) => required.includes(name));
  return sole.length === 1 ? sole[0] : undefined;
}

/** The value, or its text where the argument is to be one. */
function fitting(value: unknown, text: string, schema: unknown): unknown {
  if (typeof value === "string") return value;
  const type = fieldsOf(schema)?.type;
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  const own = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  return types.includes("string") && !types.includes(own) ? text : value;
}
