/**
 * @module
 * Files as addresses.
 */
import { base64 } from "../../core/base64.js";
import type { FilePart } from "../../core/message.js";

/** Where the bytes are to be fetched, or the bytes themselves as a data URL. */
export function fileUrl({ data, mediaType }: FilePart): string {
  if (data instanceof URL) return data.href;
  if (typeof data !== "string") return `data:${mediaType};base64,${base64(data)}`;
  return /^(data|https?):/i.test(data) ? data : `data:${mediaType};base64,${data}`;
}
