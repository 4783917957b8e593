/**
 * @module
 * What a run threw, as what its caller may hear of it.
 */
import {
  BudgetExceededError,
  CallTimeoutError,
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  NoAnswerError,
  ProviderError,
  ToolError,
} from "../core/errors.js";
import { HttpError } from "./http-error.js";

/**
 * The error that a caller gets for a failure. Messages are written here: those of the failure may quote the prompt, or name what is behind the stack.
 *
 * What the caller can mend is 400; a budget that ended 402, which clients do not try again; a time that was over 504; a provider that is busy 429,
 * with its `retry-after`; everything else at the provider 502, its 401 and 403 included, for the caller's key is not at fault; the rest 500.
 * `x-should-retry`, which OpenAI's clients obey, says `false` where trying again cannot help.
 */
export function httpErrorOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (InvalidOptionError.is(error)) {
    // Without what was given: that may be the prompt.
    const [rule = ""] = error.message.split(", got ", 1);
    return new HttpError(400, `the model cannot take this request: ${rule}`, { code: "invalid_option" });
  }
  if (CapabilityError.is(error)) return incapable(error.capability);
  if (BudgetExceededError.is(error)) {
    if (error.limit === "ms") return outOfTime("the time for this request was over before there was an answer");
    const message = `the budget of this request (${error.limit}) ended before there was an answer`;
    return new HttpError(402, message, { type: "budget_exceeded", code: "budget_exceeded" });
  }
  if (CallTimeoutError.is(error)) return outOfTime("the model took too long");
  if (ProviderError.is(error)) return ofProvider(error);
  if (MalformedResponseError.is(error)) {
    return new HttpError(502, "the model gave what is no answer", { code: "malformed_response" });
  }
  if (NoAnswerError.is(error)) return new HttpError(502, "the model found no answer", { code: "no_answer" });
  if (ToolError.is(error)) return new HttpError(500, "a tool of the model failed", { code: "tool_failed" });
  return new HttpError(500, "something went wrong on the server", { code: "internal_error" });
}

/** The parameter that asks for a capability. */
const params: Readonly<Record<string, string>> = {
  tools: "tools",
  prefill: "messages",
  schema: "response_format",
  effort: "reasoning_effort",
  files: "messages",
};

function incapable(capability: string): HttpError {
  // A budget in dollars over a model without a price is a mistake of whoever serves it.
  if (capability === "price") {
    return new HttpError(500, "the server cannot say what this model costs", { code: "internal_error" });
  }
  return new HttpError(400, `the model does not support ${capability}, which the request asks for`, {
    param: params[capability] ?? capability,
    code: "unsupported_capability",
  });
}

function outOfTime(message: string): HttpError {
  return new HttpError(504, message, { type: "timeout", code: "timeout" });
}

function ofProvider({ status, message, retryable, retryAfterMs }: ProviderError): HttpError {
  const headers = { ...waiting(retryAfterMs), ...(!retryable && { "x-should-retry": "false" }) };
  if (status === 429) {
    return new HttpError(429, "the model's provider is busy", {
      type: "rate_limit_error",
      code: "rate_limited",
      headers,
    });
  }
  if (status === 408) return new HttpError(504, "the model's provider took too long", { type: "timeout", headers });
  if (status === 400 || status === 413 || status === 422) {
    const tooLong =
      status === 413 || /context.?(length|window|size)|too (long|many tokens|large)|maximum/i.test(message);
    return tooLong
      ? new HttpError(400, "the messages are too long for the model", {
          code: "context_length_exceeded",
          param: "messages",
        })
      : new HttpError(400, "the model's provider refused the request", { code: "provider_refused" });
  }
  return new HttpError(502, "the model's provider failed", { code: "provider_failed", headers });
}

/** The headers that say how long to wait. */
function waiting(ms: number | undefined): Readonly<Record<string, string>> {
  if (ms === undefined || !(ms >= 0 && ms < Infinity)) return {};
  return { "retry-after": String(Math.ceil(ms / 1000)), "retry-after-ms": String(Math.ceil(ms)) };
}
