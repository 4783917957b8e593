/**
 * @module
 * The result of an MCP tool, as a model reads it, and with everything that came.
 */
import { canonical } from "../../core/canonical.js";
import { fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { FilePart } from "../../core/message.js";
import { ToolOutput } from "../../core/tool-output.js";

/**
 * Shape: what `callTool` gave in. Texts become one text, a line each; pictures, sounds and other bytes become files, with a line in the text that names
 * them; `structuredContent` is the output where it says all that the text does, and stands beside the text in `{ text, structuredContent }` where not.
 */
export function resultOf(result: object): unknown {
  const { content, structuredContent, toolResult, isError } = fieldsOf(result) ?? {};
  const files: FilePart[] = [];
  const text = listOf(content)
    .map((block) => show(block, files))
    .join("\n");
  const output = outputOf(text, structuredContent ?? toolResult);
  if (isError === true) {
    return new ToolOutput(output === "" ? "the tool failed, and did not say why" : output, { files, isError });
  }
  return files.length === 0 ? output : new ToolOutput(output, { files });
}

function outputOf(text: string, structured: unknown): unknown {
  if (structured === undefined || structured === null) return text;
  return text === "" || saysAll(structured, text) ? structured : { text, structuredContent: structured };
}

/** Does the text stand in it too: as the same JSON, or as one of its fields? */
function saysAll(structured: unknown, text: string): boolean {
  if (Object.values(fieldsOf(structured) ?? {}).includes(text)) return true;
  try {
    return canonical(JSON.parse(text)) === canonical(structured);
  } catch {
    return false;
  }
}

/** What the model reads of a block. Its bytes go to `files`. */
function show(block: Fields, files: FilePart[]): string {
  switch (block.type) {
    case "text":
      return typeof block.text === "string" ? block.text : "";
    case "image":
    case "audio":
      return attach(block.data, wordsOf(block.mimeType) ?? `${block.type}/*`, undefined, files);
    case "resource": {
      const { uri, mimeType, text, blob } = fieldsOf(block.resource) ?? {};
      const address = wordsOf(uri);
      if (typeof text === "string") return address === undefined ? text : `[${address}]\n${text}`;
      return attach(blob, wordsOf(mimeType) ?? "application/octet-stream", address, files);
    }
    case "resource_link": {
      const { uri, name, mimeType, description } = block;
      const about = [wordsOf(name), wordsOf(uri), wordsOf(mimeType)].filter((word) => word !== undefined).join(", ");
      return `[link: ${about}]${wordsOf(description) === undefined ? "" : ` ${wordsOf(description)}`}`;
    }
    default:
      return JSON.stringify(block);
  }
}

function attach(data: unknown, mediaType: string, address: string | undefined, files: FilePart[]): string {
  const name = address === undefined ? "" : `, ${address}`;
  if (typeof data !== "string") return `[${mediaType}${name}, empty]`;
  const filename = address?.split(/[/\\]/).at(-1);
  files.push({ type: "file", mediaType, data, ...(filename !== undefined && filename !== "" && { filename }) });
  return `[${mediaType}${name}, ${sizeOf(data)}]`;
}

/** The size of what base64 stands for. */
function sizeOf(base64: string): string {
  const bytes = Math.floor((base64.replace(/[=\s]+$/, "").length * 3) / 4);
  return bytes < 1_000
    ? `${bytes} bytes`
    : bytes < 1e6
      ? `${Math.round(bytes / 1e3)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;
}
