/**
 * @module
 * The frontier of a cascade: which thresholds are worth having, learned from records.
 */
import { InvalidOptionError } from "../core/errors.js";
import { checkNumber } from "../core/options.js";

/** What one tier did with one question. */
export interface TierRecord {
  /** What asking it cost, in any unit: samples, tokens, dollars; what scored it counted in. At least 0. */
  readonly cost: number;
  /** What the threshold is compared with: its agreement, or what the scorer said. Not needed of the last tier. */
  readonly score?: number | undefined;
  /** Was its answer right? */
  readonly correct: boolean;
}

/** One question, answered by every tier, the cheapest first. */
export type CascadeRecord = readonly TierRecord[];

/** What thresholds came to. */
export interface CascadeOutcome {
  /** One for each tier but the last; `Infinity` is never reached. `cascade` takes them as they are. */
  readonly thresholds: readonly number[];
  /** Share of right answers. */
  readonly accuracy: number;
  /** Mean cost of a question: of all tiers that were asked. */
  readonly cost: number;
  /** Share of the questions that each tier answered. */
  readonly answered: readonly number[];
}

/** All thresholds worth having. */
export interface CascadeFrontier {
  /** From cheap to dear; each is more accurate than all that are cheaper. */
  readonly points: readonly CascadeOutcome[];
  /** The most accurate one that costs no more; `undefined` where all cost more. */
  readonly within: (cost: number) => CascadeOutcome | undefined;
  /** The cheapest one that is so accurate; `undefined` where none is. */
  readonly reaching: (accuracy: number) => CascadeOutcome | undefined;
}

/**
 * Learns what thresholds of a cascade buy: every choice of observed scores, reduced to those where less cost would mean less accuracy.
 *
 * Pure arithmetic on records of two or three tiers. What looks best on few records is partly luck: choose on one half of them, and look at the other with
 * {@link cascadeOutcome}.
 *
 * @param records - at least one; each with the same tiers
 * @throws {@link InvalidOptionError} for records that are none; at a call, for numbers out of bounds
 * @see Chen et al. 2023 (FrugalGPT), arXiv:2305.05176, section 3 (thresholds under a budget). Deviation: the whole frontier in place of one budget's optimum.
 * @example
 * const { reaching } = cascadeFrontier(history);
 * const solver = cascade({ to: [{ model: strong }], accept, threshold: reaching(0.9)?.thresholds });
 */
export function cascadeFrontier(records: readonly CascadeRecord[]): CascadeFrontier {
  checkRecords("cascadeFrontier", records);
  const found: Point[] = [];
  explore(records, 0, { thresholds: [], right: 0, cost: 0 }, found);
  const points = worthHaving(found).map(({ thresholds }) => outcomeOf(records, thresholds));
  return {
    points,
    within: (cost) => {
      checkNumber("within", "cost", cost, 0);
      return points.findLast((point) => point.cost <= cost);
    },
    reaching: (accuracy) => {
      checkNumber("reaching", "accuracy", accuracy, 0, 1);
      return points.find((point) => point.accuracy >= accuracy);
    },
  };
}

/**
 * What these thresholds come to on these records: for a look at records from which they were not chosen.
 *
 * @param records - at least one; each with the same tiers, two or more
 * @param thresholds - one for each tier but the last
 * @throws {@link InvalidOptionError} for records that are none, and for too few or too many thresholds
 */
export function cascadeOutcome(records: readonly CascadeRecord[], thresholds: readonly number[]): CascadeOutcome {
  const tiers = checkRecords("cascadeOutcome", records);
  if (!Array.isArray(thresholds) || thresholds.length !== tiers - 1) {
    const bound = `a list with one for each of the ${tiers} tiers but the last`;
    throw new InvalidOptionError("cascadeOutcome", "thresholds", bound, thresholds);
  }
  for (const threshold of thresholds as readonly number[])
    if (typeof threshold !== "number" || Number.isNaN(threshold))
      throw new InvalidOptionError("cascadeOutcome", "a threshold", "a number", threshold);
  return outcomeOf(records, thresholds);
}

interface Point {
  readonly thresholds: readonly number[];
  readonly right: number;
  readonly cost: number;
}

