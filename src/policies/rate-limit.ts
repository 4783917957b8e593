/**
 * @module
 * Rate limit: no more requests and tokens in a minute, and no more calls at once, than the provider allows.
 */
import type { Clock } from "../core/clock.js";
import { InvalidOptionError, ProviderError } from "../core/errors.js";
import { estimateTokens } from "../core/estimate.js";
import { Limiter, type LimiterLimits } from "../core/policy/limiter.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import type { Outline } from "../core/outline.js";
import type { Usage } from "../core/usage.js";
import { wrap } from "../core/wrap.js";

/** Options of {@link rateLimit}. Without any, only the pause after a refusal is shared. */
export interface RateLimitOptions {
  /** Requests begun in any 60 s: whole, at least 1. @defaultValue no limit */
  readonly requestsPerMinute?: number | undefined;
  /** Tokens, read and written, of the requests begun in any 60 s: whole, at least 1. @defaultValue no limit */
  readonly tokensPerMinute?: number | undefined;
  /** Calls in flight: whole, at least 1. @defaultValue no limit */
  readonly concurrency?: number | undefined;
  /**
   * The pause after a refusal that does not say how long to wait, in ms; doubles with every further one in a row, up to a minute.
   * From 1 to 60,000. @defaultValue 1,000
   */
  readonly cooldownMs?: number | undefined;
}

/**
 * Lets calls begin only as fast as the provider allows. What it counts outlives a call: all calls of all models to which one `rateLimit(…)` is applied share it.
 *
 * Shape: response in, the same response out.
 * Cost: none of its own, but time.
 * In any window of 60 s (open at its start) no more than so many requests and tokens begin; at no time more than `concurrency` are in flight. Who comes first begins first:
 * a large request is not overtaken by small ones. A call counts from its start with what it may take, and with what it took as soon as that is
 * known: requests that became part of another, or were never sent, are given back. A request that may need more tokens than a whole minute has waits for an empty minute, and goes
 * alone. After a refusal (status 429, or any error that says how long to wait) nobody begins before one common pause is over; the refused
 * call itself fails: put `retry` above. An abort, and the end of the budget's time, end the wait at once. A `wait` event tells who waited, how long and what for.
 *
 * @throws {@link InvalidOptionError} when the stack is built, also where the same one stands beneath already: it would wait for itself
 * @example
 * const limited = stack(model, rateLimit({ requestsPerMinute: 500, tokensPerMinute: 200_000 }), retry());
 */
export function rateLimit(options: RateLimitOptions = {}): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  const limits = checkLimits(options);
  // Times of two clocks cannot be compared, so each has a minute of its own. Outside of tests there is one.
  const limiters = new WeakMap<Clock, Limiter>();
  const limiterOf = (clock: Clock): Limiter => {
    let limiter = limiters.get(clock);
    if (limiter === undefined) limiters.set(clock, (limiter = new Limiter(clock, limits)));
    return limiter;
  };
  const habits = new Map<string, Habit>();
  const mine = new WeakSet<Outline>();

  return <R extends ModelResponse>(next: Model<R>): Model<R> => {
    if (holdsAny(next, mine)) {
      throw new InvalidOptionError("rateLimit", "a model", "one that it does not limit already", next.id);
    }
    const habit: Habit = habits.get(next.id) ?? { inputRatio: 1, outputTokens: 0 };
    habits.set(next.id, habit);

    const model = wrap(
      "rateLimit",
      next,
      async (request, call): Promise<R> => {
        const came = call.clock.now();
        const need = estimate(request, habit);
        const entered = limiterOf(call.clock).enter(call.scope, need);
        const slot = entered instanceof Promise ? await entered : entered;
        let free = false;
        try {
          // It may have been given up in the moment in which its turn came.
          if (call.scope.aborted) throw call.scope.reason;
          if (slot.held !== undefined && call.listening) {
            call.emit({ type: "wait", path: call.path, ms: call.clock.now() - came, reason: slot.held });
          }
          const response = await next.generate(request, call);
          slot.succeed();
          learn(habit, request, response);
          return response;
        } catch (error) {
          if (ProviderError.is(error) && !call.scope.aborted) {
            const { status, retryAfterMs = -1 } = error;
            const told = retryAfterMs >= 0 ? retryAfterMs : undefined;
            if (status === 429 || told !== undefined) slot.refuse(told);
            // A provider that answers with an error bills nothing.
            free = status !== undefined;
          }
          throw error;
        } finally {
          const { usage } = call;
          slot.leave(requestsOf(usage), tokensOf(usage, free) ?? need);
        }
      },
      { outline: { detail: describe(options) } },
    );
    if (model.outline !== undefined) mine.add(model.outline);
    return model;
  };
}

