// Nine lines of thought vote by how sure the model is of each. The embedded model can check, but not talk about itself: a scripted one stands in.
import {
  chainOfThought,
  confidenceWeight,
  majorityVote,
  number,
  run,
  sampleN,
  selfConfidence,
  softmax,
  stack,
} from "mull";
import { scripted } from "mull/testing";

/** Right in four of ten, wrong in six; mostly surer when it is right. */
const model = scripted(({ messages }, { random }) => {
  const draft = messages.find(({ role }) => role === "assistant")?.content;
  if (draft === undefined) return random.next() < 0.4 ? "3 * 8 = 24.\nAnswer: 24" : "3 * 8 = 22.\nAnswer: 22";
  const right = (draft as string).endsWith("24");
  return String(Math.round(right ? 60 + 40 * random.next() : 20 + 60 * random.next()));
});

const question = "How many legs do three spiders have?";
const thinking = stack(model, chainOfThought({ answer: number() }), selfConfidence({ method: "verbal" }), sampleN(9));

const plain = stack(thinking, majorityVote());
const weighted = stack(thinking, majorityVote({ weight: confidenceWeight(), reweigh: softmax(0.2) }));

for (const [name, solver] of [
  ["one vote each", plain],
  ["by confidence", weighted],
] as const) {
  let right = 0;
  for (let seed = 0; seed < 200; seed++) if ((await run(solver, question, { seed })).answer === 24) right++;
  console.log(`${name.padEnd(15)} right in ${right} of 200 runs`);
}
