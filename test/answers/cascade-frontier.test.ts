import { fc, test as prop } from "@fast-check/vitest";
import { cascadeFrontier, cascadeOutcome, type CascadeRecord, type TierRecord } from "mull";
import { describe, expect, test } from "vitest";

/** `0.9+`: of this score, and right; `0.9-`: wrong. The last tier needs no score: `+`. Tiers cost 1, 10, 100. */
function record(...tiers: readonly string[]): CascadeRecord {
  return tiers.map((tier, i): TierRecord => {
    const score = tier.slice(0, -1);
    return { cost: 10 ** i, correct: tier.endsWith("+"), ...(score !== "" && { score: Number(score) }) };
  });
}

const four = [record("0.9+", "+"), record("0.6-", "+"), record("0.6+", "-"), record("0.2-", "+")];

describe("two tiers", () => {
  test("all thresholds worth having", () => {
    expect(cascadeFrontier(four).points).toEqual([
      { thresholds: [0.2], accuracy: 0.5, cost: 1, answered: [1, 0] },
      { thresholds: [0.6], accuracy: 0.75, cost: 3.5, answered: [0.75, 0.25] },
    ]);
  });

  test("no threshold is best where the stronger tier always is", () => {
    expect(cascadeFrontier([record("0.9-", "+"), record("0.1+", "+")]).points).toEqual([
      { thresholds: [0.1], accuracy: 0.5, cost: 1, answered: [1, 0] },
      { thresholds: [Infinity], accuracy: 1, cost: 11, answered: [0, 1] },
    ]);
  });

  test("a stronger tier that is no better is asked nothing", () => {
    const { points } = cascadeFrontier([record("0.9+", "+"), record("0.1-", "-")]);
    expect(points).toEqual([{ thresholds: [0.1], accuracy: 0.5, cost: 1, answered: [1, 0] }]);
  });

  test("the cheapest that is so accurate, the most accurate that costs no more", () => {
    const { within, reaching, points } = cascadeFrontier(four);
    expect([0.5, 1, 3.4, 3.5, 99].map(within)).toEqual([undefined, points[0], points[0], points[1], points[1]]);
    expect([0, 0.5, 0.51, 0.75, 0.76].map(reaching)).toEqual([points[0], points[0], points[1], points[1], undefined]);
  });

  test("negative scores, and costs of its own for each question", () => {
    const records: CascadeRecord[] = [
      [
        { cost: 0, score: -5, correct: true },
        { cost: 3, correct: true },
      ],
      [
        { cost: 2, score: -9, correct: false },
        { cost: 5, correct: true },
      ],
    ];
    expect(cascadeFrontier(records).points).toEqual([
      { thresholds: [-9], accuracy: 0.5, cost: 1, answered: [1, 0] },
      { thresholds: [-5], accuracy: 1, cost: 3.5, answered: [0.5, 0.5] },
    ]);
  });
});

test("three tiers: thresholds of both", () => {
  const records = [
    record("0.9+", "0.9+", "+"),
    record("0.5-", "0.8+", "+"),
    record("0.4-", "0.3-", "+"),
    record("0.9-", "0.1-", "-"),
  ];
  expect(cascadeFrontier(records).points).toEqual([
    { thresholds: [0.4, Infinity], accuracy: 0.25, cost: 1, answered: [1, 0, 0] },
    { thresholds: [0.9, 0.3], accuracy: 0.5, cost: 6, answered: [0.5, 0.5, 0] },
    { thresholds: [0.9, 0.8], accuracy: 0.75, cost: 31, answered: [0.5, 0.25, 0.25] },
  ]);
});

test("what thresholds come to on other records", () => {
  expect(cascadeOutcome(four, [0.5])).toEqual({ thresholds: [0.5], accuracy: 0.75, cost: 3.5, answered: [0.75, 0.25] });
  expect(cascadeOutcome(four, [-Infinity])).toMatchObject({ accuracy: 0.5, cost: 1 });
  expect(cascadeOutcome(four, [Infinity])).toMatchObject({ accuracy: 0.75, cost: 11 });
  const deep = [record("0.1-", "0.1-", "0.1-", "+")];
  expect(cascadeOutcome(deep, [1, 1, 1])).toMatchObject({ accuracy: 1, cost: 1111, answered: [0, 0, 0, 1] });
});

