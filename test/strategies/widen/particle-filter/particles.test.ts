import { fc, test } from "@fast-check/vitest";
import { particles, Search, type ParticlesOptions } from "mull";
import { describe, expect } from "vitest";
import { explore, nextTrials, perfect, rightCounts } from "../beam-search/world.js";

const runs = 1_500;
const logit = (score: number): number => Math.log(score / (1 - score));

/** How often each of these particles is drawn, on average. */
function meanWays(options: ParticlesOptions, scores: readonly (number | undefined)[]): readonly number[] {
  const sums = scores.map(() => 0);
  for (let seed = 0; seed < runs; seed++)
    nextTrials(
      particles({ n: scores.length, ...options }),
      scores.map((score) => ({ score })),
      seed,
    ).ways.forEach((count, index) => (sums[index]! += count / runs));
  return sums;
}

describe("weights", () => {
  test.each<[what: string, options: ParticlesOptions, scores: (number | undefined)[], shares: number[]]>([
    ["score / (1 - score)", {}, [0.5, 0.75, 0.2], [1, 3, 0.25]],
    ["drawn anew each", { resampling: "multinomial" }, [0.5, 0.75, 0.2], [1, 3, 0.25]],
    ["flatter", { weightTemperature: 2 }, [0.5, 0.8], [1, 2]],
    ["your own", { logWeight: (score) => score }, [0, Math.log(3), -50], [1, 3, 0]],
    ["none", { logWeight: (score) => (score > 1 ? 0 : -Infinity) }, [2, 1], [1, 0]],
    ["none at all: all alike", { logWeight: () => -Infinity }, [2, 1], [1, 1]],
    ["what could not be scored is not drawn", {}, [undefined, 0.5, 0.5], [0, 1, 1]],
    ["unless nothing could", {}, [undefined, undefined], [1, 1]],
    ["0 and 1 are cut off", {}, [1, 1, 0], [1, 1, 0]],
  ])("%s", (_, options, scores, shares) => {
    const sum = shares.reduce((a, b) => a + b, 0);
    const seen = meanWays(options, scores);
    seen.forEach((mean, index) => {
      const share = (shares[index] as number) / sum;
      const error = Math.sqrt((scores.length * share * (1 - share)) / runs);
      expect(Math.abs(mean - scores.length * share)).toBeLessThanOrEqual(4.5 * error + 1e-9);
    });
  });

  test("systematic by default: a particle is drawn as often as its share says, but for less than one", () => {
    const scores = [0.9, 0.5, 0.5, 0.4, 0.1, 0.05];
    const weights = scores.map((score) => Math.exp(logit(score)));
    const sum = weights.reduce((a, b) => a + b, 0);
    for (let seed = 0; seed < 50; seed++) {
      const { ways } = nextTrials(
        particles({ n: 6 }),
        scores.map((score) => ({ score })),
        seed,
      );
      ways.forEach((count, index) => {
        const exact = (6 * (weights[index] as number)) / sum;
        expect([Math.floor(exact), Math.ceil(exact)]).toContain(count);
      });
    }
  });

  test.each<[what: string, options: ParticlesOptions, score: number, message: string]>([
    ["above 1", {}, 1.5, "particles: a score, where there is no logWeight, must be a number from 0 to 1, got 1.5"],
    ["below 0", {}, -1, "particles: a score, where there is no logWeight, must be a number from 0 to 1, got -1"],
    [
      "no logarithm",
      { logWeight: () => NaN },
      0.5,
      "particles: what logWeight returns must be a number below Infinity, got NaN",
    ],
    [
      "too high",
      { logWeight: () => Infinity },
      0.5,
      "particles: what logWeight returns must be a number below Infinity, got Infinity",
    ],
    [
      "a text",
      { logWeight: () => "1" as never },
      0.5,
      'particles: what logWeight returns must be a number below Infinity, got "1"',
    ],
  ])("a mistake: %s", (_, options, score, message) => {
    expect(() => nextTrials(particles({ n: 1, ...options }), [{ score }])).toThrow(
      expect.objectContaining({ code: "invalid-option", message }),
    );
  });
});

