// Five lines of thought on one question, with one request to a model that has native n.
import { chainOfThought, number, run, sampleN, stack } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const [problem] = problems({ seed: 4, count: 1, grade: "hard" });
const solver = stack(model, chainOfThought({ answer: number(), askAgain: false }), sampleN(5));

const { samples, usage } = await run(solver, problem?.question ?? "", { seed: 1 });
console.log(problem?.question);
for (const [index, { text, answer }] of samples.entries()) {
  console.log(`#${index}  ${text.replaceAll("\n", "; ")}  →  ${answer ?? "no answer"}`);
}
console.log(
  `The true answer is ${problem?.answer}. ${usage.calls} request, ${usage.inputTokens} tokens read, ${usage.outputTokens} written.`,
);
