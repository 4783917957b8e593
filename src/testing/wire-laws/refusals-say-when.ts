/**
 * @module
 * Law: what a refusal says in its headers is kept.
 */
import { ProviderError } from "../../core/errors.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Stage } from "../stage.js";

/** How long to wait, in ms, and the id of the request. */
export function refusalsSayWhen(stage: Stage): Law {
  return law("a refusal says how long to wait, and the id of the request", async () => {
    const scene = {
      kind: "refuse",
      status: 429,
      message: "slow down",
      requestId: "req-abc-1",
      retryAfterSeconds: 7,
    } as const;
    await stage([scene], async ({ model }) => {
      const outcome = await outcomeOf(model, { messages: [{ role: "user", content: "Legs?" }] });
      const error = "error" in outcome ? outcome.error : undefined;
      must(ProviderError.is(error), `expected a ProviderError, got ${show(error)}`);
      must(error.retryAfterMs === 7_000, `expected \`retryAfterMs: 7000\`, got ${show(error.retryAfterMs)}`);
      must(error.requestId === "req-abc-1", `expected the id of the request, got ${show(error.requestId)}`);
    });
  });
}
