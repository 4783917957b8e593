import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  aheadBy,
  beta,
  consensus,
  decided,
  foreseen,
  InvalidOptionError,
  never,
  Random,
  Tally,
  window,
  type StoppingRule,
  type TallyView,
} from "mull";
import { responses, type Keyed } from "../samples.js";

/** What a rule sees after `first` votes for the leader and `second` for the next. */
function view(first: number, second: number, more: Partial<TallyView> = {}): TallyView {
  const keys = [...Array<string>(Math.ceil(first)).fill("a"), ...Array<string>(Math.ceil(second)).fill("b")];
  return {
    seen: keys.length,
    remaining: Infinity,
    maxWeight: 1,
    first,
    second,
    firstWinsTies: true,
    total: first + second,
    cast: keys.length,
    keys,
    ...more,
  };
}

/** Votes until the rule says stop, as a majority vote does. */
function vote(
  stop: StoppingRule,
  keys: readonly (string | undefined)[],
  weights?: readonly number[],
  maxWeight = 1,
): Tally<Keyed> {
  const tally = new Tally<Keyed>({ planned: keys.length, maxWeight });
  for (const sample of responses(keys)) {
    tally.add(sample, weights?.[sample.index]);
    if (stop(tally)) break;
  }
  return tally;
}

const letters = (word: string): (string | undefined)[] =>
  Array.from(word).map((letter) => (letter === "-" ? undefined : letter));

describe("decided", () => {
  const key = fc.constantFrom("a", "b", "c", undefined);

  prop.prop([fc.array(key, { maxLength: 24 })])("never changes the winner", (keys) => {
    expect(vote(decided, keys).winner?.sample.index).toBe(vote(never, keys).winner?.sample.index);
  });

  const weighted = fc.array(
    fc.tuple(key, fc.oneof(fc.constantFrom(0, 0.1, 0.2, 0.3, 0.7, 1), fc.double({ min: 0, max: 1, noNaN: true }))),
    { maxLength: 24 },
  );

  prop.prop([weighted], { numRuns: 500 })(
    "never changes the winner, with weights, whatever their rounding",
    (ballots) => {
      const keys = ballots.map(([key]) => key);
      const weights = ballots.map(([, weight]) => weight);
      const full = vote(never, keys, weights).winner?.sample.index;
      expect(vote(decided, keys, weights).winner?.sample.index).toBe(full);
      const most = Math.max(0, ...weights);
      expect(vote(decided, keys, weights, most).winner?.sample.index).toBe(full);
    },
  );

  prop.prop([fc.array(key, { minLength: 1, maxLength: 9 })])(
    "stops as soon as that holds for all that may still come",
    (keys) => {
      const stopped = vote(decided, keys);
      if (stopped.seen <= 1) return;
      const before = keys.slice(0, stopped.seen - 1);
      const left = keys.length - before.length;
      // One sample earlier, the next best answer, a new one, or silence could still have changed it.
      const winners = ["a", "b", "c", "d", undefined].map(
        (next) => vote(never, [...before, ...Array<string | undefined>(left).fill(next)]).winner?.key,
      );
      expect(new Set(winners).size).toBeGreaterThan(1);
    },
  );

  test.each<[keys: string, samples: number]>([
    ["aaaaa", 3],
    ["aaaaaa", 3], // a tie would go to the first seen
    ["baaaaa", 5], // here to the other
    ["ababa", 5],
    ["-aaaa", 3],
    ["-----", 5],
    ["a", 1],
  ])("%s: %d samples", (keys, samples) => {
    expect(vote(decided, letters(keys)).seen).toBe(samples);
  });

  test("without a bound on weights, or on samples, only at the last", () => {
    expect(decided(view(100, 0, { maxWeight: Infinity, remaining: 1 }))).toBe(false);
    expect(decided(view(100, 0))).toBe(false);
    expect(decided(view(100, 0, { maxWeight: Infinity, remaining: 0 }))).toBe(true);
  });
});

