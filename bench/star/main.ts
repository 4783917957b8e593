/**
 * STaR on the embedded model: `npm run bench:star [-- --seeds 1 --jobs 2 --problems 1000 --steps 80]`. Needs torch, as `training/README.md` says.
 *
 * The package's weights, rounded to four bits, learn in two rounds from their own chains: those with the right answer; those of them whose steps are calculated right, too; and as
 * many drawn from all, right or wrong: the control. Every training begins anew from the rounded weights. Mean over seeds and problems; see {@link figure} for the error.
 */
import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { estimate, sum } from "../accuracy/stats.js";
import type { StarReport } from "mull";
import type { Task } from "./arm.js";
import type { Score } from "./measure.js";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    problems: { type: "string", default: "1000" },
    measured: { type: "string", default: "402" },
    steps: { type: "string", default: "80" },
  },
});
/** Emptied at the start. */
const folder = "build/star";
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
const began = performance.now();

const arms = {
  star: "right answers",
  control: "control: as many at random",
  reason: "right answers, right steps",
};
type Arm = keyof typeof arms;

/** What a part of the experiment found. */
interface Part {
  /** Scores of the model of each round. */
  readonly models: readonly (readonly Score[])[];
  readonly reports: readonly StarReport[];
  readonly hints: Readonly<Record<string, StarReport>>;
}

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await finish([process.env.PYTHON ?? "/usr/bin/python3", "training/coarse.py", "4", join(folder, "base.bin")]);
const waiting = [
  ["start", 1] as const,
  ...seeds.flatMap((seed) => Object.keys(arms).map((arm) => [arm, seed] as const)),
  ["hints", 1] as const,
];
for (const outcome of await Promise.allSettled(Array.from({ length: Number(values.jobs) }, worker)))
  if (outcome.status === "rejected") throw new Error("a part failed", { cause: outcome.reason });
await print();

/** Does one part after the other. */
async function worker(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [part, seed] = next;
    const counts = {
      problems: Number(values.problems),
      measured: Number(values.measured),
      steps: Number(values.steps),
    };
    const task: Task = { part, seed, folder, ...counts };
    try {
      await finish([process.execPath, "--import", "tsx", "bench/star/arm.ts", JSON.stringify(task)]);
    } catch (error) {
      waiting.length = 0; // no more is begun, and what runs comes to its end
      throw error;
    }
    process.stderr.write(`${part} ${seed}: done after ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
  }
}

/** Runs a command to its end. */
function finish([program = "", ...rest]: readonly string[]): Promise<void> {
  const env = { ...process.env, OMP_NUM_THREADS: "1" };
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ["ignore", "ignore", "inherit"], env });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ${rest.join(" ")}: ${code}`)),
    );
  });
}

async function found(part: string, seed: number): Promise<Part> {
  return JSON.parse(await readFile(join(folder, `${part}-${seed}.json`), "utf8")) as Part;
}

async function print(): Promise<void> {
  const start = (await found("start", 1)).models;
  const parts = new Map<Arm, readonly Part[]>();
  for (const arm of Object.keys(arms) as Arm[])
    parts.set(arm, await Promise.all(seeds.map((seed) => found(arm, seed))));
  /** The model of a round of an arm, one for each seed. */
  const models = (arm: Arm, round: number) => (parts.get(arm) ?? []).map((part) => part.models[round] ?? []);

  console.log(`${start[0]?.length} unseen problems, seeds ${seeds.join(", ")}; % right ± standard error\n`);
  console.log(
    "| | one chain | easy | medium | hard | temperature 0 | vote of 8 | any of 8 |\n|---|---|---|---|---|---|---|---|",
  );
  row("start: rounded to 4 bits", start);
  for (const arm of Object.keys(arms) as Arm[])
    for (const round of [0, 1]) row(`${arms[arm]}, round ${round + 1}`, models(arm, round));

  console.log("\nDifferences of one chain, on the same problems:\n");
  const last = { star: models("star", 1), reason: models("reason", 1), control: models("control", 1) };
  difference("right answers − start", last.star, start);
  difference("right answers − control", last.star, last.control);
  difference("right steps − right answers", last.reason, last.star);
  difference("control − start", last.control, start);

  console.log(
    "\nExamples, mean over seeds:\n\n| | questions solved | examples | right answer, wrong steps |\n|---|---|---|---|",
  );
  for (const arm of Object.keys(arms) as Arm[])
    for (const round of [0, 1]) {
      const reports = (parts.get(arm) ?? []).flatMap((part) => part.reports[round] ?? []);
      const mean = (of: (report: StarReport) => number) => (sum(reports.map(of)) / reports.length).toFixed(0);
      const flagged = arm === "reason" ? mean((report) => report.rightAnswerWrongReason) : "not asked";
      console.log(
        `| ${arms[arm]}, round ${round + 1} | ${mean(({ questions }) => questions.solved)} | ${mean(({ kept }) => kept)} | ${flagged} |`,
      );
    }

  console.log(
    "\nQuestions that four samples got wrong, four more with the answer as a hint:\n\n| | right | and follow without the hint |\n|---|---|---|",
  );
  for (const [way, { rationalizations: counts }] of Object.entries((await found("hints", 1)).hints))
    console.log(`| ${way} | ${counts.right} of ${counts.drawn} | ${counts.followed} |`);
  console.log(`\n${((performance.now() - began) / 60_000).toFixed(1)} minutes`);
}

function row(name: string, of: readonly (readonly Score[])[]): void {
  const easy = (grade: string) => of.map((scores) => scores.filter((score) => score.grade === grade));
  const cells = [
    ...[of, easy("easy"), easy("medium"), easy("hard")].map((some) => figure(some, ({ one }) => one)),
    figure(of, ({ greedy }) => greedy),
    figure(of, ({ vote }) => vote),
    figure(of, ({ any }) => any),
  ];
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}

/** Mean over problems of the mean over seeds; its error holds that of the problems and, with more than one seed, that of the seeds. */
function figure(of: readonly (readonly Score[])[], read: (score: Score) => number): string {
  return written(of.map((scores) => scores.map(read)));
}

/** Of the last round, problem by problem; `[0]` of the start counts for every seed. */
function difference(name: string, of: readonly (readonly Score[])[], from: readonly (readonly Score[])[]): void {
  const values = of.map((scores, seed) => {
    const before = from[seed] ?? from[0] ?? [];
    return scores.map(({ one }, i) => one - (before[i]?.one ?? 0));
  });
  console.log(`- ${name}: ${written(values)} points`);
}

function written(bySeed: readonly (readonly number[])[]): string {
  const byProblem = (bySeed[0] ?? []).map((_, i) => sum(bySeed.map((values) => values[i] ?? 0)) / bySeed.length);
  const { mean, error } = estimate(byProblem);
  const among = estimate(bySeed.map((values) => sum(values) / values.length)).error;
  return `${(100 * mean).toFixed(1)} ± ${(100 * Math.hypot(error, among)).toFixed(1)}`;
}
