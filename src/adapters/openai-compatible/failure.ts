/**
 * @module
 * What an endpoint says when it refuses, as a {@link ProviderError}: without the key, and without the prompt.
 */
import { ProviderError } from "../../core/errors.js";
import { fieldsOf, type Fields } from "../../core/fields.js";
import { complaintOf } from "../chat-completions/complaint.js";
import { failed, retryableBy, retryAfter, sayable, type Secrets } from "../wire/failure.js";
import type { Endpoint } from "./endpoint.js";

/** The error of a response that is not ok. Reads its body. */
export async function refusal({ id, url }: Endpoint, response: Response, secrets: Secrets): Promise<ProviderError> {
  const { status, headers } = response;
  const body = await response.text().catch(() => "");
  const where = status === 404 ? ` at ${url.origin}${url.pathname}` : "";
  const { message, code } = complaintOf(jsonOf(body), true) ?? {};
  return new ProviderError(sayable(`${id} answered ${status}${where}`, message, secrets), {
    status,
    retryable: retryableBy(headers, code),
    retryAfterMs: retryAfter(headers),
    requestId: headers.get("x-request-id") ?? undefined,
  });
}

/** The error of a response that is ok but holds an error, as streams do that fail on their way; `undefined` if it holds none. */
export function complaint(id: string, body: Fields, headers: Headers, secrets: Secrets): ProviderError | undefined {
  const told = complaintOf(body, false);
  return told && failed(id, told, secrets, { requestId: headers.get("x-request-id") ?? undefined });
}

function jsonOf(text: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
