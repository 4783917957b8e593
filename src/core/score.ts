/**
 * @module
 * Scores: what a scorer says of a response, read and checked.
 */
import { InvalidOptionError } from "./errors.js";
import { extend } from "./extend.js";
import type { Verdict } from "./feedback.js";
import { checkNumber } from "./options.js";

/** How good a response is. */
export interface Score {
  /** Higher is better; from 0 to 1 where it comes from a verdict. */
  readonly score: number;
  /** What the scorer said, its score filled in; `undefined` for a scorer that gives numbers. */
  readonly verdict: (Verdict & { readonly score: number }) | undefined;
}

/**
 * Reads what a scorer gave.
 *
 * @throws {@link InvalidOptionError} for what is neither a finite number nor a verdict, and for a verdict's score out of bounds
 */
export function scoreOf(where: string, given: number | Verdict): Score {
  if (typeof given === "number" && Number.isFinite(given)) return { score: given, verdict: undefined };
  const { ok, score = ok === true ? 1 : 0 } = Object(given) as Partial<Verdict>;
  if (typeof ok !== "boolean") {
    const bound = "a finite number, or a verdict such as { ok: false, score: 0.4 }";
    throw new InvalidOptionError(where, "what the scorer returns", bound, given);
  }
  checkNumber(where, "the score of a verdict", score, 0, 1);
  return { score, verdict: extend(given as Verdict, { score }) };
}
