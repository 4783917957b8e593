/**
 * @module
 * Law: what the server says arrives, whole.
 */
import type { DeltaEvent, MullEvent } from "../../core/events.js";
import type { Usage } from "../../core/usage.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Scene, type Stage } from "../stage.js";
import { responseOf } from "../bench.js";

/** Text, finish reason and usage, with a listener and without; with one, the words come in pieces, before the response. */
export function repliesComeWhole(stage: Stage): Law {
  return law("text, finish reason and usage arrive whole, streamed or not", async () => {
    for (const finishReason of ["stop", "length"] as const) {
      await stage([{ ...scene, replies: [{ text, finishReason }] }], async ({ model, received }) => {
        for (const listens of [false, true]) {
          const how = listens ? "with a listener" : "without a listener";
          const events: MullEvent[] = [];
          const options = listens ? { onEvent: (event: MullEvent) => events.push(event) } : {};
          const response = responseOf(
            await outcomeOf(model, { messages: [{ role: "user", content: "Legs?" }] }, options),
          );
          must(response.text === text, `expected ${show(text)} ${how}, got ${show(response.text)}`);
          const ended = response.finishReason;
          must(ended === finishReason, `expected the finish reason ${show(finishReason)} ${how}, got ${show(ended)}`);
          compare(response.usage, how);
          if (!listens) continue;
          const words = events
            .filter((event): event is DeltaEvent => event.type === "delta")
            .map((event) => event.text ?? "");
          must(words.length > 1, `expected the words in several pieces, got ${words.length}`);
          must(words.join("") === text, `expected the pieces to join to ${show(text)}, got ${show(words.join(""))}`);
        }
        must(received.length === 2, `expected one request for each of two calls, the server got ${received.length}`);
      });
    }
  });
}

const text = "Three spiders have 24 legs: 8 + 8 + 8 — “vierundzwanzig” 🕷.";
const scene = {
  kind: "reply",
  replies: [],
  usage: { inputTokens: 120, cachedInputTokens: 100, outputTokens: 37, reasoningTokens: 11 },
} as const satisfies Scene;

/** A figure that the format has no place for is unknown; one that it has is right. */
function compare(usage: Usage, how: string): void {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = scene.usage;
  for (const name of ["inputTokens", "outputTokens"] as const) {
    const expected = name === "inputTokens" ? inputTokens : outputTokens;
    must(usage[name] === expected, `expected \`usage.${name}\` to be ${expected} ${how}, got ${show(usage[name])}`);
  }
  for (const [name, expected] of Object.entries({ cachedInputTokens, reasoningTokens })) {
    const got = usage[name as keyof Usage];
    must(
      got === expected || got === undefined,
      `expected \`usage.${name}\` to be ${expected}, or undefined where nobody tells, ${how}, got ${show(got)}`,
    );
  }
}
