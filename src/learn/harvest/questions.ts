/**
 * @module
 * Runs put together by their question, and what of them can be learnt from.
 */
import { keyOf } from "../../answers/answer.js";
import { conversation, obstacleIn } from "../../answers/to-jsonl/lines.js";
import { callsTools } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import { textOf, type Message } from "../../core/message.js";
import type { ModelRequest, ModelResponse } from "../../core/model.js";
import { checkRequest } from "../../core/run.js";
import type { HarvestRun } from "../harvest.js";
import { solutionsIn, type Solution } from "./ledger.js";

/**
 * Why a solution is not in the harvest. `held-out`: its question is kept for measuring; `tools` and `files`: a completion cannot hold them; `cut`: it
 * was not written to its end; `empty`: it has no words; `unread`: it has no answer that could vote; `no-truth`: nobody can say whether it is right;
 * `duplicate`: it is word for word another one; `check-failed`: the feedback threw; `unchecked`: the budget ended before it; `capped`: its question has
 * enough of its kind.
 */
export type DropReason =
  | "held-out"
  | "tools"
  | "files"
  | "cut"
  | "empty"
  | "unread"
  | "no-truth"
  | "duplicate"
  | "check-failed"
  | "unchecked"
  | "capped";

/** A solution on its way. */
export interface Entry<R extends ModelResponse = ModelResponse> {
  readonly solution: Solution<R>;
  /** Which of its question, from 0. */
  readonly round: number;
  readonly key: string | undefined;
  /** Thoughts and answer. */
  readonly completion: string;
  dropped: DropReason | undefined;
  right: boolean | undefined;
  wrongReason: boolean;
}

/** A question, with all that was answered to it. */
export interface Question<R extends ModelResponse = ModelResponse> {
  readonly request: ModelRequest;
  /** Key of the right answer, where the run says it. */
  gold: string | undefined;
  readonly entries: Entry<R>[];
}

/** How runs are read. */
export interface ReadSettings {
  readonly reasoning: "think" | "omit";
  readonly heldOut: Iterable<string | ModelRequest>;
}

/** Questions as their runs come. */
export class Questions<R extends ModelResponse> {
  readonly all: Map<string, Question<R>> = new Map<string, Question<R>>();
  /** Runs that ended without a response. */
  failed = 0;
  private readonly _heldOut: ReadonlySet<string>;
  private readonly _reasoning: ReadSettings["reasoning"];

  constructor({ heldOut, reasoning }: ReadSettings) {
    this._heldOut = new Set([...heldOut].map((question) => normal(lastOf(checkRequest(question, "harvest").messages))));
    this._reasoning = reasoning;
  }

  add({ request: asked, response, gold }: HarvestRun<R>): void {
    const request = checkRequest(asked, "harvest");
    if (gold !== undefined && typeof gold !== "string")
      throw new InvalidOptionError("harvest", "gold", "the key of an answer, such as number().key(17)", gold);
    if (response === undefined) {
      this.failed++;
      return;
    }
    const { messages } = request;
    const heldOut = messages.some((message) => this._heldOut.has(normal(textOf(message))));
    const obstacle = heldOut ? "held-out" : messages.map(obstacleIn).find((found) => found !== undefined);
    const id = JSON.stringify(obstacle === undefined ? conversation(messages) : messages.map(textOf));
    let question = this.all.get(id);
    if (question === undefined) this.all.set(id, (question = { request, gold: undefined, entries: [] }));
    question.gold ??= gold;
    for (const solution of solutionsIn(response)) {
      const completion = completionOf(solution.response, request.prefill, this._reasoning);
      const dropped = obstacle ?? flawOf(solution.response, completion);
      const key = keyOf(solution.response);
      const round = question.entries.length;
      question.entries.push({ solution, round, key, completion, dropped, right: undefined, wrongReason: false });
    }
  }
}

/** Drops what is word for word another solution of its question; the first stays. */
export function dropDuplicates({ entries }: Question): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    if (entry.dropped !== undefined) continue;
    const words = entry.completion.trim();
    if (seen.has(words)) entry.dropped = "duplicate";
    seen.add(words);
  }
}

/** Why nobody should learn from this response. */
function flawOf(response: ModelResponse, completion: string): DropReason | undefined {
  const { transcript } = response as { readonly transcript?: unknown };
  // The answer of a loop rests on what its tools said, which stands in no completion.
  if (callsTools(response) || (Array.isArray(transcript) && transcript.length > 1)) return "tools";
  if (response.content?.some(({ type }) => type === "file") === true) return "files";
  if (response.finishReason === "length" || response.finishReason === "content-filter") return "cut";
  return completion.trim() === "" ? "empty" : undefined;
}

function completionOf({ text, reasoning = "" }: ModelResponse, prefill = "", where: ReadSettings["reasoning"]): string {
  const answer = prefill + text;
  return where === "omit" || reasoning.trim() === "" || answer.trim() === ""
    ? answer
    : `<think>\n${reasoning.trim()}\n</think>\n\n${answer}`;
}

function lastOf(messages: readonly Message[]): string {
  const last = messages.findLast(({ role }) => role === "user") ?? messages.at(-1);
  return last === undefined ? "" : textOf(last);
}

function normal(text: string): string {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}
