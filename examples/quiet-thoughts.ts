// Hidden thoughts before the answer: the embedded model's own steps, of which those are kept that make the answers likely that the others came to.
import { chainOfThought, majorityVote, number, quietThoughts, run, sampleN, stack } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const reads = chainOfThought({ answer: number(), askAgain: false });
// It was trained to write steps, and then "Answer:": what stands in front of that is its thought.
const quiet = quietThoughts({ thoughts: 4, thoughtTokens: 150, chunkTokens: 8, open: "", close: "Answer:" });
const ways = {
  "one chain, shown": stack(model, reads),
  "4 quiet thoughts": stack(model, quiet, reads),
  "vote of 4 chains": stack(model, reads, sampleN(4), majorityVote({ stop: () => false })),
};
const unseen = problems({ seed: 11, count: 16, grade: "hard" });
for (const [name, solver] of Object.entries(ways)) {
  let right = 0;
  let tokens = 0;
  for (const [seed, { question, answer: truth }] of unseen.entries()) {
    const { answer, usage } = await run(solver, question, { seed });
    if (answer === truth) right++;
    tokens += usage.outputTokens ?? 0;
  }
  console.log(`${name}: ${right} of ${unseen.length} right, ${Math.round(tokens / unseen.length)} tokens each`);
}

// What is hidden: all that was thought, and what became of it.
for (const [seed, { question, answer }] of unseen.entries()) {
  const { text, chunks } = await run(stack(model, quiet, reads), question, { seed });
  const thoughts = chunks[0]?.thoughts ?? [];
  if (thoughts.every(({ kept }) => kept)) continue;
  console.log(`\n${question} (${answer})\nThe text:${text}`);
  for (const thought of thoughts) {
    const steps = thought.text.trim().replaceAll("\n", ", ");
    console.log(`${thought.kept ? "kept" : "left"} (${thought.raise?.toFixed(3)}): ${steps}`);
  }
  break;
}
