// "Wait": the embedded model is made to look at its answer again, or to answer when its thought takes too long.
import { budgetForcing, chainOfThought, number, run, stack } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const once = chainOfThought({ answer: number() });
const layers = {
  "as it is": stack(model, once),
  "Wait, twice": stack(model, budgetForcing({ extensions: 2 }), once),
  "at most 30 tokens": stack(model, budgetForcing({ maxTokens: 30 }), once),
};

const unseen = problems({ seed: 4, count: 24, grade: "hard" });
for (const [name, solver] of Object.entries(layers)) {
  let right = 0;
  let tokens = 0;
  for (const [index, { question, answer: truth }] of unseen.entries()) {
    const { answer, usage } = await run(solver, question, { seed: index });
    if (answer === truth) right++;
    tokens += usage.outputTokens ?? 0;
  }
  console.log(
    `${name.padEnd(18)} ${right} of ${unseen.length} right, ${Math.round(tokens / unseen.length)} tokens each`,
  );
}

const [problem] = unseen;
console.log(`\n${problem?.question} (${problem?.answer})`);
for (const [name, solver] of Object.entries(layers)) {
  const { text } = await run(solver, problem?.question ?? "", { seed: 0 });
  console.log(`\n${name}:\n${text}`);
}
