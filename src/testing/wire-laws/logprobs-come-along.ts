/**
 * @module
 * Law: log-probabilities.
 */
import { responseOf } from "../bench.js";
import { difference, show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Stage } from "../stage.js";

/** Every token with its natural log-probability and its alternatives, streamed or not. */
export function logprobsComeAlong(stage: Stage): Law {
  return law("log-probabilities arrive with their alternatives, streamed or not", async () => {
    const usage = { inputTokens: 5, cachedInputTokens: 0, outputTokens: 2, reasoningTokens: 0 };
    await stage([{ kind: "reply", replies: [{ text: "24 legs", logprobs }], usage }], async ({ model }) => {
      for (const options of [{}, { onEvent: () => undefined }]) {
        const response = responseOf(
          await outcomeOf(model, { messages: [{ role: "user", content: "Legs?" }], logprobs: 2 }, options),
        );
        const found = difference(logprobs, response.logprobs);
        must(
          found === undefined,
          `expected ${show(logprobs)}, they differ in ${found ?? ""}, got ${show(response.logprobs)}`,
        );
      }
    });
  });
}

const logprobs = [
  {
    token: "24",
    logprob: -0.25,
    top: [
      { token: "24", logprob: -0.25 },
      { token: "22", logprob: -1.5 },
    ],
  },
  {
    token: " legs",
    logprob: -0.125,
    top: [
      { token: " legs", logprob: -0.125 },
      { token: " feet", logprob: -2.5 },
    ],
  },
];
