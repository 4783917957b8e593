/**
 * @module
 * A completion as the wire has it, read as replies.
 */
import { MalformedResponseError } from "../../core/errors.js";
import type { JsonValue, ToolCallPart } from "../../core/message.js";
import type { FinishReason, TokenLogprob } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import { deal } from "../wire/deal.js";
import { countOf, fieldsOf, inputOf, listOf, wordsOf, type Fields } from "../../core/fields.js";

/**
 * Reads a completion: one reply for each of its choices, in the order of their index, `call.n` at most.
 *
 * @throws {@link MalformedResponseError} for a completion without choices
 */
export function repliesOf(completion: Fields, id: string, call: SourceCall): readonly Reply[] {
  const choices = listOf(completion.choices)
    .toSorted((a, b) => (countOf(a.index) ?? 0) - (countOf(b.index) ?? 0))
    .slice(0, call.n);
  if (choices.length === 0) throw new MalformedResponseError(`${id} returned a completion without choices`);
  const replies = choices.map((choice) => replyOf(choice, call));
  const shares = split(fieldsOf(completion.usage), replies.map(lengthOf));
  const metadata = metadataOf(completion);
  return replies.map((reply, i) => ({
    ...reply,
    ...(metadata !== undefined && { providerMetadata: { openaiCompatible: metadata } }),
    usage: shares[i],
  }));
}

/** The words of a message, or of a piece of one. */
export function contentOf(message: Fields): { readonly text: string; readonly reasoning: string } {
  // Endpoints that changed the field's name send both for a while, with the same words.
  let reasoning = wordsOf(message.reasoning_content) ?? wordsOf(message.reasoning) ?? "";
  const { content } = message;
  if (typeof content === "string") return { text: content, reasoning };
  let text = "";
  for (const part of listOf(content)) {
    text += wordsOf(part.text) ?? "";
    for (const thought of listOf(part.thinking)) reasoning += wordsOf(thought.text) ?? "";
  }
  return { text, reasoning };
}

function replyOf(choice: Fields, call: SourceCall): Reply {
  const message = fieldsOf(choice.message) ?? {};
  const { text, reasoning } = contentOf(message);
  const toolCalls = listOf(message.tool_calls).map((part) => toolCallOf(part, call));
  const logprobs = listOf(fieldsOf(choice.logprobs)?.content).map(logprobOf);
  const refused = text === "" && wordsOf(message.refusal) !== undefined;
  const finishReason = refused ? "content-filter" : finishOf(choice.finish_reason, toolCalls.length > 0);
  return {
    text,
    ...(reasoning !== "" && { reasoning }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(logprobs.length > 0 && { logprobs }),
    ...(finishReason !== undefined && { finishReason }),
  };
}

function toolCallOf(part: Fields, call: SourceCall): ToolCallPart {
  const { name, arguments: input } = fieldsOf(part.function) ?? {};
  return {
    type: "tool-call",
    // Not every endpoint names its calls, but a result must say which one it answers.
    id: wordsOf(part.id) ?? `call_${call.random.bits().toString(36)}`,
    name: wordsOf(name) ?? "",
    input: typeof input === "string" ? inputOf(input) : (input ?? {}),
  };
}

function finishOf(reason: unknown, calls: boolean): FinishReason | undefined {
  switch (reason) {
    case undefined:
    case null:
    case "":
      return undefined;
    case "stop":
      // What some endpoints say of tool calls, too.
      return calls ? "tool-calls" : "stop";
    case "length":
      return "length";
    case "tool_calls":
    case "function_call":
      return "tool-calls";
    case "content_filter":
      return "content-filter";
    default:
      return "other";
  }
}

function logprobOf(entry: Fields): TokenLogprob {
  const top = listOf(entry.top_logprobs)
    .map(tokenOf)
    .sort((a, b) => b.logprob - a.logprob);
  return { ...tokenOf(entry), ...(top.length > 0 && { top }) };
}

/** JSON has no minus infinity: what is no number is one. */
function tokenOf({ token, logprob }: Fields): { readonly token: string; readonly logprob: number } {
  return { token: wordsOf(token) ?? "", logprob: typeof logprob === "number" ? logprob : -Infinity };
}

function metadataOf(completion: Fields): JsonValue | undefined {
  const names = ["id", "model", "system_fingerprint"].filter((name) => wordsOf(completion[name]) !== undefined);
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, completion[name] as string]));
}

/** How much a reply wrote, as far as it shows. */
function lengthOf({ text, reasoning = "", toolCalls = [] }: Reply): number {
  return toolCalls.reduce(
    (sum, { name, input }) => sum + name.length + JSON.stringify(input).length,
    text.length + reasoning.length,
  );
}

/** The usage of one request, dealt out to its replies: the input to the first, the output by length. The sums are exact. */
function split(usage: Fields | undefined, lengths: readonly number[]): readonly Reply["usage"][] {
  if (usage === undefined) return lengths.map(() => undefined);
  const cached = countOf(fieldsOf(usage.prompt_tokens_details)?.cached_tokens);
  const reasoning = countOf(fieldsOf(usage.completion_tokens_details)?.reasoning_tokens);
  const input = countOf(usage.prompt_tokens);
  const output = countOf(usage.completion_tokens);
  const outputs = deal(output, lengths);
  const reasonings = deal(reasoning, output === undefined ? lengths : outputs.map((share = 0) => share));
  return lengths.map((_, i) => ({
    inputTokens: i === 0 ? input : input && 0,
    cachedInputTokens: i === 0 ? cached : cached && 0,
    outputTokens: outputs[i],
    reasoningTokens: reasonings[i],
  }));
}
