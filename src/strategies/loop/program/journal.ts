/**
 * @module
 * The journal of host functions: what was asked of them is not asked again when a program is run once more.
 */
import { canonical } from "../../../core/canonical.js";
import type { Call } from "../../../core/call.js";
import type { HostFunction } from "../../../core/sandbox.js";
import { race } from "../../../core/scope.js";

type Functions = Readonly<Record<string, HostFunction>>;

/**
 * Functions whose k-th call with the same arguments is made once: programs that are run again, or mended, get what it gave before. What it threw is
 * not kept.
 */
export class Journal {
  private readonly _functions: Functions;
  private readonly _call: Call;
  private readonly _given = new Map<string, unknown[]>();

  constructor(functions: Functions, call: Call) {
    this._functions = functions;
    this._call = call;
  }

  /** The functions for one run of a program. */
  open(): Functions {
    const calls = new Map<string, number>();
    const kept = Object.entries(this._functions).map(([name, work]): [string, HostFunction] => [
      name,
      (...args) => this._ask(`${name}${canonical(args)}`, calls, () => work(...args)),
    ]);
    return Object.fromEntries(kept);
  }

  private async _ask(question: string, calls: Map<string, number>, work: () => unknown): Promise<unknown> {
    const place = calls.get(question) ?? 0;
    calls.set(question, place + 1);
    const given = this._given.get(question) ?? [];
    if (place < given.length) return given[place];
    const value = await race(this._call, work);
    this._given.set(question, [...given, value]);
    return value;
  }
}
