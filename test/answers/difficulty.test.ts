import { fc, test } from "@fast-check/vitest";
import { probeDifficulty, Tally, type Difficulty, type ProbeDifficultyOptions } from "mull";
import { describe, expect, expectTypeOf, vi } from "vitest";
import { responses } from "./samples.js";

const request = { messages: [] };
const call = undefined as never;

function keysOf(votes: string): (string | undefined)[] {
  return [...votes].map((vote) => (vote === "?" ? undefined : vote));
}

/** What the estimate is where samples vote so: `1`, `2`, … for answers, `?` for one that cannot be read. */
async function estimate(votes: string, options: ProbeDifficultyOptions = {}): Promise<number> {
  const tally = new Tally();
  for (const sample of responses(keysOf(votes))) tally.add(sample);
  return probeDifficulty(options)(request, call, () => Promise.resolve(tally));
}

describe("disagreement", () => {
  test.each([
    ["1111", 0],
    ["1112", 0.25],
    ["1122", 0.5],
    ["1234", 0.75],
    ["111?", 0.25],
    ["11??", 0.5],
    ["12??", 0.75],
    ["????", 1],
    ["", 1],
  ])("%s: %f", async (votes, difficulty) => {
    expect(await estimate(votes)).toBeCloseTo(difficulty, 12);
  });

  test("weights of the level change nothing while all are the same", async () => {
    const tally = new Tally({ maxWeight: 3 });
    for (const sample of responses(keysOf("112?"))) tally.add(sample, 3);
    expect(await probeDifficulty()(request, call, () => Promise.resolve(tally))).toBeCloseTo(0.5, 12);
  });

  test.prop([fc.string({ unit: fc.constantFrom("1", "2", "3", "?"), maxLength: 20 })])(
    "is the part of all samples that does not give the leading answer",
    async (votes) => {
      const counts = ["1", "2", "3"].map((key) => votes.split(key).length - 1);
      const expected = votes === "" ? 1 : 1 - Math.max(...counts) / votes.length;
      expect(await estimate(votes)).toBeCloseTo(expected, 12);
    },
  );
});

test.each([
  [{}, 4],
  [{ samples: 7 }, 7],
])("%j draws %i", async (options, samples) => {
  const probe = vi.fn(() => Promise.resolve(new Tally()));
  const difficulty = probeDifficulty(options);
  await difficulty(request, call, probe);
  expect(probe.mock.calls).toEqual([[samples]]);
  expect(difficulty.samples).toBe(samples);
});

test.each<[options: unknown, message: string]>([
  [{ samples: 1 }, "samples must be an integer of at least 2, got 1"],
  [{ samples: 2.5 }, "samples must be an integer of at least 2, got 2.5"],
  [{ n: 3 }, 'an option must be one of samples, got "n"'],
])("%j", (options, message) => {
  expect(() => probeDifficulty(options as ProbeDifficultyOptions)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `probeDifficulty: ${message}` }),
  );
});

test("types", () => {
  expectTypeOf(probeDifficulty).returns.toEqualTypeOf<Difficulty>();
  expectTypeOf<() => number>().toExtend<Difficulty>();
});
