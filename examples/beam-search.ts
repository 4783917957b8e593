// Lines of thought grow step by step; a check of each step says which of them go on, so that a slip is dropped where it happens.
import {
  beam,
  beamSearch,
  chainOfThought,
  dvts,
  majorityVote,
  number,
  rebase,
  run,
  sampleN,
  stack,
  textOf,
  type Model,
  type Reasoned,
  type Scorer,
} from "mull";
import { problems, tiny } from "mull/tiny";
import { calculate } from "mull/tools/calculator";

const model = await tiny();

/** Does every step take the next number of the question, and is it calculated right? What is to be done with the number it cannot say. */
const stepsHold: Scorer = ({ text }, { request }) => {
  const asked = request.messages[0];
  const [start = "", ...numbers] = (asked === undefined ? "" : textOf(asked)).match(/\d+/g) ?? [];
  let last = start;
  for (const [index, line] of text.split("\n").entries()) {
    const [, left = "", first, second, result] = /^((\d+) [-+*/] (\d+)) = (\d+)$/.exec(line) ?? [];
    const holds =
      index < numbers.length
        ? first === last && second === numbers[index] && calculate(left) === result
        : line === `Answer: ${last}`;
    if (!holds) return 0.1;
    last = result ?? last;
  }
  return 0.9;
};
const search = { answer: number(), scorer: stepsHold };
const solvers: Readonly<Record<string, Model<Reasoned<number>>>> = {
  "one line of thought": stack(model, chainOfThought({ answer: number() })),
  "vote of 8": stack(model, chainOfThought({ answer: number() }), sampleN(8), majorityVote()),
  "beam of 2 × 4": stack(model, beamSearch({ ...search, order: beam({ width: 2, expand: 4 }) }), majorityVote()),
  "DVTS of 2 × 4": stack(model, beamSearch({ ...search, order: dvts({ width: 2, expand: 4 }) }), majorityVote()),
  "REBASE of 8": stack(
    model,
    beamSearch({ ...search, order: rebase({ n: 8 }) }),
    majorityVote({ weight: ({ score }) => score ?? 0 }),
  ),
};

const unseen = problems({ seed: 104, count: 8, grade: "hard" });
for (const [name, solver] of Object.entries(solvers)) {
  let [right, tokens] = [0, 0];
  for (const [index, { question, answer }] of unseen.entries()) {
    const response = await run(solver, question, { seed: index });
    if (response.answer === answer) right++;
    tokens += response.usage.outputTokens ?? 0;
  }
  console.log(`${name}: ${right} of ${unseen.length} right, ${Math.round(tokens / unseen.length)} tokens each`);
}

// One of them, step by step.
const [, { question, answer }] = unseen as [unknown, (typeof unseen)[0]];
const { steps, usage } = await run(stack(model, beamSearch(search)), question, { seed: 0 });
console.log(`\n${question} (true answer ${answer})`);
for (const { text, score } of steps) console.log(`score ${score}: ${text}`);
console.log(`${usage.calls} calls, ${usage.outputTokens} tokens`);
