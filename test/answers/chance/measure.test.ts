import { Random } from "mull";
import { describe, expect, test } from "vitest";
import { bootstrap } from "../../../src/answers/chance/bootstrap.js";
import { meanOf, rateOf } from "../../../src/answers/chance/measure.js";

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);

describe("a rate", () => {
  // Published values: scipy.stats.binomtest(k, n).proportion_ci(0.95, "exact").
  test.each([
    { k: 5, n: 20, low: 0.08657, high: 0.49105 },
    { k: 0, n: 10, low: 0, high: 0.3085 },
    { k: 10, n: 10, low: 0.6915, high: 1 },
    { k: 1, n: 100, low: 0.00025, high: 0.05446 },
  ])("of $k in $n", ({ k, n, low, high }) => {
    const rate = rateOf(k, n, 0.95);
    expect(rate).toMatchObject({ value: k / n, n });
    expect(rate.low).toBeCloseTo(low, 4);
    expect(rate.high).toBeCloseTo(high, 4);
  });

  test("of nothing is not known", () => {
    expect(rateOf(0, 0, 0.95)).toEqual({ value: undefined, low: 0, high: 1, n: 0 });
  });

  test.each([0.8, 0.95])("is covered exactly at least as often as %d, whatever it is", (confidence) => {
    const n = 15;
    const intervals = Array.from({ length: n + 1 }, (_, k) => rateOf(k, n, confidence));
    for (let p = 0.01; p < 1; p += 0.01) {
      const covered = intervals.reduce(
        (sum, { low, high }, k) => sum + (low <= p && p <= high ? choose(n, k) * p ** k * (1 - p) ** (n - k) : 0),
        0,
      );
      expect(covered, `p = ${p}`).toBeGreaterThanOrEqual(confidence);
    }
  });
});

describe("a mean", () => {
  test("of zeros and ones is a rate", () => {
    expect(meanOf([0, 1, 1, 0, 1], 0.9, new Random(1))).toEqual(rateOf(3, 5, 0.9));
  });

  test.each([
    { values: [0.5], fewest: 0, most: 1 },
    { values: [0.5, 0.5, 0.5], fewest: 1, most: 2 },
  ])("of $values, all alike, is as unsure as a rate rounded outwards", ({ values, fewest, most }) => {
    const n = values.length;
    const expected = { value: 0.5, low: rateOf(fewest, n, 0.95).low, high: rateOf(most, n, 0.95).high, n };
    expect(meanOf(values, 0.95, new Random(1))).toEqual(expected);
  });

  test("has an interval of the width that theory says, wider with few questions", () => {
    const values = Array.from({ length: 20 }, (_, i) => (i + 0.5) / 20);
    const { value = NaN, low, high } = meanOf(values, 0.95, new Random(3));
    expect(value).toBeCloseTo(0.5, 12);
    // Student's interval: 2.093 · s / √20 on either side.
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - 0.5) ** 2, 0) / 19);
    expect((high - low) / ((2 * 2.093 * deviation) / Math.sqrt(20))).toBeCloseTo(1, 1);
    const wider = meanOf(values, 0.99, new Random(3));
    expect(wider.high - wider.low).toBeGreaterThan(1.15 * (high - low));
  });

  test("is the same for the same random numbers", () => {
    const values = [0.1, 0.4, 0.9, 0.2];
    expect(meanOf(values, 0.95, new Random(5))).toEqual(meanOf(values, 0.95, new Random(5)));
    expect(meanOf(values, 0.95, new Random(5))).not.toEqual(meanOf(values, 0.95, new Random(6)));
  });
});

describe("a bootstrap", () => {
  const ratio = (drawn: readonly (readonly [number, number])[]): number | undefined => {
    const [a, b] = drawn.reduce(([x, y], [u, v]) => [x + u, y + v], [0, 0]);
    return b === 0 ? undefined : a / b;
  };

  test("takes any statistic of clusters, and may go below 0", () => {
    const clusters = Array.from({ length: 40 }, (_, i) => [(i % 7) - 4, 1 + (i % 3)] as const);
    const bounds = bootstrap(clusters, ratio, 0.95, new Random(1));
    expect(bounds?.low).toBeLessThan(ratio(clusters) ?? NaN);
    expect(bounds?.high).toBeGreaterThan(ratio(clusters) ?? NaN);
    expect(bounds?.low).toBeLessThan(0);
  });

  test.each([
    { name: "one cluster", clusters: [[1, 2]] },
    {
      name: "the same figure always",
      clusters: [
        [1, 2],
        [2, 4],
        [3, 6],
      ],
    },
    {
      name: "a statistic that mostly has no value",
      clusters: [
        [1, 0],
        [2, 0],
        [3, 0],
      ],
    },
  ] as { name: string; clusters: [number, number][] }[])("says nothing of $name", ({ clusters }) => {
    expect(bootstrap(clusters, ratio, 0.95, new Random(1))).toBeUndefined();
  });
});
