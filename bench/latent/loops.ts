/** Accuracy against loops, and halting against a fixed number of loops at equal mean loops. */
import { estimate, sum, type Estimate } from "../accuracy/stats.js";
import { difference, figure, type Section } from "../accuracy/table.js";
import { haltsOf, loopsOf, operationsOf, trained, type Answered } from "./ask.js";

export function accuracyByLoops(answers: readonly Answered[]): Section {
  const rows = operationsOf.map((operations) => [
    operations > Math.max(...trained) ? `${operations} (not trained)` : String(operations),
    ...loopsOf.map((loops) => percent(answers, String(loops), [operations])),
  ]);
  return {
    title: "Accuracy against loops",
    note: "% right by operations (rows) and loops (columns), temperature 0.",
    columns: ["operations", ...loopsOf.map((loops) => `${loops}`)],
    rows,
    data: rows,
  };
}

/** Halting at several thresholds, and how many loops it takes by length. */
export function halting(answers: readonly Answered[]): Section[] {
  const equal = haltsOf.map((halt) => {
    const way = `halt ${halt}`;
    const steps = bySeed(answers, way, trained, stepsOf);
    const right = bySeed(answers, way, trained, rightOf);
    const fixed = steps.map((mean, model) => atMeanOf(answers, model, mean));
    const gain = estimate(right.map((share, model) => 100 * (share - (fixed[model] as number))));
    return [String(halt), figure(estimate(steps), 2), show(right), show(fixed), difference(gain, 1)];
  });
  const byLength = trained.map((operations) => [
    String(operations),
    ...haltsOf.flatMap((halt) => [
      figure(estimate(bySeed(answers, `halt ${halt}`, [operations], stepsOf)), 2),
      percent(answers, `halt ${halt}`, [operations]),
    ]),
  ]);
  return [
    {
      title: "Halting against a fixed number of loops, at equal mean loops",
      note:
        "All problems of one to six operations, as many of each; at most 16 loops. Fixed: the share of questions that gets the next whole number of loops is chosen " +
        "by lot so that the mean is equal, which is what interpolation gives.",
      columns: ["halt (nats)", "mean loops", "% right", "% right, fixed", "gain (points)"],
      rows: equal,
      data: equal,
    },
    {
      title: "Loops that halting takes, by operations",
      note: "Mean loops, and % right, for every threshold.",
      columns: ["operations", ...haltsOf.flatMap((halt) => [`${halt}: loops`, "% right"])],
      rows: byLength,
      data: byLength,
    },
  ];
}

/** Share of right answers of one model, were a mean of so many loops spent without looking. */
function atMeanOf(answers: readonly Answered[], model: number, mean: number): number {
  const above = loopsOf.find((loops) => loops >= mean) ?? Math.max(...loopsOf);
  const below = [...loopsOf].reverse().find((loops) => loops <= mean) ?? above;
  const at = (loops: number): number => bySeed(answers, String(loops), trained, rightOf)[model] as number;
  const part = above === below ? 0 : (mean - below) / (above - below);
  return (1 - part) * at(below) + part * at(above);
}

const rightOf = ({ right }: Answered): number => right.filter(Boolean).length / right.length;
const stepsOf = ({ steps }: Answered): number => sum(steps) / steps.length;

/** A mean over lengths, for every model. */
function bySeed(
  answers: readonly Answered[],
  way: string,
  lengths: readonly number[],
  of: (answered: Answered) => number,
): number[] {
  const mine = answers.filter((answered) => answered.way === way && lengths.includes(answered.operations));
  return [...new Set(mine.map(({ model }) => model))].map((model) => {
    const its = mine.filter((answered) => answered.model === model).map(of);
    return sum(its) / its.length;
  });
}

function percent(answers: readonly Answered[], way: string, lengths: readonly number[]): string {
  return show(bySeed(answers, way, lengths, rightOf));
}

function show(shares: readonly number[]): string {
  const { mean, error }: Estimate = estimate(shares.map((share) => 100 * share));
  return figure({ mean, error });
}
