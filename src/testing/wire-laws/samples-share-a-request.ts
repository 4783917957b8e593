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

/** Four equal calls are as few requests as `capabilities.n` allows; nothing is lost, and the usage of each request is counted once. */
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
        const most = Math.min(n === true ? 4 : n === false ? 1 : n, 4);
        const expectedRequests = Math.ceil(4 / most);
        const requests = received.length - before;
        must(requests === expectedRequests, `expected ${expectedRequests} requests, the server got ${requests}`);
        const all = samples.map(({ text }) => text);
        const expected = texts.map((_, i) => texts[i % most]);
        must(difference(expected, all) === undefined, `expected the texts ${show(expected)}, got ${show(all)}`);
        const output = expectedRequests * usage.outputTokens;
        must(spent.outputTokens === output, `expected ${output} output tokens in all, got ${show(spent.outputTokens)}`);
      }
    });
  });
}

const texts = ["24", "twenty-four", "22", "two dozen"];
