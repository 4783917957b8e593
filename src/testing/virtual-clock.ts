/**
 * @module
 * A clock that is moved by hand.
 */
import type { Clock } from "../core/clock.js";
import { turn } from "./turn.js";

/** Time that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  /** Timers that were set, and neither ran nor were cleared. */
  readonly pending: number;
  /** Moves on by `ms`: timers that are due run in the order of their time, and all promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Moves on until no timer is left. */
  runAll(): Promise<void>;
  /** Moves on until `promise` is settled, and no further; gives its value, or throws its error. */
  until<T>(promise: PromiseLike<T>): Promise<T>;
}

/**
 * Makes a clock that starts at 0 and is moved by hand, so that no test waits and every order of events is the same each time.
 *
 * Shape: a {@link Clock} for `run(model, prompt, { clock })`. Timers of one moment run in the order in which they were set.
 * Cost: no real time, but for one turn of the event loop per timer, in which promises settle.
 * Promises that wait for anything but its timers (a socket, a file) are not waited for.
 *
 * @throws Error from `until`, when no timer is left that could settle the promise
 * @throws Error from `runAll` and `until`, when 100,000 timers ran and there is no end
 * @example
 * const clock = virtualClock();
 * const { text } = await clock.until(run(scripted(["slow"], { latencyMs: 60_000 }), "…", { clock }));
 * clock.now(); // 60000
 */
export function virtualClock(): VirtualClock {
  let now = 0;
  let timers: Timer[] = [];

  const due = (limit: number): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.at <= limit && timer.at !== Infinity && (first === undefined || timer.at < first.at)) first = timer;
    }
    return first;
  };
  const ring = async (timer: Timer): Promise<void> => {
    timers = timers.filter((other) => other !== timer);
    now = timer.at;
    timer.callback();
    await turn();
  };
  const runWhile = async (goOn: () => boolean): Promise<void> => {
    await turn();
    for (let rang = 0; goOn(); rang++) {
      const timer = due(Infinity);
      if (timer === undefined) return;
      if (rang === mostTimers) {
        throw new Error(`${mostTimers.toLocaleString("en-US")} timers ran, and more were set: is there an end?`);
      }
      await ring(timer);
    }
  };

  return {
    now: () => now,
    setTimeout: (callback, ms) => {
      const timer: Timer = { at: now + (ms > 0 ? ms : 0), callback };
      timers.push(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      timers = timers.filter((other) => other !== timer);
    },
    get pending() {
      return timers.length;
    },
    advance: async (ms) => {
      const end = now + ms;
      await turn();
      for (let timer = due(end); timer !== undefined; timer = due(end)) await ring(timer);
      now = Math.max(now, end);
    },
    runAll: () => runWhile(() => true),
    until: async (promise) => {
      let settled = false;
      const end = (): void => {
        settled = true;
      };
      promise.then(end, end);
      await runWhile(() => !settled);

      if (!settled) {
        throw new Error("expected the promise to settle, but no timer of this clock is left that could do it");
      }
      return promise;
    },
  };
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

const mostTimers = 100_000;
