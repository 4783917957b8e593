/**
 * @module
 * The body of a request, as JSON: no larger than it may be.
 */
import { follow } from "../core/signal.js";
import { HttpError } from "./http-error.js";

/**
 * Reads a body. Its size is counted while it is read, whatever its header says; one whose header says too much is not read at all.
 *
 * @throws `HttpError` 413 for more than `maxBytes`, 415 for what does not call itself JSON, 400 for what is none
 * @throws `signal.reason` when the caller leaves in between
 */
export async function readJson(request: Request, maxBytes: number, signal: AbortSignal): Promise<unknown> {
  // A page on another site may send anything but JSON without being asked for leave.
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(request.headers.get("content-type") ?? "")) {
    throw new HttpError(415, "the content type must be application/json", { code: "unsupported_media_type" });
  }
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) {
    await request.body?.cancel();
    throw tooLarge(maxBytes);
  }
  const text = await readText(request.body, maxBytes, signal);
  try {
    return JSON.parse(text);
  } catch {
    // Its own error quotes the body.
    throw noJson("JSON");
  }
}

async function readText(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string> {
  if (body === null) throw noJson("JSON, and is empty");
  if (signal.aborted) throw signal.reason;
  const reader = body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  // Cancelled, the body ends at once, even if nothing more ever comes.
  const unfollow = follow(signal, { abort: (reason) => void reader.cancel(reason).catch(() => undefined) });
  let read = 0;
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) throw signal.reason;
      if (done) break;
      read += value.byteLength;
      if (read > maxBytes) {
        await reader.cancel();
        throw tooLarge(maxBytes);
      }
      text += decode(decoder, value);
    }
    return text + decode(decoder);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof HttpError ? error : noJson("a whole one");
  } finally {
    unfollow();
  }
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    throw noJson("UTF-8");
  }
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `the body must be no larger than ${maxBytes} bytes`, { code: "body_too_large" });
}

function noJson(what: string): HttpError {
  return new HttpError(400, `the body must be ${what}`, { code: "invalid_json" });
}