describe("against all thresholds there are", () => {
  const tier = fc.record({
    cost: fc.integer({ min: 0, max: 5 }),
    score: fc.integer({ min: 0, max: 4 }),
    correct: fc.boolean(),
  });
  const scores = [0, 1, 2, 3, 4, Infinity];

  prop.prop([
    fc.integer({ min: 2, max: 3 }),
    fc.array(fc.array(tier, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 8 }),
  ])("no choice beats the frontier, and the frontier is made of choices", (tiers, whole) => {
    const records = whole.map((record) => record.slice(0, tiers));
    const { points } = cascadeFrontier(records);
    const choices = tiers === 2 ? scores.map((a) => [a]) : scores.flatMap((a) => scores.map((b) => [a, b]));
    for (const thresholds of choices) {
      const { accuracy, cost } = cascadeOutcome(records, thresholds);
      expect(points.some((point) => point.accuracy >= accuracy && point.cost <= cost + 1e-9)).toBe(true);
    }
    points.forEach((point, i) => {
      expect(point).toEqual(cascadeOutcome(records, point.thresholds));
      const before = points[i - 1];
      if (before === undefined) return;
      expect(point.cost).toBeGreaterThan(before.cost);
      expect(point.accuracy).toBeGreaterThan(before.accuracy);
    });
  });

  test("equal costs that add up differently leave no point that another beats", () => {
    const cost = (k: number): number => 0.1 * k;
    const records = Array.from({ length: 9 }, (_, i): CascadeRecord => [
      { cost: cost(1), score: i, correct: i % 3 === 0 },
      { cost: i % 2 === 0 ? 0 : 1e-18, correct: i % 3 !== 1 },
    ]);
    const { points } = cascadeFrontier(records);
    expect(points.map(({ accuracy }) => accuracy)).toEqual([Math.max(...points.map(({ accuracy }) => accuracy))]);
  });

  test("hundreds of questions with scores of their own take no time", () => {
    const records = Array.from({ length: 300 }, (_, i) =>
      record(`${(i * 7919) % 300}${i % 3 ? "+" : "-"}`, `${(i * 104729) % 300}${i % 5 ? "+" : "-"}`, "+"),
    );
    const { points } = cascadeFrontier(records);
    expect(points[0]?.answered).toEqual([1, 0, 0]);
    expect(points.at(-1)?.accuracy).toBe(1);
  });
});

test.each<[records: unknown, message: string]>([
  [[], "records must be a list of at least one record, each of two or three tiers, got an empty array"],
  [null, "records must be a list of at least one record, each of two or three tiers, got null"],
  [[record("+")], "records must be a list of at least one record, each of two or three tiers, got an array"],
  [
    [record("1+", "1+", "1+", "+")],
    "records must be a list of at least one record, each of two or three tiers, got an array",
  ],
  [[record("1+", "+"), record("1+", "1+", "+")], "records[1] must be a list of 2 tiers, like the first, got an array"],
  [[record("1+", "+"), null], "records[1] must be a list of 2 tiers, like the first, got null"],
  [[record("+", "+")], "records[0][0]: score must be a finite number, got undefined"],
  [[[{ cost: -1, score: 1, correct: true }, {}]], "records[0][0]: cost must be a number of at least 0, got -1"],
  [[[{ cost: Infinity, score: 1, correct: true }, {}]], "records[0][0]: cost must be a finite number, got Infinity"],
  [
    [[{ cost: 1, score: 1, correct: true }, { cost: 1 }]],
    "records[0][1]: correct must be true or false, got undefined",
  ],
  [
    [
      [
        { cost: 1, score: 1, correct: 1 },
        { cost: 1, correct: true },
      ],
    ],
    "records[0][0]: correct must be true or false, got 1",
  ],
])("wrong records: %j", (records, message) => {
  expect(() => cascadeFrontier(records as CascadeRecord[])).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `cascadeFrontier: ${message}` }),
  );
});

test("wrong numbers", () => {
  const { within, reaching } = cascadeFrontier(four);
  expect(() => within(-1)).toThrow("within: cost must be a number of at least 0, got -1");
  expect(() => reaching(1.5)).toThrow("reaching: accuracy must be a number from 0 to 1, got 1.5");
  expect(() => cascadeOutcome(four, [])).toThrow(
    "cascadeOutcome: thresholds must be a list with one for each of the 2 tiers but the last, got an empty array",
  );
  expect(() => cascadeOutcome(four, 0.5 as never)).toThrow(
    "cascadeOutcome: thresholds must be a list with one for each",
  );
  expect(() => cascadeOutcome(four, [NaN])).toThrow("cascadeOutcome: a threshold must be a number, got NaN");
  expect(() => cascadeOutcome([record("+")], [])).toThrow(
    "cascadeOutcome: records must be a list of at least one record, each of two tiers or more",
  );
});
