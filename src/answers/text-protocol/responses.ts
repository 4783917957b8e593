/**
 * @module
 * From the text of a turn of ReAct to the response that it stands for.
 */
import { extend } from "../../core/extend.js";
import type { Message, ToolCallPart } from "../../core/message.js";
import type { ModelRequest, ModelResponse, TokenLogprob } from "../../core/model.js";
import type { Span, Turn } from "./read-turn.js";

/** A response that calls tools. */
export function acting<R extends ModelResponse>(response: R, turn: Turn, request: ModelRequest): R {
  const toolCalls = withIds(turn, request.messages);
  const text = joined(turn.thoughts, request.prefill, response.text);
  return rewritten(response, text, turn.thoughts, request, { finishReason: "tool-calls", toolCalls }, toolCalls);
}

/** A response that answers. */
export function answering<R extends ModelResponse>(response: R, turn: Turn, request: ModelRequest): R {
  const { thoughts, answer, plain } = turn;
  if (plain) return request.schema === undefined ? response : unfenced(response);
  const words = (spans: readonly Span[]): string => joined(spans, request.prefill, response.text);
  const final = answer === undefined ? "" : words([answer]);
  const spans = final === "" ? thoughts : [answer as Span];
  const text = final === "" ? words(thoughts) : final;
  if (text === "") return response;
  const thought = final === "" ? "" : words(thoughts);
  const reasoning = [response.reasoning ?? "", thought].filter((part) => part !== "").join("\n\n");
  const read = rewritten(response, text, spans, request, reasoning === "" ? {} : { reasoning }, []);
  return request.schema === undefined ? read : unfenced(read);
}

/** The response with another text, and what goes with it. */
function rewritten<R extends ModelResponse>(
  response: R,
  text: string,
  spans: readonly Span[],
  { prefill = "" }: ModelRequest,
  fields: Partial<ModelResponse>,
  toolCalls: readonly ToolCallPart[],
): R {
  const { content, logprobs } = response;
  const words = text === "" ? [] : [{ type: "text", text } as const];
  const parts = content && [...content.filter(({ type }) => type !== "text"), ...words, ...toolCalls];
  return extend(response, {
    text,
    ...fields,
    ...(parts !== undefined && { content: parts }),
    ...(logprobs !== undefined && { logprobs: tokensIn(logprobs, response.text, spans, prefill.length) }),
  });
}

/** The tokens that stand in the spans; all of them where they are not those of the text. */
function tokensIn(
  logprobs: readonly TokenLogprob[],
  text: string,
  spans: readonly Span[],
  before: number,
): readonly TokenLogprob[] {
  if (logprobs.reduce((length, { token }) => length + token.length, 0) !== text.length) return logprobs;
  let at = before;
  return logprobs.filter(({ token }) => {
    const from = at;
    at += token.length;
    return spans.some(([start, end]) => from < end && at > start);
  });
}

/** The words of the spans, without what stands in the prefill, which the text does not repeat. */
function joined(spans: readonly Span[], prefill: string = "", text: string): string {
  const whole = prefill + text;
  const parts = spans.map(([start, end]) => {
    const begins = start >= prefill.length;
    const words = whole.slice(Math.max(start, prefill.length), Math.max(end, prefill.length)).trimEnd();
    return withoutEnds(begins ? words.trimStart() : words);
  });
  return parts.filter((part) => part.trim() !== "").join("\n");
}

/** Emphasis and fences that were opened in front of a label are closed behind its words. */
function withoutEnds(words: string): string {
  for (const mark of ["```", "**"]) {
    if (words.endsWith(mark) && words.split(mark).length % 2 === 0) return words.slice(0, -mark.length).trimEnd();
  }
  return words;
}

/** JSON that was asked for in words often comes between fences. */
function unfenced<R extends ModelResponse>(response: R): R {
  const [, json] = /^\s*```\w*\s*\n([\s\S]*?)\n?```\s*$/.exec(response.text) ?? [];
  if (json === undefined) return response;
  const { content } = response;
  const others = content?.filter(({ type }) => type !== "text");
  return extend(response, {
    text: json,
    ...(others && { content: [...others, { type: "text", text: json } as const] }),
  });
}

/** Calls with ids that no other call of the conversation has. */
function withIds({ calls }: Turn, messages: readonly Message[]): readonly ToolCallPart[] {
  const taken = new Set<string>();
  for (const { role, content } of messages) {
    if (role === "assistant" && typeof content !== "string") {
      for (const part of content) if (part.type === "tool-call") taken.add(part.id);
    }
  }
  let count = taken.size;
  return calls.map(({ name, input }) => {
    do count++;
    while (taken.has(`text-${count}`));
    return { type: "tool-call", id: `text-${count}`, name, input };
  });
}
