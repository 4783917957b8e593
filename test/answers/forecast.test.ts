import { fc, test as prop } from "@fast-check/vitest";
import { forecast, passAtK, Random, type Outcomes } from "mull";
import { describe, expect, expectTypeOf, test } from "vitest";

function outcomes(...counts: readonly (readonly [right: number, samples: number])[]): Outcomes[] {
  return counts.map(([right, samples]) => ({ right, samples }));
}

const eleven = outcomes(
  [0, 10],
  [0, 10],
  [0, 10],
  [1, 10],
  [2, 10],
  [2, 10],
  [5, 10],
  [9, 10],
  [10, 10],
  [3, 20],
  [0, 5],
);

/** Logarithm of B(a, b + k) / B(a, b), and so on, for whole counts. */
function logRising(x: number, count: number): number {
  let log = 0;
  for (let i = 0; i < count; i++) log += Math.log(x + i);
  return log;
}

function likelihood(given: readonly Outcomes[], alpha: number, beta: number): number {
  return given.reduce(
    (sum, { right, samples }) =>
      sum + logRising(alpha, right) + logRising(beta, samples - right) - logRising(alpha + beta, samples),
    0,
  );
}

/** Chances drawn from Beta(a, b) for whole a and b, and how many of `samples` draws come out right. */
function drawn(random: Random, a: number, b: number, samples: number): Outcomes {
  // The a-th smallest of a + b - 1 uniform numbers.
  const chance = Array.from({ length: a + b - 1 }, () => random.next()).sort((x, y) => x - y)[a - 1] as number;
  const right = Array.from({ length: samples }, () => random.next()).filter((x) => x < chance).length;
  return { right, samples };
}

describe("the fit", () => {
  test("is the one that another program finds (SciPy 1.17, BFGS on the log-likelihood)", () => {
    const { alpha, beta, passAt, majorityAt } = forecast(eleven);
    expect(alpha).toBeCloseTo(0.29625581, 5);
    expect(beta).toBeCloseTo(0.66477145, 5);
    expect([1, 10, 100].map((k) => passAt(k).value.toFixed(5))).toEqual(["0.30827", "0.62216", "0.80740"]);
    expect([1, 5, 16, 101].map((n) => majorityAt(n).value.toFixed(5))).toEqual([
      "0.30827",
      "0.29098",
      "0.27021",
      "0.28324",
    ]);
  });

  test("and of thousands of samples, too", () => {
    const many = outcomes([10, 5000], [200, 5000], [41, 5000], [3, 4000], [900, 5000], [0, 5000], [77, 6000]);
    const { alpha, beta, passAt } = forecast(many);
    expect(alpha / 0.29135378).toBeCloseTo(1, 4);
    expect(beta / 8.09451957).toBeCloseTo(1, 4);
    expect(passAt(100).value).toBeCloseTo(0.5356128434, 5);
  });

  test("its errors are like those of leaving questions out, one at a time", () => {
    // Jackknife of the same, by the same program: 0.117, 0.128, 0.129.
    const errors = [1, 10, 100].map((k) => forecast(eleven).passAt(k).error ?? NaN);
    [0.117, 0.128, 0.129].forEach((jackknife, i) => expect((errors[i] ?? NaN) / jackknife).toBeCloseTo(1, 0));
  });

  prop.prop([
    fc.array(
      fc
        .integer({ min: 2, max: 12 })
        .chain((samples) => fc.tuple(fc.integer({ min: 0, max: samples }), fc.constant(samples))),
      { minLength: 1, maxLength: 8 },
    ),
  ])("no other Beta makes the outcomes likelier", (counts) => {
    const given = outcomes(...counts);
    const { alpha, beta, questions, passAt } = forecast(given);
    expect(questions.map(({ right, samples }) => ({ right, samples }))).toEqual(given);
    for (const { chance } of questions) expect(chance >= 0 && chance <= 1).toBe(true);
    const { value, error = 0 } = passAt(5);
    expect(value >= 0 && value <= 1).toBe(true);
    expect(error).toBeGreaterThanOrEqual(0);
    expect(error).toBeLessThan(2);
    if (alpha === 0 || beta === 0) return;
    const most = likelihood(given, alpha, beta);
    for (const a of [0.5, 0.9, 0.99, 1, 1.01, 1.1, 2])
      for (const b of [0.5, 0.9, 0.99, 1, 1.01, 1.1, 2]) {
        // At the ends of the range it could be a little likelier outside.
        expect(likelihood(given, alpha * a, beta * b)).toBeLessThanOrEqual(most + 1e-3);
      }
    expect(likelihood(given, 1, 1)).toBeLessThanOrEqual(most + 1e-9);
    expect(likelihood(given, 0.1, 3)).toBeLessThanOrEqual(most + 1e-9);
    expect(likelihood(given, 30, 20)).toBeLessThanOrEqual(most + 1e-9);
  });

  test("finds the Beta that chances were drawn from", () => {
    const random = new Random(1);
    const { alpha, beta, passAt } = forecast(Array.from({ length: 3000 }, () => drawn(random, 2, 5, 12)));
    expect(alpha).toBeCloseTo(2, 0);
    expect(beta).toBeCloseTo(5, 0);
    // 1 - B(2, 5 + k) / B(2, 5) = 1 - 5 · 6 / ((5 + k) (6 + k))
    for (const k of [1, 3, 30]) {
      const { value, error = 0 } = passAt(k);
      expect(Math.abs(value - (1 - 30 / ((5 + k) * (6 + k))))).toBeLessThan(4 * error);
      expect(error).toBeLessThan(0.01);
    }
  });

  test.each([
    [1, 0.2857],
    [10, 0.875],
  ])("is as unsure as it says: pass@%i", (k, truth) => {
    const random = new Random(7);
    const fits = Array.from({ length: 150 }, () =>
      forecast(Array.from({ length: 40 }, () => drawn(random, 2, 5, 6))).passAt(k),
    );
    const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x / numbers.length, 0);
    const values = fits.map(({ value }) => value);
    const spread = Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
    expect(Math.abs(mean(values) - truth)).toBeLessThan(4 * (spread / Math.sqrt(150)));
    const told = mean(fits.map(({ error = NaN }) => error));
    expect(told / spread).toBeGreaterThan(0.8);
    expect(told / spread).toBeLessThan(1.25);
  });
});

