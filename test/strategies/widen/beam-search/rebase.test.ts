import { fc, test } from "@fast-check/vitest";
import { rebase, type SearchOrder } from "mull";
import { describe, expect } from "vitest";
import { expectSaid, nextTrials, shareRight } from "./world.js";

describe("rebase", () => {
  test.each<[what: string, n: number, temperature: number | undefined, scores: (number | undefined)[], ways: number[]]>(
    [
      ["in proportion to exp(score / 0.1)", 16, undefined, [0.9, 0.8, 0.1], [12, 4, 0]],
      ["the larger the temperature, the more alike", 16, 100, [0.9, 0.8, 0.1], [6, 5, 5]],
      ["all alike", 5, undefined, [0.5, 0.5], [3, 2]],
      ["no score, no way", 4, undefined, [undefined, -9], [0, 4]],
      ["unless none has one", 4, undefined, [undefined, undefined], [2, 2]],
      ["a score far below", 4, 0.001, [1, 0], [4, 0]],
    ],
  )("%s", (_, n, temperature, scores, ways) => {
    expect(
      nextTrials(
        rebase({ n, temperature }),
        scores.map((score) => ({ score })),
      ).ways,
    ).toEqual(ways);
  });

  test.prop([
    fc.array(fc.record({ score: fc.double({ min: -2, max: 2, noNaN: true }), leaf: fc.boolean() }), {
      minLength: 1,
      maxLength: 12,
    }),
    fc.integer({ min: 0, max: 30 }),
    fc.constantFrom(0.05, 0.1, 1),
  ])("shares come to what is left, and each is exact but for less than one", (found, more, temperature) => {
    const n = found.length + more;
    const { ways, leaves } = nextTrials(rebase({ n, temperature }), found);
    const open = found.filter(({ leaf }) => !leaf);
    const left = n - (found.length - open.length);
    const total = ways.reduce((a, b) => a + b, 0);
    if (open.length === 0 || left === 0) {
      expect(total).toBe(0);
      expect(leaves).toHaveLength(found.length - open.length);
      return;
    }
    expect(total).toBe(left);
    const most = Math.max(...open.map(({ score }) => score));
    const sum = open.reduce((all, { score }) => all + Math.exp((score - most) / temperature), 0);
    found.forEach(({ score, leaf }, index) => {
      const exact = leaf ? 0 : (left * Math.exp((score - most) / temperature)) / sum;
      expect(Math.abs((ways[index] as number) - exact)).toBeLessThan(1 + 1e-9);
      if (leaf) expect(ways[index]).toBe(0);
    });
  });

  test("lines at their end use the shares up", () => {
    const found = [{ score: 0.1, leaf: true }, { score: 0.9 }, { score: 0.1, leaf: true }];
    expect(nextTrials(rebase({ n: 3 }), found)).toEqual({ ways: [0, 1, 0], leaves: [] });
    expect(nextTrials(rebase({ n: 2 }), [found[0]!, found[2]!])).toEqual({ ways: [0, 0], leaves: [0, 1] });
  });
});

test("a scorer that knows nothing: a line is right as often as one alone", () => {
  expect(shareRight(rebase({ n: 4 }), 0.6, 2, 1_000)).toBeCloseTo(0.36, 1);
});

test.each<[name: string, order: SearchOrder, most: number]>([
  ["rebase(n = 16, temperature = 0.1)", rebase(), 160],
  ["rebase(n = 3, temperature = 1)", rebase({ n: 3, temperature: 1 }), 30],
])("%s says what it is, and asks for no more than it says", (name, order, most) => {
  expectSaid(order, name, most);
});

test.each<[what: string, make: () => SearchOrder, message: string]>([
  ["n", () => rebase({ n: 0 }), "rebase: n must be an integer of at least 1, got 0"],
  ["temperature", () => rebase({ temperature: 0 }), "rebase: temperature must be a finite number above 0, got 0"],
  [
    "rebase another",
    () => rebase({ width: 1 } as never),
    'rebase: an option must be one of n, temperature, got "width"',
  ],
])("an option out of bounds: %s", (_, make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: "invalid-option", message }));
});
