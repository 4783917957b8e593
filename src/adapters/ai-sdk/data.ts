/**
 * @module
 * The data of files in the AI SDK's shapes: as they are up to V3, tagged in V4.
 */
import { fieldsOf } from "../../core/fields.js";
import type { FilePart } from "../../core/message.js";
import { fileData } from "../wire/file-data.js";

/** Bytes, or an address. */
export function dataFor(part: FilePart, version: string): unknown {
  const found = fileData(part);
  if ("url" in found) return version === "v4" ? { type: "url", url: new URL(found.url) } : new URL(found.url);
  const data = part.data instanceof Uint8Array ? part.data : found.base64;
  return version === "v4" ? { type: "data", data } : data;
}

/** The data of a file that somebody made, tagged or not. */
export function dataOf(data: unknown): Uint8Array | string | URL | undefined {
  if (typeof data === "string" || data instanceof Uint8Array || data instanceof URL) return data;
  const tagged = fieldsOf(data);
  return tagged === undefined ? undefined : dataOf(tagged.data ?? tagged.url);
}
