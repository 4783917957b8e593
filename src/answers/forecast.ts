/**
 * @module
 * Forecast: what more samples would buy, from few samples of many questions.
 */
import { InvalidOptionError } from "../core/errors.js";
import { checkInteger, checkNumber } from "../core/options.js";
import { BetaFit, type Estimate, type Outcomes } from "./chance/beta-fit.js";

/** A question, and what is believed of it. */
export interface ForecastQuestion extends Outcomes {
  /** Chance that its next sample is right: its own share, drawn towards that of the others, the more the fewer samples it had. */
  readonly chance: number;
}

/** What is expected of more samples. Without its functions it is JSON: `forecast(JSON.parse(saved).questions)` makes it anew. */
export interface Forecast {
  /** The chances of the questions are spread as Beta(`alpha`, `beta`); `alpha` is 0 where nothing was right, `beta` where everything was. */
  readonly alpha: number;
  readonly beta: number;
  /** In the order they were given. */
  readonly questions: readonly ForecastQuestion[];
  /** pass@k: how often at least one of `k` samples is right, for questions like these. */
  readonly passAt: (k: number) => Estimate;
  /** How often more than half of `n` samples are right, for questions like these. A vote of `n` is right at least as often; more often where wrong answers differ from each other. */
  readonly majorityAt: (n: number) => Estimate;
  /** The share of these very questions with a right sample, when each has `times` as many samples as it had, rounded up. */
  readonly at: (times: number) => Estimate;
  /** How likely one of `more` further samples of a question is right, whatever its samples were so far. */
  readonly more: (question: number, more: number) => number;
}

/**
 * Foresees, from a few samples of every question, how many questions many samples would solve.
 *
 * The chances of the questions are taken to be spread as a Beta distribution, which is fitted by maximum likelihood. Then
 * pass@k is 1 - B(α, β + k) / B(α, β). Questions may have had different numbers of samples, so that hard ones can be sampled more often.
 * Errors are standard errors: by the curve of the likelihood or by the spread between questions (sandwich), whichever is larger; `at` adds the
 * chance of the draws to come. They do not know whether a Beta is the right shape; where it is not, too much or too little is foreseen.
 * A few dozen questions are needed; where all had the same share, or none or all were right, the fit is at an end of its range, and says so by
 * an `alpha` or `beta` that is huge, tiny or 0.
 *
 * @param outcomes - one for each question; at least one with two samples or more, for single ones cannot tell hard questions from bad luck
 * @throws {@link InvalidOptionError} for counts out of bounds; at a call, for numbers out of bounds
 * @see Kazdan et al. 2025, arXiv:2510.05197 (beta-binomial forecast); Brown et al. 2024, arXiv:2407.21787 (coverage keeps growing with samples).
 *   Deviation: `at` speaks of the very questions that were sampled, so that what is solved stays solved.
 * @example
 * const { passAt, at } = forecast([{ right: 0, samples: 10 }, { right: 2, samples: 10 }, { right: 9, samples: 10 }]);
 * passAt(100).value; // for questions like these
 * at(2).value; // what twice the samples would solve of these three
 */
export function forecast(outcomes: readonly Outcomes[]): Forecast {
  checkOutcomes(outcomes);
  const fit = new BetaFit(outcomes);
  const { alpha, beta } = fit;
  const questions = outcomes.map(({ right, samples }) => {
    return { right, samples, chance: (alpha + right) / (alpha + beta + samples) };
  });

  return {
    alpha,
    beta,
    questions,
    passAt: (k) => {
      checkInteger("passAt", "k", k, 1);
      return fit.estimate((a, b) => anyRight(a, b, k));
    },
    majorityAt: (n) => {
      checkInteger("majorityAt", "n", n, 1);
      return fit.estimate((a, b) => mostRight(a, b, n));
    },
    at: (times) => {
      checkNumber("at", "times", times, 1);
      if (times === Infinity) throw new InvalidOptionError("at", "times", "a finite number", times);
      const open = outcomes.filter(({ right }) => right === 0);
      const chances = (a: number, b: number): readonly number[] =>
        open.map(({ samples }) => anyRight(a, b + samples, extra(samples, times)));
      const all = outcomes.length;
      const { value, error } = fit.estimate((a, b) => (all - open.length + sum(chances(a, b))) / all);
      if (error === undefined) return { value, error };
      const draws = sum(chances(alpha, beta).map((p) => p * (1 - p)));
      return { value, error: Math.hypot(error, Math.sqrt(draws) / all) };
    },
    more: (question, more) => {
      checkInteger("more", "question", question, 0, outcomes.length - 1);
      checkInteger("more", "more", more, 1);
      const { right, samples } = outcomes[question] as Outcomes;
      return anyRight(alpha + right, beta + samples - right, more);
    },
  };
}

/** How many samples come to those there are; 30 · 1.1 is 33, whatever the rounding. */
function extra(samples: number, times: number): number {
  return Math.ceil(samples * times - 1e-9) - samples;
}

/** 1 - B(a, b + k) / B(a, b): the chance that one of `k` draws is right. */
function anyRight(a: number, b: number, k: number): number {
  let log = 0;
  for (let i = 0; i < k && log > -Infinity; i++) log += Math.log1p(-a / (a + b + i));
  return -Math.expm1(log) + 0;
}

/** The chance that more than half of `n` draws are right. */
function mostRight(a: number, b: number, n: number): number {
  if (a === 0 || b === 0) return a === 0 ? 0 : 1;
  // Of the number of right ones x, from n downwards; as a logarithm, for the first may be tiny.
  let log = 0;
  for (let i = 0; i < n; i++) log += Math.log((a + i) / (a + b + i));
  let total = 0;
  for (let x = n; 2 * x > n; x--) {
    total += Math.exp(log);
    log += Math.log((x / (n - x + 1)) * ((b + n - x) / (a + x - 1)));
  }
  return Math.min(1, total);
}

function checkOutcomes(outcomes: readonly Outcomes[]): void {
  if (!Array.isArray(outcomes) || outcomes.length === 0)
    throw new InvalidOptionError("forecast", "outcomes", "a list of at least one question", outcomes);
  outcomes.forEach((question: Partial<Outcomes> | null, index) => {
    const where = `forecast: outcomes[${index}]`;
    const { right, samples } = question ?? {};
    checkInteger(where, "samples", samples as number, 1);
    checkInteger(where, "right", right as number, 0, samples);
  });
  if (outcomes.every(({ samples }) => samples === 1))
    throw new InvalidOptionError("forecast", "outcomes", "of two samples or more for at least one question", outcomes);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
