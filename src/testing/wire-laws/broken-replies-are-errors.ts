/**
 * @module
 * Law: half an answer is none.
 */
import { MalformedResponseError, ProviderError } from "../../core/errors.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Scene, type Stage } from "../stage.js";

/** A connection that breaks, a stream that ends too early, a body that is no JSON, and one without completions: an error that can be tried again, at once. */
export function brokenRepliesAreErrors(stage: Stage): Law {
  return law("a broken reply is an error, never half an answer", async () => {
    for (const scene of scenes) {
      for (const listens of [false, true]) {
        await stage([scene], async ({ model, received }) => {
          const options = listens ? { onEvent: () => undefined } : {};
          const outcome = await outcomeOf(model, { messages: [{ role: "user", content: "Legs?" }] }, options);
          const what = `${listens ? "streaming" : "not streaming"}, '${scene.kind}'`;
          must(
            "error" in outcome,
            `${what}: expected an error, got the response ${show("response" in outcome && outcome.response)}`,
          );
          const { error } = outcome;
          const fits = MalformedResponseError.is(error) || (ProviderError.is(error) && error.retryable);
          must(
            fits,
            `${what}: expected a MalformedResponseError, or a ProviderError that is retryable, got ${show(error)}`,
          );
          must(received.length === 1, `${what}: expected one request, the server got ${received.length}`);
        });
      }
    }
  });
}

const scenes: readonly Scene[] = [
  { kind: "cut", text: "They have twenty" },
  { kind: "truncate", text: "They have twenty" },
  { kind: "garbage" },
  { kind: "empty" },
];
