/**
 * @module
 * Law: the request is never changed.
 */
import type { ModelRequest } from "../../core/model.js";
import { copyWithout, difference } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { answer, type ModelBench } from "../model-bench.js";

/** The request stays as it was, all the way down. */
export function requestIsNotMutated(bench: ModelBench): Law {
  return law("requests are never mutated", async () => {
    const request: ModelRequest = {
      stop: ["###"],
      temperature: 0.5,
      ...bench.request,
      messages: [...bench.request.messages],
    };
    const before = copyWithout(request);
    await answer(bench, { request });
    const found = difference(before, request);
    must(found === undefined, `expected the request to stay as it was, it differs in ${found ?? ""}`);
  });
}
