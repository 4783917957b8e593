/**
 * @module
 * Law: what comes in is never changed.
 */
import type { ModelRequest, ModelResponse } from "../../core/model.js";
import { succeed, type Bench } from "../bench.js";
import { copyWithout, difference } from "../difference.js";
import { law, must, type Law } from "../law.js";

/** Requests from above and responses from beneath stay as they were. */
export function nothingIsMutated(bench: Bench): Law {
  return law("requests and responses are never mutated", async () => {
    const request: ModelRequest = { stop: ["###"], providerOptions: { beneath: { list: [1, 2] } }, ...bench.request };
    const asked = copyWithout(request);
    const given: { readonly response: ModelResponse; readonly copy: unknown }[] = [];
    await succeed(
      {
        ...bench,
        layer: (model) =>
          bench.layer({
            ...model,
            generate: async (...args) => {
              const response: ModelResponse = { warnings: [], ...(await model.generate(...args)) };
              given.push({ response, copy: copyWithout(response) });
              return response;
            },
          }),
      },
      { request },
    );
    const changed = difference(asked, request);
    must(changed === undefined, `expected the request to stay as it was, it differs in ${changed ?? ""}`);
    for (const { response, copy } of given) {
      const found = difference(copy, response);
      must(
        found === undefined,
        `expected the responses from beneath to stay as they were, one differs in ${found ?? ""}`,
      );
    }
  });
}
