/**
 * @module
 * Parts of a message on the wire, as ours.
 */
import type { Fields } from "../core/fields.js";
import type { FilePart, TextPart } from "../core/message.js";
import { object, oneOf, optional, text, words, wrong } from "./readers.js";

/** Content of text alone, joined: a string, or parts of type `text` (and, of the assistant, `refusal`). */
export function wordsOfContent(value: unknown, param: string): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) throw wrong(param, "a string, or an array of text parts");
  return value
    .map((item, index) => {
      const at = `${param}[${index}]`;
      const part = object(item, at);
      return oneOf(["text", "refusal"])(part.type, `${at}.type`) === "text"
        ? text(part.text, `${at}.text`)
        : text(part.refusal, `${at}.refusal`);
    })
    .join("");
}

/** What a user says or shows: a string stays one. */
export function userContent(value: unknown, param: string): string | (TextPart | FilePart)[] {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) throw wrong(param, "a string, or an array of parts");
  return value.map((item, index) => partOf(object(item, `${param}[${index}]`), `${param}[${index}]`));
}

function partOf(part: Fields, at: string): TextPart | FilePart {
  switch (oneOf(["text", "image_url", "input_audio", "file"])(part.type, `${at}.type`)) {
    case "text":
      return { type: "text", text: text(part.text, `${at}.text`) };
    case "image_url": {
      const param = `${at}.image_url.url`;
      const url = words(object(part.image_url, `${at}.image_url`).url, param);
      return fetched(url) ?? inline(url, param);
    }
    case "input_audio": {
      const { data, format } = object(part.input_audio, `${at}.input_audio`);
      const mediaType = sounds[oneOf(["wav", "mp3"])(format, `${at}.input_audio.format`)];
      return { type: "file", mediaType, data: base64(words(data, `${at}.input_audio.data`), `${at}.input_audio.data`) };
    }
    case "file":
      return document(object(part.file, `${at}.file`), `${at}.file`);
  }
}

function document(file: Fields, at: string): FilePart {
  if (file.file_id !== undefined && file.file_id !== null) {
    throw wrong(`${at}.file_id`, "left out: no files are kept here, send file_data");
  }
  const data = words(file.file_data, `${at}.file_data`);
  const filename = optional(file, "filename", text, `${at}.`);
  const named = filename !== undefined && { filename };
  if (/^data:/i.test(data)) return { ...inline(data, `${at}.file_data`), ...named };
  const mediaType = /\.pdf$/i.test(filename ?? "") ? "application/pdf" : "application/octet-stream";
  return { type: "file", mediaType, data: base64(data, `${at}.file_data`), ...named };
}

/** A picture that the provider is to fetch. */
function fetched(url: string): FilePart | undefined {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const data = new URL(url);
  const [, ending = ""] = /\.([a-z]+)$/i.exec(data.pathname) ?? [];
  return { type: "file", mediaType: pictures[ending.toLowerCase()] ?? "image/*", data };
}

/** Bytes that came along, in a data URL. */
function inline(url: string, param: string): FilePart {
  const comma = url.indexOf(",");
  // What stands before the comma is short, or no media type.
  const head = comma < 0 || comma > 200 ? "" : url.slice(0, comma);
  const [, mediaType = "", marked] = /^data:([^;]*)(?:;[^;]*)*?(;base64)?$/i.exec(head) ?? [];
  if (marked === undefined || mediaType === "")
    throw wrong(param, "a data URL in base64 with a media type, or an http or https URL");
  return { type: "file", mediaType: mediaType.toLowerCase(), data: base64(url.slice(comma + 1), param) };
}

function base64(data: string, param: string): string {
  if (!/[^A-Za-z0-9+/=]/.test(data)) return data;
  throw wrong(param, "base64");
}

const sounds = { wav: "audio/wav", mp3: "audio/mpeg" } as const;
const pictures: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
};
