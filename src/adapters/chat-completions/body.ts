/**
 * @module
 * A request as the body of `POST /chat/completions`.
 */
import type { JsonValue } from "../../core/message.js";
import type { ModelRequest } from "../../core/model.js";
import { checkFields, type Endpoint } from "../openai-compatible/endpoint.js";
import { wireMessages } from "./messages.js";

/**
 * Writes the body. What the request says wins over `extraBody`, and its own `providerOptions` over both. What is `undefined` is not sent.
 *
 * @throws {@link InvalidOptionError} for `providerOptions` that the adapter sets itself
 * @throws {@link CapabilityError} for a file in an assistant's message
 */
export function bodyOf(
  request: ModelRequest,
  endpoint: Endpoint,
  call: { readonly n: number; readonly streaming: boolean },
): string {
  const { tools = [], toolChoice, schema, logprobs, prefill } = request;
  const own = request.providerOptions?.openaiCompatible ?? {};
  checkFields('providerOptions["openaiCompatible"]', own);

  const messages = request.messages.flatMap((message) => wireMessages(message, endpoint.id, endpoint.reasoningField));
  if (prefill !== undefined) messages.push({ role: "assistant", content: prefill });

  return JSON.stringify({
    ...endpoint.extraBody,
    model: endpoint.model,
    messages,
    ...defined({
      temperature: request.temperature,
      top_p: request.topP,
      top_k: request.topK,
      presence_penalty: request.presencePenalty,
      frequency_penalty: request.frequencyPenalty,
      stop: request.stop?.length ? request.stop : undefined,
      [endpoint.maxTokensField]: request.maxOutputTokens,
      seed: request.seed,
      n: call.n > 1 ? call.n : undefined,
      reasoning_effort: request.effort,
      latent: request.latent,
    }),
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
      response_format: {
        type: "json_schema",
        json_schema: {
          name: (schema.name ?? "answer").replace(/[^\w-]/g, "_").slice(0, 64) || "answer",
          schema: schema.jsonSchema,
          ...(isStrict(schema.jsonSchema) && { strict: true }),
        },
      },
    }),
    ...(logprobs !== undefined && { logprobs: true, ...(logprobs > 0 && { top_logprobs: logprobs }) }),
    ...(prefill !== undefined && { continue_final_message: true, add_generation_prompt: false }),
    ...(call.streaming && { stream: true, stream_options: { include_usage: true } }),
    ...own,
  });
}

/** The fields that have a value: one without must not hide what `extraBody` says. */
function defined(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Strict decoding refuses a schema in which an object may have other fields, or lack some. */
function isStrict(schema: JsonValue): boolean {
  if (typeof schema !== "object" || schema === null) return true;
  if (isArray(schema)) return schema.every(isStrict);
  const { type, properties, required } = schema;
  if (type === "object" || properties !== undefined) {
    const names = Object.keys((properties ?? {}) as object);
    const all = Array.isArray(required) && names.every((name) => required.includes(name));
    if (schema.additionalProperties !== false || (names.length > 0 && !all)) return false;
  }
  return Object.values(schema).every(isStrict);
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
