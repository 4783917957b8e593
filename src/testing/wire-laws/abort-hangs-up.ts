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
        must(await soon(received[0]?.closed), "expected the server to see the client leave, the connection stays open");
      });
    }
  });
}

/** Does it happen before long? */
async function soon(event: Promise<unknown> | undefined): Promise<boolean> {
  let timer: unknown;
  const late = new Promise<boolean>((resolve) => (timer = systemClock.setTimeout(() => resolve(false), patienceMs)));
  try {
    return await Promise.race([Promise.resolve(event).then(() => true), late]);
  } finally {
    systemClock.clearTimeout(timer);
  }
}

/** A client that leaves does so within milliseconds; one that does not, never. */
const patienceMs = 2_000;
