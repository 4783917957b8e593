// Sixteen lines of thought vote, and stop as soon as the winner is certain.
import { chainOfThought, majorityVote, number, outline, run, sampleN, stack } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const solver = stack(model, chainOfThought({ answer: number() }), sampleN(16, { concurrency: 4 }), majorityVote());
console.log(`${outline(solver, { inputTokens: 60, outputTokens: 60 })}\n`);

for (const [index, { question, answer: right }] of problems({ seed: 6, count: 5, grade: "hard" }).entries()) {
  const { answer, votes, confidence, samples, stopped } = await run(solver, question, { seed: index });
  const counts = votes.map(({ key, count }) => `${key} ×${count}`).join(", ");
  console.log(`${answer === right ? "right" : "wrong"}: ${answer} (true: ${right}); ${counts}`);
  console.log(`       confidence ${confidence.toFixed(3)}, ${samples.length} samples, stopped: ${stopped}`);
}
