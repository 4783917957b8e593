import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import { InvalidOptionError, Tally, type ModelResponse, type TallyView } from "mull";
import { responses, type Keyed } from "./samples.js";

/** A vote, with a weight in eighths, so that sums are exact in any order. */
const ballot = fc.record({
  key: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom("a", "b", "c", "d", "e") },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  weight: fc.nat({ max: 16 }).map((eighths) => eighths / 8),
});
const ballots = fc.array(ballot, { maxLength: 40 });
type Ballot = typeof ballot extends fc.Arbitrary<infer B> ? B : never;

/** Counts again from the beginning: weights added, ties to the first seen. */
function naive(cast: readonly Ballot[]): { key: string; weight: number; count: number; first: number }[] {
  const found = new Map<string, { key: string; weight: number; count: number; first: number }>();
  cast.forEach(({ key, weight }, index) => {
    if (key === undefined || weight === 0) return;
    const entry = found.get(key) ?? { key, weight: 0, count: 0, first: index };
    found.set(key, { ...entry, weight: entry.weight + weight, count: entry.count + 1 });
  });
  return [...found.values()].sort((a, b) => b.weight - a.weight || a.first - b.first);
}

function count(cast: readonly Ballot[], planned?: number): Tally<Keyed> {
  const tally = new Tally<Keyed>({ maxWeight: 2, ...(planned !== undefined && { planned }) });
  const samples = responses(cast.map(({ key }) => key));
  samples.forEach((sample, i) => tally.add(sample, cast[i]!.weight));
  return tally;
}

describe("after every sample, in any order", () => {
  prop.prop([ballots])("the count is what counting again gives", (cast) => {
    for (let n = 0; n <= cast.length; n++) {
      const so = cast.slice(0, n);
      const tally = count(so, 50);
      const expected = naive(so);
      const [first, second] = expected;
      expect(
        tally.votes.map(({ key, weight, count, sample }) => ({ key, weight, count, first: sample.index })),
      ).toEqual(expected);
      expect(tally.winner?.key).toBe(first?.key);
      expect(tally.winner?.sample.index).toBe(first?.first);
      expect(tally.first).toBe(first?.weight ?? 0);
      expect(tally.second).toBe(second?.weight ?? 0);
      expect(tally.firstWinsTies).toBe(second === undefined || first!.first < second.first);
      expect(tally.seen).toBe(n);
      expect(tally.remaining).toBe(50 - n);
      expect(tally.keys).toEqual(so.map(({ key, weight }) => (weight === 0 ? undefined : key)));
    }
  });

  prop.prop([ballots])("shares add up to 1, and votes are sorted", (cast) => {
    const { votes, margin, confidence, winner } = count(cast);
    const shares = votes.map(({ share }) => share);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(votes.length === 0 ? 0 : 1, 12);
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    expect(margin).toBeCloseTo((shares[0] ?? 0) - (shares[1] ?? 0), 12);
    expect(confidence).toBeGreaterThanOrEqual(winner === undefined ? 0 : 0.5 - 1e-12);
    expect(confidence).toBeLessThanOrEqual(1);
  });
});

test.each<[keys: readonly (string | undefined)[], expected: number]>([
  [["a", "a", "a"], 0],
  [["a", undefined], 0],
  [["a", "b"], Math.log(2)],
  [["a", "b", "c", "d"], Math.log(4)],
  [["a", "a", "a", "b"], 2 * Math.log(2) - 0.75 * Math.log(3)],
])("entropy in nats: %j, %f", (keys, expected) => {
  const tally = new Tally<Keyed>();
  for (const sample of responses(keys)) tally.add(sample);
  expect(tally.entropy).toBeCloseTo(expected, 12);
});

test("the entropy of hardly any weight is hardly any", () => {
  const tally = new Tally<Keyed>({ maxWeight: 2 });
  const [a, b] = responses(["a", "b"]);
  tally.add(a!, 2);
  tally.add(b!, Number.MIN_VALUE);
  expect(tally.entropy).toBe(0);
});

test("a sample may vote for another key than its own", () => {
  const tally = new Tally<Keyed>();
  const [a, b, silent] = responses(["a", "b", undefined]);
  tally.add(a!);
  tally.add(b!, 1, "a");
  tally.add(silent!, 1, "a");
  tally.add(b!, 0, "a");
  expect(tally.votes.map(({ key, count }) => [key, count])).toEqual([["a", 3]]);
  expect(tally.keys).toEqual(["a", "a", "a", undefined]);
});

test("nothing was cast", () => {
  const tally = new Tally();
  expect(tally).toMatchObject({
    seen: 0,
    remaining: Infinity,
    first: 0,
    second: 0,
    firstWinsTies: true,
    margin: 0,
    confidence: 0,
    entropy: 0,
    keys: [],
    votes: [],
  });
  expect(tally.winner).toBeUndefined();
  const [silent] = responses([undefined]);
  tally.add(silent!);
  expect(tally).toMatchObject({ seen: 1, first: 0, confidence: 0, keys: [undefined], votes: [] });
});

test("more samples than planned leave none to come", () => {
  const tally = new Tally({ planned: 1 });
  for (const sample of responses(["a", "a"])) tally.add(sample);
  expect(tally.remaining).toBe(0);
});

test("confidence is that of the Beta rule, weights rounded to votes", () => {
  const tally = new Tally({ maxWeight: 3 });
  const [a, b] = responses(["a", "b"]);
  tally.add(a!, 2.6);
  expect(tally.confidence).toBeCloseTo(0.9375, 10);
  tally.add(b!, 0.4);
  expect(tally.confidence).toBeCloseTo(0.9375, 10);
});

test("samples without an answer vote by their words, but for case and spaces", () => {
  const tally = new Tally<ModelResponse>();
  const [sample] = responses([undefined]);
  const { key: _, ...plain } = sample!;
  for (const text of ["Tea", " tea\n", "Green  tea", ""]) tally.add({ ...plain, text });
  expect(tally.keys).toEqual(["tea", "tea", "green tea", undefined]);
});

test.each([-1, NaN, 1.5, Infinity])("a weight of %d is refused", (weight) => {
  const [sample] = responses(["a"]);
  expect(() => new Tally().add(sample!, weight)).toThrow(InvalidOptionError);
});

test("a weight that is not finite is refused, also where weights have no bound", () => {
  const [sample] = responses(["a"]);
  const tally = new Tally({ maxWeight: Infinity });
  expect(() => tally.add(sample!, Infinity)).toThrow(InvalidOptionError);
  tally.add(sample!, 1e9);
  expect(tally.first).toBe(1e9);
});

test.each([{ planned: -1 }, { planned: NaN }, { maxWeight: -1 }, { maxWeight: NaN }])("%o is refused", (options) => {
  expect(() => new Tally(options)).toThrow(InvalidOptionError);
});

test("types", () => {
  expectTypeOf<Tally>().toExtend<TallyView>();
  expectTypeOf<Tally["keys"]>().toEqualTypeOf<readonly (string | undefined)[]>();
});
