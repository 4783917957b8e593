/**
 * @module
 * Feed: what a run gives out while it goes on, for a loop to read. Leaving the loop gives the run up.
 */
import type { RunOptions } from "./run.js";
import { follow } from "./signal.js";

/** Items of a run in the order they came, to be looped over once, and its response. */
export interface Feed<T, Out> extends AsyncIterable<T> {
  readonly response: Promise<Out>;
}

/**
 * Begins a run that gives out items. A failing run ends the loop with its error. Items that nobody reads are kept until the feed is dropped.
 *
 * @param begin - begins the run with the options it gets, whose signal aborts when the loop is left; gives items out by `push`
 */
export function feed<T, Out>(
  options: RunOptions,
  begin: (push: (item: T) => void, options: RunOptions) => Promise<Out>,
): Feed<T, Out> {
  const { signal } = options;
  const controller = new AbortController();
  if (signal?.aborted) controller.abort(signal.reason);
  const unfollow = signal && follow(signal, controller);

  let queue: T[] = [];
  let head = 0;
  let over = false;
  let failure: { error: unknown } | undefined;
  let left = false;
  let wakes: (() => void)[] = [];
  const wake = (): void => {
    const waiting = wakes;
    wakes = [];
    for (const go of waiting) go();
  };
  const push = (item: T): void => {
    if (!over) queue.push(item);
    if (wakes.length > 0) wake();
  };
  const response = begin(push, { ...options, signal: controller.signal });
  const end = (): void => {
    over = true;
    unfollow?.();
    wake();
  };
  response.then(end, (error: unknown) => {
    if (!left) failure = { error };
    end();
  });

  const next = async (): Promise<IteratorResult<T, undefined>> => {
    for (;;) {
      if (head < queue.length) {
        const value = queue[head++] as T;
        if (head > 1024 && head * 2 > queue.length) {
          queue = queue.slice(head);
          head = 0;
        }
        return { value, done: false };
      }
      if (over) {
        if (failure === undefined) return { value: undefined, done: true };
        const { error } = failure;
        failure = undefined;
        throw error;
      }
      await new Promise<void>((resolve) => wakes.push(resolve));
    }
  };
  return {
    response,
    [Symbol.asyncIterator]: () => ({
      next,
      return: () => {
        over = left = true;
        failure = undefined;
        queue = [];
        head = 0;
        controller.abort(new DOMException("the stream was left", "AbortError"));
        return Promise.resolve({ value: undefined, done: true });
      },
    }),
  };
}
