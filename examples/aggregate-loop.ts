// A population of answers, of which few are right at first. Whoever reads four of them and finds a right one can tell it; so what is right spreads.
// The embedded model cannot read other answers, so a synthetic world stands in: how often it is right depends on how many right answers it is shown.
import { aggregateLoop, chainOfThought, majorityVote, number, outline, run, sampleN, stack, textOf } from "mull";
import { scripted } from "mull/testing";

/** Right with this probability, when none, one, … of four answers read are right. */
const gain = [0.15, 0.45, 0.7, 0.9, 0.98];

const model = scripted((request, { random }) => {
  const shown = request.messages
    .map(textOf)
    .join("\n")
    .split(/^# Response \d+$/m)
    .slice(1);
  const seen = shown.filter((text) => text.includes("Answer: 42")).length;
  const chance = shown.length === 0 ? 0.25 : (gain[seen] ?? 0);
  return `Answer: ${random.next() < chance ? 42 : 30 + random.integer(4)}`;
});

const thinker = stack(model, chainOfThought({ answer: number() }));
const solver = stack(thinker, aggregateLoop({ population: 12, rounds: 6 }));
console.log(`${outline(solver, { inputTokens: 60, outputTokens: 60 })}\n`);

const { rounds, answer, confidence, stopped, usage } = await run(solver, "How many …?", { seed: 5 });
for (const [round, { key, share }] of rounds.entries()) {
  console.log(`round ${round}: ${key} leads with ${"#".repeat(Math.round(24 * share))} ${Math.round(100 * share)} %`);
}
console.log(`answer ${answer}, confidence ${confidence.toFixed(3)}, stopped: ${stopped}, ${usage.calls} calls\n`);

for (const [name, one] of [
  ["one sample", thinker],
  ["a vote of 84", stack(thinker, sampleN(84), majorityVote())],
  ["aggregation", solver],
] as const) {
  let right = 0;
  for (let seed = 0; seed < 60; seed++) if ((await run(one, "How many …?", { seed })).answer === 42) right++;
  console.log(`${name.padEnd(13)} right in ${Math.round((100 * right) / 60)} % of 60 runs`);
}
