/**
 * @module
 * What a tool gave back, in the shapes of the AI SDK.
 */
import { fieldsOf, listOf, wordsOf } from "../../core/fields.js";
import type { JsonValue, ToolResultPart } from "../../core/message.js";

/** A result as an output: text as it is, anything else as JSON. */
export function toolOutput({ output, isError = false }: Pick<ToolResultPart, "output" | "isError">): object {
  if (typeof output === "string") return { type: isError ? "error-text" : "text", value: output };
  return { type: isError ? "error-json" : "json", value: (output ?? null) as JsonValue };
}

/** An output as a result. */
export interface ReadOutput {
  readonly output: unknown;
  readonly isError?: boolean;
  /** Were there files in it? Only their type is told. */
  readonly lossy?: boolean;
}

/** Reads an output. A call that the user did not allow is an error; of several parts the text is joined. */
export function toolResultOf(given: unknown): ReadOutput {
  const output = fieldsOf(given);
  switch (output?.type) {
    case "text":
    case "json":
      return { output: output.value };
    case "error-text":
    case "error-json":
      return { output: output.value, isError: true };
    case "execution-denied":
      return { output: wordsOf(output.reason) ?? "The user did not allow this call.", isError: true };
    case "content": {
      const parts = listOf(output.value);
      const lossy = parts.some(({ type }) => type !== "text");
      const words = parts.map((part) =>
        typeof part.text === "string" ? part.text : `[${wordsOf(part.mediaType) ?? wordsOf(part.type) ?? "file"}]`,
      );
      return { output: words.join("\n"), ...(lossy && { lossy }) };
    }
    default:
      return { output: given };
  }
}
