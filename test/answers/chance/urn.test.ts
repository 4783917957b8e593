import { describe, expect, test } from "vitest";
import { changeProbability, sampleWorth } from "../../../src/answers/chance/urn.js";

/** What `of` is worth at the end, by walking through everything that may come. */
function expected(
  a: number,
  b: number,
  others: number,
  rest: number,
  of: (a: number, b: number, others: number) => number,
): number {
  if (rest === 0) return of(a, b, others);
  const all = a + b + others + 3;
  return (
    ((a + 1) / all) * expected(a + 1, b, others, rest - 1, of) +
    ((b + 1) / all) * expected(a, b + 1, others, rest - 1, of) +
    ((others + 1) / all) * expected(a, b, others + 1, rest - 1, of)
  );
}

const states: [a: number, b: number, others: number][] = [
  [0, 0, 0],
  [1, 0, 0],
  [1, 1, 0],
  [2, 1, 0],
  [3, 0, 2],
  [3, 3, 1],
  [4, 2, 5],
  [6, 5, 0],
];

describe.each(states)("%d for the leader, %d for the second, %d for others", (a, b, others) => {
  test.each([0, 1, 2, 3, 4, 7, 9])("%d to come: the chance that it changes", (rest) => {
    for (const ties of [true, false]) {
      const exact = expected(a, b, others, rest, (x, y) => Number(y > x || (y === x && !ties)));
      expect(changeProbability(a, b, others, rest, ties)).toBeCloseTo(exact, 10);
    }
  });

  test.each([0, 1, 2, 3, 4, 7, 9])("%d to come: what one more is worth", (rest) => {
    let best = 0;
    for (let n = 1; n <= rest; n++) {
      const gain = expected(a, b, others, n, (x, y) => Math.max(0, y - x)) / (a + b + others + n + 3) / n;
      // These numbers of samples are looked at.
      if ([1, 2, 4, 7, rest].includes(n)) best = Math.max(best, gain);
    }
    expect(sampleWorth(a, b, others, rest)).toBeCloseTo(best, 10);
  });
});

test("nothing is worth anything when the leader cannot be reached", () => {
  expect(sampleWorth(6, 1, 0, 5)).toBe(0);
  expect(sampleWorth(6, 1, 0, 6)).toBeGreaterThan(0);
  expect(changeProbability(6, 1, 0, 5, true)).toBe(0);
});

test("long votes stay probabilities", () => {
  for (const [a, b] of [
    [300, 290],
    [500, 0],
    [1, 0],
    [256, 256],
  ] as const) {
    const chance = changeProbability(a, b, 40, 2_000, true);
    expect(chance).toBeGreaterThanOrEqual(0);
    expect(chance).toBeLessThanOrEqual(0.5 + 1e-9);
    expect(sampleWorth(a, b, 40, 2_000)).toBeGreaterThanOrEqual(0);
  }
});
