/**
 * @module
 * Budgets: state that outlives a call on purpose. Before a call its worst case is reserved, afterwards the truth is settled, in one
 * synchronous step each, so that any number of calls in flight never exceed the limit.
 */
import {
  add,
  figures,
  largest,
  leastOutput,
  nothing,
  type Amount,
  type BudgetLimits,
  type Habit,
  type Need,
  type Reservation,
  type Waiter,
} from "./amounts.js";
import { BudgetExceededError, InvalidOptionError } from "./errors.js";
import { checkInteger, checkNumber, checkOptions } from "./options.js";
import type { Scope } from "./scope.js";

/** A share kept back for a last call. */
export interface Hold {
  /** Reservations made on this budget may use the share. */
  readonly budget: Budget;
  /** Keeps another amount back instead, or as much of it as is left. */
  resize(amount: Partial<Amount>): void;
  /** Gives back what was not used. Twice is once. */
  release(): void;
}

/** A budget. `run` makes one from limits; make it yourself to share it between runs. */
export class Budget {
  readonly limits: BudgetLimits;
  private readonly _parent: Budget | undefined;
  private readonly _root: Budget;
  private readonly _credit: Amount | undefined;
  private readonly _spent: Amount = nothing();
  private readonly _reserved: Amount = nothing();
  private readonly _held: Amount = nothing();
  private _inFlight = 0;
  private _waiting: Waiter[] = [];
  private readonly _habits = new Map<string, Habit>();
  /** Is nothing limited here or around? Then nothing is reserved. */
  readonly unlimited: boolean;

  /** @throws {@link InvalidOptionError} for a limit that is not positive, and for an unknown one */
  constructor(limits: BudgetLimits = {}, parent?: Budget, credit?: Amount) {
    checkOptions("budget", limits, [...figures, "ms"]);
    for (const name of ["calls", "tokens", "outputTokens"] as const) {
      const value = limits[name];
      if (value !== undefined && value !== Infinity) checkInteger("budget", name, value, 1);
    }
    for (const name of ["usd", "ms"] as const) {
      const value = limits[name];
      if (value === undefined) continue;
      checkNumber("budget", name, value, 0);
      if (value === 0) throw new InvalidOptionError("budget", name, "a number above 0", value);
    }
    this.limits = limits;
    this._parent = parent;
    // Where nothing is limited around, there is nothing to share.
    this._root = parent === undefined || parent.unlimited ? this : parent._root;
    this._credit = credit;
    this.unlimited =
      (parent?.unlimited ?? true) &&
      credit === undefined &&
      figures.every((name) => (limits[name] ?? Infinity) === Infinity);
  }

  /** Spent and settled. 0 where nothing is limited: then nothing is counted here; see `response.usage`. */
  get spent(): Readonly<Amount> {
    return { ...this._spent };
  }

  /** Reserved by calls in flight. */
  get reserved(): Readonly<Amount> {
    return { ...this._reserved };
  }

  /** What a new call could still reserve, `Infinity` where nothing is limited. */
  get left(): Readonly<Amount> {
    const left = nothing();
    for (const name of figures) left[name] = Math.max(0, this._available(name));
    return left;
  }

  /** Is this limited, here or around? */
  limitsFigure(name: keyof Amount): boolean {
    return (this.limits[name] ?? Infinity) !== Infinity || (this._parent?.limitsFigure(name) ?? false);
  }

  /** Is this the other budget, or one within it? */
  within(other: Budget): boolean {
    return this === other || (this._parent?.within(other) ?? false);
  }

  /** A budget within this one: it never takes more than this one has. */
  child(limits: Omit<BudgetLimits, "ms">): Budget {
    return new Budget(limits, this);
  }

  /** Keeps `amount` back from every other reservation, or as much of it as is left. */
  hold(amount: Partial<Amount>): Hold {
    const credit = nothing();
    const resize = (wanted: Partial<Amount>): void => {
      const change = nothing();
      let shrinks = false;
      for (const name of figures) {
        const most = Math.max(0, this._available(name)) + credit[name];
        change[name] = Math.max(0, Math.min(wanted[name] ?? 0, most)) - credit[name];
        shrinks ||= change[name] < 0;
      }
      const more = nothing();
      for (const name of figures) more[name] = Math.max(0, change[name]);
      this._takeHeld(more);
      add(credit, change, 1);
      this._keep(change, 1);
      if (shrinks) this._root._wake();
    };
    resize(amount);
    return {
      budget: new Budget({}, this, credit),
      resize,
      release: () => {
        resize(nothing());
      },
    };
  }

  /** What is known about a model; shared by the whole tree of budgets. */
  habit(model: string): Habit {
    const habits = this._root._habits;
    let habit = habits.get(model);
    if (habit === undefined) habits.set(model, (habit = { inputRatio: 1, outputTokens: 0 }));
    return habit;
  }