describe("beta", () => {
  test.each([4, 6, 8, 9, 11, 12, 14, 15, 17, 18, 19, 21].map((needed, against) => [needed, against] as const))(
    "at 0.95 needs %d votes to %d",
    (needed, against) => {
      expect(beta(0.95)(view(needed, against))).toBe(true);
      expect(beta()(view(needed - 1, against))).toBe(false);
    },
  );

  test("does not stop without a vote, and stops at the last sample", () => {
    expect(beta(0.5)(view(0, 0))).toBe(false);
    expect(beta(0.5)(view(1, 0))).toBe(true);
    expect(beta(1)(view(10, 0))).toBe(false);
    expect(beta(0.95)(view(1, 1, { remaining: 0 }))).toBe(true);
  });

  test.each([0.49, 1.01, NaN, -1, "0.95" as unknown as number])("%s is refused", (threshold) => {
    expect(() => beta(threshold)).toThrow(InvalidOptionError);
  });
});

describe("window", () => {
  test.each<[size: number, keys: string, samples: number]>([
    [5, "aaaaabbbbb", 5],
    [5, "abaaaaaaaa", 10], // windows do not slide
    [5, "baaaaaaaaabbbbb", 10],
    [3, "abcbbbaaa", 6],
    [3, "aa-aaaaaa", 6], // silence agrees with nothing
    [3, "------aaa", 9],
    [2, "abbaab", 6],
    [5, "aaa", 3],
    [5, "abababa", 7],
  ])("of %d, over %s: %d samples", (size, keys, samples) => {
    expect(vote(window(size), letters(keys)).seen).toBe(samples);
  });

  test("all samples vote, not only those of the window", () => {
    expect(vote(window(2), letters("aabb")).winner?.key).toBe("a");
    expect(vote(window(3), letters("abaabaccc")).winner).toMatchObject({ key: "a", count: 4 });
  });

  test("a sample of weight 0 agrees with nothing", () => {
    expect(vote(window(2), letters("aaaa"), [1, 0, 1, 1]).seen).toBe(4);
  });

  test("5 by default", () => {
    expect(vote(window(), letters("aaaaaaa")).seen).toBe(5);
  });

  test.each([1, 0, 2.5, NaN])("%s is refused", (size) => {
    expect(() => window(size)).toThrow(InvalidOptionError);
  });
});

describe("aheadBy", () => {
  test.each<[k: number, keys: string, samples: number]>([
    [1, "ab", 1],
    [2, "abaaab", 4],
    [3, "aaabbb", 3],
    [3, "abababab", 8],
    [3, "ab-aaaa", 6],
    [3, "-------", 7],
  ])("%d, over %s: %d samples", (k, keys, samples) => {
    expect(vote(aheadBy(k), letters(keys)).seen).toBe(samples);
  });

  test("3 by default; fractions are for weights", () => {
    expect(vote(aheadBy(), letters("aaaaa")).seen).toBe(3);
    expect(vote(aheadBy(0.5), letters("abbb"), [0.25, 0.5, 0.25, 1]).seen).toBe(3);
  });

  test.each([0, -1, NaN])("%s is refused", (k) => {
    expect(() => aheadBy(k)).toThrow(InvalidOptionError);
  });
});

describe("consensus", () => {
  test.each<[rule: StoppingRule, keys: string, samples: number]>([
    [consensus(), "aaaaaa", 4],
    [consensus(0.95, 1), "aaaaaa", 1],
    [consensus(0.75), "abaaaa", 4],
    [consensus(0.8), "abaaab", 5],
    [consensus(0.75), "a-baaa", 5],
    [consensus(0.95), "ababab", 6],
    [consensus(), "------", 6],
  ])("%#, over %s: %d samples", (rule, keys, samples) => {
    expect(vote(rule, letters(keys)).seen).toBe(samples);
  });

  test("weights count, samples do not", () => {
    expect(vote(consensus(0.9, 2), letters("abbb"), [0.25, 1, 1, 1]).seen).toBe(4);
  });

  test.each<[share: number, least: number]>([
    [0.5, 4],
    [1.01, 4],
    [NaN, 4],
    [0.9, 0],
    [0.9, 1.5],
  ])("%s, %s is refused", (share, least) => {
    expect(() => consensus(share, least)).toThrow(InvalidOptionError);
  });
});

