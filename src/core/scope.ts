/**
 * @module
 * Scopes: who can be given up together. A tree of plain objects, so that a vote of 16 costs no `AbortSignal` unless a model asks for one.
 */
import type { Call } from "./call.js";

/** Something that can be given up. */
export interface Abortable {
  abort(reason: unknown): void;
}

/** A part of a run that ends as one: aborted by its parent, or by whoever opened it. */
export class Scope implements Abortable {
  private readonly _parent: Scope | undefined;
  /** Most scopes never have more than one: it stands by itself. */
  private _members: Abortable | Set<Abortable> | undefined;
  private _controller: AbortController | undefined;
  private _aborted = false;
  private _reason: unknown;

  constructor(parent?: Scope) {
    this._parent = parent;
    parent?.add(this);
  }

  /** Was this scope, or one around it, given up? */
  get aborted(): boolean {
    return this._aborted || (this._parent?.aborted ?? false);
  }

  get reason(): unknown {
    return this._aborted ? this._reason : this._parent?.reason;
  }

  /** A signal of this scope, made when first asked for. */
  get signal(): AbortSignal {
    if (this._controller === undefined) {
      this._controller = new AbortController();
      if (this.aborted) this._controller.abort(this.reason);
    }
    return this._controller.signal;
  }

  /** Tells `member` when the scope is given up, at once if it already was; at most once. */
  add(member: Abortable): void {
    if (this.aborted) member.abort(this.reason);
    else if (this._members === undefined) this._members = member;
    else if (this._members instanceof Set) this._members.add(member);
    else this._members = new Set([this._members, member]);
  }

  remove(member: Abortable): void {
    if (this._members === member) this._members = undefined;
    else if (this._members instanceof Set) this._members.delete(member);
  }

  abort(reason: unknown): void {
    if (this._aborted) return;
    this._aborted = true;
    this._reason = reason;
    const members = this._members;
    this._members = undefined;
    if (members instanceof Set) for (const member of members) member.abort(reason);
    else members?.abort(reason);
    this._controller?.abort(reason);
  }

  /** Forgets the parent. What is still running in the scope is given up. */
  close(): void {
    this._parent?.remove(this);
    const members = this._members;
    if (members instanceof Set ? members.size > 0 : members !== undefined) this.abort(new ScopeClosed());
  }
}

/** The reason of calls that their own strategy gave up: the vote was decided, another call was quicker. */
export class ScopeClosed extends Error {
  override readonly name = "ScopeClosed";
  constructor() {
    super("no longer needed");
  }
}

/**
 * Does some foreign work, but waits for it no longer than `call` lives: rejects with the reason of the abort at once, even if the work
 * does not listen. A call that was given up does not start it. Nothing is left behind either way. For tools, feedback and any other code that is not ours.
 *
 * @example
 * const verdict = await race(call, () => feedback(response, call));
 */
export function race<T>(call: Pick<Call, "scope">, work: () => T | PromiseLike<T>): Promise<Awaited<T>> {
  const { scope } = call;
  return new Promise<Awaited<T>>((resolve, reject) => {
    if (scope.aborted) {
      reject(scope.reason);
      return;
    }
    const member: Abortable = { abort: reject };
    scope.add(member);
    const finish = (value: Awaited<T>): void => {
      scope.remove(member);
      resolve(value);
    };
    const fail = (error: unknown): void => {
      scope.remove(member);
      reject(error);
    };
    try {
      Promise.resolve(work()).then(finish, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** Waits `ms` on the run's clock, or until the call is given up; then rejects with the reason and leaves no timer. */
export function sleep(call: Pick<Call, "scope" | "clock">, ms: number): Promise<void> {
  const { scope, clock } = call;
  return new Promise<void>((resolve, reject) => {
    if (scope.aborted) {
      reject(scope.reason);
      return;
    }
    const member: Abortable = {
      abort: (reason) => {
        clock.clearTimeout(timer);
        reject(reason);
      },
    };
    const timer = clock.setTimeout(() => {
      scope.remove(member);
      resolve();
    }, ms);
    scope.add(member);
  });
}
