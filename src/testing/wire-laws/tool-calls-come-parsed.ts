/**
 * @module
 * Law: tools go out and calls come in.
 */
import { turnOf } from "../../core/conversation.js";
import type { DeltaEvent, MullEvent } from "../../core/events.js";
import type { ModelRequest } from "../../core/model.js";
import { responseOf } from "../bench.js";
import { difference, show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Stage } from "../stage.js";

/** The tool's name and schema reach the server; two calls come back with parsed arguments; calls and results can be sent back. */
export function toolCallsComeParsed(stage: Stage): Law {
  return law("tool calls arrive parsed, streamed or not, and can be answered", async () => {
    const usage = { inputTokens: 50, cachedInputTokens: 0, outputTokens: 20, reasoningTokens: 0 };
    const calls = { kind: "reply", replies: [{ text: "", toolCalls }], usage } as const;
    const answer = { kind: "reply", replies: [{ text: "Snow there, sun here." }], usage } as const;
    for (const listens of [false, true]) {
      await stage([calls, answer], async ({ model, received }) => {
        const events: MullEvent[] = [];
        const options = listens ? { onEvent: (event: MullEvent) => events.push(event) } : {};
        const first = responseOf(await outcomeOf(model, request, options));
        const how = listens ? "with a listener" : "without a listener";
        must(
          first.finishReason === "tool-calls",
          `expected the finish reason "tool-calls" ${how}, got ${show(first.finishReason)}`,
        );
        const got = first.toolCalls?.map(({ name, input }) => ({ name, input }));
        const problem = difference(
          toolCalls.map(({ name, input }) => ({ name, input })),
          got,
        );
        must(
          problem === undefined,
          `expected the tool calls ${show(toolCalls)} ${how}, they differ in ${problem ?? ""}`,
        );
        const ids = new Set(first.toolCalls?.map(({ id }) => id));
        must(ids.size === 2 && !ids.has(""), `expected an id of its own for each call ${how}, got ${show([...ids])}`);
        const sent = received[0]?.body ?? "";
        for (const word of ["weather_of_town", "town_name"])
          must(sent.includes(word), `expected ${show(word)} in the request`);
        if (listens) {
          const input = events.map((event) => (event as DeltaEvent).toolInput ?? "").join("");
          must(input.includes("Uppsala"), `expected the arguments as deltas (\`toolInput\`), got ${show(input)}`);
        }
        const results = (first.toolCalls ?? []).map(({ id, name }, i) => ({
          type: "tool-result" as const,
          id,
          name,
          output: i === 0 ? { sky: "snow in flakes" } : "plain sun",
        }));
        const second = responseOf(
          await outcomeOf(model, {
            ...request,
            messages: [...request.messages, turnOf(first), { role: "tool", content: results }],
          }),
        );
        must(
          second.text === "Snow there, sun here.",
          `expected the answer after the results, got ${show(second.text)}`,
        );
        for (const word of ["snow in flakes", "plain sun", "Uppsala"]) {
          must(received[1]?.body.includes(word) === true, `expected ${show(word)} in the request with the results`);
        }
      });
    }
  });
}

const toolCalls = [
  { id: "call_a", name: "weather_of_town", input: { town_name: "Uppsala", days: 2 } },
  { id: "call_b", name: "weather_of_town", input: { town_name: "Cádiz" } },
];
const request: ModelRequest = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "The weather in Uppsala and Cádiz?" },
  ],
  tools: [
    {
      name: "weather_of_town",
      description: "The weather of a town.",
      inputSchema: {
        type: "object",
        properties: { town_name: { type: "string" }, days: { type: "integer" } },
        required: ["town_name"],
      },
    },
  ],
};
