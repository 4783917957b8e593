/**
 * @module
 * Tools: what a model may call, and what then happens. `tool()` makes them, `toolLoop` runs them.
 */
import type { Call } from "./call.js";
import type { ToolDescription } from "./model.js";
import type { StandardResult } from "./standard-schema.js";

/** A tool that can be run. */
export interface Tool extends ToolDescription {
  /** Checks the arguments as the model wrote them; what comes out goes to `execute`. Must not throw. */
  parse(input: unknown): StandardResult<unknown> | Promise<StandardResult<unknown>>;
  /**
   * Does it, and returns what the model is told: a text, anything JSON can hold, or a `ToolOutput` where that is not all. It should end when
   * `call.signal` aborts, but nobody waits for it then. Models are called through `call`, so that budget and trace hold.
   */
  execute(input: unknown, call: Call): unknown;
  /**
   * Does it change something outside: send, pay, write, delete? Then the same call is made once in a run, however often it is asked for, and is never
   * tried again. @defaultValue `false`
   */
  readonly effect?: boolean | undefined;
  /** The longest that `execute` may take, in ms on the run's clock: at least 1; `Infinity` for no limit. @defaultValue that of whoever runs it */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first, where it throws: whole, at least 0; none for an `effect`. @defaultValue that of whoever runs it */
  readonly retries?: number | undefined;
  /** Characters of a result that the model gets to read: whole, at least 1, or `Infinity`. @defaultValue that of whoever runs it */
  readonly maxResult?: number | undefined;
}
