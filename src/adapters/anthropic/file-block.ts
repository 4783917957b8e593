/**
 * @module
 * Files as blocks: pictures, PDFs and texts.
 */
import { CapabilityError } from "../../core/errors.js";
import { fieldsOf } from "../../core/fields.js";
import type { FilePart } from "../../core/message.js";
import { addressOf, fileData } from "../wire/file-data.js";
import { isPicture, isWithinReach } from "../wire/tool-files.js";
import type { Block } from "./turns.js";

/**
 * The block of a file. Of its `providerMetadata.anthropic` a document takes `title`, `context` and `citations`.
 *
 * @throws {@link CapabilityError} for a type that the API does not take, or a text that it would have to fetch
 */
export function fileBlock(part: FilePart, id: string): Block {
  const { mediaType, filename } = part;
  if (mediaType.startsWith("image/")) return { type: "image", source: sourceOf(part) };
  const { title = filename, context, citations } = fieldsOf(part.providerMetadata?.anthropic) ?? {};
  const about = {
    ...(title !== undefined && { title }),
    ...(context !== undefined && { context }),
    ...(citations !== undefined && { citations }),
  };
  if (mediaType === "application/pdf") return { type: "document", source: sourceOf(part), ...about };
  if (texts.test(mediaType)) {
    const source = { type: "text", media_type: "text/plain", data: wordsOf(part, id) };
    return { type: "document", source, ...about };
  }
  throw new CapabilityError("files", id, `${id} takes pictures, PDFs and texts, not ${mediaType}`);
}

/** Is it one that the API takes in the result of a tool? */
export function readsFile(file: FilePart): boolean {
  if (texts.test(file.mediaType)) return addressOf(file) === undefined;
  return (isPicture(file) || file.mediaType === "application/pdf") && isWithinReach(file);
}

const texts = /^text\/|^application\/(json|xml|yaml|x-yaml)\b/;

/** Where to fetch it, or its bytes. */
function sourceOf(part: FilePart): Block {
  const data = fileData(part);
  if ("url" in data) return { type: "url", url: data.url };
  return { type: "base64", media_type: part.mediaType, data: data.base64 };
}

/** The words of a text. */
function wordsOf(part: FilePart, id: string): string {
  const data = fileData(part);
  if ("url" in data) {
    throw new CapabilityError("files", id, `${id} fetches pictures and PDFs, not ${part.mediaType}; give it the bytes`);
  }
  return new TextDecoder().decode(Uint8Array.from(atob(data.base64), (char) => char.charCodeAt(0)));
}
