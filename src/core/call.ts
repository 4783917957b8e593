/**
 * @module
 * The context of one call: its path, its share of the budget, its randomness, how to give it up. Explicit, passed from layer to layer.
 */
import type { BudgetLimits } from "./amounts.js";
import { Budget } from "./budget.js";
import type { Effects } from "./call-tools/effects.js";
import type { Clock } from "./clock.js";
import { BudgetExceededError, InvalidOptionError } from "./errors.js";
import type { MullEvent } from "./events.js";
import { hashText, Random } from "./random.js";
import { Scope } from "./scope.js";
import type { Deck } from "./tape.js";
import { addUsage, noUsage, type Usage } from "./usage.js";

/** What a layer may change for the calls it makes. */
export interface ChildOptions {
  /** A narrower budget, within the one the call has. `ms` needs {@link open}. */
  readonly budget?: Omit<BudgetLimits, "ms"> | Budget;
  /** What is written beneath is a thought, not the final text. */
  readonly thought?: boolean;
  /** What is spent beneath is spent on judging. */
  readonly judging?: boolean;
  /** Hears the events beneath instead of the run's listener; pass them on with `call.emit`. */
  readonly onEvent?: (event: MullEvent) => void;
}

/** The context of one call. Made by {@link run}; a layer passes it on, or a {@link Call.child} of it. */
export interface Call {
  /** Aborted when the caller gives up or the time is over. */
  readonly signal: AbortSignal;
  /** The same as a plain object; for {@link race} and {@link sleep}. */
  readonly scope: Scope;
  readonly path: readonly string[];
  readonly budget: Budget;
  /** Seeded from the run's seed and the path. */
  readonly random: Random;
  readonly clock: Clock;
  /** Spent at and beneath this call so far. */
  readonly usage: Usage;
  /** Does anybody listen? Build no event when nobody does. */
  readonly listening: boolean;
  /** Is what is written here a thought? */
  readonly thought: boolean;
  emit(event: MullEvent): void;
  /** The context of a call inside this one. A second child of one name gets `name:2` in its path. */
  child(name: string, options?: ChildOptions): Call;
}

/** What all calls of one run share. */
export interface RunState {
  readonly clock: Clock;
  readonly seed: number;
  /** Did the user choose the seed? Only then is it sent to providers. */
  readonly seeded: boolean;
  /** What tools with an effect did in it; made by the first of them. */
  effects?: Effects | undefined;
}

/** What a call has in common with those around it, until one of them changes it: most share one. */
export interface Setting {
  readonly state: RunState;
  readonly scope: Scope;
  readonly budget: Budget;
  readonly listener: ((event: MullEvent) => void) | undefined;
  readonly thought: boolean;
  readonly judging: boolean;
  /** Records what is asked of sources, or plays it. */
  readonly deck?: Deck | undefined;
}

/** The one implementation of {@link Call}. Everything that is seldom asked for is made when asked for. */
export class CallNode implements Call {
  readonly parent: CallNode | undefined;
  readonly name: string;
  readonly setting: Setting;
  usage: Usage = noUsage;
  private _names: string | Map<string, number> | undefined;
  private _path: readonly string[] | undefined;
  private _random: Random | undefined;

  constructor(parent: CallNode | undefined, name: string, setting: Setting) {
    this.parent = parent;
    this.name = name;
    this.setting = setting;
  }

  get state(): RunState {
    return this.setting.state;
  }

  get scope(): Scope {
    return this.setting.scope;
  }

  get budget(): Budget {
    return this.setting.budget;
  }

  get thought(): boolean {
    return this.setting.thought;
  }

