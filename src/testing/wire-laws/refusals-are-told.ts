/**
 * @module
 * Law: an error of the provider is an error of ours.
 */
import { ProviderError } from "../../core/errors.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Stage } from "../stage.js";

/** Its status, and whether to try again; without the prompt; and nobody tried again. */
export function refusalsAreTold(stage: Stage): Law {
  return law("a refusal is a ProviderError with its status, after one request", async () => {
    for (const [status, retryable] of cases) {
      for (const listens of [false, true]) {
        const scene = { kind: "refuse", status, message: `I cannot take: ${prompt}`, requestId: "req-abc-1" } as const;
        await stage([scene], async ({ model, received }) => {
          const options = listens ? { onEvent: () => undefined } : {};
          const outcome = await outcomeOf(model, { messages: [{ role: "user", content: prompt }] }, options);
          must("error" in outcome, `expected an error for status ${status}, got a response`);
          const { error } = outcome;
          must(ProviderError.is(error), `expected a ProviderError for status ${status}, got ${show(error)}`);
          must(error.status === status, `expected status ${status}, got ${show(error.status)}`);
          must(error.retryable === retryable, `expected \`retryable: ${retryable}\` for status ${status}`);
          must(!error.message.includes(prompt), "expected the prompt not to stand in the message");
          must(
            received.length === 1,
            `expected one request, the server got ${received.length}: retrying is for the retry policy`,
          );
        });
      }
    }
  });
}

const cases = [
  [429, true],
  [400, false],
  [401, false],
  [500, true],
] as const;
const prompt = "How many legs do the three secret spiders have?";
