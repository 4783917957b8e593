/**
 * @module
 * Tally: counts the votes of samples as they come.
 */
import { InvalidOptionError } from "../core/errors.js";
import type { ModelResponse } from "../core/model.js";
import { checkNumber } from "../core/options.js";
import { keyOf } from "./answer.js";
import { leadProbability } from "./chance/beta.js";

/** One answer and what it has. */
export interface Vote<R extends ModelResponse = ModelResponse> {
  readonly key: string;
  /** The first sample that gave this answer. */
  readonly sample: R;
  /** How many samples gave it. */
  readonly count: number;
  /** Their weights, added. */
  readonly weight: number;
  /** Its part of all weights, from 0 to 1. */
  readonly share: number;
}

/** What a {@link StoppingRule} sees. */
export interface TallyView {
  /** Samples seen, those that cast no vote too. */
  readonly seen: number;
  /** Samples that may still come; `Infinity` where nobody knows. */
  readonly remaining: number;
  /** The most weight one sample can have. */
  readonly maxWeight: number;
  /** Weight of the leading answer, and of the second; 0 where there is none. */
  readonly first: number;
  readonly second: number;
  /** Weight of all votes. */
  readonly total: number;
  /** Samples that cast a vote. */
  readonly cast: number;
  /** Was the leading answer seen before the second? It wins ties then. */
  readonly firstWinsTies: boolean;
  /** Keys of all samples in the order they were seen; `undefined` for one that cast no vote. */
  readonly keys: readonly (string | undefined)[];
}

/** Options of {@link Tally}. */
export interface TallyOptions {
  /** Samples that will come at most. @defaultValue `Infinity` */
  readonly planned?: number;
  /** The most weight one sample can have. @defaultValue 1 */
  readonly maxWeight?: number;
}

interface Candidate<R> {
  /** Position among all answers, in the order they were seen. */
  readonly rank: number;
  readonly key: string;
  readonly sample: R;
  count: number;
  weight: number;
}

/** Counts votes. Ties go to the answer seen first. */
export class Tally<R extends ModelResponse = ModelResponse> implements TallyView {
  readonly maxWeight: number;
  readonly keys: readonly (string | undefined)[] = [];
  private readonly planned: number;
  private readonly candidates: Map<string, Candidate<R>> = new Map<string, Candidate<R>>();
  private leader: Candidate<R> | undefined;
  private runnerUp: Candidate<R> | undefined;
  private weights = 0;
  private voters = 0;

  /** @throws {@link InvalidOptionError} for a number below 0 */
  constructor({ planned = Infinity, maxWeight = 1 }: TallyOptions = {}) {
    this.planned = checkNumber("Tally", "planned", planned, 0);
    this.maxWeight = checkNumber("Tally", "maxWeight", maxWeight, 0);
  }

  get seen(): number {
    return this.keys.length;
  }
  get remaining(): number {
    return Math.max(0, this.planned - this.keys.length);
  }
  get first(): number {
    return this.leader?.weight ?? 0;
  }
  get second(): number {
    return this.runnerUp?.weight ?? 0;
  }
  get total(): number {
    return this.weights;
  }
  get cast(): number {
    return this.voters;
  }
  get firstWinsTies(): boolean {
    if (this.leader === undefined || this.runnerUp === undefined) return true;
    return this.leader.rank < this.runnerUp.rank;
  }

  /** The answer that leads. */
  get winner(): Vote<R> | undefined {
    return this.leader && this.vote(this.leader);
  }

  /** All answers, most weight first, ties in the order they were seen. */
  get votes(): readonly Vote<R>[] {
    return [...this.candidates.values()].sort((a, b) => b.weight - a.weight).map((c) => this.vote(c));
  }

  /** Lead of the first answer over the second, as a share of all weights; 0 without votes. */
  get margin(): number {
    return this.weights === 0 ? 0 : (this.first - this.second) / this.weights;
  }

  /**
   * Posterior probability that the leading answer is likelier than the second, from a uniform prior over the two
   * (Aggarwal et al. 2023, arXiv:2305.11860). Weights are rounded to whole votes. 0 without votes.
   */
  get confidence(): number {
    return this.leader === undefined ? 0 : leadProbability(Math.round(this.first), Math.round(this.second));
  }

  /** Shannon entropy of the shares in nats: 0 where all agree or nobody voted, the logarithm of the number of answers where they are even. */
  get entropy(): number {
    let sum = 0;
    for (const { weight } of this.candidates.values()) {
      // The smallest of numbers divided by more than one is none.
      const share = weight / this.weights;
      if (share > 0) sum -= share * Math.log(share);
    }
    return Math.max(0, sum);
  }

  /**
   * Counts a sample. One without a key, or of weight 0, is seen but casts no vote.
   *
   * @param named - the key it votes for, where that is another than its own
   * @throws {@link InvalidOptionError} for a weight below 0, above `maxWeight`, or not finite
   */
  add(sample: R, weight: number = 1, named?: string): void {
    if (checkNumber("Tally", "weight", weight, 0, this.maxWeight) === Infinity) {
      throw new InvalidOptionError("Tally", "weight", "a finite number", weight);
    }
    const key = weight === 0 ? undefined : (named ?? keyOf(sample));
    (this.keys as (string | undefined)[]).push(key);
    if (key === undefined) return;
    let candidate = this.candidates.get(key);
    if (candidate === undefined) {
      candidate = { rank: this.candidates.size, key, sample, count: 0, weight: 0 };
      this.candidates.set(key, candidate);
    }
    candidate.count++;
    candidate.weight += weight;
    this.weights += weight;
    this.voters++;
    this.place(candidate);
  }

  private place(candidate: Candidate<R>): void {
    if (candidate === this.leader) return;
    if (this.leader === undefined || beats(candidate, this.leader)) {
      this.runnerUp = this.leader;
      this.leader = candidate;
    } else if (candidate !== this.runnerUp && (this.runnerUp === undefined || beats(candidate, this.runnerUp))) {
      this.runnerUp = candidate;
    }
  }

  private vote({ key, sample, count, weight }: Candidate<R>): Vote<R> {
    return { key, sample, count, weight, share: weight / this.weights };
  }
}

function beats<R>(a: Candidate<R>, b: Candidate<R>): boolean {
  return a.weight > b.weight || (a.weight === b.weight && a.rank < b.rank);
}
