/**
 * @module
 * The events of a streamed response, told as they come; at its end, the response that would have come without streaming.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { ModelRequest } from "../../core/model.js";
import type { SourceCall } from "../../core/source.js";
import { failed } from "../wire/failure.js";
import { betweenItems } from "./reply.js";

/**
 * Reads a stream to its end and tells every delta on the way.
 *
 * Shape: events as objects in; the fields of the whole response out.
 *
 * @throws {@link ProviderError} for an event that says that something failed
 * @throws {@link MalformedResponseError} for an event that is no object, and a stream that ends before its response does
 */
export async function collect(
  events: AsyncIterable<unknown>,
  id: string,
  request: ModelRequest,
  call: SourceCall,
): Promise<Fields> {
  const items: Fields[] = [];
  const spoken = new Pieces();
  const thought = new Pieces();
  let response: Fields | undefined;
  for await (const data of events) {
    // Who sends may not listen to the signal; leaving the loop ends the stream.
    if (call.scope.aborted) throw call.scope.reason;
    const event = fieldsOf(data);
    if (event === undefined) throw new MalformedResponseError(`${id} sent an event that is not a JSON object`);
    const { output_index: item, delta } = event;
    switch (event.type) {
      case "response.output_text.delta": {
        const text = spoken.next(delta, [item]);
        if (text !== "") call.delta({ text });
        break;
      }
      case "response.reasoning_text.delta":
      case "response.reasoning_summary_text.delta": {
        const reasoning = thought.next(delta, [item, event.type, event.summary_index ?? event.content_index]);
        if (reasoning !== "") call.delta({ reasoning });
        break;
      }
      case "response.function_call_arguments.delta":
        if (wordsOf(delta) !== undefined) call.delta({ toolInput: delta as string });
        break;
      case "response.output_item.done":
        items.push(fieldsOf(event.item) ?? {});
        break;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        response = fieldsOf(event.response);
        break;
      case "error": {
        const { message, code, type } = fieldsOf(event.error) ?? { ...event, type: undefined };
        throw failed(id, { message: wordsOf(message), code: code ?? type }, { keys: [], request });
      }
    }
  }
  if (response === undefined) {
    throw new MalformedResponseError(`${id} ended its stream before the response was finished`);
  }
  // Some leave out of the end what they have told before.
  return listOf(response.output).length === 0 && items.length > 0 ? { ...response, output: items } : response;
}

/** Words that come in pieces from several places, one place after the other. */
class Pieces {
  private _place: string | undefined;

  /** The next words, parted from those of another place. */
  next(delta: unknown, place: readonly unknown[]): string {
    const words = wordsOf(delta) ?? "";
    if (words === "") return "";
    const here = place.join(".");
    const parted = this._place === undefined || this._place === here ? words : betweenItems + words;
    this._place = here;
    return parted;
  }
}