describe("where there is little to fit", () => {
  test.each<[what: string, given: Outcomes[], alpha: number, beta: number, pass: number]>([
    ["nothing was right", outcomes([0, 10], [0, 5]), 0, 1, 0],
    ["everything was", outcomes([10, 10], [5, 5]), 1, 0, 1],
    ["one question, never right", outcomes([0, 2]), 0, 1, 0],
    ["one question, always right", outcomes([2, 2]), 1, 0, 1],
  ])("%s: nothing else is foreseen, without an error", (_, given, alpha, beta, pass) => {
    const fit = forecast(given);
    expect([fit.alpha, fit.beta]).toEqual([alpha, beta]);
    for (const k of [1, 7, 1000]) {
      expect(fit.passAt(k)).toEqual({ value: pass, error: undefined });
      expect(fit.majorityAt(k)).toEqual({ value: pass, error: undefined });
      expect(fit.more(0, k)).toBe(pass);
    }
    expect(fit.at(3)).toEqual({ value: pass, error: undefined });
    expect(Object.is(fit.passAt(3).value, -0)).toBe(false);
  });

  test("one question: its own share, and the error of that", () => {
    const { passAt, alpha, beta } = forecast(outcomes([3, 10]));
    expect(alpha / (alpha + beta)).toBeCloseTo(0.3, 6);
    expect(passAt(1).error).toBeCloseTo(Math.sqrt((0.3 * 0.7) / 10), 4);
    expect(passAt(4).value).toBeCloseTo(1 - 0.7 ** 4, 4);
  });

  test("all questions the same: as many draws as there are of all", () => {
    const { passAt, majorityAt } = forecast(outcomes([3, 10], [3, 10], [3, 10]));
    expect(passAt(1).error).toBeCloseTo(Math.sqrt((0.3 * 0.7) / 30), 4);
    // P(X > 2) for X ~ Bin(5, 0.3)
    expect(majorityAt(5).value).toBeCloseTo(0.16308, 4);
    expect(majorityAt(4).value).toBeCloseTo(4 * 0.3 ** 3 * 0.7 + 0.3 ** 4, 4);
  });

  test("all or nothing: more samples buy nothing", () => {
    const { passAt, at, more, majorityAt } = forecast(outcomes([0, 10], [10, 10], [10, 10], [0, 10]));
    expect(passAt(100).value).toBeCloseTo(0.5, 3);
    expect(majorityAt(9).value).toBeCloseTo(0.5, 3);
    expect(at(10).value).toBeCloseTo(0.5, 3);
    expect(more(0, 100)).toBeLessThan(1e-3);
    expect(passAt(100).error).toBeCloseTo(0.25, 2);
  });
});

