// The model reads, the calculator calculates. And five samples agree on a deed before it is done, once.
import { chainOfThought, majorityVote, number, run, sampleN, stack, tool, toolLoop } from "mull";
import { scripted } from "mull/testing";
import { problems, tiny } from "mull/tiny";
import { calculator } from "mull/tools/calculator";
import * as z from "zod";

const solver = stack(await tiny(), chainOfThought({ answer: number() }), toolLoop({ tools: [calculator()] }));

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
  `with 3 calls: ${short.steps.length} steps, then the final answer ${short.answer}; stopped: ${short.stopped}\n`,
);

// A model that takes two dozen for 24 in three of five cases, and for 12 or 20 in the others.
const buyer = scripted(({ messages }, { random }) => {
  if (messages.some(({ role }) => role === "tool")) return "It is ordered.";
  const count = [24, 24, 24, 12, 20][random.integer(5)];
  return { text: "", toolCalls: [{ type: "tool-call", id: `order-${count}`, name: "order", input: { count } }] };
});
let orders: number[] = [];
const order = tool({
  name: "order",
  description: "Orders screws.",
  input: z.object({ count: z.int() }),
  effect: true,
  execute: ({ count }) => {
    orders.push(count);
    return `ordered: ${count}`;
  },
});
const task = "Order two dozen screws.";

// Beneath the loop samples vote on the call, and the winner's is made. Above it they are whole runs, of which the first to come does it.
const voting = stack(buyer, sampleN(5), majorityVote(), toolLoop({ tools: [order] }));
const sampled = stack(buyer, toolLoop({ tools: [order] }), sampleN(5));
await run(voting, task, { seed: 2 });
console.log(`five samples vote, then one order is made: ${orders.join()}`);
orders = [];
const { samples } = await run(sampled, task, { seed: 2 });
console.log(`five whole loops, and still one order: ${orders.join()}`);
for (const sample of samples) console.log(`  ${String(sample.steps[0]?.results[0]?.output).replaceAll("\n", " ")}`);

for (const [what, buys] of [
  ["alone", stack(buyer, toolLoop({ tools: [order] }))],
  ["by vote", voting],
] as const) {
  orders = [];
  for (let seed = 0; seed < 200; seed++) await run(buys, task, { seed });
  console.log(`${what}: ${orders.filter((count) => count === 24).length} of ${orders.length} orders are right`);
}
