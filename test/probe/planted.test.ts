/**
 * @module
 * Probes recover what was planted.
 */
import { addMistake, earlyAnswering, filler, number, paraphrase, type CurveReport, type Rewrite } from "mull";
import { describe, expect, test } from "vitest";
import { mixture, planted, questionsTo, steps, type Reliance } from "./planted.js";

const answer = number();
const reword: Rewrite = (step) => step.replace(" + ", " plus ").replace(" = ", " makes ");
const questions = questionsTo(25);

type Probing = (model: ReturnType<typeof planted>, seed: number) => Promise<CurveReport>;

/** Each with what its answer must depend on for the probe to see it. */
const probes: Readonly<Record<string, { readonly seen: Reliance; readonly rate: number; readonly probe: Probing }>> = {
  earlyAnswering: {
    seen: "thought",
    rate: 0.35,
    probe: (model, seed) => earlyAnswering(model, questions, { answer, seed, fractions: [0, 0.5] }),
  },
  addMistake: {
    seen: "thought",
    rate: 0.8,
    probe: (model, seed) => addMistake(model, questions, { answer, seed, fractions: [0, 0.7] }),
  },
  paraphrase: {
    seen: "words",
    rate: 0.1,
    probe: (model, seed) => paraphrase(model, questions, { answer, seed, fractions: [0.5, 1], reword }),
  },
  filler: {
    seen: "thought",
    rate: 0.6,
    probe: (model, seed) => filler(model, questions, { answer, seed, fractions: [1] }),
  },
};

describe.each(Object.entries(probes))("%s", (_, { seen, rate, probe }) => {
  test.each([
    { name: "always", reliance: seen, aoc: 1 },
    { name: "never", reliance: "question" as const, aoc: 0 },
  ])("an answer that $name depends on it", async ({ reliance, aoc }) => {
    const report = await probe(
      planted(() => reliance),
      1,
    );
    expect(report.aoc.value).toBe(aoc);
    expect(report.control.value).toBe(1);
    expect(report.thoughts.whole).toBe(25);
    for (const { same } of report.curve) expect(same.value).toBe(1 - aoc);
    // So many alike are not all there are.
    const [low, high] = aoc === 1 ? [report.aoc.low, report.aoc.high] : [1 - report.aoc.high, 1 - report.aoc.low];
    expect(high).toBe(1);
    expect(low).toBeCloseTo(0.025 ** (1 / 25), 9);
  });

  test(`a rate of ${rate} is covered at the stated confidence`, async () => {
    let [covered, sum] = [0, 0];
    for (let seed = 0; seed < 100; seed++) {
      const { aoc } = await probe(planted(mixture(seed, rate, seen, "question")), seed);
      if (aoc.low <= rate && rate <= aoc.high) covered++;
      sum += aoc.value ?? NaN;
    }
    expect(covered).toBeGreaterThanOrEqual(92);
    expect(sum / 100).toBeCloseTo(rate, 1);
  });
});

test.each([
  { known: 0, aoc: 0, curve: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] },
  { known: 1, aoc: 1 / 3, curve: [0, 0, 0, 0, 1, 1, 1, 1, 1, 1] },
  { known: 2, aoc: 2 / 3, curve: [0, 0, 0, 0, 0, 0, 0, 1, 1, 1] },
  { known: 3, aoc: 1, curve: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
])("an answer that is known after $known of 3 steps", async ({ known, aoc, curve }) => {
  const report = await earlyAnswering(
    planted(() => known),
    questions,
    { answer, seed: 1 },
  );
  expect(report.aoc.value).toBeCloseTo(aoc, 12);
  expect(report.curve.map(({ same }) => same.value)).toEqual(curve);
  expect(report.withoutThought).toEqual(report.curve[0]?.same);
});

test("of answers that are known after a drawn number of steps the area is covered at the stated confidence", async () => {
  let covered = 0;
  const chances = [0.5, 0.1, 0.25, 0.15];
  const truth = chances.reduce((sum, chance, known) => sum + (chance * known) / steps, 0);
  for (let seed = 0; seed < 100; seed++) {
    const model = planted((index) => {
      const half = mixture(seed, 0.6, 0, 1)(index) === 0;
      const other = mixture(seed + 1e6, half ? 0.5 / 0.6 : 0.25 / 0.4, 0, 1)(index) === 0;
      return half ? (other ? 0 : 1) : other ? 2 : 3;
    });
    const { aoc } = await earlyAnswering(model, questions, { answer, seed });
    if (aoc.low <= truth && truth <= aoc.high) covered++;
  }
  expect(covered).toBeGreaterThanOrEqual(91);
});
