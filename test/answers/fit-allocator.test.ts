import { fc, test } from "@fast-check/vitest";
import { fitAllocator, levelPolicy, Random, type FitAllocatorOptions, type LevelRecord, type LevelTable } from "mull";
import { describe, expect, expectTypeOf } from "vitest";

/** So many records of a level, of which so many are right. */
function records(level: string, right: number, total: number, cost: number, difficulty?: number): LevelRecord[] {
  return Array.from({ length: total }, (_, i) => ({
    level,
    correct: i < right,
    cost,
    ...(difficulty !== undefined && { difficulty }),
  }));
}

const easyAndHard = [
  ...records("quick", 95, 100, 10, 0.1),
  ...records("thorough", 97, 100, 100, 0.1),
  ...records("quick", 30, 100, 20, 0.8),
  ...records("thorough", 70, 100, 120, 0.8),
];

describe("bands", () => {
  test.each<[what: string, difficulties: readonly number[], bands: number | undefined, starts: readonly number[]]>([
    ["as many as asked for, with as many records each", [0, 0.1, 0.2, 0.3, 0.4, 0.5], 3, [0, 0.2, 0.4]],
    ["five by default", [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], undefined, [0, 0.2, 0.4, 0.6, 0.8]],
    ["unordered", [0.5, 0.1, 0.4, 0, 0.3, 0.2], 2, [0, 0.3]],
    ["one", [0, 0.5, 1], 1, [0]],
    ["equal difficulties stay together", [0, 0, 0, 0, 0.5, 1], 3, [0, 0.5, 1]],
    ["what many share leaves the other bands to the rest", [0.1, 0.1, 0.1, 0.1, 0.8], 2, [0, 0.8]],
    ["the last, too", [0.1, 0.8, 0.8, 0.8, 0.8], 2, [0, 0.8]],
    ["few that follow many go with those after them", [0, 0, 0, 0, 0.2, 0.3, 0.4, 0.5, 0.6], 3, [0, 0.2, 0.5]],
    ["a value goes where it makes the shares more even", [0.1, 0.2, 0.2, 0.2, 0.3, 0.4], 2, [0, 0.3]],
    ["all equal", [0.4, 0.4, 0.4], 3, [0]],
    ["the first begins at 0 whatever the least is", [0.5, 0.6, 0.7, 0.8], 2, [0, 0.7]],
    ["more bands than records", [0.2, 0.9], 5, [0, 0.9]],
  ])("%s", (_, difficulties, bands, starts) => {
    const { bands: found } = fitAllocator(
      difficulties.map((difficulty) => ({ difficulty, level: "a", correct: true, cost: 1 })),
      { bands },
    );
    expect(found.map(({ from }) => from)).toEqual(starts);
    const within = (at: number): number =>
      difficulties.filter((value) => value >= (starts[at] ?? 0) && value < (starts[at + 1] ?? 2)).length;
    expect(found.map(({ share }) => share)).toEqual(starts.map((_, at) => within(at) / difficulties.length));
    expect(found.map(({ levels }) => levels[0]?.records)).toEqual(starts.map((_, at) => within(at)));
  });

  test("records without a difficulty are one band", () => {
    const { bands, overall } = fitAllocator([...records("a", 1, 2, 3), ...records("b", 2, 2, 5)]);
    expect(bands).toHaveLength(1);
    expect(bands[0]?.levels).toEqual(overall);
  });
});

