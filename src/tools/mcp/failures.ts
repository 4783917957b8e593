/**
 * @module
 * What went wrong with a request to an MCP server: did the server say no, or is it not there?
 */
import { fieldsOf } from "../../core/fields.js";

/** Errors that v2 makes of what a server said, or does not ask it for. Its others mean that there is no connection. */
const local: readonly unknown[] = [
  "REQUEST_TIMEOUT",
  "INVALID_RESULT",
  "UNSUPPORTED_RESULT_TYPE",
  "INPUT_REQUIRED_ROUNDS_EXCEEDED",
  "METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION",
  "CAPABILITY_NOT_SUPPORTED",
];

/** The code of v1 for a connection that was closed; a server may use it for something else. */
const closed = -32_000;

/**
 * Is the server gone: its process ended, the connection closed or refused, the session unknown? Everything that is no answer of the server in its own
 * protocol means that; a JSON-RPC error is an answer.
 */
export function isGone(error: unknown): boolean {
  const { code, message } = fieldsOf(error) ?? {};
  if (typeof code === "string") return !local.includes(code);
  // The other numbers are statuses of HTTP.
  if (typeof code !== "number" || code >= 0) return true;
  return code === closed && /connection closed$/i.test(String(message));
}

/** Is it that the server knows no such method? */
export function isUnknownMethod(error: unknown): boolean {
  return fieldsOf(error)?.code === -32_601;
}

/** What an error says, with the code of the socket beneath; servers may answer with whole pages. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const { code } = fieldsOf(fieldsOf(error)?.cause) ?? {};
  const why = message.replace(/\s+/g, " ").trim().slice(0, longest);
  return typeof code === "string" && !why.includes(code) ? `${why} (${code})` : why;
}

const longest = 200;
