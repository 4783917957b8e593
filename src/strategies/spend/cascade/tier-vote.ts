/**
 * @module
 * The vote of tiers: what each gave, and what they answer together.
 */
import { extend } from "../../../core/extend.js";
import type { ModelResponse, SampleFailure, StopReason, Warning } from "../../../core/model.js";
import { elect, type Drawn, type Voted } from "../../../answers/elect.js";
import { Tally } from "../../../answers/tally.js";
import type { PlannedTier, TierReport } from "./tiers.js";

/** The answer, and which tiers it took. */
export type Cascaded<R extends ModelResponse = ModelResponse> = Voted<R> & {
  /** Name of the tier whose sample this is. */
  readonly tier: string;
  /** Those that were asked, in order. */
  readonly tiers: readonly TierReport[];
};

/** What one tier gave. */
interface Ballot<R extends ModelResponse> {
  readonly tier: PlannedTier<R>;
  readonly samples: readonly R[];
}

/** Collects what the tiers give, from cheap to strong. */
export class TierVote<R extends ModelResponse> {
  readonly reports: TierReport[] = [];
  readonly failures: SampleFailure[] = [];
  readonly warnings: Warning[] = [];
  private readonly _ballots: Ballot<R>[] = [];

  /** Is there no sample yet? */
  get empty(): boolean {
    return this._ballots.every(({ samples }) => samples.length === 0);
  }

  /** Of the answer so far; `undefined` before the first tier. */
  get confidence(): number | undefined {
    return this._ballots.length === 0 ? undefined : voteOf(this._ballots).confidence;
  }

  add(tier: PlannedTier<R>, { samples, failures }: Pick<Drawn<R>, "samples" | "failures">): void {
    this._ballots.push({ tier, samples });
    this.failures.push(...failures);
  }

  /** The answer of the latest tier alone. */
  latest(stopped: StopReason): Cascaded<R> {
    return this._elect(this._ballots.slice(-1), stopped);
  }

  /** The answer of all of them. */
  all(stopped: StopReason): Cascaded<R> {
    return this._elect(this._ballots, stopped);
  }

  /** One response of the latest tier, without a vote. */
  without(response: R): Cascaded<R> {
    return this._whole(
      elect(new Tally<R>(), { samples: [response], failures: this.failures, stopped: "done" }),
      response,
    );
  }

  private _elect(voters: readonly Ballot<R>[], stopped: StopReason): Cascaded<R> {
    const tally = voteOf(voters);
    const { winner } = tally;
    // Where nothing can be read, the words are those of the strongest.
    const strongest = voters.findLast(({ samples }) => samples.length > 0)?.samples ?? [];
    const samples = winner === undefined ? strongest : voters.flatMap((ballot) => ballot.samples);
    const voted = elect(tally, { samples, failures: this.failures, stopped });
    return this._whole(voted, winner?.sample ?? strongest[0]);
  }

  private _whole(voted: Voted<R>, chosen: R | undefined): Cascaded<R> {
    const from = this._ballots.find(({ samples }) => samples.some((sample) => sample === chosen));
    const whole = extend(voted, {
      samples: this._ballots.flatMap(({ samples }) => samples),
      tier: from?.tier.name ?? "",
      tiers: this.reports,
    });
    return this.warnings.length === 0
      ? whole
      : extend(whole, { warnings: [...(whole.warnings ?? []), ...this.warnings] });
  }
}

/**
 * A sample weighs what its tier does, times how consistent the tier was. The strongest tier is counted first: it wins ties, and its words stand for an
 * answer that others gave, too. One tier alone votes without weights.
 */
function voteOf<R extends ModelResponse>(ballots: readonly Ballot<R>[]): Tally<R> {
  const tally = new Tally<R>({ maxWeight: Infinity });
  for (const { tier, samples } of [...ballots].reverse()) {
    const weight = ballots.length === 1 ? 1 : tier.weight * consistencyOf(samples);
    for (const sample of samples) tally.add(sample, weight);
  }
  return tally;
}

/** From 1 / k, where k votes are all different, to 1, where all agree: linear in their entropy. */
function consistencyOf<R extends ModelResponse>(samples: readonly R[]): number {
  const tally = new Tally<R>();
  for (const sample of samples) tally.add(sample);
  const { cast, entropy } = tally;
  return cast < 2 ? 1 : 1 - (1 - 1 / cast) * (entropy / Math.log(cast));
}
