/**
 * @module
 * The chunks of a stream put together: the completion that would have come without streaming.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { countOf, fieldsOf, listOf, type Fields } from "../../core/fields.js";
import type { SourceCall } from "../../core/source.js";
import { complains } from "./complaint.js";
import { Draft } from "./draft.js";

/** The chunk after which nothing more comes. SDKs keep it to themselves. */
export const done = "[DONE]";

/**
 * Reads a stream to its end and tells every delta on the way.
 *
 * Shape: chunks as objects in, {@link done} too where it is told; the fields of a whole completion out. A chunk with `error` ends it: the
 * chunk is returned. `echo` is what each text repeats before it begins.
 *
 * @throws {@link MalformedResponseError} for a chunk that is no object, for no chunk at all, and for a stream that ends before its completions do
 */
export async function assemble(
  chunks: AsyncIterable<unknown>,
  id: string,
  call: SourceCall,
  echo?: string,
): Promise<Fields> {
  const drafts: (Draft | undefined)[] = [];
  let head: Fields | undefined;
  let last: Fields | undefined;
  let latent: Fields | undefined;
  let over = false;
  for await (const data of chunks) {
    // Who sends may not listen to the signal; leaving the loop ends the stream.
    if (call.scope.aborted) throw call.scope.reason;
    if (data === done) {
      over = true;
      break;
    }
    const chunk = fieldsOf(data);
    if (chunk === undefined) throw new MalformedResponseError(`${id} sent a chunk that is not a JSON object`);
    if (complains(chunk)) return chunk;
    head ??= chunk;
    if (fieldsOf(chunk.usage) ?? fieldsOf(fieldsOf(chunk.x_groq)?.usage)) last = chunk;
    latent = fieldsOf(chunk.latent) ?? latent;
    for (const choice of listOf(chunk.choices)) {
      const index = countOf(choice.index) ?? 0;
      if (index < call.n) (drafts[index] ??= new Draft(index, call, echo)).add(choice);
    }
  }
  if (head === undefined) throw new MalformedResponseError(`${id} sent a stream without any chunk`);
  const whole = drafts.filter((draft) => draft !== undefined);
  if (!over && (whole.length === 0 || whole.some(({ finishReason }) => finishReason === undefined))) {
    throw new MalformedResponseError(`${id} ended its stream before the completion was finished`);
  }
  return { ...head, usage: last?.usage, x_groq: last?.x_groq, latent, choices: whole.map((draft) => draft.choice()) };
}
