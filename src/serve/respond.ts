/**
 * @module
 * Responses that are whole: JSON, or an error.
 */
import { httpErrorOf } from "./failure.js";
import { HttpError } from "./http-error.js";
import type { ServedRequest } from "./openai-handler.js";
import type { Settings } from "./settings.js";

/** A response of JSON. */
export function json(body: object, status: number = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}

/** The response of an error. */
export function refusal(error: unknown): Response {
  const { status, headers, body } = httpErrorOf(error);
  return json(body, status, headers);
}

/** The response to a caller who is gone: nobody reads it. 499 is what servers call that in their logs. */
export function toNobody(): Response {
  return new Response(null, { status: 499 });
}

/** Tells the server's own listener what failed; what that one throws is lost. */
export function report(error: unknown, served: ServedRequest, { onError }: Settings): void {
  if (error instanceof HttpError) return;
  try {
    onError?.(error, served);
  } catch {
    // It was told.
  }
}
