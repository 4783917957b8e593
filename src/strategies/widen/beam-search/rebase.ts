/**
 * @module
 * Reward-balanced search: the better a line is, the more ways it goes on in.
 */
import { softmax } from "../../../answers/weights/reweigh.js";
import { InvalidOptionError } from "../../../core/errors.js";
import { checkInteger, checkNumber, checkOptions } from "../../../core/options.js";
import { Rounds } from "../../../core/search/rounds.js";
import type { SearchNode, SearchOrder } from "../../../core/search/search.js";
import { copies } from "./beam.js";

/** Options of {@link rebase}. */
export interface RebaseOptions {
  /** Lines in all, those at their end counted in: whole, at least 1. @defaultValue 16 */
  readonly n?: number | undefined;
  /** How much a difference of scores counts, in their unit: finite, above 0; the larger, the less. @defaultValue 0.1 */
  readonly temperature?: number | undefined;
}

/**
 * After every step, `n` ways to go on are shared out over the lines, in proportion to exp(score / `temperature`). A line at its end keeps one of them for good. All of those
 * are let through in the end; the authors let them vote by their scores: `majorityVote({ weight: ({ score }) => score ?? 0 })`.
 *
 * Cost: `n` trials a round; less by one for each line at its end.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @see Wu et al. 2024, arXiv:2408.00724, section 3 (REBASE). Deviation: shares are rounded so that they always come to `n` (largest remainders)
 */
export function rebase(options: RebaseOptions = {}): SearchOrder {
  checkOptions("rebase", options, ["n", "temperature"]);
  const { n = 16, temperature = 0.1 } = options;
  checkInteger("rebase", "n", n, 1);
  if (!(checkNumber("rebase", "temperature", temperature, 0) > 0 && temperature < Infinity))
    throw new InvalidOptionError("rebase", "temperature", "a finite number above 0", temperature);
  const balance = softmax(temperature);
  return {
    name: `rebase(n = ${n}, temperature = ${temperature})`,
    concurrency: Infinity,
    mostTrials: (maxDepth) => n * maxDepth,
    begin: (start) =>
      new Rounds(start, n, (members) => {
        const open = members.filter(({ leaf }) => !leaf);
        const shares = shareOut(weigh(open, balance), n - (members.length - open.length));
        const ways = new Map(open.map((node, index) => [node, shares[index] ?? 0]));
        return members.flatMap((node) => copies(node, ways.get(node) ?? 1));
      }),
  };
}

/** Lines without a score have no weight, unless none has one. */
function weigh(
  nodes: readonly SearchNode<unknown>[],
  balance: (scores: readonly number[]) => readonly number[],
): readonly number[] {
  const scores = nodes.map(({ score = -Infinity }) => score);
  return scores.some(Number.isFinite) ? balance(scores) : scores.map(() => 1);
}

/** Whole shares of `total` in proportion to weights, that come to it: the rest goes to the largest remainders, of equal ones the first. */
function shareOut(weights: readonly number[], total: number): readonly number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (Math.max(0, total) * weight) / sum);
  const shares = exact.map(Math.floor);
  let rest = Math.max(0, total) - shares.reduce((a, b) => a + b, 0);
  const remainder = (index: number): number => (exact[index] as number) - Math.floor(exact[index] as number);
  const order = [...exact.keys()].sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const index of order) if (rest-- > 0) shares[index] = (shares[index] as number) + 1;
  return shares;
}
