/**
 * The embedded model, sampled once and replayed like the others: a set that everybody has.
 */
import { chainOfThought, number, run, sampleN, stack } from "mull";
import { problems, tiny } from "mull/tiny";
import type { DataSet, Problem, Recorded } from "./data.js";

/** Draws `n` samples of each of some unseen problems, a third of each grade. */
export async function embedded(count: number = 120, n: number = 40): Promise<DataSet> {
  const model = stack(await tiny(), chainOfThought({ answer: number() }), sampleN(n));
  const unseen = problems({ seed: 4_001, count });
  const recorded: Problem[] = [];
  for (const [index, { question, answer: right }] of unseen.entries()) {
    const { samples: drawn } = await run(model, question, { seed: index });
    const samples = drawn.map(({ key, answer, usage, text }): Recorded => ({
      key,
      correct: answer === right,
      tokens: usage.outputTokens ?? 0,
      text,
    }));
    recorded.push({ id: String(index), question, samples });
  }
  return { name: "embedded model", problems: recorded, n };
}
