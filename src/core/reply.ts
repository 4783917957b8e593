/**
 * @module
 * Reading a provider's reply: is it one, and what did it cost?
 */
import { MalformedResponseError } from "./errors.js";
import { extend } from "./extend.js";
import type { ModelRequest, ModelResponse, Warning } from "./model.js";
import type { Price, Reply } from "./source.js";
import { FailedReply } from "./tape.js";
import type { Spend, Usage } from "./usage.js";

/** What a reply spent, as far as it says. */
export function spendOf(reply: Reply | null | undefined, calls: number, price: Price | undefined): Spend {
  const usage: Partial<Spend> | undefined = reply?.usage;
  const inputTokens = figure(usage?.inputTokens);
  const outputTokens = figure(usage?.outputTokens);
  const cachedInputTokens = figure(usage?.cachedInputTokens);
  let usd = figure(usage?.usd);
  if (usd === undefined && price !== undefined && inputTokens !== undefined && outputTokens !== undefined) {
    const cached = cachedInputTokens ?? 0;
    usd =
      ((inputTokens - cached) * price.inputUsd +
        cached * (price.cachedInputUsd ?? price.inputUsd) +
        outputTokens * price.outputUsd) /
      1e6;
  }
  // A tape knows the number of calls.
  const known = usage?.calls ?? calls;
  return {
    calls: known,
    inputTokens,
    cachedInputTokens,
    outputTokens,
    reasoningTokens: figure(usage?.reasoningTokens),
    usd,
  };
}

/** What is no number of at least 0 is not known. */
function figure(value: number | undefined): number | undefined {
  return typeof value === "number" && value >= 0 && value < Infinity ? value : undefined;
}

/** What each of several replies to one request spent; the request, and what was read for it, are counted by that with the index `first`. */
export function share(
  given: readonly Reply[],
  first: number,
  price: Price | undefined,
): { readonly replies: readonly Reply[]; readonly spends: readonly Spend[] } {
  const replies = first > 0 ? moveInput(given, first) : given;
  return { replies, spends: replies.map((reply, i) => spendOf(reply, i === first ? 1 : 0, price)) };
}

/** The same replies, with what was read counted by another than the first. */
export function moveInput(replies: readonly Reply[], to: number): Reply[] {
  const { inputTokens, cachedInputTokens } = replies[0]?.usage ?? {};
  return replies.map((reply, i) => {
    if (i !== 0 && i !== to) return reply;
    const more = (mine: number | undefined, moved: number | undefined): number | undefined =>
      i === 0 ? mine && 0 : mine === undefined || moved === undefined ? undefined : mine + moved;
    const usage = {
      ...reply.usage,
      inputTokens: more(reply.usage?.inputTokens, inputTokens),
      cachedInputTokens: more(reply.usage?.cachedInputTokens, cachedInputTokens),
    };
    return { ...reply, usage };
  });
}

/** A request of which nothing is known but that it was made. */
export function unknownSpend(calls: number): Spend {
  return {
    calls,
    inputTokens: undefined,
    cachedInputTokens: undefined,
    outputTokens: undefined,
    reasoningTokens: undefined,
    usd: undefined,
  };
}

/** The sum of what one request with several completions spent. */
export function total(spends: readonly Spend[]): Spend {
  if (spends.length === 1) return spends[0] as Spend;
  const sum = (of: (spend: Spend) => number | undefined): number | undefined =>
    spends.reduce<number | undefined>((a, spend) => {
      const b = of(spend);
      return a === undefined || b === undefined ? undefined : a + b;
    }, 0);
  return {
    ...unknownSpend(1),
    inputTokens: sum((s) => s.inputTokens),
    outputTokens: sum((s) => s.outputTokens),
    usd: sum((s) => s.usd),
  };
}

/** What is wrong with a reply, if anything. */
export function malformed(reply: Reply, request: ModelRequest, id: string): unknown {
  if (reply instanceof FailedReply) return reply.error;
  if (typeof reply !== "object" || reply === null) {
    return new MalformedResponseError(
      `${id} gave no reply: expected an object with text, got ${reply === null ? "null" : typeof reply}`,
    );
  }
  if (typeof reply.text !== "string") {
    return new MalformedResponseError(`${id} returned no text: expected a string, got ${typeof reply.text}`);
  }
  if (request.score !== undefined && reply.logprobs === undefined) {
    return new MalformedResponseError(`${id} gave no log-probabilities of the text it was to score`);
  }
  if (reply.text !== "" || request.prefill !== undefined) return undefined;
  if ((reply.toolCalls?.length ?? 0) > 0) return undefined;
  // A picture says it without words.
  if (reply.content?.some(({ type }) => type === "file") === true) return undefined;
  const why =
    reply.finishReason === "length"
      ? "its output cap was used up before the answer began"
      : reply.finishReason === "content-filter"
        ? "its content filter stopped it"
        : "it gave an empty one, without tool calls";
  return new MalformedResponseError(`${id} returned no text: ${why}`);
}

/**
 * The response that a reply becomes.
 *
 * @param warnings - what there is to say about the request
 * @param lowered - the output cap, where the budget lowered it
 */
export function responseOf(
  reply: Reply,
  usage: Usage,
  warnings: readonly Warning[] | undefined,
  lowered: number | undefined,
): ModelResponse {
  const finishReason = reply.finishReason ?? (reply.toolCalls?.length ? "tool-calls" : "stop");
  const response = extend(reply, { finishReason, usage });
  const cut = finishReason === "length" && lowered !== undefined;
  if (warnings === undefined && !cut) return response;
  const all = [...(reply.warnings ?? []), ...(warnings ?? [])];
  if (cut) {
    const message = `the answer was cut at ${lowered} tokens, which is what the budget had reserved for it; maxOutputTokens says how much to reserve`;
    all.push({ code: "budget-cap", message });
  }
  return extend(response, { warnings: all });
}
