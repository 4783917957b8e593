/**
 * @module
 * Ratings: what a scorer says of the lines of a search, each asked about once.
 */
import { exhaustion, type Call } from "../../core/call.js";
import { CapabilityError, InvalidOptionError } from "../../core/errors.js";
import type { MullEvent } from "../../core/events.js";
import type { FeedbackContext, Scorer } from "../../core/feedback.js";
import type { ModelResponse } from "../../core/model.js";
import { race } from "../../core/scope.js";
import { scoreOf } from "../../core/score.js";
import type { Line, ScoreAggregation } from "./line.js";

/** What the scorer says of a line. */
export type Rating = Pick<Line, "score" | "verdict"> & {
  /** Why it has no score. */
  readonly error?: unknown;
};

/** The ratings of one search. */
export class Ratings<R extends ModelResponse> {
  private readonly _where: string;
  private readonly _scorer: Scorer<R>;
  private readonly _context: Omit<FeedbackContext, "call" | "round">;
  private readonly _known = new Map<string, Promise<Rating>>();

  constructor(where: string, scorer: Scorer<R>, context: Omit<FeedbackContext, "call" | "round">) {
    this._where = where;
    this._scorer = scorer;
    this._context = context;
  }

  /** The rating of a line, by its key; `first`: nobody had asked for it before. Rejects for what is a mistake, or an abort. */
  of(
    response: R,
    key: string,
    round: number,
    call: Call,
    onEvent: ((event: MullEvent) => void) | undefined,
  ): { readonly first: boolean; readonly rating: Promise<Rating> } {
    const known = this._known.get(key);
    if (known !== undefined) return { first: false, rating: known };
    const inner = call.child("score", { thought: true, judging: true, ...(onEvent !== undefined && { onEvent }) });
    const rating = this._rate(response, round, inner);
    rating.catch(ignore);
    this._known.set(key, rating);
    return { first: true, rating };
  }

  private async _rate(response: R, round: number, call: Call): Promise<Rating> {
    try {
      const context = { ...this._context, round, call };
      return scoreOf(this._where, await race(call, () => this._scorer(response, context)));
    } catch (error) {
      if (InvalidOptionError.is(error) || CapabilityError.is(error)) throw error;
      if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
      return { score: undefined, verdict: undefined, error };
    }
  }
}

/**
 * What the scores of a line's steps come to, with that of one more.
 *
 * @throws {@link InvalidOptionError} for a score below 0 that is multiplied
 */
export function aggregated(
  where: string,
  aggregate: ScoreAggregation,
  total: number | undefined,
  score: number | undefined,
): number | undefined {
  if (aggregate === "prod" && score !== undefined && score < 0)
    throw new InvalidOptionError(where, "a score that is multiplied", "a number of at least 0", score);
  if (total === undefined || score === undefined) return score ?? total;
  return aggregate === "last" ? score : aggregate === "min" ? Math.min(total, score) : total * score;
}

function ignore(): void {
  // Whoever waits for it hears of it.
}
