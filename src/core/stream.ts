/**
 * @module
 * Streaming a run: the same run, told while it goes on.
 */
import type { MullEvent } from "./events.js";
import { feed, type Feed } from "./feed.js";
import type { Model, ModelRequest, ModelResponse } from "./model.js";
import { run, type RunOptions } from "./run.js";

/** The events of a run, and its response. */
export interface EventStream<Out extends ModelResponse> extends Feed<MullEvent, Out> {
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
  const { onEvent } = options;
  return feed<MullEvent, Out>(options, (push, inner) =>
    run(model, prompt, {
      ...inner,
      onEvent: (event) => {
        push(event);
        onEvent?.(event);
      },
    }),
  );
}
