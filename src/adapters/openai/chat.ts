/**
 * @module
 * A request through Chat Completions.
 */
import { wordsOf } from "../../core/fields.js";
import type { ModelRequest } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import { assemble } from "../chat-completions/assemble.js";
import { bodyOf, type Speaker } from "../chat-completions/body.js";
import { complaintOf } from "../chat-completions/complaint.js";
import { repliesOf } from "../chat-completions/completion.js";
import { plainDialect, type Dialect } from "../chat-completions/dialect.js";
import type { OpenAIModel } from "../chat-completions/openai-models.js";
import { failed } from "../wire/failure.js";
import type { OpenAIClient } from "./client.js";
import { exchange } from "./exchange.js";

/** How OpenAI wants to be spoken to about a model. */
export function chatDialect({ efforts, lacks }: OpenAIModel): Dialect {
  return {
    ...plainDialect,
    provider: "openai",
    maxTokensField: "max_completion_tokens",
    prefill: undefined,
    efforts,
    lacks: ["topK", ...lacks],
  };
}

/** One request, and its replies. */
export async function askChat(
  client: OpenAIClient,
  speaker: Speaker,
  request: ModelRequest,
  call: SourceCall,
): Promise<readonly Reply[]> {
  const { id, dialect } = speaker;
  const { body, warnings } = bodyOf(request, speaker, call);
  return exchange(
    { client, api: "chat", id, request, body },
    call,
    (chunks) => assemble(chunks, id, call),
    (completion) => {
      const complaint = complaintOf(completion, false);
      if (complaint !== undefined) {
        throw failed(id, complaint, { keys: [], request }, { requestId: wordsOf(completion._request_id) });
      }
      return repliesOf(completion, { id, dialect, request, warnings }, call);
    },
  );
}
