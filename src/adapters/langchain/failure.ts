/**
 * @module
 * What a chat model of LangChain throws, as an error of ours.
 */
import { InvalidOptionError, MalformedResponseError, MullError, ProviderError } from "../../core/errors.js";
import { fieldsOf, wordsOf } from "../../core/fields.js";
import type { ModelRequest } from "../../core/model.js";
import type { SourceCall } from "../../core/source.js";
import { failureOf, sayable } from "../wire/failure.js";

/** Reads an error. After an abort it is the reason of the abort. */
export function langChainFailure(id: string, error: unknown, request: ModelRequest, call: SourceCall): unknown {
  if (call.scope.aborted) return call.scope.reason;
  if (MullError.is(error)) return error;
  const { name, message, cause, status } = fieldsOf(error) ?? {};
  // A view of the model cannot reach what is private in the language's own sense.
  if (error instanceof TypeError && /private (member|field|method|name)|Receiver must be/.test(error.message)) {
    return new InvalidOptionError("fromLangChain", "chatModel", "a chat model without private #fields", name);
  }
  // What LangChain makes of a body without any completion.
  if (error instanceof TypeError && cause === undefined) {
    return new MalformedResponseError(`${id} sent no whole answer`, { cause: error });
  }
  // Wrappers of LangChain keep what the provider said in their cause.
  if (status === undefined && typeof fieldsOf(cause)?.status === "number") return failureOf(id, cause, request, call);
  if (status === undefined && fieldsOf(error)?.[retryable as never] === false) {
    const told = wordsOf(message)?.split("\n\nTroubleshooting")[0];
    return new ProviderError(sayable(`${id} failed`, told, { keys: [], request }), { retryable: false, cause: error });
  }
  return failureOf(id, error, request, call);
}

/** By this LangChain marks errors that no waiting helps. */
const retryable: symbol = Symbol.for("langchain.errors.retryable");
