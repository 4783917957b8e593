/**
 * @module
 * Streaming a run: the same run, told while it goes on.
 */
import type { MullEvent } from "./events.js";
import type { Model, ModelRequest, ModelResponse } from "./model.js";
import { run, type RunOptions } from "./run.js";
import { follow } from "./signal.js";

/** The events of a run, and its response. */
export interface EventStream<Out extends ModelResponse> extends AsyncIterable<MullEvent> {
  /** The same promise `run` would give. */
  readonly response: Promise<Out>;
}

/**
 * Runs a model and yields its events as they happen. Leaving the loop gives the run up.
 *
 * Shape: prompt or request in; an async iterable of {@link MullEvent} out, read once, with the promise of the response beside it.
 * Cost: that of {@link run}.
 * A failing run ends the loop with its error. Events that nobody reads are kept until the stream is dropped.
 *
 * @example
 * const events = stream(model, "Why is the sky blue?");
 * for await (const event of events) if (event.type === "delta" && event.output) process.stdout.write(event.text ?? "");
 * const { usage } = await events.response;
 */
export function stream<Out extends ModelResponse>(
  model: Model<Out>,
  prompt: string | ModelRequest,
  options: RunOptions = {},
): EventStream<Out> {
  const { signal, onEvent } = options;
  const controller = new AbortController();
  if (signal?.aborted) controller.abort(signal.reason);
  const unfollow = signal && follow(signal, controller);

  let queue: MullEvent[] = [];
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
  const response = run(model, prompt, {
    ...options,
    signal: controller.signal,
    onEvent: (event) => {
      if (!over) queue.push(event);
      if (wakes.length > 0) wake();
      onEvent?.(event);
    },
  });
  const end = (): void => {
    over = true;
    unfollow?.();
    wake();
  };
  response.then(end, (error: unknown) => {
    if (!left) failure = { error };
    end();
  });

  const next = async (): Promise<IteratorResult<MullEvent, undefined>> => {
    for (;;) {
      if (head < queue.length) {
        const value = queue[head++] as MullEvent;
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
