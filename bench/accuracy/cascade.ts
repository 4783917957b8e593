/**
 * Cheap first: what does a cascade cost for how much accuracy? The whole frontier, chosen on one half of the questions and looked at on the other.
 */
import {
  cascade,
  cascadeFrontier,
  cascadeOutcome,
  Random,
  run,
  stack,
  Tally,
  type CascadeOutcome,
  type CascadeRecord,
} from "mull";
import { calculate } from "mull/tools/calculator";
import { bands, byBand, load, type Problem, type Recorded } from "./data.js";
import { asResponse, Deck, type Replayed } from "./replay.js";
import { estimate, scale, type Estimate } from "./stats.js";
import { figure, type Picture, type Section } from "./table.js";

/**
 * US dollars for a million tokens written: list prices of 2024, of a common host for open models. What was read is left out, and so are hidden
 * thoughts: o1's is a lower bound.
 */
const prices: Readonly<Record<string, number>> = {
  "mistralai/Mixtral-8x7B-Instruct-v0.1": 0.6,
  "gpt-4-1106-preview": 30,
  "gpt-4o-mini-2024-07-18": 0.6,
  "gemini-1.5-flash": 0.3,
  "claude-3-haiku-20240307": 1.25,
  "Meta-Llama-3.1-8B-Instruct": 0.2,
  "Qwen2.5-7B-Instruct": 0.3,
  "Qwen2.5-32B-Instruct": 0.8,
  "Qwen2.5-72B-Instruct": 1.2,
  "claude-3-5-sonnet-20241022": 15,
  "gpt-4o-2024-08-06": 10,
};

/** US dollars of a thousand such answers. */
function costOf({ source = "", tokens }: Recorded): number {
  return (1000 * tokens * (prices[source] ?? NaN)) / 1e6;
}

interface Ladder {
  readonly name: string;
  readonly file: string;
  /** The cheap tier: its sources answer, and defer where they do not agree. */
  readonly cheap: readonly string[];
  readonly strong: string;
  /** What a single cheap source is judged by; agreement where there are several. */
  readonly score?: (sample: Recorded, problem: Problem) => number;
}

const ladders: readonly Ladder[] = [
  {
    name: "gsm8k: Mixtral, then GPT-4; its own arithmetic checked",
    file: "gsm8k-routellm-pair",
    cheap: ["mistralai/Mixtral-8x7B-Instruct-v0.1"],
    strong: "gpt-4-1106-preview",
    score: plausible,
  },
  {
    name: "gsm8k: three small models, then claude-3.5-sonnet",
    file: "gsm-zeroeval-pool",
    cheap: ["gpt-4o-mini-2024-07-18", "gemini-1.5-flash", "claude-3-haiku-20240307"],
    strong: "claude-3-5-sonnet-20241022",
  },
  {
    name: "MATH level 5: three small models, then claude-3.5-sonnet",
    file: "mathl5-zeroeval-pool",
    cheap: ["gpt-4o-mini-2024-07-18", "Qwen2.5-7B-Instruct", "Qwen2.5-32B-Instruct"],
    strong: "claude-3-5-sonnet-20241022",
  },
  {
    name: "CRUX: three small models, then gpt-4o",
    file: "crux-zeroeval-pool",
    cheap: ["gpt-4o-mini-2024-07-18", "Qwen2.5-32B-Instruct", "Qwen2.5-72B-Instruct"],
    strong: "gpt-4o-2024-08-06",
  },
];

/**
 * How plausible a solution is, without any model: every calculation in it is made again, the answer must be a sane number, and long ones and long
 * questions are trusted less.
 */
function plausible({ key, text = "", tokens }: Recorded, { question }: Problem): number {
  const steps = [...text.matchAll(/<<([^=<>]+)=([^<>]+)>>/g)];
  const wrong = steps.filter(([, left = "", right = ""]) => {
    const value = Number(right.replaceAll(",", ""));
    try {
      return (
        Math.abs(Number(calculate(left.replaceAll(",", "").replaceAll("%", "/100"))) - value) >
        0.01 + 1e-6 * Math.abs(value)
      );
    } catch {
      return false;
    }
  }).length;
  const odd = key === undefined || !(Number(key) >= 0) || !Number.isInteger(Number(key)) ? 1 : 0;
  return -4 * wrong - 4 * odd - tokens / 60 - question.length / 200 - (steps.length === 0 ? 0.5 : 0);
}

