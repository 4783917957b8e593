import { describe, expect, test } from "vitest";
import { Random } from "mull";
import { differenceOf, productOf } from "../../../src/answers/chance/combine.js";
import { rateOf, type Measure } from "../../../src/answers/chance/measure.js";

describe("values", () => {
  const a = rateOf(6, 10, 0.95);
  const b = rateOf(2, 10, 0.95);
  const none = rateOf(0, 0, 0.95);

  test("differences and products are of the values", () => {
    expect(differenceOf(a, b).value).toBeCloseTo(0.4, 12);
    expect(productOf(a, b).value).toBeCloseTo(0.12, 12);
  });

  test("without one of them there is none, and every value is possible that its interval leaves", () => {
    expect(differenceOf(a, none)).toEqual({ value: undefined, low: a.low - 1, high: a.high });
    expect(productOf(none, b)).toEqual({ value: undefined, low: 0, high: b.high });
  });

  test("errors that go the same way make a difference surer, and the other way less sure", () => {
    const width = (correlation: number): number => {
      const { low, high } = differenceOf(a, b, correlation);
      return high - low;
    };
    expect(width(0.5)).toBeLessThan(width(0));
    expect(width(-0.5)).toBeGreaterThan(width(0));
  });

  test("a product of zero is known by the other factor's bound", () => {
    const { value, low, high } = productOf(rateOf(0, 50, 0.95), rateOf(50, 50, 0.95));
    expect([value, low]).toEqual([0, 0]);
    expect(high).toBeCloseTo(rateOf(0, 50, 0.95).high, 12);
  });
});

describe("intervals hold the truth as often as they say", () => {
  const draw = (random: Random, p: number, n: number): Measure => {
    let yes = 0;
    for (let i = 0; i < n; i++) if (random.next() < p) yes++;
    return rateOf(yes, n, 0.9);
  };

  test.each([
    [0.3, 40, 0.2, 40],
    [0.95, 60, 0.9, 30],
    [0.05, 40, 0.98, 40],
  ])("of rates of %d in %d and %d in %d", (p, m, q, n) => {
    const random = new Random(7);
    let [difference, product] = [0, 0];
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const [a, b] = [draw(random, p, m), draw(random, q, n)];
      const d = differenceOf(a, b);
      if (d.low <= p - q && p - q <= d.high) difference++;
      const x = productOf(a, b);
      if (x.low <= p * q && p * q <= x.high) product++;
    }
    expect(difference / runs).toBeGreaterThan(0.87);
    expect(product / runs).toBeGreaterThan(0.87);
  });
});
