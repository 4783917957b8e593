// One knob for how hard a model thinks. The embedded model has none, and is asked in words; going up needs one that has it, which is scripted here.
import { chainOfThought, effort, number, run, stack, type Effort } from "mull";
import { scripted } from "mull/testing";
import { problems, tiny } from "mull/tiny";

// In words: without an instruction of its own, chainOfThought leaves it to the layer above how hard to think.
const small = stack(await tiny(), chainOfThought({ answer: number(), instruction: "" }));
const unseen = problems({ seed: 3, count: 20, grade: "easy" });
for (const level of ["none", "high"] as const) {
  const solver = stack(small, effort(level));
  let right = 0;
  for (const [seed, { question, answer }] of unseen.entries()) {
    if ((await run(solver, question, { seed })).answer === answer) right++;
  }
  console.log(`the embedded model at "${level}": ${right} of ${unseen.length} right`);
}

// Going up: 3 of 4 questions are easy. At "low" the model says of the others that it is not sure; at "high" it thinks at length about any.
const knob = scripted(
  ({ messages, effort: level }) => {
    const easy = !JSON.stringify(messages).includes("hard");
    const thought = "so ".repeat(level === "high" ? 200 : 20);
    return thought + (easy || level === "high" ? "Answer: 24" : "I am not sure.");
  },
  { capabilities: { effort: true } },
);
const thinking = stack(knob, chainOfThought({ answer: number(), instruction: "", askAgain: false }));
const ways = {
  low: stack(thinking, effort("low")),
  high: stack(thinking, effort("high")),
  "low, then high": stack(thinking, effort({ levels: ["low", "high"] })),
};
for (const [name, solver] of Object.entries(ways)) {
  const taken: Effort[] = [];
  let read = 0;
  let tokens = 0;
  for (let i = 0; i < 12; i++) {
    const response = await run(solver, i % 4 === 3 ? "A hard question" : "An easy question");
    if (response.answer !== undefined) read++;
    tokens += response.usage.outputTokens ?? 0;
    taken.push(response.effort);
  }
  const high = taken.filter((level) => level === "high").length;
  console.log(`${name.padEnd(14)}: ${read} of 12 answered, ${high} of them at "high"; ${tokens} tokens written`);
}