describe("rounds", () => {
  test("the number stays the same; lost ones are made up for", () => {
    const search = new Search("", particles({ n: 5 }), { seed: 1 });
    const ids = Array.from({ length: 5 }, () => search.ask()?.id as number);
    ids.forEach((id, index) => search.tell(id, index < 2 ? [{ state: `${index}`, score: 0.5 }] : []));
    let next = 0;
    while (search.ask() !== undefined) next++;
    expect(next).toBe(5);
  });

  test("if all are lost, it is over", () => {
    const search = new Search("", particles({ n: 2 }));
    const ids = [search.ask(), search.ask()].map((trial) => trial?.id as number);
    for (const id of ids) search.tell(id, []);
    expect([search.ask(), search.leaves]).toEqual([undefined, []]);
  });

  test("a line at its end keeps its weight, and is drawn with the others; each is let through as often as it stands there", () => {
    const search = new Search("", particles({ n: 4 }), { seed: 1 });
    const tellAll = (score: (index: number) => number, leaf: (index: number) => boolean): number => {
      const ids: number[] = [];
      for (let trial = search.ask(); trial !== undefined; trial = search.ask()) ids.push(trial.id);
      ids.forEach((id, index) => search.tell(id, [{ state: `${id}`, score: score(index), leaf: leaf(index) }]));
      return ids.length;
    };
    // One is at its end with half of the weight, so two places of four.
    expect(
      tellAll(
        (index) => (index === 0 ? 0.75 : 0.5),
        (index) => index === 0,
      ),
    ).toBe(4);
    expect(
      tellAll(
        () => 0.75,
        () => true,
      ),
    ).toBe(2);
    expect(search.ask()).toBeUndefined();
    expect(search.leaves.map(({ state }) => state)).toEqual(["0", "0", "4", "5"]);
  });

  test("with a scorer that sees all, and lets no wrong step live: as often right as theory says", () => {
    const [n, p, depth] = [3, 0.4, 3];
    const order = particles({ n, logWeight: (score) => (score > 0.5 ? 0 : -Infinity) });
    const counts = rightCounts(order, { p, depth, score: perfect }, runs);
    const expected = (1 - (1 - p) ** n) ** depth;
    const seen = counts.slice(1).reduce((a, b) => a + b, 0);
    expect(Math.abs(seen - expected)).toBeLessThanOrEqual(4.5 * Math.sqrt((expected * (1 - expected)) / runs));
    expect(counts[n]).toBe(seen);
  });

  test("a scorer that knows nothing leaves them as they are", () => {
    const world = { p: 0.7, depth: 3, score: () => 0.5 };
    const counts = rightCounts(particles({ n: 4 }), world, runs);
    const mean = counts.reduce((sum, chance, k) => sum + k * chance, 0) / 4;
    expect(mean).toBeCloseTo(0.343, 1);
  });

  test.prop([
    fc.integer({ min: 1, max: 6 }),
    fc.integer(),
    fc.constantFrom("systematic" as const, "multinomial" as const),
  ])("the same seed draws the same", (n, seed, resampling) => {
    const world = { p: 0.6, depth: 3, score: (_: unknown, random: { next(): number }) => random.next() };
    const states = () => explore(particles({ n, resampling }), world, seed).map(({ id }) => id);
    expect(states()).toEqual(states());
    expect(states()).toHaveLength(n);
  });
});

