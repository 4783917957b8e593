/**
 * @module
 * Timeout: gives a call up that takes too long.
 */
import { open } from "../core/call.js";
import { CallTimeoutError, InvalidOptionError } from "../core/errors.js";
import type { MullEvent } from "../core/events.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkNumber, checkOptions } from "../core/options.js";
import { race } from "../core/scope.js";
import { wrap } from "../core/wrap.js";

/** Options of {@link timeout}, at least one. */
export interface TimeoutOptions {
  /** The longest a call may take, in ms: from 1 to 2,147,483,647, on the run's clock. @defaultValue no limit */
  readonly ms?: number | undefined;
  /** The longest until its first word, or its response, in ms: from 1 to 2,147,483,647, on the run's clock. @defaultValue no limit */
  readonly firstTokenMs?: number | undefined;
}

/**
 * Gives up what runs beneath when it is not done within `ms`, or when no word of it came within `firstTokenMs`.
 *
 * Shape: response in, the same response out.
 * Cost: none of its own; calls given up are in `usage.cancelled`, and count against the budget.
 * Everything beneath is within the time: waiting for the budget, retries and their waits. So `timeout` beneath `retry` limits each attempt,
 * above it all of them. What strategies beneath had found so far is thrown away; `budget: { ms }` of a run returns it instead.
 * A word is one of text, of reasoning or of a tool's input. For the first one `firstTokenMs` listens to the events beneath, so that providers stream, and
 * passes them on as they are; a model that does not stream has to be done within it. Holds even for models that do not listen to `call.signal`.
 *
 * @param limits - the longest a call may take, in ms; or {@link TimeoutOptions}
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws {@link CallTimeoutError} when the time is over; its `limit` says which
 * @example
 * const prompt = stack(model, timeout({ ms: 120_000, firstTokenMs: 5_000 }), retry()); // for each attempt
 */
export function timeout(limits: number | TimeoutOptions): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  const { ms, firstTokenMs } = checkLimits(limits);

  return (next) =>
    wrap(
      "timeout",
      next,
      async (request, call) => {
        let silent: unknown;
        const heard = (): void => {
          if (silent !== undefined) call.clock.clearTimeout(silent);
          silent = undefined;
        };
        const onEvent = (event: MullEvent): void => {
          if (silent !== undefined && isWord(event)) heard();
          call.emit(event);
        };
        const inner = open(call, "", {
          ms,
          reason: () => new CallTimeoutError(ms ?? 0),
          ...(firstTokenMs !== undefined && { onEvent }),
        });
        if (firstTokenMs !== undefined) {
          silent = call.clock.setTimeout(() => inner.abort(silence(firstTokenMs)), firstTokenMs);
        }
        try {
          return await race(inner.call, () => next.generate(request, inner.call));
        } finally {
          heard();
          inner.close();
        }
      },
      { outline: { detail: describe(ms, firstTokenMs) } },
    );
}

/** What a timer can hold. */
const longestMs = 2 ** 31 - 1;

function checkLimits(limits: number | TimeoutOptions): TimeoutOptions {
  if (typeof limits !== "object") return { ms: checkNumber("timeout", "ms", limits, 1, longestMs) };
  checkOptions("timeout", limits, ["ms", "firstTokenMs"]);
  const { ms, firstTokenMs } = limits;
  if (ms === undefined && firstTokenMs === undefined) {
    throw new InvalidOptionError("timeout", "ms or firstTokenMs", "given", undefined);
  }
  if (ms !== undefined) checkNumber("timeout", "ms", ms, 1, longestMs);
  if (firstTokenMs !== undefined) checkNumber("timeout", "firstTokenMs", firstTokenMs, 1, longestMs);
  return { ms, firstTokenMs };
}

/** Does the event tell some words? */
function isWord(event: MullEvent): boolean {
  if (event.type !== "delta") return false;
  const { text, reasoning, toolInput } = event;
  // Not `??`: some providers begin with an empty text.
  return Boolean(text) || Boolean(reasoning) || Boolean(toolInput);
}

function silence(ms: number): CallTimeoutError {
  return new CallTimeoutError(ms, `no word came within ${ms} ms`, "firstTokenMs");
}

function describe(ms: number | undefined, firstTokenMs: number | undefined): string {
  const first = firstTokenMs === undefined ? "" : `first token ${firstTokenMs} ms`;
  return ms === undefined ? first : first === "" ? `${ms} ms` : `${ms} ms, ${first}`;
}
