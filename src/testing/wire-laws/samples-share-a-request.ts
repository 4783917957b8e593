/**
 * @module
 * Law: several completions of one prompt.
 */
import type { ModelResponse } from "../../core/model.js";
import { sample } from "../../core/sample.js";
import { wrap } from "../../core/wrap.js";
import { difference, show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { responseOf } from "../bench.js";
import { outcomeOf, type Stage } from "../stage.js";

/** Four equal calls are one request where `capabilities.n` says so, else four; nothing is lost, and the usage is counted once. */
export function samplesShareARequest(stage: Stage): Law {
  return law("four samples are one request where the model has n, else four", async () => {
    const usage = { inputTokens: 10, cachedInputTokens: 0, outputTokens: 40, reasoningTokens: 0 };
    await stage([{ kind: "reply", replies: texts.map((text) => ({ text })), usage }], async ({ model, received }) => {
      for (const options of [{}, { onEvent: () => undefined }]) {
        const before = received.length;
        const samples: ModelResponse[] = [];
        const four = wrap("four", model, async (request, call) => {
          for await (const one of sample(model, request, call, { n: 4 })) samples.push(one);
          return samples[0] as ModelResponse;
        });
        const { usage: spent } = responseOf(
          await outcomeOf(four, { messages: [{ role: "user", content: "Legs?" }] }, options),
        );
        const { n = false } = model.capabilities;
        const shared = n === true || (typeof n === "number" && n >= 4);
        const requests = received.length - before;
        must(requests === (shared ? 1 : 4), `expected ${shared ? 1 : 4} requests, the server got ${requests}`);
        const all = samples.map(({ text }) => text);
        const expected = shared ? texts : texts.map(() => texts[0]);
        must(difference(expected, all) === undefined, `expected the texts ${show(expected)}, got ${show(all)}`);
        const output = (shared ? 1 : 4) * usage.outputTokens;
        must(spent.outputTokens === output, `expected ${output} output tokens in all, got ${show(spent.outputTokens)}`);
      }
    });
  });
}

const texts = ["24", "twenty-four", "22", "two dozen"];
