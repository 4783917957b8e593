/**
 * @module
 * Particles: lines that are drawn anew after every step, in proportion to their weights.
 */
import { effectiveNumber, fromLogs, resample, type Resampling } from "../../../answers/chance/resampling.js";
import { InvalidOptionError } from "../../../core/errors.js";
import { checkInteger, checkNumber, checkOptions } from "../../../core/options.js";
import { Rounds } from "../../../core/search/rounds.js";
import type { SearchNode, SearchOrder } from "../../../core/search/search.js";

/** Options of {@link particles}. */
export interface ParticlesOptions {
  /** How many: whole, at least 1. @defaultValue 16 */
  readonly n?: number | undefined;
  /** The logarithm of a particle's weight, from its score; `-Infinity` for none. @defaultValue log(score / (1 - score)), of scores from 0 to 1 */
  readonly logWeight?: ((score: number) => number) | undefined;
  /** Divides these logarithms: finite, above 0; the larger, the less a difference counts. @defaultValue 1 */
  readonly weightTemperature?: number | undefined;
  /** `'systematic'`: a particle comes up as often as its share says, but for less than one; `'multinomial'`: each is drawn anew. @defaultValue `'systematic'` */
  readonly resampling?: Resampling | undefined;
  /** Keeps the particles apart in the first steps; `true` for its defaults. @defaultValue `false` */
  readonly anneal?: boolean | Annealing | undefined;
}

/** How long particles are kept apart, and how far. */
export interface Annealing {
  /** The part of the particles that shall count in the first step, from 0 to 1; in every further one less. @defaultValue 0.5 */
  readonly share?: number | undefined;
  /** After so many steps weights are taken as they are: whole, at least 1. @defaultValue 8 */
  readonly steps?: number | undefined;
}

/**
 * `n` lines go on by one step each; then `n` of them are drawn, in proportion to their weights: a good one may stand there several times, and goes on in as many ways. A line
 * at its end keeps its weight, and is drawn with the others. Those that all are at their end in the end are let through, each as often as it was drawn.
 *
 * `anneal`: while fewer particles count than it asks for (e to the entropy of their weights), the weights are flattened until so many do.
 * Cost: `n` trials a round; less by one for each particle at its end.
 *
 * @throws {@link InvalidOptionError} for options out of bounds; when it is told a score out of 0 to 1 without `logWeight`, or what that returns is no logarithm
 * @see Puri et al. 2025, arXiv:2502.01618, algorithm 1, with the weights of the authors' its_hub (scores cut off at 1e-7). Deviation: systematic resampling by default.
 *   `anneal`: after the idea of Giannone et al. 2025, arXiv:2510.05825 (entropic annealing); its formulas were not at hand, and its look-ahead is not done
 */
export function particles(options: ParticlesOptions = {}): SearchOrder {
  const where = "particles";
  checkOptions(where, options, particlesOptions);
  return particlesOf(where, options);
}

export const particlesOptions: readonly string[] = ["n", "logWeight", "weightTemperature", "resampling", "anneal"];

/** The order of a strategy called `where`. */
export function particlesOf(where: string, options: ParticlesOptions): SearchOrder {
  const { n = 16, logWeight, weightTemperature = 1, resampling = "systematic" } = options;
  checkInteger(where, "n", n, 1);
  if (logWeight !== undefined && typeof logWeight !== "function")
    throw new InvalidOptionError(where, "logWeight", "a function of a score", logWeight);
  if (!(checkNumber(where, "weightTemperature", weightTemperature, 0) > 0 && weightTemperature < Infinity))
    throw new InvalidOptionError(where, "weightTemperature", "a finite number above 0", weightTemperature);
  if (resampling !== "systematic" && resampling !== "multinomial")
    throw new InvalidOptionError(where, "resampling", "'systematic' or 'multinomial'", resampling);
  const wanted = annealingOf(where, options.anneal ?? false);
  const logOf = ({ score }: SearchNode<unknown>): number => {
    if (score === undefined) return -Infinity;
    return (logWeight === undefined ? logit(where, score) : checkLog(where, logWeight(score))) / weightTemperature;
  };
  const settings = [
    `n = ${n}`,
    ...(resampling === "multinomial" ? [resampling] : []),
    ...(options.anneal ? ["anneal"] : []),
  ];
  return {
    name: `particles(${settings.join(", ")})`,
    concurrency: Infinity,
    mostTrials: (maxDepth) => n * maxDepth,
    begin: (start) =>
      new Rounds(start, n, (members, round) => {
        if (members.length === 0) return [];
        const weights = flattened(members.map(logOf), wanted(round) * n);
        return resample(resampling, start.random, weights, n).map(
          (index) => members[index] as (typeof members)[number],
        );
      }),
  };
}

/** The weights; flattened as much as is needed for so many of them to count. */
function flattened(logs: readonly number[], least: number): readonly number[] {
  const raised = (power: number): readonly number[] =>
    fromLogs(logs.map((log) => (log === -Infinity ? log : log * power)));
  if (effectiveNumber(raised(1)) >= least) return raised(1);
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const power = (low + high) / 2;
    if (effectiveNumber(raised(power)) < least) high = power;
    else low = power;
  }
  return raised(low);
}

/** Which part of the particles shall count in a round. */
function annealingOf(where: string, anneal: boolean | Annealing): (round: number) => number {
  if (anneal === false) return () => 0;
  const options = anneal === true ? {} : anneal;
  checkOptions(`${where}.anneal`, options, ["share", "steps"]);
  const { share = 0.5, steps = 8 } = options;
  checkNumber(where, "anneal.share", share, 0, 1);
  checkInteger(where, "anneal.steps", steps, 1);
  return (round) => share * Math.max(0, 1 - (round - 1) / steps);
}

/** Scores nearer to 0 or 1 are taken for this. */
const nearest = 1e-7;

function logit(where: string, score: number): number {
  checkNumber(where, "a score, where there is no logWeight,", score, 0, 1);
  const clipped = Math.min(1 - nearest, Math.max(nearest, score));
  return Math.log(clipped / (1 - clipped));
}

function checkLog(where: string, log: number): number {
  if (typeof log === "number" && log < Infinity) return log;
  throw new InvalidOptionError(where, "what logWeight returns", "a number below Infinity", log);
}
