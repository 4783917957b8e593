import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { beta, decided, foreseen, InvalidOptionError, never, Random, Tally, type StoppingRule } from "mull";
import { responses, type Keyed } from "../samples.js";

const letters = (word: string): (string | undefined)[] =>
  Array.from(word).map((letter) => (letter === "-" ? undefined : letter));

function tallyOf(keys: readonly (string | undefined)[], planned: number, weight: number = 1): Tally<Keyed> {
  const tally = new Tally<Keyed>({ planned, maxWeight: weight });
  for (const sample of responses(keys)) tally.add(sample, weight);
  return tally;
}

/** Samples until the rule says stop. */
function seen(stop: StoppingRule, keys: readonly (string | undefined)[]): number {
  const tally = new Tally<Keyed>({ planned: keys.length });
  for (const sample of responses(keys)) {
    tally.add(sample);
    if (stop(tally)) break;
  }
  return tally.seen;
}

/** The probability that the leader stays, by walking through everything that may still come. */
function stays(a: number, b: number, others: number, rest: number, tie: boolean): number {
  if (rest === 0) return a > b || (a === b && tie) ? 1 : 0;
  const all = a + b + others + 3;
  return (
    ((a + 1) / all) * stays(a + 1, b, others, rest - 1, tie) +
    ((b + 1) / all) * stays(a, b + 1, others, rest - 1, tie) +
    ((others + 1) / all) * stays(a, b, others + 1, rest - 1, tie)
  );
}

describe("foreseen", () => {
  test.each<[keys: string, planned: number]>([
    ["aaa", 10],
    ["aab", 10],
    ["baa", 10],
    ["aabcd", 12],
    ["abab", 9],
    ["baba", 9],
    ["aa-b-", 12],
    ["aaaaaaa", 14],
    ["abc", 8],
  ])("after %s of %d it stops for just those p that the leader holds with", (keys, planned) => {
    const tally = tallyOf(letters(keys), planned);
    const a = tally.first;
    const b = tally.second;
    const exact = stays(a, b, tally.cast - a - b, tally.remaining, tally.firstWinsTies);
    for (const p of [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, exact - 1e-9, exact + 1e-9]) {
      if (p >= 0.5 && p <= 1) expect([p, foreseen(p)(tally)]).toEqual([p, exact >= p]);
    }
  });

  // The longest prefix of one answer that is needed, by the number planned: the fewer remain, the fewer are enough.
  test.each<[planned: number, samples: number]>([
    [5, 2],
    [8, 2],
    [10, 3],
    [16, 3],
    [40, 3],
    [100, 4],
  ])("0.95 of %d: %d samples that agree are enough", (planned, samples) => {
    expect(seen(foreseen(), Array<string>(planned).fill("a"))).toBe(samples);
  });

  prop.prop([fc.array(fc.constantFrom("a", "b", "c", undefined), { minLength: 1, maxLength: 24 })])(
    "with certainty asked for, it never changes the winner",
    (keys) => {
      const stopped = new Tally<Keyed>({ planned: keys.length });
      for (const sample of responses(keys)) {
        stopped.add(sample);
        if (foreseen(1)(stopped)) break;
      }
      const full = tallyOf(keys, keys.length);
      expect(stopped.winner?.key).toBe(full.winner?.key);
      expect(seen(foreseen(1), keys)).toBe(seen(decided, keys));
    },
  );

  prop.prop([
    fc.array(fc.constantFrom("a", "b", "c", undefined), { minLength: 1, maxLength: 30 }),
    fc.constantFrom(0.5, 0.8, 0.95, 0.99),
  ])("asks no more samples than decided, and no fewer for a higher p", (keys, p) => {
    expect(seen(foreseen(p), keys)).toBeLessThanOrEqual(seen(decided, keys));
    expect(seen(foreseen(p), keys)).toBeLessThanOrEqual(seen(foreseen((1 + p) / 2), keys));
  });

  prop.prop([fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 20 })])(
    "is the beta rule where nobody knows how many will come",
    (keys) => {
      const tally = tallyOf(keys, Infinity);
      expect(foreseen(0.95)(tally)).toBe(beta(0.95)(tally));
    },
  );

  prop.prop([fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 20 }), fc.constantFrom(0.25, 1, 7)])(
    "does not mind the unit of weights",
    (keys, weight) => {
      const planned = 24;
      expect(foreseen()(tallyOf(keys, planned, weight))).toBe(foreseen()(tallyOf(keys, planned)));
    },
  );

  test("stops at the last sample, and not before a vote", () => {
    expect(foreseen(0.5)(tallyOf([undefined, undefined], 4))).toBe(false);
    expect(foreseen(1)(tallyOf(["a", "b"], 2))).toBe(true);
    expect(foreseen(1)(tallyOf([undefined], 1))).toBe(true);
  });

  test.each([0.49, 1.01, NaN, "0.9"])("%s is refused", (p) => {
    expect(() => foreseen(p as number)).toThrow(
      expect.objectContaining({ message: expect.stringContaining("foreseen: p must be a number from 0.5 to 1") }),
    );
  });

  test("long votes are quick to look through", () => {
    const keys = Array.from({ length: 512 }, (_, i) => (i % 2 === 0 ? "a" : "b"));
    expect(seen(foreseen(), keys)).toBeGreaterThan(400);
  });
});

