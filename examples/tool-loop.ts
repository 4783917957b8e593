// The model reads, the calculator calculates.
import { chainOfThought, number, run, stack, toolLoop } from "mull";
import { problems, tiny } from "mull/tiny";
import { calculator } from "mull/tools/calculator";

const model = await tiny();
const solver = stack(model, chainOfThought({ answer: number() }), toolLoop({ tools: [calculator()] }));

const [problem] = problems({ seed: 8, count: 1, grade: "hard" });
console.log(problem?.question);
const { answer, steps, usage, stopped } = await run(solver, problem?.question ?? "", { seed: 1 });
for (const { calls, results } of steps) {
  for (const [index, { name, input }] of calls.entries()) {
    console.log(`${name}(${JSON.stringify(input)}) → ${String(results[index]?.output)}`);
  }
}
console.log(`answer: ${answer} (true: ${problem?.answer}); ${usage.calls} calls, stopped: ${stopped}\n`);

// Under a budget the loop keeps back what the final answer needs.
const budget = { calls: 3 };
const short = await run(solver, problem?.question ?? "", { seed: 1, budget });
console.log(
  `with 3 calls: ${short.steps.length} steps, then the final answer ${short.answer}; stopped: ${short.stopped}`,
);
