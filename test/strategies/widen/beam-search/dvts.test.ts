import { test } from "@fast-check/vitest";
import { dvts, Search, type SearchOrder } from "mull";
import { describe, expect } from "vitest";
import { binomial, explore, expectSaid, expectShare, nextTrials, perfect, rightCounts, shareRight } from "./world.js";

const runs = 2_000;

describe("in a world with a known chance of each step", () => {
  test("the trees of DVTS are independent: right ones are binomial", () => {
    const [width, expand, p, depth] = [4, 3, 0.4, 3];
    const seen = rightCounts(dvts({ width, expand }), { p, depth, score: perfect }, runs);
    const each = (1 - (1 - p) ** expand) ** depth;
    binomial(width, each).forEach((expected, k) => expectShare(seen[k] ?? 0, expected, runs));
  });

  test("a scorer that knows nothing: a line is right as often as one alone", () => {
    expect(shareRight(dvts({ width: 2, expand: 2 }), 0.6, 2, 1_000)).toBeCloseTo(0.36, 1);
  });
});

describe("dvts", () => {
  test("in each tree the best goes on, whatever the others are worth", () => {
    const order = dvts({ width: 3, expand: 2 });
    const scores = [0.1, 0.2, 0.9, 0.8, undefined, undefined];
    expect(
      nextTrials(
        order,
        scores.map((score) => ({ score })),
      ).ways,
    ).toEqual([0, 2, 2, 0, 2, 0]);
  });

  test("a tree in which all is lost ends, and one at its end waits", () => {
    const order = dvts({ width: 2, expand: 2 });
    // The first tree found nothing at all.
    const search = new Search("", order);
    const ids = Array.from({ length: 4 }, () => search.ask()?.id as number);
    search.tell(ids[0] as number, []);
    search.tell(ids[1] as number, []);
    search.tell(ids[2] as number, [{ state: "a", score: 0.3 }]);
    search.tell(ids[3] as number, [{ state: "b", score: 0.4, leaf: true }]);
    expect(search.ask()).toBeUndefined();
    expect(search.leaves.map(({ state }) => state)).toEqual(["b"]);
  });

  test("trees stay apart over many rounds", () => {
    const leaves = explore(dvts({ width: 4, expand: 2 }), { p: 0.5, depth: 5, score: perfect }, 3);
    const roots = leaves.map((leaf) => {
      let at = leaf;
      while (at.parent?.parent !== undefined) at = at.parent;
      return Math.floor(at.trial / 2);
    });
    expect(roots).toEqual([0, 1, 2, 3]);
  });
});

test.each<[name: string, order: SearchOrder, most: number]>([
  ["dvts(4 × 4)", dvts(), 160],
  ["dvts(5 × 1)", dvts({ width: 5, expand: 1 }), 50],
])("%s says what it is, and asks for no more than it says", (name, order, most) => {
  expectSaid(order, name, most);
});

test.each<[what: string, make: () => SearchOrder, message: string]>([
  ["dvts width", () => dvts({ width: 0 }), "dvts: width must be an integer of at least 1, got 0"],
  ["dvts expand", () => dvts({ expand: NaN }), "dvts: expand must be an integer of at least 1, got NaN"],
  [
    "dvts another",
    () => dvts({ distinct: true } as never),
    'dvts: an option must be one of width, expand, got "distinct"',
  ],
])("an option out of bounds: %s", (_, make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: "invalid-option", message }));
});
