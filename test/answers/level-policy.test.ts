import { fc, test } from "@fast-check/vitest";
import {
  fitAllocator,
  levelPolicy,
  type LearnedLevelPolicy,
  type LevelExpectation,
  type LevelPolicy,
  type LevelPolicyOptions,
  type LevelTable,
} from "mull";
import { describe, expect, expectTypeOf } from "vitest";

type Cell = readonly [accuracy: number, cost: number];

/** A table of bands of the same share, of levels a, b, c. */
function tableOf(...rows: readonly (readonly Cell[])[]): LevelTable {
  const expectation = ([accuracy, cost]: Cell, index: number): LevelExpectation => ({
    level: "abc"[index] ?? "",
    accuracy,
    error: 0.01,
    cost,
    records: 100,
  });
  const share = 1 / rows.length;
  const mean = (column: number, figure: 0 | 1): number =>
    rows.reduce((sum, row) => sum + share * (row[column]?.[figure] ?? 0), 0);
  return {
    bands: rows.map((row, band) => ({ from: band / rows.length, share, levels: row.map(expectation) })),
    overall: (rows[0] ?? []).map((_, column) => expectation([mean(column, 0), mean(column, 1)], column)),
  };
}

// Gain for cost, from a to b and from b to c: easy 0.001 and 0.0001, middling 0.03 and 0.005, hard 0.01 and 0.02.
const three = tableOf(
  [
    [0.95, 10],
    [0.96, 20],
    [0.97, 120],
  ],
  [
    [0.5, 10],
    [0.8, 20],
    [0.95, 50],
  ],
  [
    [0.1, 10],
    [0.2, 20],
    [0.8, 50],
  ],
);

/** What is chosen from easy to hard, and where nobody knows. */
function choices(policy: LevelPolicy): string {
  return [0.1, 0.5, 0.9, undefined].map(policy).join(" ");
}

describe("a value", () => {
  test.each([
    [1e-6, "a a a a"],
    [33, "a a a a"],
    [34, "a b a a"],
    [57, "a b a a"],
    [58, "a b c a"],
    [74, "a b c b"],
    [199, "a b c b"],
    [201, "a c c b"],
    [211, "a c c c"],
    [999, "a c c c"],
    [1001, "b c c c"],
    [9999, "b c c c"],
    [10_001, "c c c c"],
    [1e9, "c c c c"],
  ])("%f: %s", (value, chosen) => {
    const policy = levelPolicy(three, { value });
    // Where nobody knows: 0.5167 for 10, 0.6533 for 20, 0.9067 for 73.3.
    expect(choices(policy)).toBe(chosen);
    expect(policy.value).toBe(value);
  });

  test("of levels worth the same, the cheaper", () => {
    const equal: Cell[] = [
      [0.5, 30],
      [0.4, 20],
      [0.4, 20],
    ];
    expect(levelPolicy(tableOf(equal), { value: 100 })(0)).toBe("b");
    expect(levelPolicy(tableOf(equal.toReversed()), { value: 100 })(0)).toBe("a");
  });

  test("a level that costs more for less is never chosen", () => {
    const worse = tableOf([
      [0.8, 10],
      [0.7, 20],
      [0.9, 30],
    ]);
    for (const value of [1, 100, 200, 201, 1e9]) expect(levelPolicy(worse, { value })(0.5)).not.toBe("b");
  });

  test.prop([
    fc.array(
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1000, noNaN: true })), {
        minLength: 3,
        maxLength: 3,
      }),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
    fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    fc.double({ min: 1, max: 10, noNaN: true }),
  ])("nothing is worth more; a higher value never chooses what is less right", (rows, value, factor) => {
    const table = tableOf(...rows);
    const at = (band: number, policy: LevelPolicy): Cell =>
      rows[band]?.["abc".indexOf(policy((band + 0.5) / rows.length))] as Cell;
    const [low, high] = [levelPolicy(table, { value }), levelPolicy(table, { value: value * factor })];
    rows.forEach((row, band) => {
      const [accuracy, cost] = at(band, low);
      expect(value * accuracy - cost).toBe(Math.max(...row.map(([a, c]) => value * a - c)));
      expect(at(band, high)[0]).toBeGreaterThanOrEqual(accuracy - 1e-9);
    });
  });
});

