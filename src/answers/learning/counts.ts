/**
 * @module
 * Counts: what became of the thoughts of many questions.
 */
import type { Attempts } from "./attempts.js";

/** What became of thoughts. */
export interface ThoughtCounts {
  readonly drawn: number;
  readonly right: number;
  /** An answer that is not the right one, or is not known to be. */
  readonly wrong: number;
  /** Without an answer that can be read. */
  readonly unreadable: number;
  /** Failed, or their check did. */
  readonly lost: number;
}

/** Counts the thoughts of all these questions. */
export function countThoughts(all: readonly Attempts[]): ThoughtCounts {
  const counts = { drawn: 0, right: 0, wrong: 0, unreadable: 0, lost: 0 };
  for (const { attempts, errors } of all) {
    counts.drawn += attempts.length;
    counts.lost += errors.length;
    for (const { right, key } of attempts) counts[right ? "right" : key === undefined ? "unreadable" : "wrong"]++;
  }
  return counts;
}