describe("what is foreseen", () => {
  const fit = forecast(eleven);

  test("pass@k is 1 - B(α, β + k) / B(α, β)", () => {
    const { alpha, beta } = fit;
    for (const k of [1, 2, 17, 400]) {
      const exact = 1 - Math.exp(logRising(beta, k) - logRising(alpha + beta, k));
      expect(fit.passAt(k).value).toBeCloseTo(exact, 12);
    }
    expect(fit.passAt(1).value).toBeCloseTo(alpha / (alpha + beta), 12);
  });

  test("tiny chances keep their digits", () => {
    const { passAt, alpha, beta } = forecast(outcomes([1, 100_000], [0, 100_000], [0, 100_000]));
    expect(passAt(1).value / (alpha / (alpha + beta))).toBeCloseTo(1, 9);
    expect(passAt(1).value).toBeLessThan(1e-4);
  });

  test("more than half of n: as summed one by one", () => {
    const { alpha, beta } = fit;
    for (const n of [1, 2, 5, 8]) {
      let sum = 0;
      for (let x = Math.floor(n / 2) + 1; x <= n; x++) {
        let ways = 1;
        for (let i = 0; i < x; i++) ways = (ways * (n - i)) / (i + 1);
        sum += ways * Math.exp(logRising(alpha, x) + logRising(beta, n - x) - logRising(alpha + beta, n));
      }
      expect(fit.majorityAt(n).value).toBeCloseTo(sum, 12);
    }
    expect(fit.majorityAt(5000).value).toBeGreaterThan(0.2);
  });

  test("these very questions: what is solved stays solved, the others may be", () => {
    const { alpha, beta } = fit;
    const solved = 7;
    expect(fit.at(1)).toEqual({ value: solved / 11, error: 0 });
    const next = (samples: number, more: number): number =>
      1 - Math.exp(logRising(beta + samples, more) - logRising(alpha + beta + samples, more));
    expect(fit.at(2).value).toBeCloseTo((solved + 3 * next(10, 10) + next(5, 5)) / 11, 12);
    // Rounded up: 3 more of 10, 2 more of 5.
    expect(fit.at(1.3).value).toBeCloseTo((solved + 3 * next(10, 3) + next(5, 2)) / 11, 12);
    // But 25 · 2.2 is 55, whatever the machine makes of it.
    const long = forecast(outcomes([0, 25], [3, 25]));
    expect(long.at(2.2).value).toBeCloseTo((1 + long.more(0, 30)) / 2, 12);
    expect(fit.at(4).error).toBeGreaterThan(fit.at(2).error ?? NaN);
    // The draws alone, even if α and β were known.
    const chances = [next(10, 10), next(10, 10), next(10, 10), next(5, 5)];
    const draws = Math.sqrt(chances.reduce((sum, p) => sum + p * (1 - p), 0)) / 11;
    expect(fit.at(2).error).toBeGreaterThan(draws);
    expect(fit.at(2).error).toBeLessThan(2 * draws);
  });

  test("one question: its samples count", () => {
    const { alpha, beta, questions, more } = fit;
    expect(questions[4]).toEqual({ right: 2, samples: 10, chance: (alpha + 2) / (alpha + beta + 10) });
    expect(more(4, 1)).toBeCloseTo(questions[4]?.chance ?? NaN, 12);
    expect(more(4, 20)).toBeCloseTo(1 - Math.exp(logRising(beta + 8, 20) - logRising(alpha + beta + 10, 20)), 12);
    // Fewer samples say less against it.
    expect(more(10, 5)).toBeGreaterThan(more(0, 5));
  });

  test("agrees with the unbiased estimate where that can be had", () => {
    const random = new Random(3);
    const given = Array.from({ length: 400 }, () => drawn(random, 1, 3, 20));
    const { passAt } = forecast(given);
    for (const k of [1, 5, 20]) {
      const unbiased = given.reduce((sum, { right, samples }) => sum + passAtK(samples, right, k), 0) / given.length;
      expect(Math.abs(passAt(k).value - unbiased)).toBeLessThan(0.03);
    }
  });

  test("foretells what more samples really bring", () => {
    const random = new Random(11);
    const trials = 60;
    let [off, squares] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      // Of each question the first 8 samples, and all 32.
      const questions = Array.from({ length: 60 }, () => {
        const chance = Math.min(...Array.from({ length: 9 }, () => random.next()));
        const count = (samples: number): number =>
          Array.from({ length: samples }, () => random.next()).filter((x) => x < chance).length;
        const first = count(8);
        return { first, all: first + count(24) };
      });
      const { value, error = NaN } = forecast(questions.map(({ first }) => ({ right: first, samples: 8 }))).at(4);
      const real = questions.filter(({ all }) => all > 0).length / 60;
      off += (value - real) / trials;
      squares += ((value - real) / error) ** 2 / trials;
    }
    expect(Math.abs(off)).toBeLessThan(0.03);
    expect(Math.sqrt(squares)).toBeGreaterThan(0.7);
    expect(Math.sqrt(squares)).toBeLessThan(1.5);
  });
});

