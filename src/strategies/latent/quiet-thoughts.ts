/**
 * @module
 * Quiet thoughts: before each next piece of the answer some hidden thoughts are drawn, and those are kept that make what follows more likely.
 */
import { exhaustion, type Call } from "../../core/call.js";
import { joined, tokensWritten, withWarnings } from "../../core/continuation.js";
import { callsTools } from "../../core/conversation.js";
import { CapabilityError, InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, StopReason, Warning } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { wrap } from "../../core/wrap.js";
import { quietRound, type QuietChunk, type QuietPlan } from "./quiet-thoughts/round.js";

export type { QuietChunk, QuietThought } from "./quiet-thoughts/round.js";

/** Options of {@link quietThoughts}. */
export interface QuietThoughtsOptions {
  /** Thoughts before each chunk: whole, at least 1. @defaultValue 4 */
  readonly thoughts?: number | undefined;
  /** The most tokens of a thought: whole, at least 1. @defaultValue 64 */
  readonly thoughtTokens?: number | undefined;
  /** Tokens of a chunk, after which is thought again: whole, at least 1. @defaultValue 32 */
  readonly chunkTokens?: number | undefined;
  /** The most chunks of an answer: whole, at least 1. @defaultValue 16 */
  readonly chunks?: number | undefined;
  /** Stands in front of a thought; may be empty. @defaultValue `'<thought>'` */
  readonly open?: string | undefined;
  /** Stands behind a thought, and ends it; not empty. @defaultValue `'</thought>'` */
  readonly close?: string | undefined;
  /** How many calls at a time: whole, at least 1. @defaultValue all of a step */
  readonly concurrency?: number | undefined;
}

/** A response, and what was thought before each piece of it. */
export type QuietlyThought<R extends ModelResponse = ModelResponse> = R & { readonly chunks: readonly QuietChunk[] };

/**
 * Thinks before each next chunk of the answer, and hides the thoughts.
 *
 * Shape: one response in, the same out with `chunks`: for each its thoughts and what became of them. Thoughts that a chunk was written behind stand in `reasoning`, none
 * in `text`, and all are thoughts while they stream.
 * The rule: `thoughts` thoughts are drawn, and a chunk behind each. Behind every thought, and behind none, it is asked how likely each of those chunks is, per token. A
 * thought is kept if it raises the mean of these likelihoods over that without a thought, and by no less than the thoughts do on average. The next chunk is drawn from the
 * mixture of the kept thoughts: it is that of one of them, each as likely as the others. Where none is kept, a chunk is written without a thought.
 * Cost: for K thoughts and each chunk 2 K calls that write, one more where no thought is kept, and up to (K + 1) · K that only score, counted as `usage.judging`; equal
 * ones are one request with native `n`. Only for models that score a given text and continue a started answer, such as `tiny()` of `mull/tiny`.
 * Out of budget or time, or where a round fails, what is written so far is the answer, with `stopped`; a thought that could not be rated is not kept. A request
 * for a JSON Schema is passed on whole, with a warning, and so is one that asks for a score. A chunk that calls tools ends the answer.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws {@link CapabilityError} when the stack is built, for a model that is not known to score and to continue
 * @throws what the model throws before there is any chunk
 * @see Zelikman et al. 2024, arXiv:2403.09629 (thoughts before every token, rewarded by how much more likely than the average thought they make what follows, mixed in by a learned
 *   head). Deviations: chunks instead
 *   of tokens; nothing is learned; what follows is not known, so what the thoughts themselves lead to stands for it
 * @example
 * const solver = stack(await tiny(), quietThoughts({ open: "", close: "Answer:", thoughtTokens: 120 }), chainOfThought({ answer: number() }));
 * const { answer, chunks } = await run(solver, "Tom has 12 apples. Tom buys 5 more. How many apples does Tom have?");
 */
