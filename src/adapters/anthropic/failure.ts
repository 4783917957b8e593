/**
 * @module
 * What an SDK throws, as our errors.
 */
import { ProviderError } from "../../core/errors.js";
import type { ModelRequest } from "../../core/model.js";
import type { SourceCall } from "../../core/source.js";
import { failureOf } from "../wire/failure.js";

/** The error that leaves the adapter. A client without a key says so only when it is asked, and asking again does not help. */
export function anthropicFailure(id: string, error: unknown, request: ModelRequest, call: SourceCall): unknown {
  const failure = failureOf(id, error, request, call);
  const keyless = error instanceof Error && /could not resolve authentication/i.test(error.message);
  if (!keyless || !ProviderError.is(failure) || failure.status !== undefined) return failure;
  return new ProviderError(`${id} was not asked: its client has no key`, { retryable: false, cause: error });
}
