/**
 * @module
 * What a tool gave back, in the shapes of the AI SDK.
 */
import { fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { FilePart, JsonValue, PartMetadata, ToolResultPart } from "../../core/message.js";
import { fileData } from "../wire/file-data.js";
import { filesWith, type Reads } from "../wire/tool-files.js";
import { resultText } from "../wire/tool-text.js";
import { dataFor, dataOf } from "./data.js";
import { unmasked } from "./mask.js";

/**
 * A result as an output: text as it is, anything else as JSON. With files it is a list, which has no mark for a tool that failed, so that the words
 * say it.
 *
 * @param reads - which files go with it
 */
export function toolOutput(result: ToolResultPart, version: string, reads: Reads): object {
  const files = filesWith(result, reads);
  if (files.length > 0) {
    const text = resultText(result);
    const words = text === "" ? [] : [{ type: "text", text }];
    return { type: "content", value: [...words, ...files.map((file) => outputPart(file, version))] };
  }
  const { output, isError = false } = result;
  if (typeof output === "string") return { type: isError ? "error-text" : "text", value: output };
  return { type: isError ? "error-json" : "json", value: (output ?? null) as JsonValue };
}

/** A file as a part of an output: each version calls it by another name. V2 knows bytes alone. */
function outputPart(file: FilePart, version: string): object {
  const { mediaType, filename } = file;
  const { metadata } = unmasked(file.providerMetadata);
  const about = { ...(filename !== undefined && { filename }), ...(metadata && { providerOptions: metadata }) };
  if (version === "v4") return { type: "file", mediaType, data: dataFor(file, version), ...about };
  const data = fileData(file);
  if (version === "v2") return { type: "media", mediaType, ...("base64" in data && { data: data.base64 }) };
  const kind = mediaType.startsWith("image/") ? "image" : "file";
  if ("url" in data) return { type: `${kind}-url`, mediaType, url: data.url, ...about };
  return { type: `${kind}-data`, mediaType, data: data.base64, ...about };
}

/** An output as a result. */
export interface ReadOutput {
  readonly output: unknown;
  readonly isError?: boolean;
  /** In `output` their types stand in their places. */
  readonly files?: readonly FilePart[];
  /** Was there something in it that cannot be told? */
  readonly lossy?: boolean;
}

/** Reads an output, of any version. A call that the user did not allow is an error; of several parts the text is joined. */
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
      const files = parts.map(fileIn).filter((file) => file !== undefined);
      const lossy = parts.some((part) => part.type !== "text" && fileIn(part) === undefined);
      const words = parts.map((part) => {
        if (part.type === "text") return wordsOf(part.text) ?? "";
        return `[${fileIn(part)?.mediaType ?? wordsOf(part.mediaType) ?? wordsOf(part.type) ?? "file"}]`;
      });
      return { output: words.join("\n"), ...(files.length > 0 && { files }), ...(lossy && { lossy }) };
    }
    default:
      return { output: given };
  }
}

/** The file in a part; `undefined` where its bytes lie at the provider, or it is none. */
function fileIn(part: Fields): FilePart | undefined {
  const url = wordsOf(part.url);
  const data = dataOf(part.data) ?? (url !== undefined && URL.canParse(url) ? new URL(url) : undefined);
  if (data === undefined) return undefined;
  const unknown = part.type === "image-url" ? "image/*" : "application/octet-stream";
  const filename = wordsOf(part.filename);
  const options = fieldsOf(part.providerOptions) as PartMetadata | undefined;
  return {
    type: "file",
    mediaType: wordsOf(part.mediaType) ?? unknown,
    data,
    ...(filename !== undefined && { filename }),
    ...(options && { providerMetadata: options }),
  };
}