describe("annealing", () => {
  const scores = [0.999, ...Array<number>(15).fill(0.5)];
  const best = (options: ParticlesOptions): number => meanWays(options, scores)[0] as number;

  test.each<[what: string, anneal: ParticlesOptions["anneal"], low: number, high: number]>([
    ["none: one takes nearly all", false, 15.6, 16],
    ["by default half of them count", true, 7, 12],
    ["nearly all", { share: 0.99 }, 1, 3],
    ["none of them need", { share: 0 }, 15.6, 16],
    ["one of them needs", { share: 1 / 16 }, 15.6, 16],
  ])("%s", (_, anneal, low, high) => {
    const mean = best({ anneal });
    expect(mean).toBeGreaterThanOrEqual(low);
    expect(mean).toBeLessThanOrEqual(high);
  });

  test("as many count as it asks for: e to the power of their entropy", () => {
    const shares = meanWays({ anneal: { share: 0.5 } }, scores).map((mean) => mean / 16);
    const entropy = shares.reduce((sum, share) => sum - share * Math.log(share), 0);
    expect(Math.exp(entropy)).toBeCloseTo(8, 1);
  });

  test("weights that are even enough are taken as they are", () => {
    const even = [0.5, 0.6, 0.4, 0.55];
    expect(meanWays({ anneal: true }, even)).toEqual(meanWays({}, even));
  });

  test("it fades from step to step", () => {
    const kept = (steps: number, rounds: number): number => {
      const search = new Search(0, particles({ n: 16, anneal: { share: 0.9, steps } }), { seed: 3 });
      let best = 0;
      for (let round = 0; round <= rounds; round++) {
        const ids: number[] = [];
        const parents = new Map<number, number>();
        for (let trial = search.ask(); trial !== undefined; trial = search.ask()) {
          ids.push(trial.id);
          parents.set(trial.node.id, (parents.get(trial.node.id) ?? 0) + 1);
        }
        best = Math.max(...parents.values());
        ids.forEach((id, index) => search.tell(id, [{ state: id, score: scores[index] }]));
      }
      return best;
    };
    const best = [1, 2, 3, 4, 5].map((round) => kept(4, round));
    expect(best).toEqual([...best].sort((a, b) => a - b));
    expect(best[0]).toBeLessThan(6);
    // From the fifth step on nothing is flattened.
    expect(best[4]).toBeGreaterThanOrEqual(15);
  });
});

test.each<[options: ParticlesOptions, name: string]>([
  [{}, "particles(n = 16)"],
  [{ n: 4, resampling: "multinomial", anneal: true }, "particles(n = 4, multinomial, anneal)"],
  [{ anneal: {} }, "particles(n = 16, anneal)"],
])("%j says what it is", (options, name) => {
  const order = particles(options);
  expect(order.name).toBe(name);
  expect(order.concurrency).toBe(Infinity);
  expect(order.mostTrials?.(10)).toBe(10 * (options.n ?? 16));
});

test.each<[what: string, options: unknown, message: string]>([
  ["n", { n: 0 }, "particles: n must be an integer of at least 1, got 0"],
  ["logWeight", { logWeight: 1 }, "particles: logWeight must be a function of a score, got 1"],
  [
    "weightTemperature",
    { weightTemperature: 0 },
    "particles: weightTemperature must be a finite number above 0, got 0",
  ],
  [
    "weightTemperature",
    { weightTemperature: Infinity },
    "particles: weightTemperature must be a finite number above 0, got Infinity",
  ],
  [
    "resampling",
    { resampling: "stratified" },
    "particles: resampling must be 'systematic' or 'multinomial', got \"stratified\"",
  ],
  ["anneal", { anneal: 1 }, "particles.anneal: options must be an object, got 1"],
  ["anneal.share", { anneal: { share: 2 } }, "particles: anneal.share must be a number from 0 to 1, got 2"],
  ["anneal.steps", { anneal: { steps: 0 } }, "particles: anneal.steps must be an integer of at least 1, got 0"],
  ["anneal.other", { anneal: { other: 0 } }, 'particles.anneal: an option must be one of share, steps, got "other"'],
  [
    "another",
    { width: 0 },
    'particles: an option must be one of n, logWeight, weightTemperature, resampling, anneal, got "width"',
  ],
])("an option out of bounds: %s", (_, options, message) => {
  expect(() => particles(options as ParticlesOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message }),
  );
});
