/**
 * @module
 * Retry: asks again after a failure that may pass.
 */
import {
  BudgetExceededError,
  CallTimeoutError,
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
} from "../core/errors.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { sleep } from "../core/scope.js";
import { wrap } from "../core/wrap.js";

/** Options of {@link retry}. */
export interface RetryOptions {
  /** How often to ask, the first time included: whole, at least 1. @defaultValue 3 */
  readonly attempts?: number | undefined;
  /** The longest wait after the first failure, in ms; doubles with each further one. From 0 to 2,147,483,647. @defaultValue 500 */
  readonly baseMs?: number | undefined;
  /** The longest wait of all, in ms: from 0 to 2,147,483,647. @defaultValue 30,000 */
  readonly maxMs?: number | undefined;
  /**
   * Is this failure worth another attempt? Never asked about an abort, a spent budget, an invalid option or a missing capability.
   * @defaultValue a retryable {@link ProviderError}, a {@link MalformedResponseError}, a {@link CallTimeoutError}
   */
  readonly retryIf?: ((error: unknown) => boolean) | undefined;
}

/**
 * Asks again after a failure that may pass, after a wait that grows and is random, so that calls that failed together do not come back together.
 *
 * Shape: response in, the same response out.
 * Cost: at most `attempts` calls of the model beneath; failed ones are in `usage.failed`.
 * The k-th wait is drawn evenly from 0 to `baseMs · 2^(k-1)`, but at most `maxMs`, by the run's seed. When the provider says how long to
 * wait, the random part comes on top of that, within `maxMs`; asked for more than `maxMs`, the error is thrown at once. An abort
 * or the end of the budget's time ends the wait. Every repetition is told by a `retry` event: words streamed before it are void. Put it
 * beneath a sampler: above one it asks for all samples again, and a narrower no longer draws them one by one.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws the last error, as it came
 * @see Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015 ("full jitter"). Deviation: the server's wish is a minimum.
 * @example
 * const sturdy = stack(model, timeout(60_000), retry({ attempts: 5 })); // each attempt has a minute
 */
export function retry(options: RetryOptions = {}): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  checkOptions("retry", options, ["attempts", "baseMs", "maxMs", "retryIf"]);
  const { attempts = 3, baseMs = 500, maxMs = 30_000, retryIf = mayPass } = options;
  checkInteger("retry", "attempts", attempts, 1);
  checkNumber("retry", "baseMs", baseMs, 0, longestMs);
  checkNumber("retry", "maxMs", maxMs, 0, longestMs);
  if (typeof retryIf !== "function")
    throw new InvalidOptionError("retry", "retryIf", "a function of an error", retryIf);

  return (next) =>
    wrap(
      "retry",
      next,
      async (request, call) => {
        for (let attempt = 1, most = baseMs; ; attempt++, most *= 2) {
          try {
            return await next.generate(request, call);
          } catch (error) {
            const least = (ProviderError.is(error) && error.retryAfterMs) || 0;
            const hopeless = call.scope.aborted || isFinal(error) || least > maxMs;
            if (hopeless || attempt === attempts || !retryIf(error)) throw error;
            const delayMs = least + call.random.integer(Math.min(most, maxMs - least));
            if (call.listening) call.emit({ type: "retry", path: call.path, attempt, delayMs, error });
            await sleep(call, delayMs);
          }
        }
      },
      {
        outline: {
          detail: `attempts = ${attempts}`,
          cost: (inner, inputTokens) => {
            const { calls, tokens } = inner(inputTokens);
            return { calls: attempts * calls, tokens: attempts * tokens };
          },
        },
      },
    );
}

/** What a timer can hold. */
const longestMs = 2 ** 31 - 1;

/** May this pass by itself? */
function mayPass(error: unknown): boolean {
  if (ProviderError.is(error)) return error.retryable;
  return MalformedResponseError.is(error) || CallTimeoutError.is(error);
}

/** Would another attempt end in the same way, whatever anybody says? */
function isFinal(error: unknown): boolean {
  return BudgetExceededError.is(error) || InvalidOptionError.is(error) || CapabilityError.is(error);
}
