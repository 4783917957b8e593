/**
 * @module
 * Law: what starts in a trace also ends there.
 */
import { ProviderError } from "../../core/errors.js";
import type { MullEvent } from "../../core/events.js";
import { finish, type Bench } from "../bench.js";
import { law, must, type Law } from "../law.js";
import { pairEvents } from "../pair-events.js";
import { turn } from "../turn.js";

/** Whether it answers, fails or is given up: every `start` event is followed by one `end` or `error` of the same path, and no path starts twice. */
export function everyStartHasItsEnd(bench: Bench): Law {
  return law("every start event has its end", async () => {
    await look(bench, false);
    await look(bench, true);
    await look(bench, false, 10);
  });
}

async function look(bench: Bench, failing: boolean, abortMs?: number): Promise<void> {
  const events: MullEvent[] = [];
  const controller = new AbortController();
  const { clock } = await finish(bench, {
    signal: controller.signal,
    replies: (request, call, index) =>
      failing && index % 2 === 0 ? new ProviderError("to fail", { status: 503 }) : bench.replies(request, call, index),
    onStart: (_, call) => {
      if (abortMs !== undefined) call.clock.setTimeout(() => controller.abort(), abortMs);
    },
    onEvent: (event) => events.push(event),
  });
  await clock.runAll();
  await turn();
  const problem = pairEvents(events);
  must(problem === undefined, problem ?? "");
}
