/**
 * @module
 * Contests: who meets whom, who wins, and how each did.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { Random, type Candidate } from "mull";
import {
  byShare,
  leagueMatches,
  leaguePairs,
  neighbours,
  outcome,
  standingsOf,
  type Match,
} from "../../../../src/strategies/narrow/tournament/contest.js";

function candidate(index: number, count: number = 1): Candidate {
  return { index, key: `k${index}`, count } as Candidate;
}
const crowd = (size: number) => Array.from({ length: size }, (_, index) => candidate(index));

test.each<[votes: [number, number], counts: [number, number], winner: number]>([
  [[2, 0], [1, 1], 0],
  [[1, 3], [5, 1], 1],
  [[1, 1], [1, 1], 0],
  [[1, 1], [1, 2], 1],
  [[0, 0], [2, 1], 0],
])("votes %j, given %j times: %i wins, whoever is named first", (votes, counts, winner) => {
  const pair = [candidate(0, counts[0]), candidate(1, counts[1])] as const;
  const straight = outcome({ round: 0, pair, votes });
  const turned = outcome({ round: 0, pair: [pair[1], pair[0]], votes: [votes[1], votes[0]] });
  expect([straight.winner, straight.loser]).toEqual([pair[winner], pair[1 - winner]]);
  expect(turned).toEqual(straight);
});

test.each([
  [0, []],
  [1, []],
  [2, ["01"]],
  [5, ["01", "23"]],
])("%i neighbours", (size, pairs) => {
  expect(neighbours(crowd(size)).map((pair) => pair.map(({ index }) => index).join(""))).toEqual(pairs);
});

prop.prop([fc.integer({ min: 2, max: 13 }), fc.integer({ min: 1, max: 15 }), fc.integer()])(
  "a league: nobody meets another twice, all meet about as many",
  (size, opponents, seed) => {
    const pairs = leaguePairs(crowd(size), opponents, new Random(seed));
    expect(pairs).toHaveLength(leagueMatches(size, opponents));
    const names = pairs.map((pair) =>
      pair
        .map(({ index }) => index)
        .sort((a, b) => a - b)
        .join("-"),
    );
    expect(new Set(names).size).toBe(names.length);
    const met = crowd(size).map(({ index }) => pairs.filter((pair) => pair.some((one) => one.index === index)).length);
    expect(pairs.every(([one, other]) => one.index !== other.index)).toBe(true);
    const most = Math.min(opponents, size - 1);
    expect(Math.max(...met)).toBe(most);
    expect(Math.min(...met)).toBeGreaterThanOrEqual(size % 2 === 1 && opponents < size - 1 ? most - 1 : most);
  },
);

test("standings: wins of all comparisons that were read", () => {
  const [a, b, c] = crowd(3) as [Candidate, Candidate, Candidate];
  const matches: Match[] = [
    { round: 0, pair: [a, b], votes: [2, 1] },
    { round: 0, pair: [c, a], votes: [0, 1] },
  ];
  const standings = standingsOf([a, b, c], matches);
  expect(standings.map(({ wins, comparisons }) => [wins, comparisons])).toEqual([
    [3, 4],
    [1, 3],
    [0, 1],
  ]);
});

test("ranks: by share, one half where nothing was read, then by count, then by place", () => {
  const standing = (index: number, wins: number, comparisons: number, count: number = 1) => ({
    ...candidate(index, count),
    wins,
    comparisons,
  });
  const ranks = [standing(0, 0, 2), standing(1, 1, 2), standing(2, 0, 0), standing(3, 0, 0, 2), standing(4, 3, 4)];
  expect([...ranks].sort(byShare).map(({ index }) => index)).toEqual([4, 3, 1, 2, 0]);
});
