// Lines of thought are given up as soon as the model is less sure than it was of its first ones; the rest vote by confidence.
import {
  chainOfThought,
  confidentSamples,
  majorityVote,
  number,
  outline,
  run,
  sampleN,
  stack,
  tokenConfidence,
} from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
// Its steps are about six tokens long: a group of eight is one step and a bit.
const settings = { window: 8, k: 20 };
const solve = stack(model, chainOfThought({ answer: number() }));
const all = stack(solve, sampleN(16), majorityVote({ weight: tokenConfidence(settings) }));
const sure = stack(
  solve,
  confidentSamples(16, { warmup: 6, keep: 0.5, ...settings }),
  majorityVote({ weight: tokenConfidence(settings) }),
);
console.log(`${outline(sure, { inputTokens: 60, outputTokens: 60 })}\n`);

for (const [seed, { question, answer: right }] of problems({ seed: 6, count: 4, grade: "hard" }).entries()) {
  for (const [name, solver] of [
    ["all of 16", all],
    ["the sure", sure],
  ] as const) {
    let tokens = 0;
    const { answer, votes, failures } = await run(solver, question, {
      seed,
      onEvent: (event) => event.type === "delta" && (tokens += event.logprobs?.length ?? 0),
    });
    const counts = votes.map(({ key, count }) => `${key} ×${count}`).join(", ");
    console.log(
      `${answer === right ? "right" : "wrong"}: ${name}: ${tokens} tokens, ${failures.length} under the bar; ${counts}`,
    );
  }
}
