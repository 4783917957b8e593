/**
 * What the embedded model reaches, in each way of asking: `npm run bench:tiny [-- --problems 300 --seeds 3]`.
 *
 * Unseen problems, a third of each grade, temperature 1 unless said. Mean over all seeds, with its standard error.
 */
import { parseArgs } from "node:util";
import {
  budgetAllocator,
  chainOfThought,
  majorityVote,
  never,
  number,
  tests,
  reviseLoop,
  run,
  sampleN,
  stack,
  toolLoop,
  type Model,
  type ModelRequest,
  type Reasoned,
} from "mull";
import { problems, tiny, type Problem } from "mull/tiny";
import { calculate, calculator } from "mull/tools/calculator";

const { values } = parseArgs({
  options: {
    problems: { type: "string", default: "300" },
    seeds: { type: "string", default: "3" },
    first: { type: "string", default: "101" },
  },
});
const count = Number(values.problems);
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => Number(values.first) + i);

const model = await tiny();
const answer = number();
const think = stack(model, chainOfThought({ answer }));
const voted = stack(think, sampleN(16), majorityVote({ stop: never }));

/** Every step of the chain, calculated exactly. */
const arithmetic = tests<Reasoned<number>>({
  "every step is calculated right": ({ text }) =>
    [...text.matchAll(/(\d+ [-+*/] \d+) = (\d+)/g)].every(([, left = "", right]) => calculate(left) === right),
});
/** No news at all: the model looks again, and what it then says counts. */
const secondLook = reviseLoop<Reasoned<number>>({
  rounds: 1,
  feedback: (_, { round }) => ({ ok: round > 0, message: "Check every step." }),
});

/** Which of the drawn answers are counted, by row of the table. */
type Graded = Readonly<Record<string, boolean>>;

const ask =
  (solver: Model<Reasoned<number>>, settings: Partial<ModelRequest> = {}) =>
  async ({ question, answer: right }: Problem, seed: number, name: string): Promise<Graded> => {
    const response = await run(solver, requestOf(question, settings), { seed });
    return { [name]: response.answer === right };
  };

const ways: Readonly<Record<string, (problem: Problem, seed: number, name: string) => Promise<Graded>>> = {
  direct: ask(stack(model, chainOfThought({ answer, instruction: "", askAgain: false }))),
  "one chain": ask(think),
  "one chain, temperature 0": ask(think, { temperature: 0 }),
  "chain with calculator": ask(stack(think, toolLoop({ tools: [calculator()] }))),
  "chain, looked at again": ask(stack(think, secondLook)),
  "chain, revised on exact arithmetic": ask(stack(think, reviseLoop({ feedback: arithmetic }))),
  "budget allocator": ask(stack(think, budgetAllocator())),
  "vote of 16": async ({ question, answer: right }, seed, name) => {
    const { answer: elected, samples } = await run(voted, requestOf(question), { seed });
    return { [name]: elected === right, "any of 16": samples.some((sample) => sample.answer === right) };
  },
};

function requestOf(question: string, settings: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: "user", content: question }], maxOutputTokens: 160, ...settings };
}

const grades = ["easy", "medium", "hard"] as const;
const results = new Map<string, { readonly grade: string; readonly right: boolean }[]>();
const began = performance.now();
for (const [name, way] of Object.entries(ways)) {
  for (const seed of seeds) {
    for (const [index, problem] of problems({ seed, count }).entries()) {
      for (const [row, right] of Object.entries(await way(problem, seed * 10_007 + index, name))) {
        if (!results.has(row)) results.set(row, []);
        results.get(row)?.push({ grade: problem.grade, right });
      }
    }
  }
  process.stderr.write(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
}

console.log(`${count} problems for each of the seeds ${seeds.join(", ")}; % right ± standard error\n`);
console.log(`| | all | ${grades.join(" | ")} |\n|---|---|---|---|---|`);
for (const [row, all] of results) {
  const cells = [all, ...grades.map((grade) => all.filter((result) => result.grade === grade))].map(share);
  console.log(`| ${row} | ${cells.join(" | ")} |`);
}

function share(all: readonly { readonly right: boolean }[]): string {
  const p = all.filter(({ right }) => right).length / all.length;
  return `${(100 * p).toFixed(1)} ± ${(100 * Math.sqrt((p * (1 - p)) / all.length)).toFixed(1)}`;
}
