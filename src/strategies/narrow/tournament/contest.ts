/**
 * @module
 * Contests: who meets whom, who wins, and how each did. Nothing is asked here.
 */
import { extend } from "../../../core/extend.js";
import type { ModelResponse } from "../../../core/model.js";
import type { Random } from "../../../core/random.js";
import { byCount, type Candidate } from "../../../answers/judging/candidates.js";

/** Two candidates that are to meet. */
export type Pair<R extends ModelResponse = ModelResponse> = readonly [Candidate<R>, Candidate<R>];

/** Two candidates that met. */
export interface Match<R extends ModelResponse = ModelResponse> {
  /** From 0; a league has one. */
  readonly round: number;
  readonly pair: Pair<R>;
  /** Comparisons that each of them won; those that could not be read are missing. */
  readonly votes: readonly [number, number];
}

/** A candidate, and how it did. */
export type Standing<R extends ModelResponse = ModelResponse> = Candidate<R> & {
  /** Comparisons it won. */
  readonly wins: number;
  /** Comparisons it took part in that could be read. */
  readonly comparisons: number;
};

/** The winner and the loser of a match; on a tie, the one given more often wins, then the one seen first. */
export function outcome<R extends ModelResponse>({
  pair,
  votes,
}: Match<R>): { readonly winner: Candidate<R>; readonly loser: Candidate<R> } {
  const [one, other] = pair;
  const lead = votes[0] - votes[1];
  return lead > 0 || (lead === 0 && byCount(one, other) < 0)
    ? { winner: one, loser: other }
    : { winner: other, loser: one };
}

/** Neighbours meet; of an odd number, the last meets nobody. */
export function neighbours<R extends ModelResponse>(entrants: readonly Candidate<R>[]): readonly Pair<R>[] {
  return Array.from({ length: Math.floor(entrants.length / 2) }, (_, match) => {
    return [entrants[2 * match], entrants[2 * match + 1]] as unknown as Pair<R>;
  });
}

/** Everybody meets `opponents` others, or all; of an odd number, some meet one fewer. Who meets whom is drawn. */
export function leaguePairs<R extends ModelResponse>(
  entrants: readonly Candidate<R>[],
  opponents: number,
  random: Random,
): readonly Pair<R>[] {
  // The first keeps its seat, all others move on by one after each round; who faces the empty seat rests.
  const [first, ...others]: (Candidate<R> | undefined)[] = random.shuffle(entrants);
  if (entrants.length % 2 === 1) others.push(undefined);
  const pairs: Pair<R>[] = [];
  for (let round = 0; round < leagueRounds(entrants.length, opponents); round++) {
    const moved = others.map((_, seat) => others[(seat + round) % others.length]);
    const seats = [first, ...moved];
    for (let seat = 0; seat < seats.length / 2; seat++) {
      const [one, other] = [seats[seat], seats[seats.length - 1 - seat]];
      if (one !== undefined && other !== undefined) pairs.push([one, other]);
    }
  }
  return pairs;
}

/** How many pairs meet in a league of so many. */
export function leagueMatches(count: number, opponents: number): number {
  return leagueRounds(count, opponents) * Math.floor(count / 2);
}

function leagueRounds(count: number, opponents: number): number {
  return opponents < count - 1 ? opponents : count - 1 + (count % 2);
}

/** How each did in these matches, in the order given. */
export function standingsOf<R extends ModelResponse>(
  candidates: readonly Candidate<R>[],
  matches: readonly Match<R>[],
): readonly Standing<R>[] {
  return candidates.map((candidate) => {
    let wins = 0;
    let comparisons = 0;
    for (const { pair, votes } of matches) {
      const side = pair.indexOf(candidate);
      if (side < 0) continue;
      wins += votes[side] ?? 0;
      comparisons += votes[0] + votes[1];
    }
    return extend(candidate, { wins, comparisons });
  });
}

/** By the share of comparisons won, one half where there were none; then by how often the answer was given. */
export function byShare(a: Standing, b: Standing): number {
  const share = ({ wins, comparisons }: Standing): number => (comparisons === 0 ? 0.5 : wins / comparisons);
  return share(b) - share(a) || byCount(a, b);
}
