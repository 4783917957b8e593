// Everything a run tells while it goes on: words, samples, votes. Leaving the loop would give it up.
import { chainOfThought, majorityVote, number, sampleN, stack, stream } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const [problem] = problems({ seed: 10, count: 1, grade: "medium" });
const solver = stack(model, chainOfThought({ answer: number() }), sampleN(4), majorityVote());

const events = stream(solver, problem?.question ?? "", { seed: 1 });
for await (const event of events) {
  if (event.type === "delta") process.stdout.write(event.text?.replaceAll("\n", " | ") ?? "");
  else if (event.type === "sample") console.log(`\n  sample ${event.index} votes for ${event.key}`);
}
const { answer, usage } = await events.response;
console.log(`\nanswer: ${answer} (true: ${problem?.answer}); ${usage.outputTokens} tokens written`);