describe("a budget", () => {
  const meanCost = (table: LevelTable, policy: LevelPolicy): number =>
    table.bands.reduce(
      (sum, { from, share, levels }) => sum + share * (levels.find(({ level }) => level === policy(from))?.cost ?? 0),
      0,
    );
  const accuracyOf = (table: LevelTable, policy: LevelPolicy): number =>
    table.bands.reduce(
      (sum, { from, share, levels }) =>
        sum + share * (levels.find(({ level }) => level === policy(from))?.accuracy ?? 0),
      0,
    );

  test.each([
    [5, "a a a"],
    [10, "a a a"],
    [13.3, "a a a"],
    [13.4, "a b a"],
    [26.6, "a b a"],
    [26.7, "a b c"],
    [36.7, "a c c"],
    [40, "b c c"],
    [73, "b c c"],
    [73.4, "c c c"],
    [1e6, "c c c"],
  ])("%f: %s", (budget, chosen) => {
    const policy = levelPolicy(three, { budget });
    expect(choices(policy).slice(0, 5)).toBe(chosen);
    if (budget >= 10) expect(meanCost(three, policy)).toBeLessThanOrEqual(budget);
  });

  test("the value it comes to chooses the same", () => {
    for (const budget of [10, 14, 27, 37, 40, 80]) {
      const { value, ...rest } = levelPolicy(three, { budget });
      expect(rest).toBeDefined();
      expect(choices(levelPolicy(three, { value }))).toBe(choices(levelPolicy(three, { budget })));
    }
    expect(levelPolicy(three, { budget: 5 }).value).toBe(0);
  });

  test("bands count by their share", () => {
    const [easy, middling, hard] = three.bands as [LevelTable["bands"][number], ...LevelTable["bands"]];
    const skewed = {
      ...three,
      bands: [
        { ...easy, share: 0.9 },
        { ...middling, share: 0.05 } as typeof easy,
        { ...hard, share: 0.05 } as typeof easy,
      ],
    };
    expect(choices(levelPolicy(skewed, { budget: 14 })).slice(0, 5)).toBe("a c c");
  });

  test.prop([
    fc.array(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 1000 })), {
        minLength: 3,
        maxLength: 3,
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    fc.integer({ min: 1, max: 1200 }),
  ])("it is kept, and no choice at one price within it is right more often", (rows, budget) => {
    const table = tableOf(...rows.map((row) => row.map(([percent, cost]): Cell => [percent / 100, cost])));
    const policy = levelPolicy(table, { budget });
    const cheapest = table.bands.reduce(
      (sum, { share, levels }) => sum + share * Math.min(...levels.map(({ cost }) => cost)),
      0,
    );
    if (cheapest > budget + 1e-9) {
      expect(meanCost(table, policy)).toBeCloseTo(cheapest, 9);
      return;
    }
    expect(meanCost(table, policy)).toBeLessThanOrEqual(budget + 1e-9);
    for (let power = -3; power < 20; power += 0.25) {
      const other = levelPolicy(table, { value: 2 ** power });
      if (meanCost(table, other) <= budget)
        expect(accuracyOf(table, policy)).toBeGreaterThanOrEqual(accuracyOf(table, other) - 1e-9);
    }
  });
});

describe("what is expected", () => {
  const policy = levelPolicy(three, { value: 100 });

  test.each([
    [0, 0],
    [0.33, 0],
    [0.34, 1],
    [0.66, 1],
    [0.67, 2],
    [1, 2],
  ])("at %f: band %i", (difficulty, band) => {
    expect(policy.expected(difficulty)).toEqual(three.bands[band]?.levels);
  });

  test("where nobody knows", () => {
    expect(policy.expected()).toEqual(three.overall);
  });

  test("names all levels", () => {
    expect(policy.levels).toEqual(["a", "b", "c"]);
  });

  test("after JSON it is the same", () => {
    const records = Array.from({ length: 90 }, (_, i) => ({
      level: "abc"[i % 3] ?? "",
      difficulty: (i % 10) / 10,
      correct: i % 7 < 3 + (i % 3),
      cost: 10 ** (i % 3),
    }));
    const table = fitAllocator(records);
    const [now, later] = [table, JSON.parse(JSON.stringify(table)) as LevelTable].map((each) =>
      levelPolicy(each, { value: 30 }),
    );
    for (let difficulty = 0; difficulty <= 1; difficulty += 0.1) expect(later?.(difficulty)).toBe(now?.(difficulty));
  });
});

describe("wrong options", () => {
  const { overall, bands } = three;

  test.each<[table: unknown, options: unknown, message: string]>([
    [null, { value: 1 }, "table must be what fitAllocator gave, got null"],
    [[], { value: 1 }, "table must be what fitAllocator gave, got an empty array"],
    [{ overall, bands: [] }, { value: 1 }, "table must be what fitAllocator gave, got an object"],
    [{ overall: [], bands }, { value: 1 }, "table must be what fitAllocator gave, got an object"],
    [
      { overall, bands: [{ from: 0, share: 1, levels: [] }] },
      { value: 1 },
      "table must be what fitAllocator gave, got an object",
    ],
    [
      { overall: [{ level: "a", cost: 1 }], bands },
      { value: 1 },
      "an accuracy of table must be a number from 0 to 1, got undefined",
    ],
    [
      { overall: [{ level: "a", accuracy: 1, cost: -1 }], bands },
      { value: 1 },
      "a cost of table must be a number of at least 0, got -1",
    ],
    [three, null, "options must be an object, got null"],
    [three, {}, "options must be an object with either a value or a budget, got an object"],
    [three, { value: 1, budget: 1 }, "options must be an object with either a value or a budget, got an object"],
    [three, { price: 1 }, 'an option must be one of value, budget, got "price"'],
    [three, { value: 0 }, "value must be a finite number above 0, got 0"],
    [three, { value: Infinity }, "value must be a finite number above 0, got Infinity"],
    [three, { value: "1" }, 'value must be a number of at least 0, got "1"'],
    [three, { budget: 0 }, "budget must be a finite number above 0, got 0"],
    [three, { budget: -1 }, "budget must be a number of at least 0, got -1"],
    [three, { budget: Infinity }, "budget must be a finite number above 0, got Infinity"],
  ])("%j, %j", (table, options, message) => {
    expect(() => levelPolicy(table as LevelTable, options as LevelPolicyOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `levelPolicy: ${message}` }),
    );
  });

  test.each([-0.1, 1.1, NaN])("a difficulty of %f", (difficulty) => {
    const message = `levelPolicy: the difficulty must be a number from 0 to 1, got ${difficulty}`;
    const policy = levelPolicy(three, { value: 1 });
    expect(() => policy(difficulty)).toThrow(expect.objectContaining({ message }));
    expect(() => policy.expected(difficulty)).toThrow(expect.objectContaining({ message }));
  });
});

test("types", () => {
  expectTypeOf(levelPolicy).returns.toEqualTypeOf<LearnedLevelPolicy>();
  expectTypeOf<LearnedLevelPolicy>().toExtend<LevelPolicy>();
  expectTypeOf<(difficulty?: number) => string>().toExtend<LevelPolicy>();
});
