/**
 * @module
 * The chunks of a streamed body, as objects.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { done } from "../chat-completions/assemble.js";
import { eventStream } from "./event-stream.js";

/**
 * Reads the events of a body as JSON. Leaving the loop cancels the body.
 *
 * @throws {@link MalformedResponseError} for an event that is not JSON
 */
export async function* chunksOf(body: ReadableStream<Uint8Array>, id: string): AsyncGenerator<unknown, void> {
  for await (const data of eventStream(body)) yield data === done ? done : parse(data, id);
}

function parse(data: string, id: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    // Its own error would quote what the model wrote.
    throw new MalformedResponseError(`${id} sent a chunk that is not a JSON object`);
  }
}
