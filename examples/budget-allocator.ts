// Easy questions cost a few samples, hard ones more, none more than the budget.
import { budgetAllocator, chainOfThought, number, run, stack } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const solver = stack(model, chainOfThought({ answer: number() }), budgetAllocator({ target: 0.95 }));

for (const grade of ["easy", "medium", "hard"] as const) {
  let right = 0;
  let samples = 0;
  let tokens = 0;
  const unseen = problems({ seed: 5, count: 8, grade });
  for (const [index, { question, answer }] of unseen.entries()) {
    const response = await run(solver, question, { seed: index, budget: { tokens: 4_000 } });
    if (response.answer === answer) right++;
    samples += response.samples.length;
    tokens += (response.usage.inputTokens ?? 0) + (response.usage.outputTokens ?? 0);
  }
  const mean = (total: number): string => (total / unseen.length).toFixed(1);
  console.log(
    `${grade.padEnd(6)}  ${right} of ${unseen.length} right, ${mean(samples)} samples and ${mean(tokens)} tokens a question`,
  );
}

const [hard] = problems({ seed: 9, count: 1, grade: "hard" });
const { answer, level, levels, stopped, difficulty } = await run(solver, hard?.question ?? "", {
  seed: 1,
  budget: { tokens: 4_000 },
});
console.log(`\n${hard?.question}`);
for (const { name, samples, confidence, usage } of levels) {
  console.log(`${name}: ${samples} samples, ${usage.outputTokens} tokens written, confidence ${confidence.toFixed(3)}`);
}
console.log(
  `answer: ${answer} (true: ${hard?.answer}); level ${level}, stopped: ${stopped}, difficulty ${difficulty.toFixed(2)}`,
);
