/**
 * @module
 * Counting tokens without a tokenizer, leaning high.
 */
import type { ModelRequest } from "./model.js";
import { checkNumber } from "./options.js";
import type { SourceOptions } from "./source.js";

/** Tokens of a request, by the model's own count where it has one. */
export function tokensOf(
  request: ModelRequest,
  { id, countTokens }: Pick<SourceOptions, "countTokens"> & { readonly id: string },
): number {
  if (countTokens === undefined) return estimateTokens(request);
  return checkNumber(id, "what countTokens returns", countTokens(request), 0, Number.MAX_SAFE_INTEGER);
}

/** A picture or document whose size in tokens cannot be known. */
const fileTokens = 1500;

/** UTF-8 bytes / 3 + 4 per message, tools and schema included; a file counts 1,500, also one of a tool's result that may not be sent. */
export function estimateTokens(request: ModelRequest): number {
  let bytes = utf8Length(request.prefill ?? "") + utf8Length(request.score ?? "");
  let extra = 4;
  for (const { content } of request.messages) {
    extra += 4;
    if (typeof content === "string") {
      bytes += utf8Length(content);
      continue;
    }
    for (const part of content) {
      if (part.type === "text" || part.type === "reasoning") bytes += utf8Length(part.text);
      else if (part.type === "file") extra += fileTokens;
      else {
        bytes += utf8Length(part.name) + jsonLength(part.type === "tool-call" ? part.input : part.output);
        if (part.type === "tool-result") extra += (part.files?.length ?? 0) * fileTokens;
      }
    }
  }
  for (const { name, description, inputSchema } of request.tools ?? []) {
    bytes += utf8Length(name) + utf8Length(description) + jsonLength(inputSchema);
    extra += 8;
  }
  if (request.schema) bytes += jsonLength(request.schema.jsonSchema);
  return Math.ceil(bytes / 3) + extra;
}

/** Tokens of a text: UTF-8 bytes / 3. */
export function estimateText(text: string): number {
  return Math.ceil(utf8Length(text) / 3);
}

function jsonLength(value: unknown): number {
  if (typeof value === "string") return utf8Length(value);
  return utf8Length(JSON.stringify(value) ?? "");
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Each half of a surrogate pair counts 2, other units by their size.
    if (code > 0x7f) length += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return length;
}
