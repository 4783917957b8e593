/**
 * @module
 * The synthetic model against theory: what a vote over it costs and gains is what can be reckoned exactly.
 */
import { describe, expect, test } from "vitest";
import { aheadBy, beta, decided, majorityVote, never, run, sampleN, stack, window, type StoppingRule } from "mull";
import { synthetic } from "mull/testing";

/** What a vote does: how many samples it looks at, and how often it is right. */
interface Figures {
  readonly samples: number;
  readonly accuracy: number;
}

interface Theory extends Figures {
  /** Standard deviation of the number of samples. */
  readonly deviation: number;
}

/** Does a vote stop at so many right and wrong answers, with so many left, where the right one was seen first or not? */
type Stops = (right: number, wrong: number, left: number, rightFirst: boolean) => boolean;

/** Exactly, in a world of two answers, by dynamic programming over the counts of both and which was seen first. */
function exact(p: number, n: number, stops: Stops): Theory {
  let open: (readonly [right: number, wrong: number, rightFirst: boolean | undefined, chance: number])[] = [
    [0, 0, undefined, 1],
  ];
  let [samples, squares, accuracy] = [0, 0, 0];
  for (let seen = 1; seen <= n; seen++) {
    const next = new Map<string, (typeof open)[number]>();
    for (const [right, wrong, rightFirst, chance] of open) {
      for (const isRight of [true, false]) {
        const first = rightFirst ?? isRight;
        const [a, b] = isRight ? [right + 1, wrong] : [right, wrong + 1];
        const q = chance * (isRight ? p : 1 - p);
        if (seen < n && !stops(a, b, n - seen, first)) {
          const key = `${a},${b},${first}`;
          next.set(key, [a, b, first, q + (next.get(key)?.[3] ?? 0)]);
          continue;
        }
        samples += q * seen;
        squares += q * seen * seen;
        if (a === b ? first : a > b) accuracy += q;
      }
    }
    open = [...next.values()];
  }
  return { samples, accuracy, deviation: Math.sqrt(squares - samples * samples) };
}

/** P(Beta(a + 1, b + 1) > 1/2), by the binomial sum, in whole numbers. */
function lead(a: number, b: number): number {
  const n = a + b + 1;
  let [term, sum] = [1n, 0n];
  for (let k = 0; k <= a; k++) {
    sum += term;
    term = (term * BigInt(n - k)) / BigInt(k + 1);
  }
  return Number(sum) / 2 ** n;
}

const betaStops = (a: number, b: number): boolean => lead(Math.max(a, b), Math.min(a, b)) >= 0.95;
const decidedStops: Stops = (right, wrong, left, rightFirst) => {
  const leads = right === wrong ? rightFirst : right > wrong;
  return Math.abs(right - wrong) > left || (Math.abs(right - wrong) === left && leads === rightFirst);
};

/** Through the real stack, in many runs, each with its own seed. */
async function measured(p: number, n: number, stop: StoppingRule, runs: number): Promise<Figures> {
  const solver = stack(synthetic({ answers: [["right", p], ["wrong", 1 - p]] }), sampleN(n, { concurrency: 1 }), majorityVote({ stop })); // prettier-ignore
  let [samples, right] = [0, 0];
  for (let seed = 0; seed < runs; seed++) {
    const response = await run(solver, "q", { seed });
    samples += response.samples.length;
    if (response.text === "Answer: right") right++;
  }
  return { samples: samples / runs, accuracy: right / runs };
}

const runs = 1500;

function expectWithinThreeErrors(got: Figures, theory: Theory): void {
  const { samples, accuracy, deviation } = theory;
  expect(Math.abs(got.samples - samples)).toBeLessThanOrEqual((3 * deviation) / Math.sqrt(runs));
  expect(Math.abs(got.accuracy - accuracy)).toBeLessThanOrEqual(3 * Math.sqrt((accuracy * (1 - accuracy)) / runs));
}

// Those count a tie as one half, where a vote gives it to the answer seen first. Of the ways to a tie as many begin with the right answer as
// with the wrong one, and all are equally likely: it is the same in the mean, with two answers.
describe("the dynamic programme gives the numbers known for 40 samples", () => {
  test.each([
    [0.95, 4.6952, 0.99999, 1.0],
    [0.9, 5.6218, 0.9999, 1.0],
    [0.8, 8.7175, 0.99813, 0.99999],
    [0.7, 15.1137, 0.98505, 0.99566],
    [0.6, 24.1608, 0.87561, 0.89794],
    [0.55, 27.4899, 0.71941, 0.73568],
  ])("p = %d", (p, samples, accuracy, all) => {
    expect(exact(p, 40, betaStops).samples).toBeCloseTo(samples, 4);
    expect(exact(p, 40, betaStops).accuracy).toBeCloseTo(accuracy, 5);
    expect(exact(p, 40, () => false).accuracy).toBeCloseTo(all, 5);
  });
});

