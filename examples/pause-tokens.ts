// Pause tokens are for models that were pretrained with them. Here one is scripted that was, and it is shown what becomes of the others.
import { CapabilityError, chainOfThought, number, pauseTokens, run, stack } from "mull";
import { scripted } from "mull/testing";
import { tiny } from "mull/tiny";

// Needs five tokens of time to look something up: with fewer it guesses.
const trained = scripted(
  ({ latent }, { random }) => `Answer: ${(latent?.pauseTokens ?? 0) >= 5 ? 24 : random.integer(30)}`,
  { id: "pause-1b", capabilities: { latent: ["pauseTokens"] } },
);
const reads = chainOfThought({ answer: number(), instruction: "" });
for (const count of [1, 5, 10]) {
  const solver = stack(trained, pauseTokens(count), reads);
  let right = 0;
  for (let seed = 0; seed < 20; seed++) {
    if ((await run(solver, "How many legs do three spiders have?", { seed })).answer === 24) right++;
  }
  console.log(`${count} pause tokens: ${right} of 20 right`);
}

// The embedded model was never trained on pauses, and would ignore them. It says so at once, not after the bill.
try {
  stack(await tiny(), pauseTokens(10));
} catch (error) {
  if (CapabilityError.is(error)) console.log(`\nOver tiny(): ${error.message}`);
}
