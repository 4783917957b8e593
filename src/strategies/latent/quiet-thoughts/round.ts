/**
 * @module
 * One chunk of an answer: thoughts before it, what would follow each of them, and how likely that is behind every other, and behind none.
 */
import { askAll } from "../../../core/ask-all.js";
import type { Call } from "../../../core/call.js";
import { callsTools } from "../../../core/conversation.js";
import { extend } from "../../../core/extend.js";
import { scoring } from "../../../core/likelihood.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "../../../core/model.js";
import { helpful, likelihoodPerToken, raises } from "./rate.js";

/** One hidden thought. */
export interface QuietThought {
  readonly text: string;
  /**
   * How much it raises the mean likelihood (per token, from 0 to 1) of what may follow, over having no thought; `undefined` where that could not be found out.
   */
  readonly raise: number | undefined;
  readonly kept: boolean;
}

/** One piece of the answer, and what was thought before it. */
export interface QuietChunk {
  readonly text: string;
  readonly thoughts: readonly QuietThought[];
  /** The thought that it was written behind; `undefined` for none. */
  readonly by: number | undefined;
}

/** How to think before each chunk. */
export interface QuietPlan {
  readonly thoughts: number;
  readonly thoughtTokens: number;
  readonly open: string;
  readonly close: string;
  readonly concurrency: number | undefined;
}

/** What a round gave. */
export interface Round<R extends ModelResponse> {
  readonly chunk: QuietChunk;
  /** What the model wrote for it. */
  readonly response: R;
  /** Anything but `'done'` ends the answer. */
  readonly stopped: StopReason;
}

/**
 * Writes the next chunk behind what is begun.
 *
 * @throws what the model throws, where there is no thought, or nothing that would follow
 */
export async function quietRound<R extends ModelResponse>(
  next: Model<R>,
  request: ModelRequest,
  begun: string,
  chunkTokens: number,
  plan: QuietPlan,
  call: Call,
): Promise<Round<R>> {
  const { open, close, concurrency } = plan;
  const thinking = call.child("think", { thought: true });
  const wanted = Array.from({ length: plan.thoughts }, () => thoughtRequest(request, begun, plan));
  const thought = await askAll(next, wanted, thinking, concurrency, 1);
  const thoughts = thought.responses.flatMap((response) => {
    const text = response?.text ?? "";
    return text.trim() === "" ? [] : [text];
  });

  const behind = thoughts.map((text) => begun + open + text + close);
  const goOn = behind.map((prefix) => ({ ...startedAt(request, prefix), maxOutputTokens: chunkTokens }));
  const written = await askAll(next, goOn, call.child("go-on", { thought: true }), concurrency, 1);
  const chunks = written.responses.map((response) => response && withoutThought(response, open));

  // Each text is rated once, and counts as often as it was written.
  const texts = chunks.flatMap((chunk) => (chunk === undefined || chunk.text === "" ? [] : [chunk.text]));
  const distinct = [...new Set(texts)];
  const ways = [begun, ...behind];
  const questions = ways.flatMap((prefix) => distinct.map((text) => scoreRequest(request, prefix, text)));
  const rates = await askAll(next, questions, call.child("rate", { thought: true, judging: true }), concurrency);
  const likelihoods = ways.map((_, i) =>
    texts.map((text) => likelihoodPerToken(rates.responses[i * distinct.length + distinct.indexOf(text)])),
  );

  const raised = raises(likelihoods);
  const helps = helpful(raised);
  const rated = thoughts.map((text, i): QuietThought => {
    const raise = raised[i];
    const chunk = chunks[i];
    // Nothing may follow a thought, but not before there is an answer.
    const usable = chunk !== undefined && (chunk.text !== "" || (begun !== "" && chunk.finishReason !== "length"));
    return { text, raise, kept: usable && helps[i] === true };
  });
  const kept = rated.flatMap((one, i) => (one.kept ? [i] : []));
  const ended = [thought, written, rates].find((part) => part.stopped !== "done")?.stopped ?? "done";
  if (kept.length > 0) return roundOf(rated, kept[call.random.integer(kept.length)] as number, chunks, ended);

  const without = { ...startedAt(request, begun), maxOutputTokens: chunkTokens };
  const first = chunks.findIndex((chunk) => chunk !== undefined && chunk.text !== "");
  const plain = await askAll(next, [without], call.child("go-on", { thought: true }), concurrency, first < 0 ? 1 : 0);
  const [response] = plain.responses;
  if (response === undefined) return roundOf(rated, first, chunks, ended === "done" ? plain.stopped : ended);
  const whole = withoutThought(response, open);
  return { chunk: { text: whole.text, thoughts: rated, by: undefined }, response: whole, stopped: ended };
}

/** The round that ends with the chunk of this thought. */
function roundOf<R extends ModelResponse>(
  thoughts: readonly QuietThought[],
  by: number,
  chunks: readonly (R | undefined)[],
  stopped: StopReason,
): Round<R> {
  const response = chunks[by] as R;
  return { chunk: { text: response.text, thoughts, by }, response, stopped };
}

function thoughtRequest(request: ModelRequest, begun: string, { open, close, thoughtTokens }: QuietPlan): ModelRequest {
  const { logprobs: _, tools = [], ...rest } = request;
  return {
    ...startedAt(rest, begun + open),
    ...(tools.length > 0 && { tools, toolChoice: "none" }),
    stop: [close.trim() === "" ? close : close.trim()],
    maxOutputTokens: Math.min(thoughtTokens, request.maxOutputTokens ?? Infinity),
  };
}

/** The question how likely a text is. It reserves no room to write. */
function scoreRequest(request: ModelRequest, prefix: string, text: string): ModelRequest {
  return scoring({ ...startedAt(request, prefix), maxOutputTokens: 1 }, text);
}

function startedAt({ prefill: _, ...request }: ModelRequest, prefix: string): ModelRequest {
  return prefix === "" ? request : { ...request, prefill: prefix };
}

/** What was written up to where the model begins to think aloud. */
function withoutThought<R extends ModelResponse>(response: R, open: string): R {
  const mark = open.trim();
  const at = mark === "" ? -1 : response.text.indexOf(mark);
  if (at < 0 || callsTools(response)) return response;
  const { content: _, logprobs: __, ...rest } = response;
  return extend(rest as R, { text: response.text.slice(0, at), finishReason: "length" as const });
}
