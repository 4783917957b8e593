/**
 * @module
 * Law: a model keeps nothing from one call to the next.
 */
import type { ModelResponse } from "../../core/model.js";
import { difference } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { answer, type ModelBench } from "../model-bench.js";

/** Used again, and by two at once, the model answers with as many calls and the same input, and with the same words where it honours a seed. */
export function secondUseIsLikeFirst(bench: ModelBench): Law {
  return law("a second use behaves like the first", async () => {
    const model = await bench.make();
    const known = (response: ModelResponse): object => ({
      calls: response.usage.calls,
      inputTokens: response.usage.inputTokens,
      ...(model.capabilities.seed === true && { text: response.text }),
    });
    const first = known(await answer(bench, { model, seed: 1 }));
    const again = [
      await answer(bench, { model, seed: 1 }),
      ...(await Promise.all([answer(bench, { model, seed: 1 }), answer(bench, { model, seed: 1 })])),
    ];
    for (const response of again) {
      const found = difference(first, known(response));
      must(found === undefined, `expected a second use to be like the first, they differ in ${found ?? ""}`);
    }
  });
}
