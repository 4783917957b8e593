/**
 * @module
 * Law: what is not text goes, too.
 */
import { responseOf } from "../bench.js";
import { law, must, type Law } from "../law.js";
import { outcomeOf, type Stage } from "../stage.js";

/** A picture in the user's turn, as bytes and as base64, reaches the server. */
export function picturesPassThrough(stage: Stage): Law {
  return law("a picture reaches the provider", async () => {
    const usage = { inputTokens: 50, cachedInputTokens: 0, outputTokens: 20, reasoningTokens: 0 };
    await stage([{ kind: "reply", replies: [{ text: "A spider." }], usage }], async ({ model, received }) => {
      for (const data of [new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 1, 2, 3]), base64]) {
        const content = [
          { type: "text", text: "What is this?" },
          { type: "file", mediaType: "image/png", data },
        ] as const;
        responseOf(await outcomeOf(model, { messages: [{ role: "user", content }] }));
        must(
          received.at(-1)?.body.includes(base64) === true,
          "expected the bytes of the picture in the request, as base64",
        );
      }
    });
  });
}

const base64 = "iVBORw0KGgoBAgM=";
