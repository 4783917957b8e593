/**
 * @module
 * Foresight: stopping when the samples still to come are not expected to change the winner.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { ModelResponse } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { Random } from "../../core/random.js";
import { noUsage } from "../../core/usage.js";
import { leadProbability } from "../chance/beta.js";
import type { StoppingRule } from "./stopping.js";
import { Tally, type TallyView } from "../tally.js";
import { changeProbability } from "../chance/urn.js";

/** Options of {@link foreseen.fit}. */
export interface ForeseenFitOptions {
  /** The share of winners that may change by stopping early, from 0 to 1. @defaultValue 0.01 */
  readonly changed?: number | undefined;
  /** Orders in which every run is read, for its samples could have come in any: whole, at least 1. @defaultValue 20 */
  readonly orders?: number | undefined;
}

/** A rule that was learned, and what was learned. */
export interface FittedForeseen extends StoppingRule {
  /** The `p` of {@link foreseen} that was found. */
  readonly p: number;
  /** Share of the runs whose winner changed by it. */
  readonly changed: number;
  /** Samples drawn, as a share of all. */
  readonly drawn: number;
}

/**
 * Stops when the vote over all planned samples would elect the present leader with probability `p` at least. Few samples are then needed
 * where little remains to be seen, as well as where the lead is clear: {@link decided} is `foreseen(1)` without its last doubts, and {@link beta}
 * is what it becomes when nobody knows how many samples will come.
 *
 * The samples to come are drawn from what was seen (Dirichlet-multinomial, uniform prior over "the leader", "the second", "any other").
 * A cheap rule: arithmetic on five numbers, no calls.
 *
 * @param p - from 0.5 to 1. @defaultValue 0.95
 * @throws {@link InvalidOptionError} for a probability out of bounds
 * @see Aggarwal et al. 2023, arXiv:2305.11860 (stopping on a posterior). Deviation: what is foreseen is the outcome of this very vote, not
 *   which answer is likelier in the long run. On eight recorded sets of samples (`npm run bench:accuracy`) it needs fewer samples than that rule and
 *   than windows that agree, at no lower accuracy.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(40), majorityVote({ stop: foreseen(0.95) }));
 */
export const foreseen: {
  (p?: number): StoppingRule;
  /**
   * Learns `p` from runs that were sampled to their end, without knowing what is right: the lowest at which stopping changes no more than
   * `changed` of the winners. Runs should be of questions like those to come, and as long as the votes to come.
   *
   * @param runs - for each question the keys of its samples, `undefined` for one that cast no vote; at least one run of two samples or more
   * @throws {@link InvalidOptionError} for no run, and for options out of bounds
   * @example
   * const stop = foreseen.fit(history.map(({ samples }) => samples.map(({ key }) => key)), { changed: 0.01 });
   */
  fit(runs: readonly (readonly (string | undefined)[])[], options?: ForeseenFitOptions): FittedForeseen;
} = /* @__PURE__ */ Object.assign(
  (p: number = 0.95): StoppingRule => {
    checkNumber("foreseen", "p", p, 0.5, 1);
    return (tally) => tally.remaining === 0 || (tally.first > 0 && changes(tally) <= 1 - p);
  },
  { fit },
);

/** The probability that another answer than the leader is elected at the end. */
function changes({ first, second, total, cast, remaining, firstWinsTies }: TallyView): number {
  // In votes of mean weight.
  const a = Math.round((first * cast) / total);
  const b = Math.round((second * cast) / total);
  if (remaining === Infinity) return 1 - leadProbability(a, b);
  return changeProbability(a, b, Math.max(0, cast - a - b), remaining, firstWinsTies);
}

function fit(runs: readonly (readonly (string | undefined)[])[], options: ForeseenFitOptions = {}): FittedForeseen {
  checkOptions("foreseen.fit", options, ["changed", "orders"]);
  const { changed: most = 0.01, orders = 20 } = options;
  checkNumber("foreseen.fit", "changed", most, 0, 1);
  checkInteger("foreseen.fit", "orders", orders, 1);
  const list: readonly unknown[] = Array.isArray(runs) ? runs : [];
  if (list.length === 0 || !list.every((run) => Array.isArray(run) && run.length > 1)) {
    throw new InvalidOptionError("foreseen.fit", "runs", "a list of at least one run of two keys or more", runs);
  }
  const candidates = thresholds.map((p) => ({ p, changed: 0, drawn: 0 }));
  const random = new Random(1, runs.length);
  for (const run of runs) {
    for (let order = 0; order < orders; order++) {
      const read = readRun(order === 0 ? run : random.shuffle(run));
      for (const candidate of candidates) {
        const at = read.findIndex(({ doubt }) => doubt <= 1 - candidate.p);
        const state = read[at];
        candidate.changed += (state === undefined || state.stays ? 0 : 1) / (runs.length * orders);
        candidate.drawn += (state === undefined ? 1 : (at + 1) / run.length) / (runs.length * orders);
      }
    }
  }
  const found = candidates.find(({ changed }) => changed <= most) ?? { p: 1, changed: 0, drawn: 1 };
  return Object.assign(foreseen(found.p), found);
}

/** What {@link fit} tries, the loosest first. */
const thresholds: readonly number[] = [
  0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.83, 0.86, 0.88, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.975, 0.98,
  0.985, 0.99, 0.995, 0.999,
];

/** A response of which nothing but the key matters. */
function ballot(key: string | undefined): ModelResponse {
  const response = { text: "", finishReason: "stop", usage: noUsage, key } as const;
  return response;
}

/** After every sample of a run but the last: how doubtful the leader was, and whether it was elected in the end. */
function readRun(
  keys: readonly (string | undefined)[],
): readonly { readonly doubt: number; readonly stays: boolean }[] {
  const tally = new Tally({ planned: keys.length });
  const states: { doubt: number; leader: string | undefined }[] = [];
  for (const key of keys) {
    tally.add(ballot(key));
    states.push({ doubt: tally.first > 0 ? changes(tally) : 1, leader: tally.winner?.key });
  }
  const elected = states.pop()?.leader;
  return states.map(({ doubt, leader }) => ({ doubt, stays: leader === elected }));
}