function checkLimits(options: RateLimitOptions): LimiterLimits {
  checkOptions("rateLimit", options, ["requestsPerMinute", "tokensPerMinute", "concurrency", "cooldownMs"]);
  const { requestsPerMinute, tokensPerMinute, concurrency, cooldownMs = 1_000 } = options;
  for (const [name, value] of Object.entries({ requestsPerMinute, tokensPerMinute, concurrency })) {
    if (value !== undefined) checkInteger("rateLimit", name, value, 1);
  }
  checkNumber("rateLimit", "cooldownMs", cooldownMs, 1, 60_000);
  return {
    requests: requestsPerMinute ?? Infinity,
    tokens: tokensPerMinute ?? Infinity,
    concurrency: concurrency ?? Infinity,
    cooldownMs,
  };
}

function describe({ requestsPerMinute, tokensPerMinute, concurrency }: RateLimitOptions): string {
  const parts = [
    requestsPerMinute !== undefined && `${requestsPerMinute} requests/min`,
    tokensPerMinute !== undefined && `${tokensPerMinute} tokens/min`,
    concurrency !== undefined && `${concurrency} at once`,
  ];
  return parts.filter((part) => part !== false).join(", ");
}

/** Does one of these layers stand in the stack? */
function holdsAny({ outline }: Model, layers: WeakSet<Outline>): boolean {
  return outline !== undefined && (layers.has(outline) || outline.inner.some((inner) => holdsAny(inner, layers)));
}

/** What was learned about a model, leaning high. */
interface Habit {
  /** Real input tokens per estimated one, at least 1. */
  inputRatio: number;
  /** What it usually writes, in tokens; 0 before anything is known. */
  outputTokens: number;
}

/** What a call without an output cap is taken to write before anything is known of its model. */
const firstOutput = 1024;

/** The tokens a call may take. */
function estimate(request: ModelRequest, { inputRatio, outputTokens }: Habit): number {
  return Math.ceil(estimateTokens(request) * inputRatio + (request.maxOutputTokens ?? (outputTokens || firstOutput)));
}

function learn(habit: Habit, request: ModelRequest, { usage }: ModelResponse): void {
  const { calls, inputTokens, outputTokens } = usage;
  if (calls === 1 && inputTokens !== undefined) {
    habit.inputRatio = Math.max(1, lean(habit.inputRatio, inputTokens / estimateTokens(request)));
  }
  if (outputTokens !== undefined && outputTokens > 0) habit.outputTokens = lean(habit.outputTokens, outputTokens);
}

/** More is learned at once, less slowly. */
function lean(known: number, now: number): number {
  return Math.max(now, 0.9 * known + 0.1 * now);
}

/** Requests that were sent, whatever became of them. */
function requestsOf({ calls, failed, cancelled }: Usage): number {
  return calls + (failed?.calls ?? 0) + (cancelled?.calls ?? 0);
}

/** Tokens of all of them, where they are known. */
function tokensOf({ failed, cancelled, ...finished }: Usage, free: boolean): number | undefined {
  let sum = 0;
  for (const spend of [finished, free ? undefined : failed, cancelled]) {
    if (spend === undefined) continue;
    const { inputTokens, outputTokens } = spend;
    if (inputTokens === undefined || outputTokens === undefined) return undefined;
    sum += inputTokens + outputTokens;
  }
  return sum;
}
