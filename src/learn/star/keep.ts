/**
 * @module
 * What {@link star} keeps of what was written, and what it says of it.
 */
import { countThoughts } from "../../answers/learning/counts.js";
import type { Random } from "../../core/random.js";
import type { StarExample, StarReport } from "../star.js";
import type { StarStudy } from "./study.js";

type Studies = readonly (StarStudy | undefined)[];

/** Right ones, at most so many of a question; those for a wrong reason apart. */
export function keepRight(
  studies: Studies,
  perQuestion: number,
): { readonly examples: readonly StarExample[]; readonly flagged: readonly StarExample[] } {
  const right = studies.flatMap(
    (study) => study?.examples.filter((one) => !study.flagged.has(one)).slice(0, perQuestion) ?? [],
  );
  return { examples: right, flagged: studies.flatMap((study) => [...(study?.flagged ?? [])]) };
}

/** So many of everything that was written, right or wrong, in its order. */
export function keepRandom(studies: Studies, count: number, random: Random): readonly StarExample[] {
  const all = studies.flatMap((study) => study?.all ?? []);
  const chosen = new Set(random.shuffle(all).slice(0, count));
  return all.filter((one) => chosen.has(one));
}

/** The counts of a round. */
export function reportOf(studies: Studies, kept: number, flagged: number): StarReport {
  const questions = { total: studies.length, solved: 0, rationalized: 0, unsolved: 0, lost: 0 };
  for (const study of studies) {
    if (study === undefined) questions.lost++;
    else if (study.sampled.attempts.some(({ right }) => right)) questions.solved++;
    else if (study.examples.length > 0) questions.rationalized++;
    else questions.unsolved++;
  }
  const there = studies.filter((study) => study !== undefined);
  const followed = there.reduce((sum, study) => sum + study.followed, 0);
  return {
    questions,
    samples: countThoughts(there.map(({ sampled }) => sampled)),
    rationalizations: { ...countThoughts(there.map(({ hinted }) => hinted)), followed },
    rightAnswerWrongReason: flagged,
    kept,
  };
}
