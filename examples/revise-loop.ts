// A draft is checked with exact arithmetic, and revised where a step does not hold.
import { chainOfThought, number, tests, reviseLoop, run, stack, type Reasoned } from "mull";
import { problems, tiny } from "mull/tiny";
import { calculate } from "mull/tools/calculator";

const model = await tiny();
const feedback = tests<Reasoned<number>>({
  "every step is calculated right": ({ text }) => {
    for (const [step, left = "", right = ""] of text.matchAll(/(\d+ [-+*/] \d+) = (\d+)/g)) {
      if (calculate(left) !== right) throw new Error(`${step} is wrong: ${left} = ${calculate(left)}`);
    }
    return true;
  },
});
const once = stack(model, chainOfThought({ answer: number() }));
const solver = stack(once, reviseLoop({ feedback }));

const unseen = problems({ seed: 3, count: 12, grade: "hard" });
let before = 0;
let after = 0;
let shown = false;
for (const [index, { question, answer: right }] of unseen.entries()) {
  const { answer, drafts, stopped } = await run(solver, question, { seed: index });
  if (drafts[0]?.response.answer === right) before++;
  if (answer === right) after++;
  if (shown || drafts.length === 1) continue;
  shown = true;
  console.log(question);
  for (const [round, { response, verdict }] of drafts.entries()) {
    console.log(
      `\ndraft ${round}, score ${verdict.score}:\n${response.text}\n→ ${verdict.message ?? "nothing to mend"}`,
    );
  }
  console.log(`\nstopped: ${stopped}; answer ${answer}, true answer ${right}\n`);
}
console.log(`right before revision: ${before} of ${unseen.length}; after: ${after}`);
