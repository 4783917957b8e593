/**
 * @module
 * A request as the call options of the specification.
 */
import type { ModelRequest } from "../../core/model.js";
import type { Connection } from "./from-ai-sdk.js";
import { promptOf } from "./prompt.js";
import { mergeOptions } from "./provider-options.js";
import type { AiSdkCallOptions } from "./specification.js";

/** Writes the options. What is `undefined` is left out. A prefill ends the prompt as a turn of the assistant. */
export function callOptions(request: ModelRequest, connection: Connection, signal: AbortSignal): AiSdkCallOptions {
  const { tools = [], toolChoice, schema, stop, prefill, logprobs, effort } = request;
  const { version, reads } = connection;
  const messages =
    prefill === undefined ? request.messages : [...request.messages, { role: "assistant", content: prefill } as const];
  const options = {
    prompt: promptOf(messages, version, reads),
    abortSignal: signal,
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    stopSequences: stop?.length ? [...stop] : undefined,
    seed: request.seed,
    responseFormat:
      schema === undefined
        ? undefined
        : { type: "json", schema: schema.jsonSchema, ...(schema.name !== undefined && { name: schema.name }) },
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({ type: "function", name, description, inputSchema })),
      toolChoice: toolChoiceOf(toolChoice),
    }),
    // V4 has a setting, which options of the provider would hide.
    reasoning: connection.effort === undefined && version === "v4" ? effort : undefined,
    providerOptions: mergeOptions(
      connection.providerOptions,
      logprobs === undefined ? undefined : connection.logprobs?.(logprobs),
      effort === undefined ? undefined : connection.effort?.(effort),
      request.providerOptions,
    ),
  };
  const defined = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as unknown as AiSdkCallOptions;
}

function toolChoiceOf(choice: ModelRequest["toolChoice"]): object | undefined {
  if (choice === undefined) return undefined;
  return typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.name };
}
