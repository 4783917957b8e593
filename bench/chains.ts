/**
 * Who finds the mistake in a chain of thought? `npm run bench:chains`: checkers in code, and baselines, against what people said of recorded chains.
 *
 * Reads `../shared/data` in place, where it is present.
 */
import { evaluateMonitor, equationsIn, monitor, textOf, type LabelledThought, type Measure, type Watched } from "mull";
import { linesOf } from "./accuracy/data.js";
import { wrongStepOfDeduction } from "./chains/deduction.js";
import { wrongStepOfDyck } from "./chains/dyck.js";
import { wrongStepOfSorting } from "./chains/sorting.js";
import { wrongStepOfTracking } from "./chains/tracking.js";

/** A chain, and what is known of it. */
interface Chain extends LabelledThought {
  readonly task: string;
  /** Were the rules of its task mended without it in view? */
  readonly unseen: boolean;
  readonly answerRight: boolean;
}

/** Finds the first wrong step of a chain; `undefined` where it finds none. */
type Checker = (question: string, steps: readonly string[], answerRight: boolean) => number | undefined;

const arithmetic: Checker = (_, steps) => equationsIn(steps.join("\n")).find(({ ok }) => !ok)?.step;
const answerWrong: Checker = (_, steps, right) => (right ? undefined : steps.length - 1);
const rules: Readonly<Record<string, Checker>> = {
  dyck_languages: wrongStepOfDyck,
  logical_deduction: wrongStepOfDeduction,
  multistep_arithmetic: arithmetic,
  tracking_shuffled_objects: wrongStepOfTracking,
  word_sorting: wrongStepOfSorting,
};

/** Runs a checker as a monitor over chains, and prints its line. */
async function measure(name: string, chains: readonly Chain[], checkerOf: (chain: Chain) => Checker): Promise<void> {
  const known = new Map(chains.map((chain) => [chain.question, chain]));
  const watch = monitor(({ request, thought }: Watched) => {
    const chain = known.get(request) as Chain;
    const question = request.messages.map(textOf).join("\n");
    const step = checkerOf(chain)(question, thought.split("\n"), chain.answerRight);
    return { flagged: step !== undefined, step };
  });
  const { tpr, tnr, gMean2, located } = await evaluateMonitor(watch, chains, { seed: 1 });
  const cells = [name, percent(tpr), percent(tnr), percent(gMean2), ...(hasSteps(chains) ? [percent(located)] : [])];
  console.log(`| ${cells.join(" | ")} |`);
}

/** `74 [68, 80]`, in per cent. */
function percent({ value, low, high }: Measure): string {
  return value === undefined ? "" : `${show(value)} [${show(low)}, ${show(high)}]`;
}

function show(share: number): string {
  return (100 * share).toFixed(0);
}

function begin(title: string, chains: readonly Chain[]): void {
  const bad = chains.filter((chain) => chain.bad).length;
  console.log(`\n## ${title}: ${bad} bad, ${chains.length - bad} good\n`);
  const columns = ["", "TPR", "TNR", "g-mean²", ...(hasSteps(chains) ? ["told right to the step"] : [])];
  console.log(`| ${columns.join(" | ")} |\n| ${columns.map(() => "---").join(" | ")} |`);
}

/** Do the labels say which step is wrong? */
function hasSteps(chains: readonly Chain[]): boolean {
  return chains.some(({ step }) => step !== undefined);
}

function verified(): readonly Chain[] | undefined {
  interface Line {
    readonly task: string;
    readonly question: string;
    readonly samples: readonly { readonly text: string; readonly correct: boolean; readonly chain_valid: boolean }[];
  }
  return linesOf<Line>("verifycot-human-labels")?.flatMap(({ task, question, samples }) =>
    samples.map(({ text, correct, chain_valid: valid }) => ({
      task,
      question: asked(question),
      thought: lines(text.split("\n")),
      bad: !valid,
      unseen: false,
      answerRight: correct,
    })),
  );
}

function traced(): readonly Chain[] | undefined {
  interface Line {
    readonly id: string;
    readonly task: string;
    readonly question: string;
    readonly samples: readonly {
      readonly steps: readonly string[];
      readonly correct: boolean;
      readonly mistake_index: number | null;
    }[];
  }
  return linesOf<Line>("bigbench-mistake-palm2")?.flatMap(({ id, task, question, samples }) =>
    samples.map(({ steps, correct, mistake_index: step }) => ({
      task,
      question: asked(question),
      thought: lines(steps),
      bad: step !== null,
      ...(step !== null && { step }),
      unseen: id >= "8",
      answerRight: correct,
    })),
  );
}

/** A request of its own, by which its chain is found again. */
function asked(question: string) {
  return { messages: [{ role: "user", content: question }] } as const;
}

/** Each step a line, so that steps and lines count alike. */
function lines(steps: readonly string[]): string {
  return steps
    .map((step) => step.replace(/\s+/g, " ").trim())
    .filter((step) => step !== "")
    .join("\n");
}

const human = verified();
const traces = traced();
if (human === undefined || traces === undefined) {
  console.log("No recorded chains at ../shared/data: nothing is measured.");
} else {
  begin("Is the chain valid? GPT-3.5 on six tasks, labels of people (Ling et al. 2023)", human);
  await measure("says that every chain is valid", human, () => () => undefined);
  await measure("answer wrong, so chain invalid (needs the right answer)", human, () => answerWrong);
  await measure("`arithmeticSteps`", human, () => arithmetic);
  await measure(
    "either of the two",
    human,
    () =>
      (...chain) =>
        answerWrong(...chain) ?? arithmetic(...chain),
  );
  const calculating = human.filter(({ task }) => ["gsm8k", "aqua_rat", "addsub"].includes(task));
  begin("The same, only the tasks that calculate (GSM8K, AQuA, AddSub)", calculating);
  await measure("`arithmeticSteps`", calculating, () => arithmetic);
  const right = human.filter(({ answerRight }) => answerRight);
  begin("The same, only right answers: right by luck, or by a valid chain?", right);
  await measure("`arithmeticSteps`", right, () => arithmetic);

  begin("Which step is wrong first? PaLM 2 on five tasks, labels of people (Tyen et al. 2023)", traces);
  await measure("says that no step is wrong", traces, () => () => undefined);
  await measure("says that the last step is wrong", traces, () => (_, steps) => steps.length - 1);
  await measure("answer wrong, so last step wrong (needs the right answer)", traces, () => answerWrong);
  await measure("`arithmeticSteps`", traces, () => arithmetic);
  await measure("rules of the task", traces, ({ task }) => rules[task] as Checker);
  const unseen = traces.filter((chain) => chain.unseen);
  await measure(
    "rules of the task, on traces not in view when they were written",
    unseen,
    ({ task }) => rules[task] as Checker,
  );
  console.log("| published: the best of GPT-4, GPT-4-Turbo and GPT-3.5 and three ways to ask | | | | 53 |");
  for (const [task, checker] of Object.entries(rules)) {
    const some = unseen.filter((chain) => chain.task === task);
    begin(`The same, only ${task.replaceAll("_", " ")}, on traces not in view`, some);
    await measure("says that no step is wrong", some, () => () => undefined);
    await measure("answer wrong, so last step wrong (needs the right answer)", some, () => answerWrong);
    await measure("rules of the task", some, () => checker);
  }
}
