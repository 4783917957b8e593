/**
 * @module
 * Law: who listens changes nothing.
 */
import type { MullEvent } from "../../core/events.js";
import type { ModelResponse } from "../../core/model.js";
import { succeed, type Bench } from "../bench.js";
import { difference } from "../difference.js";
import { law, must, type Law } from "../law.js";

/** With a listener, without one, and with one that throws at every event, the response is the same. */
export function listeningChangesNothing(bench: Bench): Law {
  return law("a listener changes nothing, even if it throws", async () => {
    for (const seed of [1, 2]) {
      const without = await use(bench, seed, undefined);
      for (const [kind, onEvent] of listeners) {
        const found = difference(without, await use(bench, seed, onEvent));
        must(
          found === undefined,
          `expected the same without a listener and with ${kind}, they differ in ${found ?? ""}`,
        );
      }
    }
  });
}

const listeners: readonly (readonly [kind: string, onEvent: (event: MullEvent) => void])[] = [
  ["one", () => undefined],
  [
    "one that throws",
    () => {
      throw new Error("a listener that throws");
    },
  ],
];

/** The response, but for what `run` says about the listener. */
async function use(
  bench: Bench,
  seed: number,
  onEvent: ((event: MullEvent) => void) | undefined,
): Promise<ModelResponse> {
  const { response } = await succeed(bench, { seed, ...(onEvent && { onEvent }) });
  const { warnings = [], ...rest } = response;
  const others = warnings.filter(({ code }) => code !== "listener");
  return others.length === 0 ? rest : { ...rest, warnings: others };
}
