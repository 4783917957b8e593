/**
 * @module
 * Law: an aborted call starts nothing.
 */
import { open } from "../../core/call.js";
import type { MullEvent } from "../../core/events.js";
import { noUsage } from "../../core/usage.js";
import { difference, show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { attempt, type ModelBench } from "../model-bench.js";
import { turn } from "../turn.js";

/** A model that is called when all is over sends nothing, tells nothing, spends nothing, and rejects with the reason. */
export function abortedSendsNothing(bench: ModelBench): Law {
  return law("an aborted call starts nothing", async () => {
    const reason = { why: "given up before it began" };
    const events: MullEvent[] = [];
    const before = bench.requests();
    let spent: string | undefined;
    const { done } = await attempt(bench, {
      onEvent: (event) => events.push(event),
      around: async (model, request, call) => {
        const part = open(call, "part");
        part.abort(reason);
        try {
          return await model.generate(request, part.call);
        } finally {
          spent = difference(noUsage, call.usage);
          part.close();
        }
      },
    });
    const outcome = await done;
    await turn();
    must("error" in outcome, "expected the reason of the abort to be thrown, got a response");
    must(outcome.error === reason, `expected the reason of the abort itself, got ${show(outcome.error)}`);
    must(spent === undefined, `expected nothing to be spent, got ${spent ?? ""}`);
    must(events.length === 0, `expected no event, got ${show(events[0])}`);
    const sent = bench.requests() - before;
    must(sent === 0, `expected no request to reach the provider, ${sent} did`);
  });
}
