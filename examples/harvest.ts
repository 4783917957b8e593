// Training data from runs that are paid for: what was sampled for votes, told right from wrong by the votes, and what that costs in wrong labels.
import {
  allocate,
  chainOfThought,
  harvest,
  number,
  stack,
  textOf,
  toJsonl,
  type HarvestRun,
  type Reasoned,
} from "mull";
import { problems, tiny } from "mull/tiny";

const solver = stack(await tiny(), chainOfThought({ answer: number() }));
const batch = problems({ seed: 31, count: 24 });
const [measured, learnt] = [batch.slice(0, 4), batch.slice(4)];
const questions = batch.map(({ question }) => question);

const runs: HarvestRun<Reasoned<number>>[] = [];
for await (const { index, request, response } of allocate(solver, questions, { budget: { calls: 140 }, seed: 1 })) {
  runs.push({ request, response, gold: number().key(batch[index]?.answer ?? NaN) });
}

const heldOut = measured.map(({ question }) => question);
for (const truth of ["majority", "gold"] as const) {
  const { sft, preferences, verifier, report } = await harvest(runs, { truth, heldOut, perQuestion: 4 });
  const answers = new Map(learnt.map(({ question, answer }) => [question, String(answer)]));
  const wrong = sft.filter(({ messages, completion }) => {
    return !completion.endsWith(` ${answers.get(messages.map(textOf).join())}`);
  });
  console.log(`${truth}: ${sft.length} examples, ${preferences.length} pairs, ${verifier.length} for a verifier`);
  console.log(`  of the examples ${wrong.length} are wrong; left out: ${JSON.stringify(report.dropped)}`);
  if (truth === "majority") continue;
  console.log(`\nfor OpenAI and TRL: ${toJsonl(sft.slice(0, 1), "chat")}`);
  console.log(`for TRL's DPO: ${toJsonl(preferences.slice(0, 1), "trl-preference")}`);
  console.log(`for a verifier: ${toJsonl(verifier.filter(({ right }) => !right).slice(-1), "trl-unpaired")}`);
}
