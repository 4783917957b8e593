/**
 * @module
 * Law: the output cap is obeyed.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { attempt, type ModelBench } from "../model-bench.js";

/** With `maxOutputTokens` the model writes no more, thoughts included. A figure that the model does not tell cannot be looked at. */
export function outputCapIsObeyed(bench: ModelBench): Law {
  return law("the output cap is obeyed", async () => {
    const { done } = await attempt(bench, { request: { ...bench.request, maxOutputTokens: cap } });
    const outcome = await done;
    if ("error" in outcome) {
      // The cap may end the writing before the answer begins.
      must(MalformedResponseError.is(outcome.error), `expected a response, got ${show(outcome.error)}`);
      return;
    }
    const { outputTokens = 0 } = outcome.response.usage;
    must(outputTokens <= cap, `expected at most ${cap} tokens to be written, got ${outputTokens}`);
  });
}

/** The least that all providers take. */
const cap = 16;
