/**
 * @module
 * A response as a message of LangChain.
 */
import { AIMessageChunk } from "@langchain/core/messages";
import type { ModelResponse } from "../../core/model.js";
import { turnToCarry } from "../wire/carried-turn.js";
import { whatMullKnows } from "../wire/what-mull-knows.js";

/**
 * The message; in a stream, its last chunk, for which `text` and `reasoning` are what is left to say.
 *
 * What mull knows stands in `response_metadata.mull`. The turn as the models beneath want it back rides along in `additional_kwargs.mull`.
 */
export function messageOf(
  id: string,
  response: ModelResponse,
  text: string,
  reasoning: string | undefined,
): AIMessageChunk {
  const { toolCalls = [], finishReason, usage } = response;
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = usage;
  const turn = turnToCarry(response);
  const usage_metadata =
    inputTokens === undefined || outputTokens === undefined
      ? undefined
      : {
          input_tokens: inputTokens,
          output_tokens: outputTokens,
          total_tokens: inputTokens + outputTokens,
          ...(cachedInputTokens !== undefined && { input_token_details: { cache_read: cachedInputTokens } }),
          ...(reasoningTokens !== undefined && { output_token_details: { reasoning: reasoningTokens } }),
        };
  const message = new AIMessageChunk({
    content: text,
    additional_kwargs: {
      ...(reasoning !== undefined && { reasoning_content: reasoning }),
      ...(turn !== undefined && { mull: { turn } }),
    },
    tool_call_chunks: toolCalls.map(({ id: call, name, input }, index) => ({
      type: "tool_call_chunk" as const,
      index,
      id: call,
      name,
      args: typeof input === "string" ? input : JSON.stringify(input ?? {}),
    })),
    response_metadata: {
      finish_reason: finishReason,
      model_name: id,
      model_provider: "mull",
      mull: whatMullKnows(response),
    },
  });
  // Under exact optional properties LangChain infers that there is none.
  if (usage_metadata !== undefined) message.usage_metadata = usage_metadata as never;
  return message;
}
