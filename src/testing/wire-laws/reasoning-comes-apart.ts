/**
 * @module
 * Law: a thought is no answer.
 */
import type { DeltaEvent, MullEvent } from "../../core/events.js";
import { responseOf } from "../bench.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Stage } from "../stage.js";

/** Reasoning stands in `reasoning`, not in `text`; streamed, it comes first, as reasoning. */
export function reasoningComesApart(stage: Stage): Law {
  return law("reasoning arrives apart from the text, streamed or not", async () => {
    const usage = { inputTokens: 5, cachedInputTokens: 0, outputTokens: 20, reasoningTokens: 8 };
    await stage([{ kind: "reply", replies: [{ text, reasoning }], usage }], async ({ model }) => {
      for (const listens of [false, true]) {
        const events: MullEvent[] = [];
        const options = listens ? { onEvent: (event: MullEvent) => events.push(event) } : {};
        const response = responseOf(
          await outcomeOf(model, { messages: [{ role: "user", content: "Legs?" }] }, options),
        );
        const how = listens ? "with a listener" : "without a listener";
        must(response.text === text, `expected the text ${show(text)} ${how}, got ${show(response.text)}`);
        must(
          response.reasoning === reasoning,
          `expected the reasoning ${show(reasoning)} ${how}, got ${show(response.reasoning)}`,
        );
        if (!listens) continue;
        const deltas = events.filter((event): event is DeltaEvent => event.type === "delta");
        const thought = deltas.map((delta) => delta.reasoning ?? "").join("");
        must(
          thought === reasoning,
          `expected the deltas to join to the reasoning ${show(reasoning)}, got ${show(thought)}`,
        );
        const early =
          deltas.findIndex((delta) => delta.text !== undefined) >
          deltas.findLastIndex((delta) => delta.reasoning !== undefined);
        must(early, "expected the reasoning before the text");
        must(
          deltas.every((delta) => delta.reasoning === undefined || !delta.output),
          "expected reasoning off the output path",
        );
      }
    });
  });
}

const reasoning = "Eight legs each.\nThree times eight is 24.";
const text = "They have 24 legs.";
