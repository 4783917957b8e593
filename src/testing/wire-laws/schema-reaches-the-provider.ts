/**
 * @module
 * Law: an answer in a format.
 */
import { responseOf } from "../bench.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Stage } from "../stage.js";

/** The schema stands in the request; the answer is the JSON text. */
export function schemaReachesTheProvider(stage: Stage): Law {
  return law("a schema reaches the provider, and its answer is the text", async () => {
    const usage = { inputTokens: 50, cachedInputTokens: 0, outputTokens: 20, reasoningTokens: 0 };
    await stage([{ kind: "reply", replies: [{ text }], usage }], async ({ model, received }) => {
      const jsonSchema = {
        type: "object",
        properties: { legs_in_all: { type: "integer" } },
        required: ["legs_in_all"],
        additionalProperties: false,
      };
      for (const options of [{}, { onEvent: () => undefined }]) {
        const response = responseOf(
          await outcomeOf(
            model,
            { messages: [{ role: "user", content: "Legs?" }], schema: { name: "legs", jsonSchema } },
            options,
          ),
        );
        must(response.text === text, `expected ${show(text)}, got ${show(response.text)}`);
      }
      for (const { body } of received) must(body.includes("legs_in_all"), "expected the schema in the request");
    });
  });
}

const text = '{"legs_in_all":24}';
