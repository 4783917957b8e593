/**
 * @module
 * What went wrong at a provider, as our errors: without keys, and without the prompt.
 */
import { MalformedResponseError, MullError, ProviderError } from "../../core/errors.js";
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";
import type { Message } from "../../core/message.js";
import type { ModelRequest } from "../../core/model.js";
import type { SourceCall } from "../../core/source.js";

/** What must not stand in a message. */
export interface Secrets {
  /** Keys and headers. */
  readonly keys: readonly string[];
  readonly request: ModelRequest;
}

/**
 * What an SDK threw, as what leaves a source: the reason of the abort where there was one, an error of mull as it is, unreadable JSON as
 * {@link MalformedResponseError}, and anything else as {@link ProviderError}. Reads the fields that SDKs use for the status
 * (`status`, `statusCode`, `status_code`), the headers (`headers`, `responseHeaders`) and the id of the request (`requestID`, `request_id`).
 */
export function failureOf(
  id: string,
  error: unknown,
  request: ModelRequest,
  call: SourceCall,
  keys: readonly string[] = [],
): unknown {
  if (call.scope.aborted) return call.scope.reason;
  if (MullError.is(error)) return error;
  const fields = error instanceof Error ? (error as unknown as Fields) : (fieldsOf(error) ?? {});
  // Its own words would quote what the model wrote.
  if (error instanceof SyntaxError) return new MalformedResponseError(`${id} sent what is not JSON`);
  const status = [fields.status, fields.statusCode, fields.status_code].find(isStatus);
  const headers = headersOf(fields.headers ?? fields.responseHeaders);
  const told = fieldsOf(fields.error);
  const secrets = { keys, request };
  const requestId =
    wordsOf(fields.requestID) ??
    wordsOf(fields.request_id) ??
    headers.get("x-request-id") ??
    headers.get("request-id") ??
    undefined;
  if (status === undefined) {
    // Told in the middle of a stream, where there is no status any more.
    if (told !== undefined) {
      const { message, code, type } = fieldsOf(told.error) ?? told;
      return failed(id, { message: wordsOf(message), code: code ?? type }, secrets, { requestId, cause: error });
    }
    return lost(id, "could not be reached, or lost the connection before its answer was whole", error);
  }
  const message = wordsOf(told?.message) ?? wordsOf(fieldsOf(told?.error)?.message) ?? wordsOf(fields.message);
  return new ProviderError(sayable(`${id} answered ${status}`, message, secrets), {
    status,
    // `isRetryable` is what the AI SDK thinks of it.
    retryable: retryableBy(headers, told?.code ?? fields.code) ?? flag(fields.isRetryable),
    retryAfterMs: retryAfter(headers),
    requestId,
    cause: error,
  });
}

/** May a refused request be tried again? `undefined` leaves it to the status. */
export function retryableBy(headers: Headers, code: unknown): boolean | undefined {
  const should = headers.get("x-should-retry");
  if (should === "true" || should === "false") return should === "true";
  // A 429 that no waiting helps.
  return code === "insufficient_quota" ? false : undefined;
}

/**
 * The error of a provider that had begun to answer, and then said that it failed. Only what was refused as a whole is known to be free, so a
 * code that looks like a status is none.
 */
export function failed(
  id: string,
  { message, code }: { readonly message?: string | undefined; readonly code?: unknown },
  secrets: Secrets,
  options: { readonly requestId?: string | undefined; readonly cause?: unknown } = {},
): ProviderError {
  const status = Number(code);
  return new ProviderError(sayable(`${id} failed`, message, secrets), {
    retryable: isStatus(status) ? new ProviderError("", { status }).retryable : !hopeless.test(String(code)),
    ...options,
  });
}

/** Codes of failures that the same request would meet again. */
const hopeless =
  /invalid|not_found|context_length|quota|policy|mismatch|unsupported|image|permission|authentication|billing|too_large/;

function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function isStatus(value: unknown): value is number {
  return typeof value === "number" && value >= 400 && value < 600;
}

function headersOf(value: unknown): Headers {
  if (value instanceof Headers) return value;
  const entries = Object.entries(fieldsOf(value) ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return new Headers(entries);
}

/** The error of a request that found no end: the network failed. */
export function lost(id: string, what: string, error: unknown): ProviderError {
  const { code } = fieldsOf(fieldsOf(error)?.cause) ?? fieldsOf(error) ?? {};
  return new ProviderError(`${id} ${what}${typeof code === "string" ? ` (${code})` : ""}`, { cause: error });
}

/** Milliseconds; from seconds, or from a date, which is compared with the server's own clock where it tells the time. */
export function retryAfter(headers: Headers): number | undefined {
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
export function sayable(what: string, message: string | undefined, { keys, request }: Secrets): string {
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
