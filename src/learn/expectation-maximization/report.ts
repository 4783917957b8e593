/**
 * @module
 * The figures of an E-step over all questions.
 */
import type { ExpectationReport } from "../expectation-maximization.js";
import type { Expected } from "./e-step.js";

/** What the E-steps of all questions say together. */
export function reportOf(steps: readonly (Expected | undefined)[]): ExpectationReport {
  const there = steps.filter((step) => step !== undefined);
  const explained = there.filter(({ logMean }) => logMean.value > -Infinity);
  const errors = explained.flatMap(({ logMean }) => logMean.error ?? []);
  const known = errors.length > 0 && errors.length === explained.length;
  const proposed = sum(there, ({ proposed: count }) => count);
  return {
    questions: {
      total: steps.length,
      unexplained: there.length - explained.length,
      lost: steps.length - there.length,
    },
    thoughts: sum(there, ({ thoughts }) => thoughts),
    logLikelihood: mean(explained, ({ logMean }) => logMean.value),
    error: known ? Math.hypot(...errors) / errors.length : undefined,
    effectiveSamples: mean(explained, ({ effectiveSamples }) => effectiveSamples),
    acceptance: proposed === 0 ? undefined : sum(there, ({ accepted }) => accepted) / proposed,
  };
}

function mean<T>(items: readonly T[], of: (item: T) => number): number | undefined {
  return items.length === 0 ? undefined : sum(items, of) / items.length;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
