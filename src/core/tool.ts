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
   * Does it, and returns what the model is told: a text, or anything JSON can hold. It should end when `call.signal` aborts, but
   * nobody waits for it then. Models are called through `call`, so that budget and trace hold.
   */
  execute(input: unknown, call: Call): unknown;
}
