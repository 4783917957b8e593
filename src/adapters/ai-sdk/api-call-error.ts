/**
 * @module
 * An error of ours as the AI SDK knows them: it looks at marks, so that the class need not be its own.
 */
import { CallTimeoutError, MalformedResponseError, ProviderError, type MullError } from "../../core/errors.js";

/** Looks to the AI SDK like its `APICallError`, which it tries again where `isRetryable`. Its cause is the error of mull. */
export class ApiCallError extends Error {
  override readonly name = "AI_APICallError";
  readonly url: string;
  readonly requestBodyValues: unknown = {};
  readonly statusCode: number | undefined;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly isRetryable: boolean;

  constructor(cause: MullError, id: string) {
    super(cause.message, { cause });
    const { status, retryable, retryAfterMs, requestId } = ProviderError.is(cause) ? cause : { retryable: true };
    this.url = `mull:${id}`;
    this.statusCode = status;
    this.isRetryable = retryable;
    this.responseHeaders = {
      ...(retryAfterMs !== undefined && { "retry-after-ms": String(retryAfterMs) }),
      ...(requestId !== undefined && { "x-request-id": requestId }),
    };
    for (const mark of ["vercel.ai.error", "vercel.ai.error.AI_APICallError"]) {
      Object.defineProperty(this, Symbol.for(mark), { value: true });
    }
  }
}

/** What leaves a model for the AI SDK: failures that may pass, or that the provider refused, as {@link ApiCallError}; anything else as it is. */
export function errorFor(error: unknown, id: string): unknown {
  if (ProviderError.is(error) || MalformedResponseError.is(error) || CallTimeoutError.is(error)) {
    return new ApiCallError(error, id);
  }
  return error;
}
