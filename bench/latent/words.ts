/** Words against loops: how often right, and for how many milliseconds. */
import { chainOfThought, latentSteps, number, run, stack, type Model, type ModelResponse } from "mull";
import { loopProblems } from "mull/tiny";
import { estimate } from "../accuracy/stats.js";
import { figure, type Section } from "../accuracy/table.js";
import { greedy, reader } from "./ask.js";

const lengths = [2, 4, 6];

export async function inWords(models: readonly Model[], count: number): Promise<Section> {
  const rows: string[][] = [];
  const ways: readonly (readonly [
    string,
    (next: Model) => Model<ModelResponse & { readonly answer?: number | undefined }>,
  ])[] = [
    ["words, 1 loop", (next) => stack(next, latentSteps({ steps: 1 }), chainOfThought({ answer: number() }))],
    ...[1, 2, 4, 8].map(
      (steps) => [`${steps} loops`, (next: Model) => reader(stack(next, latentSteps({ steps })))] as const,
    ),
    ["halting at 1e-6", (next) => reader(stack(next, latentSteps({ steps: 16, halt: 1e-6 })))],
  ];
  for (const [name, way] of ways) {
    const cells: string[] = [];
    for (const operations of lengths) {
      const shares: number[] = [];
      const times: number[] = [];
      for (const next of models) {
        const solver = way(next);
        const problems = loopProblems({ seed: 6000 + operations, count, operations });
        let right = 0;
        const began = process.cpuUsage();
        for (const { question, answer } of problems) {
          if ((await run(solver, greedy(question))).answer === answer) right++;
        }
        const { user, system } = process.cpuUsage(began);
        shares.push((100 * right) / problems.length);
        times.push((user + system) / 1000 / problems.length);
      }
      cells.push(figure(estimate(shares)), figure(estimate(times), 2));
    }
    rows.push([name, ...cells]);
  }
  return {
    title: "Words against loops",
    note: "% right, and milliseconds of processor time a question, by operations.",
    columns: ["", ...lengths.flatMap((operations) => [`${operations}: % right`, "ms"])],
    rows,
    data: rows,
  };
}