test("as JSON it can be kept, and made anew", () => {
  const fit = forecast(eleven);
  const saved = JSON.parse(JSON.stringify(fit)) as { readonly alpha: number; readonly questions: Outcomes[] };
  expect(Object.keys(saved)).toEqual(["alpha", "beta", "questions"]);
  const again = forecast(saved.questions);
  expect([again.alpha, again.beta, again.passAt(50)]).toEqual([fit.alpha, fit.beta, fit.passAt(50)]);
});

test("types", () => {
  expectTypeOf(forecast(eleven).at(2)).toEqualTypeOf<{ readonly value: number; readonly error: number | undefined }>();
});

test.each<[given: unknown, message: string]>([
  [[], "forecast: outcomes must be a list of at least one question, got an empty array"],
  [null, "forecast: outcomes must be a list of at least one question, got null"],
  [[null], "forecast: outcomes[0]: samples must be an integer of at least 1, got undefined"],
  [[{ right: 0, samples: 0 }], "forecast: outcomes[0]: samples must be an integer of at least 1, got 0"],
  [outcomes([1, 2], [3, 2]), "forecast: outcomes[1]: right must be an integer from 0 to 2, got 3"],
  [outcomes([-1, 2]), "forecast: outcomes[0]: right must be an integer from 0 to 2, got -1"],
  [outcomes([0.5, 2]), "forecast: outcomes[0]: right must be an integer from 0 to 2, got 0.5"],
  [
    outcomes([1, 1], [0, 1]),
    "forecast: outcomes must be of two samples or more for at least one question, got an array",
  ],
])("wrong outcomes: %j", (given, message) => {
  expect(() => forecast(given as Outcomes[])).toThrow(expect.objectContaining({ code: "invalid-option", message }));
});

test("wrong numbers", () => {
  const { passAt, majorityAt, at, more } = forecast(eleven);
  expect(() => passAt(0)).toThrow("passAt: k must be an integer of at least 1, got 0");
  expect(() => passAt(2.5)).toThrow("passAt: k must be an integer of at least 1, got 2.5");
  expect(() => majorityAt(0)).toThrow("majorityAt: n must be an integer of at least 1, got 0");
  expect(() => at(0.5)).toThrow("at: times must be a number of at least 1, got 0.5");
  expect(() => at(Infinity)).toThrow("at: times must be a finite number, got Infinity");
  expect(() => more(11, 1)).toThrow("more: question must be an integer from 0 to 10, got 11");
  expect(() => more(0, 0)).toThrow("more: more must be an integer of at least 1, got 0");
});
