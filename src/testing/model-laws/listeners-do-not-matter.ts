/**
 * @module
 * Law: a listener changes nothing.
 */
import { difference } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { answer, type ModelBench } from "../model-bench.js";

/** The model answers in the same form when nobody listens, and when a listener throws at every event. */
export function listenersDoNotMatter(bench: ModelBench): Law {
  return law("a listener changes nothing, even if it throws", async () => {
    const alone = await answer(bench, { seed: 1 });
    const heard = await answer(bench, {
      seed: 1,
      onEvent: () => {
        throw new Error("a listener that throws");
      },
    });
    const { seed } = (await bench.make()).capabilities;
    const found =
      seed === true
        ? difference(alone.text, heard.text, "text")
        : difference(typeof alone.reasoning, typeof heard.reasoning, "type of reasoning");
    must(
      found === undefined,
      `expected the same without a listener and with one that throws, they differ in ${found ?? ""}`,
    );
  });
}
