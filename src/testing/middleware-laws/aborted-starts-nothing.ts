/**
 * @module
 * Law: an aborted call starts nothing.
 */
import { open } from "../../core/call.js";
import { finish, type Bench } from "../bench.js";
import { law, must, type Law } from "../law.js";
import { show } from "../difference.js";

/** A layer that is called when all is over calls nothing, and rejects with the reason. */
export function abortedStartsNothing(bench: Bench): Law {
  return law("an aborted call starts nothing", async () => {
    const reason = { why: "given up before it began" };
    const { outcome, witness } = await finish(bench, {
      timing: 0,
      around: async (model, request, call) => {
        const part = open(call, "part");
        part.abort(reason);
        try {
          return await model.generate(request, part.call);
        } finally {
          part.close();
        }
      },
    });
    const calls = witness.requests.length;
    must(calls === 0, `expected no call of the model beneath, ${calls} came`);
    must("error" in outcome, "expected the reason of the abort to be thrown, got a response");
    must(outcome.error === reason, `expected the reason of the abort itself, got ${show(outcome.error)}`);
  });
}
