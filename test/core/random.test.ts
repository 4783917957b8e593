/**
 * @module
 * Random numbers: the same for the same seed, even, and never out of bounds.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Random } from "mull";
import { hashText } from "../../src/core/random.js";

describe("Random", () => {
  test("these numbers never change: results that were published by seed depend on them", () => {
    const random = new Random(1, 2);
    expect([random.bits(), random.bits(), random.next(), random.integer(1000)]).toEqual([
      1336152880, 1251106589, 0.9313513652788006, 106,
    ]);
    expect(new Random(1, 2).shuffle([1, 2, 3, 4, 5, 6])).toEqual([3, 4, 6, 1, 5, 2]);
    expect([hashText(0, ""), hashText(0, "a"), hashText(1, "a"), hashText(0, "ä€😀")]).toEqual([
      -1421968373, 444641715, -421840090, 119109006,
    ]);
  });

  prop.prop([fc.integer(), fc.integer(), fc.integer({ min: 1, max: 1e9 })])(
    "stays in bounds, and repeats",
    (high, low, bound) => {
      const [one, two] = [new Random(high, low), new Random(high, low)];
      for (let i = 0; i < 20; i++) {
        const [bits, next, integer] = [one.bits(), one.next(), one.integer(bound)];
        expect([two.bits(), two.next(), two.integer(bound)]).toEqual([bits, next, integer]);
        expect(Number.isInteger(bits) && bits >= 0 && bits < 2 ** 32).toBe(true);
        expect(next >= 0 && next < 1).toBe(true);
        expect(Number.isInteger(integer) && integer >= 0 && integer < bound).toBe(true);
      }
    },
  );

  prop.prop([fc.integer(), fc.array(fc.nat(20), { maxLength: 30 })])(
    "a shuffled copy has the same items, and leaves the list alone",
    (seed, items) => {
      const before = [...items];
      const shuffled = new Random(seed).shuffle(Object.freeze(items));
      expect(items).toEqual(before);
      expect([...shuffled].sort()).toEqual([...before].sort());
    },
  );

  test("is even: in ten thousand draws every tenth comes about as often", () => {
    const random = new Random(7);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) counts[random.integer(10)]!++;
    // Five standard deviations of a binomial.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test("every order of three comes about as often", () => {
    const random = new Random(11);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle(["a", "b", "c"]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test("seeds that differ in one bit share nothing", () => {
    const first = (high: number, low: number): number => new Random(high, low).bits();
    const seen = new Set<number>();
    for (let bit = 0; bit < 32; bit++) seen.add(first(1 << bit, 0)).add(first(0, 1 << bit));
    expect(seen.size).toBe(64);
  });
});

prop.prop([fc.uniqueArray(fc.string(), { minLength: 200, maxLength: 200 })])(
  "hashes of different texts differ, mostly",
  (texts) => {
    expect(new Set(texts.map((text) => hashText(5, text))).size).toBeGreaterThanOrEqual(199);
  },
);
