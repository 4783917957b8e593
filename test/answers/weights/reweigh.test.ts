import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { borda, InvalidOptionError, softmax, top, type Reweigh } from "mull";

const weights = fc.array(
  fc.nat({ max: 12 }).map((n) => n / 4),
  { maxLength: 20 },
);

describe.each<[name: string, reweigh: Reweigh]>([
  ["softmax(0.3)", softmax(0.3)],
  ["borda()", borda()],
  ["borda(2)", borda(2)],
  ["top(0.4)", top(0.4)],
])("%s", (_, reweigh) => {
  prop.prop([weights])("as many, none below 0, a heavier one never lighter, equal ones equal", (given) => {
    const before = [...given];
    const after = reweigh(given);
    expect(given).toEqual(before);
    expect(after).toHaveLength(given.length);
    for (const [i, a] of given.entries()) {
      expect(after[i]).toBeGreaterThanOrEqual(0);
      for (const [j, b] of given.entries()) {
        if (a > b) expect(after[i]).toBeGreaterThanOrEqual(after[j]!);
        if (a === b) expect(after[i]).toBeCloseTo(after[j]!, 12);
      }
    }
  });
});

test.each<[what: string, reweigh: Reweigh, given: number[], expected: number[]]>([
  ["softmax: e to the difference", softmax(0.5), [1, 0.5, 0], [1, Math.exp(-1), Math.exp(-2)]],
  ["softmax: only differences count", softmax(1), [1001, 1000], [1, Math.exp(-1)]],
  ["softmax: nothing overflows", softmax(1e-9), [1e300, 0], [1, 0]],
  ["softmax: hot is a plain majority", softmax(1e9), [1, 0], [1, 1]],
  ["borda: by rank", borda(1), [0.1, 0.9, 0.5], [1, 3, 2]],
  ["borda: the root by default", borda(), [5, 7], [1, Math.SQRT2]],
  ["borda: equal ones share", borda(2), [3, 3, 1], [6.5, 6.5, 1]],
  ["borda: 0 is a plain majority", borda(0), [3, 2, 1], [1, 1, 1]],
  ["top: those keep their weight", top(0.5), [0.1, 0.9, 0.5, 0.3], [0, 0.9, 0.5, 0]],
  ["top: the share is rounded up", top(0.3), [1, 2, 3, 4], [0, 0, 3, 4]],
  ["top: at least one", top(0.001), [1, 2], [0, 2]],
  ["top: equal ones stay together", top(0.25), [2, 2, 1, 1], [2, 2, 0, 0]],
  ["top: all", top(1), [1, 2], [1, 2]],
])("%s", (_, reweigh, given, expected) => {
  const after = reweigh(given);
  expect(after).toHaveLength(expected.length);
  for (const [i, weight] of expected.entries()) expect(after[i]).toBeCloseTo(weight, 6);
});

test("a share is that of the decimal number, not of its binary neighbour", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  for (const percent of [7, 14, 28, 29, 55, 56, 57, 58])
    expect(top(percent / 100)(hundred).filter((weight) => weight > 0)).toHaveLength(percent);
});

test.each<[build: () => Reweigh, message: string]>([
  [() => softmax(0), "softmax: temperature must be a finite number above 0, got 0"],
  [() => softmax(Infinity), "softmax: temperature must be a finite number above 0, got Infinity"],
  [() => softmax(-1), "softmax: temperature must be a number of at least 0, got -1"],
  [() => (softmax as (t?: number) => Reweigh)(), "softmax: temperature must be a number of at least 0, got undefined"],
  [() => borda(-1), "borda: power must be a number of at least 0, got -1"],
  [() => borda(Infinity), "borda: power must be a finite number of at least 0, got Infinity"],
  [() => top(0), "top: share must be a number above 0, got 0"],
  [() => top(1.1), "top: share must be a number from 0 to 1, got 1.1"],
])("%s", (build, message) => {
  expect(build).toThrow(InvalidOptionError);
  expect(build).toThrow(message);
});
