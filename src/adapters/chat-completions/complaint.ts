/**
 * @module
 * A body or a chunk that says that something failed.
 */
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";

/** What it says, in any of the forms that endpoints use. */
export interface Complaint {
  readonly message?: string;
  readonly code?: unknown;
}

/** What a body complains of; `undefined` if it does not. Of a body that came with a refusal (`refused`) all is complaint. */
export function complaintOf(body: Fields | undefined, refused: boolean): Complaint | undefined {
  const error = body?.error ?? (body?.object === "error" || refused ? body : undefined);
  if (typeof error === "string") return { message: error };
  const fields = fieldsOf(error);
  if (fields === undefined) return undefined;
  const message = wordsOf(fields.message) ?? wordsOf(fields.detail);
  return { ...(message !== undefined && { message }), code: fields.code ?? fields.type };
}

/** Does a chunk of a stream say that something failed? */
export function complains(chunk: Fields): boolean {
  return complaintOf(chunk, false) !== undefined;
}
