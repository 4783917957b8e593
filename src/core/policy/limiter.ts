/**
 * @module
 * A limiter: who may begin now, and who waits. State that outlives a call on purpose: the last minute, the calls in flight, and the queue.
 */
import type { Clock } from "../clock.js";
import type { WaitEvent } from "../events.js";
import type { Abortable, Scope } from "../scope.js";

/** What is limited; `Infinity` where it is not. */
export interface LimiterLimits {
  /** Requests begun in any minute. */
  readonly requests: number;
  /** Tokens of the requests begun in any minute. */
  readonly tokens: number;
  /** Calls in flight. */
  readonly concurrency: number;
  /** The first pause after a refusal that does not say how long to wait, in ms; doubles with every further one in a row. */
  readonly cooldownMs: number;
}

/** A call that has begun. It counts for a minute from its start. */
export interface Slot {
  /** What was last in the way; `undefined` where it began at once. */
  readonly held: WaitEvent["reason"] | undefined;
  /** Ends the call: from now on it counts what it really took. */
  leave(requests: number, tokens: number): void;
  /** Tells that the provider wants nobody to come for a while. To be called before {@link leave}. */
  refuse(retryAfterMs: number | undefined): void;
  /** Tells that the provider is served well again. */
  succeed(): void;
}

/** A window is open at its start: what began exactly a minute ago is no longer in it. */
const windowMs = 60_000;
const longestCooldownMs = 60_000;

/** Lets calls begin in the order in which they come, one clock's time long. Nobody overtakes, so nobody starves. */
export class Limiter {
  private readonly _clock: Clock;
  private readonly _limits: LimiterLimits;
  /** Those that began in the last minute, oldest first. */
  private readonly _log: Started[] = [];
  private readonly _queue: Waiter[] = [];
  private _inWindow = { requests: 0, tokens: 0 };
  private _running = 0;
  private _timer: unknown;
  /** What was last in the way of the one who waits longest. */
  private _held: WaitEvent["reason"] | undefined;
  private _coolUntil = -Infinity;
  /** Refusals in a row. Calls that were in flight together are refused together, and count once. */
  private _refusals = 0;
  private _wave = 0;

  constructor(clock: Clock, limits: LimiterLimits) {
    this._clock = clock;
    this._limits = limits;
  }

  /** Begins now, or as soon as all who came before have begun and there is room. What is too large for the whole minute waits for an empty one. */
  enter(scope: Scope, wanted: number): Slot | Promise<Slot> {
    const tokens = Math.min(wanted, this._limits.tokens);
    // A timer may be late: those whose time has come begin before anybody else.
    if (this._queue.length > 0) this._go();
    if (this._queue.length === 0 && this._obstacle(tokens) === undefined) return this._begin(tokens, undefined);
    return new Promise<Slot>((resolve, reject) => {
      const waiter: Waiter = {
        tokens,
        begin: () => {
          scope.remove(waiter);
          resolve(this._begin(tokens, this._held));
        },
        abort: (reason) => {
          this._queue.splice(this._queue.indexOf(waiter), 1);
          reject(reason);
          this._go();
        },
      };
      this._queue.push(waiter);
      scope.add(waiter);
      if (this._queue[0] === waiter) this._go();
    });
  }

  private _begin(tokens: number, held: WaitEvent["reason"] | undefined): Slot {
    const started: Started = { at: this._clock.now(), requests: 1, tokens, counts: true };
    const wave = this._wave;
    this._running++;
    this._log.push(started);
    this._count(started, 1);
    return {
      held,
      leave: (requests, used) => {
        this._running--;
        this._forget();
        if (started.counts) {
          this._count(started, -1);
          started.requests = requests;
          started.tokens = used;
          this._count(started, 1);
        }
        this._go();
      },
      refuse: (retryAfterMs) => {
        if (wave === this._wave) {
          this._wave++;
          const growing = Math.min(this._limits.cooldownMs * 2 ** this._refusals++, longestCooldownMs);
          this._cool(retryAfterMs ?? growing);
        } else if (retryAfterMs !== undefined) this._cool(retryAfterMs);
      },
      succeed: () => {
        if (wave === this._wave) this._refusals = 0;
      },
    };
  }

  private _cool(ms: number): void {
    this._coolUntil = Math.max(this._coolUntil, this._clock.now() + ms);
  }

  /** Lets begin who may, in order; sets the one timer for the next. */
  private _go(): void {
    for (let head = this._queue[0]; head !== undefined; head = this._queue[0]) {
      const obstacle = this._obstacle(head.tokens);
      if (obstacle !== undefined) {
        this._held = obstacle;
        break;
      }
      this._queue.shift();
      head.begin();
    }
    if (this._timer !== undefined) this._clock.clearTimeout(this._timer);
    this._timer = undefined;
    const [head] = this._queue;
    // Without a place among those in flight no time will help: whoever leaves calls again.
    if (head === undefined || this._running >= this._limits.concurrency) return;
    const at = Math.max(this._coolUntil, this._roomAt("requests", 1), this._roomAt("tokens", head.tokens));
    this._timer = this._clock.setTimeout(() => {
      this._timer = undefined;
      this._go();
    }, at - this._clock.now());
  }

  /** What keeps a call from beginning now. */
  private _obstacle(tokens: number): WaitEvent["reason"] | undefined {
    this._forget();
    const { requests, concurrency } = this._limits;
    if (this._clock.now() < this._coolUntil) return "cooldown";
    if (this._running >= concurrency) return "concurrency";
    if (this._inWindow.requests + 1 > requests) return "requests";
    return this._inWindow.tokens + tokens > this._limits.tokens ? "tokens" : undefined;
  }

  /** When enough of what is counted now will have left the window. */
  private _roomAt(figure: "requests" | "tokens", needed: number): number {
    let over = this._inWindow[figure] + needed - this._limits[figure];
    if (!(over > 0)) return -Infinity;
    for (const started of this._log) {
      over -= started[figure];
      if (over <= 0) return started.at + windowMs;
    }
    return -Infinity;
  }

  /** Takes out what began a minute ago. */
  private _forget(): void {
    const now = this._clock.now();
    let gone = 0;
    for (const started of this._log) {
      if (started.at + windowMs > now) break;
      this._count(started, -1);
      started.counts = false;
      gone++;
    }
    if (gone > 0) this._log.splice(0, gone);
  }

  private _count({ requests, tokens }: Started, sign: number): void {
    this._inWindow.requests += sign * requests;
    this._inWindow.tokens += sign * tokens;
  }
}

interface Started {
  readonly at: number;
  requests: number;
  tokens: number;
  /** Is it in the window? */
  counts: boolean;
}

interface Waiter extends Abortable {
  readonly tokens: number;
  begin(): void;
}
