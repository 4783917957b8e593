// Thoughts that came to the right answer, gathered as examples to learn from. The trainer here only says what it got: see docs/learn.md for a real one.
import { number, star, type Trainer } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const questions = problems({ seed: 8, count: 24 });
const trainer: Trainer = {
  train: async (examples, { round = 0 } = {}) => {
    console.log(`round ${round}: trains on ${examples.length} examples, such as`);
    console.log((examples[0]?.completion ?? "").replace(/^/gm, "  "));
    return model; // a real one gives a better model
  },
};

const { rounds, usage } = await star(model, questions, {
  answer: number(),
  samples: 4,
  temperature: 1.3, // more thoughts that differ, and more that are wrong
  trainer,
  rounds: 2,
  seed: 1,
});
for (const { report } of rounds) {
  const { solved, rationalized, unsolved, total } = report.questions;
  console.log(
    `${solved} of ${total} questions solved, ${rationalized} more with the answer as a hint, ${unsolved} not`,
  );
  const { drawn, right, followed } = report.rationalizations;
  console.log(`  with a hint: ${drawn} thoughts, ${right} right, ${followed} from which the answer follows without it`);
}
console.log(`${usage.calls} calls`);

// A control: as many examples, drawn from all that was written.
const control = await star(model, questions, { answer: number(), temperature: 1.3, keep: "random", seed: 1 });
const truths = control.examples.filter(({ completion, question }) => {
  return number().parse(completion) === questions[question]?.answer;
});
console.log(`a control of ${control.examples.length} examples, of which ${truths.length} are right`);
