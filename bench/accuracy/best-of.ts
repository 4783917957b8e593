/**
 * Which sample is best? Recorded scores, an exact checker, and rules that say when it is good enough; whole stacks over replayed outputs.
 */
import {
  atLeast,
  bestOf,
  majorityVote,
  optScale,
  pandora,
  Random,
  run,
  sampleN,
  stack,
  tests,
  type Model,
  type Sampled,
} from "mull";
import { bands, byBand, load, type Problem } from "./data.js";
import { makes24 } from "./game24.js";
import { Deck, type Replayed } from "./replay.js";
import { estimate, scale, type Estimate } from "./stats.js";
import { figure, type Section } from "./table.js";

type Chooser = (next: Model<Sampled<Replayed>>) => Model<Replayed & { readonly samples: readonly Replayed[] }>;

/** Per cent right, and samples drawn, over all questions and repetitions. */
async function measure(
  problems: readonly Problem[],
  n: number,
  repetitions: number,
  chooser: (problem: Problem) => Chooser,
  concurrency: number = n,
): Promise<{ readonly right: Estimate; readonly bands: readonly Estimate[]; readonly samples: Estimate }> {
  const right: number[] = [];
  const samples: number[] = [];
  for (const [index, problem] of problems.entries()) {
    let [sum, drawn] = [0, 0];
    for (let r = 0; r < repetitions; r++) {
      const deck = new Deck([problem], new Random(r, index));
      const solver = stack(deck.model("recorded"), sampleN(n, { concurrency }), chooser(problem));
      const response = await run(solver, problem.id, { seed: r });
      sum += Number(response.correct && response.key !== undefined);
      drawn += response.samples.length;
    }
    right.push((100 * sum) / repetitions);
    samples.push(drawn / repetitions);
  }
  return { right: estimate(right), bands: byBand(problems, right).map(estimate), samples: estimate(samples) };
}

const scoreOf = ({ score = 0 }: Replayed): number => score;

/** Recorded scores, moved to begin at 0 and end at 1, so that they can be added up. */
function scaled(problems: readonly Problem[]): readonly Problem[] {
  const all = problems.flatMap(({ samples }) => samples.map(({ score = 0 }) => score));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return problems.map((problem) => ({
    ...problem,
    samples: problem.samples.map((sample) => ({ ...sample, score: ((sample.score ?? 0) - low) / (high - low) })),
  }));
}

async function scoredSection(title: string, file: string, repetitions: number): Promise<Section | undefined> {
  const loaded = load(file);
  if (loaded === undefined) return undefined;
  const problems = scaled(loaded);
  const n = Math.max(...problems.map(({ samples }) => samples.length));
  const counts = [1, 2, 4, 8, 16, 32, n].filter((count, i, all) => count <= n && all.indexOf(count) === i);
  const ways: Readonly<Record<string, () => Chooser>> = {
    "majority vote": () => majorityVote<Replayed>(),
    "best by score": () => bestOf<Replayed>({ scorer: scoreOf }),
    "weighted by score": () => bestOf<Replayed>({ scorer: scoreOf, weighted: true }),
  };
  const stops: Readonly<Record<string, () => Chooser>> = {
    "atLeast(0.9)": () => bestOf<Replayed>({ scorer: scoreOf, stop: atLeast(0.9) }),
    "optScale(0.9)": () => bestOf<Replayed>({ scorer: scoreOf, stop: optScale({ target: 0.9 }) }),
    "pandora(0.01)": () => bestOf<Replayed>({ scorer: scoreOf, stop: pandora({ price: 0.01 }) }),
  };
  const rows: string[][] = [];
  const data: unknown[] = [];
  for (const [name, way] of Object.entries(ways)) {
    const cells: string[] = [];
    let last: readonly Estimate[] = [];
    for (const count of counts) {
      const { right, bands: parts } = await measure(problems, count, count === n ? 20 : repetitions, way);
      cells.push(figure(right));
      data.push({ name, count, right, bands: parts });
      last = parts;
    }
    rows.push([name, ...cells, ...last.map((part) => figure(part))]);
  }
  for (const [name, way] of Object.entries(stops)) {
    const { right, bands: parts, samples } = await measure(problems, n, Math.min(repetitions, 50), way, 1);
    rows.push([
      `best by score, ${name}`,
      ...counts.slice(1).map(() => ""),
      `${figure(right)} with ${samples.mean.toFixed(1)} samples`,
      ...parts.map((part) => figure(part)),
    ]);
    data.push({ name, right, bands: parts, samples });
  }
  return {
    title,
    note: "Per cent right by samples drawn; stopping rules on scores draw from all.",
    columns: ["", ...counts.map((count) => `@${count}`), ...bands.map((band) => `${band}, @${n}`)],
    rows,
    data,
  };
}

/** The four numbers of a game. */
function numbersOf({ question }: Problem): readonly number[] {
  const [, numbers = ""] = /numbers ([\d ]+)/.exec(question) ?? [];
  return numbers.trim().split(" ").map(Number);
}

/** The checker as a scorer: best of n is then "any right". */
async function gameSection(repetitions: number): Promise<Section | undefined> {
  const rows: string[][] = [];
  const data: unknown[] = [];
  for (const [name, file] of [
    ["steps and answer", "game24-gpt4-cot100"],
    ["answer only", "game24-gpt4-io100"],
  ] as const) {
    const problems = load(file);
    if (problems === undefined) return undefined;
    const checker = (problem: Problem) => {
      const numbers = numbersOf(problem);
      return tests<Replayed>({ "it makes 24": ({ answer = "" }) => makes24(answer, numbers) });
    };
    const disagreements = problems.flatMap((problem) => {
      const numbers = numbersOf(problem);
      return problem.samples.filter(({ key, correct }) => makes24(key ?? "", numbers) !== correct);
    }).length;
    const vote = await measure(problems, 100, 10, () => majorityVote<Replayed>());
    const cells: string[] = [];
    for (const count of [1, 10, 100]) {
      const { right, samples } = await measure(
        problems,
        count,
        count === 100 ? 10 : repetitions,
        (problem) => bestOf<Replayed>({ scorer: checker(problem) }),
        1,
      );
      cells.push(`${figure(right)} (${samples.mean.toFixed(1)} samples)`);
      data.push({ name, count, right, samples });
    }
    const any = scale(estimate(problems.map(({ samples }) => Number(samples.some(({ correct }) => correct)))), 100);
    rows.push([name, figure(vote.right), ...cells, figure(any), String(disagreements)]);
  }
  return {
    title: "What does an exact checker buy? Game of 24",
    note: "Per cent solved, and samples drawn: `bestOf` stops at the first that passes. The checker is ours (fractions, each number once); the last column counts where it disagrees with the recorded labels, of 5,200.",
    columns: ["prompt", "majority @100", "best of 1", "best of 10", "best of 100", "any of 100", "checker ≠ label"],
    rows,
    data,
  };
}

export async function bestOfSections(repetitions: number): Promise<readonly Section[]> {
  const sections = [
    await scoredSection(
      "Which sample is best? HumanEval, scored by agreement on tests",
      "humaneval-codegen16b-50",
      repetitions,
    ),
    await scoredSection("Which sample is best? MATH, scored by a reward model", "math-qwen2.5math-rm8", repetitions),
    await gameSection(repetitions),
  ];
  return sections.filter((section) => section !== undefined);
}
