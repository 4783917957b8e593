/**
 * @module
 * Asking for log-probabilities, on behalf of what reads them.
 */
import type { ModelRequest } from "./model.js";

/** The request, asking for at least so many alternatives per token; as it is for `undefined`. */
export function withLogprobs(request: ModelRequest, logprobs: number | undefined): ModelRequest {
  if (logprobs === undefined || (request.logprobs ?? -1) >= logprobs) return request;
  return { ...request, logprobs };
}
