/** Long programs, read block by block with the state carried on, and read at once. */
import { blockRecurrent, run, stack, type Middleware, type Model } from "mull";
import { loopProblems } from "mull/tiny";
import { estimate } from "../accuracy/stats.js";
import { figure, type Section } from "../accuracy/table.js";
import { greedy, reader } from "./ask.js";

const lengths = [4, 8, 16, 32];
/** Tokens of a block: about four operations. */
const blockTokens = 4;

export async function inBlocks(models: readonly Model[], count: number): Promise<Section> {
  const rows: string[][] = [];
  for (const operations of lengths) {
    const problems = loopProblems({ seed: 5000 + operations, count, operations });
    const share = async (next: Model, layer: Middleware | undefined): Promise<number> => {
      const solver = reader(layer === undefined ? next : stack(next, layer));
      let right = 0;
      for (const { question, answer } of problems) {
        if ((await run(solver, greedy(question))).answer === answer) right++;
      }
      return (100 * right) / problems.length;
    };
    const once = [];
    const carried = [];
    for (const next of models) {
      once.push(await share(next, undefined));
      carried.push(await share(next, blockRecurrent({ blockTokens })));
    }
    rows.push([String(operations), figure(estimate(once)), figure(estimate(carried))]);
  }
  return {
    title: "Block by block",
    note: `% right of programs read at once, and in blocks of ${blockTokens} tokens with the state carried on. Eight loops; trained on up to six operations at once, and on two or three blocks of up to four.`,
    columns: ["operations", "at once", "block by block"],
    rows,
    data: rows,
  };
}
