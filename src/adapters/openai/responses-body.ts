/**
 * @module
 * A request as the body of `POST /responses`.
 */
import { fieldsOf, type Fields } from "../../core/fields.js";
import type { Effort, ModelRequest } from "../../core/model.js";
import type { Body } from "../chat-completions/body.js";
import { fitEffort } from "../wire/fit-effort.js";
import { joinFields } from "../wire/join-fields.js";
import { effortWarnings, leaveOut } from "../wire/leave-out.js";
import { ownFields } from "../wire/own-fields.js";
import { responseFormat } from "../chat-completions/response-format.js";
import { unreadFiles } from "../wire/tool-files.js";
import { inputItems, readsFile } from "./input-items.js";

/** A model and what is known of it. */
export interface ResponsesSpeaker {
  readonly id: string;
  readonly model: string;
  /** Does it think? Of those that do not, thoughts may not even be asked for. */
  readonly thinks: boolean | undefined;
  readonly efforts: readonly Effort[] | undefined;
  /** Settings that the model refuses. */
  readonly lacks: readonly (keyof ModelRequest)[];
}

/**
 * Writes the body. Nothing is stored: thoughts are asked for encrypted, so that they can be sent back.
 *
 * @throws {@link InvalidOptionError} for `providerOptions` that the adapter sets itself
 * @throws {@link CapabilityError} for a file that the interface does not take
 */
export function responsesBody(asked: ModelRequest, speaker: ResponsesSpeaker, streaming: boolean): Body {
  const { id, model, efforts } = speaker;
  const own = ownFields(asked, "openai", owned);
  const { request, warnings } = leaveOut(asked, id, [...new Set([...missing, ...speaker.lacks])]);
  const { tools = [], toolChoice, schema, logprobs, temperature, topP, maxOutputTokens } = request;
  const effort = request.effort && fitEffort(request.effort, efforts);
  const thinks = speaker.thinks ?? (effort !== undefined && effort !== "none");
  const include = [
    ...(thinks ? ["reasoning.encrypted_content"] : []),
    ...(logprobs === undefined ? [] : ["message.output_text.logprobs"]),
  ];
  const said: Fields = {
    model,
    input: request.messages.flatMap((message) => inputItems(message, id)),
    store: false,
    ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...((thinks || effort !== undefined) && {
      reasoning: { ...(effort !== undefined && { effort }), ...(thinks && { summary: "auto" }) },
    }),
    ...(include.length > 0 && { include }),
    ...(logprobs !== undefined && { top_logprobs: logprobs }),
    ...(tools.length > 0 && {
      // Left out, `strict` would be true, and refuse what is no strict schema.
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: "function",
        name,
        description,
        parameters: inputSchema,
        strict: false,
      })),
      ...(toolChoice !== undefined && {
        tool_choice: typeof toolChoice === "string" ? toolChoice : { type: "function", name: toolChoice.name },
      }),
    }),
    ...(schema !== undefined && { text: { format: { type: "json_schema", ...responseFormat(schema) } } }),
    ...(streaming && { stream: true }),
  };
  return {
    body: joinFields(said, fieldsOf(own) ?? {}, shared),
    warnings: [
      ...warnings,
      ...unreadFiles(request.messages, id, readsFile),
      ...effortWarnings(id, request.effort, effort),
    ],
  };
}

/** Settings that this interface does not have; it has no seed and no `n` either, which the capabilities say. */
const missing: readonly (keyof ModelRequest)[] = ["topK", "presencePenalty", "frequencyPenalty", "stop"];

/** Fields that belong to the request and to the user alike. */
const shared = ["include", "reasoning", "text", "tools"];

const owned = ["model", "input", "stream", "max_output_tokens"];
