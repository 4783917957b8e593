/**
 * @module
 * Law: the same seed gives the same words.
 */
import { difference } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { answer, type ModelBench } from "../model-bench.js";

/** A model whose capabilities say that it honours a seed writes the same words with the same one. */
export function sameSeedSameWords(bench: ModelBench): Law {
  return law("the same seed gives the same words, where capabilities say so", async () => {
    const { capabilities } = await bench.make();
    if (capabilities.seed !== true) return;
    for (const seed of [1, 2]) {
      const [first, second] = [await answer(bench, { seed }), await answer(bench, { seed })];
      const found = difference(first.text, second.text, "text");
      must(found === undefined, `expected the same words with seed ${seed} twice, they differ in ${found ?? ""}`);
    }
  });
}