/** A question as the tiers answered it. */
interface Answered {
  readonly problem: Problem;
  readonly record: CascadeRecord;
  readonly strong: Recorded;
  readonly cheap: Recorded;
}

function answersOf({ cheap, strong, score }: Ladder, problems: readonly Problem[]): readonly Answered[] {
  return problems.flatMap((problem) => {
    const of = (source: string): Recorded | undefined => problem.samples.find((sample) => sample.source === source);
    const small = cheap.map(of).filter((sample) => sample !== undefined);
    const large = of(strong);
    if (small.length < cheap.length || large === undefined) return [];
    // The most that agree; ties to the dearest of them.
    const tally = new Tally<Replayed>();
    for (const sample of [...small].reverse()) {
      tally.add(asResponse(sample));
    }
    const elected = tally.winner?.sample;
    const agreement = (tally.winner?.count ?? 0) / cheap.length;
    const first = {
      cost: small.reduce((sum, sample) => sum + costOf(sample), 0),
      score: score === undefined ? agreement : score(small[0] as Recorded, problem),
      correct: elected?.correct ?? false,
    };
    const record = [first, { cost: costOf(large), correct: large.correct }];
    return [{ problem, record, strong: large, cheap: { key: elected?.key, correct: first.correct, tokens: 0 } }];
  });
}

/** The frontier chosen on one half, as it comes out on the other; both ways, joined by the share that the first tier answers. */
function honest(records: readonly CascadeRecord[]): readonly CascadeOutcome[] {
  const halves = [0, 1].map((half) => records.filter((_record, index) => index % 2 === half));
  return halves.flatMap((learn, half) => {
    const test = halves[1 - half] ?? [];
    return cascadeFrontier(learn).points.map(({ thresholds }) => cascadeOutcome(test, thresholds));
  });
}

/** Shares of the cost of the strong model. */
const shares = [0.25, 0.5, 0.75] as const;

