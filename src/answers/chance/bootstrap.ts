/**
 * @module
 * The bootstrap: how much a figure of some questions would differ had others been asked.
 */
import type { Random } from "../../core/random.js";
import { normalTail, studentBelow } from "./distributions.js";

/** Bounds of an interval. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * The interval of a statistic, by drawing the questions anew: what belongs to one question stays together. The expanded percentile interval, which makes up for what
 * the plain one is too narrow with few questions.
 *
 * @param clusters - what was measured of each question
 * @param statistic - of as many of them; `undefined` where it has no value
 * @returns `undefined` where nothing can be said: fewer than two questions, or the same figure whoever is drawn
 * @see Hesterberg 2015, arXiv:1411.5279, section 4.4 (expanded percentile)
 */
export function bootstrap<T>(
  clusters: readonly T[],
  statistic: (drawn: readonly T[]) => number | undefined,
  confidence: number,
  random: Random,
): Bounds | undefined {
  const n = clusters.length;
  if (n < 2) return undefined;
  const drawn: T[] = clusters.slice();
  const figures: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < n; i++) drawn[i] = clusters[random.integer(n)] as T;
    const figure = statistic(drawn);
    if (figure !== undefined && !Number.isNaN(figure)) figures.push(figure);
  }
  if (figures.length < draws / 2) return undefined;
  figures.sort((a, b) => a - b);
  const tail = normalTail(Math.sqrt(n / (n - 1)) * studentQuantile((1 + confidence) / 2, n - 1));
  const [low, high] = [quantile(figures, tail), quantile(figures, 1 - tail)];
  return low === high ? undefined : { low, high };
}

const draws = 1000;

/** Between two of the sorted values where it falls between them. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  return below + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] as number) - below);
}

/** Below which value of Student's t a share of at least one half lies. */
function studentQuantile(share: number, freedom: number): number {
  let [low, high] = [0, 1e6];
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (studentBelow(middle, freedom) < share) low = middle;
    else high = middle;
  }
  return high;
}
