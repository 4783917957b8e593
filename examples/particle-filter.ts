// A scorer of steps that errs in a quarter of the cases: a beam believes it, particles only lean towards it.
import {
  beam,
  beamSearch,
  chainOfThought,
  majorityVote,
  number,
  particleFilter,
  Random,
  run,
  sampleN,
  stack,
  type Model,
  type Reasoned,
  type Scorer,
} from "mull";
import { problems, tiny, type Problem } from "mull/tiny";

const model = await tiny();

/** Knows the right steps, but errs in a quarter of all lines, always in the same way. */
function noisy({ steps, answer }: Problem): Scorer {
  return ({ text }) => {
    const lines = text.split("\n");
    const right = lines.at(-1) === (steps[lines.length - 1] ?? `Answer: ${answer}`);
    const hash = text.split(" ").reduce((sum, word) => (Math.imul(sum, 31) + (Number(word) || word.length)) | 0, 7);
    return right === new Random(hash).next() >= 0.25 ? 0.75 : 0.25;
  };
}

const solvers: Readonly<Record<string, (problem: Problem) => Model<Reasoned<number>>>> = {
  "vote of 8": () => stack(model, chainOfThought({ answer: number() }), sampleN(8), majorityVote()),
  "beam of 2 × 4": (problem) =>
    stack(model, beamSearch({ answer: number(), scorer: noisy(problem), order: beam({ width: 2, expand: 4 }) })),
  "8 particles, and their vote": (problem) =>
    stack(model, particleFilter({ answer: number(), scorer: noisy(problem), n: 8 }), majorityVote()),
};

const unseen = problems({ seed: 77, count: 12, grade: "hard" });
for (const [name, solver] of Object.entries(solvers)) {
  let [right, tokens] = [0, 0];
  for (const [index, problem] of unseen.entries()) {
    const response = await run(solver(problem), problem.question, { seed: index });
    if (response.answer === problem.answer) right++;
    tokens += response.usage.outputTokens ?? 0;
  }
  console.log(`${name}: ${right} of ${unseen.length} right, ${Math.round(tokens / unseen.length)} tokens each`);
}

// Which particles are left of one of them.
const [problem] = unseen as [Problem];
const { samples } = await run(
  stack(model, particleFilter({ answer: number(), scorer: noisy(problem), n: 8 })),
  problem.question,
  { seed: 0 },
);
console.log(`\n${problem.question} (true answer ${problem.answer})`);
const counts = new Map<string, number>();
for (const { text } of samples) counts.set(text, (counts.get(text) ?? 0) + 1);
for (const [text, count] of counts) console.log(`${count} times: ${text.replaceAll("\n", "; ")}`);
