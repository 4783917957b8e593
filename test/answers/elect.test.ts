import { expect, test } from "vitest";
import { elect, Tally } from "mull";
import { responses, type Keyed } from "./samples.js";

function count(keys: readonly (string | undefined)[]): { tally: Tally<Keyed>; samples: Keyed[] } {
  const samples = responses(keys);
  const tally = new Tally<Keyed>({ planned: keys.length });
  for (const sample of samples) tally.add(sample);
  return { tally, samples };
}

const rest = { failures: [], stopped: "done" } as const;

test("the winner's first sample, with the count beside it", () => {
  const { tally, samples } = count(["a", "b", undefined, "b"]);
  const voted = elect(tally, { samples, ...rest });
  expect(voted).toMatchObject({ index: 1, key: "b", abstained: false, stopped: "done", margin: 1 / 3 });
  expect(voted.votes.map(({ key, count }) => [key, count])).toEqual([
    ["b", 2],
    ["a", 1],
  ]);
  expect(voted.samples).toBe(samples);
  expect(samples[1]).not.toHaveProperty("votes");
});

test("the first sample where no answer could be read", () => {
  const { tally, samples } = count([undefined, undefined]);
  expect(elect(tally, { samples, ...rest })).toMatchObject({
    index: 0,
    key: undefined,
    abstained: false,
    confidence: 0,
    votes: [],
  });
});

test("no answer under the least share, an answer at it", () => {
  const { tally, samples } = count(["a", "a", "b", "b", "a"]);
  expect(elect(tally, { samples, ...rest }, 0.61)).toMatchObject({
    index: 0,
    key: undefined,
    answer: undefined,
    abstained: true,
  });
  expect(elect(tally, { samples, ...rest }, 0.6)).toMatchObject({ index: 0, key: "a", abstained: false });
});

test("who was discarded is counted; where all were, there is no answer", () => {
  const { samples } = count(["a", "b"]);
  const silent = new Tally<Keyed>();
  for (const sample of samples) silent.add(sample, 0);
  const all = elect(silent, { samples, ...rest, discarded: 2 });
  expect(all).toMatchObject({ index: 0, key: undefined, answer: undefined, abstained: true, discarded: 2 });
  expect(elect(silent, { samples, ...rest, discarded: 1 })).toMatchObject({ abstained: false, discarded: 1 });
  const { tally } = count(["a", "b"]);
  expect(elect(tally, { samples, ...rest })).toMatchObject({ discarded: 0, entropy: tally.entropy });
  expect(tally.entropy).toBeCloseTo(Math.log(2), 12);
});
