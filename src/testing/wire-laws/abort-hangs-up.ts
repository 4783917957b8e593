/**
 * @module
 * Law: who leaves is not served.
 */
import { show } from "../difference.js";
import { systemClock } from "../../core/clock.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Stage } from "../stage.js";

/** An abort in the middle of a stream, or while nothing comes, rejects with its reason, and the server sees the client leave. */
export function abortHangsUp(stage: Stage): Law {
  return law("an abort mid-stream rejects with its reason and closes the connection", async () => {
    for (const listens of [true, false]) {
      await stage([{ kind: "hang", text: "They have" }], async ({ model, received }) => {
        const controller = new AbortController();
        const reason = { why: "the caller left" };
        let begun = (): void => undefined;
        const words = new Promise<void>((resolve) => (begun = resolve));
        const options = {
          signal: controller.signal,
          ...(listens && { onEvent: ({ type }: { readonly type: string }) => type === "delta" && begun() }),
        };
        const asked = outcomeOf(model, { messages: [{ role: "user", content: "Legs?" }] }, options);
        const arrived = async (): Promise<void> => {
          while (received.length === 0) await new Promise<void>((resolve) => systemClock.setTimeout(resolve, 1));
        };
        await Promise.race([listens ? words : arrived(), asked]);
        controller.abort(reason);
        const outcome = await asked;
        const got = "error" in outcome ? show(outcome.error) : "a response";
        must("error" in outcome && outcome.error === reason, `expected the reason of the abort, got ${got}`);
        must(received.length === 1, `expected one request, the server got ${received.length}`);
        await received[0]?.closed;
      });
    }
  });
}