  /**
   * Reserves the worst case of a call. If it does not fit, waits while calls in flight may still give back; if nothing is in
   * flight, lowers the output cap to what is left.
   *
   * @throws {@link BudgetExceededError} when nothing useful is left
   */
  reserve(need: Need, scope: Scope): Reservation | Promise<Reservation> {
    const now = this._root._waiting.length === 0 ? this._try(need) : undefined;
    if (now !== undefined) return now;
    return new Promise<Reservation>((resolve, reject) => {
      const waiting = this._root._waiting;
      const waiter: Waiter = {
        attempt: () => {
          try {
            const granted = this._try(need);
            if (granted === undefined) return false;
            scope.remove(waiter);
            resolve(granted);
          } catch (error) {
            scope.remove(waiter);
            reject(error);
          }
          return true;
        },
        abort: (reason) => {
          const index = waiting.indexOf(waiter);
          if (index >= 0) waiting.splice(index, 1);
          reject(reason);
        },
      };
      waiting.push(waiter);
      scope.add(waiter);
      if (this._root._inFlight === 0) this._root._wake();
    });
  }

  /** A reservation; `undefined` to wait. */
  private _try(need: Need): Reservation | undefined {
    const { inputTokens } = need;
    // What cannot grow by waiting comes first: the budgets in which nothing is in flight.
    let cap = need.outputTokens;
    const { leastTokens: least = Math.min(leastOutput, cap), usualTokens = cap } = need;
    if (this._available("calls", true) < 1) throw this._exceeded("calls", 1);
    const output = this._available("outputTokens", true);
    if (output < least) throw this._exceeded("outputTokens", least);
    const room = Math.min(output, this._available("tokens", true) - inputTokens);
    if (room < least) throw this._exceeded("tokens", inputTokens + least);
    cap = Math.min(cap, Math.floor(room));
    const usd = this._available("usd", true);
    if (usd !== Infinity) {
      const affordable = (tokens: number): boolean => need.price(inputTokens, tokens) <= usd;
      if (!affordable(least)) throw this._exceeded("usd", need.price(inputTokens, least));
      if (!affordable(cap)) cap = largest(least, cap, affordable);
    }
    if (this._fits(need, cap)) return this._grant(need, cap);
    return usualTokens < cap && this._fits(need, usualTokens) ? this._grant(need, usualTokens) : undefined;
  }

  private _fits({ inputTokens, price }: Need, cap: number): boolean {
    const usd = this._available("usd");
    return (
      this._available("calls") >= 1 &&
      this._available("tokens") >= inputTokens + cap &&
      this._available("outputTokens") >= cap &&
      (usd === Infinity || usd >= price(inputTokens, cap))
    );
  }

  private _grant(need: Need, cap: number): Reservation {
    const worst: Amount = {
      calls: 1,
      tokens: need.inputTokens + cap,
      outputTokens: cap,
      usd: need.price(need.inputTokens, cap),
    };
    // What was held back becomes what is reserved.
    this._takeHeld({ ...worst });
    for (let b: Budget | undefined = this; b !== undefined; b = b._parent) {
      add(b._reserved, worst, 1);
      b._inFlight++;
    }
    let settled = false;
    return {
      outputTokens: cap,
      settle: (spent) => {
        if (settled) return;
        settled = true;
        const output = spent.outputTokens ?? cap;
        const truth: Amount = {
          calls: spent.calls,
          tokens: (spent.inputTokens ?? need.inputTokens) + output,
          outputTokens: output,
          usd: spent.usd ?? worst.usd,
        };
        for (let b: Budget | undefined = this; b !== undefined; b = b._parent) {
          add(b._reserved, worst, -1);
          b._inFlight--;
          if (b._inFlight === 0) Object.assign(b._reserved, nothing()); // no rounding dust in usd
          add(b._spent, truth, 1);
        }
        this._root._wake();
      },
    };
  }

  /** What is left, in all budgets around or only in those that have nothing in flight. */
  private _available(name: keyof Amount, idle: boolean = false): number {
    let credit = 0;
    let available = Infinity;
    for (let b: Budget | undefined = this; b !== undefined; b = b._parent) {
      const limit = b.limits[name] ?? Infinity;
      if (limit !== Infinity && !(idle && b._inFlight > 0)) {
        available = Math.min(available, limit - b._spent[name] - b._reserved[name] - b._held[name] + credit);
      }
      credit += b._credit?.[name] ?? 0;
    }
    return available;
  }

  /** Takes an amount out of what is held back for this budget, as far as there is any. */
  private _takeHeld(due: Amount): void {
    for (let b: Budget | undefined = this; b !== undefined; b = b._parent) {
      if (b._credit === undefined) continue;
      const used = nothing();
      for (const name of figures) used[name] = Math.min(b._credit[name], due[name]);
      add(b._credit, used, -1);
      add(due, used, -1);
      b._parent?._keep(used, -1);
    }
  }

  private _keep(amount: Amount, sign: number): void {
    for (let b: Budget | undefined = this; b !== undefined; b = b._parent) add(b._held, amount, sign);
  }

  private _wake(): void {
    if (this._waiting.length === 0) return;
    // In order; one that still waits keeps its place.
    const waiting = this._waiting;
    for (let i = 0; i < waiting.length;) {
      const waiter = waiting[i] as Waiter;
      if (waiter.attempt()) waiting.splice(waiting.indexOf(waiter), 1);
      else i++;
    }
  }

  private _exceeded(name: keyof Amount, needed: number): BudgetExceededError {
    const limit = this._limit(name);
    const left = Math.max(0, this._available(name));
    return new BudgetExceededError(
      name,
      `the budget of ${limit} ${name} has ${left} left, the next call needs ${needed}`,
    );
  }

  private _limit(name: keyof Amount): number {
    const around = this._parent === undefined ? Infinity : this._parent._limit(name);
    return Math.min(this.limits[name] ?? Infinity, around);
  }
}