/** Tries all thresholds of a tier for what reached it, and for each of them all of the next. */
function explore(reached: readonly CascadeRecord[], tier: number, before: Point, found: Point[]): void {
  const sorted = [...reached].sort((a, b) => scoreOf(b, tier) - scoreOf(a, tier));
  const beforeLast = tier === (sorted[0]?.length ?? 0) - 2;
  const cost = before.cost + sum(reached, (record) => record[tier]?.cost ?? 0);
  // What the last tier would do with those that are not accepted here.
  let [late, lateCost] = [sum(reached, rightAt(tier + 1)), sum(reached, (record) => record[tier + 1]?.cost ?? 0)];
  let right = before.right;
  for (let accepted = 0; accepted <= sorted.length; accepted++) {
    const last = sorted[accepted - 1];
    if (last !== undefined) {
      right += rightAt(tier)(last);
      late -= rightAt(tier + 1)(last);
      lateCost -= last[tier + 1]?.cost ?? 0;
    }
    const score = last === undefined ? Infinity : scoreOf(last, tier);
    const next = sorted[accepted];
    if (next !== undefined && scoreOf(next, tier) === score) continue;
    const thresholds = [...before.thresholds, score];
    if (beforeLast) found.push({ thresholds, right: right + late, cost: cost + lateCost });
    else if (next === undefined) found.push({ thresholds: [...thresholds, Infinity], right, cost });
    else explore(sorted.slice(accepted), tier + 1, { thresholds, right, cost }, found);
  }
}

/** Those that are more accurate than all that cost no more, from cheap to dear. */
function worthHaving(found: readonly Point[]): readonly Point[] {
  const best: Point[] = [];
  for (const point of [...found].sort((a, b) => a.cost - b.cost)) {
    const last = best.at(-1);
    if (last !== undefined && point.right <= last.right) continue;
    // Of equal costs the more accurate; sums that are equal may come out a little different.
    if (last !== undefined && point.cost - last.cost <= 1e-12 * point.cost) best.pop();
    best.push(point);
  }
  return best;
}

function outcomeOf(records: readonly CascadeRecord[], thresholds: readonly number[]): CascadeOutcome {
  const answered = [...thresholds, 0].map(() => 0);
  let right = 0;
  let cost = 0;
  for (const record of records) {
    const stop = thresholds.findIndex((threshold, tier) => scoreOf(record, tier) >= threshold);
    const tier = stop < 0 ? thresholds.length : stop;
    right += rightAt(tier)(record);
    cost += sum(record.slice(0, tier + 1), (one) => one.cost);
    answered[tier] = (answered[tier] ?? 0) + 1;
  }
  const all = records.length;
  return { thresholds, accuracy: right / all, cost: cost / all, answered: answered.map((count) => count / all) };
}

function scoreOf(record: CascadeRecord, tier: number): number {
  return record[tier]?.score as number;
}

function rightAt(tier: number): (record: CascadeRecord) => number {
  return (record) => (record[tier]?.correct === true ? 1 : 0);
}

/** Returns how many tiers there are. */
function checkRecords(where: string, records: readonly CascadeRecord[]): number {
  const tiers = Array.isArray(records) && Array.isArray(records[0]) ? (records[0] as CascadeRecord).length : 0;
  const most = where === "cascadeFrontier" ? 3 : Infinity;
  if (tiers < 2 || tiers > most) {
    const bound = `a list of at least one record, each of ${most === 3 ? "two or three tiers" : "two tiers or more"}`;
    throw new InvalidOptionError(where, "records", bound, records);
  }
  records.forEach((record: CascadeRecord | null, index) => {
    if (!Array.isArray(record) || record.length !== tiers)
      throw new InvalidOptionError(where, `records[${index}]`, `a list of ${tiers} tiers, like the first`, record);
    record.forEach((one: Partial<TierRecord> | null, tier) => {
      const place = `${where}: records[${index}][${tier}]`;
      const { cost, score, correct } = one ?? {};
      const last = tier === tiers - 1;
      if (!(checkNumber(place, "cost", cost as number, 0) < Infinity))
        throw new InvalidOptionError(place, "cost", "a finite number", cost);
      if (!last && !Number.isFinite(score)) throw new InvalidOptionError(place, "score", "a finite number", score);
      if (typeof correct !== "boolean") throw new InvalidOptionError(place, "correct", "true or false", correct);
    });
  });
  return tiers;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
