/**
 * @module
 * Law: a layer keeps nothing from one call to the next.
 */
import type { MullEvent } from "../../core/events.js";
import { begin, build, responseOf, type Bench, type Subject } from "../bench.js";
import { difference } from "../difference.js";
import { law, must, type Law } from "../law.js";

/** One layer, used again and used by two at once, does what a new one does. */
export function secondUseBehavesLikeFirst(bench: Bench): Law {
  return law("a second use behaves like the first", async () => {
    const used = build(bench);
    for (const seed of [1, 2, 1]) {
      const found = difference(await use(bench, seed), await use(bench, seed, used));
      must(found === undefined, `expected a used layer to do what a new one does, they differ in ${found ?? ""}`);
    }
    const alone = [await use(bench, 1), await use(bench, 2)];
    const found = difference(alone, await Promise.all([use(bench, 1, used), use(bench, 2, used)]));
    must(found === undefined, `expected two uses at once to be like each alone, they differ in ${found ?? ""}`);
  });
}

async function use(bench: Bench, seed: number, subject?: Subject): Promise<object> {
  const events: MullEvent[] = [];
  const { clock, done } = begin(bench, { seed, onEvent: (event) => events.push(event), ...(subject && { subject }) });
  return { response: responseOf(await clock.until(done)), events };
}