describe.each([16, 40])("a vote of %i that stops when it is sure (beta, 0.95)", (n) => {
  test.each([0.6, 0.7, 0.8])("p = %d", async (p) => {
    expectWithinThreeErrors(await measured(p, n, beta(0.95), runs), exact(p, n, betaStops));
  });
});

describe("other rules", () => {
  test("decided: fewer samples, the same winners", async () => {
    const [early, all] = [await measured(0.6, 16, decided, runs), await measured(0.6, 16, never, runs)];
    expect(early.accuracy).toBe(all.accuracy);
    expect(all.samples).toBe(16);
    expectWithinThreeErrors(
      all,
      exact(0.6, 16, () => false),
    );
    expectWithinThreeErrors(early, exact(0.6, 16, decidedStops));
    expect(exact(0.6, 16, decidedStops).accuracy).toBeCloseTo(exact(0.6, 16, () => false).accuracy, 12);
  });

  test("window of 5: the number of E1", async () => {
    const agree = 0.7 ** 5 + 0.3 ** 5;
    const chances = Array.from({ length: 8 }, (_, i) => (1 - agree) ** i * (i < 7 ? agree : 1));
    const mean = chances.reduce((sum, chance, i) => sum + chance * 5 * (i + 1), 0);
    const variance = chances.reduce((sum, chance, i) => sum + chance * (5 * (i + 1) - mean) ** 2, 0);
    expect(mean).toBeCloseTo(22.7523, 4);
    const { samples } = await measured(0.7, 40, window(5), runs);
    expect(Math.abs(samples - mean)).toBeLessThanOrEqual(3 * Math.sqrt(variance / runs));
  });

  test.each([
    [0.9, 3, 0.99863, 3.7397],
    [0.8, 3, 0.984615, 4.8462],
    [0.7, 3, 0.927027, 6.4054],
    [0.6, 4, 0.835052, 13.4021],
  ])("ahead by k: p = %d, k = %i (E4)", async (p, k, accuracy, samples) => {
    // So many at most that the end is never reached.
    const theory = exact(p, 400, (a, b) => Math.abs(a - b) >= k);
    expect(theory.accuracy).toBeCloseTo(accuracy, 6);
    expect(theory.samples).toBeCloseTo(samples, 4);
    expectWithinThreeErrors(await measured(p, 400, aheadBy(k), runs), theory);
  });
});

test("E2: on a mixture of questions, stopping early costs nearly nothing", async () => {
  const wrongs = (share: number): [string, number][] => ["w1", "w2", "w3", "w4"].map((name) => [name, share]);
  const kinds = [
    ...Array.from({ length: 12 }, () => [["right", 0.95], ...wrongs(0.0125)] as const),
    ...Array.from({ length: 5 }, () => [["right", 0.7], ...wrongs(0.075)] as const),
    ...Array.from({ length: 2 }, () => [["right", 0.5], ...wrongs(0.125)] as const),
    [["right", 0.25], ["mode", 0.45], ["w1", 0.1], ["w2", 0.1], ["w3", 0.1]] as const, // prettier-ignore
  ];
  const model = synthetic({ answers: (question) => kinds[Number(question)] ?? [] });
  const measure = async (stop: StoppingRule): Promise<Figures> => {
    const solver = stack(model, sampleN(40, { concurrency: 1 }), majorityVote({ stop }));
    let [samples, right] = [0, 0];
    for (let seed = 0; seed < 400; seed++) {
      const response = await run(solver, `${seed % 20}`, { seed });
      samples += response.samples.length;
      if (response.text === "Answer: right") right++;
    }
    return { samples: samples / 400, accuracy: right / 400 };
  };
  const [all, early] = [await measure(never), await measure(beta(0.95))];
  expect(Math.abs(all.accuracy - 0.953)).toBeLessThan(0.02);
  expect(Math.abs(early.accuracy - all.accuracy)).toBeLessThanOrEqual(0.005);
  expect(Math.abs(early.samples - 8.67)).toBeLessThan(1.2);
});
