import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { mainEffects, type Count } from "../../../src/answers/chance/main-effects.js";

const logit = (p: number): number => Math.log(p / (1 - p));
const count = (right: number, total: number): Count => ({ right, total });

describe("main effects", () => {
  test("many counts without interaction: the shares themselves", () => {
    const many = 1e7;
    const share = (row: number, column: number): number =>
      1 / (1 + Math.exp(-(0.3 + [-1, 0, 1.2][row]! + [-0.5, 0.7][column]!)));
    const cells = [0, 1, 2].map((row) => [0, 1].map((column) => count(many * share(row, column), many)));
    mainEffects(cells).forEach((line, row) => {
      line.forEach((p, column) => expect(p).toBeCloseTo(share(row, column), 5));
    });
  });

  test("an empty cell is what its row and its column say", () => {
    const cells = [
      [count(900, 1000), count(600, 1000)],
      [count(800, 1000), count(0, 0)],
    ];
    const [, [, empty]] = mainEffects(cells) as [unknown, [number, number]];
    expect(logit(empty)).toBeCloseTo(logit(0.8) + logit(0.6) - logit(0.9), 1);
  });

  test("an empty row is the mean of the others", () => {
    const [, [empty]] = mainEffects([[count(700, 1000)], [count(0, 0)]]) as [unknown, [number]];
    expect(empty).toBeCloseTo(0.7, 1);
  });

  test("nothing at all is one half", () => {
    expect(mainEffects([[count(0, 0), count(0, 0)]])).toEqual([[0.5, 0.5]]);
  });

  test.prop([
    fc.array(
      fc.array(
        fc
          .tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 }))
          .map(([a, b]) => count(Math.min(a, b), b)),
        { minLength: 3, maxLength: 3 },
      ),
      { minLength: 1, maxLength: 4 },
    ),
  ])("shares lie between 0 and 1, whatever the counts, and more right ones in a cell never make it less", (cells) => {
    const shares = mainEffects(cells);
    for (const share of shares.flat()) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(1);
    }
    const [[{ right, total }, ...rest], ...others] = cells as [[Count, ...Count[]], ...Count[][]];
    const better = mainEffects([[count(right + 5, total + 5), ...rest], ...others]);
    expect(better[0]?.[0]).toBeGreaterThanOrEqual((shares[0]?.[0] ?? 0) - 1e-6);
  });
});
