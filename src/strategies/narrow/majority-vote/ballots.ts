/**
 * @module
 * Ballots: votes whose weights depend on each other, counted anew when somebody looks.
 */
import { InvalidOptionError } from "../../../core/errors.js";
import type { ModelResponse } from "../../../core/model.js";
import { checkNumber } from "../../../core/options.js";
import type { Reweigh } from "../../../answers/weights/reweigh.js";
import { Tally, type TallyOptions } from "../../../answers/tally.js";

interface Ballot<R> {
  readonly sample: R;
  /** What it votes for; `undefined` for one that casts no vote. */
  readonly key: string | undefined;
  readonly weight: number;
}

/** Samples with what they vote for, counted as they come, or anew for each {@link Ballots.tally} where weights are reweighed. */
export class Ballots<R extends ModelResponse> {
  private readonly _options: TallyOptions;
  private readonly _where: string;
  private readonly _reweigh: Reweigh | undefined;
  private readonly _cast: Ballot<R>[] = [];
  private _tally: Tally<R>;

  constructor(where: string, options: TallyOptions, reweigh: Reweigh | undefined) {
    this._where = where;
    this._reweigh = reweigh;
    // What is reweighed knows no bound.
    this._options = reweigh === undefined ? options : { ...options, maxWeight: Infinity };
    this._tally = new Tally<R>(this._options);
  }

  /** Samples that may still come. */
  get remaining(): number {
    return this._reweigh === undefined
      ? this._tally.remaining
      : (this._options.planned ?? Infinity) - this._cast.length;
  }

  /** Counts a sample; one without a `key` is seen, but casts no vote. */
  add(sample: R, key: string | undefined, weight: number): void {
    if (this._reweigh !== undefined) this._cast.push({ sample, key, weight });
    else this._tally.add(sample, key === undefined ? 0 : weight, key);
  }

  /** The count so far. */
  tally(): Tally<R> {
    const { _reweigh: reweigh } = this;
    if (reweigh === undefined || this._cast.length === this._tally.seen) return this._tally;
    const voting = this._cast.filter(({ key }) => key !== undefined);
    const weights = this._check(reweigh(voting.map(({ weight }) => weight)), voting.length);
    const tally = new Tally<R>(this._options);
    let next = 0;
    for (const { sample, key } of this._cast) {
      if (key === undefined) tally.add(sample, 0);
      else tally.add(sample, weights[next++], key);
    }
    return (this._tally = tally);
  }

  private _check(weights: readonly number[], count: number): readonly number[] {
    if (!Array.isArray(weights) || weights.length !== count) {
      const bound = `a list of ${count} weights, as many as it got`;
      throw new InvalidOptionError(this._where, "what reweigh returns", bound, weights);
    }
    for (const weight of weights as readonly number[]) {
      if (checkNumber(this._where, "a weight that reweigh returns", weight, 0) === Infinity)
        throw new InvalidOptionError(this._where, "a weight that reweigh returns", "a finite number", weight);
    }
    return weights as readonly number[];
  }
}
