// Answering at once, and thinking first: the same model, the same problems.
import { chainOfThought, number, run, stack } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const answer = number();
const direct = stack(model, chainOfThought({ answer, instruction: "" }));
const thinking = stack(model, chainOfThought({ answer }));

const unseen = problems({ seed: 2, count: 15 });
let atOnce = 0;
let thought = 0;
for (const [index, { question, answer: right }] of unseen.entries()) {
  if ((await run(direct, question, { seed: index })).answer === right) atOnce++;
  if ((await run(thinking, question, { seed: index })).answer === right) thought++;
}
console.log(`right at once: ${atOnce} of ${unseen.length}; with thinking: ${thought} of ${unseen.length}\n`);

const [problem] = unseen;
const response = await run(thinking, problem?.question ?? "", { seed: 0 });
console.log(problem?.question);
console.log(response.thought);
console.log(`read as ${response.answer}; ${response.usage.outputTokens} tokens written`);
