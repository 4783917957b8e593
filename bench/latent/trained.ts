/** What training measured itself, in torch: the baseline of fixed depth, and pause tokens. */
import { estimate } from "../accuracy/stats.js";
import { figure, type Section } from "../accuracy/table.js";

/** A line of `training/loop/results.jsonl`. */
interface Result {
  readonly seed: number;
  readonly steps: number;
  readonly parameters?: number;
  /** Blocks of their own, in place of a loop; 0: the loop. */
  readonly untied?: number;
  readonly latent?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Of the runs with pause tokens: share of right answers by way. */
  readonly pause?: Readonly<Record<string, number>>;
}

export function asTrained(lines: string): Section[] {
  const results = lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
  const loops = results.filter(({ untied }) => untied === 0);
  const fixed = results.filter(({ untied = 0 }) => untied > 0);
  const pauses = results.flatMap(({ pause }) => (pause === undefined ? [] : [pause]));
  const at = (runs: readonly Result[], operations: string, loop: string): string =>
    share(runs.map(({ latent }) => latent?.[operations]?.[loop] ?? 0));
  const depth = Object.keys(fixed[0]?.latent ?? {}).map((operations) => [
    operations,
    ...["1", "2", "4", "6", "8"].map((loop) => at(loops, operations, loop)),
    at(fixed, operations, String(fixed[0]?.untied)),
  ]);
  const ways = Object.keys(pauses[0] ?? {});
  const paused = ways.map((way) => [way, share(pauses.map((pause) => pause[way] ?? 0))]);
  const sections: Section[] = [
    {
      title: "Against a fixed depth, as training measured it",
      note:
        `% right of up to 2,000 problems; loops: ${loops.length} trainings, fixed depth: ${fixed.length}. The baseline has blocks of its own for each of ${fixed[0]?.untied} loops: ` +
        `${fixed[0]?.parameters?.toLocaleString("en")} weights against ${loops[0]?.parameters?.toLocaleString("en")}, trained for the same steps on the same problems.`,
      columns: ["operations", "1 loop", "2 loops", "4 loops", "6 loops", "8 loops", "fixed depth"],
      rows: depth,
      data: depth,
    },
    {
      title: "Pause tokens, in models trained on rows alone",
      note: `% right of 4,000 rows with two loops, trainings: ${pauses.length}, of a model each for every line. Six look-ups behind the last word, at one place or side by side at pause tokens.`,
      columns: ["", "% right"],
      rows: paused,
      data: paused,
    },
  ];
  // A training that was not run has no table.
  return sections.filter((_, i) => [fixed, pauses][i]?.length !== 0);
}

/** In per cent; with a standard error where there is more than one training. */
function share(of: readonly number[]): string {
  const all = estimate(of.map((one) => 100 * one));
  return of.length > 1 ? figure(all) : all.mean.toFixed(1);
}
