// Prose cannot be counted: every summary has other words. A judge that reads them side by side finds the one most of them agree with.
// The embedded model cannot judge, so a script stands in: it writes summaries, some of them wrong, and picks the one that shares most words with the others.
import { choose, majorityVote, run, sampleN, stack, textOf } from "mull";
import { scripted } from "mull/testing";

const openings = ["In short,", "To sum up,", "Briefly:", "The minutes say that", "As I read it,"];
const claims = [
  "the launch moves from May to June because the tests are late",
  "because the tests are late, the launch is in June and no longer in May",
  "tests are late: the launch moves to June",
  "the launch stays in May, and the budget is cut",
  "the whole project is cancelled for lack of money",
];

const model = scripted((request, { random }) => {
  const words = request.messages.map(textOf).join("\n");
  const shown = words.split(/^# Response \d+.*$/m).slice(1);
  if (shown.length === 0) {
    const claim = claims[random.integer(claims.length)];
    return `${openings[random.integer(openings.length)]} ${claim}.`;
  }
  const sets = shown.map((text) => new Set((text.split("# Task")[0] ?? "").toLowerCase().match(/[a-z]{4,}/g)));
  const support = sets.map((set) => {
    return sets.reduce(
      (sum, other) => sum + [...set].filter((word) => other.has(word)).length / (set.size + other.size),
      0,
    );
  });
  const best = support.indexOf(Math.max(...support));
  return `Most of them say much the same as Response ${best + 1}.\nChoice: ${best + 1}`;
});

const question = "Summarise the minutes of the meeting in one sentence.";
const samples = sampleN(8);
const vote = await run(stack(model, samples, majorityVote()), question, { seed: 4 });
console.log(
  `A vote of words: ${vote.votes.map(({ count }) => count).join(", ")} votes for ${vote.votes.length} different texts.\n`,
);

const chosen = await run(stack(model, samples, choose({ rounds: 5 })), question, { seed: 4 });
for (const { sample, count, chosen: times } of chosen.choices) {
  console.log(`chosen ${times} of 5 times, given ${count} times: ${sample.text}`);
}
console.log(`\nThe answer: ${chosen.text}`);
console.log(`${chosen.usage.calls} calls, ${chosen.usage.judging?.calls} of them judgements`);
