/**
 * One budget over many questions: `allocate` against an even share, on replayed outputs.
 */
import { allocate, Random } from "mull";
import type { DataSet } from "./data.js";
import { Deck } from "./replay.js";
import { average, estimate, scale, type Estimate } from "./stats.js";
import { difference, figure, type Picture, type Section } from "./table.js";

const fractions = [0.1, 0.15, 0.2, 0.25, 1 / 3, 0.5, 0.75] as const;

/** Per cent right, by repetition. */
async function accuracy(set: DataSet, repetition: number, calls: number, samples: number): Promise<number> {
  const deck = new Deck(set.problems, new Random(repetition, 5));
  let right = 0;
  const requests = set.problems.map(({ id }) => id);
  const results = allocate(deck.model("recorded"), requests, { budget: { calls }, samples, concurrency: 1, seed: 1 });
  for await (const { response } of results) right += Number(response?.key !== undefined && response.correct);
  return (100 * right) / set.problems.length;
}

interface Row {
  readonly set: string;
  readonly full: Estimate;
  readonly allocated: readonly Estimate[];
  readonly even: readonly Estimate[];
  readonly allocatedLoss: readonly Estimate[];
}

async function measure(set: DataSet, repetitions: number): Promise<Row> {
  const { problems, n } = set;
  const all = problems.length * n;
  const full: number[] = [];
  const allocated = fractions.map((): number[] => []);
  const even = fractions.map((): number[] => []);
  for (let r = 0; r < repetitions; r++) {
    full.push(await accuracy(set, r, all, n));
    for (const [i, fraction] of fractions.entries()) {
      allocated[i]?.push(await accuracy(set, r, Math.max(1, Math.round(fraction * all)), n));
      even[i]?.push(await accuracy(set, r, all, Math.max(1, Math.round(fraction * n))));
    }
  }
  return {
    set: set.name,
    full: estimate(full),
    allocated: allocated.map(estimate),
    even: even.map(estimate),
    allocatedLoss: allocated.map((values) => estimate(values.map((value, r) => value - (full[r] ?? 0)))),
  };
}

export async function allocateSections(sets: readonly DataSet[], repetitions: number): Promise<readonly Section[]> {
  const rows: Row[] = [];
  for (const set of sets) rows.push(await measure(set, Math.max(2, Math.round(repetitions / 10))));
  const percent = (fraction: number): string => `${Math.round(100 * fraction)} %`;
  const loss = fractions.map((_, i) => average(rows.map(({ allocatedLoss }) => allocatedLoss[i] as Estimate)));
  const evenLoss = fractions.map((_, i) =>
    average(rows.map(({ even, full }) => ({ mean: (even[i]?.mean ?? 0) - full.mean, error: even[i]?.error ?? 0 }))),
  );
  const least = fractions.find((_, i) => (loss[i]?.mean ?? -1) >= 0);
  const factor = least === undefined ? "none was as accurate" : `${(1 / least).toFixed(1)}x fewer samples`;
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
      note: `Per cent right when the batch may draw so much of all its samples, minus that of all (mean over orders; the error is that of the orders). At no lower accuracy on the average over sets: ${factor}. An even share gives every question the same.`,
      columns: [
        "set",
        "all",
        ...fractions.map((fraction) => `allocate ${percent(fraction)}`),
        ...fractions.slice(-3).map((fraction) => `even ${percent(fraction)}`),
      ],
      rows: [
        ...rows.map(({ set, full, allocatedLoss, even }) => [
          set,
          figure(full),
          ...allocatedLoss.map((value) => difference(value, 1)),
          ...even.slice(-3).map(({ mean }) => (mean - full.mean).toFixed(1).replace("-", "−")),
        ]),
        [
          "**mean**",
          "",
          ...loss.map((value) => `**${difference(value)}**`),
          ...evenLoss.slice(-3).map(({ mean }) => mean.toFixed(2).replace("-", "−")),
        ],
      ],
      data: { fractions, rows, loss, evenLoss: evenLoss.map((value) => scale(value, 1)) },
      pictures,
    },
  ];
}
