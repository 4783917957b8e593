// Six recipes with a name, each one line: what they answer, and what they cost.
import {
  adaptiveConsistency,
  bestOfN,
  chainOfThought,
  confidenceInformedSelfConsistency,
  number,
  outline,
  run,
  selfConsistency,
  selfMoA,
  stack,
  tests,
  universalSelfConsistency,
  type Model,
  type Reasoned,
} from "mull";
import { problems, tiny } from "mull/tiny";
import { calculate } from "mull/tools/calculator";

const model = await tiny();
const answer = number();
const think = chainOfThought({ answer });
const arithmetic = tests<Reasoned<number>>({
  "every step is calculated right": ({ text }) =>
    [...text.matchAll(/(\d+ [-+*/] \d+) = (\d+)/g)].every(([, left = "", right]) => calculate(left) === right),
});

const solvers: Readonly<Record<string, Model<Reasoned<number>>>> = {
  "one chain": stack(model, think),
  selfConsistency: stack(model, selfConsistency({ answer, n: 16 })),
  adaptiveConsistency: stack(model, adaptiveConsistency({ answer })),
  confidenceInformedSelfConsistency: stack(model, confidenceInformedSelfConsistency({ answer, n: 8 })),
  universalSelfConsistency: stack(model, think, universalSelfConsistency()),
  selfMoA: stack(model, think, selfMoA()),
  bestOfN: stack(model, think, bestOfN({ scorer: arithmetic })),
};
console.log(`${outline(solvers.adaptiveConsistency as Model, { inputTokens: 60, outputTokens: 60 })}\n`);

const unseen = problems({ seed: 11, count: 6 });
for (const [name, solver] of Object.entries(solvers)) {
  let right = 0;
  let tokens = 0;
  for (const [index, problem] of unseen.entries()) {
    const { answer: found, usage } = await run(solver, problem.question, { seed: index });
    if (found === problem.answer) right++;
    tokens += usage.outputTokens ?? 0;
  }
  console.log(
    `${name.padEnd(33)}  ${right} of ${unseen.length} right, ${Math.round(tokens / unseen.length)} tokens written for each`,
  );
}
console.log("\nSix questions say little, and this model can do sums only: it cannot judge, choose or merge answers.");
