/**
 * @module
 * A LangChain message as a reply.
 */
import { countOf, fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { JsonValue, ReasoningPart, TextPart, ToolCallPart } from "../../core/message.js";
import type { TokenLogprob, Warning } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import { logprobOf } from "../chat-completions/logprobs.js";
import { jsonOf } from "../wire/json-of.js";
import { finishReasonOf, whyOf } from "./finish.js";

/** What a stream told beside its message, in which it may have been merged. */
export interface Told {
  readonly why: string | undefined;
  readonly logprobs: readonly TokenLogprob[];
}

/** Reads a message. Where it is more than text and calls, `content` keeps it, so that it can be given back as it came. */
export function replyOf(
  message: Fields,
  call: SourceCall,
  warnings: readonly Warning[],
  told: Told = toldBy(message),
): Reply {
  const { text, reasoning } = wordsIn(message);
  const toolCalls = callsOf(message, call);
  const finishReason = finishReasonOf(told.why, toolCalls.length > 0);
  const about = fieldsOf(message.response_metadata) ?? {};
  const metadata = { id: wordsOf(message.id), model: wordsOf(about.model_name) ?? wordsOf(about.model) };
  const known = Object.entries(metadata).filter(([, value]) => value !== undefined);
  return {
    text,
    ...(reasoning !== "" && { reasoning }),
    ...(isMore(message, reasoning) && { content: contentOf(message, text, reasoning, toolCalls) }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(finishReason !== undefined && { finishReason }),
    ...(told.logprobs.length > 0 && { logprobs: told.logprobs }),
    ...(warnings.length > 0 && { warnings }),
    ...(known.length > 0 && { providerMetadata: { langchain: Object.fromEntries(known) as JsonValue } }),
    usage: usageOf(message),
  };
}

/** Why a message ended, and its log-probabilities: those of chat completions, or those in the output of OpenAI's Responses. */
export function toldBy(message: Fields): Told {
  const about = fieldsOf(message.response_metadata);
  const parts = listOf(about?.output).flatMap((item) => listOf(item.content));
  const entries = [fieldsOf(about?.logprobs)?.content, ...parts.map(({ logprobs }) => logprobs)].flatMap(listOf);
  return { why: whyOf(message), logprobs: entries.map(logprobOf) };
}

/** The words of a message, or of a piece of one, and those that it thought: in blocks, or among its additional fields. */
export function wordsIn(message: Fields): { readonly text: string; readonly reasoning: string } {
  const extra = fieldsOf(message.additional_kwargs);
  let text = typeof message.content === "string" ? message.content : "";
  let reasoning = "";
  for (const block of listOf(message.content)) {
    if (block.type === "text") text += wordsOf(block.text) ?? "";
    else reasoning += thoughtOf(block);
  }
  if (reasoning === "") {
    const summary = listOf(fieldsOf(extra?.reasoning)?.summary).map((part) => wordsOf(part.text) ?? "");
    reasoning = wordsOf(extra?.reasoning_content) ?? summary.join("");
  }
  return { text, reasoning };
}

/** What a block of any provider says of a thought. */
function thoughtOf({ type, thinking, reasoning, reasoningText }: Fields): string {
  if (type === "thinking") return wordsOf(thinking) ?? "";
  if (type === "reasoning") return wordsOf(reasoning) ?? "";
  return type === "reasoning_content" ? (wordsOf(fieldsOf(reasoningText)?.text) ?? wordsOf(reasoningText) ?? "") : "";
}

function callsOf(message: Fields, call: SourceCall): readonly ToolCallPart[] {
  return [...listOf(message.tool_calls), ...listOf(message.invalid_tool_calls)].map(({ id, name, args }) => ({
    type: "tool-call",
    id: wordsOf(id) ?? `call_${call.random.bits().toString(36)}`,
    name: wordsOf(name) ?? "",
    input: args ?? {},
  }));
}

/** Is there more in a message than text and calls? */
function isMore(message: Fields, reasoning: string): boolean {
  return reasoning !== "" || listOf(message.content).some(({ type }) => type !== "text");
}

/** The parts; the first has the message itself. */
function contentOf(
  message: Fields,
  text: string,
  reasoning: string,
  calls: readonly ToolCallPart[],
): NonNullable<Reply["content"]> {
  const { content, additional_kwargs, response_metadata, id } = message;
  const { logprobs: _, usage: __, tokenUsage: ___, ...about } = fieldsOf(response_metadata) ?? {};
  const own = jsonOf({ content, additional_kwargs, response_metadata: about, id }) ?? {};
  const parts: (TextPart | ReasoningPart | ToolCallPart)[] = [
    ...(reasoning === "" ? [] : [{ type: "reasoning", text: reasoning } as const]),
    ...(text === "" ? [] : [{ type: "text", text } as const]),
    ...calls,
  ];
  const first = parts[0] ?? ({ type: "text", text: "" } as const);
  return [{ ...first, providerMetadata: { langchain: { text, message: own } } }, ...parts.slice(1)];
}

function usageOf(message: Fields): Reply["usage"] {
  const usage = fieldsOf(message.usage_metadata);
  if (usage === undefined) return undefined;
  return {
    inputTokens: countOf(usage.input_tokens),
    cachedInputTokens: countOf(fieldsOf(usage.input_token_details)?.cache_read),
    outputTokens: countOf(usage.output_tokens),
    reasoningTokens: countOf(fieldsOf(usage.output_token_details)?.reasoning),
  };
}
