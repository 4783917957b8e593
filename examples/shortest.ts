// Eight thoughts begin, the first three to finish vote, the long ones are given up.
import { chainOfThought, majorityVote, number, run, sampleN, shortest, sleep, source, stack } from "mull";

// A model that is right six times in ten, and loses itself in thought where it is wrong. It writes two tokens in a millisecond.
const model = source("thinker", {}, async (_, call) => {
  const right = call.random.next() < 0.6;
  const tokens = Math.round((right ? 20 : 35) + 30 * call.random.next());
  await sleep(call, tokens / 2);
  const text = `${"so ".repeat(tokens - 2)}Answer: ${right ? 24 : 20 + call.random.integer(4)}`;
  return { text, usage: { inputTokens: 12, outputTokens: tokens } };
});

const answer = number();
const solvers = {
  "vote of all eight": stack(model, chainOfThought({ answer }), sampleN(8), majorityVote({ stop: () => false })),
  "first three of eight": stack(model, chainOfThought({ answer }), shortest(8, { m: 3 })),
  "three shortest of eight": stack(model, chainOfThought({ answer }), shortest(8, { m: 3, order: "length" })),
  "first of eight": stack(model, chainOfThought({ answer }), shortest(8, { m: 1 })),
};

for (const [name, solver] of Object.entries(solvers)) {
  const began = performance.now();
  const count = 25;
  let [right, written, givenUp] = [0, 0, 0];
  for (let seed = 0; seed < count; seed++) {
    const response = await run(solver, "How many legs do three spiders have?", { seed });
    if (response.answer === 24) right++;
    written += response.usage.outputTokens ?? 0;
    givenUp += response.usage.cancelled?.calls ?? 0;
  }
  const ms = (performance.now() - began) / count;
  console.log(
    `${name.padEnd(23)}  ${right} of ${count} right, ${ms.toFixed(0)} ms, ${(written / count).toFixed(0)} tokens of finished ` +
      `thoughts and ${(givenUp / count).toFixed(1)} given up, a question`,
  );
}
