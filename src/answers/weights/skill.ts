/**
 * @module
 * Skill: how much the vote of each of several sources is worth, learned from questions whose answers are known.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { ModelResponse } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import type { Weight } from "./weight.js";

/** One answer of a source to a question whose right answer is known. */
export interface SkillRecord {
  /** Who answered: a model, a prompt, an adviser. */
  readonly source: string;
  /** Was it right? */
  readonly correct: boolean;
}

/** What is known of one source. */
export interface Skill {
  readonly right: number;
  readonly total: number;
  /** Of its vote, at least 0: the log-odds it adds to what it votes for, in nats. */
  readonly weight: number;
}

/** What is known of all sources. Plain data: keep it as JSON. */
export interface Skills {
  readonly sources: Readonly<Record<string, Skill>>;
  /** The weight of a source that is not among them: that of all records together. */
  readonly unknown: number;
}

/** Options of {@link fitSkill}. */
export interface FitSkillOptions {
  /**
   * Answers that a question has, the right one included: whole, at least 2. Of open questions, as many as get votes; with more of them, a source
   * that is often wrong still counts. @defaultValue 5
   */
  readonly choices?: number | undefined;
}

/**
 * Learns what the vote of each source is worth.
 *
 * With K choices and a source that is right with probability p, wrong answers being equally likely, its vote multiplies the odds of an answer by
 * p · (K - 1) / (1 - p). Its logarithm is the weight; a source that is no better than a guess gets 0. p is estimated as
 * (right + 1) / (total + K), so that a source without records is a guess.
 *
 * Shape: records in, {@link Skills} out, for {@link skillWeight}. Cost: no calls.
 *
 * @throws {@link InvalidOptionError} for no records, records that are none, and options out of bounds
 * @see Nitzan and Paroush 1982, "Optimal decision rules in uncertain dichotomous choice situations" (log-odds are the best weights of independent
 *   votes). Deviation: K choices, and Laplace's rule of succession.
 * @example
 * const skills = fitSkill([{ source: "small", correct: true }, { source: "small", correct: false }, { source: "large", correct: true }]);
 */
export function fitSkill(records: readonly SkillRecord[], options: FitSkillOptions = {}): Skills {
  checkOptions("fitSkill", options, ["choices"]);
  const { choices = 5 } = options;
  checkInteger("fitSkill", "choices", choices, 2);
  if (!Array.isArray(records) || records.length === 0)
    throw new InvalidOptionError("fitSkill", "records", "a list of at least one record", records);
  const counts = new Map<string, { right: number; total: number }>();
  const all = { right: 0, total: 0 };
  for (const record of records as readonly (Partial<SkillRecord> | null)[]) {
    const { source, correct } = record ?? {};
    if (typeof source !== "string" || typeof correct !== "boolean")
      throw new InvalidOptionError(
        "fitSkill",
        "a record",
        "an object with a source and whether it was correct",
        record,
      );
    const own = counts.get(source) ?? { right: 0, total: 0 };
    counts.set(source, own);
    for (const count of [own, all]) {
      count.total++;
      if (correct) count.right++;
    }
  }
  const sources = [...counts].map(([source, count]) => {
    return [source, { ...count, weight: logOdds(count, choices) }] as const;
  });
  return { sources: Object.fromEntries(sources), unknown: logOdds(all, choices) };
}

/**
 * The weight of a vote by the skill of its source.
 *
 * @param skills - what {@link fitSkill} gave, today or from a file
 * @param source - says who gave a sample
 * @throws {@link InvalidOptionError} for skills that are none; at a call, for a source that is no text
 * @example
 * const vote = majorityVote({ weight: skillWeight(skills, ({ text }) => (text.startsWith("[large]") ? "large" : "small")) });
 */
export function skillWeight<R extends ModelResponse = ModelResponse>(
  skills: Skills,
  source: (sample: R) => string,
): Weight<R> {
  const { sources, unknown } = (skills ?? {}) as Partial<Skills>;
  if (typeof sources !== "object" || sources === null)
    throw new InvalidOptionError("skillWeight", "skills", "what fitSkill gave", skills);
  checkNumber("skillWeight", "skills.unknown", unknown as number, 0);
  if (typeof source !== "function")
    throw new InvalidOptionError("skillWeight", "source", "a function of a sample", source);
  const known = new Map(Object.entries(sources).map(([name, { weight }]) => [name, weight]));
  const weights = [...known.values(), unknown as number];
  for (const weight of weights) checkNumber("skillWeight", "the weight of a source", weight, 0);
  const weigh = (sample: R): number => {
    const name = source(sample);
    if (typeof name !== "string") throw new InvalidOptionError("skillWeight", "what source returns", "a text", name);
    return known.get(name) ?? (unknown as number);
  };
  return Object.assign(weigh, { max: Math.max(...weights) });
}

/** log of p · (K - 1) / (1 - p) for p = (right + 1) / (total + K); at least 0. */
function logOdds({ right, total }: { readonly right: number; readonly total: number }, choices: number): number {
  return Math.max(0, Math.log(((right + 1) * (choices - 1)) / (total - right + choices - 1)));
}
