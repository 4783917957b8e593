/**
 * @module
 * A request through Responses.
 */
import type { ModelRequest } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import type { OpenAIClient } from "./client.js";
import { exchange } from "./exchange.js";
import { replyOf } from "./reply.js";
import { collect } from "./response-stream.js";
import { responsesBody, type ResponsesSpeaker } from "./responses-body.js";

/** One request, and its reply. */
export async function askResponses(
  client: OpenAIClient,
  speaker: ResponsesSpeaker,
  request: ModelRequest,
  call: SourceCall,
): Promise<Reply> {
  const { id } = speaker;
  const { body, warnings } = responsesBody(request, speaker, call.streaming);
  return exchange(
    { client, api: "responses", id, request, body },
    call,
    (events) => collect(events, id, request, call),
    (response) => replyOf(response, { id, request, warnings }, call),
  );
}
