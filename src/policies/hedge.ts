/**
 * @module
 * Hedge: when a call takes unusually long, a second, equal one is begun, and the first good answer wins.
 */
import { Alarms } from "../core/policy/alarm.js";
import { open, type Call, type OpenCall } from "../core/call.js";
import { InvalidOptionError } from "../core/errors.js";
import type { MullEvent } from "../core/events.js";
import { Latencies } from "../core/policy/latencies.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { checkNumber, checkOptions } from "../core/options.js";
import { race } from "../core/scope.js";
import { spareOf } from "../core/policy/spare-budget.js";
import { wrap } from "../core/wrap.js";

/** Options of {@link hedge}. */
export interface HedgeOptions {
  /** When to begin the second call, in ms on the run's clock: from 0 to 2,147,483,647. In place of `percentile`. @defaultValue learned from the calls so far */
  readonly afterMs?: number | undefined;
  /** Which part of the calls is to be done by then: from 0.5 to 1, of the last 200 calls of this model. @defaultValue 0.95 */
  readonly percentile?: number | undefined;
}

/**
 * Begins a second, equal call when the first takes longer than usual; the first good answer wins, and the other call is given up. How long
 * the calls of each model took outlives a call.
 *
 * Shape: response in, the same response out.
 * Cost: at most twice that of the model beneath, in the mean `1 - percentile` more. The loser is in `usage.cancelled`, and counts against the budget.
 * Before 20 calls of a model are known there is no second call, unless `afterMs` is given. If one of both fails, the other is waited for; if both
 * do, or the first fails before there is a second, the error of the first is thrown: asking again is for `retry`. A second call for which the budget has no room at
 * once is not made. Words of the first call are told as they come, those of the second only if it wins; then a `hedge` event stands before them: words streamed before it are void.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @see Dean & Barroso, "The Tail at Scale", CACM 56(2), 2013, "Within request short-term adaptations" (hedged requests, deferred to the 95th percentile)
 * @example
 * const prompt = stack(model, timeout(60_000), hedge(), retry());
 */
export function hedge(options: HedgeOptions = {}): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  checkOptions("hedge", options, ["afterMs", "percentile"]);
  const { afterMs: fixed, percentile = 0.95 } = options;
  if (fixed !== undefined) {
    checkNumber("hedge", "afterMs", fixed, 0, longestMs);
    if (options.percentile !== undefined) {
      throw new InvalidOptionError("hedge", "percentile", "absent where there is afterMs", options.percentile);
    }
  }
  checkNumber("hedge", "percentile", percentile, 0.5, 1);
  const known = new Map<string, Latencies>();
  const alarms = new Alarms();

  return <R extends ModelResponse>(next: Model<R>): Model<R> => {
    const latencies = known.get(next.id) ?? new Latencies();
    known.set(next.id, latencies);

    return wrap(
      "hedge",
      next,
      async (request, call): Promise<R> => {
        const began = call.clock.now();
        const tookMs = (): number => call.clock.now() - began;
        const usualMs = latencies.quantile(percentile);
        // A millisecond more than usual: a model that always takes the same time would be asked twice each time.
        const afterMs = fixed ?? (usualMs === undefined ? undefined : usualMs + 1);
        if (afterMs === undefined) {
          const response = await next.generate(request, call);
          if (isReal(response)) latencies.add(tookMs());
          return response;
        }
        const first = new Contender(next, request, call);
        const alarm = alarms.set(call.clock, afterMs);
        const contenders = [first];
        try {
          await race(call, () => Promise.race([first.over, alarm.rung]));
          if (first.end === undefined && call.budget.left.calls >= 1) {
            contenders.push(new Contender(next, request, call, afterMs));
          }
          for (;;) {
            const winner = contenders.find(({ response }) => response !== undefined);
            if (winner?.response !== undefined) {
              // It is not known how long a first call that was given up would have taken, but that it is among the slow.
              if (winner === first ? isReal(winner.response) : first.end === undefined) latencies.add(tookMs());
              if (winner !== first) first.close();
              winner.win();
              return winner.response;
            }
            const running = contenders.filter(({ end }) => end === undefined);
            if (running.length === 0) throw (first.end as { readonly error: unknown }).error;
            await race(call, () => Promise.race(running.map(({ over }) => over)));
          }
        } catch (error) {
          if (call.scope.aborted && first.end === undefined && tookMs() >= afterMs) latencies.add(tookMs());
          throw error;
        } finally {
          alarm.leave();
          for (const contender of contenders) contender.close();
        }
      },
      {
        outline: {
          detail: fixed === undefined ? `p${Number((100 * percentile).toFixed(2))}` : `after ${fixed} ms`,
          cost: (inner, inputTokens) => {
            const { calls, tokens } = inner(inputTokens);
            return { calls: 2 * calls, tokens: 2 * tokens };
          },
        },
      },
    );
  };
}

/** What a timer can hold. */
const longestMs = 2 ** 31 - 1;

/** Did a model answer, and not a cache beneath? */
function isReal({ usage }: ModelResponse): boolean {
  return usage.calls > 0 || usage.outputTokens !== 0;
}

/** One of two equal calls. */
class Contender<R extends ModelResponse> {
  /** How it ended, once it has. */
  end: { readonly response: R } | { readonly error: unknown } | undefined;
  readonly over: Promise<void>;
  private readonly _part: OpenCall;
  private readonly _call: Call;
  private readonly _afterMs: number | undefined;
  /** What the second call told since its first event that is no start, while it is not known who wins. */
  private _kept: MullEvent[] | undefined;

  /** @param afterMs - of the second call, how long the first had been waited for */
  constructor(next: Model<R>, request: ModelRequest, call: Call, afterMs?: number) {
    this._call = call;
    this._afterMs = afterMs;
    const second = afterMs !== undefined;
    if (second) this._kept = [];
    this._part = open(call, "", {
      ...(second && { budget: spareOf(call.budget) }),
      ...(second && call.listening && { onEvent: (event) => this._hear(event) }),
    });
    const ask = async (): Promise<R> => next.generate(request, this._part.call);
    this.over = ask().then(
      (response) => {
        this.end = { response };
      },
      (error: unknown) => {
        this.end = { error };
        this._lose();
      },
    );
  }

  get response(): R | undefined {
    return this.end !== undefined && "response" in this.end ? this.end.response : undefined;
  }

  /** Of a second call: tells that it has won, and what was kept. */
  win(): void {
    const { _call: call, _kept: kept = [], _afterMs: afterMs } = this;
    if (afterMs === undefined) return;
    this._kept = undefined;
    if (call.listening) call.emit({ type: "hedge", path: call.path, afterMs });
    for (const event of kept) call.emit(event);
  }

  /** Gives it up, if it is not over. */
  close(): void {
    this._lose();
    this._part.close();
  }

  /** Nobody will need its words. */
  private _lose(): void {
    const kept = this._kept ?? [];
    this._kept = undefined;
    for (const event of kept) if (event.type !== "delta") this._call.emit(event);
  }

  private _hear(event: MullEvent): void {
    if (this._kept === undefined) {
      if (event.type !== "delta") this._call.emit(event);
    } else if (event.type === "start" && this._kept.length === 0) this._call.emit(event);
    else this._kept.push(event);
  }
}