export function quietThoughts(
  options: QuietThoughtsOptions = {},
): <R extends ModelResponse>(next: Model<R>) => Model<QuietlyThought<R>> {
  const { chunkTokens, most, ...plan } = planOf(options);

  return <R extends ModelResponse>(next: Model<R>): Model<QuietlyThought<R>> => {
    checkModel(next);

    const think = async (request: ModelRequest, call: Call): Promise<QuietlyThought<R>> => {
      const structured = request.schema !== undefined && next.capabilities.schema !== false;
      if (structured || request.score !== undefined) {
        const response = await next.generate(request, call);
        return extend(response, { chunks: [], ...withWarnings(response, structured ? [wholeAnswer] : []) });
      }
      const chunks: QuietChunk[] = [];
      const thoughts: string[] = [];
      let whole: R | undefined;
      let room = request.maxOutputTokens ?? Infinity;
      let stopped: StopReason | undefined;
      const warnings: Warning[] = [];
      try {
        while (stopped === undefined && chunks.length < most && room >= 1) {
          const begun = (request.prefill ?? "") + (whole?.text ?? "");
          const round = await quietRound(next, request, begun, Math.min(chunkTokens, room), plan, call);
          const { chunk, response } = round;
          chunks.push(chunk);
          if (chunk.by !== undefined) thoughts.push(chunk.thoughts[chunk.by]?.text.trim() ?? "");
          whole = whole === undefined ? response : joined(whole, "", response);
          room -= tokensWritten(response);
          if (call.listening && chunk.text !== "")
            call.emit({ type: "delta", path: call.path, text: chunk.text, output: !call.thought });
          if (round.stopped !== "done") stopped = round.stopped;
          if (response.finishReason !== "length" || chunk.text === "" || callsTools(response)) break;
        }
      } catch (error) {
        const gone = call.scope.aborted && exhaustion(call.scope.reason) === undefined;
        if (gone || whole === undefined || InvalidOptionError.is(error)) throw error;
        stopped = exhaustion(error) ?? "failure";
      }
      if (stopped === "failure") warnings.push(failed);
      const response = whole as R;
      return extend(response, {
        chunks,
        ...(thoughts.length > 0 && { reasoning: [...thoughts, response.reasoning ?? ""].filter(Boolean).join("\n\n") }),
        ...(stopped !== undefined && { stopped }),
        ...withWarnings(response, warnings),
      });
    };

    return wrap(where, next, think, {
      outline: {
        detail: `thoughts = ${plan.thoughts}, chunkTokens = ${chunkTokens}`,
        cost: (inner, inputTokens, outputTokens) => {
          const { thoughts: k, thoughtTokens } = plan;
          const rounds = Math.min(most, Math.ceil(outputTokens / chunkTokens));
          const { calls, tokens } = inner(inputTokens + outputTokens + thoughtTokens);
          const times = rounds * (2 * k + 1 + (k + 1) * k);
          return { calls: times * calls, tokens: times * tokens };
        },
      },
    });
  };
}

const where = "quietThoughts";

const failed: Warning = {
  code: "thought-failed",
  message: "hidden thoughts, or what follows them, could not be had to the end: what was written so far is returned",
};
const wholeAnswer: Warning = {
  code: "not-thought",
  message: "the request asks for a JSON Schema, which holds for whole answers: nothing was thought between its parts",
};

function planOf(options: QuietThoughtsOptions): QuietPlan & { readonly chunkTokens: number; readonly most: number } {
  checkOptions(where, options, ["thoughts", "thoughtTokens", "chunkTokens", "chunks", "open", "close", "concurrency"]);
  const { thoughts = 4, thoughtTokens = 64, chunkTokens = 32, chunks = 16, concurrency } = options;
  const { open = "<thought>", close = "</thought>" } = options;
  for (const [name, value] of Object.entries({ thoughts, thoughtTokens, chunkTokens, chunks }))
    checkInteger(where, name, value, 1);
  if (concurrency !== undefined && concurrency !== Infinity) checkInteger(where, "concurrency", concurrency, 1);
  if (typeof open !== "string") throw new InvalidOptionError(where, "open", "a text", open);
  if (typeof close !== "string" || close === "")
    throw new InvalidOptionError(where, "close", "a text that is not empty", close);
  return { thoughts, thoughtTokens, chunkTokens, most: chunks, open, close, concurrency };
}

function checkModel({ id, capabilities }: Model): void {
  for (const ability of ["score", "prefill"] as const) {
    if (capabilities[ability] === true) continue;
    const needs = ability === "score" ? "tell how likely a given text is" : "continue a started answer";
    const message =
      `${where}: ${id} is not known to ${needs}. tiny() of mull/tiny can; ` +
      "over any model, sampleN() with majorityVote() mixes lines of thought by their answers";
    throw new CapabilityError(ability, id, message);
  }
}
