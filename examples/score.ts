// Which of several thoughts makes the right answer likely? Nothing is written for that: the model is asked how probable the answer is behind each of them.
import { chainOfThought, number, run, sampleN, score, stack, type ModelRequest } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const [problem] = problems({ seed: 8, count: 1, grade: "hard" });
if (problem === undefined) throw new Error("no problem");
const { question, answer } = problem;
const asked: ModelRequest = { messages: [{ role: "user", content: question }], temperature: 1.6 };
const thinking: ModelRequest = { messages: [{ role: "user", content: `${question} Think step by step.` }] };

/** How likely the right answer is. */
async function likely(request: ModelRequest): Promise<string> {
  const { logprob } = await score(model, request, `Answer: ${answer}`);
  return `${(100 * Math.exp(logprob)).toFixed(3).padStart(7)} %`;
}

console.log(`${question} The right answer is ${answer}. How likely it is behind each of six thoughts:\n`);
console.log(`${await likely(asked)}   (none)`);
const { samples } = await run(stack(model, chainOfThought({ answer: number() }), sampleN(6)), asked, { seed: 3 });
for (const { text } of samples) {
  const thought = text.slice(0, text.lastIndexOf("Answer:"));
  console.log(`${await likely({ ...thinking, prefill: thought })}   ${thought.trim().replaceAll("\n", "; ")}`);
}
