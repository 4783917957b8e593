import { fc, test as prop } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { InvalidOptionError, passAtK } from "mull";

/** C(n, k), exactly. */
function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let i = 1n; i <= BigInt(k); i++) result = (result * (BigInt(n) - BigInt(k) + i)) / i;
  return n < k ? 0n : result;
}

/** 1 - C(n - c, k) / C(n, k), exactly to the last division. */
function exact(n: number, c: number, k: number): number {
  const all = choose(n, k);
  const scale = 10n ** 30n;
  return Number(((all - choose(n - c, k)) * scale) / all) / 1e30;
}

const drawn = fc
  .integer({ min: 1, max: 300 })
  .chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n }), fc.integer({ min: 1, max: n })));

prop.prop([drawn])("is 1 - C(n - c, k) / C(n, k)", ([n, c, k]) => {
  expect(Math.abs(passAtK(n, c, k) - exact(n, c, k))).toBeLessThan(1e-13);
});

prop.prop([drawn])("one sample: the share of right ones", ([n, c]) => {
  expect(passAtK(n, c, 1)).toBeCloseTo(c / n, 14);
});

prop.prop([drawn])("grows with c and with k, from 0 to 1", ([n, c, k]) => {
  const value = passAtK(n, c, k);
  expect(value).toBeGreaterThanOrEqual(0);
  expect(value).toBeLessThanOrEqual(1);
  if (c < n) expect(passAtK(n, c + 1, k)).toBeGreaterThanOrEqual(value);
  if (k < n) expect(passAtK(n, c, k + 1)).toBeGreaterThanOrEqual(value);
});

test("without bias: the mean over all draws of n is the truth", () => {
  const [n, k, p] = [12, 4, 0.3];
  let mean = 0;
  for (let c = 0; c <= n; c++) mean += Number(choose(n, c)) * p ** c * (1 - p) ** (n - c) * passAtK(n, c, k);
  expect(mean).toBeCloseTo(1 - (1 - p) ** k, 12);
});

test.each<[n: number, c: number, k: number, value: number]>([
  [10, 0, 5, 0],
  [10, 10, 1, 1],
  [10, 6, 5, 1],
  [1, 1, 1, 1],
  [200, 1, 200, 1],
  // Where factorials and naive products would have lost it
  [1e9, 1, 1, 1e-9],
  [1e6, 1, 1000, 1e-3],
])("passAtK(%d, %d, %d) is %d", (n, c, k, value) => {
  expect(Math.abs(passAtK(n, c, k) - value)).toBeLessThanOrEqual(1e-15 * value);
  expect(Object.is(passAtK(n, c, k), -0)).toBe(false);
});

test.each([
  [0, 0, 1],
  [10, -1, 1],
  [10, 11, 1],
  [10, 5, 0],
  [10, 5, 11],
  [10.5, 5, 1],
  [NaN, 0, 1],
])("passAtK(%d, %d, %d) is refused", (n, c, k) => {
  expect(() => passAtK(n, c, k)).toThrow(InvalidOptionError);
});
