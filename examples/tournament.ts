// A question on which one wrong answer leads: 46 of 100 samples say it, 45 are right. A vote is a coin toss; comparing two answers at a time is not.
// The embedded model cannot compare, so a synthetic world stands in: its judge finds the right one of two answers three times out of four.
import { chainOfThought, majorityVote, number, run, sampleN, stack, textOf, tournament, type Model } from "mull";
import { scripted, synthetic } from "mull/testing";

const right = 42;
const model = synthetic({
  answers: [
    ["42", 0.45],
    ["41", 0.46],
    ["40", 0.09],
  ],
});
const by = scripted(
  (request, { random }) => {
    const shown = request.messages
      .map(textOf)
      .join("\n")
      .split(/^# Response \d+$/m)
      .slice(1);
    const place = shown.findIndex((text) => text.includes("Answer: 42"));
    const sees = place >= 0 && random.next() < 0.75;
    return `Choice: ${(sees ? place : place >= 0 ? 1 - place : random.integer(2)) + 1}`;
  },
  { id: "judge" },
);

const samples = stack(model, chainOfThought({ answer: number() }), sampleN(16));
const question = "How many …?";
const shows = stack(samples, tournament({ by, comparisons: 8 }));
const { matches, answer, usage } = await run(shows, question, { seed: 8 });
for (const { round, pair, votes } of matches) {
  const [one, other] = pair.map(({ key, count }) => `${key} (given ${count} times)`);
  console.log(`round ${round}: ${one} against ${other}: ${votes.join(" to ")}`);
}
console.log(`champion: ${answer}; ${usage.calls} calls, ${usage.judging?.calls ?? 0} of them comparisons\n`);

const runs = 80;
const solvers: readonly (readonly [name: string, solver: Model])[] = [
  ["vote", stack(samples, majorityVote())],
  ["knockout, 2 comparisons", stack(samples, tournament({ by }))],
  ["knockout, 8 comparisons", shows],
  ["league, 8 comparisons", stack(samples, tournament({ by, form: "league", comparisons: 8 }))],
];
for (const [name, solver] of solvers) {
  let hits = 0;
  for (let seed = 0; seed < runs; seed++) {
    const response = await run(solver, question, { seed });
    if ((response as { readonly answer?: unknown }).answer === right) hits++;
  }
  console.log(`${name.padEnd(24)} right in ${((100 * hits) / runs).toFixed(1)} % of ${runs} runs`);
}
