/**
 * @module
 * What an endpoint says when it refuses, as a {@link ProviderError}: without the key, and without the prompt.
 */
import { ProviderError } from "../../core/errors.js";
import type { Endpoint } from "./endpoint.js";
import { retryAfter, sayable, type Secrets } from "../wire/failure.js";
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";

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
