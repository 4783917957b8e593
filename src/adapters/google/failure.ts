/**
 * @module
 * What went wrong at Google. Its SDK throws the body of the answer as text, and no headers: what is to be known stands in the body.
 */
import { MalformedResponseError, ProviderError } from "../../core/errors.js";
import { fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { ModelRequest } from "../../core/model.js";
import type { SourceCall } from "../../core/source.js";
import { failureOf, sayable } from "../wire/failure.js";

/**
 * The error that leaves the adapter.
 *
 * @param begun - had an answer begun? Then a status in it is not that of the request
 */
export function googleFailure(
  id: string,
  error: unknown,
  request: ModelRequest,
  call: SourceCall,
  begun: boolean,
): unknown {
  const message = error instanceof Error ? error.message : "";
  const { status } = error instanceof Error ? (error as unknown as Fields) : {};
  if (call.scope.aborted) return call.scope.reason;
  if (unfinished.test(message)) {
    return new MalformedResponseError(`${id} ended its stream before the answer was finished`);
  }
  if (typeof status !== "number") return failureOf(id, error, request, call);
  const { said, retryAfterMs, requestId } = toldBy(message);
  return new ProviderError(sayable(begun ? `${id} failed` : `${id} answered ${status}`, said, { keys: [], request }), {
    ...(!begun && { status }),
    retryable: new ProviderError("", { status }).retryable,
    retryAfterMs,
    requestId,
    cause: error,
  });
}

/** What the SDK says of a stream that it cannot read to its end. The last of these would quote what the model wrote. */
const unfinished = /^(Incomplete JSON segment|Response body is empty|exception parsing stream chunk)/;

interface Told {
  readonly said?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
}

/** Reads the body of a refusal: a `google.rpc.Status`, or a list with one. */
function toldBy(message: string): Told {
  const body = jsonOf(message.slice(Math.max(0, message.search(/[{[]/))));
  const status = fieldsOf(body?.error);
  if (status === undefined) return {};
  const detail = (type: string): Fields =>
    listOf(status.details).find((one) => wordsOf(one["@type"])?.endsWith(`google.rpc.${type}`)) ?? {};
  return {
    // A key that was suspended is named in full.
    said: wordsOf(status.message)?.replace(/\b(AIza|AQ\.|ya29\.)[\w-]{8,}/g, "[key]"),
    retryAfterMs: millisecondsOf(detail("RetryInfo").retryDelay),
    requestId: wordsOf(detail("RequestInfo").requestId),
  };
}

/** A duration as JSON has it: `"7s"`, `"0.5s"`. */
function millisecondsOf(duration: unknown): number | undefined {
  const [, seconds] = /^(\d+(?:\.\d+)?)s$/.exec(wordsOf(duration) ?? "") ?? [];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}

function jsonOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return fieldsOf(Array.isArray(value) ? value[0] : value);
  } catch {
    return undefined;
  }
}
