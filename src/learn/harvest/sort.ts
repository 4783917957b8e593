/**
 * @module
 * Sorting what was judged into the kinds of training data.
 */
import type { LabelledSolution, PreferencePair, TrainingExample } from "../../core/trainer.js";
import type { DropReason, Entry, Question } from "./questions.js";
import { standing } from "./truth.js";

/** How solutions are sorted. */
export interface SortSettings {
  /** The most of one question and kind. */
  readonly perQuestion: number;
  /** Is what is said of it a label, or a comparison alone? */
  readonly labelled: (entry: Entry) => boolean;
}

/** The kinds, and how many solutions are in them or were dropped. */
export interface Sorted {
  readonly kinds: {
    readonly sft: readonly TrainingExample[];
    readonly preferences: readonly PreferencePair[];
    readonly verifier: readonly LabelledSolution[];
  };
  readonly counts: {
    readonly solutions: number;
    readonly right: number;
    readonly wrong: number;
    readonly rightAnswerWrongReason: number;
    readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  };
}

/** Sorts all solutions that were not dropped; drops those beyond the cap. */
export function sort(questions: readonly Question[], { perQuestion, labelled }: SortSettings): Sorted {
  const sft: TrainingExample[] = [];
  const preferences: PreferencePair[] = [];
  const verifier: LabelledSolution[] = [];
  const counts = { solutions: 0, right: 0, wrong: 0, rightAnswerWrongReason: 0 };
  const dropped: Partial<Record<DropReason, number>> = {};

  for (const { request, entries } of questions) {
    const { messages } = request;
    const kept = standing(entries);
    const right = capped(
      kept.filter((entry) => entry.right === true && !entry.wrongReason),
      perQuestion,
    );
    const flagged = capped(
      kept.filter(({ wrongReason }) => wrongReason),
      perQuestion,
    );
    const wrong = capped(
      kept.filter((entry) => entry.right === false),
      perQuestion,
    );
    for (const [index, { completion }] of right.entries()) {
      sft.push({ messages, completion });
      const rejected = wrong[index]?.completion;
      if (rejected !== undefined) preferences.push({ messages, chosen: completion, rejected });
    }
    for (const entry of [...right, ...flagged, ...wrong].filter(labelled)) {
      const flag = entry.wrongReason ? { rightAnswerWrongReason: true } : {};
      verifier.push({ messages, completion: entry.completion, right: entry.right === true, ...flag });
    }
    counts.solutions += entries.length;
    counts.right += right.length;
    counts.wrong += wrong.length;
    counts.rightAnswerWrongReason += flagged.length;
    for (const { dropped: why } of entries) if (why !== undefined) dropped[why] = (dropped[why] ?? 0) + 1;
  }
  return { kinds: { sft, preferences, verifier }, counts: { ...counts, dropped } };
}

/** The first of them; the others are dropped. */
function capped(entries: readonly Entry[], most: number): readonly Entry[] {
  for (const entry of entries.slice(most)) entry.dropped = "capped";
  return entries.slice(0, most);
}
