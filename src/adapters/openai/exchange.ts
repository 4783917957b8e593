/**
 * @module
 * One request through the SDK.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";
import type { ModelRequest } from "../../core/model.js";
import type { SourceCall } from "../../core/source.js";
import { failureOf } from "../wire/failure.js";
import { ownSignal } from "../wire/own-signal.js";
import type { OpenAIClient, OpenAIEndpoint } from "./client.js";

/** What is sent, and who reads a stream of answers. */
export interface Exchange {
  readonly client: OpenAIClient;
  readonly api: "chat" | "responses";
  readonly id: string;
  readonly request: ModelRequest;
  readonly body: Fields;
}

/**
 * Sends a body, and reads the answer: an object, or the stream of its pieces, which `assemble` puts together.
 *
 * @throws whatever leaves a source: what the SDK threw, as our errors, or the reason of the abort
 */
export async function exchange<T>(
  { client, api, id, request, body }: Exchange,
  call: SourceCall,
  assemble: (pieces: AsyncIterable<unknown>) => Promise<Fields>,
  read: (answer: Fields) => T,
): Promise<T> {
  try {
    return await ownSignal(call, async (signal) => {
      const answer = await endpointOf(client, api).create(body, { signal, maxRetries: 0 });
      if (isIterable(answer)) return read(await assemble(answer));
      const fields = fieldsOf(answer);
      if (fields === undefined) throw new MalformedResponseError(`${id} returned no JSON object`);
      return read(fields);
    });
  } catch (error) {
    const key = wordsOf(fieldsOf(client)?.apiKey);
    throw failureOf(id, error, request, call, key === undefined ? [] : [key]);
  }
}

/** The part of a client that is called. Checked when the model was made. */
function endpointOf(client: OpenAIClient, api: "chat" | "responses"): OpenAIEndpoint {
  const { chat, responses } = client as Readonly<Record<string, unknown>>;
  return (api === "chat" ? fieldsOf(chat)?.completions : responses) as OpenAIEndpoint;
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
