/**
 * @module
 * In turn: calls made side by side, chosen one by one, and looked at in the order in which they were begun, so that the timing does not show.
 */
import { exhaustion, type Call, type CallNode } from "./call.js";
import type { MullEvent } from "./events.js";
import { InOrder } from "./in-order.js";
import { Scope, ScopeClosed } from "./scope.js";

/** How a call ended. */
export type Outcome<Out> = { readonly value: Out } | { readonly error: unknown };

/** What is to be done. */
export interface Turns<T, Out> {
  /** How many calls at a time. */
  readonly concurrency: number;
  /** What to do next, asked when there is room; `undefined`: nothing for now. */
  next(): T | undefined;
  /** Begins it; `inside(name)` makes the calls that belong to it. */
  begin(task: T, inside: (name: string) => CallNode): Promise<Out>;
  /** Takes the outcome, in the order in which they were begun. */
  land(task: T, outcome: Outcome<Out>): void;
  /** Does anybody still wait for it? If not, it is given up, and its outcome is an error. @defaultValue always */
  wanted?(task: T): boolean;
}

/**
 * Does things side by side until there is nothing to do next and nothing on its way; to be looped over, with a turn for every outcome that was looked at.
 * Which comes next may depend on all outcomes looked at before, and on nothing else. Out of budget or time, what is on its way is still looked at. Leaving the
 * loop gives up what is on its way.
 *
 * @throws the reason of an abort by the caller, and what `land` throws; what is on its way is given up
 */
export async function* inTurn<T, Out>(call: Call, turns: Turns<T, Out>): AsyncGenerator<void, void, undefined> {
  const order = new InOrder((event) => {
    call.emit(event);
  });
  const flights: { readonly task: T; readonly scope: Scope; readonly outcome: Promise<Outcome<Out>> }[] = [];
  let begun = 0;
  let landed = 0;
  try {
    for (;;) {
      while (flights.length < turns.concurrency) {
        const task = turns.next();
        if (task === undefined) break;
        const scope = new Scope(call.scope);
        const onEvent = call.listening ? order.listener(begun) : undefined;
        const outcome = settle(turns.begin(task, (name) => inside(call as CallNode, scope, name, onEvent)));
        flights.push({ task, scope, outcome });
        begun++;
      }
      const flight = flights.shift();
      if (flight === undefined) return;
      const outcome = await flight.outcome;
      flight.scope.close();
      if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw call.scope.reason;
      turns.land(flight.task, outcome);
      for (const { task, scope } of flights) if (turns.wanted?.(task) === false) scope.abort(new ScopeClosed());
      yield;
      // What is told of this one stands before all that the next one tells; when the loop is left, that stays untold.
      order.end(landed++);
    }
  } finally {
    for (const { scope } of flights) {
      scope.abort(new ScopeClosed());
      scope.close();
    }
  }
}

function inside(
  call: CallNode,
  scope: Scope,
  name: string,
  onEvent: ((event: MullEvent) => void) | undefined,
): CallNode {
  return call.inside(scope, name, { thought: true, ...(onEvent !== undefined && { onEvent }) });
}

function settle<Out>(work: Promise<Out>): Promise<Outcome<Out>> {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}
