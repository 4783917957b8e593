/**
 * @module
 * What an endpoint says when it refuses, as a {@link ProviderError}: without the key, and without the prompt.
 */
import { ProviderError } from "../../core/errors.js";
import type { Message } from "../../core/message.js";
import type { ModelRequest } from "../../core/model.js";
import type { Endpoint } from "./endpoint.js";
import { fieldsOf, wordsOf, type Fields } from "./json.js";

/** What must not stand in a message. */
export interface Secrets {
  /** Keys and headers. */
  readonly keys: readonly string[];
  readonly request: ModelRequest;
}

/** The error of a response that is not ok. Reads its body. */
export async function refusal({ id, url }: Endpoint, response: Response, secrets: Secrets): Promise<ProviderError> {
  const { status, headers } = response;
  const body = await response.text().catch(() => "");
  const { message, code } = complaintOf(jsonOf(body), true);
  const where = status === 404 ? ` at ${url.origin}${url.pathname}` : "";
  return new ProviderError(sayable(`${id} answered ${status}${where}`, message, secrets), {
    status,
    retryable: retryable(headers, code),
    retryAfterMs: retryAfter(headers),
    requestId: headers.get("x-request-id") ?? undefined,
  });
}

/** The error of a response that is ok but holds an error, as streams do that fail on their way; `undefined` if it holds none. */
export function complaint(id: string, body: Fields, headers: Headers, secrets: Secrets): ProviderError | undefined {
  const { message, code, found } = complaintOf(body, false);
  if (!found) return undefined;
  const status = Number(code);
  const known = Number.isInteger(status) && status >= 400 && status < 600;
  return new ProviderError(sayable(`${id} failed`, message, secrets), {
    // Only what was refused as a whole is known to be free, so the code is no status here.
    retryable: known
      ? new ProviderError("", { status }).retryable
      : !/invalid|not_found|context_length|quota/.test(String(code)),
    requestId: headers.get("x-request-id") ?? undefined,
  });
}

/** The error of a request that found no end: the network failed. */
export function lost(id: string, what: string, error: unknown): ProviderError {
  const { code } = fieldsOf(fieldsOf(error)?.cause) ?? fieldsOf(error) ?? {};
  return new ProviderError(`${id} ${what}${typeof code === "string" ? ` (${code})` : ""}`, { cause: error });
}

/** Does a chunk of a stream say that something failed? */
export function complains(chunk: Fields): boolean {
  return complaintOf(chunk, false).found;
}

/** What a body complains of, in any of the forms that endpoints use. */
function complaintOf(body: Fields | undefined, refused: boolean): { message?: string; code?: unknown; found: boolean } {
  const error = body?.error ?? (body?.object === "error" || refused ? body : undefined);
  if (typeof error === "string") return { message: error, found: true };
  const fields = fieldsOf(error);
  if (fields === undefined) return { found: false };
  const message = wordsOf(fields.message) ?? wordsOf(fields.detail);
  return { ...(message !== undefined && { message }), code: fields.code ?? fields.type, found: true };
}

function jsonOf(text: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** `undefined` leaves it to the status. */
function retryable(headers: Headers, code: unknown): boolean | undefined {
  const should = headers.get("x-should-retry");
  if (should === "true" || should === "false") return should === "true";
  // A 429 that no waiting helps.
  return code === "insufficient_quota" ? false : undefined;
}

/** Milliseconds; from seconds, or from a date, which is compared with the server's own clock where it tells the time. */
function retryAfter(headers: Headers): number | undefined {
  const ms = headers.get("retry-after-ms");
  if (ms !== null && Number(ms) >= 0) return Number(ms);
  const after = headers.get("retry-after");
  if (after === null) return undefined;
  if (Number(after) >= 0) return Number(after) * 1000;
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  const wait = Date.parse(after) - now;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** A message that may be shown: without keys and prompt, on one line, 300 characters at most. */
function sayable(what: string, message: string | undefined, { keys, request }: Secrets): string {
  if (message === undefined) return what;
  let text = message.slice(0, 500);
  for (const key of keys) text = without(text, key, 6, "[key]");
  for (const words of promptOf(request)) text = without(text, words, 16, "[prompt]");
  // Endpoints print keys half hidden by stars.
  text = text.replace(/\S*\*{3,}\S*/g, "[key]").replace(/\s+/g, " ");
  const whole = `${what}: ${text}`;
  return whole.length <= 300 ? whole : `${whole.slice(0, 299)}…`;
}

/** Takes out of `text` whatever it shares with `secret`: every run of at least `size` characters, or the whole secret where that is shorter. */
function without(text: string, secret: string, size: number, mark: string): string {
  const least = Math.min(size, secret.length);
  if (least < 4) return text;
  let out = "";
  let at = 0;
  while (at < text.length) {
    let end = at + least;
    if (end > text.length || !secret.includes(text.slice(at, end))) {
      out += text.charAt(at++);
      continue;
    }
    while (end < text.length && secret.includes(text.slice(at, end + 1))) end++;
    out += mark;
    at = end;
  }
  return out;
}

function promptOf(request: ModelRequest): readonly string[] {
  return [...request.messages.flatMap(textsOf), request.prefill ?? ""];
}

function textsOf({ content }: Message): readonly string[] {
  if (typeof content === "string") return [content];
  return content.flatMap((part) => {
    if (part.type === "text" || part.type === "reasoning") return [part.text];
    if (part.type === "file") return typeof part.data === "string" ? [part.data] : [];
    const value = part.type === "tool-call" ? part.input : part.output;
    return [typeof value === "string" ? value : JSON.stringify(value ?? null)];
  });
}
