/**
 * @module
 * Why a chat model stopped, in whatever words it says it.
 */
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";
import type { FinishReason } from "../../core/model.js";

/** The reason as the message tells it: in its metadata, or, for Anthropic, among its additional fields. */
export function whyOf(message: Fields): string | undefined {
  const about = { ...fieldsOf(message.additional_kwargs), ...fieldsOf(message.response_metadata) };
  const said = ["finish_reason", "stop_reason", "finishReason", "stopReason", "done_reason"].map((name) =>
    wordsOf(about[name]),
  );
  const incomplete = wordsOf(fieldsOf(about.incomplete_details)?.reason);
  return said.find((reason) => reason !== undefined) ?? incomplete ?? wordsOf(about.status);
}

/** The reason in ours; `undefined` for none. */
export function finishReasonOf(why: string | undefined, calls: boolean): FinishReason | undefined {
  if (why === undefined) return undefined;
  const word = why.toLowerCase();
  const found = reasons.find(([, words]) => words.includes(word))?.[0] ?? "other";
  return found === "stop" && calls ? "tool-calls" : found;
}

const reasons: readonly (readonly [FinishReason, readonly string[]])[] = [
  ["stop", ["stop", "end_turn", "stop_sequence", "completed", "complete", "eos"]],
  ["length", ["length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"]],
  ["tool-calls", ["tool_calls", "tool_use", "function_call"]],
  [
    "content-filter",
    [
      "content_filter",
      "content_filtered",
      "refusal",
      "safety",
      "guardrail_intervened",
      "prohibited_content",
      "blocklist",
      "spii",
      "recitation",
    ],
  ],
];
