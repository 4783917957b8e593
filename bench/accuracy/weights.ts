/**
 * Whose vote counts more? Skill learned on one half of the questions, used on the other.
 */
import { fitSkill, majorityVote, Random, run, sampleN, skillWeight, stack } from "mull";
import { bands, byBand, load, type Problem } from "./data.js";
import { Deck, type Replayed } from "./replay.js";
import { average, estimate, scale, type Estimate } from "./stats.js";
import { difference, figure, type Section } from "./table.js";

const pools: Readonly<Record<string, string>> = {
  "gsm8k (41)": "gsm8k-faithfulcot-pool",
  "svamp (30)": "svamp-faithfulcot-pool",
  "multiarith (30)": "multiarith-faithfulcot-pool",
  "aqua (30)": "aqua-faithfulcot-pool",
  "date (41)": "date-faithfulcot-pool",
  "sports (30)": "sports-faithfulcot-pool",
  "strategyqa (25)": "strategyqa-faithfulcot-pool",
  "clutrr (41)": "clutrr-faithfulcot-pool",
  "gsm8k zeroeval (44)": "gsm-zeroeval-pool",
  "math l5 zeroeval (43)": "mathl5-zeroeval-pool",
  "crux zeroeval (51)": "crux-zeroeval-pool",
};

/** Answers of a source, to the questions that train or test. */
function skillOf(problems: readonly Problem[]): ReadonlyMap<string, number> {
  const counts = new Map<string, { right: number; all: number }>();
  for (const { samples } of problems)
    for (const { source = "", correct } of samples) {
      const count = counts.get(source) ?? { right: 0, all: 0 };
      counts.set(source, { right: count.right + Number(correct), all: count.all + 1 });
    }
  return new Map([...counts].map(([source, { right, all }]) => [source, right / all]));
}

/** Which sources are taken: all, or those whose skill on the learning half is within 10 points of the median. */
const choices: Readonly<Record<string, (skill: ReadonlyMap<string, number>) => ReadonlySet<string>>> = {
  all: (skill) => new Set(skill.keys()),
  "of like skill": (skill) => {
    const sorted = [...skill.values()].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    return new Set([...skill].filter(([, value]) => Math.abs(value - median) <= 0.1).map(([source]) => source));
  },
};

interface Row {
  readonly pool: string;
  readonly sources: string;
  readonly plain: Estimate;
  readonly weighted: Estimate;
  readonly best: Estimate;
  readonly gain: Estimate;
  readonly overBest: Estimate;
  /** Of easy, medium and hard questions. */
  readonly gains: readonly Estimate[];
}

async function measure(pool: string, sources: string, problems: readonly Problem[]): Promise<Row> {
  const plain: number[] = [];
  const weighted: number[] = [];
  const best: number[] = [];
  const asked: Problem[] = [];
  for (const half of [0, 1]) {
    const learn = problems.filter((_problem, index) => index % 2 !== half);
    const test = problems.filter((_problem, index) => index % 2 === half);
    const skill = skillOf(learn);
    const taken = choices[sources]?.(skill) ?? new Set();
    const records = learn.flatMap(({ samples }) => samples.map(({ source = "", correct }) => ({ source, correct })));
    const weight = skillWeight<Replayed>(fitSkill(records), ({ source = "" }) => source);
    const [strongest] = [...skill].filter(([source]) => taken.has(source)).sort(([, a], [, b]) => b - a)[0] ?? [];
    for (const [index, problem] of test.entries()) {
      const samples = problem.samples.filter(({ source = "" }) => taken.has(source));
      if (samples.length === 0) continue;
      for (const [into, vote] of [
        [plain, majorityVote<Replayed>()],
        [weighted, majorityVote<Replayed>({ weight })],
      ] as const) {
        const deck = new Deck([{ ...problem, samples }], new Random(index, half));
        const response = await run(stack(deck.model(pool), sampleN(samples.length), vote), problem.id, { seed: 1 });
        into.push(Number(response.key !== undefined && response.correct));
      }
      asked.push(problem);
      best.push(Number(samples.find(({ source }) => source === strongest)?.correct ?? false));
    }
  }
  const percent = (values: readonly number[]): Estimate => scale(estimate(values), 100);
  return {
    pool,
    sources,
    plain: percent(plain),
    weighted: percent(weighted),
    best: percent(best),
    gain: percent(weighted.map((right, i) => right - (plain[i] ?? 0))),
    gains: byBand(
      asked,
      weighted.map((right, i) => right - (plain[i] ?? 0)),
    ).map(percent),
    overBest: percent(weighted.map((right, i) => right - (best[i] ?? 0))),
  };
}

export async function weightSections(): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const sources of Object.keys(choices)) {
    const rows: Row[] = [];
    for (const [pool, file] of Object.entries(pools)) {
      const problems = load(file);
      if (problems !== undefined) rows.push(await measure(pool, sources, problems));
    }
    if (rows.length === 0) continue;
    const mean = average(rows.map(({ gain }) => gain));
    sections.push({
      title: `Whose vote counts more? Pools of many models and prompts, sources: ${sources}`,
      note: "One greedy output of each source. Log-odds weights (`fitSkill`) are learned on one half of the questions and used on the other, both ways. *Best source*: the one that was best on the learning half, alone.",
      columns: [
        "pool",
        "plain vote",
        "weighted",
        "gain, points",
        "best source",
        "weighted over best source",
        ...bands.map((band) => `gain, ${band}`),
      ],
      rows: [
        ...rows.map(({ pool, plain, weighted, gain, best, overBest, gains }) => [
          pool,
          figure(plain),
          figure(weighted),
          difference(gain, 1),
          figure(best),
          difference(overBest, 1),
          ...gains.map((value) => difference(value, 1)),
        ]),
        [
          "**mean**",
          "",
          "",
          `**${difference(mean, 1)}**`,
          "",
          difference(average(rows.map((row) => row.overBest)), 1),
          ...bands.map(() => ""),
        ],
      ],
      data: rows,
    });
  }
  return sections;
}
