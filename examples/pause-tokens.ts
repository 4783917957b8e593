// Pause tokens: places to compute at, without words. The looped model was trained with six of them, for work that can be done side by side.
import { CapabilityError, chainOfThought, latentSteps, number, pauseTokens, run, stack } from "mull";
import { rowProblems, tiny, tinyLoop } from "mull/tiny";

const model = await tinyLoop();
const reads = chainOfThought({ answer: number(), instruction: "", askAgain: false });
const problems = rowProblems({ seed: 1, count: 100 });
console.log(problems[0]?.question);

for (const steps of [1, 2, 3, 4, 8]) {
  const solver = stack(model, latentSteps({ steps }), pauseTokens(6), reads);
  let right = 0;
  for (const { question, answer } of problems) {
    if ((await run(solver, { messages: [{ role: "user", content: question }], temperature: 0 })).answer === answer)
      right++;
  }
  console.log(`6 pause tokens, ${steps} loops: ${right} of ${problems.length} right`);
}

// tiny() was never trained on pauses, and would ignore them. It says so at once, not after the bill.
try {
  stack(await tiny(), pauseTokens(6));
} catch (error) {
  if (CapabilityError.is(error)) console.log(`\nOver tiny(): ${error.message}`);
}
