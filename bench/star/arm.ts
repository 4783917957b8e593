/**
 * One part of the experiment, in a process of its own. Its argument is a {@link Task} as JSON; what it found lies in `PART-SEED.json`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { arithmeticSteps, number, star, type Model, type StarOptions } from "mull";
import { commandTrainer } from "mull/engines/command-trainer";
import { problems, tiny, type Problem } from "mull/tiny";
import { ask, measure, measuredProblems } from "./measure.js";

/** What is to be done. */
export interface Task {
  /** One of the arms, `start` or `hints`. */
  readonly part: string;
  readonly seed: number;
  readonly folder: string;
  /** Problems to learn from, problems to measure on, steps of one training. */
  readonly problems: number;
  readonly measured: number;
  readonly steps: number;
}

const { part, seed, folder, steps, ...task } = JSON.parse(process.argv[2] ?? "") as Task;
const name = `${part}-${seed}`;
const base = join(folder, "base.bin");
const python = process.env.PYTHON ?? "/usr/bin/python3";

/** What is kept of what the model wrote. */
const arms: Readonly<Record<string, Partial<StarOptions<number>>>> = {
  star: {},
  control: { keep: "random" },
  reason: { reason: arithmeticSteps() },
};

/** Problems to learn from: none of those that are measured. */
const chainOf = ({ steps: chain }: Problem): string => chain.join("\n");
const measured = measuredProblems(task.measured);
const heldBack = new Set(measured.map(chainOf));
const questions = problems({ seed: 1_000 + seed, count: task.problems })
  .filter((problem) => !heldBack.has(chainOf(problem)))
  .map(({ question, answer, grade }) => ({ question: ask(question), answer, grade }));

const load = async (file: string): Promise<Model> => tiny({ weights: await readFile(file) });
const weightsOf = (round: number): string => join(folder, name, `round-${round}.bin`);

if (part === "start") await report({ models: [await measure(await load(base), measured)] });
else if (part === "hints") await report(await hints(await load(base)));
else await report(await learn(arms[part] ?? {}));

/** Two rounds, each trained anew from the base; the model of each is measured. */
async function learn(arm: Partial<StarOptions<number>>): Promise<object> {
  const trainer = commandTrainer({
    directory: join(folder, name),
    command: (file, round) => [
      ...[python, "training/tune.py", file, weightsOf(round), "--from", base],
      ...["--steps", String(steps), "--seed", String(10 * seed + round)],
    ],
    load: (round) => load(weightsOf(round)),
    onOutput: (text) => process.stderr.write(text),
  });
  const options = { answer: number(), samples: 4, rationalizations: 0, trainer, rounds: 2, seed, ...arm };
  const { rounds } = await star(await load(base), questions, options);
  const models = [];
  for (const { model } of rounds) if (model !== undefined) models.push(await measure(model, measured));
  return { models, reports: rounds.map((round) => round.report) };
}

/** Does a hint help this model? The same questions, asked again in three ways where four samples all were wrong. */
async function hints(model: Model): Promise<object> {
  const ways: Readonly<Record<string, (answer: string) => string>> = {
    "no hint": () => "",
    "behind the question": (answer) => `The right answer is ${answer}. Say how one comes to it.`,
    "as part of the question": (answer) => `The answer is ${answer}. How many?`,
  };
  const hard = questions.filter(({ grade }) => grade !== "easy").slice(0, 300);
  const found: Record<string, object> = {};
  for (const [way, hint] of Object.entries(ways)) {
    const { report: counts } = await star(model, hard, {
      answer: number(),
      samples: 4,
      rationalizations: 4,
      hint,
      seed,
    });
    found[way] = counts;
  }
  return { hints: found };
}

async function report(what: object): Promise<void> {
  await writeFile(join(folder, `${name}.json`), JSON.stringify(what));
}
