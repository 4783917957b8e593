/**
 * @module
 * Stopping rules for scored samples: when another one is not worth its price. Plain functions of the scores so far.
 */
import { InvalidOptionError } from "../../core/errors.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { expectedGain, fitTruncatedNormal, truncatedTail } from "../chance/distributions.js";

/** What a {@link ScoreStoppingRule} sees. */
export interface ScoreView {
  /** Of the samples that were scored, in index order. */
  readonly scores: readonly number[];
  /** The highest of them; `-Infinity` where there is none. */
  readonly best: number;
  /** Samples seen, those too that could not be scored. */
  readonly seen: number;
  /** Samples that may still come, above 0; `Infinity` where nobody knows. */
  readonly remaining: number;
}

/** Is it enough? Asked after every scored sample but the last, in index order. */
export type ScoreStoppingRule = (view: ScoreView) => boolean;

/**
 * Stops at the first score of at least `score`.
 *
 * @throws {@link InvalidOptionError} for what is no finite number
 */
export function atLeast(score: number): ScoreStoppingRule {
  checkFinite("atLeast", "score", score);
  return ({ best }) => best >= score;
}

/** Options of {@link optScale}. */
export interface OptScaleOptions {
  /** The score that is good enough, within the bounds. */
  readonly target: number;
  /** How surely one of the samples shall reach it, above 0 and below 1. @defaultValue 0.95 */
  readonly confidence?: number | undefined;
  /** Scores from which it begins to reckon: whole, at least 3. @defaultValue 4 */
  readonly min?: number | undefined;
  /** The lowest and the highest score there is. @defaultValue `[0, 1]` */
  readonly bounds?: readonly [low: number, high: number] | undefined;
}

/**
 * Stops when the target is reached, or when so many samples were drawn that one of them would have reached it with `confidence`, if the
 * scores so far tell how scores are spread: n ≥ ln(1 - confidence) / ln F(target), F being a normal cut off at the bounds.
 *
 * It gives up on a target that is likely enough to have come up by now; one that is out of reach never ends the sampling, for then
 * each new sample is as little likely to reach it as the last. Scores that are all the same say nothing of how they are spread: it goes on.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @see Wang et al. 2025, OptScale, arXiv:2506.22376 (the bound). Deviation: mean and spread are those that make the scores so far
 *   likeliest; the paper also has a trained predictor for them.
 */
export function optScale(options: OptScaleOptions): ScoreStoppingRule {
  checkOptions("optScale", options, ["target", "confidence", "min", "bounds"]);
  const { target, confidence = 0.95, min = 4, bounds = [0, 1] } = options;
  const [low, high] = checkBounds(bounds);
  checkNumber("optScale", "target", target, low, high);
  if (!(confidence > 0 && confidence < 1))
    throw new InvalidOptionError("optScale", "confidence", "a number above 0 and below 1", confidence);
  checkInteger("optScale", "min", min, 3);

  return ({ scores, best }) => {
    if (best >= target) return true;
    if (scores.length < min) return false;
    const { mean, variance } = momentsOf(scores);
    if (variance === 0) return false;
    const reaching = truncatedTail(fitTruncatedNormal(mean, variance, low, high), target);
    return scores.length * Math.log1p(-reaching) <= Math.log(1 - confidence);
  };
}

/** Options of {@link pandora}. */
export interface PandoraOptions {
  /** What one more sample costs, in units of the score: above 0. */
  readonly price: number;
  /** Scores from which it begins to reckon: whole, at least 3. @defaultValue 4 */
  readonly min?: number | undefined;
  /** The highest score there is, which nothing can exceed. @defaultValue none */
  readonly most?: number | undefined;
}

/**
 * Stops when one more sample is expected to raise the best score by less than its price.
 *
 * What the next score may be is reckoned from those so far: normal, with mean and spread unknown, so Student's t with n - 1 degrees of freedom.
 * Scores that are all the same say nothing of how they are spread: it goes on.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @see Kalayci et al. 2025, arXiv:2510.01394 (Pandora's box: draw while the expected gain is above the price; there by an upper confidence
 *   bound); Wan et al. 2025, BEACON, arXiv:2510.15945 (normal-inverse-gamma posterior; desk-rejected at ICLR 2026: an idea, not settled
 *   evidence). Deviation from both: the prior says nothing, and only the next sample is looked at, not those after it.
 */
export function pandora(options: PandoraOptions): ScoreStoppingRule {
  checkOptions("pandora", options, ["price", "min", "most"]);
  const { price, min = 4, most = Infinity } = options;
  if (!(checkNumber("pandora", "price", price, 0) > 0))
    throw new InvalidOptionError("pandora", "price", "a number above 0", price);
  checkInteger("pandora", "min", min, 3);
  if (typeof most !== "number" || Number.isNaN(most)) throw new InvalidOptionError("pandora", "most", "a number", most);

  return ({ scores, best }) => {
    const { length: n } = scores;
    if (best >= most) return true;
    if (n < min) return false;
    const { mean, variance } = momentsOf(scores);
    if (variance === 0) return false;
    const scale = Math.sqrt((variance * n * (1 + 1 / n)) / (n - 1));
    const gain = expectedGain(best, mean, scale, n - 1) - expectedGain(most, mean, scale, n - 1);
    return gain < price;
  };
}

/** Mean, and mean square from it. */
function momentsOf(scores: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  if (scores.every((score) => score === scores[0])) return { mean, variance: 0 }; // whatever the rounding of the mean
  return { mean, variance: scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length };
}

function checkBounds(bounds: readonly [number, number]): readonly [low: number, high: number] {
  const given: readonly unknown[] = Array.isArray(bounds) ? bounds : [];
  const ok = given.length === 2 && given.every(Number.isFinite) && (given[0] as number) < (given[1] as number);
  if (!ok) throw new InvalidOptionError("optScale", "bounds", "two finite numbers, the lower first", bounds);
  return bounds;
}

function checkFinite(where: string, option: string, value: number): void {
  if (!Number.isFinite(value)) throw new InvalidOptionError(where, option, "a finite number", value);
}
