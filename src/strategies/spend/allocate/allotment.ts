/**
 * @module
 * Allotment: what one request of a batch has been given, and what one more sample of it would be worth.
 */
import { extend } from "../../../core/extend.js";
import type { ModelRequest, ModelResponse, SampleFailure, StopReason } from "../../../core/model.js";
import { elect, type Voted } from "../../../answers/elect.js";
import { Tally } from "../../../answers/tally.js";
import type { sampleWorth } from "../../../answers/chance/urn.js";

/** One request of a batch, while samples are given to it. */
export class Allotment<R extends ModelResponse = ModelResponse> {
  readonly index: number;
  readonly request: ModelRequest;
  readonly samples: R[] = [];
  readonly failures: SampleFailure[] = [];
  /** Samples begun. */
  begun = 0;
  /** The sample that was accepted. */
  accepted: R | undefined;
  /** Why it gets no more. */
  stopped: StopReason | undefined;
  /** Spent on its samples, in the unit that its worth is compared by. */
  cost = 0;
  private readonly _most: number;
  private readonly _worthOf: typeof sampleWorth | undefined;
  private readonly _tally: Tally<R>;

  /** @param most - samples at most @param worthOf - what a sample is worth; `undefined` where one acceptable sample is looked for */
  constructor(index: number, request: ModelRequest, most: number, worthOf: typeof sampleWorth | undefined) {
    this.index = index;
    this.request = request;
    this._most = most;
    this._worthOf = worthOf;
    this._tally = new Tally<R>({ planned: most });
  }

  add(sample: R, accepted: boolean): void {
    this.samples.push(sample);
    this._tally.add(sample);
    if (accepted) this.accepted ??= sample;
  }

  lose(index: number, error: unknown): void {
    this.failures.push({ index, error });
  }

  /** Samples begun and not over. */
  get inFlight(): number {
    return this.begun - this.samples.length - this.failures.length;
  }

  get exhausted(): boolean {
    return this.begun >= this._most;
  }

  /**
   * What one more sample is worth: the share of votes that the elected answer is expected to gain by it; or, where one acceptable sample
   * is looked for, the chance that it is one, under a uniform prior. `Infinity` before the first.
   */
  get worth(): number {
    if (this.begun === 0) return Infinity;
    if (this._worthOf === undefined) return 1 / (this.begun + 2);
    const { first, second, seen } = this._tally;
    return this._worthOf(first, second, seen - first - second, this._most - seen - this.failures.length);
  }

  /** Its worth for what it costs. Samples on their way have taken their part of it. */
  get rank(): number {
    const cost = this.samples.length === 0 ? 1 : this.cost / this.samples.length;
    return this.worth / (1 + this.inFlight) / Math.max(cost, Number.MIN_VALUE);
  }

  /** The response it has now; `undefined` without samples. */
  elected(stopped: StopReason): Voted<R> | undefined {
    const { samples, failures, accepted } = this;
    if (samples.length === 0) return undefined;
    const voted = elect(this._tally, { samples, failures, stopped });
    return accepted === undefined ? voted : extend(voted, { ...accepted, stopped });
  }
}
