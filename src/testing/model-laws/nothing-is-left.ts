/**
 * @module
 * Law: what ended is gone.
 */
import { CallNode } from "../../core/call.js";
import { systemClock, type Clock } from "../../core/clock.js";
import { law, must, type Law } from "../law.js";
import { attempt, type ModelBench } from "../model-bench.js";
import { turn } from "../turn.js";
import { WatchedScope } from "../watched-scope.js";

/** A tick after a model has answered or been given up, it has no timer on the clock, and hangs on nothing of its caller's. */
export function nothingIsLeft(bench: ModelBench): Law {
  return law("nothing stays behind: no timer, nothing on the scope", async () => {
    await look(bench, false);
    await look(bench, true);
  });
}

async function look(bench: ModelBench, abort: boolean): Promise<void> {
  const timers = new Set<unknown>();
  let members = 0;
  const { done } = await attempt(bench, {
    clock: countingClock(timers),
    around: async (model, request, call) => {
      must(call instanceof CallNode, "expected a call made by `run`");
      const watched = new WatchedScope(call.scope);
      try {
        const response = model.generate(request, call.inside(watched, "watched", {}));
        if (abort) watched.abort({ why: "given up" });
        return await response;
      } finally {
        await turn();
        members = watched.members;
        watched.close();
      }
    },
  });
  await done;
  await turn();
  const after = abort ? "an abort" : "an answer";
  must(timers.size === 0, `expected no timer after ${after}, found ${timers.size}`);
  must(members === 0, `expected nothing on call.scope after ${after}, found ${members}`);
}

/** The computer's clock; `timers` are those that were set, and neither ran nor were cleared. */
function countingClock(timers: Set<unknown>): Clock {
  return {
    now: () => systemClock.now(),
    setTimeout: (callback, ms) => {
      const timer = systemClock.setTimeout(() => {
        timers.delete(timer);
        callback();
      }, ms);
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      timers.delete(timer);
      systemClock.clearTimeout(timer);
    },
  };
}