/** Runs of questions of which each has its own probability of the leading answer. */
function runsOf(count: number, n: number, leading: (random: Random) => number, seed: number): string[][] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const p = leading(random);
    return Array.from({ length: n }, () => (random.next() < p ? "a" : random.next() < 0.6 ? "b" : "c"));
  });
}

describe("foreseen.fit", () => {
  /** Of fresh runs: the share of winners that a rule changes, and of samples that it draws. */
  function measure(stop: StoppingRule, runs: readonly string[][]): { changed: number; drawn: number } {
    let changed = 0;
    let drawn = 0;
    for (const keys of runs) {
      const at = seen(stop, keys);
      drawn += at / keys.length;
      const winner = tallyOf(keys.slice(0, at), keys.length).winner?.key;
      if (winner !== tallyOf(keys, keys.length).winner?.key) changed++;
    }
    return { changed: changed / runs.length, drawn: drawn / runs.length };
  }

  const mixed = (random: Random): number => 0.35 + 0.65 * random.next();

  test.each([0.005, 0.02, 0.05])("on fresh runs of the same kind it changes about %d of the winners", (changed) => {
    const stop = foreseen.fit(runsOf(400, 20, mixed, 1), { changed });
    expect(stop.changed).toBeLessThanOrEqual(changed);
    const fresh = measure(stop, runsOf(4_000, 20, mixed, 2));
    const error = Math.sqrt((changed * (1 - changed)) / 400);
    expect(fresh.changed).toBeLessThan(changed + 3 * error);
    expect(fresh.drawn).toBeCloseTo(stop.drawn, 1);
    // No lower than it must be.
    const looser = foreseen(Math.max(0.5, stop.p - 0.08));
    expect(measure(looser, runsOf(4_000, 20, mixed, 2)).changed).toBeGreaterThan(changed - 3 * error);
  });

  test("where answers hardly differ it asks for few samples, where they do for more", () => {
    const alike = foreseen.fit(runsOf(200, 10, (random) => (random.next() < 0.5 ? 0.995 : 0.98), 3));
    const unlike = foreseen.fit(runsOf(200, 10, (random) => 0.4 + 0.3 * random.next(), 3));
    expect(alike.p).toBeLessThan(unlike.p);
    expect(alike.drawn).toBeLessThan(unlike.drawn);
  });

  test("is the rule of what it found, and gives the same again", () => {
    const runs = runsOf(50, 12, mixed, 4);
    const stop = foreseen.fit(runs);
    expect({ ...foreseen.fit(runs) }).toEqual({ p: stop.p, changed: stop.changed, drawn: stop.drawn });
    for (const keys of runsOf(20, 12, mixed, 5)) expect(seen(stop, keys)).toBe(seen(foreseen(stop.p), keys));
  });

  test("with nothing allowed to change it draws on until all is certain", () => {
    const coins = runsOf(60, 6, () => 0.5, 6);
    const stop = foreseen.fit(coins, { changed: 0 });
    for (const keys of coins) {
      expect(tallyOf(keys.slice(0, seen(stop, keys)), 6).winner?.key).toBe(tallyOf(keys, 6).winner?.key);
    }
  });

  test("samples that cast no vote are no winners", () => {
    const silent = foreseen.fit([[undefined, undefined, undefined]], { orders: 1 });
    expect({ ...silent }).toEqual({ p: 0.5, changed: 0, drawn: 1 });
    expect(seen(silent, [undefined, undefined, undefined])).toBe(3);
    expect(seen(never, ["a", "a"])).toBe(2);
  });

  test.each<[runs: unknown, options: object, message: string]>([
    [[], {}, "runs must be a list of at least one run of two keys or more, got an empty array"],
    [[["a"]], {}, "runs must be"],
    ["ab", {}, "runs must be"],
    [[["a", "a"]], { changed: 1.5 }, "changed must be a number from 0 to 1, got 1.5"],
    [[["a", "a"]], { orders: 0 }, "orders must be an integer of at least 1, got 0"],
    [[["a", "a"]], { order: 1 }, "an option must be one of changed, orders"],
  ])("%j, %j is refused", (runs, options, message) => {
    const fit = (): unknown => foreseen.fit(runs as string[][], options);
    expect(fit).toThrow(InvalidOptionError);
    expect(fit).toThrow(message);
  });
});
