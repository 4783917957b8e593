/**
 * @module
 * The chunks of a LangChain stream put together.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { TokenLogprob, Warning } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import { replyOf, toldBy, wordsIn } from "./read-message.js";

/**
 * Reads a stream to its end and tells every delta on the way. LangChain's chunks know how to be joined.
 *
 * @param saysWhy - does the model always say why it stopped?
 * @throws {@link MalformedResponseError} for a stream without any chunk, and for one that ends without saying why, where the model always does: it was cut
 */
export async function readStream(
  stream: AsyncIterable<unknown>,
  id: string,
  saysWhy: boolean,
  warnings: readonly Warning[],
  call: SourceCall,
): Promise<Reply> {
  let whole: Fields | undefined;
  let why: string | undefined;
  const logprobs: TokenLogprob[] = [];
  for await (const given of stream) {
    // Leaving the loop ends the stream.
    if (call.scope.aborted) throw call.scope.reason;
    const chunk = fieldsOf(given);
    if (chunk === undefined) continue;
    const { text, reasoning } = wordsIn(chunk);
    if (reasoning !== "") call.delta({ reasoning });
    if (text !== "") call.delta({ text });
    for (const part of listOf(chunk.tool_call_chunks)) {
      const toolInput = wordsOf(part.args);
      if (toolInput !== undefined) call.delta({ toolInput });
    }
    // Joined, the words of these fields would run together.
    const told = toldBy(chunk);
    why = told.why ?? why;
    logprobs.push(...told.logprobs);
    whole = whole === undefined ? chunk : join(whole, chunk);
  }
  if (whole === undefined) throw new MalformedResponseError(`${id} sent a stream without any message`);
  if (why === undefined && saysWhy) {
    throw new MalformedResponseError(`${id} ended its stream before the answer was finished`);
  }
  return replyOf(whole, call, warnings, { why, logprobs });
}

function join(whole: Fields, chunk: Fields): Fields {
  const { concat } = whole;
  return typeof concat === "function" ? (concat as (chunk: Fields) => Fields).call(whole, chunk) : chunk;
}
