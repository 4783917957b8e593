/**
 * @module
 * What a provider of the AI SDK throws, or tells in its stream, as an error of ours.
 */
import { CapabilityError, MalformedResponseError, MullError, ProviderError } from "../../core/errors.js";
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";
import type { ModelRequest } from "../../core/model.js";
import type { SourceCall } from "../../core/source.js";
import { failed, failureOf, lost, sayable } from "../wire/failure.js";
import { StreamFailure } from "./read-stream.js";

/** Reads an error. After an abort it is the reason of the abort. */
export function aiSdkFailure(id: string, thrown: unknown, request: ModelRequest, call: SourceCall): unknown {
  if (call.scope.aborted) return call.scope.reason;
  const told = thrown instanceof StreamFailure;
  const error = told ? thrown.error : thrown;
  if (MullError.is(error)) return error;
  const fields = error instanceof Error ? (error as unknown as Fields) : (fieldsOf(error) ?? {});
  const name = wordsOf(fields.name) ?? "";
  const { statusCode, cause } = fields;
  // Their own words would quote what the model wrote.
  if (unreadable.test(name)) return new MalformedResponseError(`${id} sent what cannot be read`);
  if (name === "AI_UnsupportedFunctionalityError") {
    const feature = wordsOf(fields.functionality) ?? "something that the request asks for";
    return new CapabilityError(feature, id, `${id} does not support ${feature}`);
  }
  if (typeof statusCode === "number" && statusCode < 400) {
    return unreadable.test(wordsOf(fieldsOf(cause)?.name) ?? "")
      ? new MalformedResponseError(`${id} sent what cannot be read`)
      : lost(id, "lost the connection before its answer was whole", cause ?? error);
  }
  if (told && !(error instanceof Error)) return failed(id, complaint(error), { keys: [], request }, { cause: error });
  // Nothing on the way can mend a missing key or a wrong setting.
  if (name.startsWith("AI_") && name !== "AI_APICallError") {
    const what = sayable(`${id} failed`, wordsOf(fields.message), { keys: [], request });
    return new ProviderError(what, { retryable: false, cause: error });
  }
  return failureOf(id, error, request, call);
}

const unreadable = /^AI_(JSONParse|TypeValidation|InvalidResponseData|NoContentGenerated|EmptyResponseBody)Error$/;

/** What a stream tells instead of an error: what the provider sent, in one of the forms that providers use. */
function complaint(error: unknown): { readonly message?: string | undefined; readonly code?: unknown } {
  if (typeof error === "string") return { message: error };
  const fields = fieldsOf(error);
  const inner = fieldsOf(fields?.error) ?? fields;
  return { message: wordsOf(inner?.message), code: inner?.code ?? inner?.type };
}
