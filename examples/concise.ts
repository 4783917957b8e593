// Thinking in drafts of a few words. The model is scripted, because the embedded one writes nothing but drafts anyway.
import { chainOfThought, concise, number, run, stack } from "mull";
import { scripted } from "mull/testing";

const question = "Jason had 20 lollipops. He gave Denny some. Now he has 12. How many did he give to Denny?";
const atLength =
  "Let us think about this step by step. Jason had 20 lollipops at the beginning. After he gave some of them to Denny, he has 12 left. " +
  "What he gave away is the difference between what he had before and what he has now. So we subtract: 20 - 12 = 8. Answer: 8";
const inDrafts = "20 - x = 12; x = 20 - 12 = 8. Answer: 8";

// Writes drafts where the prompt asks for them.
const model = scripted(({ messages }) => (JSON.stringify(messages).includes("minimum draft") ? inDrafts : atLength));

const answer = number();
const exemplars = [
  {
    question: "A box holds 3 rows of 4 eggs; 2 break. How many are whole?",
    thought: "3 * 4 = 12; 12 - 2 = 10",
    answer: "10",
  },
];
for (const solver of [stack(model, chainOfThought({ answer })), stack(model, concise({ answer, exemplars }))]) {
  const { answer: found, thought, usage } = await run(solver, question);
  console.log(`${solver.id}: ${found}, ${usage.outputTokens} words written, ${usage.inputTokens} read`);
  console.log(`  ${thought}\n`);
}
