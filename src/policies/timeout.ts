/**
 * @module
 * Timeout: gives a call up that takes too long.
 */
import { open } from "../core/call.js";
import { CallTimeoutError } from "../core/errors.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkNumber } from "../core/options.js";
import { race } from "../core/scope.js";
import { wrap } from "../core/wrap.js";

/**
 * Gives up what runs beneath when it is not done within `ms`.
 *
 * Shape: response in, the same response out.
 * Cost: none of its own; calls given up are in `usage.cancelled`, and count against the budget.
 * Everything beneath is within the time: waiting for the budget, retries and their waits. So `timeout` beneath `retry` limits each attempt,
 * above it all of them. What strategies beneath had found so far is thrown away; `budget: { ms }` of a run returns it instead.
 * Holds even for models that do not listen to `call.signal`.
 *
 * @param ms - the longest a call may take: from 1 to 2,147,483,647, on the run's clock
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws {@link CallTimeoutError} when the time is over
 * @example
 * const prompt = stack(model, timeout(20_000), retry()); // 20 seconds for each attempt
 */
export function timeout(ms: number): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  checkNumber("timeout", "ms", ms, 1, longestMs);

  return (next) =>
    wrap(
      "timeout",
      next,
      async (request, call) => {
        const inner = open(call, "", { ms, reason: () => new CallTimeoutError(ms) });
        try {
          return await race(inner.call, () => next.generate(request, inner.call));
        } finally {
          inner.close();
        }
      },
      { outline: { detail: `${ms} ms` } },
    );
}

/** What a timer can hold. */
const longestMs = 2 ** 31 - 1;
