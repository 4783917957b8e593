import { test } from "@fast-check/vitest";
import { beam, Search, type SearchOrder } from "mull";
import { describe, expect } from "vitest";
import { binomial, expectSaid, expectShare, nextTrials, perfect, rightCounts, shareRight } from "./world.js";

const runs = 2_000;

/** Probabilities of how many of the lines of a beam are right, with a scorer that sees all. */
function beamCounts(width: number, expand: number, p: number, depth: number): readonly number[] {
  const capped = (counts: readonly number[]): number[] => {
    const row = Array<number>(width + 1).fill(0);
    counts.forEach((chance, k) => (row[Math.min(k, width)]! += chance));
    return row;
  };
  let row = capped(binomial(width * expand, p));
  for (let step = 1; step < depth; step++) {
    const next = Array<number>(width + 1).fill(0);
    row.forEach((chance, k) => capped(binomial(k * expand, p)).forEach((then, j) => (next[j]! += chance * then)));
    row = next;
  }
  return row;
}

describe("in a world with a known chance of each step", () => {
  test.each([
    [4, 4, 0.3, 3],
    [2, 3, 0.25, 4],
    [1, 4, 0.3, 3],
    [3, 1, 0.7, 3],
  ])("beam of %i × %i, p = %d, %i steps: as many right lines as theory says", (width, expand, p, depth) => {
    const seen = rightCounts(beam({ width, expand }), { p, depth, score: perfect }, runs);
    beamCounts(width, expand, p, depth).forEach((expected, k) => expectShare(seen[k] ?? 0, expected, runs));
  });

  test("a scorer that knows nothing: a line is right as often as one alone", () => {
    expect(shareRight(beam({ width: 2, expand: 2 }), 0.6, 2, 1_000)).toBeCloseTo(0.36, 1);
  });
});

describe("beam", () => {
  test.each<[what: string, options: Parameters<typeof beam>[0], scores: (number | undefined)[], ways: number[]]>([
    [
      "the best go on, each in as many ways",
      { width: 2, expand: 3 },
      [0.1, 0.9, 0.5, 0.2, 0.6, 0.3],
      [0, 3, 0, 0, 3, 0],
    ],
    ["of equal scores the earlier", { width: 1, expand: 2 }, [0.5, 0.5], [2, 0]],
    ["what has no score comes last", { width: 2, expand: 1 }, [undefined, -3], [1, 1]],
    ["even then", { width: 1, expand: 2 }, [undefined, -3], [0, 2]],
    ["fewer than there is room for", { width: 3, expand: 1 }, [0.2], [1]],
  ])("%s", (_, options, scores, ways) => {
    expect(
      nextTrials(
        beam(options),
        scores.map((score) => ({ score })),
      ).ways,
    ).toEqual(ways);
  });

  test("a line at its end keeps its place while it is among the best", () => {
    const ends = (scores: readonly number[]) =>
      nextTrials(
        beam({ width: 2, expand: 2 }),
        scores.map((score, index) => ({ score, leaf: index === 0 })),
      ).ways;
    expect(ends([0.9, 0.5, 0.4, 0.1])).toEqual([0, 2, 0, 0]);
    expect(ends([0.1, 0.5, 0.4, 0.1])).toEqual([0, 2, 2, 0]);
  });

  test.each([
    [undefined, [2, 0, 2, 0]],
    [true, [2, 0, 2, 0]],
    [false, [2, 2, 0, 0]],
  ])("equal lines go on once, unless distinct is false: %s", (distinct, ways) => {
    const search = new Search("", beam({ width: 2, expand: 2, distinct }));
    const ids = Array.from({ length: 4 }, () => search.ask()?.id as number);
    ids.forEach((id, index) => {
      const key = index < 2 ? "same" : `own ${index}`;
      search.tell(id, [{ state: `${index}`, score: 1 - index / 10, key }]);
    });
    const seen = [0, 0, 0, 0];
    for (let trial = search.ask(); trial !== undefined; trial = search.ask()) seen[Number(trial.node.state)]!++;
    expect(seen).toEqual(ways);
  });
});

test.each<[name: string, order: SearchOrder, most: number]>([
  ["beam(4 × 4)", beam(), 160],
  ["beam(2 × 3)", beam({ width: 2, expand: 3 }), 60],
])("%s says what it is, and asks for no more than it says", (name, order, most) => {
  expectSaid(order, name, most);
});

test.each<[what: string, make: () => SearchOrder, message: string]>([
  ["width", () => beam({ width: 0 }), "beam: width must be an integer of at least 1, got 0"],
  ["expand", () => beam({ expand: 1.5 }), "beam: expand must be an integer of at least 1, got 1.5"],
  ["distinct", () => beam({ distinct: 1 as never }), "beam: distinct must be true or false, got 1"],
  ["another", () => beam({ n: 1 } as never), 'beam: an option must be one of width, expand, distinct, got "n"'],
])("an option out of bounds: %s", (_, make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: "invalid-option", message }));
});
