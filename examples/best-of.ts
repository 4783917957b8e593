// Eight lines of thought; exact arithmetic says which of them hold, and the first without a slip ends the sampling.
import {
  bestOf,
  chainOfThought,
  logprobScore,
  majorityVote,
  number,
  run,
  sampleN,
  stack,
  tests,
  type Model,
  type Reasoned,
  type Sampled,
} from "mull";
import { problems, tiny } from "mull/tiny";
import { calculate } from "mull/tools/calculator";

const model = await tiny();
const stepsHold = tests<Reasoned<number>>({
  "it has an answer": ({ answer }) => answer !== undefined,
  "every step is calculated right": ({ text }) => {
    for (const [step, left = "", right = ""] of text.matchAll(/(\d+ [-+*/] \d+) = (\d+)/g)) {
      if (calculate(left) !== right) throw new Error(`${step} is wrong: ${left} = ${calculate(left)}`);
    }
    return true;
  },
});
const thought = stack(model, chainOfThought({ answer: number() }));
const exact = stack(thought, sampleN(8, { concurrency: 1 }), bestOf({ scorer: stepsHold }));
const solvers: Readonly<Record<string, Model<Reasoned<number> & Pick<Sampled, "samples">>>> = {
  "one line of thought": stack(thought, sampleN(1), majorityVote()),
  "vote of 8": stack(thought, sampleN(8), majorityVote()),
  "best of 8 by log-probability": stack(thought, sampleN(8), bestOf({ scorer: logprobScore({ of: "min" }) })),
  "best of 8 by exact arithmetic": exact,
};

const unseen = problems({ seed: 101, count: 10, grade: "hard" });
for (const [name, solver] of Object.entries(solvers)) {
  let right = 0;
  let seen = 0;
  for (const [index, { question, answer }] of unseen.entries()) {
    const response = await run(solver, question, { seed: index });
    if (response.answer === answer) right++;
    seen += response.samples.length;
  }
  console.log(`${name}: ${right} of ${unseen.length} right, ${(seen / unseen.length).toFixed(1)} samples each`);
}

// One of them, sample by sample.
for (const [index, { question, answer }] of unseen.entries()) {
  const { scored, stopped } = await run(exact, question, { seed: index });
  if (scored.length === 1 || stopped !== "ok") continue;
  console.log(`\n${question} (true answer ${answer})`);
  for (const { sample, score, verdict } of scored)
    console.log(`score ${score}: ${sample.answer}${verdict?.message === undefined ? "" : ` (${verdict.message})`}`);
  console.log(`stopped: ${stopped}`);
  break;
}