export async function cascadeSections(): Promise<readonly Section[]> {
  const rows: string[][] = [];
  const pictures: Picture[] = [];
  const data: unknown[] = [];
  for (const ladder of ladders) {
    const problems = load(ladder.file);
    if (problems === undefined) continue;
    const answered = answersOf(ladder, problems);
    const records = answered.map(({ record }) => record);
    const percent = (values: readonly boolean[]): Estimate => scale(estimate(values.map(Number)), 100);
    const weak = percent(records.map(([first]) => first?.correct ?? false));
    const strong = percent(records.map(([, last]) => last?.correct ?? false));
    const strongCost = estimate(records.map(([, last]) => last?.cost ?? 0)).mean;
    const weakCost = estimate(records.map(([first]) => first?.cost ?? 0)).mean;
    const frontier = cascadeFrontier(records);
    const points = honest(records);
    // The cheapest on the learning half that was as accurate there as the strong one alone; what it does on the other half.
    const chosen = [0, 1].map((half) => {
      const learn = records.filter((_record, index) => index % 2 === half);
      const test = records.filter((_record, index) => index % 2 !== half);
      const target = learn.filter(([, last]) => last?.correct).length / learn.length;
      const point = cascadeFrontier(learn).reaching(target);
      const thresholds = point?.thresholds ?? [Infinity];
      const outcome = cascadeOutcome(test, thresholds);
      const alone = test.filter(([, last]) => last?.correct).length / test.length;
      return { ...outcome, lost: 100 * (outcome.accuracy - alone), share: outcome.cost / strongCost };
    });
    // What a share of the strong one's cost buys: the threshold is chosen on one half, and looked at on the other.
    const bought = shares.map((share) => {
      const outcomes = [0, 1].map((half) => {
        const learn = records.filter((_record, index) => index % 2 === half);
        const test = records.filter((_record, index) => index % 2 !== half);
        const point = cascadeFrontier(learn).within(share * strongCost);
        return point === undefined ? NaN : cascadeOutcome(test, point.thresholds).accuracy;
      });
      return 100 * estimate(outcomes).mean;
    });
    const mean = (of: (one: (typeof chosen)[number]) => number): number => estimate(chosen.map(of)).mean;
    // At the threshold that was chosen on the other half, points against the strong model alone.
    const against = records.map((record, index) => {
      const { thresholds } = chosen[1 - (index % 2)] as CascadeOutcome;
      return 100 * (cascadeOutcome([record], thresholds).accuracy - Number(record[1]?.correct));
    });
    const lostBy = byBand(
      answered.map(({ problem }) => problem),
      against,
    ).map(estimate);
    rows.push([
      ladder.name,
      String(records.length),
      `${figure(weak)} at ${weakCost.toFixed(2)}`,
      `${figure(strong)} at ${strongCost.toFixed(2)}`,
      `${(100 * mean(({ accuracy }) => accuracy)).toFixed(1)} at ${mean(({ cost }) => cost).toFixed(2)}`,
      `${(100 * mean(({ share }) => share)).toFixed(0)} %`,
      mean(({ lost }) => lost)
        .toFixed(1)
        .replace("-", "−"),
      `${(100 * mean(({ answered: [first = 0] }) => first)).toFixed(0)} %`,
      ...lostBy.map(({ mean: points }) => points.toFixed(1).replace("-", "−")),
      ...bought.map((right) => (Number.isNaN(right) ? "–" : right.toFixed(1))),
    ]);
    const asPoints = (outcomes: readonly CascadeOutcome[]) =>
      [...outcomes].sort((a, b) => a.cost - b.cost).map(({ cost, accuracy }) => ({ x: cost, y: 100 * accuracy }));
    pictures.push({
      title: ladder.name,
      x: "US dollars of 1,000 questions",
      series: [
        {
          name: "by chance",
          points: [
            { x: weakCost, y: weak.mean },
            { x: strongCost, y: strong.mean },
          ],
        },
        { name: "cascade", points: asPoints(frontier.points) },
        { name: "cascade, other half", points: asPoints(points) },
      ],
    });
    data.push({
      ladder: ladder.name,
      weak,
      strong,
      weakCost,
      strongCost,
      frontier: frontier.points,
      bought,
      otherHalf: points,
      chosen,
    });
  }
  if (rows.length === 0) return [];
  return [
    {
      title: "How much of the strong model is needed? Cascades",
      note: `Per cent right, and US dollars of 1,000 questions (tokens written, list prices of 2024). The cheap tier answers where it is trusted. *Chosen*: the cheapest threshold that was as accurate as the strong model alone on one half of the questions, measured on the other, both ways. ${await endToEnd()}`,
      columns: [
        "ladder",
        "questions",
        "cheap alone",
        "strong alone",
        "chosen",
        "cost of strong",
        "points against strong",
        "answered by cheap",
        ...bands.map((band) => `… ${band}`),
        ...shares.map((share) => `right at ${100 * share} % of the cost`),
      ],
      rows,
      data,
      pictures,
    },
  ];
}

/** The same through the primitive: does `cascade` spend and answer as the records say? */
async function endToEnd(): Promise<string> {
  const ladder = ladders[1] as Ladder;
  const problems = load(ladder.file);
  if (problems === undefined) return "";
  const answered = answersOf(ladder, problems);
  const expected = cascadeOutcome(
    answered.map(({ record }) => record),
    [1],
  );
  let right = 0;
  for (const [index, problem] of problems.entries()) {
    const small = new Deck([problem], new Random(index), ({ source = "" }) => ladder.cheap.includes(source));
    const large = new Deck([problem], new Random(index), ({ source }) => source === ladder.strong);
    const solver = stack(
      small.model("small"),
      cascade<Replayed>({
        samples: ladder.cheap.length,
        threshold: 1,
        to: [{ model: large.model("large"), samples: 1 }],
      }),
    );
    const { correct, key } = await run(solver, problem.id, { seed: 1 });
    right += Number(correct && key !== undefined);
  }
  const [a, b] = [(100 * right) / problems.length, 100 * expected.accuracy];
  return `Through \`cascade\` itself, full agreement asked for, the second ladder answers ${a.toFixed(1)} % right; by the records it is ${b.toFixed(1)} %.`;
}
