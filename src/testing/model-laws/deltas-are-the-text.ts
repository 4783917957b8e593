/**
 * @module
 * Law: what is told is what happens.
 */
import type { DeltaEvent, MullEvent } from "../../core/events.js";
import { difference, show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { answer, type ModelBench } from "../model-bench.js";
import { pairEvents } from "../pair-events.js";

/** One start, then words that join to the text where there are any, then one end with the usage of the response. */
export function deltasAreTheText(bench: ModelBench): Law {
  return law("its events are a start, the words of the response, and an end", async () => {
    const events: MullEvent[] = [];
    const { text, reasoning = "", usage } = await answer(bench, { onEvent: (event) => events.push(event) });
    const problem = pairEvents(events);
    must(problem === undefined, problem ?? "");
    const [first, last] = [events[0], events.at(-1)];
    must(first?.type === "start", `expected a start event first, got ${show(first)}`);
    must(last?.type === "end", `expected an end event last, got ${show(last)}`);
    const found = difference(usage, last.usage);
    must(
      found === undefined,
      `expected the end event to have the usage of the response, they differ in ${found ?? ""}`,
    );
    const deltas = events.filter((event): event is DeltaEvent => event.type === "delta");
    const words = deltas.map((delta) => delta.text ?? "").join("");
    must(words === "" || words === text, `expected the deltas to join to the text ${show(text)}, got ${show(words)}`);
    const thought = deltas.map((delta) => delta.reasoning ?? "").join("");
    must(
      thought === "" || thought === reasoning,
      `expected the deltas to join to the reasoning ${show(reasoning)}, got ${show(thought)}`,
    );
  });
}
