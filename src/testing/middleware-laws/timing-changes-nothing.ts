/**
 * @module
 * Law: the same seed and the same replies give the same result, whatever the timing.
 */
import type { MullEvent } from "../../core/events.js";
import { succeed, type Bench } from "../bench.js";
import { copyWithout, difference } from "../difference.js";
import { law, must, type Law } from "../law.js";

/** However long the calls take, response and order of events are the same; times and usage, of calls given up, may differ. */
export function timingChangesNothing(bench: Bench): Law {
  return law("the same seed and replies give the same result and order of events, whatever the timing", async () => {
    for (const seed of [1, 2, 3]) {
      const first = await use(bench, seed, 0);
      for (let timing = 1; timing <= 8; timing++) {
        const found = difference(first, await use(bench, seed, timing));
        must(
          found === undefined,
          `expected the same whatever the timing, two runs differ in ${found ?? ""} (seed ${seed})`,
        );
      }
    }
  });
}

async function use(bench: Bench, seed: number, timing: number): Promise<unknown> {
  const events: MullEvent[] = [];
  const { response } = await succeed(bench, { seed, timing, onEvent: (event) => events.push(event) });
  return copyWithout({ response, events }, ["usage", "ms"]);
}
