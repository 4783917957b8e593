/**
 * @module
 * Law: what ended is gone.
 */
import { CallNode } from "../../core/call.js";
import { ProviderError } from "../../core/errors.js";
import { Random } from "../../core/random.js";
import { begin, succeed, type Bench } from "../bench.js";
import { law, must, type Law } from "../law.js";
import { WatchedScope } from "../watched-scope.js";

/** A tick after a layer has answered, failed or been given up, it has no call in flight, no timer, and no listener on the caller. */
export function nothingStaysBehind(bench: Bench): Law {
  return law("nothing stays behind: no call, no timer, no listener", async () => {
    const { clock, witness } = await succeed(bench);
    const ms = clock.now();
    const calls = witness.requests.length;
    const random = new Random(1);
    await look(bench, "an answer", {});
    for (let i = 0; i < 5; i++) await look(bench, "an abort", { abortMs: random.next() * ms });
    await look(bench, "an error in every call", { failing: () => true });
    for (let k = 0; k < Math.min(calls, 5); k++) {
      await look(bench, `an error in call ${k}`, { failing: (index) => index === k });
    }
  });
}

interface Fate {
  readonly abortMs?: number;
  readonly failing?: (index: number) => boolean;
}

async function look(bench: Bench, fate: string, { abortMs, failing }: Fate): Promise<void> {
  let scope: WatchedScope | undefined;
  let reached = (): void => undefined;
  let goOn = (): void => undefined;
  const end = new Promise<void>((resolve) => (reached = resolve));
  const looked = new Promise<void>((resolve) => (goOn = resolve));
  const trial = begin(bench, {
    replies: (request, call, index) =>
      failing?.(index) === true ? new ProviderError("to fail", { status: 503 }) : bench.replies(request, call, index),
    around: async (model, request, call) => {
      const watched = (scope = new WatchedScope(call.scope));
      must(call instanceof CallNode, "expected a call made by `run`");
      const inner = call.inside(watched, "watched", {});
      const timer =
        abortMs === undefined ? undefined : call.clock.setTimeout(() => watched.abort({ why: "given up" }), abortMs);
      try {
        return await model.generate(request, inner);
      } finally {
        call.clock.clearTimeout(timer);
        reached();
        await looked;
        watched.close();
      }
    },
  });
  try {
    await trial.clock.until(end);
    const { clock, witness } = trial;
    must(witness.inFlight === 0, `expected no call in flight after ${fate}, found ${witness.inFlight}`);
    must(clock.pending === 0, `expected no timer after ${fate}, found ${clock.pending}`);
    const { members = 0, listeners = 0 } = scope ?? {};
    must(listeners === 0, `expected no listener on call.signal after ${fate}, found ${listeners}`);
    must(members === 0, `expected nothing on call.scope after ${fate}, found ${members}`);
  } finally {
    goOn();
    await trial.clock.until(trial.done);
  }
}