describe("what is expected", () => {
  test("cells with many records say it themselves", () => {
    const { bands } = fitAllocator(easyAndHard, { bands: 2 });
    expect(bands.map(({ from, share }) => [from, share])).toEqual([
      [0, 0.5],
      [0.8, 0.5],
    ]);
    const figures = bands.map(({ levels }) =>
      levels.map(({ level, accuracy, cost, records: count }) => [level, accuracy, cost, count]),
    );
    const near = (value: number): unknown => expect.closeTo(value, 1);
    expect(figures).toEqual([
      [
        ["quick", near(0.95), expect.closeTo(10.45, 1), 100],
        ["thorough", near(0.97), expect.closeTo(100.9, 1), 100],
      ],
      [
        ["quick", near(0.3), expect.closeTo(19.5, 1), 100],
        ["thorough", near(0.7), expect.closeTo(119.1, 1), 100],
      ],
    ]);
  });

  test("a cell is its own records and ten of what is expected", () => {
    // One band, one level: what is expected is the share, drawn a little to one half.
    const [only] = fitAllocator(records("a", 30, 40, 7)).overall;
    expect(only?.accuracy).toBeGreaterThan(0.73);
    expect(only?.accuracy).toBeLessThan(0.75);
    expect(only?.error).toBeCloseTo(Math.sqrt(((only?.accuracy ?? 0) * (1 - (only?.accuracy ?? 0))) / 50), 12);
    expect(only?.cost).toBe(7);
  });

  test("a cell with few leans on its level and its band", () => {
    const few = fitAllocator(
      [
        ...records("quick", 95, 100, 10, 0.1),
        ...records("thorough", 97, 100, 100, 0.1),
        ...records("quick", 30, 100, 20, 0.8),
        ...records("thorough", 0, 1, 120, 0.8),
      ],
      { bands: 2 },
    );
    const [, hard] = few.bands;
    const [quick, thorough] = hard?.levels ?? [];
    // Not the 0 of the one record, nor the 0.97 of its level, nor less than the cheaper level brings there.
    expect(thorough?.accuracy).toBeGreaterThan(0.3);
    expect(thorough?.accuracy).toBeLessThan(0.6);
    expect(thorough?.error).toBeGreaterThan(3 * (quick?.error ?? 1));
    // Ten of the mean of its level, which is 100.2, and one of its own.
    expect(thorough?.cost).toBeCloseTo((10 * (100 * 100 + 120)) / 101 / 11 + 120 / 11, 9);
  });

  test("a level that was never tried on such questions is expected all the same", () => {
    const { bands } = fitAllocator(
      [
        ...records("quick", 90, 100, 10, 0.1),
        ...records("quick", 20, 100, 10, 0.9),
        ...records("thorough", 95, 100, 90, 0.1),
      ],
      { bands: 2 },
    );
    const [quick, thorough] = bands[1]?.levels ?? [];
    expect(thorough).toMatchObject({ level: "thorough", records: 0 });
    expect(thorough?.cost).toBeCloseTo(90, 9);
    expect(thorough?.accuracy).toBeGreaterThan(quick?.accuracy ?? 1);
    expect(thorough?.accuracy).toBeLessThan(0.6);
  });

  test("overall is all bands by their shares: a level tried on hard questions alone is not blamed for them", () => {
    const uneven = [
      ...records("quick", 95, 100, 10, 0.1),
      ...records("quick", 30, 50, 10, 0.9),
      ...records("thorough", 10, 10, 100, 0.1),
      ...records("thorough", 80, 100, 100, 0.9),
    ];
    const { bands, overall } = fitAllocator(uneven, { bands: 2 });
    for (const [index, { accuracy, cost, error, records: count }] of overall.entries()) {
      const of = (figure: "accuracy" | "cost" | "records"): readonly number[] =>
        bands.map(({ levels }) => levels[index]?.[figure] ?? 0);
      const weighted = (values: readonly number[]): number =>
        values.reduce((sum, value, band) => sum + value * (bands[band]?.share ?? 0), 0);
      expect(accuracy).toBeCloseTo(weighted(of("accuracy")), 12);
      expect(cost).toBeCloseTo(weighted(of("cost")), 12);
      expect(count).toBe(of("records").reduce((a, b) => a + b, 0));
      const parts = bands.map(({ share, levels }) => share * (levels[index]?.error ?? 0));
      expect(error).toBeCloseTo(Math.hypot(...parts), 12);
    }
    expect(overall[1]?.accuracy).toBeGreaterThan(overall[0]?.accuracy ?? 1);
  });

  test("it comes through JSON as it is", () => {
    const table = fitAllocator(easyAndHard);
    expect(JSON.parse(JSON.stringify(table))).toEqual(table);
  });

  test.prop([
    fc.array(
      fc.record({
        difficulty: fc.double({ min: 0, max: 1, noNaN: true }),
        level: fc.constantFrom("a", "b", "c"),
        correct: fc.boolean(),
        cost: fc.integer({ min: 0, max: 1e6 }),
      }),
      { minLength: 1, maxLength: 60 },
    ),
    fc.integer({ min: 1, max: 8 }),
  ])(
    "whatever the records, every cell has a chance and a cost within what was seen, and all are counted",
    (all, bands) => {
      const table = fitAllocator(all, { bands });
      const [least, most] = [Math.min(...all.map(({ cost }) => cost)), Math.max(...all.map(({ cost }) => cost))];
      const cells = table.bands.flatMap(({ levels }) => levels);
      expect(cells.reduce((sum, cell) => sum + cell.records, 0)).toBe(all.length);
      expect(table.bands.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
      expect(table.bands.length).toBeLessThanOrEqual(bands);
      for (const { accuracy, error, cost } of [...cells, ...table.overall]) {
        expect(accuracy).toBeGreaterThan(0);
        expect(accuracy).toBeLessThan(1);
        expect(error).toBeGreaterThan(0);
        expect(cost).toBeGreaterThanOrEqual(least * (1 - 1e-9));
        expect(cost).toBeLessThanOrEqual(most * (1 + 1e-9));
      }
      expect(fitAllocator(all.toReversed(), { bands }).bands.map(({ from }) => from)).toEqual(
        table.bands.map(({ from }) => from),
      );
    },
  );
});

describe("in a world that is known", () => {
  const truth = [
    [0.96, 0.97, 0.98],
    [0.7, 0.85, 0.95],
    [0.15, 0.25, 0.6],
  ];
  const costs = [1, 4, 16];

  /** So many records a cell, drawn. */
  const drawn = (each: number, random: Random): LevelRecord[] =>
    truth.flatMap((row, band) =>
      row.flatMap((p, level) =>
        Array.from({ length: each }, () => ({
          difficulty: (band + random.next()) / 3,
          level: `level ${level}`,
          correct: random.next() < p,
          cost: costs[level] ?? 0,
        })),
      ),
    );

  test.each([
    [20, 0.09, 0.025],
    [200, 0.035, 0.005],
  ])("%i records a cell are enough", (each, off, regret) => {
    const value = 60;
    const random = new Random(5);
    const trials = 60;
    let squares = 0;
    let lost = 0;
    for (let trial = 0; trial < trials; trial++) {
      const table = fitAllocator(drawn(each, random), { bands: 3 });
      const policy = levelPolicy(table, { value });
      truth.forEach((row, band) => {
        const worth = row.map((p, level) => p - (costs[level] ?? 0) / value);
        const chosen = Number(policy((band + 0.5) / 3).at(-1));
        lost += Math.max(...worth) - (worth[chosen] ?? 0);
        row.forEach((p, level) => (squares += ((table.bands[band]?.levels[level]?.accuracy ?? 0) - p) ** 2));
      });
    }
    expect(Math.sqrt(squares / (9 * trials))).toBeLessThan(off);
    // In answers that are right, per question.
    expect(lost / (3 * trials)).toBeLessThan(regret);
  });
});

describe("wrong options", () => {
  const good: LevelRecord = { level: "a", correct: true, cost: 1 };
  const bound = "a record must be an object with a level, whether it was correct, and its cost, got an object";

  test.each<[records: unknown, message: string]>([
    [[], "records must be a list of at least one record, got an empty array"],
    [null, "records must be a list of at least one record, got null"],
    [{}, "records must be a list of at least one record, got an object"],
    [[good, null], bound.replace("got an object", "got null")],
    [[{ ...good, level: "" }], bound],
    [[{ ...good, level: 2 }], bound],
    [[{ ...good, correct: 1 }], bound],
    [[{ ...good, cost: -1 }], "the cost of a record must be a number of at least 0, got -1"],
    [[{ ...good, cost: undefined }], "the cost of a record must be a number of at least 0, got undefined"],
    [[{ ...good, cost: Infinity }], "the cost of a record must be a finite number, got Infinity"],
    [[{ ...good, difficulty: 1.5 }], "the difficulty of a record must be a number from 0 to 1, got 1.5"],
    [[{ ...good, difficulty: NaN }], "the difficulty of a record must be a number from 0 to 1, got NaN"],
    [
      [{ ...good, difficulty: 0.5 }, good],
      "the difficulty of a record must be a number, as in the first record, got undefined",
    ],
    [
      [good, { ...good, difficulty: 0.5 }],
      "the difficulty of a record must be left out, as in the first record, got 0.5",
    ],
  ])("%j", (wrong, message) => {
    expect(() => fitAllocator(wrong as LevelRecord[])).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `fitAllocator: ${message}` }),
    );
  });

  test.each<[options: unknown, message: string]>([
    [{ bands: 0 }, "bands must be an integer of at least 1, got 0"],
    [{ bands: 2.5 }, "bands must be an integer of at least 1, got 2.5"],
    [{ band: 2 }, 'an option must be one of bands, got "band"'],
  ])("%j", (options, message) => {
    expect(() => fitAllocator([good], options as FitAllocatorOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `fitAllocator: ${message}` }),
    );
  });
});

test("types", () => {
  expectTypeOf(fitAllocator).returns.toEqualTypeOf<LevelTable>();
  // @ts-expect-error -- a record says what it cost
  expect(() => fitAllocator([{ level: "a", correct: true }])).toThrow();
});
