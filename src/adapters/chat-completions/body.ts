/**
 * @module
 * A request as the body of `POST /chat/completions`.
 */
import { CapabilityError } from "../../core/errors.js";
import type { Fields } from "../../core/fields.js";
import type { JsonValue } from "../../core/message.js";
import type { ModelRequest, Warning } from "../../core/model.js";
import type { Dialect, PrefillStyle } from "./dialect.js";
import { effortFields, effortOf } from "./effort.js";
import { joinFields } from "../wire/join-fields.js";
import { effortWarnings, leaveOut } from "../wire/leave-out.js";
import { wireMessages, type WireMessage } from "./messages.js";
import { ownFields } from "../wire/own-fields.js";
import { readsNone, unreadFiles } from "../wire/tool-files.js";
import { responseFormat } from "./response-format.js";

/** A model and how its server wants to be spoken to. */
export interface Speaker {
  readonly id: string;
  readonly model: string;
  readonly dialect: Dialect;
  readonly extraBody?: Readonly<Record<string, JsonValue>> | undefined;
}

/** A body, and what could not be said in it. */
export interface Body {
  readonly body: Fields;
  readonly warnings: readonly Warning[];
}

/**
 * Writes the body. What the request says wins over `extraBody`, and its own `providerOptions` over both. What is `undefined` is not sent.
 *
 * @throws {@link InvalidOptionError} for `providerOptions` that the adapter sets itself
 * @throws {@link CapabilityError} for a file in an assistant's message, and a started answer that nobody would continue
 */
export function bodyOf(
  asked: ModelRequest,
  speaker: Speaker,
  call: { readonly n: number; readonly streaming: boolean },
): Body {
  const { id, model, dialect, extraBody = {} } = speaker;
  const own = ownFields(asked, dialect.provider);
  const { request, warnings } = leaveOut(asked, id, dialect.lacks);
  const { tools = [], toolChoice, schema, logprobs, prefill } = request;
  const effort = effortOf(request, dialect);

  const messages = request.messages.flatMap((message) => wireMessages(message, id, dialect));
  const started = prefill === undefined ? undefined : start(prefill, dialect.prefill, id);

  const said: Fields = {
    model,
    messages: started === undefined ? messages : [...messages, started.message],
    ...defined({
      temperature: request.temperature,
      top_p: request.topP,
      top_k: request.topK,
      presence_penalty: request.presencePenalty,
      frequency_penalty: request.frequencyPenalty,
      stop: request.stop?.length ? request.stop : undefined,
      [dialect.maxTokensField]: request.maxOutputTokens,
      [dialect.seedField]: request.seed,
      [dialect.nField]: call.n > 1 ? call.n : undefined,
      latent: request.latent,
    }),
    ...effortFields(effort, dialect),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: "function",
        function: { name, description, parameters: inputSchema },
      })),
      ...(toolChoice !== undefined && {
        tool_choice: typeof toolChoice === "string" ? toolChoice : { type: "function", function: toolChoice },
      }),
    }),
    ...(schema !== undefined && {
      response_format: { type: "json_schema", json_schema: responseFormat(schema) },
    }),
    ...(logprobs !== undefined && { logprobs: true, ...(logprobs > 0 && { top_logprobs: logprobs }) }),
    ...started?.fields,
    ...(call.streaming && { stream: true, ...(dialect.asksForUsage && { stream_options: { include_usage: true } }) }),
  };
  return {
    body: joinFields(joinFields(extraBody, said, shared), own, shared),
    warnings: [
      ...warnings,
      ...unreadFiles(request.messages, id, readsNone),
      ...effortWarnings(id, request.effort, effort),
    ],
  };
}

/** Fields that belong to the request and to the user alike. */
const shared = ["chat_template_kwargs", "tools"];

/** The fields that have a value: one without must not hide what `extraBody` says. */
function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The started answer. Sent to a server that does not continue it, it would be a turn that is over. */
function start(
  prefill: string,
  style: PrefillStyle | undefined,
  id: string,
): { readonly message: WireMessage; readonly fields?: Fields } {
  const message = { role: "assistant", content: prefill };
  switch (style) {
    case undefined:
      throw new CapabilityError("prefill", id, `${id} is not known to continue a started answer`);
    case "continue_final_message":
      return { message, fields: { continue_final_message: true, add_generation_prompt: false } };
    case "prefix":
      return { message: { ...message, prefix: true } };
    case "last-message":
      return { message };
  }
}
