/**
 * @module
 * What a file part holds: bytes, or an address.
 */
import { base64 } from "../../core/base64.js";
import type { FilePart } from "../../core/message.js";

const scheme = /^[a-z][a-z+.-]*:/i;

/** The bytes as base64 text, or where to fetch them. */
export type FileData = { readonly base64: string } | { readonly url: string };

/** Where to fetch it; `undefined` where the bytes are there. */
export function addressOf({ data }: Pick<FilePart, "data">): string | undefined {
  if (data instanceof Uint8Array) return undefined;
  const text = data instanceof URL ? data.href : data;
  return scheme.test(text) && !/^data:/i.test(text) ? text : undefined;
}

/** Reads the data of a part. Data URLs are bytes; text that begins with another scheme, such as `https:` or `gs:`, is an address. */
export function fileData({ data }: Pick<FilePart, "data">): FileData {
  if (data instanceof Uint8Array) return { base64: base64(data) };
  const text = data instanceof URL ? data.href : data;
  const [, head, body] = /^data:([^,]*),(.*)$/is.exec(text) ?? [];
  if (head === undefined || body === undefined) return scheme.test(text) ? { url: text } : { base64: text };
  if (/;base64$/i.test(head)) return { base64: body };
  return { base64: base64(new TextEncoder().encode(decodeURIComponent(body))) };
}