  get judging(): boolean {
    return this.setting.judging;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  get clock(): Clock {
    return this.state.clock;
  }

  get listening(): boolean {
    return this.setting.listener !== undefined;
  }

  get path(): readonly string[] {
    const { parent, name } = this;
    return (this._path ??= parent === undefined ? [] : name === "" ? parent.path : [...parent.path, name]);
  }

  get random(): Random {
    if (this._random === undefined) {
      const { hash } = this;
      this._random = new Random(hash, hashText(~hash, this.name));
    }
    return this._random;
  }

  get hash(): number {
    const { parent, name, state } = this;
    if (parent === undefined) return hashText(Math.imul(state.seed, 0x9e3779b1), String(state.seed));
    return name === "" ? parent.hash : hashText(parent.hash, name);
  }

  emit(event: MullEvent): void {
    this.setting.listener?.(event);
  }

  child(name: string, options?: ChildOptions): CallNode {
    const setting = options === undefined ? this.setting : this.within(this.scope, options);
    return new CallNode(this, this.unique(name), setting);
  }

  /** A child in another scope, under a name known to be its own. */
  inside(scope: Scope, name: string, options: ChildOptions): CallNode {
    return new CallNode(this, name, this.within(scope, options));
  }

  /** The setting of this call in another scope, changed by `options`. */
  within(scope: Scope, options: ChildOptions): Setting {
    const { state, listener, deck } = this.setting;
    const { budget, thought = this.thought, judging = this.judging, onEvent = listener } = options;
    let own = this.budget;
    if (budget instanceof Budget) {
      if (!budget.within(own))
        throw new InvalidOptionError("child", "budget", "limits, or a budget within that of the call", budget);
      own = budget;
    } else if (budget !== undefined) own = own.child(budget);
    return { state, scope, budget: own, listener: onEvent, thought, judging, deck };
  }

  /** Enters spending here and in every call around. */
  record(usage: Usage): void {
    for (let node: CallNode | undefined = this; node !== undefined; node = node.parent) {
      node.usage = addUsage(node.usage, usage);
    }
  }

  /** The name of the next child called `name`: `name`, then `name:2`, `name:3`, … */
  unique(name: string): string {
    // A call without a name has the path of the one around it, so their children share names.
    if (this.name === "" && this.parent !== undefined) return this.parent.unique(name);
    if (this._names === undefined) {
      this._names = name;
      return name;
    }
    if (typeof this._names === "string") this._names = new Map([[this._names, 1]]);
    const count = (this._names.get(name) ?? 0) + 1;
    this._names.set(name, count);
    return count === 1 ? name : `${name}:${count}`;
  }
}

/** A part of a call that can be given up on its own. */
export interface OpenCall {
  readonly call: Call;
  /** Gives up what runs in it; those calls reject with `reason`. */
  abort(reason: unknown): void;
  /** To be called always, when the part is over: unlinks it and stops its timer. What still runs in it is given up. */
  close(): void;
}

/**
 * Opens a part of `call` that can be given up alone, and that ends by itself after `ms`.
 * Its calls have `name` in their path, or nothing more where it is empty.
 * At the end of `ms` they reject with `reason()`, by default a {@link BudgetExceededError} for `'ms'`.
 *
 * @example
 * const inner = open(call, "", { ms: 5_000 });
 * try { return await next.generate(request, inner.call); } finally { inner.close(); }
 */
export function open(
  call: Call,
  name: string,
  options: ChildOptions & { readonly ms?: number | undefined; readonly reason?: () => unknown } = {},
): OpenCall {
  const scope = new Scope(call.scope);
  const parent = call as CallNode;
  const child = parent.inside(scope, name === "" ? "" : parent.unique(name), options);
  const { ms, reason = () => outOfTime(ms ?? 0) } = options;
  const { clock } = call;
  const timer =
    ms === undefined
      ? undefined
      : clock.setTimeout(() => {
          scope.abort(reason());
        }, ms);
  return {
    call: child,
    abort: (why) => {
      scope.abort(why);
    },
    close: () => {
      if (ms !== undefined) clock.clearTimeout(timer);
      scope.close();
    },
  };
}

/** The error of a deadline. */
export function outOfTime(ms: number): BudgetExceededError {
  return new BudgetExceededError("ms", `the time of ${ms} ms is over`);
}

/** Does this error say that budget or time is over? Then `'budget'` or `'deadline'`: return the best there is. */
export function exhaustion(error: unknown): "budget" | "deadline" | undefined {
  if (!BudgetExceededError.is(error)) return undefined;
  return error.limit === "ms" ? "deadline" : "budget";
}
