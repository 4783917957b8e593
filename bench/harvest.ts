/**
 * @module
 * What is wrong with harvested examples: labels of the majority, and right answers for wrong reasons, by temperature. On the embedded model.
 */
import {
  chainOfThought,
  harvest,
  majorityVote,
  never,
  number,
  run,
  sampleN,
  stack,
  textOf,
  type Feedback,
  type HarvestRun,
  type Reasoned,
} from "mull";
import { problems, tiny } from "mull/tiny";

const batch = problems({ seed: 77, count: 150 });
const gold = new Map(batch.map(({ question, answer }) => [question, number().key(answer)]));
const solver = stack(await tiny(), chainOfThought({ answer: number() }), sampleN(8), majorityVote({ stop: never }));

/** Reckons every step again, and looks whether it goes on from the one before. */
const sound: Feedback = ({ text }) => {
  let before: string | undefined;
  for (const line of text.split("\n").filter((words) => words.includes("="))) {
    const [, a = "", sign = "", b = "", c = ""] = /^(\d+) ([-+*/]) (\d+) = (\d+)$/.exec(line.trim()) ?? [];
    const [x, y] = [Number(a), Number(b)];
    const value = { "+": x + y, "-": x - y, "*": x * y, "/": x / y }[sign];
    if (value === undefined || String(value) !== c || (before !== undefined && before !== a)) return { ok: false };
    before = c;
  }
  return { ok: true };
};

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(0)} % (${part} of ${whole})`;

console.log(`${batch.length} unseen problems, 8 samples each; duplicates count once`);
for (const temperature of [0.5, 1, 1.5]) {
  const runs: HarvestRun<Reasoned<number>>[] = [];
  for (const [seed, { question }] of batch.entries()) {
    const request = { messages: [{ role: "user" as const, content: question }], temperature };
    runs.push({ request, response: await run(solver, request, { seed }), gold: gold.get(question) });
  }
  console.log(`\ntemperature ${temperature}`);
  for (const minShare of [0, 0.5, 0.75]) {
    const { sft } = await harvest(runs, { truth: "majority", minShare, perQuestion: 8 });
    const wrong = sft.filter(({ messages, completion }) => {
      return !completion.trimEnd().endsWith(` ${gold.get(messages.map(textOf).join())}`);
    });
    console.log(`  right by the majority, share of at least ${minShare}: wrong ${percent(wrong.length, sft.length)}`);
  }
  const { report } = await harvest(runs, { truth: "gold", reason: sound, perQuestion: 8 });
  const flagged = report.rightAnswerWrongReason;
  console.log(`  right by the known answer: for a wrong reason ${percent(flagged, report.right + flagged)}`);
}
