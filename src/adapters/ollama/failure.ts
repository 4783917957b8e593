/**
 * @module
 * What went wrong at Ollama.
 */
import { MalformedResponseError, MullError, ProviderError } from "../../core/errors.js";
import { wordsOf, type Fields } from "../../core/fields.js";
import type { ModelRequest } from "../../core/model.js";
import type { SourceCall } from "../../core/source.js";
import { failureOf, retryAfter, sayable } from "../wire/failure.js";
import type { OllamaClient } from "./client.js";

/**
 * The error that leaves the adapter.
 *
 * @param begun - had an answer begun?
 * @param headers - of a refusal
 */
export function ollamaFailure(
  { id, client }: { readonly id: string; readonly client: OllamaClient },
  error: unknown,
  request: ModelRequest,
  call: SourceCall,
  begun: boolean,
  headers: Headers | undefined,
): unknown {
  if (call.scope.aborted || MullError.is(error) || !(error instanceof Error)) {
    return failureOf(id, error, request, call);
  }
  const secrets = { keys: keysOf(client), request };
  const { status_code: status } = error as unknown as Fields;
  if (typeof status === "number") {
    return new ProviderError(sayable(`${id} answered ${status}`, wordsOf(error.message), secrets), {
      status,
      retryAfterMs: headers && retryAfter(headers),
      requestId: headers?.get("x-request-id") ?? undefined,
      cause: error,
    });
  }
  if (!begun) return failureOf(id, error, request, call);
  if (error.message.startsWith("Did not receive done")) {
    return new MalformedResponseError(`${id} ended its stream before the answer was finished`);
  }
  if (error.name === "AbortError") {
    return new ProviderError(`${id} was given up: its client was told to abort all streams`, {
      retryable: false,
      cause: error,
    });
  }
  // An error of no kind is a line of the stream that says what failed; what the network does has a kind.
  if (error.name !== "Error") return failureOf(id, error, request, call);
  return new ProviderError(sayable(`${id} failed`, wordsOf(error.message), secrets), { cause: error });
}

/** What the client sends to be let in. */
function keysOf(client: OllamaClient): readonly string[] {
  const { config } = client as { config?: { readonly headers?: HeadersInit } };
  const key = new Headers(config?.headers).get("authorization")?.replace(/^\w+ +/, "");
  return key === undefined ? [] : [key];
}