prop.prop([
  fc.array(fc.constantFrom("a", "b", undefined), { minLength: 1, maxLength: 30 }),
  fc.constantFrom(decided, beta(0.95), window(5), aheadBy(3), consensus(), foreseen()),
])("rules stop at the last sample, and not before a vote", (keys, stop) => {
  const tally = vote(stop, keys);
  expect(stop(tally)).toBe(true);
  if (tally.winner === undefined) expect(tally.seen).toBe(keys.length);
});

/**
 * A world of two answers, the right one drawn with probability `p`, by dynamic programming over the counts: how many samples a rule
 * draws of at most `cap`, and how often it is right, a tie counted half. `tail` says what a rule must know of the last samples.
 */
function world(stop: StoppingRule, p: number, cap: number, size = 1): { samples: number; accuracy: number } {
  // State: right and wrong votes, and right ones among those of the window that is open.
  let states = new Map<string, { right: number; wrong: number; tail: number; chance: number }>([
    ["", { right: 0, wrong: 0, tail: 0, chance: 1 }],
  ]);
  let samples = 0;
  let accuracy = 0;
  for (let n = 1; n <= cap; n++) {
    const next: typeof states = new Map();
    for (const { right, wrong, tail, chance } of states.values()) {
      for (const [hit, q] of [
        [1, p],
        [0, 1 - p],
      ] as const) {
        const state = { right: right + hit, wrong: wrong + 1 - hit, tail: tail + hit, chance: chance * q };
        const inWindow = n % size === 0 ? size : n % size;
        const before = n - inWindow;
        const rightBefore = state.right - state.tail;
        const keys = [
          ...Array<string>(rightBefore).fill("right"),
          ...Array<string>(before - rightBefore).fill("wrong"),
          ...Array<string>(state.tail).fill("right"),
          ...Array<string>(inWindow - state.tail).fill("wrong"),
        ];
        const first = Math.max(state.right, state.wrong);
        if (stop(view(first, n - first, { keys, seen: n, remaining: cap - n })) || n === cap) {
          samples += state.chance * n;
          accuracy += state.chance * (state.right > state.wrong ? 1 : state.right < state.wrong ? 0 : 0.5);
          continue;
        }
        if (n % size === 0) state.tail = 0;
        const id = `${state.right} ${state.tail}`;
        const same = next.get(id);
        next.set(id, { ...state, chance: state.chance + (same?.chance ?? 0) });
      }
    }
    states = next;
  }
  return { samples, accuracy };
}

