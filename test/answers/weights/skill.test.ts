import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  fitSkill,
  InvalidOptionError,
  skillWeight,
  Tally,
  type FitSkillOptions,
  type ModelResponse,
  type SkillRecord,
  type Skills,
  type Weight,
} from "mull";

/** So many records of a source, of which so many were right. */
function records(source: string, right: number, total: number): SkillRecord[] {
  return Array.from({ length: total }, (_, i) => ({ source, correct: i < right }));
}

type From = ModelResponse & { readonly source: string; readonly key: string };
const from = (source: string, key: string): From => {
  return { text: "x", finishReason: "stop", usage: { calls: 1 } as ModelResponse["usage"], source, key };
};
const sourceOf = ({ source }: From): string => source;

describe("what a vote is worth", () => {
  test.each<[what: string, right: number, total: number, choices: number, expected: number]>([
    ["two choices, three in four right", 2, 2, 2, Math.log(3)],
    ["two choices, half right", 5, 10, 2, 0],
    ["two choices, mostly wrong: no vote", 0, 10, 2, 0],
    ["five choices, a guess", 0, 0, 5, 0],
    ["five choices, half right: four to one against each wrong answer", 9, 15, 5, Math.log((10 * 4) / 10)],
    ["five choices, one in five right", 1, 5, 5, 0],
  ])("%s", (_, right, total, choices, expected) => {
    const others = records("other", 1, 2);
    const { sources } = fitSkill([...records("a", right, total), ...others], { choices });
    expect(sources.a?.weight ?? 0).toBeCloseTo(expected, 12);
    if (total > 0) expect(sources.a).toMatchObject({ right, total });
  });

  test("an open question has five answers, and who is not known is like all together", () => {
    const known = [...records("a", 9, 10), ...records("b", 1, 10)];
    const skills = fitSkill(known);
    expect(skills).toEqual(fitSkill(known, { choices: 5 }));
    expect(skills.unknown).toBe(fitSkill(records("all", 10, 20)).sources.all?.weight);
    const weight = skillWeight(skills, sourceOf);
    expect(weight(from("a", "1"))).toBe(skills.sources.a?.weight);
    expect(weight(from("c", "1"))).toBe(skills.unknown);
    expect(weight(from("toString", "1"))).toBe(skills.unknown);
    expect(weight.max).toBe(skills.sources.a?.weight);
  });

  test("skills are plain data", () => {
    const skills = fitSkill([...records("a", 3, 4), ...records("__proto__", 2, 2)]);
    const kept = JSON.parse(JSON.stringify(skills)) as Skills;
    expect(kept).toEqual(skills);
    expect(skillWeight(kept, sourceOf)(from("__proto__", "1"))).toBe(
      skillWeight(skills, sourceOf)(from("__proto__", "1")),
    );
    expect(Object.keys(skills.sources)).toEqual(["a", "__proto__"]);
  });
});

/** Sources that are better than a guess among three: the clamp at 0 has no say. */
const panel = fc.array(fc.record({ right: fc.integer({ min: 10, max: 28 }), vote: fc.constantFrom("x", "y", "z") }), {
  minLength: 1,
  maxLength: 7,
});

prop.prop([panel])("the vote elects the likeliest answer of independent sources", (voters) => {
  const skills = fitSkill(
    voters.flatMap(({ right }, i) => records(`s${i}`, right, 30)),
    { choices: 3 },
  );
  const weight = skillWeight(skills, sourceOf);
  const tally = new Tally<From>({ maxWeight: weight.max! });
  for (const [i, { vote }] of voters.entries()) {
    const sample = from(`s${i}`, vote);
    tally.add(sample, weight(sample));
  }
  // By Bayes' rule, from the same estimates of p.
  const posterior = ["x", "y", "z"].map((answer) => {
    const chances = voters.map(({ right, vote }) => {
      const p = (right + 1) / (30 + 3);
      return vote === answer ? p : (1 - p) / 2;
    });
    return { answer, chance: chances.reduce((a, b) => a * b, 1) };
  });
  const best = Math.max(...posterior.map(({ chance }) => chance));
  const elected = posterior.find(({ answer }) => answer === tally.winner?.key);
  expect(elected?.chance ?? best).toBeCloseTo(best, 12);
  expect((elected?.chance ?? best) / best).toBeGreaterThan(1 - 1e-9);
});

test.each<[build: () => unknown, message: string]>([
  [() => fitSkill([]), "fitSkill: records must be a list of at least one record, got an empty array"],
  [() => fitSkill({} as never), "fitSkill: records must be a list of at least one record, got an object"],
  [
    () => fitSkill([{ source: "a" } as SkillRecord]),
    "fitSkill: a record must be an object with a source and whether it was correct, got an object",
  ],
  [
    () => fitSkill([null as never]),
    "fitSkill: a record must be an object with a source and whether it was correct, got null",
  ],
  [() => fitSkill(records("a", 1, 1), { choices: 1 }), "fitSkill: choices must be an integer of at least 2, got 1"],
  [
    () => fitSkill(records("a", 1, 1), { k: 2 } as FitSkillOptions),
    'fitSkill: an option must be one of choices, got "k"',
  ],
  [() => skillWeight(undefined as never, sourceOf), "skillWeight: skills must be what fitSkill gave, got undefined"],
  [
    () => skillWeight({ sources: {} } as Skills, sourceOf),
    "skillWeight: skills.unknown must be a number of at least 0, got undefined",
  ],
  [
    () => skillWeight({ sources: { a: { right: 1, total: 1, weight: -1 } }, unknown: 0 }, sourceOf),
    "skillWeight: the weight of a source must be a number of at least 0, got -1",
  ],
  [
    () => skillWeight(fitSkill(records("a", 1, 1)), "a" as never),
    'skillWeight: source must be a function of a sample, got "a"',
  ],
  [
    () => skillWeight(fitSkill(records("a", 1, 1)), () => undefined as never)(from("a", "1")),
    "skillWeight: what source returns must be a text, got undefined",
  ],
])("%s", (build, message) => {
  expect(build).toThrow(InvalidOptionError);
  expect(build).toThrow(message);
});

test("types", () => {
  expectTypeOf(skillWeight({ sources: {}, unknown: 0 }, sourceOf)).toEqualTypeOf<Weight<From>>();
});
