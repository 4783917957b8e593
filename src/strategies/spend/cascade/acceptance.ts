/**
 * @module
 * Acceptance: when the answer of a tier is let stand.
 */
import type { Call } from "../../../core/call.js";
import { InvalidOptionError } from "../../../core/errors.js";
import type { Scorer } from "../../../core/feedback.js";
import type { ModelRequest, ModelResponse } from "../../../core/model.js";
import { race } from "../../../core/scope.js";
import { scoreOf } from "../../../core/score.js";
import { decided } from "../../../answers/stopping/stopping.js";
import type { Tally } from "../../../answers/tally.js";
import type { PlannedTier } from "./tiers.js";

/** What was compared with the threshold, and what came of it. */
export interface Assessment {
  readonly score: number;
  readonly accepted: boolean;
}

/** Accepts by what a scorer says of a tier's answer, or by how many of its samples agree on it. */
export class Acceptance<R extends ModelResponse> {
  private readonly _where: string;
  private readonly _scorer: Scorer<R> | undefined;
  /** One for each tier but the last. */
  private readonly _thresholds: readonly (number | undefined)[];

  /**
   * @param threshold - one for all tiers but the last, or one for each
   * @param count - how many tiers there are but the last
   * @throws {@link InvalidOptionError} for what is no scorer, or no threshold
   */
  constructor(
    where: string,
    scorer: Scorer<R> | undefined,
    threshold: number | readonly number[] | undefined,
    count: number,
  ) {
    if (scorer !== undefined && typeof scorer !== "function") {
      const bound = "a function that scores a response; verifier(…), judge(…) and tests(…) make one";
      throw new InvalidOptionError(where, "accept", bound, scorer);
    }
    this._where = where;
    this._scorer = scorer;
    const listed = Array.isArray(threshold);
    if (listed && threshold.length !== count) {
      const bound = `a number, or a list of ${count}: one for each tier but the last`;
      throw new InvalidOptionError(where, "threshold", bound, `${threshold.length} numbers`);
    }
    const all: readonly (number | undefined)[] = listed
      ? (threshold as readonly number[])
      : Array.from({ length: count }, () => threshold as number | undefined);
    for (const one of all) if (listed || one !== undefined) this._check(one);
    this._thresholds = all;
  }

  /** Is it clear what the tier answers, or that it will not be accepted, whatever the samples still to come? */
  settled(tier: PlannedTier<R>, tally: Tally<R>, remaining: number): boolean {
    if (this._scorer !== undefined) return decided(tally);
    const needed = this._needed(tier);
    return tally.first >= needed || tally.first + remaining < needed;
  }

  /**
   * Looks at the answer that a tier elected; what a scorer asks is asked in `call`.
   *
   * @throws what the scorer throws
   */
  async assess(
    tier: PlannedTier<R>,
    tally: Tally<R>,
    request: ModelRequest,
    call: Call,
  ): Promise<Assessment | undefined> {
    const { winner } = tally;
    const scorer = this._scorer;
    if (winner === undefined) return undefined;
    if (scorer === undefined) return { score: tally.first / tier.samples, accepted: tally.first >= this._needed(tier) };
    const inner = call.child("accept", { thought: true, judging: true });
    const context = { request, call: inner, model: tier.model, round: tier.index };
    const { score, verdict } = scoreOf(this._where, await race(call, () => scorer(winner.sample, context)));
    const threshold = this._thresholds[tier.index];
    const accepted = threshold === undefined ? (verdict?.ok ?? score >= 0.5) : score >= threshold;
    return { score, accepted };
  }

  /** How many samples of a tier must agree. */
  private _needed({ index, samples }: PlannedTier<R>): number {
    const threshold = this._thresholds[index] ?? 1;
    // Not one more for the rounding of the product.
    return Math.ceil(threshold * samples - 1e-9);
  }

  private _check(threshold: number | undefined): void {
    const share = this._scorer === undefined;
    const bound = share ? "above 0, to 1, or Infinity" : "a number";
    const number = typeof threshold === "number" && !Number.isNaN(threshold);
    if (!number || (share && !(threshold > 0 && (threshold <= 1 || threshold === Infinity))))
      throw new InvalidOptionError(this._where, "threshold", bound, threshold);
  }
}
