/**
 * @module
 * The ledger of a response: every answer that stands in it, and what was said of each.
 */
import { keyOf } from "../../answers/answer.js";
import type { Verdict } from "../../core/feedback.js";
import type { ModelResponse } from "../../core/model.js";

/** One answer that was written, and what the run's own scorers said of it. */
export interface Solution<R extends ModelResponse = ModelResponse> extends Rating {
  readonly response: R;
  /** Does it count in a vote? Drafts that were replaced by a later one do not. */
  readonly votes: boolean;
}

/** What was said of an answer. */
interface Rating {
  readonly score?: number | undefined;
  readonly verdict?: Verdict | undefined;
}

/** Where layers keep answers: `samples`, `drafts` and `attempts`; and what was said of them: `scored` and `standings`. */
interface Ledger {
  readonly samples?: unknown;
  readonly drafts?: unknown;
  readonly attempts?: unknown;
  readonly scored?: unknown;
  readonly standings?: unknown;
  readonly score?: unknown;
  readonly verdict?: unknown;
}

/** All answers in a response, in the order they were written; the response itself where it is none of them. */
export function solutionsIn<R extends ModelResponse>(response: R): readonly Solution<R>[] {
  const found: Solution[] = [];
  const seen = new Set<ModelResponse>();

  const walk = (one: ModelResponse, votes: boolean, said: Rating): void => {
    if (seen.has(one)) return;
    seen.add(one);
    const ledger: ModelResponse & Ledger = one;
    const samples = listOf(ledger.samples).filter(isResponse);
    const drafts = ([...listOf(ledger.drafts), ...listOf(ledger.attempts)] as Draft[]).filter(isDraft);
    for (const sample of samples) walk(sample, votes, ratingIn(ledger, sample));
    // Of drafts the one that was returned stands for all; where there are samples, they do.
    const returned = samples.length > 0 ? undefined : drafts.find(({ response: { text } }) => text === one.text);
    for (const draft of drafts) walk(draft.response, votes && draft === returned, ratingOf(undefined, draft.verdict));
    const isNew = [...samples, ...drafts.map((draft) => draft.response)].every(({ text }) => text !== one.text);
    if (isNew) found.push({ response: one, votes, ...ratingOf(ledger.score, ledger.verdict), ...said });
  };
  walk(response, true, {});
  return found as unknown as readonly Solution<R>[];
}

interface Draft {
  readonly response: ModelResponse;
  readonly verdict?: unknown;
}

interface Scored {
  readonly sample?: ModelResponse;
  readonly score?: unknown;
  readonly verdict?: unknown;
}

interface Standing {
  readonly sample?: ModelResponse;
  readonly wins: number;
  readonly comparisons: number;
}

/** What a layer says of one of its samples. */
function ratingIn(ledger: Ledger, sample: ModelResponse): Rating {
  const scored = listOf(ledger.scored) as readonly Scored[];
  // What was read from a file is equal to its entry, and no longer the same.
  const entry = scored.find((one) => one.sample === sample) ?? scored.find((one) => one.sample?.text === sample.text);
  if (entry !== undefined) return ratingOf(entry.score, entry.verdict);
  const key = keyOf(sample);
  const standings = listOf(ledger.standings) as readonly Standing[];
  const standing = standings.find((one) => one.sample !== undefined && keyOf(one.sample) === key);
  if (standing === undefined || !(standing.comparisons > 0)) return {};
  return { score: standing.wins / standing.comparisons };
}

function ratingOf(score: unknown, verdict: unknown): Rating {
  const { ok, score: own = Number(ok) } = Object(verdict) as Partial<Verdict>;
  if (typeof ok === "boolean") return { verdict: verdict as Verdict, score: own };
  return typeof score === "number" && Number.isFinite(score) ? { score } : {};
}

function listOf(value: unknown): readonly object[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is object => typeof item === "object" && item !== null);
}

function isDraft({ response }: Partial<Draft>): boolean {
  return isResponse(response);
}

function isResponse(value: unknown): value is ModelResponse {
  return typeof (value as Partial<ModelResponse> | null | undefined)?.text === "string";
}
