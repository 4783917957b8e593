/**
 * @module
 * Time, as an argument: deadlines, timeouts and back-off wait on it, and tests move it by hand.
 */

/** Where time comes from. `run({ clock })` takes one; `mull/testing` has one that is moved by hand. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** A timer set for longer than 24.8 days would fire at once. */
const longestMs = 2 ** 31 - 1;

/** The computer's own. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, Math.min(ms, longestMs)),
  clearTimeout: (timer) => {
    clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};
