/**
 * @module
 * Going on with a text that was begun: how its parts become one response, and one stream of words.
 */
import type { Call, ChildOptions } from "./call.js";
import { estimateText } from "./estimate.js";
import { extend } from "./extend.js";
import type { ModelResponse, Warning } from "./model.js";

/** Tokens that were written, thoughts included: as the usage says, or an estimate where it says nothing. */
export function tokensWritten({ usage, text, reasoning = "" }: ModelResponse): number {
  const { outputTokens = 0 } = usage;
  // What comes from a cache was written, but not paid for.
  return outputTokens > 0 ? outputTokens : estimateText(reasoning + text);
}

/**
 * Two parts of one text as one response: the fields of the last part, with the words, thoughts and warnings of both. Log-probabilities are those of
 * what the model wrote; `between` has none. An answer that was read from the first part stays where none can be read from the last.
 */
export function joined<R extends ModelResponse>(first: R, between: string, last: R): R {
  const text = first.text + between + last.text;
  const reasoning = [first.reasoning, last.reasoning].filter((part = "") => part !== "").join("\n\n");
  const news = last.warnings?.filter(({ message }) => !first.warnings?.some((known) => known.message === message));
  const { logprobs } = first;
  return extend(last, {
    text,
    ...(reasoning !== "" && { reasoning }),
    ...("thought" in last && { thought: reasoning || text }),
    ...answerKept(first, last),
    ...((first.content ?? last.content) && { content: [...partsOf(first), ...words(between), ...partsOf(last)] }),
    ...((logprobs ?? last.logprobs) && { logprobs: [...(logprobs ?? []), ...(last.logprobs ?? [])] }),
    ...withWarnings(first, news),
  });
}

/** The warnings of a response, and more. */
export function withWarnings(
  { warnings = [] }: ModelResponse,
  more: readonly Warning[] = [],
): { readonly warnings?: readonly Warning[] } {
  const all = [...warnings, ...more];
  return all.length === 0 ? {} : { warnings: all };
}

/** Tells `between` before the first words of a part that goes on with the text; of a part that never comes nothing is told. */
export function tellingBefore(call: Call, between: string): ChildOptions {
  if (!call.listening || between === "") return {};
  let told = false;
  return {
    onEvent: (event) => {
      if (!told && event.type === "delta" && event.text !== undefined && event.output !== call.thought) {
        told = true;
        call.emit({ type: "delta", path: call.path, text: between, output: !call.thought });
      }
      call.emit(event);
    },
  };
}

/** What puts words on a line of their own behind `text`. */
export function newLine(text: string): string {
  return text === "" || text.endsWith("\n") ? "" : "\n";
}

/** The answer that a layer beneath read from the first part, where it could read none from the last. */
function answerKept(first: ModelResponse, last: ModelResponse): object {
  const { answer, key } = first as { readonly answer?: unknown; readonly key?: unknown };
  return "key" in last && last.key === undefined && key !== undefined ? { answer, key } : {};
}

function partsOf({ text, content }: ModelResponse): NonNullable<ModelResponse["content"]> {
  return content ?? words(text);
}

function words(text: string): NonNullable<ModelResponse["content"]> {
  return text === "" ? [] : [{ type: "text", text }];
}
