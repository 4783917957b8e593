/** Rows, with pause tokens behind them, for every number of loops. */
import { latentSteps, pauseTokens, run, stack, type Model } from "mull";
import { rowProblems } from "mull/tiny";
import { estimate } from "../accuracy/stats.js";
import { figure, type Section } from "../accuracy/table.js";
import { greedy, loopsOf, reader } from "./ask.js";

/** So many were trained. */
const pauses = 6;

export async function withPauses(models: readonly Model[], count: number): Promise<Section> {
  const problems = rowProblems({ seed: 7000, count });
  const cells: string[] = [];
  for (const steps of loopsOf) {
    const shares: number[] = [];
    for (const next of models) {
      const solver = reader(stack(next, latentSteps({ steps }), pauseTokens(pauses)));
      let right = 0;
      for (const { question, answer } of problems) {
        if ((await run(solver, greedy(question))).answer === answer) right++;
      }
      shares.push((100 * right) / problems.length);
    }
    cells.push(figure(estimate(shares)));
  }
  return {
    title: "Rows, with pause tokens",
    note: `% right by loops: six look-ups that cannot be begun before the last word is read, at ${pauses} pause tokens.`,
    columns: ["", ...loopsOf.map(String)],
    rows: [["% right", ...cells]],
    data: cells,
  };
}