describe("a world of two answers, exactly", () => {
  test.each<[p: number, betaSamples: number, betaAccuracy: number, fullAccuracy: number, windowSamples: number]>([
    [0.95, 4.6952, 0.99999, 1.0, 6.4617],
    [0.9, 5.6218, 0.9999, 1.0, 8.4607],
    [0.8, 8.7175, 0.99813, 0.99999, 14.61],
    [0.7, 15.1137, 0.98505, 0.99566, 22.7523],
    [0.6, 24.1608, 0.87561, 0.89794, 29.6259],
    [0.55, 27.4899, 0.71941, 0.73568, 31.5874],
  ])("p = %d", (p, betaSamples, betaAccuracy, fullAccuracy, windowSamples) => {
    const adaptive = world(beta(0.95), p, 40);
    expect(adaptive.samples).toBeCloseTo(betaSamples, 4);
    expect(adaptive.accuracy).toBeCloseTo(betaAccuracy, 5);
    const full = world(never, p, 40);
    expect(full.samples).toBeCloseTo(40, 10);
    expect(full.accuracy).toBeCloseTo(fullAccuracy, 5);
    expect(world(window(5), p, 40, 5).samples).toBeCloseTo(windowSamples, 4);
  });

  test.each<[p: number, accuracy: number]>([
    [0.9, 0.99999],
    [0.7, 0.98875],
    [0.6, 0.87949],
  ])("window, p = %d: the accuracy in its documents", (p, accuracy) => {
    expect(world(window(5), p, 40, 5).accuracy).toBeCloseTo(accuracy, 4);
  });

  test.each<[p: number, samples: number, accuracy: number]>([
    [0.9, 4.1957, 0.99897],
    [0.7, 9.4752, 0.95991],
    [0.6, 14.1023, 0.83161],
  ])("foreseen, p = %d: the figures in its documents", (p, samples, accuracy) => {
    const ahead = world(foreseen(), p, 40);
    expect(ahead.samples).toBeCloseTo(samples, 4);
    expect(ahead.accuracy).toBeCloseTo(accuracy, 5);
  });

  test.each<[p: number, samples: number, accuracy: number]>([
    [0.9, 22.3333, 1.0],
    [0.7, 28.9817, 0.99566],
    [0.6, 33.3617, 0.89794],
  ])("decided, p = %d: as right as all 40", (p, samples, accuracy) => {
    // Ties are told apart by who came first: the first sample is drawn apart, and the rest beside it.
    let mean = 0;
    let right = 0;
    for (const [hit, q] of [
      [1, p],
      [0, 1 - p],
    ] as const) {
      let states = new Map<number, number>([[hit, q]]);
      for (let n = 1; n <= 40; n++) {
        const next = new Map<number, number>();
        const draw = (votes: number, chance: number): void => void next.set(votes, (next.get(votes) ?? 0) + chance);
        for (const [votes, chance] of states) {
          const leads = votes > n - votes || (votes === n - votes && hit === 1);
          const first = Math.max(votes, n - votes);
          const firstWinsTies = leads === (hit === 1);
          if (!decided(view(first, n - first, { remaining: 40 - n, firstWinsTies }))) {
            draw(votes + 1, chance * p);
            draw(votes, chance * (1 - p));
            continue;
          }
          mean += chance * n;
          right += leads ? chance : 0;
        }
        states = next;
      }
    }
    expect(mean).toBeCloseTo(samples, 4);
    expect(right).toBeCloseTo(accuracy, 5);
    expect(right).toBeCloseTo(world(never, p, 40).accuracy, 10);
  });

  test("window: what the closed form says", () => {
    const [p, size, windows] = [0.7, 5, 8];
    const agree = p ** size + (1 - p) ** size;
    let expected = size * windows * (1 - agree) ** (windows - 1);
    for (let i = 0; i < windows - 1; i++) expected += size * agree * (1 - agree) ** i * (i + 1);
    expect(world(window(size), p, size * windows, size).samples).toBeCloseTo(expected, 10);
  });

  test.each([
    [0.9, 3, 0.99863, 3.7397],
    [0.8, 3, 0.984615, 4.8462],
    [0.7, 3, 0.927027, 6.4054],
    [0.6, 4, 0.835052, 13.4021],
  ])("aheadBy, p = %d, k = %d", (p, k, accuracy, samples) => {
    const exact = world(aheadBy(k), p, 600);
    expect(exact.accuracy).toBeCloseTo(accuracy, 6);
    expect(exact.samples).toBeCloseTo(samples, 4);
  });
});

describe("aheadBy, drawn at random, is within 3 standard errors of its formula", () => {
  test.each([
    [0.9, 3],
    [0.8, 2],
    [0.8, 3],
    [0.8, 4],
    [0.7, 3],
    [0.6, 4],
  ])("p = %d, k = %d", (p, k) => {
    const trials = 10_000;
    const random = new Random(7, Math.round(100 * p) + k);
    const stop = aheadBy(k);
    const [right, wrong] = responses(["right", "wrong"]);
    let wins = 0;
    let drawn = 0;
    let squares = 0;
    for (let i = 0; i < trials; i++) {
      const tally = new Tally<Keyed>();
      do tally.add(random.next() < p ? right! : wrong!);
      while (!stop(tally));
      wins += Number(tally.winner?.key === "right");
      drawn += tally.seen;
      squares += tally.seen ** 2;
    }
    const accuracy = 1 / (1 + ((1 - p) / p) ** k);
    const samples = (k * (2 * accuracy - 1)) / (2 * p - 1);
    const mean = drawn / trials;
    expect(Math.abs(wins / trials - accuracy)).toBeLessThan(3 * Math.sqrt((accuracy * (1 - accuracy)) / trials));
    expect(Math.abs(mean - samples)).toBeLessThan(3 * Math.sqrt((squares / trials - mean ** 2) / trials));
  });
});
