/**
 * @module
 * Law: errors from beneath are handled, or come through.
 */
import { ProviderError } from "../../core/errors.js";
import { finish, succeed, type Bench } from "../bench.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { turn } from "../turn.js";

/** A failing model beneath ends in a response, or in its error or one that has it as its cause; no rejection is left unhandled. */
export function failuresComeThrough(bench: Bench): Law {
  return law("a failure beneath is handled, or comes through", async () => {
    const { witness } = await succeed(bench);
    const calls = Math.min(witness.requests.length, 4);
    for (const make of failures) {
      const error = make();
      await fail(bench, error, "every call", () => true);
      for (let k = 0; k < calls; k++) await fail(bench, error, `call ${k}`, (index) => index === k);
    }
  });
}

const secret = "to-fail-83521";
const failures: readonly (() => Error)[] = [
  () => new Error(secret),
  () => new ProviderError(secret, { status: 503 }),
  () => new ProviderError(secret, { status: 400 }),
];

async function fail(bench: Bench, error: Error, which: string, failing: (index: number) => boolean): Promise<void> {
  const unhandled = await rejectionsDuring(async () => {
    const { outcome, clock } = await finish(bench, {
      replies: (request, call, index) => (failing(index) ? error : bench.replies(request, call, index)),
    });
    await clock.runAll();
    const when = `when ${which} fails with ${show(error)}`;
    if ("response" in outcome) {
      must(!outcome.response.text.includes(secret), `expected no text of an error in the answer ${when}`);
    } else {
      must(
        stemsFrom(outcome.error, error),
        `expected a response or the error itself ${when}, got ${show(outcome.error)}`,
      );
    }
  });
  must(
    unhandled === 0,
    `expected every rejection to be handled when ${which} fails with ${show(error)}, ${unhandled} were not`,
  );
}

/** Is it this error, or does it name it as a cause? */
function stemsFrom(thrown: unknown, error: Error): boolean {
  if (thrown === error) return true;
  if (thrown instanceof AggregateError && thrown.errors.some((one) => stemsFrom(one, error))) return true;
  return thrown instanceof Error && thrown.cause !== undefined && stemsFrom(thrown.cause, error);
}

/** How many rejections nobody handled. Those that come from elsewhere are counted, too. */
async function rejectionsDuring(action: () => Promise<void>): Promise<number> {
  let count = 0;
  const onRejection = (): void => {
    count++;
  };
  const { process, addEventListener, removeEventListener } = globalThis as Realm;
  process?.on("unhandledRejection", onRejection);
  addEventListener?.("unhandledrejection", onRejection);
  try {
    await action();
    await turn();
    await turn();
  } finally {
    process?.off("unhandledRejection", onRejection);
    removeEventListener?.("unhandledrejection", onRejection);
  }
  return count;
}

/** Where rejections are told: by the process of Node, or by the window of a browser. */
interface Realm {
  readonly process?: {
    on(name: string, listener: () => void): unknown;
    off(name: string, listener: () => void): unknown;
  };
  readonly addEventListener?: (name: string, listener: () => void) => void;
  readonly removeEventListener?: (name: string, listener: () => void) => void;
}
