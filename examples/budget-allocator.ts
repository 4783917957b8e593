// Easy questions cost a few samples, hard ones more, none more than the budget; then what each way of thinking is worth is learned.
import {
  budgetAllocator,
  chainOfThought,
  fitAllocator,
  levelPolicy,
  number,
  reviseLoop,
  run,
  stack,
  tests,
  type Difficulty,
  type Level,
  type LevelRecord,
  type Reasoned,
} from "mull";
import { problems, tiny } from "mull/tiny";
import { calculate } from "mull/tools/calculator";

const model = await tiny();
const think = stack(model, chainOfThought({ answer: number() }));
const solver = stack(think, budgetAllocator({ target: 0.95 }));

for (const grade of ["easy", "medium", "hard"] as const) {
  let right = 0;
  let samples = 0;
  let tokens = 0;
  const unseen = problems({ seed: 5, count: 4, grade });
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

// One line of thought that is mended, or eight side by side? It depends on the question.
const arithmetic = tests<Reasoned<number>>({
  "every step is calculated right": ({ text }) =>
    [...text.matchAll(/(\d+ [-+*/] \d+) = (\d+)/g)].every(([, left = "", right]) => calculate(left) === right),
});
const ways: readonly Level<Reasoned<number>>[] = [
  { name: "sequential", samples: 1, through: reviseLoop({ feedback: arithmetic }) },
  { name: "parallel", samples: 8 },
];
/** The more sentences, the more steps. */
const sentences: Difficulty = ({ messages }) => Math.min(1, JSON.stringify(messages).split(". ").length / 10);

const records: LevelRecord[] = [];
for (const [seed, problem] of problems({ seed: 21, count: 24 }).entries()) {
  for (const name of ["sequential", "parallel"]) {
    const tried = stack(think, budgetAllocator({ levels: ways, difficulty: sentences, policy: () => name }));
    const { answer: found, difficulty: hardness, usage } = await run(tried, problem.question, { seed });
    const cost = (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
    records.push({ difficulty: hardness, level: name, correct: found === problem.answer, cost });
  }
}
const policy = levelPolicy(fitAllocator(records, { bands: 3 }), { value: 8_000 });
console.log(`\nlearned from ${records.length} records, where a right answer is worth 8,000 tokens:`);
for (const hardness of [0.3, 0.6, 0.9]) {
  const row = policy.expected(hardness).map(({ level: name, accuracy, error, cost }) => {
    return `${name} ${(100 * accuracy).toFixed(0)} ± ${(100 * error).toFixed(0)} % for ${cost.toFixed(0)} tokens`;
  });
  console.log(`difficulty ${hardness}: ${row.join(", ")}; so ${policy(hardness)}`);
}
