/**
 * One budget over many questions: `allocate` against an even share, on replayed outputs.
 */
import { allocate, Random, Tally } from "mull";
import { bands, byBand, type DataSet } from "./data.js";
import { asResponse, Deck, type Replayed } from "./replay.js";
import { average, estimate, scale, type Estimate } from "./stats.js";
import { difference, figure, type Picture, type Section } from "./table.js";

/** Shares of all samples that the batch may draw. */
const fractions = [0.1, 0.15, 0.2, 0.25, 1 / 3, 0.5] as const;

/** Which questions are right, in one order of the samples. */
async function allocated(set: DataSet, repetition: number, fraction: number): Promise<readonly boolean[]> {
  const { problems, n } = set;
  const deck = new Deck(problems, new Random(repetition, 5));
  const calls = Math.max(1, Math.round(fraction * problems.length * n));
  const requests = problems.map(({ id }) => id);
  const results = allocate(deck.model("recorded"), requests, {
    budget: { calls },
    samples: n,
    concurrency: 1,
    seed: 1,
  });
  const right = problems.map(() => false);
  for await (const { index, response } of results) right[index] = response?.key !== undefined && response.correct;
  return right;
}

/** The same when every question gets as many, in the same order. */
function voted({ problems }: DataSet, repetition: number, count: number): readonly boolean[] {
  const deck = new Deck(problems, new Random(repetition, 5));
  return problems.map(({ id }) => {
    const tally = new Tally<Replayed>();
    for (const sample of deck.first(id, count)) tally.add(asResponse(sample));
    return tally.winner?.sample.correct ?? false;
  });
}

function share(right: readonly boolean[]): number {
  return (100 * right.filter(Boolean).length) / right.length;
}

interface Row {
  readonly set: string;
  /** Points against all at half of the samples, of easy, medium and hard questions. */
  readonly half: readonly (number | undefined)[];
  readonly full: Estimate;
  readonly allocated: readonly Estimate[];
  readonly even: readonly Estimate[];
  readonly allocatedLoss: readonly Estimate[];
}

async function measure(set: DataSet, repetitions: number): Promise<Row> {
  const { n, problems } = set;
  const full: number[] = [];
  const shared = fractions.map((): number[] => []);
  const even = fractions.map((): number[] => []);
  /** Points against all of each question, in the mean of all orders. */
  const lost = fractions.map(() => problems.map(() => 0));
  for (let r = 0; r < repetitions; r++) {
    const all = voted(set, r, n);
    full.push(share(all));
    for (const [i, fraction] of fractions.entries()) {
      const right = await allocated(set, r, fraction);
      shared[i]?.push(share(right));
      even[i]?.push(share(voted(set, r, Math.max(1, Math.round(fraction * n)))));
      const sums = lost[i] as number[];
      for (const [at, one] of right.entries())
        sums[at] = (sums[at] ?? 0) + (100 * (Number(one) - Number(all[at]))) / repetitions;
    }
  }
  return {
    set: set.name,
    half: byBand(problems, lost[fractions.indexOf(0.5)] ?? []).map((values) =>
      values.length === 0 ? undefined : estimate(values).mean,
    ),
    full: estimate(full),
    allocated: shared.map(estimate),
    even: even.map(estimate),
    allocatedLoss: lost.map(estimate),
  };
}

export async function allocateSections(sets: readonly DataSet[], repetitions: number): Promise<readonly Section[]> {
  const rows: Row[] = [];
  for (const set of sets) rows.push(await measure(set, repetitions));
  const percent = (fraction: number): string => `${Math.round(100 * fraction)} %`;
  const loss = fractions.map((_, i) => average(rows.map(({ allocatedLoss }) => allocatedLoss[i] as Estimate)));
  const evenLoss = fractions.map((_, i) =>
    average(rows.map(({ even, full }) => ({ mean: (even[i]?.mean ?? 0) - full.mean, error: even[i]?.error ?? 0 }))),
  );
  const least = fractions.find((_, i) => (loss[i]?.mean ?? -1) >= -0.1);
  const factor = least === undefined ? "none" : `${(1 / least).toFixed(1)}x fewer samples`;
  const pictures: Picture[] = rows.map(({ set, full, allocated, even }, i) => {
    const n = sets[i]?.n ?? 1;
    const line = (values: readonly Estimate[]): { x: number; y: number }[] => [
      ...values.map(({ mean }, at) => ({ x: n * (fractions[at] ?? 1), y: mean })),
      { x: n, y: full.mean },
    ];
    return {
      title: `${set}, one budget over all`,
      x: "samples a question, on average",
      series: [
        { name: "even share", points: line(even) },
        { name: "allocate", points: line(allocated) },
      ],
    };
  });
  return [
    {
      title: "What does one budget over the whole batch buy? allocate",
      note: `Per cent right when the batch may draw so much of all its samples, minus that of all (mean over orders, paired; the error is that of the questions). Within 0.1 points of all on the average over sets: ${factor}. An even share gives every question the same.`,
      columns: [
        "set",
        "all",
        ...fractions.map((fraction) => `allocate ${percent(fraction)}`),
        ...fractions.slice(-3).map((fraction) => `even ${percent(fraction)}`),
        ...bands.map((band) => `allocate 50 %, ${band}`),
      ],
      rows: [
        ...rows.map(({ set, full, allocatedLoss, even, half }) => [
          set,
          figure(full),
          ...allocatedLoss.map((value) => difference(value, 1)),
          ...even.slice(-3).map(({ mean }) => (mean - full.mean).toFixed(1).replace("-", "−")),
          ...half.map((points) => points?.toFixed(1).replace("-", "−") ?? "–"),
        ]),
        [
          "**mean**",
          "",
          ...loss.map((value) => `**${difference(value)}**`),
          ...evenLoss.slice(-3).map(({ mean }) => mean.toFixed(2).replace("-", "−")),
          ...bands.map(() => ""),
        ],
      ],
      data: { fractions, rows, loss, evenLoss: evenLoss.map((value) => scale(value, 1)) },
      pictures,
    },
  ];
}
