// One budget over a batch: samples go to the questions that need them, and more of them are right than with an even share.
import { allocate, chainOfThought, number, stack, type AllocateOptions, type Reasoned } from "mull";
import { problems, tiny } from "mull/tiny";

const solver = stack(await tiny(), chainOfThought({ answer: number() }));
const batch = problems({ seed: 12, count: 30 });
const calls = 150;

async function answer(name: string, options: Partial<AllocateOptions<Reasoned<number>>>): Promise<void> {
  const questions = batch.map(({ question }) => question);
  const results = allocate(solver, questions, { budget: { calls }, seed: 3, ...options });
  let right = 0;
  const given = new Map<string, number[]>();
  for await (const { index, response } of results) {
    const { answer: truth, grade } = batch[index] ?? {};
    if (response?.answer === truth) right++;
    given.set(grade ?? "", [...(given.get(grade ?? "") ?? []), response?.samples.length ?? 0]);
  }
  const means = [...given].map(([grade, counts]) => {
    return `${grade} ${(counts.reduce((a, b) => a + b, 0) / counts.length).toFixed(1)}`;
  });
  console.log(`${name}: ${right} of ${batch.length} right; samples of a question: ${means.sort().join(", ")}`);
}

console.log(`${batch.length} questions, ${calls} calls for all of them together`);
await answer("an even share", { samples: calls / batch.length, leastWorth: 0 });
await answer("allocate     ", { samples: 16 });
