// Words against loops: the looped model may write its steps, or go through its blocks more often. Which is worth more in the same time?
import { budgetAllocator, chainOfThought, latentSteps, number, run, stack, type Model, type Reasoned } from "mull";
import { loopProblems, tinyLoop, type LoopProblem } from "mull/tiny";

const model = await tinyLoop();
const silent = chainOfThought({ answer: number(), instruction: "", askAgain: false });
const words = stack(model, latentSteps({ steps: 1 }), chainOfThought({ answer: number(), askAgain: false }));
const loops: Record<string, Model<Reasoned<number>>> = {
  "1 loop": stack(model, latentSteps({ steps: 1 }), silent),
  "2 loops": stack(model, latentSteps({ steps: 2 }), silent),
  "4 loops": stack(model, latentSteps({ steps: 4 }), silent),
  "8 loops": stack(model, latentSteps({ steps: 8 }), silent),
  "until it is sure": stack(model, latentSteps({ steps: 16, halt: 1e-4 }), silent),
};

/** How often it is right, and what that takes. */
async function measure(solver: Model<Reasoned<number>>, unseen: readonly LoopProblem[]) {
  let [right, steps, tokens] = [0, 0, 0];
  const began = performance.now();
  for (const [seed, { question, answer: truth }] of unseen.entries()) {
    const { answer, latent, usage } = await run(solver, question, { seed });
    if (answer === truth) right++;
    steps += latent?.steps ?? 0;
    tokens += usage.outputTokens ?? 0;
  }
  const each = (sum: number): number => sum / unseen.length;
  return { right: each(right), ms: each(performance.now() - began), steps: each(steps), tokens: each(tokens) };
}

/** Measures a way and tells of it. */
async function show(name: string, solver: Model<Reasoned<number>>, unseen: readonly LoopProblem[]) {
  const result = await measure(solver, unseen);
  const { right, ms, steps, tokens } = result;
  const share = percent(right).padStart(5);
  console.log(
    `${name.padEnd(17)}${share} right, ${ms.toFixed(1)} ms, ${steps.toFixed(1)} loops, ${tokens.toFixed(0)} tokens each`,
  );
  return { name, ...result };
}
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

await measure(words, loopProblems({ seed: 1, count: 10, operations: 4 })); // warms up
for (const operations of [2, 4, 6]) {
  const unseen = loopProblems({ seed: 2, count: 40, operations });
  console.log(`\n${operations} operations`);
  const written = await show("words", words, unseen);
  const results = [];
  for (const [name, solver] of Object.entries(loops)) results.push(await show(name, solver, unseen));
  // At equal milliseconds: the best that loops do in the time that words take.
  const [best] = results.filter(({ ms }) => ms <= written.ms).toSorted((a, b) => b.right - a.right);
  if (best === undefined) continue;
  const { name, right, ms } = best;
  console.log(
    `in the ${written.ms.toFixed(1)} ms of words: ${name} (${ms.toFixed(1)} ms), ${percent(right)} against ${percent(written.right)}`,
  );
}

// Loops are bought as samples are: shallow ones first, deep ones where they do not agree.
const allocator = budgetAllocator<Reasoned<number>>({
  levels: [
    { name: "2 loops", samples: 3, through: latentSteps({ steps: 2 }) },
    { name: "8 loops", samples: 3, through: latentSteps({ steps: 8 }) },
  ],
  target: 0.9,
});
console.log("\nan allocator that buys loops");
for (const operations of [2, 6]) {
  const levels = new Map<string, number>();
  let right = 0;
  const unseen = loopProblems({ seed: 3, count: 20, operations });
  for (const [seed, { question, answer: truth }] of unseen.entries()) {
    const { answer, level } = await run(stack(model, silent, allocator), question, { seed, budget: { tokens: 2_000 } });
    if (answer === truth) right++;
    levels.set(level, (levels.get(level) ?? 0) + 1);
  }
  const where = [...levels].map(([name, count]) => `${count} ended at ${name}`).join(", ");
  console.log(`${operations} operations: ${right} of ${unseen.length} right; ${where}`);
}
