/**
 * The recorded sets that hold no independent samples of one model, or few: when a thought is worth its tokens, what a verifier is worth, agents.
 */
import { load, type Problem, type Recorded } from "./data.js";
import { estimate, scale, type Estimate } from "./stats.js";
import { difference, figure, type Section } from "./table.js";

const percent = (values: readonly boolean[]): Estimate => scale(estimate(values.map(Number)), 100);

/** Direct answers against chains of thought, on 27 tasks; and the choice between them, learned for each task. */
function thoughtSection(): Section | undefined {
  const problems = load("bbh-codex002-direct-cot");
  if (problems === undefined) return undefined;
  const of = ({ samples }: Problem, thought: boolean): Recorded =>
    samples.find(({ source = "" }) => /cot/i.test(source) === thought) as Recorded;
  const taskOf = ({ task = "" }: Problem): string => task;
  const direct = problems.map((problem) => of(problem, false));
  const chain = problems.map((problem) => of(problem, true));
  // For each task, what was better on the other half of its questions.
  const chosen = problems.map((problem, index) => {
    const others = problems.flatMap((other, at) =>
      taskOf(other) === taskOf(problem) && at % 2 !== index % 2 ? [at] : [],
    );
    const right = (answers: readonly Recorded[]): number => others.filter((at) => answers[at]?.correct).length;
    return (right(chain) > right(direct) ? chain : direct)[index] as Recorded;
  });
  const tasks = new Set(problems.map(taskOf));
  const worse = [...tasks].filter((task) => {
    const at = problems.flatMap((problem, index) => (taskOf(problem) === task ? [index] : []));
    const right = (answers: readonly Recorded[]): number => at.filter((index) => answers[index]?.correct).length;
    return right(chain) < right(direct);
  });
  const rows = Object.entries({ direct, "chain of thought": chain, "the better of the two for the task": chosen }).map(
    ([name, answers]) => ({
      name,
      right: percent(answers.map(({ correct }) => correct)),
      tokens: estimate(answers.map(({ tokens }) => tokens)).mean,
    }),
  );
  return {
    title: "Is a thought worth its tokens? BIG-Bench Hard",
    note: `Codex, one answer each. A thought is worse than none on ${worse.length} of ${tasks.size} tasks (${worse.join(", ")}). *Better for the task*: chosen on the other half of its questions.`,
    columns: ["", "right, %", "tokens"],
    rows: rows.map(({ name, right, tokens }) => [name, figure(right), tokens.toFixed(0)]),
    data: rows,
  };
}

/** A verifier against a larger model. */
function verifierSection(): Section | undefined {
  const problems = load("gsm8k-openai2021");
  if (problems === undefined) return undefined;
  const sources = [...new Set(problems.flatMap(({ samples }) => samples.map(({ source = "" }) => source)))].sort();
  const rows = sources.map((source) => ({
    source,
    right: percent(problems.map(({ samples }) => samples.find((sample) => sample.source === source)?.correct ?? false)),
  }));
  return {
    title: "What is a trained verifier worth? GSM8K, 2021",
    note: "GPT-3 of two sizes, alone and with a verifier that picks the best of 100 samples (Cobbe et al. 2021). A small model with a verifier is worth as much as a model 30 times its size.",
    columns: ["model", "right, %"],
    rows: rows.map(({ source, right }) => [source, figure(right)]),
    data: rows,
  };
}

/** Agents with tools: four runs of each task. */
function agentSection(): Section | undefined {
  const problems = load("taubench-airline-gpt4o");
  if (problems === undefined) return undefined;
  const share = problems.map(({ samples }) => samples.filter(({ correct }) => correct).length / samples.length);
  const any = problems.map(({ samples }) => Number(samples.some(({ correct }) => correct)));
  const all = problems.map(({ samples }) => Number(samples.every(({ correct }) => correct)));
  const vote = problems.map(({ samples }) => electedShare(samples));
  const rows = { "one run": share, "vote of 4, on the changes made": vote, "any of 4": any, "all of 4": all };
  return {
    title: "Can agents vote? tau-bench, airline",
    note: `GPT-4o with tools, ${problems.length} tasks, four runs each; two runs agree if they would change the same. The vote: ${difference(scale(estimate(vote.map((right, i) => right - (share[i] ?? 0))), 100), 1)} points over one run.`,
    columns: ["", "right, %"],
    rows: Object.entries(rows).map(([name, values]) => [name, figure(scale(estimate(values), 100))]),
    data: rows,
  };
}

/** How often the most frequent answer is right, ties broken by chance. */
function electedShare(samples: readonly Recorded[]): number {
  const counts = new Map<string, readonly Recorded[]>();
  for (const sample of samples) {
    // Arguments are recorded as they were written, with spaces or without.
    const key = sample.key?.replace(/\s+/g, "");
    if (key !== undefined) counts.set(key, [...(counts.get(key) ?? []), sample]);
  }
  const most = Math.max(0, ...[...counts.values()].map(({ length }) => length));
  const tied = [...counts.values()].filter(({ length }) => length === most);
  return tied.length === 0 ? 0 : tied.filter(([first]) => first?.correct).length / tied.length;
}

export function otherSections(): readonly Section[] {
  return [thoughtSection(), verifierSection(), agentSection()].filter((section) => section !== undefined);
}
