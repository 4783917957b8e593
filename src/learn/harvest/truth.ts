/**
 * @module
 * Which solutions are right, where nobody has to be asked: by the majority, by what the run's own scorers said, or by the known answer.
 */
import type { Entry, Question } from "./questions.js";

/** Says of every solution of a question whether it is right, or why nobody can say. */
export function byMajority({ entries }: Question, minShare: number): void {
  const votes = new Map<string, number>();
  for (const { key, solution, dropped } of entries) {
    if (key !== undefined && solution.votes && dropped !== "tools") votes.set(key, (votes.get(key) ?? 0) + 1);
  }
  const cast = [...votes.values()].reduce((sum, count) => sum + count, 0);
  const [[elected, most] = [undefined, 0], [, second] = [undefined, 0]] = [...votes].sort(([, a], [, b]) => b - a);
  // One voice is no majority, and of two that are even neither is.
  const open = elected === undefined || cast < 2 || most === second || most / cast < minShare;
  for (const entry of standing(entries)) {
    if (entry.key === undefined) entry.dropped = "unread";
    else if (open) entry.dropped = "no-truth";
    else entry.right = entry.key === elected;
  }
}

/** Right is what a verdict calls `ok`; of bare numbers, the best of a question against all that are lower. */
export function byScore({ entries }: Question): void {
  const scores = standing(entries).flatMap(({ solution }) =>
    solution.verdict === undefined ? (solution.score ?? []) : [],
  );
  const best = Math.max(...scores);
  const told = best > Math.min(...scores);
  for (const entry of standing(entries)) {
    const { score, verdict } = entry.solution;
    if (verdict !== undefined) entry.right = verdict.ok;
    else if (score !== undefined && told) entry.right = score === best;
    else entry.dropped = "no-truth";
  }
}

/** Right is what has the key of the known answer. */
export function byGold({ entries, gold }: Question): void {
  for (const entry of standing(entries)) {
    if (gold === undefined) entry.dropped = "no-truth";
    else if (entry.key === undefined) entry.dropped = "unread";
    else entry.right = entry.key === gold;
  }
}

/** Those that were not dropped. */
export function standing<E extends Entry>(entries: readonly E[]): readonly E[] {
  return entries.filter(({ dropped }) => dropped === undefined);
}
