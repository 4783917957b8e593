/**
 * @module
 * The lines of a tape.
 */
import { CapabilityError, MalformedResponseError, MullError, ProviderError } from "../errors.js";
import type { Delta } from "../tape.js";
import type { Reply } from "../source.js";
import type { Spend } from "../usage.js";
import { withoutKeys } from "./secrets.js";

/** What stands at the head of a tape. */
export interface HeadLine {
  readonly type: "tape";
  readonly version: 1;
}

/** A request, once, however often it was made. */
export interface RequestLine {
  readonly type: "request";
  readonly id: number;
  readonly request: unknown;
}

/** A run began, with this call. */
export interface RunLine extends Place {
  readonly type: "run";
  /** The seed that was chosen; `null` for none. */
  readonly seed: number | null;
}

/** What came of a call. */
export type Kept =
  | { readonly reply: TapedReply; readonly deltas?: readonly Delta[] }
  | { readonly error: TapedError }
  /** Given up after so many ms, and what was told until then: it may be why. */
  | { readonly cancelledMs: number; readonly deltas?: readonly Delta[] };

/** A call. A later line about the same one holds instead of an earlier one. */
export type CallLine = Place & { readonly type: "call"; readonly model: string } & Kept;

/** Which call of which run, with which request. */
export interface Place {
  readonly run: number;
  readonly path: readonly string[];
  readonly request: number;
}

/** A reply; its usage counts the request, too. */
export type TapedReply = Omit<Reply, "usage"> & { readonly usage: Partial<Spend> };

/** An error as data. Its cause is not kept. */
export type TapedError = { readonly name: string; readonly message: string } & Partial<
  Pick<ProviderError, "status" | "retryable" | "retryAfterMs" | "requestId"> & {
    readonly code: string;
    readonly capability: string;
    readonly model: string;
  }
>;

/** Any line. */
export type Line = HeadLine | RequestLine | RunLine | CallLine;

/** An error as it is kept. */
export function tapedError(error: unknown): TapedError {
  if (!(error instanceof Error)) return { name: "Error", message: "something was thrown that is no error" };
  const base = { name: error.name, message: withoutKeys(error.message) };
  if (!MullError.is(error)) return base;
  const { code } = error;
  if (ProviderError.is(error)) {
    const { status, retryable, retryAfterMs, requestId } = error;
    return { ...base, code, retryable, ...defined({ status, retryAfterMs, requestId }) };
  }
  return CapabilityError.is(error)
    ? { ...base, code, capability: error.capability, model: error.model }
    : { ...base, code };
}

/** The error again. */
export function errorOf({ name, message, code, capability = "", model = "", ...fields }: TapedError): Error {
  if (code === "provider") return new ProviderError(message, fields);
  if (code === "malformed-response") return new MalformedResponseError(message);
  if (code === "capability") return new CapabilityError(capability, model, message);
  const error = code === undefined ? new Error(message) : new MullError(code, message);
  error.name = name;
  return error;
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
